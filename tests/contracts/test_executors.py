"""What every executor promises: the same runs with the same bits, wherever they are done."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.problems import FunctionProblem, load
from harness.results import Results
from harness.runs.single_run import Run
from harness.sweeps.executors import EXECUTORS
from harness.sweeps.executors.dask import Cluster
from harness.sweeps.executors.executor import Executor
from harness.sweeps.executors.pooled import PooledExecutor, WorkersDiedError
from harness.sweeps.executors.serial import Serial
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.registry import build_optimizer

CLOCKS = ["seconds", "observation_seconds", "compile_seconds"]


@pytest.fixture(scope="module", params=sorted(EXECUTORS))
def executor(request: pytest.FixtureRequest) -> Executor:
    """Each executor, with two workers where it has a number of them."""
    kind = EXECUTORS[request.param]
    return kind(**({"workers": 2} if "workers" in kind.__dataclass_fields__ else {}))


def problems() -> list[Any]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(30, 3))
    return [
        load("xor"),
        harness.Problem.from_arrays(X, X[:, 0] > 0, hidden=(2,), name="own"),
        load("iris"),
    ]


def compared(executor: Executor | str) -> Results:
    return harness.run(
        problems(), ["adam", "lbfgs", "genetic-algorithm"], seeds=[4, 2], budget=300, executor=executor
    )


@pytest.fixture(scope="module")
def serial() -> Results:
    return compared("serial")


def test_the_same_bits_in_the_order_that_was_declared(executor: Executor, serial: Results) -> None:
    found = compared(executor)
    pd.testing.assert_frame_equal(
        found.runs.drop(columns=CLOCKS), serial.runs.drop(columns=CLOCKS), check_exact=True
    )
    pd.testing.assert_frame_equal(
        found.trace.drop(columns="seconds"), serial.trace.drop(columns="seconds"), check_exact=True
    )


def breaks(w: Any) -> float:
    raise ZeroDivisionError("nothing to divide by")


def test_a_run_that_breaks_is_a_row_and_the_others_go_on(executor: Executor) -> None:
    broken = FunctionProblem(breaks, 2, name="broken", key="broken")
    found = harness.run([broken, "xor"], "hill-climbing", seeds=2, budget=40, executor=executor).runs
    assert found["outcome"][:2].tolist() == ["failed", "failed"]
    assert found["sentence"].str.contains("ZeroDivisionError").tolist() == [True, True, False, False]
    assert not found["outcome"][2:].isin(["failed"]).any()


def runs(seeds: int) -> list[Run]:
    problem, optimizer = load("xor"), build_optimizer("adam")
    return [Run(problem, optimizer, "analytic", seed, Budget(cost=60)) for seed in range(seeds)]


def test_closing_ends_the_work(executor: Executor) -> None:
    with closing(executor.do(runs(50))) as outcomes:
        ((row, trace), *_) = next(outcomes)
    assert row["problem"] == "xor"
    assert set(trace["run_id"]) == {row["run_id"]}
    assert list(outcomes) == []
    # The next sweep finds everything in order.
    assert sum(len(block) for block in executor.do(runs(2))) == 2


def test_it_says_how_many_processes_it_has(executor: Executor) -> None:
    assert executor.processes() >= 1


def test_nothing_to_do_is_done_at_once(executor: Executor) -> None:
    assert list(executor.do([])) == []


class Unsendable:
    """A function that stays where it is."""

    def __call__(self, w: Any) -> float:
        return float(w @ w)

    def __reduce__(self) -> Any:
        raise pickle.PicklingError("it stays here")


def test_what_cannot_be_sent_is_said_in_a_sentence(executor: Executor) -> None:
    problem = FunctionProblem(Unsendable(), 2, name="stays", key="stays")
    if isinstance(executor, PooledExecutor):
        with pytest.raises(InputError, match=r"cannot be sent to another process .*workers=1"):
            harness.run(problem, "hill-climbing", seeds=2, budget=20, executor=executor)
    else:
        assert len(harness.run(problem, "hill-climbing", seeds=2, budget=20, executor=executor).runs) == 2


def greedy(w: Any) -> float:
    return float(np.ones(400_000_000)[0] * w[0] ** 2)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory are Linux's")
def test_a_run_that_asks_for_too_much_memory_fails_alone(executor: Executor) -> None:
    if not hasattr(executor, "memory"):
        pytest.skip("it has no limit of memory")
    limited = dataclasses.replace(executor, memory=1.5)
    problem = FunctionProblem(greedy, 2, name="greedy", key="greedy")
    found = harness.run(["xor", problem], "hill-climbing", seeds=1, budget=20, executor=limited).runs
    assert found["outcome"][0] != "failed"
    assert found["outcome"][1] == "failed"
    assert "MemoryError" in found["sentence"][1]


class Deadly:
    """End the process at the call, unless it is the one that made this."""

    def __init__(self) -> None:
        self.parent = os.getpid()

    def __call__(self, w: Any) -> float:
        if os.getpid() != self.parent:
            os._exit(9)
        return float(w @ w)


def test_a_run_that_kills_its_process_fails_alone(executor: Executor) -> None:
    if not isinstance(executor, PooledExecutor):
        pytest.skip("its runs are done in this process")
    problem = FunctionProblem(Deadly(), 2, name="deadly", key="deadly")
    found = harness.run(["xor", problem], "hill-climbing", seeds=1, budget=40, executor=executor).runs
    assert found["outcome"].tolist()[1] == "failed"
    assert "the worker process that did it was killed" in found["sentence"][1]
    assert found["outcome"][0] != "failed"


def kill_a_starting_worker(known: set[int], killed: list[int]) -> None:
    """Kill the first process that does runs for this one, as soon as there is one that was not known."""
    end = time.monotonic() + 30.0
    while not killed and time.monotonic() < end:
        for place in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (place / "cmdline").read_text()
                if parent == os.getpid() and int(place.name) not in known and "spawn_main" in command:
                    os.kill(int(place.name), signal.SIGKILL)
                    killed.append(int(place.name))
                    break


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked for in /proc")
def test_a_worker_that_is_killed_while_it_starts_is_started_again() -> None:
    pytest.importorskip("distributed")
    known = {int(place.name) for place in Path("/proc").glob("[0-9]*")}
    killed: list[int] = []
    thread = threading.Thread(target=kill_a_starting_worker, args=(known, killed))
    thread.start()
    # One worker, which is the one that is killed: two were started twice, for 11 s of CPU.
    found = harness.run("xor", "adam", seeds=2, budget=60, executor="dask:workers=1")
    thread.join()
    assert killed
    pd.testing.assert_frame_equal(
        found.runs.drop(columns=CLOCKS),
        harness.run("xor", "adam", seeds=2, budget=60, executor="serial").runs.drop(columns=CLOCKS),
        check_exact=True,
    )


def hears_interrupts() -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="there are no masks of signals")
def test_clusters_stand_side_by_side_and_their_workers_do_not_hear_the_terminal() -> None:
    pytest.importorskip("distributed")
    with warnings.catch_warnings(), contextlib.ExitStack() as ending:
        # Such as that a port is taken.
        warnings.simplefilter("error")
        for _ in range(2):
            cluster = Cluster(None, 1, "digest", pickle.dumps([]))
            ending.callback(cluster.end, at_once=False)
        assert cluster._client.run(hears_interrupts) == dict.fromkeys(cluster._client.nthreads(), False)
        assert hears_interrupts()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"executor": "serial", "workers": 2},
            "workers is 2 beside an executor.*: write 'processes:workers=2'",
        ),
        (
            {"executor": "dask:address=tcp://127.0.0.1:1,workers=2"},
            "Dask: option 'workers' is 2 beside an address.*: leave one of them out",
        ),
    ],
    ids=["executor", "address"],
)
def test_workers_are_told_once(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        harness.run("xor", "adam", budget=20, **given)


def test_a_bound_on_memory_is_refused_where_the_system_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(
        InputError, match=r"Processes: option 'memory' is 2\.5, which needs Linux: leave it out"
    ):
        EXECUTORS.build("processes", memory=2.5)


class Dying(Serial):
    """Workers that die whatever they are given, and the number of times that others were started for them."""

    renewals = 0

    def start(self, digest: str, problems: bytes) -> Any:
        return self

    def submit(self, group: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(None)
        return future

    def result(self, future: Future[Any]) -> Any:
        raise WorkersDiedError

    def renew(self) -> None:
        type(self).renewals += 1
        raise WorkersDiedError

    def end(self, at_once: bool) -> None:
        assert at_once


def test_workers_that_never_begin_end_the_sweep_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dying, "do", PooledExecutor.do)
    with pytest.raises(InputError, match=r"die before they have begun, 3 times in a row.*take fewer workers"):
        harness.run("xor", "adam", budget=20, seeds=1, executor=Dying())
    assert Dying.renewals == 3


class TestClustersElsewhere:
    def test_one_that_does_not_answer_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        distributed = pytest.importorskip("distributed")

        def silent(address: str, **told: Any) -> None:
            raise OSError(f"Timed out trying to connect to {address} after 15 s")

        monkeypatch.setattr(distributed, "Client", silent)
        environment = dict(os.environ)
        with pytest.raises(
            InputError,
            match=r"no Dask cluster answers at 'tcp://127\.0\.0\.1:1' \(Timed out .*\): give its scheduler's",
        ):
            harness.run("xor", "adam", budget=20, executor="dask:address=tcp://127.0.0.1:1")
        assert dict(os.environ) == environment

    def test_an_interrupt_while_it_answers_stays_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        distributed = pytest.importorskip("distributed")

        def interrupted(address: str, **told: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(distributed, "Client", interrupted)
        with pytest.raises(KeyboardInterrupt):
            harness.run("xor", "adam", budget=20, executor="dask:address=tcp://127.0.0.1:1")

    def test_its_workers_do_the_same_runs_and_are_left_as_they_were(self) -> None:
        distributed = pytest.importorskip("distributed")
        with distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
        ) as cluster:
            before = set(cluster.scheduler.worker_plugins)
            address = cluster.scheduler_address
            found = harness.run("xor", "adam", seeds=2, budget=60, executor=f"dask:address={address}")
            assert len(cluster.scheduler.workers) == 1
            assert set(cluster.scheduler.worker_plugins) == before
        alone = harness.run("xor", "adam", seeds=2, budget=60, executor="serial")
        pd.testing.assert_frame_equal(
            found.runs.drop(columns=CLOCKS), alone.runs.drop(columns=CLOCKS), check_exact=True
        )


class TestClustersThatDoNotStart:
    def test_three_in_a_row_are_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        distributed, begun = pytest.importorskip("distributed"), []

        def fails(**told: Any) -> None:
            begun.append(told)
            raise RuntimeError("Nanny failed to start.")

        monkeypatch.setattr(distributed, "LocalCluster", fails)
        environment = dict(os.environ)
        with pytest.raises(InputError, match=r"could be started here \(Nanny failed to start\.\): a script"):
            harness.run("xor", "adam", budget=20, executor="dask:workers=1")
        assert len(begun) == 3
        assert dict(os.environ) == environment

    def test_a_script_without_a_guard_is_told_so(self, tmp_path: Path) -> None:
        pytest.importorskip("distributed")
        script = tmp_path / "unguarded.py"
        # One try is a cluster of processes, and 4 s of CPU; that there are three is the test above.
        script.write_text(
            "import harness\n"
            "from harness.sweeps.executors import dask\n"
            "dask.FRUITLESS = 1\n"
            "harness.run('xor', 'adam', seeds=2, budget=20, executor='dask:workers=1')\n",
            encoding="utf-8",
        )
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=240
        )
        assert done.returncode == 1
        assert "begins it under `if __name__ == '__main__':`" in done.stderr.strip().splitlines()[-1]
