"""Clocks that jump, masks, odd paths, languages and limits of a machine lose nothing and are no traceback.

What takes a file system of its own, minutes or several processes is marked slow:

    python -m pytest -m slow tests/test_machine_faults.py
"""

from __future__ import annotations

import contextlib
import datetime
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, ROOT, python

import harness
from harness.runs import plans, store
from harness.runs.columns import RUNS
from harness.runs.parts import own_process, stem_of, write_whole
from harness.runs.plans import Plan, read_plan, read_plans
from harness.runs.store import Store
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers.compilation import cache_directory
from optimizers.errors import InputError
from optimizers.private_folder import make_private

EXPERIMENT = """
problems = ["xor"]
optimizers = ["adam", "genetic-algorithm"]
seeds = 4
budget = 200
figures = []
"""
TABLE = {"problems": ["xor"], "optimizers": ["adam"], "budget": 40}
ODD = "ein Ordner mit Ümläuten, 日本語 и пробелами"
PATIENCE = 900.0


def command(
    folder: Path, *arguments: str, limit: Any = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a shell starts it, under limits; an empty variable is taken away."""
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, *COMMAND, *arguments],
        cwd=folder,
        env={name: value for name, value in given.items() if value},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
        timeout=PATIENCE,
        preexec_fn=limit,
        stdin=subprocess.DEVNULL,
    )


def one_sentence(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """See that a command ended in one sentence, after what it may have warned of."""
    assert done.returncode == 2, (done.returncode, done.stdout[-500:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("harness: "), done.stderr[-2000:]
    for each in said:
        assert each in last


def finished(folder: Path) -> int:
    """How many runs a folder has, read as results."""
    return len(harness.load(folder).runs) if (folder / "plans").is_dir() else 0


class SetBack:
    """The clock, set back by an hour each time that it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def time_ns(self) -> int:
        self.asked += 1
        return 1_700_000_000_000_000_000 - 3_600_000_000_000 * self.asked

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


class TestClock:
    def test_parts_keep_their_order_where_it_is_set_back(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "time", SetBack())
        for seeds in (1, 2, 3):
            sweep(build_experiment("small", {**TABLE, "seeds": seeds}), tmp_path / "kept")
        found = Store(tmp_path / "kept").finished()
        assert found["seed"].tolist() == [0, 1, 2]
        numbers = [int(stem.partition("-")[0]) for stem in Store(tmp_path / "kept").pairs()]
        assert numbers == sorted(set(numbers))

    def test_a_run_that_was_done_again_stands_for_the_one_before(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The last row of a run stands, by the names of parts: that was the one that failed, which came again
        # however often it was retried.
        folder = tmp_path / "kept"
        results, _ = sweep(build_experiment("small", {**TABLE, "seeds": 1}), folder)
        failed = results.runs.assign(outcome="failed", sentence="it was interrupted")
        assert len(results.trace)
        shutil.rmtree(folder / "runs")
        shutil.rmtree(folder / "trace")
        Store(folder).append_tables(failed[list(RUNS)], results.trace)
        monkeypatch.setattr(store, "time", SetBack())
        experiment = build_experiment("small", {**TABLE, "seeds": 1})
        again, done = sweep(experiment, folder, retry="failed")
        assert (done, again.runs["outcome"].tolist()) == (1, ["budget"])
        assert sweep(experiment, folder, retry="failed")[1] == 0

    def test_the_plan_that_was_written_last_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "kept"
        sweep(build_experiment("small", {**TABLE, "seeds": 1, "question": "first?"}), folder)

        class Earlier(datetime.datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime.datetime:
                return datetime.datetime(1999, 1, 1, tzinfo=tz)

        monkeypatch.setattr(plans.datetime, "datetime", Earlier)
        sweep(build_experiment("small", {**TABLE, "seeds": 2, "question": "second?"}), folder)
        monkeypatch.undo()
        assert [plan.question for plan in read_plans(folder)] == ["second?", "first?"]
        assert harness.load(folder).question == "second?"

    @pytest.mark.parametrize("after", ["", "no time", "9999-12-31T23:59:59.999999+00:00", "1999-01-01"])
    def test_a_plan_is_written_whatever_the_one_before_says(self, after: str, tmp_path: Path) -> None:
        plan = Plan("small", "", ("a",), ())
        write_whole(tmp_path / f"{plan.digest}.json", plan.text(after).encode())
        written, found = read_plan(tmp_path / f"{plan.digest}.json")
        assert (found, datetime.datetime.fromisoformat(written).tzinfo) == (plan, datetime.UTC)

    @pytest.mark.parametrize("now", [-5, 0, 9_223_372_036_854_775_807])
    def test_a_date_before_1970_or_after_2200_names_parts_as_any_other(
        self, now: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Far(SetBack):
            def time_ns(self) -> int:
                return now

        monkeypatch.setattr(store, "time", Far())
        results, _ = sweep(build_experiment("small", {**TABLE, "seeds": 2}), tmp_path)
        (part,) = (tmp_path / "runs").iterdir()
        number, _, process = stem_of(part).partition("-")
        assert (len(number), process) == (20, own_process())
        assert len(harness.load(tmp_path).runs) == len(results.runs) == 2


class TestMask:
    @pytest.fixture(autouse=True)
    def as_before(self) -> Iterator[None]:
        before = os.umask(0o022)
        yield
        os.umask(before)

    @pytest.mark.parametrize("mask", [0o077, 0o022, 0o002])
    def test_files_are_open_to_those_that_the_mask_says(self, mask: int, tmp_path: Path) -> None:
        os.umask(mask)
        sweep(build_experiment("small", {**TABLE, "seeds": 1}), tmp_path / "kept")
        for path in (tmp_path / "kept").rglob("*"):
            most = 0o777 if path.is_dir() else 0o666
            assert stat.S_IMODE(path.stat().st_mode) & ~(most & ~mask) == 0, path
            assert path.is_dir() or stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask, path

    @pytest.mark.parametrize("mask", [0o000, 0o002, 0o077])
    def test_the_folder_of_code_is_its_owners_alone_whatever_the_mask_says(
        self, mask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        os.umask(mask)
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "cache"))
        make_private(cache_directory("harness"))
        assert stat.S_IMODE(cache_directory("harness").stat().st_mode) & 0o077 == 0


class TestPlaces:
    def test_folders_and_files_may_have_letters_of_any_script(self, tmp_path: Path) -> None:
        place = tmp_path / ODD
        place.mkdir()
        (place / "é 実験.toml").write_text(EXPERIMENT, encoding="utf-8")
        done = python(place, *COMMAND, "run", "é 実験.toml", "--output", f"{ODD}/out put")
        assert done.returncode == 0, done.stderr
        assert finished(place / ODD / "out put") == 8
        assert python(place, *COMMAND, "show", "results", f"{ODD}/out put").returncode == 0

    def test_where_python_is_told_to_know_ascii_alone_such_a_name_is_one_sentence(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "é.toml").write_text(EXPERIMENT, encoding="utf-8")
        plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        one_sentence(command(tmp_path, "run", "é.toml", "--seeds", "1", **plain), "the name of the file")

    @pytest.mark.parametrize("name", ["n" * 256, "/".join(["n" * 250] * 20)], ids=["name", "path"])
    def test_a_path_that_is_too_long_is_one_sentence(self, name: str, tmp_path: Path) -> None:
        (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
        one_sentence(python(tmp_path, *COMMAND, "run", "small.toml", "--output", name))
        assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


class TestNothingThere:
    def test_without_a_home_a_terminal_or_a_display_it_works(self, tmp_path: Path) -> None:
        (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
        cache = {"NUMBA_CACHE_DIR": str(cache_directory("harness").parent)}
        missing = {"HOME": "/nonexistent/home", "XDG_CACHE_HOME": "", "DISPLAY": "", "TERM": "dumb", **cache}
        done = command(tmp_path, "run", "small.toml", **missing)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "\x1b" not in done.stdout + done.stderr
        assert finished(tmp_path / "output/small") == 8

    @pytest.mark.parametrize(
        "words",
        [["list"], ["--help"], ["show", "optimizer", "adam"], ["status", f"{ROOT}/results/ga-vs-backprop"]],
    )
    def test_who_reads_no_further_is_told_nothing(self, words: list[str]) -> None:
        reading, writing = os.pipe()
        process = subprocess.Popen(
            [sys.executable, *COMMAND, *words],
            stdout=writing,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        os.close(writing)
        os.close(reading)
        _, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (128 + signal.SIGPIPE, b"")

    def test_a_folder_that_is_removed_while_runs_are_done_is_named_and_not_made_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "kept"
        kept = Store.append

        def removed(self: Store, runs: Any) -> None:
            shutil.rmtree(folder)
            kept(self, runs)

        monkeypatch.setattr(Store, "append", removed)
        with pytest.raises(InputError, match="was removed or renamed while runs were done: 2 finished"):
            sweep(build_experiment("small", {**TABLE, "seeds": 2}), folder)
        assert not folder.exists()


class TestLimits:
    @pytest.mark.slow
    def test_few_open_files_are_enough(self, tmp_path: Path) -> None:
        (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")

        def few() -> None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))

        done = command(tmp_path, "run", "small.toml", "--workers", "1", limit=few)
        assert done.returncode == 0, done.stderr
        assert finished(tmp_path / "output/small") == 8

    def test_memory_that_does_not_suffice_is_a_failed_run_with_a_sentence(self, tmp_path: Path) -> None:
        greedy = (
            "import numpy as np, harness\n"
            "def greedy(w):\n"
            "    return float(np.ones((len(w), 10**15)).sum())\n"
            "problem = harness.problems.FunctionProblem(greedy, 2, name='greedy', key='greedy')\n"
            "both = [problem, 'sphere']\n"
            "found = harness.run(both, 'nelder-mead', budget=50, seeds=2, folder='kept').runs\n"
            "print(found.groupby('problem')['outcome'].agg(list).to_dict(), set(found['sentence']))\n"
        )
        done = python(tmp_path, "-c", greedy)
        assert done.returncode == 0, done.stderr
        assert "'greedy': ['failed', 'failed']" in done.stdout
        assert "Unable to allocate" in done.stdout


@contextlib.contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory."""
    place.mkdir(exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False)
    if made.returncode:
        pytest.skip("file systems are mounted by the superuser")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["4k", "16k", "28k", "40k", "52k", "64k", "80k", "1m"])
def test_a_full_disk_loses_no_more_than_it_says(size: str, tmp_path: Path) -> None:
    """Whichever file is the first that does not fit: the next command goes on."""
    (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    with small_disk(tmp_path / "disk", size) as disk:
        done = command(tmp_path, "run", "small.toml", "--output", str(disk / "out"))
        if done.returncode:
            one_sentence(done, "No space left on device", "cannot be written")
        assert not [path for path in disk.rglob(".*") if path.is_file()]
        kept = finished(disk / "out") if any(disk.glob("out/runs/*")) else 0
        assert kept == 8 or "could not be kept" in done.stderr or not any(disk.glob("out/runs/*"))
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        again = command(tmp_path, "run", "small.toml", "--output", str(disk / "out"))
        assert again.returncode == 0, again.stderr
        assert finished(disk / "out") == 8
        said = f"{kept} runs of this experiment found" if kept == 8 else f"8 runs done now, {kept} found"
        assert said in again.stdout


@pytest.mark.slow
@pytest.mark.parametrize("size", ["64k", "400k", "1m"])
@pytest.mark.parametrize("gradient", ["analytic", "symbolic"])
def test_a_full_disk_of_machine_code_costs_a_compilation(size: str, gradient: str, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(f'{EXPERIMENT}\ngradients = "{gradient}"\n', encoding="utf-8")
    with small_disk(tmp_path / "disk", size) as disk:
        arguments = ("run", "small.toml", "--workers", "1")
        done = command(tmp_path, *arguments, NUMBA_CACHE_DIR=str(disk / "code"))
        assert done.returncode == 0, done.stderr
        assert "machine code is not kept" in done.stderr
        assert "Traceback" not in done.stderr
        assert finished(tmp_path / "output/small") == 8


@pytest.mark.slow
@pytest.mark.parametrize("gradient", ["analytic", "symbolic"])
def test_a_folder_of_machine_code_that_cannot_be_written_costs_a_compilation(
    gradient: str, tmp_path: Path
) -> None:
    (tmp_path / "small.toml").write_text(f'{EXPERIMENT}\ngradients = "{gradient}"\n', encoding="utf-8")
    with small_disk(tmp_path / "disk", "1m") as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        places = {name: str(disk) for name in ("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "MPLCONFIGDIR")}
        done = command(tmp_path, "run", "small.toml", "--workers", "1", **places)
        assert done.returncode == 0, done.stderr
        assert "machine code is not kept" in done.stderr
        assert "Traceback" not in done.stderr
        assert finished(tmp_path / "output/small") == 8


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [300, 500, 700, 1000, 1500, 3000])
def test_an_address_space_of_any_size_is_enough_or_one_sentence(megabytes: int, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20,) * 2)

    done = command(tmp_path, "run", "small.toml", "--workers", "1", limit=limited)
    if done.returncode:
        one_sentence(done)
    again = command(tmp_path, "run", "small.toml", "--workers", "1")
    assert again.returncode == 0, again.stderr
    assert finished(tmp_path / "output/small") == 8


@pytest.mark.slow
@pytest.mark.parametrize("language", ["de_DE.UTF-8", "tr_TR.UTF-8", "C", "POSIX", "C.UTF-8"])
def test_numbers_and_names_are_the_same_in_every_language(language: str, tmp_path: Path) -> None:
    there = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout
    if language.replace("UTF-8", "utf8") not in there.split():
        pytest.skip(f"there is no {language} here")
    (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    texts = []
    for given in ("C.UTF-8", language):
        done = command(tmp_path, "run", "small.toml", "--workers", "1", "--output", given, LC_ALL=given)
        assert done.returncode == 0, done.stderr
        rows = (tmp_path / given / "summary.csv").read_text(encoding="utf-8").splitlines()
        texts.append([row.rsplit(",", 1)[0] for row in rows])
    assert texts[0] == texts[1]


@pytest.mark.slow
def test_two_versions_of_the_project_share_a_folder_of_machine_code(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for package in ("harness", "optimizers"):
        shutil.copytree(ROOT / package, tmp_path / "other" / package)
    changed = tmp_path / "other/optimizers/descent/adam.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "\nANOTHER = 1\n", encoding="utf-8")
    (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    code = {"NUMBA_CACHE_DIR": str(tmp_path / "code")}
    processes = [
        subprocess.Popen(
            [sys.executable, *COMMAND, "run", "small.toml", "--workers", "1", "--output", str(number)],
            cwd=tmp_path,
            env={**os.environ, **code, "PYTHONPATH": str(path)},
            stderr=subprocess.PIPE,
        )
        for number, path in enumerate((ROOT, tmp_path / "other"))
    ]
    for process in processes:
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
    one, other = (harness.load(tmp_path / str(number)).trace for number in (0, 1))
    assert one["loss"].tolist() == other["loss"].tolist()
    # `optimizers` and `harness` of each.
    assert len(list((tmp_path / "code").iterdir())) == 4


@pytest.mark.slow
@pytest.mark.parametrize("after", [0.5, 1.0, 2.0, 3.0, 5.0, 8.0])
def test_a_kill_while_compiling_leaves_machine_code_that_is_whole(after: float, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    code = {"NUMBA_CACHE_DIR": str(tmp_path / "code")}
    process = subprocess.Popen(
        [sys.executable, *COMMAND, "run", "small.toml"],
        cwd=tmp_path,
        env={**os.environ, **code, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=PATIENCE)
    done = command(tmp_path, "run", "small.toml", **code)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert finished(tmp_path / "output/small") == 8
