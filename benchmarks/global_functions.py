"""Minima reached on SciPy's global test functions, at equal numbers of evaluations.

    python -m benchmarks.global_functions FOLDER              about half an hour

FOLDER is ``benchmarks/benchmarks/go_benchmark_functions`` of SciPy's source distribution, which ``pip
download --no-deps --no-binary scipy scipy`` brings. Every function is searched from the same starts, drawn
from its box, by L-BFGS and BFGS of ours and of SciPy as they come, and by both L-BFGS started again at random
until the evaluations are spent. A search has reached the minimum where its best value is within 1e-6 of it,
relative to 1 or to its size. The calls of the function are counted by the function itself. The table that
is kept in ``results/benchmarks`` is that of ``--starts 3``, six minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import inspect
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.optimize
import scipy.stats

import optimizers
from optimizers.linear_algebra_threads import one_thread

CLOSE = 1e-6
STARTS = 5


class Spent(Exception):  # noqa: N818  # no error: the evaluations are spent
    """The evaluations are spent."""


class Counted:
    """A test function that counts its calls, keeps its lowest value and ends at a limit."""

    def __init__(self, function: Any, most: int) -> None:
        self.function, self.most = function, most
        self.calls, self.lowest = 0, np.inf

    def __call__(self, x: Any) -> float:
        if self.calls >= self.most:
            raise Spent
        self.calls += 1
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = float(np.asarray(self.function.fun(np.asarray(x, dtype=float))).reshape(()))
        self.lowest = min(self.lowest, value) if np.isfinite(value) else self.lowest
        return value


Search = Callable[[Counted, np.ndarray, Callable[[Any], np.ndarray], int], None]


def ours(optimizer: optimizers.Optimizer) -> Search:
    def search(function: Counted, start: np.ndarray, draw: Any, seed: int) -> None:
        objective = optimizers.FunctionObjective(function, start.size, start=draw)
        optimizers.minimize(
            objective, start, optimizer, budget=function.most, rng=np.random.default_rng([seed, 1])
        )

    return search


def of_scipy(method: str, again: bool = False) -> Search:
    def search(function: Counted, start: np.ndarray, draw: Any, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        while function.calls < function.most:
            scipy.optimize.minimize(function, start, method=method)
            if not again:
                return
            start = draw(rng)

    return search


SEARCHES: dict[str, tuple[str, Search]] = {
    "L-BFGS, ours": ("lbfgs", ours(optimizers.LBFGS())),
    "L-BFGS, SciPy": ("lbfgs", of_scipy("L-BFGS-B")),
    "BFGS, ours": ("bfgs", ours(optimizers.BFGS())),
    "BFGS, SciPy": ("bfgs", of_scipy("BFGS")),
    "multi-start, ours": ("multi", ours(optimizers.MultiStart())),
    "multi-start, SciPy": ("multi", of_scipy("L-BFGS-B", again=True)),
}


def functions(folder: Path) -> Iterator[Any]:
    """Yield the test functions of more than one variable whose known minimum is one of theirs."""
    # The folder is a part of a package of benchmarks, of which it wants one name.
    outer = types.ModuleType("scipy_benchmarks")
    outer.__path__ = [str(folder.resolve().parent)]
    common = types.ModuleType("scipy_benchmarks.common")
    common.safe_import = lambda: contextlib.suppress(ImportError)  # type: ignore[attr-defined]
    sys.modules.update({outer.__name__: outer, common.__name__: common})
    package = importlib.import_module(f"{outer.__name__}.{folder.resolve().name}")
    for name, kind in sorted(vars(package).items()):
        if inspect.isclass(kind) and issubclass(kind, package.Benchmark) and kind is not package.Benchmark:
            function = kind()
            known = np.atleast_2d(np.asarray(function.global_optimum, dtype=float))[0]
            if known.size != function.N:
                continue
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = float(np.asarray(function.fun(known)).reshape(()))
            if function.N > 1 and np.isfinite(function.fglob) and reached(value, function.fglob, 1e-3):
                function.name = name
                yield function


def reached(lowest: float, minimum: float, close: float = CLOSE) -> bool:
    return bool(lowest <= minimum + close * max(1.0, abs(minimum)))


def measure(folder: Path, evaluations: int, starts: int) -> pd.DataFrame:
    """Return a row a search: function, seed, which search, whether it reached the minimum, and its calls."""
    rows = []
    for function in functions(folder):
        low, high = np.array(function.bounds, dtype=float).T

        def draw(rng: np.random.Generator, low: Any = low, high: Any = high) -> np.ndarray:
            return rng.uniform(low, high)

        for seed in range(starts):
            start = draw(np.random.default_rng(seed))
            for name, (_, search) in SEARCHES.items():
                counted = Counted(function, evaluations)
                with np.errstate(all="ignore"), warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with contextlib.suppress(Spent):
                        search(counted, start.copy(), draw, seed)
                assert counted.calls <= evaluations
                found = reached(counted.lowest, function.fglob)
                rows.append((function.name, seed, name, found, counted.calls))
    return pd.DataFrame(rows, columns=["function", "seed", "search", "reached", "calls"])


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Count minima, and hold each search of ours against SciPy's of its kind on the same starts."""
    wide = table.pivot(index=["function", "seed"], columns="search", values="reached").astype(bool)
    rows = []
    for name, (kind, _) in SEARCHES.items():
        theirs = next(other for other, (same, _) in SEARCHES.items() if same == kind and "SciPy" in other)
        ahead, behind = int((wide[name] & ~wide[theirs]).sum()), int((wide[theirs] & ~wide[name]).sum())
        p = float(scipy.stats.binomtest(ahead, ahead + behind).pvalue) if ahead + behind else 1.0
        calls = float(table.loc[table["search"] == name, "calls"].median())
        rows.append((name, len(wide), int(wide[name].sum()), ahead, behind, round(p, 4), calls))
    titles = ["search", "starts", "minima", "only this", "only SciPy's", "p (McNemar)", "median calls"]
    return pd.DataFrame(rows, columns=titles)


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.global_functions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="go_benchmark_functions of SciPy's source distribution")
    parser.add_argument("--evaluations", type=int, default=5_000, help="calls of a function (5000)")
    parser.add_argument("--starts", type=int, default=STARTS, help=f"starts of each function ({STARTS})")
    parser.add_argument("--output", type=Path, help="where the table goes as CSV")
    given = parser.parse_args()
    if not (given.folder / "go_benchmark.py").is_file():
        parser.error(f"{given.folder} holds no go_benchmark.py: give the folder of SciPy's test functions")
    with one_thread():
        table = measure(given.folder, given.evaluations, given.starts)
    counted = summary(table)
    print(f"{table['function'].nunique()} functions, {given.starts} starts each")
    print(counted.to_string(index=False))
    if given.output is not None:
        counted.to_csv(given.output, index=False)


if __name__ == "__main__":
    main()
