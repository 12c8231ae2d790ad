"""Cross-entropy of a softmax, from its sums."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.loss import Loss, clear
from harness.network.wrong_classes import missed_class
from harness.numerics import elementary_single
from harness.numerics.complex_numbers import complex_log_one_plus, place_of_highest
from harness.numerics.elementary import exponential_below_one, log_one_plus
from harness.numerics.elementary_single import NAUGHT, ONE
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _row_losses(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    # -sum_k y_k log a_k = log sum_j exp(z_j) - sum_k y_k z_k, for targets that sum to 1. With the highest
    # z taken out, log(1 + others) keeps all its digits when the row is classified well.
    clear(scratch, s0, m)
    s, high, others = U(s0), U(s0 + m), U(s0 + 2 * m)
    for r in range(U(m)):
        scratch[high + r] = o[U(o0) + r]
    for u in range(1, units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            z = o[place + r]
            scratch[high + r] = scratch[high + r] if z < scratch[high + r] else z
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            below = o[place + r] - scratch[high + r]
            scratch[s + r] -= t[target + r] * below
            o[place + r] = exponential_below_one(below)
    # Units that share the highest z count 1 each; their sum begins at -1 to leave one of them out exactly.
    for r in range(U(m)):
        scratch[high + r] = -1.0
        scratch[others + r] = 0.0
    for u in range(units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            highest = o[place + r] == 1.0
            scratch[high + r] += 1.0 if highest else 0.0
            scratch[others + r] += 0.0 if highest else o[place + r]
    for r in range(U(m)):
        rest = scratch[high + r] + scratch[others + r]
        scratch[s + r] += log_one_plus(rest)
        scratch[high + r] = 1.0 / (1.0 + rest)
    if with_delta:
        for u in range(units):
            place, target = U(o0 + u * m), U(t0 + u * t_stride)
            for r in range(U(m)):
                o[place + r] = o[place + r] * scratch[high + r] - t[target + r]


@compiled()
def _single(
    o: Any,
    o0: int,
    t: Any,
    t0: int,
    t_stride: int,
    units: int,
    m: int,
    scratch: Any,
    s0: int,
    with_delta: bool,
) -> None:
    # As in float64, where it is explained.
    clear(scratch, s0, m)
    s, high, others = U(s0), U(s0 + m), U(s0 + 2 * m)
    for r in range(U(m)):
        scratch[high + r] = o[U(o0) + r]
    for u in range(1, units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            z = o[place + r]
            scratch[high + r] = scratch[high + r] if z < scratch[high + r] else z
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            below = o[place + r] - scratch[high + r]
            scratch[s + r] -= t[target + r] * below
            o[place + r] = elementary_single.exponential_below_one(below)
    for r in range(U(m)):
        scratch[high + r] = -ONE
        scratch[others + r] = NAUGHT
    for u in range(units):
        place = U(o0 + u * m)
        for r in range(U(m)):
            highest = o[place + r] == ONE
            scratch[high + r] += ONE if highest else NAUGHT
            scratch[others + r] += NAUGHT if highest else o[place + r]
    for r in range(U(m)):
        rest = scratch[high + r] + scratch[others + r]
        scratch[s + r] += elementary_single.log_one_plus(rest)
        scratch[high + r] = ONE / (ONE + rest)
    if with_delta:
        for u in range(units):
            place, target = U(o0 + u * m), U(t0 + u * t_stride)
            for r in range(U(m)):
                o[place + r] = o[place + r] * scratch[high + r] - t[target + r]


@compiled()
def _complex(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    # As the real one: log sum_j exp(z_j) - sum_k y_k z_k for targets that sum to 1, the highest z taken out.
    place = place_of_highest(o, start, units)
    others, total = 0j, 0j
    for k in range(units):
        below = o[start + k] - o[place]
        total -= targets[t0 + k * t_stride] * below
        if start + k != place:
            others += cmath.exp(below)
    return total + complex_log_one_plus(others)


def _exact(m: Any, outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    # 0 log 0 counts as 0.
    return -sum(y * m.log(a) for a, y in zip(outputs, targets, strict=True) if y)


CATEGORICAL_CROSS_ENTROPY = Loss(
    name="categorical-cross-entropy",
    equation="-sum_k y_k log a_k, a = softmax(z)",
    targets="distribution",
    output="softmax",
    function=_row_losses,
    exact=_exact,
    plain=lambda z, y: np.sum(np.logaddexp.reduce(z, axis=0)) - np.sum(y * z),
    complex_form=_complex,
    single=_single,
    misses=missed_class,
    takes_in="softmax",
    curvature=1.0,
)
