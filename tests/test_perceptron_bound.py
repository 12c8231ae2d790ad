"""Novikoff's bound: the widest margin by other roads, the mistakes of many orders, and the figure."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from scipy.optimize import linprog
from single_layers import own, whole_numbers
from sklearn.svm import SVC
from watching import watch

import harness
from harness.analysis.perceptron_bound import bound_table, widest_margin
from harness.plots.perceptron_bound import table
from harness.problems import load
from harness.problems.family import MOST_ROWS
from harness.report.artifacts import figure_tables, write_artifacts
from harness.results import Results
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.sweep import sweep
from optimizers import Budget, InputError, build_optimizer

ZERO = "initializer=zeros"
APART, TOGETHER = f"iris-pair:{ZERO}", f"iris-pair:one=versicolor,other=virginica,{ZERO}"


def rows_of(name: str) -> tuple[Any, Any]:
    layer = load(name).objective().single_layer
    return layer.X, layer.y


def run(problems: Any, seeds: int = 20, cap: int = 500, optimizers: Any = "perceptron-rule") -> Results:
    return harness.run(problems, optimizers, seeds=seeds, budget=Budget(iterations=cap), question="Ever?")


# The widest margin


def by_support_vectors(X: Any, y: Any) -> float:
    """The margin of scikit-learn's machine on signed rows and their mirror images, which take its bias."""
    signed = y[:, None] * np.column_stack([X, np.ones(len(X))])
    machine = SVC(kernel="linear", C=1e9, tol=1e-9)
    machine.fit(np.vstack([signed, -signed]), np.repeat([1, -1], len(X)))
    return float(1 / np.linalg.norm(machine.coef_))


@pytest.mark.parametrize(
    "name",
    ["iris-pair", "setosa", "separable:margin=0.3", "separable:features=5", "separable:features=1,rows=8"],
)
def test_the_widest_margin_is_that_of_a_support_vector_machine(name: str) -> None:
    X, y = rows_of(name)
    assert widest_margin(X, y) == pytest.approx(by_support_vectors(X, y), rel=1e-5)


@given(st.integers(2, 12), st.integers(0, 10**6), st.booleans())
@settings(max_examples=40)
def test_the_widest_margin_of_one_feature_is_found_by_turning_the_cut(
    rows: int, seed: int, separable: bool
) -> None:
    X, y = whole_numbers(rows, 1, seed, separable)
    signed = y[:, None] * np.column_stack([X, np.ones(rows)])
    # In the plane the best direction is a signed row, or bisects two of them.
    lengths = np.linalg.norm(signed, axis=1, keepdims=True)
    differences = [a - b for a, b in itertools.combinations(signed, 2) if (a != b).any()]
    normals = [np.array([-d[1], d[0]]) / np.linalg.norm(d) for d in differences]
    directions = [*(signed / lengths), *normals, *(-normal for normal in normals)]
    widest = max((signed @ direction).min() for direction in directions)
    assert widest_margin(X, y) == pytest.approx(max(widest, 0.0), rel=1e-9, abs=1e-12)


@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 10**6), st.booleans())
@settings(max_examples=60)
def test_there_is_a_margin_where_linear_programming_finds_a_cut(
    rows: int, features: int, seed: int, separable: bool
) -> None:
    X, y = whole_numbers(rows, features, seed, separable)
    signed = y[:, None] * np.column_stack([X, np.ones(rows)])
    cut = linprog(np.zeros(features + 1), A_ub=-signed, b_ub=-np.ones(rows), bounds=(None, None))
    assert (widest_margin(X, y) > 0) == (cut.status == 0)


def test_more_numbers_than_fit_are_refused() -> None:
    with pytest.raises(InputError, match=r"rows of 10000 features are more than .* numbers: take fewer"):
        load(f"separable:rows={MOST_ROWS},features=10000")


@pytest.mark.parametrize("margin", [0.9, 0.1, 1e-3, 1e-4])
@pytest.mark.parametrize("features", [1, 2, 30])
def test_the_margin_of_separable_data_is_the_one_asked_for(margin: float, features: int) -> None:
    X, y = rows_of(f"separable:margin={margin!r},features={features}")
    assert widest_margin(X, y) == pytest.approx(margin, rel=1e-6)
    assert (y * X[:, 0]).min() == margin
    assert np.abs(X).max() <= 1.0
    assert abs(y.sum()) <= 1


def test_rounding_makes_a_tiny_margin_smaller_and_never_wider() -> None:
    assert 0.99e-6 < widest_margin(*rows_of("separable:margin=1e-6")) <= 1e-6


# The mistakes


def test_the_figures_of_setosa_against_the_rest() -> None:
    numbers = bound_table(run([APART], seeds=200)).iloc[0]
    assert numbers["radius"] == pytest.approx(11.156, abs=5e-4)
    assert numbers["margin"] == pytest.approx(0.7491, abs=5e-5)
    assert numbers["bound"] == pytest.approx(221.8, abs=0.05)
    assert numbers["mistakes_mean"] == pytest.approx(7.0, abs=0.5)
    assert 10 <= numbers["mistakes_max"] <= 20
    assert (numbers["runs"], numbers["violations"], numbers["capped"], numbers["verdict"]) == (
        200,
        0,
        0,
        "holds",
    )


@given(
    st.integers(2, 30),
    st.integers(1, 5),
    st.floats(1e-2, 0.9),
    st.integers(0, 10**6),
    st.sampled_from([0.01, 1.0, 37.0]),
)
@settings(max_examples=40)
def test_no_order_makes_more_mistakes_than_the_bound_from_zero(
    rows: int, features: int, margin: float, seed: int, eta: float
) -> None:
    rng = np.random.default_rng(seed)
    y = np.append([-1, 1], rng.choice([-1, 1], rows))
    X = np.column_stack([y * rng.uniform(margin, 1, rows + 2), rng.uniform(-1, 1, (rows + 2, features))])
    bound = (np.square(X).sum(axis=1).max() + 1) / widest_margin(X, y) ** 2
    objective = own(X, y).objective(seed=seed % 1000)
    found = watch(
        build_optimizer({"name": "perceptron-rule", "learning_rate": eta}),
        objective,
        np.zeros(features + 2),
        [int(bound) + 2, 1],
    )
    assert found.outcome is not None
    assert 1 <= objective.mistakes <= bound


def test_the_learning_rate_does_not_matter_from_zero() -> None:
    rates = [
        build_optimizer({"name": "perceptron-rule", "learning_rate": 2.0**power}) for power in (-6, 0, 5)
    ]
    runs = bound_table(run([f"separable:margin=0.01,{ZERO}"], optimizers=rates))
    alone = bound_table(run([f"separable:margin=0.01,{ZERO}"], optimizers=rates[0]))
    columns = ["mistakes_mean", "mistakes_max"]
    assert runs[columns].values.tolist() == alone[columns].values.tolist()


def test_what_cannot_be_separated_has_no_bound_and_ends_at_the_cap() -> None:
    names = [TOGETHER, f"xor:hidden=[],{ZERO},target=none"]
    results = run(names, seeds=4, cap=30)
    numbers = bound_table(results)
    assert np.isinf(numbers["bound"]).all()
    assert (numbers["margin"] == 0).all()
    assert numbers["capped"].tolist() == [4, 4]
    assert set(numbers["verdict"]) == {"not separable: at the cap"}
    assert set(results.runs["outcome"]) == {"budget"}
    assert results.runs["sentence"].str.startswith("the budget of 30 iterations is spent").all()


def changed(results: Results, column: str, value: Any) -> Results:
    trace = results.trace.assign(mistakes=value) if column == "mistakes" else results.trace
    runs = results.runs.assign(**{column: value}) if column != "mistakes" else results.runs
    return Results(results.name, results.question, runs, trace, results.skipped)


def test_a_violation_would_be_found() -> None:
    results = run([APART], seeds=3)
    bound = bound_table(results)["bound"].iloc[0]
    for mistakes, verdict, violations in ((math.floor(bound), "holds", 0), (math.ceil(bound), "violated", 3)):
        found = bound_table(changed(results, "mistakes", float(mistakes))).iloc[0]
        assert (found["verdict"], found["violations"]) == (verdict, violations)
    ended = changed(run([TOGETHER], seeds=2, cap=5), "outcome", "stalled")
    assert bound_table(ended)["verdict"].tolist() == ["not separable: yet ended"]


def test_what_the_bound_does_not_hold_for_is_refused() -> None:
    for problems, optimizer, words in (
        (["iris-pair"], "perceptron-rule", "give iris-pair the option initializer=zeros"),
        ([f"setosa:{ZERO},target=none"], "perceptron-rule", "other training rows .* option test_fraction=0"),
        ([APART], "margin-perceptron", "needs runs of perceptron-rule"),
    ):
        results = run(problems, seeds=3, cap=5, optimizers=optimizer)
        with pytest.raises(InputError, match=words):
            harness.plots.perceptron_bound(results)


# The experiment


@pytest.fixture(scope="module")
def small() -> Results:
    experiment = read_experiment("perceptron-bound", seeds=6)
    return sweep(experiment, workers=1)[0]


def test_the_shipped_experiment_finds_no_violation(small: Results) -> None:
    numbers = table(small)
    assert len(numbers) == 10
    assert numbers["violations"].sum() == 0
    assert numbers["verdict"].value_counts().to_dict() == {"holds": 8, "not separable: at the cap": 2}
    assert read_experiment("perceptron-bound").seeds == list(range(200))
    assert "perceptron-bound" in shipped_experiments()


@pytest.mark.slow
def test_the_shipped_experiment_in_full_finds_no_violation() -> None:
    numbers = table(sweep(read_experiment("perceptron-bound"), workers=1)[0])
    assert (numbers["runs"] == 200).all()
    assert numbers["violations"].sum() == 0
    assert numbers["verdict"].value_counts().to_dict() == {"holds": 8, "not separable: at the cap": 2}


def test_the_figure_has_a_point_for_each_run_below_the_line(small: Results) -> None:
    figure = harness.plots.perceptron_bound(small).figure
    (panel,) = figure.axes
    assert panel.get_xscale() == panel.get_yscale() == "log"
    assert "above the bound: 0 of 48 runs" in figure.get_suptitle()
    numbers = table(small)
    made = small.trace.groupby("run_id", sort=False)["mistakes"].max()
    problem = small.runs.set_index("run_id")["problem"]
    clouds, means = panel.lines[:20:2], panel.lines[1:20:2]
    for row, cloud, mean in zip(numbers.itertuples(), clouds, means, strict=True):
        assert cloud.get_ydata().tolist() == made[problem == row.problem].tolist()
        assert mean.get_ydata().tolist() == [row.mistakes_mean]
        if math.isfinite(row.bound):
            assert mean.get_xdata().tolist() == [row.bound]
            assert max(cloud.get_ydata()) <= row.bound
        else:
            assert mean.get_xdata()[0] > numbers["bound"].replace(math.inf, 0).max()
    line = next(line for line in panel.lines if len(line.get_xdata()) == 2)
    assert line.get_xdata().tolist() == line.get_ydata().tolist()


def test_nothing_in_the_figure_covers_anything(small: Results) -> None:
    figure = harness.plots.perceptron_bound(small).figure
    FigureCanvasAgg(figure).draw()
    (panel,) = figure.axes
    box = panel.get_window_extent()
    for text in panel.texts:
        found = text.get_window_extent()
        assert found.x1 <= box.x1 + 1
        assert found.x0 >= box.x0 - 1
    labels = [text.get_window_extent() for text in figure.legends[0].get_texts()]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(labels, 2))
    assert all(label.x1 <= figure.bbox.x1 for label in labels)


def test_problems_without_a_bound_can_be_drawn_alone() -> None:
    figure = harness.plots.perceptron_bound(run([TOGETHER], seeds=2, cap=5)).figure
    assert "above the bound: 0 of 0 runs" in figure.get_suptitle()


def test_the_table_is_written_beside_the_figure_and_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli.entry import main

    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="0"):
        main(["run", "perceptron-bound", "--seeds", "1", "--workers", "1"])
    out = capsys.readouterr().out
    lines = out[out.index("perceptron-bound:\n") :].splitlines()
    assert lines[2].split() == ["mistakes", "mistakes"]
    assert lines[3].split() == ["runs", "radius", "margin", "bound", "mean", "max", "violations", "capped"]
    assert lines[4] == f"{APART}: holds"
    assert lines[5].split()[:4] == ["1", "11.2", "0.749", "222"]
    kept = pd.read_csv(tmp_path / "output/perceptron-bound/perceptron-bound.csv")
    assert kept["problem"].tolist()[0] == APART
    assert kept["verdict"].iloc[0] == "holds"
    assert (tmp_path / "output/perceptron-bound/perceptron-bound.png").stat().st_size > 10_000


def test_other_figures_have_no_table(small: Results, tmp_path: Path) -> None:
    figures = [{"name": "convergence"}, {"name": "perceptron-bound"}]
    assert list(figure_tables(small, figures)) == ["perceptron-bound"]
    names = [path.name for path in write_artifacts(small, figures[:1], tmp_path)]
    assert names == ["summary.csv", "convergence.png"]


# Problems


def test_a_pair_of_irises_has_its_rows_as_they_are() -> None:
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    for one, other, rows in (("setosa", "rest", slice(None)), ("virginica", "versicolor", y > 0)):
        number = ["setosa", "versicolor", "virginica"].index(one)
        found = rows_of(f"iris-pair:one={one},other={other}")
        assert found[0].tolist() == X[rows].tolist()
        assert found[1].tolist() == np.where(y[rows] == number, 1.0, -1.0).tolist()
    with pytest.raises(InputError, match="one and other are both 'setosa'"):
        load("iris-pair:other=setosa")


@pytest.mark.parametrize("wrong", ["margin=0", "margin=1", "rows=1", "features=0", "margin=-0.1"])
def test_a_gap_that_cannot_be_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match=wrong.partition("=")[0]):
        load(f"separable:{wrong}")


def test_a_start_at_zero_is_zero() -> None:
    assert not load(f"separable:{ZERO}").start(5).any()
    assert not load(f"xor:{ZERO}").start(5).any()
