#!/usr/bin/env python3
"""Breaks rnn.h in many small ways and sees that the tests notice each.

    tests/mutate.py [--count N] [--seed N] [--sections A,B] [--jobs N]
                    [--function NAME] [--all] [--list] [--log FILE]

A mutant is the header with one line of the implementation changed: a sign
flipped, a term dropped, an index shifted, a size shrunk, a comparison or a
constant changed, a statement left out. N of them (300) are drawn, evenly from
the sections of the file, and at least one from every function in which there
is anything to change. A mutant is known by its function and by the old and the
new text of its line, so a draw hardly changes when lines move.

It counts as caught when it makes a test fail, crash, hang or, in the tests
built with sanitizers, step outside a buffer. One that survives must be listed
in EQUIVALENT with the reason why nobody can tell it from the original;
otherwise the run fails. Listed ones are drawn beside the N and not judged
again, unless --all says so: then one that is caught is a failure too.

The tests are compiled once, without the implementation; a mutant is one
compilation of the header as a shared library that they load. In this order:

    plain C kernels        float and double: a second or two, and most mutants
                           are caught by the tests that SECTIONS names
    sanitizers             plain C kernels, float
    SIMD and sanitizers    for lines that are read once per instruction set;
                           tests that look into the implementation, too
    slow tests, then test_hash: what only its bits notice is counted

A mutant that compiles to the code of the original is it, and another is drawn.
"""
import argparse
import concurrent.futures
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Which tests most probably notice a section, first ones first; then the rest.
SECTIONS = {
    "BASE": "math corners sizes arguments no_plan train",
    "PRODUCT": "parity corners",
    "KERNELS": "math parity train prop",
    "MATH": "math",
    "CELLS": "parity grad",
    "CELL-RNN": "parity grad",
    "CELL-GRU": "parity grad",
    "CELL-LSTM": "parity grad",
    "SELECT": "math arguments no_plan prop",
    "ROWS": "arguments no_plan parity prop",
    "MAP": "math no_plan",
    "RANDOM": "math train",
    "LINEAR": "no_plan arguments parity prop",
    "STACK": "sizes arguments corners parity prop",
    "ATTENTION": "no_plan arguments parity wirings decode prop",
    "MODEL": "arguments sizes parity wirings prop",
    "CONTEXT": "arguments parity wirings decode",
    "TENSORS": "arguments no_plan sizes files",
    "FIRMWARE": "folded",
    "INT8": "int8",
    "LOSS": "train no_plan sample parity",
    "TRAIN": "train no_plan",
    "OPTIMIZERS": "train no_plan parity",
    "SCHEDULES": "train no_plan",
    "SAMPLE": "sample no_plan",
    "DECODE": "decode arguments",
    "BEAM": "beam corners arguments",
    "FILES": "st files edited",
    "STDIO": "files st",
}

# What a test says that looks into the implementation: names of its own, but not
# the lists of [TYPES]; and what one says that folds steps, of which compilers
# with sanitizers take minutes.
INSIDE = r"\b(rnn_i_|RNN_I_(?!CELLS|SCORES|WIRINGS|INPUTS|CONTEXTS|KERNELS))"
FOLDS = r"\bRNN_DEFINE_"

# Tests of a checking build (RNN_CHECK): mutants are none.
CHECKING = ["check"]

# Tests that run in float and in double.
BOTH = "corners edited files sample st train".split()

# Why nobody can tell: {reason: [(function, old line, new line), ...]}
EQUIVALENT = {
    "a lane that is always, or never, on": [
        ("rnn_i_avx2_lanes",
         "_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));",
         "_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, (7 + 1)));"),
    ],
    "all numbers of a vector, as some of them: the same, only slower": [
        ("RNN_K(ld)",
         "return n >= RNN_W ? RNN_LD(p) : RNN_LDN(p, n);",
         "return n > RNN_W ? RNN_LD(p) : RNN_LDN(p, n);"),
    ],
    "any number but 0 says the same": [
        ("rnn_i_linear_grads",
         "rnn_i_scatter(call, s->seq, &dz, grads, O, 1);",
         "rnn_i_scatter(call, s->seq, &dz, grads, O, 2);"),
        ("rnn_squared_error",
         "rnn_i_loss_with(&s, NULL, targets, 1);",
         "rnn_i_loss_with(&s, NULL, targets, 2);"),
        ("rnn_squared_error",
         "rnn_i_loss_with(&s, NULL, targets, 1);",
         "rnn_i_loss_with(&s, NULL, targets, (1 + 1));"),
        ("rnn_squared_error_rows",
         "rnn_i_loss_with(&s, NULL, targets, 1);",
         "rnn_i_loss_with(&s, NULL, targets, 2);"),
        ("rnn_squared_error_rows",
         "rnn_i_loss_with(&s, NULL, targets, 1);",
         "rnn_i_loss_with(&s, NULL, targets, (1 + 1));"),
    ],
    "a number that the term of this sum does not read": [
        ("RNN_K(sum)",
         "const rnn_i_terms s = {x, w, NULL, NULL, 0, 0};",
         "const rnn_i_terms s = {x, w, NULL, NULL, 0, 1};"),
        ("RNN_K(score)",
         "const rnn_i_terms s = {q, k, v, NULL, 0, 0};",
         "const rnn_i_terms s = {q, k, v, NULL, 1, 0};"),
        ("RNN_K(row_loss)",
         "const rnn_i_terms s = {x, t, NULL, dx, 0, factor};",
         "const rnn_i_terms s = {x, t, NULL, dx, 1, factor};"),
        ("RNN_K(sum_squares)",
         "const rnn_i_terms s = {x, NULL, NULL, NULL, 0, factor};",
         "const rnn_i_terms s = {x, NULL, NULL, NULL, 1, factor};"),
    ],
    "how small a room for copies still is used, which no number shows": [
        ("rnn_i_one_part",
         "mine.room_len > 1024 ? mine.room + mine.part * mine.room_len : NULL;",
         "mine.room_len > (1024 + 1) ? mine.room + mine.part * mine.room_len "
         ": NULL;"),
        ("rnn_i_have",
         "y->strips = room && (!train || (y->B > 1 && y->T * y->B >= "
         "RNN_I_FEW));",
         "y->strips = room && (!train || (y->B > 2 && y->T * y->B >= "
         "RNN_I_FEW));"),
    ],
    "a power of two more or less in a scale that is taken out again": [
        ("rnn_i_scale_to_one",
         "while (rnn_i_mul(x, s) < 1 && s < (rnn_real)1e37)",
         "while (rnn_i_mul(x, s) < (1 + 1) && s < (rnn_real)1e37)"),
    ],
    "the last term of a series, below its rounding": [
        ("rnn_i_half_cosine",
         "rnn_real s = 1, y;",
         "rnn_real s = 0, y;"),
    ],
    "a number that no text shows": [
        ("rnn_i_no_real",
         "st = RNN_I_NO(why, st, name, text, 0, 0);",
         "st = RNN_I_NO(why, st, name, text, 0, 1);"),
        ("rnn_i_unread",
         "\"@ is set, but kind # does not read it\", kind, 0)",
         "\"@ is set, but kind # does not read it\", kind, 1)"),
    ],
    "what is swapped with itself": [
        ("rnn_i_sort",
         "for (i = n - 1; i > 0; i--) {",
         "for (i = n - 1; i >= 0; i--) {"),
    ],
    "any number below 0 says the same": [
        ("rnn_i_wants",
         "return s->input == RNN_I_NOTHING     ? -1",
         "return s->input == RNN_I_NOTHING     ? -2"),
        ("rnn_i_hex",
         ": -1;",
         ": -2;"),
    ],
    "a longer array, of which no more is used": [
        ("rnn_i_same",
         "unsigned char ca[4], cb[4];",
         "unsigned char ca[(4 + 1)], cb[4];"),
    ],
    "what is written over later": [
        ("rnn_i_write_header",
         "rnn_i_byte(o, 0);",
         "rnn_i_byte(o, 1);"),
    ],
    "of two zeros either: ReLU adds 0 to it, a greatest number is a shift": [
        ("rnn_i_c_max",
         "return a > b ? a : b;",
         "return a >= b ? a : b;"),
    ],
    "whether there are copies changes no bit, only the speed": [
        ("rnn_i_attend_backward_memory",
         "w.wt = o->U_t;",
         ";"),
    ],
    "names are valid UTF-8, whose first byte tells how many there are": [
        ("rnn_i_same",
         "if (!ua || !ub || ka != kb)",
         "if (!ua || !ub && ka != kb)"),
    ],
    "all instruction sets give the same bits; this machine has the widest": [
        ("rnn_i_select",
         "return avx512 ? avx512 : avx2 ? avx2 : &rnn_i_table_c;",
         "return avx512 ? avx512 : avx2 ? &rnn_i_table_c : avx2;"),
        ("rnn_i_select",
         "fma && __builtin_cpu_supports(\"avx2\") ? &rnn_i_table_avx2 : NULL;",
         "fma || __builtin_cpu_supports(\"avx2\") ? &rnn_i_table_avx2 : NULL;"),
    ],
    "one round more of nothing": [
        ("rnn_i_copy_strips",
         "for (r0 = first; r0 < end; r0 += 16)",
         "for (r0 = first; r0 <= end; r0 += 16)"),
    ],
    "equal numbers, either of which is taken": [
        ("rnn_i_shown",
         "return n > (size_t)PTRDIFF_MAX ? PTRDIFF_MAX : (ptrdiff_t)n;",
         "return n >= (size_t)PTRDIFF_MAX ? PTRDIFF_MAX : (ptrdiff_t)n;"),
        ("rnn_i_end",
         "return call->to < seq->steps ? call->to : seq->steps;",
         "return call->to <= seq->steps ? call->to : seq->steps;"),
    ],
    "a number below 1 is always below a chance of 1": [
        ("rnn_i_choose",
         "seq->own_rate < 1",
         "seq->own_rate <= 1"),
    ],
}

# ---- mutants ---------------------------------------------------------------

# an operand: a name or number, and what is called, indexed or reached by it
OPERAND = r"[*&!~-]?(?:\([a-z_0-9 *]+\))?[\w.]+(?:->\w+|\.\w+|\[[^][]*\]|" \
          r"\([^()]*(?:\([^()]*\)[^()]*)*\))*"

SWAPS = [
    ("sign", r" \+ (?=\S)", " - "), ("sign", r" - (?=\S)", " + "),
    ("sign", r" \+= ", " -= "), ("sign", r" -= ", " += "),
    ("sign", r"(?<=[=(,:?] )-(?=[\w(])", ""), ("sign", r"(?<=\()-(?=[\w(])", ""),
    ("sign", r"\brnn_i_add\(", "rnn_i_sub("),
    ("sign", r"\brnn_i_sub\(", "rnn_i_add("),
    ("sign", r"\bRNN_ADD\(", "RNN_SUB("), ("sign", r"\bRNN_SUB\(", "RNN_ADD("),
    ("sign", r"\bRNN_MAD\(", "RNN_NMAD("),
    ("sign", r"\bRNN_NMAD\(", "RNN_MAD("),
    ("term", r" [-+*/|&] " + OPERAND, ""),
    ("term", r" [-+|]= ", " = "),
    ("term", r"\brnn_i_mul\(", "rnn_i_add("),
    ("term", r"\brnn_i_div\(", "rnn_i_mul("),
    ("term", r"\bRNN_MUL\(", "RNN_ADD("), ("term", r"\bRNN_DIV\(", "RNN_MUL("),
    ("term", r"RNN_I_FROM_(?:C|BIAS)\b", "RNN_I_FROM_ZERO"),
    ("index", r"\[([^][]+)\]", r"[\1 + 1]"), ("index", r" \+ 1\b", ""),
    ("index", r" - 1\b", ""), ("index", r" \+ 1\b", " + 2"),
    ("index", r"\bfirst\b(?= [-+*])", "0"), ("index", r"(\w) = 0; ", r"\1 = 1; "),
    ("index", r"(?<=; )(\w+)\+\+\)", r"\1 += 2)"),
    ("size", r" \* (?=\S)", " + "), ("size", r" / (?=\S)", " * "),
    ("size", r"\b2u? \* ", "1 * "), ("size", r"\b[3-9]u? \* ", "2 * "),
    ("size", r" << ", " >> "), ("size", r" >> ", " << "),
    ("test", r" < ", " <= "), ("test", r" <= ", " < "),
    ("test", r" > ", " >= "), ("test", r" >= ", " > "),
    ("test", r" == ", " != "), ("test", r" != ", " == "),
    ("test", r" && ", " || "), ("test", r" \|\| ", " && "),
    ("test", r"(?<=[( ])!(?=[\w(])", ""),
    ("test", r"^(\s*(?:\} else )?(?:if|while) \()(.*)(\)(?: \{)?)$", r"\1!(\2)\3"),
    ("test", r" \? (%s) : (%s)(?=[;,)])" % (OPERAND, OPERAND), r" ? \2 : \1"),
    ("constant", r"(?<![\w.])0(?![\w.])", "1"),
    ("constant", r"(?<![\w.])1(?![\w.])", "2"),
    ("constant", r"(?<![\w.])1(?![\w.])", "0"),
    ("constant", r"(?<![\w.])([1-9]\d*|0x[0-9a-f]+)(u?)(?![\w.])", r"(\1\2 + 1\2)"),
    ("constant", r"(?<![\w.])(\d+\.\d+(?:e[-+]?\d+)?)(f?)(?!\w)",
     r"(\1\2 * 1.01\2)"),
    ("status", r"\breturn RNN_E_\w+;", "return RNN_OK;"),
    ("status", r"\bRNN_E_\w+(?= :)", "RNN_OK"),
    ("status", r"(?<=: )RNN_E_\w+", "RNN_OK"),
]

# A call of two or three arguments that loses one: a term, a factor, a size.
DROPS = ["rnn_i_plus", "rnn_i_times", "rnn_i_add", "rnn_i_mul", "RNN_ADD",
         "RNN_MUL", "RNN_MAD", "RNN_NMAD"]


def arguments(line, at):
    """The arguments of a call whose ( is at line[at] and where it ends."""
    depth, start, out = 0, at + 1, []
    for i in range(at, len(line)):
        c = line[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return out + [line[start:i].strip()], i + 1
        elif c == "," and depth == 1:
            out.append(line[start:i].strip())
            start = i + 1
    return [], at


def mutants_of(code, whole):
    """(class, text) of each way to break a line; whole: it is a statement."""
    for kind, pattern, to in SWAPS:
        for m in re.finditer(pattern, code):
            yield kind, code[:m.start()] + m.expand(to) + code[m.end():]
    for name in DROPS:
        for m in re.finditer(r"\b%s\(" % name, code):
            found, end = arguments(code, m.end() - 1)
            for keep in {found[0], found[-1]} if len(found) > 1 else ():
                yield "term", code[:m.start()] + "(" + keep + ")" + code[end:]
    if whole and re.match(r"\s+(?!return|case|default|break|continue|goto)"
                          r"[*(]*\w[^{}]*;$", code) and \
            code.count("(") == code.count(")"):
        yield "statement", re.match(r"\s*", code).group() + ";"
    if whole and re.match(r"\s+(break|continue);$", code):
        yield "statement", re.match(r"\s*", code).group() + ";"


def live_lines(text, flags):
    """The numbers of the lines that a build with these flags compiles."""
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/rnn.h", "w") as f:
            f.write(text)
        out = subprocess.run(
            ["gcc", "-E", "-fdirectives-only", "-DRNN_IMPLEMENTATION"] + flags +
            [folder + "/rnn.h"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, check=True, text=True).stdout
    live, line, ours = set(), 0, False
    for l in out.split("\n"):
        m = re.match(r'# (\d+) "(.*)"', l)
        if m:
            line, ours = int(m.group(1)), m.group(2).endswith("/rnn.h")
            continue
        if ours and l.strip():
            live.add(line)
        line += 1
    return live


class Mutant:
    def __init__(self, section, function, kind, line, old, new, nth):
        self.section, self.function, self.kind = section, function, kind
        self.line, self.old, self.new = line, old, new  # line: from 0
        self.key = (function + ("#%d" % nth if nth > 1 else ""),
                    old.strip(), new.strip())
        self.id = hashlib.sha1("\n".join(self.key).encode()).hexdigest()[:8]

    def rank(self, seed):
        return hashlib.sha1(("%d %s" % (seed, self.id)).encode()).hexdigest()

    def __str__(self):
        return "%s [%s] rnn.h:%d %s (%s)\n  - %s\n  + %s" % (
            self.id, self.section, self.line + 1, self.key[0], self.kind,
            self.key[1], self.key[2])


def candidates(text):
    """All mutants of a header."""
    lines, whole_section = text.split("\n"), None
    begin = next(i for i, l in enumerate(lines) if "RNN_I_IMPLEMENTED" in l)
    section = function = None
    inside = comment = False
    name, before, out, seen = None, ";", [], {}
    for n, line in enumerate(lines):
        m = re.match(r"(?: \*|/\*|/\* ----.*) \[([A-Z0-9-]+)\]", line)
        if m and n > begin:
            if m.group(1) in ("VERSIONS", "LICENSE"):  # text alone from here
                break
            if m.group(1) not in SECTIONS:
                sys.exit("mutate.py does not know section " + m.group(1))
            section = m.group(1)
            whole_section = section if line.startswith(" *") else whole_section
        elif line.startswith("/* ----"):
            section = whole_section
        code = re.sub(r"/\*.*?\*/", lambda m: " " * len(m.group()), line)
        if comment:
            if "*/" not in code:
                continue
            code, comment = code[code.index("*/") + 2:], False
        if "/*" in code:
            code, comment = code[:code.index("/*")], True
        code = code.rstrip()
        if section is None or not code.strip() or line.startswith("#") or \
                code.endswith("\\"):
            continue
        if not inside:
            m = re.search(r"(RNN_K\(\w+\)|\w+)\(", re.sub(
                r"__attribute__\(\(.*?\)\)\)?", "", code))
            if m and re.match(r"[A-Za-z]", code):
                name = m.group(1)
            if code == "{":
                inside, function, seen, before = True, name, {}, ";"
            continue
        if code == "}":
            inside = False
            continue
        whole = before[-1] in ";{}):" or before.endswith("else")
        before = code
        if re.match(r"^\s+(static |const |unsigned )*\w+ \*?\w+(\[\w+\])?"
                    r"(, \*?\w+)*;$", code) or re.match(r"\s+case ", code) \
                and code.endswith(":"):
            continue
        quoted = re.sub(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'',
                        lambda m: '"' + "_" * (len(m.group()) - 2) + '"', code)
        nth = seen[code.strip()] = seen.get(code.strip(), 0) + 1
        texts = set()
        for kind, new in mutants_of(quoted, whole):
            if '"' in quoted and kind != "statement":  # strings back
                for s in re.finditer(r'"(\\.|[^"\\])*"|\'(\\.|[^\'\\])*\'',
                                     code):
                    new = re.sub(r'"_*"', lambda m: s.group(), new, count=1)
            if new != code and new not in texts:
                texts.add(new)
                out.append(Mutant(section, function, kind, n, code, new, nth))
    return out


def draw(mutants, seed):
    """Each function's mutants in the order in which they are drawn: its kinds
    take turns."""
    by = {}
    for m in mutants:
        by.setdefault(m.function, {}).setdefault(m.kind, []).append(m)
    turns = []
    for kinds in by.values():
        for k in kinds.values():
            k.sort(key=lambda m: m.rank(seed), reverse=True)
        order = sorted(kinds.values(), key=lambda k: k[-1].rank(seed))
        turns.append([k.pop() for _ in range(max(map(len, order)))
                      for k in order if k])
    return sorted(turns, key=lambda t: t[0].rank(seed))


# ---- judging ---------------------------------------------------------------

PLAIN = ["-DRNN_NO_SIMD", "-DRNN_NO_FMA"]
ASAN = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
BUILDS = {"float": PLAIN, "double": PLAIN + ["-DRNN_DOUBLE"],
          "sanitizers": PLAIN + ASAN, "simd": ASAN}
GCC = ["gcc", "-std=c99", "-w", "-O1", "-fPIC"]

# What the tests include in place of the header: its declarations alone. And
# they write line by line, so that the first failure is seen at once.
WRAPPER = """#undef RNN_IMPLEMENTATION
#include "original/rnn.h"
#include <limits.h>
#include <stdio.h>
static void __attribute__((constructor)) line_by_line(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
}
"""
FAILURE = re.compile(r"\S+\.[ch]:\d+: |FAIL ")


def cpu_time():
    """Seconds of processor that all ended children have used."""
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


class Judge:
    """Test programs of all builds, and what they say of a mutant."""

    def __init__(self, folder, text, without, log):
        self.folder, self.text, self.log = folder, text, log
        for d in ("original", "tests") + tuple(BUILDS):
            os.mkdir(folder + "/" + d)
        with open(folder + "/original/rnn.h", "w") as f:
            f.write(text)
        with open(folder + "/rnn.h", "w") as f:
            f.write(WRAPPER)
        shutil.copytree(ROOT + "/tests/cases", folder + "/tests/cases")
        for name in os.listdir(ROOT + "/tests"):
            if name.endswith((".c", ".h")):
                shutil.copy(ROOT + "/tests/" + name, folder + "/tests")
        with open(ROOT + "/Makefile") as f:
            double = " ".join(re.findall(r"^(.*): DOUBLE *=", f.read(), re.M))
        self.tests, self.inside = {"float": [], "double": []}, {}
        for name in sorted(os.listdir(folder + "/tests")):
            m = re.match(r"(?:test_)?(\w+)\.c", name)
            if m and (name.startswith("test_") or name == "parity.c") and \
                    m.group(1) not in CHECKING + without:
                with open(folder + "/tests/" + name) as f:
                    source = f.read()
                if '"../examples/' in source:  # what examples share
                    continue
                if re.search(FOLDS, source):
                    self.inside[m.group(1)] = "float"
                    continue
                if re.search(INSIDE, source):
                    self.inside[m.group(1)] = "simd"
                    continue
                build = "double" if name[:-2] in double else "float"
                self.tests[build].append(m.group(1))
                if m.group(1) in BOTH:
                    self.tests["double"].append(m.group(1))
        self.live = {b: live_lines(text, [f for f in flags if f[:2] == "-D"])
                     for b, flags in BUILDS.items()}
        # the header's lines that are read once per instruction set
        self.passes = (text[:text.index("* [KERNELS]")].count("\n"),
                       text[:text.index("* [SELECT]")].count("\n"))
        self.cpu, self.code, self.lock = {}, {}, threading.Lock()

    def prepare(self, build):
        """The header as it is, in one build."""
        here = self.folder + "/" + build
        if not self.compile(build, self.text, here):
            raise SystemExit("the header does not compile: " + build)
        self.code[build] = self.read(here)

    def seconds(self, build, test):
        """How long a test takes; the first time it is built, and must pass on
        the header as it is."""
        with self.lock:
            if (build, test) not in self.cpu:
                if build not in self.code:
                    self.prepare(build)
                here = self.folder + "/" + build
                start = cpu_time()
                if not self.link(build, test, here, here) or \
                        self.run(build, test, here, 600):
                    raise SystemExit("%s fails on the header as it is (%s)" %
                                     (self.source(test), build))
                self.cpu[build, test] = cpu_time() - start
                if self.log:
                    print("%6.2f %s, %s" % (self.cpu[build, test], test, build),
                          file=self.log, flush=True)
            return self.cpu[build, test]

    def source(self, test):
        return "tests/%s.c" % (test if test == "parity" else "test_" + test)

    def link(self, build, test, lib, to):
        """A test program. One that looks into the implementation is compiled
        with it, from a copy beside the mutant."""
        cwd = self.folder
        if test in self.inside:
            cwd = lib
            os.makedirs(lib + "/tests", exist_ok=True)
            for name in os.listdir(self.folder + "/tests"):
                if name.endswith(".h") or "tests/" + name == self.source(test):
                    shutil.copy(self.folder + "/tests/" + name, lib + "/tests")
        return not subprocess.run(
            GCC + BUILDS[build] + [self.source(test), "-o", to + "/" + test] +
            ([] if test in self.inside else ["-L", lib, "-lrnn"]) + ["-lm"],
            cwd=cwd).returncode

    @staticmethod
    def read(folder):
        with open(folder + "/librnn.so", "rb") as f:
            return f.read()

    @staticmethod
    def compile(build, text, folder):
        """The header as a library in folder; False: it does not compile."""
        os.makedirs(folder, exist_ok=True)
        with open(folder + "/rnn.h", "w") as f:
            f.write(text)
        with open(folder + "/rnn.c", "w") as f:
            f.write('#define RNN_IMPLEMENTATION\n#include "rnn.h"\n')
        return not subprocess.run(
            GCC + BUILDS[build] + ["-shared", "rnn.c", "-o", "librnn.so"],
            cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL).returncode

    def run(self, build, test, lib, seconds):
        """Whether a test fails with the library in lib."""
        program = build + "/" + test
        if test in self.inside and lib != self.folder + "/" + build:
            if not self.link(build, test, lib, lib):
                return True
            program = lib + "/" + test
        args = {"hash": ["check"]}.get(test, [])
        if test == "parity":
            args = ["tests/cases/" + c for c in
                    sorted(os.listdir(self.folder + "/tests/cases"))]
        limit = "ulimit -c 0; ulimit -t %d; " % int(seconds + 1)
        if build not in ("sanitizers", "simd"):  # they map a lot
            limit += "ulimit -v 4000000; "
        p = subprocess.Popen(
            ["sh", "-c", limit + 'exec "$@"', "sh", program] + args,
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, errors="replace",
            env=dict(os.environ, LD_LIBRARY_PATH=lib))
        for line in p.stdout:
            if FAILURE.match(line):
                p.kill()
                break
        p.stdout.close()
        return p.wait() != 0

    def stages(self, m):
        """(build, test) in the order in which they are tried: what most
        probably notices the section first, then the quick ones, also with
        sanitizers, then the slow ones; of these with sanitizers only those
        that the section names."""
        tests = [(b, t) for b in ("float", "double") for t in self.tests[b]
                 if t != "hash"]
        inside = [(b, t) for t, b in self.inside.items()]
        yield from (bt for bt in inside
                    if bt[1] in SECTIONS[m.section].split())
        first = [bt for t in SECTIONS[m.section].split() for bt in tests
                 if bt[1] == t]
        yield from first
        rest = sorted((bt for bt in tests if bt not in first),
                      key=lambda bt: self.seconds(*bt))
        quick = [bt for bt in rest if self.seconds(*bt) < 4]
        yield from quick
        for b, t in sorted(first + quick, key=lambda bt: self.seconds(*bt)):
            if b == "float":
                yield "sanitizers", t
                if (b, t) in first or t in ("sizes", "arguments", "no_plan",
                                            "math", "prop"):
                    yield "simd", t
        yield from (bt for bt in inside
                    if bt[1] not in SECTIONS[m.section].split())
        yield from (bt for bt in rest if bt not in quick)
        for b in "float", "sanitizers", "simd":
            yield b, "hash"

    def builds(self, m):
        """Those in which the line is live and worth a look."""
        live = [b for b in BUILDS if m.line + 1 in self.live[b]]
        if self.passes[0] < m.line < self.passes[1]:
            return [b for b in live if b != "sanitizers"]
        return live

    def __call__(self, m):
        """What caught a mutant; "" for nothing, None if it is no mutant."""
        text = self.text.split("\n")
        text[m.line] = m.new
        text = "\n".join(text)
        builds, libs, same = self.builds(m), {}, True
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            for build, test in self.stages(m):
                if build not in builds:
                    continue
                lib = folder + "/" + build
                if build not in libs:
                    if not self.compile(build, text, lib):
                        return None
                    self.seconds(build, test)
                    libs[build] = self.read(lib) != self.code[build]
                    same = same and not libs[build]
                if libs[build] and self.run(
                        build, test, lib, 2 * self.seconds(build, test) + 2):
                    return test if build in ("float", "double") else \
                        "%s, %s" % (test, build)
        return None if same else ""


def judge_section(judge, section, turns, quota, report, everything):
    """At least one mutant of each function and `quota` of the section."""
    listed = {k: why for why, keys in EQUIVALENT.items() for k in keys}
    done, queues = 0, [list(reversed(t)) for t in turns]
    for round in range(1 << 30):
        queues = [q for q in queues if q]
        if not queues or (round and done >= quota):
            return
        for q in queues:
            if round and done >= quota:
                return
            while q:
                m = q.pop()
                if m.key in listed and not everything:
                    report(m, "equivalent")
                    continue
                by = judge(m)
                if by is None:
                    continue
                report(m, by)
                done += m.key not in listed
                break


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--count", type=int, default=300)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--sections", default="")
    ap.add_argument("--function", default="")
    ap.add_argument("--without", default="")
    ap.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    ap.add_argument("--all", action="store_true")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("--log")
    o = ap.parse_args()
    with open(ROOT + "/rnn.h") as f:
        text = f.read()
    listed = {k: why for why, keys in EQUIVALENT.items() for k in keys}
    mutants = candidates(text)
    for key in set(listed) - {m.key for m in mutants}:
        print("no such mutant any more: %s\n  - %s\n  + %s" % key)
    known = len({m.section for m in mutants})
    if o.sections:
        mutants = [m for m in mutants if m.section in o.sections.split(",")]
    if o.function:
        mutants = [m for m in mutants if m.function == o.function]
    if o.list:
        for m in mutants:
            print(m)
        return 0
    counts = {"judged": 0, "caught": 0, "survived": 0, "equivalent": 0}
    killers, kinds, functions, seconds = {}, {}, set(), {}
    log = open(o.log, "a") if o.log else None

    def report(m, by):
        functions.add(m.function)
        if log:
            print("%6.0f %s: %s" % (cpu_time(), m, by), file=log,
                  flush=True)
        if by == "equivalent":
            counts["equivalent"] += 1
            return
        counts["judged"] += 1
        kinds[m.kind] = kinds.get(m.kind, 0) + 1
        killers[by] = killers.get(by, 0) + 1
        if by and m.key in listed:
            counts["survived"] += 1
            print("LISTED, BUT CAUGHT by %s\n%s" % (by, m), flush=True)
        elif by:
            counts["caught"] += 1
        elif m.key in listed:
            counts["equivalent"] += 1
        else:
            counts["survived"] += 1
            print("SURVIVED %s" % m, flush=True)

    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        judge = Judge(folder, text, o.without.split(","), log)
        live = set().union(*judge.live.values())
        mutants = [m for m in mutants if m.line + 1 in live]
        with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
            jobs = [pool.submit(judge_section, judge, s, draw(
                [m for m in mutants if m.section == s], o.seed),
                -(-o.count // known), report, o.all)
                for s in SECTIONS if any(m.section == s for m in mutants)]
            for j in jobs:
                j.result()
    print("kinds:    " + ", ".join("%s %d" % k for k in sorted(kinds.items())))
    print("caught:   " + ", ".join("%s %d" % (k, killers[k])
                                   for k in sorted(killers) if k))
    missed = {m.function for m in mutants} - functions
    if missed:
        print("no mutant: " + ", ".join(sorted(missed)))
    print("%d mutants of %d functions in %.0f minutes of one core: %d caught, "
          "%d survived; %d listed as equivalent" %
          (counts["judged"], len(functions), cpu_time() / 60,
           counts["caught"], counts["survived"], counts["equivalent"]))
    print("%d passed, %d failed" % (counts["caught"], counts["survived"]))
    return 1 if counts["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
