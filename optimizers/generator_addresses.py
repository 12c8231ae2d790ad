"""Hands a Generator to a compiled loop as the addresses it is made of.

numba takes 6 us to recognise a Generator and to ask it for its functions, at each call from Python: a call of
a loop took 6.8 us, and takes 1.1 this way. A generation of a swarm of 28 on a 2-2-1 network takes 1.2.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.cgutils import create_struct_proxy
from numba.core.imputils import impl_ret_borrowed
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import make_array

from optimizers.signatures import INTEGERS

# numba's own annotations know neither its settings nor its types.
_config: Any = numba.config

_KIND: Any = types.NumPyRandomBitGeneratorType("bit_generator")
_FUNCTIONS = ("next_uint64", "next_uint32", "next_double")
_FIELDS = ("state_address", "state", *(f"fnptr_{name}" for name in _FUNCTIONS), "bit_generator")


def addresses_of(rng: np.random.Generator) -> Any:
    """Return what ``generator_at`` takes in compiled code; where nothing is compiled, the Generator itself.

    The Generator has to outlive every call that is handed them.

    Returns:
        Addresses, shape (6,), int64.
    """
    if _config.DISABLE_JIT:
        return rng
    bits = rng.bit_generator.ctypes
    functions = [ctypes.cast(getattr(bits, name), ctypes.c_void_p).value for name in _FUNCTIONS]
    return np.array([bits.state_address, bits.state.value, *functions, bits.bit_generator.value], np.int64)


def generator_at(addresses: Any) -> Any:
    """Return the Generator of which these are the addresses, for compiled code; in Python what it is handed.

    >>> import numpy as np
    >>> from optimizers.compilation import compiled
    >>> @compiled()
    ... def draw(addresses):
    ...     return generator_at(addresses).random()
    >>> rng, same = np.random.default_rng(0), np.random.default_rng(0)
    >>> draw(addresses_of(rng)) == same.random(), draw(addresses_of(rng)) == same.random()
    (True, True)
    >>> rng.random() == same.random()
    True
    """
    return addresses


def _typed(context: Any) -> Any:
    return lambda addresses: types.npy_rng if addresses == INTEGERS else None


def _lower(target: Any, builder: Any, typed: Any, values: Any) -> Any:
    numbers = make_array(typed.args[0])(target, builder, values[0]).data
    bits = create_struct_proxy(_KIND)(target, builder)
    for place, name in enumerate(_FIELDS):
        setattr(bits, name, builder.load(builder.gep(numbers, [ir.Constant(ir.IntType(64), place)])))
    made = create_struct_proxy(types.npy_rng)(target, builder)
    made.bit_generator = bits._getvalue()
    return impl_ret_borrowed(target, builder, types.npy_rng, made._getvalue())


type_callable(generator_at)(_typed)
lower_builtin(generator_at, INTEGERS)(_lower)
