"""Looks that a compiled loop takes along are what they are one by one, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.problems import load
from harness.runs.recorder import Recorder
from optimizers import Adam, Budget, GeneticAlgorithm, GradientDescent, MemeticAlgorithm, Momentum, Rprop
from optimizers.look import Look
from optimizers.observer import Observer
from optimizers.several_looks import Looks, Passed
from optimizers.single_looks import SingleLooks

CASES = {
    "iterations": ("xor", Adam(), {"iterations": 300}, None),
    "cost": ("xor", GradientDescent(learning_rate=0.5), {"cost": 700.0}, None),
    "both": ("iris", Adam(learning_rate=0.01), {"cost": 900.0, "iterations": 200}, None),
    "at the target": ("xor", Adam(learning_rate=0.3), {"iterations": 2000}, 0.05),
    "target between looks": ("xor", Adam(learning_rate=0.3), {"iterations": 2000}, 0.3),
    "batches": ("iris", Adam(learning_rate=0.01, batch=7), {"cost": 300.0}, None),
    "batches at the target": ("iris", Adam(learning_rate=0.1, batch=7), {"cost": 2000.0}, 0.1),
    "bouncing": ("iris", GradientDescent(learning_rate=2.0), {"iterations": 200}, None),
    "diverging": ("diabetes:hidden=[]", GradientDescent(learning_rate=30.0), {"iterations": 2000}, None),
    "schedule": (
        "xor",
        Momentum(learning_rate=0.5, schedule="cosine", period=90),
        {"iterations": 200},
        None,
    ),
    "no rate": ("parity:bits=3", Rprop(), {"iterations": 2000}, 1e-3),
    "population": ("xor", GeneticAlgorithm(population_size=10), {"cost": 2500.0}, None),
    "population without elite": (
        "xor",
        GeneticAlgorithm(population_size=8, keep_elitism=0, keep_parents=0, parent_selection_type="random"),
        {"iterations": 150},
        None,
    ),
    "population at the target": ("xor", GeneticAlgorithm(), {"iterations": 2000}, 0.1),
    "population judged twice": (
        "iris",
        GeneticAlgorithm(population_size=20, mutation_type="adaptive", mutation_percent_genes=(30, 5)),
        {"cost": 3000.0},
        None,
    ),
    "population at rest": ("xor", GeneticAlgorithm(population_size=6, saturation=25), {"cost": 9000.0}, None),
    "population that improves": ("iris", MemeticAlgorithm(population_size=10), {"cost": 6000.0}, None),
    "population in single precision": (
        "xor:precision=float32",
        GeneticAlgorithm(population_size=10),
        {"cost": 2500.0},
        0.2,
    ),
}


def searched(kind: type[SingleLooks], case: str, start: Any = None) -> tuple[Any, list[Look], Any]:
    name, optimizer, limits, target = CASES[case]
    problem = load(name)
    objective = problem.objective(seed=3)
    looks: list[Look] = []
    start = problem.start(3) if start is None else start
    price = optimizer.iteration_cost(objective)
    observer = kind(objective, price, Budget(**limits), target, looks.append, reserve=1.0, start=start)
    with np.errstate(all="ignore"):
        ended = optimizer.run(observer.view, start, np.random.default_rng(0), observer)
    observer.close(ended)
    return observer, looks, objective


def bits(look: Look) -> list[Any]:
    shown = look._replace(seconds=0.0)
    return [field.tobytes() if isinstance(field, np.ndarray) else field for field in shown]


@pytest.mark.parametrize("case", CASES)
def test_together_they_are_what_they_are_one_by_one(case: str) -> None:
    together, looks, objective = searched(Observer, case)
    alone, expected, plain = searched(SingleLooks, case)
    assert [repr(bits(look)) for look in looks] == [repr(bits(look)) for look in expected]
    assert together.outcome == alone.outcome
    assert together.best.w.tobytes() == alone.best.w.tobytes()
    assert repr(together.best.loss) == repr(alone.best.loss)
    assert objective.counters.tolist() == plain.counters.tolist()
    assert (together.meter.cost, together.iteration) == (alone.meter.cost, alone.iteration)
    seconds = [look.seconds for look in looks]
    assert seconds == sorted(seconds)
    assert seconds[-1] <= together.clock.seconds


@pytest.mark.parametrize("case", ["iterations", "population"])
def test_a_small_network_is_looked_at_four_times_and_not_thirty(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    one = SingleLooks.__call__

    def counted(observer: Any, w: Any, **told: Any) -> int:
        calls.append(told.get("iterations", 0))
        return one(observer, w, **told)

    monkeypatch.setattr(Observer, "__call__", counted)
    _, looks, _ = searched(Observer, case)
    assert len(looks) > 30
    assert len(calls) < 6, calls


def test_a_point_at_the_target_that_the_loop_does_not_know_of_ends_the_run_there() -> None:
    """The loss of a batch is not the loss over all rows: only the look finds it out."""
    observer, looks, objective = searched(Observer, "batches at the target")
    assert observer.outcome.name == "solved"
    assert looks[-1].loss <= 0.1 < looks[-2].loss
    assert observer.meter.solved_cost == observer.meter.cost == objective.cost


def test_looks_that_were_not_asked_for_fail_the_run() -> None:
    problem = load("xor")
    objective = problem.objective()
    observer = Observer(objective, 3.0, Budget(iterations=50), start=problem.start())
    observer(problem.start())
    observer.ahead()
    points = np.zeros((2, 9))
    counters = np.zeros((2, 2), dtype=np.int64)
    assert not observer.past(Passed(np.array([1, 5]), np.array([1, 6]), points, points, None, counters, 6))
    assert observer.outcome is not None
    assert observer.outcome.name == "failed"


def test_a_recorder_keeps_the_same_rows_of_them() -> None:
    for case in ("iterations", "bouncing", "population"):
        tables = []
        for several in (True, False):
            name, optimizer, limits, _ = CASES[case]
            problem = load(name)
            objective = problem.objective(seed=1)
            recorder = Recorder(problem.measures(1), None)
            keep = {"keep_several": recorder.several} if several else {}
            observer = Observer(
                objective, optimizer.iteration_cost(objective), Budget(**limits), None, recorder, **keep
            )
            optimizer.run(observer.view, problem.start(1), np.random.default_rng(0), observer)
            recorder.measure()
            tables.append(recorder.trace("run"))
        for column in tables[0]:
            if column != "seconds":
                np.testing.assert_array_equal(tables[0][column], tables[1][column])


def test_losses_told_of_what_was_passed_that_are_not_so_fail_the_run() -> None:
    problem = load("xor")
    objective = problem.objective()
    observer = Observer(objective, 1.0, Budget(iterations=50), start=problem.start())
    observer(problem.start())
    ahead = observer.ahead()[:2]
    points = np.tile(problem.start(), (2, 1))
    so = objective.peeks(points)
    counters = np.zeros((2, 2), dtype=np.int64)
    told = so + np.array([0.0, 1e-3])
    assert not observer.past(
        Passed(ahead, ahead.cumsum(), points, points, np.repeat(so[:1], 2), counters, 3, told, so[:, None])
    )
    assert observer.iteration == 2
    assert "it told of loss" in str(observer.outcome)


def test_as_single_looks_a_table_of_looks_is_what_its_columns_say() -> None:
    numbers = np.array([0.5, 0.25])
    whole = np.array([3, 5])
    spent = numbers, whole, whole, numbers
    table = Looks(np.zeros((2, 1)), numbers, whole, *spent, None, numbers, whole, None)
    first, second = table
    assert (first.loss, first.iteration, second.cost, second.gradient_rows) == (0.5, 3, 0.25, 5)
    assert first.losses is None
