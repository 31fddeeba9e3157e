#!/usr/bin/env python3
"""examples/rnn.py: what Python gets out of the shared library.

    python3 tests/rnn_py.py            after make shared

Of a model of every kind (tests/save_models.c): stacks of every cell against
equations in numpy; a step at a time against the whole sequence, and rows of a
batch against rows alone, bit for bit; what a decoder writes against the
likeliest tokens of a pass over what it wrote; refusals, word for word. Says
`skip` without numpy. Prints `N passed, N failed`.
"""

import glob
import json
import os
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(ROOT, "examples"))
try:
    import numpy as np
except ImportError:
    print("skip: no numpy")
    sys.exit(0)
import rnn

passed = failed = 0


def check(good, what):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL", what)


# ---- the equations, of what is saved under PyTorch's names ------------------

def read(path):
    with open(path, "rb") as f:
        data = f.read()
    size = int.from_bytes(data[:8], "little")
    said = json.loads(data[8:8 + size])
    said.pop("__metadata__")
    return {name: np.frombuffer(data[8 + size:], "<f4", count=(b - a) // 4,
                                offset=a).reshape(t["shape"]).astype(float)
            for name, t in said.items()
            for a, b in [t["data_offsets"]]}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cell(kind, x, h, c, W, U, b, d, p):
    """One step: PyTorch's equations; p are the rows of a peephole."""
    if kind in ("tanh", "relu"):
        z = x @ W.T + h @ U.T + b + d
        return np.tanh(z) if kind == "tanh" else np.maximum(z, 0), c
    if kind.startswith("gru"):
        (Wr, Wz, Wn), (Ur, Uz, Un) = np.split(W, 3), np.split(U, 3)
        (br, bz, bn), (dr, dz, dn) = np.split(b, 3), np.split(d, 3)
        r = sigmoid(x @ Wr.T + br + h @ Ur.T + dr)
        z = sigmoid(x @ Wz.T + bz + h @ Uz.T + dz)
        if kind == "gru":
            n = np.tanh(x @ Wn.T + bn + r * (h @ Un.T + dn))
        else:
            n = np.tanh(x @ Wn.T + bn + (r * h) @ Un.T + dn)
        return (1 - z) * n + z * h, c
    i, f, g, o = np.split(x @ W.T + h @ U.T + b + d, 4, axis=1)
    if p is not None:
        i, f = i + p[0] * c, f + p[1] * c
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    if p is not None:
        o = o + p[2] * c
    return sigmoid(o) * np.tanh(c), c


def stack(m, t, x):
    """N vs N and N vs 1 of the description m with tensors t."""
    names = "" if "weight_ih_l0" in t else "rnn."
    H = int(m["hidden_size"])
    for l in range(int(m["num_layers"])):
        outs, lasts = [], []
        for d in range(1 + int(m["bidirectional"])):
            at = "_l%d%s" % (l, "_reverse" if d else "")
            W, U = (t[names + n + at] for n in ("weight_ih", "weight_hh"))
            b, e = (t.get(names + n + at, np.zeros(len(W)))
                    for n in ("bias_ih", "bias_hh"))
            h = c = np.zeros((x.shape[1], H))
            ys = []
            for row in x[::-1] if d else x:
                h, c = cell(m["cell"], row, h, c, W, U, b, e,
                            t.get(names + "peephole" + at))
                ys.append(h)
            outs.append(np.array(ys[::-1] if d else ys))
            lasts.append(h)
        x = np.concatenate(outs, 2)
    y = np.concatenate(lasts, 1) if m["wiring"] == "n_to_1" else x
    if "out.weight" in t:
        y = y @ t["out.weight"].T + t["out.bias"]
    return y


# ---- what is asked of each model --------------------------------------------

def inputs(rng, tokens, width, T, B):
    if tokens:
        return rng.integers(0, width, (T, B))
    return rng.normal(size=(T, B, width)).astype(np.float32)


def check_stack(path, net):
    rng = np.random.default_rng(1)
    T, B = 6, 3
    x = inputs(rng, net.tokens, net.inputs, T, B)
    y, state = net.infer(x)
    t = read(path)
    table = t.get("emb.weight")
    wide = x if not net.tokens else np.eye(net.inputs)[x] if table is None \
        else table[x]
    want = stack(net.description, t, wide)
    check(y.shape == want.shape and np.abs(y - want).max() < 1e-5,
          "%s: %s %s" % (path, y.shape, want.shape))
    for b in range(B):
        alone = net.infer(x[:, b:b + 1])[0]
        check(np.array_equal(alone, y[..., b:b + 1, :]), path + ": a row alone")
    short, _ = net.infer(x, lengths=[T, 2, 4])
    alone = net.infer(x[:2, 1:2])[0]
    rows = short[1:2] if net.wiring == "n_to_1" else short[:2, 1:2]
    check(np.array_equal(rows, alone), path + ": a shorter row")
    if net.description["bidirectional"] == "1":
        return
    at = None
    for k in range(T):
        z, at = net.step(x[k], at)
        if net.wiring == "n_to_n":
            check(np.array_equal(z, y[k]), path + ": a step")
    check(np.array_equal(at[0] if net.has_c else at,
                         state[0] if net.has_c else state), path + ": a state")


def check_decoder(path, net):
    rng = np.random.default_rng(2)
    B, S, M = 2, 3, 5
    S = 1 if net.wiring == "1_to_n" else S
    source = [inputs(rng, net.source_tokens, net.source_inputs, S, B)
              for _ in range(net.sources)]
    one = source if net.sources > 1 else source[0]
    if not net.inputs:
        y, _ = net.infer(source=one, steps=M)
        check(y.shape == (M, B, net.outputs), path + ": shape")
        return
    if not net.tokens:
        y, _ = net.infer(inputs(rng, 0, net.inputs, M, B), source=one)
        check(y.shape == (M, B, net.outputs), path + ": shape")
        return
    if net.inputs < net.outputs:
        return
    texts = net.write(one, begin=1, end=-1, most=M)
    read_back = np.array([[1] + s[:-1] for s in texts]).T
    y, _ = net.infer(read_back, source=one)
    check(y.argmax(2).T.tolist() == texts, path + ": what it writes")


def refused(what, words, call, *args, **more):
    try:
        call(*args, **more)
        check(False, what + ": not refused")
    except ValueError as e:
        check(words in str(e), "%s: %s" % (what, e))


def check_refusals(folder):
    net = rnn.Model(folder + "/0.safetensors")
    refused("width", "(T, B, 5) is wanted, (2, 1, 4) is given", net.infer,
            np.zeros((2, 1, 4)))
    refused("state", "a state of (1, 1, 4) is wanted", net.infer,
            np.zeros((2, 1, 5)), state=np.zeros((1, 2, 4)))
    refused("source", "has no source", net.infer, np.zeros((2, 1, 5)),
            source=np.zeros((1, 1, 5)))
    refused("length", "seq.lengths has 3 for row 0", net.infer, np.zeros((2, 1, 5)),
            lengths=[3])
    letters = [p for p in glob.glob(folder + "/*.safetensors")
               if rnn.Model(p).tokens and not rnn.Model(p).sources][0]
    for ids in ([[0.5]], [[2 ** 32]], [[-1]]):
        refused("tokens %s" % ids, "tokens are whole numbers from 0 to",
                rnn.Model(letters).infer, ids)
    path = folder + "/broken"
    with open(folder + "/0.safetensors", "rb") as f:
        data = f.read()
    with open(path, "wb") as f:
        f.write(data[:-1])
    refused("a file cut short", "data_offsets end at", rnn.Model, path)
    check(net.infer(np.zeros((2, 1, 5)))[0].shape == (2, 1, net.outputs),
          "after refusals")


def main():
    folder = os.path.join(ROOT, "build/rnn_py")
    os.makedirs(folder, exist_ok=True)
    for old in glob.glob(folder + "/*"):
        os.remove(old)
    subprocess.run(["make", "-s", "build/save_models"], cwd=ROOT, check=True)
    subprocess.run([os.path.join(ROOT, "build/save_models"), folder],
                   check=True)
    for path in sorted(glob.glob(folder + "/*.safetensors")):
        net = rnn.Model(path)
        (check_decoder if net.sources else check_stack)(path, net)
    check_refusals(folder)
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


sys.exit(main())
