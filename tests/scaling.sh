#!/bin/sh
# How far training over MPI scales: what a step computes is measured here, on
# one core; what it sends is counted; the rest is this model of N machines that
# learn one batch of P = 64 shares, a step's seconds
#
#     t(N) = G P / N + S + 2 (N - 1) / N 4 n / B + 4 log2(N) L
#
# with G: gradient of a share; S: clipping and Adam, which all do; n: how many
# parameters; B: bytes a second of a machine's wire, each way; L: latency of a
# message (two for each level of the gradients' sum, one for losses, one for
# Ctrl-C). G and S are processor time, so that other programs do not count. No
# network is measured; machines are taken to be as fast as this core.
#
#     tests/scaling.sh [char_rnn_mpi]
#     HIDDEN=256 LAYERS=1 ROWS=16 STEPS=50 LATENCY=50 tests/scaling.sh
cd "$(dirname "$0")/.." || exit 1
R=${1:-build/char_rnn_mpi}
T=build/scaling.out
HIDDEN=${HIDDEN:-512}
LAYERS=${LAYERS:-2}
ROWS=${ROWS:-8}
STEPS=${STEPS:-50}
LATENCY=${LATENCY:-50}
export OMP_NUM_THREADS=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

run() { # iterations of four shares; prints processor seconds
    (
        $R --data examples/text.txt --hidden "$HIDDEN" --layers "$LAYERS" \
            --batch $((4 * ROWS)) --steps "$STEPS" --shares 4 --sample 0 \
            --valid 0.001 --iterations "$1" > $T 2>&1
        times
    ) | awk -F '[ms ]+' 'END { print $1 * 60 + $2 + $3 * 60 + $4 }'
}
few=$(run 2)
many=$(run 12)
n=$(sed -n 's/.* \([0-9]*\) parameters$/\1/p' $T)
# milliseconds of gradients, of the rest
parts=$(sed -n 's/.*gradients \([0-9.]*\).*rest \([0-9.]*\)$/\1 \2/p' $T)
[ -n "$n" ] && [ -n "$parts" ] || { cat $T; exit 1; }
echo "$few $many $n $parts" | awk -v rows="$ROWS" -v steps="$STEPS" \
    -v us="$LATENCY" '{
    each = ($2 - $1) / 10; n = $3
    G = each * $4 / ($4 + $5) / 4
    S = each * $5 / ($4 + $5)
    printf "%d parameters; a share is %d rows of %d steps\n", n, rows, steps
    printf "here, one core: gradient of a share %.1f ms", 1000 * G
    printf " (%.1f GFLOP/s), the rest %.1f ms\n", \
        6 * n * rows * steps / G / 1e9, 1000 * S
    printf "sent by each of N: 2 (N - 1) / N x %.2f MB;", 4 * n / 1e6
    printf " latency %d us\n\n", us
    printf "   N  MB sent   compute    1 Gbit/s       10 Gbit/s"
    print "      100 Gbit/s"
    for (N = 1; N <= 64; N *= 2) {
        bytes = 2 * (N - 1) / N * 4 * n
        here = G * 64 / N + S
        printf "%4d %8.2f %6.0f ms", N, bytes / 1e6, 1000 * here
        for (gbit = 1; gbit <= 100; gbit *= 10) {
            t = here + bytes * 8 / (gbit * 1e9) + 4 * levels * us / 1e6
            printf "  %5.0f ms x%4.1f", 1000 * t, (G * 64 + S) / t
        }
        print ""
        levels++
    }
}'
