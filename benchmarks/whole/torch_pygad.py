"""The comparison with PyTorch and PyGAD."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pygad
import torch

import harness
from benchmarks.whole import task


def mean_loss(layers: list[Any], X: Any, Y: Any) -> Any:
    a = X
    for weights, biases in zip(layers[:-2:2], layers[1:-2:2], strict=True):
        a = torch.tanh(torch.nn.functional.linear(a, weights, biases))
    z = torch.nn.functional.linear(a, layers[-2], layers[-1])
    if z.shape[1] == 1:
        return torch.nn.functional.binary_cross_entropy_with_logits(z, Y)
    return torch.nn.functional.cross_entropy(z, Y)


def population_losses(sizes: tuple[int, ...], population: Any, X: Any, Y: Any) -> Any:
    """Return the loss of each candidate, all of them in one batch of matrix products."""
    a, place = X.expand(len(population), *X.shape), 0
    for ins, outs in itertools.pairwise(sizes):
        weights = population[:, place : place + ins * outs].reshape(-1, outs, ins)
        place += ins * outs
        z = torch.baddbmm(population[:, None, place : place + outs], a, weights.transpose(1, 2))
        place += outs
        a = torch.tanh(z)
    if sizes[-1] == 1:
        losses = torch.nn.functional.binary_cross_entropy_with_logits(z, Y.expand_as(z), reduction="none")
        return losses.mean(dim=(1, 2))
    return (torch.logsumexp(z, dim=2) - (z * Y).sum(dim=2)).mean(dim=1)


def descend(problem: Any, seed: int, method: str) -> list[float]:
    """Return the losses of one run."""
    X, Y = (torch.tensor(table) for table in problem.data(seed)[:2])
    layers = [
        torch.tensor(array.copy(), requires_grad=True)
        for layer in problem.network.layers(problem.start(seed))
        for array in (layer.weights, layer.biases)
    ]
    rate = task.RATES[method]
    optimizer: Any = torch.optim.Adam(layers, lr=rate)
    if method != task.ADAM:
        optimizer = torch.optim.SGD(layers, lr=rate, momentum=0.9 if method == task.MOMENTUM else 0.0)
    losses = []
    for _ in range(task.steps(problem.objective(seed=seed).gradient.cost)):
        loss = mean_loss(layers, X, Y)
        losses.append(loss.item())
        if losses[-1] <= problem.target:
            return losses
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    losses.append(mean_loss(layers, X, Y).item())
    return losses


def breed(problem: Any, seed: int) -> list[float]:
    """Return the best loss of each generation of one run."""
    X, Y = (torch.tensor(table) for table in problem.data(seed)[:2])
    sizes = problem.network.sizes
    population = np.random.default_rng(seed).uniform(-4, 4, (task.POPULATION, problem.network.size))
    population[0] = problem.start(seed)

    def fitness(_ga: Any, solutions: Any, _places: Any) -> Any:
        return -population_losses(sizes, torch.from_numpy(np.ascontiguousarray(solutions)), X, Y).numpy()

    search = pygad.GA(
        num_generations=task.generations(),
        num_parents_mating=task.PARENTS,
        initial_population=population,
        fitness_func=fitness,
        fitness_batch_size=task.POPULATION,
        random_seed=seed,
        stop_criteria=f"reach_{-problem.target}",
        suppress_warnings=True,
    )
    search.run()
    return [-float(best) for best in search.best_solutions_fitness]


def compare() -> dict[str, list[float]]:
    """Return the best loss of each seed of the gradient methods, by problem and method."""
    found: dict[str, list[float]] = {}
    for name in task.PROBLEMS:
        problem = harness.problems.load(name)
        with torch.no_grad():
            for seed in range(task.SEEDS):
                breed(problem, seed)
        for method in task.RATES:
            found[task.key(problem.name, method)] = [
                min(descend(problem, seed, method)) for seed in range(task.SEEDS)
            ]
    return found
