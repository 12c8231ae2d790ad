"""What ``elementary.py`` has, in single precision: sixteen lanes of one vector instruction in place of eight.

Every number is float32 throughout. A constant of Python's would make float64 of a whole expression, and its
vectors half as long, so constants are named here. As there, no sum of products belongs in this file.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from optimizers.compilation import compiled

F = np.float32

# Exact in both precisions, so that what has no constants but these serves arrays of either.
NAUGHT, HALF, ONE, TWO = F(0.0), F(0.5), F(1.0), F(2.0)
LOG2_E = F(1.4426950408889634)
# ln 2 in two parts, the first with 15 trailing zero bits, so that k * LN2_HIGH is exact (Cephes, expf.c).
LN2_HIGH = F(0.693359375)
LN2_LOW = F(-2.12194440054690583e-4)
# Adding 1.5 * 2^23 rounds to the nearest whole number and leaves it in the low bits of the sum.
ROUNDER = F(12582912.0)
ONE_BITS = 0x3F800000
SQRT_HALF_BITS = 0x3F3504F3
LOWEST_NORMAL = F(-87.33654)  # ln 2^-126
ALMOST_MINUS_ONE = F(-32.0)  # exp - 1 is -1 from here on
# exp(r) - 1 = r + r^2 p(r) for abs(r) <= ln(2)/2, p of degree 4 through Chebyshev's nodes: off by 7.8e-9 at
# the most, an eighth of half a unit in the last place of 1.
EXPONENTIAL = tuple(F(c) for c in (0.5, 0.166665770256, 0.0416665546621, 0.00836317307451, 0.00139261761199))
P_0, P_1, P_2, P_3, P_4 = EXPONENTIAL
# log(1 + f) by s = f / (2 + f) (fdlibm's descendant in FreeBSD, e_logf.c).
L_1, L_2, L_3, L_4 = F(0.66666662693), F(0.40000972152), F(0.28498786688), F(0.24279078841)


@compiled()
def _reduced(x: Any) -> Any:
    """Return ROUNDER + k and exp(r) - 1 with x = k ln 2 + r and abs(r) <= ln(2)/2, for x inside the range."""
    shifted = x * LOG2_E + ROUNDER
    k = shifted - ROUNDER
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    r2 = r * r
    p = (P_1 * r + P_0) + r2 * ((P_3 * r + P_2) + r2 * P_4)
    return shifted, p * r2 + r


@compiled()
def _power_of_two(shifted: Any) -> Any:
    """Return 2^k for -126 <= k <= 127 from ROUNDER + k: its last bits become an exponent."""
    return np.int32((F(shifted).view(np.int32) << 23) + ONE_BITS).view(np.float32)


@compiled()
def exponential_below_one(x: Any) -> Any:
    """Return exp(x) for x <= 0, and 0 where it is below 2^-126."""
    inside = LOWEST_NORMAL if x < LOWEST_NORMAL else x
    shifted, small = _reduced(inside)
    scale = _power_of_two(shifted)
    result = small * scale + scale
    return NAUGHT if x < LOWEST_NORMAL else result


@compiled()
def exponential_minus_one(x: Any) -> Any:
    """Return exp(x) - 1 for x <= 0, exact to the last digits also where x is tiny."""
    inside = ALMOST_MINUS_ONE if x < ALMOST_MINUS_ONE else x
    shifted, small = _reduced(inside)
    scale = _power_of_two(shifted)
    return small * scale + (scale - ONE)


@compiled()
def log_one_plus(t: Any) -> Any:
    """Return log(1 + t) for t >= 0, with the rounding of 1 + t put back."""
    u = ONE + t
    bits = F(u).view(np.int32)
    k = np.int32(np.int32(bits - SQRT_HALF_BITS) >> 23)
    f = np.int32(bits - (k << 23)).view(np.float32) - ONE
    s = f / (TWO + f)
    z = s * s
    r = ((L_4 * z + L_3) * z + L_2) * z + L_1
    square = HALF * f * f
    # What 1 + t lost, divided by u = 2^k (1 + f), of which two digits do. From 2^24 on nothing is lost, so
    # that the remainder keeps 2^-128 from being asked for.
    power = np.int32(ONE_BITS - ((k & 127) << 23)).view(np.float32)
    lost = (t - (u - ONE)) * (ONE - f * (ONE - f)) * power
    scale = F(k)
    result = scale * LN2_HIGH - ((square - (s * (square + r * z) + (scale * LN2_LOW + lost))) - f)
    return result if t < F(np.inf) else t


@compiled()
def sigmoid(z: Any) -> Any:
    """Return 1 / (1 + exp(-z))."""
    small = exponential_below_one(-abs(z))
    return (small if z < NAUGHT else ONE) / (ONE + small)


@compiled()
def hyperbolic_tangent(z: Any) -> Any:
    """Return tanh(z), exact to the last digits also where z is tiny."""
    m = exponential_minus_one(-TWO * abs(z))
    return F(math.copysign(m / (m + TWO), z))
