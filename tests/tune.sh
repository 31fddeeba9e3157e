#!/bin/sh
# What the constants of rnn.h that were found by measuring are worth on this
# machine: bench built with each of several values, rows in turns, and of each
# value the median of its time by that of the value that stands in the header.
# Below 1, it is quicker here.
#
#     sh tests/tune.sh                              all of them
#     sh tests/tune.sh NAME                         one, its values and rows
#     sh tests/tune.sh NAME VALUE... -- ROW...      any values, any rows
#
#     ROUNDS=5 REPS=3 CPU=0 SHIFT=4 KERNEL=auto
#
# NAME is as the comment in front of RNN_I_MC has it. WORTH runs two threads.
cd "$(dirname "$0")/.." || exit 1
B=build/tune
CC=${CC:-cc}
ROUNDS=${ROUNDS:-5}
REPS=${REPS:-3}
CPU=${CPU:-0}
mkdir -p $B || exit 1

# name; values; rows, with a comma between
constants() {
    cat << END
MC 264 396 528;lstm train 512 512 64 64,lstm train 1024 1024 64 32
ROWS 96 192 384;lstm infer 256 256 32 64,lstm infer 512 512 64 64,gru infer 1024 1024 64 32,lstm train 512 512 64 64
KC 192 256 384 512 768;lstm train 512 512 64 64,gru infer 1024 1024 64 32,lstm train 1024 1024 64 32
NEXT 1 131072 262144;lstm infer 128 128 50 50,lstm infer 256 256 32 64,lstm infer 512 512 64 64
TALL 24 48 96;rnn train 256 256 32 64,lstm train 256 256 32 64
LARGE 128 256 512;lstm train 128 128 50 50,lstm train 256 256 32 64,rnn train 256 256 32 64
WIDE 512 1024 2048;lstm train 128 128 1 64,lstm train 256 256 1 64
AHEAD 0 3 6 12;lstm train 256 256 1 64,lstm train 512 512 1 64
ABREAST 16 1 4 8 32;lstm infer 128 128 50 50,lstm infer 256 256 32 64,gru infer 128 128 50 50
STREAM 0 4 8 16;lstm stream 128 128 1 1,lstm stream 256 256 1 1,lstm stream 512 512 1 1,lstm stream 1024 1024 1 1
CHUNK 32768 65536 131072;lstm train 128 128 50 50,lstm infer 128 128 50 50,gru train 256 256 32 64
HEAVY 16777216 4194304 1048576;gru infer 1024 1024 64 32,lstm infer 1024 1024 64 32,lstm infer 512 512 64 64
FEW 16 48 96;lstm train 256 256 4 8,lstm train 256 256 8 8,lstm train 128 128 4 16
WORTH 65536 262144 1048576;lstm stream 128 128 1 1,lstm stream 256 256 1 1,gru stream 512 512 1 1
END
}

has() { # the header's value of a name
    awk -v name="RNN_I_$1" '$1 == "#define" && $2 == name { print $3; exit }' \
        rnn.h
}

one() { # name, values with blanks between, rows with commas between
    name=$1
    here=$(has "$name")
    threads=1
    [ -n "$here" ] || { echo "no constant $name" && exit 1; }
    [ "$name" = WORTH ] && threads=2
    openmp=
    [ $threads -gt 1 ] && openmp=-fopenmp
    values=$here
    for v in $2; do
        [ "$v" = "$here" ] || values="$values $v"
    done
    for v in $values; do
        # shellcheck disable=SC2086
        $CC -std=c99 -O2 $openmp -D_GNU_SOURCE "-DRNN_I_$name=$v" \
            tests/bench.c -o "$B/bench_$v" -lm || exit 1
    done
    pin=
    command -v taskset > /dev/null && pin="taskset -c $CPU-$((CPU + threads - 1))"
    echo "$3" | tr , '\n' | while read -r row; do
        k=0
        while [ $k -lt "$ROUNDS" ]; do
            for v in $values; do
                echo "$v $($pin "$B/bench_$v" --reps "$REPS" \
                    --threads $threads --kernel "${KERNEL:-auto}" \
                    --shift "${SHIFT:-4}" "$row" < /dev/null)"
            done
            k=$((k + 1))
        done | awk -v row="$row" -v name="$name" -v here="$here" '
            $1 == here { first = $10 }
            { r[$1, ++n[$1]] = $10 / first; if (n[$1] == 1) order[++m] = $1 }
            END {
                line = sprintf("%-6s %-26s %s 1", name, row, here)
                for (i = 1; i <= m; i++) {
                    v = order[i]
                    if (v == here)
                        continue
                    for (j = 2; j <= n[v]; j++) {
                        x = r[v, j]
                        for (k = j - 1; k && r[v, k] > x; k--)
                            r[v, k + 1] = r[v, k]
                        r[v, k + 1] = x
                    }
                    line = line sprintf("  %s %.3f", v, r[v, int((n[v] + 1) / 2)])
                }
                print line
            }'
    done
}

echo "# times, of the first value 1: below 1 is quicker"
if [ $# -gt 1 ]; then
    name=$1
    values=
    rows=
    shift
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        values="$values $1"
        shift
    done
    [ $# -gt 0 ] && shift
    for row in "$@"; do
        rows="$rows${rows:+,}$row"
    done
    [ -n "$rows" ] || { echo "rows come behind --" && exit 1; }
    one "$name" "$values" "$rows"
    exit
fi
constants | while IFS=';' read -r left rows; do
    name=${left%% *}
    [ $# -eq 0 ] || [ "$1" = "$name" ] || continue
    one "$name" "${left#* }" "$rows"
done
