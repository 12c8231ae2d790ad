"""What threads tell one another by: int64 numbers, read and written whole and in one order for all."""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils

from optimizers.lowered import lowered

_ORDER = "seq_cst"


def _at(builder: Any, data: Any, place: Any) -> Any:
    return builder.gep(data, [place])


def _load(target: Any, builder: Any, data: Any, place: Any) -> Any:
    return builder.load_atomic(_at(builder, data, place), _ORDER, 8)


@lowered(_load, types.int64)
def load(numbers: Any, place: int) -> int:
    """Return a number that another thread may have written."""
    return int(numbers[place])


def _store(target: Any, builder: Any, data: Any, place: Any, number: Any) -> None:
    builder.store_atomic(number, _at(builder, data, place), _ORDER, 8)


@lowered(_store)
def store(numbers: Any, place: int, number: int) -> None:
    """Write a number, and all that was written before it, for other threads to see."""
    numbers[place] = number


def _add(target: Any, builder: Any, data: Any, place: Any, number: Any) -> Any:
    return builder.atomic_rmw("add", _at(builder, data, place), number, _ORDER)


@lowered(_add, types.int64)
def add(numbers: Any, place: int, number: int) -> int:
    """Add to a number, and return what it was before."""
    before = int(numbers[place])
    numbers[place] += number
    return before


def _replace(target: Any, builder: Any, data: Any, place: Any, expected: Any, number: Any) -> Any:
    answer = builder.cmpxchg(_at(builder, data, place), expected, number, _ORDER, _ORDER)
    return builder.zext(builder.extract_value(answer, 1), ir.IntType(64))


@lowered(_replace, types.int64)
def replace(numbers: Any, place: int, expected: int, number: int) -> int:
    """Write a number where another is expected; return 1 if that was there, 0 if nothing was written."""
    if numbers[place] != expected:
        return 0
    numbers[place] = number
    return 1


def _relax(target: Any, builder: Any) -> None:
    machine = llvm.get_process_triple().partition("-")[0]
    if machine in ("x86_64", "i686"):
        kind = ir.FunctionType(ir.VoidType(), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])


@lowered(_relax)
def relax() -> None:
    """Tell the processor that this thread waits for another one."""
