"""One full-batch gradient step inside the compiled loop.

JAX: ``jit`` of ``value_and_grad`` inside ``lax.scan``. PyTorch: eager, forward, backward and the update in
place; ``torch-compile``: the loss compiled. ``autodiff`` is our own reverse mode (gradient source
``reverse-autodiff``) in the same loop, and ``dgemm`` the machine's own rate of matrix products, of which the
ratio is the part that the products of the step amount to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import jax_network, torch_network
from benchmarks.measurement import Row, check_same, installed
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate, product_rate
from optimizers import GradientDescent
from optimizers.optimizer import Optimizer

RATE = 0.01
CHECKED_STEPS = 20

Run = Callable[[], float]
"""Does some steps, and returns the last loss."""


def stepped(optimizer: Optimizer, size: Size, steps: int, gradient: str = "analytic") -> Run:
    """Return some iterations of an optimizer of ours, in one stretch."""
    objective, start = size.objective(gradient), size.start()

    def run() -> float:
        last = np.nan

        def observe(w: Any, *, iterations: int = 0, losses: Any = None, **_: Any) -> int:
            nonlocal last
            if not iterations:
                return steps
            last = float(losses[-1])
            return 0

        optimizer.run(objective, start, np.random.default_rng(0), observe)
        return last

    return run


def ours(size: Size, steps: int) -> Run:
    return stepped(GradientDescent(learning_rate=RATE), size, steps)


def by_autodiff(size: Size, steps: int) -> Run:
    return stepped(GradientDescent(learning_rate=RATE), size, steps, "reverse-autodiff")


def in_jax(size: Size, steps: int) -> Run:
    import jax
    import jax.numpy as jnp

    X, Y = jax_network.arrays(size)
    start = jax_network.layers_of(size, jnp.asarray(size.start()))

    def step(layers: Any, _: Any) -> Any:
        value, gradient = jax.value_and_grad(lambda layers: jax_network.mean_loss(size, layers, X, Y))(layers)
        return jax.tree.map(lambda w, g: w - RATE * g, layers, gradient), value

    loop = jax.jit(lambda layers: jax.lax.scan(step, layers, None, length=steps)[1])
    return lambda: float(loop(start)[-1])


def in_torch(size: Size, steps: int, compiled: bool = False) -> Run:
    import torch

    X, Y = torch_network.arrays(size)
    loss: Any = torch_network.mean_loss
    if compiled:
        loss = torch.compile(loss)

    def run() -> float:
        parameters = torch_network.parameters_of(size)
        value = torch.zeros(())
        for _ in range(steps):
            value = loss(size, parameters, X, Y)
            for parameter in parameters:
                parameter.grad = None
            value.backward()
            with torch.no_grad():
                for parameter in parameters:
                    parameter -= RATE * parameter.grad
        return float(value.detach())

    return run


def in_compiled_torch(size: Size, steps: int) -> Run:
    return in_torch(size, steps, compiled=True)


BUILDS: dict[str, Callable[[Size, int], Run]] = {
    "ours": ours,
    "autodiff": by_autodiff,
    "jax": in_jax,
    "torch": in_torch,
    "torch-compile": in_compiled_torch,
}


def steps_for(name: str, size: Size) -> int:
    """Return about as many steps as take a tenth of a second."""
    products = 0.1 * 2e10 / size.gradient_products
    return max(3, round(min(products, 300 if name.startswith("torch") else 20_000)))


def measure(repeats: int) -> Iterator[Row]:
    """Measure every size against every peer, and against the machine's own rate of products."""
    rate = product_rate()
    names = ["ours", "autodiff", *installed("jax", "torch", "torch-compile")]
    for size in SIZES:
        check_same(size.name, {name: BUILDS[name](size, CHECKED_STEPS)() for name in names})
        steps = {name: steps_for(name, size) for name in names}
        medians = alternate({name: BUILDS[name](size, steps[name]) for name in names}, repeats)
        each = {name: 1e6 * seconds / steps[name] for name, seconds in medians.items()}
        for name in names[1:]:
            yield Row(
                "gradient-step", size.name, name, each["ours"], each[name], "us", each[name] / each["ours"]
            )
        if "jax" in names:
            ratio = each["jax"] / each["autodiff"]
            yield Row(
                "gradient-step", size.name, "jax (autodiff)", each["autodiff"], each["jax"], "us", ratio
            )
        limit = 1e6 * size.gradient_products / rate
        yield Row("gradient-step", size.name, "dgemm", each["ours"], limit, "us", limit / each["ours"])
