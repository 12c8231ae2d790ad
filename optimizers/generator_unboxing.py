"""Lets compiled functions take a Generator from Python without keeping it.

numba counts a reference of a generator that is handed over, which code without reference counts, as the
project's is (see ``optimizers.compilation``), never gives back: a generator that a compiled loop was ever
handed was not freed, nor were its parts, 1 kB for each short run, and a search of a Python function held on
to 48 bytes for each point that it drew. A caller holds what it hands over for as long as the call takes, so
there is nothing to be counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, pythonapi
from numba.core.pythonapi import NativeValue

_unboxers: Any = pythonapi._unboxers
_BITS: Any = types.NumPyRandomBitGeneratorType("bit_generator")

_CAPSULE = "BitGenerator"
"""NumPy's name for what holds a ``bitgen_t`` (numpy/random/bit_generator.pyx)."""

_FIELDS = ("state", "fnptr_next_uint64", "fnptr_next_uint32", "fnptr_next_double")
"""numba's names for what stands in NumPy's ``bitgen_t``, in its order (numpy/random/bitgen.h)."""


def generator_of(target: Any, builder: Any, place: Any) -> Any:
    """Write numba's form of the Generator whose ``bitgen_t`` is at a place; nothing of it is counted."""
    parts = builder.inttoptr(place, cgutils.intp_t.as_pointer())
    bits = cgutils.create_struct_proxy(_BITS)(target, builder)
    for number, field in enumerate(_FIELDS):
        setattr(bits, field, builder.load(builder.gep(parts, [ir.Constant(cgutils.intp_t, number)])))
    bits.state_address, bits.bit_generator = bits.state, place
    generator = cgutils.create_struct_proxy(types.npy_rng)(target, builder)
    generator.bit_generator = bits._getvalue()
    return generator._getvalue()


def _unbox(typ: Any, generator: Any, context: Any) -> NativeValue:
    builder, python = context.builder, context.pyapi
    name = context.context.insert_const_string(builder.module, _CAPSULE)
    kind = ir.FunctionType(cgutils.voidptr_t, [python.pyobj, cgutils.voidptr_t])
    pointer_of = cgutils.get_or_insert_function(builder.module, kind, "PyCapsule_GetPointer")
    result = cgutils.alloca_once(builder, context.context.get_value_type(typ))
    failed = cgutils.alloca_once_value(builder, cgutils.true_bit)
    bits = python.object_getattr_string(generator, "bit_generator")
    with builder.if_then(cgutils.is_not_null(builder, bits)):
        capsule = python.object_getattr_string(bits, "capsule")
        # The generator holds on to both.
        python.decref(bits)
        with builder.if_then(cgutils.is_not_null(builder, capsule)):
            place = builder.call(pointer_of, [capsule, name])
            python.decref(capsule)
            with builder.if_then(cgutils.is_not_null(builder, place)):
                found = generator_of(context.context, builder, builder.ptrtoint(place, cgutils.intp_t))
                made = cgutils.create_struct_proxy(typ)(context.context, builder, value=found)
                made.parent = generator
                builder.store(made._getvalue(), result)
                builder.store(cgutils.false_bit, failed)
    return NativeValue(builder.load(result), is_error=builder.load(failed))


@contextlib.contextmanager
def uncounted_generators() -> Iterator[None]:
    """Have what is compiled here take generators in this way; numba's own stays for what others compile."""
    # It registers numba's own, and is slow to import: here it is in use in any case.
    import numba.core.boxing  # noqa: F401

    kind = types.NumPyRandomGeneratorType
    before = _unboxers.functions[kind]
    _unboxers.functions[kind] = _unbox
    try:
        yield
    finally:
        _unboxers.functions[kind] = before
