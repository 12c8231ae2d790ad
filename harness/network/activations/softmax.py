"""Softmax: the units of a layer share 1."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.activation import Activation
from harness.numerics import elementary_single
from harness.numerics.complex_numbers import place_of_highest
from harness.numerics.elementary import exponential_below_one
from harness.numerics.elementary_single import NAUGHT
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    first, count = U(start), U(m)
    for r in range(count):
        highest = z[first + r]
        for u in range(U(units)):
            highest = max(highest, z[first + u * count + r])
        norm = 0.0
        for u in range(U(units)):
            place = first + u * count + r
            z[place] = exponential_below_one(z[place] - highest)
            norm += z[place]
        for u in range(U(units)):
            z[first + u * count + r] /= norm


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    first, d, count = U(start), U(d0), U(m)
    for r in range(count):
        mean = NAUGHT
        for u in range(U(units)):
            mean += a[first + u * count + r] * delta[d + u * count + r]
        for u in range(U(units)):
            place = u * count + r
            delta[d + place] = a[first + place] * (delta[d + place] - mean)


@compiled()
def _single_forward(z: Any, start: int, units: int, m: int) -> None:
    first, count = U(start), U(m)
    for r in range(count):
        highest = z[first + r]
        for u in range(U(units)):
            highest = max(highest, z[first + u * count + r])
        norm = NAUGHT
        for u in range(U(units)):
            place = first + u * count + r
            z[place] = elementary_single.exponential_below_one(z[place] - highest)
            norm += z[place]
        for u in range(U(units)):
            z[first + u * count + r] /= norm


@compiled()
def _bend(numbers: Any, a: int, moved: int, delta: int, target: int, units: int, m: int) -> None:
    # R{a (d - mean)} with the deltas d held still, where mean = sum_j a_j d_j.
    a_0, moved_0, delta_0, target_0, count = U(a), U(moved), U(delta), U(target), U(m)
    for r in range(count):
        mean = shift = 0.0
        for u in range(U(units)):
            place = u * count + r
            mean += numbers[a_0 + place] * numbers[delta_0 + place]
            shift += numbers[moved_0 + place] * numbers[delta_0 + place]
        for u in range(U(units)):
            place = u * count + r
            numbers[target_0 + place] += (
                numbers[moved_0 + place] * (numbers[delta_0 + place] - mean) - numbers[a_0 + place] * shift
            )


@compiled()
def _complex(z: Any, start: int, units: int) -> None:
    highest = z[place_of_highest(z, start, units)]
    norm = 0j
    for u in range(start, start + units):
        z[u] = cmath.exp(z[u] - highest)
        norm += z[u]
    for u in range(start, start + units):
        z[u] /= norm


def _exact(m: Any, sums: Sequence[Any]) -> list[Any]:
    # The highest sum is taken out, for a float exp overflows; the quotient is the same.
    powers = [m.exp(z - max(sums)) for z in sums]
    return [power / sum(powers) for power in powers]


SOFTMAX = Activation(
    name="softmax",
    equation="a_k = exp(z_k) / sum_j exp(z_j)",
    forward=_forward,
    backward=_backward,
    exact=_exact,
    plain=lambda z: np.exp(z - np.logaddexp.reduce(z, axis=0)),
    complex_form=_complex,
    bend=_bend,
    single=(_single_forward, _backward),
    hidden=False,
    shares_one=True,
)
