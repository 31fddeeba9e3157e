#!/usr/bin/env python3
"""Breaks rnn.h in many small ways and sees that the tests notice each.

    tests/mutate.py [COUNT [SEED]]        (make mutate: 240 mutants)

A mutant is the header with one change in the implementation: a sign flipped, a
term dropped, an index shifted, a size shrunk, a comparison changed. It counts as
caught when it makes a test fail, crash, hang or (in tests built with
AddressSanitizer) step outside a buffer. Mutants are drawn evenly from the
sections of the file. One that survives must be listed in EQUIVALENT with the
reason why it changes nothing that can be seen; otherwise the run fails.
"""
import concurrent.futures
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECTIONS = ["BASE", "MATH", "CELLS", "ROWS", "LINEAR", "STACK",
            "WIRING-N-TO-N", "LOSS", "TRAIN", "OPTIMIZERS", "SCHEDULES",
            "SAMPLE", "FILES"]

# (part of the line, mutated text): why nobody can tell
EQUIVALENT = [
]

# The fast and telling ones first. Plain C kernels, the arithmetic without fma.
FLAGS = ["-DRNN_NO_SIMD", "-DRNN_NO_FMA"]
ASAN = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
TESTS = [
    ("parity", ["-O1"] + ASAN, ["CASES"]),
    ("test_train", ["-O1"], []),
    ("test_sizes", ["-O1"] + ASAN, []),
    ("test_files", ["-O1"] + ASAN, []),
    ("test_prop", ["-O1"] + ASAN, []),
    ("test_math", ["-O1"], []),
    ("test_grad", ["-O1", "-DRNN_DOUBLE"], []),
    ("test_hash", ["-O1"], ["check"]),
]


def arguments(line, at):
    """The arguments of a call whose ( is at line[at], or None."""
    depth, start, out = 0, at + 1, []
    for i in range(at, len(line)):
        c = line[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                out.append(line[start:i].strip())
                return out, i + 1
        elif c == "," and depth == 1:
            out.append(line[start:i].strip())
            start = i + 1
    return None


SWAPS = [
    (r"\brnn_i_add\(", "rnn_i_sub("), (r"\brnn_i_sub\(", "rnn_i_add("),
    (r"\brnn_i_mul\(", "rnn_i_add("), (r"\brnn_i_div\(", "rnn_i_mul("),
    (r"\bRNN_ADD\(", "RNN_SUB("), (r"\bRNN_SUB\(", "RNN_ADD("),
    (r"\bRNN_MAD\(", "RNN_NMAD("), (r"\bRNN_NMAD\(", "RNN_MAD("),
    (r"\bRNN_MUL\(", "RNN_ADD("), (r"\bRNN_LT\(", "RNN_EQ("),
    (r" \+ 1\b", " + 2"), (r" - 1\b", " - 2"), (r" \+ 1\b", ""),
    (r"\b2 \* ", "1 * "), (r"\b3 \* ", "2 * "), (r" < ", " <= "),
    (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "), (r" == ", " != "),
    (r" != ", " == "), (r" && ", " || "), (r" \|\| ", " && "),
    (r" \+ ", " - "), (r" - ", " + "), (r" \+= ", " = "), (r" \* ", " + "),
    (r"RNN_I_FROM_C\b", "RNN_I_FROM_ZERO"),
    (r"RNN_I_FROM_BIAS\b", "RNN_I_FROM_ZERO"),
    (r"\? 1 : 0", "? 0 : 1"), (r"\bfirst\b", "0"),
]
# A call that loses an argument: a term, a factor, a part of a size.
DROPS = [("rnn_i_plus", 2), ("rnn_i_times", 2), ("rnn_i_add", 2),
         ("RNN_ADD", 2), ("RNN_MUL", 2), ("RNN_MAD", 3), ("rnn_i_mul", 2)]


def mutants_of(line):
    for pattern, to in SWAPS:
        for m in re.finditer(pattern, line):
            yield line[:m.start()] + to + line[m.end():]
    for name, count in DROPS:
        for m in re.finditer(r"\b%s\(" % name, line):
            found = arguments(line, m.end() - 1)
            if found and len(found[0]) == count:
                keep = found[0][-1] if name == "RNN_MAD" else found[0][0]
                yield line[:m.start()] + "(" + keep + ")" + line[found[1]:]


def candidates(text):
    """Per section a list of (line number, mutated line)."""
    lines = text.split("\n")
    begin = text[:text.index("RNN_I_IMPLEMENTED")].count("\n")
    out, section, comment = {}, None, False
    for n, line in enumerate(lines):
        m = re.match(r"^(?: \*|/\*)(?: ----)? \[([A-Z0-9-]+)\]", line)
        if m and n > begin:
            section = m.group(1) if m.group(1) in SECTIONS else section
            if m.group(1) == "LICENSE":
                break
        code = re.sub(r"/\*.*?\*/", "", line)
        if comment:
            if "*/" not in code:
                continue
            code, comment = code[code.index("*/") + 2:], False
        if "/*" in code:
            code, comment = code[:code.index("/*")], True
        if (section is None or not code.strip() or line.startswith("#") or
                line.startswith(" *") or "\\" in line[-1:] or
                re.match(r"^\s*(const|static)? ?(rnn_real|size_t|int) \*?\w+"
                         r"(, \*?\w+)*;", code)):
            continue
        for changed in mutants_of(code):
            if changed != code:
                out.setdefault(section, []).append((n, line, changed))
    return lines, out


def run(command, cwd, seconds):
    try:
        return subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              timeout=seconds).returncode
    except subprocess.TimeoutExpired:
        return -1


def judge(job):
    """Which test caught a mutant; "" for none, None if it does not compile."""
    lines, (n, old, new) = job
    folder = tempfile.mkdtemp(prefix="mutant")
    try:
        os.mkdir(folder + "/tests")
        text = lines[:n] + [new] + lines[n + 1:]
        with open(folder + "/rnn.h", "w") as f:
            f.write("\n".join(text))
        for name in os.listdir(ROOT + "/tests"):
            if name.endswith((".c", ".h")):
                shutil.copy(ROOT + "/tests/" + name, folder + "/tests")
        cases = [ROOT + "/tests/cases/" + c
                 for c in sorted(os.listdir(ROOT + "/tests/cases"))]
        for name, flags, args in TESTS:
            if not os.path.exists(folder + "/tests/" + name + ".c"):
                continue
            build = ["gcc", "-std=c99", "-w"] + FLAGS + flags + [
                "tests/" + name + ".c", "-o", name, "-lm"]
            if run(build, folder, 120):
                return None
            args = cases if args == ["CASES"] else args
            if run(["./" + name] + args, folder, 60):
                return name
        return ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 240
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with open(ROOT + "/rnn.h") as f:
        lines, found = candidates(f.read())
    if judge((lines, (0, lines[0], lines[0]))) != "":
        sys.exit("the tests fail on the header as it is")
    rng = random.Random(seed)
    for section in found.values():
        rng.shuffle(section)
    order = []  # one of each section in turn
    while len(order) < 3 * count and any(found.values()):
        for name in SECTIONS:
            if found.get(name):
                order.append((name, found[name].pop()))
    caught, killers, survivors, equivalent, done = 0, {}, [], 0, 0
    workers = os.cpu_count() or 1
    with concurrent.futures.ProcessPoolExecutor(workers) as pool:
        at = 0
        while done < count and at < len(order):
            batch = order[at:at + min(count - done, 8 * workers)]
            at += len(batch)
            jobs = [(lines, m) for _, m in batch]
            for (name, (n, old, new)), by in zip(batch, pool.map(judge, jobs)):
                if by is None:
                    continue
                done += 1
                if by:
                    caught += 1
                    killers[by] = killers.get(by, 0) + 1
                    continue
                if any(a in old and b in new for a, b, _ in EQUIVALENT):
                    equivalent += 1
                    continue
                survivors.append((name, n + 1, old.strip(), new.strip()))
                print("SURVIVED [%s] rnn.h:%d\n  %s\n  %s" % survivors[-1],
                      flush=True)
            print("%d of %d: %d caught, %d equivalent, %d survived" % (
                done, count, caught, equivalent, len(survivors)), flush=True)
    for name in sorted(killers):
        print("%-12s caught %d" % (name, killers[name]))
    print("%d passed, %d failed" % (caught + equivalent, len(survivors)))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
