"""What an optimizer needs of an objective: it is refused without any of it, and uses nothing else."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import numpy as np
import pytest

import harness
import optimizers
from optimizers import Budget, FunctionObjective, InputError, Objective, Optimizer, SumOfSquares
from optimizers.capabilities.capability import Capability
from optimizers.capabilities.curvature import Curvature
from optimizers.capabilities.gradient import Gradient
from optimizers.capabilities.output_layer import OutputLayer
from optimizers.capabilities.residuals import Residuals
from optimizers.capabilities.single_layer import SingleLayer
from optimizers.objective import NO_ROWS, Need
from optimizers.search import observed, search

CLASSES = optimizers.known_optimizers()
CAPABILITIES: dict[Need, type[Capability]] = {
    "gradient": Gradient,
    "curvature": Curvature,
    "residuals": Residuals,
    "output-layer": OutputLayer,
    "single-layer": SingleLayer,
}
WHY = "nobody has written it yet"


def variants(found: type[Optimizer]) -> list[Optimizer]:
    """The optimizer as it is, and with options by which it needs more."""
    fields = found.__dataclass_fields__
    more = [{"batch": 2}] if "batch" in fields else []
    more += [{"output_weights": "least-squares"}, {"bits": 8}] if "output_weights" in fields else []
    return [found(), *(found(**options) for options in more)]


OPTIMIZERS = [optimizer for found in CLASSES.values() for optimizer in variants(found)]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.label)


def offering() -> tuple[Any, Any]:
    """An objective that offers all there is, and a start."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(12, 2))
    Y = np.where(X @ [1.0, -2.0] + 0.1 > 0, 1.0, -1.0)
    problem = harness.Problem.from_arrays(X, Y, hidden=(), loss="half-squared", test_fraction=0, scale=False)
    return problem.objective(), problem.start()


def test_the_objective_offers_everything() -> None:
    objective, _ = offering()
    assert [objective.missing(need) for need in get_args(Need)] == [""] * len(get_args(Need))


@pytest.mark.parametrize(
    ("optimizer", "need"),
    [(optimizer, need) for optimizer in OPTIMIZERS for need in CAPABILITIES if need in optimizer.needs],
    ids=lambda given: given if isinstance(given, str) else given.label,
)
@pytest.mark.parametrize("why", [WHY, f"{WHY}: take another one of your own"])
def test_without_what_it_needs_it_is_refused_with_that_reason(
    optimizer: Optimizer, need: Need, why: str
) -> None:
    objective, start = offering()
    assert optimizer.refusal(objective) is None
    refused = CAPABILITIES[need].refused(why)
    setattr(objective, need.replace("-", "_"), refused)
    assert optimizer.refusal(objective) == refused.reason
    assert refused.reason.startswith(f"{WHY}: take ")
    with pytest.raises(InputError, match=WHY):
        optimizers.minimize(objective, start, optimizer, 100)
    assert objective.cost == 0


@every_optimizer
def test_an_objective_without_rows_is_refused_where_some_are_needed(optimizer: Optimizer) -> None:
    objective, _ = offering()
    objective.rows = 1
    assert optimizer.refusal(objective) == (NO_ROWS if "rows" in optimizer.needs else None)
    assert ("rows" in optimizer.needs) == (getattr(optimizer, "batch", None) is not None)


@every_optimizer
@pytest.mark.parametrize("path", ["compiled", "python"])
def test_it_uses_nothing_that_it_has_not_named(optimizer: Optimizer, path: str) -> None:
    """The view refuses all else, and so the search would end with its sentence."""
    objective, start = offering()
    if path == "python":
        objective.compiled = None
    observer = observed(optimizer, objective, start, Budget(iterations=30))
    for need, capability in CAPABILITIES.items():
        shown: Capability = getattr(observer.view, need.replace("-", "_"))
        assert isinstance(shown, capability)
        assert bool(shown) == (need in optimizer.needs)
    outcome = search(optimizer, start, np.random.default_rng(0), observer, contain=False)
    assert outcome.name in ("budget", "stalled", "solved"), outcome
    assert observer.meter.cost > 0


@every_optimizer
def test_it_uses_what_it_has_named(optimizer: Optimizer) -> None:
    """Without any one of its needs the view does not do for it."""
    needless = []
    for need in optimizer.needs:
        objective, start = offering()
        objective.compiled = None
        observer = observed(optimizer, objective, start, Budget(iterations=30))
        observer.view._needs = optimizer.needs - {need}
        try:
            search(optimizer, start, np.random.default_rng(0), observer, contain=False)
        except InputError:
            continue
        needless.append(need)
    assert not needless


class Grasping(Optimizer):
    """Take everything, having named nothing but values."""

    needs = frozenset({"value"})
    source = "nobody"

    def iteration_cost(self, objective: Objective) -> float:
        return 1.0

    def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> None:
        observe(start)
        objective.value(start)
        for ask in (
            lambda: objective.value(start, np.array([0])),
            lambda: objective.values(start[None]),
            lambda: objective.value_and_gradient(start),
            lambda: objective.curvature.product(start, start),
            lambda: objective.curvature.cost,
            lambda: objective.residuals.blocks(start),
            lambda: objective.residuals.count,
            lambda: objective.output_layer.solved(start[None]),
            lambda: objective.single_layer.X,
            lambda: objective.single_layer.count_rows(1),
        ):
            with pytest.raises(InputError, match="not among the optimizer's needs: take it up into them"):
                ask()
        assert objective.compiled.value_and_gradient is None
        observe(start, iterations=1)


def test_what_is_not_named_is_refused_by_the_view() -> None:
    objective, start = offering()
    observer = observed(Grasping(), objective, start, Budget(iterations=1))
    search(Grasping(), start, np.random.default_rng(0), observer, contain=False)
    assert observer.iteration == 1
    # The value that was asked for, and the loss that ended the run.
    assert objective.cost == 2.0


@pytest.mark.parametrize("capability", CAPABILITIES.values())
def test_a_refusal_is_false_says_why_and_does_nothing(capability: Any) -> None:
    refusal = capability.refused(WHY)
    assert isinstance(refusal, capability)
    assert not refusal
    assert (refusal.cause, refusal.reason) == (WHY, f"{WHY}: {capability.remedy}")
    names = {name for name in dir(capability) if not name.startswith("_")}
    for name in names - {*dir(Capability), *Capability.__annotations__} | {"cost"}:
        with pytest.raises(InputError, match=f"^no {capability.what}: {WHY}: take "):
            getattr(refusal, name)()
    assert capability.refused().cause == capability.absent


def test_needs_do_not_get_lost() -> None:
    batched = dataclasses.replace(optimizers.Adam(), batch=3)
    assert batched.needs == {"gradient", "rows"}
    assert dataclasses.replace(batched, batch=None).needs == {"gradient"}


def test_a_plain_function_says_what_to_hand_in() -> None:
    plain = FunctionObjective(lambda w: 0.0, 2)
    assert optimizers.NewtonTrustRegion().refusal(plain) == plain.curvature.reason
    assert "or hand in hessian_product" in plain.curvature.reason
    assert "or hand in a SumOfSquares" in plain.residuals.reason
    assert SumOfSquares(lambda w: w, 2).residuals
