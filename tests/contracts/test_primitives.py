"""What every primitive of automatic differentiation has to do; a new entry is found by itself."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from harness.autodiff.evaluator import Evaluator
from harness.autodiff.primitive import PRIMITIVES, Primitive
from harness.autodiff.program import Program, Trace
from harness.autodiff.tracer import Traced, emit
from harness.autodiff.transformations import pull_back, push_forward

every_primitive = pytest.mark.parametrize("primitive", PRIMITIVES.values(), ids=PRIMITIVES)
lean_or_not = pytest.mark.parametrize("lean", [False, True], ids=["", "lean"])
DIGITS = 50


def arrays_of(primitive: Primitive) -> tuple[Any, ...]:
    return tuple(part for part in primitive.example if isinstance(part, np.ndarray))


def settings_of(primitive: Primitive) -> tuple[Any, ...]:
    return tuple(part for part in primitive.example if not isinstance(part, np.ndarray))


def program_of(primitive: Primitive) -> Program:
    trace = Trace()
    inputs = [Traced(trace, trace.input(array.shape)) for array in arrays_of(primitive)]
    # Reshape, slices and the like need no step where they lie; a sum with zero makes sure that one runs.
    answer = emit(primitive.name, *inputs, settings=settings_of(primitive))
    return trace.finish([answer.place])


def exact(primitive: Primitive, arrays: Any) -> Any:
    with mpmath.workdps(DIGITS):
        lifted = [np.vectorize(mpmath.mpf, otypes=[object])(array) for array in arrays]
        return primitive.exact(mpmath, *lifted, *settings_of(primitive))


def exact_derivative(primitive: Primitive, direction: list[Any]) -> Any:
    """The derivative along a direction, by a central difference in fifty digits."""
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** -15
        lift = np.vectorize(mpmath.mpf, otypes=[object])
        points = [lift(array) for array in arrays_of(primitive)]
        moves = [step * lift(part) for part in direction]
        settings = settings_of(primitive)
        above = primitive.exact(mpmath, *(p + move for p, move in zip(points, moves, strict=True)), *settings)
        below = primitive.exact(mpmath, *(p - move for p, move in zip(points, moves, strict=True)), *settings)
        return ((above - below) / (2 * step)).astype(np.float64)


def directions(primitive: Primitive) -> list[Any]:
    rng = np.random.default_rng(3)
    # A mask only chooses: it moves by nothing, and has no derivative.
    return [
        np.zeros(array.shape) if np.isin(array, (0.0, 1.0)).all() else rng.normal(size=array.shape)
        for array in arrays_of(primitive)
    ]


def pushed(primitive: Primitive, direction: list[Any], lean: bool = False) -> Any:
    trace = Trace()
    program = program_of(primitive)
    inputs = [Traced(trace, trace.input(array.shape)) for array in arrays_of(primitive)]
    tangents = [Traced(trace, trace.input(array.shape)) for array in arrays_of(primitive)]
    outputs, (tangent,) = push_forward(program, inputs, tangents, lean)
    if tangent is None:
        return np.zeros(outputs[0].shape)
    return Evaluator(trace.finish([tangent.place]))([*arrays_of(primitive), *direction])[0]


@every_primitive
def test_the_value_is_the_exact_one(primitive: Primitive) -> None:
    (found,) = Evaluator(program_of(primitive))(list(arrays_of(primitive)))
    wanted = exact(primitive, arrays_of(primitive)).astype(np.float64)
    assert found.shape == wanted.shape
    assert found == pytest.approx(wanted, rel=1e-14, abs=1e-300)


@lean_or_not
@every_primitive
def test_a_tangent_goes_forward_as_the_exact_derivative_says(primitive: Primitive, lean: bool) -> None:
    if primitive.name == "held":
        pytest.skip("held numbers have no derivative by intention")
    direction = directions(primitive)
    assert pushed(primitive, direction, lean) == pytest.approx(
        exact_derivative(primitive, direction), rel=1e-12, abs=1e-14
    )


@lean_or_not
@every_primitive
def test_a_cotangent_comes_back_as_the_transpose(primitive: Primitive, lean: bool) -> None:
    """For any direction and weight, weight . (J direction) = (weight J) . direction."""
    direction = directions(primitive)
    along = pushed(primitive, direction)
    weight = np.random.default_rng(4).normal(size=along.shape)
    trace = Trace()
    inputs = [Traced(trace, trace.input(array.shape)) for array in arrays_of(primitive)]
    cotangent = Traced(trace, trace.input(along.shape))
    _, parts = pull_back(program_of(primitive), inputs, [cotangent], range(len(inputs)), lean)
    there = [part.place for part in parts if part is not None]
    found = iter(Evaluator(trace.finish(there))([*arrays_of(primitive), weight]) if there else ())
    back = sum(
        float((next(found) * d).sum()) for part, d in zip(parts, direction, strict=True) if part is not None
    )
    assert back == pytest.approx(float((weight * along).sum()), rel=1e-12, abs=1e-14)


@every_primitive
def test_rules_are_there_for_every_input(primitive: Primitive) -> None:
    assert len(primitive.push) == len(primitive.pull) == len(arrays_of(primitive))
    assert len(primitive.lean) in (0, len(arrays_of(primitive)))


@every_primitive
def test_no_number_in_gives_a_number_out_by_accident(primitive: Primitive) -> None:
    """A NaN is not swallowed where the value depends on every entry; a shift is 0 where it is not finite."""
    if primitive.name in ("above", "select", "take", "sign", "held", "order"):
        pytest.skip("depends on order or place only")
    arrays = [array.copy() for array in arrays_of(primitive)]
    # The second input of these two is places, which an order has made.
    for array in arrays[:1] if primitive.name in ("gather", "scatter") else arrays:
        array.flat[0] = np.nan
    (found,) = Evaluator(program_of(primitive))(arrays)
    assert np.isnan(found).any()
