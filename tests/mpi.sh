#!/bin/sh
# char_rnn in several processes, over MPI: logs and models are those of one
# process, byte by byte, whatever their number, also where a run is stopped and
# resumed by another number of them; what must be refused; and that a process
# which dies ends the run. Says `skip` without Open MPI or MPICH; of two, MPICC
# and MPIRUN say which.
#
#     tests/mpi.sh               N passed, N failed; about half a minute
cd "$(dirname "$0")/.." || exit 1
export MPICC="${MPICC:-mpicc}"
MPIRUN=${MPIRUN:-mpirun}
for tool in $MPICC $MPIRUN; do
    if ! command -v $tool > /dev/null 2>&1; then
        echo "skip: no $tool"
        echo "0 passed, 0 failed"
        exit 0
    fi
done
R=build/char_rnn
M=build/char_rnn_mpi
T=build/mpi
rm -rf $T
mkdir -p $T
make $R $M > $T/out 2>&1 || { cat $T/out; exit 1; }
passed=0
failed=0
# Open MPI: in containers, and more processes than cores
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
export OMPI_MCA_hwloc_base_binding_policy=none
export OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMP_WAIT_POLICY=passive

good() {
    passed=$((passed + 1))
}
bad() {
    failed=$((failed + 1))
    echo "FAIL $*"
    tail -n 5 $T/out
}
team() { # how many processes, then options
    n=$1
    shift
    timeout 60 $MPIRUN -np "$n" $M "$@" > $T/out 2>&1 < /dev/null
}
same() { # two names of runs, and what is compared
    if cmp "$T/$1.log" "$T/$2.log" > $T/cmp 2>&1 &&
        cmp "$T/$1" "$T/$2" >> $T/cmp 2>&1; then
        good
    else
        bad "$3: $(cat $T/cmp)"
    fi
}

head -c 9000 examples/text.txt > $T/text
SMALL="--data $T/text --hidden 12 --batch 8 --steps 9 --sample 0"
SMALL="$SMALL --iterations 60 --validate-every 20"
trial() { # numbers of processes, a cell, options
    numbers=$1
    shift
    $R $SMALL --cell "$@" --shares 4 --save $T/one --log $T/one.log \
        > $T/out 2>&1 || bad "$*"
    for n in $numbers; do
        rm -f $T/many*
        team "$n" $SMALL --cell "$@" --shares 4 --save $T/many \
            --log $T/many.log || bad "$n processes: $*"
        same one many "$n processes: $*"
    done
}
trial "1 2 4" lstm --dropout 0.3 --layers 2
trial "2 4" gru --dropout 0.2 --accumulate 3 --average 10
trial "4" tanh --optimizer adamw --weight-decay 0.1 --lr 0.01 --clip 0.5
trial "2" lstm --patience 2 --validate-every 3 --lr 0.3 --keep best

# a tree of more leaves than processes; threads, should there be any
if $R $SMALL --iterations 0 --threads 2 > $T/out 2>&1; then
    two="--threads 2"
else
    two=
fi
$R $SMALL --shares 8 --save $T/one --log $T/one.log > $T/out 2>&1
team 2 $SMALL --shares 8 --save $T/many --log $T/many.log $two || bad "8 shares"
same one many "8 shares in 2 processes $two"

# the shares of a batch are that batch: to rounding, its loss and gradient
$R $SMALL --dropout 0.3 --log $T/whole.log > $T/out 2>&1
$R $SMALL --dropout 0.3 --shares 4 --log $T/parts.log > $T/out 2>&1
if paste $T/whole.log $T/parts.log | awk -F '\t' '
    function off(a, b) { return a - b > 1e-4 * a || b - a > 1e-4 * a }
    { split($0, x, "\t"); if (NR <= 10 && (off(x[2], x[5]) || off(x[3], x[6])))
        exit 1 }'; then good; else bad "shares of a batch"; fi

# stopped in 4 processes, resumed in 2, then in one without MPI
D="$SMALL --dropout 0.3 --shares 4"
$R $D --save $T/one --log $T/one.log > $T/out 2>&1
rm -f $T/many*
team 4 $D --save $T/many --log $T/many.log --stop-after 17 || bad "4 processes"
team 2 --resume $T/many --stop-after 31 || bad "resumed by 2"
$R --resume $T/many > $T/out 2>&1 || bad "resumed by one"
same one many "stopped and resumed in 4, 2, 1 processes"

# the first process's clock is that of all
rm -f $T/many*
team 2 $SMALL --iterations 60 --shares 4 --minutes 1 &&
    bad "--minutes with --iterations"
S="--data $T/text --hidden 12 --batch 8 --steps 9 --sample 0 --shares 4"
if team 2 $S --minutes 0.02 && grep -q 'are about' $T/out; then
    good
else
    bad "--minutes"
fi

# a signal, which mpirun passes on, stops it as Ctrl-C does; in the background
# timeout would send it twice
LONG="$S --validate-every 200 --dropout 0.1 --iterations"
rm -f $T/many*
timeout --foreground 60 $MPIRUN -np 2 $M $LONG 1000000 \
    --save $T/many --log $T/many.log > $T/out 2>&1 &
child=$!
while ! [ -s $T/many.run ] && kill -0 $child 2> /dev/null; do sleep 0.1; done
kill -TERM $child
wait $child
grep -q '^stopped' $T/out || bad "a signal does not stop it"
last=$(($(tail -n 1 $T/many.log | cut -f 1) + 50))
$R --resume $T/many --iterations $last > $T/out 2>&1 || bad "a signal"
$R $LONG $last --save $T/one --log $T/one.log > $T/out 2>&1
same one many "stopped by a signal"

# one that says who it is
cat > $T/one.sh << 'E'
echo $$ > "$1.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}"
shift
exec "$@"
E
known() { # options of four processes, whose ids are in $T/pid.0 ... 3
    rm -f $T/pid.*
    : > $T/out # else the loop may read what is there from before
    timeout 60 $MPIRUN -np 4 sh $T/one.sh $T/pid $M "$@" > $T/out 2>&1 &
    child=$!
    while ! grep -q '^ *[0-9]' $T/out && kill -0 $child 2> /dev/null; do
        sleep 0.1
    done
}

# a signal that one of them gets stops all, after the same iteration
known $S --iterations 1000000
kill -TERM "$(cat $T/pid.1)"
if wait $child && grep -q '^stopped' $T/out; then
    good
else
    bad "a signal to one process"
fi

# one that is killed ends all, with an error
known $S --iterations 1000000
kill -9 "$(cat $T/pid.2)"
wait $child
case $? in
0 | 124) bad "a killed process is no error, or the others go on" ;;
*) good ;;
esac

refused() { # words that must be said, processes, options
    words=$1
    shift
    if team "$@"; then
        bad "not refused: $*"
    elif [ "$(grep -c -- "$words" $T/out)" = 1 ]; then
        good
    else
        bad "not said once, '$words': $*"
    fi
}
refused "3 processes cannot share --shares 4" 3 $SMALL --shares 4
refused "2 processes cannot share --shares 1" 2 $SMALL
refused "a power of 2 that divides --batch 12" 2 $SMALL --batch 12 --shares 8
refused "'--shards' is not an option" 2 $SMALL --shards 4
refused "the loss.* has exploded" 4 $SMALL --shares 4 --lr 1e20

# a text that is another in one process
sed 's/the/teh/' $T/text > $T/text.1
cp $T/text $T/text.0
cat > $T/own.sh << 'E'
exec "$@.${OMPI_COMM_WORLD_RANK:-$PMI_RANK}"
E
if timeout 60 $MPIRUN -np 2 sh $T/own.sh $M --shares 4 --data $T/text \
    > $T/out 2>&1; then
    bad "two texts"
elif grep -q 'the text: not the same in all processes' $T/out; then
    good
else
    bad "two texts"
fi

# one alone speaks
if team 2 --help && [ "$(grep -c 'What to give it' $T/out)" = 1 ]; then
    good
else
    bad "--help"
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
