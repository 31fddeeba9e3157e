#!/bin/sh
# Firmware: the header for Cortex-M without a library, its size and the symbols
# it leaves open; an LSTM that steps, by a plan and as a folded function, and
# attention that decodes, on emulated Cortex-M0 to M55 with the bits of the desk in 16 KB of memory, stack included.
# Says `skip` where the cross compiler or QEMU is missing.
#
#     tests/firmware.sh [-v]        -v: sizes and open symbols of every build
cd "$(dirname "$0")/.." || exit 1
B=build/firmware
A=arm-none-eabi
verbose=$1
passed=0
failed=0
mkdir -p $B

good() { passed=$((passed + 1)); echo "ok   $*"; }
bad() { failed=$((failed + 1)); echo "FAIL $*"; }
have() { command -v "$1" > /dev/null 2>&1; }

W="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wundef"
W="$W -Wstrict-prototypes -Werror"
BARE="-std=c99 -Os -ffreestanding -nostdlib -mthumb -ffunction-sections"
BARE="$BARE -fdata-sections"

cores="m0 m3 m4f m7 m55"
flags_m0="-mcpu=cortex-m0"
flags_m3="-mcpu=cortex-m3"
flags_m4f="-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
flags_m7="-mcpu=cortex-m7 -mfpu=fpv5-sp-d16 -mfloat-abi=hard"
flags_m55="-mcpu=cortex-m55 -mfloat-abi=hard" # with Helium
board_m0=microbit       # 16 KB of memory
board_m3=mps2-an385
board_m4f=mps2-an386
board_m7=mps2-an500
board_m55=mps3-an547
# What the compiler may call: copies of structs; on cores without floats also
# its routines for float and int, but none for double.
open_hard='^(memcpy|memset)$'
open_soft='^__aeabi_(f[a-z0-9]*|u?i2f|u?idiv(mod)?|lmul)$|^__gnu_thumb1_'
open_soft="$open_hard|$open_soft"

if ! have $A-gcc; then
    echo "skip: no $A-gcc (Debian: gcc-arm-none-eabi)"
    echo "0 passed, 0 failed"
    exit 0
fi

# ---- the header alone --------------------------------------------------------

printf '#define RNN_IMPLEMENTATION\n#include "rnn.h"\n' > $B/header.c
for core in m0 m4f; do
    eval "flags=\$flags_$core"
    case $core in m0 | m3) may=$open_soft ;; *) may=$open_hard ;; esac
    for define in "" "-DRNN_NO_FILES -DRNN_NO_WHY" -DRNN_NO_FMA; do
        name="header on $core${define:+ $define}"
        if ! $A-gcc $BARE $flags $define $W -I. -c $B/header.c -o $B/header.o \
            2> $B/log; then
            bad "$name"
            head -n 12 $B/log
            continue
        fi
        open=$($A-nm -u $B/header.o | awk '{ print $NF }')
        more=$(echo "$open" | grep -Ev "$may")
        sizes=$($A-size $B/header.o |
            awk 'NR == 2 { print "text", $1, "data", $2, "bss", $3 }')
        if [ -n "$more" ]; then
            bad "$name: leaves open" $more
        elif [ "${sizes#*data 0 bss 0}" = "$sizes" ]; then
            bad "$name: has writable globals: $sizes"
        else
            good "$name: $sizes"
        fi
        [ "$verbose" = -v ] && echo "     open:" $open
    done
done

# ---- programs, here and there ------------------------------------------------

# builds program $1 for core $2 and runs it there
on_core() {
    program=$1
    core=$2
    eval "flags=\$flags_$core board=\$board_$core"
    # cores with floats need nothing at all; the others the compiler's routines
    case $core in
    m0 | m3) lib=-lgcc desk=$B/$program-DRNN_NO_FMA.txt ;;
    *) lib='' desk=$B/$program.txt ;;
    esac
    elf=$B/$program-$core.elf
    if ! $A-gcc $BARE $flags $W tests/firmware_$program.c -T tests/firmware.ld \
        -Wl,--gc-sections,--defsym=RAM_SIZE=16K $lib -o $elf 2> $B/log; then
        bad "$program on $core does not link"
        head -n 12 $B/log
        return
    fi
    # code and constants, with what starts and prints, but without the weights
    weights=$($A-nm $elf | awk '$NF == "params" { print $1 }')
    bytes=$(($(printf %d 0x$($A-nm -S $elf |
        awk '$NF == "params" { print $2 }'))))
    sizes=$($A-size $elf | awk -v w=$bytes \
        'NR == 2 { print "code", $1 - w, "data", $2, "bss", $3 }')
    case $weights in
    0000*)
        good "$program on $core${lib:+, libgcc}: $sizes, $bytes of weights" \
            "in flash"
        ;;
    *) bad "$program on $core: weights at $weights are not in flash" ;;
    esac
    [ "$verbose" = -v ] && $A-nm --size-sort -S -r $elf | head -n 12
    if ! have qemu-system-arm; then
        echo "skip: $core does not run, no qemu-system-arm"
        return
    fi
    timeout 30 qemu-system-arm -M $board -nographic -monitor none -serial none \
        -semihosting-config enable=on,target=native -kernel $elf \
        > $B/out.txt 2>&1 < /dev/null
    status=$?
    said=$(head -n 1 $B/out.txt)
    if [ $status -eq 0 ] && [ "$said" = "$(cat "$desk")" ]; then
        good "$board runs as the desk: $(echo $(cat $B/out.txt))"
    else
        bad "$board: status $status, $(echo $(cat $B/out.txt))"
        echo "     the desk: $(cat "$desk")"
    fi
}

for program in step folded decode; do
    for fma in "" -DRNN_NO_FMA; do
        out=$B/$program$fma
        if ${CC:-cc} -std=c99 -O2 $fma tests/firmware_$program.c -o $out &&
            $out > $out.txt; then
            good "$program on the desk: $(cat $out.txt)"
        else
            bad "$program on the desk"
        fi
    done
    for core in $cores; do
        on_core $program $core
    done
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
