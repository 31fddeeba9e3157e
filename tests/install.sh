#!/bin/sh
# The ways in: make install into a folder with blanks in its name, then the
# README's program built by cc -I, by pkg-config and by CMake's find_package,
# also where the folder has moved; make uninstall; make help.
# Prints `N passed, N failed`; skips by name what is not installed.
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
T="$root/build/in stall"
rm -rf "$T"
mkdir -p "$T/program"
passed=0
failed=0
check() { # what holds, then a command
    what=$1
    shift
    if "$@" > "$T/out" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL $what"
        tail -n 5 "$T/out"
    fi
}
learns() { (cd "$T" && "$1" | grep -q ': 0 1 2 3 2 1 0 1 2 3 2 1$'); }
holds() { [ "$1" = "$2" ]; }
into() { make install DESTDIR="$1" PREFIX="$2"; }

awk -v name=letters.c -f tests/readme.awk README.md > "$T/program/letters.c"
version=$(sed -n 's/^#define RNN_VERSION "\(.*\)"/\1/p' rnn.h)

check "installs" into "" "$T/a b"
check "the header" cmp rnn.h "$T/a b/include/rnn.h"
check "cc -I" ${CC:-cc} "-I$T/a b/include" "$T/program/letters.c" -o "$T/by_cc"
check "what cc has built" learns ./by_cc
check "with DESTDIR" into "$T/stage" /usr
check "the same files" diff -r "$T/a b" "$T/stage/usr"
mv "$T/a b" "$T/m v"
P="$T/m v"

if command -v pkg-config > /dev/null; then
    PKG_CONFIG_PATH="$P/share/pkgconfig"
    export PKG_CONFIG_PATH
    check "version" holds "$(pkg-config --modversion rnn)" "$version"
    eval "set -- $(pkg-config --cflags rnn)"
    check "pkg-config" ${CC:-cc} "$@" "$T/program/letters.c" -o "$T/by_pc"
    check "what pkg-config has built" learns ./by_pc
else
    echo "skip: no pkg-config"
fi

finds() { # a version; exact words of find_package
    cat > "$T/program/CMakeLists.txt" << END
cmake_minimum_required(VERSION 3.10)
project(letters C)
find_package(rnn $1 REQUIRED)
find_package(rnn $1 REQUIRED) # twice does no harm
add_executable(letters letters.c)
target_link_libraries(letters rnn::rnn)
END
    rm -rf "$T/cmake"
    cmake -S "$T/program" -B "$T/cmake" -DCMAKE_PREFIX_PATH="$P"
}
refuses() { ! finds "$1" && grep -q "version: $version" "$T/out"; }
if command -v cmake > /dev/null; then
    check "find_package" finds ""
    check "CMake builds" cmake --build "$T/cmake"
    check "what CMake has built" learns cmake/letters
    check "find_package of this version" finds "${version%.*}"
    check "find_package, exactly this" finds "$version EXACT"
    check "no other minor version" refuses 0.1
    check "no later version" refuses "${version%.*}.99"
else
    echo "skip: no cmake"
fi

check "uninstalls" make uninstall PREFIX="$P"
check "nothing is left" holds "$(find "$P" -type f)" ""
make -s help > "$T/help"
check "help" grep -q '^make test ' "$T/help"
for target in $(grep -o 'make [a-z0-9-]*' "$T/help" | cut -c6- | sort -u); do
    check "help: make $target" make -n "$target"
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
