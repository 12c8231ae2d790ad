"""Every function of ``math`` that answers in silence answers as machine code does, whatever it is asked."""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np
import pytest

from optimizers.compilation import UNCOMPILED
from optimizers.silent_math import BEYOND, SILENT

pytestmark = pytest.mark.skipif(UNCOMPILED, reason="there is no machine code to compare with")

NUMBERS = (-1000.0, -2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 2.0, 171.0, 1000.0, math.inf, -math.inf, math.nan)
SECOND: dict[str, tuple[float, ...]] = {"pow": NUMBERS, "ldexp": (-3000, 0, 3000)}


def machine_code(name: str) -> Any:
    function = getattr(math, name)
    if name in SECOND:
        return numba.njit(error_model="numpy")(lambda x, y: function(x, y))
    return numba.njit(error_model="numpy")(lambda x: function(x))


@pytest.mark.parametrize("name", BEYOND)
def test_it_is_that_of_machine_code_where_python_raises_and_elsewhere(name: str) -> None:
    asked = [
        (x, *more) for x in NUMBERS for more in ([(y,) for y in SECOND[name]] if name in SECOND else [()])
    ]
    compiled = machine_code(name)
    try:
        expected = [compiled(*numbers) for numbers in asked]
    except numba.TypingError:
        pytest.skip(f"this numba has no {name}")
    found = [getattr(SILENT, name)(*numbers) for numbers in asked]
    if name == "gamma":
        # Newer machine code has an infinity at its poles, older no number or one of the other sign.
        poles = [x <= 0.0 and x == math.floor(x) if math.isfinite(x) else x < 0.0 for (x,) in asked]
        expected = [math.inf if pole else value for pole, value in zip(poles, expected, strict=True)]
        found = [math.inf if pole else value for pole, value in zip(poles, found, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=str(asked))
