"""The kernels for small networks on few rows against the general ones, which the oracles hold."""

from __future__ import annotations

import numpy as np
import pytest
from cases import make_case

from harness.network import few_rows, kernels
from harness.network.data import gradient_kernel, pack, value_kernel, with_products
from harness.network.losses import known_losses
from harness.network.network import Network
from optimizers.objective import ALL_ROWS

NETWORKS = [
    Network(sizes=(2, 2, 1), loss="binary-cross-entropy"),
    Network(sizes=(8, 3, 2, 8), loss="categorical-cross-entropy"),
    Network(sizes=(5, 3, 6, 2), activation=("sigmoid", "relu"), loss="squared", output="tanh"),
    Network(sizes=(4, 1), loss="half-squared"),
    Network(sizes=(3, 5, 4), loss="squared", output="softmax"),
]


@pytest.mark.parametrize("rows", [1, 4, 7, 8])
@pytest.mark.parametrize("network", NETWORKS, ids=str)
def test_they_agree_with_the_general_kernels(network: Network, rows: int) -> None:
    case = make_case(network, rows)
    data = pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64))
    assert value_kernel(data) is few_rows.value
    assert gradient_kernel(data) is few_rows.value_and_gradient
    for chosen in (ALL_ROWS, np.array([0]), np.random.default_rng(1).integers(0, rows, 19)):
        found, wanted = np.full(network.size, np.nan), np.full(network.size, np.nan)
        losses = [
            few_rows.value(case.w, chosen, data),
            few_rows.value_and_gradient(case.w, chosen, data, found),
        ]
        counted = data.counters.copy()
        general = with_products(data)
        assert losses[0] == losses[1] == pytest.approx(kernels.value(case.w, chosen, general), rel=1e-14)
        kernels.value_and_gradient(case.w, chosen, general, wanted)
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)
        assert (data.counters == 2 * counted).all(), "they are counted alike"
        data.counters[:] = 0


@pytest.mark.parametrize(("sizes", "rows"), [((9, 2), 4), ((2, 9, 1), 4), ((2, 2, 1), 9)])
def test_larger_data_go_through_the_general_kernels(sizes: tuple[int, ...], rows: int) -> None:
    network = Network(sizes=sizes)
    case = make_case(network, rows)
    data = pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64))
    assert value_kernel(data) is kernels.value
    assert gradient_kernel(data) is kernels.value_and_gradient


def test_every_loss_and_activation_may_be_small() -> None:
    """Other tests go through all of them on few rows: here is that those are the kernels they then meet."""
    for loss in known_losses().values():
        network = Network(sizes=(5, 3, 2) if loss.has_gradient else (5, 2), loss=loss.name)
        case = make_case(network, 6)
        data = pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64))
        wanted = kernels.value(case.w, ALL_ROWS, with_products(data))
        assert few_rows.value(case.w, ALL_ROWS, data) == pytest.approx(wanted, rel=1e-14)


def test_general_kernels_without_their_products_come_to_no_number() -> None:
    """A gradient source of somebody else may call them: that is no jump to an address that is not there."""
    network = NETWORKS[0]
    case = make_case(network, 4)
    data = pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64))
    assert np.isnan(kernels.value(case.w, ALL_ROWS, data))
    assert np.isnan(kernels.value_and_gradient(case.w, ALL_ROWS, data, np.empty(network.size)))
