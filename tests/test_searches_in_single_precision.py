"""Searches in single precision: told less precisely, judged and written down in double precision."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from terminal import called

import harness
import optimizers
from harness.gradients import build_source
from harness.landscape.plane import Plane
from harness.landscape.surface import surface
from harness.network.objective import NetworkObjective
from harness.problems import load
from harness.runs.replay import replay
from harness.runs.single_run import Run
from optimizers import Adam, Budget, GeneticAlgorithm, Optimizer
from optimizers.objective import Array
from optimizers.observer import Observer
from optimizers.optimizer import Outcome
from optimizers.registry import known_optimizers
from optimizers.search import observed, search

TARGET = 0.9
SINGLE = "iris:hidden=[3],precision=float32"


class Severe(NetworkObjective):
    """Measures losses half as large again as a search is told: as wrong as single precision never is."""

    factor = 1.5

    def peek(self, w: Array) -> float:
        return self.factor * super().peek(w)

    def peeks(self, points: Array) -> Array:
        return self.factor * super().peeks(points)


class Mild(Severe):
    """Measures losses that are half of what a search is told."""

    factor = 0.5


def searched(
    optimizer: Any, kind: type[Severe] = Severe, target: float | None = TARGET, cost: float = 6000.0
) -> tuple[Observer, Outcome, list[Any], Severe]:
    problem = load(SINGLE)
    X, Y, _, _ = problem.data(0)
    objective = kind(problem.network, X, Y, build_source("analytic"), precision="float32")
    assert optimizer.refusal(objective) is None
    looks: list[Any] = []
    start = problem.start(0)
    observer = observed(optimizer, objective, start, Budget(cost=cost), target, looks.append)
    with np.errstate(all="ignore"):
        outcome = search(optimizer, start, np.random.default_rng(0), observer, contain=False)
    return observer, outcome, looks, objective


def serving() -> list[Any]:
    X, Y, _, _ = load(SINGLE).data(0)
    objective = NetworkObjective(load(SINGLE).network, X, Y, build_source("analytic"), precision="float32")
    slow = {"bipop-cmaes": pytest.mark.slow}
    return [
        pytest.param(kind(), id=name, marks=[slow[name]] if name in slow else [])
        for name, kind in known_optimizers().items()
        if kind().refusal(objective) is None
    ]


@pytest.mark.parametrize(
    "optimizer", [*serving(), pytest.param(GeneticAlgorithm(engine="pygad"), id="pygad")]
)
def test_a_loss_at_the_target_in_single_precision_alone_does_not_solve(optimizer: Optimizer) -> None:
    observer, outcome, looks, objective = searched(optimizer)
    # Whoever was told of a loss at the target, and was not there, has gone on to where it is.
    assert outcome.name == "solved"
    assert observer.best.loss == objective.peek(observer.best.w) <= TARGET
    assert [look.loss for look in looks] == [objective.peek(look.w) for look in looks]
    assert all(look.loss > TARGET for look in looks[:-1])
    missed = observer.view.aim.missed
    if missed is not None:
        assert missed[0] <= TARGET < missed[1]
        assert observer.view.target < TARGET


def test_most_of_them_were_told_so() -> None:
    for optimizer in (Adam(), optimizers.ParticleSwarm(), optimizers.HillClimbing(), GeneticAlgorithm()):
        assert searched(optimizer)[0].view.aim.missed is not None


@pytest.mark.parametrize("optimizer", [Adam(learning_rate=0.1), GeneticAlgorithm()], ids=str)
def test_a_loss_at_the_target_in_double_precision_alone_solves_at_the_next_look(optimizer: Any) -> None:
    observer, outcome, looks, objective = searched(optimizer, Mild, 0.3)
    assert outcome.name == "solved"
    assert observer.best.loss == looks[-1].loss == objective.peek(looks[-1].w) <= 0.3
    assert objective.peek_rounded(looks[-1].w) == pytest.approx(2 * looks[-1].loss, rel=1e-5)


def test_a_search_that_takes_itself_for_solved_and_comes_back_is_stalled() -> None:
    class GivesUp(Adam):
        def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
            observe(start)
            w = start.copy()
            while True:
                loss, gradient = objective.value_and_gradient(w)
                if loss <= TARGET:
                    return None
                w -= 0.1 * gradient

    observer, outcome, _, _ = searched(GivesUp())
    assert outcome.name == "stalled"
    assert "in single precision, where" in outcome.sentence
    assert math.isfinite(observer.best.loss)


def test_a_search_that_tells_another_loss_than_it_was_told_has_still_failed() -> None:
    class Lies(Adam):
        def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
            observe(start)
            observe(start, iterations=1, loss=objective.value_and_gradient(start)[0] * (1 - 1e-6))
            return None

    _, outcome, _, _ = searched(Lies(), target=None)
    assert outcome.name == "failed"
    assert "was measured: mend the optimizer" in outcome.sentence


def test_a_loss_beyond_single_precision_ends_the_run_as_diverged() -> None:
    class Leaps(Adam):
        def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> Outcome | None:
            observe(start)
            far = np.full(start.size, 1e39)
            observe(far, iterations=1, loss=objective.value_and_gradient(far)[0])
            return None

    observer, outcome, _, objective = searched(Leaps(), target=None)
    assert outcome.name == "diverged"
    assert math.isfinite(objective.peek(observer.best.w))


@pytest.mark.parametrize("name", ["adam:learning_rate=0.05", "lbfgs", "genetic-algorithm:population_size=20"])
def test_a_run_is_written_down_in_double_precision_with_its_error_beside_it(name: str) -> None:
    results = harness.run([SINGLE, "iris:hidden=[3]"], [name], budget=300, seeds=2, progress=False)
    problem, runs, trace = load(SINGLE), results.runs, results.trace
    assert runs["precision"].tolist() == ["float32", "float32", "float64", "float64"]
    assert runs["precision_error"].isna().tolist() == [False, False, True, True]
    for _, row in runs[runs["precision"] == "float32"].iterrows():
        objective, measured = (
            problem.objective(seed=row["seed"]),
            load("iris:hidden=[3]").objective(seed=row["seed"]),
        )
        assert row["best_loss"] == objective.peek(row["best_w"]) == measured.peek(row["best_w"])
        assert row["final_loss"] == measured.peek(row["last_w"])
        looked = trace[trace["run_id"] == row["run_id"]]
        errors = looked["precision_error"]
        assert errors.notna().all(), "every row is a look, and measured"
        assert row["precision_error"] == errors.max()
        told = objective.peek_rounded(row["last_w"])
        assert errors.iloc[-1] == abs(told - row["final_loss"]) / row["final_loss"]
        assert 0 < row["precision_error"] < 1e-4
        assert looked["best_loss"].tolist() == np.minimum.accumulate(looked["loss"]).tolist()
    starts = runs.groupby("seed")["start_loss"].nunique()
    assert (starts == 1).all(), "the same start, measured alike"


def test_solved_runs_are_at_the_target_and_many_runs_are_what_each_is_alone() -> None:
    problem = load("xor:precision=float32,target=0.05")
    results = harness.run([problem], ["adam:learning_rate=0.3"], budget=1000, seeds=12, progress=False)
    solved = results.runs[results.runs["outcome"] == "solved"]
    assert len(solved) > 3
    measured = load("xor").objective()
    for _, row in solved.iterrows():
        assert measured.peek(row["best_w"]) == row["best_loss"] <= 0.05
        assert measured.peek(row["last_w"]) == row["final_loss"] <= 0.05
    for seed in (0, 5):
        row, _ = Run(problem, Adam(learning_rate=0.3), "analytic", seed, Budget(cost=1000.0)).execute()
        alone = results.runs[results.runs["seed"] == seed].iloc[0]
        for name in ("outcome", "cost", "iterations", "best_loss", "final_loss", "precision_error"):
            assert row[name] == alone[name], name
        assert row["last_w"].tobytes() == alone["last_w"].tobytes()


def test_a_run_is_replayed_to_the_bit() -> None:
    results = harness.run([SINGLE], [Adam(learning_rate=0.05)], budget=200, seeds=1, progress=False)
    row = results.runs.iloc[0]
    again = replay(row, results.trace, load(SINGLE))
    assert again.loss.tolist() == results.trace["loss"].tolist()


def test_a_landscape_is_drawn_in_double_precision() -> None:
    problem = load(SINGLE)
    first, second = np.random.default_rng(0).normal(size=(2, problem.network.size))
    plane = Plane(problem.start(0), first, second, ("first", "second"))
    single, double = (
        surface(chosen.objective(), plane, np.linspace(-1, 1, 3), np.linspace(0, 2, 4)).losses
        for chosen in (problem, load("iris:hidden=[3]"))
    )
    assert single.tolist() == double.tolist()


def test_an_objective_comes_to_another_process_as_it_is() -> None:
    objective = load(SINGLE).objective(seed=3)
    sent = pickle.loads(pickle.dumps(objective))
    w = load(SINGLE).start(3)
    assert sent.rounded
    assert (sent.value(w), sent.peek(w)) == (objective.value(w), objective.peek(w))


def test_the_gradient_of_double_precision_is_the_reference_of_one_in_single() -> None:
    results = harness.run(
        [SINGLE], [Adam()], budget=30, seeds=1, gradient_reference="analytic", progress=False
    )
    errors = results.trace["gradient_error"]
    assert ((errors > 1e-9) & (errors < 1e-5)).all()


class TestIdentity:
    def test_double_precision_goes_without_saying(self) -> None:
        plain, said, single = (
            load(name) for name in ("iris", "iris:precision=float64", "iris:precision=float32")
        )
        assert "precision" not in plain.key
        assert plain.key == said.key != single.key
        assert plain.name == said.name == "iris"
        assert single.name == "iris:precision=float32"
        ids = [Run(p, Adam(), "analytic", 0, Budget(cost=10.0)).run_id for p in (plain, said, single)]
        assert ids[0] == ids[1] != ids[2]

    def test_ids_are_those_of_before_there_was_a_choice(self) -> None:
        folder = Path(__file__).parent / "data" / "folder-of-an-earlier-version"
        kept = pd.concat(pd.read_parquet(path) for path in sorted(folder.glob("runs/*.parquet")))
        assert len(kept)
        for _, row in kept.iterrows():
            assert json.loads(load(row["problem"]).key).get("precision") is None

    def test_start_split_and_row_order_are_the_same(self) -> None:
        plain, single = load("iris"), load("iris:precision=float32")
        assert plain.start(3).tobytes() == single.start(3).tobytes()
        for table, other in zip(plain.data(3), single.data(3), strict=True):
            assert table.tobytes() == other.tobytes()
        orders = [problem.objective(seed=3).row_order().permutation(50) for problem in (plain, single)]
        assert orders[0].tolist() == orders[1].tolist()

    def test_arrays_and_tables_have_it_in_their_keys_as_well(self, tmp_path: Path) -> None:
        X, y = [[0.0], [1.0], [2.0], [3.0]], list("aabb")
        plain, said, single = (
            harness.Problem.from_arrays(X, y, test_fraction=0.0, **chosen)
            for chosen in ({}, {"precision": "float64"}, {"precision": "float32"})
        )
        assert plain.key == said.key != single.key
        assert "precision" not in plain.key
        assert plain.data_key == single.data_key
        (tmp_path / "own.csv").write_text("a,b\n0,x\n1,x\n2,y\n3,y\n")
        table = f"table:file={tmp_path / 'own.csv'},predict=b,test_fraction=0"
        assert "precision" not in load(table).key
        assert load(f"{table},precision=float32").key != load(table).key


def test_a_file_may_name_both_precisions_and_a_command_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "both.toml"
    file.write_text(
        'question = "Does single precision do?"\n'
        'problems = [{ name = "iris", hidden = [3], precision = ["float64", "float32"] }]\n'
        'optimizers = ["adam:learning_rate=0.1", "levenberg-marquardt"]\n'
        "budget = { cost = 60 }\nseeds = 2\n"
    )
    answer = called(capsys, "run", str(file), "--output", str(tmp_path / "out"), "--workers", "1")
    assert answer.status == 0, answer.err
    runs = harness.load(tmp_path / "out").runs
    assert runs["precision"].value_counts().to_dict() == {"float64": 2, "float32": 2}
    assert runs["precision_error"].notna().sum() == 2
    command = ("run", str(file), "--output", str(tmp_path / "one"), "--workers", "1")
    assert called(capsys, *command, "--set", "problems.iris.precision=float32").status == 0
    assert set(harness.load(tmp_path / "one").runs["precision"]) == {"float32"}
    refused = called(capsys, *command, "--set", "problems.iris.precision=float16")
    assert refused.status == 2
    assert "'float64' or 'float32'" in refused.err
