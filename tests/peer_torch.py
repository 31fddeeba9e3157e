#!/usr/bin/env python3
"""PyTorch on rows of tests/bench_line.h: all ops, all cells but
gru_reset_before.

    tests/peer_torch.py [--reps N] 'lstm train 128 128 16 50' ...

OMP_NUM_THREADS says how many threads. A row holds what ours holds, except that
the states' gradients are not asked for; what else differs is said where it is.
The first line says which BLAS it has: a distribution's may be the reference
one, which is many times slower. Sampling is that of tests/bench_time.h.
"""
import ctypes
import glob
import os
import statistics
import sys
import time

THREADS = int(os.environ.setdefault("OMP_NUM_THREADS", "1"))
os.environ.setdefault("OPENBLAS_NUM_THREADS", str(THREADS))

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.utils.rnn import pack_padded_sequence  # noqa: E402

TOKENS = 1000
STACKS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CELLS = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


class Row:
    """The numbers of a row, and its floating-point operations."""

    def __init__(self, text):
        self.text = text
        self.cell, self.op, *sizes = text.split()
        self.H, self.I, self.B, self.T = map(int, sizes)
        self.G = {"rnn": 1, "lstm": 4}.get(self.cell, 3)
        self.L = 2 if "_L2" in self.op else 1
        self.D = 2 if "_bi" in self.op else 1
        self.lengths = [self.T] * self.B
        if "_lengths" in self.op:
            self.lengths = [self.T - 7 * b % self.B * self.T // self.B
                            for b in range(self.B)]

    def stack_flops(self, n):
        total, size = 0, self.I
        for _ in range(self.L):
            total += 2.0 * n * self.G * self.H * self.D * (size + self.H)
            size = self.D * self.H
        return total

    def flops(self):
        H, B, K = self.H, self.B, self.D * self.H
        n = sum(self.lengths)
        f = self.stack_flops(n)
        if "attention" in self.op:
            f += 2.0 * n * K * H + 2.0 * B * K * H
            f += 2.0 * n * H * H + 2.0 * n * self.T * (H + K)
            f += 2.0 * n * self.G * H * (self.I + K + H)
            f += 2.0 * n * H * TOKENS
        elif "charlm" in self.op:
            f += 2.0 * n * H * self.I
        return f if self.op[:5] in ("infer", "strea") else 3 * f


def waited():
    """Seconds that all threads have waited for a processor; how many ran."""
    total, threads = 0, 0
    for path in glob.glob("/proc/self/task/*/schedstat"):
        try:
            with open(path) as f:
                ran, wait, _ = map(int, f.read().split())
        except (OSError, ValueError):
            continue
        total += wait
        threads += 1
    return total * 1e-9, threads


def take(call, n):
    """One sample: seconds of n calls, and which share of it was waiting."""
    before, _ = waited()
    start = time.perf_counter()
    for _ in range(n):
        call()
    spent = time.perf_counter() - start
    wait = waited()[0] - before
    if THREADS == 1 and wait < spent:
        spent -= wait
    return spent, wait / spent


def measure(row, call, reps):
    spent, n = 0, 1
    for _ in range(2):
        call()
    while spent < 0.025:
        if spent:
            n = int(n * min(20, 1.1 * 0.025 / spent)) + 1
        spent, _ = take(call, n)
    samples, clean, start = [], 0, time.perf_counter()
    while clean < reps and len(samples) < 8 * reps and (
            len(samples) < reps or time.perf_counter() - start < 20):
        samples.append(take(call, n))
        clean += samples[-1][1] < 0.01
    best = sorted(samples, key=lambda s: s[1])[:reps]
    times = [s[0] / n for s in best]
    median = statistics.median(times)
    chars = ""
    if "charlm" in row.op:
        chars = f" kchars/s={row.T * row.B / median * 1e-3:.1f}"
    print(f"torch {row.text} {THREADS} {median * 1e3:.6g} "
          f"{row.flops() / median * 1e-9:.2f} -{chars} "
          f"clean={clean}/{len(samples)} min={min(times) * 1e3:.6g} "
          f"max={max(times) * 1e3:.6g}", flush=True)


def stack_of(row, size=None):
    return STACKS[row.cell](size or row.I, row.H, num_layers=row.L,
                            bidirectional=row.D == 2)


def states(row, batch):
    shape = (row.L * row.D, batch, row.H)
    h = torch.rand(shape) * 0.25 - 0.125
    return (h, h.clone()) if row.cell == "lstm" else h


def layer(row):
    """train, infer: gradients are dropped before, so the first is no sum."""
    stack = stack_of(row)
    x = torch.rand(row.T, row.B, row.I) - 0.5
    dy = torch.rand(row.T, row.B, row.D * row.H) / 64 - 1 / 128
    first = states(row, row.B)
    lengths = torch.tensor(row.lengths)

    def packed():
        return pack_padded_sequence(x, lengths, enforce_sorted=False)

    def infer():
        with torch.inference_mode():
            stack(x, first)

    if row.op.startswith("infer"):
        return infer
    x.requires_grad_(True)
    leaves = [*stack.parameters(), x]
    if "_lengths" in row.op:
        dy = pack_padded_sequence(dy, lengths, enforce_sorted=False).data

    def train():
        for p in leaves:
            p.grad = None
        if "_lengths" in row.op:
            stack(packed(), first)[0].data.backward(dy)
        else:
            stack(x, first)[0].backward(dy)
    return train


def stream(row):
    """One step; of nn.LSTM and nn.LSTMCell what is quicker, the cell."""
    cell = CELLS[row.cell](row.I, row.H)
    x = torch.rand(row.B, row.I) - 0.5
    state = [None]
    with torch.inference_mode():
        state[0] = cell(x)

    def step():
        state[0] = cell(x, state[0])
    return torch.inference_mode()(step)


class CharModel(nn.Module):
    def __init__(self, row):
        super().__init__()
        self.symbols = row.I
        self.rnn = stack_of(row)
        self.out = nn.Linear(row.H, row.I)

    def forward(self, ids):
        x = nn.functional.one_hot(ids, self.symbols).float()
        return self.out(self.rnn(x)[0])


class Translator(nn.Module):
    """Encoder, bridge, additive attention, decoder step by step, head."""

    def __init__(self, row):
        super().__init__()
        K = row.D * row.H
        self.lstm = row.cell == "lstm"
        self.emb_src = nn.Embedding(TOKENS, row.I)
        self.emb_tgt = nn.Embedding(TOKENS, row.I)
        self.enc = stack_of(row)
        self.bridge = nn.Linear(K, row.H)
        self.W = nn.Linear(row.H, row.H, bias=False)
        self.U = nn.Linear(K, row.H, bias=False)
        self.v = nn.Linear(row.H, 1, bias=False)
        self.dec = CELLS[row.cell](row.I + K, row.H)
        self.out = nn.Linear(row.H, TOKENS)

    def forward(self, source, target):
        memory, last = self.enc(self.emb_src(source))
        last = last[0] if self.lstm else last
        s = torch.tanh(self.bridge(torch.cat(list(last), 1)))
        state = (s, torch.zeros_like(s)) if self.lstm else s
        keys, y = self.U(memory), self.emb_tgt(target)
        rows = memory.transpose(0, 1)
        outputs = []
        for t in range(y.shape[0]):
            e = self.v(torch.tanh(self.W(s) + keys)).squeeze(2)
            a = torch.softmax(e, 0)
            c = torch.bmm(a.t().unsqueeze(1), rows).squeeze(1)
            state = self.dec(torch.cat([y[t], c], 1), state)
            s = state[0] if self.lstm else state
            outputs.append(s)
        return self.out(torch.stack(outputs))


def training(row):
    """A whole step of a model: loss, backward, clipping, Adam."""
    if "charlm" in row.op:
        model, limit = CharModel(row), row.I
        inputs = [torch.randint(0, limit, (row.T, row.B))]
    else:
        model, limit = Translator(row), TOKENS
        inputs = [torch.randint(0, limit, (row.T, row.B)) for _ in range(2)]
    target = torch.randint(0, limit, (row.T * row.B,))
    adam = torch.optim.Adam(model.parameters(), lr=2e-3)
    loss_of = nn.CrossEntropyLoss()

    def step():
        adam.zero_grad(set_to_none=True)
        loss_of(model(*inputs).flatten(0, 1), target).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        adam.step()
    return step


def blas():
    """Whose products PyTorch takes: the file with sgemm_. Of Debian's
    libblas.so.3 that is chosen where it is installed."""
    try:
        with open("/proc/self/maps") as f:
            maps = [line.split() for line in f if ".so" in line]
        cpu = next(m[-1] for m in maps if "libtorch_cpu" in m[-1])
        at = ctypes.cast(ctypes.CDLL(cpu).sgemm_, ctypes.c_void_p).value
    except (OSError, StopIteration, AttributeError):
        return "an unknown BLAS"
    path = "an unknown file"
    for m in maps:
        low, high = (int(end, 16) for end in m[0].split("-"))
        if low <= at < high:
            path = m[-1]
    for word, name in (("openblas", "OpenBLAS"), ("mkl_", "MKL"),
                       ("blis", "BLIS"), ("atlas", "ATLAS"),
                       ("libtorch", "a BLAS of its own"),
                       ("libblas.so", "the reference BLAS, many times slower "
                                      "than OpenBLAS")):
        if word in path:
            return f"{name} ({path})"
    return f"BLAS in {path}"


def main():
    reps, rows, args = 9, [], sys.argv[1:]
    while args:
        if args[0] == "--reps":
            reps, args = int(args[1]), args[2:]
        else:
            rows.append(Row(args.pop(0)))
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    print(f"# torch: PyTorch {torch.__version__}, {blas()}", flush=True)
    for row in rows:
        if row.cell not in STACKS:
            continue
        if "charlm" in row.op or "attention" in row.op:
            call = training(row)
        else:
            call = stream(row) if row.op == "stream" else layer(row)
        measure(row, call, reps)


main()
