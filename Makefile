# make           the examples
# make run       train a char-level model for about a minute, then sample
# make mpi       build/char_rnn_mpi, the same in several processes (mpicc); make
#                scaling: what it computes and sends, and a model of machines
# make debug     the same in a build that looks for mistakes, for a moment
# make test      all tests; the last line says how many passed and failed
# make pictures  the programs of examples/pictures, each held to what it should
#                print (half a minute)
# make learn     all examples, each to its threshold (a quarter of an hour)
# make bench     speed, a line a figure; make bench-peers: beside the peers that
#                are found on the machine or that npm gets, in one run; make
#                bench-flags: how much compilers and their flags matter
# make int8      what weights of 8 bits cost models of characters, in nats
# make keep      what keep_every saves and costs, of 10,000 steps
# make baselines DATA=FILE  what char_rnn reaches on a text, and two tasks
#                of long memory (an hour and a half)
# make tune      what each constant that was found by measuring is worth here
# make firmware  16 targets in emulation: the bits of the desk, sizes, stack,
#                instructions a step (minutes; TARGETS="m4f avr": these alone)
# make web       build/web/index.html, a page whose networks learn while one
#                watches (clang with wasm-ld), and build/web/live, the same here
# make images    the programs of examples/firmware: trained, exported, run in QEMU
# make ulp       accuracy of exp, tanh, ... over every float, and of long sums
#                (minutes)
# make mutate    break the header in many ways, see each noticed (python3, gcc)
# make fuzz      an hour: all that reads a stranger's bytes, and random calls of
#                everything, right and wrong, under each sanitizer (clang)
# make coverage  lines and branches of rnn.h that the tests reach (gcc, gcov)
# make install   rnn.h to $(DESTDIR)$(PREFIX)/include, and what pkg-config and
#                CMake's find_package(rnn) read; make uninstall
# make shared    build/librnn.so, which examples/rnn.py runs checkpoints by
# make help      these lines
#
# CC and CFLAGS given on the command line are obeyed.

CC ?= cc
MPICC ?= mpicc
CFLAGS ?= -O2
PREFIX ?= /usr/local
SECONDS = 3600
B = build

LEARN = $(B)/adding $(B)/sentiment $(B)/frames $(B)/caption $(B)/music \
	$(B)/translate $(B)/length $(B)/headline $(B)/reading $(B)/speech \
	$(B)/forecast $(B)/sensor
PICTURES = $(patsubst examples/%.c,$(B)/%,$(wildcard examples/pictures/*.c))
EXAMPLES = $(B)/char_rnn $(LEARN) $(B)/sensor_stream $(B)/export \
	$(B)/gradcheck $(B)/gradcheck_double $(PICTURES)
SEEDS = 1
TESTS = $(B)/test_grad $(B)/test_wirings $(B)/test_prop $(B)/test_decode \
	$(B)/test_beam $(B)/test_kernels $(B)/test_folded $(B)/test_sizes \
	$(B)/test_arguments $(B)/test_no_plan $(B)/test_corners $(B)/test_misuse \
	$(B)/test_hash $(B)/test_math $(B)/test_train $(B)/test_sample \
	$(B)/test_st $(B)/test_files $(B)/test_edited $(B)/test_why \
	$(B)/test_why_files $(B)/test_why_alone $(B)/test_check $(B)/test_between \
	$(B)/test_faults $(B)/test_faults_files $(B)/test_disk $(B)/test_bench \
	$(B)/test_int8 $(B)/test_weight $(B)/test_batches
PROGRAMS = $(patsubst tests/programs/%.c,$(B)/program_%, \
	$(wildcard tests/programs/*.c))
C99 = $(CC) -std=c99 $(CFLAGS) $(LDFLAGS)

all: examples

examples: $(EXAMPLES)

run: $(B)/char_rnn
	$(B)/char_rnn --cell gru --hidden 224 --layers 2 --dropout 0.2 \
		--iterations 1400 --lr 0.005 --schedule cosine --warmup 50 \
		--temperature 0.3 --sample 600 --curve $(B)/char_rnn.svg

# the same as a build that looks for mistakes, for a moment
debug: | $(B)
	$(C99) -D_POSIX_C_SOURCE=200112L -O1 -g -DRNN_CHECK examples/char_rnn.c \
		-o $(B)/char_rnn_debug -lm
	$(B)/char_rnn_debug --hidden 32 --iterations 60

test:
	@$(MAKE) -j 2 $(TESTS) $(B)/parity $(B)/first $(README) $(PROGRAMS)
	@sh tests/run.sh $(B) $(TESTS)

$(B) $(B)/pictures:
	mkdir -p $@

# a picture of the article: one file that needs nothing but the header
$(B)/pictures/%: examples/pictures/%.c rnn.h $(B)/rnn_plain.o | $(B)/pictures
	$(C99) -Wall -Wextra $< $(WITH) -o $@ -lm

# the library as users have it, once for all programs that bring it along
WITH = -DRNN_I_IMPLEMENTED $(B)/rnn_plain.o
$(B)/rnn_plain.o: $(B)/rnn.c rnn.h
	$(C99) -I. -c $(B)/rnn.c -o $@

# an example: one file, and what they share
$(B)/%: examples/%.c $(wildcard examples/*.h) rnn.h $(B)/rnn_plain.o
	$(C99) -D_POSIX_C_SOURCE=200112L $< $(WITH) -o $@ -lm

$(B)/gradcheck_double: examples/gradcheck.c $(wildcard examples/*.h) rnn.h \
		| $(B)
	$(C99) -D_POSIX_C_SOURCE=200112L -DRNN_DOUBLE $< -o $@ -lm

# threads where the compiler has OpenMP
$(B)/char_rnn: examples/char_rnn.c $(wildcard examples/*.h) rnn.h \
		$(B)/rnn_plain.o
	$(C99) -D_POSIX_C_SOURCE=200112L -fopenmp $< $(WITH) -o $@ -lm \
		2> /dev/null || \
		$(C99) -D_POSIX_C_SOURCE=200112L $< $(WITH) -o $@ -lm

# the same in several processes: mpirun -np 4 build/char_rnn_mpi --shares 4
MPI = OMPI_CC="$(CC)" MPICH_CC="$(CC)" $(MPICC) -std=c99 $(CFLAGS) $(LDFLAGS)
$(B)/char_rnn_mpi: examples/char_rnn.c $(wildcard examples/*.h) rnn.h \
		$(B)/rnn_plain.o
	$(MPI) -D_POSIX_C_SOURCE=200112L -DWITH_MPI -fopenmp $< $(WITH) \
		-o $@ -lm 2> /dev/null || \
		$(MPI) -D_POSIX_C_SOURCE=200112L -DWITH_MPI $< $(WITH) \
		-o $@ -lm

mpi: $(B)/char_rnn_mpi

scaling: $(B)/char_rnn_mpi
	sh tests/scaling.sh $(B)/char_rnn_mpi

# those that know the bits of targets with fma and of others, of a second object
TWINS = $(B)/sensor $(B)/export
$(TWINS): $(B)/%: examples/%.c $(wildcard examples/*.h) rnn.h | $(B)
	$(C99) -D_POSIX_C_SOURCE=200112L -DTWIN_PLAIN -DRNN_NO_FMA \
		-DRNN_NO_SIMD -c $< -o $@_plain.o
	$(C99) -D_POSIX_C_SOURCE=200112L -DTWIN_BOTH $< $@_plain.o -o $@ -lm

# the library, once for all tests that do not look into it, as a build that looks
# for mistakes; small networks copy their weights there, too
FEW = -DRNN_I_NEXT=1 -DRNN_I_FEW=1 -DRNN_I_WORTH=1 -DRNN_I_HEAVY=4096 \
      -DRNN_CHECK
$(B)/rnn.c: | $(B)
	printf '#define RNN_IMPLEMENTATION\n#include "rnn.h"\n' > $@

$(B)/rnn.o: $(B)/rnn.c rnn.h
	$(C99) $(FEW) -I. -c $(B)/rnn.c -o $@

$(B)/rnn_double.o: $(B)/rnn.c rnn.h
	$(C99) $(FEW) -DRNN_DOUBLE -I. -c $(B)/rnn.c -o $@

# a test: one file, in which the header takes its implementation for given;
# gradients are checked in double
LIB = $(B)/rnn.o
$(B)/test_grad $(B)/test_wirings: DOUBLE = -DRNN_DOUBLE
$(B)/test_grad $(B)/test_wirings: LIB = $(B)/rnn_double.o
$(B)/test_%: tests/test_%.c $(wildcard tests/*.h) rnn.h $(B)/rnn.o \
		$(B)/rnn_double.o
	$(C99) -DRNN_I_IMPLEMENTED $(DOUBLE) $< $(LIB) -o $@ -lm

# of what the examples share
$(B)/test_batches: tests/test_batches.c tests/test.h $(wildcard examples/*.h) \
		rnn.h $(B)/rnn.o
	$(C99) -DRNN_I_IMPLEMENTED $< $(B)/rnn.o -o $@ -lm

# a test of one file with the library in it: because it looks inside, has steps
# that the compiler folds, or (test_disk) wants POSIX's names
ALONE = $(B)/test_kernels $(B)/test_folded $(B)/test_int8 $(B)/test_weight \
	$(B)/test_disk
$(ALONE): $(B)/%: tests/%.c $(wildcard tests/*.h) rnn.h | $(B)
	$(C99) $< -o $@ -lm

# a tool
$(B)/%: tests/%.c $(wildcard tests/*.h) rnn.h | $(B)
	$(C99) $< -o $@ -lm

# whole programs, as a user would write them; the one of firmware has no main
$(B)/program_%: tests/programs/%.c rnn.h $(B)/rnn_plain.o
	$(C99) -Wall -Wextra $< $(WITH) -o $@ -lm

$(B)/program_firmware: tests/programs/firmware.c rnn.h | $(B)
	$(C99) -Wall -Wextra -c $< -o $@

# the programs of the READMEs, as they stand
README = $(B)/readme_letters $(B)/readme_use $(B)/readme_zh_letters
$(B)/readme_letters: FROM = README.md
$(B)/readme_zh_letters: FROM = examples/README.zh.md
$(B)/readme_use: FROM = examples/README.md
$(README): README.md $(wildcard examples/*.md) tests/readme.awk rnn.h \
		$(B)/rnn_plain.o
	awk -v name=$(patsubst readme_%,%,$(subst _zh,,$(@F))).c \
		-f tests/readme.awk $(FROM) > $@.c
	$(C99) -I. $@.c $(WITH) -o $@

# the first program of the header's top comment, as it stands
$(B)/first.c: rnn.h tests/first.awk | $(B)
	awk -f tests/first.awk rnn.h > $@

$(B)/first: $(B)/first.c
	$(C99) -I. $(B)/first.c -o $@

pictures: $(PICTURES)
	@sh tests/pictures.sh $(B)/pictures

learn: examples
	@SEEDS="$(SEEDS)" sh tests/learn.sh $(B) $(LEARN)

# threads where the compiler has OpenMP
$(B)/bench: tests/bench.c $(wildcard tests/*.h) rnn.h | $(B)
	$(C99) -D_GNU_SOURCE -fopenmp tests/bench.c -o $@ -lm 2> /dev/null || \
		$(C99) -D_GNU_SOURCE tests/bench.c -o $@ -lm

$(B)/bench_peak: tests/bench_peak.c $(wildcard tests/*.h) | $(B)
	$(C99) -D_GNU_SOURCE tests/bench_peak.c -o $@ -lm

bench: $(B)/bench
	@for s in 0 4; do \
		echo "# arrays begin $$s numbers past a cache line"; \
		$(B)/bench --shift $$s || exit 1; \
	done

bench-peers: $(B)/bench
	sh tests/bench_peers.sh

bench-flags:
	sh tests/bench_flags.sh

tune:
	sh tests/tune.sh

$(B)/keep: tests/keep.c tests/bench_time.h tests/bench_line.h rnn.h | $(B)
	$(C99) -D_GNU_SOURCE tests/keep.c -o $@ -lm

keep: $(B)/keep
	$(B)/keep

baselines: $(B)/char_rnn $(B)/adding $(B)/length
	sh tests/baselines.sh $(DATA)

# what int8 costs models of characters, a minute's training each
int8: $(B)/char_rnn $(B)/int8
	@for cell in tanh gru lstm; do \
		$(B)/char_rnn --cell $$cell --sample 0 \
			--save $(B)/int8_$$cell > $(B)/int8.out && \
		$(B)/int8 $(B)/int8_$$cell examples/text.txt || exit 1; \
	done

firmware:
	sh tests/firmware.sh $(TARGETS)

# the images of examples/firmware, and what export writes, in QEMU
images: $(B)/char_rnn $(TWINS)
	$(MAKE) -C examples/firmware B=$(abspath $(B)) run check-export

ulp: $(B)/ulp $(B)/chain
	$(B)/chain
	$(B)/ulp

# the page: live.c, as WebAssembly (gzip, base64), and the scripts in one file;
# and live.c as a program, which has the same bits
WEB = examples/web
WASM = clang --target=wasm32 -std=c99 -Os -msimd128 -ffreestanding -nostdlib \
	-Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=131072
WEB_PARTS = $(wildcard $(WEB)/*.h) rnn.h
web: $(B)/web/index.html $(B)/web/live

$(B)/web:
	mkdir -p $@

$(B)/web/live: $(WEB)/live.c $(WEB_PARTS) | $(B)/web
	$(C99) $< -o $@ -lm

$(B)/web/live.wasm: $(WEB)/live.c $(WEB_PARTS) | $(B)/web
	@command -v clang > /dev/null && command -v wasm-ld > /dev/null || \
		{ echo "make web needs clang and wasm-ld (lld)"; exit 1; }
	$(WASM) $< -o $@

$(B)/web/live.js: $(B)/web/live.wasm
	(echo 'load(`'; gzip -9 -n -c $< | base64; echo '`);') > $@

$(B)/web/index.html: $(WEB)/page.html $(wildcard $(WEB)/*.js) $(B)/web/live.js
	awk '/^@[a-z]*\.js$$/ { \
		file = substr($$0, 2); \
		path = (file == "live.js" ? "$(B)/web/" : "$(WEB)/") file; \
		while ((getline line < path) > 0) print line; \
		close(path); \
		next \
	} { print }' $< > $@

mutate:
	python3 tests/mutate.py

$(B)/fuzz_files: tests/fuzz_files.c $(wildcard tests/*.h) rnn.h | $(B)
	clang -std=c99 -O1 -g1 -DRNN_NO_SIMD \
		-fsanitize=fuzzer,address,undefined \
		tests/fuzz_files.c -o $@

# random calls: with AddressSanitizer in plain C and on vectors; with pages that
# cannot be touched around every array; with MemorySanitizer
FUZZ_API = $(B)/fuzz_api_asan $(B)/fuzz_api_simd $(B)/fuzz_api_guard
FUZZ_MSAN = $(B)/fuzz_api_msan
FUZZ = tests/fuzz_api.c $(wildcard tests/*.h) rnn.h | $(B)
FUZZ_C = -std=c99 -D_GNU_SOURCE -g1
ASAN = gcc $(FUZZ_C) -O1 -fno-sanitize-recover=all \
	-fsanitize=address,undefined,float-cast-overflow

$(B)/fuzz_api_asan: $(FUZZ)
	$(ASAN) -DRNN_NO_SIMD tests/fuzz_api.c -o $@ -lm

$(B)/fuzz_api_simd: $(FUZZ)
	$(ASAN) tests/fuzz_api.c -o $@ -lm

$(B)/fuzz_api_guard: $(FUZZ)
	$(CC) $(FUZZ_C) -O2 -DGUARD tests/fuzz_api.c -o $@ -lm

$(FUZZ_MSAN): $(FUZZ)
	clang $(FUZZ_C) -O1 -fsanitize=memory -DRNN_NO_SIMD tests/fuzz_api.c \
		-o $@ -lm

# each for a fifth of SECONDS, from case FIRST on; without clang, all but the one
# that needs it
FIRST = 1
fuzz-api: $(FUZZ_API)
	@if command -v clang > /dev/null; then $(MAKE) $(FUZZ_MSAN); fi
	@for f in $(FUZZ_API) $$(ls $(FUZZ_MSAN) 2> /dev/null); do \
		echo $$f; $$f $$(($(SECONDS) / 5)) $(FIRST) || exit 1; \
	done

fuzz: $(B)/fuzz_files
	mkdir -p $(B)/found
	$(B)/fuzz_files -max_len=4096 -max_total_time=$$(($(SECONDS) / 5)) \
		$(B)/found tests/corpus
	@$(MAKE) fuzz-api

coverage:
	sh tests/coverage.sh

# an interface of one header, wherever it is moved: both files find it from where
# they lie
INTO = $(DESTDIR)$(PREFIX)
VERSION = $(shell sed -n 's/^.define RNN_VERSION "\(.*\)"/\1/p' rnn.h)
install:
	mkdir -p "$(INTO)/include" "$(INTO)/share/pkgconfig" "$(INTO)/share/cmake/rnn"
	cp rnn.h "$(INTO)/include/rnn.h"
	printf '%s\n' 'prefix=$${pcfiledir}/../..' 'Name: rnn' \
		'Description: recurrent networks in one C header' \
		'Version: $(VERSION)' 'Cflags: -I$${prefix}/include' \
		> "$(INTO)/share/pkgconfig/rnn.pc"
	printf '%s\n' 'if(NOT TARGET rnn::rnn)' \
		'  add_library(rnn::rnn INTERFACE IMPORTED)' \
		'  get_filename_component(rnn_PREFIX "$${CMAKE_CURRENT_LIST_DIR}" PATH)' \
		'  get_filename_component(rnn_PREFIX "$${rnn_PREFIX}/../.." ABSOLUTE)' \
		'  set_target_properties(rnn::rnn PROPERTIES' \
		'    INTERFACE_INCLUDE_DIRECTORIES "$${rnn_PREFIX}/include")' 'endif()' \
		> "$(INTO)/share/cmake/rnn/rnn-config.cmake"
	printf '%s\n' 'set(PACKAGE_VERSION "$(VERSION)")' \
		'string(REGEX MATCH "^[0-9]+[.][0-9]+" rnn_MINOR "$(VERSION)")' \
		'if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION OR' \
		'    PACKAGE_FIND_VERSION VERSION_LESS rnn_MINOR)' \
		'  set(PACKAGE_VERSION_COMPATIBLE FALSE)' 'else()' \
		'  set(PACKAGE_VERSION_COMPATIBLE TRUE)' 'endif()' \
		'if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)' \
		'  set(PACKAGE_VERSION_EXACT TRUE)' 'endif()' \
		> "$(INTO)/share/cmake/rnn/rnn-config-version.cmake"

uninstall:
	rm -f "$(INTO)/include/rnn.h" "$(INTO)/share/pkgconfig/rnn.pc"
	rm -rf "$(INTO)/share/cmake/rnn"

# functions on handles, for other languages
shared: $(B)/librnn.so
$(B)/librnn.so: examples/shared.c rnn.h | $(B)
	$(C99) -fPIC -shared -fvisibility=hidden $< -o $@ -lm

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

clean:
	rm -rf $(B)

.PHONY: all examples pictures run mpi scaling debug test learn baselines bench \
	bench-peers bench-flags keep tune firmware web images int8 ulp mutate fuzz \
	fuzz-api coverage install uninstall shared help clean
