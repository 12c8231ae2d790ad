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
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core import cgutils

from optimizers.lowered import lowered

VECTOR_BYTES = 64
"""Bytes of a vector: of as many numbers as its arrays' go into it."""

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

PRODUCT_SHAPES = ((8, 3), (4, 4), (2, 8), (1, 8)) if _WIDE else ((6, 1), (4, 1), (2, 2), (1, 4))
"""Units and vectors of a block, in the order in which units are shared out. Sums, a step's vectors and one
weight fit into 32 registers of 64 bytes, or into 16 of 32."""

OUTER_SHAPES = ((3, 8), (1, 8)) if _WIDE else ((3, 2), (1, 2))
"""Units above and units below of a block of dot products."""

_WHOLE, _SHORT = ir.IntType(64), ir.IntType(32)
_BYTES: dict[Any, int] = {ir.DoubleType(): 8, ir.FloatType(): 4}

Value = Any
"""A value of LLVM's."""


def _whole(number: int) -> Value:
    return ir.Constant(_WHOLE, number)


def _vector(data: Value) -> Any:
    """Return the type of a vector of an array's numbers."""
    number = data.type.pointee
    return ir.VectorType(number, VECTOR_BYTES // _BYTES[number])


def _zeros(kind: Any) -> Value:
    return ir.Constant(kind, [0.0] * kind.count)


class _Writer:
    """Writes instructions for arrays whose numbers are named by their places."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def plus(self, number: Value, other: Value) -> Value:
        return self.builder.add(number, other)

    def strided(self, start: Value, stride: Value, count: int) -> list[Value]:
        """Return ``count`` places from a start on, a stride apart."""
        return [self.plus(start, self.builder.mul(_whole(each), stride)) for each in range(count)]

    def _at(self, data: Value, place: Value, kind: Any) -> Value:
        return self.builder.bitcast(self.builder.gep(data, [place]), kind.as_pointer())

    def load(self, data: Value, place: Value, mask: Value | None = None) -> Value:
        """Return the vector at a place, with zeros where a mask has no bit."""
        number = data.type.pointee
        if mask is None:
            return self.builder.load(self._at(data, place, _vector(data)), align=_BYTES[number])
        kind = ir.VectorType(number, mask.type.count)
        name = f"llvm.masked.load.{_named(kind)}.p0"
        function = self._function(name, kind, kind.as_pointer(), _SHORT, mask.type, kind)
        aligned = ir.Constant(_SHORT, _BYTES[number])
        return self.builder.call(function, [self._at(data, place, kind), aligned, mask, _zeros(kind)])

    def store(self, vector: Value, data: Value, place: Value, mask: Value | None = None) -> None:
        kind, align = vector.type, _BYTES[vector.type.element]
        if mask is None:
            self.builder.store(vector, self._at(data, place, kind), align=align)
            return
        function = self._function(
            f"llvm.masked.store.{_named(kind)}.p0",
            *(ir.VoidType(), kind, kind.as_pointer(), _SHORT, mask.type),
        )
        aligned = ir.Constant(_SHORT, align)
        self.builder.call(function, [vector, self._at(data, place, kind), aligned, mask])

    def below(self, count: Value, lanes: int) -> Value:
        """Return the mask of the first ``count`` lanes."""
        steps = ir.Constant(ir.VectorType(_WHOLE, lanes), list(range(lanes)))
        return self.builder.icmp_signed("<", steps, self.everywhere(count, lanes))

    def everywhere(self, number: Value, lanes: int) -> Value:
        """Return a vector of one number."""
        kind = ir.VectorType(number.type, lanes)
        nothing = ir.Constant(kind, ir.Undefined)
        first = self.builder.insert_element(nothing, number, ir.Constant(_SHORT, 0))
        return self.builder.shuffle_vector(
            first, nothing, ir.Constant(ir.VectorType(_SHORT, lanes), [0] * lanes)
        )

    def of(self, data: Value, place: Value, lanes: int) -> Value:
        """Return a vector of the number at a place."""
        return self.everywhere(self.builder.load(self.builder.gep(data, [place])), lanes)

    def multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        """Return ``a b + c``, rounded once where the processor can."""
        function = self._function(f"llvm.fmuladd.{_named(a.type)}", *(a.type,) * 4)
        return self.builder.call(function, [a, b, c])

    def loop(
        self, count: Value, first: Sequence[Value], step: Callable[[Value, list[Value]], list[Value]]
    ) -> list[Value]:
        """Carry some values through ``count`` steps; ``step(i, values)`` returns the next ones."""
        builder = self.builder
        before = builder.basic_block
        head, body, after = (builder.append_basic_block(name) for name in ("head", "step", "after"))
        builder.branch(head)
        builder.position_at_end(head)
        i = builder.phi(_WHOLE)
        i.add_incoming(_whole(0), before)
        values = [builder.phi(value.type) for value in first]
        for phi, value in zip(values, first, strict=True):
            phi.add_incoming(value, before)
        builder.cbranch(builder.icmp_signed("<", i, count), body, after)
        builder.position_at_end(body)
        following = step(i, values)
        i.add_incoming(builder.add(i, _whole(1)), builder.basic_block)
        for phi, value in zip(values, following, strict=True):
            phi.add_incoming(value, builder.basic_block)
        builder.branch(head)
        builder.position_at_end(after)
        return values

    def _function(self, name: str, returned: Any, *arguments: Any) -> Value:
        return cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(returned, list(arguments)), name
        )


def _named(kind: Any) -> str:
    """Return what LLVM calls a vector in the names of its functions."""
    return f"v{kind.count}f{8 * _BYTES[kind.element]}"


def side_by_side(writer: _Writer, vectors: Sequence[Value]) -> Value:
    """Return the sums of some vectors, a power of two of them, side by side.

    Neighbouring lanes are added in pairs, of two vectors at once where there are two: for eight vectors that
    takes 21 instructions in place of 56, and the order of additions is the same for any number of them.
    """
    columns = len(vectors)
    left = list(vectors)
    while len(left) > 1 or left[0].type.count > columns:
        pairs = [(left[0], left[0])] if len(left) == 1 else list(zip(left[::2], left[1::2], strict=True))
        left = [_neighbours(writer, a, b, alone=len(left) == 1) for a, b in pairs]
    return left[0]


def _neighbours(writer: _Writer, a: Value, b: Value, alone: bool) -> Value:
    lanes = a.type.count if alone else 2 * a.type.count
    kind = ir.VectorType(_SHORT, lanes // 2)
    even, odd = (ir.Constant(kind, list(range(first, lanes, 2))) for first in (0, 1))
    builder = writer.builder
    return builder.fadd(builder.shuffle_vector(a, b, even), builder.shuffle_vector(a, b, odd))


def product_block(units: int, vectors: int, masked: bool = False) -> Callable[..., None]:
    """Return a function that multiplies ``units`` rows of weights with some inputs, for ``vectors`` of rows.

    ``block(begin, w, place, out_step, in_step, ins, bias, a, a0, a_stride, z, z0, z_stride, rows)``: for each
    unit o and row r, ``z[z0 + o z_stride + r]`` becomes what the sums begin with, for ``BIAS`` ``w[bias +
    o]``, and ``w[place + o out_step + i in_step] a[a0 + i a_stride + r]`` for i = 0, 1, and so on. A masked
    block has ``rows`` of them, fewer than a vector; any other has all, whatever ``rows`` says.
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
        target: Any,
        builder: Any,
        begin: Value,
        w: Value,
        place: Value,
        out_step: Value,
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
        write, kind = _Writer(builder), _vector(z)
        mask = write.below(rows, kind.count) if masked else None
        shifts = [_whole(kind.count * v) for v in range(vectors)]
        places = [write.plus(row, shift) for row in write.strided(z0, z_stride, units) for shift in shifts]
        adding, with_bias, empty, start = (
            builder.append_basic_block(name) for name in ("adding", "with_bias", "empty", "start")
        )
        switch = builder.switch(begin, empty)
        switch.add_case(_whole(ADD), adding)
        switch.add_case(_whole(BIAS), with_bias)
        builder.position_at_end(adding)
        there = [write.load(z, at, mask) for at in places]
        builder.branch(start)
        builder.position_at_end(with_bias)
        biases = [write.of(w, write.plus(bias, _whole(o)), kind.count) for o in range(units)]
        builder.branch(start)
        builder.position_at_end(empty)
        builder.branch(start)
        builder.position_at_end(start)
        first = [builder.phi(kind) for _ in places]
        for each, phi in enumerate(first):
            phi.add_incoming(there[each], adding)
            phi.add_incoming(biases[each // vectors], with_bias)
            phi.add_incoming(_zeros(kind), empty)
        weights = write.strided(place, out_step, units)

        def step(i: Value, sums: list[Value]) -> list[Value]:
            source, shift = write.plus(a0, builder.mul(i, a_stride)), builder.mul(i, in_step)
            inputs = [write.load(a, write.plus(source, each), mask) for each in shifts]
            rows_of_weights = [write.of(w, write.plus(at, shift), kind.count) for at in weights]
            return [
                write.multiply_add(rows_of_weights[each // vectors], inputs[each % vectors], total)
                for each, total in enumerate(sums)
            ]

        for at, total in zip(places, write.loop(ins, first, step), strict=True):
            write.store(total, z, at, mask)

    return lowered(generate)(block)


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
        count: Value,
        rows: Value,
        g: Value,
        g0: Value,
        g_stride: Value,
    ) -> None:
        write, kind = _Writer(builder), _vector(g)
        deltas = write.strided(d0, d_stride, units)
        # A column beyond the last one reads that once more, and is not stored.
        last = builder.sub(count, _whole(1))
        within = [builder.icmp_signed("<", _whole(i), count) for i in range(columns)]
        below = [
            write.plus(a0, builder.mul(builder.select(inside, _whole(i), last), a_stride))
            for i, inside in enumerate(within)
        ]

        def added(sums: list[Value], shift: Value, mask: Value | None) -> list[Value]:
            left = [write.load(d, write.plus(at, shift), mask) for at in deltas]
            new = list(sums)
            # Column by column: with all columns loaded before, there is one register too few.
            for i, at in enumerate(below):
                right = write.load(a, write.plus(at, shift), mask)
                for o in range(units):
                    each = o * columns + i
                    new[each] = write.multiply_add(left[o], right, sums[each])
            return new

        lanes = _whole(kind.count)
        whole, left_over = builder.sdiv(rows, lanes), builder.srem(rows, lanes)
        sums = write.loop(
            whole,
            [_zeros(kind)] * (units * columns),
            lambda r, sums: added(sums, builder.mul(r, lanes), None),
        )
        some = builder.zext(builder.icmp_signed(">", left_over, _whole(0)), _WHOLE)
        end, mask = builder.mul(whole, lanes), write.below(left_over, kind.count)
        sums = write.loop(some, sums, lambda r, sums: added(sums, end, mask))
        stored = write.below(count, columns)
        adding = builder.icmp_signed("==", begin, _whole(ADD))
        loaded = write.below(builder.select(adding, count, _whole(0)), columns)
        for o, at in enumerate(write.strided(g0, g_stride, units)):
            total = side_by_side(write, sums[o * columns : (o + 1) * columns])
            write.store(builder.fadd(write.load(g, at, loaded), total), g, at, stored)

    return lowered(generate)(block)


def _copy(target: Any, builder: Any, source: Value, s0: Value, z: Value, z0: Value) -> None:
    write = _Writer(builder)
    write.store(write.load(source, s0), z, z0)


@lowered(_copy)
def copy_vector(source: Any, s0: int, z: Any, z0: int) -> None:
    """Copy one vector. As numbers by themselves it could not be loaded as a vector for a while."""
    for r in range(VECTOR_BYTES // z.itemsize):
        z[z0 + r] = source[s0 + r]


def _scale(target: Any, builder: Any, z: Value, z0: Value, factors: Value, f0: Value, rows: Value) -> None:
    write = _Writer(builder)
    lanes = _vector(z).count
    factor, mask = write.of(factors, f0, lanes), write.below(rows, lanes)
    write.store(builder.fmul(write.load(z, z0, mask), factor), z, z0)


@lowered(_scale)
def scale_vector(z: Any, z0: int, factors: Any, f0: int, rows: int) -> None:
    """Multiply the first ``rows`` numbers of a vector by a factor; the others become zero."""
    for r in range(VECTOR_BYTES // z.itemsize):
        z[z0 + r] = z[z0 + r] * factors[f0] if r < rows else 0.0
