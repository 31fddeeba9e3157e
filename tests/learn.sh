#!/bin/sh
# Runs the examples named after $1, the folder they are built in, two at a time,
# with each of the seeds in SEEDS (default 1), and checks that every figure they
# end with reaches its threshold: make learn, or make learn SEEDS="2 3".
b=$1
shift
passed=0
failed=0

for name in "$@"; do
    for seed in ${SEEDS:-1}; do
        echo "$(basename "$name") $seed"
    done
done | xargs -P 2 -n 2 sh -c '
    "$0/$1" --seed "$2" > "$0/$1.$2.learn" 2>&1 ||
        echo "RESULT $1 0 0 died" >> "$0/$1.$2.learn"' "$b"

for name in "$@"; do
    for seed in ${SEEDS:-1}; do
        out=$b/$(basename "$name").$seed.learn
        n=$(grep -c '^RESULT ' "$out")
        good=$(grep -c '^RESULT .* ok$' "$out")
        [ "$n" -gt 0 ] || echo "RESULT $(basename "$name") nothing"
        [ "$n" -gt 0 ] || n=1
        grep '^RESULT ' "$out" | sed "s/\$/   seed $seed/"
        passed=$((passed + good))
        failed=$((failed + n - good))
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
