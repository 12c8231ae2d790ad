"""The networks of ``sizes`` in FANN 2.2 (a library in C, float64), through a few lines of C of our own.

They are compiled when they are asked for, by gcc -O3 -march=native; the library is as the system has it.

FANN knows squared errors, no cross-entropy; so both parties have the same network then: tanh, outputs
without an activation, half the squared error. It cuts activations off at 0.98 before it takes tanh's
derivative, so inputs are an eighth of what they are elsewhere, and nothing is cut off; and it keeps its
learning rate in single precision, so ours is the number that comes of that.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sizes import Size
from optimizers.objective import Array

SOURCE = Path(__file__).with_name("fann_epochs.c")
COMMAND = ("gcc", "-O3", "-march=native", "-shared", "-fPIC", str(SOURCE))
INPUT_SCALE = 0.125


@functools.cache
def library() -> Any:
    """Return the compiled functions; None, with the reason on stderr, where gcc or FANN is missing."""
    if shutil.which("gcc") is None:
        print("fann is left out: there is no gcc", file=sys.stderr)
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fann_epochs.so"
        done = subprocess.run(
            [*COMMAND, "-o", str(path), "-ldoublefann"], capture_output=True, text=True, check=False
        )
        if done.returncode:
            reason = next((line for line in done.stderr.splitlines() if "error" in line.lower()), done.stderr)
            print(f"fann is left out: {reason.strip()} (Debian's package libfann-dev)", file=sys.stderr)
            return None
        # Once loaded it needs its file no more.
        loaded = ctypes.CDLL(str(path))
    pointer, doubles = ctypes.c_void_p, np.ctypeslib.ndpointer(np.float64, flags="C")
    counts = np.ctypeslib.ndpointer(np.uint32, flags="C")
    loaded.make.restype, loaded.rows.restype = pointer, pointer
    loaded.make.argtypes = [ctypes.c_uint, counts, ctypes.c_float, ctypes.c_int]
    loaded.rows.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, doubles, doubles]
    loaded.connections.restype, loaded.connections.argtypes = ctypes.c_uint, [pointer]
    loaded.put.argtypes = loaded.get.argtypes = [pointer, doubles]
    loaded.put.restype = loaded.get.restype = loaded.epochs.restype = None
    loaded.epochs.argtypes = [pointer, pointer, ctypes.c_uint]
    return loaded


def versions() -> dict[str, str]:
    """Return the versions of FANN and of gcc, as far as they are there and say so."""
    found = {}
    for name, command in (
        ("fann", ["pkg-config", "--modversion", "fann"]),
        ("gcc", ["gcc", "-dumpfullversion"]),
    ):
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                found[name] = done.stdout.strip()
    return found


def same_network(size: Size) -> Size:
    """Return the network that both parties know."""
    return replace(size, given_loss="half-squared", input_scale=INPUT_SCALE)


def rate_of(rate: float, rows: int) -> float:
    """Return the learning rate that FANN's becomes for a mean over so many rows."""
    return float(np.float32(rate) / np.float32(rows)) * rows


class Fann:
    """A network and its rows in FANN.

    Arguments:
        size: what to build.
        rate: learning rate.
        by_pattern: whether each row is a step; otherwise an epoch is one.
        order: the rows, in the order in which FANN goes through them.
    """

    def __init__(self, size: Size, rate: float, by_pattern: bool = False, order: Array | None = None) -> None:
        self.size, self.functions = size, library()
        X, Y = size.data()
        if order is not None:
            X, Y = X[order], Y[order]
        units = np.array(size.sizes, dtype=np.uint32)
        self.network = self.functions.make(len(units), units, rate, int(by_pattern))
        self.rows = self.functions.rows(
            size.rows, size.sizes[0], size.sizes[-1], np.ascontiguousarray(X), np.ascontiguousarray(Y)
        )
        self.put(size.start())

    def put(self, w: Array) -> None:
        # Unit by unit, its weights and then its bias.
        layers = self.size.network().layers(w)
        weights = np.concatenate([np.column_stack(layer).ravel() for layer in layers])
        expected = self.functions.connections(self.network)
        if expected != weights.size:
            raise SystemExit(f"FANN has {expected} weights, the network has {weights.size}")
        self.functions.put(self.network, weights)

    def get(self) -> Array:
        weights, w = np.empty(self.functions.connections(self.network)), np.empty(self.size.network().size)
        self.functions.get(self.network, weights)
        place = 0
        for layer in self.size.network().layers(w):
            outs, ins = layer.weights.shape
            part = weights[place : place + outs * (ins + 1)].reshape(outs, ins + 1)
            layer.weights[:], layer.biases[:] = part[:, :-1], part[:, -1]
            place += part.size
        return w

    def epochs(self, count: int) -> Callable[[], None]:
        """Return so many epochs as one piece of work, from wherever the weights are."""
        return lambda: self.functions.epochs(self.network, self.rows, count)
