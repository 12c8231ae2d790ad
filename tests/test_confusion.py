"""Confusion and accuracy against scikit-learn's, from a run's row to the figure."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from oracles import sums_and_outputs
from sklearn.metrics import accuracy_score, confusion_matrix
from synthetic import build, run_row

import harness
from harness.network.network import Network
from harness.plots.confusion import summed_confusion
from harness.results import Results
from harness.runs.recorder import Recorder
from harness.runs.single_run import Run
from optimizers import Budget, InputError, build_optimizer

PROBLEMS = [
    "iris",
    "wine",
    "breast-cancer",
    "setosa",
    "setosa:loss=perceptron-hard",
    "setosa:loss=half-squared",
    "digits:hidden=[]",
    "xor",
    "iris-pair:one=virginica",
]


def named(problem: Any, w: Any, seed: int) -> tuple[list[Any], list[Any], str]:
    """True and predicted classes by the oracle's own forward pass, and which rows they are of."""
    X, Y, X_test, Y_test = problem.data(seed)
    kind = "test" if len(X_test) else "train"
    X, Y = (X_test, Y_test) if len(X_test) else (X, Y)
    outputs = sums_and_outputs(problem.network, w, X)[1]
    names = list(problem.class_names) or problem.classes.tolist()
    if Y.shape[1] > 1:
        return [names[row.argmax()] for row in Y], [names[row.argmax()] for row in outputs], kind
    middle = 0.0 if problem.network.loss_entry.targets == "signs" else 0.5
    true = [names[int(number > middle)] for number in Y[:, 0]]
    return true, [names[int(number >= middle)] for number in outputs[:, 0]], kind


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", [0, 3])
def test_matrix_and_accuracy_are_those_of_scikit_learn(name: str, seed: int) -> None:
    problem = harness.problems.load(name)
    rng = np.random.default_rng(seed)
    for scale in (0.3, 3.0):
        w = rng.normal(0.0, scale, problem.network.size)
        found, measures = problem.confusion(w, seed), problem.measures(seed)(w[None])[0]
        true, predicted, kind = named(problem, w, seed)
        assert found is not None
        assert found.rows == kind
        assert found.counts == confusion_matrix(true, predicted, labels=found.classes).tolist()
        accuracy = measures.test_accuracy if kind == "test" else measures.train_accuracy
        assert accuracy == pytest.approx(accuracy_score(true, predicted), rel=1e-14)
        assert np.trace(found.counts) / np.sum(found.counts) == pytest.approx(accuracy, rel=1e-14)
    assert problem.objective(seed=seed).cost == 0.0


def test_named_classes_stand_in_the_order_of_their_labels() -> None:
    iris = harness.problems.load("iris").confusion(np.zeros(67))
    assert iris is not None
    assert iris.classes == ["setosa", "versicolor", "virginica"]
    own = harness.Problem.from_arrays([[0.0], [1.0], [2.0]], ["yes", "no", "no"], hidden=(), test_fraction=0)
    found = own.confusion(np.array([0.0, 0.0, 1.0, 0.0]))
    assert found == ("train", ["no", "yes"], [[2, 0], [1, 0]])


@pytest.mark.parametrize("name", ["diabetes", "rosenbrock"])
def test_what_has_no_classes_has_no_confusion(name: str) -> None:
    problem = harness.problems.load(name)
    assert problem.confusion(problem.start()) is None
    row, _ = Run(problem, build_optimizer("adam"), "analytic", 0, Budget(iterations=3)).execute()
    assert row["confusion"] == ""


@pytest.mark.parametrize(
    ("problem", "optimizer"),
    [
        ("iris", "adam"),
        ("setosa", "perceptron-rule"),
        ("xor", "genetic-algorithm"),
        ("wine", "gradient-descent"),
    ],
)
def test_a_runs_row_holds_the_confusion_of_its_last_look(
    problem: str, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    looked = Recorder.__call__

    def watched(self: Recorder, look: Any) -> None:
        seen.append(look.w.copy())
        looked(self, look)

    monkeypatch.setattr(Recorder, "__call__", watched)
    loaded, chosen = harness.problems.load(problem), build_optimizer(optimizer)
    gradient = "analytic" if "gradient" in chosen.needs else "none"
    row, _ = Run(loaded, chosen, gradient, 1, Budget(cost=300)).execute()
    table = json.loads(row["confusion"])
    true, predicted, kind = named(loaded, seen[-1], 1)
    assert table["rows"] == kind
    assert table["counts"] == confusion_matrix(true, predicted, labels=table["classes"]).tolist()
    accuracy = row["test_accuracy"] if kind == "test" else row["train_accuracy"]
    assert accuracy == pytest.approx(accuracy_score(true, predicted), rel=1e-14)


# The figure


@pytest.fixture(scope="module")
def results() -> Results:
    searches = ["adam", "fisher-discriminant", "perceptron-rule"]
    return harness.run(["setosa", "iris"], searches, budget=60, seeds=3, question="Which for which?")


def texts(panel: Any) -> list[str]:
    return [text.get_text() for text in panel.texts]


def test_panels_hold_the_sums_over_all_runs_and_their_accuracy(results: Results) -> None:
    figure = harness.plots.confusion(results, problem="setosa").figure
    assert len(figure.axes) == 3
    assert "summed over 3 runs each" in figure.get_suptitle()
    assert "test rows" in figure.get_suptitle()
    for panel in figure.axes:
        name, accuracy = panel.get_title().split("\naccuracy ")
        runs = results.runs[(results.runs["problem"] == "setosa") & (results.runs["optimizer"] == name)]
        tables = [json.loads(cell)["counts"] for cell in runs["confusion"]]
        expected = np.sum(tables, axis=0)
        assert texts(panel) == [str(count) for count in expected.ravel()]
        assert accuracy == f"{runs['test_accuracy'].mean():.3f}"
        shares = expected / expected.sum(axis=1, keepdims=True)
        np.testing.assert_allclose(panel.images[0].get_array(), shares)


def test_outer_panels_name_the_classes(results: Results) -> None:
    first, *others = harness.plots.confusion(results, problem="setosa").figure.axes
    assert [label.get_text() for label in first.get_yticklabels()] == ["rest", "setosa"]
    for panel in (first, *others):
        assert [label.get_text() for label in panel.get_xticklabels()] == ["rest", "setosa"]
    assert not any(panel.get_yticklabels() for panel in others)


def test_numbers_stand_out_from_their_cells(results: Results) -> None:
    for panel in harness.plots.confusion(results, problem="setosa").figure.axes:
        image = panel.images[0]
        for text in panel.texts:
            column, row = text.get_position()
            red, green, blue, _ = image.cmap(image.norm(image.get_array()[int(row), int(column)]))
            brightness = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
            ink = 1.0 if text.get_color() == "white" else 0.15**2.2
            assert (max(ink, brightness) + 0.05) / (min(ink, brightness) + 0.05) > 3.0


@pytest.mark.parametrize(
    "names", [["adam"], ["adam", "rprop"], ["a-rather-long-name(option=0.001)", "b(c=4)", "d"]]
)
def test_nothing_covers_anything_whatever_the_sizes(names: list[str]) -> None:
    for classes in (2, 3, 10):
        counts = (np.eye(classes, dtype=int) * 900 + 12).tolist()
        cell = json.dumps(
            {"rows": "test", "classes": [f"class {k}" for k in range(classes)], "counts": counts}
        )
        runs = [run_row(name, "own", name, confusion=cell) for name in names]
        figure = harness.plots.confusion(build(runs)).figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        for panel in figure.axes:
            boxes = [text.get_window_extent() for text in panel.texts]
            for place, box in enumerate(boxes):
                assert not any(box.overlaps(other) for other in boxes[place + 1 :])
            title = panel.title.get_window_extent()
            assert title.x0 >= 0
            assert title.x1 <= figure.bbox.x1
            ticks = [label.get_window_extent() for label in panel.get_xticklabels()]
            assert not any(a.overlaps(b) for a, b in itertools.pairwise(ticks))


def test_one_of_several_problems_has_to_be_named(results: Results) -> None:
    with pytest.raises(InputError, match=r"needs one problem: name it .*setosa, iris"):
        harness.plots.confusion(results)
    with pytest.raises(InputError, match="did you mean 'setosa'"):
        harness.plots.confusion(results, problem="setoso")


def test_runs_without_classes_are_answered_with_a_sentence() -> None:
    with pytest.raises(InputError, match="needs runs that ended on a problem with classes"):
        harness.plots.confusion(build([run_row("a", "diabetes", "adam")]))


def test_runs_that_failed_before_their_first_look_are_left_out() -> None:
    cell = json.dumps({"rows": "train", "classes": [0, 1], "counts": [[3, 1], [0, 4]]})
    found = summed_confusion(pd.Series(["", cell, cell]))
    assert (found.runs, found.counts.tolist(), found.accuracy) == (2, [[6, 2], [0, 8]], 14 / 16)


def test_the_terminal_draws_one_problem_of_a_folder(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli.entry import main
    from harness.runs.plans import Plan
    from harness.runs.store import Store

    store = Store(tmp_path)
    store.append_tables(results.runs, results.trace)
    store.write_plan(Plan("x", "", tuple(results.runs["run_id"]), ()))
    for arguments, file in (
        (["--problem", "iris"], "confusion-iris.png"),
        (["--problem", "iris", "--output", str(tmp_path / "mine.svg")], "mine.svg"),
    ):
        with pytest.raises(SystemExit, match="0"):
            main(["plot", str(tmp_path), "--name", "confusion", *arguments])
        assert capsys.readouterr().out == f"figure: {tmp_path / file}\n"
        assert (tmp_path / file).stat().st_size > 1000
    with pytest.raises(SystemExit, match="2"):
        main(["plot", str(tmp_path), "--name", "confusion", "--x", "cost"])
    assert "'x'" in capsys.readouterr().err


@pytest.mark.parametrize("sizes", [(2, 2, 1), (3, 1), (4, 7, 5, 3), (1, 1, 2), (5, 16, 2)])
@pytest.mark.parametrize("rows", [1, 4, 37])
def test_predictions_of_many_are_those_of_each_to_the_bit(sizes: tuple[int, ...], rows: int) -> None:
    rng = np.random.default_rng(rows)
    losses = {1: "half-squared"}
    network = Network(sizes=sizes, loss=losses.get(sizes[-1], "categorical-cross-entropy"))
    points, X = rng.normal(size=(23, network.size)), rng.normal(size=(rows, sizes[0]))
    for found, w in zip(network.predictions(points, X), points, strict=True):
        np.testing.assert_array_equal(found, network.predict(w, X), strict=True)
