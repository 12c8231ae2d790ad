"""The innermost blocks of matrix products, written in vectors, for LLVM does not find them by itself.

A block keeps its sums in registers through the whole inner loop: eight units by three vectors of rows are 24
sums, for which a step loads eleven numbers or vectors. Plain loops over rows, left to LLVM's vectoriser, load
and store their sums at every fourth product and came to 18 of 60 thousand million multiply-adds a second
(64-32-10, one core with AVX-512); these blocks come to 50.

A vector is eight float64 or sixteen float32 on every processor, and LLVM makes two or four instructions of
one where registers are shorter. So additions have the same order everywhere. Rows that fill no whole vector
are loaded and stored under a mask. Which numbers a block works with is said by its arrays, all of one type.

Each block is a Python function that says in plain loops what it computes, and runs so where nothing is
compiled. Compiled code gets the instructions that are registered for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import llvmlite.binding as llvm
import numba

from harness.numerics.vector_writer import (
    VECTOR_BYTES,
    Value,
    Writer,
    side_by_side,
    vector_of,
    whole,
    zeros,
)
from optimizers.lowered import lowered

LANES = 8
"""Float64 numbers of a vector."""

ADD, ZERO, BIAS = range(3)
"""What sums begin with: what is there, zero, or the bias of their unit."""


def _has_wide_registers() -> bool:
    """Say whether there are 32 registers of eight numbers, on the processor that numba compiles for."""
    config: Any = numba.config
    if config.CPU_NAME is not None or config.CPU_FEATURES is not None:
        return "+avx512f" in (config.CPU_FEATURES or "")
    return bool(llvm.get_host_cpu_features().get("avx512f"))


_WIDE = _has_wide_registers()

TEN = 10
"""Units, for ten classes, of a block that stands in for one of eight and one of two where two would be left:
the losses of 64-256-10 take 3 % less."""

PRODUCT_SHAPES = ((TEN, 2), (8, 3), (4, 4), (2, 8), (1, 8)) if _WIDE else ((6, 1), (4, 1), (2, 2), (1, 4))
"""Units and vectors of a block, in the order in which units are shared out. Sums, a step's vectors and one
weight fit into 32 registers of 64 bytes, or into 16 of 32."""

OUTER_SHAPES = ((8, (3, 1)), (4, (4, 1))) if _WIDE else ((2, (3, 1)),)
"""Units below of a block of dot products, and with each how many units above there are, in the order in which
both are shared out. With four below beside eight a gradient of 2-8-1 on 140 rows takes 1.63 us in place of
1.77, one of 4-8-3 on 150 2.15 in place of 2.40."""


def product_block(units: int, vectors: int, masked: bool = False) -> Callable[..., None]:
    """Return a function that multiplies ``units`` rows of weights with some inputs, for ``vectors`` of rows.

    ``block(begin, w, place, out_step, in_step, ins, bias, a, a0, a_stride, z, z0, z_stride, rows)``: for each
    unit o and row r, ``z[z0 + o z_stride + r]`` becomes what the sums begin with, for ``BIAS`` ``w[bias +
    o]``, and ``w[place + o out_step + i in_step] a[a0 + i a_stride + r]`` for i = 0, 1, and so on. A masked
    block has ``rows`` of them, any other has all, whatever ``rows`` says.
    """

    def block(
        begin: int,
        w: Any,
        place: int,
        out_step: int,
        in_step: int,
        ins: int,
        bias: int,
        a: Any,
        a0: int,
        a_stride: int,
        z: Any,
        z0: int,
        z_stride: int,
        rows: int,
    ) -> None:
        for o in range(units):
            for r in range(rows if masked else VECTOR_BYTES // z.itemsize * vectors):
                at = z0 + o * z_stride + r
                total = z[at] if begin == ADD else w[bias + o] if begin == BIAS else 0.0
                for i in range(ins):
                    total += w[place + o * out_step + i * in_step] * a[a0 + i * a_stride + r]
                z[at] = total

    def generate(
        target: Any, builder: Any, begin: Value, w: Value, place: Value, out_step: Value, *others: Value
    ) -> None:
        write = Writer(builder)
        between = write.bytes_apart(w, out_step, units)
        write_product(write, vectors, masked, between, begin, w, place, *others)

    return lowered(generate)(block)


def write_product(
    write: Writer,
    vectors: int,
    masked: bool,
    between: Sequence[Value],
    begin: Value,
    w: Value,
    place: Value,
    in_step: Value,
    ins: Value,
    bias: Value,
    a: Value,
    a0: Value,
    a_stride: Value,
    z: Value,
    z0: Value,
    z_stride: Value,
    rows: Value,
) -> None:
    """Write the instructions of ``product_block``; ``between`` has the bytes from its first unit to each."""
    builder, kind, units = write.builder, vector_of(z), len(between)
    shifts = [whole(kind.count * v) for v in range(vectors)]
    masks = [write.below(builder.sub(rows, shift), kind.count) if masked else None for shift in shifts]
    places = [write.plus(row, shift) for row in write.strided(z0, z_stride, units) for shift in shifts]
    adding, with_bias, empty, start = (
        builder.append_basic_block(name) for name in ("adding", "with_bias", "empty", "start")
    )
    switch = builder.switch(begin, empty)
    switch.add_case(whole(ADD), adding)
    switch.add_case(whole(BIAS), with_bias)
    builder.position_at_end(adding)
    there = [write.load(z, at, masks[each % vectors]) for each, at in enumerate(places)]
    builder.branch(start)
    builder.position_at_end(with_bias)
    biases = [write.of(w, write.plus(bias, whole(o)), kind.count) for o in range(units)]
    builder.branch(start)
    builder.position_at_end(empty)
    builder.branch(start)
    builder.position_at_end(start)
    first = [builder.phi(kind) for _ in places]
    for each, phi in enumerate(first):
        phi.add_incoming(there[each], adding)
        phi.add_incoming(biases[each // vectors], with_bias)
        phi.add_incoming(zeros(kind), empty)

    def step(i: Value, carried: list[Value]) -> list[Value]:
        weights, inputs, *sums = carried
        right = [write.load(inputs, shift, mask) for shift, mask in zip(shifts, masks, strict=True)]
        left = [write.of(write.moved(weights, size), whole(0), kind.count) for size in between]
        return [
            builder.gep(weights, [in_step]),
            builder.gep(inputs, [a_stride]),
            *(
                write.multiply_add(left[each // vectors], right[each % vectors], total)
                for each, total in enumerate(sums)
            ),
        ]

    pointers = [builder.gep(w, [place]), builder.gep(a, [a0])]
    _, _, *sums = write.loop(ins, [*pointers, *first], step)
    for each, (at, total) in enumerate(zip(places, sums, strict=True)):
        write.store(total, z, at, masks[each % vectors])


def outer_block(units: int, columns: int) -> Callable[..., None]:
    """Return a function that adds the dot products of ``units`` deltas with up to ``columns`` units below.

    ``block(begin, d, d0, d_stride, a, a0, a_stride, count, rows, g, g0, g_stride)``: ``g[g0 + o g_stride +
    i]``, for i below ``count``, becomes what is there for ``ADD`` or zero for ``ZERO``, and the sum over rows
    of ``d[d0 + o d_stride + r] a[a0 + i a_stride + r]``.
    """

    def block(
        begin: int,
        d: Any,
        d0: int,
        d_stride: int,
        a: Any,
        a0: int,
        a_stride: int,
        count: int,
        rows: int,
        g: Any,
        g0: int,
        g_stride: int,
    ) -> None:
        for o in range(units):
            for i in range(min(count, columns)):
                total = 0.0
                for r in range(rows):
                    total += d[d0 + o * d_stride + r] * a[a0 + i * a_stride + r]
                at = g0 + o * g_stride + i
                g[at] = (g[at] if begin == ADD else 0.0) + total

    def generate(
        target: Any,
        builder: Any,
        begin: Value,
        d: Value,
        d0: Value,
        d_stride: Value,
        a: Value,
        a0: Value,
        a_stride: Value,
        *others: Value,
    ) -> None:
        write = Writer(builder)
        between = write.bytes_apart(d, d_stride, units), write.bytes_apart(a, a_stride, columns)
        write_outer(write, *between, begin, d, d0, a, a0, *others)

    return lowered(generate)(block)


def write_outer(
    write: Writer,
    between_deltas: Sequence[Value],
    between_columns: Sequence[Value],
    begin: Value,
    d: Value,
    d0: Value,
    a: Value,
    a0: Value,
    count: Value,
    rows: Value,
    g: Value,
    g0: Value,
    g_stride: Value,
) -> None:
    """Write the instructions of ``outer_block``; ``between`` has the bytes from the first of each to each."""
    builder, kind = write.builder, vector_of(g)
    units, columns = len(between_deltas), len(between_columns)
    # A column beyond the last one reads the first once more, and is not stored.
    between = [
        builder.select(builder.icmp_signed("<", whole(i), count), size, whole(0))
        for i, size in enumerate(between_columns)
    ]

    def added(carried: list[Value], mask: Value | None) -> list[Value]:
        deltas, below, *sums = carried
        left = [write.load(write.moved(deltas, size), whole(0), mask) for size in between_deltas]
        # Column by column: with all columns loaded before, there is one register too few.
        for i, size in enumerate(between):
            right = write.load(write.moved(below, size), whole(0), mask)
            for o in range(units):
                each = o * columns + i
                sums[each] = write.multiply_add(left[o], right, sums[each])
        return [builder.gep(deltas, [lanes]), builder.gep(below, [lanes]), *sums]

    lanes = whole(kind.count)
    full, left_over = builder.sdiv(rows, lanes), builder.srem(rows, lanes)
    pointers = [builder.gep(d, [d0]), builder.gep(a, [a0])]
    carried = write.loop(
        full, [*pointers, *[zeros(kind)] * (units * columns)], lambda r, carried: added(carried, None)
    )
    some = builder.zext(builder.icmp_signed(">", left_over, whole(0)), left_over.type)
    mask = write.below(left_over, kind.count)
    _, _, *sums = write.loop(some, carried, lambda r, carried: added(carried, mask))
    stored = write.below(count, columns)
    adding = builder.icmp_signed("==", begin, whole(ADD))
    for o, at in enumerate(write.strided(g0, g_stride, units)):
        total = side_by_side(write, sums[o * columns : (o + 1) * columns])
        # Not a load under an empty mask: it would wait for the stores of the units before to reach the
        # cache: a step of 2-2-1 took 148 ns, and takes 136.
        there = write.where(adding, partial(write.load, g, at, stored), zeros(total.type))
        write.store(builder.fadd(there, total), g, at, stored)


def _copy(target: Any, builder: Any, source: Value, s0: Value, z: Value, z0: Value) -> None:
    write = Writer(builder)
    write.store(write.load(source, s0), z, z0)


@lowered(_copy)
def copy_vector(source: Any, s0: int, z: Any, z0: int) -> None:
    """Copy one vector. As numbers by themselves it could not be loaded as a vector for a while."""
    for r in range(VECTOR_BYTES // z.itemsize):
        z[z0 + r] = source[s0 + r]


def _scale(target: Any, builder: Any, z: Value, z0: Value, factors: Value, f0: Value, rows: Value) -> None:
    write = Writer(builder)
    lanes = vector_of(z).count
    factor, mask = write.of(factors, f0, lanes), write.below(rows, lanes)
    write.store(builder.fmul(write.load(z, z0, mask), factor), z, z0)


@lowered(_scale)
def scale_vector(z: Any, z0: int, factors: Any, f0: int, rows: int) -> None:
    """Multiply the first ``rows`` numbers of a vector by a factor; the others become zero."""
    for r in range(VECTOR_BYTES // z.itemsize):
        z[z0 + r] = z[z0 + r] * factors[f0] if r < rows else 0.0
