# The most stack that a function can take with all that it calls, from what
# gcc's -fcallgraph-info=su writes:
#
#     awk -v root=cell_step -f tests/firmware_stack.awk *.ci
#
# Prints the bytes, with + behind them if something without a known frame is
# called (the compiler's own routines), or a word: recursion, unbounded (a frame
# of no fixed size), indirect (a call by pointer), unknown (no such function).
function at(line, key,    rest) {
    rest = substr(line, index(line, key ": \"") + length(key) + 3)
    return substr(rest, 1, index(rest, "\"") - 1)
}

function deepest(f,    n, i, most, list, depth) {
    if (f == "__indirect_call") { word = "indirect"; return 0 }
    if (!(f in frame)) { outside = "+"; return 0 }
    if (f in open) { word = "recursion"; return 0 }
    if (f in total) return total[f]
    open[f] = 1
    most = 0
    n = split(calls[f], list, "\n")
    for (i = 1; i <= n; i++)
        if (list[i] != "") {
            depth = deepest(list[i])
            if (depth > most) most = depth
        }
    delete open[f]
    if (f in dynamic) word = "unbounded"
    return total[f] = frame[f] + most
}

/^node:/ {
    label = at($0, "label")
    if (match(label, /[0-9]+ bytes \(/)) {
        title = at($0, "title")
        frame[title] = substr(label, RSTART) + 0
        # "dynamic,bounded", as where a frame is aligned, is a bound, too
        if (label !~ /bytes \((static|dynamic,bounded)\)/) dynamic[title] = 1
    }
}
/^edge:/ {
    from = at($0, "sourcename")
    calls[from] = calls[from] "\n" at($0, "targetname")
}
END {
    if (!(root in frame)) word = "unknown"
    else bytes = deepest(root)
    print word != "" ? word : bytes outside
}
