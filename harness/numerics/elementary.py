"""Exponential and logarithm that LLVM can vectorise, and what activations and losses make of them.

A call of ``math.exp`` in a compiled loop is a call of the C library for each element: 3.4 ns. The
polynomials here are straight-line code that becomes eight lanes of one vector instruction: 0.5 ns at an
error of one unit in the last place. They need the project's flags (see ``optimizers.compilation``): the
range reduction is wrong under the fast-math flag ``reassoc``, so no sum of products belongs in this file.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from optimizers.compilation import compiled

LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with 21 trailing zero bits, so that k * LN2_HIGH is exact (fdlibm, e_exp.c).
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
# Adding 1.5 * 2^52 rounds to the nearest whole number and leaves it in the low bits of the sum.
ROUNDER = 6755399441055744.0
ONE_BITS = 0x3FF0000000000000
LOWEST, HIGHEST = -746.0, 710.0  # exp is 0 below, infinite above
LOWEST_NORMAL = -708.3964185322641  # ln 2^-1022
SQRT_HALF_BITS = 0x3FE6A09E00000000


@compiled()
def _reduced(x: float) -> Any:
    """Return ROUNDER + k and exp(r) - 1 with x = k ln 2 + r and abs(r) <= ln(2)/2, for x inside the range."""
    shifted = x * LOG2_E + ROUNDER
    k = shifted - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    # exp(r) - 1 = r + r^2 p(r) with p of degree 9 through ten of the twelve nodes of Chebyshev's: off by
    # 4.3e-18 at the most, where Taylor's needs two degrees more. In pairs (Estrin 1960), of which several are
    # under way at once.
    r2 = r * r
    r4 = r2 * r2
    low = (0.16666666666666678205 * r + 0.50000000000000150031) + r2 * (
        0.0083333333333205563843 * r + 0.041666666666500523821
    )
    middle = (0.00019841269888496690117 * r + 0.0013888888950298694138) + r2 * (
        2.7557242067180344414e-6 * r + 0.000024801486975901924502
    )
    p = low + r4 * (middle + r4 * (2.5109719945450415743e-8 * r + 2.7632226572337780486e-7))
    return shifted, p * r2 + r


@compiled()
def _power_of_two(shifted: float) -> float:
    """Return 2^k for -1022 <= k <= 1023 from ROUNDER + k: its last bits become an exponent."""
    return np.int64((np.float64(shifted).view(np.int64) << 52) + ONE_BITS).view(np.float64)


@compiled()
def exponential(x: float) -> float:
    """Return exp(x); 0, infinity and NaN where they belong."""
    inside = HIGHEST if x > HIGHEST else x
    inside = LOWEST if inside < LOWEST else inside
    shifted, small = _reduced(inside)
    # Two factors: 2^1024 overflows by itself, and 2^-1074 has no exponent bits.
    half = (shifted - ROUNDER) * 0.5 + ROUNDER
    return (1.0 + small) * _power_of_two(half) * _power_of_two(shifted - half + ROUNDER)


@compiled()
def exponential_below_one(x: float) -> float:
    """Return exp(x) for x <= 0, and 0 where it is below 2^-1022; one factor: 0.49 ns in place of 0.65."""
    inside = LOWEST_NORMAL if x < LOWEST_NORMAL else x
    shifted, small = _reduced(inside)
    scale = _power_of_two(shifted)
    result = small * scale + scale
    return 0.0 if x < LOWEST_NORMAL else result


@compiled()
def exponential_minus_one(x: float) -> float:
    """Return exp(x) - 1 for x <= 0, exact to the last digits also where x is tiny."""
    inside = -64.0 if x < -64.0 else x
    shifted, small = _reduced(inside)
    scale = _power_of_two(shifted)
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
    # What 1 + t lost, divided by u = 2^k (1 + f), of which two digits do. From 2^53 on nothing is lost, so
    # that the remainder keeps 2^-1024 from being asked for.
    power = np.int64(ONE_BITS - ((k & 1023) << 52)).view(np.float64)
    lost = (t - (u - 1.0)) * (1.0 - f * (1.0 - f)) * power
    scale = np.float64(k)
    result = scale * LN2_HIGH - ((square - (s * (square + r * z) + (scale * LN2_LOW + lost))) - f)
    return result if t < np.inf else t


@compiled()
def sigmoid(z: float) -> float:
    """Return 1 / (1 + exp(-z))."""
    small = exponential_below_one(-abs(z))
    return (small if z < 0.0 else 1.0) / (1.0 + small)


@compiled()
def hyperbolic_tangent(z: float) -> float:
    """Return tanh(z), exact to the last digits also where z is tiny."""
    m = exponential_minus_one(-2.0 * abs(z))
    return math.copysign(m / (m + 2.0), z)
