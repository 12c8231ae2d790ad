"""Real data sets, as scikit-learn carries them; nothing is downloaded."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.problems.family import ProblemFamily
from optimizers.objective import Array
from optimizers.options import NonNegative, Sizes, options


def _carried(name: str) -> tuple[Array, NDArray[Any]]:
    """Return one of scikit-learn's data sets. Its import takes a second, so it waits until here."""
    datasets = importlib.import_module("sklearn.datasets")
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return np.asarray(X, dtype=np.float64), np.asarray(y)


@options
class Iris(ProblemFamily):
    """Three species of iris from four measures of the flower, 150 rows (Fisher 1936)."""

    hidden: Sizes = (8,)
    loss: str = "categorical-cross-entropy"

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures in cm and the species."""
        return _carried("iris")


@options
class Setosa(ProblemFamily):
    """Iris setosa against the other two species, 150 rows, one layer: separable by a straight cut."""

    hidden: Sizes = ()
    loss: str = "perceptron-soft"
    target: NonNegative | None = 0.0

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures in cm and whether the flower is a setosa."""
        X, y = _carried("iris")
        return X, (y == 0).astype(np.int64)


@options
class Wine(ProblemFamily):
    """Three growers of wine from thirteen chemical measures, 178 rows (Forina 1988)."""

    loss: str = "categorical-cross-entropy"
    target: NonNegative | None = 0.01

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures and the grower."""
        return _carried("wine")


@options
class BreastCancer(ProblemFamily):
    """Benign or malignant tumour from thirty measures of cell nuclei, 569 rows (Wolberg, Street 1993)."""

    hidden: Sizes = (16,)
    target: NonNegative | None = 0.05

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures and the diagnosis, 1 for benign."""
        return _carried("breast_cancer")


@options
class Digits(ProblemFamily):
    """Ten handwritten digits from images of 8 x 8 pixels, 1797 rows (Alpaydin, Kaynak 1998)."""

    hidden: Sizes = (32,)
    loss: str = "categorical-cross-entropy"

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return grey values from 0 to 16 and the digit."""
        return _carried("digits")


@options
class Diabetes(ProblemFamily):
    """Progress of diabetes after a year from ten measures, 442 rows, a regression (Efron et al. 2004)."""

    loss: str = "half-squared"
    target: NonNegative | None = 0.2

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures and the progress, a number from 25 to 346."""
        return _carried("diabetes")
