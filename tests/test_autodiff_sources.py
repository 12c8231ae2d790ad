"""Both modes of automatic differentiation against the hand-written gradient, on every kind of network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import every_network, label, make_case
from oracles import relative_difference
from thinning import thinned

import harness
from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.numerics.shared_work import use_threads
from harness.problems import FunctionProblem

DEPTHS = [network for network in every_network((3, 2), 2, pairs=False) if not network.no_gradient]
MODES = ("forward-autodiff", "reverse-autodiff")


# Modes take turns with networks, of which there is an odd number for each loss and output.
@pytest.mark.parametrize(
    ("network", "mode"),
    [
        case
        for mode, first in zip(MODES, (0, 1), strict=True)
        for case in thinned([(network, mode) for network in DEPTHS], 2, first)
    ],
    ids=lambda part: part if isinstance(part, str) else label(part),
)
def test_the_gradient_is_the_hand_written_one(network: Network, mode: str) -> None:
    case = make_case(network, 5, kinks=False)
    by_hand, traced = case.objective("analytic"), case.objective(mode)
    for rows in (None, [4, 1, 1], [2]):
        loss, gradient = traced.value_and_gradient(case.w, rows=rows)
        wanted_loss, wanted = by_hand.value_and_gradient(case.w, rows=rows)
        assert loss == pytest.approx(wanted_loss, rel=1e-12)
        assert relative_difference(gradient, wanted) < 1e-12


@pytest.mark.parametrize("mode", MODES)
def test_each_row_is_counted_once_and_paid_for_as_stated(mode: str) -> None:
    case = make_case(Network(sizes=(2, 3, 1), loss="binary-cross-entropy"), 5, kinks=False)
    objective = case.objective(mode)
    for rows, counted in ((None, 5), ([4, 1, 1], 8), ([2], 9)):
        objective.value_and_gradient(case.w, rows=rows)
        assert (objective.value_rows, objective.gradient_rows) == (0, counted)
        assert objective.cost == pytest.approx(counted / 5 * objective.gradient.cost, rel=1e-15)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rows", [1, 127, 128, 129, 300, 700])
def test_rows_fill_tiles_exactly(rows: int, mode: str) -> None:
    network = Network(sizes=(5, 20, 3), loss="categorical-cross-entropy")
    case = make_case(network, rows, kinks=False)
    by_hand, traced = case.objective("analytic"), case.objective(mode)
    chosen = np.random.default_rng(1).integers(0, rows, min(2 * rows, 201))
    for part in (None, chosen):
        found, wanted = traced.value_and_gradient(case.w, part), by_hand.value_and_gradient(case.w, part)
        assert found[0] == pytest.approx(wanted[0], rel=1e-12)
        assert relative_difference(found[1], wanted[1]) < 1e-12


def test_threads_change_no_bit() -> None:
    import numba

    if numba.config.NUMBA_NUM_THREADS < 2:
        pytest.skip("one processor")
    network = Network(sizes=(9, 40, 40, 1), loss="binary-cross-entropy")
    case = make_case(network, 1501, kinks=False)
    many = case.objective("reverse-autodiff").value_and_gradient(case.w)
    use_threads(1)
    try:
        one = case.objective("reverse-autodiff").value_and_gradient(case.w)
    finally:
        use_threads(numba.config.NUMBA_NUM_THREADS)
    assert one[0] == many[0]
    assert one[1].tobytes() == many[1].tobytes()


@pytest.mark.parametrize("sizes", [(2, 2, 1), (4, 8, 3), (5, 1), (3, 7, 6, 2)])
def test_reverse_mode_does_the_products_of_backpropagation_and_no_more(sizes: Any) -> None:
    network = Network(sizes=sizes)
    assert build_source("reverse-autodiff").cost(network) == pytest.approx(network.gradient_cost, rel=1e-14)
    forward = build_source("forward-autodiff").cost(network)
    assert 1 * network.size <= forward <= 3 * network.size


def test_every_optimizer_goes_the_same_way_by_reverse_mode() -> None:
    results = harness.run(
        "xor",
        ["gradient-descent", "momentum", "adam"],
        gradients=["analytic", "reverse-autodiff"],
        seeds=2,
        budget=harness.Budget(iterations=60),
    )
    losses = results.runs.pivot(index=["optimizer", "seed"], columns="gradient", values="final_loss")
    assert losses["reverse-autodiff"].to_numpy() == pytest.approx(losses["analytic"].to_numpy(), rel=1e-9)


def test_a_loss_that_is_not_finite_comes_through() -> None:
    case = make_case(Network(sizes=(2, 3, 1)), 3, kinks=False)
    objective: NetworkObjective = case.objective("reverse-autodiff")
    assert not np.isfinite(objective.value_and_gradient(np.full(case.w.size, np.nan))[0])


@pytest.mark.parametrize("source", ["reverse-autodiff", "forward-autodiff", "symbolic"])
def test_a_function_that_changed_has_its_own_gradient(source: str) -> None:
    """Value and gradient belong to the same function also where what it reads from outside has changed."""
    centre = np.array([1.0, 2.0])
    problem = FunctionProblem(lambda w: np.sum((w - centre) ** 2), 2)
    objective = problem.objective(source)
    assert objective.value_and_gradient(np.zeros(2))[1].tolist() == [-2, -4]
    centre[0] = 5.0
    value, gradient = objective.value_and_gradient(np.zeros(2))
    assert value == 29
    assert gradient.tolist() == [-10, -4]


def test_products_with_the_hessian_belong_to_the_function_as_it_is() -> None:
    scale = np.array([1.0])
    objective = FunctionProblem(lambda w: scale[0] * np.sum(w**2), 2).objective("reverse-autodiff")
    assert objective.curvature.product(np.ones(2), np.ones(2)).tolist() == [2, 2]
    scale[0] = 3.0
    assert objective.curvature.product(np.ones(2), np.ones(2)).tolist() == [6, 6]
