"""Turns what a user hands in or a user's function returns into real numbers, or says what is none of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizers.errors import InputError
from optimizers.printable import said_by, shown

FLOAT64 = np.dtype(np.float64)
NAMED_ROWS = 5
"""Masked rows that a sentence names; of more it says how many there are."""

NO_NUMBERS = {
    "c": "complex numbers: hand in real ones, such as the real and the imaginary part as two columns",
    "M": "dates: turn them into numbers first, such as days since the first of them",
    "m": "lengths of time: turn them into numbers first, such as days",
    "V": "records: hand in a table of one kind of number",
}
"""Kinds of NumPy data that hold no real numbers, and what to do. ``float64`` would take some of them without
a word: an imaginary part is dropped, a date becomes nanoseconds, and the text "3" the number 3."""


def real_array(name: str, value: Any) -> NDArray[np.float64]:
    """Return numbers as a float64 array of its own, contiguous, in the shape that they came in.

    Arguments:
        name: what a reader calls the value: "X", "the residuals".
        value: numbers, lists of them, an array, a data frame.

    Raises:
        InputError: for masked entries, complex numbers, dates, text, records, lists of uneven length, and
            whatever else is not a real number. NaN and infinity pass.

    >>> real_array("X", [[1, 2.5]])
    array([[1. , 2.5]])
    >>> real_array("X", [1j])
    Traceback (most recent call last):
    ...
    optimizers.errors.InputError: X holds complex numbers: hand in real ones, such as ...
    """
    table = any_array(name, value)
    if table.dtype.kind in NO_NUMBERS:
        raise InputError(f"{name} holds {NO_NUMBERS[table.dtype.kind]}")
    if table.dtype.kind in "OUS":
        table = _numbers_of_objects(name, table)
    if table.dtype.itemsize <= 8:
        return np.array(table, dtype=np.float64, order="C")
    with np.errstate(over="ignore"):
        numbers = np.array(table, dtype=np.float64, order="C")
    if (np.isinf(numbers) & np.isfinite(table)).any():
        raise InputError(f"{name} holds a number beyond the range of float64: scale the numbers down")
    return numbers


def any_array(name: str, value: Any) -> NDArray[Any]:
    """Return whatever is handed in as an array of whatever it holds.

    Arguments:
        name: what a reader calls the value.
        value: anything; other libraries' arrays may fail while they become one of NumPy's.

    Raises:
        InputError: for masked entries, lists of uneven length, and what cannot become an array.

    >>> any_array("y", ["no", "yes"]).tolist()
    ['no', 'yes']
    """
    refuse_masked(name, value)
    try:
        return np.asarray(value)
    except InputError:
        raise
    except ValueError as error:
        if "inhomogeneous" in str(error) or "sequence" in str(error):
            sentence = f"{name} has lists of different lengths: give every row as many numbers"
            raise InputError(sentence) from None
        raise _no_array(name, error) from None
    except Exception as error:
        raise _no_array(name, error) from None


def _no_array(name: str, error: Exception) -> InputError:
    return InputError(f"{name} cannot become an array of NumPy ({said_by(error)}): hand in one made of it")


def refuse_masked(name: str, value: Any) -> None:
    """Refuse a masked array that has anything masked, which NumPy's own conversion would uncover.

    Raises:
        InputError: with the first of the masked rows.
    """
    if isinstance(value, list | tuple):
        for entry in value:
            if np.ma.isMaskedArray(entry):
                refuse_masked(name, entry)
    if not np.ma.isMaskedArray(value) or not np.ma.getmaskarray(value).any():
        return
    mask = np.ma.getmaskarray(value)
    if not mask.ndim:
        raise InputError(f"{name} is masked: leave it out, or fill it in")
    rows = np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1))
    shown = ", ".join(str(row) for row in rows[:NAMED_ROWS])
    more = f" and {rows.size - NAMED_ROWS} more" if rows.size > NAMED_ROWS else ""
    raise InputError(
        f"{name} is masked in row{'s' if rows.size > 1 else ''} {shown}{more}: "
        "leave such rows out, or fill them in"
    )


def _numbers_of_objects(name: str, table: Any) -> NDArray[np.float64]:
    """Return an array of Python objects as float64, or say which of them is no real number."""
    numbers = np.empty(table.shape)
    for place, entry in np.ndenumerate(table):
        try:
            if isinstance(entry, str | bytes):
                raise TypeError
            numbers[place] = float(entry)
        except OverflowError:
            raise InputError(
                f"{name} holds a number beyond the range of float64: scale the numbers down"
            ) from None
        except (TypeError, ValueError):
            plain = str(entry) if isinstance(entry, np.generic) else entry
            found = f"{'holds' if table.ndim else 'is'} {shown(plain)}, expected numbers"
            remedy = ": encode it as numbers first" if isinstance(plain, str | bytes) else ""
            raise InputError(f"{name} {found}{remedy}") from None
    return numbers


def _float64(name: str, value: Any) -> NDArray[np.float64]:
    """Return an array of float64 as it is, as searches hand it in, and the numbers of anything else."""
    if type(value) is np.ndarray and value.dtype == FLOAT64:
        return value
    return real_array(name, value)


def parameters(w: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return parameters as a contiguous float64 vector.

    Arguments:
        w: numbers, shape (size,).
        size: how many are expected.

    Raises:
        InputError: if there are more, or fewer, or what is given holds no real numbers.

    >>> parameters([1, 2], 2).tolist()
    [1.0, 2.0]
    """
    vector = np.ascontiguousarray(_float64("parameters", w))
    if vector.shape != (size,):
        raise InputError(
            f"parameters have shape {vector.shape}, expected ({size},): "
            "give one flat vector with a number for each parameter"
        )
    return vector


def population_table(population: ArrayLike, size: int) -> NDArray[np.float64]:
    """Return a population as a contiguous float64 array.

    Arguments:
        population: a row a candidate, shape (P, size).
        size: how many parameters a candidate is expected to have.

    Raises:
        InputError: if it is not two-dimensional, its rows have another length, or it holds no real numbers.

    >>> population_table([[1, 2]], 2).shape
    (1, 2)
    """
    table = np.ascontiguousarray(_float64("population", population))
    if table.ndim != 2 or table.shape[1] != size:
        raise InputError(
            f"population has shape {table.shape}, expected (P, {size}): give one row a candidate"
        )
    return table
