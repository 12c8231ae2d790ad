"""Python functions that become, in compiled code, instructions that numba has no words for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from numba import types
from numba.extending import lower_builtin, type_callable

_Function = TypeVar("_Function", bound=Callable[..., Any])


def lowered(generate: Callable[..., Any], returned: Any = types.void) -> Callable[[_Function], _Function]:
    """Let a Python function become what ``generate`` writes wherever compiled code calls it.

    The function itself says in plain Python what the instructions do, and is what runs where nothing is
    compiled. Of several that one maker makes, each has to read all that makes it differ from the others:
    machine code of callers is kept on disk by the plain function and what it reads.

    Arguments:
        generate: ``generate(target, builder, *values)`` writes instructions of LLVM and returns the result's
            value. It is handed numba's target, int64 numbers, and for each array where its numbers begin.
        returned: numba type of the result.

    >>> import numpy as np
    >>> from optimizers.compilation import compiled
    >>> @lowered(lambda target, builder, a, b: builder.or_(a, b), types.int64)
    ... def either(a, b):
    ...     return a | b
    >>> @compiled()
    ... def joined(a, b):
    ...     return either(a, b)
    >>> joined(5, 2), joined.py_func(5, 2)
    (7, 7)
    """

    def decorate(plain: _Function) -> _Function:
        def answer(*arguments: Any) -> Any:
            return returned

        answer.pysig = inspect.signature(plain)  # type: ignore[attr-defined]

        def lower(target: Any, builder: Any, typed: Any, values: Any) -> Any:
            handed = [
                target.make_array(kind)(target, builder, value).data
                if isinstance(kind, types.Array)
                else target.cast(builder, value, kind, types.int64)
                for kind, value in zip(typed.args, values, strict=True)
            ]
            result = generate(target, builder, *handed)
            return target.get_dummy_value() if returned == types.void else result

        type_callable(plain)(lambda context: answer)
        lower_builtin(plain, types.VarArg(types.Any))(lower)
        return plain

    return decorate
