"""Under numba's bounds checks an index beyond an array is found, by address as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import optimizers

ROOT = Path(optimizers.__file__).parent.parent

PLANTED = """
import numpy as np
from numba import float64, int64
from optimizers.compilation import compiled
from optimizers.function_addresses import address, caller

SIGNATURE = float64(float64[::1], int64)
call = caller(SIGNATURE)

@compiled()
def entry(array, place):
    return array[place]

@compiled()
def by_address(function, array, place):
    return call(function, array, place) + 1.0

@compiled()
def twice_removed(function, array, place):
    return by_address(function, array, place)

numbers = np.ones(3)
assert entry(numbers, 2) == 1.0
assert twice_removed(address(entry, SIGNATURE), numbers, 2) == 2.0
for action in (
    lambda: entry(numbers, 3),
    lambda: by_address(address(entry, SIGNATURE), numbers, 3),
    lambda: twice_removed(address(entry, SIGNATURE), numbers, 3),
):
    try:
        action()
    except IndexError:
        print("found")
"""


def test_a_planted_read_beyond_an_array_is_found(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLANTED],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "NUMBA_BOUNDSCHECK": "1",
            "NUMBA_CACHE_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["found"] * 3, done.stderr
