#!/bin/sh
# Line and branch coverage of rnn.h: all test programs with gcov, plain C
# kernels so that a line counts once, their results merged.
cd "$(dirname "$0")/.." || exit 1
T=build/coverage
rm -rf $T
mkdir -p $T
for t in grad prop sizes math train files hash; do
    d=
    [ $t = grad ] && d=-DRNN_DOUBLE
    a=
    [ $t = hash ] && a=check
    (mkdir $T/$t && cd $T/$t && cp ../../../rnn.h . && mkdir tests &&
     cp ../../../tests/*.h tests/ && cp ../../../tests/test_$t.c tests/ &&
     gcc -std=c99 -O0 -DRNN_NO_SIMD -DRNN_NO_FMA $d --coverage \
         tests/test_$t.c -o run -lm && ./run $a > out 2>&1
     gcov -b -c -o . run-test_$t.gcda > gcov.out 2>&1)
done
# a line's greatest count over the programs; a branch's likewise
awk -F: '
    FNR == 1 { keep = 0 }
    /^ *-: *0:Source:/ { keep = ($0 ~ /rnn\.h$/) }
    keep && $2 + 0 > 0 && $1 !~ /^ *-$/ && /^ *[0-9#=-]/ {
        n = $1; gsub(/[ *]/, "", n); line = $2 + 0; order = 0
        code[line] = $3
        v = (n ~ /^[0-9]/) ? 1 : 0
        if (!(line in hit) || v > hit[line]) hit[line] = v
    }
    keep && /^branch/ {
        order++; key = line "." order
        split($0, w, " ")
        v = ($0 ~ /taken 0|never executed/) ? 0 : 1
        if (!(key in arm) || v > arm[key]) arm[key] = v
    }
    END {
        for (l in hit) { lines++; if (hit[l]) reached++; else missed[++m] = l }
        for (k in arm) { arms++; if (arm[k]) taken++ }
        printf "lines    %d of %d, %.1f %%\n", reached, lines,
               100 * reached / lines
        printf "branches %d of %d, %.1f %%\n", taken, arms, 100 * taken / arms
        for (i = 1; i <= m; i++) print "not reached: rnn.h:" missed[i] ":" \
            code[missed[i]] | "sort -t: -k3 -n"
    }' $T/*/rnn.h.gcov
