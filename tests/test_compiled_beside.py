"""In an empty cache another process compiles the optimizers; without it everything comes to the same."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimizers
from harness.runs import compiled_beside as beside
from harness.sweeps.executors.executor import cores
from optimizers import Adam, GradientDescent, NewtonTrustRegion
from optimizers.compile_ahead import Bowl, rehearse, rehearse_all

ROOT = Path(optimizers.__file__).parent.parent

RUN = """
import harness
from harness.runs.compiled_beside import _helper
from optimizers.descent.adam import _adam
runs = harness.run("xor", "adam", seeds=2, budget=50).runs
print(runs["best_loss"].tolist(), sum(_adam.stats.cache_misses.values()), _helper is None)
"""


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache in which nothing is kept."""
    monkeypatch.setattr(beside, "cache_directory", lambda package: tmp_path)
    return tmp_path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that were started; each is to have ended."""
    processes: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            processes.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    yield processes
    assert all(process.returncode is not None for process in processes)
    assert beside._helper is None


def does(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(beside, "COMMAND", ("-c", script))


def test_the_process_leaves_what_an_optimizer_is_made_of_in_the_cache(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(empty))
    with beside.compiled_beside([Adam(), GradientDescent()]):
        beside.wait_for(Adam())
        kept = {path.name.partition("-")[0] for path in empty.rglob("*.address.nbc")}
        kept |= {path.name.partition("-")[0] for path in empty.rglob("*.python.nbc")}
    assert {"adam._adam", "loop.descend"} <= kept
    assert len(started) == 1


@pytest.mark.slow
def test_a_run_in_an_empty_cache_has_its_optimizer_compiled_by_another_process(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    answers = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", RUN],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers.append(done.stdout.strip())
        kept = sorted(path.stem for path in (tmp_path / "cache").rglob("*.nbc"))
        assert any(name.startswith("compile_ahead") for name in kept) is (cores() > 1)
    losses = optimizers_alone()
    assert answers == [f"{losses} 0 True"] * 2


def optimizers_alone() -> list[float]:
    import harness

    return [float(x) for x in harness.run("xor", "adam", seeds=2, budget=50, workers=1).runs["best_loss"]]


def test_no_process_is_started_where_something_is_kept(empty: Path, started: list[Any]) -> None:
    (empty / "descend.nbc").write_bytes(b"")
    with beside.compiled_beside([Adam()]):
        beside.wait_for(Adam())
    assert not started


def test_no_process_is_started_where_nothing_can_be_kept_or_nothing_is_asked(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with beside.compiled_beside([]):
        pass
    monkeypatch.setattr(beside, "cache_directory", lambda package: empty / "missing")
    with beside.compiled_beside([Adam()]):
        pass
    assert not started


def test_a_system_that_has_no_process_left_costs_nothing_but_the_other_half(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with beside.compiled_beside([Adam()]):
        beside.wait_for(Adam())


@pytest.mark.parametrize("script", ["", "import sys; sys.exit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_nobody_waits_for_a_process_that_has_ended(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    does(monkeypatch, script)
    with beside.compiled_beside([Adam(), GradientDescent()]):
        beside.wait_for(GradientDescent())
    assert len(started) == 1


def test_each_optimizer_is_waited_for_until_it_is_done_and_others_are_not(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    does(monkeypatch, "import sys, time; print(flush=True); time.sleep(60)")
    with beside.compiled_beside([Adam(), GradientDescent()]):
        beside.wait_for(Adam())
        beside.wait_for(NewtonTrustRegion())
    assert len(started) == 1


def test_modules_are_found_where_this_process_finds_them(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "found_here.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setattr(beside, "COMMAND", ("-P", "-c", "import found_here; print(flush=True)"))
    with beside.compiled_beside([Adam()]):
        beside.wait_for(Adam())
        assert beside._helper is not None
        assert beside._helper._done == 1
    assert len(started) == 1


def test_an_interrupt_ends_the_process(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    does(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(KeyboardInterrupt), beside.compiled_beside([Adam()]):
        raise KeyboardInterrupt
    assert len(started) == 1


def test_a_process_that_does_not_hear_is_killed(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    does(monkeypatch, "import signal; signal.signal(15, signal.SIG_IGN); print(flush=True); signal.pause()")
    monkeypatch.setattr(beside, "PATIENCE", 0.05)
    with beside.compiled_beside([Adam()]):
        beside.wait_for(Adam())
    assert started[0].returncode == -9


def test_one_process_serves_sweeps_within_each_other(
    empty: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    does(monkeypatch, "import time; time.sleep(60)")
    with beside.compiled_beside([Adam()]), beside.compiled_beside([GradientDescent()]):
        beside.wait_for(GradientDescent())
    assert len(started) == 1


@pytest.mark.parametrize("asks", [b"", b"no pickle"])
def test_the_process_ends_with_the_one_that_started_it(asks: bytes) -> None:
    import pickle

    process = subprocess.Popen(
        [sys.executable, *beside.COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(asks or pickle.dumps([Adam()] * 100_000))
    process.stdin.close()
    began = time.monotonic()
    process.wait()
    process.stdout.close()
    assert time.monotonic() - began < 300.0, "a hundred thousand rehearsals take longer"


def test_an_optimizer_that_asks_for_more_than_the_bowl_has_is_passed_over() -> None:
    rehearse(NewtonTrustRegion())


def test_a_line_says_that_an_optimizer_is_done_however_that_ended(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        def refusal(self, objective: Any) -> None:
            raise ValueError("no")

    broken: Any = Broken()
    rehearse_all([broken, Adam()])
    assert capsys.readouterr().out == "\n\n"


def test_all_doors_of_the_bowl_lead_to_the_same_numbers() -> None:
    bowl, w = Bowl(), np.random.default_rng(0).normal(size=(4, 3))
    functions, rows = bowl.compiled, np.empty(0, dtype=np.int64)
    losses, gradient = np.empty(4), np.empty(3)
    assert functions is not None
    functions.values(w, rows, functions.data, losses)
    np.testing.assert_allclose(losses, 0.5 * (w**2).sum(axis=1), rtol=1e-14)
    np.testing.assert_allclose(bowl.values(w), losses, rtol=1e-14)
    assert functions.value_and_gradient is not None
    assert functions.value_and_gradient(w[0], rows, functions.gradient_data, gradient) == losses[0]
    assert gradient.tolist() == w[0].tolist() == bowl.value_and_gradient(w[0])[1].tolist()
    assert bowl.peek(w[0]) == bowl.value(w[0])
