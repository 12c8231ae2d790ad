"""Where a derivative can be other than 0: what keeps zeros away from infinite slopes.

The slope of ``np.sqrt`` at 0 is infinite, and zero times infinity is no number. In
``np.where(w > 0, np.sqrt(w), 0.0)`` that product must not be taken: the root has no part in the result there,
and the derivative is 0. A cotangent that just happens to be 0 is another matter: ``np.sqrt(w) ** 2`` has the
slope 1 at 0, so the rules' zero times infinity stays no number.

So beside each (co)tangent goes a mask, 1 where it can be other than 0. It is 0 where ``np.where``, a maximum,
an index or the direction itself left entries out. A mask is emitted only when a slope that can be infinite
asks for it; most programs hold none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from harness.autodiff.primitive import PRIMITIVES
from harness.autodiff.program import Instruction, Shape
from harness.autodiff.tracer import Traced, emit, lifted

Mask = Traced | None
"""1 where a derivative can be other than 0; None for everywhere."""


class Reach:
    """A mask that is worked out when it is asked for."""

    def __init__(self, find: Callable[[], Mask]) -> None:
        self._find: Callable[[], Mask] | None = find
        self._mask: Mask = None

    def mask(self) -> Mask:
        """Return the mask, None for everywhere."""
        if self._find is not None:
            find, self._find = self._find, None
            self._mask = find()
        return self._mask

    def joined(self, other: Reach) -> Reach:
        """Return where either reaches."""

        def find() -> Mask:
            mine = self.mask()
            others = other.mask() if mine is not None else None
            return None if mine is None or others is None else emit("maximum", mine, others)

        return Reach(find)


def everywhere() -> Reach:
    """Return a reach without gaps."""
    return Reach(lambda: None)


def of_seed(seed: Traced) -> Reach:
    """Return where a given tangent or cotangent is not 0."""

    def find() -> Mask:
        numbers = seed.origin.constants.get(seed.place)
        if numbers is not None:
            return None if numbers.all() else lifted(seed.origin, (numbers != 0).astype(float))
        return _nonzero(seed)

    return Reach(find)


def _nonzero(x: Traced) -> Traced:
    return emit("sign", emit("absolute", x))


def contribution(
    step: Instruction,
    rule: Callable[..., Any],
    before: Traced,
    out: Traced,
    operands: Sequence[Traced],
    place: int,
    fixed: Sequence[bool],
) -> Any:
    """Return what one input's rule makes of a (co)tangent.

    A product with what does not depend on what is differentiated by leaves out where that is 0.
    """
    if step.primitive == "multiply" and fixed[1 - place]:
        factor = operands[1 - place]
        numbers = factor.origin.constants.get(factor.place)
        if numbers is None or not numbers.all():
            return emit("gated", before, factor)
    return rule(before, out, *operands, *step.settings)


def masked(reach: Reach, step: Instruction, term: Any) -> Any:
    """Return a contribution with zeros where nothing reaches, if the slope can be infinite."""
    if term is None or PRIMITIVES[step.primitive].reach != "each":
        return term
    mask = reach.mask()
    return term if mask is None else emit("select", mask, term, np.zeros(term.shape))


def carried(
    reach: Reach,
    step: Instruction,
    rule: Callable[..., Any],
    shape: Shape,
    out: Traced,
    operands: Sequence[Traced],
    place: int,
    fixed: Sequence[bool],
) -> Reach:
    """Return where a (co)tangent reaches behind one step.

    Arguments:
        reach: where it reaches before it.
        step: the instruction.
        rule: the rule that carries the (co)tangent.
        shape: shape of the (co)tangent before the step.
        out: the step's result.
        operands: its inputs.
        place: which input the rule is of.
        fixed: for each input whether it does not depend on what is differentiated by.
    """
    kind = PRIMITIVES[step.primitive].reach

    def find() -> Mask:
        mask = reach.mask()
        if kind == "":
            return None
        if kind in ("each", "bounded"):
            return _without_zeros(mask, step, operands, place, fixed)
        values = list(map(_pattern, operands)) if kind == "sums" else list(operands)
        gaps = kind == "sums" and not all(np.all(pattern) for pattern in values)
        if mask is None and not gaps and (kind == "sums" or _covers(step, shape, operands[place].shape)):
            return None
        given = lifted(out.origin, np.ones(shape)) if mask is None else mask
        behind = rule(given, out, *[lifted(out.origin, x) for x in values], *step.settings)
        return None if behind is None else _nonzero(behind)

    return Reach(find)


def _pattern(x: Traced) -> Any:
    """Return 1 where an array can be other than 0: everywhere unless it is fixed."""
    numbers = x.origin.constants.get(x.place)
    return np.ones(x.shape) if numbers is None else (numbers != 0).astype(float)


def _covers(step: Instruction, before: Shape, input_shape: Shape) -> bool:
    """Say whether a step that moves entries leaves none of them out."""
    if step.primitive in ("take", "put"):
        places, larger = cast(tuple[bytes, Shape], step.settings)
        # Forward a take reads what is there, and so does a put back; the others may leave zeros.
        reads = (step.primitive == "take") == (before == input_shape)
        size = math.prod(input_shape if step.primitive == "take" else larger)
        return reads or np.unique(np.frombuffer(places, dtype=np.int64)).size == size
    return step.primitive in ("repeat", "sum", "reshape")


def _without_zeros(
    mask: Mask, step: Instruction, operands: Sequence[Traced], place: int, fixed: Sequence[bool]
) -> Mask:
    """Leave out what a product multiplies by a zero that does not depend on what is differentiated by."""
    if step.primitive != "multiply" or not fixed[1 - place]:
        return mask
    factor = operands[1 - place]
    there = of_seed(factor).mask()
    if mask is None or there is None:
        return there if mask is None else mask
    return emit("multiply", mask, there)
