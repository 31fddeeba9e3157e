# make           the examples
# make run       train a char-level model for about a minute, then sample
# make test      all tests; the last line says how many passed and failed
# make ulp       accuracy of exp, tanh, ... over every float (minutes)
# make mutate    break the header in many ways, see each noticed (python3, gcc)
# make fuzz      fuzz all that reads a stranger's bytes, an hour (clang)
# make coverage  lines and branches of rnn.h that the tests reach (gcc, gcov)
# make install   rnn.h to $(DESTDIR)$(PREFIX)/include
#
# CC and CFLAGS given on the command line are obeyed.

CC ?= cc
CFLAGS ?= -O2
PREFIX ?= /usr/local
SECONDS = 3600
B = build

EXAMPLES = $(B)/char_rnn $(B)/adding $(B)/translate
TESTS = $(B)/test_grad $(B)/test_wirings $(B)/test_prop \
	$(B)/test_kernels $(B)/test_sizes $(B)/test_hash $(B)/test_math \
	$(B)/test_train $(B)/test_files
C99 = $(CC) -std=c99 $(CFLAGS) $(LDFLAGS)

all: examples

examples: $(EXAMPLES)

run: $(B)/char_rnn
	$(B)/char_rnn --hidden 192 --layers 2 --dropout 0.3 --iterations 1200 \
		--temperature 0.5

test: $(TESTS) $(B)/parity $(B)/first
	@sh tests/run.sh $(B) $(TESTS)

$(B):
	mkdir -p $(B)

# an example: one file, and what they share
$(B)/%: examples/%.c $(wildcard examples/*.h) rnn.h | $(B)
	$(C99) -D_POSIX_C_SOURCE=200112L $< -o $@ -lm

# a test or a tool: one file; gradients are checked in double
$(B)/test_grad $(B)/test_wirings: DOUBLE = -DRNN_DOUBLE
$(B)/%: tests/%.c tests/test.h tests/ulp.h rnn.h | $(B)
	$(C99) $(DOUBLE) $< -o $@ -lm

# the first program of the header's top comment, as it stands
$(B)/first.c: rnn.h tests/first.awk | $(B)
	awk -f tests/first.awk rnn.h > $@

$(B)/first: $(B)/first.c
	$(C99) -I. $(B)/first.c -o $@

ulp: $(B)/ulp
	$(B)/ulp

mutate:
	python3 tests/mutate.py

$(B)/fuzz_files: tests/fuzz_files.c rnn.h | $(B)
	clang -std=c99 -O1 -g -DRNN_NO_SIMD \
		-fsanitize=fuzzer,address,undefined \
		tests/fuzz_files.c -o $@

fuzz: $(B)/fuzz_files
	mkdir -p $(B)/found
	$(B)/fuzz_files -max_len=4096 -max_total_time=$(SECONDS) $(B)/found \
		tests/corpus

coverage:
	sh tests/coverage.sh

install:
	mkdir -p $(DESTDIR)$(PREFIX)/include
	cp rnn.h $(DESTDIR)$(PREFIX)/include/rnn.h

clean:
	rm -rf $(B)

.PHONY: all examples run test ulp mutate fuzz coverage install clean
