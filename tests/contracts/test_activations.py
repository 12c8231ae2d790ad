"""What every activation in the table has to do; a new entry is found by itself."""

from __future__ import annotations

import math
import re
from typing import Any

import mpmath
import numpy as np
import pytest

from harness.network.activations import ACTIVATIONS, KNOWN, Activation
from harness.network.network import Network
from optimizers.errors import InputError

UNITS, ROWS, START = 3, 5, 4
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.name)


def sums(seed: int = 0) -> Any:
    """Sums of one layer for some rows, shape (units, rows), none of them at a kink."""
    z = np.random.default_rng(seed).normal(0.0, 2.0, (UNITS, ROWS))
    return np.where(np.abs(z) < 0.1, 0.5, z)


def embedded(table: Any) -> Any:
    """A flat array with the numbers of a layer somewhere in its middle, and NaN all around."""
    flat = np.full(START + table.size + 7, np.nan)
    flat[START : START + table.size] = table.ravel()
    return flat


def layer_of(flat: Any) -> Any:
    return flat[START : START + UNITS * ROWS].reshape(UNITS, ROWS)


def applied(activation: Activation, z: Any) -> Any:
    flat = embedded(z)
    activation.forward(flat, START, UNITS, ROWS)
    return layer_of(flat).copy()


def by_equation(activation: Activation, z: Any) -> list[Any]:
    """Activations of one row, by the equation that the table prints.

    The equation is an expression in Python's own words: ``a = f(z)``, or ``a_k = f(z_k, sum_j g(z_j))``.
    """
    text = activation.equation.partition("=")[2].replace("^", "**")
    text = re.sub(r"\bsum_j ([^/]+)", r"sum(\1 for z_j in every_z)", text)
    names = {"exp": mpmath.exp, "tanh": mpmath.tanh, "log": mpmath.log, "max": max, "min": min, "sum": sum}
    return [mpmath.mpf(eval(text, names | {"z": one, "z_k": one, "every_z": z})) for one in z]


@every_activation
def test_forward_is_the_printed_equation(activation: Activation) -> None:
    z = sums()
    found = applied(activation, z)
    with mpmath.workdps(40):
        for row in range(ROWS):
            expected = by_equation(activation, [mpmath.mpf(number) for number in z[:, row]])
            np.testing.assert_allclose(found[:, row], np.array(expected, dtype=float), rtol=1e-15)


@every_activation
def test_backward_is_the_derivative_of_the_printed_equation(activation: Activation) -> None:
    z, above = sums(), np.random.default_rng(1).normal(size=(UNITS, ROWS))
    a, delta = embedded(applied(activation, z)), embedded(above)
    activation.backward(a, START, delta, START, UNITS, ROWS)
    found = layer_of(delta)
    with mpmath.workdps(40):
        for row in range(ROWS):
            point = [mpmath.mpf(number) for number in z[:, row]]

            def weighed(number: Any, unit: int, point: Any = point, row: int = row) -> Any:
                moved = [*point[:unit], number, *point[unit + 1 :]]
                parts = zip(by_equation(activation, moved), above[:, row], strict=True)
                return sum(part * mpmath.mpf(weight) for part, weight in parts)

            expected = [
                float(mpmath.diff(lambda number, unit=unit: weighed(number, unit), point[unit]))
                for unit in range(UNITS)
            ]
            np.testing.assert_allclose(found[:, row], expected, rtol=1e-13, atol=1e-15)


@every_activation
def test_an_activation_without_a_gradient_has_the_derivative_zero_and_others_have_another(
    activation: Activation,
) -> None:
    a, delta = embedded(applied(activation, sums())), embedded(np.arange(1.0, 1 + UNITS * ROWS))
    activation.backward(a, START, delta, START, UNITS, ROWS)
    assert activation.has_gradient == bool(layer_of(delta).any())


@every_activation
def test_both_directions_work_in_place_and_touch_nothing_else(activation: Activation) -> None:
    flat, delta = embedded(sums()), embedded(sums(1))
    activation.forward(flat, START, UNITS, ROWS)
    kept = flat.copy()
    activation.backward(flat, START, delta, START, UNITS, ROWS)
    assert flat.tobytes() == kept.tobytes(), "backward only reads the activations"
    for array in (flat, delta):
        outside = np.delete(array, np.arange(START, START + UNITS * ROWS))
        assert np.isnan(outside).all()
        assert np.isfinite(layer_of(array)).all()


@every_activation
def test_nan_stays_nan_in_its_own_row(activation: Activation) -> None:
    clean = applied(activation, sums())
    for unit in range(UNITS):
        z = sums()
        z[unit, 2] = math.nan
        found = applied(activation, z)
        assert math.isnan(found[unit, 2])
        others = np.delete(np.arange(ROWS), 2)
        assert found[:, others].tobytes() == clean[:, others].tobytes()


@every_activation
def test_one_row_and_one_unit_give_the_same_numbers_as_many(activation: Activation) -> None:
    z = sums()
    together = applied(activation, z)
    for row in range(ROWS):
        alone = z[:, row].copy()
        activation.forward(alone, 0, UNITS, 1)
        np.testing.assert_allclose(alone, together[:, row], rtol=4e-16)


@every_activation
def test_an_activation_stands_in_hidden_layers_where_the_table_says_so(activation: Activation) -> None:
    options: dict[str, Any] = {"sizes": (2, 3, 1), "activation": activation.name}
    if activation.hidden:
        assert Network(**options).layer_activations[0] == activation.name
    else:
        with pytest.raises(InputError, match=f"'{activation.name}'"):
            Network(**options)


def test_names_are_unique_and_in_kebab_case() -> None:
    names = [activation.name for activation in ACTIVATIONS]
    assert list(KNOWN) == names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
