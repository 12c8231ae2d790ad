"""What complex forms of activations and losses share."""

from __future__ import annotations

import math
from typing import Any

from optimizers.compilation import compiled


@compiled()
def complex_log_one_plus(z: complex) -> complex:
    """Return log(1 + z) for a real part of 0 or more, exact to the last digits also where z is tiny."""
    return complex(
        0.5 * math.log1p(z.real * (2.0 + z.real) + z.imag * z.imag), math.atan2(z.imag, 1.0 + z.real)
    )


@compiled()
def place_of_highest(z: Any, start: int, units: int) -> int:
    """Return the place of the highest real part."""
    highest = start
    for u in range(start + 1, start + units):
        if z[u].real > z[highest].real:
            highest = u
    return highest
