"""Shards are all of an experiment and nothing twice, and merged they are what one command would have made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal import called

import harness
from harness.runs.merging import OTHERWISE, merge
from harness.runs.plans import read_plans
from harness.runs.store import Store
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.shards import Shard, shard_of
from harness.sweeps.sweep import sweep
from optimizers import InputError

TABLE: dict[str, Any] = {
    "problems": ["xor", "parity:bits=3"],
    "optimizers": ["adam", "random-search", "perceptron-rule"],
    "budget": [40, 60],
    "seeds": 4,
    "name": "shared",
}


def run(folder: Path | None, **changes: Any) -> harness.Results:
    return harness.run(**{**TABLE, **changes}, folder=folder)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def without_clocks(results: harness.Results) -> list[pd.DataFrame]:
    runs = results.runs.drop(columns=[name for name in OTHERWISE if name != "fingerprint"])
    return [runs, results.trace.drop(columns="seconds"), results.skipped]


def same(one: harness.Results, other: harness.Results) -> None:
    for table, expected in zip(without_clocks(one), without_clocks(other), strict=True):
        pd.testing.assert_frame_equal(table, expected, check_exact=True)
    assert one.plans == other.plans
    assert one.remarks() == other.remarks()


def changed(folder: Path, into: Path, **cells: Any) -> str:
    """Copy a folder whose first run has come to something else; return that run."""
    store = Store(folder)
    shutil.copytree(folder / "plans", into / "plans")
    # The names that tables show are not those that are stored.
    stored = store.finished().drop(columns="part")
    for name, value in cells.items():
        stored.loc[0, name] = value
    Store(into).append_tables(stored, store.load().trace)
    return str(stored["run_id"][0])


class TestShards:
    @given(ids=st.lists(st.integers(0, 2**64 - 1).map("{:016x}".format), max_size=40), of=st.integers(1, 12))
    @settings(max_examples=60)
    def test_every_run_is_in_one(self, ids: list[str], of: int) -> None:
        for run_id in ids:
            assert sum(Shard(number, of).holds(run_id) for number in range(1, of + 1)) == 1

    def test_a_run_stays_in_its_own_when_the_experiment_grows(self) -> None:
        small, large = (run(None, shard="2/3", seeds=seeds).runs["run_id"] for seeds in (4, 6))
        assert set(small) == set(large) & set(run(None).runs["run_id"])

    @pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "", "1/0", "-1/3", "1/99999999", "1.5/2"])
    def test_what_is_none_is_answered_in_one_sentence(self, text: str) -> None:
        with pytest.raises(InputError, match=r"shard is .*expected NUMBER/OF"):
            shard_of(text)
        with pytest.raises(InputError, match="shard is"):
            harness.run("xor", "adam", budget=9, shard=text)

    def test_an_empty_one_is_no_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (only,) = harness.run("xor", "adam", budget=9, seeds=1).runs["run_id"]
        empty = next(number for number in range(1, 4) if not Shard(number, 3).holds(only))
        results = harness.run("xor", "adam", budget=9, seeds=1, shard=f"{empty}/3", folder="kept")
        assert (len(results.runs), len(results.trace)) == (0, 0)
        assert len(harness.run("xor", "adam", budget=9, seeds=1, shard=f"{empty}/3").runs) == 0
        answer = called(capsys, "run", "kept", "--shard", f"{empty}/3")
        assert answer.status == 0
        assert answer.out == f"Nothing to run: no run of this experiment is in shard {empty}/3.\n"


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("shards")
    for number in (1, 2, 3):
        run(place / str(number), shard=f"{number}/3")
    return [place / "1", place / "2", place / "3"]


class TestMerge:
    def test_merged_shards_are_the_whole_to_the_last_bit(self, shards: list[Path], tmp_path: Path) -> None:
        before = [files(folder) for folder in shards]
        merged = merge(shards, tmp_path / "all")
        assert (merged.runs, merged.parts, merged.left, merged.plans, merged.differing) == (32, 3, 0, 1, [])
        same(harness.load(tmp_path / "all"), run(tmp_path / "whole"))
        found = files(tmp_path / "all")
        for folder in before:
            for name, content in folder.items():
                if name.startswith(("runs", "trace", "provenance", "commands")):
                    assert found[name] == content
        assert {name.partition("/")[0] for name in found} == {
            "runs", "trace", "plans", "provenance", "commands", "experiment.toml",
        }  # fmt: skip
        assert [files(folder) for folder in shards] == before

    def test_nothing_is_left_to_do_after_it(self, shards: list[Path], tmp_path: Path) -> None:
        merge(shards, tmp_path / "all")
        results, done = sweep(read_experiment(str(tmp_path / "all")), tmp_path / "all", 1)
        assert (len(results.runs), done) == (32, 0)

    def test_it_goes_on_where_it_was_and_takes_nothing_twice(
        self, shards: list[Path], tmp_path: Path
    ) -> None:
        into = tmp_path / "all"
        merge(shards[:1], into)
        merged = merge(shards, into)
        assert (merged.runs, merged.parts, merged.left) == (32, 2, 1)
        before = files(into)
        assert merge([*shards, into], into).parts == 0
        assert files(into) == before

    def test_a_run_in_two_folders_is_there_once(self, shards: list[Path], tmp_path: Path) -> None:
        run(tmp_path / "more", seeds=2)
        merged = merge([*shards, tmp_path / "more"], tmp_path / "all")
        assert (merged.runs, merged.parts, merged.left, merged.plans, merged.differing) == (32, 3, 1, 2, [])
        run(tmp_path / "larger", seeds=6)
        merged = merge([tmp_path / "larger"], tmp_path / "all")
        assert (merged.runs, merged.parts, merged.plans) == (48, 1, 3)
        results = harness.load(tmp_path / "all")
        assert results.runs["run_id"].is_unique
        assert len(results.runs) == 48
        assert read_plans(tmp_path / "all")[0] == read_plans(tmp_path / "larger")[0]
        declared = (tmp_path / "all" / "experiment.toml").read_bytes()
        assert declared == (tmp_path / "larger" / "experiment.toml").read_bytes()

    def test_other_code_keeps_its_rows_and_plans(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run(tmp_path / "one", seeds=2)
        monkeypatch.setattr("harness.runs.provenance.package_fingerprint", lambda: "0" * 16)
        run(tmp_path / "other", seeds=2)
        merged = merge([tmp_path / "one", tmp_path / "other"], tmp_path / "all")
        assert (merged.runs, merged.parts, merged.plans) == (32, 2, 2)
        assert len(Store(tmp_path / "all").finished()) == 32

    def test_runs_that_came_to_other_numbers_are_named(self, shards: list[Path], tmp_path: Path) -> None:
        store = Store(shards[0])
        runs, trace = store.load().runs.copy(), store.load().trace
        shutil.copytree(shards[0] / "plans", tmp_path / "changed" / "plans")
        # The names that tables show are not those that are stored.
        stored = store.finished().set_index("run_id").loc[runs["run_id"]].reset_index().drop(columns="part")
        stored.loc[0, "final_loss"] += 1e-9
        Store(tmp_path / "changed").append_tables(stored, trace)
        merged = merge([shards[0], tmp_path / "changed"], tmp_path / "all")
        assert merged.differing == [stored["run_id"][0]]
        assert merged.parts == 2
        kept = harness.load(tmp_path / "all").runs.set_index("run_id")["final_loss"]
        assert kept[stored["run_id"][0]] == stored["final_loss"][0]

    @pytest.mark.parametrize("outcome", ["failed", "timeout"])
    def test_what_a_full_disk_or_a_busy_machine_has_ended_is_no_contradiction(
        self, outcome: str, shards: list[Path], tmp_path: Path
    ) -> None:
        changed(shards[0], tmp_path / "changed", outcome=outcome)
        merged = merge([shards[0], tmp_path / "changed"], tmp_path / "all")
        assert (merged.parts, merged.differing) == (2, [])

    def test_a_run_of_which_three_folders_say_something_else_is_named_once(
        self, shards: list[Path], tmp_path: Path
    ) -> None:
        others = [tmp_path / "second", tmp_path / "third"]
        named = {changed(shards[0], other, final_loss=1.0 + len(other.name)) for other in others}
        merged = merge([shards[0], *others], tmp_path / "all")
        assert merged.differing == list(named)

    @pytest.mark.parametrize("what", ["runs/*.parquet", "trace/*.parquet", "plans/*.json"])
    def test_what_is_damaged_is_named_and_nothing_copied(
        self, what: str, shards: list[Path], tmp_path: Path
    ) -> None:
        shutil.copytree(shards[1], tmp_path / "damaged")
        (file,) = (tmp_path / "damaged").glob(what)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        with pytest.raises(InputError, match=f"{file.name}.* damaged"):
            merge([shards[0], tmp_path / "damaged"], tmp_path / "all")
        assert not (tmp_path / "all").exists()

    def test_a_part_without_its_namesake_is_not_taken(self, shards: list[Path], tmp_path: Path) -> None:
        shutil.copytree(shards[1], tmp_path / "torn")
        (file,) = (tmp_path / "torn" / "runs").iterdir()
        file.unlink()
        assert merge([shards[0], tmp_path / "torn"], tmp_path / "all").parts == 1
        assert len(list((tmp_path / "all" / "trace").iterdir())) == 1

    def test_names_of_an_earlier_version_do_not_replace_each_other(
        self, shards: list[Path], tmp_path: Path
    ) -> None:
        for number, shard in enumerate(shards[:2]):
            shutil.copytree(shard, tmp_path / str(number))
            for kind in ("runs", "trace"):
                (file,) = (tmp_path / str(number) / kind).iterdir()
                file.rename(file.with_name("0000.parquet"))
        with pytest.raises(InputError, match=r"0000\.parquet have one name and hold different runs"):
            merge([tmp_path / "0", tmp_path / "1"], tmp_path / "all")
        merge([tmp_path / "0"], tmp_path / "all")
        with pytest.raises(InputError, match=r"0000\.parquet have one name"):
            merge([tmp_path / "1"], tmp_path / "all")

    def test_a_plan_of_an_earlier_version_comes_along(self, tmp_path: Path) -> None:
        run(tmp_path / "old", seeds=2)
        (file,) = (tmp_path / "old" / "plans").iterdir()
        table = json.loads(file.read_bytes())
        old = {name: table[name] for name in ("name", "question", "runs", "skipped")}
        (tmp_path / "old" / "plan.json").write_text(json.dumps(old), encoding="utf-8")
        file.unlink()
        run(tmp_path / "new", seeds=[7])
        assert merge([tmp_path / "old", tmp_path / "new"], tmp_path / "all").plans == 2
        assert len(harness.load(tmp_path / "all").runs) == 16 + 8

    @pytest.mark.parametrize("name", ["absent", "file", "empty"])
    def test_a_folder_without_results_is_named(self, name: str, shards: list[Path], tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", encoding="utf-8")
        (tmp_path / "empty").mkdir()
        with pytest.raises(InputError, match=name):
            merge([shards[0], tmp_path / name], tmp_path / "all")
        assert not (tmp_path / "all").exists()


def test_the_command_says_what_it_did(
    shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = called(capsys, "merge", *map(str, shards), "--into", "all")
    assert answer == (0, "all: 32 runs in 1 plan; 3 parts copied.\n", "")
    answer = called(capsys, "merge", str(shards[0]), "--into", "all")
    assert answer.out == "all: 32 runs in 1 plan; 0 parts copied, 1 left out whose runs were there.\n"
    answer = called(capsys, "merge", "absent", "--into", "all")
    assert (answer.status, answer.err) == (
        2,
        "harness: absent is no folder: give one that `harness run` printed at its end\n",
    )
    assert called(capsys, "merge", "--into", "all").status == 2


@pytest.mark.parametrize(("seeds", "said"), [([0], "1 run is"), ([0, 1], "2 runs are")], ids=["one", "two"])
def test_the_command_names_a_run_that_is_there_with_other_numbers(
    seeds: list[int],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    harness.run("xor", "adam", budget=9, seeds=seeds, folder="one")
    store = Store(Path("one"))
    stored = store.finished().drop(columns="part")
    shutil.copytree("one/plans", "other/plans")
    Store(Path("other")).append_tables(stored.assign(final_loss=7.0), store.load().trace)
    answer = called(capsys, "merge", "one", "other", "--into", "all")
    assert answer.out.splitlines()[1] == (
        f"{said} there twice, from the same code and with different numbers, such as "
        f"{stored['run_id'][0]}: the one that was written last stands."
    )
