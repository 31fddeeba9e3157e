#!/bin/sh
# The page of `make web`: that it is one small file; that each of its networks,
# with each cell, has the bits of the native program; and, in a browser without
# a window (chromium and chromedriver), that every network learns, that no frame
# takes long, that language, keyboard and a phone's width work. What it saw it
# leaves in build/web/*.png. Says `skip` where a tool is missing (Debian: clang
# lld nodejs, and chromium chromium-driver fonts-wqy-zenhei).
#
#     tests/web.sh                           N passed, N failed; about a minute
#     QUIET=1 tests/web.sh                   frames may not take long, either
cd "$(dirname "$0")/.." || exit 1
for tool in clang wasm-ld node; do
    command -v $tool > /dev/null 2>&1 || { echo "skip: no $tool"; exit 0; }
done
# no warning, here and in the page
warn="-std=c99 -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wdouble-promotion -Wstrict-prototypes -Werror"
for target in "" "--target=wasm32 -ffreestanding -msimd128"; do
    clang $target $warn examples/web/live.c ||
        { echo "0 passed, 1 failed"; exit 1; }
done
make -s web || { echo "0 passed, 1 failed"; exit 1; }
node tests/web.js build/web
