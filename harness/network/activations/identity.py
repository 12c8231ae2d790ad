"""The identity: a layer of sums."""

from __future__ import annotations

from typing import Any

from harness.network.activation import Activation, straight_bend, unit_by_unit
from optimizers.compilation import compiled


@compiled()
def _forward(z: Any, start: int, units: int, m: int) -> None:
    pass


@compiled()
def _backward(a: Any, start: int, delta: Any, d0: int, units: int, m: int) -> None:
    pass


@compiled()
def _complex(z: Any, start: int, units: int) -> None:
    pass


IDENTITY = Activation(
    name="identity",
    equation="a = z",
    forward=_forward,
    backward=_backward,
    exact=unit_by_unit(lambda m, z: z),
    plain=lambda z: z,
    complex_form=_complex,
    bend=straight_bend,
    single=(_forward, _backward),
    linear=True,
)
