"""Update rules against their papers, in plain NumPy, and against torch; batches; looks; both paths.

``python tests/test_update_rules.py`` writes ``recorded/update_rules.json`` anew; it needs torch.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from watching import Watcher, row_orders, watch

import harness
from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from optimizers import Budget, InputError, Optimizer, build_optimizer, minimize
from optimizers.row_order import shuffle

RECORDED = Path(__file__).parent / "recorded" / "update_rules.json"
STEPS = 200
SNAPSHOTS = (1, 2, 3, 10, 50, 100, 200)
Memory = dict[str, Any]


# The rules as the papers print them. Steps t count from 1, memory is empty before the first.


def descend(w: Any, g: Any, memory: Memory, t: int, learning_rate: float) -> Any:
    return w - learning_rate * g


def heavy_ball(w: Any, g: Any, memory: Memory, t: int, learning_rate: float, momentum: float) -> Any:
    """Rumelhart, Hinton, Williams eq. 9: the last change once more in part, minus the gradient's."""
    memory["change"] = momentum * memory.get("change", 0.0) - learning_rate * g
    return w + memory["change"]


def adaptive_moments(
    w: Any,
    g: Any,
    memory: Memory,
    t: int,
    learning_rate: float,
    decay_1: float,
    decay_2: float,
    epsilon: float,
) -> Any:
    """Kingma, Ba, algorithm 1."""
    memory["m"] = m = decay_1 * memory.get("m", 0.0) + (1 - decay_1) * g
    memory["v"] = v = decay_2 * memory.get("v", 0.0) + (1 - decay_2) * g**2
    m_hat, v_hat = m / (1 - decay_1**t), v / (1 - decay_2**t)
    return w - learning_rate * m_hat / (np.sqrt(v_hat) + epsilon)


ORACLES: dict[str, Callable[..., Any]] = {
    "gradient-descent": descend,
    "momentum": heavy_ball,
    "adam": adaptive_moments,
}
RULES: dict[str, dict[str, float]] = {
    "gradient-descent": {"learning_rate": 0.3},
    "momentum": {"learning_rate": 0.05, "momentum": 0.8},
    "adam": {"learning_rate": 0.02, "decay_1": 0.85, "decay_2": 0.99, "epsilon": 1e-6},
}
every_rule = pytest.mark.parametrize("rule", RULES)


# The gradient by plain NumPy, of tanh layers under a loss whose delta is output minus target.


def network_gradient(network: Network, w: Any, X: Any, Y: Any) -> Any:
    layers, place = [], 0
    for ins, outs in itertools.pairwise(network.sizes):
        layers.append((w[place : place + ins * outs].reshape(outs, ins), place))
        place += (ins + 1) * outs
    levels = [X]
    for weights, start in layers:
        bias = w[start + weights.size : start + weights.size + len(weights)]
        sums = levels[-1] @ weights.T + bias
        levels.append(np.tanh(sums))
    if network.loss == "binary-cross-entropy":
        delta = 1 / (1 + np.exp(-sums)) - Y
    elif network.loss == "categorical-cross-entropy":
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        delta = powers / powers.sum(axis=1, keepdims=True) - Y
    else:
        assert network.loss == "perceptron-soft"
        delta = np.where(np.where(sums >= 0, 1.0, -1.0) == Y, 0.0, -Y)
    gradient = np.empty_like(w)
    for (weights, start), below in zip(reversed(layers), reversed(levels[:-1]), strict=True):
        end = start + weights.size
        gradient[start:end] = (delta.T @ below / len(X)).ravel()
        gradient[end : end + len(weights)] = delta.mean(axis=0)
        delta = delta @ weights * (1 - below**2)
    return gradient


def batches(rng: np.random.Generator, rows: int, batch: int | None) -> Iterator[Any]:
    """Rows of each step: a new order in each epoch, whose last batch holds the rest."""
    if batch is None:
        yield from itertools.repeat(np.arange(rows))
        return
    for order in row_orders(rng, rows):
        for place in range(0, rows, batch):
            yield order[place : place + batch]


@functools.cache
def problem(name: str) -> harness.Problem:
    return harness.problems.load(name)


def oracle_path(rule: str, name: str, batch: int | None, steps: int = STEPS, seed: int = 0) -> Any:
    """Parameters after each step, the start first."""
    X, Y, _, _ = problem(name).data(seed)
    w, memory, path = problem(name).start(seed), {}, []
    order = batches(problem(name).objective(seed=seed).row_order(), len(X), batch)
    path.append(w)
    for t, rows in zip(range(1, steps + 1), order, strict=False):
        gradient = network_gradient(problem(name).network, w, X[rows], Y[rows])
        w = ORACLES[rule](w, gradient, memory, t, **RULES[rule])
        path.append(w)
    return np.array(path)


def search(
    rule: str, name: str, batch: int | None, allowances: list[int], compiled: bool = True, seed: int = 0
) -> Watcher:
    objective = problem(name).objective(seed=seed)
    if not compiled:
        objective.compiled = None
    optimizer = build_optimizer({"name": rule, "batch": batch, **RULES[rule]})
    return watch(optimizer, objective, problem(name).start(seed), allowances)


@every_rule
@pytest.mark.parametrize(
    ("name", "batch"),
    [("xor", None), ("iris", None), ("setosa", None), ("iris", 32), ("xor", 3), ("xor", 1), ("setosa", 1)],
)
def test_a_rule_takes_the_steps_of_its_paper(rule: str, name: str, batch: int | None) -> None:
    found = search(rule, name, batch, [1] * STEPS).path
    expected = oracle_path(rule, name, batch)
    assert found.shape == expected.shape
    assert np.abs(np.diff(expected, axis=0)).max() > 1e-3, "the search moves"
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@every_rule
def test_row_orders_change_with_the_seed_of_the_problem(rule: str) -> None:
    for seed in (1, 2):
        found = search(rule, "iris", 32, [1] * 40, seed=seed).path
        np.testing.assert_allclose(found, oracle_path(rule, "iris", 32, 40, seed), rtol=1e-12, atol=1e-12)


def test_every_epoch_takes_every_row_once_in_an_order_of_its_own() -> None:
    order = batches(problem("iris").objective().row_order(), 105, 32)
    epochs = [[next(order) for _ in range(4)] for _ in range(3)]
    for epoch in epochs:
        assert [len(rows) for rows in epoch] == [32, 32, 32, 9]
        assert sorted(np.concatenate(epoch)) == list(range(105))
    assert not np.array_equal(np.concatenate(epochs[0]), np.concatenate(epochs[1]))
    # The search pays for exactly these rows.
    paid = np.diff([look.counters[1] for look in search("momentum", "iris", 32, [1] * 12).seen])
    assert paid.tolist() == [32, 32, 32, 9] * 3


@every_rule
def test_every_rule_goes_through_the_same_rows(rule: str) -> None:
    """From the same point the first batch alone decides the first step, and each rule saw the same one."""
    X, Y, _, _ = problem("iris").data()
    rows = next(batches(problem("iris").objective().row_order(), len(X), 32))
    start = problem("iris").start()
    gradient = network_gradient(problem("iris").network, start, X[rows], Y[rows])
    step = np.diff(search(rule, "iris", 32, [1]).path, axis=0)[0]
    np.testing.assert_array_equal(np.sign(step), -np.sign(gradient))


def test_all_orders_of_the_rows_are_equally_likely() -> None:
    order, rng, counts = np.arange(4), np.random.default_rng(11), Counter[bytes]()
    draws = 12_000
    for _ in range(draws):
        shuffle(order, rng)
        counts[order.tobytes()] += 1
    assert len(counts) == 24
    # 23 degrees of freedom: chi square is above 58 once in 10,000 times.
    assert sum((count - draws / 24) ** 2 for count in counts.values()) / (draws / 24) < 58


@given(st.integers(1, 60), st.integers(0, 2**32))
def test_a_shuffle_is_algorithm_235(rows: int, seed: int) -> None:
    order, rng = np.arange(rows), np.random.default_rng(seed)
    for expected in itertools.islice(row_orders(np.random.default_rng(seed), rows), 3):
        shuffle(order, rng)
        assert order.tolist() == expected.tolist()


@every_rule
@pytest.mark.parametrize(("name", "batch"), [("iris", None), ("iris", 32), ("xor", 1)])
@given(looks=st.lists(st.integers(1, 30), min_size=1, max_size=10))
@settings(max_examples=25, deadline=None)
def test_looking_elsewhere_gives_the_same_bits(
    rule: str, name: str, batch: int | None, looks: list[int]
) -> None:
    often, once = search(rule, name, batch, looks), search(rule, name, batch, [sum(looks)])
    assert often.seen[-1].w.tobytes() == once.seen[-1].w.tobytes()
    assert often.seen[-1].counters == once.seen[-1].counters
    assert often.iterations == once.iterations == sum(looks)
    if batch is None:
        assert often.trail.tobytes() == once.trail.tobytes()


@every_rule
@pytest.mark.parametrize(("name", "batch"), [("iris", None), ("iris", 32), ("setosa", None), ("xor", 1)])
def test_the_compiled_path_equals_the_python_path(rule: str, name: str, batch: int | None) -> None:
    compiled = search(rule, name, batch, [1] * 100)
    plain = search(rule, name, batch, [1] * 100, compiled=False)
    np.testing.assert_allclose(plain.path, compiled.path, rtol=1e-12, atol=1e-12)
    assert [look.cost for look in plain.seen] == [look.cost for look in compiled.seen]
    if batch is None:
        np.testing.assert_allclose(plain.trail, compiled.trail, rtol=1e-12, atol=1e-15)


@every_rule
@pytest.mark.parametrize("batch", [None, 32])
def test_an_iteration_costs_its_share_of_a_gradient(rule: str, batch: int | None) -> None:
    watcher = search(rule, "iris", batch, [8])
    objective = watcher.objective
    rows = 8 * 105 if batch is None else 2 * 105
    assert watcher.seen[-1].counters == (0, rows)
    # 4-8-3: forward 4*8 + 8*3 products, weights the same again, deltas 8*3 on the way back.
    assert objective.gradient_cost == pytest.approx((56 + 56 + 24) / 56)
    assert objective.cost == pytest.approx(rows / 105 * (56 + 56 + 24) / 56)


@every_rule
@pytest.mark.parametrize("compiled", [True, False])
def test_a_search_that_overflows_ends_at_the_first_loss_that_is_not_finite(rule: str, compiled: bool) -> None:
    rng = np.random.default_rng(0)
    network = Network(sizes=(2, 1))
    objective = NetworkObjective(
        network, 100 * rng.normal(size=(30, 2)), rng.normal(size=30), build_source("analytic")
    )
    if not compiled:
        objective.compiled = None
    # Adam's steps are about as long as its learning rate, so only a huge one overflows.
    optimizer = build_optimizer({"name": rule, "learning_rate": 1e200 if rule == "adam" else 10.0})
    watcher = watch(optimizer, objective, np.ones(3), [5000])
    last = watcher.seen[-1]
    assert last.loss is not None
    assert not math.isfinite(last.loss)
    assert np.isfinite(last.losses).all()
    assert last.iterations == len(last.losses) < 5000
    assert last.counters[1] == 30 * (last.iterations + 1), "the gradient that led nowhere was paid for"
    best = minimize(objective, np.ones(3), optimizer, Budget(iterations=5000))
    assert best.outcome.name == "diverged"


@every_rule
def test_options_out_of_range_are_refused(rule: str) -> None:
    for option, wrong in [("learning_rate", 0.0), ("learning_rate", math.inf), ("batch", 0), ("batch", 2.5)]:
        with pytest.raises(InputError, match=f"option '{option}' is"):
            build_optimizer({"name": rule, option: wrong})
    for option in RULES[rule]:
        if option in ("momentum", "decay_1", "decay_2"):
            with pytest.raises(InputError, match=f"option '{option}' is 1.0, expected less than 1"):
                build_optimizer({"name": rule, option: 1.0})


def test_defaults_are_those_of_the_papers() -> None:
    adam: Any = build_optimizer("adam")
    assert (adam.learning_rate, adam.decay_1, adam.decay_2, adam.epsilon) == (0.001, 0.9, 0.999, 1e-8)
    momentum: Any = build_optimizer("momentum")
    assert momentum.momentum == 0.9


# Against torch: once recorded, and live where it is installed.


def torch_path(rule: str, sizes: tuple[int, ...], X: Any, labels: Any, start: Any, steps: int) -> Any:
    """Parameters after each step of torch's own optimizer on torch's own network."""
    import torch

    layers: list[Any] = []
    for ins, outs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(ins, outs, dtype=torch.float64), torch.nn.Tanh()]
    network = torch.nn.Sequential(*layers[:-1])
    torch.nn.utils.vector_to_parameters(torch.tensor(start), network.parameters())
    chosen = RULES[rule]
    if rule == "adam":
        optimizer: Any = torch.optim.Adam(
            network.parameters(),
            lr=chosen["learning_rate"],
            betas=(chosen["decay_1"], chosen["decay_2"]),
            eps=chosen["epsilon"],
        )
    else:
        momentum = chosen.get("momentum", 0.0)
        optimizer = torch.optim.SGD(network.parameters(), lr=chosen["learning_rate"], momentum=momentum)
    path = [np.array(start)]
    for _ in range(steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(torch.tensor(X)), torch.tensor(labels))
        loss.backward()
        optimizer.step()
        path.append(torch.nn.utils.parameters_to_vector(network.parameters()).detach().numpy().copy())
    return np.array(path)


def case() -> tuple[tuple[int, ...], Any, Any, Any]:
    """A small network with data and a start, the same on every machine."""
    rng = np.random.default_rng(2024)
    X = rng.normal(size=(15, 2)).round(3)
    return (2, 3, 2), X, (X[:, 0] * X[:, 1] > 0).astype(np.int64), rng.normal(size=17).round(3)


def own_path(rule: str, sizes: tuple[int, ...], X: Any, labels: Any, start: Any, steps: int) -> Any:
    network = Network(sizes=sizes, loss="categorical-cross-entropy")
    objective = NetworkObjective(network, X, np.eye(sizes[-1])[labels], build_source("analytic"))
    optimizer: Optimizer = build_optimizer({"name": rule, **RULES[rule]})
    return watch(optimizer, objective, np.array(start), [1] * steps).path


@every_rule
def test_a_rule_takes_the_steps_that_torch_took(rule: str) -> None:
    recorded = json.loads(RECORDED.read_text())
    assert recorded["options"] == RULES, "recorded with other options: write the file anew"
    sizes, X, labels, start = (recorded[key] for key in ("sizes", "X", "labels", "start"))
    path = own_path(rule, tuple(sizes), np.array(X), np.array(labels), start, max(SNAPSHOTS))
    assert sorted(map(int, recorded["after"][rule])) == list(SNAPSHOTS)
    for step, w in recorded["after"][rule].items():
        np.testing.assert_allclose(path[int(step)], w, rtol=1e-12, atol=1e-12)


@every_rule
def test_a_rule_takes_the_steps_that_torch_takes(rule: str) -> None:
    pytest.importorskip("torch", reason="torch is no requirement; its recorded steps are tested without it")
    sizes, X, labels, start = case()
    expected = torch_path(rule, sizes, X, labels, start, STEPS)
    assert np.abs(expected[-1] - expected[0]).max() > 0.1
    np.testing.assert_allclose(
        own_path(rule, sizes, X, labels, start, STEPS), expected, rtol=1e-12, atol=1e-12
    )


def write() -> None:
    """Record torch's steps."""
    import torch

    sizes, X, labels, start = case()
    after = {}
    for rule in RULES:
        path = torch_path(rule, sizes, X, labels, start, max(SNAPSHOTS))
        after[rule] = {str(step): path[step].tolist() for step in SNAPSHOTS}
    note = (
        f"Parameters after so many full-batch steps of torch.optim.SGD and Adam, torch {torch.__version__}, "
        "float64, on a 2-3-2 tanh network under torch's cross_entropy (mean over rows); each layer's "
        "weights (outs, ins) first, then its biases. Written by: python tests/test_update_rules.py"
    )
    table = {
        "note": note,
        "options": RULES,
        "sizes": sizes,
        "X": X.tolist(),
        "labels": labels.tolist(),
        "start": start.tolist(),
        "after": after,
    }
    text = ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in table.items())
    RECORDED.write_text(f"{{\n{text}\n}}\n")


if __name__ == "__main__":
    write()
