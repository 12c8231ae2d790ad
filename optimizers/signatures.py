"""What compiled functions are called with: the signatures of an objective's, and the data behind them.

Functions that are called by address share one signature each, so that one compiled loop serves every
objective that will ever be written. What differs between objectives travels in ``Data``.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_getattr, typeof_impl
from numpy.typing import NDArray

# numba's own annotations do not know its settings.
_config: Any = numba.config

REALS = types.float64[::1]
SINGLES = types.float32[::1]
INTEGERS = types.int64[::1]

Unnamed = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]


class Data(NamedTuple):
    """What a compiled objective carries; who compiles it says what stands where in its arrays.

    Compiled code reads it by these names, ``data.counters``, whether Python handed it in named or not.
    """

    reals: NDArray[np.float64]
    """Numbers that stay as they are."""
    integers: NDArray[np.int64]
    """Sizes, codes and addresses."""
    workspace: NDArray[np.float64]
    """Numbers that a call may write over."""
    counters: NDArray[np.int64]
    """Those of the objective."""

    def unnamed(self) -> Unnamed:
        """Return a plain tuple of the same arrays, for calls of compiled functions from Python.

        A call that is handed a NamedTuple takes 3.5 us in place of 1.1, for numba to recognise it; the loss
        of a 2-2-1 network takes 0.2.

        Where nothing is compiled it stays named: Python finds no names in a tuple.

        >>> ones = np.ones(1, dtype=np.int64)
        >>> type(Data(np.zeros(2), ones, np.zeros(0), ones).unnamed())
        <class 'tuple'>
        """
        return self if _config.DISABLE_JIT else self[:]


DATA = types.Tuple((REALS, INTEGERS, REALS, INTEGERS))
"""The type of ``Data`` in compiled code, named or not: a function is compiled once for both."""

SINGLE_DATA = types.Tuple((SINGLES, INTEGERS, SINGLES, INTEGERS))
"""The same in single precision: what compiled code makes of the data of such an objective for itself."""

VALUE = types.float64(REALS, INTEGERS, DATA)
"""``value(w, rows, data) -> loss``. No rows at all means every row, in order."""

VALUES = types.void(types.float64[:, ::1], INTEGERS, DATA, REALS)
"""``values(population, rows, data, losses)``: writes the loss of each row of the population."""

VALUE_AND_GRADIENT = types.float64(REALS, INTEGERS, DATA, REALS)
"""``value_and_gradient(w, rows, data, gradient) -> loss``: writes the gradient."""


@functools.cache
def in_single(signature: Any) -> Any:
    """Return a signature with float32 arrays in the places of float64 ones, and ``SINGLE_DATA`` for ``DATA``.

    >>> in_single(types.float64(REALS, types.int64))
    (Array(float32, 1, 'C', False, aligned=True), int64) -> float64
    """
    single = {REALS: SINGLES, DATA: SINGLE_DATA}
    return signature.return_type(*(single.get(kind, kind) for kind in signature.args))


@typeof_impl.register(Data)
def _type_of_data(data: Any, context: Any) -> Any:
    return DATA


@infer_getattr
class _NamesOfData(AttributeTemplate):
    """Tells numba of the names; as a NamedTuple has them, they are places of the tuple and nothing else."""

    key = types.Tuple

    def generic_resolve(self, data: Any, name: str) -> Any:  # type: ignore[override]
        known = data in (DATA, SINGLE_DATA) and name in Data._fields
        return data[Data._fields.index(name)] if known else None


def _lower(place: int, name: str) -> None:
    @lower_getattr(types.Tuple, name)  # type: ignore[untyped-decorator]
    def read(target: Any, builder: Any, kind: Any, data: Any) -> Any:
        return impl_ret_borrowed(target, builder, kind[place], builder.extract_value(data, place))


for _place, _name in enumerate(Data._fields):
    _lower(_place, _name)
