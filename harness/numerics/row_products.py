"""Products of one row of units that lie side by side, along the weights that do so.

By blocks of rows it would fill one lane of eight.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.numerics.register_blocks import BIAS, ZERO
from optimizers.compilation import compiled

U = np.uint64


@compiled(reassociate=True)
def _dot(d: Any, d0: int, a: Any, a0: int, m: int) -> float:
    d_0, a_0 = U(d0), U(a0)
    total = 0.0
    for r in range(U(m)):
        total += d[d_0 + r] * a[a_0 + r]
    return total


@compiled()
def add_times(factor: float, a: Any, a0: int, z: Any, z0: int, count: int) -> None:
    """Add some numbers times a factor to others."""
    a_0, z_0 = U(a0), U(z0)
    for r in range(U(count)):
        z[z_0 + r] += factor * a[a_0 + r]


@compiled()
def multiply_row(
    begin: int,
    w: Any,
    place: int,
    out_step: int,
    in_step: int,
    outs: int,
    ins: int,
    bias: int,
    a: Any,
    a0: int,
    z: Any,
    z0: int,
) -> None:
    """Do what ``multiply`` does for one row of units that lie side by side, along the weights that do so."""
    for o in range(outs):
        if begin == ZERO:
            z[U(z0 + o)] = 0.0
        elif begin == BIAS:
            z[U(z0 + o)] = w[U(bias + o)]
    if in_step == 1:
        for o in range(outs):
            z[U(z0 + o)] += _dot(w, place + o * out_step, a, a0, ins)
    else:
        for i in range(ins):
            add_times(a[U(a0 + i)], w, place + i * in_step, z, z0, outs)
