"""What the family itself sees to: declared columns, one run a seed, every number of a failed run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from synthetic import build, run_row, synthetic, trace_rows

from harness.analysis import STATISTICS, build_statistic
from harness.analysis.curves import group_curves, run_curves
from harness.analysis.grouping import by_problem, groups
from harness.analysis.statistic import RUNS, Columns, Statistic, estimate, estimated
from harness.runs.tables import Tables
from optimizers.errors import InputError
from optimizers.options import options


@options
class Wrong(Statistic):
    """Yield a column too many and one too few."""

    source: ClassVar[str] = "nobody (2000)"
    columns: ClassVar[Columns] = {**RUNS, **estimate("loss", "a loss of some kind")}

    def rows(self, tables: Tables) -> Iterator[dict[str, Any]]:
        for group in groups(tables):
            yield {**group.unit, "runs": 1, **estimated("loss", 1.0, (0.0, 2.0))}


def test_a_statistic_that_yields_other_columns_than_it_declares_is_told_which() -> None:
    with pytest.raises(InputError, match="statistic 'wrong' declares other columns than it yields: n, runs"):
        Wrong().compute(build([run_row("a", "xor", "adam")]))


def test_it_is_built_by_its_name_and_options() -> None:
    assert build_statistic("time-to-target:fraction=0.25,axis=seconds,level=0.9").fraction == 0.25
    for wrong, sentence in {
        "solved": "unknown statistic 'solved': did you mean 'solved-",
        "final-loss:level=1": "option 'level' is 1, expected less than or equal to 0.999999",
        "final-loss:target=1": "FinalLoss has no option 'target'",
        "expected-running-time:axis=money": "option 'axis' is 'money'",
    }.items():
        with pytest.raises(InputError, match=sentence.replace("(", "\\(")):
            build_statistic(wrong)


def test_there_is_one_for_every_question() -> None:
    assert set(STATISTICS) >= {
        "anytime-area", "anytime-loss", "crossover", "data-profile", "expected-running-time",
        "final-accuracy", "final-loss", "kaplan-meier", "mean-rank", "paired-ratio", "performance-profile",
        "probability-ahead", "restricted-mean-time", "runtime-ecdf", "solved-difference", "solved-fraction",
        "time-to-target",
    }  # fmt: skip


def test_groups_hold_every_run_once_in_the_order_of_seeds() -> None:
    results = synthetic(np.random.default_rng(1), problems=2, optimizers=3, seeds=4, gradients=("a", "b"))
    found = groups(results)
    assert sorted(run for group in found for run in group.runs["run_id"]) == sorted(results.runs["run_id"])
    assert all(group.runs["seed"].is_monotonic_increasing for group in found)
    assert [problem for problem, some in by_problem(results).items() for _ in some] == [
        group.problem for group in found
    ]
    assert {group.gradient for group in found} == {"a", "b", ""}


def test_a_failed_run_has_no_curve_and_an_unmeasured_loss_undoes_no_lower_one() -> None:
    rows = [run_row("a", "xor", "adam", seed=0), run_row("b", "xor", "adam", seed=1, outcome="failed")]
    trace = trace_rows("a", [0, 4, 4, 9], [0.7, 0.2, 0.3, np.nan]) + trace_rows("b", [0], [0.1])
    results = build(rows, trace)
    (group,) = groups(results)
    curves = group_curves(run_curves(results, "cost"), group)
    assert [curve.at(np.array([-1.0, 0.0, 4.0, 99.0])).tolist() for curve in curves] == [
        [np.inf, 0.7, 0.2, 0.2],
        [np.inf] * 4,
    ]


@pytest.mark.parametrize(
    "specification",
    [
        f"runtime-ecdf:points={2**53}",
        f"runtime-ecdf:targets={2**53}",
        f"anytime-loss:points={2**53}",
        f"crossover:resamples={2**53}",
    ],
)
def test_more_than_any_figure_shows_is_refused(specification: str) -> None:
    with pytest.raises(InputError, match="expected less than or equal to"):
        build_statistic(specification)


@pytest.mark.parametrize("name", sorted(STATISTICS))
@pytest.mark.parametrize("level", [5e-324, 1e-17, 1 - 2**-53])
def test_a_level_whose_interval_float64_does_not_know_is_refused(name: str, level: float) -> None:
    with pytest.raises(InputError, match=r"option 'level' is .*, expected (greater|less) than or equal to"):
        build_statistic(f"{name}:level={level!r}")


@pytest.mark.parametrize("level", [0.001, 0.999_999])
def test_the_lowest_and_the_highest_level_have_an_interval(level: float) -> None:
    results = synthetic(np.random.default_rng(4), problems=2, optimizers=2, seeds=8)
    table = results.statistic("expected-running-time", level=level)
    assert (table["ert_low"] < table["ert"]).all()
    assert (table["ert"] < table["ert_high"]).all()
