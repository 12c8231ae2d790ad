"""The soft cost of perceptrons: how far wrong sums are from 0."""

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
            z = o[place + r]
            y = t[target + r]
            cost = -y * z
            scratch[s + r] += 0.0 if cost < 0.0 else cost
            # At z = 0 the step says +1; of the subgradients there, take the one that mends that mistake.
            positive = y > 0.0
            mistake = z < 0.0 if positive else z >= 0.0
            o[place + r] = -y if mistake else 0.0


def _exact(m: Any, outputs: Sequence[Any], targets: Sequence[Any]) -> Any:
    return sum(max(-y * a, 0) for a, y in zip(outputs, targets, strict=True))


PERCEPTRON_SOFT = Loss(
    name="perceptron-soft",
    equation="sum_k max(-y_k z_k, 0)",
    targets="signs",
    output="identity",
    function=_row_losses,
    exact=_exact,
    plain=lambda z, y: np.sum(np.maximum(-y * z, 0.0)),
    misses=missed_sign,
    kinks=(0.0,),
)
