"""The 27 problems of NIST's Statistical Reference Datasets for nonlinear regression, with certified answers.

The files in ``data/nist`` are NIST's own (https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, in the
public domain): a model, two starts, the parameters certified to eleven digits, the data. The models are
written out here, for real and for complex parameters, which give exact derivatives by the complex step:
nothing is subtracted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

FOLDER = Path(__file__).parent / "data" / "nist"
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
