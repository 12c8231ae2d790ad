"""What a notebook calls, as the documentation has it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
import optimizers
from harness.runs.columns import TRACE_LABELS
from harness.runs.tables import RUN_COLUMNS, TRACE_COLUMNS
from optimizers import InputError


def own_problem(**changes: Any) -> harness.Problem:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 2))
    y = np.where(X[:, 0] > X[:, 1], "above", "below")
    fields: dict[str, Any] = {"hidden": (4,), "activation": "sigmoid", "test_fraction": 0.3, "name": "mine"}
    return harness.Problem.from_arrays(X, y, loss="categorical-cross-entropy", **{**fields, **changes})


@pytest.fixture(scope="module")
def results() -> harness.Results:
    return harness.run(
        [harness.problems.load("iris"), own_problem()],
        [
            optimizers.GradientDescent(learning_rate=0.5),
            optimizers.Adam(learning_rate=0.01, batch=32),
            optimizers.GeneticAlgorithm(population_size=20),
        ],
        gradients=["analytic"],
        seeds=2,
        budget=harness.Budget(cost=120),
        name="documented",
        question="Which is cheapest?",
    )


class TestRun:
    def test_objects_give_a_run_for_every_combination(self, results: harness.Results) -> None:
        found = results.runs[["problem", "optimizer_name", "seed"]].values.tolist()
        names = ["gradient-descent", "adam", "genetic-algorithm"]
        assert found == [
            [problem, name, seed] for problem in ("iris", "mine") for name in names for seed in (0, 1)
        ]
        assert repr(results).startswith("Results('documented': 2 problems x 3 optimizers, 12 runs (")

    def test_runs_and_trace_have_the_documented_columns(self, results: harness.Results) -> None:
        assert list(results.runs.columns) == list(RUN_COLUMNS)
        assert list(results.trace.columns) == [*TRACE_COLUMNS, *TRACE_LABELS]
        assert set(results.trace["run_id"]) == set(results.runs["run_id"])
        assert results.runs["test_accuracy"].between(0, 1).all()
        assert (results.runs["best_loss"] <= results.runs["start_loss"]).all()

    def test_names_stand_for_objects(self) -> None:
        by_name = harness.run("parity:bits=4", "adam", budget=60, seeds=[5])
        by_object = harness.run(
            [harness.problems.load("parity", bits=4)],
            [optimizers.Adam()],
            budget=harness.Budget(cost=60),
            seeds=[5],
        )
        assert by_name.runs["run_id"].tolist() == by_object.runs["run_id"].tolist()
        assert by_name.trace["loss"].tolist() == by_object.trace["loss"].tolist()

    def test_a_table_is_a_sweep_as_in_a_file(self) -> None:
        swept = harness.run("xor", {"name": "adam", "learning_rate": [0.1, 0.2]}, budget=20, seeds=1)
        rates = [json.loads(options)["learning_rate"] for options in swept.runs["options"]]
        assert rates == [0.1, 0.2]

    @pytest.mark.parametrize(
        ("limits", "column", "most"),
        [({"cost": 40}, "cost", 40), ({"iterations": 7}, "iterations", 7), ({"seconds": 0.01}, None, None)],
    )
    def test_a_budget_limits_cost_iterations_or_seconds(
        self, limits: dict[str, Any], column: str | None, most: Any
    ) -> None:
        budget = harness.Budget(**limits)
        runs = harness.run(own_problem(), optimizers.GradientDescent(), budget=budget, seeds=1).runs
        assert runs["outcome"].tolist() == ["budget"]
        if column is not None:
            assert 0 < runs[column].iloc[0] <= most

    @pytest.mark.parametrize(
        ("seeds", "expected"),
        [
            (2, [0, 1]),
            ([4, 2], [4, 2]),
            ((9,), [9]),
            (range(3, 5), [3, 4]),
            (np.arange(2), [0, 1]),
            (np.int64(1), [0]),
        ],
    )
    def test_seeds_are_a_number_or_any_sequence(self, seeds: Any, expected: list[int]) -> None:
        assert harness.run("xor", "adam", budget=9, seeds=seeds).runs["seed"].tolist() == expected

    def test_own_arrays_are_a_problem_like_any_other(self, results: harness.Results) -> None:
        mine = results.runs[results.runs["problem"] == "mine"]
        assert mine.groupby("seed")["start_loss"].nunique().tolist() == [1, 1]
        assert mine["target"].isna().all()
        problem = own_problem()
        loss = problem.objective(seed=1).value(problem.start(1))
        assert mine.loc[mine["seed"] == 1, "start_loss"].unique().tolist() == [loss]

    def test_a_folder_keeps_the_runs_and_finds_them_again(self, tmp_path: Path) -> None:
        arguments: dict[str, Any] = {"budget": 30, "seeds": 2, "folder": tmp_path / "kept", "question": "So?"}
        first = harness.run("xor", "adam", **arguments)
        second = harness.run("xor", "adam", **arguments)
        loaded = harness.load(tmp_path / "kept")
        for other in (second, loaded, harness.load(str(tmp_path / "kept"))):
            pd.testing.assert_frame_equal(first.runs, other.runs)
            pd.testing.assert_frame_equal(first.trace, other.trace)
            assert (other.name, other.question) == ("notebook", "So?")

    def test_skipped_pairs_are_told(self) -> None:
        found = harness.run("xor", ["adam", "perceptron-rule"], budget=20, seeds=1)
        assert found.skipped["optimizer"].tolist() == ["perceptron-rule"]

    def test_a_timeout_gives_a_run_up(self) -> None:
        found = harness.run(own_problem(), "adam", budget=1e12, seeds=1, timeout=1e-9)
        assert found.runs["outcome"].tolist() == ["timeout"]


class TestResults:
    def test_a_figure_is_drawn_of_results_by_cost(self, results: harness.Results, tmp_path: Path) -> None:
        figure = harness.plots.convergence(results, x="cost").figure
        assert [panel.get_title() for panel in figure.axes] == ["iris", "mine"]
        figure.savefig(tmp_path / "figure.png")
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")

    def test_a_notebook_shows_results_as_their_table(self, results: harness.Results) -> None:
        shown = results._repr_html_()
        assert "Which is cheapest?" in shown
        for name in ("iris", "mine", "adam(batch=32, learning_rate=0.01)", "genetic-algorithm"):
            assert name in shown


class TestObjectives:
    def test_an_optimizer_minimises_the_objective_of_a_problem(self) -> None:
        problem = harness.problems.load("iris")
        objective = problem.objective()
        start = problem.start(seed=0)
        best = optimizers.minimize(objective, start, optimizers.Adam(learning_rate=0.1), budget=300)
        assert best.loss < 0.1 < objective.peek(start)
        assert best.loss == objective.peek(best.w)
        assert best.cost <= 300
        assert best.outcome.name == "budget"

    def test_a_harness_run_and_minimize_walk_the_same_way(self) -> None:
        problem = harness.problems.load("iris", target=None)
        row = harness.run(problem, optimizers.GradientDescent(), budget=100, seeds=1).runs.iloc[0]
        best = optimizers.minimize(
            problem.objective(), problem.start(), optimizers.GradientDescent(), budget=100
        )
        assert (best.loss, best.cost, best.iterations) == (row["final_loss"], row["cost"], row["iterations"])

    def test_an_objective_gives_loss_and_gradient_at_the_start(self) -> None:
        problem = own_problem(hidden=())
        objective = problem.objective(gradient="analytic")
        start = problem.start(seed=0)
        loss, gradient = objective.value_and_gradient(start)
        step = 1e-6
        for place in range(start.size):
            ahead, behind = start.copy(), start.copy()
            ahead[place] += step
            behind[place] -= step
            slope = (objective.value(ahead) - objective.value(behind)) / (2 * step)
            assert gradient[place] == pytest.approx(slope, abs=1e-8)
        assert loss == objective.value(start)


WRONG = [
    ({"problems": "xro"}, ["unknown problem 'xro'", "did you mean 'xor'"]),
    ({"problems": []}, ["'problems'", "empty"]),
    ({"problems": 3}, ["'problems'", "3", '"iris"']),
    ({"problems": None}, ["'problems'", "None"]),
    ({"problems": "parity:bits=x"}, ["'bits'", "'x'"]),
    ({"optimizers": "adma"}, ["unknown optimizer 'adma'", "did you mean 'adam'"]),
    ({"optimizers": []}, ["'optimizers'", "empty"]),
    ({"optimizers": optimizers.Adam}, ["'optimizers'", "Adam()"]),
    ({"optimizers": {"name": "adam", "learning_rate": -1}}, ["learning_rate", "-1", "greater than 0"]),
    ({"optimizers": "perceptron-rule"}, ["no run that can work", "hidden layers"]),
    ({"gradients": "numeric"}, ["unknown gradient source 'numeric'"]),
    ({"gradients": []}, ["'gradients'", "at least one"]),
    ({"gradients": None}, ["'gradients'", "None"]),
    ({"seeds": 0}, ["'seeds' is 0", "1 or more"]),
    ({"seeds": None}, ["'seeds' is None"]),
    ({"seeds": "ten"}, ["'seeds'", "'ten'"]),
    ({"seeds": [1, 1]}, ["seed 1", "twice"]),
    ({"seeds": [0.5]}, ["'seeds'", "0.5"]),
    ({"budget": None}, ["Budget", "cost, iterations or seconds"]),
    ({"budget": "much"}, ["cost", "'much'"]),
    ({"budget": -1}, ["cost", "-1"]),
    ({"budget": {"cots": 1}}, ["'cots'", "did you mean 'cost'"]),
    ({"timeout": "1 h"}, ["timeout", "'1 h'"]),
    ({"timeout": -1}, ["timeout", "-1"]),
    ({"workers": 0}, ["workers is 0", "equal to 1"]),
    ({"workers": 1.5}, ["workers is 1.5"]),
    ({"folder": 3}, ["folder is 3", "path of a folder"]),
    ({"name": 3}, ["name is 3", "string"]),
    ({"question": None}, ["question is None", "string"]),
]


class TestWrongArguments:
    @pytest.mark.parametrize(("wrong", "said"), WRONG)
    def test_a_wrong_argument_is_answered_by_one_sentence(
        self, wrong: dict[str, Any], said: list[str]
    ) -> None:
        arguments: dict[str, Any] = {
            "problems": "xor",
            "optimizers": "adam",
            "budget": 9,
            "seeds": 1,
            **wrong,
        }
        with pytest.raises(InputError) as caught:
            harness.run(arguments.pop("problems"), arguments.pop("optimizers"), **arguments)
        assert "\n" not in str(caught.value)
        for words in said:
            assert words in str(caught.value)

    def test_data_that_do_not_fit_are_answered_by_one_sentence(self) -> None:
        with pytest.raises(InputError, match="nan"):
            harness.Problem.from_arrays([[0.0], [float("nan")]], [0, 1])
        with pytest.raises(InputError, match="3 labels for the 2 rows"):
            harness.Problem.from_arrays([[0.0], [1.0]], [0, 1, 1])
        with pytest.raises(InputError, match="unknown loss 'squard'"):
            harness.Problem.from_arrays([[0.0], [1.0]], [0, 1], loss="squard")

    def test_results_that_are_not_there_are_answered_by_one_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="none is no folder"):
            harness.load(tmp_path / "none")

    def test_a_name_that_the_package_does_not_have_is_an_attribute_error(self) -> None:
        with pytest.raises(AttributeError, match="module 'harness' has no attribute 'experimnt'"):
            _ = harness.experimnt

    def test_every_public_name_is_there(self) -> None:
        assert all(getattr(harness, name) is not None for name in harness.__all__)
        assert harness.Budget is optimizers.Budget


HEAVY = ("pandas", "matplotlib", "sklearn", "pygad", "loky", "pyarrow", "rich")
# numba imports scipy itself, and nothing below it.
PARTS_OF_SCIPY = ("scipy.linalg", "scipy.optimize", "scipy.stats", "scipy.sparse", "scipy.special")


def imported(code: str) -> set[str]:
    """Modules that a new process has imported after some code."""
    after = "import json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{after}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr))


class TestImports:
    def test_importing_the_package_imports_nothing_heavy(self) -> None:
        assert not imported("import harness") & {*HEAVY, *PARTS_OF_SCIPY, "numba", "scipy"}

    def test_importing_the_optimizers_imports_nothing_heavy(self) -> None:
        assert not imported("import harness, optimizers") & {*HEAVY, *PARTS_OF_SCIPY}

    @pytest.mark.parametrize(
        "arguments", [["list"], ["list", "plots"], ["show", "optimizer", "adam"], ["--help"]]
    )
    def test_to_look_around_at_the_terminal_imports_nothing_heavy(self, arguments: list[str]) -> None:
        call = f"try: main({arguments!r})\nexcept SystemExit as left: assert left.code == 0"
        assert not imported(f"from harness.cli.entry import main\n{call}") & {*HEAVY, *PARTS_OF_SCIPY}

    def test_one_worker_does_without_loky(self) -> None:
        code = "import harness; harness.run('xor', 'adam', budget=9, seeds=1)"
        assert not imported(code) & {"loky", "matplotlib", "pygad", "sklearn"}
