#!/bin/sh
# Whether code stands as .clang-format (version 14) would set it. What is set by
# hand for its columns is left out: macros, structs and enums, tables of
# initialisers; and the kernels, whose macros it takes for something else.
# Prints the lines that differ; says `skip` without that version.
#
#     tests/format.sh [--fix] [FILE...]
cd "$(dirname "$0")/.." || exit 1
B=build/format
mkdir -p $B
case $(clang-format --version 2> /dev/null) in
*" 14."*) ;;
*)
    echo "skip: no clang-format 14"
    exit 0
    ;;
esac
fix=0
if [ "$1" = --fix ]; then
    fix=1
    shift
fi
[ $# -gt 0 ] || set -- rnn.h examples/*.[ch] examples/firmware/*.[ch] \
    examples/pictures/*.c examples/web/*.[ch] tests/*.[ch] tests/programs/*.c
passed=0
failed=0
for f in "$@"; do
    # off and on around what is set by hand; the same lines go again afterwards
    awk '
    function off() { if (!by_hand) print "/* clang-format off */" }
    function on() { print "/* clang-format on */" }
    {
        start = 0
        inside = comment
        if (!comment && /\/\*/ && !/\*\//) comment = 1
        else if (comment && /\*\//) comment = 0
        if (/^ \* \[KERNELS\]  /) kernels = 1
        if (!by_hand && !inside) {
            if (kernels == 1) { start = kernels = 2; end = "^#undef RNN_K" }
            else
            if (/^#define/) { start = 1; end = "[^\\\\]$|^$" }
            else if (/^(typedef )?(struct|union|enum)[^;()]*\{/ ||
                     /^ +(struct|enum)[ a-z_]*\{/) { start = 1; end = "}.*;" }
            else if (/= *\{/) { start = 1; end = "};$" }
        }
        if (start) { off(); by_hand = 1 }
        print
        if (by_hand && $0 ~ end && !comment) { on(); by_hand = 0 }
    }' "$f" > $B/marked.c
    clang-format -style=file --assume-filename=x.c < $B/marked.c |
        grep -v '^ *.\* clang-format o[nf]*' > $B/formatted.c
    [ $fix = 0 ] || cp $B/formatted.c "$f"
    if diff -u "$f" $B/formatted.c > $B/diff; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$f: $(grep -c '^-[^-]' $B/diff) lines stand otherwise"
        [ -n "$VERBOSE" ] && cat $B/diff
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
