#!/bin/sh
# A run of char_rnn that is stopped, or killed, and resumed goes on to the bit:
# its log is that of a run which was never stopped. For each optimiser, each
# schedule, dropout, threads, accumulation, averages, early stopping; and what
# --resume must refuse. The iterations at which runs stop are random; the seed
# is printed, and SEED=N repeats it.
#
#     tests/resume.sh [build/char_rnn]       N passed, N failed; about a minute
cd "$(dirname "$0")/.." || exit 1
R=${1:-build/char_rnn}
T=build/resume
SEED=${SEED:-$(date +%s)}
rm -rf $T
mkdir -p $T
passed=0
failed=0
drawn=0
past=
echo "seed $SEED"

good() {
    passed=$((passed + 1))
}
bad() {
    failed=$((failed + 1))
    echo "FAIL $*"
}
below() { # r: a random number from 1 to $1
    drawn=$((drawn + 1))
    r=$(awk -v s="$SEED" -v n="$drawn" -v most="$1" \
        'BEGIN { srand(s * 1000 + n); print 1 + int(rand() * most) }')
}
same() { # a name: the log and the models of both runs
    if cmp $T/whole.log $T/parts.log > $T/cmp 2>&1 &&
        cmp $T/whole $T/parts >> $T/cmp 2>&1; then
        good
    else
        bad "$1: $(cat $T/cmp)"
    fi
}

head -c 9000 examples/text.txt > $T/text
SMALL="--data $T/text --hidden 12 --batch 4 --steps 9 --sample 0"
N=70

# a name and options: a run of N iterations; the same, stopped twice or thrice
trial() {
    name=$1
    shift
    below 30
    first=$r
    below 25
    second=$((first + r))
    [ -n "$past" ] && first=$past && second=$((past + 40))
    rm -f $T/parts* $T/whole*
    $R $SMALL --iterations $N "$@" --save $T/whole --log $T/whole.log \
        > $T/out 2>&1 || bad "$name: $(tail -n 1 $T/out)"
    $R $SMALL --iterations $N "$@" --save $T/parts --log $T/parts.log \
        --stop-after "$first" > $T/out 2>&1 || bad "$name: first part"
    cmp -s $T/whole.log $T/parts.log && bad "$name: it did not stop"
    $R --resume $T/parts --stop-after "$second" > $T/out 2>&1 ||
        bad "$name: $(tail -n 1 $T/out)"
    $R --resume $T/parts > $T/out 2>&1 || bad "$name: $(tail -n 1 $T/out)"
    same "$name, stopped after $first and $second"
}

for o in sgd adagrad adadelta rmsprop adam adamw; do
    trial "$o" --optimizer $o --validate-every 7
done
trial "sgd with momentum" --optimizer sgd --momentum 0.9 --lr 0.1
trial "rmsprop with momentum" --optimizer rmsprop --momentum 0.9 --cell gru
trial "schedule constant" --schedule constant --warmup 20
trial "schedule step" --schedule step --every 11 --gamma 0.7
trial "schedule exponential" --schedule exponential --gamma 0.97
trial "schedule cosine" --schedule cosine --warmup 5
trial "dropout" --dropout 0.4 --layers 2 --validate-every 10
trial "tanh, all is learnt" --cell tanh --valid 0 --lr 0.003
trial "accumulation" --accumulate 3 --dropout 0.2 --cell gru
trial "average" --average 20 --validate-every 6 --keep best
trial "the best" --keep best --validate-every 5 --lr 0.02 --dropout 0.1
# the least loss comes with iteration 172, the end with 224: what is known of
# the best, and how long ago it was, must go on
past=180
trial "patience" --iterations 400 --lr 0.3 --validate-every 4 --patience 13 \
    --keep best
# a validation at a stop is the least of all, and counts for nothing later
past=172
trial "undue" --iterations 230 --lr 0.3 --validate-every 50 --keep best
past=
trial "weight decay, bf16" --optimizer adamw --weight-decay 0.1 --bf16 1
trial "characters" --characters --validate-every 9
trial "options with no sense" --prime 'a b' --stop '\n' --temperature 0

if $R $SMALL --iterations 0 --threads 2 > $T/out 2>&1; then
    trial "two threads" --threads 2 --dropout 0.3 --hidden 40
    # threads change between the parts
    rm -f $T/parts*
    $R $SMALL --hidden 40 --dropout 0.3 --iterations $N --save $T/parts \
        --log $T/parts.log --stop-after 33 > $T/out 2>&1
    $R --resume $T/parts --threads 2 > $T/out 2>&1
    same "one thread, then two"
else
    echo "skip two threads: $(tail -n 1 $T/out)"
fi

# killed at any moment: no checkpoint is lost, and the log catches up
LONG="--data $T/text --hidden 40 --batch 8 --steps 20 --sample 0 --dropout 0.1
    --iterations 2400 --validate-every 10"
rm -f $T/parts* $T/whole*
$R $LONG --save $T/whole --log $T/whole.log > $T/out 2>&1
$R $LONG --save $T/parts --log $T/parts.log > $T/out 2>&1 &
child=$!
kills=0
while [ $kills -lt 6 ]; do
    below 9
    sleep 0.$((r + 10))
    kill -9 $child 2> /dev/null && [ -f $T/parts.run ] && kills=$((kills + 1))
    wait $child 2> /dev/null
    [ -f $T/parts.run ] || { bad "killed before a checkpoint"; break; }
    $R --resume $T/parts > $T/out 2>&1 &
    child=$!
    [ "$(tail -n 1 $T/parts.log | cut -f 1)" = 2400 ] && break
done
wait $child || bad "after $kills kills: $(tail -n 1 $T/out)"
same "killed $kills times"
[ $kills -gt 0 ] || bad "nothing was killed"

# Ctrl-C
rm -f $T/parts*
$R $LONG --save $T/parts --log $T/parts.log > $T/out 2>&1 &
child=$!
sleep 0.3
kill -TERM $child
wait $child
grep -q '^stopped' $T/out || bad "a signal does not stop it"
$R --resume $T/parts > $T/out 2>&1
same "stopped by a signal"

# a time budget is spent once
rm -f $T/parts* $T/whole*
$R $SMALL --minutes 0.02 --save $T/whole --log $T/whole.log > $T/out 2>&1 ||
    bad "minutes: $(tail -n 1 $T/out)"
n=$(tail -n 1 $T/whole.log | cut -f 1)
$R $SMALL --minutes 0.02 --stop-after 40 --schedule cosine --save $T/parts \
    --log $T/parts.log > $T/out 2>&1
m=$(sed -n 's/.* are about \([0-9]*\) iterations/\1/p' $T/out)
$R --resume $T/parts > $T/out 2>&1 || bad "minutes: $(tail -n 1 $T/out)"
[ "$(tail -n 1 $T/parts.log | cut -f 1)" = "$m" ] || bad "minutes: not $m"
[ "$n" -gt 100 ] || bad "minutes: only $n"
$R $SMALL --iterations "$m" --schedule cosine --save $T/whole \
    --log $T/whole.log > $T/out 2>&1
same "a time budget of $m iterations"

# further than was planned, and no log before
rm -f $T/parts* $T/whole*
$R $SMALL --iterations 90 --save $T/whole --log $T/whole.log > $T/out 2>&1
$R $SMALL --iterations 40 --save $T/parts > $T/out 2>&1
$R --resume $T/parts --iterations 90 --log $T/parts.log > $T/out 2>&1
sed -n '41,$p' $T/whole.log > $T/rest
mv $T/rest $T/whole.log
same "more iterations, a new log"

# what is refused, and that the file stays
cp $T/parts $T/kept
cp $T/parts.run $T/kept.run
refused() { # words that must be said, then the command
    words=$1
    shift
    if "$@" > $T/out 2>&1; then
        bad "not refused: $*"
    elif tail -n 1 $T/out | grep -q -- "$words"; then
        good
    else
        bad "$*: $(tail -n 1 $T/out)"
    fi
    if ! cmp -s $T/kept $T/parts || ! cmp -s $T/kept.run $T/parts.run; then
        bad "$*: the files have changed"
    fi
}
more="--iterations 95"
refused "run of $T/parts.run has 0.002" $R --resume $T/parts $more --lr 0.1
refused "has 12" $R --resume $T/parts $more --hidden 13
refused "has adam" $R --resume $T/parts $more --optimizer sgd
refused "has 1" $R --resume $T/parts $more --seed 2
refused "no --load" $R --resume $T/parts --load $T/parts
refused "no --load" $R --resume $T/parts --minutes 1
refused "not the text.*: 60766 bytes, there 9000" \
    $R --resume $T/parts $more --data examples/text.txt
sed 's/the/teh/' $T/text > $T/other
refused "as long, but not the same" $R --resume $T/parts $more --data $T/other
refused "No such file" $R --resume $T/nothing
head -c 5000 $T/kept.run > $T/short.run
refused "short.run: " $R --resume $T/short
cp $T/parts $T/model.run
refused "does not keep a run" $R --resume $T/model
sed '1,50s/^/9/' $T/parts.log > $T/foreign.log
refused "not the log of this run" $R --resume $T/parts $more \
    --log $T/foreign.log
$R $SMALL --iterations 20 --schedule cosine --save $T/cosine > $T/out 2>&1
refused "the cosine" $R --resume $T/cosine --iterations 30

# others read both files
for f in parts parts.run; do
    $R --load $T/$f --sample 30 > $T/out.$f 2>&1 || bad "--load $f"
done
if cmp -s $T/out.parts $T/out.parts.run; then good; else bad "--load"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
