"""Update rules against their papers, in plain NumPy; batches; looks; both paths."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from update_rules import (
    KNOWN,
    RULES,
    STEPS,
    UNUSUAL,
    batches,
    network_gradient,
    oracle_path,
    problem,
    rule_of,
    search,
)
from watching import row_orders, watch

from harness.gradients import build_source
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from optimizers import Budget, InputError, build_optimizer, minimize
from optimizers.descent.scheduled import ScheduledDescent
from optimizers.options import option_ranges, option_values
from optimizers.row_order import shuffle

every_rule = pytest.mark.parametrize("rule", RULES)


def test_every_rule_is_tested() -> None:
    assert set(UNUSUAL) <= set(RULES)
    assert len(UNUSUAL) == 9
    assert all(option in option_values(rule_of(rule)) for rule in RULES for option in RULES[rule])


def test_a_rule_that_lacks_a_form_or_what_it_reads_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"^Half has a compiled update and no plain form .* write a method plain"
    ):

        class Half(ScheduledDescent):
            update = KNOWN["adam"].update

    with pytest.raises(
        InputError, match=r"^Other has a plain form and no compiled update.* write a compiled fu"
    ):

        class Other(ScheduledDescent):
            plain = KNOWN["adam"].plain

    with pytest.raises(
        InputError, match=r"^Astray reads 'decay', expected an option or a property of that name"
    ):

        class Astray(ScheduledDescent):
            update, plain, reads = KNOWN["adam"].update, KNOWN["adam"].plain, KNOWN["rmsprop"].reads

    with pytest.raises(InputError, match=r"^Constant does not read 'learning_rate', which its schedule"):

        class Constant(ScheduledDescent):
            update, plain = KNOWN["adam"].update, KNOWN["adam"].plain

    # What inherits both, or says anew what it inherits in part, is a rule.
    for name, found in KNOWN.items():
        assert "plain" in vars(found) or found.__base__ in KNOWN.values(), name


@every_rule
@pytest.mark.parametrize(
    ("name", "batch"),
    [("xor", None), ("iris", None), ("setosa", None), ("iris", 32), ("xor", 3), ("xor", 1), ("setosa", 1)],
)
def test_a_rule_takes_the_steps_of_its_paper(rule: str, name: str, batch: int | None) -> None:
    found = search(rule, name, batch, [1] * STEPS[rule]).path
    expected = oracle_path(rule, name, batch, STEPS[rule])
    assert found.shape == expected.shape
    assert np.abs(np.diff(expected, axis=0)).max() > 1e-3, "the search moves"
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@every_rule
def test_row_orders_change_with_the_seed_of_the_problem(rule: str) -> None:
    steps = min(40, STEPS[rule])
    for seed in (1, 2):
        found = search(rule, "iris", 32, [1] * steps, seed=seed).path
        np.testing.assert_allclose(found, oracle_path(rule, "iris", 32, steps, seed), rtol=1e-12, atol=1e-12)


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
@settings(max_examples=25)
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
    assert objective.gradient.cost == pytest.approx((56 + 56 + 24) / 56)
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
    # Steps that do not grow with the gradient overflow only where they are huge by themselves.
    grows = rule in ("gradient-descent", "momentum", "nesterov", "quickprop")
    sizes = {"learning_rate": 10.0 if grows else 1e200, "initial_step": 1e200, "longest_step": 1e200}
    has = option_values(build_optimizer(rule))
    optimizer = build_optimizer({"name": rule, **{name: sizes[name] for name in sizes if name in has}})
    watcher = watch(optimizer, objective, np.ones(3), [5000])
    last = watcher.seen[-1]
    assert last.loss is not None
    assert not math.isfinite(last.loss)
    assert np.isfinite(last.losses).all()
    assert last.iterations == len(last.losses) < 5000
    assert last.counters[1] == 30 * (last.iterations + 1), "the gradient that led nowhere was paid for"
    best = minimize(objective, np.ones(3), optimizer, Budget(iterations=5000))
    assert best.outcome.name == "diverged"


LIMITS = {
    "learning_rate": ([0.0, -1.0, math.inf], "greater than 0"),
    "initial_step": ([0.0, math.inf], "greater than 0"),
    "batch": ([0, -1], "greater than or equal to 1"),
    "weight_decay": ([-0.1, math.inf], "greater than or equal to 0"),
    "momentum": ([1.0], "less than 1"),
    "decay": ([1.0], "less than 1"),
    "decay_1": ([1.0], "less than 1"),
    "decay_2": ([1.0], "less than 1"),
    "epsilon": ([0.0], "greater than 0"),
    "shrink": ([0.0, 1.0], "than"),
    "shortest_step": ([0.0], "greater than 0"),
    "longest_step": ([0.0, math.inf], "greater than 0"),
    "clip_norm": ([0.0, -1.0], "greater than 0"),
    "power": ([0.0], "greater than 0"),
    "period": ([0, -5], "greater than or equal to 1"),
    "factor": ([0.0, 1.0], "than"),
    "final_rate": ([-0.1], "greater than or equal to 0"),
    "warm_up": ([-1], "greater than or equal to 0"),
}


@every_rule
def test_options_out_of_range_are_refused(rule: str) -> None:
    limits = {**LIMITS, "growth": ([1.0] if rule == "rprop" else [0.0], "greater than")}
    ranges = option_ranges(KNOWN[rule])
    for option in option_values(build_optimizer(rule)):
        if "number" not in ranges[option]:
            continue
        # What this table does not know is held to be a number at least.
        wrong, expected = limits.get(option, ([], ""))
        for value in [*wrong, "text", True]:
            with pytest.raises(InputError, match=f"option '{option}' is {re.escape(repr(value))}, expected"):
                build_optimizer({"name": rule, option: value})
        for value in wrong:
            with pytest.raises(InputError, match=f"{expected}|finite"):
                build_optimizer({"name": rule, option: value})


def test_defaults_are_those_of_the_papers() -> None:
    for name, defaults in {
        "momentum": {"momentum": 0.9},
        "nesterov": {"momentum": 0.9},
        "rmsprop": {"decay": 0.9},
        "adam": {"learning_rate": 0.001, "decay_1": 0.9, "decay_2": 0.999, "epsilon": 1e-8},
        "adamw": {"learning_rate": 0.001, "decay_1": 0.9, "decay_2": 0.999, "epsilon": 1e-8},
        "rprop": {
            "initial_step": 0.1,
            "shrink": 0.5,
            "growth": 1.2,
            "shortest_step": 1e-6,
            "longest_step": 50.0,
        },
        "quickprop": {"growth": 1.75},
    }.items():
        optimizer = build_optimizer(name)
        assert {option: getattr(optimizer, option) for option in defaults} == defaults


@pytest.mark.parametrize("wrong", [{"initial_step": 1e-7}, {"initial_step": 60.0}, {"shortest_step": 1.0}])
def test_a_first_step_of_rprop_out_of_its_bounds_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"Rprop: option 'initial_step' is .*, expected from shortest_"):
        build_optimizer({"name": "rprop", **wrong})


# One update, given any gradients.

slopes = st.one_of(
    st.floats(-3, 3),
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-8, 1e6, -1e6]),
)


@every_rule
@given(st.lists(st.lists(slopes, min_size=3, max_size=3), min_size=1, max_size=12))
@settings(max_examples=60)
def test_a_rule_does_with_any_gradients_what_its_paper_says(rule: str, gradients: list[list[float]]) -> None:
    if rule == "quickprop":
        # It asks whether its last change is 0; of subnormal ones the last bit of a product decides that.
        sizes = np.abs(gradients)
        assume(np.all((sizes == 0) | (sizes >= np.finfo(np.float64).tiny)))
    optimizer: Any = build_optimizer({"name": rule, **RULES[rule]})
    w, state, numbers = np.array([0.5, -2.0, 0.0]), optimizer.state(3), optimizer.settings()
    given = iter(np.array(gradients))
    rates = itertools.repeat(getattr(optimizer, "learning_rate", math.nan))
    plain, farthest = optimizer.plain(w.copy(), lambda _: next(given).copy(), rates), 1.0
    for step, gradient in enumerate(np.array(gradients)):
        type(optimizer).update(w, gradient.copy(), state, numbers, step)
        expected = next(plain)
        farthest = max(farthest, np.abs(expected).max())
        np.testing.assert_allclose(w, expected, rtol=1e-9, atol=1e-12 * farthest)


@every_rule
def test_settings_and_state_hold_what_the_rule_names(rule: str) -> None:
    optimizer: Any = build_optimizer({"name": rule, **RULES[rule]})
    named = dict(zip(optimizer.reads._fields, optimizer.settings(), strict=True))
    assert {name: named[name] for name in named if name in RULES[rule]} == {
        name: RULES[rule][name] for name in named if name in RULES[rule]
    }
    assert optimizer.settings() is not optimizer.settings(), "a schedule writes into it"
    state = optimizer.state(5)
    assert state.dtype == np.float64
    assert state.shape == (5 * len(optimizer.remembers._fields),)


def test_equal_slopes_lead_to_a_finite_step_however_small_they_are() -> None:
    quickprop: Any = build_optimizer("quickprop")
    for slope in (5e-324, 1e-310, 1e-300, 1.0):
        w, state, numbers = np.zeros(1), np.array([-0.25, slope]), quickprop.settings()
        type(quickprop).update(w, np.array([slope]), state, numbers, 3)
        assert w[0] == pytest.approx(-0.25 * quickprop.growth - quickprop.learning_rate * slope)


@given(st.lists(st.sampled_from([5e-324, -5e-324, 1e-323, -1e-310, 1.0, -1.0]), min_size=2, max_size=12))
@settings(max_examples=200)
def test_quickprop_stays_finite_at_slopes_of_any_size(slopes: list[float]) -> None:
    quickprop: Any = build_optimizer("quickprop")
    w, state, numbers = np.zeros(1), quickprop.state(1), quickprop.settings()
    for step, slope in enumerate(slopes):
        type(quickprop).update(w, np.array([slope]), state, numbers, step)
    assert np.isfinite(w).all()


@every_rule
def test_a_gradient_that_is_no_number_shows_in_the_parameters(rule: str) -> None:
    optimizer: Any = build_optimizer({"name": rule, **RULES[rule]})
    w, state, numbers = np.ones(2), optimizer.state(2), optimizer.settings()
    for step, slope in enumerate([1.0, 0.5, math.nan]):
        type(optimizer).update(w, np.array([slope, 1.0]), state, numbers, step)
    assert math.isnan(w[0])
    assert math.isfinite(w[1])


@pytest.mark.parametrize("tiny", [1e-200, 1e-310])
def test_slopes_whose_product_is_zero_keep_their_signs(tiny: float) -> None:
    """Rprop's lengths grow and shrink by the signs, and Quickprop knows which side it is on."""
    lengths = []
    rprop: Any = build_optimizer("rprop")
    w, state, numbers = np.zeros(1), rprop.state(1), rprop.settings()
    for step, slope in enumerate([tiny, tiny, -tiny, -tiny, -tiny]):
        type(rprop).update(w, np.array([slope]), state, numbers, step)
        lengths.append(state[0])
    np.testing.assert_allclose(lengths, [0.1, 0.12, 0.06, 0.06, 0.072])
    quickprop: Any = build_optimizer({"name": "quickprop", "learning_rate": 0.5})
    w, state, numbers = np.zeros(1), quickprop.state(1), quickprop.settings()
    type(quickprop).update(w, np.array([2 * tiny]), state, numbers, 0)
    type(quickprop).update(w, np.array([tiny]), state, numbers, 1)
    np.testing.assert_allclose(w / tiny, -1.0 - 1.0 - 0.5)
