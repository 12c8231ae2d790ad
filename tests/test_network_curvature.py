"""Products with the Hessian, and residuals with their Jacobian, of every network that has them."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import mpmath
import numpy as np
import pytest
from cases import Case, every_network, label, make_case
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import MANY_DIGITS, forward, relative_difference, row_loss
from thinning import thinned

from harness import autodiff
from harness.autodiff.derivatives import traced
from harness.autodiff.program import Program, Trace
from harness.autodiff.tracer import Traced
from harness.autodiff.transformations import pull_back, push_forward
from harness.gradients.traced_programs import products
from harness.network import hessian, jacobian
from harness.network.activations import ACTIVATIONS, find_activation
from harness.network.network import Network
from harness.network.plain_loss import summed_loss
from optimizers import InputError

ROWS = 5
NETWORKS = [network for network in every_network((3, 2), 2, pairs=False) if not network.no_gradient]
CURVED = [network for network in NETWORKS if network.loss_entry.curvature is not None]
SQUARED = [network for network in NETWORKS if network.loss_entry.squares is not None]
STRAIGHT = [network for network in NETWORKS if network.loss_entry.curvature is None]


def direction(case: Case, seed: int = 3) -> Any:
    return np.random.default_rng(seed).normal(size=case.w.size)


def whole(objective: Any, w: Any) -> tuple[Any, Any]:
    """All residuals and their Jacobian, put together from the blocks."""
    blocks = [(r.copy(), J.copy()) for r, J in objective.residuals.blocks(w)]
    return np.concatenate([r for r, _ in blocks]), np.vstack([J for _, J in blocks])


class TestProductsWithTheHessian:
    @pytest.mark.parametrize("network", thinned(CURVED, 5, first=1), ids=label)
    def test_are_those_of_automatic_differentiation(self, network: Network) -> None:
        case = make_case(network, ROWS, kinks=False)
        loss = summed_loss(network)
        table = autodiff.hessian(lambda w: loss(w, case.X.T, case.Y.T) * (1.0 / ROWS))(case.w)
        objective = case.objective()
        found = np.array([objective.curvature.product(case.w, unit) for unit in np.eye(case.w.size)])
        assert relative_difference(found, table) < 1e-12
        v = direction(case)
        assert relative_difference(objective.curvature.product(case.w, v), table @ v) < 1e-12

    @pytest.mark.parametrize("network", CURVED[::3], ids=label)
    def test_are_differences_of_gradients(self, network: Network) -> None:
        case = make_case(network, ROWS, kinks=False)
        objective, v, step = case.objective(), direction(case), 1e-5
        above, below = (objective.value_and_gradient(case.w + side * step * v)[1] for side in (1, -1))
        found = objective.curvature.product(case.w, v)
        assert relative_difference((above - below) / (2 * step), found) < 1e-6

    @pytest.mark.parametrize(
        "network",
        [
            Network(sizes=(2, 2, 1), activation=("sigmoid",), loss="binary-cross-entropy"),
            Network(sizes=(2, 2, 2), activation=("tanh",), loss="categorical-cross-entropy"),
            Network(sizes=(2, 2, 2), activation=("exponential",), loss="squared", output="softmax"),
        ],
        ids=label,
    )
    def test_are_the_second_derivatives_of_the_printed_loss_in_many_digits(self, network: Network) -> None:
        case = make_case(network, 2, kinks=False)
        v = direction(case)

        def mixed(index: int) -> float:
            def loss(along: Any, aside: Any) -> Any:
                w = [mpmath.mpf(float(x)) + along * float(part) for x, part in zip(case.w, v, strict=True)]
                w[index] += aside
                rows = zip(case.X, case.Y, strict=True)
                return (
                    sum(
                        row_loss(network.loss, forward(network, w, x, MANY_DIGITS)[-1], y, MANY_DIGITS)
                        for x, y in rows
                    )
                    / 2
                )

            return float(mpmath.diff(loss, (0, 0), (1, 1)))

        with mpmath.workdps(40):
            exact = np.array([mixed(index) for index in range(case.w.size)])
        assert relative_difference(case.objective().curvature.product(case.w, v), exact) < 1e-13

    @pytest.mark.parametrize("rows", [1, 127, 128, 129, 300])
    def test_are_means_over_tiles_of_rows(self, rows: int) -> None:
        network = Network(sizes=(5, 9, 3), loss="categorical-cross-entropy")
        case = make_case(network, rows, kinks=False)
        v = direction(case)
        parts = [
            Case(network, case.w, case.X[one], case.Y[one]).objective().curvature.product(case.w, v)
            for one in np.array_split(np.arange(rows), min(rows, 7))
        ]
        sizes = [len(one) for one in np.array_split(np.arange(rows), min(rows, 7))]
        found = case.objective().curvature.product(case.w, v)
        assert relative_difference(found, np.average(parts, axis=0, weights=sizes)) < 1e-13

    @settings(max_examples=40)
    @given(st.integers(0, 10_000), st.floats(-5, 5), st.floats(-5, 5))
    def test_are_linear_and_the_hessian_is_symmetric(self, seed: int, a: float, b: float) -> None:
        case = make_case(Network(sizes=(3, 4, 2), loss="squared", output="softmax"), ROWS)
        objective, u, v = case.objective(), direction(case, seed), direction(case, seed + 1)
        turned_u, turned_v = (objective.curvature.product(case.w, x) for x in (u, v))
        together = objective.curvature.product(case.w, a * u + b * v)
        assert together == pytest.approx(a * turned_u + b * turned_v, rel=1e-12, abs=1e-12)
        assert u @ turned_v == pytest.approx(v @ turned_u, rel=1e-11, abs=1e-12)

    def test_are_told_from_the_gradient_source_by_nothing(self) -> None:
        case = make_case(Network(sizes=(3, 4, 1)), ROWS)
        exact, other = case.objective(), case.objective("central-difference")
        v = direction(case)
        assert exact.curvature.product(case.w, v).tobytes() == other.curvature.product(case.w, v).tobytes()
        assert exact.cost == other.cost == exact.curvature.cost

    def test_leave_what_they_are_given_as_it_is(self) -> None:
        case = make_case(Network(sizes=(3, 4, 1)), ROWS)
        v = direction(case)
        before = (case.w.tobytes(), v.tobytes())
        once = case.objective()
        first = once.curvature.product(case.w, v)
        assert once.curvature.product(case.w, v).tobytes() == first.tobytes()
        assert (case.w.tobytes(), v.tobytes()) == before

    @pytest.mark.parametrize("sizes", [(2, 2, 1), (4, 8, 3), (3, 7, 6, 2)])
    def test_cost_the_multiply_adds_that_automatic_differentiation_takes(self, sizes: Any) -> None:
        network = Network(sizes=sizes)
        assert hessian.cost(sizes) == pytest.approx(products(_product_program(network)) / network.products)

    @pytest.mark.parametrize("network", STRAIGHT[:3], ids=label)
    def test_of_a_loss_of_straight_pieces_are_refused(self, network: Network) -> None:
        objective = make_case(network, ROWS).objective()
        assert not objective.curvature
        assert "straight pieces" in objective.curvature.cause
        with pytest.raises(InputError, match="straight pieces"):
            objective.curvature.product(np.zeros(objective.size), np.zeros(objective.size))
        assert objective.cost == 0

    def test_are_refused_where_there_is_no_gradient(self) -> None:
        objective = make_case(Network(sizes=(3, 1), loss="perceptron-hard"), ROWS).objective()
        assert objective.curvature.cause == objective.network.no_gradient != ""

    def test_of_an_activation_without_an_entry_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bendless = replace(find_activation("tanh"), bend=None)
        monkeypatch.setitem(ACTIVATIONS._all(), "tanh", bendless)
        objective = make_case(Network(sizes=(3, 4, 1)), ROWS).objective()
        assert not objective.curvature
        assert "activation 'tanh' has no second derivative" in objective.curvature.cause


def _product_program(network: Network) -> Program:
    """The Hessian times a vector for one row, by forward over reverse mode."""
    shapes = [(network.size,), (network.sizes[0], 1), (network.sizes[-1], 1)]
    trace = Trace()
    inputs = [Traced(trace, trace.input(shape)) for shape in shapes]
    _, (slope,) = pull_back(traced(summed_loss(network), shapes), inputs, [np.ones(())], [0])
    assert slope is not None
    gradient = trace.finish([slope.place])
    trace = Trace()
    inputs = [Traced(trace, trace.input(shape)) for shape in shapes]
    vector = Traced(trace, trace.input((network.size,)))
    _, (product,) = push_forward(gradient, inputs, [vector, None, None], lean=True)
    assert product is not None
    return trace.finish([product.place])


class TestResiduals:
    @pytest.mark.parametrize("network", SQUARED, ids=label)
    def test_and_jacobian_are_those_of_automatic_differentiation(self, network: Network) -> None:
        case = make_case(network, ROWS, kinks=False)
        factor = {"squared": 1.0, "brier": 1.0, "half-squared": 0.5}[network.loss] / ROWS

        def outputs(w: Any) -> Any:
            a = case.X.T
            place = 0
            for ins, outs, name in zip(
                network.sizes[:-1], network.sizes[1:], network.layer_activations, strict=True
            ):
                weights = w[place : place + ins * outs].reshape(outs, ins)
                biases = w[place + ins * outs : place + (ins + 1) * outs].reshape(outs, 1)
                place += (ins + 1) * outs
                plain: Any = find_activation(name).plain
                a = plain(weights @ a + biases)
            return a

        r, J = whole(case.objective(), case.w)
        assert relative_difference(r, np.sqrt(factor) * (outputs(case.w) - case.Y.T).ravel()) < 1e-12
        table = np.sqrt(factor) * autodiff.jacobian(outputs)(case.w).reshape(r.size, -1)
        assert relative_difference(J, table) < 1e-12

    @pytest.mark.parametrize("network", SQUARED[::4], ids=label)
    def test_of_a_row_make_the_gradient_of_the_row(self, network: Network) -> None:
        case = make_case(network, ROWS, kinks=False)
        objective = case.objective()
        r, J = whole(objective, case.w)
        r, J = (part.reshape(network.sizes[-1], ROWS, -1) for part in (r, J))
        for row in range(ROWS):
            _, gradient = case.objective().value_and_gradient(case.w, rows=[row])
            found = ROWS * 2 * (r[:, row] * J[:, row]).sum(axis=0)
            assert np.abs(found - gradient).max() <= 1e-12 * max(1.0, np.abs(gradient).max())

    @pytest.mark.parametrize("loss", ["squared", "half-squared"])
    @pytest.mark.parametrize("rows", [1, 127, 128, 129, 600])
    def test_come_in_blocks_whose_squares_are_the_loss(self, loss: str, rows: int) -> None:
        case = make_case(Network(sizes=(4, 6, 2), loss=loss, output="softmax"), rows, kinks=False)
        objective = case.objective()
        blocks = [(r.size, J.shape, r @ r, J.T @ r) for r, J in objective.residuals.blocks(case.w)]
        assert all(size <= jacobian.BLOCK and shape == (size, case.w.size) for size, shape, *_ in blocks)
        assert sum(size for size, *_ in blocks) == 2 * rows
        value, gradient = objective.value_and_gradient(case.w)
        assert sum(square for *_, square, _ in blocks) == pytest.approx(value, rel=1e-13)
        assert relative_difference(2 * sum(part for *_, part in blocks), gradient) < 1e-12

    def test_of_one_output_cost_what_a_gradient_costs_and_more_outputs_a_pass_back_each(self) -> None:
        for sizes in ((2, 2, 1), (5, 1), (4, 8, 3), (3, 7, 6, 2)):
            network = Network(sizes=sizes)
            back = network.gradient_cost - 1
            assert jacobian.cost(sizes) == pytest.approx(1 + sizes[-1] * back, rel=1e-14)

    @pytest.mark.parametrize("loss", ["binary-cross-entropy", "categorical-cross-entropy", "perceptron-soft"])
    def test_of_another_loss_are_refused(self, loss: str) -> None:
        outputs = 2 if loss.startswith("categorical") else 1
        objective = make_case(Network(sizes=(3, 4, outputs), loss=loss), ROWS).objective()
        assert not objective.residuals
        assert objective.residuals.cause == f"loss '{loss}' is no sum of squares"
        with pytest.raises(InputError, match="no sum of squares"):
            objective.residuals.blocks(np.zeros(objective.size))

    def test_of_a_step_are_refused(self) -> None:
        objective = make_case(Network(sizes=(3, 1), loss="squared", output="step"), ROWS).objective()
        assert objective.residuals.cause == objective.network.no_gradient != ""


class TestCounting:
    NETWORK = Network(sizes=(3, 4, 2), loss="squared")

    def test_every_call_is_counted_at_its_own_price(self) -> None:
        case = make_case(self.NETWORK, 300)
        objective = case.objective()
        objective.curvature.product(case.w, case.w)
        objective.value(case.w)
        list(objective.residuals.blocks(case.w))
        objective.curvature.product(case.w, case.w)
        # 20 products forward; 3 x 20 + 5 x 8 for the Hessian, 20 + 2 (20 + 8) for the Jacobian.
        assert objective.cost == pytest.approx(1 + 2 * 100 / 20 + 76 / 20, rel=1e-14)
        assert (objective.hessian_rows, objective.jacobian_rows) == (600, 300)
        assert (objective.value_rows, objective.gradient_rows) == (300, 900)

    def test_a_jacobian_is_paid_for_block_by_block(self) -> None:
        case = make_case(self.NETWORK, 300)
        objective = case.objective()
        blocks = objective.residuals.blocks(case.w)
        assert objective.cost == 0
        first, _ = next(blocks)
        assert objective.jacobian_rows == first.size // 2 < 300

    def test_a_refused_call_counts_nothing(self) -> None:
        case = make_case(self.NETWORK, ROWS)
        objective = case.objective()
        for wrong in (case.w[:-1], case.w[None]):
            with pytest.raises(InputError, match="shape"):
                objective.curvature.product(wrong, case.w)
            with pytest.raises(InputError, match="shape"):
                objective.curvature.product(case.w, wrong)
            with pytest.raises(InputError, match="shape"):
                objective.residuals.blocks(wrong)
        assert objective.cost == objective.gradient_rows == 0

    def test_counts_go_along_to_another_process(self) -> None:
        case = make_case(self.NETWORK, ROWS)
        objective = case.objective()
        objective.curvature.product(case.w, case.w)
        list(objective.residuals.blocks(case.w))
        copy = pickle.loads(pickle.dumps(objective))
        assert copy.cost == objective.cost > 0
        assert (copy.hessian_rows, copy.jacobian_rows) == (ROWS, ROWS)

    def test_nothing_is_built_before_it_is_asked_for(self) -> None:
        case = make_case(self.NETWORK, ROWS)
        objective = case.objective()
        objective.value_and_gradient(case.w)
        assert objective.curvature
        assert "_data" not in vars(objective.curvature)
        objective.curvature.product(case.w, case.w)
        assert "_data" in vars(objective.curvature)
