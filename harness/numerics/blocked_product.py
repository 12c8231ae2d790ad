"""A matrix product of one tile of rows, cut into blocks that hold their sums in registers.

All loops are written in LLVM's words, and not as compiled Python around the blocks, whose types numba has to
find: ``products.multiply`` compiles in 1.25 s in place of 1.55, with half as many shapes of blocks more.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from harness.numerics.register_blocks import ADD, BIAS, PRODUCT_SHAPES, TEN, write_product
from harness.numerics.vector_writer import Value, Writer, vector_of, whole
from optimizers.lowered import lowered


def _parts(write: Writer, most: int, full: Value, partial: Value) -> Iterator[tuple[int, bool, Value]]:
    """Yield how many vectors blocks have, whether under a mask, and how many such blocks there are, in order.

    Arguments:
        write: writes the numbers.
        most: vectors of a block at the most.
        full: whole vectors that there are.
        partial: 1 where a part of a vector is left over, otherwise 0.
    """
    builder, left, paired = write.builder, full, whole(0)
    if most == 3:
        # A single vector of eight units has eight sums, that wait for one another: two twos in place of
        # three and one, and two where the second is a part.
        some = builder.icmp_signed(">", full, whole(0))
        of_three = builder.icmp_signed("!=", builder.srem(full, whole(3)), whole(2))
        paired = builder.select(builder.and_(some, of_three), partial, whole(0))
        left = builder.sub(full, paired)
        threes = builder.sdiv(left, whole(3))
        one_over = builder.icmp_signed("==", builder.srem(left, whole(3)), whole(1))
        several = builder.icmp_signed(">", threes, whole(0))
        threes = builder.sub(threes, builder.zext(builder.and_(one_over, several), threes.type))
        yield 3, False, threes
        left = builder.sub(left, builder.mul(threes, whole(3)))
    vectors = 2 if most == 3 else most
    while vectors:
        times = builder.sdiv(left, whole(vectors))
        yield vectors, False, times
        left = builder.sub(left, builder.mul(times, whole(vectors)))
        vectors //= 2
    if most == 3:
        yield 2, True, paired
    yield 1, True, builder.sub(partial, paired)


def _shares(write: Writer, outs: Value) -> Iterator[tuple[int, int, Value]]:
    """Yield the units of a block, its vectors at the most, and how many such blocks share all units out."""
    builder, left = write.builder, outs
    for units, most in PRODUCT_SHAPES:
        blocks = builder.sdiv(left, whole(units))
        if units == TEN:
            two_over = builder.icmp_signed("==", builder.srem(left, whole(8)), whole(2))
            once = builder.and_(two_over, builder.icmp_signed(">", left, whole(2)))
            blocks = builder.zext(once, left.type)
        yield units, most, blocks
        left = builder.sub(left, builder.mul(blocks, whole(units)))


class _Product(NamedTuple):
    """The arguments of ``multiply_by_blocks``, as LLVM's values."""

    begin: Value
    w: Value
    place: Value
    out_step: Value
    in_step: Value
    outs: Value
    ins: Value
    bias: Value
    a: Value
    a0: Value
    a_stride: Value
    z: Value
    z0: Value
    z_stride: Value
    m: Value


def _write(target: Any, builder: Any, *values: Value) -> None:
    write, product = Writer(builder), _Product(*values)
    between = write.bytes_apart(product.w, product.out_step, max(units for units, _ in PRODUCT_SHAPES))
    done = whole(0)
    for units, most, blocks in _shares(write, product.outs):
        with builder.if_then(builder.icmp_signed(">", blocks, whole(0))):
            _write_shape(write, product, between[:units], most, done, blocks)
        done = write.plus(done, builder.mul(blocks, whole(units)))


def _write_shape(
    write: Writer, product: _Product, between: Sequence[Value], most: int, done: Value, blocks: Value
) -> None:
    """Write the blocks of one shape, for all rows: so many blocks of units, behind those that are done."""
    builder, lanes = write.builder, whole(vector_of(product.z).count)
    full, rest = builder.sdiv(product.m, lanes), builder.srem(product.m, lanes)
    partial = builder.zext(builder.icmp_signed(">", rest, whole(0)), rest.type)
    first_row = whole(0)
    for vectors, masked, times in _parts(write, most, full, partial):
        rows = builder.mul(whole(vectors), lanes)
        in_rows = functools.partial(_write_rows, write, product, between, done, blocks, vectors, masked)
        write.loop(times, [], functools.partial(in_rows, first_row, rows))
        first_row = write.plus(first_row, builder.mul(times, rows))


def _write_rows(
    write: Writer,
    product: _Product,
    between: Sequence[Value],
    done: Value,
    blocks: Value,
    vectors: int,
    masked: bool,
    first_row: Value,
    rows: Value,
    k: Value,
    carried: list[Value],
) -> list[Value]:
    """Write the blocks of all units for the k-th time so many rows."""
    builder = write.builder
    r = write.plus(first_row, builder.mul(k, rows))

    def in_units(block: Value, carried: list[Value]) -> list[Value]:
        o = write.plus(done, builder.mul(block, whole(len(between))))
        write_product(
            *(write, vectors, masked, between, product.begin, product.w),
            write.plus(product.place, builder.mul(o, product.out_step)),
            *(product.in_step, product.ins, write.plus(product.bias, o)),
            *(product.a, write.plus(product.a0, r), product.a_stride, product.z),
            write.plus(write.plus(product.z0, builder.mul(o, product.z_stride)), r),
            *(product.z_stride, builder.sub(product.m, r)),
        )
        return carried

    write.loop(blocks, [], in_units)
    return carried


@lowered(_write)
def multiply_by_blocks(
    begin: int,
    w: Any,
    place: int,
    out_step: int,
    in_step: int,
    outs: int,
    ins: int,
    bias: int,
    a: Any,
    a0: int,
    a_stride: int,
    z: Any,
    z0: int,
    z_stride: int,
    m: int,
) -> None:
    """Do what ``products.multiply`` does, for any number of rows."""
    for o in range(outs):
        here = slice(z0 + o * z_stride, z0 + o * z_stride + m)
        if begin != ADD:
            z[here] = w[bias + o] if begin == BIAS else 0.0
        for i in range(ins):
            z[here] += w[place + o * out_step + i * in_step] * a[a0 + i * a_stride :][:m]
