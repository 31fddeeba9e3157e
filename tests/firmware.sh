#!/bin/sh
# Firmware: the header for every target that has an emulator here, without an
# operating system where there is none, and the bits of the desk on all of them.
#
#     tests/firmware.sh [TARGET...]      m4f, avr, ...; none: all
#
# Programs: a step by a plan and one that the compiler folds, attention that
# decodes by a plan (decode) and folded (attend), every cell in every wiring with
# gradients and an optimiser's steps (models), folded passes of three cells that
# learn (train), and the folded steps of these, 32 in, 32 units, alone, in floats
# and in whole numbers (int8).
# A row of the table is one check: it builds without a warning, ends within 16 KB
# of memory, stack included (RV64: 32), and says what the desk says.
#
#     text data bss     what it links, without weights; of hosts the program's
#                       own objects
#     stack             bytes it was seen to take; of a cell its step alone
#     proven            what it takes at most by the compiler's graph of calls,
#                       where none is by a pointer; of hosts a step alone; +:
#                       and what the compiler's routines for floats take
#     instructions      of a step, the fewest and the most over varied data
#
# Says `skip` where a tool is missing; with STRICT=1 that counts as failed. Two
# targets at a time, printed in order; JOBS=1: one.
cd "$(dirname "$0")/.." || exit 1
B=build/firmware
passed=0
failed=0

good() { passed=$((passed + 1)); echo "ok   $*"; }
bad() { failed=$((failed + 1)); echo "FAIL $*"; }
have() { command -v "$1" > /dev/null 2>&1; }
skip() {
    echo "skip: $*"
    [ "$STRICT" != 1 ] || failed=$((failed + 1))
}

W="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wundef"
W="$W -Wstrict-prototypes -Werror"
BARE="-std=c99 -ffreestanding -ffunction-sections -fdata-sections"
targets="m0 m3 m4f m7 m33 m55 m55_helium rv32imac rv32imafc rv64gc avr aarch64"
targets="$targets armhf s390x i686 wasm tcc"

# What the compiler may call: copies of structs; on cores without floats also
# its routines for float and int, but none for double.
may_hard='memcpy|memset'
may_arm="$may_hard|__aeabi_(f[a-z0-9]*|u?i2f|u?idiv(mod)?|lmul)"
may_arm="$may_arm|__gnu_thumb1_.*"
may_riscv="$may_hard|__[a-z]*sf[a-z0-9]*"
may_avr="$may_riscv|__u?divmod[hs]i4|__mulsi3|__tablejump2__"
may_avr="$may_avr|__do_(copy_data|clear_bss)|__(prologue|epilogue)_.*"

# ---- targets -----------------------------------------------------------------

# Of each: compiler and emulator, with Debian's packages; whether it has fma;
# how the library, programs and a cell are optimised; the size of cells.
target_is() {
    cc='' flags='' links='' libs='' emulator='' kernel='' packages='' may=''
    fma=1 library=-Os program=-Os level=-O2 cells='' prefix='' warn=$W
    case $1 in
    m0 | m3) arm_is $1 && fma=0 may=$may_arm libs=-lgcc ;;
    m[0-9]*) arm_is $1 && flags="$flags -mfloat-abi=hard" may=$may_hard ;;
    rv32imac) riscv_is 32 $1 ilp32 && fma=0 may=$may_riscv libs=-lgcc ;;
    rv32imafc) riscv_is 32 $1 ilp32f ;;
    rv64gc) riscv_is 64 $1 lp64d ;;
    avr) avr_is ;;
    aarch64) host_is aarch64-linux-gnu aarch64 arm64 ;;
    armhf)
        host_is arm-linux-gnueabihf arm armhf
        flags="$flags -mcpu=cortex-a7 -mfpu=neon-vfpv4"
        ;;
    s390x) host_is s390x-linux-gnu s390x s390x ;;
    i686)
        host_is i686-linux-gnu i386 i386
        fma=0 flags="$flags -msse2 -mfpmath=sse"
        ;;
    wasm) wasm_is ;;
    tcc) cc=tcc packages=tcc fma=0 warn=-Wall ;;
    desk) desk_is && flags=-std=c99 ;;
    desk_plain) desk_is && fma=0 flags="-std=c99 -DRNN_NO_FMA -DRNN_NO_SIMD" ;;
    *) return 1 ;;
    esac
}

desk_is() {
    cc=${CC:-cc} library=-O1 program=-O2
}

# the first has 16 KB of memory; the others get as much
arm_is() {
    flash=0 ram=0x20000000
    case $1 in
    m0) core=cortex-m0 board=microbit ;;
    m3) core=cortex-m3 board=mps2-an385 ;;
    m4f) core="cortex-m4 -mfpu=fpv4-sp-d16" board=mps2-an386 ;;
    m7) core="cortex-m7 -mfpu=fpv5-sp-d16" board=mps2-an500 ;;
    m33)
        core="cortex-m33 -mfpu=fpv5-sp-d16" board=mps2-an505
        flash=0x10000000 ram=0x38000000
        ;;
    m55) core=cortex-m55+nomve board=mps3-an547 ;;
    m55_helium) core=cortex-m55 board=mps3-an547 ;;
    *) return 1 ;;
    esac
    prefix=arm-none-eabi- cc=arm-none-eabi-gcc
    packages="gcc-arm-none-eabi qemu-system-arm"
    flags="$BARE -nostdlib -mthumb -mcpu=$core"
    links="-T tests/firmware_arm.ld -Wl,--gc-sections"
    links="$links,--defsym=FLASH_AT=$flash,--defsym=RAM_AT=$ram"
    emulator="qemu-system-arm -M $board -nographic -monitor none -serial none"
    emulator="$emulator -semihosting-config enable=on,target=native"
    kernel=-kernel
}

riscv_is() {
    prefix=riscv64-unknown-elf- cc=riscv64-unknown-elf-gcc may=$may_hard
    packages="gcc-riscv64-unknown-elf qemu-system-misc"
    flags="$BARE -nostdlib -march=$2 -mabi=$3 -mcmodel=medany"
    links="-T tests/firmware_riscv.ld -Wl,--gc-sections"
    links="$links,--defsym=RAM_SIZE=$(($1 / 2))K"
    emulator="qemu-system-riscv$1 -M virt -bios none -nographic -monitor none"
    emulator="$emulator -serial stdio"
    kernel=-kernel
}

# its 16 KB of memory hold constants, too, so cells have 8 units
avr_is() {
    prefix=avr- cc=avr-gcc packages="gcc-avr avr-libc simavr"
    flags="$BARE -mmcu=atmega1284p -mcall-prologues"
    links=-Wl,--gc-sections
    fma=0 may=$may_avr level=-Os cells=8
    warn="$W -Wno-type-limits" # sizes of 16 bits
    emulator="simavr -m atmega1284p -f 16000000"
}

# with a C library, on QEMU's emulation of Linux: GNU's name, QEMU's, Debian's
host_is() {
    prefix=$1- cc=$1-gcc packages="gcc-$1 libc6-dev-$3-cross qemu-user"
    flags=-std=c99 links=-static library=-O0 program=-O2
    emulator=qemu-$2
}

# node with threads of its own may destroy the object of a program that runs
wasm_is() {
    cc=clang packages="clang lld wasi-libc libclang-rt-14-dev-wasm32 nodejs"
    flags="--target=wasm32-wasi -std=c99" fma=0 library=-O1 program=-O2
    emulator="node --no-warnings --single-threaded $B/wasi.js"
    cat > $B/wasi.js << 'EOF_JS'
const { WASI } = require("wasi"), fs = require("fs");
const args = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args, returnOnExit: true });
WebAssembly.instantiate(fs.readFileSync(args[0]), wasi.getImportObject())
    .then((m) => process.exit(wasi.start(m.instance)));
EOF_JS
}

# Whether the tools of $1 are there, and a C library where one is used.
target_has() {
    for tool in "$cc" ${emulator%% *}; do
        have $tool && continue
        skip "$1: no $tool (Debian: $packages)"
        return 1
    done
    echo 'int main(void) { return 0; }' > $D/none.c
    graph=-fcallgraph-info=su
    $cc $flags $graph -c $D/none.c -o $D/none.o 2> $D/log
    [ -f $D/none.ci ] || graph=''
    [ -n "$may" ] || $cc $flags $links $D/none.c -o $D/none 2> $D/log && return
    skip "$1: $cc makes no program (Debian: $packages)"
    return 1
}

# ---- the header --------------------------------------------------------------

# Compiles it whole, with flags $2, to $D/$1.o. Where there is no C library it
# leaves nothing open but what it may, and has no writable globals.
header() {
    { echo "#define RNN_IMPLEMENTATION"
      [ "$1" = whole ] || printf '#define RNN_NO_%s\n' FILES WHY
      echo '#include "rnn.h"'; } > $D/$1.c
    name="header on $target"
    [ $1 = rnn ] || name="$name, $1 $2"
    if ! $cc $flags $library $2 $warn $graph -I. -c $D/$1.c -o $D/$1.o \
        > $D/log 2>&1; then
        bad "$name does not compile"
        head -n 12 $D/log
        return 1
    fi
    [ -n "$may" ] || return 0
    more=$(${prefix}nm -u $D/$1.o | awk '{ print $NF }' | grep -Evx "$may")
    sizes=$(${prefix}size $D/$1.o |
        awk 'NR == 2 { print "text", $1, "data", $2, "bss", $3 }')
    if [ -n "$more" ]; then
        bad "$name: leaves open" $more
    elif [ "${sizes#*data 0 bss 0}" = "$sizes" ]; then
        bad "$name: has writable globals: $sizes"
    else
        good "$name: $sizes"
    fi
}

# ---- programs ----------------------------------------------------------------

# Compiles tests/firmware_$1.c to $D/$2.o, with the flags that follow.
object() {
    file=$1
    to=$2
    shift 2
    $cc $flags $warn "$@" -c tests/firmware_$file.c -o $D/$to.o
}

# The objects of program $1, whose name says what it is: folded steps, of the
# program step or of a cell, in small code (_Os); a cell by a plan (_plan); of 8
# units (8). Sets objects, and the function whose call is a step, if it is one.
compile() {
    case $1 in
    folded*) made="step $1 -DFOLDED" entry=folded_STEP ;;
    tanh*) made="cells $1 -DCELL=TANH" entry=folded_TANH ;;
    gru*) made="cells $1 -DCELL=GRU" entry=folded_GRU ;;
    lstm*) made="cells $1 -DCELL=LSTM" entry=folded_LSTM ;;
    int8_tanh*) made="int8 $1 -DCELL=TANH" entry=folded_INT8_TANH ;;
    int8_gru*) made="int8 $1 -DCELL=GRU" entry=folded_INT8_GRU ;;
    int8_lstm*) made="int8 $1 -DCELL=LSTM" entry=folded_INT8_LSTM ;;
    train*) made="train $1" entry=folded_BACKWARD ;;
    *) made="$1 $1" entry='' ;;
    esac
    size=$cells
    case ${1#int8} in *8*) made="$made -DSIZE=8" size=8 ;; esac
    case $1 in *_plan) made="$made -DPLANNED" entry=step ;; esac
    case $1 in attend*) # its program brings the library along
        case $1 in *_Os) how=-Os ;; *) how=$level ;; esac
        objects=$D/$1.o
        [ -z "$may" ] || entry=folded_DECODE # of hosts its bits alone
        object decode $1 -DFOLDED $how $graph
        return
        ;;
    esac
    case $1 in train_plan) entry='' ;; esac
    from=folded steps=steps
    case $1 in
    train*) from=passes steps=passes ;;
    int8*) from=int8_steps steps=int8$size ;;
    esac
    case $entry$1 in
    folded_*_Os) steps=${steps}_Os how=-Os ;;
    folded_*) how=$level ;;
    *) steps=rnn ;;
    esac
    objects="$D/$1.o $D/$steps.o"
    case $1 in
    folded* | train | train_Os | int8*) # losses, and rnn_quantize
        objects="$objects $D/rnn.o"
        ;;
    esac
    object $made $program $graph && { [ -f $D/$steps.o ] ||
        object $from $steps $how $graph ${size:+-DSIZE=$size}; }
}

# What was linked, or where a C library is there, too, the program's objects:
# sets sizes, weights left out, where these are, and where the function begins
# that is a step.
measure() {
    of=$objects
    [ -z "$may" ] || of=$D/$1
    { ${prefix}nm -S $D/$1; ${prefix}size $of; } 2> $D/log |
        awk -v f="$entry" '
        NF == 4 && $4 == "params" { weights = $2; where = $3 }
        f != "" && $NF == f { at = $1 }
        NF == 6 && sized { text += $1; data += $2; bss += $3 }
        $1 == "text" { sized = 1 }
        END {
            for (i = 1; i <= length(weights); i++) {
                w *= 16
                w += index("0123456789abcdef", substr(weights, i, 1)) - 1
            }
            if (where == "") where = "-"
            if (sized) print text - w, data, bss, where, at
            else print "- - - -"
        }' > $D/sizes
    read -r text data bss where at < $D/sizes
}

# Runs program $1; flags of the emulator follow. Sets status, line, stack.
run() {
    it=$D/$1
    shift
    timeout 100 $emulator "$@" $kernel $it < /dev/null > $D/out 2>&1
    status=$?
    # simavr colours what it prints, and ends lines with a dot
    awk '{ gsub(/\033\[[0-9;]*m/, ""); sub(/\.$/, "") }
        /^fma=/ { line = $0 }
        /^stack=[0-9]/ { stack = substr($0, 7) + 0 }
        END { print stack == "" ? "-" : stack, line }' $D/out > $D/said
    read -r stack line < $D/said
}

# Instructions of a step, without the plugin: one line of a log for each.
trace() {
    rm -f $D/trace
    mkfifo $D/trace
    awk -F/ -v at=$1 '
        function number(hex,    i, n) {
            for (i = 1; i <= length(hex); i++)
                n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return n
        }
        !/^Trace/ { next }
        inside && $2 in back {
            inside = 0
            if (!calls++ || n < fewest) fewest = n
            if (n > most) most = n
        }
        !inside && $2 == at { # returns behind the call, of 2 to 6 bytes
            inside = 1
            n = 0
            split("", back)
            for (k = 2; k <= 6; k += 2)
                back[sprintf("%0" length(at) "x", number(last) + k)] = 1
        }
        { n++; last = $2 }
        END { if (calls) print calls, fewest, most }' $D/trace > $D/count &
    reader=$!
    run $2 -singlestep -d exec,nochain -D $D/trace
    wait $reader
}

# Runs program $1; sets instructions of a step, where QEMU counts.
run_counting() {
    instructions=-
    case $at$emulator in
    [0-9a-f]*qemu-*) ;;
    *)
        run $1
        return
        ;;
    esac
    rm -f $D/count
    [ ! -f $B/count.so ] || run $1 -plugin $B/count.so,at=$at,to=$D/count
    [ -s $D/count ] || case $kernel in
    -kernel) trace $at $1 ;;
    *) run $1 ;;
    esac
    [ -s $D/count ] || return
    read -r calls fewest most < $D/count
    instructions=$fewest
    [ $fewest = $most ] || instructions=$fewest-$most
}

# The most stack that a folded step takes, or the whole program around one.
prove() {
    proven=-
    case $graph$entry in
    -*folded_STEP) top=$([ -n "$may" ] && echo start || echo $entry) ;;
    -*folded_*) top=$entry ;;
    *) return ;;
    esac
    graphs=''
    for o in $objects; do
        graphs="$graphs ${o%.o}.ci"
    done
    proven=$(awk -v root=$top -f tests/firmware_stack.awk $graphs)
    case $top$proven in # another one may take more
    folded_BACKWARD[0-9]*) others=folded_FORWARD ;;
    folded_DECODE[0-9]*) others="folded_ENCODE folded_BEAM" ;;
    *) return ;;
    esac
    for other in $others; do
        most=$(awk -v root=$other -f tests/firmware_stack.awk $graphs)
        case $most in [0-9]*) ;; *) proven=$most; return ;; esac
        [ ${most%+} -le ${proven%+} ] || proven=$most
    done
}

# Sets wrong to what is wrong with program $1.
judge() {
    wrong=''
    case $1 in
    folded*) same=step ;;
    attend*) same=decode ;;
    *) same=${1%_plan} same=${same%_Os} ;;
    esac
    case $target in desk*) echo "$line" > $D/$same.line ;; esac
    desk=$B/desk
    [ $fma = 1 ] || desk=$B/desk_plain
    says=nothing
    [ ! -f $desk/$same.line ] || read -r says < $desk/$same.line
    [ $status = 0 ] || wrong="; ends with status $status"
    [ "$line" = "$says" ] || wrong="$wrong; the desk says $says"
    case $line in fma=$fma*) ;; *) wrong="$wrong; not fma=$fma" ;; esac
    case $emulator$entry$instructions in
    *qemu-*[A-Zp]-) wrong="$wrong; its instructions are not counted" ;;
    esac
    case $kernel$where in
    -kernel[dD]) wrong="$wrong; weights are not in flash" ;;
    esac
    case $proven$stack in
    -* | *+* | *[0-9]-) ;;
    *[a-z]*) wrong="$wrong; its stack is not proven" ;;
    *) [ $stack -le $proven ] || wrong="$wrong; more stack than proven" ;;
    esac
}

# A program on a target: a row of the table, and a check.
row() {
    if ! compile $1 > $D/log 2>&1 ||
        ! $cc $flags $objects $links $libs -o $D/$1 >> $D/log 2>&1; then
        bad "$target $1 does not compile or link"
        head -n 12 $D/log
        return
    fi
    measure $1
    run_counting $1
    prove
    judge $1
    if [ -z "$wrong" ]; then
        passed=$((passed + 1)) mark=ok
    else
        failed=$((failed + 1)) mark=FAIL
    fi
    printf "$format" $mark $target $1 $text $data $bss $stack $proven \
        $instructions "${line##*=}"
    [ -z "$wrong" ] || echo "    $wrong; it says: $line"
    of=${target}_$1
    echo "stack_$of=$stack instructions_$of=$instructions text_$of=$text" \
        >> $D/figures
}

# ---- a target ----------------------------------------------------------------

format='%-4s %-10s %-9s %6s %5s %6s %5s %6s %17s  %s\n'

# Its header and programs, in $D.
target_runs() {
    target_has $target && header rnn '' || return
    programs="decode attend models train tanh$cells gru$cells lstm$cells"
    programs="$programs int8_tanh$cells int8_gru$cells int8_lstm$cells"
    plans="step tanh_plan gru_plan lstm_plan"
    small="folded_Os attend_Os train_Os tanh_Os gru_Os lstm_Os int8_tanh_Os"
    small="$small int8_gru_Os int8_lstm_Os"
    case $target in
    desk*)
        programs="$plans train_plan tanh8_plan gru8_plan lstm8_plan"
        programs="$programs decode models int8_tanh int8_gru int8_lstm"
        programs="$programs int8_tanh8 int8_gru8 int8_lstm8"
        ;;
    m4f) programs="$plans folded $programs $small" ;;
    m[0-9]*) programs="step folded $programs int8_lstm_Os" ;;
    esac
    for p in $programs; do
        row $p
    done
    case $target in
    m0) header whole -DRNN_CHECK ;;
    m4f) header whole -DRNN_NO_FMA ;;
    esac
}

# Called so by itself: rows to $D/rows, what bounds are held against to $D/figures.
if [ "$1" = --target ]; then
    target=$2 D=$B/$2
    mkdir -p $D
    : > $D/figures
    {
        if target_is $target; then
            target_runs
        else
            bad "no target $target"
        fi
        echo "passed=\$((passed + $passed)) failed=\$((failed + $failed))" \
            >> $D/figures
    } > $D/rows 2>&1
    exit
fi

# ---- the table ---------------------------------------------------------------

rm -rf $B
mkdir -p $B
${CC:-cc} -std=c99 $W -shared -fPIC -O2 tests/firmware_count.c -o $B/count.so \
    2> $B/log || echo "no plugin for QEMU: instructions are traced"
printf "$format" '' target program text data bss stack proven instructions hash

several() {
    printf '%s\n' "$@" | xargs -P ${JOBS:-2} -n 1 sh tests/firmware.sh --target
    for target in "$@"; do
        cat $B/$target/rows
        . ./$B/$target/figures
    done
}
several desk desk_plain
several ${*:-$targets}

# ---- bounds, and what is not reached yet -------------------------------------

# What may not be more than so many; and what shall become so.
bound() {
    if [ "$2" -le "$3" ]; then
        good "$1: $2 (at most $3)"
    else
        bad "$1: $2, more than $3"
    fi
}
goal() {
    case $2 in
    *-*) echo "goal $1: $2 (goal: one number)" ;;
    *)
        [ "$2" -le "$3" ] && reached=", reached: make it a bound" || reached=''
        echo "goal $1: $2 (goal $3$reached)"
        ;;
    esac
}

# Code of what object $1 has of the name $2, start-up left out.
code() {
    ${prefix}ld -r --gc-sections -e folded_$2 $B/m4f/$1_Os.o -o $B/m4f/code.o
    ${prefix}size $B/m4f/code.o | awk 'NR == 2 { print $1 + $2 }'
}

if [ -n "$instructions_m4f_lstm_plan" ]; then
    target_is m4f
    for p in tanh gru lstm; do
        eval "stack=\$stack_m4f_$p stack_Os=\$stack_m4f_${p}_Os"
        bound "stack of a folded step, $p -O2" $stack 128
        bound "stack of a folded step, $p -Os" $stack_Os 128
    done
    bound "stack of folded passes, three cells -Os" $stack_m4f_train_Os 128
    goal "stack of folded passes, three cells -O2" $stack_m4f_train 128
    bound "stack of attention and beams, folded -O2" $stack_m4f_attend 400
    bound "stack of attention and beams, folded -Os" $stack_m4f_attend_Os 400
    for p in "tanh 6800" "gru 20000" "lstm 28000"; do
        set -- $p
        eval "n=\$instructions_m4f_$1"
        case $n in
        *-*) bad "instructions of a folded step, $1 -O2: $n, not one number" ;;
        *) bound "instructions of a folded step, $1 -O2, any data" $n $2 ;;
        esac
    done
    bound "code of a folded step, tanh -Os" $(code steps TANH) 800
    bound "code of a folded step, lstm -Os" $(code steps LSTM) 1536
    bound "code of tanh, GRU, LSTM forward and backward -Os" \
        $(code passes ALL) 4096
fi

# steps in whole numbers: 8,320 products of LSTM
bound_steps() {
    for p in tanh gru lstm; do
        eval "n=\$instructions_$1_int8_$p stack=\$stack_$1_int8_$p"
        case $n in
        *-* | '') bad "instructions of an int8 step, $1 $p: $n, not one number" ;;
        *) good "instructions of an int8 step, $1 $p: $n, whatever the data" ;;
        esac
        bound "stack of an int8 step, $1 $p" $stack 128
    done
    [ -z "$2" ] || bound "instructions of an int8 step, $1 lstm" $n $2
}
[ -z "$instructions_m0_int8_lstm" ] || bound_steps m0 98304
[ -z "$instructions_m3_int8_lstm" ] || bound_steps m3 ''
if [ -n "$instructions_m4f_int8_lstm" ]; then
    bound_steps m4f 20000
    target_is m4f
    for p in "TANH 960" "GRU 1152" "LSTM 1152"; do
        set -- $p
        bound "code of an int8 step and its table, $1 -Os" $(code int8 INT8_$1) $2
    done
fi
for p in int8_tanh int8_gru int8_lstm; do # one set of bits
    with='' without=nothing
    [ ! -f $B/desk/$p.line ] || read -r with < $B/desk/$p.line
    [ ! -f $B/desk_plain/$p.line ] || read -r without < $B/desk_plain/$p.line
    if [ "${with#*steps}" = "${without#*steps}" ]; then
        good "$p: the same with fma and without"
    else
        bad "$p: $with, but $without"
    fi
done

if [ -n "$stack_m55_helium_lstm" ]; then
    for p in tanh gru lstm; do
        eval "n=\$instructions_m55_helium_$p"
        case $n in
        *-*) bad "instructions with Helium, $p: $n, not one number" ;;
        *) good "instructions with Helium, $p: $n, whatever the data" ;;
        esac
    done
    bound "stack of a folded step with Helium, lstm -O2" \
        $stack_m55_helium_lstm 128
    bound "code of a folded step with Helium, lstm -O2" \
        $text_m55_helium_lstm 4096
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
