"""CSV as pandas and the standard library read it, and as others have written it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_results import CASES, many
from synthetic import build, run_row, trace_rows

import harness
from harness.csv_tables import read_csv
from harness.exchange.csv import CSV
from harness.runs.columns import RUNS, TRACE
from optimizers.errors import InputError


def test_pandas_reads_the_same_numbers(tmp_path: Path) -> None:
    results = many()
    results.export("csv", tmp_path)
    read = read_csv(tmp_path / "trace.csv", dtype={"run_id": str})
    for name in ("iteration", "cost", "seconds", "loss", "best_loss"):
        assert read[name].tolist() == results.trace[name].tolist()
    assert read["gradient_norm"].isna().all()
    runs = read_csv(tmp_path / "runs.csv", dtype={"run_id": str})
    assert runs["optimizer"].tolist() == results.runs["optimizer"].tolist()


def test_the_data_dictionary_says_every_column_in_order(tmp_path: Path) -> None:
    CASES["odd names"]().export("csv", tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_text(encoding="utf-8"))
    assert package["title"] == "a/b\n../c"
    assert package["name"] == "a-b-..-c"
    for resource in package["resources"]:
        with (tmp_path / resource["path"]).open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert [field["name"] for field in resource["schema"]["fields"]] == header
        assert all(field["description"] for field in resource["schema"]["fields"])


@settings(max_examples=60)
@given(
    st.lists(st.floats(allow_nan=False), min_size=1, max_size=4),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
def test_any_number_and_any_text_come_back(tmp_path_factory: pytest.TempPathFactory, losses, text) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = trace_rows("a", [float(place) for place in range(len(losses))], losses)
    run = run_row("a", text, "adam") | {"optimizer": f"{text}x", "sentence": text}
    results = build([run], rows, question=text)
    CSV().write(results, folder)
    again = CSV().read(folder)
    assert again.trace["loss"].tolist() == losses
    assert again.runs.loc[0, ["problem", "optimizer", "sentence"]].tolist() == [text, text + "x", text]
    assert again.question == text


def test_a_table_of_a_few_columns_by_hand_is_read(tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(
        "\ufeffrun_id,seed,optimizer,problem,colour\n1,4,theirs,Rosenbrock,red\n\n2,5,theirs,Rosenbrock,\n",
        encoding="utf-8",
    )
    (tmp_path / "trace.csv").write_text(
        "run_id,cost,loss,best_loss\n1,1,9,9\n1,2,4,4\n2,1,8,\n", encoding="utf-8"
    )
    results = harness.import_results(tmp_path, "csv", tmp_path / "kept")
    assert results.remarks() == ["runs.csv: columns that are not known were left out: colour"]
    runs = harness.load(tmp_path / "kept").runs
    assert runs["seed"].tolist() == [4, 5]
    assert runs["best_loss"].tolist()[0] == 4.0
    assert runs["cost"].tolist() == [2.0, 1.0]
    assert runs["fingerprint"].tolist() == ["imported", "imported"]
    assert list(runs.columns) == list(RUNS)
    assert set(TRACE) <= set(results.trace.columns)


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("runs.csv", "", "is empty"),
        ("runs.csv", "run_id,problem,optimizer\n", "no column seed"),
        ("runs.csv", "run_id,run_id\n", "two columns of one name"),
        ("runs.csv", "run_id,problem,optimizer,seed\na,b,c\n", "row 2 has 3 cells, expected 4"),
        ("runs.csv", "run_id,problem,optimizer,seed\na,b,c,-1\n", "row 2 has '-1' in the column seed"),
        ("runs.csv", "run_id,problem,optimizer,seed\na,b,c,99999999999999999999\n", "in the column seed"),
        ("runs.csv", 'run_id,problem,optimizer,seed\n"a,b,c,1\n', "no CSV"),
        ("runs.csv", "run_id,problem,optimizer,seed,best_w\na,b,c,1,[[1]]\n", "in the column best_w"),
        ("trace.csv", "cost\n1\n", "no column run_id"),
        ("trace.csv", "run_id,cost\na,much\n", "'much' in the column cost"),
        ("trace.csv", "run_id,cost\nz,1\n", "is none of the runs"),
        ("datapackage.json", "[1]", "no data package"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(file: str, text: str, said: str, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    CASES["one run"]().export("csv", folder)
    (folder / file).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said.replace("[", r"\[")):
        harness.import_results(folder, "csv", tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
