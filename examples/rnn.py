"""Runs a checkpoint of rnn.h from Python: numpy arrays in, numpy arrays out.

    make shared                         # build/librnn.so
    python3 examples/rnn.py FILE        # what FILE holds

    import rnn                          # examples/rnn.py; needs numpy
    net = rnn.Model("letters.safetensors")
    y, state = net.infer(ids)           # ids (T, B), or x (T, B, I): y (T, B, O)
    y, state = net.step(ids[0], state)  # one step, for ever
    texts = rnn.Model("translate.safetensors").write(source, begin=0, end=0)

The library is build/librnn.so of this repository, or what the environment
variable RNN_LIBRARY names. Shapes are those of PyTorch, time-major; a state is h (layers, B, H), or (h, c)
of an LSTM. Results have the bits of the C library. Everything that cannot be
computed is a ValueError that says which field, argument or tensor is wrong. It
reads; to train, write C, or take weights to PyTorch and back by torch_io.py.
"""

import ctypes
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
NO_ROOM = -3  # RNN_E_BUFFER
WIRINGS = ("n_to_n", "n_to_1", "1_to_n", "n_to_m")
FACTS = ("wiring", "has_c", "tokens", "inputs", "source_tokens",
         "source_inputs", "layers", "units", "outputs", "sources")


class _Rows(ctypes.Structure):
    _fields_ = [("steps", ctypes.c_int), ("batch", ctypes.c_int),
                ("x", ctypes.c_void_p), ("ids", ctypes.c_void_p),
                ("lengths", ctypes.c_void_p)]


def _library():
    lib = ctypes.CDLL(os.environ.get("RNN_LIBRARY") or
                      os.path.join(HERE, "../build/librnn.so"))
    p, n, size = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t
    lib.share_why.restype = ctypes.c_char_p
    lib.share_why.argtypes = [p]
    lib.share_close.restype = None
    lib.share_close.argtypes = [p]
    lib.share_facts.restype = None
    lib.share_facts.argtypes = [p, p]
    lib.share_open.argtypes = [ctypes.c_char_p, size, n, n, n, p]
    lib.share_infer.argtypes = [p, p, p, p, p, p, size]
    lib.share_step.argtypes = [p, p, p, p, p, p, size]
    lib.share_write.argtypes = [p, p, n, n, n, p, p, p, size, p, p]
    return lib


def _at(array):
    return None if array is None else array.ctypes.data


class Model:
    """A checkpoint that rnn_save has written, ready to run.

    description is its metadata, a dictionary of strings. Room for longer or
    more sequences is made when they come."""

    def __init__(self, path):
        self._lib = _library()
        self._handle = None
        self._room = (0, 0, 0)
        with open(path, "rb") as f:
            self._file = f.read()
        self._plan(1, 1, 1)
        size = int.from_bytes(self._file[:8], "little")
        self.description = json.loads(self._file[8:8 + size])["__metadata__"]
        facts = (ctypes.c_int * len(FACTS))()
        self._lib.share_facts(self._handle, facts)
        self.__dict__.update(zip(FACTS, facts))
        self.wiring = WIRINGS[self.wiring]

    def __del__(self):
        if getattr(self, "_handle", None):
            self._lib.share_close(self._handle)

    def _plan(self, steps, batch, source_steps):
        """A handle for so much, unless the present one has the room."""
        want = (steps, batch, source_steps)
        if self._handle and batch == self._room[1] and \
                all(a <= b for a, b in zip(want, self._room)):
            return
        handle = ctypes.c_void_p()
        status = self._lib.share_open(self._file, len(self._file), *want,
                                      ctypes.byref(handle))
        if not handle:
            raise MemoryError()
        if status:
            why = self._lib.share_why(handle).decode()
            self._lib.share_close(handle)
            raise MemoryError(why) if status == NO_ROOM else ValueError(why)
        if self._handle:
            self._lib.share_close(self._handle)
        self._handle, self._room = handle, want

    def _do(self, function, *args):
        if function(self._handle, *args):
            raise ValueError(self._lib.share_why(self._handle).decode())

    def _rows(self, x, lengths, tokens, width):
        """_Rows of x, and what must live as long."""
        x = np.asarray(x)
        if tokens and x.size and (x.dtype.kind not in "iu" or
                                  x.min() < 0 or x.max() >= width):
            raise ValueError("tokens are whole numbers from 0 to %d"
                             % (width - 1))
        x = np.ascontiguousarray(x, np.int32 if tokens else np.float32)
        shape = "(T, B)" if tokens else "(T, B, %d)" % width
        if x.ndim != (2 if tokens else 3) or not tokens and \
                x.shape[2] != width:
            raise ValueError("%s is wanted, %s is given" % (shape, x.shape))
        if lengths is not None:
            lengths = np.ascontiguousarray(lengths, np.int32)
            if lengths.shape != x.shape[1:2]:
                raise ValueError("a length for each of %d rows is wanted"
                                 % x.shape[1])
        rows = _Rows(x.shape[0], x.shape[1], None if tokens else _at(x),
                     _at(x) if tokens else None, _at(lengths))
        return rows, (x, lengths)

    def _sources(self, source, lengths):
        """An array of _Rows, what must live, the most steps, the batch."""
        if not self.sources:
            if source is not None:
                raise ValueError("a model of wiring %s has no source"
                                 % self.wiring)
            return None, None, 1, None
        if source is None:
            raise ValueError("source is wanted")
        many = self.sources > 1
        sources = list(source) if many else [source]
        lengths = list(lengths) if many and lengths is not None else \
            [lengths] * len(sources)
        if len(sources) != self.sources or len(lengths) != self.sources:
            raise ValueError("%d sources are wanted" % self.sources)
        made = [self._rows(x, n, self.source_tokens, self.source_inputs)
                for x, n in zip(sources, lengths)]
        rows = (_Rows * 2)(*[m[0] for m in made])
        return rows, made, max(r.steps for r in rows), rows[0].batch

    def _state(self, state, batch):
        """h and c, of our own: zeros, or copies of what is given."""
        shape = (self.layers, batch, self.units)
        if state is None:
            state = (np.zeros(shape), np.zeros(shape))
        elif not self.has_c:
            state = (state, np.zeros(shape))
        elif not isinstance(state, (tuple, list)) or len(state) != 2:
            raise ValueError("a state of this cell is (h, c)")
        h, c = (np.array(s, np.float32, order="C") for s in state)
        if h.shape != shape or c.shape != shape:
            raise ValueError("a state of %s is wanted, %s is given"
                             % (shape, h.shape))
        return h, c if self.has_c else None

    def _out(self, h, c):
        return (h, c) if self.has_c else h

    def infer(self, x=None, lengths=None, state=None, source=None,
              source_lengths=None, steps=None):
        """All steps of x (T, B, I), or of tokens (T, B): y (T, B, O), of N vs
        1 (B, O), and the last state, of a decoder None. A decoder reads its
        source first, and x are the outputs before those asked for; one that
        does not read its outputs takes `steps` instead. state None: zeros."""
        src, live, source_steps, batch = self._sources(source, source_lengths)
        if self.inputs:
            if x is None:
                raise ValueError("x is wanted")
            rows, keep = self._rows(x, lengths, self.tokens, self.inputs)
        elif x is not None or not steps:
            raise ValueError("this decoder reads no x, and wants steps")
        else:
            rows, keep = _Rows(steps, batch), None
        if self.sources and state is not None:
            raise ValueError("a decoder begins where its source says")
        self._plan(rows.steps, rows.batch, source_steps)
        h, c = (None, None) if self.sources else self._state(state, rows.batch)
        many = () if self.wiring == "n_to_1" else (rows.steps,)
        y = np.empty(many + (rows.batch, self.outputs), np.float32)
        self._do(self._lib.share_infer, ctypes.byref(rows), src, _at(h), _at(c),
                 _at(y), y.size)
        del live, keep
        return y, None if h is None else self._out(h, c)

    def step(self, x, state=None):
        """One step of x (B, I), or of tokens (B): y (B, O) and the state."""
        if self.sources:
            raise ValueError("write is what runs a decoder")
        rows, keep = self._rows(np.asarray(x)[None], None, self.tokens,
                                self.inputs)
        self._plan(1, rows.batch, 1)
        h, c = self._state(state, rows.batch)
        y = np.empty((rows.batch, self.outputs), np.float32)
        self._do(self._lib.share_step, rows.x, rows.ids, _at(h), _at(c),
                 _at(y), y.size)
        del keep
        return y, self._out(h, c)

    def write(self, source, lengths=None, begin=0, end=0, most=100):
        """The likeliest tokens of each source (S, B) or (S, B, I), one after
        another: a list of lists, without end."""
        src, live, source_steps, batch = self._sources(source, lengths)
        if src is None:
            raise ValueError("a model of wiring %s has no source" %
                             self.wiring)
        self._plan(1, batch, source_steps)
        h, c = self._state(None, batch)
        room = np.empty((batch, self.outputs), np.float32)
        ids = np.empty((most, batch), np.int32)
        counts = np.empty(batch, np.int32)
        self._do(self._lib.share_write, src, begin, end, most, _at(h), _at(c),
                 _at(room), room.size, _at(ids), _at(counts))
        del live
        return [ids[:n, b].tolist() for b, n in enumerate(counts)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for key, value in Model(sys.argv[1]).description.items():
        print("%s: %s" % (key, value))
