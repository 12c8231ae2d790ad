"""What is taken for real numbers, and what is refused by name."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

import harness
from harness.problems import FunctionProblem
from optimizers import FunctionObjective, InputError
from optimizers.arrays import real_array


class Broken:
    """Fails where it is to become an array, as a tensor with a gradient does."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise RuntimeError("not today\nnor tomorrow")


class Refusing:
    """Refuses to become an array, in words of its own."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise ValueError("not while it rains")


REFUSED: dict[str, tuple[Any, str]] = {
    "a mask": (np.ma.masked_values([[1.0], [-9999.0], [3.0]], -9999.0), "masked in row 1: leave"),
    "masks": (np.ma.masked_less(np.arange(9.0), 7.0), "masked in rows 0, 1, 2, 3, 4 and 2 more"),
    "a masked constant": (np.ma.masked, "is masked"),
    "complex numbers": (np.array([1.0, 2j]), "holds complex numbers"),
    "a complex number": ([1.0, 2j], "holds complex numbers"),
    "dates": (np.array(["2020-01-01"], dtype="M8[D]"), "holds dates"),
    "lengths of time": (np.array([3], dtype="m8[D]"), "holds lengths of time"),
    "python dates": ([datetime.date(2020, 1, 1)], "date"),
    "NaT": (pd.Series([pd.NaT]), "dates|NaT"),
    "text": (["1", "2"], "holds '1', expected numbers"),
    "text among numbers": (np.array([1.0, "2"], dtype=object), "holds '2', expected numbers"),
    "None": ([1.0, None], "holds None"),
    "records": (np.zeros(2, dtype=[("a", float)]), "holds records"),
    "ragged lists": ([[1.0], [1.0, 2.0]], "lists of different lengths"),
    "a large integer": ([10**400], "beyond the range"),
    "what fails as an array": (
        Broken(),
        r"X cannot become an array of NumPy \(RuntimeError: not today nor tomorrow\): hand",
    ),
    "what refuses to be an array": (
        Refusing(),
        r"X cannot become an array of NumPy \(ValueError: not while it rains\): hand",
    ),
    "a dictionary": ({"a": 1}, "is {'a': 1}"),
}

TAKEN: dict[str, tuple[Any, list[float]]] = {
    "whole numbers": ([1, 2], [1.0, 2.0]),
    "booleans": ([True, False], [1.0, 0.0]),
    "short floats": (np.array([0.5], dtype=np.float32), [0.5]),
    "a mask of nothing": (np.ma.array([1.0, 2.0], mask=False), [1.0, 2.0]),
    "decimals and fractions": ([Decimal("0.5"), Fraction(1, 4)], [0.5, 0.25]),
    "large integers": ([2**70, 1], [2.0**70, 1.0]),
    "a series": (pd.Series([1.0, 2.0]), [1.0, 2.0]),
    "what is not finite": ([np.inf, -np.inf], [np.inf, -np.inf]),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_real_number_is_refused_in_a_sentence(kind: str) -> None:
    value, sentence = REFUSED[kind]
    with pytest.raises(InputError, match=sentence):
        real_array("X", value)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max <= np.finfo(np.float64).max, reason="there are no longer floats here"
)
def test_a_long_float_beyond_the_range_is_refused_and_an_infinite_one_is_not() -> None:
    large = np.array([2.0, np.inf], dtype=np.longdouble)
    assert real_array("X", large).tolist() == [2.0, np.inf]
    with pytest.raises(InputError, match="X holds a number beyond the range of float64: scale"):
        real_array("X", np.array([2.0], dtype=np.longdouble) ** 5000)


@pytest.mark.parametrize("kind", TAKEN)
def test_real_numbers_are_taken(kind: str) -> None:
    value, wanted = TAKEN[kind]
    found = real_array("X", value)
    assert found.dtype == np.float64
    assert found.tolist() == wanted


def test_the_array_is_ones_own() -> None:
    given = np.ones(3)
    real_array("X", given)[0] = 5.0
    assert given.tolist() == [1.0, 1.0, 1.0]


class TestProblems:
    X = np.arange(4.0)[:, None]

    @pytest.mark.parametrize(
        "kind", ["a mask", "complex numbers", "dates", "text", "None", "records", "ragged lists"]
    )
    def test_inputs_are_checked(self, kind: str) -> None:
        with pytest.raises(InputError, match="X"):
            harness.Problem.from_arrays(REFUSED[kind][0], [0, 1, 0])

    @pytest.mark.parametrize(
        ("labels", "sentence"),
        [
            (np.ma.masked_equal([0, 1, 0, 9], 9), "y is masked in row 3"),
            (np.array([0, 1, 0, 1j]), "y holds complex numbers"),
            (pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-01", None]), "y holds dates"),
            (["a", "b", "a", None], "y holds None"),
            (pd.Series(["a", "b", "a", pd.NA], dtype="string"), "y holds <NA>"),
            (np.array(["a", "b", "a", np.nan], dtype=object), "y holds nan"),
            (Broken(), "y cannot become an array of NumPy"),
            ([[1.0], [2.0], [1.0], [1.0, 2.0]], "y has lists of different lengths"),
        ],
    )
    def test_labels_are_checked(self, labels: Any, sentence: str) -> None:
        with pytest.raises(InputError, match=sentence):
            harness.Problem.from_arrays(self.X, labels)

    def test_one_column_of_a_frame_is_a_list_of_labels(self) -> None:
        frame = pd.DataFrame({"label": ["no", "yes", "no", "yes"]})
        problem = harness.Problem.from_arrays(self.X, frame[["label"]], test_fraction=0)
        assert problem.classes is not None
        assert problem.classes.tolist() == ["no", "yes"]

    def test_probabilities_of_short_floats_sum_to_one(self) -> None:
        rows = np.random.default_rng(0).dirichlet(np.ones(3), 4).astype(np.float32)
        problem = harness.Problem.from_arrays(self.X, rows, test_fraction=0)
        assert problem.data()[1] == pytest.approx(rows, rel=1e-6)
        with pytest.raises(InputError, match="rows that sum to 1"):
            harness.Problem.from_arrays(self.X, rows * np.float32(1.001))

    def test_hidden_layers_may_be_an_array_of_whole_numbers(self) -> None:
        problem = harness.Problem.from_arrays(self.X, [0, 1, 0, 1], hidden=np.array([4]))  # type: ignore[arg-type]
        assert problem.network.sizes == (1, 4, 2)


NO_NUMBERS: dict[str, Any] = {
    "masked": np.ma.array([1.0, 2.0], mask=[True, False]),
    "complex": np.array([1.0, 2j]),
    "text": np.array(["1", "2"]),
    "dates": np.zeros(2, dtype="M8[D]"),
    "None": [None, 1.0],
    "ragged": [[1.0], [1.0, 2.0]],
    "a dictionary": {"a": 1},
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_parameters_are_real_numbers(kind: str) -> None:
    given = NO_NUMBERS[kind]
    objective = FunctionObjective(lambda w: float(np.sum(w**2)), 2)
    network = harness.problems.load("iris", hidden=[]).objective()
    asks: list[Callable[[], object]] = [
        lambda: objective.value(given),
        lambda: objective.value_and_gradient(given),
        lambda: network.value(given),
        lambda: network.values([given] if kind != "a dictionary" else given),
        lambda: network.curvature.product(np.zeros(network.size), given),
    ]
    for ask in asks:
        with pytest.raises(InputError, match=r"parameters|population"):
            ask()


@pytest.mark.parametrize("kind", NO_NUMBERS)
def test_a_derivative_by_hand_returns_real_numbers(kind: str) -> None:
    problem = FunctionProblem(lambda w: np.sum(w**2), 2, derivative=lambda w: NO_NUMBERS[kind], key=kind)
    with pytest.raises(InputError, match="what the derivative returns"):
        problem.objective().value_and_gradient([1.0, 2.0])
