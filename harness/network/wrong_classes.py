"""Which rows have the wrong class named: functions of the form of a loss's own, that give 1 or 0 for a row.

One output names the second of two classes from some number on; of several the highest names its own class, as
``harness.problems.encoding.named_classes`` has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.numerics.elementary import sigmoid
from optimizers.compilation import compiled

U = np.uint64


@compiled()
def missed_class(
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
    """Write 1 for rows whose highest output is not that of the highest target, 0 for others."""
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


@compiled()
def missed_sign(
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
    """Write 1 for rows whose output, positive from 0 on, has the other sign than the target; else 0."""
    if units > 1:
        missed_class(o, o0, t, t0, t_stride, units, m, scratch, s0, with_delta)
        return
    output, target, s = U(o0), U(t0), U(s0)
    for r in range(U(m)):
        scratch[s + r] = 1.0 if (o[output + r] >= 0.0) != (t[target + r] > 0.0) else 0.0


@compiled()
def missed_half(
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
    """Write 1 for rows whose output is on the other side of 1/2 than the target, 0 for others."""
    if units > 1:
        missed_class(o, o0, t, t0, t_stride, units, m, scratch, s0, with_delta)
        return
    output, target, s = U(o0), U(t0), U(s0)
    for r in range(U(m)):
        scratch[s + r] = 1.0 if (o[output + r] >= 0.5) != (t[target + r] > 0.5) else 0.0


@compiled()
def missed_logit(
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
    """Write 1 for rows whose sigmoid is on the other side of 1/2 than the target, 0 for others."""
    if units > 1:
        missed_class(o, o0, t, t0, t_stride, units, m, scratch, s0, with_delta)
        return
    output, target, s = U(o0), U(t0), U(s0)
    for r in range(U(m)):
        scratch[s + r] = 1.0 if (sigmoid(o[output + r]) >= 0.5) != (t[target + r] > 0.5) else 0.0
