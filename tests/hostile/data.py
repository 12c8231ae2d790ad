"""Data sets: every kind of number, table and label that Python has, through each door for data."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import harness
from harness.estimators import NetworkClassifier, NetworkRegressor
from harness.problems import Problem
from optimizers.errors import InputError

from .oracle import hold_runs
from .tables import EXACT, NO_LABELS, NO_NUMBERS, ODD, cells_of, labels_of
from .tally import Tally, Wrong, asked

Rng = np.random.Generator

OPTIMIZERS = (
    "gradient-descent",
    "lbfgs",
    "adam:batch=2",
    "rprop",
    "levenberg-marquardt",
    "perceptron-rule",
    "random-search",
    "genetic-algorithm:population_size=4",
    "nelder-mead",
)
LOSSES = (
    "categorical-cross-entropy",
    "binary-cross-entropy",
    "half-squared",
    "perceptron-soft",
    "brier",
    "hinge",
)
OPTIONS: dict[str, tuple[Any, ...]] = {
    "hidden": ((), (2,)),
    "scale": (True, True, False),
    "test_fraction": (0.3, 0.0, 0.9),
}


def _drawn(values: Any, rng: Rng) -> Any:
    return values[int(rng.integers(len(values)))]


def _same(found: Any, given: Any, what: str) -> None:
    """Raise ``Wrong`` where numbers are others than were given."""
    expected = np.asarray(given, dtype=np.float64)
    if found.shape != expected.shape or not np.array_equal(found, expected):
        raise Wrong(f"{what} are other numbers than were given")


def _scaled_right(problem: Any) -> None:
    """Hold the scaled training rows to mean 0 and deviation 1, as far as float64 goes."""
    X, Y, _, _ = problem.data(0)
    if not (np.isfinite(X).all() and np.isfinite(Y).all()):
        raise Wrong("scaled data are not finite")
    if not problem._scale or len(X) < 2:
        return
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    largest = np.abs(problem._X).max(axis=0)
    near_one = np.ldexp(problem._X, -np.frexp(largest)[1])
    with np.errstate(divide="ignore"):
        close = 1e-6 + 1e-15 / near_one.std(axis=0)
    flat = (deviation < 1e-6) | (np.abs(X) < 1e-6).all(axis=0)
    off = (np.abs(mean) > close) | (np.abs(deviation - 1) > close)
    if (off & ~flat).any():
        raise Wrong(f"scaled columns have mean {mean} and deviation {deviation}")


def by_run(X: Any, y: Any, plain: Any, rng: Rng) -> None:
    """Make a problem of arrays, and run it."""
    options = {name: _drawn(values, rng) for name, values in OPTIONS.items()}
    problem = Problem.from_arrays(X, y, loss=_drawn(LOSSES, rng), **options)
    if plain is not None and plain.ndim == 2:
        _same(problem._X, plain, "inputs")
    _scaled_right(problem)
    results = harness.run([problem], [_drawn(OPTIMIZERS, rng)], budget=8, seeds=1)
    hold_runs(results, {str(name): problem for name in results.runs["problem"]})


def by_file(X: Any, y: Any, plain: Any, rng: Rng) -> None:
    """Write a table, and predict a column of it."""
    try:
        frame = pd.DataFrame(X)
        frame["y"] = np.asarray(y)
        name = "own.parquet" if rng.random() < 0.4 else "own.csv"
        frame.columns = [str(column) for column in frame.columns]
        if name == "own.csv":
            frame.to_csv(name, index=False)
        else:
            frame.to_parquet(name)
    except Exception:
        raise InputError("pandas itself cannot write this table down: nothing was tried") from None
    text = Path(name).read_bytes()
    if name == "own.csv" and rng.random() < 0.3:
        text = _spoilt(text, rng)
        plain = None
        Path(name).write_bytes(text)
    loss = _drawn(("", *LOSSES), rng)
    problem = harness.problems.load("table", file=name, predict="y", loss=loss, hidden=(2,))
    if plain is not None and np.ndim(plain) == 2:
        _same(problem._X, plain, "inputs of the file")  # type: ignore[attr-defined]
    _scaled_right(problem)
    results = harness.run([problem], [_drawn(OPTIMIZERS, rng)], budget=8, seeds=1)
    hold_runs(results, {str(name): problem for name in results.runs["problem"]})


def _spoilt(text: bytes, rng: Rng) -> bytes:
    """Return a file of comma-separated values with something done to it."""
    spot = int(rng.integers(len(text)))
    junk = (
        b"\0",
        b"\xff\xfe",
        b'"',
        b",,,",
        b"\n\n",
        b"nan",
        b"1e999",
        b"'",
        b"\r",
        b"9" * 5000,
        b"=1+1",
        b";",
        b"\x1b[2J",
    )
    kind = int(rng.integers(4))
    if kind == 0:
        return text[:spot]
    if kind == 1:
        return b"\xef\xbb\xbf" + text
    if kind == 2:
        return text.decode("utf-8", "replace").encode("utf-16")
    return text[:spot] + _drawn(junk, rng) + text[spot:]


def by_estimator(X: Any, y: Any, plain: Any, rng: Rng) -> None:
    """Fit an estimator, and hold what it predicts of one wrapping against another."""
    from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

    kind = _drawn((NetworkClassifier, NetworkRegressor), rng)
    estimator = kind(
        optimizer=_drawn(OPTIMIZERS, rng), hidden=_drawn(OPTIONS["hidden"], rng), budget=8, random_state=0
    )
    for category in (ConvergenceWarning, DataConversionWarning):
        warnings.simplefilter("ignore", category)
    # Of infinities scikit-learn makes a sum before it says that there are some.
    warnings.filterwarnings("ignore", "invalid value encountered in reduce", RuntimeWarning)
    try:
        estimator.fit(X, y)
        answers = estimator.predict(X)
        again = answers if plain is None else estimator.predict(_like(X, plain))
    except (ValueError, TypeError) as error:
        if isinstance(error, InputError) or not _by_scikit_learn(error):
            raise
        raise InputError(str(error).split("\n")[0][:500]) from None
    if len(answers) != len(plain if plain is not None else np.asarray(X)) or not np.array_equal(
        answers, again
    ):
        raise Wrong("predictions differ from those of the plain array")
    if kind is NetworkRegressor and not np.isfinite(answers.astype(float)).all():
        raise Wrong("predicted numbers are not finite")
    if kind is NetworkClassifier and not set(np.ravel(answers).tolist()) <= set(
        np.ravel(estimator.classes_).tolist()
    ):
        raise Wrong("predicted what is no class")


def _like(X: Any, plain: Any) -> Any:
    """Return a plain array, with names where a frame has them."""
    return pd.DataFrame(plain, columns=X.columns) if isinstance(X, pd.DataFrame) else plain


def _by_scikit_learn(error: BaseException) -> bool:
    """Whether an error comes out of scikit-learn's own check of what goes into every estimator."""
    trace, files = error.__traceback__, []
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    return any("sklearn/utils" in file for file in files[-6:])


DOORS = (by_run, by_run, by_file, by_estimator)


def _handed_in(door: Any, name: str, labels: str, X: Any, y: Any, plain: Any, rng: Rng) -> None:
    """Hand data in, and find it wrong where what holds no numbers is taken for some."""
    door(X, y, plain, rng)
    # A file says in its own words what a cell is, and a table without rows has no cell.
    if (
        door is not by_file
        and np.size(np.asarray(y, dtype=object))
        and (name in NO_NUMBERS or labels in NO_LABELS)
    ):
        raise Wrong(f"taken, though there are no numbers in X as {name}, or labels missing in y of {labels}")


def campaign(tally: Tally, cases: int, seed: int, place: Path) -> None:
    """Hand in data sets by each door."""
    rng = np.random.default_rng(seed)
    wrappings = {**EXACT, **ODD}
    for _ in range(cases):
        cells, table = cells_of(rng)
        name = _drawn(list(EXACT if rng.random() < 0.5 else wrappings), rng)
        labels, y = labels_of(len(table), rng)
        if rng.random() < 0.5:
            labels, y = "usual", np.arange(len(table)) % 2
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                X = wrappings[name](table)
        except Exception:
            # The library itself has no such table.
            continue
        door = _drawn(DOORS, rng)
        plain = table if name in EXACT else None
        tally.add(
            f"{door.__name__} X {cells} as {name} {np.shape(table)}, y {labels}",
            asked(lambda: _handed_in(door, name, labels, X, y, plain, rng)),  # noqa: B023
        )
