"""The comparison with JAX, optax and evosax: each run after the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from evosax.algorithms import SimpleGA

import harness
from benchmarks.whole import task

jax.config.update("jax_enable_x64", True)

OPTAX = {
    task.SGD: optax.sgd(task.RATES[task.SGD]),
    task.MOMENTUM: optax.sgd(task.RATES[task.MOMENTUM], momentum=0.9),
    task.ADAM: optax.adam(task.RATES[task.ADAM]),
}


def mean_loss(sizes: tuple[int, ...], w: Any, X: Any, Y: Any) -> Any:
    a, place = X, 0
    z = X
    for ins, outs in itertools.pairwise(sizes):
        weights = w[place : place + ins * outs].reshape(outs, ins)
        place += ins * outs
        z = a @ weights.T + w[place : place + outs]
        place += outs
        a = jnp.tanh(z)
    if sizes[-1] == 1:
        # Not max(z, 0) + log1p(exp(-|z|)), of which JAX has the derivative 0 at z = 0, where xor begins.
        return (jax.nn.softplus(z) - Y * z).mean()
    return (jax.nn.logsumexp(z, axis=1) - (Y * z).sum(axis=1)).mean()


def descent(sizes: tuple[int, ...], method: str, steps: int, target: float) -> Callable[..., Any]:
    """Return a function of start and data that gives the losses of one run."""
    rule = OPTAX[method]

    def going(state: Any) -> Any:
        _, _, step, losses = state
        return (step <= steps) & ((step == 0) | (losses[step - 1] > target))

    def run(w: Any, X: Any, Y: Any) -> Any:
        def step_once(state: Any) -> Any:
            w, memory, step, losses = state
            loss, gradient = jax.value_and_grad(lambda w: mean_loss(sizes, w, X, Y))(w)
            change, memory = rule.update(gradient, memory, w)
            return optax.apply_updates(w, change), memory, step + 1, losses.at[step].set(loss)

        begin = (w, rule.init(w), 0, jnp.full(steps + 1, jnp.inf))
        return jax.lax.while_loop(going, step_once, begin)[3]

    return run


def evolution(sizes: tuple[int, ...], n: int, target: float) -> Callable[..., Any]:
    """Return a function of first population, key and data that gives the best loss of each generation."""
    search = SimpleGA(population_size=task.POPULATION, solution=jnp.zeros(n))
    parameters = search.default_params
    generations = task.generations()

    def run(population: Any, key: Any, X: Any, Y: Any) -> Any:
        losses_of = jax.vmap(lambda w: mean_loss(sizes, w, X, Y))

        def going(carried: Any) -> Any:
            _, _, generation, best = carried
            return (generation < generations) & (best[generation] > target)

        def breed(carried: Any) -> Any:
            state, key, generation, best = carried
            key, one, other = jax.random.split(key, 3)
            candidates, state = search.ask(one, state, parameters)
            losses = losses_of(candidates)
            state, _ = search.tell(other, candidates, losses, state, parameters)
            return state, key, generation + 1, best.at[generation + 1].set(losses.min())

        losses = losses_of(population)
        state = search.init(key, population, losses, parameters)
        best = jnp.full(generations + 1, jnp.inf).at[0].set(losses.min())
        return jax.lax.while_loop(going, breed, (state, key, 0, best))[3]

    return run


compiled: dict[Any, Any] = {}
"""Loops by what they were compiled for, so that a second comparison finds them."""


def loop_of(problem: Any, method: str, seeds_together: bool) -> Any:
    """Return the compiled loop of a problem and a method."""
    key = problem.name, method, seeds_together
    if key not in compiled:
        sizes, target = problem.network.sizes, problem.target
        if method in OPTAX:
            steps = task.steps(problem.objective().gradient.cost)
            run = descent(sizes, method, steps, target)
        else:
            run = evolution(sizes, problem.network.size, target)
        compiled[key] = jax.jit(jax.vmap(run) if seeds_together else run)
    return compiled[key]


def first_population(problem: Any, seed: int) -> Any:
    shape = (task.POPULATION, problem.network.size)
    drawn = jax.random.uniform(jax.random.key(seed), shape, jnp.float64, -4, 4)
    return drawn.at[0].set(problem.start(seed))


def compare(seeds_together: bool = False) -> dict[str, list[float]]:
    """Return the best loss of each seed of the gradient methods, by problem and method."""
    found: dict[str, list[float]] = {}
    for name in task.PROBLEMS:
        problem = harness.problems.load(name)
        seeds = range(task.SEEDS)
        data = [problem.data(seed)[:2] for seed in seeds]
        inputs = [(jnp.asarray(X), jnp.asarray(Y)) for X, Y in data]
        starts = [jnp.asarray(problem.start(seed)) for seed in seeds]
        begins: dict[str, list[tuple[Any, ...]]] = {
            method: [(start, *rows) for start, rows in zip(starts, inputs, strict=True)] for method in OPTAX
        }
        begins["genetic-algorithm"] = [
            (first_population(problem, seed), jax.random.key(seed), *rows)
            for seed, rows in zip(seeds, inputs, strict=True)
        ]
        for method, arguments in begins.items():
            loop = loop_of(problem, method, seeds_together)
            if seeds_together:
                losses = loop(*(jnp.stack(part) for part in zip(*arguments, strict=True)))
            else:
                losses = [loop(*each) for each in arguments]
            best = [float(jnp.min(each)) for each in losses]
            if method in OPTAX:
                found[task.key(problem.name, method)] = best
    return found
