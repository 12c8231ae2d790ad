"""What is measured of many parameter vectors at once, against one at a time and plain counts."""

from __future__ import annotations

import numpy as np
import pytest
from cases import every_network, label, make_case

from harness.network.measures import RowsMeasured
from harness.network.network import Network
from harness.problems.encoding import named_classes

NETWORKS = [
    network
    for outputs in (1, 3)
    for network in every_network((3, 2), outputs, pairs=False)
    if not network.no_gradient
]


@pytest.mark.parametrize("network", NETWORKS, ids=label)
def test_many_points_measure_as_each_alone(network: Network) -> None:
    for rows in (9, 40):
        assert_many_points_measure_as_each_alone(network, rows)


def assert_many_points_measure_as_each_alone(network: Network, rows: int) -> None:
    case = make_case(network, rows)
    measured = RowsMeasured(network, case.X, case.Y)
    points = case.w + 0.1 * np.random.default_rng(1).normal(size=(5, case.w.size))
    objective = case.objective()
    np.testing.assert_allclose(measured.losses(points), [objective.value(w) for w in points], rtol=1e-12)
    norms = [np.linalg.norm(objective.value_and_gradient(w)[1]) for w in points]
    np.testing.assert_allclose(measured.gradient_norms(points), norms, rtol=1e-12)
    accuracies = []
    for w in points:
        predicted, true = named_classes(network.predict(w, case.X), case.Y, network.loss_entry)
        accuracies.append((predicted == true).sum() / rows)
    assert measured.accuracies(points).tolist() == accuracies


def test_points_beyond_all_measure_leave_the_others_as_they_are() -> None:
    network = Network(sizes=(2, 3, 2), activation="tanh", loss="categorical-cross-entropy")
    case = make_case(network, 30)
    measured = RowsMeasured(network, case.X, case.Y)
    points = np.tile(case.w, (3, 1))
    points[1] = np.nan
    assert np.isnan(measured.losses(points)).tolist() == [False, True, False]
    assert np.isnan(measured.gradient_norms(points)).tolist() == [False, True, False]
    accuracies = measured.accuracies(points)
    assert accuracies[0] == accuracies[2]
    assert 0 <= accuracies[1] <= 1
