"""What a primitive is: the words that every family of primitives is written in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.autodiff.program import Shape
from harness.autodiff.registry import Table

Rule = Callable[..., Any] | None

X = np.array([[0.3, 1.7, 0.9], [2.2, 0.4, 1.1]])
Y = np.array([[1.3, 0.6, 2.1], [0.8, 1.9, 0.5]])
"""Examples of inputs."""


@dataclass(frozen=True)
class Primitive:
    """One primitive: shape, compiled value, and a rule forward and back for each input.

    Attributes:
        name: its name in programs.
        shape: shape of the result from the shapes of the inputs and the settings.
        value: compiled, see ``harness.autodiff.kernels``.
        push: a rule for each input, forward.
        pull: a rule for each input, back.
        exact: the value once more, ``exact(m, *inputs, *settings)``, on object arrays with the functions of
            a module such as ``mpmath``: what tests hold value and rules against.
        example: inputs, then settings, within the domain and away from kinks.
        products: multiply-adds of one evaluation, where these are what counts.
        reach: how the entries of a derivative are carried (`reach.py`): ``"each"`` entry by itself with a
            slope that may be infinite or no number, ``"bounded"`` likewise with a slope that stays finite,
            ``"moves"`` where the rules applied to a mask say which entries are reached, ``"sums"`` where they
            do with ones for the inputs, ``""`` where nothing is known.
        lean: rules for both directions that take fewer operations and leave fewer digits where a slope is
            nearly 0, for networks; none where there are no others.
        sizes: what the compiled value reads in A, B, C and D, from the shapes of the inputs and the settings.
    """

    name: str
    shape: Callable[..., Shape]
    value: Any
    push: tuple[Rule, ...]
    pull: tuple[Rule, ...]
    exact: Callable[..., Any]
    example: tuple[Any, ...]
    products: Callable[..., int] | None = None
    sizes: Callable[..., tuple[int, ...]] | None = None
    reach: str = ""
    lean: tuple[Rule, ...] = ()


PRIMITIVES: Table[str, Primitive] = Table("harness.autodiff.primitives")
"""By the name in programs."""


def same(*arguments: Any) -> Shape:
    """Return the shape of the first input."""
    shape: Shape = arguments[0]
    return shape


def each(
    name: str,
    value: Any,
    rules: tuple[Rule, ...],
    exact: Callable[..., Any],
    *example: Any,
    reach: str = "each",
    lean: tuple[Rule, ...] = (),
) -> Primitive:
    """Build a primitive that works on each entry by itself; ``exact`` takes numbers."""

    def entrywise(m: Any, *arguments: Any) -> Any:
        return np.vectorize(lambda *entries: exact(m, *entries), otypes=[object])(*arguments)

    return Primitive(name, same, value, rules, rules, entrywise, example, reach=reach, lean=lean)


def enter(*primitives: Primitive) -> None:
    """Enter primitives into the table by their names."""
    for primitive in primitives:
        PRIMITIVES[primitive.name] = primitive
