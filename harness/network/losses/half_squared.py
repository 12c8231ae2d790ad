"""Half the squared error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.loss import Loss, clear
from harness.network.wrong_classes import missed_half
from harness.numerics.elementary_single import HALF
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
            scratch[s + r] += HALF * error * error
            o[place + r] = error


@compiled()
def complex_half_squared(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> complex:
    """Return the loss of one row; see ``harness.network.loss.COMPLEX_ROW_LOSS``."""
    total = 0j
    for k in range(units):
        error = o[start + k] - targets[t0 + k * t_stride]
        total += 0.5 * error * error
    return total


def _exact(m: Any, outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    return sum((a - y) * (a - y) / 2 for a, y in zip(outputs, targets, strict=True))


HALF_SQUARED = Loss(
    name="half-squared",
    equation="sum_k (a_k - y_k)^2 / 2",
    targets="numbers",
    output="identity",
    function=_row_losses,
    exact=_exact,
    plain=lambda a, y: np.sum((a - y) ** 2) * 0.5,
    complex_form=complex_half_squared,
    single=_row_losses,
    misses=missed_half,
    any_output=True,
    curvature=1.0,
    squares=0.5,
)
