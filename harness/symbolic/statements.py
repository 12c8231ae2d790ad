"""From expressions to statements of Python: factored, freed of what is repeated, and written."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy

from harness.symbolic.functions import LogSumExp, Sigmoid
from optimizers.errors import InputError
from optimizers.printable import shown

Definitions = list[tuple[Any, Any]]


def simplified(functions: dict[Any, Any], expressions: Sequence[Any]) -> tuple[Definitions, list[Any]]:
    """Return definitions in the order of their use, and the expressions in terms of them.

    Arguments:
        functions: names of functions' values with what they stand for.
        expressions: in terms of these names.

    >>> a, b, c, f = sympy.symbols("a b c f0", real=True)
    >>> simplified({f: sympy.tanh(a * b)}, [a * b * f + a * c * f])
    ([(f0, tanh(a*b))], [a*f0*(b + c)])
    """
    factored = [sympy.factor_terms(expression) for expression in expressions]
    shared, reduced = sympy.cse(
        [*functions.values(), *factored], symbols=sympy.numbered_symbols("t", real=True)
    )
    answers = reduced[len(functions) :]
    meanings = dict(shared) | dict(zip(functions, reduced, strict=False))
    ordered: dict[Any, Any] = {}

    def place(expression: Any) -> None:
        for name in sorted(expression.free_symbols, key=str):
            if name in meanings and name not in ordered:
                place(meanings[name])
                ordered[name] = meanings[name]

    for answer in answers:
        place(answer)
    return list(ordered.items()), answers


class Writer:
    """Writes expressions as Python, in floats, multiplications spelt out.

    Arguments:
        names: how symbols are called; others keep their own names.
    """

    def __init__(self, names: dict[Any, str]) -> None:
        self._names = names
        self._fresh: Iterator[str] = (f"p{number}" for number in itertools.count())
        self.lines: list[str] = []

    def assign(self, name: Any, expression: Any) -> None:
        """Write ``name = expression``."""
        self.lines.append(f"{name} = {self.text(expression)}")

    def text(self, expression: Any) -> str:
        """Return an expression as Python, after the lines that it needs."""
        if expression.is_Symbol:
            return self._names.get(expression, str(expression))
        if expression.is_Number or expression.is_NumberSymbol:
            return repr(float(expression))
        if expression.is_Add:
            return self._sum(expression)
        if expression.is_Mul:
            return self._product(expression)
        if expression.is_Pow:
            return self._power(expression)
        return self._call(expression)

    def _sum(self, expression: Any) -> str:
        text = ""
        for term in expression.args:
            negative = term.could_extract_minus_sign()
            sign = "-" if negative else "+"
            written = self.text(-term if negative else term)
            text += f" {sign} {written}" if text else f"-{written}" if negative else written
        return text

    def _factor(self, expression: Any) -> str:
        text = self.text(expression)
        return f"({text})" if expression.is_Add or text.startswith("-") else text

    def _product(self, expression: Any) -> str:
        if expression.args[0].is_negative:
            return f"-{self._factor(-expression)}"
        numerator, denominator = expression.as_numer_denom()
        if denominator != 1 and not denominator.is_Number:
            return f"{self._factor(numerator)} / ({self.text(denominator)})"
        return " * ".join(self._factor(part) for part in expression.args)

    def _power(self, expression: Any) -> str:
        base, exponent = expression.args
        if exponent.is_negative:
            return f"1.0 / ({self.text(base**-exponent)})"
        if exponent != int(exponent):
            return f"{self._factor(base)} ** {shown(float(exponent))}"
        factor = self.text(base)
        if not base.is_Symbol:
            name = next(self._fresh)
            self.lines.append(f"{name} = {factor}")
            factor = name
        return " * ".join([factor] * int(exponent))

    def _call(self, expression: Any) -> str:
        if isinstance(expression, LogSumExp) and not (len(expression.args) == 2 and 0 in expression.args):
            return f"log_sum_exp(({', '.join(map(self.text, expression.args))},))"
        for kind, write in _CALLS.items():
            if isinstance(expression, kind):
                return write(self, expression)
        raise InputError(
            f"the function '{expression.func.__name__}' has no compiled form: add one to CALLS in "
            "harness/symbolic/statements.py"
        )


def _nested_maximum(writer: Writer, expression: Any) -> str:
    first, *others = map(writer.text, expression.args)
    for other in others:
        first = f"maximum({first}, {other})"
    return first


def _named_call(name: str) -> Callable[[Writer, Any], str]:
    return lambda writer, expression: f"{name}({writer.text(expression.args[0])})"


_CALLS: dict[Any, Callable[[Writer, Any], str]] = {
    sympy.exp: _named_call("exponential"),
    sympy.tanh: _named_call("hyperbolic_tangent"),
    Sigmoid: _named_call("sigmoid"),
    LogSumExp: lambda writer, expression: f"softplus({writer.text(sum(expression.args))})",
    sympy.Heaviside: _named_call("heaviside"),
    sympy.Max: _nested_maximum,
}
"""How each function is called; the functions are in ``harness.symbolic.kernels``."""
