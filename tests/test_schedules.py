"""Learning rates that change, clipped gradients, weight decay: formulas, whole searches, contradictions."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from update_rules import KNOWN, RULES, STEPS, oracle_path, rule_of, search
from watching import watch

from optimizers import FunctionObjective, InputError, build_optimizer
from optimizers.descent.loop import change_gradient
from optimizers.descent.schedule import SCHEDULES, Schedule, scheduled_rates
from optimizers.descent.scheduled import ScheduledDescent

SCHEDULED = [rule for rule, found in KNOWN.items() if issubclass(found, ScheduledDescent)]
COUPLED = [rule for rule in RULES if rule_of(rule, weight_decay=0.02).coupled_decay]

CHOSEN: dict[str, dict[str, Any]] = {
    "constant": {},
    "inverse-scaling": {"power": 0.7},
    "step": {"period": 6, "factor": 0.4},
    "cosine": {"period": 25, "final_rate": 0.001},
}


def by_hand(schedule: str, rate: float, warm_up: int, iteration: int, **chosen: float) -> float:
    """Return the learning rate of one iteration."""
    if iteration < warm_up:
        return rate * (iteration + 1) / (warm_up + 1)
    t = iteration - warm_up
    if schedule == "inverse-scaling":
        return rate * (t + 1) ** -chosen["power"]
    if schedule == "step":
        for _ in range(t // int(chosen["period"])):
            rate *= chosen["factor"]
        return rate
    if schedule == "cosine":
        if t >= chosen["period"]:
            return chosen["final_rate"]
        share = math.cos(math.pi * t / (2 * chosen["period"])) ** 2
        return rate * share + chosen["final_rate"] * (1 - share)
    return rate


def test_every_schedule_can_be_chosen_and_is_tested() -> None:
    assert set(SCHEDULES) == set(CHOSEN)
    for schedule, chosen in CHOSEN.items():
        built: Any = build_optimizer({"name": "momentum", "schedule": schedule, **chosen})
        assert built.schedule == schedule


def test_a_schedule_that_reads_what_no_descent_has_is_refused() -> None:
    class Strange(NamedTuple):
        learning_rate: float
        patience: float

    with pytest.raises(InputError, match="schedule odd reads 'patience', expected learning_rate, power"):
        Schedule("odd", "learning_rate", Strange, SCHEDULES["constant"].function)


@pytest.mark.parametrize("schedule", SCHEDULES)
@given(rate=st.floats(1e-3, 10), warm_up=st.integers(0, 12), first=st.integers(0, 30), data=st.data())
@settings(max_examples=50)
def test_learning_rates_are_those_of_the_formula(
    schedule: str, rate: float, warm_up: int, first: int, data: Any
) -> None:
    drawn = {
        "power": st.floats(0.1, 2),
        "period": st.integers(1, 20),
        "factor": st.floats(0.05, 0.95),
        "final_rate": st.floats(0, rate),
    }
    chosen = {option: data.draw(drawn[option]) for option in SCHEDULES[schedule].options}
    found = scheduled_rates(schedule, {"learning_rate": rate, **chosen}, warm_up, first, 40)
    expected = [by_hand(schedule, rate, warm_up, first + place, **chosen) for place in range(40)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("warm_up", [0, 7])
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("rule", SCHEDULED)
def test_a_rule_takes_the_steps_of_its_paper_at_the_rates_of_its_schedule(
    rule: str, schedule: str, warm_up: int
) -> None:
    descent: Any = rule_of(rule, **RULES[rule])
    steps, rate = min(60, STEPS[rule]), descent.learning_rate
    rates = [by_hand(schedule, rate, warm_up, place, **CHOSEN[schedule]) for place in range(steps)]
    found = search(rule, "iris", 32, [1] * steps, schedule=schedule, warm_up=warm_up, **CHOSEN[schedule])
    expected = oracle_path(rule, "iris", 32, steps, rates=rates)
    np.testing.assert_allclose(found.path, expected, rtol=1e-12, atol=1e-12)


def shortened(gradient: Any, norm: float) -> Any:
    """Pascanu, Mikolov, Bengio (2013), algorithm 1."""
    return gradient * min(1.0, norm / np.linalg.norm(gradient))


@pytest.mark.parametrize("rule", SCHEDULED)
@pytest.mark.parametrize("batch", [None, 32])
def test_a_rule_is_given_the_clipped_gradient(rule: str, batch: int | None) -> None:
    steps = min(100, STEPS[rule])
    found = search(rule, "iris", batch, [1] * steps, clip_norm=0.2).path
    expected = oracle_path(rule, "iris", batch, steps, change=lambda w, g: shortened(g, 0.2))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert np.abs(found - search(rule, "iris", batch, [1] * steps).path).max() > 1e-3


@pytest.mark.parametrize("rule", COUPLED)
@pytest.mark.parametrize("batch", [None, 32])
def test_a_rule_is_given_the_gradient_of_the_loss_and_the_penalty(rule: str, batch: int | None) -> None:
    steps = min(100, STEPS[rule])
    found = search(rule, "iris", batch, [1] * steps, weight_decay=0.02)
    expected = oracle_path(rule, "iris", batch, steps, change=lambda w, g: g + 0.02 * w)
    np.testing.assert_allclose(found.path, expected, rtol=1e-12, atol=1e-12)
    assert np.abs(found.path - search(rule, "iris", batch, [1] * steps).path).max() > 1e-3


@pytest.mark.parametrize("rule", SCHEDULED)
def test_clipping_comes_before_weight_decay(rule: str) -> None:
    found = search(rule, "iris", None, [1] * 5, clip_norm=0.1, weight_decay=0.2).path
    decay, oracle = (0.2, RULES[rule]) if rule in COUPLED else (0.0, {**RULES[rule], "weight_decay": 0.2})
    expected = oracle_path(
        rule, "iris", None, 5, change=lambda w, g: shortened(g, 0.1) + decay * w, options=oracle
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_losses_are_told_without_the_penalty(rule: str) -> None:
    watcher = search(rule, "iris", None, [1] * 20, weight_decay=5.0)
    peeked = [watcher.objective.peek(w) for w in watcher.path[:-1]]
    np.testing.assert_allclose(watcher.trail, peeked, rtol=1e-12)


def test_decoupled_decay_leaves_the_gradient_alone() -> None:
    plain, none = (
        search("adam", "iris", 32, [1] * 30),
        search("adamw", "iris", 32, [1] * 30, weight_decay=0.0),
    )
    assert none.path.tobytes() == plain.path.tobytes()
    coupled = search("adam", "iris", 32, [1] * 30, weight_decay=0.1)
    decoupled = search("adamw", "iris", 32, [1] * 30, weight_decay=0.1)
    assert np.abs(coupled.path - decoupled.path).max() > 1e-3


EVERYTHING: dict[str, Any] = {"schedule": "cosine", "period": 40, "warm_up": 5, "clip_norm": 0.3}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("name", "batch"), [("iris", 32), ("xor", None)])
def test_both_paths_and_any_looks_agree_with_everything_set(rule: str, name: str, batch: int | None) -> None:
    chosen = {"weight_decay": 0.01, **(EVERYTHING if rule in SCHEDULED else {})}
    steps = min(60, 2 * STEPS[rule])
    each = search(rule, name, batch, [1] * steps, **chosen)
    for looks in ([steps], [steps - 20, 1, 9, 10]):
        other = search(rule, name, batch, looks, **chosen)
        assert other.seen[-1].w.tobytes() == each.seen[-1].w.tobytes()
    first = STEPS[rule]
    plain = search(rule, name, batch, [1] * steps, compiled=False, **chosen)
    np.testing.assert_allclose(plain.path[:first], each.path[:first], rtol=1e-12, atol=1e-12)


def test_an_array_that_belongs_to_the_objective_is_left_as_it_is() -> None:
    own = np.array([[3.0, 0.0, 4.0, 0.0]])[:, ::2][0]
    line = FunctionObjective(lambda w: float(w @ own), 2, lambda w: own)
    descent = build_optimizer({"name": "gradient-descent", "clip_norm": 1.0, "weight_decay": 0.5})
    path = watch(descent, line, np.array([1.0, 2.0]), [1]).path
    np.testing.assert_allclose(path[1], np.array([1.0, 2.0]) - 0.1 * np.array([0.6 + 0.5, 0.8 + 1.0]))
    assert own.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        ([0.0, 0.0], [0.0, 0.0]),
        ([3e200, 4e200], [0.6, 0.8]),
        ([3e-200, 4e-200], [3e-200, 4e-200]),
        ([0.6, 0.8], [0.6, 0.8]),
        ([-5e-324, 1e308], [0.0, 1.0]),
    ],
)
def test_clipping_keeps_the_direction_of_any_gradient(gradient: list[float], expected: list[float]) -> None:
    found = np.array(gradient)
    change_gradient(np.zeros(2), found, 1.0, 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_clipping_does_not_hide_what_is_not_finite(wrong: float) -> None:
    found = np.array([1.0, wrong])
    change_gradient(np.zeros(2), found, 1.0, 0.0)
    assert not np.isfinite(found).all()


# Contradictions


NEEDED = "option 'period' is None, expected a number of iterations with schedule="
PERIOD_READ = "expected schedule='cosine' or 'step' with it, or it has no effect"
STEP, COSINE = {"schedule": "step", "period": 3}, {"schedule": "cosine", "period": 3}


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"schedule": "step"}, f"{NEEDED}'step'"),
        ({"schedule": "cosine"}, f"{NEEDED}'cosine'"),
        ({"period": 10}, f"option 'period' is 10, {PERIOD_READ}"),
        ({"schedule": "inverse-scaling", "period": 3}, f"option 'period' is 3, {PERIOD_READ}"),
        ({"power": 1.0}, "option 'power' is 1.0, expected schedule='inverse-scaling' with it"),
        ({**STEP, "power": 1.0}, "option 'power' is 1.0, expected schedule='inverse-scaling' with it"),
        ({"factor": 0.5}, "option 'factor' is 0.5, expected schedule='step' with it"),
        ({**COSINE, "factor": 0.5}, "option 'factor' is 0.5, expected schedule='step' with it"),
        ({"final_rate": 0.01}, "option 'final_rate' is 0.01, expected schedule='cosine' with it"),
        (
            {**COSINE, "learning_rate": 0.2, "final_rate": 0.2},
            "option 'final_rate' is 0.2, expected less than learning_rate (0.2)",
        ),
    ],
)
@pytest.mark.parametrize("rule", SCHEDULED)
def test_schedules_that_lack_or_do_not_read_an_option_are_refused(
    rule: str, chosen: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        build_optimizer({"name": rule, **chosen})
    assert type(build_optimizer(rule)).__name__ in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ": " in str(caught.value).split("expected", 1)[1], "a remedy"


def test_an_unknown_schedule_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match="option 'schedule' is 'linear', expected 'constant', 'cosine', 'inverse-scali"
    ):
        build_optimizer({"name": "adam", "schedule": "linear"})


@pytest.mark.parametrize("option", ["schedule", "warm_up", "clip_norm", "learning_rate"])
def test_rprop_has_no_learning_rate_and_no_use_for_the_length_of_a_gradient(option: str) -> None:
    with pytest.raises(InputError, match=f"Rprop has no option '{option}'"):
        build_optimizer({"name": "rprop", option: 1})
