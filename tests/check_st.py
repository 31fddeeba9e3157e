#!/usr/bin/env python3
"""Checks safetensors files to the letter, independently of rnn.h.

    tests/check_st.py FILE...

The length field, strict JSON in strict UTF-8, no key twice, the keys and types
that the format has, tensors that tile the data without hole or overlap, data
aligned to 8 bytes. With the standard library alone. Prints one line per file
and exits with 1 if one is wrong.
"""
import json
import struct
import sys

BITS = {"BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16,
        "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32,
        "F64": 64, "I64": 64, "U64": 64}


def need(good, why):
    if not good:
        raise ValueError(why)


def no_number(text):
    raise ValueError("a number like " + text)


def unique(pairs):
    names = [k for k, _ in pairs]
    need(len(set(names)) == len(names), "a key twice")
    return dict(pairs)


def natural(text):
    need(not text.startswith("-"), "a number below 0")
    return int(text)


def strings_are_text(value):
    """No lone surrogate anywhere: it has no UTF-8."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        for k, v in value.items():
            k.encode("utf-8")
            strings_are_text(v)


def is_count(n):
    return isinstance(n, int) and not isinstance(n, bool) and n < 2 ** 64


def check(data, aligned=False):
    """The header of a file, or ValueError."""
    need(len(data) >= 8, "no length field")
    length = struct.unpack("<Q", data[:8])[0]
    need(length <= len(data) - 8, "the header is longer than the file")
    text = data[8:8 + length]
    size = len(data) - 8 - length
    need(text[:1] == b"{", "the header does not begin with {")
    if aligned:
        need(length % 8 == 0, "the data is not aligned to 8 bytes")
        need(text == text.rstrip(b" ") + b" " * (length - len(
            text.rstrip(b" "))) and text.rstrip(b" ").endswith(b"}"),
            "padding is not spaces")
    header = json.loads(text.decode("utf-8"), object_pairs_hook=unique,
                        parse_constant=no_number, parse_float=no_number,
                        parse_int=natural)
    strings_are_text(header)
    spans = []
    for name, tensor in header.items():
        need(isinstance(tensor, dict), "a tensor is not an object")
        if name == "__metadata__":
            need(all(isinstance(v, str) for v in tensor.values()),
                 "metadata is not text")
            continue
        need(set(tensor) == {"dtype", "shape", "data_offsets"},
             "the keys of a tensor")
        need(isinstance(tensor["dtype"], str) and tensor["dtype"] in BITS,
             "the dtype")
        shape, offsets = tensor["shape"], tensor["data_offsets"]
        need(isinstance(shape, list) and all(map(is_count, shape)), "the shape")
        need(isinstance(offsets, list) and len(offsets) == 2 and
             all(map(is_count, offsets)), "the offsets")
        count = BITS[tensor["dtype"]] // 8
        for n in shape:
            count *= n
        need(offsets[1] - offsets[0] == count, "size of " + name)
        spans.append(tuple(offsets))
    end = 0
    for begin, after in sorted(spans):
        need(begin == end, "a hole or an overlap at %d" % begin)
        end = after
    need(end == size, "the tensors do not fill the data")
    return header


def main():
    bad = 0
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    for path in sys.argv[1:]:
        try:
            with open(path, "rb") as f:
                header = check(f.read(), aligned=True)
            print("ok   %s: %d tensors" % (path, len(header) -
                                           ("__metadata__" in header)))
        except ValueError as e:
            bad += 1
            print("FAIL %s: %s" % (path, e))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
