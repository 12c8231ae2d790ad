"""What every activation has to do, by each of its faces; a new file or plug-in is found by itself."""

from __future__ import annotations

import math
import re
from typing import Any

import mpmath
import numpy as np
import pytest

import harness.autodiff as ad
from harness.gradients.complex_pass import STEP
from harness.network.activation import Activation
from harness.network.activations import known_activations
from harness.network.network import Network
from optimizers.errors import InputError

UNITS, ROWS, START = 3, 5, 4
ACTIVATIONS = known_activations().values()
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda activation: activation.name)


def sums(activation: Activation, seed: int = 0) -> Any:
    """Sums of one layer for some rows, shape (units, rows), none of them at a kink."""
    z = np.random.default_rng(seed).normal(0.0, 2.0, (UNITS, ROWS))
    z = np.where(np.abs(z) < 0.1, 0.5, z)
    for kink in activation.kinks:
        z = np.where(np.abs(z - kink) < 0.1, kink + 0.15, z)
    return z


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
    names = {**vars(mpmath), "max": max, "min": min, "sum": sum}
    return [mpmath.mpf(eval(text, names | {"z": one, "z_k": one, "every_z": z})) for one in z]


@every_activation
def test_forward_is_the_printed_equation(activation: Activation) -> None:
    z = sums(activation)
    found = applied(activation, z)
    with mpmath.workdps(40):
        for row in range(ROWS):
            expected = by_equation(activation, [mpmath.mpf(number) for number in z[:, row]])
            np.testing.assert_allclose(found[:, row], np.array(expected, dtype=float), rtol=1e-15)


@every_activation
def test_backward_is_the_derivative_of_the_printed_equation(activation: Activation) -> None:
    z, above = sums(activation), np.random.default_rng(1).normal(size=(UNITS, ROWS))
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


def exact_row(activation: Activation, z: Any) -> list[Any]:
    """Activations of one row by the exact form, in the digits of the context."""
    return [mpmath.mpf(a) for a in activation.exact(mpmath, [mpmath.mpf(number) for number in z])]


def exact_slopes(activation: Activation, z: Any) -> Any:
    """Derivatives of the activations of one row by its sums, of the exact form: shape (activations, sums)."""

    def moved(k: int, unit: int) -> Any:
        return mpmath.diff(
            lambda number: exact_row(activation, [*z[:unit], number, *z[unit + 1 :]])[k], mpmath.mpf(z[unit])
        )

    with mpmath.workdps(40):
        return np.array([[float(moved(k, unit)) for unit in range(len(z))] for k in range(len(z))])


@every_activation
def test_the_exact_form_is_the_printed_equation(activation: Activation) -> None:
    with mpmath.workdps(40):
        for z in sums(activation).T:
            expected = by_equation(activation, [mpmath.mpf(number) for number in z])
            for found, wanted in zip(exact_row(activation, z), expected, strict=True):
                assert abs(found - wanted) <= mpmath.mpf(10) ** -36 * abs(wanted)
    floats = activation.exact(math, sums(activation)[:, 0].tolist())
    np.testing.assert_allclose(floats, applied(activation, sums(activation))[:, 0], rtol=1e-14)


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS if a.shares_one], ids=lambda found: found.name)
def test_activations_that_share_one_do_so_for_sums_of_any_size(activation: Activation) -> None:
    z = np.random.default_rng(1).normal(0.0, 300.0, (UNITS, ROWS))
    z[:, 0] = 800.0, -800.0, 799.0
    z[:, 1] = -800.0, -799.0, -1000.0
    found = applied(activation, z)
    for row in range(ROWS):
        with mpmath.workdps(40):
            wanted = np.array(exact_row(activation, z[:, row]), dtype=float)
        # Beside a 1 what is smaller than the smallest number may be 0.
        close = {"rtol": 1e-12, "atol": 1e-300}
        np.testing.assert_allclose(found[:, row], wanted, **close)
        np.testing.assert_allclose(activation.exact(math, z[:, row].tolist()), wanted, **close)
        if activation.plain is not None:
            np.testing.assert_allclose(activation.plain(z)[:, row], wanted, **close)
        if activation.complex_form is not None:
            numbers = z[:, row].astype(complex)
            activation.complex_form(numbers, 0, UNITS)
            np.testing.assert_allclose(numbers.real, wanted, **close)


@every_activation
def test_the_plain_form_and_its_derivative_are_those_of_the_exact_form(activation: Activation) -> None:
    if activation.plain is None:
        pytest.skip("it has none")
    plain: Any = activation.plain
    z, weights = sums(activation), np.random.default_rng(2).normal(size=(UNITS, ROWS))
    found = np.asarray(plain(z))
    slopes = ad.gradient(lambda w: np.sum(plain(w) * weights))(z)
    with mpmath.workdps(40):
        for row in range(ROWS):
            expected = np.array(exact_row(activation, z[:, row]), dtype=float)
            np.testing.assert_allclose(found[:, row], expected, rtol=1e-14)
            wanted = weights[:, row] @ exact_slopes(activation, z[:, row])
            np.testing.assert_allclose(slopes[:, row], wanted, rtol=1e-12, atol=1e-14)


@every_activation
def test_the_complex_form_carries_value_and_derivative(activation: Activation) -> None:
    if activation.complex_form is None:
        pytest.skip("it has none")
    for row in sums(activation).T:
        with mpmath.workdps(40):
            expected = np.array(exact_row(activation, row), dtype=float)
        slopes = exact_slopes(activation, row)
        for unit in range(UNITS):
            z = np.full(START + UNITS + 2, complex(np.nan, np.nan))
            z[START : START + UNITS] = row
            z[START + unit] += 1j * STEP
            activation.complex_form(z, START, UNITS)
            found = z[START : START + UNITS]
            np.testing.assert_allclose(found.real, expected, rtol=4e-15)
            np.testing.assert_allclose(found.imag / STEP, slopes[:, unit], rtol=1e-13, atol=1e-15)
            assert np.isnan(np.delete(z, np.arange(START, START + UNITS))).all(), "it touches nothing else"


@every_activation
def test_the_bend_is_the_second_derivative(activation: Activation) -> None:
    if activation.bend is None:
        pytest.skip("it has none")
    rng = np.random.default_rng(3)
    z, (along, delta, before) = sums(activation), rng.normal(size=(3, UNITS, ROWS))
    a = applied(activation, z)
    carried = embedded(along)
    activation.backward(embedded(a), START, carried, START, UNITS, ROWS)
    size = UNITS * ROWS
    numbers = np.concatenate([[np.nan] * START, *(t.ravel() for t in (a, layer_of(carried), delta, before))])
    places = [START + part * size for part in range(4)]
    kept = numbers.copy()
    activation.bend(numbers, *places, UNITS, ROWS)
    assert numbers[: places[3]].tobytes() == kept[: places[3]].tobytes(), "it writes to its target alone"
    found = (numbers - kept)[places[3] :].reshape(UNITS, ROWS)

    def deltas_back(row: int, unit: int) -> Any:
        """R of the deltas by the sums: how their derivative by one sum changes along the direction."""

        def weighed(h: Any, aside: Any) -> Any:
            moved = [mpmath.mpf(x) + h * mpmath.mpf(v) for x, v in zip(z[:, row], along[:, row], strict=True)]
            moved[unit] += aside
            pairs = zip(exact_row(activation, moved), delta[:, row], strict=True)
            return sum(part * mpmath.mpf(weight) for part, weight in pairs)

        return mpmath.diff(weighed, (0, 0), (1, 1))

    with mpmath.workdps(40):
        wanted = [[float(deltas_back(row, unit)) for row in range(ROWS)] for unit in range(UNITS)]
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-14)


@every_activation
def test_what_is_said_of_an_activation_holds(activation: Activation) -> None:
    z = sums(activation)
    a = applied(activation, z)
    assert activation.linear == (a.tobytes() == z.tobytes())
    assert activation.shares_one == bool(np.allclose(a.sum(axis=0), 1.0, rtol=0, atol=1e-14))
    slopes = exact_slopes(activation, z[:, 0])
    if activation.hidden:
        assert not (slopes - np.diag(np.diag(slopes))).any(), "a hidden unit depends on its own sum alone"
    np.testing.assert_allclose(slopes, slopes.T, rtol=1e-12, atol=1e-15)


@every_activation
def test_an_activation_jumps_only_where_it_says(activation: Activation) -> None:
    places = np.linspace(-6.0, 6.0, 241)
    for z in places[[all(abs(z - kink) > 1e-6 for kink in activation.kinks) for z in places]]:
        near = np.array([z - 1e-7, z, z + 1e-7])
        a, delta = np.tile(near, (2, 1)), np.ones(6)
        a[1] = 0.3
        flat = a.ravel()
        activation.forward(flat, 0, 2, 3)
        activation.backward(flat, 0, delta, 0, 2, 3)
        for numbers in (flat[:3], delta[:3]):
            assert np.ptp(numbers) <= 1e-6 * max(1.0, np.exp(z))


@every_activation
def test_an_activation_without_a_gradient_has_the_derivative_zero_and_others_have_another(
    activation: Activation,
) -> None:
    a, delta = embedded(applied(activation, sums(activation))), embedded(np.arange(1.0, 1 + UNITS * ROWS))
    activation.backward(a, START, delta, START, UNITS, ROWS)
    assert activation.has_gradient == bool(layer_of(delta).any())


@every_activation
def test_both_directions_work_in_place_and_touch_nothing_else(activation: Activation) -> None:
    flat, delta = embedded(sums(activation)), embedded(sums(activation, 1))
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
    clean = applied(activation, sums(activation))
    for unit in range(UNITS):
        z = sums(activation)
        z[unit, 2] = math.nan
        found = applied(activation, z)
        assert math.isnan(found[unit, 2])
        others = np.delete(np.arange(ROWS), 2)
        assert found[:, others].tobytes() == clean[:, others].tobytes()


@every_activation
def test_one_row_and_one_unit_give_the_same_numbers_as_many(activation: Activation) -> None:
    z = sums(activation)
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
    assert list(known_activations()) == names
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)


@every_activation
def test_the_single_pair_is_the_pair_to_the_digits_of_single_precision(activation: Activation) -> None:
    if activation.single is None:
        pytest.skip("it has none")
    forward, backward = activation.single
    z = sums(activation).astype(np.float32)
    above = np.random.default_rng(1).normal(size=z.shape).astype(np.float32)
    a, delta = embedded(z).astype(np.float32), embedded(above).astype(np.float32)
    forward(a, START, UNITS, ROWS)
    # The derivative from the same activations, so that its own rounding is all that is left.
    wanted_a, wanted_delta = applied(activation, z.astype(np.float64)), embedded(above.astype(np.float64))
    activation.backward(embedded(layer_of(a).astype(np.float64)), START, wanted_delta, START, UNITS, ROWS)
    backward(a, START, delta, START, UNITS, ROWS)
    unit = float(np.finfo(np.float32).eps)
    np.testing.assert_allclose(layer_of(a), wanted_a, rtol=4 * unit)
    scale = abs(above).max() * max(1.0, abs(layer_of(a)).max())
    np.testing.assert_allclose(layer_of(delta), layer_of(wanted_delta), rtol=4 * unit, atol=2 * unit * scale)
    for found in (a, delta):
        assert np.isnan(np.delete(found, range(START, START + UNITS * ROWS))).all(), "nothing else is touched"


@every_activation
def test_nan_in_a_sum_stays_nan_in_single_precision(activation: Activation) -> None:
    if activation.single is None:
        pytest.skip("it has none")
    z = np.zeros((UNITS, ROWS), dtype=np.float32)
    z[1, 2] = np.nan
    flat = z.ravel()
    activation.single[0](flat, 0, UNITS, ROWS)
    assert np.isnan(flat.reshape(z.shape)[1, 2])
