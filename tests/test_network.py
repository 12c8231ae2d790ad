"""Losses and gradients of every network that the tables allow, against plain loops and mpmath."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numba
import numpy as np
import pytest
from cases import Case, every_network, every_output, label, make_case
from oracles import (
    exact_gradients,
    exact_row_gradient,
    exact_row_loss,
    mean_loss,
    relative_difference,
    sums_and_outputs,
)
from thinning import thinned

from harness.gradients import build_source
from harness.network import kernels
from harness.network.data import pack, with_products
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.numerics.shared_work import allowed_threads, use_threads
from optimizers.objective import ALL_ROWS

# Units of 1, 4, 5, 6: whole blocks of four, remainders, and both.
VALUE_NETWORKS = [
    network for outputs in (1, 5) for network in every_network((6, 4), outputs, pairs=outputs == 5)
]
GRADIENT_NETWORKS = list(every_network((2, 3), 2, pairs=False))
# Sums of products wide enough for the blocks of four on either side of every product.
WIDE_NETWORKS = [
    Network(sizes=(5, 6, 5, 5), activation=("tanh", "sigmoid"), loss="categorical-cross-entropy"),
    Network(sizes=(5, 9, 5), activation="relu", loss="half-squared", output="tanh"),
    Network(sizes=(4, 8, 1), activation="exponential", loss="binary-cross-entropy"),
]
SEVERAL_GROUPS = {
    # network: rows, groups that they are summed in
    Network(sizes=(5, 60, 3), activation="tanh", loss="categorical-cross-entropy"): (2203, 4),
    Network(sizes=(5, 60, 3), activation="sigmoid", loss="squared", output="softmax"): (700, 2),
    Network(sizes=(9, 40, 40, 1), activation=("relu", "tanh"), loss="binary-cross-entropy"): (900, 3),
}


def close(found: float, expected: float, tolerance: float = 1e-12) -> bool:
    return abs(found - expected) <= tolerance * max(1.0, abs(expected))


@pytest.mark.parametrize("network", VALUE_NETWORKS, ids=label)
def test_losses_equal_plain_loops_over_all_rows_and_over_rows_in_any_order(network: Network) -> None:
    case = make_case(network, rows=7)
    objective = case.objective()
    subset = [6, 2, 2, 0, 5, 2]
    expected, part = (mean_loss(network, case.w, case.X, case.Y, rows) for rows in (None, subset))
    assert close(objective.value(case.w), expected)
    assert close(objective.peek(case.w), expected)
    assert close(objective.value(case.w, rows=subset), part)
    if objective.gradient:
        assert close(objective.value_and_gradient(case.w)[0], expected)
        assert close(objective.value_and_gradient(case.w, rows=subset)[0], part)


@pytest.mark.parametrize("network", VALUE_NETWORKS, ids=label)
def test_losses_of_a_population_equal_plain_loops_candidate_by_candidate(network: Network) -> None:
    case = make_case(network, rows=3, seed=1)
    objective = case.objective()
    population = np.array([case.w, 0.5 * case.w, np.zeros_like(case.w)])
    for rows in (None, [1, 1, 2]):
        expected = [mean_loss(network, w, case.X, case.Y, rows) for w in population]
        found = objective.values(population, rows=rows)
        assert all(close(*pair) for pair in zip(found, expected, strict=True))


def row_counts() -> list[Any]:
    small = (
        Network(sizes=(3, 5, 2), activation="tanh", loss="categorical-cross-entropy"),
        Network(sizes=(2, 1), loss="perceptron-soft"),
        Network(sizes=(4, 4, 6, 1), activation=("relu", "sigmoid"), loss="squared", output="exponential"),
    )
    cases = [(network, rows, 1) for network in small for rows in (1, 4, 127, 128, 129, 700)]
    cases += [(network, rows, groups) for network, (rows, groups) in SEVERAL_GROUPS.items()]
    return [pytest.param(*case, id=f"{label(case[0])}:{case[1]}") for case in cases]


@pytest.mark.parametrize(("network", "rows", "groups"), row_counts())
def test_losses_equal_plain_loops_where_rows_cross_tiles_and_groups(
    network: Network, rows: int, groups: int
) -> None:
    case = make_case(network, rows)
    objective = case.objective()
    data = with_products(pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64)))
    assert data.integers[kernels.GROUPS] == groups
    losses = np.array([mean_loss(network, case.w, case.X, case.Y, [row]) for row in range(rows)])
    subset = np.random.default_rng(2).integers(0, rows, min(rows + 530, 1100))
    assert close(objective.value(case.w), losses.mean())
    assert close(objective.value(case.w, rows=subset), losses[subset].mean())
    assert close(objective.values(case.w[None])[0], losses.mean())
    assert close(objective.value_and_gradient(case.w)[0], losses.mean())
    assert close(objective.value_and_gradient(case.w, rows=subset)[0], losses[subset].mean())


@pytest.mark.parametrize(("network", "rows", "groups"), row_counts())
def test_the_gradient_is_the_mean_of_the_rows_gradients_across_tiles_and_groups(
    network: Network, rows: int, groups: int
) -> None:
    case = make_case(network, rows)
    objective = case.objective()
    each = np.array([objective.value_and_gradient(case.w, rows=[row])[1] for row in range(rows)])
    subset = np.random.default_rng(2).integers(0, rows, min(rows + 530, 1100))
    assert relative_difference(objective.value_and_gradient(case.w)[1], each.mean(axis=0)) < 1e-12
    found = objective.value_and_gradient(case.w, rows=subset)[1]
    assert relative_difference(found, each[subset].mean(axis=0)) < 1e-12


@pytest.mark.parametrize(
    "network", thinned((n for n in GRADIENT_NETWORKS if not n.no_gradient), 2), ids=label
)
def test_gradients_agree_with_derivatives_in_fifty_digits(network: Network) -> None:
    case = make_case(network, rows=3, kinks=False)
    objective = case.objective()
    exact = exact_gradients(network, case.w, case.X, case.Y)
    for rows in (None, [2, 0, 2], [1]):
        _, found = objective.value_and_gradient(case.w, rows=rows)
        expected = exact.mean(axis=0) if rows is None else exact[rows].mean(axis=0)
        assert relative_difference(found, expected) <= 1e-10


@pytest.mark.parametrize("network", WIDE_NETWORKS, ids=label)
def test_gradients_of_wide_layers_agree_with_derivatives_in_fifty_digits(network: Network) -> None:
    case = make_case(network, rows=5, kinks=False)
    expected = exact_gradients(network, case.w, case.X[:2], case.Y[:2])
    for rows in ([0, 1], [1]):
        _, found = case.objective().value_and_gradient(case.w, rows=rows)
        assert relative_difference(found, expected[rows].mean(axis=0)) <= 1e-10


def with_sums(loss: str, sums: list[float], target: list[float]) -> tuple[Network, Case]:
    """One row whose output sums are given: one layer, one input of 1, biases at zero."""
    network = Network(sizes=(1, len(sums)), loss=loss)
    w = np.array([*sums, *np.zeros(len(sums))])
    return network, Case(network, w, np.ones((1, 1)), np.array([target]))


EXTREME_ROWS = [
    *(
        ("binary-cross-entropy", [z], [y])
        for z in (1e4, -1e4, 46.05, -46.05, 800.0, -800.0, 0.0)
        for y in (0.0, 1.0, 0.25)
    ),
    ("categorical-cross-entropy", [1e4, -1e4, 0.0], [1, 0, 0]),
    ("categorical-cross-entropy", [1e4, -1e4, 0.0], [0, 1, 0]),
    ("categorical-cross-entropy", [1e4, 1e4, -1e4], [0, 1, 0]),
    ("categorical-cross-entropy", [-1e4, -1e4], [0, 1]),
    ("categorical-cross-entropy", [1e4, 1e4 - 40.0, 1e4 - 50.0], [1, 0, 0]),
    ("categorical-cross-entropy", [0.0, 46.05, -3.0], [0, 1, 0]),
    ("categorical-cross-entropy", [0.0, 46.05, -3.0], [0.5, 0.25, 0.25]),
    ("categorical-cross-entropy", [0.0, 0.0, 0.0], [0, 0, 1]),
]


@pytest.mark.parametrize(("loss", "sums", "target"), EXTREME_ROWS)
def test_cross_entropies_are_exact_for_logits_up_to_ten_thousand_and_for_rows_classified_well(
    loss: str, sums: list[float], target: list[float]
) -> None:
    network, case = with_sums(loss, sums, target)
    # In the printed form 1 - sigmoid(10^4) has its first digit in place 4343, softmax the double of that.
    exact = exact_row_loss(network, case.w, case.X[0], case.Y[0], digits=9000)
    objective = case.objective()
    for found in (objective.value(case.w), objective.value_and_gradient(case.w)[0]):
        assert np.isfinite(found)
        assert abs(found - float(exact)) <= 1e-14 * float(exact)


def test_a_loss_of_1e_minus_20_keeps_its_digits() -> None:
    for loss, sums, target in (
        ("binary-cross-entropy", [46.05], [1.0]),
        ("binary-cross-entropy", [-46.05], [0.0]),
        ("categorical-cross-entropy", [0.0, 46.05], [0.0, 1.0]),
    ):
        _, case = with_sums(loss, sums, target)
        found = case.objective().value(case.w)
        with mpmath.workdps(40):
            exact = float(mpmath.log1p(mpmath.exp(mpmath.mpf(-46.05))))
        assert 0.9e-20 < exact < 1.1e-20
        assert abs(found - exact) <= 1e-15 * exact


@pytest.mark.parametrize(("loss", "sums", "target"), EXTREME_ROWS)
def test_gradients_of_cross_entropies_are_exact_at_extreme_logits(
    loss: str, sums: list[float], target: list[float]
) -> None:
    network, case = with_sums(loss, sums, target)
    _, found = case.objective().value_and_gradient(case.w)
    with mpmath.workdps(60):
        powers = [mpmath.exp(mpmath.mpf(z)) for z in sums]
        if loss == "binary-cross-entropy":
            outputs = [1 / (1 + mpmath.exp(-mpmath.mpf(z))) for z in sums]
        else:
            outputs = [power / sum(powers) for power in powers]
        expected = [float(a - mpmath.mpf(y)) for a, y in zip(outputs, target, strict=True)]
    assert np.abs(found[network.layers(found)[0].weights.size :] - expected).max() <= 4e-16


@pytest.mark.parametrize("network", GRADIENT_NETWORKS, ids=label)
def test_a_nan_in_any_parameter_makes_the_loss_nan(network: Network) -> None:
    case = make_case(network, rows=3)
    objective = case.objective()
    population = np.repeat(case.w[None], network.size, axis=0)
    np.fill_diagonal(population, np.nan)
    assert np.isnan(objective.values(population)).all()
    for w in population:
        assert np.isnan(objective.value(w))
        assert np.isnan(objective.value(w, rows=[2, 0]))
        if objective.gradient:
            assert np.isnan(objective.value_and_gradient(w)[0])


def hides_infinity(name: str, number: float) -> bool:
    """Whether an activation has a finite limit: one of a saturated unit."""
    return name in ("sigmoid", "tanh", "step") or (number < 0 and name in ("relu", "exponential", "softmax"))


@pytest.mark.parametrize("number", [np.inf, -np.inf])
@pytest.mark.parametrize(("loss", "output"), [(loss.name, output) for loss, output in every_output()])
def test_an_infinite_output_bias_makes_the_loss_infinite_or_nan_unless_the_output_saturates(
    loss: str, output: str, number: float
) -> None:
    network = Network(sizes=(5, 2), loss=loss, output=output)
    case = make_case(network, rows=6)
    w = case.w.copy()
    w[-1] = number
    found = case.objective().value(w)
    if network.loss_entry.takes_in is None and hides_infinity(output, number):
        # The limit: what a huge number gives.
        w[-1] = np.sign(number) * 1e300
        assert found == case.objective().value(w)
    else:
        assert not np.isfinite(found)


@pytest.mark.parametrize("number", [np.inf, -np.inf])
@pytest.mark.parametrize("name", ["identity", "sigmoid", "tanh", "relu", "exponential"])
def test_an_infinite_hidden_bias_makes_the_loss_infinite_or_nan_unless_the_unit_saturates(
    name: str, number: float
) -> None:
    network = Network(sizes=(5, 3, 2), activation=name, loss="squared")
    case = make_case(network, rows=4)
    w = case.w.copy()
    network.layers(w)[0].biases[1] = number
    found = case.objective().value(w)
    if hides_infinity(name, number):
        network.layers(w)[0].biases[1] = np.sign(number) * 1e300
        assert found == case.objective().value(w)
    else:
        assert not np.isfinite(found)


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Two threads for a test, and what there was before after it."""
    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one processor only")
    before = allowed_threads()
    use_threads(2)
    yield
    use_threads(before)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(("network", "rows", "groups"), row_counts())
def test_serial_and_parallel_gradients_are_the_same_bits_for_any_number_of_threads(
    network: Network, rows: int, groups: int
) -> None:
    case = make_case(network, rows)
    found = []
    for threads in (1, 2):
        use_threads(threads)
        data = with_products(pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64)))
        assert groups == 1 or (data.integers[kernels.BOARD] != 0) == (threads == 2)
        gradient = np.full(network.size, np.nan)
        loss = kernels.value_and_gradient(case.w, ALL_ROWS, data, gradient)
        assert loss == kernels.value(case.w, ALL_ROWS, data)
        found.append((loss, gradient.tobytes()))
    assert found[0] == found[1]


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize(("network", "rows", "groups"), row_counts())
def test_serial_and_parallel_populations_are_the_same_bits_for_any_number_of_threads(
    network: Network, rows: int, groups: int
) -> None:
    case = make_case(network, rows)
    data = with_products(pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64)))
    work = int(data.integers[kernels.WORK])
    # Enough for the threads to meet; no multiple of their number.
    size = min(20 * kernels.PARALLEL_WORK // work + 3, 501)
    population = case.w * np.linspace(-1.0, 1.0, size)[:, None]
    chosen = np.array([0, 0], dtype=np.int64)
    found = []
    for threads in (1, 2):
        use_threads(threads)
        data = with_products(pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64)))
        losses, subset = np.full(size, np.nan), np.empty(size)
        kernels.values(population, ALL_ROWS, data, losses)
        assert losses[0] == kernels.value(population[0], ALL_ROWS, data)
        kernels.values(population, chosen, data, subset)
        found.append((losses.tobytes(), subset.tobytes()))
    assert found[0] == found[1]


@pytest.mark.usefixtures("two_threads")
def test_an_objective_gives_the_same_bits_with_one_thread_and_with_two() -> None:
    network = next(iter(SEVERAL_GROUPS))
    case = make_case(network, 1501)
    population = case.w * np.linspace(-1.0, 1.0, 5)[:, None]
    found = []
    for threads in (1, 2):
        use_threads(threads)
        objective = NetworkObjective(network, case.X, case.Y, build_source("analytic"))
        loss, gradient = objective.value_and_gradient(case.w)
        losses = objective.values(population)
        found.append((loss, objective.value(case.w), gradient.tobytes(), losses.tobytes()))
    assert found[0] == found[1]


def test_the_oracles_agree_with_one_another() -> None:
    for network in (*WIDE_NETWORKS, Network(sizes=(3, 2), loss="squared", output="softmax")):
        case = make_case(network, rows=2)
        _, outputs = sums_and_outputs(network, case.w, case.X)
        for x, y, output in zip(case.X, case.Y, outputs, strict=True):
            exact = float(exact_row_loss(network, case.w, x, y))
            assert close(mean_loss(network, case.w, [x], [y]), exact)
            assert output.shape == (network.sizes[-1],)
    # mpmath's differentiation on a gradient known by heart: (w x - y) x for a line through the origin.
    line = Network(sizes=(1, 1), loss="half-squared")
    assert [float(part) for part in exact_row_gradient(line, [3.0, 0.0], [2.0], [1.0])] == [10.0, 5.0]
