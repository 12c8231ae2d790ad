"""With ``NUMBA_DISABLE_JIT=1`` everything runs as Python, to the same numbers but for their last bits."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import started

from harness.network import data as packing
from harness.network import kernels
from harness.network.network import Network
from harness.runs.provenance import package_fingerprint
from optimizers.compilation import UNCOMPILED, compiled
from optimizers.compiled_function import UncompiledFunction
from optimizers.objective import ALL_ROWS
from optimizers.signatures import Data

SOLVE = """
import json, sys
from numba.core.event import install_recorder
import numpy as np
import harness
from harness.runs.provenance import package_fingerprint
from optimizers import build_optimizer

with install_recorder("numba:compile") as recorder:
    problem = harness.problems.load("iris")
    objective = problem.objective()
    w = problem.start(seed=1)
    loss, gradient = objective.value_and_gradient(w)
    losses = objective.values(np.stack([w, 0.5 * w]))
    some = objective.value(w, rows=np.array([0, 104, 7]))
    single = harness.problems.load("iris:precision=float32").objective()
    rounded, slope = single.value_and_gradient(w)
    in_single = [rounded, *single.values(np.stack([w, 0.5 * w])), np.linalg.norm(slope)]
    results = harness.run("xor", ["adam", "genetic-algorithm", "evolution-strategy"], seeds=2, budget=60)
said = {
    "single": in_single,
    "gradient": [loss, some, *losses, *gradient],
    "final": list(results.runs["final_loss"]),
    "cost": list(results.runs["cost"]),
    "fingerprint": package_fingerprint(),
    "compilations": len(recorder.buffer),
}
json.dump(said, sys.stdout)
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Any]:
    """What one script says, with compilation and without."""
    folder = tmp_path_factory.mktemp("uncompiled")
    found = {}
    for off in (False, True):
        done = started(folder, "-c", SOLVE, NUMBA_DISABLE_JIT="1" if off else "0")
        assert done.returncode == 0, done.stderr
        assert ("NUMBA_DISABLE_JIT is set" in done.stderr) == off
        found[off] = json.loads(done.stdout)
    return found


def test_nothing_is_compiled(said: dict[bool, Any]) -> None:
    assert said[True]["compilations"] == 0


def test_losses_gradients_and_whole_searches_are_those_of_machine_code(said: dict[bool, Any]) -> None:
    for what, tolerance in (("gradient", 1e-13), ("single", 1e-6), ("final", 1e-9), ("cost", 0.0)):
        np.testing.assert_allclose(said[True][what], said[False][what], tolerance, 1e-15, err_msg=what)


def test_results_are_told_apart_from_those_of_compiled_code(said: dict[bool, Any]) -> None:
    assert said[True]["fingerprint"] != said[False]["fingerprint"]
    assert said[UNCOMPILED]["fingerprint"] == package_fingerprint()


def test_a_division_by_zero_is_as_silent_as_in_machine_code() -> None:
    function = UncompiledFunction(lambda x, y: x / y, {}, lambda x, y: x / y)
    one, none = np.float64(1.0), np.float64(0.0)
    assert function(one, none) == np.inf
    assert np.isnan(function(none, none))


BEYOND = """
import json, math
import math as of_c
from optimizers.compilation import compiled

@compiled()
def answers(x, numbers):
    numbers[0], numbers[1], numbers[2] = math.exp(1000.0 * x), math.log(0.0 * x), math.log(-x)
    numbers[3], numbers[4], numbers[5] = math.sqrt(-x), math.log1p(-x), of_c.lgamma(0.0 * x)
    numbers[6], numbers[7], numbers[8] = math.acos(2.0 * x), math.atanh(x), math.sinh(1000.0 * x)
    numbers[9], numbers[10], numbers[11] = math.pow(-x, 0.5), math.pow(10.0 * x, 400.0), math.gamma(200.0 * x)
    numbers[12], numbers[13], numbers[14] = math.log10(0.0 * x), math.log2(0.0 * x), math.tan(math.inf * x)
    numbers[15], numbers[16], numbers[17] = math.exp(x), math.lgamma(0.5 * x), math.ldexp(x, 2000)

import numpy as np
numbers = np.empty(18)
answers(1.0, numbers)
print(json.dumps([repr(float(number)) for number in numbers]))
"""


def test_functions_of_mathematics_have_the_infinities_of_machine_code(tmp_path: Path) -> None:
    (tmp_path / "beyond.py").write_text(BEYOND, encoding="utf-8")
    said = []
    for off in ("0", "1"):
        done = started(tmp_path, "-W", "ignore", "beyond.py", NUMBA_DISABLE_JIT=off)
        assert done.returncode == 0, done.stderr
        said.append([float(number) for number in json.loads(done.stdout)])
    np.testing.assert_allclose(said[1], said[0], rtol=1e-15)
    assert {"inf", "-inf", "nan"} <= set(map(str, said[0]))


def test_a_function_that_python_cannot_run_has_a_plain_form(tmp_path: Path) -> None:
    script = """
from optimizers.compilation import UNCOMPILED, compiled

def plain(x):
    return x + 1

@compiled(plain=plain)
def next_after(x):
    return of_the_processor(x)

print(next_after(3), next_after.py_func.__name__)
"""
    done = started(tmp_path, "-W", "ignore", "-c", script, NUMBA_DISABLE_JIT="1")
    assert done.stdout.split() == ["4", "next_after"], done.stderr


def test_a_plain_form_has_no_part_in_machine_code() -> None:
    @compiled(plain=lambda x: x + 1)
    def doubled(x: int) -> int:
        return 2 * x

    assert doubled(3) == (4 if UNCOMPILED else 6)


def grouped(monkeypatch: pytest.MonkeyPatch, group_rows: int) -> tuple[Data, np.ndarray]:
    """A small network and 41 rows, packed so that a group has few rows, and parameters."""
    monkeypatch.setattr(packing, "GROUP_ROWS", group_rows)
    monkeypatch.setattr(kernels, "GROUP_WORK", 1)
    monkeypatch.setattr(packing, "_layout_of", inspect.unwrap(packing._layout_of))
    rng = np.random.default_rng(0)
    network = Network(sizes=(3, 4, 2), activation="tanh", loss="half-squared")
    X, Y = rng.normal(size=(41, 3)), rng.normal(size=(41, 2))
    return packing.pack(network, X, Y, np.zeros(2, dtype=np.int64)), rng.normal(size=network.size)


@pytest.mark.parametrize(("group_rows", "groups"), [(41, 1), (20, 2), (13, 3), (10, 4), (1, 4)])
def test_any_number_of_groups_comes_to_the_same_numbers_and_is_counted_once(
    group_rows: int, groups: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, w = grouped(monkeypatch, group_rows)
    assert data.integers[kernels.GROUPS] == groups
    whole, _ = grouped(monkeypatch, 41)
    wanted, found = np.full(w.size, np.nan), np.full(w.size, np.nan)
    population = np.stack([w * factor for factor in np.linspace(-1.0, 1.0, 7)])
    for rows in (ALL_ROWS, np.array([40, 0, 7, 7])):
        loss = kernels.value_and_gradient(w, rows, whole, wanted)
        assert kernels.value_and_gradient(w, rows, data, found) == pytest.approx(loss, rel=1e-14)
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)
        losses = np.full(7, np.nan)
        kernels.values(population, rows, data, losses)
        np.testing.assert_allclose(losses, [kernels.value(each, rows, whole) for each in population], 1e-14)
    assert data.counters.tolist() == [7 * 41 + 7 * 4, 41 + 4]
