"""What every gradient source has to do; a new file is found by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import HIDDEN, Case, every_output, label, make_case
from oracles import relative_difference

from harness.gradients import build_source, known_sources
from harness.gradients.traced_programs import LARGEST_TILE
from harness.network.activations import find_activation
from harness.network.network import Network
from optimizers.errors import InputError

ROWS = 5
TOLERANCE = 1e-5
"""Of the relative difference: a forward difference has half the digits of a float."""

NETWORKS = [
    *(
        Network(sizes=(3, 4, 2), activation="tanh", loss=loss.name, output=output)
        for loss, output in every_output()
        if find_activation(output).has_gradient
    ),
    *(Network(sizes=(2, 3, 3, 2), activation=(name, "sigmoid"), loss="half-squared") for name in HIDDEN),
    Network(sizes=(3, 1), loss="perceptron-soft"),
    Network(sizes=(5, 6, 5, 3), activation="tanh", loss="categorical-cross-entropy"),
]
every_source = pytest.mark.parametrize("source", known_sources())


def case_for(network: Network, source: str) -> Case:
    """A case away from kinks; a source that says why it does not serve the network has done its part."""
    reason = build_source(source).refusal(network)
    if reason is not None:
        assert ": take " in reason, "a refusal names its remedy"
        pytest.skip(reason)
    return make_case(network, ROWS, kinks=False)


def central_differences(case: Case, rows: Any) -> Any:
    """Derivatives of the loss, by differences of values alone."""
    objective, step = case.objective(), 1e-5
    moves = step * np.eye(case.network.size)
    return (objective.values(case.w + moves, rows) - objective.values(case.w - moves, rows)) / (2 * step)


@every_source
@pytest.mark.parametrize("network", NETWORKS, ids=label)
def test_the_gradient_agrees_with_differences_of_values(network: Network, source: str) -> None:
    case = case_for(network, source)
    objective = case.objective(source)
    for rows in (None, [4, 1, 1], [2]):
        loss, gradient = objective.value_and_gradient(case.w, rows=rows)
        assert loss == pytest.approx(objective.value(case.w, rows=rows), rel=1e-12)
        assert gradient.shape == (network.size,)
        assert relative_difference(gradient, central_differences(case, rows)) < TOLERANCE


@pytest.mark.parametrize("source", [name for name in known_sources() if build_source(name).traces])
def test_rows_of_several_tiles_are_added_up(source: str) -> None:
    """Equal tiles follow one another, for which the parameters are handed over once."""
    network = Network(sizes=(2, 1), loss="half-squared")
    case = make_case(network, 2 * LARGEST_TILE)
    by_hand, traced = case.objective("analytic"), case.objective(source)
    for rows in (None, np.arange(2 * LARGEST_TILE)[::-1]):
        found, wanted = traced.value_and_gradient(case.w, rows), by_hand.value_and_gradient(case.w, rows)
        assert found[0] == pytest.approx(wanted[0], rel=1e-12)
        assert relative_difference(found[1], wanted[1]) < 1e-12


@every_source
def test_a_source_serves_some_network(source: str) -> None:
    assert any(build_source(source).refusal(network) is None for network in NETWORKS)


@every_source
@pytest.mark.parametrize("network", NETWORKS, ids=label)
def test_the_cost_that_is_stated_is_the_cost_that_is_counted(network: Network, source: str) -> None:
    case = case_for(network, source)
    stated = build_source(source).cost(network)
    assert stated >= 1
    objective = case.objective(source)
    assert objective.gradient.cost == stated
    objective.value_and_gradient(case.w)
    assert objective.value_rows + objective.gradient_rows > 0
    assert objective.cost == pytest.approx(stated, rel=1e-12)
    objective.value_and_gradient(case.w, rows=[0, 0])
    assert objective.cost == pytest.approx(stated * (1 + 2 / ROWS), rel=1e-12)


@every_source
def test_a_source_moves_the_counters_through_the_compiled_door_as_well(source: str) -> None:
    case = case_for(NETWORKS[0], source)
    by_method, by_loop = case.objective(source), case.objective(source)
    for rows in ([], [1, 3]):
        chosen = np.array(rows, dtype=np.int64)
        loss, gradient = by_method.value_and_gradient(case.w, rows=chosen if rows else None)
        functions, other = by_loop.compiled, np.full(case.network.size, np.nan)
        assert functions is not None
        other_loss = functions.value_and_gradient(case.w, chosen, functions.gradient_data, other)
        assert other_loss == loss
        assert other.tobytes() == gradient.tobytes()
    assert by_loop.counters.tolist() == by_method.counters.tolist()


@every_source
def test_a_gradient_repeats_to_the_bit_and_changes_nothing_that_it_was_given(source: str) -> None:
    case = case_for(NETWORKS[0], source)
    w, objective = case.w.copy(), case.objective(source)
    first = objective.value_and_gradient(w)
    objective.values(np.zeros((3, w.size)))
    second = objective.value_and_gradient(w)
    assert (first[0], first[1].tobytes()) == (second[0], second[1].tobytes())
    assert w.tobytes() == case.w.tobytes()
    first[1][...] = np.nan
    assert np.isfinite(second[1]).all(), "each call returns an array of its own"


@every_source
def test_looking_at_the_loss_costs_nothing(source: str) -> None:
    case = case_for(NETWORKS[0], source)
    objective = case.objective(source)
    objective.peek(case.w)
    assert objective.counters.tolist() == [0, 0]


@every_source
def test_nan_parameters_give_a_loss_of_nan(source: str) -> None:
    case = case_for(NETWORKS[0], source)
    assert np.isnan(case.objective(source).value_and_gradient(np.full(case.network.size, np.nan))[0])


@every_source
@pytest.mark.parametrize(("loss", "output"), [("perceptron-hard", "step"), ("squared", "step")])
def test_a_network_with_a_step_is_refused_with_a_sentence(loss: str, output: str, source: str) -> None:
    network = Network(sizes=(3, 2), loss=loss, output=output)
    reason = build_source(source).refusal(network)
    assert reason
    objective = make_case(network, ROWS).objective(source)
    assert objective.gradient.cause == reason
    assert not objective.gradient
    assert objective.compiled is not None
    assert objective.compiled.value_and_gradient is None
    with pytest.raises(InputError, match="gradient"):
        objective.value_and_gradient(np.zeros(network.size))


@every_source
def test_a_row_corrected_by_the_perceptron_costs_the_same_whatever_the_source(source: str) -> None:
    case = case_for(Network(sizes=(3, 1), loss="perceptron-soft"), source)
    objective = case.objective(source)
    assert objective.single_layer
    objective.single_layer.count_rows(corrected_rows=1)
    assert objective.cost == pytest.approx(2 / ROWS)


@every_source
def test_a_source_has_a_summary_and_says_where_it_comes_from(source: str) -> None:
    found = known_sources()[source]
    assert found.name() == source
    assert 10 < len(found.summary()) <= 110
    assert found.summary().endswith(".")
    assert found.source.strip()
