"""Lets a compiled loop call compiled functions that it is handed, at the price of a plain call.

A loop takes the ``address`` of each function as a number and calls it through the ``caller`` of its
signature. So one compiled loop serves every objective and every update rule, and is compiled once.

numba's own first-class functions do the same, but cost 15 to 26 us for each function at each call from
Python (76 us for a loop with two of them, 6 us this way): more than the thousand iterations on a small
network that the call was for.
"""

from __future__ import annotations

import inspect
from typing import Any

import numba
from numba import types
from numba.extending import lower_builtin, type_callable

# numba's own annotations know neither its settings nor its options.
_config: Any = numba.config

_addresses: dict[tuple[int, int], tuple[int, Any, Any]] = {}
"""Addresses by the identities of function and signature; both are kept, so that none is used again."""

_functions: dict[int, Any] = {}
"""What is called in Python where it is handed an address."""


def address(function: Any, signature: Any) -> int:
    """Return the address of a compiled function, compiled for a signature where it was not yet.

    Arguments:
        function: what ``compiled`` or ``numba.njit`` made.
        signature: numba signature such as ``optimizers.signatures.VALUE``.
    """
    # numba takes 20 us to find a function compiled, 5 us to hash a signature; an objective asks six times.
    known = _addresses.get((id(function), id(signature)))
    if known is None:
        place = id(function) if _config.DISABLE_JIT else _compiled_for(signature, function)
        known = _addresses[id(function), id(signature)] = place, function, signature
        _functions[place] = function
    return known[0]


def _compiled_for(signature: Any, function: Any) -> int:
    function.compile(signature)
    result = function.overloads[signature.args]
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_func_name))


def caller(*signatures: Any) -> Any:
    """Return a function for compiled code, ``call(address, *arguments)``, for one signature.

    Of several signatures, which differ by the types of their arrays, it takes the one that the arguments are
    of: so a compiled function that calls others can itself be compiled for either.

    In Python it calls what it is handed, a function or its address. So the source of a compiled loop,
    ``loop.py_func``, runs against Python functions as well, and the two cannot come apart.

    >>> from numba import float64
    >>> from optimizers.compilation import compiled
    >>> call = caller(float64(float64))
    >>> @compiled()
    ... def half(x):
    ...     return x / 2.0
    >>> @compiled()
    ... def at_ten(function):
    ...     return call(function, 10.0)
    >>> at_ten(address(half, float64(float64)))
    5.0
    >>> at_ten.py_func(lambda x: x - 1.0), at_ten.py_func(address(half, float64(float64)))
    (9.0, 5.0)
    """

    def call(function: Any, *arguments: Any) -> Any:
        return (function if callable(function) else _functions[function])(*arguments)

    signature = signatures[0]

    def answer(function: Any, *arguments: Any) -> Any:
        return signature.return_type

    # numba would have the arguments in one tuple; each is named, and stands by itself.
    names = ["function", *(f"argument_{place}" for place in range(len(signature.args)))]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    answer.pysig = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]

    def generate(target: Any, builder: Any, typed: Any, values: Any) -> Any:
        convention = target.call_conv
        signature = _chosen(signatures, typed.args[1:])
        kind = convention.get_function_type(signature.return_type, signature.args)
        pointer = builder.inttoptr(values[0], kind.as_pointer())
        handed = [
            target.cast(builder, value, given, wanted)
            for value, given, wanted in zip(values[1:], typed.args[1:], signature.args, strict=True)
        ]
        status, result = convention.call_function(
            builder, pointer, signature.return_type, signature.args, handed
        )
        if _config.BOUNDSCHECK:
            # Functions of this project raise nothing but what numba's bounds checks find: dropped, an
            # index beyond an array became the number 0. Asked always, it took 9 ns of a step's 370.
            with builder.if_then(status.is_error, likely=False):
                convention.return_status_propagate(builder, status)
        return target.get_dummy_value() if signature.return_type == types.void else result

    type_callable(call)(lambda context: answer)
    lower_builtin(call, types.VarArg(types.Any))(generate)
    return call


def _chosen(signatures: Any, given: Any) -> Any:
    """Return the signature whose arrays are those that are given; a single one is taken as it is."""
    for signature in signatures[:-1]:
        pairs = zip(given, signature.args, strict=True)
        if all(_numbers(kind) == _numbers(wanted) for kind, wanted in pairs):
            return signature
    return signatures[-1]


def _numbers(kind: Any) -> Any:
    """Return the types of numbers in an array or a tuple of arrays; None for what is neither."""
    if isinstance(kind, types.Tuple):
        return tuple(_numbers(member) for member in kind)
    return kind.dtype if isinstance(kind, types.Array) else None
