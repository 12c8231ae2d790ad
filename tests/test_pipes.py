"""A pipe or a device in a file's place is named, and not waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import harness
from harness.sweeps.experiment_file import read_experiment
from optimizers import Adam, InputError


@pytest.mark.parametrize("kind", ["experiment", "table", "model", "part", "device"])
def test_a_pipe_or_a_device_is_not_waited_for(kind: str, tmp_path: Path) -> None:
    harness.run("xor", Adam(), budget=20, seeds=1, folder=tmp_path / "kept")
    places = {"experiment": "a.toml", "table": "a.csv", "model": "a.npz", "device": "b.toml"}
    part = next((tmp_path / "kept" / "runs").iterdir())
    place = part if kind == "part" else tmp_path / places[kind]
    place.unlink(missing_ok=True)
    if kind == "device":
        place.symlink_to("/dev/zero")
    else:
        os.mkfifo(place)
    asks: dict[str, Callable[[], object]] = {
        "table": lambda: harness.problems.load("table", file=str(place), predict="y"),
        "model": lambda: harness.load_model(place),
        "part": lambda: harness.load(tmp_path / "kept"),
    }
    with pytest.raises(InputError, match=f"{place.name} is a pipe or a device"):
        asks.get(kind, lambda: read_experiment(str(place)))()
