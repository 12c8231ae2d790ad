"""Runs a traced program on arrays of SymPy expressions: one entry in ``VALUES`` for each primitive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from harness.autodiff.program import Program
from harness.symbolic.extra import sympy
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
    return _each(number)(np.asarray(table, dtype=np.float64))


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function to each entry of arrays of one shape."""

    def apply(*arrays: Any, **_: Any) -> Any:
        out = np.empty(arrays[0].shape, dtype=object)
        for place in np.ndindex(out.shape):
            out[place] = function(*(array[place] for array in arrays))
        return out

    return apply


def _with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, *settings: _each(lambda entry: function(entry, *map(number, settings)))(x)


def _reduced(function: Callable[..., Any]) -> Callable[..., Any]:
    """Apply a function of many entries along an axis, which stays with length 1."""

    def apply(x: Any, axis: int) -> Any:
        rows = np.moveaxis(x, axis, -1)
        out = np.empty(rows.shape[:-1], dtype=object)
        for place in np.ndindex(out.shape):
            out[place] = function(*rows[place])
        return np.expand_dims(out, axis)

    return apply


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
    "add": _each(lambda a, b: a + b),
    "subtract": _each(lambda a, b: a - b),
    "multiply": _each(lambda a, b: a * b),
    "gated": _each(lambda a, b: a * b),
    "divide": _each(lambda a, b: a / b),
    "affine": _with_settings(lambda x, factor, offset: factor * x + offset),
    "power": _with_settings(lambda x, exponent: x**exponent),
    "raise": _each(lambda base, exponent: base**exponent),
    "ratio": _each(lambda a, b: a / b),
    "exp": _each(sympy.exp),
    "log": _each(log_of),
    "log1p": _each(lambda x: log_of(1 + x)),
    "expm1": _each(lambda x: sympy.exp(x) - 1),
    "sin": _each(sympy.sin),
    "cos": _each(sympy.cos),
    "tan": _each(sympy.tan),
    "sinh": _each(sympy.sinh),
    "cosh": _each(sympy.cosh),
    "cbrt": _each(lambda x: sympy.sign(x) * sympy.cbrt(sympy.Abs(x))),
    "tanh": _each(sympy.tanh),
    "sigmoid": _each(Sigmoid),
    "tanh_slope": _each(lambda x, y: 1 - y**2),
    "sigmoid_slope": _each(lambda x, y: y * (1 - y)),
    "hypot": _each(lambda a, b: sympy.sqrt(a**2 + b**2)),
    "log_add_exp": _each(lambda a, b: log_of(sympy.exp(a) + sympy.exp(b))),
    "length": _reduced(lambda *entries: sympy.sqrt(sympy.Add(*(entry**2 for entry in entries)))),
    "absolute": _each(sympy.Abs),
    "sign": _each(sympy.sign),
    "above": _each(lambda a, b: sympy.Heaviside(a - b)),
    "maximum": _each(sympy.Max),
    "select": _each(_select),
    "repeat": lambda x, axis, times: np.repeat(x, times, axis),
    "sum": _reduced(sympy.Add),
    "reshape": lambda x, shape: x.reshape(shape),
    "take": _take,
    "put": _put,
    "product": _product,
    "highest": _reduced(sympy.Max),
    # What is held fixed does not change the result, whatever it is: a shift against overflow. Zero leaves
    # the formula that a textbook prints.
    "held": _each(lambda _: sympy.S.Zero),
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
