"""The squared error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.loss import Loss, clear
from harness.network.losses.half_squared import complex_half_squared
from harness.network.wrong_classes import missed_half
from harness.numerics.elementary_single import TWO
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
            error = o[place + r] - t[target + r]
            scratch[s + r] += error * error
            o[place + r] = TWO * error


@compiled()
def _complex(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    return 2.0 * complex_half_squared(o, start, units, targets, t0, t_stride)


def _exact(m: Any, outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    return sum((a - y) * (a - y) for a, y in zip(outputs, targets, strict=True))


SQUARED = Loss(
    name="squared",
    equation="sum_k (a_k - y_k)^2",
    targets="numbers",
    output="identity",
    function=_row_losses,
    exact=_exact,
    plain=lambda a, y: np.sum((a - y) ** 2),
    complex_form=_complex,
    single=_row_losses,
    misses=missed_half,
    any_output=True,
    curvature=2.0,
    squares=1.0,
)
