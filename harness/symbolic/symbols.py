"""The names of things: ``w2[1,3]`` in plain text is ``w^{(2)}_{13}`` in LaTeX."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import sympy

_NAME = re.compile(r"(?P<letter>[a-z]+)(?P<layer>\d*)\[(?P<places>[\d,]+)\]")


def symbol(letter: str, layer: int | None, *places: int) -> Any:
    """Return the symbol of one number, counted from 1.

    >>> symbol("w", 2, 1, 3), symbol("x", None, 1)
    (w2[1,3], x[1])
    """
    return sympy.Symbol(f"{letter}{layer or ''}[{','.join(map(str, places))}]", real=True)


def column(letter: str, layer: int | None, count: int) -> Any:
    """Return the symbols of a layer's units as an array of shape (count, 1)."""
    return np.array([[symbol(letter, layer, unit + 1)] for unit in range(count)], dtype=object)


def vector(letter: str, count: int) -> Any:
    """Return symbols as an array of shape (count,)."""
    return np.array([symbol(letter, None, place + 1) for place in range(count)], dtype=object)


def parameters(sizes: tuple[int, ...]) -> list[Any]:
    """Return the symbols of all parameters, in the order of ``w``: layer by layer, weights, then biases."""
    found = []
    for layer, (ins, outs) in enumerate(itertools.pairwise(sizes), start=1):
        found += [symbol("w", layer, o, i) for o in range(1, outs + 1) for i in range(1, ins + 1)]
        found += [symbol("b", layer, o) for o in range(1, outs + 1)]
    return found


def latex_name(name: Any) -> str:
    r"""Return the LaTeX of a symbol.

    >>> latex_name(symbol("delta", 2, 1)), latex_name(symbol("w", 1, 2, 12)), latex_name(sympy.Symbol("E"))
    ('\\delta^{(2)}_{1}', 'w^{(1)}_{2,12}', 'E')
    """
    parts = _NAME.fullmatch(str(name))
    if parts is None:
        return str(name)
    letter = r"\delta" if parts["letter"] == "delta" else parts["letter"]
    above = f"^{{({parts['layer']})}}" if parts["layer"] else ""
    places = parts["places"].split(",")
    return f"{letter}{above}_{{{('' if all(len(place) == 1 for place in places) else ',').join(places)}}}"
