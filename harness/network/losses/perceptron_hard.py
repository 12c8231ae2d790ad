"""The hard cost of perceptrons: how many are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.network.loss import Loss, clear
from harness.network.wrong_classes import missed_sign
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
            scratch[s + r] += 0.0 if -t[target + r] * o[place + r] < 0.0 else -t[target + r] * o[place + r]


def _exact(m: Any, outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    return sum(max(-y * a, 0) for a, y in zip(outputs, targets, strict=True))


PERCEPTRON_HARD = Loss(
    name="perceptron-hard",
    equation="sum_k max(-y_k a_k, 0), a = step(z)",
    targets="signs",
    output="step",
    function=_row_losses,
    exact=_exact,
    misses=missed_sign,
    has_gradient=False,
    kinks=(0.0,),
)
