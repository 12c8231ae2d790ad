"""Statistics over problems, each one block, against SciPy, published tables and plain loops."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, rankdata, studentized_range
from scipy.stats import t as student
from synthetic import PROBLEMS, build, run_row, synthetic

from harness.analysis.friedman import (
    critical_difference,
    friedman_test,
    letters,
    mean_rank_interval,
    studentized_range_quantile,
)
from harness.analysis.performance_profile import performance_ratios
from harness.analysis.profiles import measured
from harness.results import Results
from optimizers.errors import InputError

# Demsar (2006), table 6: areas under the curve of C4.5 with and without two options, on 14 data sets.
AREAS = np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip
RANKS = np.array([rankdata(-row) for row in AREAS])


def test_the_example_of_demsar() -> None:
    assert RANKS.mean(axis=0) == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert critical_difference(14, 4) == pytest.approx(1.25, abs=5e-3)
    assert letters(RANKS.mean(axis=0), critical_difference(14, 4)) == ["a", "a", "a", "a"]
    # Demsar finds both variants with m better than C4.5 alone at 0.1, where the difference is 1.12.
    assert letters(RANKS.mean(axis=0), critical_difference(14, 4, 0.9)) == ["b", "a", "ab", "a"]


@pytest.mark.parametrize("seed", range(4))
def test_friedman_s_test_is_that_of_scipy_ties_included(seed: int) -> None:
    values = np.random.default_rng(seed).integers(0, 4, (9, 4 + seed))
    expected = friedmanchisquare(*values.T)
    assert friedman_test(np.array([rankdata(row) for row in values])) == pytest.approx(tuple(expected))
    assert friedman_test(RANKS) == pytest.approx((10.228346456692925, 0.016721580328441323))


def test_where_all_are_tied_nothing_is_told_apart() -> None:
    assert friedman_test(np.full((6, 3), 2.0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("k", "at_095", "at_090"),
    [(2, 1.960, 1.645), (3, 2.343, 2.052), (4, 2.569, 2.291), (5, 2.728, 2.459), (10, 3.164, 2.920)],
)
def test_critical_values_are_those_of_demsar_s_table(k: int, at_095: float, at_090: float) -> None:
    for level, expected in ((0.95, at_095), (0.9, at_090)):
        assert studentized_range_quantile(level, k) / math.sqrt(2) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("k", "level", "expected"), [(12, 0.95, 4.621655471868518), (3, 0.9, 2.9023802134282515)]
)
def test_the_studentized_range_is_that_of_scipy(k: int, level: float, expected: float) -> None:
    assert studentized_range_quantile(level, k) == pytest.approx(expected, rel=1e-7)
    assert studentized_range.cdf(expected, k, np.inf) == pytest.approx(level, abs=1e-6)


# Twelve blocks of four, from numpy.random.default_rng(5).
BLOCKS = np.array([
    [-0.8, -1.02, 0.65, 2.02], [1.14, 0.41, 0.35, 0.82], [0.75, 1.93, 1.17, 0.37], [-0.96, 1.9, 1.1, -0.13],
    [-0.08, -0.86, 0.27, 1.11], [-0.71, 0.85, 0.84, 1.01], [0.41, 1.13, -0.74, 1.34],
    [-0.98, 0.13, -0.39, 1.62], [-0.04, -0.0, -0.15, 1.2], [-1.09, -1.06, 1.12, 0.49],
    [1.17, 1.02, -1.1, 1.87], [-1.1, 0.33, 0.94, -0.39],
])  # fmt: skip


def test_mean_ranks_and_their_critical_difference_are_those_of_autorank() -> None:
    """autorank 1.3.0, nonparametric: mean ranks, critical difference (of a table), p of Friedman's test."""
    ranks = np.array([rankdata(row) for row in BLOCKS])
    assert ranks.mean(axis=0) == pytest.approx(
        [1.8333333333333333, 2.5833333333333335, 2.3333333333333335, 3.25]
    )
    assert critical_difference(12, 4) == pytest.approx(1.3539901117469855, rel=1e-5)
    assert friedman_test(ranks)[1] == pytest.approx(0.0575584519726364, rel=1e-12)


def test_the_critical_difference_is_where_nemenyi_s_test_of_scikit_posthocs_has_its_level() -> None:
    """scikit-posthocs 0.17.1: at the level of a pair's p-value the two are just told apart."""
    p_values = {
        (0, 1): 0.48485435434399426, (0, 2): 0.7784833687572137, (0, 3): 0.03617630923630499,
        (1, 2): 0.9647412017885855, (1, 3): 0.5853691712347625, (2, 3): 0.3032727949709181,
    }  # fmt: skip
    means = np.array([rankdata(row) for row in BLOCKS]).mean(axis=0)
    for (one, other), p in p_values.items():
        assert critical_difference(12, 4, 1 - p) == pytest.approx(abs(means[one] - means[other]), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_letters_are_shared_where_and_only_where_ranks_are_close(seed: int) -> None:
    ranks = np.random.default_rng(seed).uniform(1, 8, 7)
    found = letters(ranks, 1.5)
    for i, j in itertools.combinations(range(7), 2):
        assert bool(set(found[i]) & set(found[j])) == (abs(ranks[i] - ranks[j]) < 1.5)


def test_beyond_the_alphabet_letters_are_numbered() -> None:
    found = letters(np.arange(54.0), 0.5)
    assert found[:27] == [*"abcdefghijklmnopqrstuvwxyz", "a1"]
    assert found[51:] == ["z1", "a2", "b2"]


def test_the_interval_of_a_mean_rank_is_student_s_within_the_ranks_there_are() -> None:
    ranks = np.array([2.0, 3.0, 2.5, 3.0, 2.0, 2.5])
    for level in (0.8, 0.95):
        low, high = student.interval(level, 5, ranks.mean(), ranks.std(ddof=1) / math.sqrt(6))
        mean, interval = mean_rank_interval(ranks, 4, level)
        assert (mean, interval) == (2.5, pytest.approx((low, high), rel=1e-12))
    assert mean_rank_interval(np.array([1.0, 1.0, 2.0]), 3)[1][0] == 1.0
    assert mean_rank_interval(np.array([3.0, 3.0, 1.0]), 3)[1][1] == 3.0


def ranked(orders: list[list[str]]) -> Results:
    """Results of a problem for each order, in which optimizers solve it one behind the other."""
    rows = [
        run_row(f"{problem}{name}", problem, name, outcome="solved", cost=cost, cost_to_target=cost)
        for problem, order in zip(PROBLEMS, orders, strict=False)
        for cost, name in enumerate(order, 10)
    ]
    return build(rows)


def test_letters_are_given_apart_only_where_friedman_s_test_tells_something_apart() -> None:
    names = ["adam", "momentum", "rprop"]
    clear = ranked([names] * 6).statistic("mean-rank")
    assert clear["optimizer"].tolist() == names
    assert clear["rank"].tolist() == [1.0, 2.0, 3.0]
    # Chi-square of perfect agreement is b (k - 1) = 12, and 3.314 sqrt(12 / 72) is 1.353.
    assert clear["chi_square"].tolist() == pytest.approx([12.0] * 3)
    assert clear["p"].tolist() == pytest.approx([math.exp(-6.0)] * 3)
    assert clear["critical_difference"].tolist() == pytest.approx([1.353] * 3, abs=5e-4)
    assert clear["letters"].tolist() == ["a", "ab", "b"]
    # Two of these are further apart than the critical difference, and p is .062.
    a, m, n, r = names = ["adam", "momentum", "nesterov", "rprop"]
    orders = [[m, a, n, r], [a, n, m, r], [a, m, r, n], [n, a, m, r], [a, n, r, m]]
    found = ranked(orders).statistic("mean-rank")
    assert found["optimizer"].tolist() == names
    assert found["rank"].tolist() == pytest.approx([1.4, 2.6, 2.4, 3.6])
    assert found["critical_difference"][0] < 3.6 - 1.4
    assert found["p"].tolist() == pytest.approx([0.06236833987892676] * 4)
    assert found["letters"].tolist() == ["a", "a", "a", "a"]
    assert ranked(orders).statistic("mean-rank:level=0.9")["letters"].tolist() == ["a", "ab", "ab", "b"]


def test_mean_ranks_are_of_problems_and_of_runs_seed_by_seed() -> None:
    results = synthetic(np.random.default_rng(5), problems=6, optimizers=3, seeds=7)
    found = results.statistic("mean-rank")
    labels, blocks = list(found["optimizer"]), []
    for problem in PROBLEMS[:6]:
        runs = results.runs[results.runs["problem"] == problem]
        by_seed = []
        for seed in range(7):
            order = []
            for label in labels:
                run = runs[(runs["optimizer"] == label) & (runs["seed"] == seed)].iloc[0]
                is_solved = run["outcome"] == "solved"
                order.append((not is_solved, run["cost_to_target"] if is_solved else run["best_loss"]))
            by_seed.append([1 + sum(other < own for other in order) for own in order])
        blocks.append(rankdata(np.mean(by_seed, axis=0)))
    assert found["rank"].tolist() == pytest.approx(np.mean(blocks, axis=0).tolist())
    assert found["chi_square"][0] == pytest.approx(friedmanchisquare(*np.transpose(blocks)).statistic)
    assert (found["n"] == 6).all()


def test_more_seeds_do_not_make_more_blocks() -> None:
    def found(seeds: int) -> list[float]:
        rows = [
            run_row(
                f"{p}{o}{s}", p, o, seed=s, outcome="solved", cost_to_target=10.0 + len(o) * (1 + len(p) % 2)
            )
            for p in PROBLEMS[:5]
            for o in ("adam", "rprop", "momentum")
            for s in range(seeds)
        ]
        return build(rows).statistic("mean-rank")["p"].tolist()

    assert found(2) == found(50)


def without(results: Results, problem: str, optimizer: str) -> Results:
    gone = (results.runs["problem"] == problem) & (results.runs["optimizer"] == optimizer)
    return results.where(run_id=list(results.runs["run_id"][~gone]))


def test_what_cannot_be_ranked_is_refused_or_left_out_by_name() -> None:
    results = synthetic(np.random.default_rng(5), problems=6, optimizers=3, seeds=4)
    with pytest.raises(InputError, match=r"mean-rank needs 5 problems or more, found 4"):
        results.where(problem=list(PROBLEMS[:4])).statistic("mean-rank")
    label = results.runs["optimizer"].iloc[0]
    fewer = without(results, "iris", label)
    with pytest.raises(InputError, match=r"no run of gradient-descent.* on iris: take incomplete=leave-out"):
        fewer.statistic("mean-rank")
    found = fewer.statistic("mean-rank:incomplete=leave-out").set_index("optimizer")
    assert (found.loc[label, "n"], found.loc[label, "letters"]) == (0, "")
    assert math.isnan(found.loc[label, "rank"])
    alone = results.where(optimizer=[name for name in found.index if name != label]).statistic("mean-rank")
    assert found.drop(label)["rank"].tolist() == alone["rank"].tolist()
    with pytest.raises(InputError, match=r"two optimizers or more that ran on every problem, found 1"):
        results.where(optimizer=label).statistic("mean-rank")
    names = list(found.index)
    apart = (results.runs["problem"] != "iris") | (
        (results.runs["seed"] >= 2) == (results.runs["optimizer"] == label)
    )
    with pytest.raises(InputError, match="a seed on iris that all optimizers have, found none"):
        results.where(run_id=list(results.runs["run_id"][apart]), optimizer=names).statistic("mean-rank")
    # The first of those that are missing is named.
    with pytest.raises(InputError, match=r"no run of genetic-algorithm.* on xor: take"):
        without(fewer, "xor", results.runs["optimizer"].iloc[-1]).statistic("mean-rank")


def test_performance_profiles_are_counted_problem_by_problem() -> None:
    results = synthetic(np.random.default_rng(9), problems=6, optimizers=4, seeds=5)
    found = results.statistic("performance-profile:factors=[1,3,50]")
    times: dict[str, dict[str, float]] = {}
    for (problem, label), runs in results.runs.groupby(["problem", "optimizer"]):
        solved = int((runs["outcome"] == "solved").sum())
        times.setdefault(str(problem), {})[str(label)] = runs["cost"].sum() / solved if solved else math.inf
    for row in found.to_dict("records"):
        within = [
            by[row["optimizer"]] <= row["factor"] * min(by.values()) * (1 + 1e-9)
            for by in times.values()
            if math.isfinite(by[row["optimizer"]])
        ]
        assert row["fraction"] == pytest.approx(sum(within) / len(times))
        assert row["n"] == len(times) == 6


def test_data_profiles_go_by_the_number_of_parameters() -> None:
    rows = [
        run_row(f"{p}{o}", p, o, parameters=n, outcome="solved", cost=cost, cost_to_target=cost)
        for (p, n), o, cost in zip(
            [("xor", 9), ("xor", 9), ("iris", 67), ("iris", 67)], ["adam", "rprop"] * 2,
            [100.0, 300.0, 680.0, 681.0], strict=True,
        )
    ]  # fmt: skip
    found = build(rows).statistic("data-profile:gradients=[9.9,10,20,30]")
    assert found["fraction"].tolist() == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.5, 1.0]


def test_an_optimizer_that_was_not_run_on_a_problem_has_not_solved_it_there() -> None:
    results = without(
        synthetic(np.random.default_rng(9), problems=2, optimizers=2, seeds=5),
        "iris",
        "adam(learning_rate=0.05)",
    )
    found = results.statistic("performance-profile:factors=[1]").set_index("optimizer")
    assert found["present"].to_dict() == {
        "adam(learning_rate=0.05)": 1,
        "gradient-descent(learning_rate=0.5)": 2,
    }
    assert (found["n"] == 2).all()
    assert math.isinf(measured(results, "cost", None).times.max())


def test_ratios_are_of_the_best_even_where_that_is_nothing() -> None:
    assert performance_ratios(np.array([[0.0, 5.0, np.inf]])).tolist() == [[1.0, math.inf, math.inf]]
