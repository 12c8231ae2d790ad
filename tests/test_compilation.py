"""The cache of machine code: edits are seen, unchanged code is loaded, and imports compile nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import optimizers

ROOT = Path(optimizers.__file__).parent.parent

A = """
from optimizers.compilation import compiled

@compiled()
def factor(x):
    return {factor} * x
"""

B = """
from numba import types
from optimizers.compilation import compiled
from tinypackage.a import factor

@compiled()
def scaled(x):
    return factor(x) + 1.0

@compiled(types.float64(types.float64))
def declared(x):
    return factor(x) + 2.0
"""

CALL = """
from tinypackage.b import declared, scaled
results = scaled(10.0), declared(10.0)
statistics = [scaled.stats, declared._function.stats]
hits = sum(sum(one.cache_hits.values()) for one in statistics)
misses = sum(sum(one.cache_misses.values()) for one in statistics)
print(*results, hits, misses)
"""

IMPORT = """
import importlib, pkgutil
import numba
from numba.core.event import install_recorder
before = numba.config.CACHE_DIR
with install_recorder("numba:compile") as recorder:
    for name in ("optimizers", "harness"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, name + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
print(len(recorder.buffer), numba.config.CACHE_DIR == before)
"""


def run(script: str, cache: Path, *paths: Path) -> list[str]:
    """Run a script in a process of its own, and return the words that it prints."""
    environment = os.environ | {
        "NUMBA_CACHE_DIR": str(cache),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *paths))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=cache.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two files, one of which uses a function of the other."""
    folder = tmp_path / "tinypackage"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "a.py").write_text(A.format(factor=2.0))
    (folder / "b.py").write_text(B)
    return folder


def test_unchanged_code_is_loaded_and_an_edit_in_another_file_is_seen(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(CALL, cache, tmp_path) == ["21.0", "22.0", "0", "2"]
    assert run(CALL, cache, tmp_path) == ["21.0", "22.0", "2", "0"], "loaded, nothing compiled"
    edited = package / "a.py"
    times = edited.stat()
    edited.write_text(A.format(factor=3.0))
    # Same length and same time of edit: only the text tells.
    os.utime(edited, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert run(CALL, cache, tmp_path) == ["31.0", "32.0", "0", "2"]
    edited.write_text(A.format(factor=2.0))
    assert run(CALL, cache, tmp_path)[:2] == ["21.0", "22.0"], "an edit taken back is seen as well"


def test_an_edit_where_nothing_is_compiled_keeps_the_machine_code(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(CALL, cache, tmp_path)
    (package / "__init__.py").write_text("NOTHING = 1\n")
    assert run(CALL, cache, tmp_path) == ["21.0", "22.0", "2", "0"]


def test_importing_every_module_compiles_nothing_and_leaves_numba_as_it_was(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    assert run(IMPORT, cache) == ["0", "True"]
    assert files_in(cache) == []


def test_declaring_and_calling_a_function_leaves_the_cache_folder_of_numba_as_it_was(tmp_path: Path) -> None:
    script = """
import numba
numba.config.CACHE_DIR = "mine"
from optimizers.update_rules import _plain
import numpy as np
w = np.ones(2)
_plain(w, w.copy(), w, np.array([0.5]), 0)
print(w.tolist() == [0.5, 0.5], numba.config.CACHE_DIR)
"""
    cache = tmp_path / "cache"
    assert run(script, cache) == ["True", "mine"]
    assert files_in(cache), "the machine code is where NUMBA_CACHE_DIR said at the start"
