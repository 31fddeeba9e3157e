#!/bin/sh
# How much the compiler and its flags matter: rows of `bench` as gcc -O2, gcc
# -O3 -march=native and clang -O2 build them, in turns; at last the geometric
# mean over all rows of the time of each, by that of gcc -O2.
#
#     sh tests/bench_flags.sh [FILTER]     rows with this text; REPS=5
cd "$(dirname "$0")/.." || exit 1
filter=${1:-}
REPS=${REPS:-5}
B=build
mkdir -p $B || exit 1

builds=
try() { # a name, then a command
    name=$1
    shift
    if "$@" -std=c99 -D_GNU_SOURCE tests/bench.c -o "$B/bench_$name" -lm \
        2> $B/bench_flags.out; then
        builds="$builds $name"
    fi
}
try gcc_O2 gcc -O2
try gcc_O3_native gcc -O3 -march=native
try clang_O2 clang -O2

$B/bench_gcc_O2 --list --filter "$filter" | while read -r row; do
    for b in $builds; do
        "$B/bench_$b" --reps "$REPS" "$row" < /dev/null |
            awk -v b="$b" '{ print b, $9, $2, $3, $4, $5, $6, $7 }'
    done
done | awk '
    { time[$1] = $2; row = $3; for (i = 4; i <= NF; i++) row = row " " $i }
    $1 == "gcc_O2" { rows++ }
    $1 != "gcc_O2" {
        r = $2 / time["gcc_O2"]
        sum[$1] += log(r)
        printf "%-40s %-14s %.3f\n", row, $1, r
    }
    END {
        for (b in sum)
            printf "geometric mean of %d rows, time of %s / gcc_O2: %.3f\n",
                rows, b, exp(sum[b] / rows)
    }'
