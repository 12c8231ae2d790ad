"""Every optimizer, whoever wrote it, is a method of ``scipy.optimize.minimize``, or says why it is none."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import optimizers
from optimizers import FunctionObjective, InputError
from optimizers.specification import parse

CLASSES = optimizers.known_optimizers()
NAMES = [*CLASSES, *(f"{name}:{text}" for name, found in CLASSES.items() for text in found.variants)]
BUDGET = 150
START = [1.5, 0.4]


def bowl(w: Any, depth: float = 2.0) -> float:
    return float((w[0] - 0.6) ** 2 + depth * (w[1] + 0.3) ** 2)


def bend(w: Any) -> Any:
    return np.diag([2.0, 4.0])


def build(name: str) -> optimizers.Optimizer:
    return optimizers.build_optimizer(parse(name))


def arguments(name: str) -> dict[str, Any]:
    """Return what an optimizer wants beside a function: some need products with the Hessian."""
    return {"hess": bend} if "curvature" in build(name).needs else {}


def objective(name: str) -> FunctionObjective:
    product = (lambda w, v: bend(w) @ v) if arguments(name) else None
    return FunctionObjective(bowl, 2, hessian_product=product)


WORKING = [name for name in NAMES if build(name).refusal(objective(name)) is None]


def test_most_optimizers_are_methods() -> None:
    assert len(WORKING) > len(NAMES) / 2


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WORKING])
def test_one_that_is_none_says_why(name: str) -> None:
    reason = build(name).refusal(objective(name))
    with pytest.raises(InputError) as raised:
        minimize(bowl, START, method=build(name), options={"budget": BUDGET})
    assert reason in str(raised.value)


@pytest.mark.parametrize("name", WORKING)
def test_scipy_is_answered_as_everyone_is(name: str) -> None:
    calls = [0]

    def counted(w: Any) -> float:
        calls[0] += 1
        return bowl(w)

    found = minimize(counted, START, method=build(name), options={"budget": BUDGET}, **arguments(name))
    best = optimizers.minimize(objective(name), START, build(name), BUDGET)
    assert found.x.tobytes() == best.w.tobytes()
    assert (found.fun, found.nit, found.cost) == (best.loss, best.iterations, best.cost)
    assert (found.success, found.message) == (best.success, best.outcome.sentence)
    assert found.nfev == calls[0]
    assert found.nfev == (best.cost if not arguments(name) else found.nfev)


@pytest.mark.parametrize("name", WORKING)
def test_a_callback_sees_each_iteration_and_changes_none(name: str) -> None:
    seen: list[Any] = []
    options = {"budget": BUDGET}
    found = minimize(bowl, START, method=build(name), options=options, **arguments(name))
    watched = minimize(
        bowl, START, method=build(name), options=options, callback=seen.append, **arguments(name)
    )
    assert watched.x.tobytes() == found.x.tobytes()
    assert (watched.nit, watched.success) == (found.nit, found.success)
    assert found.nit - 1 <= len(seen) <= found.nit


@pytest.mark.parametrize("name", WORKING)
def test_a_callback_ends_the_search(name: str) -> None:
    seen: list[Any] = []

    def enough(intermediate_result: Any) -> None:
        assert intermediate_result.fun == bowl(intermediate_result.x)
        seen.append(intermediate_result)
        if len(seen) == 2:
            raise StopIteration

    found = minimize(
        bowl, START, method=build(name), options={"budget": 10_000}, callback=enough, **arguments(name)
    )
    assert len(seen) == 2
    assert (found.status, found.success) == (99, False)
    assert found.fun == bowl(found.x) <= bowl(START)
