"""Functions that compiled formulas call: what stays finite where the formula written out would not.

Nothing here needs SymPy: a formula that is compiled already does without.
"""

from __future__ import annotations

import math
from typing import Any

from harness.numerics.elementary import exponential, hyperbolic_tangent, log_one_plus, sigmoid
from optimizers.compilation import compiled

__all__ = [
    "exponential",
    "heaviside",
    "hyperbolic_tangent",
    "log_sum_exp",
    "maximum",
    "sigmoid",
    "softplus",
]


@compiled()
def softplus(z: float) -> float:
    """Return log(1 + exp(z)).

    >>> softplus(1e4), softplus(-1e4), softplus(0.0) == math.log(2.0)
    (10000.0, 0.0, True)
    """
    return (z if z > 0.0 else 0.0) + log_one_plus(exponential(-abs(z)))


@compiled()
def log_sum_exp(terms: Any) -> float:
    """Return the logarithm of the sum of the exponentials of a tuple, the highest taken out.

    >>> log_sum_exp((1e4, 1e4 - 800.0, -1e4))
    10000.0
    """
    highest = terms[0]
    for term in terms:
        highest = term if term > highest else highest
    total = 0.0
    for term in terms:
        total += exponential(term - highest)
    return highest + math.log(total)


@compiled()
def maximum(a: float, b: float) -> float:
    """Return the greater one; NaN stays NaN, for a run that diverged has to show it."""
    return b if a < b else a if a >= b else a + b


@compiled()
def heaviside(x: float) -> float:
    """Return 1 above zero, 0 below, 1/2 at zero: the derivative of a maximum that favours neither side."""
    return 1.0 if x > 0.0 else 0.0 if x < 0.0 else 0.5
