/* board_host.c: a desk as a board, so that what a target prints can be held
 * against what the same source prints here. */
#include "board.h"

#include <stdio.h>
#include <stdlib.h>

void board_put(char c)
{
    putchar(c);
}

void board_write(const char *text)
{
    fputs(text, stdout);
}

void board_end(int status)
{
    exit(status);
}
