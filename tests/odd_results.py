"""Results of every kind that an exchange format may meet: none, failed, diverged, odd names and numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from synthetic import build, run_row, synthetic, trace_rows

from harness.results import Results

ODD_NAMES = (
    "adam (learning rate = 0.1)",
    "a, b; c: d | e",
    "two\nlines\r\nor three",
    "a \"quoted\" 'label'",
    "Größe 学習率 \U0001f600",
    "../../outside/or\\in",
    "=1+1",
    "  blank  ",
    "-",
    "\ttab\x1b[31m%s{}",
    "'); DROP TABLE runs; --",
    "y" * 300,
    "none",
    "NaN",
    "adam(batch=4) by analytic",
)


def empty() -> Results:
    return build([], question="None?")


def one_run() -> Results:
    looks = [0.0, 1.0, 3.0, 7.0, 10.5], [0.7, 0.5, 0.1 + 0.2, 0.1, 0.001]
    row = run_row("a", "xor", "adam(learning_rate=0.1)", seed=3, cost=10.5, start_loss=0.7, best_loss=0.001,
                  final_loss=0.001, outcome="solved", cost_to_target=10.5, iterations=3)  # fmt: skip
    return build([row], trace_rows("a", *looks))


def endings() -> Results:
    """A run that failed before its first look, and others that diverged, ran out of time and stalled."""
    runs = [
        run_row("f", "xor", "adam", outcome="failed", sentence="ValueError: a, b\nc", cost=0.0, iterations=0,
                start_loss=math.nan, final_loss=math.nan, best_loss=math.nan, best_w=np.empty(0)),
        run_row("d", "xor", "adam", outcome="diverged", seed=1, final_loss=math.nan, best_loss=0.5, cost=9.0),
        run_row("t", "xor", "rprop", outcome="timeout", seed=0, final_loss=0.4, best_loss=0.4, cost=6.0),
        run_row("s", "xor", "rprop", outcome="stalled", seed=2**62, final_loss=0.5, best_loss=0.5, cost=3.0),
    ]  # fmt: skip
    trace = trace_rows("d", [0.0, 3.0, 6.0, 9.0], [0.7, 0.5, 0.5, 0.5])
    trace[3]["loss"] = math.nan
    trace += trace_rows("t", [0.0, 6.0], [0.8, 0.4]) + trace_rows("s", [0.0, 3.0], [0.5, 0.5])
    skipped = [{"problem": "iris", "optimizer": "perceptron", "gradient": "-", "reason": 'not, for "it"\n'}]
    return build(runs, trace, skipped)


def odd_numbers() -> Results:
    """Losses that are NaN or infinite from the start, subnormal, and next to each other."""
    losses = {
        "a": [math.nan, math.nan],
        "b": [math.inf, 1e308, 5e-324, 0.0],
        "c": [1.0, math.nextafter(1.0, 0.0), 0.1 + 0.2, -1e300],
        "d": [math.nan, 0.5, math.inf],
    }
    runs, trace = [], []
    for seed, (run_id, values) in enumerate(losses.items()):
        known = [loss for loss in values if loss < math.inf]
        lowest = np.fmin.accumulate(np.where(np.isfinite(values), values, np.nan))
        cost = [1e-3 * seed + 3.0 * place for place in range(len(values))]
        runs.append(
            run_row(run_id, "sphere", "rprop", seed=seed, start_loss=values[0], final_loss=values[-1],
                    best_loss=min(known, default=math.nan), cost=cost[-1], target=math.nan,
                    best_w=np.array([math.inf, -0.0, math.nan]))
        )  # fmt: skip
        best = [math.inf if math.isnan(loss) else loss for loss in lowest]
        rows = trace_rows(run_id, cost, best)
        trace += [{**row, "loss": loss} for row, loss in zip(rows, values, strict=True)]
    return build(runs, trace)


def odd_names() -> Results:
    runs, trace = [], []
    for number, name in enumerate(ODD_NAMES):
        for place, (problem, label) in enumerate([(name, "adam"), ("xor", name), (name, name)]):
            run_id = f"{number}-{place}"
            runs.append(run_row(run_id, problem, label, optimizer_name=label, cost=3.0, setting=name))
            trace += trace_rows(run_id, [0.0, 3.0], [0.5, 0.25])
    return build(runs, trace, name="a/b\n../c", question="What, if\nit is?")


def many() -> Results:
    return synthetic(
        np.random.default_rng(5), problems=2, optimizers=3, seeds=3, gradients=("analytic", "symbolic")
    )


CASES: dict[str, Callable[[], Results]] = {
    "empty": empty,
    "one run": one_run,
    "endings": endings,
    "odd numbers": odd_numbers,
    "odd names": odd_names,
    "many": many,
}
