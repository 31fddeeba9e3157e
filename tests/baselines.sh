#!/bin/sh
# Baselines: what char_rnn reaches on a text, how large the model is, and how
# fast it learns.
#
#     tests/baselines.sh DATA [ROWS...]     grid, best, sums, sources; none: all
#
# Nine tenths of DATA are learnt; the loss is of all of the last tenth, of the
# best validation. In the grid every model reads as many letters, on one core:
# losses are the same bits on every machine of an arithmetic, times are of this
# one, which should have nothing else to do. The best is what 20 minutes on two
# cores train. Of two tasks that need a long memory, the sum of two marked
# numbers among many (Hochreiter & Schmidhuber 1997) and a sequence said back,
# DATA is not read. An hour and a half altogether.
cd "$(dirname "$0")/.." || exit 1
[ -f "$1" ] || { echo "usage: tests/baselines.sh DATA [ROWS...]"; exit 2; }
data=$1
shift
T=build/baselines
mkdir -p $T
B=${B:-build}

# Peak memory of process $1 in MB, and the seconds of processor that it took,
# watched until it ends: the most that was seen, or what the system has noted.
watch() {
    most=0
    while :; do
        kb=$(awk '/^State:\tZ/ { exit } /VmHWM|VmRSS/ && $2 > m { m = $2 }
            END { print m }' /proc/$1/status 2> /dev/null)
        [ -n "$kb" ] || break
        [ $kb -le $most ] || most=$kb
        ticks=$(awk '{ print $14 + $15 }' /proc/$1/stat 2> /dev/null)
        sleep 0.2
    done
    echo $((most / 1024)) $((ticks / $(getconf CLK_TCK)))
}

# Trains with the options given, and prints the row of the table.
row() {
    "$B/char_rnn" --data "$data" --save $T/model --keep best --sample 0 \
        --measure 0 "$@" > $T/out 2>&1 &
    pid=$!
    began=$(date +%s)
    seen=$(watch $pid)
    wait $pid || { tail -n 5 $T/out; return 1; }
    awk -v wall=$(($(date +%s) - began)) -v mb=${seen% *} -v cpu=${seen#* } '
        / units, .* parameters$/ {
            cell = $1
            sub(/,/, "", cell)
            layers = $2
            units = $4
            parameters = $(NF - 1)
        }
        /^ *[0-9]+ +[0-9.-]+ +[0-9.-]+ +[0-9]+ +[0-9]+$/ { speed = $4 }
        /^the best validation:/ { nats = $4; bits = $(NF - 1) }
        END {
            printf "| %s | %d x %d | %d | %d | %.1f | %.1f | %s | %s | %d |\n",
                cell, layers, units, parameters, speed, wall / 60, cpu / 60,
                nats, bits, mb
        }' $T/out
}

title() {
    echo
    echo "$*"
    echo
    echo "| cell | layers x units | parameters | letters/s | minutes |" \
        "of processor | validation, nats | bits | MB |"
    echo "|---|---|---|---|---|---|---|---|---|"
}

grid() {
    common="--batch 32 --steps 64 --iterations 2000 --schedule cosine"
    common="$common --lr 0.004 --dropout 0.1 --validate-every 250"
    title "Each model, 4.1 million letters, one core: \`$common\`"
    for cell in tanh gru lstm; do
        for shape in "1 128" "2 128" "1 256" "2 256"; do
            row --cell $cell --layers ${shape% *} --hidden ${shape#* } $common
        done
    done
}

best() {
    how="--minutes 20 --threads 2 --cell lstm --layers 2 --hidden 512"
    how="$how --dropout 0.5 --batch 64 --steps 64 --lr 0.003"
    how="$how --schedule cosine --validate-every 500"
    title "The best of 20 minutes on two cores: \`$how\`"
    row $how
}

# One sum: cell, steps, further options.
one_sum() {
    cell=$1
    steps=$2
    shift 2
    "$B/adding" --cell $cell --length $steps "$@" > $T/out
    awk -v options="$*" '/^T / {
        printf "| %s | %d | %s | %s | %s | %s | %s |\n", $3, $2, $4, $6,
            options == "" ? "-" : "`" options "`", $(NF - 4), $(NF - 3) }' \
        $T/out | tr -d ,
}

sums() {
    echo
    echo "The sum of two numbers among T; 0.167 is always answering 1:"
    echo
    echo "| cell | T | units | parameters | options | mean squared error |" \
        "seconds |"
    echo "|---|---|---|---|---|---|---|"
    for steps in 50 100 200 400; do
        one_sum gru $steps
    done
    one_sum lstm 50
    one_sum lstm 100 --lr 0.01 --iterations 3000
    one_sum lstm 200 --lr 0.01 --iterations 4000
    one_sum lstm 400 --lr 0.01 --iterations 4000
    for steps in 50 100 200; do
        one_sum relu $steps --lr 0.001 --iterations 4000
    done
    one_sum relu 400 --lr 0.0003 --iterations 4000
    one_sum tanh 50 --orthogonal 1 --lr 0.001 --iterations 20000
    one_sum tanh 100 --orthogonal 1 --lr 0.001 --iterations 20000
}

sources() {
    echo
    echo "A sequence said back, the share of symbols that is right by its" \
        "length, GRU, 32 units: \`length --longest 40 --seeds 1\`"
    echo
    "$B/length" --longest 40 --seeds 1 > $T/out
    sed -n '/^ *length .*attention/,/^$/p' $T/out | sed 's/^/    /'
}

for rows in ${*:-grid best sums sources}; do
    $rows
done
