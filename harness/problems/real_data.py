"""Real data sets, as scikit-learn carries them; nothing is downloaded."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.problems.family import Names, ProblemFamily
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.options import BelowOne, NonNegative, Sizes, options
from optimizers.printable import shown

FILES = {
    "iris": ("iris.csv", 1),
    "wine": ("wine_data.csv", 1),
    "breast_cancer": ("breast_cancer.csv", 1),
    "digits": ("digits.csv.gz", 0),
}
"""Tables of numbers in scikit-learn's folder of data, the class last, and the lines above them."""


def _carried(name: str) -> tuple[Array, NDArray[Any]]:
    """Return one of scikit-learn's data sets; read from its file, for importing scikit-learn takes a second.

    What has no such file scikit-learn is asked for.
    """
    found = find_spec("sklearn")
    if name in FILES and found is not None and found.origin is not None:
        file, above = FILES[name]
        path = Path(found.origin).parent / "datasets" / "data" / file
        if path.is_file():
            table = np.loadtxt(path, delimiter=",", skiprows=above)
            return np.ascontiguousarray(table[:, :-1]), table[:, -1].astype(np.int64)
    datasets = importlib.import_module("sklearn.datasets")
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return np.asarray(X, dtype=np.float64), np.asarray(y)


SPECIES = ("setosa", "versicolor", "virginica")
"""The irises, in the order of their numbers."""


@options
class Iris(ProblemFamily):
    """Three species of iris from four measures of the flower, 150 rows (Fisher 1936)."""

    hidden: Sizes = (8,)
    loss: str = "categorical-cross-entropy"

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures in cm and the species."""
        return _carried("iris")

    def class_names(self) -> Sequence[str]:
        """Return the species."""
        return SPECIES


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

    def class_names(self) -> Sequence[str]:
        """Return what 0 and 1 stand for."""
        return "rest", "setosa"


@options
class IrisPair(ProblemFamily):
    """One species of iris against another or the rest, one layer, measures as they are and every row.

    Only setosa is separable from the others. Without a target, for the soft cost is 0 at w = 0 too.

    Attributes:
        one: a species.
        other: another one, or the rest.
    """

    one: Literal["setosa", "versicolor", "virginica"] = "setosa"
    other: Literal["setosa", "versicolor", "virginica", "rest"] = "rest"
    hidden: Sizes = ()
    loss: str = "perceptron-soft"
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = None

    def __post_init__(self) -> None:
        if self.one == self.other:
            raise InputError(
                f"IrisPair: one and other are both {shown(self.one)}: give two species, or 'rest'"
            )

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures in cm and whether the flower is the one."""
        X, y = _carried("iris")
        species = np.array(SPECIES)[y]
        chosen = np.isin(species, [self.one, self.other]) | (self.other == "rest")
        return X[chosen], (species[chosen] == self.one).astype(np.int64)

    def class_names(self) -> Sequence[str]:
        """Return what 0 and 1 stand for."""
        return self.other, self.one

    def scaled(self) -> bool:
        """Leave the measures as they are, for bounds that are stated in their units."""
        return False


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

    def class_names(self) -> Sequence[str]:
        """Return what 0 and 1 stand for."""
        return "malignant", "benign"


@options
class Digits(ProblemFamily):
    """Ten handwritten digits from images of 8 x 8 pixels, 1797 rows (Alpaydin, Kaynak 1998)."""

    hidden: Sizes = (32,)
    loss: str = "categorical-cross-entropy"

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return grey values from 0 to 16 and the digit."""
        return _carried("digits")


@options
class MinMax(ProblemFamily):
    """A data set whose columns are scaled to lie between 0 and 1, every row for training.

    As scikit-learn's MinMaxScaler does: ``(x - min) / (max - min)``, and 0 in a column that is constant.

    Attributes:
        of: the data set.
    """

    of: Literal["iris", "wine", "breast-cancer", "digits"] = "iris"
    hidden: Sizes = (100,)
    activation: Names = ("relu",)
    loss: str = "categorical-cross-entropy"
    test_fraction: BelowOne = 0.0
    target: NonNegative | None = 0.1

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures from 0 to 1 and the class."""
        X, y = _carried(self.of.replace("-", "_"))
        least, width = X.min(axis=0), np.ptp(X, axis=0)
        return (X - least) / np.where(width > 0, width, 1.0), y

    def scaled(self) -> bool:
        """Leave them between 0 and 1."""
        return False


@options
class Diabetes(ProblemFamily):
    """Progress of diabetes after a year from ten measures, 442 rows, a regression (Efron et al. 2004)."""

    loss: str = "half-squared"
    target: NonNegative | None = 0.2

    def data(self) -> tuple[Array, NDArray[Any]]:
        """Return measures and the progress, a number from 25 to 346."""
        return _carried("diabetes")
