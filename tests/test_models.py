"""A model predicts what its run has measured, on rows as they were before any scaling."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

import harness
from harness.models import Model, load_model
from harness.problems import FunctionProblem, Problem
from optimizers import Adam, InputError, RandomSearch


@pytest.fixture(scope="module")
def results() -> harness.Results:
    return harness.run(["wine", "diabetes"], ["lbfgs", "rprop"], seeds=2, budget=60)


def test_classes_of_the_rows_that_were_left_out(results: harness.Results) -> None:
    X, y = load_wine(return_X_y=True)
    problem = harness.problems.load("wine")
    assert isinstance(problem, Problem)
    for seed in (0, 1):
        model = results.model("wine", "lbfgs", seed, parameters="last")
        names = np.asarray(list(problem.class_names) or problem.classes)
        _, test = problem._split(seed)
        right = np.mean(model.predict(X[test]) == names[y[test]])
        row = results.where(problem="wine", optimizer="lbfgs", seed=seed).runs.iloc[0]
        assert right == row["test_accuracy"]
        assert model.outputs(X).sum(axis=1) == pytest.approx(1.0)


def test_numbers_of_a_regression_in_their_own_unit(results: harness.Results) -> None:
    X, y = load_diabetes(return_X_y=True)
    model = results.model("diabetes", "lbfgs", 0)
    found = model.predict(X)[:, 0]
    assert 25 < found.mean() < 346
    assert np.mean((found - y) ** 2) < 0.7 * y.var()
    problem = harness.problems.load("diabetes")
    assert isinstance(problem, Problem)
    scaled_X, scaled_y, _, _ = problem.data(0)
    train, _ = problem._split(0)
    # The loss of the run, from predictions in the targets' own unit.
    deviation = y[train].std()
    row = results.where(problem="diabetes", optimizer="lbfgs", seed=0).runs.iloc[0]
    half = 0.5 if problem.network.loss == "half-squared" else 1.0
    assert half * np.mean(((found - y)[train] / deviation) ** 2) == pytest.approx(row["best_loss"], rel=1e-9)
    assert model.network.predict(model.w, scaled_X).shape == scaled_y.shape


def test_a_file_gives_the_same_bits_back(results: harness.Results, tmp_path: Path) -> None:
    for name in ("wine", "diabetes"):
        model = results.model(name, "rprop", 1)
        again = load_model(model.save(tmp_path / name))
        X = np.random.default_rng(0).normal(size=(5, model.network.sizes[0]))
        assert again.outputs(X).tobytes() == model.outputs(X).tobytes()
        assert again.predict(X).tolist() == model.predict(X).tolist()
        assert repr(again) == repr(model)
        assert again.origin["run_id"] in set(results.runs["run_id"])
    assert (tmp_path / "wine.npz").is_file()
    with np.load(tmp_path / "wine.npz", allow_pickle=False) as parts:
        assert json.loads(str(parts["description"]))["format"] == 1


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_what_is_no_model_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "mine.npz"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"mine\.npz holds no model"):
        load_model(file)
    with pytest.raises(InputError, match="cannot be read"):
        load_model(tmp_path / "absent.npz")


def test_parameters_of_another_network_are_refused(results: harness.Results, tmp_path: Path) -> None:
    model = results.model("wine", "lbfgs", 0)
    file = Model(model.network, model.w[:-1]).save(tmp_path / "short.npz")
    with pytest.raises(InputError, match="parameters of another network"):
        load_model(file)


def test_classes_that_no_file_holds_are_named_and_nothing_is_written(
    results: harness.Results, tmp_path: Path
) -> None:
    model = results.model("wine", "lbfgs", 0)
    mixed = Model(model.network, model.w, classes=np.array([1, "two", None], dtype=object))
    with pytest.raises(
        InputError, match=r"the classes are \[1, 'two', None\], objects of more than one type"
    ):
        mixed.save(tmp_path / "mixed")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_another_version_is_named_with_its_format(results: harness.Results, tmp_path: Path) -> None:
    file = results.model("wine", "lbfgs", 0).save(tmp_path / "mine.npz")
    with np.load(file, allow_pickle=False) as parts:
        found = {name: parts[name] for name in parts.files}
    found["description"] = np.array(json.dumps(json.loads(str(found["description"])) | {"format": 99}))
    np.savez(file, **found)
    with pytest.raises(InputError, match=r"mine\.npz has format 99, expected 1: .* save it anew"):
        load_model(file)


class TestWhichRun:
    X, y = np.arange(12.0).reshape(6, 2), list("aabbab")

    def own(self, **given: Any) -> Problem:
        return Problem.from_arrays(self.X, self.y, hidden=(2,), test_fraction=0.0, name="own", **given)

    def test_own_data_are_handed_in(self, tmp_path: Path) -> None:
        problem = self.own()
        harness.run(problem, Adam(), seeds=1, budget=30, folder=tmp_path / "kept")
        kept = harness.load(tmp_path / "kept")
        assert set(kept.model(problem, "adam", 0).predict(self.X)) <= {"a", "b"}
        with pytest.raises(InputError, match="unknown problem 'own'"):
            kept.model("own", "adam", 0)
        with pytest.raises(InputError, match="done on other data or another network"):
            kept.model(self.own(scale=False), "adam", 0)

    def test_labels_names_and_sources_tell_runs_apart(self) -> None:
        rates = [Adam(learning_rate=0.1), Adam(learning_rate=0.2)]
        results = harness.run(
            self.own(), rates, gradients=["analytic", "central-difference"], seeds=1, budget=30
        )
        with pytest.raises(InputError, match="there are 4 such runs"):
            results.model(self.own(), "adam", 0)
        with pytest.raises(InputError, match="there are 2 such runs"):
            results.model(self.own(), "adam(learning_rate=0.1)", 0)
        model = results.model(self.own(), "adam(learning_rate=0.1)", 0, gradient="analytic")
        assert "gradient=analytic" in repr(model)

    def test_what_is_not_there_is_answered(self) -> None:
        results = harness.run(self.own(), Adam(), seeds=2, budget=10)
        for given, said in (
            (("own", "adm", 0), "adm"),
            ((self.own(), "adam", 7), "unknown seed of these runs '7'"),
            (("xor", "adam", 0), "unknown problem of these runs 'xor'"),
        ):
            with pytest.raises(InputError, match=said):
                results.model(*given)  # type: ignore[arg-type]
        with pytest.raises(InputError, match="unknown column 'sed'"):
            results.where(sed=3)
        with pytest.raises(InputError, match="expected \\(rows, 2\\)"):
            results.model(self.own(), "adam", 0).predict([1.0, 2.0])

    def test_parameters_are_the_best_or_the_last(self) -> None:
        results = harness.run(self.own(), Adam(), seeds=1, budget=10)
        with pytest.raises(InputError, match="unknown kind of parameters 'bst': did you mean 'best'"):
            results.model(self.own(), "adam", 0, parameters="bst")  # type: ignore[arg-type]

    def test_a_run_that_kept_no_parameters_predicts_nothing(self) -> None:
        results = harness.run(self.own(), Adam(), seeds=1, budget=10)
        bare = replace(results, runs=results.runs.assign(best_w=[np.empty(0)]))
        with pytest.raises(InputError, match=r"run of adam on own, seed 0, kept no parameters.*run it again"):
            bare.model(self.own(), "adam", 0)
        assert bare.model(self.own(), "adam", 0, parameters="last").w.size

    def test_a_function_predicts_nothing(self) -> None:
        bowl = FunctionProblem(lambda w: float(w @ w), 2, name="bowl", key="bowl")
        results = harness.run(bowl, RandomSearch(), seeds=1, budget=10)
        with pytest.raises(InputError, match="predicts nothing"):
            results.model(bowl, "random-search", 0)


class TestRowsOfTheTrace:
    def test_each_says_of_which_run_it_is(self, results: harness.Results) -> None:
        runs = results.runs.set_index("run_id")
        for name in ("problem", "optimizer", "gradient", "seed"):
            assert (results.trace[name].dtype == "category") == (name != "seed")
            assert results.trace[name].tolist() == runs.loc[results.trace["run_id"], name].tolist()

    def test_a_part_has_the_rows_of_its_runs(self, results: harness.Results) -> None:
        part = results.where(problem="wine", optimizer=["rprop"])
        assert len(part.runs) == 2
        assert set(part.trace["run_id"]) == set(part.runs["run_id"])
        assert set(part.trace["optimizer"]) == {"rprop"}
        assert part.summary()["optimizer"].tolist() == ["rprop"]

    def test_a_kept_trace_says_the_same(self, tmp_path: Path) -> None:
        made = harness.run("xor", ["adam", "rprop"], seeds=2, budget=20, folder=tmp_path / "kept")
        assert made.trace.equals(harness.load(tmp_path / "kept").trace)


class TestPlots:
    def test_each_is_there_by_its_name(self, results: harness.Results) -> None:
        assert "convergence" in dir(results.plot)
        figure = results.plot.convergence(x="iteration", problems="wine").figure
        assert len(figure.axes) == 1
        with pytest.raises(AttributeError, match="there are confusion, convergence"):
            results.plot.convergance()
