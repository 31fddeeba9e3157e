#!/bin/sh
# rnn.h against the peers that this machine has, row by row: oneDNN
# (libdnnl-dev), PyTorch (python3-torch), RTNeural (its folder in RTNEURAL; of
# the rows with stream), and the limit of the machine itself (bench_peak.c).
# Ours and theirs take turns, so that a slow minute is slow for all; the ratio
# is of rounds, ours / theirs in GFLOP/s: above 1, ours is quicker.
#
#     sh tests/bench_peers.sh [FILTER]     rows with this text, as bench has it
#
#     ROUNDS=3 REPS=9 THREADS=1 CPU=0 OUT=build/bench_peers.log
#
# RTNEURAL_FLAGS are its backend's: Eigen in /usr/include/eigen3 unless given.
# CPU is the first processor that is used. Every line of every program is left
# in OUT. Where fewer than half of the samples of ours or theirs were clean, the
# ratio is marked ?: the machine was not ours alone.
cd "$(dirname "$0")/.." || exit 1
filter=${1:-}
ROUNDS=${ROUNDS:-3}
REPS=${REPS:-9}
THREADS=${THREADS:-1}
CPU=${CPU:-0}
CC=${CC:-cc}
CXX=${CXX:-c++}
CFLAGS=${CFLAGS:--O2}
PYTHON=${PYTHON:-/usr/bin/python3}
RTNEURAL=${RTNEURAL:-}
RTNEURAL_FLAGS=${RTNEURAL_FLAGS:--I/usr/include/eigen3 -DRTNEURAL_USE_EIGEN=1}
B=build
OUT=${OUT:-$B/bench_peers.log}
export OMP_NUM_THREADS="$THREADS" OPENBLAS_NUM_THREADS="$THREADS"

mkdir -p $B || exit 1
openmp=
[ "$THREADS" -gt 1 ] && openmp=-fopenmp
# shellcheck disable=SC2086
$CC -std=c99 $CFLAGS $openmp -D_GNU_SOURCE tests/bench.c -o $B/bench_ours -lm ||
    exit 1
# shellcheck disable=SC2086
$CC -std=c99 $CFLAGS -D_GNU_SOURCE tests/bench_peak.c -o $B/bench_peak || exit 1

peers=
if [ "$THREADS" -eq 1 ]; then peers=limit; fi
# shellcheck disable=SC2086
if $CXX -std=c++14 $CFLAGS tests/peer_onednn.cpp -o $B/peer_onednn -ldnnl \
    2> $B/peer_onednn.out; then
    peers="$peers onednn"
else
    echo "# no oneDNN 2 (libdnnl-dev): see $B/peer_onednn.out"
fi
if "$PYTHON" -c 'import torch' 2> /dev/null; then
    peers="$peers torch"
else
    echo "# no PyTorch (python3-torch) in $PYTHON"
fi
# shellcheck disable=SC2086
if [ -z "$RTNEURAL" ]; then
    echo "# no RTNeural: set RTNEURAL to its folder"
elif [ "$THREADS" -gt 1 ]; then
    echo "# no RTNeural: it has one thread"
elif $CXX -std=c++17 -O3 -march=native -I"$RTNEURAL" $RTNEURAL_FLAGS \
    tests/peer_rtneural.cpp -o $B/peer_rtneural 2> $B/peer_rtneural.out; then
    peers="$peers rtneural"
else
    echo "# no RTNeural in $RTNEURAL: see $B/peer_rtneural.out"
fi

pin=
if command -v taskset > /dev/null 2>&1; then
    pin="taskset -c $CPU-$((CPU + THREADS - 1))"
fi

run() { # a program's name, a row
    case $1 in
    ours) $pin $B/bench_ours --reps "$REPS" --threads "$THREADS" "$2" ;;
    limit) $pin $B/bench_peak --reps "$REPS" "$2" ;;
    onednn) $pin $B/peer_onednn --reps "$REPS" "$2" ;;
    torch) $pin "$PYTHON" tests/peer_torch.py --reps "$REPS" "$2" ;;
    rtneural) $pin $B/peer_rtneural --reps "$REPS" "$2" ;;
    esac
}

# Lines of `round peer line...` of one row become one line of ratios. A figure
# is the 10th field of a line, gflops; clean=a/b comes later.
ratios() {
    awk '
    function median(a, n,   i, j, x) {
        for (i = 2; i <= n; i++) {
            x = a[i]
            for (j = i - 1; j && a[j] > x; j--)
                a[j + 1] = a[j]
            a[j + 1] = x
        }
        return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
    }
    NF < 13 || $3 != ($2 == "ours" ? "rnn.h" : $2) { print "# " $0; next }
    {
        key = $1 " " $2
        speed[key] = $12
        time[key] = $11
        for (i = 13; i <= NF; i++)
            if (sub(/^clean=/, "", $i)) {
                split($i, c, "/")
                dirty[key] = 2 * c[1] < reps
            } else if ($i ~ /^kchars/ && $2 == "ours")
                chars = " " $i
        if ($1 > rounds)
            rounds = $1
        if (!($2 in seen)) {
            seen[$2] = 1
            name[++names] = $2
        }
        row = sprintf("%-16s %-13s %4s %4s %3s %4s", $4, $5, $6, $7, $8, $9)
    }
    END {
        if (!("ours" in seen))
            exit
        n = 0
        for (r = 1; r <= rounds; r++)
            if ((r " ours") in speed) {
                v[++n] = speed[r " ours"]
                u[n] = time[r " ours"]
            }
        line = sprintf("%s  %10.5g ms %6.1f", row, median(u, n), median(v, n))
        for (k = 1; k <= names; k++) {
            if (name[k] == "ours")
                continue
            n = doubt = 0
            for (r = 1; r <= rounds; r++) {
                o = r " ours"
                p = r " " name[k]
                if ((o in speed) && (p in speed) && speed[p] > 0) {
                    v[++n] = speed[o] / speed[p]
                    doubt += dirty[o] || dirty[p]
                }
            }
            if (!n)
                continue
            m = median(v, n)
            line = line sprintf("  %s %.2f (%.2f..%.2f)%s", name[k], m, v[1], \
                                v[n], doubt ? "?" : "")
        }
        print line chars
    }' reps="$REPS" -
}

: > "$OUT"
echo "# $(date -u +%Y-%m-%d) $(uname -m) rounds $ROUNDS threads $THREADS:$peers"
echo "# cell, op, H I B T, ours: ms and GFLOP/s; ours / peer: median (min..max)"
$B/bench_ours --list --threads "$THREADS" --filter "$filter" |
while read -r row; do
    round=1
    : > $B/bench_row.log
    while [ "$round" -le "$ROUNDS" ]; do
        for p in ours $peers; do
            run "$p" "$row" < /dev/null 2>&1 | sed "s/^/$round $p /"
        done >> $B/bench_row.log
        round=$((round + 1))
    done
    cat $B/bench_row.log >> "$OUT"
    ratios < $B/bench_row.log
done
