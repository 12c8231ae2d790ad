"""What MLflow's own client finds in a store that was written here, as it is and moved into a database."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from odd_results import CASES, endings, odd_names, one_run

import harness
from harness.exchange.mlflow import PARAMETERS, TAGS
from harness.exchange.whole_counts import counted
from harness.results import Results
from optimizers.errors import InputError

CLIENT = Path(__file__).parent / "mlflow_client.py"
needs_client = pytest.mark.skipif(
    importlib.util.find_spec("mlflow") is None, reason="of the extra mlflow: no client of MLflow here"
)
KINDS = ("endings", "odd names", "odd numbers")


def text(value: object, store: str) -> str:
    """What a store holds of a text: half a surrogate pair has no letter, and a database's lines end alike."""
    written = str(value).encode("utf-8", "backslashreplace").decode()[:6000]
    return written if store == "files" else written.replace("\r\n", "\n").replace("\r", "\n")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """All that the client finds of each kind of results, in the file store and in the database."""
    place = tmp_path_factory.mktemp("stores")
    for number, name in enumerate(KINDS):
        CASES[name]().export("mlflow", place / str(number))
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "HOME": str(place)}
    done = subprocess.run(
        [sys.executable, str(CLIENT), *(str(place / str(number)) for number in range(len(KINDS)))],
        env={**os.environ, **quiet},
        cwd=place,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    stores: list[Any] = json.loads((place / "found.json").read_text(encoding="utf-8"))
    return dict(zip(KINDS, stores, strict=True))


@needs_client
@pytest.mark.parametrize("store", ["files", "database"])
@pytest.mark.parametrize("name", KINDS)
def test_the_client_finds_everything(name: str, store: str, found: Mapping[str, Any]) -> None:
    results, experiments = CASES[name](), found[name][store]
    if store == "database":
        # MLflow has one there that is empty.
        experiments = [one for one in experiments if one["name"] != "Default"]
    assert {one["tags"]["harness.problem"] for one in experiments} == {
        text(problem, store) for problem in results.runs["problem"]
    }
    assert {one["tags"]["mlflow.note.content"] for one in experiments} == {text(results.question, store)}
    runs = {run["tags"]["harness.run_id"]: (one, run) for one in experiments for run in one["runs"]}
    assert runs.keys() == {*results.runs["run_id"]}
    trace = counted(results.trace, "cost")
    for row in results.runs.to_dict("records"):
        experiment, run = runs[row["run_id"]]
        assert experiment["tags"]["harness.problem"] == text(row["problem"], store)
        assert {column: run["params"][column] for column in PARAMETERS} == {
            column: text(row[column], store) for column in PARAMETERS
        }
        assert {column: run["tags"][f"harness.{column}"] for column in TAGS} == {
            column: text(row[column], store) for column in TAGS
        }
        expected = {"failed": "FAILED", "timeout": "KILLED"}
        assert run["status"] == expected.get(row["outcome"], "FINISHED")
        rows = trace[trace["run_id"] == row["run_id"]]
        steps = rows["evaluations"].tolist()
        for column in ("loss", "best_loss", "cost", "seconds"):
            if rows[column].notna().any():
                same_curve(run["metrics"][column], steps, rows[column].tolist(), store, column)
        if not math.isnan(row["final_loss"]):
            assert run["metrics"]["final_loss"][-1][1] == held(row["final_loss"], store)
        best = run["best_w"] if store == "files" else None
        assert best is None or np.array_equal(np.array(best, dtype=float), row["best_w"], equal_nan=True)


def held(value: float, store: str) -> float:
    """What a store holds of a number: a database has the largest one in place of infinity."""
    return math.copysign(1.7976931348623157e308, value) if math.isinf(value) and store != "files" else value


def same_curve(
    curve: list[list[float]], steps: list[int], values: list[float], store: str, name: str
) -> None:
    expected = [
        (step, value)
        for step, value in zip(steps, values, strict=True)
        if name == "loss" or not math.isnan(value)
    ]
    assert [step for step, _ in curve] == [step for step, _ in expected]
    for (_, written), (_, value) in zip(curve, expected, strict=True):
        if math.isnan(value):
            assert math.isnan(written)
        else:
            assert written == held(value, store)


@needs_client
def test_runs_are_searched_by_their_parameters(found: Mapping[str, Any]) -> None:
    for name in KINDS:
        runs = CASES[name]().runs
        assert found[name]["searched"] == sorted(runs["run_id"][runs["seed"] == 1])


def test_what_is_written_is_a_store_of_files(tmp_path: Path) -> None:
    results = harness.run("xor", "adam:learning_rate=0.25", seeds=[3], budget=40)
    results.export("mlflow:axis=iteration", tmp_path / "out")
    (meta,) = (tmp_path / "out" / "mlruns").glob("*/*/meta.yaml")
    run, (row,) = meta.parent, results.runs.to_dict("records")
    params = {file.name: file.read_text(encoding="utf-8") for file in (run / "params").iterdir()}
    assert params["learning_rate"] == "0.25"
    assert params["seed"] == "3"
    assert params["problem"] == "xor"
    lines = [line.split() for line in (run / "metrics" / "loss").read_text(encoding="utf-8").splitlines()]
    trace = counted(results.trace, "iteration")
    assert [int(step) for _, _, step in lines] == trace["evaluations"].tolist()
    assert [float(value) for _, value, _ in lines] == trace["loss"].tolist()
    assert np.array_equal(np.load(run / "artifacts" / "best_w.npy"), row["best_w"])
    assert f"end_time: {lines[-1][0]}\n" in meta.read_text(encoding="utf-8")
    readme = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "mlflow migrate-filestore --source mlruns" in readme
    assert "imported again" not in readme


def test_experiments_are_apart_whatever_they_are_called(tmp_path: Path) -> None:
    results = odd_names()
    results.export("mlflow", tmp_path / "out")
    metas = list((tmp_path / "out" / "mlruns").glob("*/meta.yaml"))
    assert len(metas) == results.runs["problem"].nunique()
    for file in metas:
        content = file.read_text(encoding="utf-8")
        assert content.isascii()
        assert f'experiment_id: "{file.parent.name}"\n' in content
    assert len(list((tmp_path / "out" / "mlruns").glob("*/*/meta.yaml"))) == len(results.runs)


def test_it_is_not_read(tmp_path: Path) -> None:
    endings().export("mlflow", tmp_path / "out")
    with pytest.raises(InputError, match="mlflow cannot be imported: its metrics have no meaning"):
        harness.import_results(tmp_path / "out", "mlflow")


def test_the_same_results_are_the_same_store(tmp_path: Path) -> None:
    def content(results: Results, place: Path) -> dict[str, bytes]:
        files = results.export("mlflow", place)
        return {str(file.relative_to(place)): file.read_bytes() for file in files if file.name != "meta.yaml"}

    assert content(one_run(), tmp_path / "a") == content(one_run(), tmp_path / "b")
