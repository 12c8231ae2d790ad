"""Functions of SymPy that stay whole: written out, they overflow where they need not.

``log(exp(a) + exp(b))`` is infinite in floats for a = 1000, the function it stands for is 1000. So each
of these is one name with a known derivative; ``doit`` writes it out as textbooks do.
"""

from __future__ import annotations

from typing import Any

import sympy


class Sigmoid(sympy.Function):  # type: ignore[misc]
    """The logistic function, ``1 / (1 + exp(-z))``, with derivative ``s (1 - s)``."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the derivative in terms of the function itself."""
        return self * (1 - self)

    def doit(self, **hints: Any) -> Any:
        """Write it out."""
        return 1 / (1 + sympy.exp(-self.args[0]))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"

    def _sympystr(self, printer: Any) -> str:
        return f"sigmoid({printer._print(self.args[0])})"


class LogSumExp(sympy.Function):  # type: ignore[misc]
    """The logarithm of a sum of exponentials, with derivatives ``exp(z_i - LogSumExp(z))``.

    With arguments 0 and z it is softplus, ``log(1 + exp(z))``, whose derivative is the logistic function.
    """

    @classmethod
    def eval(cls, *terms: Any) -> Any:
        """Put the terms in SymPy's order, so that equal ones are found."""
        if len(terms) == 1:
            return terms[0]
        ordered = tuple(sorted(terms, key=sympy.default_sort_key))
        return None if ordered == terms else cls(*ordered)

    def fdiff(self, argindex: int = 1) -> Any:
        """Return the softmax of the argument among all arguments."""
        term = self.args[argindex - 1]
        if len(self.args) == 2 and sympy.S.Zero in self.args:
            other = next(part for part in self.args if part != 0)
            return Sigmoid(other if term == other else -other)
        return sympy.exp(term - self)

    def doit(self, **hints: Any) -> Any:
        """Write it out."""
        return sympy.log(sympy.Add(*(sympy.exp(term) for term in self.args)))


def log_of(x: Any) -> Any:
    """Return the logarithm, as one function where x is a sum of exponentials.

    >>> z = sympy.Symbol("z", real=True)
    >>> log_of(1 + sympy.exp(z)), log_of(1 + z)
    (LogSumExp(0, z), log(z + 1))
    """
    terms = sympy.Add.make_args(x)
    if len(terms) > 1 and all(term == 1 or isinstance(term, sympy.exp) for term in terms):
        return LogSumExp(*(sympy.S.Zero if term == 1 else term.args[0] for term in terms))
    return sympy.log(x)


def written_out(expression: Any) -> Any:
    """Return an expression with these functions written out as textbooks do.

    >>> z = sympy.Symbol("z", real=True)
    >>> written_out(LogSumExp(0, z))
    log(exp(z) + 1)
    """
    return expression.replace(lambda part: isinstance(part, LogSumExp | Sigmoid), lambda part: part.doit())


def derivative(expression: Any, symbol: Any) -> Any:
    """Return the derivative by SymPy, which is zero where a jump has none: sign, and the sides of a maximum.

    >>> x = sympy.Symbol("x", real=True)
    >>> derivative(sympy.Max(x, 0), x), derivative(sympy.sign(x), x)
    (Heaviside(x), 0)
    """
    return sympy.diff(expression, symbol).replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
