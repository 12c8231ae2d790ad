"""Compiled loops and the same loops in Python come to the same bits, whatever happens on the way."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from update_rules import KNOWN, RULES, problem
from watching import Watcher, watch

import harness
from optimizers import FunctionObjective, build_optimizer, known_optimizers, minimize
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.objective import Objective
from optimizers.options import option_values
from optimizers.population import PopulationSearch
from optimizers.single_point import SinglePointSearch

SEARCHES = [
    name
    for name, found in known_optimizers().items()
    if issubclass(found, (SinglePointSearch, PopulationSearch))
]
LOOKS = [1, 7, 22, 1, 9]

ALL_RULES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "batches": {"batch": 3},
    "decay": {"weight_decay": 0.02},
    "batches and decay": {"batch": 32, "weight_decay": 0.02},
}
WITH_A_RATE: dict[str, dict[str, Any]] = {
    "schedule": {"schedule": "cosine", "period": 15, "warm_up": 4},
    "clipping": {"clip_norm": 0.05},
    "all": {"batch": 3, "schedule": "step", "period": 5, "clip_norm": 0.1, "weight_decay": 0.02},
}
CASES = [
    (rule, case)
    for rule, found in KNOWN.items()
    for case in (ALL_RULES | WITH_A_RATE if issubclass(found, ScheduledDescent) else ALL_RULES)
]


def same(
    options: dict[str, Any], build: Any, start: Any, looks: list[int] = LOOKS, counted: bool = True
) -> Watcher:
    """Search both ways, hold every bit of one against the other, and return the compiled one."""
    watchers = []
    for path in ("compiled", "python"):
        objective: Objective = build()
        assert objective.compiled is not None
        if path == "python":
            objective.compiled = None
        watchers.append(watch(build_optimizer(options), objective, start, looks))
    compiled, plain = watchers
    assert compiled.path.tobytes() == plain.path.tobytes()
    assert len(compiled.seen) == len(plain.seen)
    for one, other in zip(compiled.seen, plain.seen, strict=True):
        assert one.iterations == other.iterations
        assert one.counters == other.counters or not counted
        for told in ("w", "losses", "best", "loss", "population_losses"):
            first, second = getattr(one, told), getattr(other, told)
            assert (first is None) == (second is None), told
            assert first is None or np.asarray(first).tobytes() == np.asarray(second).tobytes(), told
    return compiled


@pytest.mark.parametrize(("rule", "case"), CASES)
@pytest.mark.parametrize("name", ["xor", "iris"])
def test_update_rules_take_the_same_steps(rule: str, case: str, name: str) -> None:
    options = {"name": rule, **RULES[rule], **(ALL_RULES | WITH_A_RATE)[case]}
    found = same(options, problem(name).objective, problem(name).start())
    assert found.iterations == sum(LOOKS)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("name", ["xor", "iris"])
def test_searches_by_values_take_the_same_steps(search: str, name: str) -> None:
    same({"name": search}, problem(name).objective, problem(name).start())


@pytest.mark.parametrize("options", [{}, {"init_range_low": -1.0}, {"bits": 8}, {"gene_low": -2.0}])
@pytest.mark.parametrize("name", ["xor", "iris"])
def test_a_memetic_algorithm_takes_the_same_steps(options: dict[str, Any], name: str) -> None:
    memetic = {"name": "memetic-algorithm", "learning_rate": 0.37, "local_steps": 3, **options}
    found = same(memetic, problem(name).objective, problem(name).start())
    assert found.iterations == sum(LOOKS)


def test_a_memetic_algorithm_ends_at_the_same_gradient_step() -> None:
    start = problem("iris").start()
    memetic = {"name": "memetic-algorithm", "local_steps": 20}
    one, other = (problem("iris").objective() for _ in range(2))
    other.compiled = None
    ends = [
        minimize(objective, start, build_optimizer(memetic), 50_000, target=0.1) for objective in (one, other)
    ]
    assert ends[0].outcome.name == "solved"
    assert ends[0].w.tobytes() == ends[1].w.tobytes()
    assert ends[0].cost == ends[1].cost


@pytest.mark.parametrize("search", [*SEARCHES, *KNOWN])
def test_they_end_in_the_middle_of_a_stretch_at_the_same_point(search: str) -> None:
    start = problem("iris").start()
    options = {"name": search, **RULES.get(search, {})}
    losses = watch(build_optimizer(options), problem("iris").objective(), start, [200]).trail
    target = float(np.sort(np.unique(losses))[-2] if losses[0] == losses.max() else losses[0] - 1e-9)

    def build() -> Objective:
        objective = problem("iris").objective()
        objective.target = target
        return objective

    # The last gradient counts as a value: the compiled path says so itself, for the other one the view does.
    found = same(options, build, start, [200], counted=False)
    assert 0 < found.iterations < 200
    assert found.seen[-1].loss is not None
    assert found.seen[-1].loss <= target
    compiled, plain = problem("iris").objective(), problem("iris").objective()
    plain.compiled = None
    one, other = (
        minimize(objective, start, build_optimizer(options), 50_000, target=target)
        for objective in (compiled, plain)
    )
    assert one.outcome.name == other.outcome.name == "solved"
    assert one.w.tobytes() == other.w.tobytes()
    assert one.cost == other.cost


@pytest.mark.parametrize("search", [*SEARCHES, *KNOWN])
def test_they_end_alike_where_losses_are_not_finite(search: str) -> None:
    rng = np.random.default_rng(0)
    X = 1e80 * rng.normal(size=(20, 3))
    steep = harness.Problem.from_arrays(
        X, np.sign(X[:, 0]), hidden=(), loss="half-squared", test_fraction=0, scale=False
    )
    huge = dict.fromkeys(("learning_rate", "initial_step", "longest_step"), 1e200) if search in KNOWN else {}
    known = option_values(build_optimizer(search))
    options = {"name": search, **{option: huge[option] for option in huge if option in known}}
    found = same(options, steep.objective, 1e60 * steep.start(), [30])
    if search in KNOWN:
        assert found.seen[-1].loss is not None
        assert not math.isfinite(found.seen[-1].loss)


def test_a_descent_in_python_keeps_a_gradient_of_its_own() -> None:
    """What the objective returns may be an array that it goes on using."""
    own = np.array([3.0, -4.0])
    line = FunctionObjective(lambda w: float(w @ own), 2, lambda w: own)
    rule = build_optimizer({"name": "gradient-descent", "weight_decay": 0.5})
    watch(rule, line, np.ones(2), [3])
    assert own.tolist() == [3.0, -4.0]
