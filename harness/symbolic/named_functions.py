"""Derivatives of nested functions without writing the inner ones out again and again.

``sympy.diff`` of a whole loss spells every inner function out in every term: 14 s for an 8-10-8-3 network,
and formulas that take long to simplify. So each function's value gets a name first; SymPy differentiates the
short formula behind each name, and the chain rule puts the pieces together, for each parameter by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from sympy.core.function import Application

from harness.symbolic.functions import derivative


class Names:
    """Names f0, f1 ... for the values of functions; equal values have the same name.

    >>> x, names = sympy.Symbol("x", real=True), Names()
    >>> names.short(sympy.exp(sympy.tanh(x)) + sympy.tanh(x)), names.meanings
    (f0 + f1, {f0: tanh(x), f1: exp(f0)})
    """

    def __init__(self) -> None:
        self.meanings: dict[Any, Any] = {}
        self._known: dict[Any, Any] = {}

    def short(self, expression: Any) -> Any:
        """Return an expression with every function in it named."""
        if not expression.args:
            return expression
        if expression not in self._known:
            built = expression.func(*(self.short(part) for part in expression.args))
            if isinstance(built, Application):
                if built not in self._known:
                    self._known[built] = sympy.Symbol(f"f{len(self.meanings)}", real=True)
                    self.meanings[self._known[built]] = built
                built = self._known[built]
            self._known[expression] = built
        return self._known[expression]

    def slopes(self, expression: Any) -> dict[Any, Any]:
        """Return the derivatives of a short expression by each symbol in it, in short form."""
        symbols = sorted(expression.free_symbols, key=str)
        return {name: self.short(derivative(expression, name)) for name in symbols}


def gradient(loss: Any, parameters: Sequence[Any], names: Names) -> list[Any]:
    """Return the derivative of a loss by each parameter in terms of names, each formula derived by itself.

    Arguments:
        loss: in terms of the same names.
        parameters: symbols to differentiate by.
        names: those of the loss; what the derivatives bring is added.

    >>> w, names = sympy.symbols("w v", real=True), Names()
    >>> gradient(names.short(sympy.exp(w[0] * w[1])), w, names)
    [f0*v, f0*w]
    """
    inner = {name: names.slopes(meaning) for name, meaning in list(names.meanings.items())}
    outer = names.slopes(loss)
    found = []
    for parameter in parameters:
        by_name: dict[Any, Any] = {parameter: sympy.S.One}
        for name, slopes in inner.items():
            if slope := _chained(slopes, by_name):
                by_name[name] = slope
        found.append(_chained(outer, by_name))
    return found


def _chained(slopes: dict[Any, Any], by_name: dict[Any, Any]) -> Any:
    return sympy.Add(*(slope * by_name[name] for name, slope in slopes.items() if name in by_name))
