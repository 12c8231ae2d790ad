"""Names for the entries of flat arrays, inside compiled functions.

Functions that are called by address share one signature, so what differs between them travels in flat arrays.
A NamedTuple says once what stands where: Python fills the array in its order, and compiled code reads it
back by name. LLVM removes the record: the machine code is that of ``settings[0]`` and ``state[:n]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.imputils import impl_ret_borrowed
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import make_array, populate_array

from optimizers.signatures import REALS


def numbers_of(record: Any, array: Any) -> Any:
    """Return a record of the numbers in an array, for compiled code.

    Arguments:
        record: NamedTuple whose fields are the entries, in their order; at least one.
        array: flat float64 array that begins with them.

    >>> from typing import NamedTuple
    >>> import numpy as np
    >>> from optimizers.compilation import compiled
    >>> class Line(NamedTuple):
    ...     slope: float
    ...     offset: float
    >>> @compiled()
    ... def at_ten(settings):
    ...     line = numbers_of(Line, settings)
    ...     return line.slope * 10.0 + line.offset
    >>> at_ten(np.array([2.0, 1.0]))
    21.0
    """
    return record(*array[: len(record._fields)])


def vectors_of(record: Any, array: Any) -> Any:
    """Return a record of vectors of equal length that stand one after the other, for compiled code.

    Nothing is copied: what is written to a vector is in the array.

    Arguments:
        record: NamedTuple whose fields are the vectors, in their order; at least one.
        array: flat float64 array that holds them and nothing else.

    >>> from typing import Any, NamedTuple
    >>> import numpy as np
    >>> from optimizers.compilation import compiled
    >>> class Sums(NamedTuple):
    ...     once: Any
    ...     squared: Any
    >>> @compiled()
    ... def add(state, x):
    ...     sums = vectors_of(Sums, state)
    ...     for i in range(x.size):
    ...         sums.once[i] += x[i]
    ...         sums.squared[i] += x[i] * x[i]
    >>> state = np.zeros(4)
    >>> add(state, np.array([2.0, 3.0]))
    >>> state
    array([2., 3., 4., 9.])
    """
    return record(*np.split(array, len(record._fields)))


# Plain functions that numba is told about, and no intrinsics: those have a random number of their own in each
# process, and a plug-in that reads by name got another fingerprint each time.


def _typed(entry: Any) -> Any:
    def answer(record: Any, array: Any) -> Any:
        kind = record.instance_class
        return types.NamedUniTuple(entry, len(kind._fields), kind)

    return lambda context: answer


type_callable(numbers_of)(_typed(types.float64))
type_callable(vectors_of)(_typed(REALS))


@lower_builtin(numbers_of, types.NamedTupleClass, types.Array)  # type: ignore[untyped-decorator]
def _numbers(target: Any, builder: Any, typed: Any, values: Any) -> Any:
    start = make_array(typed.args[1])(target, builder, values[1]).data
    count = len(typed.return_type)
    places = [builder.gep(start, [ir.Constant(ir.IntType(64), place)]) for place in range(count)]
    return target.make_tuple(builder, typed.return_type, [builder.load(place) for place in places])


@lower_builtin(vectors_of, types.NamedTupleClass, types.Array)  # type: ignore[untyped-decorator]
def _vectors(target: Any, builder: Any, typed: Any, values: Any) -> Any:
    whole = make_array(typed.args[1])(target, builder, values[1])
    count = len(typed.return_type)
    size = builder.udiv(whole.nitems, ir.Constant(whole.nitems.type, count))
    vectors = []
    for place in range(count):
        vector = make_array(REALS)(target, builder)
        populate_array(
            vector,
            data=builder.gep(whole.data, [builder.mul(size, ir.Constant(size.type, place))]),
            shape=[size],
            strides=[whole.itemsize],
            itemsize=whole.itemsize,
            meminfo=whole.meminfo,
            parent=whole.parent,
        )
        vectors.append(vector._getvalue())
    built = target.make_tuple(builder, typed.return_type, vectors)
    return impl_ret_borrowed(target, builder, typed.return_type, built)
