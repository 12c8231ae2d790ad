"""What a budget holds, and how many iterations of it are left, against whole numbers of twelfths."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import optimizers.clock
from optimizers import FunctionObjective, InputError
from optimizers.best_point import BestPoint
from optimizers.budget import Budget, holds
from optimizers.capabilities.gradient import Gradient
from optimizers.clock import Clock
from optimizers.counts import VALUE_ROWS
from optimizers.limits import Limits
from optimizers.meter import Meter
from optimizers.objective import Array, Measurable, Rows
from optimizers.watch import StoppedError

ROWS = 12


class Table(Measurable):
    """An objective of twelve rows, whose loss of a number is the number."""

    size, rows = 1, ROWS
    gradient = Gradient(2.5)

    def __init__(self) -> None:
        self.counters = np.zeros(2, dtype=np.int64)

    def peek(self, w: Array) -> float:
        return float(w[0])

    def value(self, w: Any, rows: Rows | None = None) -> float:
        self.counters[VALUE_ROWS] += ROWS
        return float(w[0])

    def values(self, population: Any, rows: Rows | None = None) -> Array:
        raise NotImplementedError

    def value_and_gradient(self, w: Any, rows: Rows | None = None) -> tuple[float, Array]:
        raise NotImplementedError


def limits(budget: Budget, twelfths: int = 0) -> tuple[Limits, Meter, Table]:
    table, clock = Table(), Clock(budget.seconds, None)
    meter = Meter(table, budget.cost, clock)
    table.counters[VALUE_ROWS] += twelfths
    meter.count()
    return Limits(budget, math.nan, meter, clock, BestPoint()), meter, table


@pytest.mark.parametrize("most", [1e-3, 0.3, 1.0, 60.0, 1e4, 1e9])
def test_a_budget_holds_what_sums_up_to_it_and_nothing_that_counts_beyond(most: float) -> None:
    assert holds(None, most)
    for parts in (1, 3, 7, 10, 1000):
        part = most / parts
        assert holds(most, sum(part for _ in range(parts)))
        assert holds(most, math.fsum([part] * parts))
    assert not holds(most, most * (1 + 1e-5))
    assert not holds(most, most + 1e-3 * max(1.0, most / 1e6))


def test_the_slack_of_a_budget_is_a_hair_at_any_size() -> None:
    assert holds(1.0, 1.0 + 1e-10)
    assert not holds(1.0, 1.0 + 1e-8)
    assert holds(1e9, 1e9 * (1 + 1e-13))
    assert not holds(1e9, 1e9 * (1 + 1e-11))


@pytest.mark.parametrize("spent", [0, 1, 5, 12, 35])
def test_a_run_affords_what_its_budget_has_left(spent: int) -> None:
    _, meter, _ = limits(Budget(cost=3.0), spent)
    assert meter.spent() == pytest.approx(spent / ROWS)
    assert meter.affords((36 - spent) / ROWS)
    assert not meter.affords((37 - spent) / ROWS)


def test_what_an_objective_was_used_for_before_is_not_this_runs() -> None:
    table = Table()
    table.counters[:] = 24, 36
    meter = Meter(table, 3.0, Clock(None, None))
    meter.count()
    assert (meter.cost, meter.value_rows, meter.gradient_rows) == (0.0, 0, 0)
    table.counters[:] += 12, 6
    before, value_rows, gradient_rows = meter.cost, meter.value_rows, meter.gradient_rows
    assert (before, value_rows, gradient_rows) == (0.0, 0, 0), "as of the last look"
    meter.count()
    assert (meter.value_rows, meter.gradient_rows) == (12, 6)
    assert meter.cost == meter.spent() == pytest.approx(1.0 + 6 / ROWS * table.gradient.cost)
    states = np.array([[24, 36], [36, 36], [36, 42]])
    cost, values, gradients = meter.count_at(states)
    assert cost == pytest.approx([0.0, 1.0, meter.cost])
    assert values.tolist() == [0, 12, 12]
    assert gradients.tolist() == [0, 0, 6]


def test_the_loss_that_ends_a_run_is_paid_for_where_there_is_room() -> None:
    for cost, paid in ((1.0, 12), (0.99, 0), (None, 12)):
        budget = Budget(cost=cost) if cost else Budget(iterations=1)
        _, meter, table = limits(budget)
        meter.pay()
        assert table.counters.tolist() == [paid, 0]


@pytest.mark.parametrize("price", [1, 5, 12, 40])
@pytest.mark.parametrize("reserve", [0, 12])
@pytest.mark.parametrize("prepaid", [False, True])
@pytest.mark.parametrize("spent", [0, 7, 100])
def test_an_allowance_never_leads_past_the_cost(price: int, reserve: int, prepaid: bool, spent: int) -> None:
    whole = 120
    run, _, _ = limits(Budget(cost=whole / ROWS), spent)
    allowed = run.allowance(1000, 1000, price / ROWS, prepaid, reserve / ROWS)
    left = (whole - spent + ROWS * prepaid - reserve) // price
    assert allowed == max(min(left, 154), 0)
    assert (run.outcome is None) == (left >= 1)
    assert run.spent == ("" if left >= 1 else "cost 10")


@pytest.mark.parametrize(("done", "allowed"), [(0, 1), (12, 1), (18, 2), (19, 1), (20, 0)])
def test_an_allowance_never_leads_past_the_iterations(done: int, allowed: int) -> None:
    run, _, _ = limits(Budget(iterations=20))
    assert run.allowance(done, 1, 1.0, False, 0.0) == allowed
    assert (run.outcome is None) == (allowed > 0)
    assert run.spent == ("" if allowed else "20 iterations")


@pytest.mark.parametrize("price", [1, 5, 12, 40])
@pytest.mark.parametrize("reserve", [0, 12])
def test_iterations_of_a_whole_run_and_those_that_are_left(price: int, reserve: int) -> None:
    whole, spent, done = 120, 36, 3
    each = Fraction(price, ROWS)
    in_all = (whole - reserve) // price
    run, _, _ = limits(Budget(cost=whole / ROWS), spent)
    assert run.iterations_in_all(float(each), reserve / ROWS) == in_all
    left, paid = run.iterations_left(done, float(each), reserve / ROWS)
    assert left is None
    exact = (whole - spent - reserve) // price
    assert exact - 2 <= paid <= exact - 1
    run, _, _ = limits(Budget(cost=whole / ROWS, iterations=5), spent)
    assert run.iterations_in_all(float(each), reserve / ROWS) == min(in_all, 5)
    assert run.iterations_left(done, float(each), reserve / ROWS) == (2, paid)
    run, _, _ = limits(Budget(iterations=5))
    assert run.iterations_in_all(float(each), 0.0) == 5
    assert run.iterations_left(done, float(each), 0.0) == (2, math.inf)
    run, _, _ = limits(Budget(seconds=5.0))
    assert run.iterations_in_all(float(each), 0.0) == 0


def test_a_claim_of_the_best_point_is_held_against_the_measured_loss() -> None:
    for told, said in ((2.0, ""), (1.5, "loss 1.5, where 2 was measured")):
        run, meter, _ = limits(Budget(cost=10.0))
        meter.first_loss = 5.0
        run._best.improve(np.array([2.0]), told, told=True)
        assert said in run.false_answer()
        assert bool(run.false_answer()) == bool(said) or run._best.loss == 2.0


def test_a_search_that_spends_more_than_its_budget_is_named() -> None:
    for twelfths, said in ((120, False), (121, True)):
        run, _, _ = limits(Budget(cost=10.0), twelfths)
        assert ("it spent" in run.false_answer()) == said


class Noisy:
    """A function that answers 1, 2, 3 and so on, each after ten seconds of a clock of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.calls = 100.0, 0
        monkeypatch.setattr(optimizers.clock, "time", SimpleNamespace(perf_counter=lambda: self.now))

    def __call__(self, w: Array) -> float:
        self.now += 10.0
        self.calls += 1
        if w[0] < 0:
            raise ZeroDivisionError
        return float(self.calls)


@pytest.mark.parametrize("most", [3.0, 1e9, None])
def test_a_look_at_a_function_is_a_call_of_the_search_where_it_is_not_known(
    most: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    function, clock = Noisy(monkeypatch), Clock(None, None)
    meter = Meter(FunctionObjective(function, 1), most, clock)
    assert (meter.cost, meter.value_rows, meter.gradient_rows, meter.looking) == (0.0, 0, 0, False)
    places = [np.array([float(place)]) for place in range(5)]
    assert [meter.measure(w) for w in places[:2]] == [1.0, 2.0]
    assert (function.calls, meter.spent(), clock.seconds) == (2, 2.0, 20.0)
    assert meter.measure(places[1]) == 2.0, "known, so no call"
    assert (function.calls, meter.spent(), clock.seconds) == (2, 2.0, 20.0)
    assert meter.measure(places[2]) == 3.0, "to the last of the budget"
    assert meter.measure(places[3]) == (None if most == 3.0 else 4.0)
    assert clock.seconds == 10.0 * function.calls
    assert not meter.looking


def test_of_several_answers_a_look_takes_the_one_that_was_told_or_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    function, w = Noisy(monkeypatch), np.zeros(1)
    objective = FunctionObjective(function, 1)
    meter = Meter(objective, 3.0, Clock(None, None))
    meter.first_loss = 1.0
    assert [objective.value(w) for _ in range(3)] == [1.0, 2.0, 3.0]
    known = objective.known(w)
    assert len(known) > 1
    for answer in known:
        assert meter.measure(w, told=answer) == answer
    assert meter.measure(w, told=known[0] + 0.5) == known[-1] == 3.0
    assert function.calls == 3, "nothing is left for a call"
    meter = Meter(objective, None, Clock(None, None))
    assert meter.measure(np.ones(1), told=0.5) == 4.0, "measured, for nothing is known there"


def test_no_limit_breaks_off_a_look_and_one_without_a_call_takes_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(optimizers.clock, "time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    seen, clock, w = [], Clock(None, None), np.zeros(1)

    def function(w: Array) -> float:
        seen.append(meter.looking)
        return 1.0

    meter = Meter(FunctionObjective(function, 1), None, clock)
    assert meter.measure(w) == 1.0
    assert (seen, meter.looking) == ([True], False)
    spent = clock.seconds
    assert spent > 0
    assert meter.measure(w, told=7.0) == 1.0
    assert (len(seen), clock.seconds) == (1, spent)


def test_a_function_that_fails_at_a_look_leaves_the_meter_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = Meter(FunctionObjective(Noisy(monkeypatch), 1), None, Clock(None, None))
    with pytest.raises(ZeroDivisionError):
        meter.measure(-np.ones(1))
    assert not meter.looking


def test_a_look_that_costs_nothing_takes_none_of_the_budget_and_no_time() -> None:
    clock = Clock(None, None)
    meter = Meter(Table(), 1e-6, clock)
    assert meter.measure(np.array([7.0])) == meter.measure(np.array([7.0]), told=1.0) == 7.0
    assert (meter.spent(), clock.seconds) == (0.0, 0.0)


def test_a_call_that_the_budget_does_not_hold_is_refused_and_so_is_any_after_it() -> None:
    run, _, table = limits(Budget(cost=2.0), twelfths=12)
    run.before(1.0)
    assert (run.met, run.limit, run.outcome) == (False, None, None)
    table.counters[VALUE_ROWS] += 1
    with pytest.raises(StoppedError):
        run.before(1.0)
    assert run.met
    assert run.limit is not None
    assert (run.limit.name, run.spent) == ("diverged", "cost 2"), "no point had a finite loss"
    with pytest.raises(StoppedError):
        run.before(0.0)


def test_a_run_that_has_ended_is_asked_nothing_more() -> None:
    run, _, _ = limits(Budget(cost=2.0))
    run.outcome = run.cost_spent()
    assert not run.met
    with pytest.raises(StoppedError):
        run.before(0.0)


def test_the_first_point_at_the_target_ends_a_run_and_the_best_is_remembered() -> None:
    run, _, table = limits(Budget(cost=10.0))
    run._target = 0.5
    for loss in (math.nan, -math.inf, math.inf, 0.6):
        run.found(np.array([loss]), loss)
        assert (run.reached, run.met) == (None, False)
    table.counters[VALUE_ROWS] += 12
    w = np.array([0.5])
    run.found(w, 0.5)
    w[0] = 7.0
    table.counters[VALUE_ROWS] += 12
    run.found(np.array([0.1]), 0.1)
    assert run.reached is not None
    assert (run.reached[0].tolist(), *run.reached[1:]) == ([0.5], 0.5, 1.0)
    assert run.met
    assert run._best.known(w)[1] == -math.inf
    with pytest.raises(StoppedError):
        run.before(0.0)
    run, _, _ = limits(Budget(cost=10.0))
    for loss in (3.0, 2.0, 4.0):
        run.found(np.array([loss]), loss)
    assert run._best.known(np.zeros(1))[1] == 2.0


@pytest.mark.parametrize("looking", [False, True])
def test_a_limit_in_seconds_ends_a_run_but_no_look(looking: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(optimizers.clock, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    run, meter, _ = limits(Budget(seconds=5.0))
    run.found(np.array([3.0]), 3.0)
    run._clock.resume(0.0)
    now[0] = 4.9
    run.in_time()
    assert run.limit is None
    now[0], meter.looking = 5.0, looking
    if looking:
        run.in_time()
        assert run.limit is None
        meter.looking = False
    for _ in range(2):
        with pytest.raises(StoppedError):
            run.in_time()
    assert run.limit is not None
    assert run.limit.sentence == "the budget of 5 seconds is spent, best loss 3"
    unlimited, _, _ = limits(Budget(cost=1.0))
    unlimited.in_time()


def test_a_look_that_the_budget_does_not_hold_has_no_loss_and_is_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(None, None)
    meter = Meter(FunctionObjective(Noisy(monkeypatch), 1), 1.0, clock)
    run = Limits(Budget(cost=1.0), math.nan, meter, clock, BestPoint())
    assert run.measure(np.zeros(1)) == 1.0
    assert run.limit is None
    assert math.isnan(run.measure(np.ones(1)))
    assert run.limit is not None
    assert run.spent == "cost 1"


@pytest.mark.parametrize("each", [False, True])
def test_a_run_that_is_looked_at_each_time_may_do_one_iteration(each: bool) -> None:
    budget, clock = Budget(iterations=5000), Clock(None, None)
    run = Limits(budget, math.nan, Meter(Table(), None, clock), clock, BestPoint(), each)
    assert run.allowance(1000, 1000, 1.0, False, 0.0) == (1 if each else 154)


def test_a_budget_without_any_limit_is_refused() -> None:
    with pytest.raises(InputError, match="no limit: give cost, iterations or seconds"):
        Budget()
