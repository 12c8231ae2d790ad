"""Populations on few rows: candidates side by side give the losses that rows side by side give."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import every_network, label, make_case
from oracles import mean_loss

from harness.network import candidate_lanes, kernels
from harness.network.data import CANDIDATES, FEW_PARAMETERS, FEW_ROWS, pack, with_products
from harness.network.network import Network
from optimizers.counts import VALUE_ROWS
from optimizers.objective import ALL_ROWS

NETWORKS = [network for outputs in (1, 2) for network in every_network((3, 2), outputs, pairs=False)]
XOR = Network(sizes=(2, 2, 1), activation="tanh", loss="binary-cross-entropy")


def population_of(w: Any, size: int) -> Any:
    return w + 0.1 * np.random.default_rng(size).normal(size=(size, w.size))


def losses_of(network: Network, rows: int, size: int) -> tuple[Any, Any, Any]:
    """The losses of a population, those by rows side by side, and the counters."""
    case = make_case(network, rows)
    data = pack(network, case.X, case.Y, np.zeros(2, dtype=np.int64))
    population = population_of(case.w, size)
    found, expected = np.full(size, np.nan), np.full(size, np.nan)
    candidate_lanes.values_by_lanes(population, ALL_ROWS, data, found)
    counted = int(data.counters[VALUE_ROWS])
    kernels.values(population, ALL_ROWS, with_products(data), expected)
    return found, expected, counted


@pytest.mark.parametrize("network", NETWORKS, ids=label)
def test_every_network_has_the_losses_of_plain_loops(network: Network) -> None:
    case = make_case(network, rows=3)
    assert case.objective().compiled.values is candidate_lanes.values_by_lanes
    population = population_of(case.w, 3)
    found = case.objective().values(population)
    expected = [mean_loss(network, w, case.X, case.Y, None) for w in population]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rows", [1, 4, FEW_ROWS])
@pytest.mark.parametrize("size", [1, CANDIDATES - 1, CANDIDATES, CANDIDATES + 1, 3 * CANDIDATES + 7])
def test_tiles_of_every_length_agree_with_rows_side_by_side(rows: int, size: int) -> None:
    found, expected, counted = losses_of(XOR, rows, size)
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert counted == rows * size


def test_a_candidate_has_the_same_bits_wherever_it_stands() -> None:
    case = make_case(XOR, 4)
    objective = case.objective()
    population = population_of(case.w, 150)
    together = objective.values(population)
    alone = np.array([objective.values(w[None])[0] for w in population])
    assert together.tobytes() == alone.tobytes()
    assert objective.values(population[::-1]).tobytes() == together[::-1].tobytes()


def test_a_candidate_that_is_not_finite_leaves_its_neighbours_alone() -> None:
    case = make_case(XOR, 4)
    objective = case.objective()
    population = population_of(case.w, 20)
    clean = objective.values(population)
    population[7, 3] = np.nan
    population[9, 8] = np.inf
    found = objective.values(population)
    assert not np.isfinite(found[[7, 9]]).any()
    others = np.setdiff1d(np.arange(20), [7, 9])
    assert found[others].tobytes() == clean[others].tobytes()


def test_a_subset_of_the_rows_is_taken_row_by_row() -> None:
    case = make_case(XOR, 4)
    population = population_of(case.w, 5)
    found = case.objective().values(population, rows=[2, 0, 2])
    np.testing.assert_allclose(
        found, [mean_loss(XOR, w, case.X, case.Y, [2, 0, 2]) for w in population], rtol=1e-12
    )


@pytest.mark.parametrize(
    ("sizes", "rows"), [((2, 2, 1), FEW_ROWS + 1), ((9, 10, 1), 4)], ids=["many rows", "many parameters"]
)
def test_larger_problems_keep_rows_side_by_side(sizes: tuple[int, ...], rows: int) -> None:
    network = Network(sizes=sizes, activation="tanh", loss="half-squared")
    assert rows > FEW_ROWS or network.size > FEW_PARAMETERS
    assert make_case(network, rows).objective().compiled.values is not candidate_lanes.values_by_lanes
