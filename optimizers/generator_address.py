"""Hands a Generator to a compiled loop as the address of what it draws from.

numba takes 6 us to recognise a Generator and to ask it for its functions, at each call from Python: a call of
a loop took 6.8 us, and takes 0.7 this way. A generation of a swarm of 28 on a 2-2-1 network takes 1.0.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numba import types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import lower_builtin, type_callable

from optimizers.compilation import UNCOMPILED
from optimizers.generator_unboxing import generator_of

_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


def generator_address(rng: np.random.Generator) -> Any:
    """Return what ``generator_at`` takes in compiled code; where nothing is compiled, the Generator itself.

    The Generator has to outlive every call that is handed its address.
    """
    return rng if UNCOMPILED else _pointer(rng.bit_generator.capsule, b"BitGenerator")


def generator_at(place: Any) -> Any:
    """Return the Generator of an address, for compiled code; in Python what it is handed.

    >>> import numpy as np
    >>> from optimizers.compilation import compiled
    >>> @compiled()
    ... def draw(place):
    ...     return generator_at(place).random()
    >>> rng, same = np.random.default_rng(0), np.random.default_rng(0)
    >>> draw(generator_address(rng)) == same.random(), draw(generator_address(rng)) == same.random()
    (True, True)
    >>> rng.random() == same.random()
    True
    """
    return place


def _typed(context: Any) -> Any:
    return lambda place: types.npy_rng if isinstance(place, types.Integer) else None


def _lower(target: Any, builder: Any, typed: Any, values: Any) -> Any:
    made = generator_of(target, builder, values[0])
    return impl_ret_borrowed(target, builder, types.npy_rng, made)


type_callable(generator_at)(_typed)
lower_builtin(generator_at, types.Integer)(_lower)
