"""Runs a traced program on arrays of SymPy expressions: one entry in ``VALUES`` for each primitive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from harness.autodiff.program import Program
from harness.symbolic.entries import each, reduced
from harness.symbolic.families import FAMILIES
from harness.symbolic.functions import Sigmoid, log_of
from optimizers.errors import InputError

SIMPLE = 1000
"""Highest denominator of a fraction that a float is taken for, if it is exactly that float."""


def number(value: float) -> Any:
    """Return a float as SymPy should show it: a whole number, a simple fraction (of pi), or itself.

    >>> number(2.0), number(0.5), number(1 / 3), number(2 * np.pi), number(0.123456789012345)
    (2, 1/2, 1/3, 2*pi, 0.123456789012345)
    """
    if not np.isfinite(value):
        raise InputError(
            f"the function holds the constant {value}, which has no symbol: keep to finite numbers"
        )
    for unit, factor in ((1.0, sympy.S.One), (float(np.pi), sympy.pi)):
        fraction = Fraction(value / unit).limit_denominator(SIMPLE)
        if fraction.numerator / fraction.denominator * unit == value:
            return sympy.Rational(fraction.numerator, fraction.denominator) * factor
    return sympy.Float(repr(float(value)))


def numbers(table: Any) -> Any:
    """Return an array of floats as an array of SymPy's numbers."""
    return each(number)(np.asarray(table, dtype=np.float64))


def _with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, *settings: each(lambda entry: function(entry, *map(number, settings)))(x)


def _places(indices: bytes) -> Any:
    return np.frombuffer(indices, dtype=np.int64)


def _take(x: Any, indices: bytes, shape: Any) -> Any:
    return x.reshape(-1)[_places(indices)].reshape(shape)


def _put(x: Any, indices: bytes, shape: Any) -> Any:
    out = np.full(int(np.prod(shape, dtype=int)), sympy.S.Zero, dtype=object)
    for place, entry in zip(_places(indices), x.reshape(-1), strict=True):
        out[place] += entry
    return out.reshape(shape)


def _product(a: Any, b: Any, turn_a: bool, turn_b: bool) -> Any:
    left, right = a.T if turn_a else a, b.T if turn_b else b
    out = np.empty((left.shape[0], right.shape[1]), dtype=object)
    for i, k in np.ndindex(out.shape):
        out[i, k] = sympy.Add(*(p * q for p, q in zip(left[i], right[:, k], strict=True)))
    return out


def _select(mask: Any, a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, sympy.Ne(mask, 0)), (b, True))


VALUES: dict[str, Callable[..., Any]] = {
    "add": each(lambda a, b: a + b),
    "subtract": each(lambda a, b: a - b),
    "multiply": each(lambda a, b: a * b),
    "gated": each(lambda a, b: a * b),
    "divide": each(lambda a, b: a / b),
    "affine": _with_settings(lambda x, factor, offset: factor * x + offset),
    "power": _with_settings(lambda x, exponent: x**exponent),
    "raise": each(lambda base, exponent: base**exponent),
    "ratio": each(lambda a, b: a / b),
    "exp": each(sympy.exp),
    "log": each(log_of),
    "log1p": each(lambda x: log_of(1 + x)),
    "expm1": each(lambda x: sympy.exp(x) - 1),
    "sin": each(sympy.sin),
    "cos": each(sympy.cos),
    "tan": each(sympy.tan),
    "sinh": each(sympy.sinh),
    "cosh": each(sympy.cosh),
    "cbrt": each(lambda x: sympy.sign(x) * sympy.cbrt(sympy.Abs(x))),
    "tanh": each(sympy.tanh),
    "sigmoid": each(Sigmoid),
    "tanh_slope": each(lambda x, y: 1 - y**2),
    "sigmoid_slope": each(lambda x, y: y * (1 - y)),
    "hypot": each(lambda a, b: sympy.sqrt(a**2 + b**2)),
    "log_add_exp": each(lambda a, b: log_of(sympy.exp(a) + sympy.exp(b))),
    "length": reduced(lambda *entries: sympy.sqrt(sympy.Add(*(entry**2 for entry in entries)))),
    "absolute": each(sympy.Abs),
    "sign": each(sympy.sign),
    "above": each(lambda a, b: sympy.Heaviside(a - b)),
    "maximum": each(sympy.Max),
    "select": each(_select),
    "repeat": lambda x, axis, times: np.repeat(x, times, axis),
    "sum": reduced(sympy.Add),
    "reshape": lambda x, shape: x.reshape(shape),
    "take": _take,
    "put": _put,
    "product": _product,
    "highest": reduced(sympy.Max),
    # What is held fixed does not change the result, whatever it is: a shift against overflow. Zero leaves
    # the formula that a textbook prints.
    "held": each(lambda _: sympy.S.Zero),
    **FAMILIES,
}


def interpret(program: Program, inputs: Sequence[Any]) -> list[Any]:
    """Return the outputs of a program as arrays of expressions.

    Arguments:
        program: what ``harness.autodiff.derivatives.traced`` returns.
        inputs: an array of symbols for each input of the program.

    Raises:
        InputError: for a primitive that has no entry in ``VALUES``.
    """
    known: dict[int, Any] = dict(zip(program.inputs, inputs, strict=True))
    known.update((place, numbers(array)) for place, array in program.constants.items())
    for step in program.instructions:
        if step.primitive not in VALUES:
            raise InputError(
                f"the primitive '{step.primitive}' has no symbolic form: add one to VALUES in "
                "harness/symbolic/interpreter.py"
            )
        known[step.output] = VALUES[step.primitive](*(known[place] for place in step.inputs), *step.settings)
    return [known[place] for place in program.outputs]
