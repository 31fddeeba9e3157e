#!/usr/bin/env python3
"""Writes a reference case of a cell for build/parity, independent of rnn.h.

    tests/cell_case.py CELL FILE [SEED]

Every number is a node of a tape: the equations of the cell are written out once,
number by number as in the paper, and gradients follow by the chain rule, in
double precision. It needs nothing but Python. To add a cell: its gates, and one
function below.

The format is that of the other cases: in.*, up.* and p.* are the inputs,
out64.* and grad64.* the results, and err32.* in the metadata says how far the
same tape rounded to float at every operation is from them.
"""
import json
import math
import random
import struct
import sys


def to_float(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


rounding = float  # or to_float


class Number:
    """A value, and what it was made of: (node, derivative) pairs."""

    def __init__(self, value, made_of=()):
        self.value = rounding(value)
        self.made_of = made_of
        self.gradient = 0.0

    def __add__(self, other):
        return Number(self.value + other.value, ((self, 1.0), (other, 1.0)))

    def __sub__(self, other):
        return Number(self.value - other.value, ((self, 1.0), (other, -1.0)))

    def __mul__(self, other):
        return Number(self.value * other.value,
                      ((self, other.value), (other, self.value)))


def function(a, y, slope):
    return Number(y, ((a, rounding(slope)),))


def sigmoid(a):
    y = 1 / (1 + math.exp(-a.value))
    return function(a, y, y * (1 - y))


def tanh(a):
    y = math.tanh(a.value)
    return function(a, y, 1 - y * y)


def relu(a):
    return function(a, max(a.value, 0.0), float(a.value > 0))


def backward(root):
    order, seen, stack = [], set(), [(root, 0)]
    while stack:
        node, i = stack.pop()
        if i == 0 and id(node) in seen:
            continue
        seen.add(id(node))
        if i < len(node.made_of):
            stack.append((node, i + 1))
            stack.append((node.made_of[i][0], 0))
        else:
            order.append(node)
    root.gradient = 1.0
    for node in reversed(order):
        for source, slope in node.made_of:
            source.gradient = rounding(source.gradient +
                                       rounding(node.gradient * slope))


# ---- the cells: x(g) = W_ig x + b_ig, h(g, v) = W_hg v + b_hg of gate g -------

ONE = 1.0


def elman(f):
    def cell(x, h, state, c, p):
        return [f(a + b) for a, b in zip(x(0), h(0, state))], c
    return cell


def gru(after):
    def cell(x, h, state, c, p):
        one = Number(ONE)
        r = [sigmoid(a + b) for a, b in zip(x(0), h(0, state))]
        z = [sigmoid(a + b) for a, b in zip(x(1), h(1, state))]
        if after:
            q = [a * b for a, b in zip(r, h(2, state))]
        else:
            q = h(2, [a * b for a, b in zip(r, state)])
        n = [tanh(a + b) for a, b in zip(x(2), q)]
        return [(one - z[j]) * n[j] + z[j] * state[j]
                for j in range(len(state))], c
    return cell


def lstm(peephole):
    def cell(x, h, state, c, p):
        def gate(g, f, v, seen):
            a = [a + b for a, b in zip(x(g), h(g, state))]
            if peephole and seen is not None:
                a = [a[j] + p[v][j] * seen[j] for j in range(len(a))]
            return [f(one) for one in a]
        i = gate(0, sigmoid, 0, c)
        f = gate(1, sigmoid, 1, c)
        g = gate(2, tanh, None, None)
        new = [f[j] * c[j] + i[j] * g[j] for j in range(len(c))]
        o = gate(3, sigmoid, 2, new)
        return [o[j] * tanh(new[j]) for j in range(len(c))], new
    return cell


CELLS = {  # gates, further vectors, whether it has c, one step
    "rnn_tanh": (1, 0, 0, elman(tanh)),
    "rnn_relu": (1, 0, 0, elman(relu)),
    "gru": (3, 0, 0, gru(True)),
    "gru_reset_before": (3, 0, 0, gru(False)),
    "lstm": (4, 0, 1, lstm(False)),
    "lstm_peephole": (4, 3, 1, lstm(True)),
}

# ---- a stack of two layers ----------------------------------------------------

I, H, L, B, T = 4, 6, 2, 3, 5


def draw(*shape):
    n = math.prod(shape)
    return list(shape), [to_float(random.uniform(-1, 1)) for _ in range(n)]


def draw_all(gates, vectors, has_c):
    a = {"in.x": draw(T, B, I), "up.y": draw(T, B, H)}
    for name in ("h0", "c0")[:1 + has_c]:
        a["in." + name] = draw(L, B, H)
    for name in ("hn", "cn")[:1 + has_c]:
        a["up." + name] = draw(L, B, H)
    for l in range(L):
        a["p.weight_ih_l%d" % l] = draw(gates * H, H if l else I)
        a["p.weight_hh_l%d" % l] = draw(gates * H, H)
        a["p.bias_ih_l%d" % l] = draw(gates * H)
        a["p.bias_hh_l%d" % l] = draw(gates * H)
        if vectors:
            a["p.peephole_l%d" % l] = draw(vectors, H)
    return a


def affine(weight, bias, gate, v):
    n = len(v)
    out = []
    for row in range(gate * H, gate * H + H):
        sum_ = bias[row]
        for k in range(n):
            sum_ = sum_ + weight[row * n + k] * v[k]
        out.append(sum_)
    return out


def run(arrays, vectors, has_c, step):
    t = {k: [Number(x) for x in v[1]] for k, v in arrays.items()}
    below = [[t["in.x"][(s * B + b) * I:(s * B + b + 1) * I]
              for b in range(B)] for s in range(T)]
    last_h, last_c = [], []
    for l in range(L):
        def of(name, l=l):
            return t["p.%s_l%d" % (name, l)]
        p = [of("peephole")[v * H:v * H + H] for v in range(vectors)]
        at = [(l * B + b) * H for b in range(B)]
        h = [t["in.h0"][k:k + H] for k in at]
        c = [t["in.c0"][k:k + H] if has_c else None for k in at]
        out = []
        for s in range(T):
            for b in range(B):
                h[b], c[b] = step(
                    lambda g: affine(of("weight_ih"), of("bias_ih"), g,
                                     below[s][b]),
                    lambda g, v: affine(of("weight_hh"), of("bias_hh"), g, v),
                    h[b], c[b], p)
            out.append(list(h))
        below = out
        last_h += sum(h, [])
        last_c += sum(c, []) if has_c else []
    results = {"y": sum((below[s][b] for s in range(T) for b in range(B)), []),
               "hn": last_h}
    if has_c:
        results["cn"] = last_c
    loss = Number(0.0)
    for name in results:
        for value, up in zip(results[name], t["up." + name]):
            loss = loss + value * up
    backward(loss)
    out = {name: (arrays["up." + name][0], [v.value for v in results[name]])
           for name in results}
    out["loss"] = ([], [loss.value])
    grad = {name.split(".")[1]: (arrays[name][0],
                                 [v.gradient for v in t[name]])
            for name in arrays if not name.startswith("up.")}
    return out, grad


def main():
    global rounding
    cell, path = sys.argv[1], sys.argv[2]
    random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    gates, vectors, has_c, step = CELLS[cell]
    arrays = draw_all(gates, vectors, has_c)
    exact = run(arrays, vectors, has_c, step)
    rounding = to_float
    rounded = run(arrays, vectors, has_c, step)
    meta = {"kind": "cell", "cell": cell, "I": str(I), "H": str(H),
            "L": str(L), "B": str(B), "T": str(T), "bidirectional": "0",
            "bias": "1", "varlen": "0", "layout": "time-major (T,B,feature)",
            "note": "tests/cell_case.py"}
    head, data = {"__metadata__": meta}, b""

    def put(name, kind, shape, values):
        nonlocal data
        begin = len(data)
        data += struct.pack("<%d%s" % (len(values), kind), *values)
        head[name] = {"dtype": "F64" if kind == "d" else "F32", "shape": shape,
                      "data_offsets": [begin, len(data)]}

    for part, a, b in zip(("out", "grad"), exact, rounded):
        for name in a:
            put("%s64.%s" % (part, name), "d", *a[name])
    for name in arrays:
        put(name, "f", *arrays[name])
    for part, a, b in zip(("out", "grad"), exact, rounded):
        for name in a:
            put("%s.%s" % (part, name), "f", *b[name])
            meta["err32.%s.%s" % (part, name)] = "%.3g" % max(
                abs(x - y) for x, y in zip(a[name][1], b[name][1]))
    header = json.dumps(head, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(header)) + header + data)


if __name__ == "__main__":
    main()
