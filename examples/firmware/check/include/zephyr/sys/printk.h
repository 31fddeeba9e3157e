/* For check_packages.sh alone: a desk's printf in place of Zephyr's. */
#include <stdio.h>
#define printk printf
