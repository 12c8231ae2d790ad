"""Exponential and logarithm that LLVM can vectorise, and what activations and losses make of them.

A call of ``math.exp`` in a compiled loop is a call of the C library for each element: 3.4 ns. The
polynomials here are straight-line code that becomes eight lanes of one vector instruction: 0.5 ns at an
error of one unit in the last place. They need the project's flags (see ``optimizers.compilation``): the
range reduction is wrong under the fast-math flag ``reassoc``, so no sum of products belongs in this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizers.compilation import compiled

LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with 21 trailing zero bits, so that k * LN2_HIGH is exact (fdlibm, e_exp.c).
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
# Adding 1.5 * 2^52 rounds to the nearest whole number and leaves it in the low bits of the sum.
ROUNDER = 6755399441055744.0
LOWEST, HIGHEST = -746.0, 710.0  # exp is 0 below, infinite above
SQRT_HALF_BITS = 0x3FE6A09E00000000


@compiled()
def _reduced(x: float) -> Any:
    """Return whole k and exp(r) - 1 with x = k ln 2 + r and abs(r) <= ln(2)/2, for x inside the range."""
    shifted = x * LOG2_E + ROUNDER
    k = shifted - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    # Taylor to degree 13: the remainder at ln(2)/2 is 4e-18, below a tenth of a unit in the last place. In
    # pairs and fours (Estrin 1960), of which several are under way at once: an exponential takes 0.50 ns in
    # place of 0.60 by Horner's rule, at the same largest error.
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 / 6.0 * r + 0.5) + r2 * (1.0 / 120.0 * r + 1.0 / 24.0)
    middle = (1.0 / 5040.0 * r + 1.0 / 720.0) + r2 * (1.0 / 362880.0 * r + 1.0 / 40320.0)
    high = (1.0 / 39916800.0 * r + 1.0 / 3628800.0) + r2 * (1.0 / 6227020800.0 * r + 1.0 / 479001600.0)
    p = low + r4 * (middle + r4 * high)
    whole = (np.float64(shifted).view(np.int64) << 13) >> 13
    return whole, p * r2 + r


@compiled()
def _power_of_two(k: int) -> float:
    """Return 2^k for -1022 <= k <= 1023 by writing its exponent bits."""
    return np.int64((k + 1023) << 52).view(np.float64)


@compiled()
def exponential(x: float) -> float:
    """Return exp(x); 0, infinity and NaN where they belong."""
    inside = HIGHEST if x > HIGHEST else x
    inside = LOWEST if inside < LOWEST else inside
    k, small = _reduced(inside)
    # Two factors: 2^1024 overflows by itself, and 2^-1074 has no exponent bits.
    half = k >> 1
    return (1.0 + small) * _power_of_two(half) * _power_of_two(k - half)


@compiled()
def exponential_minus_one(x: float) -> float:
    """Return exp(x) - 1 for x <= 0, exact to the last digits also where x is tiny."""
    inside = -64.0 if x < -64.0 else x
    k, small = _reduced(inside)
    scale = _power_of_two(k)
    return small * scale + (scale - 1.0)


@compiled()
def log_one_plus(t: float) -> float:
    """Return log(1 + t) for t >= 0 (fdlibm's e_log.c, with the rounding of 1 + t put back)."""
    u = 1.0 + t
    bits = np.float64(u).view(np.int64)
    k = (bits - SQRT_HALF_BITS) >> 52
    f = np.int64(bits - (k << 52)).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = 1.479819860511658591e-01
    r = r * z + 1.531383769920937332e-01
    r = r * z + 1.818357216161805012e-01
    r = r * z + 2.222219843214978396e-01
    r = r * z + 2.857142874366239149e-01
    r = r * z + 3.999999999940941908e-01
    r = r * z + 6.666666666666735130e-01
    square = 0.5 * f * f
    lost = (t - (u - 1.0)) / u
    scale = np.float64(k)
    result = scale * LN2_HIGH - ((square - (s * (square + r * z) + (scale * LN2_LOW + lost))) - f)
    return result if t < np.inf else t


@compiled()
def sigmoid(z: float) -> float:
    """Return 1 / (1 + exp(-z))."""
    return 1.0 / (1.0 + exponential(-z))


@compiled()
def hyperbolic_tangent(z: float) -> float:
    """Return tanh(z), exact to the last digits also where z is tiny."""
    m = exponential_minus_one(-2.0 * abs(z))
    t = (0.0 - m) / (m + 2.0)
    return -t if z < 0.0 else t
