"""Results of benchopt: its own file is read, and it reads what is written here."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from odd_results import CASES, many

import harness
from harness.exchange.benchopt import Benchopt
from optimizers.errors import InputError

RECORDED = Path(__file__).parent / "data" / "exchange" / "benchopt"
"""Results of benchopt 1.10.0: of ``benchopt run benchmark --max-runs 5 --n-repetitions 2 --no-plot``."""


def losses(dimension: int, step: float, iterations: list[int]) -> list[float]:
    """Half the squares, weighted from 1 to the dimension, after steps of gradient descent from ones."""
    weights = np.arange(1.0, dimension + 1)
    return [float((weights * (1 - step * weights) ** (2 * count)).sum() / 2) for count in iterations]


def test_its_own_results_are_read(tmp_path: Path) -> None:
    results = harness.import_results(RECORDED, "benchopt", tmp_path / "kept")
    assert len(results.runs) == 8
    assert set(results.runs["seed"]) == {0, 1}
    for run in results.runs.to_dict("records"):
        rows = results.trace[results.trace["run_id"] == run["run_id"]]
        counts = rows["iteration"].tolist()
        assert counts == [0, 1, 2, 3, 4, 6]
        n, step = int(run["problem"][-2]), float(run["optimizer"].split("=")[1][:-1])
        assert rows["loss"].tolist() == pytest.approx(losses(n, step, counts), rel=1e-12, abs=1e-300)
        assert rows["cost"].tolist() == counts
        assert (rows["seconds"] > 0).all()
    assert results.summary()["runs"].tolist() == [2] * 4


def test_another_metric_can_be_the_loss() -> None:
    results = harness.import_results(RECORDED, Benchopt(metric="norm"))
    assert results.trace["loss"].iloc[0] == pytest.approx(np.sqrt(2.0))
    with pytest.raises(InputError, match="did you mean 'norm'"):
        harness.import_results(RECORDED, "benchopt:metric=nrm")


def test_results_as_csv_and_with_tolerances_are_read(tmp_path: Path) -> None:
    table = pd.read_parquet(RECORDED / "results.parquet")
    table["stop_val"] = [10.0**-value for value in table["stop_val"]]
    table.to_csv(tmp_path / "out.csv", index=False)
    trace = harness.import_results(tmp_path, "benchopt").trace
    assert trace["cost"].tolist() == [0, 1, 2, 3, 4, 5] * 8
    table.drop(columns="time").to_csv(tmp_path / "out.csv", index=False)
    with pytest.raises(InputError, match="no column time"):
        harness.import_results(tmp_path, "benchopt")


def test_several_files_are_read_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copy(RECORDED / "results.parquet", tmp_path / f"{name}.parquet")
    assert len(harness.import_results(tmp_path, "benchopt").runs) == 16


def test_an_export_without_a_column_is_refused(tmp_path: Path) -> None:
    many().export("benchopt", tmp_path)
    file = tmp_path / "results.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["time", "stop_val"]), file)
    with pytest.raises(InputError, match="has no column stop_val, time: export again"):
        harness.import_results(tmp_path, "benchopt")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_benchopt_reads_what_is_written(case: str, tmp_path: Path) -> None:
    results_of = pytest.importorskip("benchopt.results", reason="of the extra exchange")
    tables = CASES[case]()
    tables.export("benchopt", tmp_path)
    table = results_of.read_results(tmp_path / "results.parquet")
    assert table["dataset_name"].tolist() == tables.trace["problem"].tolist()
    assert table["stop_val"].tolist() == tables.trace["iteration"].tolist()
    assert (
        table["objective_value"].to_numpy().tobytes() == tables.trace["loss"].to_numpy(np.float64).tobytes()
    )
    assert table["time"].tolist() == tables.trace["seconds"].tolist()


def test_pandas_finds_solvers_and_repetitions(tmp_path: Path) -> None:
    results = many()
    results.export("benchopt", tmp_path)
    table = pd.read_parquet(tmp_path / "results.parquet")
    assert {"objective_name", "obj_description", "solver_name", "dataset_name", "idx_rep"} <= set(table)
    assert table.groupby(["solver_name", "dataset_name"])["idx_rep"].nunique().eq(3).all()
    assert {"adam(learning_rate=0.05) by symbolic", "adam(learning_rate=0.05) by analytic"} <= set(
        table["solver_name"]
    )
