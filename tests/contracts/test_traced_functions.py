"""What every NumPy function that can be traced has to do; a new entry is found by itself.

Each parameter that an entry reads is called with the values of ``VALUES``, alone and in pairs, exactly as
NumPy is called: NumPy's answer is the value, and differences of NumPy's answers are the derivatives. What
NumPy refuses has to be refused. Each parameter that it does not read has to be refused by name.
"""

from __future__ import annotations

import inspect
import itertools
import re
import warnings
from pathlib import Path
from typing import Any

import family_cases
import numpy as np
import pytest

from harness import autodiff as ad
from harness.autodiff.functions.moving import Mover
from harness.autodiff.functions.shapes import ShapesOnly
from harness.autodiff.functions.table import NONE, Entry
from harness.autodiff.numpy_table import entries, table
from harness.autodiff.tracer import Traced

X = np.array([[0.31, 0.87, 0.52], [0.75, 0.18, 0.64]])
Y = np.array([[0.43, 0.29, 0.91], [0.68, 0.84, 0.22]])
S = np.array([[0.31, 0.87, 0.52], [0.75, 0.18, 0.64], [0.12, 0.95, 0.37]])
C = np.array([[True, False, True], [False, True, True]])
MASK = np.array([[True, False, True], [True, True, False]])

ARRAYS: dict[str, tuple[Any, ...]] = {
    # Arguments of functions that a table of two by three does not suit; the first ones are differentiated by.
    "np.matmul": (X, Y.T),
    "np.linalg.matmul": (X, Y.T),
    "np.dot": (X, Y.T),
    "x.dot": (X, Y.T),
    "np.linalg.outer": (X[0], Y[1]),
    "np.diagflat": (X[0],),
    "np.where": (C, X, Y),
    "np.linalg.trace": (S,),
    "np.split": (X,),
    "np.dsplit": (X.reshape(1, 2, 3),),
    "np.atleast_1d": (X[0], X[1, 0]),
    "np.atleast_2d": (X[0],),
    "np.atleast_3d": (X[0],),
    "np.broadcast_arrays": (X, Y[0]),
    "np.take_along_axis": (X,),
    "np.result_type": (X,),
    "np.squeeze": (X.reshape(1, 2, 1, 3),),
    "x.squeeze": (X.reshape(1, 2, 1, 3),),
    "np.bitwise_and": (C, MASK),
    "np.bitwise_or": (C, MASK),
    "np.bitwise_xor": (C, MASK),
    "np.invert": (C,),
    "np.append": (X, Y),
}
"""Arrays by function, where they are not ``X``, or ``X`` and ``Y``."""

LISTS = ("arrays", "tup")
"""Parameters that take a list of arrays."""

VALUES: dict[str, list[Any]] = {
    "axis": [1, 0, -1, None, (0, 1), (0,), 2, (0, 0), np.int64(1)],
    "axis1": [0, 1, 2],
    "axis2": [1, 0, -1],
    "keepdims": [True, False],
    "initial": [0.7, -2.0, 3],
    "where": [MASK, MASK[:1], True, np.ones((2, 1), bool)],
    "ddof": [1, 0, 0.5],
    "correction": [1, 0.5],
    "mean": [np.array([[0.4], [0.5]]), 0.3],
    "ord": [1, np.inf, -np.inf, 2, 3, 0, -1, 2.5, "fro", "no"],
    "offset": [1, -1, 2],
    "n": [2, 0, 1, -1],
    "prepend": [0.5, X[:, :1]],
    "append": [1.5, Y[:, :1]],
    "order": ["F", "C"],
    "copy": [True, None],
    "shape": [(3, 2), (-1,), (2, -1, 1), (-1, -1), (4, 2), 6],
    "newshape": [],
    "new_shape": [(3, 3), (2, 2)],
    "axes": [(1, 0), (0, 1), None, (0, 0)],
    "source": [0, (0, 1)],
    "destination": [1, (1, 0)],
    "start": [2, 0],
    "shift": [1, -2, (1, 2)],
    "k": [1, -1, 0, 2],
    "repeats": [2, [1, 2]],
    "reps": [(2, 1), 2, (1, 2, 2)],
    "condition": [[True, False]],
    "indices": [np.array([[0, 1, 0], [1, 1, 0]]), [0, 1], 1, np.array([5])],
    "mode": ["wrap", "clip", "raise"],
    "obj": [0, [1], slice(0, 1)],
    "indices_or_sections": [1, [1], 3, [0, 2]],
    "a_min": [0.4, None, Y],
    "a_max": [0.6, None],
    "min": [0.4, None, Y],
    "max": [0.6, None],
    "dtype": [np.float64, float],
    "fill_value": [2.5],
    "device": ["cpu"],
    "subok": [False, True],
}
"""Values by parameter; what NumPy refuses of them has to be refused."""

SPECIAL: dict[tuple[str, str], list[Any]] = {
    ("np.expand_dims", "axis"): [0, -1, (0, 3), 7],
    ("np.squeeze", "axis"): [0, (0, 2), 1, None],
    ("x.squeeze", "axis"): [0, (0, 2), 1, None],
    ("np.diff", "axis"): [1, 0, -1, 2],
    ("np.take_along_axis", "axis"): [0, 1, -1],
    ("np.swapaxes", "axis1"): [0, 1],
    ("np.take_along_axis", "indices"): [np.array([[0, 1, 0], [1, 1, 0]])],
    ("np.hsplit", "indices_or_sections"): [3, [1]],
    ("np.vsplit", "indices_or_sections"): [2, [1]],
    ("np.dsplit", "indices_or_sections"): [3, [1]],
    ("np.split", "indices_or_sections"): [2, [1]],
    ("np.broadcast_to", "shape"): [(2, 3), (4, 2, 3), (3,), (3, 2)],
    ("np.rot90", "axes"): [(0, 1), (1, 0), (0, 0)],
    ("np.concatenate", "axis"): [1, 0, -1, None, 2],
    ("np.stack", "axis"): [1, 0, -1, 2, 3],
    ("x.transpose", "axes"): [(1, 0), (0, 1), (0, 0)],
    ("x.astype", "dtype"): [np.float64, float, "d"],
    ("x.copy", "order"): ["F", "K"],
    ("np.copy", "order"): ["F", "C"],
    ("np.linalg.norm", "axis"): [1, 0, (0, 1), (1, 0), (0, 0), 2],
    ("np.result_type", "arrays_and_dtypes"): [],
    ("np.trace", "axis2"): [1, 0],
}
"""Values of one function's parameter, in place of those of `VALUES`."""

REFUSED_VALUES: dict[str, Any] = {
    "out": np.zeros((2, 3)),
    "dtype": np.float32,
    "casting": "no",
    "order": "F",
    "subok": False,
    "where": MASK,
    "signature": "d->d",
    "axes": [(0,), (0,)],
    "axis": 0,
    "keepdims": True,
    "device": "cpu",
    "descending": True,
}
"""Values that are no defaults, of parameters that are refused."""

NOT_TRACED: list[tuple[str, dict[str, Any]]] = [
    ("np.linalg.norm", {"ord": 2}),
    ("np.linalg.norm", {"ord": "nuc"}),
]
"""What NumPy takes, the entry reads, and yet is refused by name: singular values of tables."""

VERSIONED = {
    ("np.reshape", "newshape"),
    ("np.reshape", "shape"),
    ("np.reshape", "copy"),
    ("x.reshape", "copy"),
    ("np.clip", "min"),
    ("np.clip", "max"),
    ("np.sort", "descending"),
    ("np.std", "correction"),
    ("np.var", "correction"),
}
"""Parameters that some of the supported versions of NumPy do not have."""

REQUIRED: dict[str, dict[str, Any]] = {
    "np.reshape": {"shape": (3, 2)},
    "x.reshape": {"shape": (3, 2)},
    "np.take_along_axis": {"axis": 1},
}
"""What is handed in by position although it has a default in some versions of NumPy."""

ARRAYS |= family_cases.ARRAYS
SPECIAL |= family_cases.SPECIAL
REFUSED_VALUES |= family_cases.REFUSED_VALUES

ALL = {f"{number}-{entry.name}": entry for number, entry in enumerate(entries())}
every_entry = pytest.mark.parametrize("entry", ALL.values(), ids=ALL)


def arguments_of(entry: Entry) -> tuple[Any, ...]:
    """Return the arrays that an entry is called with."""
    if entry.name in ARRAYS:
        return ARRAYS[entry.name]
    leading = [
        name for name in entry.leading if entry.signature.parameters[name].default is inspect.Parameter.empty
    ]
    count = sum(name not in VALUES and (entry.name, name) not in SPECIAL for name in leading)
    return (X, Y)[: max(1, min(count, 2))]


def call(entry: Entry, arrays: tuple[Any, ...], given: dict[str, Any]) -> Any:
    """Call NumPy's function on these arrays as a user would, required arguments by position."""
    if entry.name in family_cases.CALLS:
        return family_cases.CALLS[entry.name](*arrays, **given)
    parameters = entry.signature.parameters
    first = next(iter(parameters))
    given = dict(given)
    positional: list[Any] = [[*arrays, arrays[0]]] if first in LISTS else list(arrays)
    names = list(parameters)[len(positional) :] if first not in LISTS else list(parameters)[1:]
    for name in names:
        parameter = parameters[name]
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            value = given.pop(name, ())
            positional += list(value) if isinstance(value, tuple) else [value]
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY or (
            (parameter.default is inspect.Parameter.empty or name in REQUIRED.get(entry.name, {}))
            and parameter.kind is not inspect.Parameter.KEYWORD_ONLY
        ):
            if name not in given:
                break
            positional.append(given.pop(name))
    if entry.name.startswith("x."):
        return getattr(positional[0], entry.name[2:])(*positional[1:], **given)
    return entry.original(*positional, **given)


def required(entry: Entry, arrays: tuple[Any, ...]) -> dict[str, Any]:
    """Return a value for each parameter without a default that is no array."""
    found = {}
    taken = 1 if next(iter(entry.signature.parameters)) in LISTS else len(arrays)
    for name in list(entry.signature.parameters)[taken:]:
        parameter = entry.signature.parameters[name]
        if parameter.default is inspect.Parameter.empty and parameter.kind not in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        ):
            found[name] = values_of(entry, name)[0]
    return found | REQUIRED.get(entry.name, {})


def values_of(entry: Entry, name: str) -> list[Any]:
    return SPECIAL.get((entry.name, name), VALUES.get(name, []))


def options_of(entry: Entry) -> list[str]:
    """Return the parameters that are read beside the arrays."""
    arrays = arguments_of(entry)
    names = list(entry.signature.parameters)
    count = (
        1
        if names[0] in LISTS
        or entry.signature.parameters[names[0]].kind is (inspect.Parameter.VAR_POSITIONAL)
        else len(arrays)
    )
    return [name for name in entry.reads if name not in names[:count]]


def calls_of(entry: Entry) -> list[tuple[dict[str, Any], bool]]:
    """Return what else is handed in, each value and first values in pairs, and whether it is one alone."""
    base = required(entry, arguments_of(entry))
    names = [name for name in options_of(entry) if values_of(entry, name)]
    found = [(base, True)]
    found += [({**base, name: value}, True) for name in names for value in values_of(entry, name)]
    for name, other in itertools.combinations(names, 2):
        both = {name: values_of(entry, name)[0], other: values_of(entry, other)[0]}
        found.append(({**base, **both}, False))
    return found


def numbers(answer: Any) -> list[Any]:
    """Return the arrays of an answer as one flat list of numbers."""
    if isinstance(answer, list | tuple):
        return [number for part in answer for number in numbers(part)]
    return np.asarray(answer, dtype=np.float64).ravel().tolist()


def flat(answer: Any) -> Any:
    """Return the arrays of an answer as one traced vector."""
    parts = answer if isinstance(answer, list | tuple) else [answer]
    return np.concatenate([np.reshape(part * 1.0, (-1,)) for part in parts])


def plain_numbers(entry: Entry, arrays: tuple[Any, ...], given: dict[str, Any]) -> Any:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.array(numbers(call(entry, arrays, given)))


def shapes(answer: Any) -> Any:
    if isinstance(answer, list | tuple):
        return [shapes(part) for part in answer]
    return np.shape(answer)


def moving(array: Any) -> bool:
    return bool(array.dtype == np.float64)


def differences(function: Any, step: float = 2e-3) -> tuple[Any, Any]:
    """Return first and second derivative at 0 by differences of three steps (Richardson 1911)."""
    first, second = [], []
    middle = function(0.0)
    for factor in (1.0, 0.5, 0.25):
        h = step * factor
        above, below = function(h), function(-h)
        with np.errstate(invalid="ignore"):
            first.append((above - below) / (2 * h))
            second.append((above - 2 * middle + below) / h**2)

    def extrapolated(rows: list[Any]) -> Any:
        once = [(4 * b - a) / 3 for a, b in itertools.pairwise(rows)]
        return (16 * once[1] - once[0]) / 15

    with np.errstate(invalid="ignore"):
        return extrapolated(first), extrapolated(second)


@every_entry
def test_the_declaration_is_numpys(entry: Entry) -> None:
    """Names, kinds and defaults are those of the NumPy that is installed."""
    original = getattr(entry.original, "declared", entry.original)
    try:
        theirs = dict(inspect.signature(original).parameters)
    except (ValueError, TypeError):
        pytest.skip("this NumPy does not say what the function takes")
    mine = dict(entry.signature.parameters)
    hidden = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in theirs.values())
    if entry.name.startswith("scipy."):
        pytest.skip("SciPy does not say what its ufuncs take")
    for name, parameter in theirs.items():
        if parameter.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            continue
        assert name in mine, f"{entry.name} takes {name}: declare it, read or not"
        default = mine[name].default
        if NONE not in (parameter.default, default) and name not in REQUIRED.get(entry.name, {}):
            assert repr(default) == repr(parameter.default), (entry.name, name)
    extra = set(mine) - set(theirs)
    if isinstance(entry.original, np.ufunc):
        extra -= {"axes", "axis", "keepdims"}
    elif not hidden:
        extra -= {name for owner, name in VERSIONED if owner == entry.name}
        assert not extra, f"{entry.name} does not take {extra}"
    by_place = [
        name
        for name in theirs
        if theirs[name].kind is not inspect.Parameter.KEYWORD_ONLY and (entry.name, name) not in VERSIONED
    ]
    assert [name for name in mine if name in by_place] == [name for name in by_place if name in mine], (
        entry.name
    )


@every_entry
def test_what_the_documentation_names_is_declared(entry: Entry) -> None:
    """Methods of arrays hide parameters behind ``**kwargs``; the first line of their help names them."""
    if not entry.name.startswith("x."):
        pytest.skip("no method")
    line = str(getattr(np.ndarray, entry.name[2:]).__doc__).strip().split("\n\n")[0].replace("\n", " ")
    found = re.search(r"\((.*)\)", line)
    named = re.findall(r"(\w+)=", found.group(1)) if found else []
    missing = set(named) - set(entry.signature.parameters) - {"a_min", "a_max"}
    assert not missing, f"{entry.name} takes {missing}"


@every_entry
def test_every_parameter_has_values(entry: Entry) -> None:
    """A parameter that is read has to have values here, one of which NumPy takes and which is no default."""
    for name in options_of(entry):
        if (entry.name, name) in VERSIONED:
            continue
        assert values_of(entry, name), f"{entry.name}: give {name} values, in VALUES or SPECIAL"
        taken = []
        for given, _ in calls_of(entry):
            if name in given:
                try:
                    plain_numbers(entry, arguments_of(entry), given)
                except (TypeError, ValueError, IndexError):
                    continue
                taken.append(given)
        assert taken, f"{entry.name}: NumPy takes none of the values of {name}"


@every_entry
def test_values_and_derivatives_are_numpys(entry: Entry) -> None:
    arrays = arguments_of(entry)
    places = [place for place, array in enumerate(arrays) if moving(np.asarray(array))]
    rng = np.random.default_rng(5)
    tolerance = family_cases.TOLERANCES.get(entry.name, 2e-15)
    directions = [rng.normal(size=np.shape(array)) if moving(np.asarray(array)) else None for array in arrays]

    for given, alone in calls_of(entry):
        shown = f"{entry.name} with {given}"

        def at(length: Any, given: dict[str, Any] = given) -> tuple[Any, ...]:
            return tuple(
                array if direction is None else array + length * direction
                for array, direction in zip(arrays, directions, strict=True)
            )

        def traced(*moved: Any, given: dict[str, Any] = given) -> Any:
            return flat(call(entry, moved, given))

        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                wanted = call(entry, arrays, given)
        except (TypeError, ValueError, IndexError, ZeroDivisionError):
            with pytest.raises(ad.TraceError):
                ad.jvp(traced, arrays, [np.zeros(np.shape(array)) for array in arrays])
            continue
        if any(
            entry.name == name and all(given.get(k) == v for k, v in what.items())
            for name, what in NOT_TRACED
        ) and (given.get("axis") is None or isinstance(given["axis"], tuple)):
            with pytest.raises(ad.TraceError, match="ord"):
                ad.jvp(traced, arrays, [np.zeros(np.shape(array)) for array in arrays])
            continue
        if isinstance(entry, ShapesOnly):
            found: list[Any] = []
            ad.gradient(
                lambda x, found=found, given=given: found.append(call(entry, (x, *arrays[1:]), given)) or 0.0
            )(  # type: ignore[misc]
                arrays[0]
            )
            if "empty" not in entry.name:
                assert np.array_equal(np.asarray(found[0]), np.asarray(wanted)), shown
            assert np.shape(found[0]) == np.shape(wanted), shown
            continue
        kept: list[Any] = []

        def noted(*moved: Any, given: dict[str, Any] = given, kept: list[Any] = kept) -> Any:
            answer = call(entry, moved, given)
            kept.append(answer)
            return flat(answer)

        tangents = [
            np.zeros(np.shape(a)) if d is None else d for a, d in zip(arrays, directions, strict=True)
        ]
        value, slope = ad.jvp(noted, arrays, tangents)
        assert shapes(kept[0]) == shapes(wanted), shown
        assert type(kept[0]) is type(wanted) or not isinstance(wanted, list | tuple), shown
        if isinstance(kept[0], Traced):
            assert (np.asarray(wanted).dtype == bool) == kept[0].condition, shown
        assert value == pytest.approx(numbers(wanted), rel=tolerance, abs=1e-300, nan_ok=True), shown
        once, twice = differences(lambda length, given=given: plain_numbers(entry, at(length), given))
        there = np.isfinite(once) & np.isfinite(value)
        assert slope[there] == pytest.approx(once[there], rel=1e-8, abs=1e-8), shown
        if not places or not value.size:
            continue
        weights = rng.normal(size=value.shape)

        def weighted(*moved: Any, given: dict[str, Any] = given, weights: Any = weights) -> Any:
            return np.sum(flat(call(entry, moved, given)) * weights)

        if there.all() and np.isfinite(slope).all():
            slopes = ad.gradient(weighted, argument=tuple(places))(*arrays)
            back = sum(float(np.sum(s * directions[p])) for s, p in zip(slopes, places, strict=True))
            assert back == pytest.approx(float(weights @ once), rel=1e-8, abs=1e-8), shown
            # Of a deviation that is 0 there is no second derivative to be had from a root.
            if not alone or (entry.name.endswith("std") and not value.all()):
                continue
            curved = ad.jvp(
                lambda *moved, traced=traced, by=tangents: ad.jvp(traced, moved, by)[1], arrays, tangents
            )[1]
            assert curved == pytest.approx(twice, rel=1e-5, abs=1e-5), shown


@every_entry
def test_what_is_not_read_is_refused_by_name(entry: Entry) -> None:
    arrays = arguments_of(entry)
    base = required(entry, arrays)
    for name in entry.refuses:
        value = REFUSED_VALUES[name]
        if isinstance(value, bool) and value is entry.signature.parameters[name].default:
            value = not value
        with pytest.raises(ad.TraceError, match=rf"\b{name}\b"):
            refuse(entry, arrays, {**base, name: value})


def refuse(entry: Entry, arrays: tuple[Any, ...], given: dict[str, Any]) -> None:
    """Call the entry itself with traced arrays, for NumPy may refuse an option on its own."""

    def function(*moved: Any) -> Any:
        first = next(iter(entry.signature.parameters))
        positional = [list(moved)] if first in LISTS else list(moved)
        keyword = {}
        for name, value in given.items():
            kind = entry.signature.parameters[name].kind
            if kind is inspect.Parameter.VAR_POSITIONAL:
                positional += list(value)
            elif kind is inspect.Parameter.POSITIONAL_ONLY or name in REQUIRED.get(entry.name, {}):
                positional.append(value)
            else:
                keyword[name] = value
        entry(*positional, **keyword)
        return 0.0

    ad.gradient(function)(*arrays)


@every_entry
def test_an_option_of_a_newer_numpy_is_refused_by_name(entry: Entry) -> None:
    arrays = arguments_of(entry)
    with pytest.raises(ad.TraceError, match="'of_tomorrow'"):
        ad.gradient(lambda *moved: entry(*moved, of_tomorrow=1))(*arrays)


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="it is that of a newer NumPy's signatures"
)
def test_the_table_is_up_to_date() -> None:
    """``python -m harness.autodiff.numpy_table > harness/autodiff/NUMPY.md`` writes it anew."""
    file = Path(ad.__file__).parent / "NUMPY.md"
    assert file.read_text() == table()


@pytest.mark.parametrize("order", ["K", "A"])
def test_orders_that_depend_on_memory_are_refused(order: str) -> None:
    for entry in entries():
        if isinstance(entry, Mover) and "order" in entry.reads:
            with pytest.raises(ad.TraceError, match="order"):
                refuse(entry, arguments_of(entry), {**required(entry, arguments_of(entry)), "order": order})
