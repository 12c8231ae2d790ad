"""Output weights that are solved for by linear least squares: against NumPy, what they cost, in a search."""

from __future__ import annotations

import functools
import itertools
from typing import Any, get_args

import numpy as np
import pytest
from watching import watch

import harness
import optimizers
from optimizers import Budget, FunctionObjective, InputError
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.genetic_options import Engine
from optimizers.genetic.memetic_algorithm import MemeticAlgorithm
from optimizers.objective import Array

every_engine = pytest.mark.parametrize("engine", get_args(Engine))


@functools.cache
def regression(rows: int = 40, hidden: tuple[int, ...] = (5,), loss: str = "squared") -> harness.Problem:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(rows, 2))
    Y = np.stack([np.sin(2 * X[:, 0]), X[:, 0] * X[:, 1]], axis=1)
    return harness.Problem.from_arrays(X, Y, hidden=hidden, loss=loss, test_fraction=0, scale=False)


def hidden_activations(objective: Any, w: Array) -> Array:
    """Activations below the output with a column of ones, by plain NumPy."""
    network, X = objective.network, objective._arguments[1]
    a = X
    for layer in network.layers(w)[:-1]:
        a = np.tanh(a @ layer.weights.T + layer.biases)
    return np.column_stack([a, np.ones(len(a))])


@pytest.mark.parametrize("loss", ["squared", "half-squared"])
@pytest.mark.parametrize(("rows", "hidden"), [(40, (5,)), (40, ()), (30, (6, 3)), (6, (9,))])
def test_output_weights_are_those_of_numpy(loss: str, rows: int, hidden: tuple[int, ...]) -> None:
    objective = regression(rows, hidden, loss).objective()
    population = np.random.default_rng(1).normal(size=(7, objective.size))
    solved = objective.output_layer.solved(population)
    outputs = 2 * ((hidden or (2,))[-1] + 1)
    np.testing.assert_array_equal(solved[:, :-outputs], population[:, :-outputs])
    for w in solved:
        system, Y = hidden_activations(objective, w), objective._arguments[2]
        expected = np.linalg.lstsq(system, Y, rcond=None)[0]
        layer = objective.network.layers(w)[-1]
        np.testing.assert_allclose(np.vstack([layer.weights.T, layer.biases]), expected, rtol=1e-7, atol=1e-9)
    # No step along an output weight leads lower.
    w, (loss_there, gradient) = solved[0], objective.value_and_gradient(solved[0])
    assert np.abs(gradient[-outputs:]).max() < 1e-9
    assert loss_there <= objective.value(population[0])
    assert objective.peek(w) == pytest.approx(loss_there)


def test_hidden_units_that_are_alike_share_their_weight() -> None:
    """Of all that are best the output weights of least norm are taken, as numpy does."""
    objective = regression().objective()
    w = regression().start()
    first = objective.network.layers(w)[0]
    first.weights[1:], first.biases[1:] = first.weights[0], first.biases[0]
    layer = objective.network.layers(objective.output_layer.solved(w[None])[0])[-1]
    np.testing.assert_allclose(layer.weights, layer.weights[:, :1] * np.ones(5), rtol=1e-9)


def test_activations_that_are_not_finite_leave_a_candidate_as_it_is() -> None:
    rng = np.random.default_rng(0)
    problem = harness.Problem.from_arrays(
        rng.normal(size=(9, 2)), rng.normal(size=9), hidden=(3,), activation="relu", loss="squared",
        test_fraction=0,
    )  # fmt: skip
    objective = problem.objective()
    wild = np.full((1, objective.size), 1e308)
    np.testing.assert_array_equal(objective.output_layer.solved(wild), wild)


def multiply_adds(N: int, p: int, k: int) -> int:
    """Count the multiply-adds of Householder reflections, plain loops as a textbook has them."""
    count = 0
    for j in range(min(N, p)):
        for _ in range(j + 1, p):
            count += 2 * (N - j)
        for _ in range(k):
            count += 2 * (N - j)
    for j in range(min(N, p)):
        count += k * (j + 1)
    if p > N:
        for j in range(N):
            count += 2 * (p - N + 1) * j
    return count


@pytest.mark.parametrize(("rows", "hidden"), [(400, (30,)), (90, (40, 40)), (30, (80,))])
def test_solving_costs_its_multiply_adds(rows: int, hidden: tuple[int, ...]) -> None:
    objective = regression(rows, hidden).objective()
    sizes = objective.network.sizes
    products = [ins * outs for ins, outs in itertools.pairwise(sizes)]
    counted = rows * sum(products[:-1]) + multiply_adds(rows, sizes[-2] + 1, 2)
    assert objective.output_layer.cost == pytest.approx(counted / (rows * sum(products)), rel=0.06)
    objective.output_layer.solved(np.zeros((4, objective.size)))
    assert objective.cost == pytest.approx(4 * objective.output_layer.cost)


@every_engine
@pytest.mark.parametrize("chosen", [{}, {"mutation_type": "adaptive", "mutation_probability": (0.4, 0.1)}])
def test_solved_output_weights_are_genes_of_every_answer(engine: Any, chosen: dict[str, Any]) -> None:
    objective, start = regression().objective(), regression().start()
    optimizer = GeneticAlgorithm(engine=engine, population_size=10, output_weights="least-squares", **chosen)
    watcher = watch(optimizer, objective, start, [1] * 8)
    assert watcher.seen[1].losses.tolist() == [objective.peek(start)]
    for look in watcher.seen[1:]:
        again = objective.output_layer.solved(look.w[None])[0]
        np.testing.assert_allclose(again, look.w, rtol=1e-6, atol=1e-8)
        assert objective.peek(look.w) == pytest.approx(look.loss, rel=1e-9)
    price = objective.output_layer.cost
    children = 18 if chosen else 9
    spent = np.diff([look.cost for look in watcher.seen])
    assert objective.solved_rows - 8 * 40 == 40 * (10 + 7 * children)
    assert spent[0] == pytest.approx(1 + 10 * (1 + price))
    # A child whose hidden weights are a parent's is that parent again once it has been solved for.
    assert np.isin(np.rint(children * (1 + price) - spent[1:]), range(4)).all()
    assert spent.max() <= optimizer.iteration_cost(objective) + 1e-9


def test_solving_finds_a_lower_loss_than_evolving_at_the_same_cost() -> None:
    ends = [
        optimizers.minimize(
            regression().objective(), regression().start(), GeneticAlgorithm(output_weights=kind), 3000
        ).loss
        for kind in ("evolved", "least-squares")
    ]
    assert ends[1] < 0.5 * ends[0]


@pytest.mark.parametrize(
    ("objective", "reason"),
    [
        (FunctionObjective(lambda w: float(w @ w), 2), "there is no linear output layer"),
        (harness.problems.load("xor").objective(), "loss 'binary-cross-entropy' is no sum of squares"),
        (
            harness.Problem.from_arrays(
                [[0.0], [1.0]], [0.0, 1.0], loss="squared", output="sigmoid", test_fraction=0
            ).objective(),
            "output activation 'sigmoid' is not linear",
        ),
    ],
)
def test_what_cannot_be_solved_is_refused_with_its_reason(objective: Any, reason: str) -> None:
    with pytest.raises(InputError, match=f"{reason}.*: take the option output_weights='evolved'"):
        optimizers.minimize(
            objective, np.zeros(objective.size), GeneticAlgorithm(output_weights="least-squares"), 100
        )
    with pytest.raises(InputError, match=reason):
        objective.output_layer.solved(np.zeros((1, objective.size)))
    assert objective.cost == 0


def test_a_memetic_search_may_solve_for_output_weights_too() -> None:
    optimizer = MemeticAlgorithm(output_weights="least-squares", population_size=10)
    best = optimizers.minimize(
        regression().objective(), regression().start(), optimizer, Budget(iterations=9)
    )
    assert best.loss < regression().objective().peek(regression().start())
