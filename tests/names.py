#!/usr/bin/env python3
"""Does examples/README.md list exactly what a checkpoint holds?

    tests/names.py          in the repository; python3, make and a C compiler

tests/save_models.c saves models of every wiring. Of each file build/st_list
prints the tensors, and these must be those that the README's table of its
wiring gives with the file's metadata: names, shapes, no more and no fewer. Of
metadata, the keys and the values that are listed must be those that occur. The
list of examples must name every file of examples. Prints `N passed, N failed`.
"""
import glob
import json
import os
import re
import struct
import subprocess
import sys

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
FOLDER = "build/names"
WIRINGS = {"N vs N and N vs 1": ("n_to_n", "n_to_1"), "1 vs N": ("1_to_n",),
           "N vs M": ("n_to_m",)}
passed = failed = 0


def check(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAIL %s" % what)


def make_files():
    os.makedirs(FOLDER, exist_ok=True)
    for old in glob.glob(FOLDER + "/*.safetensors"):
        os.remove(old)
    subprocess.run(["make", "-s", "build/rnn_plain.o"], check=True)
    for tool in ("save_models", "st_list"):
        subprocess.run([os.environ.get("CC", "cc"), "-std=c99", "-O1",
                        "-DRNN_I_IMPLEMENTED", "tests/%s.c" % tool,
                        "build/rnn_plain.o", "-o", FOLDER + "/" + tool, "-lm"],
                       check=True)
    subprocess.run([FOLDER + "/save_models", FOLDER], check=True)
    return sorted(glob.glob(FOLDER + "/*.safetensors"))


def tensors_of(path):
    """What st_list prints of a file: name -> shape as text."""
    out = subprocess.run([FOLDER + "/st_list", "--table", path], check=True,
                         stdout=subprocess.PIPE, universal_newlines=True)
    rows = re.findall(r"^(\S+) +F32 +(.*?)  \(", out.stdout, re.M)
    return dict(rows)


def metadata_of(path):
    with open(path, "rb") as f:
        size, = struct.unpack("<Q", f.read(8))
        return json.loads(f.read(size))["__metadata__"]


# ---- the README's tables -----------------------------------------------------


def table_after(text, line):
    """The rows of the first table behind a line that begins so."""
    begin = re.search("^" + re.escape(line), text, re.M).start()
    rows = re.search(r"\|---.*\n((?:\|.*\n)+)", text[begin:])[1]
    return [[cell.strip() for cell in row.strip("|").split("|")]
            for row in rows.splitlines()]


def numbers(meta):
    """The symbols of the README, of one file."""
    v = {k: int(x) for k, x in meta.items() if re.fullmatch(r"\d+", x)}
    v["G"] = {"tanh": 1, "relu": 1, "gru": 3, "gru_reset_before": 3}.get(
        meta["cell"], 4)
    v["H"], v["D"] = v["hidden_size"], 1 + v["bidirectional"]
    v["X"] = v["embedding_size"] if meta["input"] == "embedding" \
        else v["input_size"]
    if "target" not in meta:
        return v
    given = meta["wiring"] == "1_to_n"
    v["S"] = v["decoder_hidden_size"]
    v["Y"] = v["target_embedding_size"] if meta["target"] == "embedding" \
        else v["target_size"]
    v["K"] = v["D"] * v["H"] * v["num_sources"]
    v["Q"] = v["X"] if given else v["K"] * (
        v["source_steps"] if meta["context"] == "all" else 1)
    v["C"] = v["context_size"] or v["Q"]
    v["F"] = v["C"] if v["feed"] & 6 else 0
    v["A"] = 0 if meta["attention"] == "none" else v["K"]
    v["Z"] = (v["A"] or v["C"]) if v["head_context"] else 0
    return v


def value(text, v):
    """A sum of products of symbols."""
    total = 0
    for term in text.split("+"):
        product = 1
        for factor in term.split("·"):
            factor = factor.strip()
            product *= int(factor) if factor.isdigit() else v[factor]
        total += product
    return total


def holds(conditions, meta, v):
    for one in filter(None, conditions.split(", ")):
        left, sign, right = re.fullmatch(r"(.*) ([=>]) (\w+)", one).groups()
        if sign == ">" and not value(left, v) > int(right):
            return False
        if sign == "=" and meta[left] != right:
            return False
    return True


def expected(rows, meta, used):
    """What a wiring's table says of a file."""
    v, tensors = numbers(meta), {}
    decoder = "decoder_layers" in meta
    bare = not decoder and meta["output_size"] == "0" and \
        meta["input"] != "embedding"
    for i, (names, shape, where) in enumerate(rows):
        if not holds(where, meta, v):
            continue
        text = " x ".join(str(value(part, v)) for part in shape.split(" x "))
        for name in re.findall("`(.*?)`", names):
            module = name.split(".")[0]
            own = decoder and module in ("rnn", "dec")
            layers = v["decoder_layers" if own else "num_layers"]
            first = 1 if "weight_ih_lN" in name else 0
            both = v["bidirectional"] and module in ("rnn", "enc", "enc2")
            of = [name.replace("lN", "l%d" % n) for n in range(first, layers)
                  ] if name.endswith("lN") else [name]
            of += [n + "_reverse" for n in of] if both else []
            for n in of:
                n = n[4:] if bare else n
                check(n not in tensors, "%s is listed twice" % n)
                tensors[n] = text
                used.add((i, name))
    return tensors


def check_tensors(text, files):
    for title, wirings in WIRINGS.items():
        rows, used, n = table_after(text, title), set(), 0
        for path in files:
            meta = metadata_of(path)
            if meta["wiring"] not in wirings:
                continue
            n += 1
            there, said = tensors_of(path), expected(rows, meta, used)
            for name in {**there, **said}:
                check(there.get(name) == said.get(name),
                      "%s (%s): %s is %s, the README has %s"
                      % (path, title, name, there.get(name), said.get(name)))
        check(n > 0, title + ": no file")
        for i, (names, _, _) in enumerate(rows):
            for name in re.findall("`(.*?)`", names):
                check((i, name) in used, "%s: no file has %s, row %d"
                      % (title, name, i + 1))


def check_metadata(text, files):
    metas = [metadata_of(path) for path in files]
    listed = {}
    for keys, values, where in table_after(text, "### Metadata"):
        for key in re.findall("`(.*?)`", keys):
            listed[key] = (values, where)
    for key in {k for m in metas for k in m} | set(listed):
        check(key in listed, "metadata %s is not listed" % key)
        values, where = listed.get(key, ("", ""))
        seen = {m[key] for m in metas if key in m}
        check(seen, "metadata %s is listed, and in no file" % key)
        for m in metas:
            decoder = m["wiring"] in ("1_to_n", "n_to_m")
            check((key in m) == {"all": True, "1 vs N, N vs M": decoder}.get(
                where, key in m), "metadata %s of %s" % (key, m["wiring"]))
        forms = {"numbers": r"\d+", "`0.` and seven digits": r"0\.\d{7}",
                 "bytes, in hexadecimal": r"([0-9a-f]{2})+"}
        if values.startswith("a sum of"):
            most = sum(map(int, re.findall(r"(\d) \(", values)))
            check(all(0 <= int(s) <= most for s in seen), key)
        elif values in forms:
            check(all(re.fullmatch(forms[values], s) for s in seen), key)
        else:
            check(seen == set(re.findall("`(.*?)`", values)),
                  "metadata %s: files have %s, the README %s"
                  % (key, ", ".join(sorted(seen)), values))


def check_examples(text):
    listed = set()
    for names, _ in table_after(text, "# Examples"):
        listed |= set(re.findall("`(.*?)`", names))
    there = {os.path.basename(f) for end in ("c", "h", "py")
             for f in glob.glob("examples/*." + end)}
    there |= {f for f in os.listdir("examples")
              if os.path.isdir("examples/" + f) and f[0] not in "._"}
    check(there == listed, "examples/README.md: %s not listed, %s not there"
          % (sorted(there - listed), sorted(listed - there)))
    there = sorted(os.path.basename(f) for f in glob.glob("examples/pictures/*"))
    listed = [name for row in table_after(text, "## Pictures")
              for name in re.findall("`([^`]*?)`", row[1])]
    check(sorted(listed) == there, "examples/README.md: pictures are %s, "
          "listed are %s" % (there, listed))


def main():
    with open("examples/README.md", encoding="utf-8") as f:
        text = f.read()
    files = make_files()
    check_tensors(text, files)
    check_metadata(text, files)
    check_examples(text)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
