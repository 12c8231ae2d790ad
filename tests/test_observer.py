"""Schedule, budgets, clock, target and best point of one run, with simulated searches and a fake clock."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from watching import Measured

import harness
import optimizers.clock
from optimizers import Budget, FunctionObjective, InputError
from optimizers.counts import VALUE_ROWS
from optimizers.evaluated import Evaluated
from optimizers.look import Look
from optimizers.observer import Observer
from optimizers.registry import build_optimizer
from optimizers.search import observed, search
from optimizers.watch import StoppedError

ROWS = 12
"""Rows of the simulated objective, so that costs come in twelfths."""


class Clock:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return installed(monkeypatch)


def installed(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(optimizers.clock, "time", SimpleNamespace(perf_counter=fake.perf_counter))
    return fake


class Simulated:
    """A search of one parameter whose iterations have given losses, a cost in twelfths, and seconds."""

    def __init__(
        self,
        budget: Budget,
        loss: Callable[[int], float] = lambda iteration: 1.0,
        twelfths: int = ROWS,
        pace: float = 0.0,
        clock: Clock | None = None,
        told: bool = True,
        look_seconds: float = 0.0,
        **arguments: Any,
    ) -> None:
        self.objective = Measured(lambda w: self.loss(int(w[0])))
        self.looks: list[Look] = []
        self.allowances: list[int] = []
        self.loss, self.twelfths, self.pace, self.clock, self.told = loss, twelfths, pace, clock, told
        self.look_seconds = look_seconds
        self.observer = Observer(self.objective, twelfths / ROWS, budget, keep=self.keep, **arguments)

    def keep(self, look: Look) -> None:
        self.looks.append(look)
        if self.clock is not None:
            self.clock.now += self.look_seconds

    def run(self) -> Simulated:
        done, w = 0, np.zeros(1)
        if self.clock is not None:
            self.clock.now += 5.0  # preparing is no search
        allowance = self.observer(w, loss=self.loss(0))
        while allowance:
            self.allowances.append(allowance)
            losses = np.array([self.loss(done + step) for step in range(allowance)])
            lowest = np.array([float(done + losses.argmin())])
            done += allowance
            w[0] = done
            self.objective.counters[VALUE_ROWS] += allowance * self.twelfths
            if self.clock is not None:
                self.clock.now += allowance * self.pace
            if self.told and np.any(losses[1:] <= self.observer.view.target):
                # As a loop that is told the target: it ends at the first iterate there.
                over = allowance - int(np.argmax(losses[1:] <= self.observer.view.target)) - 1
                allowance, done = allowance - over, done - over
                losses, lowest = (
                    losses[:allowance],
                    np.array([done - allowance + losses[:allowance].argmin()]),
                )
                w[0] = done
                self.objective.counters[VALUE_ROWS] -= over * self.twelfths
            allowance = self.observer(
                w,
                iterations=allowance,
                losses=losses if self.told else None,
                best=lowest if self.told else None,
                loss=self.loss(done),
            )
        return self

    @property
    def outcome(self) -> Any:
        assert self.observer.outcome is not None
        return self.observer.outcome


# Schedule


def test_allowances_depend_on_the_iteration_alone(clock: Clock) -> None:
    many = Budget(iterations=20_000)
    runs = [
        Simulated(many).run(),
        Simulated(many, twelfths=1).run(),
        Simulated(many, twelfths=1234, told=False).run(),
        Simulated(many, pace=0.3, clock=clock, look_seconds=2.0).run(),
        Simulated(many, loss=lambda iteration: 1 / (1 + iteration)).run(),
        Simulated(many, target=0.5).run(),
        Simulated(Budget(iterations=20_000, cost=1e9)).run(),
    ]
    for run in runs:
        assert run.allowances == runs[0].allowances


def test_looks_are_dense_at_first_and_then_grow_by_about_15_percent() -> None:
    run = Simulated(Budget(iterations=10_000)).run()
    at = [look.iteration for look in run.looks]
    assert at[:13] == list(range(13))
    assert at[-1] == 10_000
    assert 55 <= len(at) <= 65
    for before, after in itertools.pairwise(at[13:]):
        assert after <= 1.16 * before
        assert after == 10_000 or after + 1 > 1.15 * before


@pytest.mark.parametrize("name", ["adam:learning_rate=0.1", "rprop", "genetic-algorithm"])
def test_each_iteration_may_be_looked_at_and_the_search_goes_the_same_way(name: str) -> None:
    xor, optimizer = harness.problems.load("xor"), build_optimizer(name)
    ends, seen = [], []
    for each in (False, True):
        looks: list[Look] = []
        given = (optimizer, xor.objective(), xor.start(3), Budget(iterations=60), None, looks.append)
        observer = observed(*given, each=each)
        search(optimizer, xor.start(3), np.random.default_rng(3), observer, contain=False)
        ends.append((looks[-1].w.tobytes(), observer.best.w.tobytes(), observer.meter.cost))
        seen.append([look.iteration for look in looks])
    assert ends[0] == ends[1]
    assert seen[1] == list(range(61))
    assert set(seen[0]) < set(seen[1])


def test_the_last_stretch_is_cut_to_the_budget_and_no_other() -> None:
    whole, short = Simulated(Budget(iterations=5000)).run(), Simulated(Budget(iterations=777)).run()
    assert short.allowances[:-1] == whole.allowances[: len(short.allowances) - 1]
    assert short.allowances[-1] <= whole.allowances[len(short.allowances) - 1]
    assert sum(short.allowances) == 777


# Budgets


@given(cost=st.floats(0.01, 3000), twelfths=st.integers(1, 60))
def test_a_budget_of_cost_is_used_up_and_never_exceeded(cost: float, twelfths: int) -> None:
    run = Simulated(Budget(cost=cost), twelfths=twelfths).run()
    price = twelfths / ROWS
    assert run.objective.cost <= cost + 1e-8
    assert run.objective.cost + price > cost - 1e-8
    assert run.outcome.name == "budget"
    assert run.outcome.sentence == f"the budget of cost {cost:g} is spent, best loss 1"


@given(iterations=st.integers(1, 5000))
def test_a_budget_of_iterations_is_met_exactly(iterations: int) -> None:
    run = Simulated(Budget(iterations=iterations)).run()
    assert run.observer.iteration == sum(run.allowances) == iterations
    assert run.outcome.sentence == f"the budget of {iterations} iterations is spent, best loss 1"


@given(thirds=st.integers(1, 900))
def test_costs_that_add_up_to_the_budget_use_all_of_it(thirds: int) -> None:
    run = Simulated(Budget(cost=thirds / 3), twelfths=4).run()
    assert run.observer.iteration == thirds


@given(seconds=st.floats(0.01, 20), pace=st.floats(1e-4, 40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_budget_of_seconds_is_exceeded_by_less_than_an_iteration(seconds: float, pace: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        run = Simulated(Budget(seconds=seconds), pace=max(pace, seconds / 2000), clock=installed(patch)).run()
    assert seconds <= run.observer.clock.seconds + 1e-9
    assert run.observer.clock.seconds < seconds + run.pace + 1e-9
    assert run.outcome.name == "budget"
    assert run.outcome.sentence == f"the budget of {seconds:g} seconds is spent, best loss 1"
    # No stretch is longer than a fifth of a second, or than one iteration.
    assert max(run.allowances) * run.pace <= max(0.2, run.pace) + 1e-9


def test_a_search_that_slows_down_is_looked_at_in_time(clock: Clock) -> None:
    run = Simulated(Budget(seconds=3.0), pace=1e-3, clock=clock)
    run.loss = lambda iteration: setattr(run, "pace", 0.01) or 1.0 if iteration > 300 else 1.0  # type: ignore[func-returns-value]
    run.run()
    assert 3.0 <= run.observer.clock.seconds < 3.0 + 2.0, (
        "ten times slower: at most ten stretches of 0.2 s at once"
    )


def test_a_stretch_is_at_most_twice_the_last_where_seconds_are_limited(clock: Clock) -> None:
    """One quick iteration may have been too short to be timed, and says little about a hundred."""
    run = Simulated(Budget(seconds=400.0), pace=1.0, clock=clock)

    def loss(iteration: int) -> float:
        if iteration == 300:
            run.pace = 1e-6
        elif iteration == 308:
            run.pace = 1.0
        return 1.0

    run.loss = loss
    run.run()
    assert max(run.allowances) > 1
    for before, after in itertools.pairwise(run.allowances):
        assert after <= 2 * before
    assert run.observer.clock.seconds < 420


@pytest.mark.parametrize(
    ("limits", "reached"),
    [
        ({"cost": 50.0, "iterations": 90, "seconds": 90.0}, "cost 50"),
        ({"cost": 90.0, "iterations": 50, "seconds": 90.0}, "50 iterations"),
        ({"cost": 90.0, "iterations": 90, "seconds": 50.0}, "50 seconds"),
        ({"cost": 50.0, "seconds": 90.0}, "cost 50"),
        ({"iterations": 50, "seconds": 90.0}, "50 iterations"),
    ],
)
def test_the_sentence_names_the_limit_that_was_reached(clock: Clock, limits: Any, reached: str) -> None:
    run = Simulated(Budget(**limits), pace=1.0, clock=clock).run()
    assert run.outcome.name == "budget"
    assert run.outcome.sentence == f"the budget of {reached} is spent, best loss 1"
    assert run.observer.iteration == 50


def test_a_budget_below_one_iteration_allows_none() -> None:
    run = Simulated(Budget(cost=0.5)).run()
    assert run.allowances == []
    assert run.outcome.name == "budget"
    assert len(run.looks) == 1


@pytest.mark.parametrize(
    "limits", [{}, {"cost": 0}, {"cost": math.inf}, {"iterations": 0}, {"iterations": 2.5}, {"seconds": -1}]
)
def test_a_budget_without_a_sensible_limit_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="Budget"):
        Budget(**limits)


# Clock


def test_seconds_exclude_preparation_and_observation(clock: Clock) -> None:
    run = Simulated(Budget(iterations=40), pace=0.5, clock=clock, look_seconds=7.0).run()
    assert run.observer.clock.seconds == pytest.approx(40 * 0.5)
    assert run.observer.clock.observation_seconds == pytest.approx(7.0 * len(run.looks))
    assert [look.seconds for look in run.looks] == pytest.approx([0.5 * look.iteration for look in run.looks])


def test_the_first_look_starts_the_clock(clock: Clock) -> None:
    run = Simulated(Budget(iterations=3), pace=0.25, clock=clock).run()
    assert run.looks[0].seconds == 0.0
    assert run.looks[1].seconds == pytest.approx(0.25)


def test_a_timeout_ends_a_run_whatever_its_budget(clock: Clock) -> None:
    run = Simulated(Budget(iterations=10**6), pace=0.01, clock=clock, timeout=2.0, look_seconds=3.0).run()
    assert run.outcome.name == "timeout"
    assert run.outcome.sentence == "gave up after 2 seconds, best loss 1"
    assert 2.0 <= run.observer.clock.seconds < 2.01 + 1e-9
    assert max(run.allowances) * 0.01 <= 0.2 + 1e-9


def test_a_budget_of_seconds_before_the_timeout_is_a_budget(clock: Clock) -> None:
    run = Simulated(Budget(seconds=1.0), pace=0.01, clock=clock, timeout=2.0).run()
    assert run.outcome.name == "budget"
    late = Simulated(Budget(seconds=3.0), pace=0.01, clock=clock, timeout=2.0).run()
    assert late.outcome.name == "timeout"


def test_a_search_too_fast_for_the_clock_still_ends(clock: Clock) -> None:
    run = Simulated(Budget(seconds=1.0, iterations=3000), pace=0.0, clock=clock).run()
    assert run.observer.iteration == 3000
    assert len(run.looks) < 4000


# Target


def solved_cost_by_counting(losses: list[float], target: float, price: float) -> float:
    for iteration, loss in enumerate(losses):
        if loss <= target:
            return iteration * price
    return math.nan


@st.composite
def loss_curves(draw: st.DrawFn) -> list[float]:
    """Losses that stay finite up to the last, which may be anything."""
    finite = st.floats(0.0, 1.0, allow_nan=False)
    curve = draw(st.lists(finite, min_size=2, max_size=80))
    return [*curve, draw(st.one_of(finite, st.just(math.inf)))]


@given(loss_curves(), st.floats(0.0, 0.3), st.integers(1, 30))
def test_the_cost_to_the_target_is_that_of_the_first_iterate_below(
    losses: list[float], target: float, twelfths: int
) -> None:
    last = len(losses) - 1
    run = Simulated(Budget(iterations=last), loss=losses.__getitem__, twelfths=twelfths, target=target).run()
    # At the start nothing has been paid for, and the loss that decides costs one evaluation.
    expected = solved_cost_by_counting(losses, target, twelfths / ROWS) or 1.0
    assert run.observer.meter.solved_cost == pytest.approx(expected, rel=1e-12, nan_ok=True)
    if math.isnan(expected):
        assert run.outcome.name == ("budget" if math.isfinite(losses[-1]) else "diverged")
    else:
        assert run.outcome.name == "solved"
        assert run.outcome.sentence.startswith(f"the loss reached the target {target:g} at cost ")


@pytest.mark.parametrize("end", [math.nan, math.inf])
def test_a_target_that_was_reached_before_a_divergence_counts(end: float) -> None:
    """A loop that does not end at the target by itself, but shows where it was."""
    losses = [1.0, 0.5, 0.01, 0.7, end]
    looks: list[Look] = []
    objective = Measured(lambda w: losses[int(w[0])], rows=1)
    observer = Observer(objective, 1.0, Budget(iterations=100), target=0.1, keep=looks.append)
    observer._allowed = 4
    observer(np.zeros(1), loss=1.0)
    observer._allowed = 4
    objective.counters[VALUE_ROWS] += 4
    observer(np.full(1, 4.0), iterations=4, losses=np.array(losses[:4]), best=np.full(1, 2.0), loss=end)
    assert observer.outcome is not None
    assert observer.outcome.name == "solved"
    assert (observer.best.w, observer.best.loss, observer.final_loss) == ([2.0], 0.01, 0.01)
    # One more for the loss that decided.
    assert observer.meter.solved_cost == observer.meter.cost == looks[-1].cost == 5.0


def test_without_losses_the_target_is_reached_where_it_is_seen() -> None:
    run = Simulated(
        Budget(iterations=100), loss=lambda iteration: 1.0 if iteration < 30 else 0.0, told=False, target=0.0
    ).run()
    first = next(look for look in run.looks if look.iteration >= 30)
    assert run.outcome.name == "solved"
    assert run.observer.meter.solved_cost == first.cost >= 30
    assert run.looks[-1] is first


def test_a_start_at_the_target_costs_the_value_that_says_so() -> None:
    run = Simulated(Budget(iterations=5), loss=lambda iteration: 0.5, target=0.5).run()
    assert run.outcome.name == "solved"
    assert run.observer.meter.solved_cost == run.observer.meter.cost == 1.0
    assert run.allowances == []


def test_without_a_target_nothing_is_solved() -> None:
    run = Simulated(Budget(iterations=5), loss=lambda iteration: 0.0).run()
    assert run.outcome.name == "budget"
    assert math.isnan(run.observer.meter.solved_cost)


# Best and last


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=60))
def test_the_best_point_is_the_lowest_that_was_looked_at(losses: list[float]) -> None:
    run = Simulated(Budget(iterations=len(losses) - 1), loss=losses.__getitem__, told=False).run()
    seen = [(look.loss, look.iteration) for look in run.looks]
    assert run.observer.best.loss == min(seen)[0]
    # The simulated search stands at w = iteration; of equals the first is kept.
    assert run.observer.best.w.tolist() == [float(min(seen)[1])]
    assert run.observer.final_loss == losses[-1]
    assert run.observer.iteration == len(losses) - 1


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=60))
def test_the_best_point_is_the_lowest_of_all_where_the_search_shows_it(losses: list[float]) -> None:
    run = Simulated(Budget(iterations=len(losses) - 1), loss=losses.__getitem__).run()
    assert run.observer.best.loss == min(losses)
    assert run.observer.best.w.tolist() == [float(losses.index(min(losses)))]


def test_the_best_point_is_a_copy() -> None:
    observer = Observer(Measured(lambda w: w[0], 2), 1.0, Budget(iterations=10))
    w = np.array([1.0, 2.0])
    observer(w, loss=1.0)
    w[:] = 9.0
    assert observer.best.w.tolist() == [1.0, 2.0]


def test_a_loss_that_is_left_out_is_measured_without_being_counted() -> None:
    objective = Measured(lambda w: float(w @ w), 2)
    looks: list[Look] = []
    observer = Observer(objective, 1.0, Budget(iterations=10), keep=looks.append)
    observer(np.array([3.0, 4.0]))
    assert looks[0].loss == 25.0
    assert objective.cost == 0.0


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("told", [True, False])
def test_a_loss_that_is_not_finite_is_a_divergence(loss: float, told: bool) -> None:
    losses = [1.0, 0.5, 2.0, 3.0, loss]
    run = Simulated(Budget(iterations=100), loss=losses.__getitem__, told=told).run()
    assert run.outcome.name == "diverged"
    assert run.outcome.sentence == f"the loss became {loss} by iteration 4: try a smaller step"
    assert run.observer.best.w.tolist() == ([4.0] if loss == -math.inf else [1.0])
    assert run.observer.iteration == 4


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_start_that_is_not_finite_is_a_divergence(loss: float) -> None:
    run = Simulated(Budget(iterations=100), loss=lambda iteration: loss, target=0.0).run()
    assert run.outcome.name == "diverged"
    assert run.allowances == []
    assert run.observer.best.w.tolist() == [0.0]


# Looks


def test_a_look_holds_the_loss_of_every_iterate_since_the_last() -> None:
    run = Simulated(Budget(iterations=300), loss=lambda iteration: 1 / (1 + iteration)).run()
    trail = []
    for before, look in itertools.pairwise(run.looks):
        assert look.losses is not None
        assert len(look.losses) == look.iteration - before.iteration
        assert look.losses[0] == before.loss
        assert look.lowest == look.loss
        assert look.value_rows == look.iteration * ROWS
        assert look.cost == look.iteration
        assert look.gradient_rows == 0
        trail += look.losses.tolist()
    assert [*trail, look.loss] == [1 / (1 + iteration) for iteration in range(301)]
    assert run.looks[0].losses is None


def test_a_stretch_without_iterations_has_no_iterates() -> None:
    """A search whose very next gradient is not finite has nothing between two looks."""
    looks: list[Look] = []
    observer = Observer(
        Measured(lambda w: [1.0, math.nan][int(w[0])]), 1.0, Budget(iterations=10), keep=looks.append
    )
    observer(np.zeros(1), loss=1.0)
    observer(np.ones(1), iterations=0, losses=np.empty(0), loss=math.nan)
    assert looks[-1].losses is None or looks[-1].losses.size == 0
    assert observer.outcome is not None
    assert observer.outcome.name == "diverged"


def test_population_losses_are_handed_on() -> None:
    looks: list[Look] = []
    observer = Observer(
        Measured(lambda w: [1.0, 0.5][int(w[0])]), 5.0, Budget(iterations=10), keep=looks.append
    )
    observer(np.zeros(1), loss=1.0)
    observer(np.ones(1), iterations=1, loss=0.5, population_losses=np.array([0.5, 2.0]))
    assert looks[0].population_losses is None
    assert looks[1].population_losses is not None
    assert looks[1].population_losses.tolist() == [0.5, 2.0]


@pytest.fixture(autouse=True)
def _numbers_are_quiet() -> Iterator[None]:
    with np.errstate(all="raise"):
        yield


# Searches that go on after what has ended them


def looked_at(budget: Budget, target: float | None = None) -> Observer:
    """A search of the distance from 0 by a function whose calls are paid for."""
    return Observer(FunctionObjective(lambda w: abs(float(w[0])), 1), 1.0, budget, target)


def test_a_search_that_asks_again_after_its_end_is_stopped() -> None:
    observer = looked_at(Budget(iterations=2))
    assert observer(np.ones(1)) == 1
    assert observer(np.ones(1), iterations=1) == 1
    assert observer(np.ones(1), iterations=1) == 0
    with pytest.raises(StoppedError):
        observer(np.ones(1))


def test_a_search_that_asks_after_its_run_was_closed_is_told_so_once() -> None:
    observer = looked_at(Budget(iterations=9))
    observer(np.ones(1))
    outcome = observer.close()
    assert observer(np.zeros(1), iterations=1) == 0
    with pytest.raises(StoppedError):
        observer(np.zeros(1), iterations=1)
    assert observer.outcome is outcome
    assert observer.best.loss == 1.0


def test_a_search_that_goes_on_past_its_target_is_solved_where_it_was_there() -> None:
    observer = looked_at(Budget(cost=9), target=0.5)
    observer(np.full(1, 3.0), loss=3.0)
    for w in (2.0, 0.25, 1.0):
        with contextlib.suppress(StoppedError):
            observer.view.value([w])
    assert observer(np.ones(1), iterations=1) == 0
    assert observer.outcome is not None
    assert observer.outcome.name == "solved"
    assert (observer.best.w.tolist(), observer.best.loss) == ([0.25], 0.25)
    assert observer.meter.cost <= 4.0


@pytest.mark.parametrize("told", [True, False])
def test_a_search_that_goes_on_past_its_budget_has_spent_it(told: bool) -> None:
    observer = looked_at(Budget(cost=3))
    observer(np.full(1, 5.0))
    for w in (4.0, 2.0, 3.0, 1.0):
        with contextlib.suppress(StoppedError):
            observer.view.value([w])
    # What it shows in the end was never paid for, nor is it looked at.
    assert observer(np.zeros(1) if not told else np.full(1, 2.0), iterations=1) == 0
    assert observer.outcome is not None
    assert observer.outcome.name == "budget"
    assert (observer.best.w.tolist(), observer.best.loss) == ([2.0], 2.0)
    assert observer.meter.cost == 3.0


def test_a_part_of_the_rows_at_the_target_solves_nothing() -> None:
    objective = harness.problems.load("xor").objective()
    observer = Observer(objective, 1.0, Budget(cost=100), target=10.0)
    w = np.zeros(objective.size)
    for losses in (
        observer.view.value(w, rows=[0, 1]),
        observer.view.values(w[None], rows=[0, 1]),
        observer.view.values(np.empty((0, w.size))),
    ):
        assert np.all(np.asarray(losses) < 10.0)
        assert not observer.over
    observer.view.values(w[None])
    assert observer.over


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"best": [1.0, 2.0]}, "it showed best parameters that are no vector of shape (1,) of real numbers"),
        ({"best": [[1.0], [1.0, 2.0]]}, "it showed best parameters that are no vector of shape (1,)"),
        ({"losses": [1.0, 2.0]}, "it told losses that are not 1 numbers, one for each iteration"),
        ({"losses": ["low"]}, "it told losses that are not 1 numbers"),
        ({"losses": [1.0], "loss": "low"}, "it told of loss 'low', expected a number"),
    ],
    ids=str,
)
def test_a_look_of_another_form_fails_the_run(arguments: dict[str, Any], said: str) -> None:
    observer = looked_at(Budget(iterations=9))
    observer(np.ones(1))
    assert observer([1.0], iterations=1, **arguments) == 0
    assert observer.outcome is not None
    assert observer.outcome.name == "failed"
    assert observer.outcome.sentence.startswith(said)
    assert observer.outcome.sentence.endswith(": mend the optimizer")


def test_what_was_found_lowest_and_what_is_looked_at_are_known_however_long_ago() -> None:
    seen = Evaluated(1_000_000)
    for number in range(40):
        seen.keep(str(number).encode(), abs(number - 3.0))
        if number == 5:
            assert seen.loss(b"5") == 2.0
    # Sixteen are remembered, beside these two.
    assert [seen.loss(name) for name in (b"3", b"4", b"23", b"24", b"39")] == [0.0, None, None, 21.0, 36.0]
    for number in range(40, 60):
        seen.keep(str(number).encode(), 99.0)
        assert seen.loss(b"39") == 36.0


def test_a_lowest_answer_of_a_noisy_point_stays_among_its_answers() -> None:
    seen = Evaluated(1)
    for loss in (5.0, 1.0, 4.0, 3.0, 6.0, 7.0):
        seen.keep(b"noisy", loss)
    assert seen.answers(b"noisy") == (1.0, 5.0, 3.0, 6.0, 7.0)
    assert seen.loss(b"noisy") == 7.0
