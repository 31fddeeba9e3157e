#!/bin/sh
# The header as strangers' compilers meet it: every standard, every macro,
# static, included twice, from two files; without a warning; and the symbols
# that come out. Compilers that are missing are left out.
cd "$(dirname "$0")/.." || exit 1
T=build/header
mkdir -p $T
passed=0
failed=0
W="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion"
W="$W -Wcast-align -Wundef -Werror"
C="$W -Wstrict-prototypes -Wmissing-prototypes"

have() { command -v "$1" > /dev/null 2>&1; }
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAIL $*"; }
try() { # a name, then a command
    name=$1
    shift
    if "$@" > $T/out 2>&1 && ! [ -s $T/out ]; then
        good
    else
        bad "$name: $*"
        head -n 12 $T/out
    fi
}

cat > $T/one.c <<'E'
#define RNN_IMPLEMENTATION
#include "rnn.h"
int main(void) { return 0; }
E
# words that a program may have as macros: names of rows, and others in capitals
{
    sed 's:/[*].*[*]/::' rnn.h | grep -o '\<[A-Z][A-Z0-9_]*\>' | sort -u |
        grep -Ev '^RNN|^[A-Z]$|^(NULL|FILE|INT_MAX|CHAR_BIT|PTRDIFF_MAX|STDC)$' |
        grep -Ev '^(FP_CONTRACT|OFF)$' | sed 's/.*/#define & 7/'
    for n in CELL KERNEL SCORE WIRING INPUT CONTEXT ST NAME; do
        echo "#define $n 7"
    done
    cat $T/one.c
} > $T/words.c
cat > $T/twice.c <<'E'
#include "rnn.h"
#define RNN_IMPLEMENTATION
#include "rnn.h"
#include "rnn.h"
int main(void) { return 0; }
E
cat > $T/static.c <<'E'
#define RNN_IMPLEMENTATION
#define RNN_STATIC
#include "rnn.h"
int main(void) { return rnn_status_text(RNN_OK) == NULL; }
E
cat > $T/user.c <<'E'
#include "rnn.h"
int main(void) { return rnn_status_text(RNN_OK) == NULL; }
E
printf '#define RNN_IMPLEMENTATION\n#include "rnn.h"\n' > $T/impl.c
for f in one twice static user impl; do cp $T/$f.c $T/$f.cpp; done

MACROS="RNN_NO_FMA RNN_NO_SIMD RNN_NO_FILES RNN_NO_STDIO RNN_NO_STATUS_TEXT
        RNN_DOUBLE"
for cc in gcc clang musl-gcc; do
    have $cc || continue
    for std in c11 c17 c2x gnu99; do
        try "$cc $std" $cc -std=$std -fsyntax-only $C -I. $T/one.c
    done
    try "$cc -O2" $cc -std=c99 -O2 $C -I. $T/one.c -o $T/a
    [ $cc = musl-gcc ] && continue # the same compiler, another library
    try "$cc -O3" $cc -std=gnu17 -O3 -march=native $C -I. $T/one.c -o $T/a
    for d in $MACROS; do
        try "$cc $d" $cc -std=c99 -O2 -D$d -DRNN_NO_SIMD $C -I. $T/one.c \
            -o $T/a
    done
    try "$cc, words as macros" $cc -std=c99 -O2 $W -I. $T/words.c -o $T/a
    try "$cc RNN_NO_AVX512" $cc -std=c99 -O2 -DRNN_NO_AVX512 $C -I. $T/one.c \
        -o $T/a
    try "$cc, windows.h's macros" $cc -std=c99 -O2 -Dnear= -Dfar= -Dsmall=char \
        -Dinterface=struct $C -I. $T/one.c -o $T/a
    try "$cc twice" $cc -std=c99 -fsyntax-only $C -I. $T/twice.c
    try "$cc static" $cc -std=c99 -O0 $W -Wno-unused-function -I. $T/static.c \
        -o $T/a
    try "$cc two files" $cc -std=c99 -O0 $C -I. $T/user.c $T/impl.c -o $T/a
done
for cc in g++ clang++; do
    have $cc || continue
    for std in c++14 c++17 c++20; do
        try "$cc $std" $cc -std=$std -fsyntax-only $W -I. $T/one.cpp
    done
    try "$cc -O2" $cc -std=c++11 -O2 $W -I. $T/one.cpp -o $T/a
    for d in $MACROS; do
        try "$cc $d" $cc -std=c++11 -fsyntax-only -D$d $W -I. $T/one.cpp
    done
    try "$cc twice" $cc -std=c++11 -fsyntax-only $W -I. $T/twice.cpp
    try "$cc static" $cc -std=c++11 -O0 $W -Wno-unused-function -I. \
        $T/static.cpp -o $T/a
    try "$cc two files" $cc -std=c++11 -O0 $W -I. $T/user.cpp $T/impl.cpp \
        -o $T/a
done
have tcc && try tcc tcc -I. $T/one.c -o $T/a

# as Microsoft's compiler would have it, without its library
if have clang; then
    M="--target=x86_64-pc-windows-msvc -fms-compatibility -ffreestanding"
    try "MSVC mode, C" clang $M -std=c11 -fsyntax-only $W -I. $T/impl.c
    try "MSVC mode, C++" clang $M -fms-compatibility-version=19.30 -std=c++14 \
        -fsyntax-only $W -I. $T/impl.cpp
fi

# a C file and a C++ file of one program
if have gcc && have g++; then
    try "C with C++" sh -c "gcc -std=c99 -O1 -I. -c $T/impl.c -o $T/impl.o &&
        g++ -std=c++11 -I. $T/user.cpp $T/impl.o -o $T/a && $T/a"
fi

# exported: rnn_ alone. Needed: what a compiler emits by itself, cpu model on
# x86-64, and stdio's functions unless they are left out. No writable data.
if have gcc; then
    gcc -std=c99 -O2 -I. -c $T/impl.c -o $T/impl.o
    if [ "$(nm $T/impl.o | grep ' [TDBCRVW] ' | grep -cv ' rnn_[a-z]')" = 0 ]
    then good; else bad "exports"; nm $T/impl.o | grep ' [TDBCRVW] '; fi
    # constant tables of pointers stand in .data.rel.ro where code may move
    gcc -std=c99 -O2 -fno-pic -I. -c $T/impl.c -o $T/still.o
    if [ "$(nm $T/still.o | grep -c ' [DdBbC] ')" = 0 ]
    then good; else bad "writable data"; nm $T/still.o | grep ' [DdBbC] '; fi
    ok='memcpy|memset|memmove|strlen|__cpu_model|_GLOBAL_OFFSET_TABLE_'
    io='fopen|fread|fwrite|fclose|ferror|rename|remove|__stack_chk_fail'
    if nm $T/impl.o | awk '$1 == "U" {print $2}' | grep -Evx "$ok|$io"
    then bad "needs a symbol that is not documented"; else good; fi
    gcc -std=c99 -O2 -DRNN_NO_STDIO -I. -c $T/impl.c -o $T/impl.o
    if nm $T/impl.o | awk '$1 == "U" {print $2}' | grep -Evx "$ok"
    then bad "needs a symbol without stdio"; else good; fi
    gcc -std=c99 -O2 -ffreestanding -fno-pic -DRNN_NO_SIMD -I. -c $T/impl.c \
        -o $T/impl.o
    if nm $T/impl.o | awk '$1 == "U" {print $2}' |
        grep -Evx 'memcpy|memset'
    then bad "needs a symbol freestanding"; else good; fi
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
