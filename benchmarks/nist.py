"""The 27 problems of NIST's Statistical Reference Datasets for nonlinear regression, with certified answers.

    python -m benchmarks.nist                                          about a minute
    python -m benchmarks.nist --output results/benchmarks/nist.md

The table holds the digits that all parameters of a problem have right, for Levenberg-Marquardt here and in
SciPy (MINPACK), from both starts. The files in ``tests/data/nist`` are NIST's own, in the public domain
(https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml): a model, two starts, the parameters certified to
eleven digits, the data. The models are written out here, for real and for complex parameters, which give
exact derivatives by the complex step: nothing is subtracted.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

import optimizers
from optimizers import Budget, LevenbergMarquardt, SumOfSquares

FOLDER = Path(__file__).parent.parent / "tests" / "data" / "nist"
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[Ee][-+]?\d+)?"


class Regression(NamedTuple):
    """One problem: its residuals, exact derivatives, two starts and the certified answer."""

    name: str
    residuals: Callable[[Any], Any]
    starts: tuple[Any, Any]
    certified: Any
    loss: float

    def jacobian(self, w: Any) -> Any:
        """Return the derivatives of the residuals, shape (m, n), by the complex step."""
        columns = []
        for i in range(w.size):
            moved = w.astype(complex)
            # Beside the size of the parameter, so that what it is multiplied by never overflows.
            step = 1e-30 * (abs(w[i]) or 1.0)
            moved[i] += 1j * step
            columns.append(self.residuals(moved).imag / step)
        return np.stack(columns, axis=1)


def _cubic(b: Any, x: Any) -> Any:
    return (b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3) / (1 + b[4] * x + b[5] * x**2 + b[6] * x**3)


def _decays(b: Any, x: Any) -> Any:
    return b[0] * np.exp(-b[1] * x) + b[2] * np.exp(-b[3] * x) + b[4] * np.exp(-b[5] * x)


def _peaks(b: Any, x: Any) -> Any:
    first, second = (b[i] * np.exp(-((x - b[i + 1]) ** 2) / b[i + 2] ** 2) for i in (2, 5))
    return b[0] * np.exp(-b[1] * x) + first + second


def _waves(b: Any, x: Any) -> Any:
    def wave(cosine: Any, sine: Any, period: Any) -> Any:
        turn = 2 * np.pi * x / period
        return cosine * np.cos(turn) + sine * np.sin(turn)

    return b[0] + wave(b[1], b[2], 12) + wave(b[4], b[5], b[3]) + wave(b[7], b[8], b[6])


MODELS: dict[str, Callable[[Any, Any], Any]] = {
    "Bennett5": lambda b, x: b[0] * (b[1] + x) ** (-1 / b[2]),
    "BoxBOD": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Chwirut1": lambda b, x: np.exp(-b[0] * x) / (b[1] + b[2] * x),
    "Chwirut2": lambda b, x: np.exp(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood": lambda b, x: b[0] * x ** b[1],
    "ENSO": _waves,
    "Eckerle4": lambda b, x: b[0] / b[1] * np.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "Gauss1": _peaks,
    "Gauss2": _peaks,
    "Gauss3": _peaks,
    "Hahn1": _cubic,
    "Kirby2": lambda b, x: (b[0] + b[1] * x + b[2] * x**2) / (1 + b[3] * x + b[4] * x**2),
    "Lanczos1": _decays,
    "Lanczos2": _decays,
    "Lanczos3": _decays,
    "MGH09": lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "MGH10": lambda b, x: b[0] * np.exp(b[1] / (x + b[2])),
    "MGH17": lambda b, x: b[0] + b[1] * np.exp(-x * b[3]) + b[2] * np.exp(-x * b[4]),
    "Misra1a": lambda b, x: b[0] * (1 - np.exp(-b[1] * x)),
    "Misra1b": lambda b, x: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "Misra1c": lambda b, x: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Misra1d": lambda b, x: b[0] * b[1] * x / (1 + b[1] * x),
    "Nelson": lambda b, x: b[0] - b[1] * x[0] * np.exp(-b[2] * x[1]),
    "Rat42": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "Rat43": lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "Roszman1": lambda b, x: b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi,
    "Thurber": _cubic,
}


def load(name: str) -> Regression:
    """Read one problem."""
    text = (FOLDER / f"{name}.dat").read_text(encoding="ascii")
    rows = re.findall(rf"^\s*b\d+\s*=((?:\s+{NUMBER})+)\s*$", text, re.MULTILINE)
    table = np.array([row.split() for row in rows], dtype=np.float64)
    (loss,) = re.findall(rf"Residual Sum of Squares:\s*({NUMBER})", text)
    # The last line that begins with "Data:" heads the data.
    lines = text[text.rindex("\nData:") :].splitlines()[2:]
    data = np.array([line.split() for line in lines if line.strip()], dtype=np.float64).T
    y, x = data[0], data[1] if len(data) == 2 else data[1:]
    if name == "Nelson":
        y = np.log(y)
    model = MODELS[name]

    def residuals(w: Any) -> Any:
        with np.errstate(all="ignore"):
            return model(w, x) - y

    return Regression(name, residuals, (table[:, 0], table[:, 1]), table[:, 2], float(loss))


def digits(found: Any, certified: Any) -> float:
    """Return the digits that all parameters have right, at the most the eleven that are certified."""
    with np.errstate(divide="ignore", invalid="ignore"):
        each = -np.log10(np.abs(found - certified) / np.abs(certified))
    return float(np.clip(np.where(np.isnan(each), 0.0, each), 0.0, 11.0).min())


STEPS = 2000
"""Steps of each search, at the most; SciPy is given as many Jacobians."""

TIGHT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}


def by_ours(regression: Regression, start: Any, exact: bool) -> Any:
    """Return the parameters that this project's method finds."""
    jacobian = regression.jacobian if exact else None
    fit = SumOfSquares(regression.residuals, start.size, jacobian)
    return optimizers.minimize(fit, start, LevenbergMarquardt(), Budget(iterations=STEPS)).w


def by_scipy(regression: Regression, start: Any, exact: bool) -> Any:
    """Return the parameters that SciPy's ``least_squares(method="lm")`` finds, or NaN where it refuses."""
    jacobian, calls = (regression.jacobian, STEPS) if exact else ("2-point", STEPS * (start.size + 1))
    try:
        return least_squares(regression.residuals, start, jacobian, method="lm", max_nfev=calls, **TIGHT).x
    except ValueError:
        return np.full(start.size, np.nan)


def main() -> None:
    """Print the table, and write it where asked to."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.nist",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, help="where the table goes as Markdown")
    given = parser.parse_args()
    columns = [(by_ours, False), (by_ours, True), (by_scipy, False), (by_scipy, True)]
    lines = ["| problem, start | ours, by default | ours, exact J | SciPy, by default | SciPy, exact J |"]
    lines.append("|---|---|---|---|---|")
    enough = [0] * len(columns)
    for name in MODELS:
        regression = load(name)
        for number, start in enumerate(regression.starts):
            right = [digits(find(regression, start, exact), regression.certified) for find, exact in columns]
            enough = [count + (each >= 4) for count, each in zip(enough, right, strict=True)]
            lines.append(f"| {name}, {number + 1} | " + " | ".join(f"{each:.1f}" for each in right) + " |")
    lines.append("| four digits or more | " + " | ".join(f"{count} of 54" for count in enough) + " |")
    print("\n".join(lines))
    if given.output is not None:
        given.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
