#!/usr/bin/env python3
"""Do PyTorch's and Keras' weights give the same numbers here, and ours there?

    tests/torch_io.py FOLDER    after make build/rnn_plain.o build/readme_letters

Cells x layers x directions x biases x F32 and F64 x the names that people give
their modules: a state_dict goes through examples/torch_io.py into files, whose
C descriptions, as it prints them, are compiled into tests/run_model.c, which
loads and runs them: outputs and final states are PyTorch's within the 2e-6
that stands there. The same models, trained for a few steps by the library and
saved by it, load with all keys matched, and PyTorch's outputs are the
library's. Keras' arrays are held against Keras' equations in numpy, files that
are broken against what torch_io and the library say of them, and the programs
of examples/README.md run as they stand. Prints `N passed, N failed`.
"""
import contextlib
import glob
import inspect
import io
import itertools
import json
import os
import re
import subprocess
import sys

import numpy as np
import torch
from torch import nn

sys.path.insert(0, "examples")
import torch_io  # noqa: E402

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "build/torch"
CC = os.environ.get("CC", "cc")
T, B, I, H, O, E = 6, 3, 5, 4, 7, 4  # E = H: a table may look like a head
TOLERANCE = 2e-6
passed = failed = 0


def check(good, what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAIL %s" % what)


def path(name):
    return os.path.join(FOLDER, name)


def run(*command):
    p = subprocess.run(command, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, universal_newlines=True)
    return p.returncode, p.stdout


# ---- PyTorch's side ---------------------------------------------------------

KINDS = {"tanh": nn.RNN, "relu": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Net(nn.Module):
    """A table or none, a stack, a head or none, under any names."""

    def __init__(self, cell, layers, two, bias, names, last=False, rows=False,
                 head_bias=True):
        super().__init__()
        more = {"nonlinearity": cell} if cell in ("tanh", "relu") else {}
        self.last, self.rows, self.at = last, rows, names
        if "emb" in names:
            self.add(names["emb"], nn.Embedding(I, E))
        if "out" in names:
            self.add(names["out"], nn.Linear((1 + two) * H, O, head_bias))
        self.add(names["rnn"], KINDS[cell](
            E if "emb" in names else I, H, layers, bias=bias,
            bidirectional=bool(two), batch_first=rows, **more))

    def add(self, name, module):
        at = self
        for part in name.split(".")[:-1]:
            if not hasattr(at, part):
                at.add_module(part, nn.Module())
            at = getattr(at, part)
        at.add_module(name.split(".")[-1], module)

    def part(self, which):
        return self.get_submodule(self.at[which])

    def forward(self, x, h0=None):
        rnn = self.part("rnn")
        x = self.part("emb")(x) if "emb" in self.at else x
        y, h = rnn(x, h0)
        hn, cn = h if isinstance(h, tuple) else (h, None)
        if self.last:
            y = torch.cat((hn[-2], hn[-1]), 1) if rnn.bidirectional else hn[-1]
        elif self.rows:
            y = y.transpose(0, 1)
        return self.part("out")(y) if "out" in self.at else y, hn, cn


NAMES = {  # what people write; a stack alone, without a name, is the first
    "bare": None,
    "alone": {"rnn": "lstm"},
    "head": {"rnn": "lstm", "out": "fc"},
    "parallel": {"emb": "embedding", "rnn": "rnn", "out": "linear"},
    "deep": {"emb": "encoder.embed", "rnn": "encoder.gru",
             "out": "decoder.out"},
}
STYLES = list(NAMES)
NAMES["ours"] = {"emb": "emb", "rnn": "rnn", "out": "out"}
NAMES["swapped"] = {"emb": "rnn", "rnn": "out", "out": "emb"}


def build(cell, layers, two, bias, style, dtype, last, rows, head_bias):
    """The network, and the module that its user would save."""
    names = NAMES[style] or {"rnn": "it"}
    net = Net(cell, layers, two, bias, names, last, rows, head_bias).to(dtype)
    if style == "bare":
        return net, net.it
    return net, nn.DataParallel(net) if style == "parallel" else net


def grid():
    """(name, arguments of build)"""
    n = 0
    for cell, layers, two, bias, dtype, style in itertools.product(
            KINDS, (1, 3), (0, 1), (True, False),
            (torch.float32, torch.float64), STYLES):
        n += 1
        last = style in ("head", "parallel", "deep") and n // 5 % 2 == 1
        yield ("%s-%d-%d%s-%s-%s" % (
            cell, layers, 1 + two, "" if bias else "-no_bias", style,
            str(dtype)[6:]), (cell, layers, two, bias, style, dtype, last,
                              style == "alone", True))
    for cell, style in itertools.product(KINDS, ("ours", "swapped")):
        yield "%s-%s" % (cell, style), (cell, 2, 1, True, style, torch.float32,
                                        True, True, True)
    yield "no_head_bias", ("gru", 1, 1, True, "head", torch.float32, False,
                           True, False)
    for dtype in (torch.float16, torch.bfloat16):
        yield str(dtype)[6:], ("lstm", 2, 1, True, "parallel", dtype, False,
                               False, True)


def inputs(net, dtype, table, two, layers):
    shape = (B, T) if net.rows else (T, B)
    x = torch.randint(I, shape) if table else torch.randn(*shape, I,
                                                          dtype=dtype)
    h0 = torch.randn(layers * (1 + two), B, H, dtype=dtype)
    if isinstance(net.part("rnn"), nn.LSTM):
        return x, (h0, torch.randn_like(h0))
    return x, h0


def write_case(name, args):
    """The files of a case; its C."""
    cell, layers, two, bias, style, dtype, last, rows, head_bias = args
    net, saved = build(*args)
    wiring = "n_to_1" if last else "n_to_n"
    file, state = path(name + ".safetensors"), saved.state_dict()
    torch_io.save(saved, path(name + ".saved.safetensors"), wiring=wiring)
    if head_bias:
        torch_io.write(file, state, {})
        text = torch_io.describe(saved, wiring=wiring)
        also = torch_io.describe(state, cell=cell, wiring=wiring)
        check(text.startswith(also), name + ": the module and its state_dict "
              "are described otherwise")
        check(("rnn_rename" in text) == (style not in ("bare", "ours")),
              name + ": a table of names " + text)
    else:  # zeros are in the saved file alone
        tensors, meta = torch_io.read(path(name + ".saved.safetensors"))
        torch_io.write(file, tensors, {})
        text = torch_io.describe(tensors, meta)
    if dtype in (torch.float16, torch.bfloat16):
        net, dtype = net.float(), torch.float32
    table = "emb" in net.at
    x, h = inputs(net, dtype, table, two, layers)
    with torch.no_grad():
        y, hn, cn = net(x, h)
    h0, c0 = h if isinstance(h, tuple) else (h, None)
    made = {"ids" if table else "x": x.to(dtype), "h0": h0, "y": y, "hn": hn}
    made.update({"c0": c0, "cn": cn} if c0 is not None else {})
    torch_io.write(path(name + ".io.safetensors"), made, {})
    return c_case(name, text, rows)


def c_case(name, text, rows):
    it = re.sub("[^0-9a-z]", "_", name)
    has = "rnn_rename" in text
    return ("#define model model_%s\n#define names names_%s\n%s#undef model\n"
            "#undef names\n" % (it, it, text),
            '    {"%s", &model_%s, %s, %d},\n'
            % (name, it, "names_" + it if has else "NULL", rows))


def compile_c(name, *flags):
    code, out = run(CC, "-std=c99", "-O1", "-Wall", "-Wextra", *flags,
                    "-DRNN_I_IMPLEMENTED", "tests/%s.c" % name,
                    "build/rnn_plain.o", "-o", path(name), "-lm")
    check(code == 0 and out == "", "%s: %s" % (name, out))


def compile_cases(**arrays):
    with open(path("cases.h"), "w") as f:
        for name, cases in arrays.items():
            f.write("".join(text for text, _ in cases))
            f.write("static const made_case %s[] = {\n%s    {NULL, NULL, NULL, "
                    "0}};\n" % (name, "".join(row for _, row in cases)))
    compile_c("run_model", "-I" + FOLDER)


def described():
    """Models of every wiring, from the descriptions in their files."""
    folder = path("models")
    os.makedirs(folder, exist_ok=True)
    compile_c("save_models")
    code, out = run(path("save_models"), folder)
    check(code == 0, "save_models: " + out)
    for file in sorted(os.listdir(folder)):
        text = torch_io.describe(*torch_io.read(os.path.join(folder, file)))
        yield c_case("models/" + file, text, 0)


def load_described():
    """The library holds what it reads in C against what it has written."""
    files = sorted(os.listdir(path("models")))
    check(len(files) > 20, "models of every wiring")
    for file in files:
        name = "models/" + file
        code, out = run(path("run_model"), "why", path(name), name)
        check(out == "loaded\n", "%s: %s" % (name, out))


def count(what):
    """run_model's own cases among ours."""
    global passed, failed
    code, out = run(path("run_model"), what, FOLDER)
    line = re.search(r"(\d+) passed, (\d+) failed", out)
    if not line:
        check(False, "run_model %s: %d %s" % (what, code, out))
        return
    print(out[:line.start()], end="")
    passed += int(line[1])
    failed += int(line[2])


def load_made(name, args):
    """The library's model in PyTorch: its outputs, for the same inputs."""
    cell, layers, two, bias, style, dtype, last, rows, _ = args
    net, saved = build(*args)
    file = path(name + ".made.safetensors")
    said = torch_io.load(file, saved)
    check(str(said) == "<All keys matched successfully>",
          "%s: %s" % (name, said))
    made, _ = torch_io.read(file)
    table = "emb" in net.at
    shape = (B, T) if rows else (T, B)
    x = made["io.x"].reshape(shape) if table else made["io.x"].reshape(*shape,
                                                                       I)
    net = net.double()
    with torch.no_grad():
        y, hn, _ = net(x.long() if table else x.double())
    for got, want in ((y, made["io.y"]), (hn, made["io.hn"])):
        worst = float((got.flatten() - want).abs().max())
        check(worst <= TOLERANCE, "%s: made here, error %g" % (name, worst))


# ---- Keras' side: its equations, as its documentation has them --------------


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def keras_layer(cell, x, a):
    """x (T, B, in) to h (T, B, units), from zeros; the last c."""
    K, R = a["kernel"], a["recurrent_kernel"]
    n = R.shape[0]
    b = a.get("bias", np.zeros(K.shape[1]))
    h = c = np.zeros((x.shape[1], n))
    out = []

    def gate(k, v, W, bias):
        s = slice(k * n, k * n + n)
        return v @ W[:, s] + bias[s]
    for v in x:
        if cell in ("tanh", "relu"):
            s = v @ K + b + h @ R
            h = np.tanh(s) if cell == "tanh" else np.maximum(s, 0)
        elif cell == "lstm":
            i, f, g, o = (gate(k, v, K, b) + gate(k, h, R, 0 * b)
                          for k in range(4))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            bx, bh = b if b.ndim == 2 else (b, 0 * b)
            z = sigmoid(gate(0, v, K, bx) + gate(0, h, R, bh))
            r = sigmoid(gate(1, v, K, bx) + gate(1, h, R, bh))
            if cell == "gru":  # reset_after
                hh = np.tanh(gate(2, v, K, bx) + r * gate(2, h, R, bh))
            else:
                hh = np.tanh(gate(2, v, K, bx) + gate(2, r * h, R, bh))
            h = z * h + (1 - z) * hh
        out.append(h)
    return np.array(out), c


GATES = {"tanh": 1, "relu": 1, "gru": 3, "gru_reset_before": 3, "lstm": 4}
CLASS = {"tanh": "SimpleRNN", "relu": "SimpleRNN", "gru": "GRU",
         "gru_reset_before": "GRU", "lstm": "LSTM"}


def keras_arrays(rng, cell, layers, two, bias, table, old):
    """A model's weights in order, under the paths of Keras 3 or 2."""
    a, reads, end = {}, E if table else I, ":0" if old else ""
    if table:
        a["embedding/embeddings" + end] = rng.normal(size=(I, E))
    n = GATES[cell] * H
    name = "simple_rnn" if n == H else CLASS[cell].lower()
    for l in range(layers):
        layer = name + ("_%d" % l if l else "")
        for d in ("forward_", "backward_")[:1 + two]:
            at = "bidirectional_%d/%s%s" % (l, d, layer) if two else layer
            at = "%s%s/%s_cell/" % ("" if old else "sequential/", at, name)
            a[at + "kernel" + end] = rng.normal(size=(reads, n))
            a[at + "recurrent_kernel" + end] = rng.normal(size=(H, n))
            if bias:
                a[at + "bias" + end] = rng.normal(
                    size=(2, n) if cell == "gru" else n)
        reads = (1 + two) * H
    a["dense/kernel" + end] = rng.normal(size=(reads, O))
    a["dense/bias" + end] = rng.normal(size=O)
    return {k: (v / 2).astype(np.float32) for k, v in a.items()}


def keras_outputs(a, cell, two, last, x):
    """Outputs, final states of each layer and direction, final c."""
    groups = {}
    for name, v in a.items():
        at, part = name.split(":")[0].rsplit("/", 1)
        groups.setdefault(at, {})[part] = v.astype(np.float64)
    y, hn, cn, below = x, [], [], None
    for at, g in groups.items():
        if "embeddings" in g:
            y = g["embeddings"][x]
        elif "recurrent_kernel" in g:
            back = "backward_" in at
            below = below if back else y
            h, c = keras_layer(cell, below[::-1] if back else y, g)
            hn.append(h[-1])
            cn.append(c)
            y = np.concatenate((y, h[::-1]), 2) if back else h
        else:
            s = np.concatenate(hn[-1 - two:], 1) if last else y
            y = s @ g["kernel"] + g["bias"]
    return y, np.array(hn), np.array(cn)


def keras_json(cell, layers, two, last, **other):
    """What model.to_json() says, as far as it is read."""
    c = {"name": "it", "activation": "relu" if cell == "relu" else "tanh",
         "recurrent_activation": "sigmoid", "go_backwards": False,
         "reset_after": cell == "gru", **other}
    stack = []
    for l in range(layers):
        layer = {"class_name": CLASS[cell], "config": {
            "return_sequences": not last or l < layers - 1, **c}}
        if two:
            layer = {"class_name": "Bidirectional", "config": {
                "name": "both", "merge_mode": c.get("merge_mode", "concat"),
                "layer": layer}}
        stack.append(layer)
    return json.dumps({"class_name": "Sequential", "config": {"layers": [
        {"class_name": "InputLayer", "config": {"name": "in"}}, *stack,
        {"class_name": "Dense", "config": {
            "name": "dense", "activation": c.get("dense", "softmax")}}]}})


def call(*argv):
    """torch_io's command line: what it prints, or why it refuses."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            torch_io.main(list(argv))
        except torch_io.Refused as e:
            return "refused: %s" % e
        except SystemExit:
            pass
    return out.getvalue()


def keras_case(n, cell, layers, two, bias):
    """One model of Keras in files; its C."""
    table, last, old = n % 3 == 0, n // 2 % 2 == 1, n % 2 == 1
    rng = np.random.default_rng(n)
    name = "keras-%s-%d-%d%s" % (cell, layers, 1 + two,
                                 "" if bias else "-no_bias")
    a = keras_arrays(rng, cell, layers, two, bias, table, old)
    x = rng.integers(I, size=(T, B)) if table else rng.normal(size=(T, B, I))
    x = x if table else x.astype(np.float32)
    y, hn, cn = keras_outputs(a, cell, two, last, x)
    argv = []
    if n // 4 % 2 == 0:
        np.savez(path(name + ".npz"),
                 config=keras_json(cell, layers, two, last), **a)
    else:
        np.savez(path(name + ".npz"), **a)
        argv = ["--cell", cell, "--wiring", "n_to_1" if last else "n_to_n"]
    out = call("keras", path(name + ".npz"), path(name + ".safetensors"),
               *argv)
    check(out == "", "%s: %s" % (name, out))
    tensors, meta = torch_io.read(path(name + ".safetensors"))
    torch_io.write(path(name + ".saved.safetensors"), tensors, meta)
    made = {"ids" if table else "x": x, "h0": 0 * hn, "y": y, "hn": hn}
    made.update({"c0": 0 * hn, "cn": cn} if cell == "lstm" else {})
    torch_io.write(path(name + ".io.safetensors"), {
        k: torch.tensor(v, dtype=torch.float64) for k, v in made.items()}, {})
    return c_case(name, torch_io.describe(tensors, meta), 0)


# ---- what does not fit ------------------------------------------------------


def refused(wanted, f, *args, **said):
    """That f refuses, in words in which `wanted`, an expression, is found."""
    try:
        f(*args, **said)
        text = "it was taken"
    except torch_io.Refused as e:
        text = str(e)
    check(re.search(wanted, text), "wanted %s; %s" % (wanted, text))


def net_of(cell="lstm", layers=2, two=1, style="parallel", **more):
    return Net(cell, layers, two, True, NAMES[style], **more)


def cut(name, size, axis=0):
    return lambda s: s.update({name: s[name].narrow(axis, 0, size)})


def drop(name):
    return lambda s: s.pop(name)


def spoil(name, *at):
    def change(s):
        s[name] = s[name].clone()
        s[name][at] = float("nan")
    return change


def turn(name):
    return lambda s: s.update({name: s[name].t()})


BROKEN = [  # what is said of a state_dict, what has happened to it
    (r"rnn\.bias_hh_l1_reverse \(layer 1, reverse\): not there; 16 is wanted",
     drop("rnn.bias_hh_l1_reverse")),
    (r"rnn\.weight_ih_l1 \(layer 1\): not there", drop("rnn.weight_ih_l1")),
    (r"rnn\.weight_ih_l0 \(layer 0\): not there", drop("rnn.weight_ih_l0")),
    (r"no tensor's name ends in weight_hh_l0", drop("rnn.weight_hh_l0")),
    (r"rnn\.weight_hh_l1_reverse \(layer 1, reverse\): 12x4, and 16x4 is "
     r"wanted \(4 gates of 4: i f g o\)", cut("rnn.weight_hh_l1_reverse", 12)),
    (r"rnn\.bias_ih_l0 \(layer 0\): 15, and 16", cut("rnn.bias_ih_l0", 15)),
    (r"rnn\.weight_hh_l0 \(layer 0\): 15x4, and a cell has 1, 3 or 4 gates of "
     r"4 rows", cut("rnn.weight_hh_l0", 15)),
    (r"rnn\.weight_hh_l0 \(layer 0\): gru or gru_reset_before, whose tensors "
     r"look alike: say --cell", cut("rnn.weight_hh_l0", 12)),
    (r"rnn\.weight_hh_l0 \(layer 0\): tanh or relu.*: say --cell",
     cut("rnn.weight_hh_l0", 4)),
    (r"rnn\.weight_ih_l1 \(layer 1\): 8x16, and 16x8", turn(
        "rnn.weight_ih_l1")),
    (r"rnn\.weight_hh_l1_reverse \(layer 1, reverse, gate f\): not a number, "
     r"or infinite, at \[5, 2\]", spoil("rnn.weight_hh_l1_reverse", 5, 2)),
    (r"rnn\.bias_ih_l0 \(layer 0, gate o\): not a number",
     spoil("rnn.bias_ih_l0", 15)),
    (r"linear\.weight: not a number", spoil("linear.weight", 0, 0)),
    (r"linear\.weight: no head or embedding that fits; the stack has 4 columns "
     r"before it and 8 behind it", cut("linear.weight", 7, 1)),
    (r"embedding\.weight: no head or embedding that fits",
     cut("embedding.weight", 3, 1)),
    (r"linear\.bias: 6, and 7 is wanted", cut("linear.bias", 6)),
    (r"rnn\.bias_ih_l0 .*: torch.int64 is no floating point",
     lambda s: s.update({"rnn.bias_ih_l0": s["rnn.bias_ih_l0"].long()})),
    (r"scale: no head or embedding that fits",
     lambda s: s.update(scale=torch.ones(3))),
    (r"rnn\.weight_hr_l0: an nn.LSTM with proj_size",
     lambda s: s.update({"rnn.weight_hr_l0": torch.ones(2, 4)})),
    (r"other\.weight_hh_l0, rnn\.weight_hh_l0|rnn\.weight_hh_l0, other\."
     r"weight_hh_l0: say which with --rnn",
     lambda s: s.update({"other.weight_hh_l0": torch.ones(16, 4)})),
    (r"linear\.bias: there is none, and the library's head has a bias",
     drop("linear.bias"))]


def broken_states():
    for wanted, change in BROKEN:
        state = dict(net_of().state_dict())
        change(state)
        refused(wanted, torch_io.describe, state, wiring="n_to_n")
    gru, lstm = net_of("gru"), net_of()
    refused(r"weight_hh_l0 .*: gru or gru_reset_before", torch_io.describe,
            gru.state_dict(), wiring="n_to_n")
    refused(r"weight_hh_l0 .*: 4 gates, gru has 3 \(r z n\)",
            torch_io.describe, lstm.state_dict(), cell="gru", wiring="n_to_n")
    refused(r"weight_hh_l0 .*: it is lstm, not lstm_peephole: there is no "
            r"peephole_l0", torch_io.describe, lstm.state_dict(),
            cell="lstm_peephole", wiring="n_to_n")
    refused(r"cell: it is gru, not gru_reset_before", torch_io.describe, gru,
            cell="gru_reset_before", wiring="n_to_n")
    refused(r"linear\.weight: does this head read every state, or the last\? "
            r"say --wiring", torch_io.describe, lstm)
    refused(r"nowhere\.weight: not there", torch_io.describe,
            lstm, rnn="rnn", head="nowhere", wiring="n_to_n")
    bag = nn.Sequential(nn.EmbeddingBag(9, 8), nn.LSTM(8, 8))
    refused(r"0\.weight: no head or embedding that fits", torch_io.describe,
            bag)
    text = torch_io.describe(nn.Sequential(nn.Embedding(9, 8), nn.LSTM(8, 8)))
    check('"emb.", "0."' in text, "a module's types tell: " + text)
    for head in (True, False):  # E = H: either may be either
        two = nn.Module()
        two.rnn, two.a = nn.LSTM(8, 8), nn.Embedding(9, 8)
        state = two.state_dict()
        refused(r"a\.weight: may be a head or an embedding.*say which",
                torch_io.describe, state, wiring="n_to_n")
        said = {"head" if head else "embedding": "a"}
        text = torch_io.describe({**state, "a.bias": torch.zeros(9)} if head
                                 else state, wiring="n_to_n", rnn="rnn", **said)
        check(('"out.", "a."' if head else '"emb.", "a."') in text, text)


def broken_loads():
    """A file that is not the module's: which tensor, or what else."""
    file = path("broken.safetensors")

    def one(wanted, saved, into, **said):
        torch_io.save(saved, file, wiring="n_to_n")
        refused(wanted, torch_io.load, file, into, **said)
    one(r"rnn\.weight_ih_l0_reverse \(layer 0, reverse\): in the file, 16x4; "
        r"the module has none", net_of(), net_of(two=0))
    one(r"rnn\.weight_ih_l1 \(layer 1\): not in the file; the module wants "
        r"16x8", net_of(layers=1), net_of())
    one(r"rnn\.weight_ih_l0 \(layer 0\): the file's is 12x4 \(gru\), the "
        r"module's 16x4 \(lstm\)", net_of("gru"), net_of())
    one(r"out\.weight: in the file, 7x8; the module has none",
        net_of(style="head"), net_of(style="alone"))
    one(r"embedding\.weight: not in the file; the module wants 5x4",
        net_of(style="head"), net_of())
    one(r"cell: the file's is relu, the module's tanh", net_of("relu"),
        net_of("tanh"))
    one(r"linear\.bias: in the file; the module has none", net_of(),
        net_of(head_bias=False))
    one(r"cell: the file says lstm, not gru", net_of(), net_of(), cell="gru")
    plain = net_of(head_bias=False)  # zeros go, where there is no place
    torch_io.save(plain, file, wiring="n_to_n")
    check(str(torch_io.load(file, plain)) == "<All keys matched successfully>",
          "a head without a bias, there and back")
    tensors, meta = torch_io.read(path("gru-1-1-bare-float32.saved.safetensors"
                                       ))
    torch_io.write(file, tensors, {**meta, "cell": "gru_reset_before"})
    refused(r"cell: the file's is gru_reset_before, the module's gru",
            torch_io.load, file, nn.GRU(I, H))
    check("refused: cell gru_reset_before: no module of torch" in
          call("from", file, path("no.pt")), "gru_reset_before for torch")
    torch_io.write(file, tensors, {})
    refused(r"weight_hh_l0 \(layer 0\): gru or gru_reset_before",
            torch_io.load, file, nn.GRU(I, H))
    check(str(torch_io.load(file, nn.GRU(I, H), cell="gru")) ==
          "<All keys matched successfully>", "a GRU that is asked for")
    torch_io.write(file, {**tensors, "weight_ih_l1": torch.ones(12, 4)}, meta)
    refused(r"weight_ih_l1 \(layer 1\): the rest has no such layer",
            torch_io.load, file, nn.GRU(I, H))
    torch_io.write(file, tensors, {**meta, "wiring": "n_to_m"})
    refused(r"wiring n_to_m: no module of torch is one", torch_io.load, file,
            nn.GRU(I, H))
    torch_io.write(file, tensors, {**meta, "hidden_size": "many"})
    refused(r"metadata: hidden_size is missing, or no value", torch_io.load,
            file, nn.GRU(I, H))


def broken_bytes():
    file = path("broken.safetensors")
    torch_io.save(net_of(), file, wiring="n_to_n")
    with open(file, "rb") as f:
        data = f.read()
    for bad, wanted in (
            (data[:-8], r"out\.bias: 7 of F32 are 28 bytes, the file has 20"),
            (data[:40], r"it ends in its header"), (b"", "ends in its header"),
            (data.replace(b'"F32","shape":[16,8]', b'"F33","shape":[16,8]')
             .replace(b'"F32", "shape": [16, 8]', b'"F33", "shape": [16, 8]'),
             r"rnn\.weight_ih_l1: no dtype"),
            (data[:8] + b"[" + data[9:], "its header is no JSON object")):
        with open(file, "wb") as f:
            f.write(bad)
        refused(wanted, torch_io.read, file)
    torch.save(net_of(), path("module.pt"))
    check("refused: " in call("describe", path("module.pt")) and
          "state_dict()" in call("describe", path("module.pt")), "a module")
    torch.save({"a": net_of().state_dict(), "b": net_of().state_dict()},
               path("two.pt"))
    check("say --key" in call("describe", path("two.pt")), "two of them")
    check("RNN_CELL_LSTM" in call("describe", path("two.pt"), "--key", "b",
                                  "--wiring", "n_to_n"), "--key")


def broken_keras():
    rng = np.random.default_rng(1)

    def one(wanted, change, kind="lstm", layers=2, two=1, bias=True, **said):
        a = {k: torch.tensor(v) for k, v in keras_arrays(
            rng, kind, layers, two, bias, False, True).items()}
        change(a)
        refused(wanted, torch_io.from_keras, a, wiring="n_to_n", **said)
    f = "bidirectional_1/forward_lstm_1/lstm_cell/"
    one(r"bidirectional_1/forward_lstm_1/lstm_cell/kernel: 7x16, and 8x16 is "
        r"wanted \(4 gates of 4: i f c o\)", cut(f + "kernel:0", 7))
    one(r"forward_lstm_1/lstm_cell/bias: 15, and 16", cut(f + "bias:0", 15))
    one(r"forward_lstm_1/lstm_cell/recurrent_kernel: 15x4, and a cell has",
        cut(f + "recurrent_kernel:0", 15, 1))
    one(r"bidirectional_1/backward_lstm_1/lstm_cell: no forward layer",
        lambda a: [a.pop(f + k) for k in ("kernel:0", "recurrent_kernel:0",
                                          "bias:0")] and a.update(
            {k: a.pop(k) for k in list(a)}))
    one(r"rnn\.weight_ih_l1_reverse \(layer 1, reverse\): not there",
        lambda a: [a.pop(k) for k in list(a) if "backward_lstm_1" in k] and
        a.update({"dense/kernel:0": a["dense/kernel:0"][:H]}))
    one(r"dense/kernel: 7x7, and 8x7 is wanted", cut("dense/kernel:0", 7))
    one(r"norm: gamma: no embedding, recurrent layer or Dense",
        lambda a: a.update({"norm/gamma:0": torch.ones(3)}))
    one(r"gru/gru_cell/recurrent_kernel: gru or gru_reset_before.*say --cell",
        lambda a: None, "gru", 1, 0, False)
    one(r"gru_cell/bias: 2x12 is that of gru, not of gru_reset_before",
        lambda a: None, "gru", 1, 0, True, cell="gru_reset_before")
    one(r"simple_rnn_cell/recurrent_kernel: tanh or relu.*say --cell",
        lambda a: None, "tanh", 1, 0)
    refused("no array's name ends in /recurrent_kernel", torch_io.from_keras,
            {"embedding/embeddings": torch.ones(2, 2)})
    for wanted, other, layers in (
            (r"both: recurrent_activation is hard_sigmoid, the library has "
             r"sigmoid", {"recurrent_activation": "hard_sigmoid"}, 1),
            (r"both: activation is elu", {"activation": "elu"}, 1),
            (r"both: go_backwards is True", {"go_backwards": True}, 1),
            (r"both: merge_mode is sum, the library has concat",
             {"merge_mode": "sum"}, 1),
            (r"dense: activation is relu", {"dense": "relu"}, 1),
            (r"both: return_sequences is false, and a layer above",
             {"return_sequences": False}, 2)):
        refused(wanted, torch_io.keras_config, keras_json(
            "lstm", layers, 1, False, **other), {})
    refused(r"it: its cell is gru, not gru_reset_before", torch_io.keras_config,
            keras_json("gru", 1, 0, False), {"cell": "gru_reset_before"})
    refused(r"it: its wiring is n_to_1, not n_to_n", torch_io.keras_config,
            keras_json("gru", 1, 0, True), {"wiring": "n_to_n"})


def broken_for_the_library():
    """What rnn_why says of the same: the tensor, under its name in the file."""
    name = "lstm-3-2-parallel-float32"
    file = path("why.safetensors")
    tensors, _ = torch_io.read(path(name + ".safetensors"))
    at = "module.rnn."
    for wanted, change in (
            ("the file has no module.rnn.bias_hh_l1_reverse",
             drop(at + "bias_hh_l1_reverse")),
            ("module.rnn.weight_hh_l1: file has 12x4, model wants 16x4",
             cut(at + "weight_hh_l1", 12)),
            ("module.rnn.bias_ih_l0: file has 15, model wants 16",
             cut(at + "bias_ih_l0", 15)),
            ("module.rnn.weight_ih_l1: file has 8x16, model wants 16x8",
             turn(at + "weight_ih_l1")),
            ("module.linear.weight: file has 7x7, model wants 7x8",
             cut("module.linear.weight", 7, 1)),
            ("module.embedding.weight: file has 4x4, model wants 5x4",
             cut("module.embedding.weight", 4)),
            ("the file has module.rnn.weight_ih_l3, which the model has not",
             lambda s: s.update({at + "weight_ih_l3": torch.ones(1)})),
            ("module.rnn.bias_ih_l0 is I64: F64, F32, F16 and BF16 are read",
             lambda s: s.update({at + "bias_ih_l0": torch.ones(
                 16, dtype=torch.int64)}))):
        state = dict(tensors)
        change(state)
        torch_io.write(file, state, {})
        code, out = run(path("run_model"), "why", file, name)
        check(code == 0 and wanted in out, "library: wanted %s; %s"
              % (wanted, out))
    torch.save(tensors, path("why.pt"))
    code, out = run(path("run_model"), "why", path("why.pt"), name)
    check("a zip archive, as torch.save writes" in out, "library: " + out)
    meta = torch_io.read(path(name + ".saved.safetensors"))[1]
    torch_io.write(file, tensors, {**meta, "cell": "gru"})
    code, out = run(path("run_model"), "why", file, name)
    check("cell: the file's model has" in out, "library: " + out)


# ---- the command line -------------------------------------------------------


def commands():
    """A state_dict to a file and back, by commands alone."""
    net = net_of("relu")
    torch.save({"model": nn.DataParallel(net).state_dict(), "epoch": 3},
               path("net.pt"))
    said = ["--cell", "relu", "--wiring", "n_to_1"]
    file, back = path("net.safetensors"), path("back.pt")
    code, out = run(sys.executable, "examples/torch_io.py", "to",
                    path("net.pt"), file, *said)
    check(code == 0 and out == "", "to: " + out)
    code, out = run(sys.executable, "examples/torch_io.py", "to",
                    path("net.pt"), file)
    check(code == 1 and "torch_io: module.rnn.weight_hh_l0 (layer 0): tanh or "
          "relu" in out, "to, without --cell: " + out)
    out = call("describe", file)
    check("RNN_CELL_RELU" in out and "RNN_WIRING_N_TO_1" in out and
          "NULL */" in out, "describe: " + out)
    out = call("describe", path("net.pt"), *said)
    check('{"rnn.", "module.rnn."}' in out, "describe: " + out)
    out = call("from", file, back, "--name", "emb.=embedding.", "--name",
               "out.=linear.")
    check("rnn = nn.RNN(4, 4, num_layers=2, bidirectional=True, "
          "nonlinearity='relu')" in out and
          "embedding = nn.Embedding(5, 4)" in out and
          "linear = nn.Linear(8, 7)" in out, "from: " + out)
    state = net.state_dict()
    again = net_of("relu")
    matched = str(again.load_state_dict(torch.load(back)))
    check(matched == "<All keys matched successfully>", "from: " + matched)
    check(all(torch.equal(state[k], v) for k, v in again.state_dict().items()),
          "to and from change a number")
    big = nn.Module()  # of which a part is a model here
    big.encoder, big.decoder = nn.LSTM(3, 4), nn.GRU(4, 4)
    big.a, big.b = nn.Linear(4, 4), nn.Linear(4, 2)
    text = torch_io.describe(big, rnn="encoder", head="b", wiring="n_to_n")
    check('{"rnn.", "encoder."}' in text and '{"out.", "b."}' in text,
          "a part of a network: " + text)


# ---- examples/README.md -----------------------------------------------------


def recipes():
    """Its programs as they stand, in a folder of their own; its messages."""
    folder = path("recipes")
    os.makedirs(folder, exist_ok=True)
    with open("examples/README.md", encoding="utf-8") as f:
        text = f.read()
    for kind, code in re.findall(r"^```(python|c)\n(.*?)^```", text,
                                 re.M | re.S):
        named = re.match(r"(?:/\* |# )(\w+\.(?:py|c)):", code)
        if not named: # a piece of a program
            continue
        with open(os.path.join(folder, named[1]), "w", encoding="utf-8") as f:
            f.write(code)
    root = os.getcwd()
    env = {**os.environ, "PYTHONPATH": os.path.join(root, "examples")}

    def here(*command):
        p = subprocess.run(command, cwd=folder, env=env, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, universal_newlines=True)
        check(p.returncode == 0, "%s: %s" % (" ".join(command), p.stdout))
        return p.stdout
    said = here(sys.executable, "to_c.py")
    check(said[:said.index("[[")].strip() in text,
          "the README has another description than\n" + said)
    want = json.loads(said[said.index("[["):])[0][0]
    here(CC, "-std=c99", "-O1", "-I" + root, "-DRNN_I_IMPLEMENTED", "net.c",
         root + "/build/rnn_plain.o", "-o", "net", "-lm")
    got = [float(x) for x in here("./net").split()]
    check(len(got) == 4 and max(abs(a - b) for a, b in zip(got, want)) < 1e-5,
          "net.c: %s, PyTorch: %s" % (got, want))
    here(os.path.join(root, "build/readme_letters"))
    said = here(sys.executable, "from_c.py").splitlines()
    check(said == ["<All keys matched successfully>", said[-1]] and
          json.loads(said[1]) == [1, 2, 3, 2],
          "from_c.py: %s" % said)
    check(len(re.findall("^torch_io: ", text, re.M)) == 4, "its messages")
    for line in messages():
        check("torch_io: %s\n" % line in text, "the README has not: " + line)


def messages():
    """What torch_io says of the files that the README speaks of."""
    net = nn.Module()
    net.lstm = nn.LSTM(3, 16, 2, bidirectional=True)
    net.fc = nn.Linear(32, 4)
    relu = path("relu.safetensors")
    torch_io.save(nn.RNN(3, 4, nonlinearity="relu"), relu)
    for change, f, args in (
            (drop("lstm.bias_hh_l1_reverse"), None, ()),
            (spoil("lstm.weight_hh_l0", 17, 3), None, ()),
            (None, torch_io.describe, (nn.GRU(3, 4).state_dict(),)),
            (None, torch_io.load, (relu, nn.RNN(3, 4)))):
        state = dict(net.state_dict())
        try:
            if change:
                change(state)
                torch_io.describe(state, wiring="n_to_n")
            else:
                f(*args)
            yield "it was taken"
        except torch_io.Refused as e:
            yield str(e)


def lengths():
    """Both directions are short enough to be read at a glance."""
    for f in (torch_io.save, torch_io.load, torch_io.describe):
        lines = inspect.getsource(f).splitlines()
        check(len(lines) <= 15, "%s has %d lines" % (f.__name__, len(lines)))


def main():
    torch.manual_seed(1)
    cases, rows = list(grid()), []
    for name, args in cases:
        rows.append(write_case(name, args))
    for n, args in enumerate(itertools.product(GATES, (1, 2), (0, 1),
                                               (True, False))):
        rows.append(keras_case(n, *args))
    compile_cases(cases=rows, described=list(described()))
    count("load")
    count("make")
    for name, args in cases:
        if args[5] in (torch.float32, torch.float64) and args[-1]:
            load_made(name, args)
    load_described()
    code, out = run(sys.executable, "tests/check_st.py",
                    *glob.glob(path("*.safetensors")))
    check(code == 0, "tests/check_st.py: " + out[-500:])
    broken_states()
    broken_loads()
    broken_bytes()
    broken_keras()
    broken_for_the_library()
    commands()
    recipes()
    lengths()
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
