"""The published programs of a study: plain loops, known faults, and what their variants change."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import Generator

from harness.problems import load
from harness.studies.findings import stored
from harness.studies.metaheuristics_2021.measured import Measured, expected_generation
from harness.studies.metaheuristics_2021.original.backpropagation import train
from harness.studies.metaheuristics_2021.original.genetic import error_of, evolve
from harness.studies.metaheuristics_2021.original.kept import (
    estimate_of_kept,
    mean_of_kept,
    ratio_of_costs,
    ratio_of_kept,
)
from harness.studies.metaheuristics_2021.original.protocol import PUBLISHED, protocol
from harness.studies.metaheuristics_2021.original.runs import drawn, performed, trained
from harness.studies.metaheuristics_2021.study import Metaheuristics2021
from harness.tuning.tuned_file import tuned_experiments

INPUTS, HIDDEN, OUTPUTS, ROWS = 4, 3, 2, 7
SIZE = (INPUTS + 1) * HIDDEN + (HIDDEN + 1) * OUTPUTS
every_task = pytest.mark.parametrize("task", protocol().problems, ids=lambda task: task.name)


def some_rows(seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(ROWS, INPUTS)), np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=ROWS)]


def as_lists(w: Any) -> list[list[list[float]]]:
    """Weights as lists: of layers, of units, the bias last."""
    numbers = iter(w.tolist())
    return [
        [[next(numbers) for _ in range(below + 1)] for _ in range(units)]
        for below, units in ((INPUTS, HIDDEN), (HIDDEN, OUTPUTS))
    ]


def flat(layers: list[list[list[float]]]) -> Any:
    return np.array([number for layer in layers for unit in layer for number in unit])


def logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def leaky(z: float) -> float:
    return z if z >= 0 else 0.01 * z


def passed(layers: Any, x: Any, act: Any) -> list[list[float]]:
    """Activations of both layers for one row."""
    found, below = [], list(x)
    for layer in layers:
        below = [act(sum(w * a for w, a in zip(unit, below, strict=False)) + unit[-1]) for unit in layer]
        found.append(below)
    return found


def plain_error(w: Any, X: Any, Y: Any, act: Any) -> float:
    layers = as_lists(w)
    outputs = [passed(layers, x, act)[1] for x in X]
    return sum(
        (a - t) ** 2 for o, y in zip(outputs, Y, strict=True) for a, t in zip(o, y, strict=True)
    ) / len(X)


def plain_epoch(layers: Any, X: Any, Y: Any, rate: float, momentum: float, fault: bool) -> float:
    """One epoch of the published backpropagation, in lists; return its error while weights change."""
    total, deltas = 0.0, [[0.0] * HIDDEN, [0.0] * OUTPUTS]
    for row, (x, y) in enumerate(zip(X, Y, strict=True)):
        before = [delta for layer in deltas for delta in layer]
        hidden, outputs = passed(layers, x, logistic)
        total += sum((a - t) ** 2 for a, t in zip(outputs, y, strict=True))
        deltas[1] = [a * (1 - a) * (t - a) for a, t in zip(outputs, y, strict=True)]
        deltas[0] = [
            a * (1 - a) * sum(unit[j] * delta for unit, delta in zip(layers[1], deltas[1], strict=True))
            for j, a in enumerate(hidden)
        ]
        for layer, inputs, delta in zip(layers, (list(x), hidden), deltas, strict=True):
            for place, unit in enumerate(layer):
                for i, number in enumerate(inputs):
                    unit[i] += rate * number * delta[place]
                    if row:
                        unit[i] += momentum * before[place]
                    if fault or i == 0:
                        unit[-1] += rate * delta[place]
    return total / len(X)


class TestBackpropagation:
    @pytest.mark.parametrize("fault", [True, False])
    def test_two_epochs_are_those_of_plain_loops(self, fault: bool) -> None:
        X, Y = some_rows()
        w = np.random.default_rng(1).uniform(-0.5, 0.5, SIZE)
        layers = as_lists(w)
        expected = [plain_epoch(layers, X, Y, 0.1, 0.02, fault)]
        # Deltas of the last row are forgotten where the next epoch begins.
        expected.append(plain_epoch(layers, X, Y, 0.1, 0.02, fault))
        errors = np.empty(2)
        train(w, X, Y, np.zeros((3, HIDDEN + OUTPUTS)), 0.1, 0.02, fault, True, errors)
        np.testing.assert_allclose(errors, expected, rtol=1e-13)
        np.testing.assert_allclose(w, flat(layers), rtol=1e-13)

    def test_the_error_after_an_epoch_is_that_of_its_weights(self) -> None:
        X, Y = some_rows()
        w, errors = np.random.default_rng(1).uniform(-0.5, 0.5, SIZE), np.empty(1)
        train(w, X, Y, np.zeros((3, HIDDEN + OUTPUTS)), 0.1, 0.0, True, False, errors)
        assert errors[0] == pytest.approx(plain_error(w, X, Y, logistic), rel=1e-13)

    def test_without_faults_a_row_is_a_step_of_gradient_descent(self) -> None:
        """The published step is half of the gradient of the squared error, by the project's own kernels."""
        problem: Any = load("iris:hidden=[3],activation=sigmoid,output=sigmoid,loss=brier,test_fraction=0")
        X, Y, _, _ = problem.data()
        start = problem.start(0)
        views = problem.network.layers(start)
        w = np.concatenate([np.column_stack([weights, biases]).ravel() for weights, biases in views])
        train(w, X[:1], Y[:1], np.zeros((3, 6)), 0.1, 0.0, False, True, np.empty(1))
        _, gradient = problem.objective().value_and_gradient(start, rows=[0])
        stepped = problem.network.layers(start - 0.05 * gradient)
        expected = np.concatenate([np.column_stack([weights, biases]).ravel() for weights, biases in stepped])
        np.testing.assert_allclose(w, expected, rtol=1e-12)


class Breeder:
    """The published genetic algorithm in lists, with the draws of the compiled one in their order."""

    def __init__(self, rng: Generator, X: Any, Y: Any, act: Any) -> None:
        self.rng, self.X, self.Y, self.act, self.paid = rng, X, Y, act, 0

    def error(self, genes: list[float]) -> float:
        self.paid += 1
        return plain_error(np.array(genes), self.X, self.Y, self.act)

    def below(self, n: int) -> int:
        return int(self.rng.random() * n)

    def generation(self, population: list[tuple[float, list[float]]], size: int) -> list[Any]:
        population = sorted(population, key=lambda member: member[0])
        elites = population[: math.ceil(len(population) * 0.05)]
        others = population[len(elites) :]
        left, entered = list(range(len(others))), []
        for i in range(math.ceil(len(others) * 0.2)):
            j = i + self.below(len(others) - i)
            left[i], left[j] = left[j], left[i]
            entered.append(others[left[i]])
        mates = [*elites, min(entered, key=lambda member: member[0])]
        new = list(elites)
        while len(new) < size:
            one, other = self.below(len(mates)), self.below(len(mates))
            if one == other:
                continue
            children = [(error, list(genes)) for error, genes in (mates[one], mates[other])]
            if self.rng.random() < 0.9:
                (_, a), (_, b) = children
                begin = 1 + self.below(len(a) - 1)
                end = begin + self.below(len(a) - begin)
                a[begin:end], b[begin:end] = b[begin:end], a[begin:end]
                children = [(self.error(a), a), (self.error(b), b)]
            new += [self.mutated(*child) for child in children]
        return new

    def mutated(self, error: float, genes: list[float]) -> tuple[float, list[float]]:
        changed = False
        for i in range(len(genes)):
            if self.rng.random() <= 0.1:
                genes[i] += (0.5 + error) * self.rng.standard_normal()
                changed = True
        return (self.error(genes) if changed else error), genes


class TestGeneticAlgorithm:
    @pytest.mark.parametrize("act", [leaky, logistic])
    def test_three_generations_are_those_of_plain_loops(self, act: Any) -> None:
        X, Y = some_rows()
        size = 20
        members, fitness = np.zeros((2, size + 1, SIZE)), np.zeros((2, size + 1))
        members[0, :size] = np.random.default_rng(2).uniform(-0.5, 0.5, (size, SIZE))
        breeder = Breeder(np.random.default_rng(3), X, Y, act)
        population = [(breeder.error(genes), genes) for genes in members[0, :size].tolist()]
        expected, paid = [], []
        for _ in range(4):
            expected.append(min(error for error, _ in population))
            paid.append(breeder.paid)
            population = breeder.generation(population, size)
        # 1 elite of 20 and 20 children are 21, of which 2 are elites.
        assert len(population) in (size, size + 1)
        errors, evaluations = np.empty(4), np.empty(4)
        evolve(
            np.random.default_rng(3), members, fitness, size, X.T.copy(), Y.T.copy(), HIDDEN, act is logistic,
            0.05, 0.9, 0.1, 0.2, 0.5, False, errors, evaluations,
        )  # fmt: skip
        np.testing.assert_allclose(errors, expected, rtol=1e-12)
        assert evaluations.tolist() == paid
        # The last generation has been bred, and lies where the first one did.
        np.testing.assert_allclose(
            members[0, : len(population)], [genes for _, genes in population], rtol=1e-12
        )

    @pytest.mark.parametrize("act", [leaky, logistic])
    def test_an_error_is_that_of_plain_loops(self, act: Any) -> None:
        X, Y = some_rows(4)
        w = np.random.default_rng(5).normal(size=SIZE)
        layer = np.empty((HIDDEN + 1, ROWS))
        found = error_of(w, X.T.copy(), Y.T.copy(), HIDDEN, act is logistic, layer)
        assert found == pytest.approx(plain_error(w, X, Y, act), rel=1e-13)

    def test_an_error_is_the_loss_of_the_projects_own_network(self) -> None:
        problem: Any = load(
            "wine:hidden=[6],activation=leaky-relu,output=leaky-relu,loss=brier,test_fraction=0"
        )
        X, Y, _, _ = problem.data()
        start = problem.start(0)
        w = np.concatenate([np.column_stack([a, b]).ravel() for a, b in problem.network.layers(start)])
        found = error_of(w, X.T.copy(), Y.T.copy(), 6, False, np.empty((7, len(X))))
        assert found == pytest.approx(problem.objective().value(start), rel=1e-12)


class TestRuns:
    @every_task
    def test_rows_are_scaled_by_all_of_them_or_by_those_that_train(self, task: Any) -> None:
        before, after = (
            drawn(protocol(), task, 3, scaled_before_split) for scaled_before_split in (True, False)
        )
        assert before.X.shape[0] == 70
        assert (before.Y.sum(axis=1) == 1).all()
        np.testing.assert_allclose(after.X.mean(axis=0), 0.0, atol=1e-12)
        np.testing.assert_allclose(after.X.std(axis=0, ddof=1), 1.0, rtol=1e-12)
        assert np.abs(before.X.mean(axis=0)).max() > 1e-3
        assert before.starts.tobytes() == after.starts.tobytes()
        assert np.abs(before.starts).max() <= 0.5
        assert before.Y.tobytes() == after.Y.tobytes()

    def test_the_sizes_of_the_networks_are_those_of_the_programs(self) -> None:
        assert [drawn(protocol(), task, 0, True).starts.shape for task in protocol().problems] == [
            (100, 27),
            (100, 105),
            (100, 266),
        ]

    def test_every_variant_differs_from_the_published_program(self) -> None:
        task = protocol().problems[0]
        found: dict[str, list[bytes]] = {}
        for variant in protocol().variants:
            data = drawn(protocol(), task, 0, variant.scaled_before_split)
            errors, cost = trained(protocol(), task, variant, data, np.random.default_rng(0))
            assert np.isfinite(errors).all()
            assert (np.diff(cost) > 0).all()
            found.setdefault(variant.method, []).append(errors.tobytes())
        assert all(len(set(curves)) == len(curves) for curves in found.values())

    def test_the_best_of_a_population_never_gets_worse(self) -> None:
        curves = performed(protocol(), 1)
        genetic = curves[curves["method"] == "GA"]
        for _, run in genetic.groupby(["problem", "variant"]):
            assert (np.diff(run["error"]) <= 0).all()
        assert len(curves) == 100 * len(protocol().variants) * 3


@pytest.mark.parametrize(("problem", "genes", "chance"), [("iris", 27, 0.03), ("wine", 105, 0.05)])
def test_a_generation_costs_two_evaluations_of_a_child_that_is_crossed_and_mutates(
    problem: str, genes: int, chance: float
) -> None:
    assert expected_generation(problem) == pytest.approx(95 * (0.9 + 1 - (1 - chance) ** genes))
    curves = performed(replace(protocol(), problems=protocol().problems[:2]), 2)
    there = curves[(curves["method"] == "GA") & (curves["problem"] == problem)]
    costs = there[there["variant"] == PUBLISHED].groupby("run")["cost"].agg(["first", "last"])
    each = (costs["last"] - costs["first"]) / 99
    assert each.mean() == pytest.approx(expected_generation(problem), rel=0.02)


class TestKept:
    def test_a_fifth_is_left_out(self) -> None:
        errors = np.random.default_rng(0).random(100)
        assert mean_of_kept(errors, 0.2) == pytest.approx(sorted(errors)[:80] @ np.full(80, 1 / 80))

    def test_the_interval_of_a_mean_of_kept_covers_it(self) -> None:
        rng, inside = np.random.default_rng(1), 0
        # Of exponential numbers below their quantile at 0.8.
        expected = (0.8 - 0.2 * math.log(5.0)) / 0.8
        for _ in range(300):
            _, (low, high) = estimate_of_kept(rng.exponential(size=100), 0.2, rng)
            inside += low <= expected <= high
        assert 0.91 <= inside / 300 <= 0.98

    def test_a_ratio_is_of_means_and_lies_in_its_interval(self) -> None:
        rng = np.random.default_rng(2)
        one, other = rng.exponential(2.0, 100), rng.exponential(1.0, 100)
        ratio, (low, high) = ratio_of_kept(one, other, 0.2, rng)
        assert ratio == pytest.approx(float(mean_of_kept(one, 0.2) / mean_of_kept(other, 0.2)))
        assert low < ratio < high

    def test_the_interval_of_a_median_is_of_order_statistics(self) -> None:
        costs = np.arange(1.0, 101.0)
        # The 40th and the 61st of 100 (Conover 1999, table A3).
        assert ratio_of_costs(costs, np.ones(100)) == (50.5, (40.0, 61.0))

    def test_a_cost_that_never_came_is_infinite_and_even_against_another(self) -> None:
        one, other = np.array([np.nan] * 7 + [1.0] * 3), np.array([1.0] * 10)
        assert ratio_of_costs(one, other)[0] == math.inf
        assert ratio_of_costs(np.full(10, np.nan), np.full(10, np.nan))[0] == 1.0


def test_todays_options_are_those_that_were_tuned() -> None:
    (today,) = Metaheuristics2021.experiments().values()
    file = Metaheuristics2021.folder() / "tuned" / "today.toml"
    (tuned,) = tuned_experiments(today, file)
    assert list(tuned.optimizers) == list(today.optimizers)


def test_a_mean_curve_that_never_comes_to_where_the_printed_one_did_is_said() -> None:
    study = Metaheuristics2021()
    evidence = stored(study, Path(__file__).parent.parent / "results" / "metaheuristics-2021").evidence
    crossings = evidence.measured["crossings"].copy()
    of_wine = (crossings["problem"] == "wine") & (crossings["method"] == "GA")
    crossings.loc[of_wine & (crossings["variant"] == PUBLISHED), "epoch"] = math.nan
    changed = replace(evidence, measured={**evidence.measured, "crossings": crossings})
    assert Measured(evidence).crossing("wine", "GA") is not None
    assert Measured(changed).crossing("wine", "GA") is None
    (said,) = [sentence for sentence in study.conclusion(changed) if "come back" in sentence]
    assert re.search(r", but for (.*; )?GA on wine, which never does and did at \d+", said)
