#!/bin/sh
# What build/sensor and build/sensor_stream promise: recordings go through a CSV
# file and give the same result, whatever wrote that file and in which order; a
# line that is broken is named; learning stops early and keeps the best weights;
# the table of the test adds up; and the stream says of each recording what the
# program said. Needs nothing but these two; some seconds.
#
#     sh tests/sensor.sh [FOLDER WHERE THEY ARE]
b=$(cd "${1:-build}" && pwd) || exit 1
T=$b/sensor.test
mkdir -p "$T"
cd "$T" || exit 1
passed=0
failed=0

is() { # a name; 0: it holds
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $1"
    fi
}
same() { # a name, two files
    cmp "$2" "$3"
    is "$1" $?
}
timeless() { # a run's lines, without seconds and files written
    grep -v '^written' "$1" |
        sed 's/^\( *[0-9][0-9. ]*\)  *[0-9]*\.[0-9]\( *\*\{0,1\}\)$/\1\2/'
}
tested() { # the part of a run that tells of the test
    sed -n '/^tested/,$p' "$1" | grep -v '^written'
}

# ---- a CSV file, there and back
"$b/sensor" > made
is "it learns" $?
"$b/sensor" --write-data r.csv > out && "$b/sensor" --data r.csv --save model \
    --export-recordings recorded.h --exported 10000 > read
is "it learns from a file" $?
timeless made > one
timeless read > other
same "recordings through a file, the same lines" one other
grep -q '^RESULT sensor .* ok$' one
is "and they are good ones" $?
"$b/sensor" --data r.csv --write-data again.csv > out
same "a file that is read, written again" r.csv again.csv

# the same recordings as other programs write them, tested by the same model
tested read > one
check() { # a name; the file is x.csv
    "$b/sensor" --data x.csv --load model > out 2>&1
    tested out > other
    same "$1" one other
}
cp r.csv x.csv
check "a model that was saved"
sed 's/$/\r/; 1s/^/\xef\xbb\xbf/' r.csv > x.csv
check "lines of Windows, with a mark of UTF-8"
sed 's/^\([^,]*\),\([^,]*\),/"\1" , "\2",	 /' r.csv > x.csv
check "quotes and blanks"
sed '1d; 2s/^/\xef\xbb\xbf/; s/$/.0e0/' r.csv > x.csv
check "no heading, a mark of UTF-8, floats"
sed 1d r.csv | sort -t, -k1,1 -s > x.csv
check "recordings in another order"

# ---- lines that are broken; line 1 is the heading
broken() { # a name, what is done to the file (sed), what must be said
    sed "$2" r.csv > x.csv
    if "$b/sensor" --data x.csv --iterations 1 > out 2> said; then
        is "$1: taken" 1
    else
        grep -q -F "$3" said && [ "$(wc -l < said)" -eq 1 ] && [ ! -s out ]
        is "$1: says '$(cat said)'" $?
    fi
}
broken "a field is missing" '4321s/,[^,]*$//' 'x.csv, line 4321: 4 fields'
broken "one too many" '17s/$/,5/' 'x.csv, line 17: 6 fields'
broken "a word" '100s/,[^,]*$/,fast/' "x.csv, line 100: z is 'fast'"
broken "no number" '9s/,[^,]*$/,/' "x.csv, line 9: z is ''"
broken "half a number" '30s/$/e/' 'x.csv, line 30: z is'
broken "not a number" '30s/[^,]*$/nan/' "x.csv, line 30: z is 'nan'"
broken "a hexadecimal one" '30s/[^,]*$/0x10/' "x.csv, line 30: z is '0x10'"
broken "too great" '31s/[^,]*$/1e10/' "x.csv, line 31: z is '1e10'"
broken "another heading" '50s/.*/recording,label,x,y,z/' 'x.csv, line 50: x is'
broken "a label without a name" '8s/,rest,/,,/' 'x.csv, line 8: the label has'
broken "another label inside" '8s/,rest,/,tap,/' \
    "line 8: recording 'made1' is 'tap' here and 'rest' before"
broken "a name again" '2000,$s/^made1400,/made1,/' \
    "recording 'made1' was there before, from line 2 on"
broken "a line without an end" '77s/$/                              /
77s/  */&&&&&&/g
77s/  */&&&&&&/g' 'x.csv, line 77: longer than'
broken "a byte 0" '60s/$/\x00/' 'x.csv, line 60: a byte 0'
broken "nothing but the heading" '2,$d' 'x.csv: no sample'
broken "nothing" 'd' 'x.csv: no sample'
broken "one label" '/,rest,/!d' "all recordings are 'rest'"
broken "too few of one" '2,100s/,rest,/,once,/' "1 recording is 'once'"

# ---- as many axes as there are
for of in 'x,y' 'x,y,z,x2,y2,z2'; do
    awk -F, -v n="$(echo "$of" | tr , '\n' | wc -l)" 'NR > 1 {
        printf "%s,%s", $1, $2
        for (a = 0; a < n; a++) printf ",%s", $(3 + a % 3)
        print "" }' r.csv > x.csv
    { echo "recording,label,$of"; cat x.csv; } > one
    "$b/sensor" --data x.csv --iterations 300 --save axes --write-data other \
        > out
    same "axes $of, through a file" one other
    "$b/sensor" --data x.csv --iterations 300 --save axes > out
    "$b/sensor_stream" axes < x.csv | grep -c '^recording' > one
    echo 1400 > other
    same "axes $of, learnt and heard" one other
done
if "$b/sensor" --data r.csv --load axes > out 2> said; then
    is "a model of other axes: taken" 1
else
    grep -q 'has learnt 6 axes, and in the recordings there are 3' said
    is "a model of other axes: says '$(cat said)'" $?
fi

# ---- it stops early, with the weights of the best epoch
"$b/sensor" --iterations 20000 --patience 2 > out
awk '/ after epoch / { best = $7; last = $9 }
     /^ *[0-9]+ +[0-9]+ / { done = $2; marked = $NF == "*" ? $1 : marked }
     END { exit !(best > 0 && last == best + 2 && marked == best &&
                  done < 20000) }' out
is "two epochs after the best: $(grep ' after epoch ' out)" $?
"$b/sensor" --lr 1 --patience 1 > out # from bad to worse
tested out > one
"$b/sensor" --iterations 0 > out
tested out > other
same "the weights are those before it got worse" one other

# ---- the table adds up: rows, which are one in seven of a kind, and right ones
awk -F, 'NR > 1 && $1 != last { print $2; last = $1 }' r.csv |
    sort | uniq -c > kinds
awk 'FILENAME == ARGV[1] { rest[$2] = int(($1 + 4) / 7); next }
     /^[0-9]+ recordings/ { wanted = $(NF - 1) }
     /^tested/ { inside = 1; next }
     /^right:/ { inside = 0; said = $2; of = $4 + 0 }
     /^RESULT/ { share = $3 }
     inside && NF {
         sum = 0
         for (j = 3; j < NF; j++) { sum += $j; all += $j }
         right += $(3 + $1)
         bad += NF != 10 || sum != rest[$2]
         bad += ($(3 + $1) / sum - $NF) ^ 2 > 1e-6
         rows++
     }
     END { exit !(rows == 7 && !bad && all == of && all == wanted &&
                  right == said &&
                  (right / all - share) ^ 2 < 1e-8) }' kinds made
is "the table of the test adds up" $?

# ---- the stream says what was said, sample by sample
awk '/RECORDED_PLAIN/ { plain = $3 } /RECORDED_FMA/ { fma = $3 }
     /^    \{[0-9]+, [0-9]+, \{/ {
         gsub(/[{},]/, " "); steps[++n] = $1; no[n] = $3; yes[n] = $4 }
     /recorded_samples/ { inside = 1; k = 1; next }
     /^\};/ { inside = 0 }
     inside {
         gsub(/[{},]/, " "); print $1, $2, $3
         if (++t == steps[k]) { print ""; t = 0; k++ }
     }
     END { for (k = 1; k <= n; k++)
               print fma ? yes[k] : no[k], steps[k] > "wanted" }' recorded.h \
    > samples
"$b/sensor_stream" model < samples > out
is "the stream" $?
awk 'FILENAME == ARGV[1] {
         if ($1 ~ /^[0-9]+$/ && NF == 10) id[$2] = $1; next }
     /^recording/ { print id[$5], $3 }' made out > other
same "the stream says what was said of each recording" wanted other
[ "$(wc -l < other)" -eq "$(awk '/^right:/ { print $4 + 0 }' made)" ]
is "and of all that are tested" $?
"$b/sensor_stream" model < r.csv > out
awk -F, 'NR > 1 && $1 != last { print $1, $2; last = $1 }' r.csv > wanted
awk '/^recording/ { sub(",", "", $3); print $3, $6 }' out > other
paste -d ' ' wanted other | awk '
    { bad += $1 != $3; right += $2 == $4 }
    END { exit !(NR == 1400 && !bad && right > 0.95 * NR) }'
is "a CSV file as a stream: its names, and most labels" $?
if sed '7s/,/;/g' r.csv | "$b/sensor_stream" model > out 2> said; then
    is "the stream takes a broken line" 1
else
    grep -q 'input, line 7: ' said
    is "the stream names the line" $?
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
