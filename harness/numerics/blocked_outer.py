"""The outer products of one tile of rows, cut into blocks of dot products that hold their sums in registers.

As ``blocked_product`` does, it has its loops written in LLVM's words.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.numerics.register_blocks import ADD, OUTER_SHAPES, write_outer
from harness.numerics.vector_writer import Value, Writer, whole
from optimizers.lowered import lowered


class _Products(NamedTuple):
    """The arguments of ``add_outer_products``, as LLVM's values."""

    delta: Value
    d0: Value
    a: Value
    a0: Value
    a_stride: Value
    gradient: Value
    place: Value
    ins: Value
    outs: Value
    m: Value


def _shares(write: Writer, ins: Value) -> Iterator[tuple[int, tuple[int, ...], Value, Value]]:
    """Yield columns and units of blocks, how many blocks of columns there are, and the first one's column."""
    builder, first = write.builder, whole(0)
    for number, (columns, units) in enumerate(OUTER_SHAPES):
        # As many as fill the next smaller block are left to it.
        left_over = OUTER_SHAPES[number + 1][0] if number + 1 < len(OUTER_SHAPES) else 0
        some = write.plus(builder.sub(ins, first), whole(columns - 1 - left_over))
        blocks = builder.sdiv(some, whole(columns))
        yield columns, units, blocks, first
        first = write.plus(first, builder.mul(blocks, whole(columns)))


def _write(target: Any, builder: Any, *values: Value) -> None:
    write, asked = Writer(builder), _Products(*values)
    most = max(unit for _, units in OUTER_SHAPES for unit in units)
    between_deltas = write.bytes_apart(asked.delta, asked.m, most)
    between_columns = write.bytes_apart(asked.a, asked.a_stride, max(columns for columns, _ in OUTER_SHAPES))
    for columns, units, blocks, first in _shares(write, asked.ins):
        between = between_deltas, between_columns[:columns]
        # The units below outside, for they are the more: so they stay in the core's first cache.
        write.loop(blocks, [], functools.partial(_write_columns, write, asked, between, units, first))


def _write_columns(
    write: Writer,
    asked: _Products,
    between: tuple[Sequence[Value], Sequence[Value]],
    units: tuple[int, ...],
    first: Value,
    k: Value,
    carried: list[Value],
) -> list[Value]:
    """Write the blocks of all units above for the k-th block of units below."""
    builder, (between_deltas, between_columns) = write.builder, between
    columns = whole(len(between_columns))
    i = write.plus(first, builder.mul(k, columns))
    left = builder.sub(asked.ins, i)
    count = builder.select(builder.icmp_signed("<", left, columns), left, columns)
    below = write.plus(asked.a0, builder.mul(i, asked.a_stride))

    def in_units(several: int, done: Value, block: Value, carried: list[Value]) -> list[Value]:
        o = write.plus(done, builder.mul(block, whole(several)))
        write_outer(
            *(write, between_deltas[:several], between_columns, whole(ADD)),
            *(asked.delta, write.plus(asked.d0, builder.mul(o, asked.m))),
            *(asked.a, below, count, asked.m, asked.gradient),
            write.plus(asked.place, write.plus(builder.mul(o, asked.ins), i)),
            asked.ins,
        )
        return carried

    done = whole(0)
    for several in units:
        times = builder.sdiv(builder.sub(asked.outs, done), whole(several))
        write.loop(times, [], functools.partial(in_units, several, done))
        done = write.plus(done, builder.mul(times, whole(several)))
    return carried


@lowered(_write)
def add_outer_products(
    delta: Any,
    d0: int,
    a: Any,
    a0: int,
    a_stride: int,
    gradient: Any,
    place: int,
    ins: int,
    outs: int,
    m: int,
) -> None:
    """Do what ``products.weight_products`` does, for any number of rows."""
    for o in range(outs):
        own = delta[d0 + o * m :][:m]
        for i in range(ins):
            gradient[place + o * ins + i] += own @ a[a0 + i * a_stride :][:m]
