"""What an objective counts, for any mix of calls through either door."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cases import make_case
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from harness.network.network import Network
from optimizers.capabilities.gradient import Gradient
from optimizers.objective import ALL_ROWS, Array, Objective, Rows

ROWS = 6
NETWORK = Network(sizes=(3, 4, 2), activation="tanh", loss="categorical-cross-entropy")
rows_asked = st.none() | st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=9)
calls = st.one_of(
    st.tuples(st.just("value"), rows_asked),
    st.tuples(st.just("gradient"), rows_asked),
    st.tuples(st.just("values"), rows_asked, st.integers(0, 4)),
    st.tuples(st.just("peek")),
    st.tuples(st.just("predict")),
    st.tuples(st.just("compiled-value"), rows_asked),
    st.tuples(st.just("compiled-gradient"), rows_asked),
    st.tuples(st.just("compiled-values"), rows_asked, st.integers(0, 4)),
)


@settings(max_examples=150)
@given(st.lists(calls, max_size=12))
def test_rows_and_cost_are_counted_exactly_for_any_mix_of_calls(asked: list[Any]) -> None:
    case = make_case(NETWORK, ROWS)
    objective = case.objective()
    compiled = objective.compiled
    assert compiled is not None
    value_rows = gradient_rows = 0
    for kind, *details in asked:
        rows = details[0] if details else None
        count = ROWS if rows is None else len(rows)
        chosen = ALL_ROWS if rows is None else np.array(rows, dtype=np.int64)
        population = np.repeat(case.w[None], details[1] if len(details) > 1 else 0, axis=0)
        if kind == "value":
            objective.value(case.w, rows=rows)
        elif kind == "compiled-value":
            compiled.value(case.w, chosen, compiled.data)
        elif kind == "gradient":
            objective.value_and_gradient(case.w, rows=rows)
        elif kind == "compiled-gradient":
            compiled.value_and_gradient(case.w, chosen, compiled.gradient_data, np.empty(NETWORK.size))
        elif kind == "values":
            assert objective.values(population, rows=rows).shape == (len(population),)
        elif kind == "compiled-values":
            compiled.values(population, chosen, compiled.data, np.empty(len(population)))
        elif kind == "peek":
            objective.peek(case.w)
        else:
            NETWORK.predict(case.w, case.X)
        if kind.endswith("value"):
            value_rows += count
        elif kind.endswith("values"):
            value_rows += count * len(population)
        elif kind.endswith("gradient"):
            gradient_rows += count
    assert objective.value_rows == value_rows
    assert objective.gradient_rows == gradient_rows
    # 3 x 4 + 4 x 2 products forward, as many for the weights, 4 x 2 for the deltas.
    expected = (value_rows + gradient_rows * 48 / 20) / ROWS
    assert objective.cost == pytest.approx(expected, rel=1e-12, abs=0)


def test_several_threads_count_as_one_does() -> None:
    network = Network(sizes=(5, 60, 3), activation="tanh", loss="categorical-cross-entropy")
    case = make_case(network, rows=1501)
    objective = case.objective()
    objective.value_and_gradient(case.w)
    objective.values(np.repeat(case.w[None], 5, axis=0))
    objective.values(np.repeat(case.w[None], 3, axis=0), rows=[1500, 0])
    assert objective.gradient_rows == 1501
    assert objective.value_rows == 5 * 1501 + 3 * 2


def test_every_objective_counts_for_itself() -> None:
    case = make_case(NETWORK, ROWS)
    one, other = case.objective(), case.objective()
    one.value(case.w)
    assert (one.value_rows, other.value_rows) == (ROWS, 0)


def test_a_refused_call_counts_nothing() -> None:
    case = make_case(NETWORK, ROWS)
    objective = case.objective()
    for rows in ([], [ROWS], [0.5]):
        with pytest.raises(ValueError, match="rows"):
            objective.value(case.w, rows=rows)
    with pytest.raises(ValueError, match="shape"):
        objective.value_and_gradient(case.w[:-1])
    with pytest.raises(ValueError, match="shape"):
        objective.values(case.w)
    assert objective.counters.tolist() == [0, 0]


@pytest.mark.parametrize("loss", ["perceptron-soft", "perceptron-hard"])
def test_rows_asked_of_the_single_unit_count_and_cost_as_a_gradient_of_one_layer(loss: str) -> None:
    case = make_case(Network(sizes=(3, 1), loss=loss), ROWS)
    objective = case.objective()
    assert objective.single_layer
    assert objective.mistakes is None
    objective.single_layer.count_rows(corrected_rows=3, mistakes=0)
    assert (objective.gradient_rows, objective.mistakes) == (3, 0)
    assert objective.cost == pytest.approx(2.0 * 3 / ROWS)
    objective.single_layer.count_rows(value_rows=4, mistakes=2)
    assert (objective.value_rows, objective.gradient_rows, objective.mistakes) == (4, 3, 2)
    assert objective.cost == pytest.approx((2.0 * 3 + 4) / ROWS)
    again = pickle.loads(pickle.dumps(objective))
    assert (again.cost, again.mistakes) == (objective.cost, objective.mistakes)


def test_the_rows_of_a_single_layer_are_the_training_rows_and_nobody_can_change_them() -> None:
    case = make_case(Network(sizes=(3, 1), loss="binary-cross-entropy"), ROWS)
    Y = np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
    layer = case._replace(Y=Y).objective().single_layer
    assert layer
    assert layer.X.tolist() == case.X.tolist()
    assert layer.y.tolist() == [-1, 1, 1, -1, 1, -1]
    for table in (layer.X, layer.y):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = 1.0
    assert not make_case(NETWORK, ROWS).objective().single_layer


class Priced(Objective):
    """Four rows, and a price for whatever is counted."""

    size, rows = 2, 4
    gradient = Gradient(3.0)
    curvature: Any = SimpleNamespace(cost=5.0)
    residuals: Any = SimpleNamespace(cost=7.0)
    output_layer: Any = SimpleNamespace(cost=11.0)

    def __init__(self) -> None:
        self.counters = np.zeros(2, dtype=np.int64)

    def value(self, w: ArrayLike, rows: Rows | None = None) -> float:
        raise NotImplementedError

    def values(self, population: ArrayLike, rows: Rows | None = None) -> Array:
        raise NotImplementedError

    def value_and_gradient(self, w: ArrayLike, rows: Rows | None = None) -> tuple[float, Array]:
        raise NotImplementedError


PRICES = {
    "value": (1.0, 0),
    "gradient": (3.0, 1),
    "corrected_rows": (2.0, 1),
    "hessian_rows": (5.0, 1),
    "jacobian_rows": (7.0, 1),
    "solved_rows": (11.0, 0),
}
"""What a row of each costs in passes of one, and whether it is one for a derivative."""


@given(st.fixed_dictionaries({name: st.integers(0, 50) for name in PRICES}), st.floats(0.0, 9.0))
def test_each_kind_of_row_has_its_price_and_its_column(rows: dict[str, int], charged: float) -> None:
    objective = Priced()
    assert objective.spent == (0.0, 0, 0)
    objective.counters[:] = rows["value"], rows["gradient"]
    for name in list(PRICES)[2:]:
        setattr(objective, name, rows[name])
    objective.charged = charged
    cost = sum(PRICES[name][0] * count for name, count in rows.items()) / 4 + charged
    derivatives = sum(count for name, count in rows.items() if PRICES[name][1])
    assert objective.spent == (pytest.approx(cost, rel=1e-12), rows["value"], derivatives)
    assert (objective.value_rows, objective.gradient_rows) == (rows["value"], derivatives)
    # At other states of the counters what is counted beside them is as it is now.
    states = np.array([[0, 0], [rows["value"], rows["gradient"]], [8, 4]])
    costs, values, gradients = objective.spent_at(states)
    beside = cost - (rows["value"] + 3.0 * rows["gradient"]) / 4
    assert costs == pytest.approx([beside, cost, beside + 5.0], rel=1e-9, abs=1e-9)
    assert values.tolist() == [0, rows["value"], 8]
    beside_rows = derivatives - rows["gradient"]
    assert gradients.tolist() == [beside_rows, derivatives, beside_rows + 4]


def test_rows_of_a_gradient_that_is_not_there_cost_nothing() -> None:
    objective = Priced()
    objective.gradient = Gradient.refused()
    objective.counters[:] = 8, 0
    assert objective.spent == (2.0, 8, 0)
    assert objective.spent_at(np.array([[4, 0], [8, 0]]))[0].tolist() == [1.0, 2.0]


def test_an_objective_charges_no_linear_algebra_and_draws_one_row_order_unless_it_knows_better() -> None:
    objective = Priced()
    assert objective.linear_algebra_cost(1e9) == 0.0
    objective.charge(1e9)
    assert objective.cost == 0.0
    assert objective.row_order().integers(1 << 30) == np.random.default_rng(0).integers(1 << 30)


@pytest.mark.parametrize("evaluations", [1.0, 2.5])
def test_linear_algebra_up_to_fifty_products_a_parameter_and_evaluation_is_free(evaluations: float) -> None:
    objective = make_case(NETWORK, ROWS).objective()
    free = 50 * objective.size * evaluations
    a_pass = ROWS * (3 * 4 + 4 * 2)
    assert objective.linear_algebra_cost(free, evaluations) == 0.0
    assert objective.linear_algebra_cost(free - 1, evaluations) == 0.0
    assert objective.linear_algebra_cost(free + 3 * a_pass, evaluations) == pytest.approx(3.0, rel=1e-12)
