"""What loops do with whole points, compiled or in Python: copy one, and step from one at random.

Compiled by themselves, so that both come to the same bits: NumPy rounds a product before it is added.
"""

from __future__ import annotations

from typing import Any

from optimizers.compilation import compiled


@compiled()
def copy_point(w: Any, copy: Any) -> None:
    """Write ``w`` over ``copy``, both of shape (n,)."""
    for i in range(w.size):
        copy[i] = w[i]


@compiled()
def step_at_random(w: Any, step: float, rng: Any, candidate: Any) -> None:
    """Write ``w + step z`` to ``candidate``, both of shape (n,), with z standard normal."""
    for i in range(w.size):
        candidate[i] = w[i] + step * rng.standard_normal()
