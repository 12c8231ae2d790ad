"""Cross-entropy of sigmoid units, from their sums."""

from __future__ import annotations

import cmath
from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.loss import Loss, clear
from harness.network.wrong_classes import missed_logit
from harness.numerics import elementary_single
from harness.numerics.complex_numbers import complex_log_one_plus
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
    clear(scratch, s0, m)
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            z = o[place + r]
            y = t[target + r]
            # -y log a - (1 - y) log(1 - a) with a = sigmoid(z), without a difference of large numbers:
            # for z > 0 it is (1 - y) z + log(1 + exp(-z)), for z < 0 it is -y z + log(1 + exp(z)).
            small = exponential_below_one(-abs(z))
            side = (1.0 - y) * z if z > 0.0 else -y * z
            scratch[s + r] += side + log_one_plus(small)
            o[place + r] = (1.0 if z > 0.0 else small) / (1.0 + small) - y


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
    s = U(s0)
    for u in range(units):
        place, target = U(o0 + u * m), U(t0 + u * t_stride)
        for r in range(U(m)):
            z = o[place + r]
            y = t[target + r]
            small = elementary_single.exponential_below_one(-abs(z))
            side = (ONE - y) * z if z > NAUGHT else -y * z
            scratch[s + r] += side + elementary_single.log_one_plus(small)
            o[place + r] = (ONE if z > NAUGHT else small) / (ONE + small) - y


@compiled()
def _complex(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    # As the real one: (1 - y) z + log(1 + exp(-z)), which for the other sign is -y z + log(1 + exp(z)).
    total = 0j
    for k in range(units):
        z, y = o[start + k], targets[t0 + k * t_stride]
        if z.real > 0.0:
            total += (1.0 - y) * z + complex_log_one_plus(cmath.exp(-z))
        else:
            total += -y * z + complex_log_one_plus(cmath.exp(z))
    return total


def _exact(m: Any, outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    # 0 log 0 counts as 0.
    pairs = list(zip(outputs, targets, strict=True))
    right = sum(y * m.log(a) for a, y in pairs if y)
    return -right - sum((1 - y) * m.log(1 - a) for a, y in pairs if y != 1)


BINARY_CROSS_ENTROPY = Loss(
    name="binary-cross-entropy",
    equation="-sum_k (y_k log a_k + (1 - y_k) log(1 - a_k)), a = sigmoid(z)",
    targets="probabilities",
    output="sigmoid",
    function=_row_losses,
    exact=_exact,
    plain=lambda z, y: np.sum(np.logaddexp(z, 0.0) - y * z),
    complex_form=_complex,
    single=_single,
    misses=missed_logit,
    takes_in="sigmoid",
    curvature=1.0,
)
