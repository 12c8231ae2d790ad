"""Same seed, same bits: whatever ran before, with machine code from the cache or without, threads or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pandas as pd
import pytest
from bits import VARIANTS
from processes import ROOT, python

import harness
import optimizers
from optimizers.compilation import compiled

UPDATES = """
import sys
import numpy as np
import optimizers
for name in sys.argv[1:]:
    rule = optimizers.build_optimizer(name)
    rng = np.random.default_rng(0)
    w, state, settings = rng.normal(size=9), rule.state(9), rule.settings()
    for step in range(200):
        type(rule).update(w, rng.normal(size=9), state, settings, step)
    print(name, w.tobytes().hex())
"""


def run(cache: Path, *arguments: str) -> str:
    """Run Python in a process of its own, with a cache of machine code of its own; return what it prints."""
    done = python(ROOT, *arguments, NUMBA_CACHE_DIR=str(cache))
    assert done.returncode == 0, done.stderr
    return done.stdout


def updates(cache: Path, *names: str) -> dict[str, str]:
    """Return the bits that each update rule comes to, in one process that does them in this order."""
    lines = run(cache, "-c", UPDATES, *names).splitlines()
    return dict(line.split() for line in lines)


def test_adamw_has_its_bits_before_and_after_adam_compiled_and_loaded(tmp_path: Path) -> None:
    # Its update calls that of adam: numba's linker took whichever machine code of it was loaded first.
    found = [
        updates(tmp_path / "one", "adamw"),
        updates(tmp_path / "one", "adamw"),
        updates(tmp_path / "two", "adam", "adamw"),
    ]
    assert len({each["adamw"] for each in found if "adamw" in each}) == 1


@compiled()
def callee(x: Any) -> Any:
    total = 0.0
    for i in range(x.size):
        total += x[i] * 3.0 + x[i] / 7.0
        x[i] = total * x[i] + x[i] * 0.1
    return total


@compiled(allocates=True)
def calling(x: Any) -> Any:
    return callee(x.copy()) + callee(x)


@compiled(parallel=True)
def calling_in_parallel(x: Any) -> Any:
    result = np.zeros(4)
    for i in numba.prange(4):
        result[i] = callee(x.copy())
    return result


def test_no_object_of_machine_code_leaves_it_to_the_linker_which_copy_is_called() -> None:
    for function in (callee, calling, calling_in_parallel):
        function(np.ones(5))
        (signature,) = function.signatures
        module = function.overloads[signature].library._final_module
        shared = [
            each.name
            for each in module.functions
            if not each.is_declaration and each.linkage in (llvm.Linkage.linkonce_odr, llvm.Linkage.weak_odr)
        ]
        assert shared == []
        undefined = [
            each.name for each in module.functions if each.is_declaration and "test_same" in each.name
        ]
        assert undefined == []


def test_a_run_has_its_bits_whoever_does_it() -> None:
    problem, chosen = harness.problems.load("xor"), [optimizers.AdamW(), optimizers.LBFGS()]
    frames = [harness.run(problem, chosen, seeds=2, budget=100, workers=workers).trace for workers in (1, 2)]
    first, second = (
        frame[[name for name in frame if "seconds" not in name]].sort_values(
            ["run_id", "iteration"], ignore_index=True
        )
        for frame in frames
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


def digests(pairs: int, shuffle: int, part: str = "1/1", **environment: str) -> dict[str, str]:
    """Run pairs in a process of its own; return a digest of each."""
    bits = str(ROOT / "tests" / "bits.py")
    done = python(ROOT, bits, str(pairs), str(shuffle), part, **environment)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    assert one.keys() == other.keys()
    return [pair for pair in one if one[pair] != other[pair]]


def test_every_optimizer_has_its_bits_in_another_order_and_in_two_processes() -> None:
    pairs = len(optimizers.known_optimizers()) + len(VARIANTS)
    one = digests(pairs, 1)
    assert set(optimizers.known_optimizers()) <= {pair.split(" ")[0].split(":")[0] for pair in one}
    assert differing(one, {**digests(pairs, 2, "1/2"), **digests(pairs, 2, "2/2")}) == []


@pytest.mark.slow
def test_a_thousand_pairs_have_their_bits_however_they_are_run(tmp_path: Path) -> None:
    """Do 1,000 runs in one process, in two, with an empty cache and on one thread: five minutes.

    ``python -m pytest -m slow tests/test_same_bits.py``
    """
    one = digests(1000, 1)
    assert len(one) == 1000
    assert differing(one, {**digests(1000, 2, "1/2"), **digests(1000, 2, "2/2")}) == []
    assert differing(one, digests(1000, 3, NUMBA_CACHE_DIR=str(tmp_path))) == []
    assert differing(one, digests(1000, 4, NUMBA_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")) == []
