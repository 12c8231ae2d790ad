"""Which rows have the wrong class named: functions of the form of ``losses``, that give 1 or 0 for a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.network.network import Network
from harness.numerics.elementary import sigmoid
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def _missed_sign(
    o: Any, o0: int, t: Any, t0: int, t_stride: int, units: int, m: int, scratch: Any, s0: int, _: bool
) -> None:
    output, target, s = U(o0), U(t0), U(s0)
    for r in range(U(m)):
        scratch[s + r] = 1.0 if (o[output + r] >= 0.0) != (t[target + r] > 0.0) else 0.0


@compiled()
def _missed_half(
    o: Any, o0: int, t: Any, t0: int, t_stride: int, units: int, m: int, scratch: Any, s0: int, _: bool
) -> None:
    output, target, s = U(o0), U(t0), U(s0)
    for r in range(U(m)):
        scratch[s + r] = 1.0 if (o[output + r] >= 0.5) != (t[target + r] > 0.5) else 0.0


@compiled()
def _missed_logit(
    o: Any, o0: int, t: Any, t0: int, t_stride: int, units: int, m: int, scratch: Any, s0: int, _: bool
) -> None:
    output, target, s = U(o0), U(t0), U(s0)
    for r in range(U(m)):
        scratch[s + r] = 1.0 if (sigmoid(o[output + r]) >= 0.5) != (t[target + r] > 0.5) else 0.0


@compiled()
def _missed_class(
    o: Any, o0: int, t: Any, t0: int, t_stride: int, units: int, m: int, scratch: Any, s0: int, _: bool
) -> None:
    s = U(s0)
    for r in range(U(m)):
        named, true = U(0), U(0)
        highest, most = o[U(o0) + r], t[U(t0) + r]
        for u in range(1, units):
            output, target = o[U(o0 + u * m) + r], t[U(t0 + u * t_stride) + r]
            if output > highest:
                highest, named = output, U(u)
            if target > most:
                most, true = target, U(u)
        scratch[s + r] = 1.0 if named != true else 0.0


def misses_of(network: Network) -> Any:
    """Return the function for a network: its outputs name a class as ``encoding.named_classes`` has it."""
    entry = network.loss_entry
    if network.sizes[-1] > 1:
        return _missed_class
    if entry.targets == "signs":
        return _missed_sign
    return _missed_half if entry.takes_in is None else _missed_logit
