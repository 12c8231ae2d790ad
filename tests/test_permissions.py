"""What the system does not let a command read or write is named as such, and nothing is called damaged."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import python

import harness
from optimizers import Adam

# The superuser reads everything; without CAP_DAC_OVERRIDE (1) and CAP_DAC_READ_SEARCH (2) it is as everyone
# else is to its own files.
BEGIN = """
import ctypes
system, process = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0)
effective_permitted_inheritable = (ctypes.c_uint32 * 6)()
assert system.capget(process, effective_permitted_inheritable) == 0
for place in (0, 1):
    effective_permitted_inheritable[place] &= ~0b110
assert system.capset(process, effective_permitted_inheritable) == 0
from harness.cli.entry import main
main()
"""
EXPERIMENT = 'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 2\n'

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="rights are given up as Linux has it")


def call(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python(folder, "-c", BEGIN, *arguments, **environment)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    """A folder of results in a folder with its experiment, both made accessible again at the end."""
    (tmp_path / "small.toml").write_text(EXPERIMENT, encoding="utf-8")
    harness.run("xor", Adam(), budget=20, seeds=2, name="small", folder=tmp_path / "kept")
    yield tmp_path / "kept"
    for place in [tmp_path, *tmp_path.rglob("*")]:
        place.chmod(0o755)


@pytest.mark.parametrize("what", ["runs/*.parquet", "trace/*.parquet", "plans/*.json", "runs", "plans", "."])
def test_what_cannot_be_read_is_named_and_left_in_place(what: str, kept: Path) -> None:
    (found,) = kept.glob(what) if what != "." else [kept]
    found.chmod(0)
    show, run = ["show", "results", "kept"], ["run", "small.toml", "--output", "kept"]
    for arguments in (show, run) if what in (".", "runs") else (show,):
        done = call(kept.parent, *arguments)
        assert done.returncode == 2, done
        assert done.stderr.startswith("harness: kept"), done.stderr
        assert "Permission denied" in done.stderr
        assert "damaged" not in done.stderr
        assert done.stderr.count("\n") == 1
    found.chmod(0o755)
    assert not (kept / "damaged").exists()
    assert len(harness.load(kept).runs) == 2


@pytest.mark.parametrize("where", ["kept", "kept/runs", "kept/plans", "above"])
def test_what_cannot_be_written_is_named(where: str, kept: Path) -> None:
    if where == "above":
        shutil.rmtree(kept)
        kept.parent.chmod(0o555)
    else:
        (kept.parent / where).chmod(0o555)
    done = call(kept.parent, "run", "small.toml", "--seeds", "3", "--output", "kept")
    assert done.returncode == 2, done
    assert done.stderr.splitlines()[-1].startswith("harness: kept"), done.stderr
    assert "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    if where != "above":
        assert len(harness.load(kept).runs) >= 2


def test_an_experiment_that_cannot_be_read_is_named(kept: Path) -> None:
    (kept.parent / "small.toml").chmod(0)
    done = call(kept.parent, "run", "small.toml")
    assert (done.returncode, done.stderr) == (
        2,
        "harness: small.toml cannot be read: Permission denied; give the path of a .toml file\n",
    )


def test_a_figure_that_cannot_be_written_is_named(kept: Path) -> None:
    kept.chmod(0o555)
    done = call(kept.parent, "plot", "kept")
    assert done.returncode == 2
    assert done.stderr.startswith("harness: kept/convergence-cost.png cannot be written: Permission denied")


def test_a_cache_that_cannot_be_written_is_done_without(kept: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    places = {"HOME": str(closed), "XDG_CACHE_HOME": str(closed), "MPLCONFIGDIR": str(closed)}
    done = call(kept.parent, "show", "results", "kept", **places, NUMBA_CACHE_DIR=str(closed / "numba"))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
