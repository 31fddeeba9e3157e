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
        grep -Ev '^RNN|^(NULL|FILE|EOF|INT_MAX|INT_MIN|CHAR_BIT|PTRDIFF_MAX)$' |
        grep -Ev '^(STDC|FP_CONTRACT|OFF|S_ISREG)$' | sed 's/.*/#define & 7/'
    for n in CELL KERNEL SCORE WIRING INPUT CONTEXT ST NAME; do
        echo "#define $n 7"
    done
    cat $T/one.c
} > $T/words.c
# the macros of hosts, and of Windows and Arduino where there is neither
cat > $T/hosts.c <<'E'
#include <complex.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <termios.h>
#include <tgmath.h>
#define lines CUR Numbers[2]
#define columns CUR Numbers[0]
#define tab CUR Strings[134]
#define bell CUR Strings[1]
#define newline CUR Strings[103]
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define sq(x) ((x) * (x))
#define bit(b) (1UL << (b))
#define constrain(x, low, high) max(low, min(x, high))
#define F(s) (s)
#define B1 1
#define HIGH 1
#define DEFAULT 1
#define DISPLAY 1
#define CHANGE 1
#define TRUE 1
#define FALSE 0
#define ERROR 0
#define DELETE 1
#define OPAQUE 2
#define IN
#define OUT
#define CONST const
#define near
#define far
#define small char
#define interface struct
#define hyper long
#define pascal
#define boolean unsigned char
#define move(y, x) wmove(stdscr, y, x)
#define clear() wclear(stdscr)
#define erase() werase(stdscr)
#define timeout(t) wtimeout(stdscr, t)
#define RNN_IMPLEMENTATION
#include "rnn.h"
static double complex z;
int main(void) { z = I; return F(0); }
E
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
cat > $T/int8.c <<'E'
#define RNN_IMPLEMENTATION
#include "rnn.h"
#ifndef NET
#define NET RNN_CELL_GRU, 5, 0, 7, 2, 1, 1, 3
#endif
RNN_DEFINE_STEP_INT8(step, NET)
int main(void)
{
    void (*f)(const rnn_int8 *, const int16_t *, const int *, int16_t *,
              int32_t *, int32_t *, int32_t *) = step;
    return !f;
}
E
cat > $T/user.c <<'E'
#include "rnn.h"
int main(void) { return rnn_status_text(RNN_OK) == NULL; }
E
printf '#define RNN_IMPLEMENTATION\n#include "rnn.h"\n' > $T/impl.c
for f in one twice static user impl int8; do cp $T/$f.c $T/$f.cpp; done
cat > $T/sizes.cpp <<'E'
#include <cstddef>
#include "rnn.h"
enum { T = 12, B = 1, V = 4, H = 16 };
static const std::size_t n = 5;
#define NET RNN_CELL_LSTM, V, 0, H, 1, 1, 1, V
#define DECODER RNN_CELL_GRU, 40, 0, 64, 1, 2, 1, V, 30, 0, 64, 1, 128, 0, 0, \
                0, 32, 1
rnn_real a[RNN_TRAIN(T, B, 2, NET)], b[RNN_INFER(n, B, NET)];
rnn_real c[RNN_DECODER_TRAIN(5, n, 2, 2, DECODER)];
rnn_real d[RNN_LINEAR_PARAMS(3, V, 1)], e[RNN_STATE(B, NET)];
signed char i8[RNN_INT8_WEIGHTS(NET) + RNN_INT8_FACTORS(NET) +
               RNN_INT8_BIASES(NET) + RNN_INT8_SHIFTS(NET) +
               RNN_INT8_SCRATCH(NET)];
bool f(rnn_cell cell);
bool f(rnn_cell cell)
{
    if (RNN_HAS_C(cell))
        return true;
    return RNN_VECTORS(cell) && !RNN_GATES(cell);
}
E

MACROS="RNN_NO_FMA RNN_NO_SIMD RNN_NO_FILES RNN_NO_STDIO RNN_NO_STATUS_TEXT
        RNN_NO_WHY RNN_DOUBLE"
for cc in gcc clang musl-gcc; do
    have $cc || continue
    for std in c11 c17 c2x gnu99; do
        try "$cc $std" $cc -std=$std -fsyntax-only $C -I. $T/one.c
    done
    try "$cc -O2" $cc -std=c99 -O2 $C -I. $T/one.c -o $T/a
    [ $cc = musl-gcc ] && continue # the same compiler, another library
    # gcc warns of more where it optimises; clang says all when it reads
    case $cc in
    gcc) reads="-O1 -o $T/a" fast="-O3 -march=native -o $T/a" ;;
    *) reads=-fsyntax-only fast=-fsyntax-only ;;
    esac
    try "$cc -O3" $cc -std=gnu17 $fast $C -I. $T/one.c
    for d in $MACROS; do
        try "$cc $d" $cc -std=c99 $reads -D$d -DRNN_NO_SIMD $C -I. $T/one.c
    done
    try "$cc, words as macros" $cc -std=c99 -fsyntax-only $W -I. $T/words.c
    try "$cc, hosts' macros" $cc -std=gnu11 -fsyntax-only -I. $T/hosts.c
    try "$cc RNN_NO_AVX512" $cc -std=c99 $reads -DRNN_NO_AVX512 $C -I. $T/one.c
    try "$cc twice" $cc -std=c99 -fsyntax-only $C -I. $T/twice.c
    try "$cc static" $cc -std=c99 -O0 $W -Wno-unused-function -I. $T/static.c \
        -o $T/a
    try "$cc int8" $cc -std=c99 $reads $C -I. $T/int8.c
    for net in RELU,5,0,7,1,1,1,3 LSTM,5,0,512,1,1,1,3 GRU,5,512,7,1,1,1,3 \
        TANH,5,0,7,1,2,1,3; do
        try "$cc, no int8 of $net" sh -c "! $cc -std=c99 -w -fsyntax-only \
            -DNET=RNN_CELL_$net -I. $T/int8.c 2> /dev/null"
    done
    try "$cc two files" $cc -std=c99 -O0 $C -I. $T/user.c $T/impl.c -o $T/a
    for d in RNN_DOUBLE RNN_NO_FMA RNN_NO_WHY; do
        $cc -std=c99 -O0 -D$d -I. -c $T/impl.c -o $T/impl_$d.o
        try "$cc $d: all names say so" sh -c \
            "! nm $T/impl_$d.o | grep ' T ' | grep -v '_double\|_no_fma\|_no_why'"
        try "$cc $d in one file does not link" sh -c \
            "! $cc -std=c99 -I. $T/user.c $T/impl_$d.o -o $T/a 2> /dev/null"
    done
done
for cc in g++ clang++; do
    have $cc || continue
    for std in c++14 c++17 c++20; do
        try "$cc $std" $cc -std=$std -fsyntax-only $W -I. $T/one.cpp
    done
    try "$cc -O2" $cc -std=c++11 -O2 $W -I. $T/one.cpp -o $T/a
    case $cc in g++) useless=-Wuseless-cast ;; *) useless= ;; esac
    try "$cc, sizes in strict programs" $cc -std=c++11 -fsyntax-only $W \
        -Wold-style-cast -Wcast-qual $useless -I. $T/sizes.cpp
    for d in $MACROS; do
        try "$cc $d" $cc -std=c++11 -fsyntax-only -D$d $W -I. $T/one.cpp
    done
    try "$cc twice" $cc -std=c++11 -fsyntax-only $W -I. $T/twice.cpp
    try "$cc static" $cc -std=c++11 -O0 $W -Wno-unused-function -I. \
        $T/static.cpp -o $T/a
    try "$cc int8" $cc -std=c++11 -O1 $W -I. $T/int8.cpp -o $T/a
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
    io='fopen|fread|fwrite|fclose|ferror|rewind|rename|remove|stat|chmod'
    io="$io|__stack_chk_fail"
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
