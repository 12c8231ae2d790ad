"""Writes the instructions of vectors: loads, stores, masks, loops, sums side by side.

A vector is of 64 bytes, as many numbers as its array's go into it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

VECTOR_BYTES = 64
"""Bytes of a vector."""

_WHOLE, _SHORT = ir.IntType(64), ir.IntType(32)
_BYTES: dict[Any, int] = {ir.DoubleType(): 8, ir.FloatType(): 4}

Value = Any
"""A value of LLVM's."""


def whole(number: int) -> Value:
    """Return a number of LLVM's, an integer of 64 bits."""
    return ir.Constant(_WHOLE, number)


def vector_of(data: Value) -> Any:
    """Return the type of a vector of an array's numbers."""
    number = data.type.pointee
    return ir.VectorType(number, VECTOR_BYTES // _BYTES[number])


def zeros(kind: Any) -> Value:
    """Return a vector of zeros."""
    return ir.Constant(kind, [0.0] * kind.count)


class Writer:
    """Writes instructions for arrays whose numbers are named by their places.

    Arguments:
        builder: llvmlite's, where they are written.
    """

    def __init__(self, builder: Any) -> None:
        self.builder = builder

    def plus(self, number: Value, other: Value) -> Value:
        """Return the sum of two places."""
        return self.builder.add(number, other)

    def strided(self, start: Value, stride: Value, count: int) -> list[Value]:
        """Return ``count`` places from a start on, a stride apart."""
        return [self.plus(start, self.builder.mul(whole(each), stride)) for each in range(count)]

    def bytes_apart(self, data: Value, stride: Value, count: int) -> list[Value]:
        """Return the bytes from a place to ``count`` places a stride apart, itself the first.

        Odd multiples have registers of their own, and LLVM is not told what they are; the others are these
        times 2, 4 or 8, as x86 has it in an address. So a step of a loop moves one pointer. LLVM by itself
        adds the stride to an address again and again, in units that could do multiply-adds: so a block of 32
        inputs came to 48 of 60 thousand million a second, and comes to 54.
        """
        size = self.builder.mul(stride, whole(_BYTES[data.type.pointee]))
        kind = ir.FunctionType(_WHOLE, [_WHOLE])
        odd = {
            number: self.builder.asm(kind, "", "=r,0", [self.builder.mul(size, whole(number))], False)
            for number in range(1, count, 2)
        }
        result = [whole(0)]
        for each in range(1, count):
            factor = each & -each
            result.append(self.builder.mul(odd[each // factor], whole(factor)))
        return result

    def moved(self, data: Value, size: Value) -> Value:
        """Return an array's pointer so many bytes further on."""
        as_bytes = self.builder.bitcast(data, ir.IntType(8).as_pointer())
        return self.builder.bitcast(self.builder.gep(as_bytes, [size]), data.type)

    def _at(self, data: Value, place: Value, kind: Any) -> Value:
        return self.builder.bitcast(self.builder.gep(data, [place]), kind.as_pointer())

    def load(self, data: Value, place: Value, mask: Value | None = None) -> Value:
        """Return the vector at a place, with zeros where a mask has no bit."""
        number = data.type.pointee
        if mask is None:
            return self.builder.load(self._at(data, place, vector_of(data)), align=_BYTES[number])
        kind = ir.VectorType(number, mask.type.count)
        name = f"llvm.masked.load.{_named(kind)}.p0"
        function = self._function(name, kind, kind.as_pointer(), _SHORT, mask.type, kind)
        aligned = ir.Constant(_SHORT, _BYTES[number])
        return self.builder.call(function, [self._at(data, place, kind), aligned, mask, zeros(kind)])

    def store(self, vector: Value, data: Value, place: Value, mask: Value | None = None) -> None:
        """Store a vector at a place, the lanes alone whose bit a mask has."""
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
        i.add_incoming(whole(0), before)
        values = [builder.phi(value.type) for value in first]
        for phi, value in zip(values, first, strict=True):
            phi.add_incoming(value, before)
        builder.cbranch(builder.icmp_signed("<", i, count), body, after)
        builder.position_at_end(body)
        following = step(i, values)
        i.add_incoming(builder.add(i, whole(1)), builder.basic_block)
        for phi, value in zip(values, following, strict=True):
            phi.add_incoming(value, builder.basic_block)
        builder.branch(head)
        builder.position_at_end(after)
        return values

    def where(self, condition: Value, make: Callable[[], Value], otherwise: Value) -> Value:
        """Return what ``make`` writes where a condition holds, by a branch, or another value."""
        builder, before = self.builder, self.builder.basic_block
        made_here, after = (builder.append_basic_block(name) for name in ("made", "after"))
        builder.cbranch(condition, made_here, after)
        builder.position_at_end(made_here)
        made = make()
        end = builder.basic_block
        builder.branch(after)
        builder.position_at_end(after)
        result = builder.phi(otherwise.type)
        result.add_incoming(made, end)
        result.add_incoming(otherwise, before)
        return result

    def _function(self, name: str, returned: Any, *arguments: Any) -> Value:
        return cgutils.get_or_insert_function(
            self.builder.module, ir.FunctionType(returned, list(arguments)), name
        )


def _named(kind: Any) -> str:
    """Return what LLVM calls a vector in the names of its functions."""
    return f"v{kind.count}f{8 * _BYTES[kind.element]}"


def side_by_side(writer: Writer, vectors: Sequence[Value]) -> Value:
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


def _neighbours(writer: Writer, a: Value, b: Value, alone: bool) -> Value:
    lanes = a.type.count if alone else 2 * a.type.count
    kind = ir.VectorType(_SHORT, lanes // 2)
    even, odd = (ir.Constant(kind, list(range(first, lanes, 2))) for first in (0, 1))
    builder = writer.builder
    return builder.fadd(builder.shuffle_vector(a, b, even), builder.shuffle_vector(a, b, odd))
