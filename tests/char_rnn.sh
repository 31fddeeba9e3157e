#!/bin/sh
# What char_rnn's options promise, each in a moment: validation, early stopping,
# accumulation, averages, the curve, threads, the report of an explosion, the
# chat, stop texts, characters, a time budget. tests/resume.sh has --resume.
#
#     tests/char_rnn.sh [build/char_rnn]        N passed, N failed; seconds
cd "$(dirname "$0")/.." || exit 1
R=${1:-build/char_rnn}
T=build/char_rnn_test
rm -rf $T
mkdir -p $T
passed=0
failed=0
name=
ok() { # a name, a condition as a command
    name=$1
    shift
    if "$@" > $T/ok 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $name: $* $(head -n 3 $T/ok)"
    fi
}
says() { # a name, words: they stand in $T/out
    ok "$1" grep -q -- "$2" $T/out
}
about() { # two numbers, and how far apart they may be at most
    awk -v a="$1" -v b="$2" -v e="$3" \
        'BEGIN { d = a > b ? a - b : b - a; exit !(a != "" && d <= e) }'
}
field() { # of iteration $1 of $T/log the column $2
    awk -F '\t' -v k="$1" -v f="$2" '$1 == k { print $f }' $T/log
}
head -c 9000 examples/text.txt > $T/text
run() { # a small run; its log is $T/log, what it says $T/out
    $R --data $T/text --hidden 16 --batch 4 --steps 9 --sample 0 \
        --log $T/log "$@" > $T/out 2>&1
}

# validation
run --iterations 20 --validate-every 6
ok "validate-every" test "$(awk -F '\t' 'NF > 3 { printf "%d ", $1 }' $T/log)" \
    = "6 12 18 20 "
run --iterations 205
ok "validation" test "$(awk -F '\t' 'NF > 3 { printf "%d ", $1 }' $T/log)" \
    = "100 200 205 "
run --iterations 400 --lr 0.3 --validate-every 4 --patience 3 --keep best \
    --save $T/model
n=$(tail -n 1 $T/log | cut -f 1)
ok "patience stops" test "$n" -lt 400
best=$(awk -F '\t' 'NF > 3 && (b == "" || $4 < b) { b = $4; k = $1 }
    END { print k }' $T/log)
ok "three validations after the best" test "$n" = $((best + 12))
says "it says why" '^stopped: 3 validations without a new best'
least=$(field "$best" 4)
$R --load $T/model --data $T/text --iterations 0 --sample 0 > $T/out
ok "the best is kept" about "$(awk '$1 == "0" { print $3 }' $T/out)" \
    "$least" 0.0001

# accumulation, at a learning rate that changes nothing
still="--optimizer sgd --lr 1e-12"
run --iterations 6 $still
l1=$(field 1 2) l2=$(field 2 2) l3=$(field 3 2) g1=$(field 1 3)
run --iterations 2 --accumulate 3 $still
mean=$(awk "BEGIN { print ($l1 + $l2 + $l3) / 3 }")
ok "the loss of three batches" about "$(field 1 2)" "$mean" 0.00001
# the same rows read from zeros, three times: the gradient is that of one
head -c 41 $T/text > $T/once
$R --data $T/once --valid 0 --batch 4 --steps 10 --hidden 16 --sample 0 \
    --iterations 1 $still --log $T/log > $T/out 2>&1
g1=$(field 1 3) l1=$(field 1 2)
$R --data $T/once --valid 0 --batch 4 --steps 10 --hidden 16 --sample 0 \
    --iterations 1 --accumulate 3 $still --log $T/log > $T/out 2>&1
ok "the gradient's scale" about "$(field 1 3)" "$g1" 0.00001
ok "the loss's scale" about "$(field 1 2)" "$l1" 0.00001

# averages
run --iterations 600 --lr 0.02 --average 100 --save $T/model
ok "the mean of weights is better" \
    awk -v a="$(field 600 5)" -v b="$(field 600 4)" 'BEGIN { exit !(a < b) }'
mean=$(field 600 5)
$R --load $T/model --data $T/text --iterations 0 --sample 0 > $T/out
ok "and is what is saved" about "$(awk '$1 == "0" { print $3 }' $T/out)" \
    "$mean" 0.0001
cp $T/log $T/averaged
run --iterations 2 --average 50 --validate-every 1
ok "the mean of one" test "$(field 1 4)" = "$(field 1 5)"
run --iterations 600 --lr 0.02 # without the mean
cut -f 1-4 $T/averaged > $T/cut
ok "it changes nothing else" cmp $T/log $T/cut

# the curve
run --iterations 120 --curve $T/curve.svg
says "a curve on the terminal" 'nats a byte  *bits a byte'
says "the best" '^the best validation: .* nats a byte, .* bits'
ok "a curve as SVG" grep -q '</svg>' $T/curve.svg
ok "with both units" test "$(grep -c '>nats a byte<\|>bits a byte<' \
    $T/curve.svg)" = 2
if command -v python3 > /dev/null 2>&1; then
    ok "which is XML" python3 -c \
        "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])" $T/curve.svg
fi

# threads
cp $T/log $T/log1
if run --iterations 120 --threads 2; then
    ok "two threads, the same bits" cmp $T/log $T/log1
else
    says "no threads" 'compiled without OpenMP'
fi

# a loss that explodes
for cell in lstm gru tanh relu; do
    run --iterations 50 --cell $cell --optimizer sgd --lr 1e30 --clip 1e30
    ok "$cell: status" test $? = 1
    says "$cell: why" 'has exploded; try a smaller --lr'
    says "$cell: norms" '^rnn.weight_hh_l0  *[0-9]'
    says "$cell: in time" 'finite\|saturated'
done
run --iterations 3 --save $T/model
$R --load $T/model --sample 9 > $T/out 2>&1
run --iterations 50 --cell relu --layers 2 --optimizer sgd --lr 1e30 --clip 1e30
says "where the first one stood" \
    'the first state that is not finite: step [0-9]*, layer [01], row '

# the chat remembers: its second answer follows from all that was said
run --iterations 400 --lr 0.01 --save $T/model
printf 'THE CAT: Where?\nTHE DOG: Here.\n' > $T/said
$R --load $T/model --chat --temperature 0 --sample 20 --stop '~~' < $T/said |
    tr '\n' _ > $T/out
one=$(sed 's/^> \(.\{20\}\)_*> .*/\1/' $T/out)
two=$(sed 's/^> .\{20\}_*> \(.\{20\}\)_*> _$/\1/' $T/out)
ok "a chat" test ${#two} = 20
$R --load $T/model --temperature 0 --sample 20 --prime "$(printf \
    'THE CAT: Where?\n%sTHE DOG: Here.\n.' "$(echo "$one." | tr _ '\n')" |
    sed 's/\.THE DOG/THE DOG/; $d')
" > $T/alone
ok "remembers" test "$(tr '\n' _ < $T/alone | tail -c 21)" = "${two}_"
printf 'THE CAT: Where?\n' | $R --load $T/model --chat > $T/out
ok "an answer is a line" awk \
    'NR == 1 && !/^> ./ || NR == 2 && !/^> $/ || NR > 2 { exit 1 }' $T/out

# stop texts
$R --load $T/model --sample 3000 --stop e --seed 3 > $T/out
ok "--stop" test "$(tr -d '\n' < $T/out | tail -c 1)" = e
ok "the first" test "$(tr -cd e < $T/out | wc -c)" -eq 1
$R --load $T/model --sample 3000 --stop '\n\n' --prime 'the' > $T/out
ok "--stop with new lines" test "$(tail -c 3 $T/out | tr '\n' n)" = nnn

# what it has never seen
$R --load $T/model --prime 'a~' > $T/out 2>&1
ok "an unseen byte" test $? = 1
says "by name" "the model has never seen '~': its vocabulary has no such byte"
$R --load $T/model --prime "$(printf 'a\303\244')" > $T/out 2>&1
says "a character of two" "$(printf "never seen '\303\244'")"

# characters; and bytes that do not end inside one
i=0
while [ $i -lt 300 ]; do
    printf '\303\204pfel, \303\226l: \344\275\240\345\245\275\344\270\226\n'
    i=$((i + 1))
done > $T/utf8
for how in '' --characters; do
    $R --data $T/utf8 --hidden 32 --batch 4 --steps 20 --lr 0.01 $how \
        --iterations 300 --sample 0 --save $T/model$how > $T/out 2>&1
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
        $R --load $T/model$how --temperature 0 --sample $n > $T/out
        ok "$how $n whole characters" iconv -f utf-8 -t utf-32 $T/out
        ok "$how $n and all of them" test "$(wc -c < $T/out)" -gt $n
    done
done
says "of characters" "$(printf '\303\204pfel, \303\226l: \344\275\240')"
$R --load $T/model--characters --temperature 0 --sample 11 > $T/out
ok "so many" test "$(iconv -f utf-8 -t utf-32le $T/out | wc -c)" = $((4 * 12))
$R --load $T/model--characters --prime x > $T/out 2>&1
says "an unseen character" "never seen 'x': .* no such character"
$R --characters --data $T/model > $T/out 2>&1
says "no UTF-8" 'is no character of UTF-8'
$R --load $T/model--characters --data $T/utf8 --iterations 5 --sample 0 \
    --save $T/again > $T/out 2>&1
says "it learns on" 'different characters'

# a time budget
run --minutes 0.03
says "a budget" 'minutes are about [0-9]* iterations'
ok "is known at once" test "$(tail -n 1 $T/log | cut -f 1)" = \
    "$(sed -n 's/.* about \([0-9]*\) iterations/\1/p' $T/out)"
run --minutes 1 --iterations 5
says "not both" 'no --iterations'

# help, and options without a value
$R --help > $T/out
says "what to give it" '20 minutes  --'
ok "80 columns" awk 'length > 80 { exit 1 }' $T/out
ok "a flag takes no value" $R --load $T/model --chat --sample 5 < /dev/null
run --nonsense 1
says "unknown" "'--nonsense' is not an option such as --data FILE"

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
