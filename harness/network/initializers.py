"""Initialisations: one function in ``INITIALIZERS`` each. Biases start at zero unless it says otherwise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.network.layout import layer_views, parameter_count
from optimizers.objective import Array

Initializer = Callable[[tuple[int, ...], np.random.Generator], Array]


def _uniform(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw weights and biases from U(-0.5, 0.5)."""
    return rng.uniform(-0.5, 0.5, parameter_count(sizes))


def _glorot(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw weights from U(-b, b), b = sqrt(6 / (ins + outs)) (Glorot, Bengio 2010, eq. 16)."""
    w = np.zeros(parameter_count(sizes))
    for weights, _ in layer_views(w, sizes):
        outs, ins = weights.shape
        bound = np.sqrt(6.0 / (ins + outs))
        weights[:] = rng.uniform(-bound, bound, (outs, ins))
    return w


def _he(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Draw weights from N(0, 2 / ins) (He, Zhang, Ren, Sun 2015, eq. 10)."""
    w = np.zeros(parameter_count(sizes))
    for weights, _ in layer_views(w, sizes):
        outs, ins = weights.shape
        weights[:] = rng.normal(0.0, np.sqrt(2.0 / ins), (outs, ins))
    return w


def _zeros(sizes: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Begin at zero, as bounds on the perceptron's mistakes do; hidden units would stay alike for ever."""
    return np.zeros(parameter_count(sizes))


INITIALIZERS: dict[str, Initializer] = {"uniform": _uniform, "glorot": _glorot, "he": _he, "zeros": _zeros}
