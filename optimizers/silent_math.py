"""The functions of ``math`` as machine code has them: an infinity or NaN where Python raises an error."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

BEYOND: dict[str, str] = {
    "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "atanh": "arctanh", "cos": "cos", "cosh": "cosh",
    "exp": "exp", "exp2": "exp2", "expm1": "expm1", "ldexp": "ldexp", "log": "log",
    "log10": "log10", "log1p": "log1p", "log2": "log2", "pow": "power", "sin": "sin", "sinh": "sinh",
    "sqrt": "sqrt", "tan": "tan", "gamma": "gamma", "lgamma": "gammaln",
}  # fmt: skip
"""Functions of NumPy or of ``scipy.special`` that answer where those of ``math`` raise."""


def _beyond(name: str) -> Callable[..., Any]:
    if hasattr(np, name):
        return getattr(np, name)  # type: ignore[no-any-return]
    # `harness list` has no need of SciPy.
    from scipy import special

    return getattr(special, name)  # type: ignore[no-any-return]


def _silent(name: str, other: str) -> Callable[..., float]:
    plain = getattr(math, name)

    @functools.wraps(plain)
    def function(*arguments: float) -> float:
        try:
            return float(plain(*arguments))
        except (ValueError, OverflowError):
            with np.errstate(all="ignore"):
                return float(_beyond(other)(*arguments))

    return function


SILENT = ModuleType("math")
"""In place of ``math``, under its name."""
vars(SILENT).update(vars(math))
vars(SILENT).update({name: _silent(name, other) for name, other in BEYOND.items()})


def silence_math(function: Callable[..., Any]) -> None:
    """Have a function's module find these where it has imported ``math``: a logarithm of 0 raised there."""
    space: dict[str, Any] = getattr(function, "__globals__", {})
    for name in [name for name, value in space.items() if value is math]:
        space[name] = SILENT
