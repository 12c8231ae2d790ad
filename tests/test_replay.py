"""A run that is done again is the run that was kept, and what is not is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness.problems import FunctionProblem, Problem, load
from harness.runs.replay import MOST_NUMBERS, read_setting, replay, run_of
from optimizers import Adam, InputError, known_optimizers

METHODS = [
    "adam:learning_rate=0.1", "gradient-descent:batch=20", "lbfgs", "levenberg-marquardt", "newton-cg",
    "genetic-algorithm", "genetic-algorithm:population_size=12,keep_elitism=3", "memetic-algorithm",
    "differential-evolution", "particle-swarm", "evolution-strategy", "simulated-annealing",
]  # fmt: skip


@pytest.fixture(scope="module")
def results() -> harness.Results:
    known = [name for name in METHODS if name.partition(":")[0] in known_optimizers()]
    assert len(known) > 8
    return harness.run("xor", known, seeds=2, budget=700)


def test_every_row_of_the_trace_comes_back(results: harness.Results) -> None:
    problem = load("xor")
    for _, row in results.runs.iterrows():
        again = replay(row, results.trace, problem)
        kept = results.trace[results.trace["run_id"] == row["run_id"]]
        assert set(again.loss) <= set(kept["loss"])
        assert again.points[0].tobytes() == problem.start(int(row["seed"])).tobytes()
        assert again.points[-1].tobytes() == row["last_w"].tobytes()
        assert len(again.points) == len(again.iteration) == len(again.cost) == len(again.populations)
        objective = problem.objective(seed=int(row["seed"]))
        for w, loss in zip(again.points, again.loss, strict=True):
            assert objective.peek(w) == pytest.approx(loss, rel=1e-9)


def test_populations_are_what_was_evaluated(results: harness.Results) -> None:
    problem = load("xor")
    for name in ("genetic-algorithm", "differential-evolution", "particle-swarm"):
        for _, row in results.where(optimizer=name).runs.iterrows():
            again = replay(row, results.trace, problem)
            held = [(p, losses) for p, losses in zip(again.populations, again.population_losses, strict=True)]
            assert held[0][0].shape == (0, 9)
            for population, losses in held[1:]:
                assert population.ndim == 2
                assert 0 < len(population) <= len(losses)
            objective = problem.objective()
            # Of a genetic algorithm each child that was kept is one of the present population.
            if name == "genetic-algorithm" and row["outcome"] == "budget":
                found = set(objective.values(held[-1][0]))
                assert len(found & set(held[-1][1])) >= len(found) - 1


def test_gradient_methods_have_no_population(results: harness.Results) -> None:
    row = results.where(optimizer="lbfgs").runs.iloc[0]
    again = replay(row, results.trace, load("xor"))
    assert {population.shape for population in again.populations} == {(0, 9)}
    assert {losses.shape for losses in again.population_losses} == {(0,)}


def test_every_improvement_that_was_kept_comes_back() -> None:
    results = harness.run("iris", "rprop", seeds=1, budget=200, trace="improvements")
    again = replay(results.runs.iloc[0], results.trace, load("iris"))
    assert len(again.points) < len(results.trace)


def test_what_a_folder_keeps_is_enough(tmp_path: Path) -> None:
    harness.run("two-moons", "adam", seeds=[3], budget=100, timeout=500, folder=tmp_path / "kept")
    kept = harness.load(tmp_path / "kept")
    assert replay(kept.runs.iloc[0], kept.trace, load("two-moons")).points.shape[1] == 33


def test_other_losses_are_refused(results: harness.Results) -> None:
    one = results.where(optimizer="lbfgs", seed=0)
    trace, row = one.trace.copy(), one.runs.iloc[0]
    trace.loc[trace.index[2], "loss"] = np.nextafter(trace["loss"].iloc[2], 1.0)
    with pytest.raises(InputError, match="comes to other losses than were kept"):
        replay(row, trace, load("xor"))
    with pytest.raises(InputError, match="comes to other losses"):
        replay(row, one.trace.iloc[:-1], load("xor"))
    with pytest.raises(InputError, match="comes to other losses"):
        replay(pd.Series({**row, "last_w": row["last_w"] + 1e-9}), one.trace, load("xor"))
    # A reference copy leaves rows in between out, and parameters.
    thin = one.trace.iloc[[0, 2, -1]]
    nothing = {"best_w": np.empty(0), "last_w": np.empty(0)}
    assert replay(pd.Series({**row, **nothing}), thin, load("xor")).loss[-1] == row["final_loss"]


def test_a_row_that_says_too_little_is_refused(results: harness.Results) -> None:
    row = results.where(optimizer="lbfgs", seed=0).runs.iloc[0]
    for name, value in {
        "run_id": "0" * 16, "options": "{}x", "setting": "", "optimizer_name": "mine", "seed": 17,
        "gradient": "central-difference", "options ": "",
    }.items():  # fmt: skip
        changed = {**row, name.strip(): value if name.strip() == name else '{"memory": 3}'}
        with pytest.raises(InputError, match="cannot be done again from its row"):
            run_of(pd.Series(changed), load("xor"))
    with pytest.raises(InputError, match="done on other data or another network"):
        run_of(row, load("xor:hidden=[3]"))
    with pytest.raises(InputError, match="kept no trace"):
        replay(row, results.trace.iloc[:0], load("xor"))


def test_own_data_are_handed_in() -> None:
    problem = Problem.from_arrays(np.eye(4), [0, 1, 1, 0], hidden=(2,), test_fraction=0.0, name="own")
    results = harness.run(problem, Adam(), seeds=1, budget=40)
    assert replay(results.runs.iloc[0], results.trace, problem).points.shape[1] == problem.network.size
    bowl = FunctionProblem(lambda w: float(w @ w), 3, name="bowl", key="bowl")
    results = harness.run(bowl, ["cmaes", "random-search"], seeds=1, budget=60)
    for _, row in results.runs.iterrows():
        assert replay(row, results.trace, bowl).points.shape[1] == 3


def test_what_would_fill_the_memory_is_refused(
    results: harness.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST_NUMBERS * 8 < 1e9
    monkeypatch.setattr("harness.runs.replay.MOST_NUMBERS", 100)
    with pytest.raises(InputError, match="numbers in its parameters and populations at its looks"):
        replay(results.where(optimizer="lbfgs").runs.iloc[0], results.trace, load("xor"))


def test_a_setting_is_read_as_it_is_written() -> None:
    from harness.runs.described import setting
    from optimizers import Budget

    for budget in (Budget(cost=1e5), Budget(iterations=7, seconds=0.5), Budget(cost=0.1, iterations=3)):
        for rest in ((None, None, "looks"), (2.5, "central-difference:step=1e-06", "improvements")):
            assert read_setting(setting(budget, *rest)) == (budget, *rest)
