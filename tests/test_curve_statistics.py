"""Numbers from whole traces against plain loops: curves, areas, runtimes over targets, crossovers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from synthetic import best_by_walking, build, quantile_by_counting, run_row, synthetic, trace_rows

from harness.analysis.anytime_area import heights_of, mean_height
from harness.analysis.crossover import bootstrap_crossover, crossover, crossover_interval
from harness.analysis.curves import RunCurve
from harness.results import Results

Ends = tuple[str, list[float], list[float]]


def comparison(*runs: Ends, **values: Any) -> Results:
    """For every (optimizer, costs, best losses) a run; the seeds of an optimizer in their order."""
    rows, trace = [], []
    for number, (name, cost, best) in enumerate(runs):
        seed = sum(other == name for other, _, _ in runs[:number])
        rows.append(run_row(str(number), "xor", name, seed=seed, cost=cost[-1], **values))
        trace += trace_rows(str(number), cost, best)
    return build(rows, trace)


def walked(results: Results, problem: str, label: str, column: str) -> list[list[tuple[float, float]]]:
    runs = results.runs[(results.runs["problem"] == problem) & (results.runs["optimizer"] == label)]
    traces = [results.trace[results.trace["run_id"] == run] for run in runs["run_id"]]
    return [list(zip(trace[column], trace["best_loss"], strict=True)) for trace in traces]


@pytest.mark.parametrize(
    ("axis", "column"), [("cost", "cost"), ("iterations", "iteration"), ("seconds", "seconds")]
)
def test_anytime_losses_are_medians_of_step_functions(axis: str, column: str) -> None:
    results = synthetic(np.random.default_rng(7), problems=2, optimizers=2, seeds=5)
    found = results.statistic(f"anytime-loss:axis={axis},points=7")
    for (problem, label), rows in found.groupby(["problem", "optimizer"]):
        runs = walked(results, problem, label, column)
        for row in rows.to_dict("records"):
            losses = [best_by_walking(run, row["spent"]) for run in runs]
            assert row["loss"] == quantile_by_counting(losses, 0.5)
            assert row["n"] == 5
    shared = found.groupby("problem")["spent"].unique()
    assert all(len(points) == 7 for points in shared), "the same points for all of a problem"


def test_the_last_value_is_carried_forward_and_a_failed_run_has_none() -> None:
    results = comparison(("adam", [0, 4], [0.7, 0.1]), ("rprop", [0, 400], [0.7, 0.2]))
    found = results.statistic("anytime-loss:points=2")
    assert found["loss"].tolist() == [0.1, 0.1, 0.7, 0.2]
    failed = comparison(("adam", [0, 4], [0.7, 0.1]), outcome="failed").statistic("anytime-loss:points=2")
    assert failed.empty


@pytest.mark.parametrize("seed", range(5))
def test_a_mean_height_is_the_sum_of_rectangles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spent = np.append(0.0, np.sort(rng.integers(1, 40, 6))).astype(float)
    best = np.sort(rng.uniform(size=7))[::-1].copy()
    curve = RunCurve(spent, best)
    for horizon in (3, 20, 60):
        heights = [best_by_walking(list(zip(spent, best, strict=True)), step) for step in range(horizon)]
        assert mean_height(curve, float(horizon)) == pytest.approx(sum(heights) / horizon)


def test_up_to_no_cost_at_all_the_height_is_that_of_the_start() -> None:
    curve = RunCurve(np.array([0.0, 0.25, 4.0]), np.array([3.0, 2.0, 1.0]))
    assert (mean_height(curve, 0.0), mean_height(curve, 0.5)) == (3.0, 2.5)
    late = RunCurve(np.array([2.0]), np.array([3.0]))
    assert (mean_height(late, 0.0), mean_height(late, 4.0)) == (math.inf, math.inf)


def test_heights_by_run_are_of_those_that_have_a_logarithm_and_a_trace_or_have_failed() -> None:
    ends = [("adam", "budget", "xor"), ("rprop", "budget", "xor"), ("momentum", "failed", "xor")]
    ends += [("adam", "budget", "iris"), ("rprop", "budget", "iris")]
    rows = [
        run_row(f"{name}{problem}", problem, name, outcome=outcome, cost=10.0, target=math.nan)
        for name, outcome, problem in ends
    ]
    trace = trace_rows("adamxor", [0, 10], [1.0, 0.01])
    trace += trace_rows("adamiris", [0, 10], [1.0, -1.0]) + trace_rows("rpropiris", [0, 10], [1.0, 0.1])
    assert heights_of(build(rows, trace)) == {"adamxor": 0.0, "momentumxor": math.inf}


def test_areas_are_of_the_logarithm_down_to_the_target() -> None:
    results = comparison(("adam", [0, 10], [1.0, 0.001]), ("rprop", [0, 20], [1.0, 0.1]))
    found = results.statistic("anytime-area")
    assert found["area"].tolist() == pytest.approx([-1.0, 0.0])
    assert found["horizon"].tolist() == [20.0, 20.0]
    plain = results.statistic("anytime-area:scale=loss")
    assert plain["area"].tolist() == pytest.approx([0.505, 1.0])
    below = comparison(("adam", [0, 10], [1.0, -1.0]), ("rprop", [0, 20], [1.0, 0.5]), target=math.nan)
    assert below.statistic("anytime-area")["area"].isna().all()
    assert below.statistic("anytime-area:scale=loss")["area"].tolist() == [0.0, 1.0]


def test_runtimes_over_targets_are_counted_run_by_run() -> None:
    results = synthetic(np.random.default_rng(8), problems=1, optimizers=3, seeds=4)
    found = results.statistic("runtime-ecdf:targets=11,points=6")
    highest = max(start for start in results.trace["best_loss"])
    targets = [highest * (0.01 / highest) ** (place / 10) for place in range(11)]
    targets[-1] = 0.01
    for row in found.to_dict("records"):
        shares = [
            sum(best_by_walking(run, row["spent"]) <= target + 1e-15 for target in targets) / 11
            for run in walked(results, "xor", row["optimizer"], "cost")
        ]
        assert row["share"] == pytest.approx(np.mean(shares))
    last = found.groupby("optimizer")["share"].last()
    solved = results.runs.groupby("optimizer")["outcome"].apply(lambda ends: (ends == "solved").all())
    assert (last[solved] == 1.0).all()


def test_targets_of_losses_below_zero_are_evenly_spaced() -> None:
    results = comparison(("adam", [0, 10], [1.0, -1.0]), target=math.nan)
    found = results.statistic("runtime-ecdf:targets=5,points=2")
    assert found["share"].tolist() == [1.0]


class TestCrossover:
    def by(self, *runs: Ends, **values: Any) -> dict[str, Any]:
        return comparison(*runs, **values).statistic("crossover").iloc[0].to_dict()

    def test_it_is_where_the_other_is_ahead_for_the_last_time(self) -> None:
        fast = ("adam", [0.0, 5.0, 100.0], [1.0, 0.3, 0.2])
        slow = ("rprop", [0.0, 40.0, 100.0], [1.0, 0.1, 0.05])
        found = self.by(*[fast] * 6, *[slow] * 6)
        assert (found["leader"], found["spent"], found["n"]) == ("rprop analytic", 40.0, 6)
        assert (found["spent_low"], found["spent_high"]) == (40.0, 40.0)

    def test_a_leader_that_is_never_behind_is_ahead_from_the_beginning(self) -> None:
        found = self.by(("adam", [0, 5], [1.0, 0.3]), ("rprop", [0, 5], [1.0, 0.4]))
        assert (found["leader"], found["spent"]) == ("adam analytic", 0.0)
        assert (found["spent_low"], found["spent_high"]) == (0.0, math.inf), "of one pair nothing is known"

    def test_level_at_the_end_is_no_crossover(self) -> None:
        found = self.by(("adam", [0, 5], [1.0, 0.3]), ("rprop", [0, 9], [1.0, 0.3]))
        assert found["leader"] == ""
        assert math.isnan(found["spent"])

    def test_a_run_that_solved_is_ahead_from_there_whatever_its_loss(self) -> None:
        ends = [("adam", "solved", 50.0, 0.009), ("rprop", "budget", math.nan, 0.02)]
        rows = [
            run_row(name, "xor", name, outcome=outcome, cost=50.0, cost_to_target=cost)
            for name, outcome, cost, _ in ends
        ]
        trace = [
            row
            for name, _, _, best in ends
            for row in trace_rows(name, [0, 10, 50], [1, 0.5 - 20 * best, best])
        ]
        found = build(rows, trace).statistic("crossover").iloc[0]
        assert (found["leader"], found["spent"]) == ("adam analytic", 50.0)

    @pytest.mark.parametrize("seed", range(8))
    def test_it_is_what_walking_back_from_the_end_finds(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        leads, points = rng.choice([0.3, 0.5, 0.8], 6), np.arange(1.0, 7.0)
        expected = 0.0
        for place in range(6):
            if leads[place] < 0.5:
                expected = points[place + 1] if place < 5 else math.inf
        assert crossover(leads, points) == expected

    def test_the_bootstrap_is_that_of_resampling_by_hand(self) -> None:
        rng = np.random.default_rng(11)
        leads = (rng.normal(size=(9, 1)) + np.linspace(-1.0, 1.5, 12) > 0).astype(float)
        points = np.arange(1.0, 13.0)
        found = []
        for _ in range(4000):
            chosen = rng.integers(9, size=9)
            mean, place = leads[chosen].mean(axis=0), 12
            while place and mean[place - 1] >= 0.5:
                place -= 1
            found.append(0.0 if place == 0 else points[place] if place < 12 else math.inf)
        expected = np.quantile(found, [0.1, 0.9], method="inverted_cdf")
        assert bootstrap_crossover(leads, points, 0.8, 4000, rng) == pytest.approx(expected, abs=1.0)

    def test_it_is_no_narrower_than_the_order_statistics_of_own_crossovers(self) -> None:
        own = np.array([2.0, 3.0, 3.0, 5.0, 8.0, 9.0, 11.0, 14.0, 20.0, 30.0])
        points = np.arange(1.0, 40.0)
        leads = (points >= own[:, None]).astype(float)
        low, high = crossover_interval(leads, points, 0.95, 500, np.random.default_rng(0))
        assert float(crossover(leads.mean(axis=0), points)) == 8.0
        assert low <= 3.0
        assert high >= 20.0
        assert crossover_interval(leads[:5], points, 0.95, 500, np.random.default_rng(0)) == (0.0, math.inf)

    def test_the_generator_decides_the_samples(self) -> None:
        points = np.arange(1.0, 41.0)
        leads = (points >= np.arange(1.0, 31.0, 3.0)[:, None]).astype(float)
        one, again, other = (
            bootstrap_crossover(leads, points, 0.9, 20, np.random.default_rng(seed)) for seed in (1, 1, 2)
        )
        assert one == again != other
        results = synthetic(np.random.default_rng(3), problems=3, optimizers=3, seeds=9)
        found = results.statistic("crossover", seed=5)
        assert found.equals(results.statistic("crossover:seed=5"))
        assert found["spent"].equals(results.statistic("crossover:resamples=1")["spent"])
