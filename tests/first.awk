# The first program of rnn.h's top comment: from its first #include to the
# brace that ends it.
/^ \* A FIRST PROGRAM/ { found = 1 }
found && /^ \*     #include <stdio.h>/ { on = 1 }
on { sub(/^ \*(     )?/, ""); print }
on && /^}/ { exit }
