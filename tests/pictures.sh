#!/bin/sh
# The programs of examples/pictures, built in folder $1, or build/pictures (make
# pictures): each has 50 to 120 lines, min_char.c at most 110, and includes the
# header alone; it ends within 10 seconds, with status 0, and shows what its
# first comment promises. One is compiled as the README says. Prints `N passed,
# N failed`.
B=${1:-build/pictures}
S=examples/pictures
passed=0
failed=0
began=$(date +%s)
digits="zero|one|two|three|four|five|six|seven|eight|nine"

check() { # a status, what was checked
    if [ "$1" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $2"
    fi
}

# Whether awk's condition on what a program has printed holds. Of `A of B` at the
# beginning of a line, share is A / B; lines are in line[1] ... line[NR].
prints() { # name, condition
    awk '{ line[NR] = $0 }
        /^[0-9]+ of [0-9]+ / { share = $1 / $3 }
        END { exit !('"$2"') }' "$B/$1.out"
    check $? "$1 does not print: $2"
}

# What one can see.
look() { # name
    case $1 in
    1_single_layer)
        prints "$1" 'share > 0.95'
        prints "$1" 'line[7] ~ /^-+#-+ / && line[9] ~ /^-+#-+ /' # the T's stem
        ;;
    2_n_to_n)
        prints "$1" 'share > 0.99 && split(line[NR - 1], a) == 25'
        ;;
    3_n_to_1) # as it reads: was not good, but; was very good
        prints "$1" 'share > 0.95'
        prints "$1" 'line[11] ~ /^  good / && substr(line[11], 9) + 0 < 10'
        prints "$1" 'line[NR - 1] ~ /^  good / &&
            substr(line[NR - 1], 9) + 0 > 90'
        ;;
    4_one_to_n)
        prints "$1" 'share == 1 && line[NR - 4] ~ /C C G G A A G F F E E D D C/'
        ;;
    5_one_to_n_each)
        prints "$1" 'share > 0.9'
        for n in 1 2 3 4 5; do
            prints "$1" "split(line[NR - 1], a) == 5 && a[$n] ~ /^($digits)\$/"
        done
        ;;
    6_n_to_m_state)
        prints "$1" 'share > 0.95 && line[NR - 4] == "三百一十九 = 319"'
        ;;
    7_n_to_m_each)
        prints "$1" 'share > 0.95 && line[NR - 4] == "319 = CCCXIX"'
        prints "$1" 'line[NR - 3] == "472 = CDLXXII"'
        ;;
    8_attention) # each word at its character, China at both of its own
        prints "$1" 'share > 0.95'
        prints "$1" 'split(line[3], a) == 5 && a[1] == "I" && a[2] > 0.6'
        prints "$1" 'split(line[4], a) && a[1] == "love" && a[3] > 0.6'
        prints "$1" 'split(line[5], a) && a[1] == "China" && a[4] > 0.2 &&
            a[5] > 0.2 && a[4] + a[5] > 0.9'
        ;;
    9_any_cell) # no tanh, but every gate
        for n in 4 5 6 7; do
            prints "$1" "split(line[$n], a) == 5 && a[1] ~ /^(gru|lstm)/ &&
                a[5] < 0.1"
        done
        prints "$1" 'split(line[2], a) == 5 && a[1] == "tanh" && a[5] > 0.2'
        ;;
    gradients) # z and dh_N / d value_t, at the mark and before it
        prints "$1" 'split(line[5], a) && a[3] == 1 && a[5] < 0.1'
        prints "$1" 'split(line[4], a) && a[3] == 0 && a[5] > 0.9'
        prints "$1" 'split(line[12], a) && a[6] > 0.8 && a[6] < 1.2 &&
            a[5] < 0.1 && a[5] > -0.1'
        ;;
    min_char)
        prints "$1" 'line[1] ~ /^---- iteration 0, loss 4\.[01]/'
        awk '/^---- iteration/ { loss = $NF; n++ }
            END { exit !(n == 6 && loss < 1.8) }' "$B/$1.out"
        check $? "$1 does not learn"
        ;;
    *) check 1 "$1: nobody says what it should print" ;;
    esac
}

for f in "$S"/*.c; do
    name=$(basename "$f" .c)
    most=120
    [ "$name" != min_char ] || most=110
    lines=$(wc -l < "$f")
    [ "$lines" -ge 50 ] && [ "$lines" -le $most ]
    check $? "$name has $lines lines"
    [ "$(grep '^#include "' "$f")" = '#include "../../rnn.h"' ]
    check $? "$name includes more than the header"
    timeout 10 "$B/$name" > "$B/$name.out" 2>&1
    check $? "$name: status or time"
    look "$name"
done
check $(($(date +%s) - began > 40)) "more than 40 seconds"
${CC:-cc} -O2 $S/2_n_to_n.c -o "$B/alone" -lm && "$B/alone" > "$B/alone.out" &&
    cmp -s "$B/alone.out" "$B/2_n_to_n.out"
check $? "2_n_to_n compiled by hand"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
