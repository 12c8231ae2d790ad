"""Formulas as text and as LaTeX, their parts in the order in which textbooks write them."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter

from harness.symbolic.functions import written_out
from harness.symbolic.symbols import latex_name

FACTORS = ("delta", "w", "b", "y", "a", "z", "x")
"""Factors that are symbols come in this order; what is in parentheses comes last."""
WIDTH = 100


def _factor_place(factor: Any) -> tuple[int, Any]:
    base = factor.as_base_exp()[0]
    if factor.is_Number:
        return -1, ()
    if base.is_Symbol:
        letter = str(base).rstrip("]0123456789,[")
        return (FACTORS.index(letter) if letter in FACTORS else len(FACTORS)), base.sort_key()
    carries_delta = base.is_Add and any(str(name).startswith("delta") for name in base.free_symbols)
    return (0 if carries_delta else len(FACTORS) + 1), factor.sort_key()


def _term_place(term: Any) -> tuple[bool, bool, Any]:
    """Put what is subtracted behind what is added, and a bias behind the weights."""
    bias = term.is_Symbol and str(term).startswith("b")
    symbols = sorted(str(name) for name in term.free_symbols)
    return term.could_extract_minus_sign(), bias, (not term.is_Number, symbols, term.sort_key())


def arranged(expression: Any) -> Any:
    """Return an expression whose terms and factors stand in the order in which they are to be printed.

    >>> from harness.symbolic.symbols import symbol
    >>> plain(symbol("b", 1, 1) + symbol("x", None, 1) * symbol("w", 1, 1, 1))
    'w1[1,1]*x[1] + b1[1]'
    """
    if not expression.args:
        return expression
    parts = [arranged(part) for part in expression.args]
    if expression.is_Mul:
        return sympy.Mul(*sorted(parts, key=_factor_place), evaluate=False)
    if expression.is_Add:
        return sympy.Add(*sorted(parts, key=_term_place), evaluate=False)
    if expression.is_Pow or isinstance(expression, sympy.exp):
        return expression.func(*parts, evaluate=False)
    # SymPy puts the parts of a maximum and of a relation in an order of its own.
    return expression


def _parts_of_maximum(expression: Any) -> list[Any]:
    return [arranged(part) for part in sorted(expression.args, key=lambda part: part.is_Number)]


class _Plain(StrPrinter):  # type: ignore[misc]
    def _print_Heaviside(self, expression: Any) -> str:  # noqa: N802
        return f"({self._print(arranged(expression.args[0]))} > 0)"

    def _print_Max(self, expression: Any) -> str:  # noqa: N802
        return f"max({', '.join(self._print(part) for part in _parts_of_maximum(expression))})"


class _Latex(LatexPrinter):  # type: ignore[misc]
    def _print_Heaviside(self, expression: Any, exp: Any = None) -> str:  # noqa: N802
        power = f"^{{{exp}}}" if exp is not None else ""
        return rf"\left[{self._print(arranged(expression.args[0]))} > 0\right]{power}"

    def _print_Max(self, expression: Any, exp: Any = None) -> str:  # noqa: N802
        power = f"^{{{exp}}}" if exp is not None else ""
        parts = ", ".join(self._print(part) for part in _parts_of_maximum(expression))
        return rf"\max{power}\left({parts}\right)"

    def _print_Symbol(self, expression: Any, style: str = "plain") -> str:  # noqa: N802
        return latex_name(expression)


def plain(expression: Any) -> str:
    """Return an expression as text, as Python would read it but for the names."""
    return str(_Plain({"order": "none"}).doprint(arranged(written_out(expression))))


def latex(expression: Any) -> str:
    """Return an expression as LaTeX."""
    printer = _Latex({"order": "none", "ln_notation": False})
    return str(printer.doprint(arranged(written_out(expression))))


def wrapped(line: str) -> str:
    """Return an equation in lines of at most 100 columns, broken outside parentheses where that goes.

    >>> print(wrapped("y = " + " + ".join(["a" * 20] * 6)))
      y = aaaaaaaaaaaaaaaaaaaa + aaaaaaaaaaaaaaaaaaaa + aaaaaaaaaaaaaaaaaaaa + aaaaaaaaaaaaaaaaaaaa
          + aaaaaaaaaaaaaaaaaaaa + aaaaaaaaaaaaaaaaaaaa
    """
    lines, before = [], "  "
    further = " " * (len(before) + line.index("= ") + 2)
    while len(before) + len(line) > WIDTH:
        place = _break(line, WIDTH - len(before))
        lines.append(before + line[:place].rstrip())
        before, line = further, line[place:].lstrip()
    return "\n".join([*lines, before + line])


def _break(line: str, width: int) -> int:
    """Return where to break a line: in the fewest parentheses, before a sign rather than within a product."""
    depth, places = 0, []
    for place, letter in enumerate(line[:width]):
        depth += (letter == "(") - (letter == ")")
        ahead = line[place + 1 : place + 4]
        if place > width // 3 and ahead in (" + ", " - "):
            places.append((depth, 0, -place))
        elif place > width // 3 and letter in "*," and "*" not in (ahead[:1], line[place - 1]):
            places.append((depth, 1, -place))
    return 1 - min(places)[2] if places else width
