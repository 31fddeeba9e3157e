#!/bin/sh
# The folders for Arduino, PlatformIO and Zephyr, as far as tools here go: that
# their files are what they should be, and that the sketch and Zephyr's sample
# compile, run, and write what the desk writes. `make check-packages` calls it.
#
#     B=build folder  check_packages.sh       STRICT=1: a skip is a failure
#
# Needs, or skips by name: arm-none-eabi-g++ and qemu-system-arm; avr-g++,
# Debian's arduino-core-avr and simavr; cmake; python3 with yaml and kconfiglib.
P=$B/packages
W="-Wall -Wextra -Wpedantic -Wshadow -Wdouble-promotion -Werror"
passed=0
failed=0
skipped=0
mkdir -p $B/check

good() { passed=$((passed + 1)); echo "ok   $*"; }
bad() { failed=$((failed + 1)); echo "FAIL $*"; tail -n 12 $B/check/log; }
skip() { skipped=$((skipped + 1)); echo "skip: $*"; }
have() {
    for tool in "$@"; do
        command -v $tool > /dev/null 2>&1 || return 1
    done
}
# runs a command quietly; what it says stands in the log
quiet() { "$@" > $B/check/log 2>&1; }

# ---- files -------------------------------------------------------------------

version=$(sed -n 's/^#define RNN_VERSION "\(.*\)"/\1/p' ../../rnn.h)
for f in rnn/library.properties rnn/library.json; do
    echo "$f is not of version $version" > $B/check/log
    if grep -Eq "version\"?[=:] ?\"?$version\"?" $P/$f; then
        good "$f is of version $version"
    else
        bad "$f"
    fi
done

for key in name version author maintainer sentence paragraph category \
    architectures includes; do
    grep -q "^$key=." $P/rnn/library.properties || missing="$missing $key"
done
echo "without:$missing" > $B/check/log
[ -z "$missing" ] && good "library.properties: all keys" ||
    bad library.properties

if have python3; then
    if quiet python3 -c "import json; m = json.load(open('$P/rnn/library.json'))
for e in m['examples']:
    for f in e['files']:
        open('$P/rnn/' + e['base'] + '/' + f)"; then
        good "library.json is JSON, and its files are there"
    else
        bad library.json
    fi
    if quiet python3 -c "import configparser
c = configparser.ConfigParser()
c.read_file(open('$P/platformio/platformio.ini'))
open('$P/platformio/' + c['platformio']['src_dir'] + '/Writer.ino')
for e in c['platformio']['default_envs'].split(', '):
    c['env:' + e]['board']"; then
        good "platformio.ini: its sources and boards are there"
    else
        bad platformio.ini
    fi
else
    skip "JSON, INI: no python3"
fi

# Debian's modules are those of the system's python3, if another comes first
python_with() {
    for python in python3 /usr/bin/python3; do
        $python -c "import $1" 2> /dev/null && return
    done
    return 1
}

if python_with yaml; then
    if quiet $python -c "import os, yaml
m = yaml.safe_load(open('$P/zephyr_rnn/zephyr/module.yml'))
assert m['name'] == 'rnn'
assert os.path.exists('$P/zephyr_rnn/' + m['build']['kconfig'])
assert os.path.exists('$P/zephyr_rnn/' + m['build']['cmake'] +
                      '/CMakeLists.txt')"; then
        good "module.yml is YAML, and its files are there"
    else
        bad module.yml
    fi
else
    skip "module.yml: no yaml for python3 (Debian: python3-yaml)"
fi
if python_with kconfiglib; then
    if quiet $python -c "import kconfiglib
k = kconfiglib.Kconfig('$P/zephyr_rnn/Kconfig')
used = [l.split('=')[0][7:] for l in open('$P/zephyr_rnn/sample/prj.conf')
        if l.startswith('CONFIG_RNN')]
k.syms['RNN'].set_value('y')
assert used and all(k.syms[s].visibility for s in used + ['RNN_LIBRARY'])"; then
        good "Kconfig: its options, and those that the sample sets"
    else
        bad Kconfig
    fi
else
    skip "Kconfig: no kconfiglib (Debian: python3-kconfiglib)"
fi

# ---- the sketch --------------------------------------------------------------

# $1 begins with the desk's 300 characters, $2
same() {
    [ $(wc -c < $1) -ge 300 ] && cmp -n 300 $1 $2
} > $B/check/log 2>&1

arm_sketch() {
    places=$2
    name="the sketch as C++11 on $1"
    if quiet arm-none-eabi-g++ -std=c++11 -Os $W -ffreestanding -nostdlib \
        -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections -mthumb \
        -fno-threadsafe-statics $3 -DARDUINO_MAIN -I check -I . -I $P/rnn/src \
        -include Arduino.h -x c++ $P/rnn/examples/Writer/Writer.ino \
        -c -o $B/check/sketch.o &&
        quiet arm-none-eabi-gcc -std=c99 -Os $W -ffreestanding -nostdlib \
            -mthumb $3 $B/check/sketch.o cortex_m.c -T cortex_m.ld \
            -Wl,--gc-sections $places -lgcc -o $B/check/sketch.elf; then
        timeout 100 qemu-system-arm -M $1 -nographic -monitor none \
            -serial none -semihosting-config enable=on,target=native \
            -kernel $B/check/sketch.elf < /dev/null > $B/check/sketch.txt 2>&1
        same $B/check/sketch.txt $4 && good "$name writes what the desk does" ||
            bad "$name writes something else"
    else
        bad "$name does not compile"
    fi
}

if have arm-none-eabi-g++ qemu-system-arm; then
    places="-Wl,--defsym=FLASH_ORG=0,--defsym=FLASH_LEN=256K"
    places="$places,--defsym=RAM_ORG=0x20000000,--defsym=RAM_LEN=16K"
    arm_sketch microbit "$places" -mcpu=cortex-m0 $B/check/desk_plain.txt
    arm_sketch mps2-an386 "$places" \
        "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard" $B/check/desk.txt
else
    skip "the sketch on Cortex-M: no arm-none-eabi-g++ or qemu-system-arm" \
        "(Debian: gcc-arm-none-eabi qemu-system-arm)"
fi

# Arduino's own core; the model is a small one, since constants lie in RAM
avr_sketch() {
    core=/usr/share/arduino/hardware/arduino/avr
    flags="-Os -mmcu=atmega2560 -DF_CPU=16000000L -DARDUINO=10819"
    flags="$flags -DARDUINO_AVR_MEGA2560 -DARDUINO_ARCH_AVR"
    # which Debian's avr-gcc, older than the core, does not say in C++
    flags="$flags -DDECIMAL_DIG=__DECIMAL_DIG__"
    flags="$flags -ffunction-sections -fdata-sections"
    flags="$flags -I $core/cores/arduino -I $core/variants/mega"
    rm -rf $B/check/core
    mkdir -p $B/check/core
    for f in $core/cores/arduino/*.c $core/cores/arduino/*.cpp; do
        case $f in
        *.c) avr-gcc -std=gnu11 $flags -w -c $f -o $B/check/core/${f##*/}.o ;;
        *) avr-g++ -std=gnu++11 $flags -w -fno-exceptions \
            -fno-threadsafe-statics -c $f -o $B/check/core/${f##*/}.o ;;
        esac || return 1
    done
    avr-g++ -std=gnu++11 $flags -Wall -Wextra -fno-exceptions \
        -fno-threadsafe-statics -I $B/small -I $P/rnn/src -include Arduino.h \
        -x c++ $B/small/Writer.ino -c -o $B/check/core/sketch.o &&
        avr-g++ $flags -Wl,--gc-sections $B/check/core/*.o \
            -o $B/check/avr.elf && avr-size $B/check/avr.elf
}

if [ ! -d /usr/share/arduino/hardware/arduino/avr ] ||
    ! have avr-g++ simavr; then
    skip "the sketch on AVR: no core, avr-g++ or simavr" \
        "(Debian: arduino-core-avr gcc-avr avr-libc simavr)"
elif quiet avr_sketch; then
    sizes=$(awk 'NR > 1 && $1 + 0 { print "text", $1, "data", $2, "bss", $3 }' \
        $B/check/log)
    # it writes for ever; simavr colours lines, ends them with a dot, and parts
    # those of 256 characters, so ends of lines are left out
    timeout 20 simavr -m atmega2560 -f 16000000 $B/check/avr.elf \
        < /dev/null > $B/check/avr.out 2>&1
    sed 's/\x1b\[[0-9;]*m//g; s/\.$//' $B/check/avr.out |
        tr -d '\n' > $B/check/avr.txt
    tr -d '\n' < $B/check/desk_small.txt > $B/check/avr_desk.txt
    n=$(wc -c < $B/check/avr_desk.txt)
    quiet cmp -n $n $B/check/avr.txt $B/check/avr_desk.txt &&
        good "the sketch on ATmega2560 writes what the desk does: $sizes" ||
        bad "the sketch on ATmega2560 writes something else"
else
    bad "the sketch does not compile for AVR"
fi

# ---- Zephyr's sample ---------------------------------------------------------

zephyr_sample() {
    rm -rf $B/check/zephyr
    here=$(pwd)
    module=$(cd $P/zephyr_rnn && pwd)
    cp -r $P/zephyr_rnn/sample $B/check/zephyr || return 1
    echo "$1" >> $B/check/zephyr/prj.conf
    cmake -S $B/check/zephyr -B $B/check/zephyr/build \
        -DZephyr_DIR="$here/check" -DZEPHYR_EXTRA_MODULES="$module" \
        -DCMAKE_C_FLAGS="-O1 -DRNN_NO_SIMD $W" &&
        cmake --build $B/check/zephyr/build &&
        $B/check/zephyr/build/app > $B/check/zephyr.txt
}

if have cmake; then
    for how in "y desk" "n desk_plain"; do
        fma=${how% *}
        conf=CONFIG_RNN_LIBRARY=y
        [ $fma = y ] || conf=CONFIG_RNN_NO_FMA=y
        if quiet zephyr_sample $conf &&
            same $B/check/zephyr.txt $B/check/${how#* }.txt; then
            good "Zephyr's sample with $conf: CMake's files and the desk's text"
        else
            bad "Zephyr's sample with $conf"
        fi
    done
else
    skip "Zephyr's sample: no cmake (Debian: cmake)"
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && { [ "$STRICT" != 1 ] || [ $skipped -eq 0 ]; }
