"""A trace is held against a log of every single iteration, kept by a loop that shares no code with it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from walks import unmeasured, walk

from harness.problems import load
from harness.problems.base import BaseProblem
from harness.runs.recorder import COLUMNS, Recorder
from harness.runs.single_run import Run
from harness.runs.tables import TRACE_COLUMNS
from optimizers import Budget, GradientDescent
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.look import LOOKS_PER_DECADE, Look

WHOLE = ("iteration", "value_rows", "gradient_rows")
MEASURED = ("test_loss", "test_accuracy", "gradient_norm")
POPULATION = ("population_median", "population_spread")


def descent_by_hand(problem: BaseProblem, rate: float, iterations: int) -> list[dict[str, float]]:
    """Gradient descent in a plain loop, with everything that can be measured at every single iteration."""
    objective = problem.objective("analytic", seed=0)
    measure = problem.measures(0)
    w = problem.start(0).copy()
    log, best = [], math.inf
    for iteration in range(iterations + 1):
        cost, rows = objective.cost, objective.gradient_rows
        measured = measure(w[None])[0]
        loss, gradient = objective.value_and_gradient(w)
        best = min(best, loss)
        log.append({
            "iteration": iteration, "cost": cost, "value_rows": 0, "gradient_rows": rows, "loss": loss,
            "best_loss": best, "test_loss": measured.test_loss, "test_accuracy": measured.test_accuracy,
            "gradient_norm": float(np.sqrt((gradient**2).sum())),
        })  # fmt: skip
        w -= rate * gradient
    return log


def executed(problem: BaseProblem, optimizer: Any, **limits: Any) -> tuple[dict[str, Any], pd.DataFrame]:
    gradient = "analytic" if "gradient" in optimizer.needs else "none"
    row, trace = Run(problem, optimizer, gradient, 0, Budget(**limits)).execute()
    return row, pd.DataFrame(trace)


# The second one bounces, so that the best iterates lie between looks.
DESCENTS = [
    pytest.param(load("xor", target=None), 1.0, 400, id="smooth"),
    pytest.param(load("iris", target=None), 2.0, 150, id="bouncing"),
    pytest.param(load("diabetes", hidden=[], target=None), 0.3, 60, id="regression"),
]


class TestAgainstALogOfEveryIteration:
    @pytest.mark.parametrize(("problem", "rate", "iterations"), DESCENTS)
    def test_every_row_is_the_log_at_its_iteration(
        self, problem: BaseProblem, rate: float, iterations: int
    ) -> None:
        log = pd.DataFrame(descent_by_hand(problem, rate, iterations))
        _, trace = executed(problem, GradientDescent(learning_rate=rate), iterations=iterations)
        expected = log.loc[trace["iteration"]].reset_index(drop=True)
        # The loss that ends the run is paid for.
        rows = problem.objective().rows
        expected.loc[len(expected) - 1, ["cost", "value_rows"]] += np.array([1.0, rows])
        looked = trace["gradient_norm"].notna()
        assert looked.sum() > 20
        assert looked.all() == (rate != 2.0)
        for column in expected:
            rows = looked if column in MEASURED else slice(None)
            np.testing.assert_allclose(
                trace.loc[rows, column], expected.loc[rows, column], rtol=1e-7, atol=1e-12
            )
        assert trace.loc[~looked, list(MEASURED)].isna().all(axis=None)

    @pytest.mark.parametrize(("problem", "rate", "iterations"), DESCENTS)
    def test_first_last_and_best_of_all_iterations_have_rows(
        self, problem: BaseProblem, rate: float, iterations: int
    ) -> None:
        losses = [row["loss"] for row in descent_by_hand(problem, rate, iterations)]
        row, trace = executed(problem, GradientDescent(learning_rate=rate), iterations=iterations)
        assert {0, iterations, int(np.argmin(losses))} <= set(trace["iteration"])
        assert trace["iteration"].iloc[-1] == row["iterations"] == iterations
        assert row["best_loss"] == trace["best_loss"].iloc[-1] == trace["loss"].min()
        assert row["best_loss"] == pytest.approx(min(losses), rel=1e-7)
        assert row["final_loss"] == trace["loss"].iloc[-1] == pytest.approx(losses[-1], rel=1e-7)
        assert row["start_loss"] == trace["loss"].iloc[0] == losses[0]

    @pytest.mark.parametrize("target", [0.9, 0.6, 0.4, 0.3, 0.2, 0.1])
    def test_the_cost_to_the_target_is_that_of_the_first_iterate_below_it(self, target: float) -> None:
        problem = load("iris", target=target)
        log = descent_by_hand(problem, 0.5, 500)
        first = next(row for row in log if row["loss"] <= target)
        row, trace = executed(problem, GradientDescent(learning_rate=0.5), cost=1e6)
        assert row["outcome"] == "solved"
        # The gradient that finds the target out counts as a value.
        assert row["cost_to_target"] == row["cost"] == pytest.approx(first["cost"] + 1, rel=1e-12)
        assert row["final_loss"] == row["best_loss"] <= target
        crossing = trace[trace["loss"] <= target].iloc[0]
        assert crossing["iteration"] == first["iteration"]
        assert crossing["cost"] == pytest.approx(first["cost"] + 1, rel=1e-12)
        assert crossing["gradient_rows"] == first["gradient_rows"]
        assert crossing["loss"] == pytest.approx(first["loss"], rel=1e-7)
        assert (trace["loss"] <= target).sum() >= 1
        assert row["iterations"] == first["iteration"]

    def test_the_target_is_met_at_the_start_at_the_cost_of_its_value(self) -> None:
        row, trace = executed(load("xor", target=10.0), GradientDescent(), cost=100)
        assert (row["outcome"], row["cost_to_target"], row["iterations"], len(trace)) == ("solved", 1.0, 0, 1)


FINITE = st.floats(-1e3, 1e3)
ANY_LOSS = st.one_of(FINITE, FINITE, FINITE, st.sampled_from([math.inf, math.nan]))
WALKS = st.one_of(
    st.lists(ANY_LOSS, min_size=2, max_size=60),
    st.integers(2, 3000).flatmap(
        lambda size: st.integers(0, 2**32 - 1).map(
            lambda seed: np.random.default_rng(seed).normal(size=size).cumsum().tolist()
        )
    ),
)
TARGETS = st.floats(-50, 50)


class TestAnyWalk:
    @settings(max_examples=300)
    @given(losses=WALKS, target=st.none() | TARGETS)
    def test_rows_are_true_and_none_that_matters_is_missing(
        self, losses: list[float], target: float | None
    ) -> None:
        observer, looks = walk(losses, target)
        trace = pd.DataFrame(looks)
        seen = losses[: observer.iteration + 1]
        finite = [loss for loss in seen if math.isfinite(loss)]
        iterations = trace["iteration"].tolist()

        assert iterations == sorted(set(iterations))
        assert iterations[0] == 0
        assert iterations[-1] == observer.iteration
        for row in trace.itertuples():
            so_far = [loss for loss in losses[: row.iteration + 1] if math.isfinite(loss)]
            assert np.array_equal(row.loss, losses[row.iteration], equal_nan=True)
            assert row.best_loss == min(so_far, default=math.inf)
            # A loss that decides at the start is not paid for by any iteration.
            paid = row.iteration or float(observer.iteration == 0)
            assert row.cost == pytest.approx(paid, rel=1e-12)
            assert row.value_rows == paid
        if finite:
            assert seen.index(min(finite)) in iterations
        assert trace["best_loss"].is_monotonic_decreasing

    @settings(max_examples=300)
    @given(losses=WALKS, target=TARGETS)
    def test_the_first_crossing_of_the_target_has_a_row_and_the_cost_to_the_target(
        self, losses: list[float], target: float
    ) -> None:
        observer, looks = walk(losses, target)
        trace = pd.DataFrame(looks)
        crossing = next(
            (k for k, loss in enumerate(losses[: observer.iteration + 1]) if loss <= target), None
        )
        if crossing is None:
            assert math.isnan(observer.meter.solved_cost)
            assert observer.outcome is not None
            assert observer.outcome.name in ("budget", "diverged")
        else:
            assert observer.meter.solved_cost == pytest.approx(crossing or 1, rel=1e-12)
            assert observer.outcome is not None
            assert observer.outcome.name == "solved"
            assert trace.loc[trace["loss"] <= target, "iteration"].iloc[0] == crossing

    @pytest.mark.parametrize("crossing", [0, 1, 5, 13, 20, 21, 22, 23, 57, 1000, 1001])
    def test_a_loss_that_equals_the_target_has_reached_it(self, crossing: int) -> None:
        losses = [9.0] * crossing + [0.5, 0.1] + [9.0] * 2000
        observer, looks = walk(losses, 0.5)
        trace = pd.DataFrame(looks)
        assert observer.meter.solved_cost == pytest.approx(crossing or 1, rel=1e-12)
        assert trace.loc[trace["loss"] <= 0.5, "iteration"].iloc[0] == crossing

    @settings(max_examples=60)
    @given(seed=st.integers(0, 2**32 - 1), size=st.integers(2, 20_000))
    def test_rows_are_bounded_by_the_logarithm_of_the_iterations(self, seed: int, size: int) -> None:
        losses = np.random.default_rng(seed).normal(size=size).tolist()
        trace = pd.DataFrame(walk(losses, None)[1])
        # A look an iteration at first, then so many a decade, and at most one best iterate between two looks.
        looks = 2 + LOOKS_PER_DECADE * (1 + math.log10(size))
        assert len(trace) <= 2 * looks

    def test_ten_times_the_iterations_add_the_same_number_of_rows_each_time(self) -> None:
        rows = [
            len(walk([1 / (k + 1) for k in range(size + 1)], None)[1]["loss"])
            for size in (10**2, 10**3, 10**4, 10**5)
        ]
        added = np.diff(rows)
        assert rows[-1] < 100
        assert abs(added - LOOKS_PER_DECADE).max() <= 2


@pytest.mark.parametrize(
    "optimizer",
    [GradientDescent(learning_rate=3.0), GeneticAlgorithm(population_size=10)],
    ids=lambda optimizer: optimizer.name(),
)
def test_points_that_are_too_many_to_wait_are_measured_in_between_and_to_be_the_same(
    optimizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of a large network keeps so much of the memory, and no more."""
    waited: list[int] = []
    measure = Recorder.measure

    def counted(recorder: Recorder) -> None:
        waited.append(recorder._waiting)
        measure(recorder)

    monkeypatch.setattr(Recorder, "measure", counted)
    _, together = executed(load("iris"), optimizer, cost=400)
    assert len(waited) <= 1
    most = 200
    monkeypatch.setattr("harness.runs.recorder.MOST_NUMBERS", most)
    waited.clear()
    _, apart = executed(load("iris"), optimizer, cost=400)
    assert len(waited) > 1
    assert min(waited[:-1]) > most
    pd.testing.assert_frame_equal(
        apart.drop(columns="seconds"), together.drop(columns="seconds"), check_exact=True
    )


class TestColumns:
    def test_they_are_exactly_the_documented_ones_in_their_order(self) -> None:
        documented = (
            "run_id, iteration, cost, value_rows, gradient_rows, seconds, loss, best_loss, test_loss, "
            "test_accuracy, gradient_norm, gradient_error, gradient_cosine, population_median, "
            "population_spread, mistakes, hard_cost, soft_cost, precision_error"
        )
        _, trace = executed(load("xor"), GradientDescent(), cost=50)
        assert list(trace.columns) == documented.split(", ") == ["run_id", *COLUMNS] == list(TRACE_COLUMNS)

    @pytest.mark.parametrize(
        "optimizer", [GradientDescent(learning_rate=3.0), GeneticAlgorithm(population_size=10)]
    )
    def test_whole_numbers_are_whole_and_everything_else_is_a_float(self, optimizer: Any) -> None:
        _, trace = executed(load("xor"), optimizer, cost=300)
        for column in COLUMNS:
            assert trace[column].dtype == (np.int64 if column in WHOLE else np.float64), column
        assert pd.api.types.is_string_dtype(trace["run_id"])

    def test_a_run_that_broke_before_its_first_look_has_the_same_columns_and_types(self) -> None:
        empty, full = (
            pd.DataFrame(Recorder(unmeasured, None).trace("none")),
            pd.DataFrame(walk([1.0, 0.5], None)[1]),
        )
        assert len(empty) == 0
        pd.testing.assert_series_equal(empty[list(COLUMNS)].dtypes, full[list(COLUMNS)].dtypes)
        assert list(empty.columns) == list(full.columns)

    def test_a_problem_without_test_rows_has_no_test_columns(self) -> None:
        _, trace = executed(load("xor"), GradientDescent(), cost=50)
        assert trace[["test_loss", "test_accuracy", *POPULATION]].isna().all(axis=None)
        assert trace["gradient_norm"].notna().all()

    def test_a_regression_has_a_test_loss_and_no_accuracy(self) -> None:
        row, trace = executed(load("diabetes", hidden=[]), GradientDescent(learning_rate=0.01), cost=50)
        assert trace["test_loss"].notna().all()
        assert trace["test_accuracy"].isna().all()
        assert math.isnan(row["train_accuracy"])

    def test_a_population_has_a_median_and_a_spread_from_its_first_iteration_on(self) -> None:
        row, trace = executed(load("xor"), GeneticAlgorithm(population_size=10), cost=200)
        assert row["gradient"] == "none"
        assert trace.loc[0, list(POPULATION)].isna().all()
        looked = trace.loc[1:, "gradient_norm"].notna()
        assert trace.loc[1:, list(POPULATION)][looked].notna().all(axis=None)
        assert (trace["population_median"].iloc[1:] >= trace["loss"].iloc[1:]).all()
        assert (trace["gradient_rows"] == 0).all()

    @settings(max_examples=100)
    @given(losses=st.lists(st.floats(0, 1e6) | st.just(math.inf), min_size=1, max_size=40))
    def test_median_and_spread_are_order_statistics_of_the_population(self, losses: list[float]) -> None:
        recorder = Recorder(unmeasured, None)
        loss = min(losses)
        recorder(Look(np.zeros(1), loss, 1, 1.0, 1, 0, 0.0, None, loss, np.array(losses)))
        ordered = sorted(losses)
        low, middle, high = (ordered[math.ceil(share * len(losses)) - 1] for share in (0.25, 0.5, 0.75))
        row = pd.DataFrame(recorder.trace("population")).iloc[0]
        assert row["population_median"] == middle
        assert row["population_spread"] == (high - low if math.isfinite(high) else math.inf)

    def test_seconds_never_go_back_and_start_at_nothing(self) -> None:
        _, trace = executed(load("xor"), GradientDescent(), iterations=500)
        assert trace["seconds"].iloc[0] == 0.0
        assert trace["seconds"].is_monotonic_increasing
