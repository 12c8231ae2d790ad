"""The memetic algorithm: the local search of the best member, and what becomes of it."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from genetic_cases import START, Batched, sphere
from watching import watch

from optimizers.capabilities.gradient import Gradient
from optimizers.errors import InputError
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
def test_the_best_member_searches_by_gradients_and_keeps_what_it_finds(engine: Any) -> None:
    optimizer = MemeticAlgorithm(engine=engine, population_size=8, local_steps=2, learning_rate=0.2)
    objective = Sloped()
    watcher = watch(optimizer, objective, START, [1] * 3)
    best = objective.batches[0][sphere(objective.batches[0]).argmin()]
    # One step against the gradient, and all bowls are round: the second is to the minimum.
    first, second = best - 0.2 * slope(best), np.linspace(-1.0, 1.5, 6)
    np.testing.assert_array_equal(objective.gradients[0], best)
    np.testing.assert_allclose(objective.gradients[1:3], [first, second], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([look.w for look in watcher.seen[1:3]], [first, second], rtol=1e-9, atol=1e-9)
    for look in watcher.seen[1:]:
        assert look.population_losses.min() == look.loss == pytest.approx(sphere(look.w[None])[0])
    spent = np.diff([look.cost for look in watcher.seen])
    assert spent[0] == 8 + 2 * 3 + 1 == optimizer.iteration_cost(objective)
    assert spent.max() == spent[0]


@every_engine
def test_where_the_search_has_ended_another_member_begins(engine: Any) -> None:
    objective = Sloped()
    watch(MemeticAlgorithm(engine=engine, population_size=8), objective, START, [4])
    distances = [float(np.abs(w - np.linspace(-1.0, 1.5, 6)).max()) for w in objective.gradients]
    at = next(place for place, distance in enumerate(distances) if distance < 1e-9)
    assert max(distances[at:]) > 1e-3
    assert len(objective.gradients) <= 4 * 5


@every_engine
def test_steps_that_lead_nowhere_better_are_not_kept(engine: Any) -> None:
    class Wrong(Sloped):
        def value_and_gradient(self, w: Any, rows: Any = None) -> tuple[float, Array]:
            loss, gradient = super().value_and_gradient(w)
            return loss, -gradient

    optimizer = MemeticAlgorithm(engine=engine, population_size=8)
    memetic, plain = Wrong(), Sloped()
    after = watch(optimizer, memetic, START, [5])
    before = watch(GeneticAlgorithm(engine=engine, population_size=8), plain, START, [5])
    np.testing.assert_array_equal(after.path, before.path)
    # Nothing was found that would have to be paid for beside the gradients.
    assert memetic.cost == plain.cost + 3 * len(memetic.gradients)


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


@pytest.mark.parametrize("steps", [10_001, 2**53 + 1, 2**63 - 1])
def test_steps_that_would_never_come_to_a_look_are_refused(steps: int) -> None:
    with pytest.raises(InputError, match=r"local_steps.*10000"):
        MemeticAlgorithm(local_steps=steps)
