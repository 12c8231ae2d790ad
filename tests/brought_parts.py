"""An activation and a loss as another package would bring them, with every face that they can have."""

from __future__ import annotations

import cmath
from typing import Any

import numpy as np

from harness.network.activation import Activation, unit_by_unit
from harness.network.loss import Loss, clear
from harness.network.wrong_classes import missed_sign
from harness.numerics.complex_numbers import complex_log_one_plus
from harness.numerics.elementary import exponential, exponential_minus_one, log_one_plus
from optimizers.compilation import compiled


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    for r in range(start, start + units * m):
        above = 0.0 if z[r] < 0.0 else z[r]
        z[r] = above + log_one_plus(exponential(-abs(z[r])))


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    for r in range(units * m):
        delta[d0 + r] *= -exponential_minus_one(-a[start + r])


@compiled()
def _bend(numbers: Any, a: int, moved: int, delta: int, target: int, units: int, m: int) -> None:
    for r in range(units * m):
        numbers[target + r] += exponential(-numbers[a + r]) * numbers[moved + r] * numbers[delta + r]


@compiled()
def _complex(z: Any, start: int, units: int) -> None:
    for u in range(start, start + units):
        if z[u].real > 0.0:
            z[u] = z[u] + complex_log_one_plus(cmath.exp(-z[u]))
        else:
            z[u] = complex_log_one_plus(cmath.exp(z[u]))


SOFTPLUS = Activation(
    name="softplus",
    equation="a = log(1 + exp(z))",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: m.log(1 + m.exp(z))),
    plain=lambda z: np.logaddexp(z, 0.0),
    complex_form=_complex,
    bend=_bend,
)


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
    for u in range(units):
        for r in range(m):
            y = t[t0 + u * t_stride + r]
            power = exponential(-y * o[o0 + u * m + r])
            scratch[s0 + r] += power
            o[o0 + u * m + r] = -y * power


@compiled()
def _complex_row_loss(o: Any, start: int, units: int, targets: Any, t0: int, t_stride: int) -> Any:
    total = 0j
    for k in range(units):
        total += cmath.exp(-targets[t0 + k * t_stride] * o[start + k])
    return total


EXPONENTIAL_LOSS = Loss(
    name="exponential-loss",
    equation="sum_k exp(-y_k z_k)",
    targets="signs",
    output="identity",
    function=_row_losses,
    exact=lambda m, outputs, targets: sum(m.exp(-y * a) for a, y in zip(outputs, targets, strict=True)),
    plain=lambda z, y: np.sum(np.exp(-y * z)),
    complex_form=_complex_row_loss,
    misses=missed_sign,
)
