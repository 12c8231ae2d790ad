"""One full-batch gradient step inside the compiled loop.

JAX: ``jit`` of ``value_and_grad`` inside ``lax.scan``. PyTorch: eager, forward, backward and the update in
place; ``torch-compile``: the loss compiled. FANN: ``fann_train_epoch`` in batch mode, against ours on its
own network (see ``fann_network``). ``pure-python``: loops over lists. ``autodiff`` is our own reverse mode
(gradient source ``reverse-autodiff``) in the same loop, and ``dgemm`` the machine's own rate of matrix
products, of which the ratio is the part that the products of the step amount to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import fann_network, jax_network, pure_python, torch_network
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.sizes import SIZES, Size
from benchmarks.timing import alternate, product_rate
from harness.network.precision import DOUBLE, Precision
from optimizers import GradientDescent
from optimizers.objective import Array
from optimizers.optimizer import Optimizer

RATE = 0.01
CHECKED_STEPS = 20
PLAIN_PRODUCTS = 1e7
"""Multiply-adds up to which plain Python is measured: they take it half a second."""

Run = Callable[[], float]
"""Does some steps, and returns the last loss."""


def stepped(
    optimizer: Optimizer,
    size: Size,
    steps: int,
    gradient: str = "analytic",
    precision: Precision = DOUBLE,
) -> Run:
    """Return some iterations of an optimizer of ours, in one stretch."""
    objective, start = size.objective(gradient, precision), size.start()

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


def in_fann(size: Size, steps: int) -> Run:
    network = fann_network.Fann(size, RATE)
    epochs = network.epochs(steps)

    def run() -> float:
        network.put(size.start())
        epochs()
        return float(size.objective().value(network.get()))

    return run


def ours_as_fann(size: Size, steps: int) -> Run:
    """Return steps at the learning rate that FANN's becomes."""
    return stepped(GradientDescent(learning_rate=fann_network.rate_of(RATE, size.rows)), size, steps)


def in_pure_python(size: Size, steps: int) -> Run:
    rows, start = pure_python.rows_of(size), size.start().tolist()

    def run() -> float:
        layers, last = pure_python.layers_of(size, start), 0.0
        for _ in range(steps):
            last = pure_python.step(layers, rows, RATE)
        return last

    return run


BUILDS: dict[str, Callable[[Size, int], Run]] = {
    "ours": ours,
    "autodiff": by_autodiff,
    "jax": in_jax,
    "torch": in_torch,
    "torch-compile": in_compiled_torch,
    "pure-python": in_pure_python,
    "fann": in_fann,
    "ours as fann": ours_as_fann,
}
OF_OURS = {"jax (autodiff)": "autodiff", "fann": "ours as fann"}
"""Which of our own a column is held against, where it is not the first one."""


def steps_for(name: str, size: Size) -> int:
    """Return about as many steps as take a tenth of a second."""
    if name == "pure-python":
        return max(1, round(0.1 * 2e7 / size.gradient_products))
    rate = 1e9 if name == "fann" else 2e10
    steps = 0.1 * rate / size.gradient_products
    return max(3, round(min(steps, 300 if name.startswith("torch") else 20_000)))


def check(size: Size, names: list[str]) -> None:
    """Stop where a party comes to another loss after some steps."""
    slow = [name for name in names if name == "pure-python"]
    for parties, steps in (([name for name in names if name not in slow], CHECKED_STEPS), (slow, 2)):
        check_same(size.name, {name: BUILDS[name](size, steps)() for name in ("ours", *parties)})


def check_fann(size: Size) -> None:
    """Stop where FANN comes to other parameters after some steps, bit for bit but for the last few."""
    network = fann_network.Fann(size, RATE)
    network.epochs(CHECKED_STEPS)()
    found = [np.empty(0)]

    def observe(w: Array, *, iterations: int = 0, **_: Any) -> int:
        found[0] = w.copy()
        return 0 if iterations else CHECKED_STEPS

    rate = fann_network.rate_of(RATE, size.rows)
    search = GradientDescent(learning_rate=rate)
    search.run(size.objective(), size.start(), np.random.default_rng(0), observe)
    check_same(f"{size.name} of fann", {"ours": found[0], "fann": network.get()}, 1e-12)


def measure(repeats: int) -> Iterator[Row]:
    """Measure every size against every peer, and against the machine's own rate of products."""
    rate = product_rate()
    peers = installed("jax", "torch", "torch-compile", "fann", "pure-python")
    for size in SIZES:
        left_out = {"fann"} if size.gradient_products < PLAIN_PRODUCTS else {"fann", "pure-python"}
        names = ["ours", "autodiff", *(peer for peer in peers if peer not in left_out)]
        check(size, names)
        runs = {name: BUILDS[name](size, steps_for(name, size)) for name in names}
        if "fann" in peers:
            same = fann_network.same_network(size)
            check_fann(same)
            for name in ("ours as fann", "fann"):
                runs[name] = BUILDS[name](same, steps_for(name, same))
        taken = alternate(runs, repeats)
        each = {name: 1e6 * seconds / steps_for(name, size) for name, seconds in taken.items()}
        limit = 1e6 * size.gradient_products / rate
        others = {**each, "jax (autodiff)": each.get("jax"), "dgemm": limit}
        for peer, theirs in others.items():
            if theirs is not None and peer not in ("ours", "ours as fann"):
                mine = each[OF_OURS.get(peer, "ours")]
                yield compared("gradient-step", size.name, peer, mine, theirs, "us")
