"""Compiles what optimizers are made of, in a process beside the one that will run them.

A loop serves every objective, so a bowl stands for whatever is going to be searched. The machine code goes to
the cache on disk, where the other process finds it.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from optimizers.budget import Budget
from optimizers.capabilities.gradient import Gradient
from optimizers.compilation import compiled
from optimizers.objective import Array, Compiled, Measurable, Rows
from optimizers.optimizer import Optimizer
from optimizers.search import observed, search


@compiled()
def _value(w: Any, rows: Any, data: Any) -> float:
    loss = 0.0
    for i in range(w.size):
        loss += 0.5 * w[i] * w[i]
    return loss


@compiled()
def _values(population: Any, rows: Any, data: Any, losses: Any) -> None:
    for p in range(population.shape[0]):
        losses[p] = _value(population[p], rows, data)


@compiled()
def _value_and_gradient(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    for i in range(w.size):
        gradient[i] = w[i]
    return float(_value(w, rows, data))


class Bowl(Measurable):
    """Half the squared distance from the origin, with the doors that a network has but for its curvature.

    >>> Bowl().value([1.0, 2.0, 2.0])
    4.5
    """

    size = 3
    rows = 4
    gradient = Gradient(3.0)
    parameters_alike = True

    def __init__(self) -> None:
        self.counters = np.zeros(2, dtype=np.int64)
        none = np.zeros(1)
        data = (none, np.zeros(1, dtype=np.int64), none, self.counters)
        self.compiled = Compiled(_value, _values, _value_and_gradient, data, data)

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        """Return the loss at ``w``."""
        vector = self.checked(w)
        return float(0.5 * vector @ vector)

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        """Return the loss of each candidate."""
        return np.array([self.value(w) for w in self.checked_population(population)])

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        """Return the loss and its gradient."""
        return self.value(w), self.checked(w).copy()

    def peek(self, w: Array) -> float:
        """Return the loss at ``w``."""
        return self.value(w)


def rehearse(optimizer: Optimizer) -> None:
    """Have an optimizer do two iterations on the bowl, which compiles what it is made of.

    One that asks for more than the bowl has compiles nothing.
    """
    objective = Bowl()
    if optimizer.refusal(objective) is not None:
        return
    start = np.array([3.0, -1.0, 2.0])
    observer = observed(optimizer, objective, start, Budget(iterations=2))
    search(optimizer, start, np.random.default_rng(0), observer, contain=True)


def rehearse_all(optimizers: Sequence[Optimizer]) -> None:
    """Rehearse one after the other, and print a line after each."""
    for optimizer in optimizers:
        # Whatever goes wrong will do so where the optimizer is run, and is reported there.
        with contextlib.suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rehearse(optimizer)
        print(flush=True)


def _end(*_: Any) -> None:
    # As an exception, for no half of a file is left behind then; and as one that no search takes for its own.
    raise KeyboardInterrupt


def _watch() -> None:
    """End with the process that asked, however that ends: nobody holds the other end of the pipe then."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Rehearse the optimizers that the standard input names, a pickled list, and end with its other end."""
    signal.signal(signal.SIGTERM, _end)
    asked = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_watch, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        rehearse_all(asked)
