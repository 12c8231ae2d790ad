"""One epoch of gradient descent, pattern by pattern and in mini-batches of 32 rows.

PyTorch: eager, ``torch.optim.SGD``, the rows shuffled once an epoch and taken as slices. scikit-learn:
``MLPClassifier`` with plain stochastic gradient descent and no penalty; an epoch is what a further one adds
to ``fit``. JAX: ``lax.scan`` over the batches of a permutation, within ``lax.scan`` over epochs. FANN,
pattern by pattern: ``fann_train_epoch`` in incremental mode, which goes through the rows as they are,
against ours on its own network (see ``fann_network``). Each other shuffles by its own means; with the same
orders of the rows, all end at the same parameters.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks import fann_network, jax_network
from benchmarks.measurement import Row, check_same, compared, installed
from benchmarks.sizes import Size
from benchmarks.timing import alternate
from optimizers import GradientDescent
from optimizers.objective import Array
from optimizers.row_order import shuffle

SIZES = (Size((4, 8, 3), 150), Size((64, 32, 10), 1797))
BATCHES = (1, 32)
RATE = 0.05
CHECKED_EPOCHS = 3
LEAST_STEPS = {"ours": 5_000, "jax": 5_000, "fann": 5_000, "torch": 500, "scikit-learn": 500}
"""Steps of one measurement at the least, for it to be long enough to be timed."""


def orders(size: Size, epochs: int) -> Iterator[Array]:
    """Yield the orders of the rows in our own epochs."""
    order, rng = np.arange(size.rows), size.objective().row_order()
    for _ in range(epochs):
        shuffle(order, rng)
        yield order.copy()


def ours(size: Size, batch: int, epochs: int, rate: float = RATE) -> Callable[[], Array]:
    optimizer, objective = GradientDescent(learning_rate=rate, batch=batch), size.objective()
    steps, start = epochs * -(-size.rows // batch), size.start()

    def run() -> Array:
        ends = []

        def observe(w: Array, *, iterations: int = 0, **_: Any) -> int:
            ends.append(w)
            return 0 if iterations else steps

        optimizer.run(objective, start, np.random.default_rng(0), observe)
        return ends[-1]

    return run


class Torch:
    """A user's training loop in PyTorch."""

    def __init__(self, size: Size, batch: int) -> None:
        import torch

        X, Y = size.data()
        self.X, self.labels, self.batch = torch.tensor(X), torch.tensor(Y.argmax(axis=1)), batch
        layers: list[Any] = []
        for ins, outs in itertools.pairwise(size.sizes):
            layers += [torch.nn.Linear(ins, outs, dtype=torch.float64), torch.nn.Tanh()]
        self.network = torch.nn.Sequential(*layers[:-1])
        torch.nn.utils.vector_to_parameters(torch.tensor(size.start()), self.network.parameters())
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=RATE)

    def epoch(self, order: Any) -> None:
        batches = zip(self.X[order].split(self.batch), self.labels[order].split(self.batch), strict=True)
        for X, labels in batches:
            self.optimizer.zero_grad()
            self.loss(self.network(X), labels).backward()
            self.optimizer.step()

    def several(self, epochs: int) -> Callable[[], None]:
        """Return so many epochs in random orders, as one piece of work."""
        import torch

        def work() -> None:
            for _ in range(epochs):
                self.epoch(torch.randperm(len(self.X)))

        return work

    def end(self, size: Size) -> Array:
        import torch

        for order in orders(size, CHECKED_EPOCHS):
            self.epoch(torch.tensor(order))
        return torch.nn.utils.parameters_to_vector(self.network.parameters()).detach().numpy()


def classifier(size: Size, batch: int, **options: Any) -> Any:
    from sklearn.neural_network import MLPClassifier

    plain = {"solver": "sgd", "alpha": 0.0, "momentum": 0.0, "nesterovs_momentum": False}
    rates = {"learning_rate": "constant", "learning_rate_init": RATE, "batch_size": batch}
    return MLPClassifier(size.sizes[1:-1], activation="tanh", random_state=0, **plain, **rates, **options)


def in_scikit_learn(size: Size, batch: int, epochs: int) -> Callable[[], object]:
    X, Y = size.data()
    labels = Y.argmax(axis=1)
    # Nothing but the number of epochs ends it.
    model = classifier(size, batch, max_iter=epochs, tol=0.0, n_iter_no_change=10**9)

    def run() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            model.fit(X, labels)

    return run


def end_of_scikit_learn(size: Size, batch: int) -> Array:
    X, Y = size.data()
    labels = Y.argmax(axis=1)
    model = classifier(size, batch, shuffle=False)
    # The first call makes the arrays that the start is then written into.
    model.partial_fit(X, labels, classes=np.arange(size.sizes[-1]))
    for place, layer in enumerate(size.network().layers(size.start())):
        model.coefs_[place][:], model.intercepts_[place][:] = layer.weights.T, layer.biases
    for order in orders(size, CHECKED_EPOCHS):
        model.partial_fit(X[order], labels[order])
    parts = zip(model.coefs_, model.intercepts_, strict=True)
    return np.concatenate([array for W, b in parts for array in (W.T.ravel(), b)])


def in_jax(size: Size, batch: int) -> Callable[[Array], Array]:
    """Return what goes through the rows in given orders, an epoch each, and returns the parameters."""
    import jax
    import jax.numpy as jnp

    X, Y = jax_network.arrays(size)
    whole = size.rows // batch * batch

    def step(layers: Any, rows: Any) -> tuple[Any, None]:
        gradient = jax.grad(lambda layers: jax_network.mean_loss(size, layers, X[rows], Y[rows]))(layers)
        return jax.tree.map(lambda w, g: w - RATE * g, layers, gradient), None

    def epoch(layers: Any, order: Any) -> tuple[Any, None]:
        layers, _ = jax.lax.scan(step, layers, order[:whole].reshape(-1, batch))
        return (layers if whole == size.rows else step(layers, order[whole:])[0]), None

    start = jax_network.layers_of(size, jnp.asarray(size.start()))
    loop = jax.jit(lambda orders: jax.lax.scan(epoch, start, orders)[0])
    return lambda orders: np.concatenate([np.ravel(part) for layer in loop(orders) for part in layer])


def epochs_in_jax(size: Size, batch: int, epochs: int) -> Callable[[], object]:
    """Return so many epochs in random orders, which are drawn within the work."""
    import jax

    through, draws = in_jax(size, batch), itertools.count()
    permute = jax.jit(jax.vmap(lambda key: jax.random.permutation(key, size.rows)))
    return lambda: through(permute(jax.random.split(jax.random.key(next(draws)), epochs)))


FANN_RATE = float(np.float32(RATE))
"""The learning rate as FANN keeps it."""


def end_of_fann(size: Size) -> Array:
    w = size.start()
    for order in orders(size, CHECKED_EPOCHS):
        network = fann_network.Fann(size, RATE, by_pattern=True, order=order)
        network.put(w)
        network.epochs(1)()
        w = network.get()
    return w


def epochs_of(party: str, size: Size, batch: int) -> int:
    """Return the epochs of one measurement."""
    return max(1, LEAST_STEPS[party] * batch // size.rows)


def measure(repeats: int) -> Iterator[Row]:
    """Measure both networks, pattern by pattern and in batches, against every peer."""
    peers = installed("jax", "torch", "scikit-learn", "fann")
    for size, batch in itertools.product(SIZES, BATCHES):
        work = f"{size.name} by {batch}"
        ends = {"ours": ours(size, batch, CHECKED_EPOCHS)()}
        epochs = {party: epochs_of(party, size, batch) for party in ("ours", *peers)}
        runs: dict[str, Callable[[], object]] = {"ours": ours(size, batch, epochs["ours"])}
        if "jax" in peers:
            ends["jax"] = in_jax(size, batch)(np.array(list(orders(size, CHECKED_EPOCHS))))
            runs["jax"] = epochs_in_jax(size, batch, epochs["jax"])
        if "torch" in peers:
            ends["torch"] = Torch(size, batch).end(size)
            runs["torch"] = Torch(size, batch).several(epochs["torch"])
        if "scikit-learn" in peers:
            ends["scikit-learn"] = end_of_scikit_learn(size, batch)
            runs["first epoch"] = in_scikit_learn(size, batch, 1)
            runs["scikit-learn"] = in_scikit_learn(size, batch, 1 + epochs["scikit-learn"])
        check_same(work, ends)
        if "fann" in peers and batch == 1:
            same = fann_network.same_network(size)
            check_same(
                f"{work} of fann",
                {"ours": ours(same, 1, CHECKED_EPOCHS, FANN_RATE)(), "fann": end_of_fann(same)},
            )
            runs["ours as fann"] = ours(same, 1, epochs["ours"], FANN_RATE)
            runs["fann"] = fann_network.Fann(same, RATE, by_pattern=True).epochs(epochs["fann"])
        seconds = alternate(runs, repeats)
        if "scikit-learn" in peers:
            seconds["scikit-learn"] -= seconds["first epoch"]
        for peer in peers:
            if peer in runs:
                mine = seconds["ours as fann" if peer == "fann" else "ours"] / epochs["ours"]
                yield compared("epoch", work, peer, 1e6 * mine, 1e6 * seconds[peer] / epochs[peer], "us")
