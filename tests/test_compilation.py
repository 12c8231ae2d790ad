"""The cache of machine code: edits are seen, unchanged code is loaded, and imports compile nothing."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from processes import python, started

import optimizers
from harness.problems import load
from optimizers.compilation import cache_directory

ROOT = Path(optimizers.__file__).parent.parent

CONSTANTS = """
OFFSET = {offset}
"""

A = """
from optimizers.compilation import compiled
from tinypackage.constants import OFFSET

@compiled()
def factor(x):
    return {factor} * x + OFFSET
"""

B = """
from numba import float64
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller
from tinypackage.a import factor

SIGNATURE = float64(float64)
call = caller(SIGNATURE)

@compiled()
def scaled(x):
    return factor(x) + 1.0

@compiled()
def at_ten(function):
    return call(function, 10.0)

def answer():
    return scaled(10.0), at_ten(address(scaled, SIGNATURE))
"""

CALL = """
from tinypackage.b import answer, at_ten, scaled
results = answer()
statistics = [scaled.stats, at_ten.stats]
hits = sum(sum(one.cache_hits.values()) for one in statistics)
misses = sum(sum(one.cache_misses.values()) for one in statistics)
print(*results, hits, misses)
"""

PLUGIN = """
from optimizers.compilation import compiled
from tinypackage.a import factor

@compiled()
def doubled(x):
    return 2.0 * factor(x)
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


def run(
    script: str, cache: Path, *paths: Path, warned: bool = False, alone: bool = False, **settings: str
) -> list[str]:
    """Run a script in a process of its own, started for it if ``alone``; return the words that it prints."""
    environment = {
        "NUMBA_CACHE_DIR": str(cache),
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, *paths))),
        "PYTHONDONTWRITEBYTECODE": "1",
        **settings,
    }
    done = (started if alone else python)(cache.parent, "-c", script, **environment)
    assert done.returncode == 0, done.stderr
    assert ("machine code is not kept" in done.stderr) == warned, done.stderr
    return done.stdout.split()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two files, one of which uses a function of the other."""
    folder = tmp_path / "tinypackage"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "constants.py").write_text(CONSTANTS.format(offset=0.0))
    (folder / "a.py").write_text(A.format(factor=2.0))
    (folder / "b.py").write_text(B)
    return folder


def test_unchanged_code_is_loaded_and_an_edit_in_another_file_is_seen(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(CALL, cache, tmp_path) == ["21.0", "21.0", "0", "2"]
    assert run(CALL, cache, tmp_path) == ["21.0", "21.0", "2", "0"], "loaded, nothing compiled"
    edited = package / "a.py"
    times = edited.stat()
    edited.write_text(A.format(factor=3.0))
    # Same length and same time of edit: only the text tells.
    os.utime(edited, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert run(CALL, cache, tmp_path) == ["31.0", "31.0", "0", "2"]


def test_an_edit_of_a_constant_that_compiled_code_reads_is_seen(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(CALL, cache, tmp_path)[:2] == ["21.0", "21.0"]
    (package / "constants.py").write_text(CONSTANTS.format(offset=5.0))
    assert run(CALL, cache, tmp_path)[:2] == ["26.0", "26.0"]


def test_an_edit_in_another_package_is_seen(package: Path, tmp_path: Path) -> None:
    cache, call = tmp_path / "cache", "from plugin import doubled; print(doubled(10.0))"
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "__init__.py").write_text(PLUGIN)
    assert run(call, cache, tmp_path) == ["40.0"]
    (package / "a.py").write_text(A.format(factor=3.0))
    assert run(call, cache, tmp_path) == ["60.0"]


def test_an_edit_where_nothing_is_compiled_keeps_the_machine_code(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(CALL, cache, tmp_path)
    (tmp_path / "beside.py").write_text("NOTHING = 1\n")
    assert run(CALL, cache, tmp_path) == ["21.0", "21.0", "2", "0"]


@pytest.mark.parametrize(
    "statement",
    ["from tinypackage import constants", "from . import constants", "from .constants import OFFSET as kept"],
)
def test_an_edit_of_a_constant_is_seen_however_it_is_imported(
    package: Path, tmp_path: Path, statement: str
) -> None:
    text = A.replace("from tinypackage.constants import OFFSET", statement).format(factor=2.0)
    name = "kept" if "kept" in statement else "constants.OFFSET"
    (package / "a.py").write_text(text.replace("+ OFFSET", f"+ {name}"))
    cache, call = tmp_path / "cache", "from tinypackage.a import factor; print(factor(10.0))"
    assert run(call, cache, tmp_path) == ["20.0"]
    (package / "constants.py").write_text(CONSTANTS.format(offset=5.0))
    assert run(call, cache, tmp_path) == ["25.0"]


def test_machine_code_of_other_settings_of_numba_is_not_taken(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(CALL, cache, tmp_path)
    assert run(CALL, cache, tmp_path, NUMBA_OPT="0")[2:] == ["0", "2"]
    assert run(CALL, cache, tmp_path)[2:] == ["2", "0"]


def test_a_damaged_entry_is_compiled_anew(package: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    run(CALL, cache, tmp_path)
    whole = {path.name for path in files_in(cache)}
    for damage in (lambda b: b"", lambda b: b[: len(b) // 2], lambda b: b[:-9] + b"x" + b[-8:]):
        for path in files_in(cache):
            path.write_bytes(damage(path.read_bytes()))
        assert run(CALL, cache, tmp_path) == ["21.0", "21.0", "0", "2"]
    assert run(CALL, cache, tmp_path) == ["21.0", "21.0", "2", "0"], "and is whole again"
    assert {path.name for path in files_in(cache)} == whole


def test_a_folder_that_cannot_be_made_costs_a_compilation_and_one_sentence(
    package: Path, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file")
    assert run(CALL, in_the_way, tmp_path, warned=True) == ["21.0", "21.0", "0", "2"]
    assert in_the_way.read_text() == "a file"
    assert not list(package.rglob("*.nb?")), "nothing beside the sources, where an edit would not be seen"


def test_processes_that_write_at_once_leave_each_signature_its_own_machine_code(
    package: Path, tmp_path: Path
) -> None:
    # numba numbers the signatures of a function in an index that all processes rewrite.
    cache = tmp_path / "cache"
    calls = [f"from tinypackage.a import factor; print(factor({x}))" for x in ("10.0", "10", "10j", "True")]
    expected = [["20.0"], ["20.0"], ["20j"], ["2.0"]]
    with ThreadPoolExecutor(len(calls)) as pool:
        assert list(pool.map(lambda call: run(call, cache, tmp_path, alone=True), calls)) == expected
    both = calls[0] + "; print(*factor.stats.cache_hits.values())"
    assert run(both, cache, tmp_path) == ["20.0", "1"]
    assert run("\n".join(calls), cache, tmp_path) == [answer for (answer,) in expected]
    assert len([path for path in files_in(cache) if "factor" in path.name]) == 4


def test_importing_every_module_compiles_nothing_and_leaves_numba_as_it_was(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    assert run(IMPORT, cache, alone=True) == ["0", "True"]
    assert files_in(cache) == []


def test_declaring_and_calling_a_function_leaves_the_cache_folder_of_numba_as_it_was(tmp_path: Path) -> None:
    script = """
import numba
numba.config.CACHE_DIR = "mine"
from optimizers.descent.gradient_descent import _gradient_descent
import numpy as np
w = np.ones(2)
_gradient_descent(w, w.copy(), w, np.array([0.5]), 0)
print(w.tolist() == [0.5, 0.5], numba.config.CACHE_DIR)
"""
    cache = tmp_path / "cache"
    assert run(script, cache) == ["True", "mine"]
    assert files_in(cache), "the machine code is where NUMBA_CACHE_DIR said at the start"


def test_an_objective_sent_to_another_process_is_refused_or_gives_the_same_loss(tmp_path: Path) -> None:
    problem = load("xor")
    objective, sent = problem.objective(), tmp_path / "objective"
    try:
        sent.write_bytes(pickle.dumps(objective))
    except (TypeError, ValueError):  # refused: addresses of functions hold in one process only
        return
    script = f"""
import pathlib, pickle
objective = pickle.loads(pathlib.Path({str(sent)!r}).read_bytes())
print(objective.value({problem.start().tolist()}))
"""
    assert run(script, cache_directory("harness").parent) == [str(objective.value(problem.start()))]


def test_the_folder_of_a_package_does_not_depend_on_what_was_imported_before(tmp_path: Path) -> None:
    # A worker imports in another order than the process that has compiled for it.
    say = "from optimizers.compilation import cache_directory; print(*map(cache_directory, PACKAGES))"
    packages = "PACKAGES = ['optimizers', 'harness']; "
    compiling = ["optimizers.population", "harness.numerics.elementary"]
    orders = (f"import {first}, {second}; " for first, second in (compiling, compiling[::-1]))
    first, second = (
        run(order + packages + say, tmp_path / "cache", tmp_path, alone=True) for order in orders
    )
    assert first == second
