"""The study of seven regressions: its errors, its selection, what goes on, and its tuned options."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.linalg

import harness
from harness.analysis.numbers import significant
from harness.network import output_weights
from harness.problems.formula import Formula
from harness.runs.store import Store
from harness.studies.findings import perform
from harness.studies.sexton_1998.errors import Network, runs_on
from harness.studies.sexton_1998.evidence import CASES, EVOLVED, best_setting, longer_table
from harness.studies.sexton_1998.genetic import tried
from harness.studies.sexton_1998.study import Sexton1998
from harness.studies.study import Evidence
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment
from harness.tuning.tuned_file import tuned_experiments
from optimizers.errors import InputError
from optimizers.genetic.selection import rank_members, roulette_wheel
from optimizers.objective import Array
from optimizers.options import option_values

FOLDER = Sexton1998.folder()
RESULTS = Path(__file__).parent.parent / "results" / "sexton-1998"
EPOCHS = {"backpropagation": 20_000, "backpropagation-linear": 20_000, "continued": 1_000_000}


def outputs_of(w: Array, X: Array, logistic: bool) -> Array:
    """A network of six logistic units, row by row and unit by unit."""
    inputs = X.shape[1]
    hidden, biases = w[: 6 * inputs].reshape(6, inputs), w[6 * inputs : 7 * inputs + 6 - inputs]
    last = w[6 * inputs + 6 :]
    found = []
    for row in X:
        total = float(last[6])
        for unit in range(6):
            z = float(biases[unit]) + sum(float(a) * float(b) for a, b in zip(hidden[unit], row, strict=True))
            total += float(last[unit]) / (1.0 + math.exp(-z))
        found.append(1.0 / (1.0 + math.exp(-total)) if logistic else total)
    return np.array(found)


@pytest.mark.parametrize("logistic", [False, True])
@pytest.mark.parametrize("function", ["product", "mackey-glass", "cube-minus-square"])
def test_errors_are_root_mean_squares_in_the_units_of_the_function(function: str, logistic: bool) -> None:
    network = Network(function, logistic)
    problem, family = network.family.build(), network.family
    w = problem.start(4)
    raw_X, raw_y = family.raw()
    low, high, least = raw_y.min(), raw_y.max(), 0.0 if logistic else -1.0

    def unscaled(outputs: Array) -> Array:
        return low + (outputs - least) / (1.0 - least) * (high - low)

    def scaled(X: Array) -> Array:
        return -1.0 + 2.0 * (X - raw_X.min(axis=0)) / (raw_X.max(axis=0) - raw_X.min(axis=0))

    expected = np.sqrt(np.mean((unscaled(outputs_of(w, scaled(raw_X), logistic)) - raw_y) ** 2))
    assert network.trained(np.array([problem.objective().peek(w)]))[0] == pytest.approx(expected, rel=1e-9)
    X, y = family.raw("interpolation", 6, 150)
    expected = np.sqrt(np.mean((unscaled(outputs_of(w, scaled(X), logistic)) - y) ** 2))
    tested = network.tested(w, "interpolation")
    assert tested.shape == (10,)
    assert tested[6] == pytest.approx(expected, rel=1e-9)
    beyond = network.tested(w, "extrapolation")
    assert beyond.size == (0 if function == "mackey-glass" else 10)


def test_a_copy_without_parameters_is_refused_with_where_to_get_them() -> None:
    with pytest.raises(
        InputError, match="the runs come without their parameters: do them again, in an empty"
    ):
        Network("product", False).tested(np.empty(0), "interpolation")


def test_a_step_of_fitness_proportional_selection_is_its_formula() -> None:
    """A share is the worst loss minus one's own; a pointer takes the member whose share it falls into."""
    losses = np.random.default_rng(2).gamma(1.0, size=20)
    order, parents = np.empty(20, dtype=np.int64), np.empty(20, dtype=np.int64)
    rank_members(losses, order, np.empty_like(order))
    wheel = np.empty(20)
    roulette_wheel(0, losses, order, wheel, parents, np.random.default_rng(9))
    worst_first = np.argsort(-losses)
    ends = np.cumsum((losses.max() - losses[worst_first]) / np.sum(losses.max() - losses))
    np.testing.assert_allclose(wheel / wheel[-1], ends, rtol=1e-12)
    pointers = np.random.default_rng(9).random(20)
    assert parents.tolist() == [int(worst_first[np.argmax(ends > pointer)]) for pointer in pointers]


@pytest.mark.parametrize(("rows", "unknowns", "outputs"), [(50, 7, 1), (40, 6, 2), (5, 9, 1), (200, 65, 3)])
def test_least_squares_have_the_bits_of_scipy(rows: int, unknowns: int, outputs: int) -> None:
    rng = np.random.default_rng(rows)
    system, Y = rng.normal(size=(unknowns, rows)).T, rng.normal(size=(rows, outputs))
    if unknowns == 6:
        system[:, 1] = system[:, 0]
    threshold = np.finfo(np.float64).eps * max(rows, unknowns)
    expected, *_ = scipy.linalg.lstsq(system.copy(), Y, cond=threshold, lapack_driver="gelsy")
    found = output_weights._least_squares(system.copy(order="F"), Y)
    assert found.tobytes() == expected.tobytes()
    np.testing.assert_allclose(found, np.linalg.lstsq(system, Y, rcond=None)[0], rtol=1e-7, atol=1e-9)


def test_solved_output_weights_are_those_of_numpy_with_logistic_units() -> None:
    objective = Formula(function="product").build().objective()
    w = objective.network.start(np.random.default_rng(3))
    X, Y = objective._arguments[1:3]
    first = objective.network.layers(w)[0]
    hidden = 1.0 / (1.0 + np.exp(-(X @ first.weights.T + first.biases)))
    expected = np.linalg.lstsq(np.column_stack([hidden, np.ones(50)]), Y, rcond=None)[0][:, 0]
    np.testing.assert_allclose(objective.output_layer.solved(w[None])[0, -7:], expected, rtol=1e-7)


class TestExperiments:
    @pytest.mark.parametrize("name", EPOCHS)
    def test_budgets_are_whole_epochs(self, name: str) -> None:
        experiment = Sexton1998.experiments()[name]
        there = experiment.combinations
        for number, problem in enumerate(experiment.problems):
            budgets = [
                budget.cost
                for place, budget in enumerate(experiment.budgets)
                if there.has((number, 0, 0, place, 0))
            ]
            assert len(budgets) == 1
            objective: Any = problem.objective()
            row = objective.gradient.cost / objective.rows
            assert budgets[0] is not None
            # As many rows as the epochs have, and not one more.
            assert math.floor(budgets[0] / row + 1e-9) == EPOCHS[name] * objective.rows

    def test_all_have_the_same_starts_and_functions(self) -> None:
        for name, experiment in Sexton1998.experiments().items():
            functions = [problem.family.function for problem in experiment.problems]  # type: ignore[union-attr]
            # One asks no more than what a longer search comes to on the first, one what other rates do.
            some = {"levenberg-marquardt-longer": "1", "genetic-rates": "124"}.get(name, "1234567")
            assert functions == [function for case, function in CASES.items() if case[0] in some]
            assert experiment.seeds[0] == 0

    def test_the_comparison_by_todays_rules_has_the_tuned_options(self) -> None:
        tuned = tomllib.loads((FOLDER / "tuned" / "today.toml").read_text(encoding="utf-8"))
        textbook = read_experiment(str(FOLDER / "tuned" / "textbook.toml"))
        (found,) = tuned_experiments(textbook, FOLDER / "tuned" / "today.toml")
        evolved, solved = (Sexton1998.experiments()[f"today-{form}"] for form in ("evolved", "solved"))
        listed = [*evolved.optimizers, solved.optimizers[-1]]
        for optimizer, expected in zip(listed, found.optimizers, strict=True):
            assert option_values(optimizer) == option_values(expected)
        assert list(evolved.optimizers[:3]) == list(solved.optimizers[:3])
        assert not set(tuned["seeds"]) & set(evolved.seeds)
        assert {budget.cost for each in (evolved, solved) for budget in each.budgets} == {tuned["cost"]}


class Small(Sexton1998):
    """Two settings of backpropagation, and no more than what goes on."""

    quick = 3
    quick_part = 0.001

    @classmethod
    def folder(cls) -> Path:
        """Return that of the study."""
        return FOLDER

    @classmethod
    def experiments(cls, quick: bool = False) -> dict[str, Experiment]:
        """Return backpropagation and what goes on, with two settings of eight."""
        found = super().experiments(quick)
        return {
            name: replace(found[name], optimizers=found[name].optimizers[:2])
            for name in ("backpropagation", "continued")
        }


def test_the_best_network_of_each_problem_goes_on(tmp_path: Path) -> None:
    evidence = perform(Small(), tmp_path, quick=True, workers=1).evidence
    before, after = evidence.runs["backpropagation"], evidence.runs["continued"]
    assert len(before.runs) == 7 * 2 * 3
    assert len(after.runs) == 7
    for function in CASES.values():
        (row,) = runs_on(after, function).to_dict("records")
        runs = runs_on(before, function)
        best = runs.loc[runs["best_loss"].idxmin()]
        assert (row["seed"], row["options"]) == (best["seed"], best["options"])
        assert row["start_loss"] == best["start_loss"]
        # The same network on its way: what it was after as many epochs.
        assert row["best_loss"] <= best["best_loss"] + 1e-12
        assert best_setting(before, function)[:2] == (function, best["seed"])
    assert isinstance(harness.load(tmp_path / "continued").runs, pd.DataFrame)


class TestTables:
    def test_errors_on_the_way_are_those_of_the_last_look_before(self) -> None:
        name = "levenberg-marquardt-longer"
        tables = Store(RESULTS / name).load()
        table = longer_table(Evidence({name: tables}, {}))
        _, y = Formula(function="sum").raw()
        for passes, row in zip((50_000, 100_000, 200_000, math.inf), table.to_dict("records"), strict=True):
            losses = [
                min(loss for cost, loss in zip(run["cost"], run["best_loss"], strict=True) if cost <= passes)
                for _, run in tables.trace.groupby("run_id")
            ]
            errors = [math.sqrt(2 * loss) * (y.max() - y.min()) / 2 for loss in losses]
            assert row["runs"] == len(tables.runs)
            assert row["mean"].startswith(f"{significant(sum(errors) / len(errors))} [")
            assert row["median"].startswith(f"{significant(float(np.median(errors)))} [")

    def test_a_form_of_the_genetic_algorithm_is_held_against_what_is_printed(self) -> None:
        evidence = Evidence({"genetic": Store(RESULTS / "genetic").load()}, {})
        printed = {(case, f"GA {which}"): 2.0 for case in CASES for which in ("best", "mean")}
        found = tried(evidence, printed, EVOLVED)
        assert list(found) == list(CASES)
        for case, form in found.items():
            assert form.best == pytest.approx(form.errors.min() / 2)
            assert form.mean[0] == pytest.approx(form.errors.mean() / 2)
            assert form.mean[1][0] < form.mean[0] < form.mean[1][1], case
            # All but the best of twenty are new.
            assert form.evaluations == pytest.approx(19, rel=1e-3)
