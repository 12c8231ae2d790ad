"""CMA-ES against pycma, told the same populations, and what it makes of odd losses."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from watching import watch

import harness
import optimizers
from optimizers import FunctionObjective
from optimizers.evolution.adaptation import (
    BROKEN,
    FLAT,
    LOWEST_AT,
    POPULATIONS,
    RESTED,
    SIGMA,
    course_of,
    draw,
    learn,
)
from optimizers.evolution.cmaes import CMAES, rank
from optimizers.evolution.criteria import met, names_of
from optimizers.evolution.rates import rates_of, recombination_weights


def rosenbrock(w: Any) -> float:
    return float(np.sum(100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2))


@pytest.mark.parametrize("seed", range(3))
def test_a_bent_valley_is_followed_to_its_minimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    best = optimizers.minimize(rosenbrock, np.zeros(4), CMAES(), 5000, target=1e-8, rng=rng)
    assert best.outcome.name == "solved"
    np.testing.assert_allclose(best.w, 1, atol=1e-3)


SIZES = [(2, 6), (3, 7), (5, 8), (10, 10), (10, 60), (40, 15)]
"""Parameters and candidates."""


def strategy(n: int, candidates: int) -> Any:
    """A search of pycma, by its own defaults but for selective mirrors in the smallest populations."""
    cma = pytest.importorskip("cma", reason="of the extra test")
    settings = {"popsize": candidates, "verbose": -9, "verb_log": 0, "seed": 3, "signals_filename": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cma.CMAEvolutionStrategy(np.full(n, 0.5), 0.5, settings)


@pytest.mark.parametrize(("n", "candidates"), SIZES)
def test_rates_and_weights_are_those_of_pycma(n: int, candidates: int) -> None:
    theirs = strategy(n, candidates)
    weights = recombination_weights(n, candidates)
    rates = rates_of(n, weights, 0.5)
    np.testing.assert_allclose(weights, theirs.sp.weights, rtol=1e-12)
    learnt = theirs.sm.parameters(mueff=theirs.sp.weights.mueff, lam=candidates)
    expected = (
        *(theirs.adapt_sigma.cs, theirs.adapt_sigma.damps, theirs.sp.cc, learnt["c1"], learnt["cmu"]),
        *(theirs.sp.weights.mueff, scipy.stats.chi(n).mean(), theirs.sm.lazy_update_gap, 0.5),
        theirs.opts["tolstagnation"],
    )
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@pytest.mark.parametrize(("n", "candidates"), SIZES)
def test_what_is_learnt_is_what_pycma_learns(n: int, candidates: int) -> None:
    """It is told the same populations, with the Cholesky factor in the place of its symmetric root."""
    theirs, ours = strategy(n, candidates), course_of(np.full(n, 0.5), 0.5, candidates)
    rng = np.random.default_rng(7)

    def isotropic(x: Any) -> Any:
        metric = (theirs.sm.B * theirs.sm.D**2) @ theirs.sm.B.T
        return scipy.linalg.solve_triangular(np.linalg.cholesky(metric), x, lower=True)

    theirs.sm.transform_inverse = isotropic
    most, ended = 800 if n < 40 else 60, 0
    for population in range(most):
        draw(ours, rng)
        losses = np.array([rosenbrock(w) for w in ours.candidates])
        theirs.ask()
        # It would shorten points that it has not drawn itself.
        theirs.tell(list(ours.candidates.copy()), losses.tolist(), check_points=False)
        rank(losses, ours)
        learn(ours)
        ended = met(ours)
        # Rounding grows from population to population.
        close = {"rtol": 1e-9 if population < 50 else 2e-3}
        spread = ours.numbers[SIGMA]
        np.testing.assert_allclose(spread, theirs.sigma, **close)
        np.testing.assert_allclose(ours.mean, theirs.mean, rtol=0, atol=close["rtol"] * spread)
        if population < 50:
            lower = np.tril(ours.covariance)
            np.testing.assert_allclose(lower, np.tril(theirs.sm.C), rtol=0, atol=1e-9 * np.abs(lower).max())
            np.testing.assert_allclose(ours.step_path, theirs.adapt_sigma.ps, rtol=0, atol=1e-8)
            np.testing.assert_allclose(ours.path, theirs.pc, rtol=0, atol=1e-8)
        criteria = [f"{name}={float(number):g}" for name, number in theirs.stop().items()]
        assert ", ".join(criteria) == names_of(ended, ours)
        if ended:
            break
    assert bool(ended) == (n < 40)


@pytest.mark.parametrize("n", [1, 4, 30])
def test_draws_have_the_covariance_that_has_been_learnt(n: int) -> None:
    rng = np.random.default_rng(n)
    root = np.tril(rng.normal(size=(n, n))) + 2 * np.eye(n)
    course = course_of(np.ones(n), 0.25, 20_000)
    course.covariance[:] = root @ root.T
    course.counts[POPULATIONS] = 10_000
    draw(course, rng)
    drawn = np.cov((course.candidates - 1.0).T / 0.25).reshape(n, n)
    scale = np.sqrt(np.outer(np.diag(course.covariance), np.diag(course.covariance)))
    np.testing.assert_allclose(drawn / scale, course.covariance / scale, rtol=0, atol=0.05)


def halfway(n: int = 2, candidates: int = 8) -> Any:
    """A search in which nothing is wrong: losses differ, and the mean has just moved."""
    course = course_of(np.ones(n), 0.5, candidates)
    course.losses[:] = np.arange(candidates)
    course.recent[:] = np.arange(course.recent.size)
    course.counts[POPULATIONS] = course.counts[RESTED] = course.counts[LOWEST_AT] = 2000
    return course


def spread_by(course: Any, deviation: float) -> None:
    course.covariance[:] = deviation**2 * np.eye(len(course.mean))
    course.factor[:] = deviation * np.eye(len(course.mean))


def flat_records(course: Any) -> None:
    course.counts[LOWEST_AT] = 0


ENDS: dict[str, tuple[Any, str]] = {
    "nothing": (lambda course: None, ""),
    "a population of equals": (lambda course: course.counts.__setitem__(FLAT, 2), "tolflatfitness=1"),
    "steps that are too small": (lambda course: course.numbers.__setitem__(SIGMA, 1e-13), "tolx=1e-11"),
    "a path that is too long for that": (
        lambda course: (course.numbers.__setitem__(SIGMA, 1e-13), course.path.fill(1e3)),
        "",
    ),
    "steps that are too large": (lambda course: spread_by(course, 2e3), "tolfacupx=1000"),
    "a mean at rest": (lambda course: course.counts.__setitem__(RESTED, 0), "tolxstagnation=1e-09"),
    "no factor of the covariance": (
        lambda course: course.counts.__setitem__(BROKEN, 1),
        "tolconditioncov=1e+14",
    ),
    "no lower losses": (flat_records, "tolstagnation=135"),
}


@pytest.mark.parametrize("name", ENDS)
def test_each_criterion_ends_a_search_by_itself(name: str) -> None:
    change, wanted = ENDS[name]
    course = halfway()
    change(course)
    assert names_of(met(course), course) == wanted


def test_a_search_of_many_parameters_has_not_stagnated_before_it_has_records_enough() -> None:
    # Of 40 parameters records of 3262 populations are looked at, of which there have to be twice as many.
    course = halfway(40)
    course.counts[LOWEST_AT] = 0
    assert names_of(met(course), course) == ""
    course.counts[POPULATIONS] = course.counts[RESTED] = 5 * 700
    assert "tolstagnation=3262" in names_of(met(course), course)


def test_a_covariance_without_a_factor_is_drawn_from_by_the_last_one_and_ends_the_search() -> None:
    course = halfway()
    course.covariance[:] = [[1.0, 0.0], [2.0, 1.0]]
    draw(course, np.random.default_rng(0))
    assert np.isfinite(course.candidates).all()
    assert names_of(met(course), course) == "tolconditioncov=1e+14"


def test_a_search_that_makes_no_progress_stagnates() -> None:
    noise = np.random.default_rng(1)
    best = optimizers.minimize(lambda w: float(noise.random()), np.ones(3), CMAES(), 400_000)
    assert best.outcome.name == "stalled"
    assert "tolstagnation=" in best.outcome.sentence


def test_variances_too_far_apart_end_the_search() -> None:
    def steep(w: Any) -> float:
        return float(w[0] ** 2 + 1e18 * w[1] ** 2 - w[2])

    best = optimizers.minimize(steep, np.ones(3), CMAES(), 400_000)
    assert best.outcome.name == "stalled"
    assert "tolconditioncov=1e+14" in best.outcome.sentence


@pytest.mark.parametrize("name", ["xor", "iris"])
def test_a_compiled_loop_goes_the_same_way(name: str) -> None:
    found = []
    for path in ("compiled", "python"):
        objective = harness.problems.load(name).objective()
        if path == "python":
            objective.compiled = None
        seen = watch(CMAES(), objective, harness.problems.load(name).start(), [1, 7, 12], 3)
        found.append((seen.seen[-1].w.tobytes(), seen.trail.tolist(), seen.seen[-1].cost))
    assert found[0] == found[1]


@pytest.mark.parametrize(("size", "candidates"), [(None, 4 + math.floor(3 * math.log(6))), (2, 2), (17, 17)])
def test_the_start_costs_one_and_a_population_its_size(size: int | None, candidates: int) -> None:
    optimizer, objective = CMAES(population_size=size), FunctionObjective(rosenbrock, 6)
    seen = watch(optimizer, objective, np.zeros(6), [1] * 4)
    assert np.diff([look.cost for look in seen.seen]).tolist() == [1.0, *[float(candidates)] * 3]
    assert optimizer.iteration_cost(objective) == candidates


def test_one_parameter_is_searched_too() -> None:
    best = optimizers.minimize(lambda w: float((w[0] - 3) ** 2), [0.0], CMAES(), 1000)
    assert best.w[0] == pytest.approx(3, abs=1e-4)


def test_its_own_criteria_end_the_search_with_a_last_look() -> None:
    best = optimizers.minimize(lambda w: float(w @ w), np.ones(3), CMAES(), 100_000)
    assert best.outcome.name == "stalled"
    assert "criterion tolfun=1e-11 at iteration" in best.outcome.sentence
    assert f"iteration {best.iterations}, loss {best.loss:.6g}" in best.outcome.sentence
    assert best.loss < 1e-12


def test_what_has_no_finite_loss_ranks_last() -> None:
    def half(loss: float) -> Any:
        return lambda w: float(w @ w) if w[0] < 0.5 else loss

    answers = []
    for loss in (math.nan, math.inf, 1e9):
        best = optimizers.minimize(half(loss), np.array([0.4, 3.0]), CMAES(step=1.0), 3000)
        assert best.loss < 1e-8
        answers.append(best.w.tobytes())
    assert len(set(answers)) == 1


def test_numbers_that_overflow_warn_nobody() -> None:
    objective = FunctionObjective(lambda w: float(abs(w / 1e200).sum()), 3)
    seen = watch(CMAES(), objective, np.full(3, 1e200), [50])
    assert seen.seen[-1].loss == 3.0
