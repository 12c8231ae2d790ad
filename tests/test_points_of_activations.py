"""Activations and losses at the points where a slip shows: at zero, and where an exponential overflows."""

from __future__ import annotations

import numpy as np
import pytest

from harness.gradients.analytic import Analytic
from harness.network.activations import find_activation
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.network.precision import SINGLE, pair_of


def test_a_step_is_one_at_zero() -> None:
    values = np.array([-1e-300, 0.0, 1e-300, -0.0, np.nan])
    find_activation("step").forward(values, 0, 1, values.size)
    assert values[:4].tolist() == [-1.0, 1.0, 1.0, 1.0]
    assert np.isnan(values[4])
    exact = find_activation("step").exact
    assert [exact(None, [value])[0] for value in (-1, 0, 1)] == [-1, 1, 1]


@pytest.mark.parametrize(("label", "slope"), [(-1.0, [3.0, 1.0]), (1.0, [0.0, 0.0])])
def test_at_zero_the_soft_cost_has_the_slope_that_mends_the_mistake_of_the_step(
    label: float, slope: list[float]
) -> None:
    network = Network(sizes=(1, 1), loss="perceptron-soft")
    objective = NetworkObjective(network, [[3.0]], [label], Analytic())
    loss, gradient = objective.value_and_gradient([0.0, 0.0])
    assert loss == 0.0
    assert gradient.tolist() == slope


def test_a_leaky_unit_in_single_precision_leaks_at_zero() -> None:
    _, backward = pair_of(find_activation("leaky-relu"), SINGLE)
    delta = np.ones(3, dtype=np.float32)
    backward(np.array([-1.0, 0.0, 1.0], dtype=np.float32), 0, delta, 0, 1, 3)
    assert delta.tolist() == [np.float32(0.01), np.float32(0.01), 1.0]


def test_shares_in_single_precision_do_not_overflow() -> None:
    forward, _ = pair_of(find_activation("softmax"), SINGLE)
    values = np.array([90.0, 89.0, -90.0], dtype=np.float32)
    forward(values, 0, 3, 1)
    assert values == pytest.approx([1 / (1 + np.exp(-1)), np.exp(-1) / (1 + np.exp(-1)), 0.0], rel=1e-6)


@pytest.mark.parametrize("sum_of_unit", [800.0, 0.5, -0.5, -800.0])
def test_a_sigmoid_of_complex_numbers_does_not_overflow(sum_of_unit: float) -> None:
    value = 1 / (1 + np.exp(-sum_of_unit)) if sum_of_unit > -700 else 0.0
    numbers = np.array([sum_of_unit + 1e-20j])
    find_activation("sigmoid").complex_form(numbers, 0, 1)
    assert np.isfinite(numbers).all()
    assert numbers[0].real == pytest.approx(value, rel=1e-15)
    assert numbers[0].imag == pytest.approx(1e-20 * value * (1 - value), rel=1e-12, abs=1e-300)
