"""No damage to a stored file loads a wrong number or hides a run, and running again makes it good."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from damage import damage

import harness
from harness.results import Results
from harness.sweeps.experiment import Experiment
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers import InputError

CLOCKS = ["seconds", "observation_seconds", "compile_seconds"]
TABLE = {"problems": ["setosa"], "optimizers": ["adam", "perceptron-rule"], "budget": 30}


def declared(seeds: int) -> Experiment:
    return build_experiment("small", {**TABLE, "seeds": seeds})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two plans and three pairs of parts."""
    folder = tmp_path_factory.mktemp("whole") / "small"
    for seeds in (2, 3, 5):
        sweep(declared(seeds), folder)
    return folder


def differs(one: Results, other: Results) -> bool:
    """Whether two results say different things, by what is in both of them."""
    runs = set(one.runs["run_id"]) & set(other.runs["run_id"])
    parts = [
        table[table["run_id"].isin(runs)].reset_index(drop=True)
        for results in (one, other)
        for table in (results.runs, results.trace)
    ]
    return not (parts[0].equals(parts[2]) and parts[1].equals(parts[3]))


def without_clocks(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    runs = results.runs.drop(columns=[*CLOCKS, "host", "provenance"]).sort_values("run_id", ignore_index=True)
    trace = results.trace.drop(columns=CLOCKS[:1]).sort_values(["run_id", "iteration"], ignore_index=True)
    return runs, trace


def outcome(whole: Path, place: Path, rng: np.random.Generator, resumed: bool) -> tuple[str, str]:
    """Damage a copy; return what was done, and how loading it ended."""
    shutil.copytree(whole, place)
    undisturbed = harness.load(whole)
    done = damage(place, rng)
    try:
        loaded = harness.load(place)
    except InputError:
        ended = "refused"
    else:
        assert not differs(loaded, undisturbed), done
        missing = len(undisturbed.runs) - len(loaded.runs)
        assert not missing or loaded.remarks(), done
        ended = "some are missing, and said to be" if missing else "all there"
    if resumed:
        again, _ = sweep(declared(5), place)
        for table, expected in zip(without_clocks(again), without_clocks(undisturbed), strict=True):
            pd.testing.assert_frame_equal(table, expected, check_exact=True)
        assert not differs(harness.load(place), again)
        assert len(harness.load(place).runs) == len(undisturbed.runs)
        assert replace(again, notes=()).remarks() == []
    shutil.rmtree(place)
    return done, ended


def study(whole: Path, tmp_path: Path, cases: int, resume_every: int) -> Counter[tuple[str, str]]:
    rng = np.random.default_rng(20261125)
    counted: Counter[tuple[str, str]] = Counter()
    for case in range(cases):
        done, ended = outcome(whole, tmp_path / str(case), rng, case % resume_every == 0)
        counted[done.split()[0], ended] += 1
    return counted


def test_a_sample_of_damages(whole: Path, tmp_path: Path) -> None:
    counted = study(whole, tmp_path, cases=60, resume_every=6)
    assert counted.total() == 60
    assert {ended for _, ended in counted} == {"refused", "some are missing, and said to be", "all there"}


@pytest.mark.slow
def test_five_thousand_damages(whole: Path, tmp_path: Path) -> None:
    counted = study(whole, tmp_path, cases=5_000, resume_every=10)
    for (kind, ended), number in sorted(counted.items()):
        print(f"{kind}, {ended}: {number}")
    assert counted.total() == 5_000
