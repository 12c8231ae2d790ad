"""What a folder holds is whole or not there, and loads as it was kept without running anything."""

from __future__ import annotations

import errno
import hashlib
import inspect
import io
import json
import os
import pickle
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from terminal import called

import harness
from harness.cli.entry import main
from harness.plots import known_plots
from harness.report.artifacts import check_figures, figure_file, write_artifacts
from harness.report.image_files import write_figure
from harness.report.reference_copy import write_reference
from harness.results import Results
from harness.runs import parts
from harness.runs import provenance as provenance_module
from harness.runs.columns import TRACE, TRACE_LABELS
from harness.runs.parts import own_process, stem_of, write_whole
from harness.runs.plans import Plan, read_plan
from harness.runs.store import Store
from harness.runs.tables import RUN_COLUMNS, TRACE_COLUMNS
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers import Budget, InputError

TIMES = ["seconds", "observation_seconds", "compile_seconds"]


def declared(**changes: Any) -> Experiment:
    table = {
        "problems": ["setosa", "xor"],
        "optimizers": ["adam", "perceptron-rule"],
        "budget": 40,
        "seeds": 2,
    }
    return build_experiment("small", {**table, "question": "Which — and why?", **changes})


def assert_equal(one: Results, other: Results) -> None:
    pd.testing.assert_frame_equal(one.runs, other.runs, check_exact=True)
    pd.testing.assert_frame_equal(one.trace, other.trace, check_exact=True)
    pd.testing.assert_frame_equal(one.skipped, other.skipped)
    assert (one.name, one.question) == (other.name, other.question)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refusal(action: Any, *arguments: Any) -> str:
    with pytest.raises(InputError) as caught:
        action(*arguments)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with six runs of which two pairs were skipped, in one part."""
    sweep(declared(), tmp_path / "kept")
    return tmp_path / "kept"


def digest_of(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def only_part(folder: Path, kind: str) -> Path:
    (part,) = (folder / kind).glob("*.parquet")
    return part


class TestLoading:
    def test_loading_gives_what_the_sweep_returned(self, tmp_path: Path) -> None:
        results, _ = sweep(declared(), tmp_path / "kept")
        assert_equal(results, harness.load(tmp_path / "kept"))
        assert_equal(results, harness.load(str(tmp_path / "kept")))

    def test_a_folder_changes_nothing_in_the_tables_but_the_measured_times(self, kept: Path) -> None:
        in_memory, _ = sweep(declared())
        loaded = harness.load(kept)
        pd.testing.assert_frame_equal(in_memory.runs.drop(columns=TIMES), loaded.runs.drop(columns=TIMES))
        pd.testing.assert_frame_equal(
            in_memory.trace.drop(columns="seconds"), loaded.trace.drop(columns="seconds")
        )
        pd.testing.assert_frame_equal(in_memory.skipped, loaded.skipped)
        assert (loaded.name, loaded.question) == ("small", "Which — and why?")

    def test_the_tables_have_the_documented_columns(self, kept: Path) -> None:
        loaded = harness.load(kept)
        assert list(loaded.runs.columns) == list(RUN_COLUMNS)
        assert list(loaded.trace.columns) == [*TRACE_COLUMNS, *TRACE_LABELS]
        assert len(loaded.runs) == 6
        assert len(loaded.skipped) == 1

    def test_nothing_is_unpickled(self, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(*arguments: Any, **options: Any) -> Any:
            raise AssertionError("something was unpickled")

        for name in ("load", "loads", "Unpickler", "_Unpickler", "_load", "_loads"):
            monkeypatch.setattr(pickle, name, forbidden)
        assert len(harness.load(kept).runs) == 6

    def test_a_folder_holds_parquet_json_toml_and_a_log_only(self, kept: Path) -> None:
        assert {Path(name).suffix for name in files(kept)} == {".parquet", ".json", ".toml", ".log"}
        assert {name for name in files(kept) if "/" not in name} == {"experiment.toml", "sweep.log"}
        assert {name.partition("/")[0] for name in files(kept)} == {
            "experiment.toml", "sweep.log", "runs", "trace", "plans", "provenance", "commands",
        }  # fmt: skip

    def test_the_experiment_is_kept_as_it_was_run(self, kept: Path) -> None:
        from harness.sweeps.experiment_file import read_experiment

        again = read_experiment(str(kept / "experiment.toml"))
        assert again.optimizers == declared().optimizers
        _, done = sweep(again, kept)
        assert done == 0

    def test_a_part_is_readable_by_everybody(self, kept: Path) -> None:
        assert all(path.stat().st_mode & 0o444 == 0o444 for path in kept.rglob("*") if path.is_file())


class TestDamage:
    def test_a_trace_without_its_runs_is_ignored_and_the_runs_are_done_again(self, kept: Path) -> None:
        before = harness.load(kept)
        only_part(kept, "runs").unlink()
        assert len(Store(kept).finished()) == 0
        assert refusal(harness.load, kept) == f"0 of 6 planned runs found in {kept}: run the experiment again"
        after, done = sweep(declared(), kept)
        assert done == 6
        pd.testing.assert_frame_equal(before.runs.drop(columns=TIMES), after.runs.drop(columns=TIMES))

    def test_a_stranger_among_the_traces_is_ignored(self, kept: Path) -> None:
        before = harness.load(kept)
        (kept / "trace" / "0123456789abcdef.parquet").write_bytes(b"half of a pa")
        assert_equal(before, harness.load(kept))

    def test_what_a_crash_left_aside_is_ignored(self, kept: Path) -> None:
        before = harness.load(kept)
        (kept / "runs" / ".x1y2z3.partial").write_bytes(b"half of a pa")
        assert_equal(before, harness.load(kept))

    @pytest.mark.parametrize("kind", ["runs", "trace"])
    @pytest.mark.parametrize("content", [b"", b"no parquet at all", "half", "foreign"])
    def test_a_damaged_part_is_named_with_a_remedy_that_works(
        self, content: Any, kind: str, kept: Path
    ) -> None:
        part = only_part(kept, kind)
        if content == "half":
            content = part.read_bytes()[: part.stat().st_size // 2]
        elif content == "foreign":
            buffer = io.BytesIO()
            pd.DataFrame({"a": [1]}).to_parquet(buffer)
            content = buffer.getvalue()
        part.write_bytes(content)
        sentence = refusal(harness.load, kept)
        assert str(part) in sentence
        assert "run the experiment again: the file is put aside" in sentence
        results, done = sweep(declared(), kept)
        assert (done, len(results.runs)) == (6, 6)
        assert results.notes[0] == f"{part} is damaged and was put aside in {kept / 'damaged'}"
        assert content in [path.read_bytes() for path in (kept / "damaged").iterdir()]
        assert_equal(results, harness.load(kept))

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"\xff\xfe", b"[]", b"3", b"null", b"{}", b'{"name": "x"}',
         b'{"name": "x", "question": "", "runs": 3, "skipped": []}',
         b'{"name": "x", "question": "", "runs": [], "skipped": 3}'],
    )  # fmt: skip
    @pytest.mark.parametrize("old", [True, False])
    def test_a_damaged_plan_is_named_with_a_remedy_that_works(
        self, old: bool, content: bytes, kept: Path
    ) -> None:
        before = harness.load(kept)
        (plan,) = (kept / "plans").iterdir()
        plan = kept / "plan.json" if old else plan
        plan.write_bytes(content)
        sentence = refusal(harness.load, kept)
        assert str(plan) in sentence
        assert "run the experiment again: the file is put aside" in sentence
        _, done = sweep(declared(), kept)
        assert done == 0
        assert_equal(before, harness.load(kept))

    @pytest.mark.parametrize("name", ["runs", "trace", "plans"])
    def test_a_file_in_place_of_a_folder_is_named_and_nothing_done(self, name: str, kept: Path) -> None:
        shutil.move(kept / name, kept / "elsewhere")
        (kept / name).write_bytes(b"mine")
        for action in (lambda: harness.load(kept), lambda: sweep(declared(), kept)):
            assert f"{kept / name} cannot be read: Not a directory; nothing in it is lost" in refusal(action)
        assert (kept / name).read_bytes() == b"mine"

    @pytest.mark.parametrize("kind", ["runs", "trace"])
    def test_what_the_system_does_not_hand_out_is_not_called_damage(
        self, kind: str, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        part = only_part(kept, kind)
        readable = Path.read_bytes

        def refused(path: Path) -> bytes:
            if path == part:
                raise PermissionError(errno.EACCES, "Permission denied")
            return readable(path)

        monkeypatch.setattr(Path, "read_bytes", refused)
        for action in (lambda: harness.load(kept), lambda: sweep(declared(), kept)):
            sentence = refusal(action)
            assert f"{part} cannot be read: Permission denied; nothing in it is lost" in sentence
            assert "damaged" not in sentence
        assert part.is_file()

    def test_a_folder_whose_name_is_too_long_is_named(self, tmp_path: Path) -> None:
        folder = tmp_path / ("y" * 300)
        sentence = refusal(sweep, declared(), folder)
        assert sentence.startswith(str(tmp_path)[:20])
        assert "cannot be written: File name too long" in sentence

    def test_a_folder_that_is_removed_meanwhile_is_named_with_what_is_lost(self, kept: Path) -> None:
        store = Store(kept)
        store.write_plan(planned("ab"))
        shutil.rmtree(kept)
        sentence = refusal(store.append, [run_and_trace("a"), run_and_trace("b")])
        assert (
            f"{kept} was removed or renamed while runs were done: 2 finished runs could not be kept"
            in sentence
        )
        assert not kept.exists()

    @pytest.mark.parametrize(
        ("kind", "change", "said"),
        [
            (
                "runs",
                {"cost": "x"},
                "has the column cost of type string, expected numbers (what it",
            ),
            ("runs", {"seed": 1.5}, "has the column seed of type double, expected whole numbers"),
            ("runs", {"problem": 3}, "has the column problem of type int64, expected text"),
            ("runs", {"outcome": None}, "has the column outcome of type null, expected text"),
            (
                "runs",
                {"best_w": "1, 2"},
                "has the column best_w of type string, expected lists",
            ),
            ("runs", {"iterations": -1}, "has a number below 0 in the column iterations"),
            ("trace", {"loss": "x"}, "has the column loss of type string, expected numbers"),
            ("trace", {"run_id": "b"}, "has rows of run b, which is none of its runs"),
            ("trace", {"value_rows": -5}, "has a number below 0 in the column value_rows"),
        ],
    )
    def test_a_part_that_holds_something_else_is_named_with_what(
        self, kind: str, change: dict[str, Any], said: str, kept: Path
    ) -> None:
        part = only_part(kept, kind)
        table = pd.read_parquet(part).assign(**change)
        part.unlink()
        table.to_parquet(part.parent / f"{stem_of(part)}.parquet", index=False)
        # Until its third version pandas writes texts as `string`.
        assert said in refusal(harness.load, kept).replace("large_string", "string")
        results, done = sweep(declared(), kept)
        assert done == 6
        assert_equal(harness.load(kept), replace(results, notes=()))

    def test_a_trace_must_be_whole_and_in_order(self, kept: Path) -> None:
        part = only_part(kept, "trace")
        trace = pd.read_parquet(part)
        one = trace["run_id"].iloc[0]
        part.unlink()
        for wrong, said in (
            (trace[trace["run_id"] != one], f"has no row of run {one}"),
            (trace[::-1], "that are not in order"),
        ):
            wrong.to_parquet(part.parent / f"{stem_of(part)}.parquet", index=False)
            assert said in refusal(harness.load, kept)

    def test_two_rows_of_one_run_in_a_part_are_named(self, kept: Path) -> None:
        part = only_part(kept, "runs")
        runs = pd.read_parquet(part)
        part.unlink()
        twice = pd.concat([runs, runs[:1]])
        twice.to_parquet(part.parent / f"{stem_of(part)}.parquet", index=False)
        assert f"has two rows of run {runs['run_id'].iloc[0]}" in refusal(harness.load, kept)

    def test_rows_are_refused_where_a_part_is_damaged(self, kept: Path) -> None:
        part = only_part(kept, "runs")
        part.write_bytes(part.read_bytes()[:-1])
        sentence = refusal(Store(kept).finished)
        assert sentence.startswith(f"{part} is damaged")
        assert refusal(Store(kept).finished, ["run_id"]) == sentence

    @pytest.mark.parametrize(
        "change",
        [{"kinds": [{"problem": "xor", "optimizer": "adam", "gradient": "analytic", "runs": 99}]}]
        + [{name: value} for name, value in (("name", 3), ("question", None), ("fingerprint", 7))]
        + [{"runs": "abc"}, {"runs": [1, 2]}, {"skipped": 5}, {"kinds": [{"problem": "xor"}]}],
        ids=str,
    )
    def test_a_plan_that_says_what_none_says_is_damaged_though_its_digest_fits(
        self, change: dict[str, Any], kept: Path
    ) -> None:
        (file,) = (kept / "plans").iterdir()
        table = json.loads(file.read_bytes())
        written = {name: table.pop(name) for name in ("written", "seal")}
        table |= change
        digest = digest_of(table)
        seal = digest_of([digest, written["written"]])
        file.unlink()
        changed = kept / "plans" / f"{digest}.json"
        changed.write_text(json.dumps({**table, "written": written["written"], "seal": seal}))
        assert refusal(harness.load, kept).startswith(f"{changed} is damaged")
        sweep(declared(), kept)
        assert len(harness.load(kept).runs) == 6

    def test_a_lost_plan_hides_no_run(self, kept: Path) -> None:
        other = declared(seeds=3)
        sweep(other, kept)
        (plan,) = [path for path in (kept / "plans").iterdir() if len(read_plan(path)[1].runs) == 9]
        plan.unlink()
        remark = harness.load(kept).remarks()[0]
        assert remark.startswith("3 finished runs are in no plan of the folder and not shown")
        sweep(other, kept)
        assert harness.load(kept).remarks() == []

    def test_a_part_gone_is_said(self, kept: Path) -> None:
        sweep(declared(seeds=3), kept)
        newest = sorted((kept / "runs").iterdir())[-1]
        newest.unlink()
        assert harness.load(kept).remarks() == [
            "6 of 9 planned runs found: run the experiment again for the rest"
        ]

    def test_traces_that_have_lost_their_runs_to_a_hand_wait_for_them(self, tmp_path: Path) -> None:
        folder, gone = tmp_path / "kept", subprocess.Popen(["true"])
        gone.wait()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                "harness.runs.store.own_process", lambda: f"{gone.pid}-{own_process().partition('-')[2]}"
            )
            for seeds in (1, 2):
                before, _ = sweep(declared(seeds=seeds), folder)
        shutil.move(folder / "runs", tmp_path / "elsewhere")
        sweep(declared(seeds=1), folder)
        shutil.copytree(tmp_path / "elsewhere", folder / "runs", dirs_exist_ok=True)
        assert len(harness.load(folder).runs) == len(before.runs)

    def test_a_killed_process_leaves_nothing_behind(self, kept: Path) -> None:
        before = set(files(kept))
        gone = subprocess.Popen(["true"])
        gone.wait()
        node = own_process().partition("-")[2]
        for name in (
            f"trace/{5:020d}-{gone.pid}-{node}.{'0' * 32}.parquet",
            f"runs/.{gone.pid}-{node}.x.partial",
            f".{gone.pid}-{node}.x.partial",
        ):
            (kept / name).write_bytes(b"half")
        living = kept / "plans" / f".{own_process()}.x.partial"
        # Whether a process of another machine lives nobody here can tell.
        elsewhere = kept / "plans" / f".{gone.pid}-{'0' * 8}.x.partial"
        for path in (living, elsewhere):
            path.write_bytes(b"half")
        sweep(declared(), kept)
        assert set(files(kept)) == before | {str(path.relative_to(kept)) for path in (living, elsewhere)}


class TestNoFolder:
    def test_what_is_no_folder_is_answered_with_where_to_find_one(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("", encoding="utf-8")
        for path in (tmp_path / "none", tmp_path / "file", tmp_path / "file" / "below"):
            sentence = refusal(harness.load, path)
            assert f"{path} is no folder" in sentence
            assert "harness run" in sentence

    def test_an_empty_folder_holds_no_results(self, tmp_path: Path) -> None:
        assert f"{tmp_path} holds no results" in refusal(harness.load, tmp_path)

    @pytest.mark.parametrize("folder", [3, None, ["results"]])
    def test_what_is_no_path_is_answered_as_such(self, folder: Any) -> None:
        assert refusal(harness.load, folder) == f"folder is {folder!r}, expected the path of a folder"

    def test_an_experiment_of_which_nothing_is_finished_is_said_to_be_one(
        self, kept: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shutil.rmtree(kept / "runs")
        sentence = f"0 of 6 planned runs found in {kept}: run the experiment again"
        assert refusal(harness.load, kept) == sentence
        for command in ("show", "results", str(kept)), ("plot", str(kept)):
            with pytest.raises(SystemExit) as left:
                main(list(command))
            assert left.value.code == 2
            assert capsys.readouterr().err == f"harness: {sentence}\n"

    def test_a_file_where_the_folder_should_be_is_named_before_anything_runs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            "harness.runs.single_run.Run.search", lambda run, shared: pytest.fail("something ran")
        )
        (tmp_path / "file").write_text("mine", encoding="utf-8")
        for folder in (tmp_path / "file", tmp_path / "file" / "below"):
            sentence = refusal(sweep, declared(), folder)
            assert str(folder) in sentence
            assert "cannot be written" in sentence
            assert "choose another folder" in sentence
        assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


class HalfWritten(io.BytesIO):
    """A file on a disk that is full after three bytes."""

    def __init__(self, handle: int) -> None:
        super().__init__()
        self.handle = handle

    def write(self, content: Any) -> int:
        os.write(self.handle, content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        if not self.closed:
            os.close(self.handle)
        super().close()


class TestWholeFiles:
    def full_disk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("harness.runs.parts.os.fdopen", lambda handle, mode: HalfWritten(handle))

    def no_rename(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def replace(self: Path, target: Path) -> None:
            raise OSError(errno.EXDEV, "Invalid cross-device link")

        monkeypatch.setattr(Path, "replace", replace)

    @pytest.mark.parametrize("failure", ["full_disk", "no_rename"])
    def test_a_write_that_fails_leaves_nothing_behind_and_the_old_file_as_it_was(
        self, failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_whole(tmp_path / "old.json", b"the old content")
        getattr(self, failure)(monkeypatch)
        for name in ("old.json", "new.json", "below/new.json"):
            sentence = refusal(write_whole, tmp_path / name, b"the new content")
            assert f"{tmp_path / name} cannot be written" in sentence
            assert "No space left" in sentence or "cross-device" in sentence
        assert files(tmp_path) == {"old.json": b"the old content"}

    def test_an_interrupt_in_the_middle_of_a_write_leaves_nothing_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupted(self: Path, target: Path) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            write_whole(tmp_path / "new.json", b"the new content")
        assert files(tmp_path) == {}

    def test_a_disk_that_fills_up_in_a_sweep_is_one_sentence_and_costs_finished_runs_only(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "kept"
        with monkeypatch.context() as patched:
            written = parts.write_part

            def fails_at_runs(place: Path, stem: str, table: pd.DataFrame) -> None:
                if place.name == "runs":
                    self.full_disk(patched)
                written(place, stem, table)

            patched.setattr("harness.runs.store.write_part", fails_at_runs)
            sentence = refusal(sweep, declared(), folder)
            assert "No space left on device" in sentence
            assert "(6 finished runs could not be kept)" in sentence
        assert not list((folder / "runs").iterdir())
        assert refusal(harness.load, folder).startswith("0 of 6 planned runs found")
        results, done = sweep(declared(), folder)
        assert done == 6
        assert_equal(results, harness.load(folder))

    def test_a_file_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        write_whole(tmp_path / "a" / "b" / "file", b"one")
        write_whole(tmp_path / "a" / "b" / "file", b"two")
        assert files(tmp_path) == {"a/b/file": b"two"}


class TestParts:
    def test_parts_do_not_collide_when_the_same_runs_come_in_another_order(
        self, kept: Path, tmp_path: Path
    ) -> None:
        loaded = harness.load(kept)
        pairs = [
            (loaded.runs[loaded.runs["run_id"] == run], loaded.trace[loaded.trace["run_id"] == run])
            for run in loaded.runs["run_id"]
        ]
        store = Store(tmp_path / "both")
        for order in (pairs, pairs[::-1], pairs[:2], pairs[2:]):
            runs, traces = (pd.concat(tables, ignore_index=True) for tables in zip(*order, strict=True))
            store.append_tables(runs, traces)
        assert len(list((tmp_path / "both" / "runs").iterdir())) == 4
        assert len(list((tmp_path / "both" / "trace").iterdir())) == 4
        skipped = tuple(loaded.skipped.to_dict(orient="records"))
        store.write_plan(Plan(loaded.name, loaded.question, tuple(loaded.runs["run_id"]), skipped))
        # A run that is there twice is loaded once, with one trace.
        assert_equal(loaded, store.load())

    def test_the_same_runs_twice_are_two_parts_of_which_the_later_one_stands(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        for cost in (1.0, 2.0):
            rows = [run_and_trace("a"), run_and_trace("b")]
            store.append([({**row, "cost": cost}, trace) for row, trace in rows])
        store.append([])
        assert len(list((tmp_path / "runs").iterdir())) == 2
        assert store.finished()["run_id"].tolist() == ["a" * 16, "b" * 16] * 2
        loaded = store.load(planned("ab"))
        assert loaded.runs["cost"].tolist() == [2.0, 2.0]
        assert len(loaded.trace) == 6

    def test_runs_are_loaded_in_the_order_of_the_plan_however_they_came(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        names = "hdagcfbe"
        for name in names:
            store.append([run_and_trace(name)])
        for order in (names, names[::-1], sorted(names), "ace"):
            ids = [name * 16 for name in order]
            loaded = store.load(planned(order))
            assert loaded.runs["run_id"].tolist() == ids
            assert loaded.trace["run_id"].drop_duplicates().tolist() == ids
            assert loaded.trace["iteration"].tolist() == [0, 1, 2] * len(ids)

    def test_runs_that_came_in_one_part_are_loaded_in_the_order_of_the_plan(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        store.append([run_and_trace(name) for name in "bca"])
        for order in ("abc", "cab", "ba"):
            ids = [name * 16 for name in order]
            loaded = store.load(planned(order))
            assert loaded.runs["run_id"].tolist() == ids
            assert loaded.trace["run_id"].tolist() == [run for run in ids for _ in range(3)]

    def test_a_run_that_is_in_two_parts_has_one_trace(self, tmp_path: Path) -> None:
        store = Store(tmp_path)
        for names in ("ab", "bc", "cd"):
            store.append([run_and_trace(name) for name in names])
        store.write_plan(planned("abcd"))
        loaded = store.load()
        assert len(loaded.runs) == 4
        assert loaded.trace["iteration"].tolist() == [0, 1, 2] * 4


def planned(letters: Any) -> Plan:
    return Plan("order", "", tuple(letter * 16 for letter in letters), ())


def run_and_trace(letter: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """A row and three looks with plausible values."""
    from synthetic import run_row, trace_rows

    rows = trace_rows(letter * 16, [0, 3, 6], [3.0, 2.0, 1.0])
    trace = pd.DataFrame(rows, columns=list(TRACE_COLUMNS)).fillna({"value_rows": 0, "gradient_rows": 0})
    types = {"whole": "int64", "number": "float64", "text": object}
    return run_row(letter * 16, "xor", "adam"), trace.astype(
        {name: types[column.kind] for name, column in TRACE.items()}
    )


class TestReference:
    FIGURES: Any = ({"name": "convergence", "x": "cost"},)

    def test_long_traces_keep_first_best_and_last_of_each_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.report.reference_copy.MOST_REFERENCE_ROWS", 100)
        folder = tmp_path / "long"
        results, _ = sweep(replace(declared(), budget=Budget(cost=3000)), folder)
        assert len(results.trace) > 100
        each = max(100 // len(results.runs), 3)
        write_reference(results, self.FIGURES, folder, tmp_path / "copy")
        copy = harness.load(tmp_path / "copy")
        pd.testing.assert_frame_equal(
            copy.runs.drop(columns=["best_w", "last_w"]), results.runs.drop(columns=["best_w", "last_w"])
        )
        for run_id, whole in results.trace.groupby("run_id", sort=False):
            kept = copy.trace[copy.trace["run_id"] == run_id].reset_index(drop=True)
            assert min(len(whole), each - 1) <= len(kept) <= each + 1
            for place in (0, -1):
                assert kept.iloc[place]["iteration"] == whole.iloc[place]["iteration"]
            first = whole[whole["best_loss"] == whole["best_loss"].min()].iloc[0]
            assert (kept["iteration"] == first["iteration"]).any()
            assert set(kept["iteration"]) <= set(whole["iteration"])

    def test_a_reference_copy_loads_equal(self, kept: Path, tmp_path: Path) -> None:
        results = harness.load(kept)
        written = write_reference(results, self.FIGURES, kept, tmp_path / "results" / "small")
        assert_equal(results, harness.load(tmp_path / "results" / "small"))
        assert [path.name for path in written] == ["summary.csv", "skipped.csv", "convergence-cost.png"]
        assert all(path.is_file() for path in written)
        copied = files(tmp_path / "results" / "small")
        names = [name for name in files(kept) if name.startswith(("experiment", "provenance", "commands"))]
        assert len(names) == 3
        assert all(copied[name] == files(kept)[name] for name in names)

    def test_a_reference_copy_of_many_parts_is_one_part_and_replaces_the_one_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("harness.sweeps.sweep.FLUSH_SECONDS", 0.0)
        monkeypatch.setattr("harness.sweeps.executors.serial.BLOCK_SECONDS", 0.0)
        copy = tmp_path / "results" / "small"
        for seeds in (3, 1):
            results, _ = sweep(declared(seeds=seeds), tmp_path / "kept")
            write_reference(results, self.FIGURES, tmp_path / "kept", copy)
            assert len(list((copy / "runs").iterdir())) == len(list((copy / "trace").iterdir())) == 1
            assert_equal(results, harness.load(copy))
        # A part for each run: with no time to wait, a block holds one.
        assert len(list((tmp_path / "kept" / "runs").iterdir())) == 9

    def test_a_folder_is_never_its_own_reference_copy(self, kept: Path) -> None:
        before = files(kept)
        sentence = refusal(
            write_reference, harness.load(kept), self.FIGURES, kept, kept / "." / "runs" / ".."
        )
        assert "reference copy itself" in sentence
        assert files(kept) == before

    def test_a_folder_without_provenance_is_named_and_the_copy_before_left_alone(
        self, kept: Path, tmp_path: Path
    ) -> None:
        write_reference(harness.load(kept), self.FIGURES, kept, tmp_path / "copy")
        before = files(tmp_path / "copy")
        (provenance_file,) = (kept / "provenance").iterdir()
        provenance_file.unlink()
        sentence = refusal(write_reference, harness.load(kept), self.FIGURES, kept, tmp_path / "copy")
        assert str(provenance_file) in sentence
        assert files(tmp_path / "copy") == before


class TestArtifacts:
    def test_the_summary_counts_every_run(self, kept: Path, tmp_path: Path) -> None:
        write_artifacts(harness.load(kept), [], tmp_path)
        summary = pd.read_csv(tmp_path / "summary.csv")
        assert summary[["problem", "optimizer", "runs"]].values.tolist() == [
            ["setosa", "adam", 2],
            ["setosa", "perceptron-rule", 2],
            ["xor", "adam", 2],
        ]
        skipped = pd.read_csv(tmp_path / "skipped.csv")
        assert skipped["problem"].tolist() == ["xor"]
        assert "hidden layers" in skipped["reason"].iloc[0]

    def test_a_list_of_skipped_pairs_goes_when_none_is_skipped_any_more(
        self, kept: Path, tmp_path: Path
    ) -> None:
        write_artifacts(harness.load(kept), [], tmp_path)
        results, _ = sweep(declared(optimizers=["adam"]))
        assert write_artifacts(results, [], tmp_path) == [tmp_path / "summary.csv"]
        assert not (tmp_path / "skipped.csv").exists()

    @pytest.mark.parametrize(
        ("ending", "beginning"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml"), ("", b"\x89PNG")]
    )
    def test_the_ending_of_a_file_says_which_image_it_is(
        self, ending: str, beginning: bytes, kept: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / f"figure.{ending}".rstrip(".")
        write_figure(known_plots()["convergence"](harness.load(kept)), file)
        assert file.read_bytes().startswith(beginning)

    def test_an_ending_that_no_image_has_is_answered_with_those_that_there_are(
        self, kept: Path, tmp_path: Path
    ) -> None:
        figure = known_plots()["convergence"](harness.load(kept))
        sentence = refusal(write_figure, figure, tmp_path / "figure.bmp")
        assert "figure.bmp" in sentence
        assert all(word in sentence for word in ("png", "pdf", "svg"))
        assert list(tmp_path.glob("figure*")) == []

    def test_a_letter_that_no_font_has_is_no_reason_to_fail(self, tmp_path: Path) -> None:
        results, _ = sweep(declared(question="Faster? 🚀 \x07"))
        write_figure(known_plots()["convergence"](results), tmp_path / "figure.png")
        assert (tmp_path / "figure.png").stat().st_size > 1000

    @pytest.mark.parametrize(
        ("figures", "said"),
        [
            ([{"name": "convergance"}], ["unknown plot 'convergance'", "did you mean 'convergence'"]),
            ([{"name": "convergence", "bnad": 1}], ["'bnad'", "did you mean 'band'"]),
            ([{"name": "convergence", "results": 1}], ["'results'"]),
            ([{"name": "convergence", "band": "wide"}], ["'band'", "'wide'", "number"]),
            ([{"name": "convergence", "band": True}], ["'band'", "True", "number"]),
            ([{"name": "convergence", "x": 3}], ["'x'", "3", "'cost', 'iteration'"]),
            ([{"name": "convergence", "problems": 3}], ["'problems'", "3", "string", "equence"]),
            ([{"name": "convergence"}, {"name": "convergence"}], ["convergence.png", "once"]),
        ],
    )
    def test_a_wrong_figure_is_refused_before_anything_runs(self, figures: Any, said: list[str]) -> None:
        sentence = refusal(check_figures, figures)
        assert all(words in sentence for words in said), sentence

    @pytest.mark.parametrize(
        "name",
        [
            name
            for name, plot in known_plots().items()
            if {"problem", "problems"} & set(inspect.signature(plot).parameters)
        ],
    )
    def test_a_figure_is_of_problems_that_the_experiment_has(self, name: str) -> None:
        option = "problem" if "problem" in inspect.signature(known_plots()[name]).parameters else "problems"
        wrong, right = ("irs", "iris") if option == "problem" else (["xor", "irs"], ["xor", "iris"])
        check_figures([{"name": name, option: right}], ["xor", "iris"])
        check_figures([{"name": name, option: wrong}])
        sentence = refusal(check_figures, [{"name": name, option: wrong}], ["xor", "iris"])
        assert sentence.startswith(f"unknown problem of plot '{name}' 'irs': did you mean 'iris'?")
        assert "expected" in refusal(check_figures, [{"name": name, option: 3}], ["xor", "iris"])

    def test_options_of_a_plot_of_ones_own_have_the_types_that_it_says(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def own(results: Any, band: float = 0.5) -> None:
            """Draw nothing."""

        monkeypatch.setattr("harness.report.artifacts.known_plots", lambda: {"own": own})
        check_figures([{"name": "own", "band": 0.25}, {"name": "own", "band": 1}])
        assert refusal(check_figures, [{"name": "own", "band": "wide"}]) == (
            "plot 'own': option 'band' is 'wide', expected a valid number"
        )

    def test_several_budgets_give_problems_of_figures_longer_names(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = 'problems = "xor"\noptimizers = "adam"\nseeds = 2\nbudget = [20, 30]\n'
        for chosen, said in (("xor [cost=20]", ""), ("xor [cost=40]", "unknown problem of plot 'finals'")):
            figures = f'figures = [{{ name = "finals", problems = ["{chosen}"] }}]\n'
            Path("mine.toml").write_text(text + figures, encoding="utf-8")
            answer = called(capsys, "run", "mine.toml", "--output", "kept")
            assert said in answer.err
            assert answer.status == (2 if said else 0)
        assert Path("kept/finals-xor-cost-20-.png").is_file()

    def test_figures_of_one_plot_are_told_apart_by_their_options(self) -> None:
        figures = [
            {"name": "convergence"},
            {"name": "convergence", "x": "cost"},
            {"name": "convergence", "x": "seconds"},
            {"name": "convergence", "band": 0.5},
            {"name": "convergence", "band": 0.9},
            {"name": "convergence", "problems": ["xor"]},
            {"name": "convergence", "problems": ["xor", "parity:bits=4,hidden=[4,4]"]},
            {"name": "convergence", "problems": "../../iris"},
        ]
        check_figures(figures)
        names = [figure_file(figure) for figure in figures]
        assert len(set(names)) == len(names)
        assert names[1] == "convergence-cost.png"
        assert all("/" not in name and ":" not in name for name in names)


class TestProvenance:
    def test_a_folder_says_where_its_results_come_from(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sys.argv", ["/usr/local/bin/harness", "run", "small.toml", "--seeds", "2"])
        sweep(declared(), tmp_path / "kept", workers=1)
        (command,), (code,) = ((tmp_path / "kept" / name).iterdir() for name in ("commands", "provenance"))
        found = json.loads(command.read_text(encoding="utf-8"))
        assert found["provenance"] == code.stem
        assert set(harness.load(tmp_path / "kept").runs["provenance"]) == {code.stem}
        found |= json.loads(code.read_text(encoding="utf-8"))
        assert found["command"] == ["harness", "run", "small.toml", "--seeds", "2"]
        assert found["workers"] == 1
        assert found["cores"] == os.cpu_count()
        assert set(found["versions"]) >= {"python", "neural-harness", "numpy", "numba", "pygad", "pandas"}
        assert found["versions"]["numpy"] == __import__("numpy").__version__
        assert found["system"]
        assert pd.Timestamp(found["time"]).tzinfo is not None

    def test_runs_found_again_keep_the_provenance_of_their_making(self, kept: Path) -> None:
        before = {name: content for name, content in files(kept).items() if not name.startswith("plans")}
        sweep(declared(), kept)
        assert {name: content for name, content in files(kept).items() if name in before} == before

    def test_another_version_is_credited_with_its_own_runs_only(
        self, kept: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = harness.load(kept).runs
        monkeypatch.setattr(provenance_module, "_version", lambda package: "9.9.9")
        after, done = sweep(declared(seeds=3), kept)
        assert done == 3
        versions = after.runs.set_index("run_id")["version"]
        assert set(versions[before["run_id"]]) == set(before["version"])
        assert versions.drop(before["run_id"]).tolist() == ["9.9.9"] * 3
        assert len(list((kept / "provenance").iterdir())) == 2
        assert {path.stem for path in (kept / "provenance").iterdir()} == set(after.runs["provenance"])
