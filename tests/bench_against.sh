#!/bin/sh
# How long rows of the benchmark take beside an earlier version, in turns on one
# core: for each row the median ratio of ROUNDS pairs, new / old. Arrays begin 16
# bytes past a cache line, as malloc gives them. Says where checksums differ.
#
#     tests/bench_against.sh REVISION [ROW...]      ROW as of build/bench
cd "$(dirname "$0")/.." || exit 1
B=build/against
rev=${1:?a revision of this repository}
shift
[ $# -gt 0 ] || set -- 'lstm train 64 64 1 128' 'lstm train 128 128 50 50' \
    'lstm train 256 256 32 64' 'lstm train 512 512 64 64' \
    'gru train 128 128 50 50' 'rnn train 128 128 50 50' \
    'lstm infer 64 64 1 128' 'lstm infer 128 128 50 50' \
    'lstm infer 512 512 64 64' 'gru infer 128 128 50 50' \
    'lstm stream 4 4 1 1' 'gru stream 16 16 1 1' 'rnn stream 64 64 1 1' \
    'lstm stream 256 256 1 1' 'gru stream 512 512 1 1' 'lstm stream 1024 1024 1 1'
rm -rf $B
mkdir -p $B/old
git archive "$rev" | tar -x -C $B/old || exit 1
CC=${CC:-cc}
$CC -std=c99 -O2 -D_GNU_SOURCE $B/old/tests/bench.c -o $B/bench_old -lm &&
    $CC -std=c99 -O2 -D_GNU_SOURCE tests/bench.c -o $B/bench_new -lm || exit 1
pin=
command -v taskset > /dev/null && pin="taskset -c 0"
for row in "$@"; do
    k=0
    while [ $k -lt "${ROUNDS:-5}" ]; do
        for v in old new; do
            echo "$v $($pin $B/bench_$v --reps 3 --shift 4 "$row")"
        done
        k=$((k + 1))
    done | awk -v row="$row" '
        { time[$1] = $10; sum[$12] = 1 }
        $1 == "new" { r[n++] = time["new"] / time["old"] }
        END {
            for (i = 0; i < n; i++)
                for (j = i + 1; j < n; j++)
                    if (r[j] < r[i]) { x = r[i]; r[i] = r[j]; r[j] = x }
            for (c in sum) sums++
            printf "%-28s %.3f  (%.2f to %.2f)%s\n", row, r[int(n / 2)], r[0],
                   r[n - 1], (sums > 1 ? "  checksums differ" : "")
        }'
done
