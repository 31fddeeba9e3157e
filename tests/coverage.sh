#!/bin/sh
# Line and branch coverage of rnn.h: the header as a library with gcov and with
# the flags of the tests' library, once for float and once for double with plain C
# kernels, once with what the machine adds; all tests run against it, and the
# results are merged. A line or a branch is reached if one build reaches it. A
# build without optimization has no vectors, so what they alone read (gates,
# most, first, tile) is listed as not reached. Many minutes on two cores.
#
#     sh tests/coverage.sh [lines|branches]
#
# lists the lines that no test reaches, and with `branches` those of which some
# arm is never taken. What cannot be reached is explained at the end of this
# file; everything else that is listed wants a test.
cd "$(dirname "$0")/.." || exit 1
self=tests/coverage.sh
what=${1:-lines}
T=build/coverage
rm -rf $T
mkdir -p $T/tests
cp tests/*.c tests/*.h $T/tests/

# the tests see the declarations alone, as the library is compiled apart
mkdir $T/header
cp rnn.h $T/header/
cat > $T/rnn.h << 'END'
#undef RNN_IMPLEMENTATION
#include "header/rnn.h"
#include <limits.h>
#include <stdio.h>
END
printf '#define RNN_IMPLEMENTATION\n#include "header/rnn.h"\n' > $T/lib.c

# inlined functions would count their branches at every call
GCOV="gcc -std=c99 -w -O0 -Dalways_inline=unused --coverage"

build() { # a name, then flags: a library in build/coverage/NAME
    name=$1
    shift
    mkdir $T/$name
    (cd $T && $GCOV -fPIC -shared "$@" lib.c -o $name/librnn.so) || exit 1
}

run() { # a library, a test, its flags; its arguments in $args
    name=$1
    test=$2
    shift 2
    (cd $T && gcc -std=c99 -w -O1 "$@" -I. tests/$test.c -o $name/$test \
        -L$name -lrnn -lm --coverage) || exit 1
    # shellcheck disable=SC2086
    if ! LD_LIBRARY_PATH=$T/$name $T/$name/$test $args > $T/$name/$test.out
    then
        echo "$test fails ($name)"
        tail -n 3 $T/$name/$test.out
    fi
}

inside() { # a test that looks into the implementation, compiled with it
    mkdir -p $T/$1/tests
    cp rnn.h $T/$1/
    cp tests/$1.c tests/*.h $T/$1/tests/
    (cd $T/$1 && $GCOV tests/$1.c -o $1 -lm &&
     ./$1 > out && gcov -b -c ./*.gcda > gcov.out 2>&1) || echo "$1 fails"
}

plain="-DRNN_NO_SIMD -DRNN_NO_FMA"
few=$(sed -n '/^FEW = /,/[^\\]$/{s/^FEW = //;s/\\$//;p;}' Makefile | tr -d '\n')
[ -n "$few" ] || exit 1
build float $few $plain
build double $few $plain -DRNN_DOUBLE
build simd $few

one() { # a test, against the library's builds that it is for
    args=
    [ $1 = test_hash ] && args=check
    [ $1 = test_st ] && args="1 all"
    [ $1 = parity ] && args=$(echo tests/cases/*.safetensors)
    if grep -q "$1\>.*: DOUBLE" Makefile; then
        run double $1 $plain -DRNN_DOUBLE
        return
    fi
    run float $1 $plain
    case $1 in
    test_corners | test_edited | test_files | test_sample | test_st | test_train)
        run double $1 $plain -DRNN_DOUBLE && run simd $1 ;;
    test_hash | test_math | test_prop | parity) run simd $1 ;;
    esac
}

each() { # inside or one: the tests that look inside, or all others
    for f in tests/test_*.c tests/parity.c; do
        grep -q '"../examples/' $f && continue # of what examples share
        # names of the implementation, not the lists of [TYPES]
        if sed 's/RNN_I_\(CELLS\|SCORES\|WIRINGS\|INPUTS\|CONTEXTS\|KERNELS\)//g' \
            $f | grep -q 'rnn_i_\|RNN_I_\|RNN_DEFINE_'; then
            of=inside
        else
            of=one
        fi
        [ $of = $1 ] && $of $(basename $f .c)
    done
}

each inside &
each one
wait
for name in float double simd; do
    (cd $T && gcov -b -c -o $name $name/librnn.so-lib.gcda > $name/gcov.out \
        2>&1 && mv rnn.h.gcov $name/)
done

# A function of a header that is read several times comes several times: the
# greatest count stands for all. A branch is known by its line, its place
# there, and how many there are: builds differ in that.
awk -v what="$what" '
    function close_line() {
        for (i = 1; i <= order; i++) {
            key = line "," order "," i
            if (!(key in arm) || took[i] > arm[key])
                arm[key] = took[i]
        }
        order = 0
    }
    FILENAME == self {
        if (told && NF && $0 != "EXPLAINED") {
            if ($0 ~ /^# /) { why = substr($0, 3) }
            else { i = index($0, ": "); reason[$0] = why }
        }
        if ($0 ~ /^: << .EXPLAINED.$/) told = 1
        next
    }
    FNR == 1 { close_line(); keep = 0; fn = "" }
    /^ *-: *0:Source:/ { keep = ($0 ~ /rnn\.h$/) }
    !keep { next }
    /^ *[-0-9#=*]+: *[0-9]+:/ {
        close_line()
        split($0, w, ":")
        line = w[2] + 0
        n = w[1]
        gsub(/[ *]/, "", n)
        text = substr($0, index($0, w[2] ":") + length(w[2]) + 1)
        if (text ~ /^[A-Za-z].*\(/ && text !~ /;$/) {
            fn = text
            sub(/__attribute__\(\([^)]*\)\)/, "", fn)
            if (match(fn, /RNN_K\([a-z0-9_]*\)\(/))
                fn = substr(fn, RSTART, RLENGTH - 1)
            else if (match(fn, /[A-Za-z_0-9]+\(/))
                fn = substr(fn, RSTART, RLENGTH - 1)
        }
        if (n == "-" || line == 0) next
        gsub(/^ +| +$/, "", text)
        code[line] = fn ": " text
        v = (n ~ /^[0-9]/) ? 1 : 0
        if (!(line in hit) || v > hit[line]) hit[line] = v
        next
    }
    /^branch/ {
        took[++order] = ($0 ~ /taken 0|never executed/) ? 0 : 1
    }
    END {
        close_line()
        for (l in hit) {
            lines++
            if (hit[l]) reached++
            else if (code[l] in reason) explained++
            else missed[l] = 1
        }
        for (k in arm) {
            split(k, w, ",")
            arms++
            if (arm[k]) taken++
            else if (code[w[1]] in reason) arms_explained++
            else half[w[1]] = half[w[1]] " " w[3] "/" w[2]
        }
        printf "lines    %d of %d, %.1f %%, and %d explained\n", reached, lines,
               100 * reached / lines, explained
        printf "branches %d of %d, %.1f %%, and %d explained\n", taken, arms,
               100 * taken / arms, arms_explained
        for (r in reason) {
            for (l in code)
                if (code[l] == r)
                    break
            if (!(l in code) || code[l] != r)
                print "explained, but no line of rnn.h: " r
        }
        for (l in missed)
            print "not reached: rnn.h:" l ": " code[l] | "sort -t: -k3 -n"
        close("sort -t: -k3 -n")
        if (what == "branches")
            for (l in half)
                if (!(l in missed))
                    print "not taken:" half[l] ": rnn.h:" l ": " code[l] \
                        | "sort -t: -k4 -n"
    }' self=$self $self $T/*/rnn.h.gcov
exit 0

# A reason, then the lines it explains, each after the name of its function.
: << 'EXPLAINED'
# only rounding leads here: the second pass adds up what the first has
rnn_i_draw: return RNN_OK; /* rounding can leave u at the end: the greatest */
rnn_i_draw: for (pass = 0; pass < 2; pass++) {

# a switch whose cases are all taken
RNN_K(cell_forward): switch ((rnn_cell)cell) {
RNN_K(cell_backward): switch ((rnn_cell)cell) {
rnn_i_summary_forward: switch ((rnn_context)context) {
rnn_i_summary_backward: switch ((rnn_context)context) {
rnn_i_get_field: switch (i) {
rnn_i_get_field: default: return 0;
rnn_i_set_field: switch (i) {
rnn_i_set_field: default: break;

# a hash that is 0 by chance, which says that there is none
rnn_i_hash_plan: return hash ? hash : 1;
rnn_i_hash_dlogits: return hash ? hash : 1;

# whatever a step refuses was refused before the first one
rnn_beam_search: return st;
rnn_beam_search: if (st)

# guards: those who call today have a byte, a string, an object, a first reason
rnn_i_char: return 0;
rnn_i_char: if (n == 0)
rnn_i_fail_at: if (!j->why) {
rnn_i_fail_of: if (!j->why) {
rnn_i_same: if (!ua || !ub || ka != kb)
rnn_st_meta_next: if (!rnn_i_next(&j, '{') || rnn_i_next(&j, '}')) {

# guards: a gradient is of one step at least; what stands first is always read
rnn_i_sum: if (!seq->lengths && from < to) {

# a width below 1 was refused before
rnn_i_set_side: s->E = input == RNN_INPUT_EMBEDDING && width > 0 ? (size_t)width : 0;

# sizes of 32 bits come here; of 64, eight bytes fit, and sums of what fits
rnn_save: for (k = 0; k < 8 && k < (int)sizeof header; k++)

# a disk that is full, a system whose rename replaces no file
rnn_write_file: good = fclose(file) == 0 && good;

# a vector of one number has no rest
RNN_K(strided): const size_t lanes = p->n - j < RNN_W ? p->n - j : RNN_W;
EXPLAINED
