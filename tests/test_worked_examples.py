"""Worked examples of lecture notes, to ten digits, through the public names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import optimizers
from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.problems import Problem

TEN_DIGITS = 5.1e-11


def objective(network: Network, X: Any, Y: Any) -> NetworkObjective:
    return NetworkObjective(network, X, Y, build_source("analytic"))


class TestExponentialOutput:
    """2-2-1, sigmoid hidden layer, output p = exp(z), J = (p - y)^2 / 2."""

    x = (0.5, -0.5)
    network = Network(sizes=(2, 2, 1), activation="sigmoid", output="exponential", loss="half-squared")

    def weights(self) -> Any:
        w = np.zeros(self.network.size)
        hidden, output = self.network.layers(w)
        hidden.biases[...] = [2, -1]
        hidden.weights[...] = [[4, 4], [1, -2]]
        output.biases[...] = [2]
        output.weights[...] = [[-3, -1]]
        return w

    def test_hidden_activations_and_output(self) -> None:
        w = self.weights()
        # The hidden layer by itself, as a network of one layer with the same weights.
        hidden = Network(sizes=(2, 2), output="sigmoid", loss="half-squared")
        activations = hidden.predict(w[: hidden.size], [self.x])[0]
        assert activations == pytest.approx([0.8807970780, 0.6224593312], abs=TEN_DIGITS)
        assert self.network.predict(w, [self.x])[0, 0] == pytest.approx(0.2822814757, abs=TEN_DIGITS)

    def test_derivatives_are_the_linear_functions_of_the_target_that_were_derived_by_hand(self) -> None:
        w = self.weights()

        def derivatives(y: float) -> Any:
            _, gradient = objective(self.network, [self.x], [y]).value_and_gradient(w)
            hidden, output = self.network.layers(gradient)
            return np.array([output.weights[0, 0], hidden.weights[0, 0]])

        at_zero, at_one = derivatives(0.0), derivatives(1.0)
        assert at_one - at_zero == pytest.approx([-0.2486326989, 0.0444566163], abs=TEN_DIGITS)
        assert at_zero == pytest.approx([0.0701844052, -0.0125492793], abs=TEN_DIGITS)
        assert derivatives(-3.5) == pytest.approx(at_zero - 3.5 * (at_one - at_zero), abs=1e-14)

    def test_the_same_problem_from_arrays_has_the_same_gradient(self) -> None:
        problem = Problem.from_arrays(
            [self.x],
            [0.75],
            hidden=(2,),
            activation="sigmoid",
            output="exponential",
            loss="half-squared",
            test_fraction=0,
            scale=False,
        )
        w = self.weights()
        loss, gradient = problem.objective().value_and_gradient(w)
        p = 0.2822814757
        assert loss == pytest.approx((p - 0.75) ** 2 / 2, abs=TEN_DIGITS)
        derivative = problem.network.layers(gradient)[1].weights[0, 0]
        assert derivative == pytest.approx(-0.2486326989 * 0.75 + 0.0701844052, abs=2 * TEN_DIGITS)


def test_activations_of_the_relu_layer() -> None:
    network = Network(sizes=(2, 3), output="relu", loss="squared")
    w = np.zeros(network.size)
    (layer,) = network.layers(w)
    layer.weights[...] = np.array([[0.2, -0.3, 0.4], [0.5, -0.1, -0.4]]).T
    layer.biases[...] = [0.1, 0.2, -0.3]
    # The sums are (.49, -.06, -.22).
    assert network.predict(w, [[0.7, 0.5]])[0] == pytest.approx([0.49, 0.0, 0.0], abs=1e-15)
    assert objective(network, [[0.7, 0.5]], np.zeros((1, 3))).value(w) == pytest.approx(0.49**2, abs=1e-15)


class TestBinaryCrossEntropyChain:
    """1-1-1, sigmoid twice, binary cross-entropy: x = .5, y = 1, w1 = .2, b1 = .1, w2 = .4, b2 = .2."""

    network = Network(sizes=(1, 1, 1), activation="sigmoid", loss="binary-cross-entropy")

    def weights(self) -> Any:
        w = np.zeros(self.network.size)
        first, second = self.network.layers(w)
        first.weights[...], first.biases[...] = 0.2, 0.1
        second.weights[...], second.biases[...] = 0.4, 0.2
        return w

    def numbers(self, w: Any) -> list[float]:
        """w2, b2, w1, b1, the order of the notes."""
        first, second = self.network.layers(w)
        return [float(view[...].ravel()[0]) for view in (*second, *first)]

    def test_activations_and_loss(self) -> None:
        w = self.weights()
        first = Network(sizes=(1, 1), output="sigmoid", loss="half-squared")
        assert first.predict(w[:2], [[0.5]])[0, 0] == pytest.approx(0.5498339973, abs=TEN_DIGITS)
        assert self.network.predict(w, [[0.5]])[0, 0] == pytest.approx(0.6034673606, abs=TEN_DIGITS)
        loss = objective(self.network, [[0.5]], [1.0]).value(w)
        assert loss == pytest.approx(-math.log(0.6034673606), abs=1e-9)

    def test_gradients(self) -> None:
        _, gradient = objective(self.network, [[0.5]], [1.0]).value_and_gradient(self.weights())
        expected = [-0.2180271262, -0.3965326394, -0.0196296800, -0.0392593600]
        assert self.numbers(gradient) == pytest.approx(expected, abs=TEN_DIGITS)

    def test_parameters_after_one_step_of_gradient_descent(self) -> None:
        best = optimizers.minimize(
            objective(self.network, [[0.5]], [1.0]),
            self.weights(),
            optimizers.GradientDescent(learning_rate=0.1),
            optimizers.Budget(iterations=1),
        )
        assert best.iterations == 1
        expected = [0.4218027126, 0.2396532639, 0.2019629680, 0.1039259360]
        assert self.numbers(best.w) == pytest.approx(expected, abs=TEN_DIGITS)


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


class Textbook:
    """Backpropagation for sigmoid 3-3-2-1, pattern by pattern, in plain loops and with layers from 1 to L.

    Layer 1 is the input. ``weights[l][j][i]`` leads from unit i of layer l - 1 to unit j of layer l, and
    ``delta[l]`` belongs to the units of layer l.
    """

    sizes = (3, 3, 2, 1)
    last = len(sizes)
    above_the_input = range(2, last + 1)

    def __init__(self, network: Network, w: Any) -> None:
        layers = dict(zip(self.above_the_input, network.layers(w), strict=True))
        self.weights = {layer: views.weights.tolist() for layer, views in layers.items()}
        self.biases = {layer: views.biases.tolist() for layer, views in layers.items()}
        self.delta: dict[int, list[float]] = {}

    def learn(self, x: Any, y: Any, alpha: float, first_layer_back: int) -> None:
        """One pattern; the loop of deltas runs from a given layer down to 2."""
        a = {1: [float(number) for number in x]}
        for layer in self.above_the_input:
            a[layer] = [
                sigmoid(bias + sum(w * below for w, below in zip(unit, a[layer - 1], strict=True)))
                for unit, bias in zip(self.weights[layer], self.biases[layer], strict=True)
            ]
        errors = [output - float(target) for output, target in zip(a[self.last], y, strict=True)]
        self.delta = {self.last: [e * o * (1 - o) for e, o in zip(errors, a[self.last], strict=True)]}
        for layer in range(first_layer_back, 1, -1):
            # What was never set counts as zero, as it does in the memory of a fresh array.
            above = self.delta.get(layer + 1, [0.0] * self.sizes[layer])
            self.delta[layer] = [
                o * (1 - o) * sum(d * unit[i] for d, unit in zip(above, self.weights[layer + 1], strict=True))
                for i, o in enumerate(a[layer])
            ]
        for layer in self.above_the_input:
            for j, d in enumerate(self.delta.get(layer, [])):
                for i, below in enumerate(a[layer - 1]):
                    self.weights[layer][j][i] -= alpha * d * below
                self.biases[layer][j] -= alpha * d

    def flat(self) -> Any:
        """All numbers in the order of the network's vector."""
        parts = [(self.weights[layer], self.biases[layer]) for layer in self.above_the_input]
        return np.concatenate([np.append(np.ravel(weights), biases) for weights, biases in parts])


class TestTextbookBackpropagation:
    """Sigmoid 3-3-2-1, half squared loss, pattern by pattern."""

    alpha = 0.7
    epochs = 3

    def problem(self) -> Problem:
        X = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)], dtype=float)
        y = 0.1 + 0.8 * (X.sum(axis=1) % 2)
        return Problem.from_arrays(
            X,
            y,
            hidden=(3, 2),
            activation="sigmoid",
            output="sigmoid",
            loss="half-squared",
            initializer="uniform",
            test_fraction=0,
            scale=False,
        )

    def textbook(self, problem: Problem, first_layer_back: int) -> Textbook:
        """Train by the textbook, the rows in the order that every optimizer gets."""
        X, Y, _, _ = problem.data()
        book = Textbook(problem.network, problem.start())
        generator, order = problem.objective().row_order(), list(range(len(X)))
        for _ in range(self.epochs):
            # Fisher and Yates: each place from the last on takes a row drawn from those up to it.
            for place in range(len(order) - 1, 0, -1):
                drawn = int(generator.random() * (place + 1))
                order[place], order[drawn] = order[drawn], order[place]
            for row in order:
                book.learn(X[row], Y[row], self.alpha, first_layer_back)
        return book

    def trained(self, problem: Problem) -> Any:
        """Train by the library; a look after the last pattern keeps the weights."""
        objective, seen = problem.objective(), []

        def observe(w: Any, *, iterations: int = 0, **_: Any) -> int:
            seen.append(w.copy())
            return 0 if iterations else self.epochs * objective.rows

        descent = optimizers.GradientDescent(learning_rate=self.alpha, batch=1)
        assert descent.run(objective, problem.start(), np.random.default_rng(0), observe) is None
        assert objective.gradient_rows == self.epochs * objective.rows
        assert len(seen) == 2
        return seen[-1]

    def test_three_epochs_end_at_the_weights_of_the_textbook(self) -> None:
        problem = self.problem()
        book = self.textbook(problem, first_layer_back=Textbook.last - 1)
        assert sorted(book.delta) == [2, 3, 4]
        found = self.trained(problem)
        assert np.abs(found - book.flat()).max() < TEN_DIGITS
        assert np.abs(found - problem.start()).max() > 0.1, "something was learnt"

    def test_a_backward_loop_that_starts_at_the_last_layer_but_two_leaves_deltas_unset(self) -> None:
        problem = self.problem()
        book = self.textbook(problem, first_layer_back=Textbook.last - 2)
        assert 3 not in book.delta
        printed, start = book.flat(), problem.start()
        # The output layer learns; nothing below it moves, for its deltas start from what is not there.
        below = problem.network.size - 3
        assert (printed[:below] == start[:below]).all()
        assert np.abs(printed - self.trained(problem)).max() > 1e-3
