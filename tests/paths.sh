#!/bin/sh
# What a reader must open to follow a path through rnn.h: for each path the
# functions on it, with their lines and sections; then how many lines in how
# many sections. A function that is not found is an error, so the paths are
# kept current.
#
#     tests/paths.sh [MOST_LINES MOST_SECTIONS]     exit 1 above these
cd "$(dirname "$0")/.." || exit 1

# A definition begins in column 0 and ends at the first } there. Comments right
# above it are read with it. A name is that of a function, or of a macro
# RNN_I_...(NAME, ...) that makes one: RNN_I_CELL(LSTM, forward).
awk -v most="${1:-0}" -v rooms="${2:-0}" '
function path(title, names) {
    order[++paths] = title
    want[title] = names
}
BEGIN {
    path("how the backward pass of an LSTM works",
         "[STACK]|[KERNELS]|RNN_K.lstm_backward.|rnn_i_step_backward|" \
         "rnn_i_layer_backward|rnn_i_input_backward|" \
         "rnn_i_stack_backward")
    path("a new cell",
         "[CELLS]|RNN_I_CELLS|rnn_i_piece|RNN_K.lstm_forward.|" \
         "RNN_K.lstm_backward.")
    path("a new context",
         "RNN_I_CONTEXTS|rnn_i_summary|RNN_I_SUMMARY(MEAN, forward)|" \
         "RNN_I_SUMMARY(MEAN, backward)|rnn_i_summary_of")
    path("a new instruction set",
         "RNN_I_KERNELS|[KERNELS]|RNN_I_PASS_NEON|rnn_i_select")
    path("a bug in beam search",
         "[BEAM]|rnn_i_beam|rnn_i_beam_run|rnn_i_beam_extend|" \
         "rnn_i_beam_insert|rnn_i_beam_move|rnn_i_beam_begin|" \
         "rnn_i_beam_best|rnn_i_connect_step|rnn_i_run_step")
}
{ line[NR] = $0 }
/^ \* \[[A-Z-]+\]/ { match($0, /\[[A-Z-]+\]/); tag = substr($0, RSTART, RLENGTH)
                     if (!(tag in head)) head[tag] = NR }
/^\/\* (\[[A-Z-]+\]|---- \[[A-Z-]+\])/ {
    match($0, /\[[A-Z-]+\]/); tag = substr($0, RSTART, RLENGTH)
    if (!(tag in head)) head[tag] = NR }
{ where[NR] = tag ~ /^\[CELL-/ ? "[CELLS]" : tag }
function find(name,   i, n, text) {
    if (name ~ /^\[/)
        return (name in head) ? head[name] : 0
    n = length(name)
    for (i = 1; i <= NR; i++) {
        text = line[i]
        if (name ~ /^RNN_I_(CELL|SUMMARY)\(/) {
            if (text == name)
                return i
        } else if (name ~ /^RNN_I_PASS/) {
            if (text ~ ("^#elif RNN_I_PASS == " name))
                return i
        } else if (name ~ /^RNN_I_/) {
            if (index(text, "#define " name "(") == 1)
                return i
        } else if (index(text, "typedef struct " name " {") == 1 ||
                   (text ~ /^[A-Za-z]/ && text !~ /;$/ &&
                    text ~ ("[ *]" name "\\(")))
            return i
    }
    return 0
}
function last(name, i) {
    if (name ~ /^\[/) { while (line[i] !~ /\*\/$/) i++; return i }
    if (name ~ /^RNN_I_PASS/) {
        for (i++; line[i] !~ /^#elif|^#endif/; i++);
        return i - 1
    }
    if (name ~ /^RNN_I_[A-Z]+$/) { while (line[i] ~ /\\$/) i++; return i }
    while (line[i] !~ /^}/) i++
    return i
}
function begin(name, i) { # with the comment above
    if (name !~ /^\[/ && line[i - 1] ~ /\*\/$/)
        for (i--; line[i] !~ /^\/\*/; i--);
    return i
}
END {
    for (p = 1; p <= paths; p++) {
        sum = 0; sections = 0; split("", seen)
        print order[p]
        n = split(want[order[p]], names, "|")
        for (k = 1; k <= n; k++) {
            at = find(names[k])
            if (!at) { print "  " names[k] " is not there"; bad = 1; continue }
            first = begin(names[k], at); end = last(names[k], at)
            sum += end - first + 1
            if (!(where[at] in seen)) { seen[where[at]] = 1; sections++ }
            printf "  %5d  %-30s %4d lines  %s\n", first, names[k],
                   end - first + 1, where[at]
        }
        printf "  = %d lines in %d sections\n", sum, sections
        if ((most && sum > most) || (rooms && sections > rooms)) bad = 1
    }
    exit bad
}' rnn.h
