#!/bin/sh
# export: headers of models of every cell, kind of input and wiring compile as
# C99 and C++11 without a warning, hold the checkpoint's numbers, and their
# self-checks find the desk's bits on Cortex-M4F, which has fma, and on
# Cortex-M0, which has not; what is wrong is refused. `make check-export` calls
# it:
#
#     B=build folder  check_export.sh
W="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Werror"
H=$B/headers
passed=0
failed=0
CC=${CC:-cc}
here=$(pwd)

good() { passed=$((passed + 1)); echo "ok   $*"; }
bad() { failed=$((failed + 1)); echo "FAIL $*"; tail -n 12 $B/headers.log; }
quiet() { "$@" > $B/headers.log 2>&1; }

rm -rf $H
mkdir -p $H/changed $H/bad
quiet $CC -std=c99 -D_POSIX_C_SOURCE=200112L -O1 -DRNN_NO_SIMD check/models.c \
    -o $H/models -lm && (cd $H && ./models) || { bad models.c; exit 1; }

made=0
for f in $H/*.safetensors; do
    name=$(basename $f .safetensors)
    case $name in nan | clash | *_small) continue ;; esac
    quiet $B/export $f -o $H/$name.h && made=$((made + 1)) || bad "export $f"
done
good "$made headers"
mkdir -p $H/int8
for of in plain:0.0001 stack:0.0001 table:0 wide:0.00001; do
    quiet $B/export $H/${of%:*}_small.safetensors --int8 ${of#*:} \
        -o $H/int8/${of%:*}.h || bad "export --int8 of $of"
done

# a program of the headers in folder $1, and what else the compiler is told
source=headers
desk() {
    folder=$1
    shift
    quiet "$@" -DRNN_NO_SIMD $W -I $folder -I . check/$source.c \
        board_host.c -o $H/program && (cd $H && ./program > program.txt) ||
        { cat $H/program.txt >> $B/headers.log; return 1; }
}

target() {
    folder=$1 machine=$2
    shift 2
    quiet arm-none-eabi-gcc -std=c99 -Os $W -ffreestanding -nostdlib -mthumb \
        -ffunction-sections -fdata-sections "$@" -I $folder -I . \
        check/$source.c cortex_m.c -T cortex_m.ld -Wl,--gc-sections \
        -Wl,--defsym=FLASH_ORG=0,--defsym=FLASH_LEN=256K \
        -Wl,--defsym=RAM_ORG=0x20000000,--defsym=RAM_LEN=16K -lgcc \
        -o $H/program.elf &&
        quiet timeout 100 qemu-system-arm -M $machine -nographic \
            -monitor none -serial none \
            -semihosting-config enable=on,target=native -kernel $H/program.elf
}

for how in "$CC -std=c99 -O1" "$CC -std=c99 -DRNN_NO_FMA" "clang -std=c99" \
    "g++ -std=c++11 -x c++" "clang++ -std=c++11 -x c++"; do
    if ! command -v ${how%% *} > /dev/null; then
        echo "skip: no ${how%% *}"
    elif desk $H $how; then
        good "$how: numbers and bits"
    else
        bad "$how"
    fi
done

source=int8
for how in "$CC -std=c99 -O1" "$CC -std=c99 -DRNN_NO_FMA" \
    "g++ -std=c++11 -x c++"; do
    if ! command -v ${how%% *} > /dev/null; then
        echo "skip: no ${how%% *}"
    elif desk $H/int8 $how; then
        good "$how: bits of int8"
    else
        bad "$how, int8"
    fi
done
source=headers

M4F="mps2-an386 -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
if command -v arm-none-eabi-gcc > /dev/null &&
    command -v qemu-system-arm > /dev/null; then
    target $H $M4F && good "Cortex-M4F: the desk's bits" || bad "Cortex-M4F"
    target $H microbit -mcpu=cortex-m0 && good "Cortex-M0: the desk's bits" ||
        bad "Cortex-M0"
    source=int8
    target $H/int8 $M4F && good "Cortex-M4F: the desk's bits of int8" ||
        bad "Cortex-M4F, int8"
    target $H/int8 microbit -mcpu=cortex-m0 &&
        good "Cortex-M0: the desk's bits of int8" || bad "Cortex-M0, int8"
    mkdir -p $H/int8/changed
    for name in plain stack table wide; do # the first weight of each
        awk '/_weights = / { print; getline; first = $1
                sub(/[0-9]+/, "1", first)
                if (first == $1) first = "255,"
                $1 = "    " first }
            { print }' $H/int8/$name.h > $H/int8/changed/$name.h
    done
    target $H/int8/changed $M4F
    [ "$(grep -c 'other bits' $B/headers.log)" = 4 ] &&
        good "a changed weight is noticed in each of 4 models of int8" ||
        bad "a changed weight of int8 is not noticed"
    source=headers
    # the self-check can fail: one digit of one weight of each model
    cp $H/*.h $H/changed
    for name in plain relu table before stack peep wide; do
        awk '/^};/ && inside { # the last number before it
                match(last, /\.[0-9][^.]*$/)
                last = substr(last, 1, RSTART) \
                    (substr(last, RSTART + 1, 1) + 5) % 10 \
                    substr(last, RSTART + 2)
                inside = 0
            }
            NR > 1 { print last }
            { last = $0 }
            /_params\[/ { inside = 1 }
            END { print last }' $H/$name.h > $H/changed/$name.h
    done
    target $H/changed $M4F
    [ "$(grep -c 'other bits' $B/headers.log)" = 7 ] &&
        good "a changed weight is noticed in each of 7 models" ||
        bad "a changed weight is not noticed"
else
    echo "skip: no arm-none-eabi-gcc or qemu-system-arm"
fi

# ---- what is refused: one line, status 1, and no file ------------------------

refused() {
    says=$1
    shift
    $B/export "$@" > $H/bad/out 2> $H/bad/err
    status=$?
    cat $H/bad/out $H/bad/err > $B/headers.log
    if [ $status = 1 ] && [ ! -s $H/bad/out ] && [ ! -e $H/bad/x.h ] &&
        [ $(wc -l < $H/bad/err) = 1 ] && grep -q -e "$says" $H/bad/err; then
        passed=$((passed + 1))
    else
        bad "export $*: status $status"
        rm -f $H/bad/x.h
    fi
}

before=$passed
P=$H/plain.safetensors X=$H/bad/x.h
head -c 500 $P > $H/bad/short.safetensors
head -c 40 /dev/zero > $H/bad/zeros.safetensors
: > $H/bad/empty.safetensors
sed 's/rnn.h/rnn,h/' $P > $H/bad/other.safetensors
refused "which file"
refused "cannot be read" $H/none.safetensors -o $X
refused "cannot be read" $H -o $X
refused "is no option" --int9 $P -o $X
refused "is given already" $P $P -o $X
refused "is given already" $P -o $X -o $X
refused "value is missing" $P -o
refused "value is missing" $P --name
refused "value is missing" $P --int8
refused "a number is wanted" $P -o $X --int8 1x
refused "above 0" $P -o $X --int8 0
refused "int8 has tanh" $H/relu.safetensors -o $X --int8 0
refused "one direction" $H/both.safetensors -o $X --int8 1
refused "no decoder" $H/pairs.safetensors -o $X --int8 0
refused "too large" $P -o $X --int8 1
refused "no unit" $H/table.safetensors -o $X --int8 1
refused "make a name" $P -o $X --name "a b"
refused "make a name" $P -o $X --name "a*/b"
refused "begins no name" $P -o $X --name 1a
refused "begins no name" $P -o $X --name _a
refused "are the library's" $P -o $X --name rnn_a
refused "" $P -o $H/none/x.h
refused "" $P -o $H/bad
for f in short zeros empty; do
    refused "" $H/bad/$f.safetensors -o $X
done
refused "not a number" $H/nan.safetensors -o $X
refused "two tensors" $H/clash.safetensors -o $X
good "$((passed - before)) refusals"
passed=$((before + 1))

# every byte of the file's beginning changed: refused, or a header all the same
changed=0
for at in 0 1 7 8 9 20 40 60 80 100 150 200 300 400 500 600; do
    { head -c $at $P; printf '\377'; tail -c +$((at + 2)) $P; } \
        > $H/bad/changed.safetensors
    $B/export $H/bad/changed.safetensors -o $X > $B/headers.log 2>&1
    case $? in
    0 | 1) changed=$((changed + 1)) ;;
    *) bad "byte $at changed: status $?" ;;
    esac
    rm -f $X
done
good "$changed files with a byte changed end in status 0 or 1"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
