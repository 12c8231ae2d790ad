"""Derivations to be read: a loss, what it is made of, and its gradient, as text and as LaTeX."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

from harness.autodiff.derivatives import traced
from harness.symbolic.functions import derivative
from harness.symbolic.interpreter import interpret
from harness.symbolic.printing import WIDTH, latex, plain, wrapped
from harness.symbolic.size_limits import PARTS, too_many_parameters
from harness.symbolic.symbols import latex_name, vector
from optimizers.errors import InputError
from optimizers.printable import shown

Definitions = tuple[tuple[Any, Any], ...]


_PARTS = {
    "forward": "Forward, from the inputs to the outputs",
    "value": "Loss of one row",
    "backward": "Backward, from the outputs to the inputs: delta = dE/dz",
    "gradient": "Gradient",
}


@dataclass(frozen=True, repr=False)
class Derivation:
    """A function of parameters and its gradient, as formulas.

    Attributes:
        title: what is derived.
        letter: name of what is differentiated, E for a loss.
        parameters: symbols of the parameters, in the order of ``w``.
        forward: names with what they stand for, from the inputs on: sums z and activations a of each layer.
        value: the loss, in these names.
        backward: deltas with what they stand for, from the output back: derivatives by the sums z.
        gradient: the derivative by each parameter, in these names.
        words: what each letter means.
        notes: sentences to be said with it.
    """

    title: str
    letter: str
    parameters: tuple[Any, ...]
    forward: Definitions
    value: Any
    backward: Definitions
    gradient: tuple[Any, ...]
    words: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def expanded(self, expression: Any) -> Any:
        """Return an expression in parameters, inputs and targets alone, every name replaced."""
        known: dict[Any, Any] = {}
        for name, meaning in (*self.forward, *self.backward):
            known[name] = meaning.xreplace(known)
        return expression.xreplace(known)

    def equations(self, part: str) -> list[tuple[Any, Any]]:
        """Return one part, ``forward``, ``value``, ``backward`` or ``gradient``, as left and right sides."""
        if part == "value":
            return [(sympy.Symbol(self.letter), self.value)]
        if part == "gradient":
            return list(zip(self.parameters, self.gradient, strict=True))
        return list(getattr(self, part))

    def plain(self, expression: Any) -> str:
        """Return an expression as text."""
        return plain(expression)

    def lines(self, part: str) -> list[str]:
        """Return one part as text, a line an equation."""
        before = f"d{self.letter}/d" if part == "gradient" else ""
        return [f"{before}{left} = {plain(right)}" for left, right in self.equations(part)]

    def latex_lines(self, part: str) -> list[str]:
        """Return one part as LaTeX, a line an equation, without dollar signs."""
        found = []
        for left, right in self.equations(part):
            name = latex_name(left)
            shown = rf"\frac{{\partial {self.letter}}}{{\partial {name}}}" if part == "gradient" else name
            found.append(f"{shown} = {latex(right)}")
        return found

    def latex(self) -> str:
        """Return everything as one LaTeX environment, ``align*``."""
        lines = [line for part in _PARTS for line in self.latex_lines(part)]
        body = " \\\\\n".join(f"  {line.replace(' = ', ' &= ', 1)}" for line in lines)
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def __repr__(self) -> str:
        return f"<derivation: {' '.join(self.title.split())}>"

    def __str__(self) -> str:
        parts = [_prose(self.title)]
        if self.words:
            width = max(len(letter) for letter, _ in self.words)
            parts.append("\n".join(["Symbols", *(f"  {a:<{width}}  {text}" for a, text in self.words)]))
        for part, heading in _PARTS.items():
            if part == "value" and not self.forward:
                heading = "Function"
            if lines := self.lines(part):
                parts.append("\n".join([heading, *map(wrapped, lines)]))
        if self.notes:
            parts.append("\n".join(map(_prose, self.notes)))
        return "\n\n".join(parts)

    def _repr_latex_(self) -> str:
        return self.latex()


def _prose(text: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH, break_long_words=False) for line in text.splitlines())


def _parts(expression: Any, known: dict[Any, int]) -> int:
    """Count symbols and operations, those that are there twice twice."""
    if expression not in known:
        known[expression] = 1 + sum(_parts(part, known) for part in expression.args)
    return known[expression]


def function_derivation(function: Callable[[Any], Any], n: int) -> Derivation:
    """Derive the gradient of a function of n numbers; see ``harness.symbolic.derivation_of``."""
    if not isinstance(n, int) or n < 1:
        raise InputError(f"n is {shown(n)}, expected how many numbers the function takes, 1 or more")
    if reason := too_many_parameters(n):
        raise InputError(f"no derivation: {reason}: take harness.autodiff.gradient")
    w = vector("w", n)
    (answer,) = interpret(traced(function, [w.shape]), [w])
    if answer.size != 1:
        raise InputError(f"the function returns shape {answer.shape}, expected one number")
    if (count := _parts(answer.item(), {})) > PARTS:
        raise InputError(
            f"no derivation: the function's formula has {count:,} parts when it is written out, more than "
            f"the {PARTS:,} for which it can be read: take harness.autodiff.gradient"
        )
    value = sympy.factor_terms(answer.item())
    return Derivation(
        title=f"A function f of {n} parameters and its gradient.",
        letter="f",
        parameters=tuple(w),
        forward=(),
        value=value,
        backward=(),
        gradient=tuple(derivative(value, name) for name in w),
    )
