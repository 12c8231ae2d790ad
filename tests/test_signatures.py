"""What compiled functions carry is read by name, and handed over at the price of a plain tuple."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba.core.errors import TypingError

from optimizers.compilation import UNCOMPILED, compiled
from optimizers.function_addresses import address, caller
from optimizers.objective import ALL_ROWS
from optimizers.signatures import VALUE, Data


def some_data() -> Data:
    return Data(np.array([2.0]), np.array([3]), np.array([5.0]), np.array([7, 11]))


@compiled()
def _sum(w: Any, rows: Any, data: Any) -> float:
    data.counters[1] += 1
    return w[0] + data.reals[0] + data.integers[0] + data.workspace[0] + data.counters[0]


def test_each_name_is_read_and_what_is_written_stays() -> None:
    data = some_data()
    assert _sum(np.ones(1), ALL_ROWS, data.unnamed()) == 1 + 2 + 3 + 5 + 7
    assert data.counters.tolist() == [7, 12]


def test_the_source_runs_in_python_to_the_same() -> None:
    data = some_data()
    assert _sum.py_func(np.ones(1), ALL_ROWS, data) == _sum(np.ones(1), ALL_ROWS, data.unnamed())
    assert data.counters.tolist() == [7, 13]


compiling = pytest.mark.skipif(UNCOMPILED, reason="nothing is compiled")


@compiling
def test_named_or_not_is_compiled_once() -> None:
    @compiled(allocates=True)
    def read(data: Any) -> Any:
        return data.counters[0]

    assert read(some_data()) == read(some_data().unnamed()) == 7
    assert len(read.signatures) == 1


def test_a_call_by_address_reads_the_same_names() -> None:
    call = caller(VALUE)

    @compiled()
    def through(function: int, w: Any, rows: Any, data: Any) -> float:
        return call(function, w, rows, data)

    assert through(address(_sum, VALUE), np.ones(1), ALL_ROWS, some_data().unnamed()) == 18


@compiling
@pytest.mark.parametrize("other", [(np.zeros(1), np.zeros(1)), (np.ones(1), 2, np.ones(1), np.ones(1))])
def test_other_tuples_have_no_names(other: Any) -> None:
    @compiled()
    def read(data: Any) -> Any:
        return data.counters[0]

    with pytest.raises(TypingError, match="counters"):
        read(other)
