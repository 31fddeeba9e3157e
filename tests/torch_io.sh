#!/bin/sh
# Weights between PyTorch, Keras' arrays and the library, both ways, through
# examples/torch_io.py: tests/torch_io.py says what is held against what. Says
# `skip` without PyTorch (python3-torch); not a part of make test. Its last line
# is `N passed, N failed`.
#
#     PYTHON=/usr/bin/python3 CC=cc sh tests/torch_io.sh
cd "$(dirname "$0")/.." || exit 1
PYTHON=${PYTHON:-/usr/bin/python3}
if ! "$PYTHON" -c 'import torch' 2> /dev/null; then
    echo "skip: no PyTorch in $PYTHON"
    exit 0
fi
make build/rnn_plain.o build/readme_letters > /dev/null || exit 1
mkdir -p build/torch
rm -rf build/torch/*
export OMP_NUM_THREADS=1
exec "$PYTHON" tests/torch_io.py build/torch
