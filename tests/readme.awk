# The program of a README that begins with the comment `name`.c: ... */
/^```c/ { getline; on = index($0, "/* " name ":") == 1 }
/^```$/ { on = 0 }
on { print }
