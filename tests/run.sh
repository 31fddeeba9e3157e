#!/bin/sh
# Runs the test programs that follow $1, the folder of what was built, and adds
# up what they say; every program ends with `N passed, N failed`. A program that
# dies counts as one failure.
b=$1
passed=0
failed=0

count() { # name, exit status, output file
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$3" | tail -n 1)
    p=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
    f=$(echo "$line" | sed -n 's/.* \([0-9]*\) failed.*/\1/p')
    [ -n "$p" ] || p=0
    [ -n "$f" ] || f=1
    [ "$2" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    passed=$((passed + p))
    failed=$((failed + f))
    printf '%-12s %s passed, %s failed\n' "$1" "$p" "$f"
    [ "$f" -eq 0 ] || tail -n 25 "$3"
}

# two at a time; what they say is counted in order
shift
for t in "$@"; do
    echo "$(basename "$t")"
done | xargs -P 2 -n 1 sh -c '
    arg=
    [ "$1" = test_hash ] && arg=check
    "$0/$1" $arg > "$0/$1.out" 2>&1
    echo $? > "$0/$1.status"' "$b"
for t in "$@"; do
    t=$(basename "$t")
    count "$t" "$(cat "$b/$t.status")" "$b/$t.out"
done

# a case that is skipped tells nothing: the repository has none
"$b/parity" tests/cases/*.safetensors > "$b/parity.out" 2>&1
rc=$?
grep -q ' 0 skipped' "$b/parity.out" || { echo "cases skipped"; rc=1; }
count parity $rc "$b/parity.out"

# the header's first program learns its sequence
if [ "$("$b/first" | sed 's/.*://')" = " 0 1 2 3 2 1 0 1 2 3 2 1" ]; then
    echo "1 passed, 0 failed" > "$b/first.out"
else
    echo "0 passed, 1 failed" > "$b/first.out"
fi
count first 0 "$b/first.out"

# so does the README's, in both languages, and another goes on from its file
readme=0
for p in letters zh_letters use; do
    said=$(cd "$b" && ./readme_$p)
    [ "${said#*:}" = " 0 1 2 3 2 1 0 1 2 3 2 1" ] || {
        echo "readme_$p: $said"
        readme=$((readme + 1))
    }
done
[ "$(wc -l < README.md)" -le 160 ] || readme=$((readme + 1))
echo "$((4 - readme)) passed, $readme failed" > "$b/readme.out"
count readme 0 "$b/readme.out"

# every tag of the contents stands once in the file besides, and the cells' are
# all in the contents
tags=0
for t in $(grep -o '^/[*] [[]CELL-[A-Z0-9-]*[]]' rnn.h | tr -d '/* []'); do
    if ! sed -n '/^ \* CONTENTS/,/^ \* WHO OWNS/p' rnn.h | grep -q "[[]$t[]]"
    then
        echo "tag [$t] is not in the contents"
        tags=$((tags + 1))
    fi
done
for t in $(sed -n '/^ \* CONTENTS/,/^ \* WHO OWNS/p' rnn.h |
           grep -o '\[[A-Z][A-Z0-9-]*\]' | tr -d '[]'); do
    n=$(grep -c "^\(/[*] ---- \|/[*] \| [*] \)[[]$t[]]" rnn.h)
    if [ "$n" -ne 1 ]; then
        echo "tag [$t] marks $n sections"
        tags=$((tags + 1))
    fi
done
echo "1 passed, $((tags > 0)) failed" | sed 's/^1 passed, 1/0 passed, 1/' \
    > "$b/tags.out"
count tags 0 "$b/tags.out"

# no line of the header is longer than a terminal is wide
long=$(awk 'length > 80' rnn.h | wc -l)
[ "$long" -eq 0 ] || awk 'length > 80 { print "rnn.h:" NR ": " length }' rnn.h
echo "$((long == 0)) passed, $((long > 0)) failed" > "$b/lines.out"
count lines 0 "$b/lines.out"

# every name that the page [HOW] uses stands in the code behind it
names=0
for n in $(sed -n '/^ \* \[HOW\]/,/^ \* ====/p' rnn.h |
           grep -o 'rnn_[a-z_0-9]*\|RNN_I_[A-Z_0-9]*\|RNN_K([a-z_]*)' | sort -u)
do
    if ! sed '/^ \* \[HOW\]/,/^ \* ====/d' rnn.h | grep -q -F "$n"; then
        echo "[HOW] names $n, which is not there"
        names=$((names + 1))
    fi
done
echo "$((names == 0)) passed, $((names > 0)) failed" > "$b/how.out"
count how 0 "$b/how.out"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
