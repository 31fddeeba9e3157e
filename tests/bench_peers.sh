#!/bin/sh
# rnn.h against the peers that this machine has, row by row: oneDNN
# (libdnnl-dev), PyTorch (python3-torch), ONNX Runtime (node and its package; of
# the rows with infer and stream), RTNeural (its folder in RTNEURAL; of the rows
# with stream), and the limits that the machine and our products set
# (bench_peak.c). Ours and theirs take turns, so that a slow minute is slow for
# all. A ratio is of rounds, ours / theirs in GFLOP/s: above 1, ours is quicker.
# A row ends with the ratio to its best peer, limits aside. The last lines say
# where that is worst, how often it is below 0.98, and its geometric mean.
#
#     sh tests/bench_peers.sh [FILTER]     rows with this text, as bench has it
#
#     ROUNDS=3 REPS=9 THREADS=1 CPU=0 SHIFT=4 KERNEL=auto ORT=build/ort
#     OUT=build/bench_peers.log
#
# Our arrays begin SHIFT numbers past a cache line: 16 bytes, as malloc gives
# them. KERNEL=avx2 holds ours and theirs to AVX2; a peer that has no switch for
# that is left out. KERNEL=avx512 is said to ours and to the limits alone.
#
# ORT is a folder with node_modules/onnxruntime-node. Where it is not given, npm
# gets that into build/ort, once, 290 MB (ORT=none: do without). It is called
# through JavaScript: a ratio is marked * where that alone takes a tenth or more
# of its time (peer_ort.js). RTNEURAL_FLAGS are its backend's: Eigen in
# /usr/include/eigen3 unless given. CPU is the first processor that is used.
# Every line of every program is left in OUT. Where fewer than half of the
# samples of ours or theirs were clean, the ratio is marked ?: the machine was
# not ours alone.
cd "$(dirname "$0")/.." || exit 1
filter=${1:-}
ROUNDS=${ROUNDS:-3}
REPS=${REPS:-9}
THREADS=${THREADS:-1}
CPU=${CPU:-0}
SHIFT=${SHIFT:-4}
KERNEL=${KERNEL:-auto}
CC=${CC:-cc}
CXX=${CXX:-c++}
CFLAGS=${CFLAGS:--O2}
PYTHON=${PYTHON:-/usr/bin/python3}
RTNEURAL=${RTNEURAL:-}
RTNEURAL_FLAGS=${RTNEURAL_FLAGS:--I/usr/include/eigen3 -DRTNEURAL_USE_EIGEN=1}
B=build
OUT=${OUT:-$B/bench_peers.log}
ours="--reps $REPS --threads $THREADS --shift $SHIFT --kernel $KERNEL"
limit="--reps $REPS --shift $SHIFT --kernel $KERNEL"
native=-march=native
export OMP_NUM_THREADS="$THREADS" OPENBLAS_NUM_THREADS="$THREADS"
case $KERNEL in
auto | avx512) ;;
avx2) # the switches of oneDNN, of PyTorch, and of the BLAS that it may have
    native=-march=haswell
    export ONEDNN_MAX_CPU_ISA=AVX2 DNNL_MAX_CPU_ISA=AVX2
    export ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell
    export MKL_ENABLE_INSTRUCTIONS=AVX2
    ;;
*)
    echo "KERNEL is auto, avx2 or avx512"
    exit 2
    ;;
esac

mkdir -p $B || exit 1
openmp=
[ "$THREADS" -gt 1 ] && openmp=-fopenmp
# shellcheck disable=SC2086
$CC -std=c99 $CFLAGS $openmp -D_GNU_SOURCE tests/bench.c -o $B/bench_ours -lm ||
    exit 1
# shellcheck disable=SC2086
$CC -std=c99 $CFLAGS -D_GNU_SOURCE tests/bench_peak.c -o $B/bench_peak -lm ||
    exit 1

pin=
if command -v taskset > /dev/null 2>&1; then
    pin="taskset -c $CPU-$((CPU + THREADS - 1))"
fi

# What a peer says of itself begins with # and is shown here, once.
peers=
# shellcheck disable=SC2086
if [ "$THREADS" -gt 1 ]; then
    echo "# no limit: it is of one thread"
elif $pin $B/bench_peak $limit --reps 1 'rnn stream 4 4 1 1' \
    > $B/bench_peak.out 2>&1; then
    peers=" limit"
else
    echo "# no limit: see $B/bench_peak.out"
fi
# shellcheck disable=SC2086
if $CXX -std=c++14 $CFLAGS tests/peer_onednn.cpp -o $B/peer_onednn -ldnnl \
    2> $B/peer_onednn.out; then
    peers="$peers onednn"
else
    echo "# no oneDNN 2 (libdnnl-dev): see $B/peer_onednn.out"
fi
if $pin "$PYTHON" tests/peer_torch.py 2> $B/peer_torch.out; then
    peers="$peers torch"
else
    echo "# no PyTorch (python3-torch) in $PYTHON: see $B/peer_torch.out"
fi
if [ -z "${ORT:-}" ]; then
    export ORT=$B/ort
    if [ "$KERNEL" != avx2 ] && [ ! -d $ORT/node_modules/onnxruntime-node ] &&
        command -v node > /dev/null 2>&1 && command -v npm > /dev/null 2>&1
    then
        echo "# npm gets ONNX Runtime into $ORT"
        mkdir -p $ORT
        # no scripts: the package's would get libraries for graphics cards
        npm install --prefix $ORT --ignore-scripts --no-audit --no-fund \
            --no-save --fetch-retries=0 onnxruntime-node@1.30.0 \
            > $B/npm.out 2>&1 < /dev/null
    fi
fi
if [ "$KERNEL" = avx2 ]; then
    echo "# no ONNX Runtime: it has no switch for KERNEL=avx2"
elif ! command -v node > /dev/null 2>&1; then
    echo "# no ONNX Runtime: no node"
elif $pin node tests/peer_ort.js > $B/peer_ort.out 2>&1; then
    cat $B/peer_ort.out
    peers="$peers ort"
else
    echo "# no ONNX Runtime in $ORT: see $B/peer_ort.out"
fi
# shellcheck disable=SC2086
if [ -z "$RTNEURAL" ]; then
    echo "# no RTNeural: set RTNEURAL to its folder"
elif [ "$THREADS" -gt 1 ]; then
    echo "# no RTNeural: it has one thread"
elif $CXX -std=c++17 -O3 $native -I"$RTNEURAL" $RTNEURAL_FLAGS \
    tests/peer_rtneural.cpp -o $B/peer_rtneural 2> $B/peer_rtneural.out; then
    peers="$peers rtneural"
else
    echo "# no RTNeural in $RTNEURAL: see $B/peer_rtneural.out"
fi

# shellcheck disable=SC2086
run() { # a program's name, a row
    case $1 in
    ours) $pin $B/bench_ours $ours "$2" ;;
    limit) $pin $B/bench_peak $limit "$2" ;;
    onednn) $pin $B/peer_onednn --reps "$REPS" "$2" ;;
    torch) $pin "$PYTHON" tests/peer_torch.py --reps "$REPS" "$2" ;;
    ort) $pin node --single-threaded tests/peer_ort.js --reps "$REPS" "$2" ;;
    rtneural) $pin $B/peer_rtneural --reps "$REPS" "$2" ;;
    esac
}

# Lines of `round peer line...` of one row become one line of ratios. A figure
# is the 10th field of a line, gflops; clean=a/b and call=ms come later. The
# best peer and its ratio are added to the file `bests`, too.
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
    $3 == "#" { next }
    NF < 13 || $12 !~ /^[0-9.]+$/ { print "# " $0; next }
    {
        who = $3 == "rnn.h" ? "ours" : $3
        key = $1 " " who
        speed[key] = $12
        time[key] = $11
        for (i = 13; i <= NF; i++)
            if (sub(/^clean=/, "", $i)) {
                split($i, c, "/")
                dirty[key] = 2 * c[1] < reps
            } else if (sub(/^call=/, "", $i)) {
                calls[key] = $i > 0.1 * $11
            } else if ($i ~ /^kchars/ && who == "ours")
                chars = " " $i
        if ($1 > rounds)
            rounds = $1
        if (!(who in seen)) {
            seen[who] = 1
            name[++names] = who
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
            n = doubt = much = 0
            for (r = 1; r <= rounds; r++) {
                o = r " ours"
                p = r " " name[k]
                if ((o in speed) && (p in speed) && speed[p] > 0) {
                    v[++n] = speed[o] / speed[p]
                    doubt += dirty[o] || dirty[p]
                    much += calls[p]
                }
            }
            if (!n)
                continue
            m = median(v, n)
            marks = (doubt ? "?" : "") (much ? "*" : "")
            line = line sprintf("  %s %.2f (%.2f..%.2f)%s", name[k], m, v[1], \
                                v[n], marks)
            if (name[k] !~ /^(limit|products)$/ && (best == "" || m < least)) {
                least = m
                best = name[k]
                mark = marks
            }
        }
        line = line chars
        if (best != "") {
            line = line sprintf("  best %s %.2f%s", best, least, mark)
            print least, mark "of", best, row >> bests
        }
        print line
    }' reps="$REPS" bests=$B/bench_peers.best -
}

# The worst row, four more where they are below 0.98, and all together.
summary() {
    LC_ALL=C sort -n $B/bench_peers.best | awk '
    {
        sum += log($1)
        below += $1 < 0.98
    }
    NR == 1 || (NR <= 5 && $1 < 0.98) {
        mark = $2
        sub(/of$/, "", mark)
        printf "# worst: %s %s %s %s %s %s %.2f%s of %s\n", $4, $5, $6, $7, \
            $8, $9, $1, mark, $3
    }
    END {
        if (NR)
            printf "# %d rows: %d below 0.98 of the best peer, geometric " \
                "mean %.3f\n", NR, below, exp(sum / NR)
    }'
}

: > "$OUT"
: > $B/bench_peers.best
echo "# $(date -u +%Y-%m-%d) $(uname -m) rounds $ROUNDS threads $THREADS" \
    "kernel $KERNEL shift $SHIFT:$peers"
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
summary
