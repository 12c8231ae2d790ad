"""One full-batch gradient step inside the compiled loop, against JAX and PyTorch on the same work.

    python -m benchmarks.gradient_step [--repeats 9]

JAX: ``jit`` of ``value_and_grad`` inside ``lax.scan``. PyTorch: eager, forward, backward and the update in
place. All in float64 with the threads that each takes by itself; all from the same start, and checked to
end at the same loss. ``autodiff`` is our own reverse mode (gradient source ``reverse-autodiff``) in the same
loop. Prints medians in microseconds, ratios (above 1: the peer is slower), and the part of
the machine's own matrix-product rate that the products of the step amount to.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate, product_rate
from optimizers.descent import UPDATE, descend
from optimizers.first_class import address
from optimizers.objective import ALL_ROWS, VALUE_AND_GRADIENT
from optimizers.update_rules import GradientDescent

RATE = 0.01
CHECKED_STEPS = 20


def ours(size: Size, steps: int, gradient: str = "analytic") -> Callable[[], float]:
    objective, start = size.objective(gradient), size.start()
    descent = GradientDescent(learning_rate=RATE)
    functions = objective.compiled
    function, rule = (
        address(functions.value_and_gradient, VALUE_AND_GRADIENT),
        address(descent.update, UPDATE),
    )
    gradient, best, losses = np.zeros(objective.size), np.zeros(objective.size), np.empty(steps)
    rng = np.random.default_rng(0)

    def run() -> float:
        w = start.copy()
        settings, state = descent.settings(), descent.state(objective.size)
        data, rows = functions.gradient_data, (ALL_ROWS.copy(), 0, rng)
        descend(function, rule, data, w, gradient, state, settings, *rows, 0, losses, best)
        return float(losses[-1])

    return run


def in_jax(size: Size, steps: int) -> Callable[[], float]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, Y = (jnp.asarray(array) for array in size.data())
    parameters = [
        (jnp.asarray(layer.weights), jnp.asarray(layer.biases))
        for layer in size.network().layers(size.start())
    ]

    def loss(parameters: Any) -> Any:
        a = X
        for weights, biases in parameters[:-1]:
            a = jnp.tanh(a @ weights.T + biases)
        z = a @ parameters[-1][0].T + parameters[-1][1]
        if size.sizes[-1] == 1:
            return (jnp.maximum(z, 0) - Y * z + jnp.log1p(jnp.exp(-jnp.abs(z)))).mean()
        return (jax.nn.logsumexp(z, axis=1) - (Y * z).sum(axis=1)).mean()

    def step(parameters: Any, _: Any) -> Any:
        value, gradient = jax.value_and_grad(loss)(parameters)
        return jax.tree.map(lambda w, g: w - RATE * g, parameters, gradient), value

    loop = jax.jit(lambda parameters: jax.lax.scan(step, parameters, None, length=steps)[1])
    return lambda: float(loop(parameters)[-1])


def in_torch(size: Size, steps: int) -> Callable[[], float]:
    import torch

    X, Y = (torch.tensor(array) for array in size.data())
    start = size.start()

    def run() -> float:
        parameters = [
            torch.tensor(array, requires_grad=True)
            for layer in size.network().layers(start.copy())
            for array in (layer.weights.copy(), layer.biases.copy())
        ]
        value = torch.zeros(())
        for _ in range(steps):
            a = X
            for weights, biases in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
                a = torch.tanh(torch.nn.functional.linear(a, weights, biases))
            z = torch.nn.functional.linear(a, parameters[-2], parameters[-1])
            if size.sizes[-1] == 1:
                value = torch.nn.functional.binary_cross_entropy_with_logits(z, Y)
            else:
                value = torch.nn.functional.cross_entropy(z, Y)
            for parameter in parameters:
                parameter.grad = None
            value.backward()
            with torch.no_grad():
                for parameter in parameters:
                    parameter -= RATE * parameter.grad
        return float(value.detach())

    return run


def by_autodiff(size: Size, steps: int) -> Callable[[], float]:
    return ours(size, steps, "reverse-autodiff")


PEERS = {"jax": in_jax, "torch": in_torch}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=9)
    repeats = parser.parse_args().repeats
    peers = {name: build for name, build in PEERS.items() if importlib.util.find_spec(name)}
    for name in PEERS.keys() - peers.keys():
        print(f"{name} is not installed, so it is left out")
    rate = product_rate()
    print(f"matrix products: {rate / 1e9:.1f} billion multiply-adds a second\n")
    builds = {"ours": ours, "autodiff": by_autodiff, **peers}
    heads = "".join(f"{name + ', us':>14}{'ratio':>7}" for name in list(builds)[1:])
    print(f"{'network':20}{'ours, us':>10}{heads}{'of dgemm':>10}")
    for size in SIZES:
        ends = {name: build(size, CHECKED_STEPS)() for name, build in builds.items()}
        for name, end in ends.items():
            if not np.isclose(end, ends["ours"], rtol=1e-9):
                raise SystemExit(f"{size.name}: {name} ended at loss {end}, ours at {ends['ours']}")
        steps = {name: max(3, round(steps_for(name, size))) for name in builds}
        runs = {name: build(size, steps[name]) for name, build in builds.items()}
        medians = alternate(runs, repeats)
        each = {name: seconds / steps[name] for name, seconds in medians.items()}
        line = f"{size.name:20}{each['ours'] * 1e6:10.2f}"
        line += "".join(
            f"{each[name] * 1e6:14.2f}{each[name] / each['ours']:7.2f}" for name in list(builds)[1:]
        )
        print(line + f"{size.gradient_products / each['ours'] / rate:10.2f}", flush=True)


def steps_for(name: str, size: Size) -> float:
    """Return about as many steps as take a tenth of a second."""
    products = 0.1 * 2e10 / size.gradient_products
    return min(products, 300) if name == "torch" else min(products, 20_000)


if __name__ == "__main__":
    main()
