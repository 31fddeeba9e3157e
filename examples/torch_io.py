#!/usr/bin/env python3
"""torch_io: weights from PyTorch and Keras for rnn.h, and back.

    torch_io.py describe FILE                 the description in C, and names
    torch_io.py to FILE OUT.safetensors       PyTorch's: for rnn_load_params
    torch_io.py from FILE OUT.pt              rnn_save's: for load_state_dict
    torch_io.py keras FILE.npz OUT.safetensors

FILE is what torch.save(module.state_dict(), ...) has written, or safetensors.
A network is nn.RNN, nn.GRU or nn.LSTM, of any layers and directions, with an
nn.Embedding in front or not, an nn.Linear behind or not, under any names; what
forward() does between them leaves no tensor and is not seen. In a program of
your own:

    import torch_io                           # this file, beside yours
    torch_io.save(net, "net.safetensors", wiring="n_to_n")
    print(torch_io.describe(net, wiring="n_to_n"))
    print(torch_io.load("net.safetensors", net))

What a state_dict cannot say is asked for, unless the file or the module says
it; options, and arguments of those names:

    --cell tanh|relu           an nn.RNN; both have the same tensors
    --cell gru|gru_reset_before     which of two functions a GRU is: nn.GRU is
                               gru, so is Keras' with reset_after=True
    --wiring n_to_n|n_to_1     whether the head reads every state or the last,
                               of two directions [forward's last; reverse's
                               first], which is torch.cat((hn[-2], hn[-1]), 1)
    --input one_hot            tokens, where there is no embedding: else dense
    --rnn NAME --head NAME --embedding NAME     modules of a larger network, as
                               lstm, module.fc; then nothing else is taken
    --key KEY                  the state_dict in a file that holds more
    --name rnn.=lstm.          of `from`: a name in OUT.pt, once or more

Needs nothing but torch; Keras' arrays come by numpy:

    np.savez("net.npz", config=model.to_json(),
             **{w.path: w.numpy() for w in model.weights})   # Keras 2: w.name
"""
import argparse
import collections
import ctypes
import itertools
import json
import re
import struct
import sys

import torch
from torch import nn


class Refused(ValueError):
    """What does not fit, and where."""


# ---- both directions --------------------------------------------------------


def save(module, path, **said):
    """A file for rnn_load_description and rnn_load_params, names NULL."""
    net = module if isinstance(module, Net) else look(module, **said)
    bare = {"rnn.": ""} if is_bare(net.model) else {}
    write(path, {put(name, bare): net.tensors[put(name, net.names)]
                 for name in wants(net.model)}, net.model)


def load(path, module, **said):
    """What rnn_save, or save above, has written, or a state_dict; returns
    <All keys matched successfully>."""
    tensors, meta = read(path)
    said.setdefault("wiring", meta.get("wiring", "n_to_n"))
    file = look(tensors, meta, **said)
    net = look(module, wiring="n_to_n", **modules_of(said))
    compare(file, net)
    state = module.state_dict()
    for name in wants(net.model):
        if put(name, net.names) != net.added:
            state[put(name, net.names)] = file.tensors[put(name, file.names)]
    return module.load_state_dict(state)


def describe(source, meta=None, **said):
    """C for a file of source's tensors as they are: rnn_model, and the names
    for rnn_load_params."""
    if meta and meta.get("wiring") in DECODERS:
        return in_c(meta, {})
    net = look(source, meta, **said)
    if net.added:
        raise Refused("%s: there is none, and the library's head has a bias: "
                      "save, or `to`, writes zeros" % net.added)
    return in_c(net.model, net.names, net.batch_first)


# ---- safetensors: a length, a header of JSON, the data ----------------------

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16,
          "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32,
          "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
          "BOOL": torch.bool}


def write(path, tensors, meta):
    """Tensors of any of those types, under their names."""
    names = {dtype: name for name, dtype in DTYPES.items()}
    header, data, at = {"__metadata__": dict(meta)}, [], 0
    for name, tensor in tensors.items():
        t = tensor.detach().cpu().contiguous()
        data.append(ctypes.string_at(t.data_ptr(),
                                     t.numel() * t.element_size()))
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape),
                        "data_offsets": [at, at + len(data[-1])]}
        at += len(data[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(data))


def read(path):
    """Its tensors by name, and its metadata."""
    with open(path, "rb") as f:
        raw = f.read()
    size = struct.unpack("<Q", raw[:8])[0] if len(raw) >= 8 else len(raw)
    if size > len(raw) - 8:
        raise Refused("%s: no safetensors file: it ends in its header" % path)
    try:
        header = json.loads(raw[8:8 + size].decode())
        meta = header.pop("__metadata__", None) or {}
        return {name: tensor_of(name, entry, raw[8 + size:])
                for name, entry in header.items()}, meta
    except (UnicodeDecodeError, json.JSONDecodeError, AttributeError):
        raise Refused("%s: no safetensors file: its header is no JSON object"
                      % path) from None


def tensor_of(name, entry, data):
    try:
        dtype = DTYPES[entry["dtype"]]
        begin, end = entry["data_offsets"]
        shape = [int(n) for n in entry["shape"]]
    except (KeyError, TypeError, ValueError):
        raise Refused("%s: no dtype, shape and data_offsets that torch has"
                      % name) from None
    count = 1
    for n in shape:
        count *= n
    one = torch.empty(0, dtype=dtype).element_size()
    if not 0 <= begin <= end <= len(data) or end - begin != count * one:
        raise Refused("%s: %s of %s are %d bytes, the file has %d of them"
                      % (where(name), by(shape), entry["dtype"], count * one,
                         max(0, min(end, len(data)) - begin)))
    if not count:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(data[begin:end]),
                            dtype=dtype).reshape(shape)


# ---- names and shapes -------------------------------------------------------

GATES = {"tanh": "h", "relu": "h", "gru": "r z n", "gru_reset_before": "r z n",
         "lstm": "i f g o", "lstm_peephole": "i f g o"}
CELLS_OF = {1: ("tanh", "relu"), 3: ("gru", "gru_reset_before"),
            4: ("lstm", "lstm_peephole")}
PART = re.compile(r"(weight_ih|weight_hh|bias_ih|bias_hh|peephole|weight_hr)"
                  r"_l(\d+)(_reverse)?$")
WIRINGS, DECODERS = ("n_to_n", "n_to_1"), ("1_to_n", "n_to_m")
FIELDS = ("input_size", "embedding_size", "hidden_size", "num_layers",
          "bidirectional", "no_bias", "output_size")
OURS = re.compile(r"(rnn|enc2?|dec|emb|emb_src2?|emb_tgt|out|bridge|att2?)"
                  r"\.[^.]+$")


def by(shape):
    return "x".join(map(str, shape)) or "1 number"


def gates_of(cell):
    return GATES[cell].split()


def where(name, gate=None):
    """A tensor's name with its layer, direction and gate."""
    part = PART.search(name)
    if not part:
        return name
    return "%s (layer %s%s%s)" % (name, part[2],
                                  ", reverse" if part[3] else "",
                                  ", gate " + gate if gate else "")


def put(name, names):
    """A name of ours in a file: the first prefix that fits is replaced."""
    for ours, theirs in names.items():
        if name.startswith(ours):
            return theirs + name[len(ours):]
    return name


def is_bare(model):
    """A stack alone, whose tensors have no prefix in our files."""
    return model["output_size"] == "0" and model["input"] != "embedding"


def sizes(model):
    return [int(model[field]) for field in FIELDS]


def wants(model):
    """The tensors of N vs N and N vs 1: name and shape."""
    I, E, H, L, two, no_bias, O = sizes(model)
    D, n, shapes = 1 + two, len(gates_of(model["cell"])) * H, {}
    if E:
        shapes["emb.weight"] = (I, E)
    for l, d in itertools.product(range(L), ("", "_reverse")[:D]):
        at = "_l%d%s" % (l, d)
        shapes["rnn.weight_ih" + at] = (n, D * H if l else E or I)
        shapes["rnn.weight_hh" + at] = (n, H)
        if not no_bias:
            shapes["rnn.bias_ih" + at] = shapes["rnn.bias_hh" + at] = (n,)
        if model["cell"] == "lstm_peephole":
            shapes["rnn.peephole" + at] = (3, H)
    if O:
        shapes.update({"out.weight": (O, D * H), "out.bias": (O,)})
    return shapes


# ---- a network: its description, the names of its parts, its tensors --------

Net = collections.namedtuple("Net", "model names tensors batch_first added")


def modules_of(said):
    return {k: said[k] for k in ("rnn", "head", "embedding")
            if said.get(k) is not None}


def look(source, meta=None, **said):
    """A module, or tensors by name and a file's metadata, as a network."""
    said = {k: v for k, v in said.items() if v is not None}
    if isinstance(source, nn.Module):
        tensors, kinds = source.state_dict(), kinds_of(source)
    else:
        tensors, kinds = dict(source), None
    dropout, batch_first = 0, False
    if meta and "rnn.h" in meta:
        names, model = describes(meta, said)
    else:
        names = roles(tensors, kinds, said)
        rnn = kinds and kinds.get(names["rnn."])
        model = sizes_of(tensors, names, cell_said(rnn), said)
        dropout = getattr(rnn, "dropout", 0)
        batch_first = getattr(rnn, "batch_first", False)
    if dropout and int(model["num_layers"]) > 1:
        model["dropout"] = "%.7f" % dropout
    added = put("out.bias", names)
    if model["output_size"] == "0" or added in tensors:
        added = None
    else:  # the library's head has one
        tensors[added] = torch.zeros(int(model["output_size"]))
    check(model, names, tensors)
    return Net(model, names, tensors, batch_first, added)


def kinds_of(module):
    """The modules that a network can be made of, by the prefix of their names
    in the state_dict."""
    return {name + "." if name else "": m for name, m in module.named_modules()
            if isinstance(m, (nn.RNNBase, nn.Linear, nn.Embedding))}


def cell_said(rnn):
    if isinstance(rnn, nn.RNN):
        return rnn.nonlinearity
    return {nn.GRU: "gru", nn.LSTM: "lstm"}.get(type(rnn))


def describes(meta, said):
    """The names and the description that rnn_save has written."""
    if meta.get("wiring") not in WIRINGS:
        raise Refused("wiring %s: no module of torch is one: `describe` and "
                      "`from` take such a file" % meta.get("wiring"))
    model = dict(meta)
    for field in ("cell", "input", *FIELDS):
        if field not in model or (field in FIELDS and
                                  not model[field].isdigit()):
            raise Refused("metadata: %s is missing, or no value of it" % field)
    if model["cell"] not in GATES:
        raise Refused("metadata: no cell is called %s" % model["cell"])
    for field in ("cell", "wiring"):
        if said.get(field, model[field]) != model[field]:
            raise Refused("%s: the file says %s, not %s"
                          % (field, model[field], said[field]))
    return {"rnn.": ""} if is_bare(model) else {}, model


def roles(tensors, kinds, said):
    """Which modules are the stack, the head and the table: {ours: theirs}."""
    named = {k: v + "." if v else "" for k, v in modules_of(said).items()}
    stacks = [n[:-len("weight_hh_l0")] for n in tensors
              if n.endswith("weight_hh_l0") and PART.search(n)]
    stacks = [named["rnn"]] if "rnn" in named else stacks
    if len(stacks) != 1:
        raise Refused("%s: say which with --rnn" % ", ".join(
            "%sweight_hh_l0" % s for s in stacks) if stacks else
            "no tensor's name ends in weight_hh_l0: there is no nn.RNN, nn.GRU "
            "or nn.LSTM (of a cell alone, as nn.LSTMCell, it would be "
            "weight_hh)")
    names = {"rnn.": stacks[0]}
    need_matrix(tensors, stacks[0] + "weight_ih_l0", stacks[0] + "weight_hh_l0")
    if named:
        more = {"emb.": named.get("embedding"), "out.": named.get("head")}
    else:
        more = fit(tensors, kinds, stacks[0])
    names.update({k: v for k, v in more.items() if v is not None})
    for ours, theirs in names.items():
        if ours != "rnn.":
            need_matrix(tensors, theirs + "weight")
    return names


def need_matrix(tensors, *names):
    for name in names:
        if name not in tensors:
            raise Refused("%s: not there" % where(name))
        if tensors[name].dim() != 2:
            raise Refused("%s: %s is no matrix"
                          % (where(name), by(tensors[name].shape)))


def fit(tensors, kinds, stack):
    """The head and the table as the one way in which every tensor is used."""
    reads = tensors[stack + "weight_ih_l0"].shape[1]
    rest = [n for n in tensors
            if not (n.startswith(stack) and PART.fullmatch(n[len(stack):]))]
    group_of = {n: n[:n.rfind(".") + 1] for n in rest}
    groups = sorted(set(group_of.values()))
    two = stack + "weight_hh_l0_reverse" in tensors
    width = (1 + two) * tensors[stack + "weight_hh_l0"].shape[-1]

    def can(group, kind, columns):
        w, bias = tensors.get(group + "weight"), group + "bias" in tensors
        return (w is not None and w.dim() == 2 and w.shape[1] == columns and
                not (bias and kind is nn.Embedding) and
                (kinds is None or isinstance(kinds.get(group), kind)) and
                list(group_of.values()).count(group) == 1 + bias)
    heads = [g for g in groups if can(g, nn.Linear, width)]
    tables = [g for g in groups if can(g, nn.Embedding, reads)]
    ways = [(h, t) for h in heads + [None] for t in tables + [None]
            if h != t and {h, t} - {None} == set(groups)]
    ways += [(None, None)] if not groups else []
    if len(ways) != 1:
        lost = [n for n in rest if group_of[n] not in heads + tables]
        raise Refused("%s: %s; the stack has %d columns before it and %d "
                      "behind it: say which with --head and --embedding" % (
                          (lost or rest)[0],
                          "no head or embedding that fits" if lost else
                          "may be a head or an embedding",
                          reads, width))
    return {"emb.": ways[0][1], "out.": ways[0][0]}


def sizes_of(tensors, names, cell, said):
    """The description that shapes tell, and what they cannot: the cell, the
    wiring."""
    stack = names["rnn."]
    parts = [m for m in (PART.fullmatch(n[len(stack):]) for n in tensors
                         if n.startswith(stack)) if m]
    name = stack + "weight_hh_l0"
    rows, H = tensors[name].shape
    if any(m[1] == "weight_hr" for m in parts):
        raise Refused("%sweight_hr_l0: an nn.LSTM with proj_size is no cell "
                      "of the library" % stack)
    cell = cell_of(name, rows, H, cell, said.get("cell"),
                   any(m[1] == "peephole" for m in parts))
    model = {"format": "pt", "rnn.h": "1",
             "wiring": said.get("wiring", None if "out." in names else
                                "n_to_n"),
             "cell": cell, "input": said.get("input", "dense")}
    if model["wiring"] not in WIRINGS:
        raise Refused("%sweight: does this head read every state, or the last? "
                      "say --wiring n_to_n or --wiring n_to_1" % names["out."])
    reads = tensors[stack + "weight_ih_l0"].shape[-1]
    table = tensors[names["emb."] + "weight"] if "emb." in names else None
    model["input_size"] = reads if table is None else table.shape[0]
    model["embedding_size"] = 0 if table is None else table.shape[1]
    model["input"] = model["input"] if table is None else "embedding"
    model["hidden_size"] = H
    model["num_layers"] = 1 + max(int(m[2]) for m in parts)
    model["bidirectional"] = int(any(m[3] for m in parts))
    model["no_bias"] = int(not any(m[1].startswith("bias") for m in parts))
    model["output_size"] = (tensors[names["out."] + "weight"].shape[0]
                            if "out." in names else 0)
    return {k: str(v) for k, v in model.items()}


def cell_of(name, rows, H, known, asked, peepholes):
    """The cell: as many gates as the tensor has, and of two that look alike the
    one that is known or asked for."""
    gates = rows // H if H else 0
    if gates not in CELLS_OF or rows != gates * H:
        raise Refused("%s: %dx%d, and a cell has 1, 3 or 4 gates of %d rows"
                      % (where(name), rows, H, H))
    asked = asked or known
    if known and asked != known:
        raise Refused("cell: it is %s, not %s" % (known, asked))
    cells = CELLS_OF[gates]
    if asked and asked not in cells:
        raise Refused("%s: %d gates, %s has %d (%s)"
                      % (where(name), gates, asked, len(gates_of(asked)),
                         GATES[asked]))
    if gates == 4:
        if asked not in (None, cells[peepholes]):
            raise Refused("%s: it is %s, not %s: %s peephole_l0"
                          % (where(name), cells[peepholes], asked,
                             "there is" if peepholes else "there is no"))
        return cells[peepholes]
    if not asked:
        raise Refused("%s: %s, whose tensors look alike: say --cell %s"
                      % (where(name), " or ".join(cells),
                         " or --cell ".join(cells)))
    return asked


def check(model, names, tensors):
    """That the tensors are those of the description, and numbers."""
    cell, H = model["cell"], int(model["hidden_size"])
    shapes = wants(model)
    for name, shape in shapes.items():
        theirs = put(name, names)
        if theirs not in tensors:
            raise Refused("%s: not there; %s is wanted"
                          % (where(theirs), by(shape)))
        t = tensors[theirs]
        if tuple(t.shape) != shape:
            raise Refused("%s: %s, and %s is wanted%s" % (
                where(theirs), by(t.shape), by(shape),
                gates_too(name, t, H, cell)))
        if not t.is_floating_point():
            raise Refused("%s: %s is no floating point"
                          % (where(theirs), t.dtype))
        bad = (~torch.isfinite(t)).nonzero()
        if len(bad):
            gate = None
            if PART.search(name) and "peephole" not in name:
                gate = gates_of(cell)[int(bad[0][0]) // H]
            raise Refused("%s: not a number, or infinite, at [%s]" % (
                where(theirs, gate), ", ".join(map(str, bad[0].tolist()))))
    stack = put("rnn.", names)
    for theirs in tensors:
        if theirs.startswith(stack) and PART.fullmatch(theirs[len(stack):]) \
                and "rnn." + theirs[len(stack):] not in shapes:
            raise Refused("%s: the rest has no such layer, direction or bias"
                          % where(theirs))


def gates_too(name, t, H, cell):
    """The gates of a shape, where it is they that differ."""
    if not PART.search(name) or "peephole" in name or not t.dim() \
            or t.shape[0] == len(gates_of(cell)) * H:
        return ""
    return " (%d gates of %d: %s)" % (len(gates_of(cell)), H, GATES[cell])


def compare(file, net):
    """That a file fits a module, tensor by tensor; then what tensors do not
    tell."""
    have, want = wants(file.model), wants(net.model)
    for name in want:
        if name not in have:
            raise Refused("%s: not in the file; the module wants %s"
                          % (where(put(name, net.names)), by(want[name])))
    for name in have:
        if name not in want:
            raise Refused("%s: in the file, %s; the module has none"
                          % (where(put(name, file.names)), by(have[name])))
        if have[name] != want[name]:
            raise Refused("%s: the file's is %s (%s), the module's %s (%s)" % (
                where(put(name, net.names)), by(have[name]),
                file.model["cell"], by(want[name]), net.model["cell"]))
    if file.model["cell"] != net.model["cell"]:
        raise Refused("cell: the file's is %s, the module's %s"
                      % (file.model["cell"], net.model["cell"]))
    if net.added and file.tensors[put("out.bias", file.names)].any():
        raise Refused("%s: in the file; the module has none" % net.added)


# ---- the description in C ---------------------------------------------------

ENUMS = {"wiring": "RNN_WIRING_", "cell": "RNN_CELL_", "input": "RNN_INPUT_",
         "target": "RNN_INPUT_", "context": "RNN_CONTEXT_",
         "attention": "RNN_SCORE_"}


def in_c(model, names, batch_first=False):
    rows = []
    for field, value in model.items():
        if field in ("dropout", "dropout_last"):
            rows.append("    .%s = %sf" % (field, value))
        elif field in ENUMS:
            rows.append("    .%s = %s%s" % (field, ENUMS[field], value.upper()))
        elif field not in ("format", "rnn.h", "vocabulary") and value != "0":
            rows.append("    .%s = %s" % (field, value))
    text = "static const rnn_model model = {\n%s\n};\n" % ",\n".join(rows)
    if model["wiring"] in WIRINGS and is_bare(model):
        names = {"": names.get("rnn.", "")}
    names = {k: v for k, v in names.items() if k != v}
    if names:
        text += "static const rnn_rename names[] = {\n"
        for ours, theirs in names.items():
            text += "    {%s, %s},\n" % (json.dumps(ours), json.dumps(theirs))
        text += "    {NULL, NULL}\n};\n"
    else:
        text += "/* names as the library's: NULL */\n"
    if batch_first:
        text += "/* batch_first: seq.step_stride = 1, " \
            "seq.row_stride = seq.steps */\n"
    return text


# ---- Keras ------------------------------------------------------------------

KERAS = {"h": "h", "r z n": "z r h", "i f g o": "i f c o"}
SILENT = ("InputLayer", "Dropout", "SpatialDropout1D", "Embedding",
          "TimeDistributed", "Masking")


def keras_cell(cell, kernel, recurrent, bias):
    """A layer's arrays in one direction as PyTorch's. Keras' i f c o are i f g
    o; its z r h become r z n: both have h = z h + (1 - z) hh."""
    def turn(a):
        gates = a.reshape(*a.shape[:-1], -1, recurrent.shape[0])
        if cell.startswith("gru"):
            gates = gates[..., [1, 0, 2], :]
        return gates.reshape(a.shape).t()
    part = {"weight_ih": turn(kernel), "weight_hh": turn(recurrent)}
    if bias is not None:  # reset_after has two, of x and of h
        both = bias if bias.dim() == 2 else (bias, torch.zeros_like(bias))
        part["bias_ih"], part["bias_hh"] = map(turn, both)
    return part


def from_keras(arrays, **said):
    """A network of arrays by their paths, which come in the model's order."""
    groups, layers, width, reads, before = {}, 0, None, None, None
    tensors, cell, parts = {}, said.get("cell"), {"rnn": "rnn"}
    for name, a in arrays.items():
        path, _, part = name.split(":")[0].rpartition("/")
        groups.setdefault(path, {})[part] = a
    for path, a in groups.items():
        if set(a) == {"embeddings"} and not tensors:
            parts["embedding"] = "emb"
            tensors["emb.weight"] = a["embeddings"]
            width = a["embeddings"].shape[1]
        elif "recurrent_kernel" in a and "head" not in parts:
            back = any(p.startswith("backward_") for p in path.split("/"))
            if back and before != "l%d" % (layers - 1):
                raise Refused("%s: no forward layer stands before it" % path)
            at = "l%d_reverse" % (layers - 1) if back else "l%d" % layers
            reads = reads if back else width
            cell = keras_fits(path, a, cell, reads)
            width = a["recurrent_kernel"].shape[0] * (1 + back)
            before = at
            layers += not back
            for part, t in keras_cell(cell, a["kernel"], a["recurrent_kernel"],
                                      a.get("bias")).items():
                tensors["rnn.%s_%s" % (part, at)] = t
        elif {"kernel"} <= set(a) <= {"kernel", "bias"} and layers and \
                "head" not in parts and a["kernel"].dim() == 2:
            parts["head"] = "out"
            keras_shape(path, a, "kernel", (width, a["kernel"].shape[1]))
            tensors["out.weight"] = a["kernel"].t()
            tensors["out.bias"] = a.get("bias", a["kernel"][0] * 0)
        else:
            raise Refused("%s: %s: no embedding, recurrent layer or Dense, in "
                          "this order" % (path, ", ".join(a)))
    if not layers:
        raise Refused("no array's name ends in /recurrent_kernel")
    return look(tensors, **{**said, **parts, "cell": cell})


def keras_shape(path, a, part, shape, note=""):
    if tuple(a[part].shape) != shape:
        raise Refused("%s/%s: %s, and %s is wanted%s"
                      % (path, part, by(a[part].shape), by(shape), note))


def keras_fits(path, a, cell, reads):
    """The cell of a layer's arrays, which have the shapes that it wants."""
    if not {"kernel"} <= set(a) <= {"kernel", "recurrent_kernel", "bias"}:
        raise Refused("%s: %s: not a SimpleRNN, GRU or LSTM"
                      % (path, ", ".join(a)))
    H, n = a["recurrent_kernel"].shape
    bias, seen = a.get("bias"), None
    if n == 3 * H and bias is not None:  # with a bias GRU's form is seen
        seen = "gru" if bias.dim() == 2 else "gru_reset_before"
        if cell in CELLS_OF[3] and cell != seen:
            raise Refused("%s/bias: %s is that of %s, not of %s"
                          % (path, by(bias.shape), seen, cell))
    cell = cell_of(path + "/recurrent_kernel", n, H, None, cell or seen, False)
    note = " (%d gates of %d: %s)" % (n // H, H, KERAS[GATES[cell]])
    keras_shape(path, a, "kernel", (reads or a["kernel"].shape[0], n), note)
    if bias is not None:
        keras_shape(path, a, "bias", (2, n) if cell == "gru" else (n,), note)
    return cell


def keras_config(text, said):
    """What model.to_json() says that arrays do not."""
    said, ends = dict(said), []
    for layer in json.loads(text)["config"]["layers"]:
        kind, c = layer["class_name"], layer["config"]
        name = c.get("name", kind)
        if kind == "Bidirectional":
            keras_is(name, c, merge_mode=("concat",))
            kind, c = c["layer"]["class_name"], c["layer"]["config"]
        if kind == "Dense":
            keras_is(name, c, activation=("linear", "softmax", "sigmoid"))
        elif kind in ("SimpleRNN", "GRU", "LSTM"):
            keras_is(name, c, go_backwards=(False,), activation=(
                "tanh", "relu")[:1 + (kind == "SimpleRNN")])
            if kind != "SimpleRNN":
                keras_is(name, c, recurrent_activation=("sigmoid",))
            cell = {"LSTM": "lstm", "SimpleRNN": c["activation"],
                    "GRU": "gru" if c.get("reset_after") else
                    "gru_reset_before"}[kind]
            ends.append((name, c["return_sequences"]))
            if said.setdefault("cell", cell) != cell:
                raise Refused("%s: its cell is %s, not %s"
                              % (name, cell, said["cell"]))
        elif kind not in SILENT:
            raise Refused("%s: a model here has no %s" % (name, kind))
    for name, whole in ends[:-1]:
        if not whole:
            raise Refused("%s: return_sequences is false, and a layer above "
                          "reads it" % name)
    wiring = "n_to_n" if ends and ends[-1][1] else "n_to_1"
    if said.setdefault("wiring", wiring) != wiring:
        raise Refused("%s: its wiring is %s, not %s"
                      % (ends[-1][0], wiring, said["wiring"]))
    return said


def keras_is(name, config, **allowed):
    for key, values in allowed.items():
        if config.get(key) not in values:
            raise Refused("%s: %s is %s, the library has %s" % (
                name, key, config.get(key), " or ".join(map(str, values))))


# ---- the command line -------------------------------------------------------


def read_any(path, key):
    """A state_dict's tensors, and metadata."""
    with open(path, "rb") as f:
        if f.read(2) != b"PK":  # the zip archive that torch.save writes
            return read(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as e:
        raise Refused("%s: not the tensors of torch.save(net.state_dict()): %s"
                      % (path, str(e).split("\n")[0])) from None
    if key:
        state = state.get(key, {})
    inner = [k for k, v in state.items() if isinstance(v, dict) and v and
             all(isinstance(t, torch.Tensor) for t in v.values())]
    if len(inner) == 1 and not key:
        state = state[inner[0]]
    if not state or not all(isinstance(t, torch.Tensor)
                            for t in state.values()):
        raise Refused("%s: not one state_dict%s: say --key"
                      % (path, ", but " + ", ".join(map(str, state))
                         if state else ""))
    return state, {}


def keras_file(path):
    import numpy
    with numpy.load(path) as f:
        arrays = {name: f[name] for name in f.files}
    config = arrays.pop("config", None)
    return {name: torch.from_numpy(a) for name, a in arrays.items()}, config


def to_torch(source, out, renames):
    """A model's own tensors as a state_dict; the modules that take it."""
    tensors, meta = read(source)
    if meta.get("cell") in ("gru_reset_before", "lstm_peephole"):
        raise Refused("cell %s: no module of torch computes it; nn.GRU would "
                      "take the tensors of the first, and give other numbers"
                      % meta["cell"])
    if meta.get("wiring") in DECODERS:
        state = {n: t for n, t in tensors.items() if OURS.match(n)}
        modules = {}
    else:
        net = look(tensors, meta)
        names = {put(n, net.names) for n in wants(net.model)}
        state = {n: t for n, t in tensors.items() if n in names}
        modules = in_torch(net)
    names = dict(n.partition("=")[::2] for n in renames)
    torch.save({put(n, names): t for n, t in state.items()}, out)
    for name, module in modules.items():
        print("%s = %s" % (put(name, names).rstrip(".") or "net", module))


def in_torch(net):
    """The modules that a model is made of, as their constructors."""
    I, E, H, L, two, no_bias, O = sizes(net.model)
    cell = net.model["cell"]
    kind = {"gru": "GRU", "lstm": "LSTM"}.get(cell, "RNN")
    text = "nn.%s(%d, %d" % (kind, E or I, H)
    text += ", num_layers=%d" % L if L > 1 else ""
    text += ", bias=False" if no_bias else ""
    text += ", bidirectional=True" if two else ""
    text += ", nonlinearity='relu'" if cell == "relu" else ""
    modules = {"emb.": "nn.Embedding(%d, %d)" % (I, E)} if E else {}
    modules[put("rnn.", net.names)] = text + ")"
    if O:
        modules["out."] = "nn.Linear(%d, %d)" % ((1 + two) * H, O)
    return modules


def options(argv):
    p = argparse.ArgumentParser(
        description=__doc__, usage=argparse.SUPPRESS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=("describe", "to", "from", "keras"))
    p.add_argument("file")
    p.add_argument("out", nargs="?")
    p.add_argument("--cell", choices=sorted(GATES))
    p.add_argument("--wiring", choices=WIRINGS)
    p.add_argument("--input", choices=("dense", "one_hot"))
    for name in ("--rnn", "--head", "--embedding", "--key"):
        p.add_argument(name)
    p.add_argument("--name", action="append", default=[])
    o = p.parse_args(argv)
    if (o.out is None) != (o.what == "describe"):
        p.error("describe takes one file, the others two")
    return o


def main(argv):
    o = options(argv)
    said = {k: v for k, v in vars(o).items() if v is not None and
            k in ("cell", "wiring", "input", "rnn", "head", "embedding")}
    if o.what == "describe":
        print(describe(*read_any(o.file, o.key), **said), end="")
    elif o.what == "from":
        to_torch(o.file, o.out, o.name)
    elif o.what == "to":
        save(look(*read_any(o.file, o.key), **said), o.out)
    else:
        arrays, config = keras_file(o.file)
        if config is not None:
            said = keras_config(str(config), said)
        save(from_keras(arrays, **said), o.out)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, OSError) as e:
        sys.exit("torch_io: %s" % e)
