"""How a chromosome stands for parameters: as the real numbers that they are, or as bits.

``bits`` genes of 0 and 1 stand for a weight, the highest power of two first, and are decoded linearly over a
range: ``w = low + (high - low) k / (2^bits - 1)`` with k the whole number that they spell (Goldberg 1989,
Genetic Algorithms in Search, Optimization and Machine Learning, chapter 3: mapped, concatenated fixed-point
coding).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types

from optimizers.compilation import compiled
from optimizers.objective import Array


class Coding(NamedTuple):
    """The code of a weight; with 0 bits a gene is the weight itself."""

    bits: int
    low: float
    high: float


CODING = types.NamedTuple([types.int64, types.float64, types.float64], Coding)


@compiled()
def express(coding: Any, chromosomes: Any, member: int, w: Any) -> None:
    """Write the parameters that a member's chromosome stands for.

    >>> w = np.empty(2)
    >>> express(Coding(2, -3.0, 3.0), np.array([[1.0, 0.0, 1.0, 1.0]]), 0, w)
    >>> w.tolist()
    [1.0, 3.0]
    """
    if coding.bits == 0:
        for i in range(w.size):
            w[i] = chromosomes[member, i]
        return
    unit = (coding.high - coding.low) / (2.0**coding.bits - 1.0)
    for i in range(w.size):
        number = 0.0
        for gene in range(i * coding.bits, (i + 1) * coding.bits):
            number = 2.0 * number + chromosomes[member, gene]
        w[i] = coding.low + unit * number


@compiled()
def impress(coding: Any, w: Any, chromosomes: Any, member: int) -> None:
    """Write the chromosome of parameters, in bits the nearest that the code has; the reverse of ``express``.

    >>> chromosomes = np.empty((1, 4))
    >>> impress(Coding(2, -3.0, 3.0), np.array([0.9, 7.0]), chromosomes, 0)
    >>> chromosomes.tolist()
    [[1.0, 0.0, 1.0, 1.0]]
    """
    if coding.bits == 0:
        for i in range(w.size):
            chromosomes[member, i] = w[i]
        return
    most = 2.0**coding.bits - 1.0
    for i in range(w.size):
        number = np.rint((w[i] - coding.low) / (coding.high - coding.low) * most)
        number = min(max(number, 0.0), most)
        for gene in range((i + 1) * coding.bits - 1, i * coding.bits - 1, -1):
            half = np.floor(0.5 * number)
            chromosomes[member, gene] = number - 2.0 * half
            number = half


def express_all(coding: Coding, chromosomes: Array, n: int) -> Array:
    """Return the parameters of every chromosome, shape (P, n)."""
    if coding.bits == 0:
        return chromosomes.astype(np.float64)
    population = np.empty((len(chromosomes), n))
    for member, w in enumerate(population):
        express(coding, chromosomes, member, w)
    return population
