# make           the examples
# make run       train a char-level model for about a minute, then sample
# make test      all tests; the last line says how many passed and failed
# make bench     speed; make ulp: accuracy of every float (minutes)
# make install   rnn.h to $(DESTDIR)$(PREFIX)/include
#
# CC and CFLAGS given on the command line are obeyed.

CC ?= cc
CFLAGS ?= -O2
PREFIX ?= /usr/local
B = build

EXAMPLES = $(B)/char_rnn
TESTS = $(B)/test_grad $(B)/test_prop $(B)/test_sizes $(B)/test_hash \
	$(B)/test_math $(B)/test_train $(B)/test_files $(B)/first
C99 = $(CC) -std=c99 $(CFLAGS) $(LDFLAGS)

all: examples

examples: $(EXAMPLES)

run: $(B)/char_rnn
	$(B)/char_rnn --hidden 192 --layers 2 --dropout 0.3 --iterations 1200 \
		--temperature 0.5

test: $(TESTS) $(B)/parity
	@sh tests/run.sh $(B)

$(B):
	mkdir -p $(B)

$(B)/char_rnn: examples/char_rnn.c rnn.h | $(B)
	$(C99) -D_POSIX_C_SOURCE=200112L examples/char_rnn.c -o $@

$(B)/parity: tests/parity.c rnn.h | $(B)
	$(C99) tests/parity.c -o $@ -lm

$(B)/test_grad: tests/test_grad.c tests/test.h rnn.h | $(B)
	$(C99) -DRNN_DOUBLE tests/test_grad.c -o $@ -lm

$(B)/test_prop: tests/test_prop.c tests/test.h rnn.h | $(B)
	$(C99) tests/test_prop.c -o $@ -lm

$(B)/test_sizes: tests/test_sizes.c tests/test.h rnn.h | $(B)
	$(C99) tests/test_sizes.c -o $@ -lm

$(B)/test_hash: tests/test_hash.c rnn.h | $(B)
	$(C99) tests/test_hash.c -o $@ -lm

$(B)/test_math: tests/test_math.c tests/ulp.h tests/test.h rnn.h | $(B)
	$(C99) tests/test_math.c -o $@ -lm

$(B)/test_train: tests/test_train.c tests/test.h rnn.h | $(B)
	$(C99) tests/test_train.c -o $@ -lm

$(B)/test_files: tests/test_files.c tests/test.h rnn.h | $(B)
	$(C99) tests/test_files.c -o $@ -lm

# the first program of the header's top comment, as it stands
$(B)/first.c: rnn.h tests/first.awk | $(B)
	awk -f tests/first.awk rnn.h > $@

$(B)/first: $(B)/first.c
	$(C99) -I. $(B)/first.c -o $@

$(B)/ulp: tests/ulp.c tests/ulp.h rnn.h | $(B)
	$(C99) tests/ulp.c -o $@ -lm

ulp: $(B)/ulp
	$(B)/ulp

install:
	mkdir -p $(DESTDIR)$(PREFIX)/include
	cp rnn.h $(DESTDIR)$(PREFIX)/include/rnn.h

clean:
	rm -rf $(B)

.PHONY: all examples run test ulp install clean

# break the header in many ways and see each noticed (python3, gcc)
mutate:
	python3 tests/mutate.py

.PHONY: mutate

# list any safetensors file; fuzz its reader for an hour (clang with libFuzzer)
$(B)/st_list: tests/st_list.c rnn.h | $(B)
	$(C99) tests/st_list.c -o $@

$(B)/fuzz_files: tests/fuzz_files.c rnn.h | $(B)
	clang -std=c99 -O1 -g -DRNN_NO_SIMD \
		-fsanitize=fuzzer,address,undefined \
		tests/fuzz_files.c -o $@

fuzz: $(B)/fuzz_files
	mkdir -p $(B)/found
	$(B)/fuzz_files -max_len=4096 -max_total_time=$(SECONDS) $(B)/found \
		tests/corpus
SECONDS = 3600

# lines and branches of rnn.h that the tests reach (gcc with gcov)
coverage:
	sh tests/coverage.sh

.PHONY: fuzz coverage
