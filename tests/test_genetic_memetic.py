"""The memetic algorithm: gradient steps of the best member, and what becomes of them."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from genetic_cases import START, Batched, sphere
from watching import watch

from optimizers.capabilities.gradient import Gradient
from optimizers.genetic.genetic_algorithm import GeneticAlgorithm
from optimizers.genetic.genetic_options import Engine
from optimizers.genetic.memetic_algorithm import MemeticAlgorithm
from optimizers.objective import Array

every_engine = pytest.mark.parametrize("engine", get_args(Engine))


def slope(w: Array) -> Array:
    return 2.0 * (w - np.linspace(-1.0, 1.5, w.size))


class Sloped(Batched):
    """The vectorised sphere with its gradient, for which it writes down where it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.gradient = Gradient(3.0)
        self.gradients: list[Array] = []

    def value_and_gradient(self, w: Any, rows: Any = None) -> tuple[float, Array]:
        self.gradients.append(np.array(w))
        self.counters[1] += 1
        return float(sphere(np.array(w)[None])[0]), slope(np.array(w))


@every_engine
@pytest.mark.parametrize("steps", [1, 4])
def test_the_best_member_takes_gradient_steps_and_keeps_them(engine: Any, steps: int) -> None:
    optimizer = MemeticAlgorithm(engine=engine, population_size=8, local_steps=steps, learning_rate=0.2)
    objective = Sloped()
    watcher = watch(optimizer, objective, START, [1] * 6)
    # What is paid for is the first population, then children, each with where the steps have led behind it.
    reached = np.empty((0, 6))
    everything = zip(
        watcher.seen[1:], objective.batches[::2], np.split(np.array(objective.gradients), 6), strict=True
    )
    for look, batch, gradients in everything:
        members = np.vstack([reached, batch])
        w = members[sphere(members).argmin()]
        np.testing.assert_array_equal(gradients[0], w)
        for gradient in gradients:
            np.testing.assert_allclose(gradient, w, rtol=1e-12)
            w = w - 0.2 * slope(w)
        np.testing.assert_allclose(look.w, w, rtol=1e-12)
        reached = look.w[None]
        assert look.loss == pytest.approx(sphere(look.w[None])[0], rel=1e-12)
        assert look.population_losses.min() == look.loss
    spent = np.diff([look.cost for look in watcher.seen])
    assert spent.tolist() == [8 + 3 * steps + 1] + [7 + 3 * steps + 1] * 5
    assert spent.max() == optimizer.iteration_cost(objective)


@every_engine
def test_steps_that_lead_nowhere_better_are_not_kept(engine: Any) -> None:
    optimizer = MemeticAlgorithm(engine=engine, population_size=8, learning_rate=1.1)
    memetic, plain = Sloped(), Sloped()
    after = watch(optimizer, memetic, START, [5])
    before = watch(GeneticAlgorithm(engine=engine, population_size=8), plain, START, [5])
    np.testing.assert_array_equal(after.path, before.path)
    assert memetic.cost == plain.cost + 5 * (5 * 3 + 1)


@every_engine
@pytest.mark.parametrize("chosen", [{"bits": 5}, {"gene_low": -0.25, "gene_high": 0.75}])
def test_steps_end_within_the_bounds_and_on_the_grid(engine: Any, chosen: dict[str, Any]) -> None:
    optimizer = MemeticAlgorithm(engine=engine, population_size=8, **chosen)
    watcher = watch(optimizer, Sloped(), np.full(6, 0.5), [1] * 12)
    answers = watcher.path[1:]
    if "bits" in chosen:
        places = (answers + 4.0) / (8.0 / 31.0)
        np.testing.assert_allclose(places, np.rint(places), atol=1e-9)
    else:
        assert ((answers >= -0.25) & (answers <= 0.75)).all()
        np.testing.assert_allclose(answers[-1], np.clip(np.linspace(-1.0, 1.5, 6), -0.25, 0.75), atol=0.05)


@every_engine
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(engine: Any, bad: float) -> None:
    class Broken(Sloped):
        def value_and_gradient(self, w: Any, rows: Any = None) -> tuple[float, Array]:
            loss, gradient = super().value_and_gradient(w)
            gradient[2] = bad
            return loss, gradient

    after = watch(MemeticAlgorithm(engine=engine, population_size=8), Broken(), START, [5])
    before = watch(GeneticAlgorithm(engine=engine, population_size=8), Sloped(), START, [5])
    np.testing.assert_array_equal(after.path, before.path)


@every_engine
def test_a_loss_of_minus_infinity_is_no_better(engine: Any) -> None:
    class Bottomless(Sloped):
        def values(self, population: Any, rows: Any = None) -> Array:
            losses = super().values(population)
            # Children are paid for together, where the steps have led by itself.
            return np.full(1, -np.inf) if len(losses) == 1 else losses

    after = watch(MemeticAlgorithm(engine=engine, population_size=8), Bottomless(), START, [5])
    before = watch(GeneticAlgorithm(engine=engine, population_size=8), Sloped(), START, [5])
    np.testing.assert_array_equal(after.path, before.path)
