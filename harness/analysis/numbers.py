"""Numbers as readers want them."""

from __future__ import annotations

import math


def significant(number: float) -> str:
    """Write a number with three significant digits, as short as they allow.

    >>> [significant(number) for number in (0.5, 12345.0, 0.0000123, 0.0, math.inf, math.nan)]
    ['0.500', '12300', '1.23e-5', '0', 'inf', '-']
    """
    if math.isnan(number):
        return "-"
    if number == 0 or math.isinf(number):
        return f"{number:.0f}"
    mantissa, exponent = f"{number:.2e}".split("e")
    power = int(exponent)
    if -4 < power < 6:
        return f"{float(f'{mantissa}e{power}'):.{max(2 - power, 0)}f}"
    return f"{mantissa}e{power}"
