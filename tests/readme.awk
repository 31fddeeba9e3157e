# The program of README.md that begins with the comment `name`.c: ... */
/^```c/ { getline; on = index($0, "/* " name ":") == 1 }
/^```$/ { on = 0 }
on { print }
