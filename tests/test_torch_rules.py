"""Update rules, schedules and clipping against torch: recorded once, and live where torch is installed.

``python tests/test_torch_rules.py`` writes ``recorded/torch_rules.json`` anew; it needs torch.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from update_rules import RULES
from watching import watch

from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from optimizers import FunctionObjective, build_optimizer
from optimizers.descent.loop import change_gradient

RECORDED = Path(__file__).parent / "recorded" / "torch_rules.json"
STEPS = 200
SNAPSHOTS = (1, 2, 10, 50, 200)

IN_TORCH = ("gradient-descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "rprop")
"""Rules that torch has too; all but the last two with a decay that goes through the gradient."""
CASES: dict[str, dict[str, Any]] = {rule: {"name": rule, **RULES[rule]} for rule in IN_TORCH}
CASES |= {f"{rule}, decay": {**CASES[rule], "weight_decay": 0.05} for rule in IN_TORCH[:-2]}
CASES["rprop, defaults"] = {"name": "rprop"}
for _rule in ("momentum", "nesterov"):
    CASES[f"{_rule}, schedule"] = {
        **CASES[_rule],
        "schedule": "step",
        "period": 30,
        "factor": 0.6,
        "warm_up": 9,
    }

SCHEDULES: dict[str, dict[str, Any]] = {
    "step": {"schedule": "step", "period": 7, "factor": 0.3},
    "cosine": {"schedule": "cosine", "period": 40, "final_rate": 0.02},
    "warm-up": {"warm_up": 9},
    "warm-up, step": {"schedule": "step", "period": 7, "factor": 0.3, "warm_up": 5},
    "warm-up, cosine": {"schedule": "cosine", "period": 30, "final_rate": 0.02, "warm_up": 10},
}
RATE, ITERATIONS = 0.3, 41
CLIPPED = [([3.0, -4.0, 12.0], 2.5), ([0.3, -0.4], 0.5001), ([1e-3, 2e-3], 1e-4)]

every_case = pytest.mark.parametrize("case", CASES)


def torch_optimizer(parameters: Any, options: dict[str, Any]) -> Any:
    import torch

    rule = options["name"]
    decay = {"weight_decay": options.get("weight_decay", 0.0)}
    if rule == "rprop":
        factors = (options.get("shrink", 0.5), options.get("growth", 1.2))
        return torch.optim.Rprop(parameters, lr=options.get("initial_step", 0.1), etas=factors)
    rate = options["learning_rate"]
    if rule in ("adam", "adamw"):
        kind = torch.optim.Adam if rule == "adam" else torch.optim.AdamW
        decays = (options["decay_1"], options["decay_2"])
        return kind(parameters, lr=rate, betas=decays, eps=options["epsilon"], **decay)
    if rule == "adagrad":
        return torch.optim.Adagrad(parameters, lr=rate, eps=options["epsilon"], **decay)
    if rule == "rmsprop":
        more = {"alpha": options["decay"], "eps": options["epsilon"]}
        return torch.optim.RMSprop(parameters, lr=rate, **more, **decay)
    momentum = {"momentum": options.get("momentum", 0.0), "nesterov": rule == "nesterov"}
    return torch.optim.SGD(parameters, lr=rate, **momentum, **decay)


def torch_path(options: dict[str, Any]) -> Any:
    """Parameters after each step of torch's own optimizer on torch's own network."""
    import torch

    sizes, X, labels, start = data()
    layers: list[Any] = []
    for ins, outs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(ins, outs, dtype=torch.float64), torch.nn.Tanh()]
    network = torch.nn.Sequential(*layers[:-1])
    torch.nn.utils.vector_to_parameters(torch.tensor(start), network.parameters())
    optimizer = torch_optimizer(network.parameters(), options)
    schedule = torch_schedule(optimizer, options)
    path = [np.array(start)]
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(torch.tensor(X)), torch.tensor(labels))
        loss.backward()
        optimizer.step()
        schedule.step()
        path.append(torch.nn.utils.parameters_to_vector(network.parameters()).detach().numpy().copy())
    return np.array(path)


def data() -> tuple[tuple[int, ...], Any, Any, Any]:
    """A small network with data and a start, the same on every machine.

    Labels by chance: so the loss has a minimum, and no slope comes so close to 0 that its sign is rounding's.
    """
    rng = np.random.default_rng(2024)
    X = rng.normal(size=(60, 2)).round(3)
    return (2, 3, 2), X, rng.integers(0, 2, 60), rng.normal(size=17).round(3)


def own_path(options: dict[str, Any], sizes: Any, X: Any, labels: Any, start: Any) -> Any:
    network = Network(sizes=tuple(sizes), loss="categorical-cross-entropy")
    objective = NetworkObjective(network, X, np.eye(sizes[-1])[labels], build_source("analytic"))
    return watch(build_optimizer(options), objective, np.array(start), [1] * STEPS).path


def torch_schedule(optimizer: Any, options: dict[str, Any]) -> Any:
    from torch.optim import lr_scheduler

    if options.get("schedule") == "step":
        after: Any = lr_scheduler.StepLR(optimizer, options["period"], options["factor"])
    elif options.get("schedule") == "cosine":
        after = lr_scheduler.CosineAnnealingLR(optimizer, options["period"], options["final_rate"])
    else:
        after = lr_scheduler.ConstantLR(optimizer, factor=1.0)
    warm_up = options.get("warm_up")
    if not warm_up:
        return after
    before = lr_scheduler.LinearLR(optimizer, 1 / (warm_up + 1), total_iters=warm_up)
    return lr_scheduler.SequentialLR(optimizer, [before, after], [warm_up])


def torch_rates(options: dict[str, Any]) -> list[float]:
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE)
    schedule, rates = torch_schedule(optimizer, options), []
    for _ in range(ITERATIONS):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return rates


def own_rates(options: dict[str, Any]) -> Any:
    """The learning rates of a search, as the steps along a slope of 1 show them."""
    descent = build_optimizer({"name": "gradient-descent", "learning_rate": RATE, **options})
    line = FunctionObjective(lambda w: float(w[0]), 1, lambda w: np.ones(1))
    return -np.diff(watch(descent, line, np.zeros(1), [1] * ITERATIONS).path[:, 0])


def torch_clipped(gradient: list[float], norm: float) -> list[float]:
    import torch

    parameter = torch.zeros(len(gradient), dtype=torch.float64)
    parameter.grad = torch.tensor(gradient, dtype=torch.float64)
    torch.nn.utils.clip_grad_norm_([parameter], norm)
    return list(map(float, parameter.grad))


def check_clipped(gradient: list[float], norm: float, expected: list[float]) -> None:
    found, length = np.array(gradient), np.linalg.norm(gradient)
    change_gradient(np.zeros(len(gradient)), found, norm, 0.0)
    # torch divides by the norm plus 1e-6, the paper by the norm.
    factor = length / (length + 1e-6) if length > norm else 1.0
    np.testing.assert_allclose(found * factor, expected, rtol=1e-12)


def recorded() -> Any:
    return json.loads(RECORDED.read_text())


@every_case
def test_a_rule_takes_the_steps_that_torch_took(case: str) -> None:
    table = recorded()
    assert table["options"] == CASES, "recorded with other options: write the file anew"
    sizes, X, labels, start = (table[key] for key in ("sizes", "X", "labels", "start"))
    path = own_path(CASES[case], sizes, np.array(X), np.array(labels), start)
    assert sorted(map(int, table["after"][case])) == list(SNAPSHOTS)
    for step, w in table["after"][case].items():
        np.testing.assert_allclose(path[int(step)], w, rtol=1e-12, atol=1e-12)


@every_case
def test_a_rule_takes_the_steps_that_torch_takes(case: str) -> None:
    pytest.importorskip("torch", reason="torch is no requirement; its recorded steps are tested without it")
    expected = torch_path(CASES[case])
    assert np.abs(expected[-1] - expected[0]).max() > 0.1
    np.testing.assert_allclose(own_path(CASES[case], *data()), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_learning_rates_are_those_that_torch_had(name: str) -> None:
    table = recorded()
    assert table["schedules"] == SCHEDULES, "recorded with other options: write the file anew"
    np.testing.assert_allclose(own_rates(SCHEDULES[name]), table["rates"][name], rtol=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_learning_rates_are_those_that_torch_has(name: str) -> None:
    pytest.importorskip("torch", reason="torch is no requirement; its recorded rates are tested without it")
    np.testing.assert_allclose(own_rates(SCHEDULES[name]), torch_rates(SCHEDULES[name]), rtol=1e-12)


@pytest.mark.parametrize("place", range(len(CLIPPED)))
def test_gradients_are_clipped_as_torch_clipped_them(place: int) -> None:
    check_clipped(*CLIPPED[place], recorded()["clipped"][place])


@pytest.mark.parametrize("place", range(len(CLIPPED)))
def test_gradients_are_clipped_as_torch_clips_them(place: int) -> None:
    pytest.importorskip("torch", reason="torch is no requirement; what it clipped is tested without it")
    check_clipped(*CLIPPED[place], torch_clipped(*CLIPPED[place]))


def write() -> None:
    """Record torch's steps, rates and clipped gradients."""
    import torch

    sizes, X, labels, start = data()
    after = {}
    for case, options in CASES.items():
        path = torch_path(options)
        after[case] = {str(step): path[step].tolist() for step in SNAPSHOTS}
    note = (
        "Parameters after so many full-batch steps of the rules of torch.optim, rates of its lr_scheduler, "
        f"gradients after clip_grad_norm_; torch {torch.__version__}, float64. The network is 2-3-2, tanh, "
        "under cross_entropy (mean over rows); each layer's weights (outs, ins) come first, then its biases. "
        "Written by: python tests/test_torch_rules.py"
    )
    table = {
        "note": note,
        "options": CASES,
        "sizes": sizes,
        "X": X.tolist(),
        "labels": labels.tolist(),
        "start": start.tolist(),
        "after": after,
        "schedules": SCHEDULES,
        "rates": {name: torch_rates(options) for name, options in SCHEDULES.items()},
        "clipped": [torch_clipped(*given) for given in CLIPPED],
    }
    text = ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in table.items())
    RECORDED.write_text(f"{{\n{text}\n}}\n")


if __name__ == "__main__":
    write()
