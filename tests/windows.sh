#!/bin/sh
# char_rnn for Windows, built with mingw and run under wine, writes what it
# writes here, byte for byte: samples, log, model; arguments, paths and texts of
# any alphabet. Says `skip` where a tool is missing (Debian:
# gcc-mingw-w64-x86-64, wine64 or wine).
#
#     tests/windows.sh                       N passed, N failed; half a minute
cd "$(dirname "$0")/.." || exit 1
CC=x86_64-w64-mingw32-gcc
T=build/windows
for tool in $CC wine; do
    command -v $tool > /dev/null 2>&1 || { echo "skip: no $tool"; exit 0; }
done
rm -rf $T/out $T/here $T/there
mkdir -p $T/out $T/here $T/there
export LC_ALL=C.UTF-8 WINEDEBUG=-all WINEPREFIX="$(pwd)/$T/prefix"
C="-std=c99 -D_POSIX_C_SOURCE=200112L -O1 -Wall -Wextra -Werror"
passed=0
failed=0
same() { # a name, two files
    if cmp "$2" "$3" > $T/out/cmp 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1: $(cat $T/out/cmp)"
    fi
}
both() { # where it writes; options
    to=$1
    shift
    $T/here/char_rnn.exe "$@" > $T/out/$to.here 2>&1
    wine $T/there/char_rnn.exe "$@" > $T/out/$to.there 2>&1
    same "$to" $T/out/$to.here $T/out/$to.there
}
# of training: times and speeds differ, and are no text of ours
learnt() { sed '/^iteration/d; /^ *[0-9][0-9]*  /d' "$1"; }

if ! $CC $C examples/char_rnn.c -o $T/there/char_rnn.exe -lm \
    > $T/out/cc 2>&1; then
    cat $T/out/cc
    exit 1
fi
${HERE:-cc} -std=c99 -D_POSIX_C_SOURCE=200112L -O1 examples/char_rnn.c \
    -o $T/here/char_rnn.exe -lm || exit 1
# the first run of a new prefix has something to say of it
if ! wine $T/there/char_rnn.exe --help > $T/out/first 2>&1; then
    echo "skip: wine does not run here: $(tail -n 1 $T/out/first)"
    exit 0
fi
$T/here/char_rnn.exe --help > $T/out/help.here
wine $T/there/char_rnn.exe --help > $T/out/help.there 2>&1
same "help" $T/out/help.here $T/out/help.there

# bytes: new lines stay one byte, in files and in samples
for part in here there; do
    run=$T/here/char_rnn.exe
    [ $part = there ] && run="wine $T/there/char_rnn.exe"
    $run --iterations 60 --hidden 24 --sample 80 --stop-after 31 \
        --save $T/out/$part --log $T/out/$part.log > $T/out/$part.first 2>&1
    $run --resume $T/out/$part > $T/out/$part.out 2>&1
    learnt $T/out/$part.first > $T/out/$part.text
    learnt $T/out/$part.out | grep -v '^goes on' >> $T/out/$part.text
done
same "the log of a run that was resumed" $T/out/here.log $T/out/there.log
same "its model" $T/out/here $T/out/there
same "its samples and its curve" $T/out/here.text $T/out/there.text
both sample --load $T/out/here --sample 500
both refused --load $T/out/nothing

# characters, in arguments, names of files and the standard input
i=0
while [ $i -lt 300 ]; do
    printf 'Äpfel, Öl: 你好世界。\n'
    i=$((i + 1))
done > "$T/out/水.txt"
wine $T/there/char_rnn.exe --data "$T/out/水.txt" --characters \
    --iterations 100 --hidden 16 --sample 0 --save "$T/out/模型" > $T/out/there.out 2>&1
$T/here/char_rnn.exe --data "$T/out/水.txt" --characters \
    --iterations 100 --hidden 16 --sample 0 --save $T/out/model > $T/out/here.out 2>&1
same "a model of characters" $T/out/model "$T/out/模型"
both prime --load "$T/out/模型" --prime 'Öl: 你' --sample 60
both unseen --load "$T/out/模型" --prime 'ß' --sample 60
for part in here there; do
    run=$T/here/char_rnn.exe
    [ $part = there ] && run="wine $T/there/char_rnn.exe"
    printf '你好\n世界\r\n' | $run --load "$T/out/模型" --chat \
        > $T/out/chat.$part 2>&1
done
same "a chat" $T/out/chat.here $T/out/chat.there

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
