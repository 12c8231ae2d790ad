"""The contract of every optimizer, whoever wrote it: protocol, counting, randomness, refusals and names."""

from __future__ import annotations

import dataclasses
import functools
import gc
import math
import pickle
import random
import re
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, get_args

import numpy as np
import pytest
from thinning import left_to_slow
from watching import LeastSquares, Watcher, watch

import harness
import optimizers
from optimizers import Budget, FunctionObjective, InputError, Objective, Optimizer
from optimizers.look import Look
from optimizers.objective import Measurable, Need
from optimizers.observer import Observer
from optimizers.optimizer import Outcome
from optimizers.options import option_values
from optimizers.search import observed, search
from optimizers.specification import parse

CLASSES = optimizers.known_optimizers()
VARIANTS = [f"{name}:{options}" for name, found in CLASSES.items() for options in found.variants]
"""Optimizers with an option that makes them another program; what they do is tested like any other."""

NAMES = [*CLASSES, *VARIANTS]
CENTRE = np.array([0.6, -0.3])
SCRIPT = [1, 3, 7, 2, 1, 6]


def quadratic(w: Any) -> float:
    return float((w[0] - CENTRE[0]) ** 2 + 2 * (w[1] - CENTRE[1]) ** 2)


def slope(w: Any) -> Any:
    return np.array([2.0, 4.0]) * (w - CENTRE)


def bend(w: Any, v: Any) -> Any:
    return np.array([2.0, 4.0]) * v


class Kind(NamedTuple):
    """A kind of objective, and a start for it."""

    build: Callable[[], Objective]
    start: Callable[[], Any]
    minimum: float | None = None
    need: Need | None = None
    """Where it is there for optimizers with this need; to all others it is like another kind."""


@functools.cache
def problem(name: str) -> harness.Problem:
    return harness.problems.load(name)


def from_problem(name: str, path: str) -> Kind:
    def build() -> Objective:
        objective = problem(name).objective()
        if path == "python":
            objective.compiled = None
        return objective

    return Kind(build, lambda: problem(name).start(), problem(name).target if name == "setosa" else None)


@functools.cache
def regression() -> harness.Problem:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(30, 2))
    Y = np.stack([np.sin(X[:, 0]), X[:, 0] * X[:, 1]], axis=1)
    return harness.Problem.from_arrays(X, Y, hidden=(4,), loss="squared", test_fraction=0)


KINDS = {
    "function": Kind(lambda: FunctionObjective(quadratic, 2), lambda: np.array([1.5, 0.4]), 0.0),
    "gradient": Kind(lambda: FunctionObjective(quadratic, 2, slope), lambda: np.array([1.5, 0.4]), 0.0),
    "curvature": Kind(
        lambda: FunctionObjective(quadratic, 2, slope, hessian_product=bend),
        lambda: np.array([1.5, 0.4]),
        0.0,
        "curvature",
    ),
    "regression": Kind(lambda: regression().objective(), lambda: regression().start(), need="residuals"),
    "rows": Kind(LeastSquares, lambda: np.array([-0.2, 0.3, 0.9]), 0.0),
    "xor": from_problem("xor", "compiled"),
    "xor-python": from_problem("xor", "python"),
    "setosa": from_problem("setosa", "compiled"),
    "setosa-python": from_problem("setosa", "python"),
}


def class_of(name: str) -> type[Optimizer]:
    return CLASSES[parse(name)["name"]]


def build(name: str) -> Optimizer:
    return optimizers.build_optimizer(parse(name))


ASKED_ABOUT = {kind: found.build() for kind, found in KINDS.items()}
"""One objective of each kind for the question who works on it, which every collection asks."""


def works(name: str, kind: str) -> bool:
    return build(name).refusal(ASKED_ABOUT[kind]) is None


PAIRS = [
    (name, kind) for name in NAMES for kind in KINDS if KINDS[kind].need in (None, *class_of(name).needs)
]
WORKING = [pair for pair in PAIRS if works(*pair)]
REFUSING = [pair for pair in PAIRS if pair not in WORKING]
BATCHED = [name for name, found in CLASSES.items() if "batch" in found.__dataclass_fields__]

SLOW_ENGINE = "engine=pygad"
"""PyGAD takes 3 ms for a generation where all others take microseconds."""


def case(name: str, kind: str) -> Any:
    """A pair as a parameter: of those of the slow engine some are left to the slow tests, no kind of path."""
    slow = SLOW_ENGINE in name and kind not in ("function", "rows", "xor")
    return left_to_slow((name, kind)) if slow else (name, kind)


every_class = pytest.mark.parametrize("name", CLASSES)
every_optimizer = pytest.mark.parametrize("name", NAMES)
every_pair = pytest.mark.parametrize(("name", "kind"), [case(*pair) for pair in WORKING])


def searched(name: str, kind: str, allowances: Iterable[int], **options: Any) -> Watcher:
    optimizer = dataclasses.replace(build(name), **options)
    return watch(optimizer, KINDS[kind].build(), KINDS[kind].start(), allowances)


STEPS = (1,) * 20


@functools.cache
def walked(name: str, kind: str, allowances: tuple[int, ...] = STEPS) -> Watcher:
    """Search once for every test that only looks at what was seen."""
    return searched(name, kind, [*allowances, 0])


@contextmanager
def global_randomness(seed: int) -> Iterator[None]:
    """Seed what belongs to the caller, and check at the end that nobody has drawn from it."""
    numpy_state, python_state = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    try:
        np.random.seed(seed)  # noqa: NPY002
        random.seed(seed)
        before = pickle.dumps((np.random.get_state(legacy=False), random.getstate()))  # noqa: NPY002
        yield
        after = pickle.dumps((np.random.get_state(legacy=False), random.getstate()))  # noqa: NPY002
        assert before == after
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


# Searching


@every_optimizer
def test_works_on_a_kind_of_objective_whose_minimum_is_known(name: str) -> None:
    assert any(KINDS[kind].minimum is not None for found, kind in WORKING if found == name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (name, kind)
        for name, kind in WORKING
        if "python" not in kind
        and KINDS[kind].minimum is not None
        and (kind != "setosa" or "single-layer" in class_of(name).needs)
    ],
)
def test_reaches_a_known_minimum_from_a_start(name: str, kind: str) -> None:
    objective, start = KINDS[kind].build(), KINDS[kind].start()
    first = objective.peek(start)
    assert first > 0
    target = 0.0 if kind == "setosa" else first / 1000
    best = optimizers.minimize(objective, start, build(name), 100_000, target=target)
    assert best.outcome.name == "solved", best.outcome


@every_optimizer
def test_an_answer_to_a_solved_problem_is_at_the_target(name: str) -> None:
    above = []
    for found, kind in WORKING:
        if found != name or KINDS[kind].minimum is None or "python" in kind:
            continue
        for fold in (3, 30, 300):
            objective, start = KINDS[kind].build(), KINDS[kind].start()
            target = objective.peek(start) / fold
            best = optimizers.minimize(objective, start, build(name), 20_000, target=target)
            if best.outcome.name == "solved" and best.loss > target:
                above.append((kind, fold, best.loss / target))
    assert not above


@every_pair
def test_the_answer_has_the_loss_that_it_is_said_to_have(name: str, kind: str) -> None:
    objective, start = KINDS[kind].build(), KINDS[kind].start()
    best = optimizers.minimize(objective, start, build(name), Budget(iterations=25))
    assert best.w.shape == (objective.size,)
    assert best.loss == pytest.approx(objective.peek(best.w), rel=1e-12, abs=1e-300)
    assert best.loss <= objective.peek(start)
    assert best.cost == objective.cost


# Looking


@every_pair
def test_the_first_look_is_at_the_start_before_anything_is_paid_for(name: str, kind: str) -> None:
    objective, start = KINDS[kind].build(), KINDS[kind].start()
    first = watch(build(name), objective, start, [2]).seen[0]
    assert first.w.tobytes() == start.tobytes()
    assert first.w.shape == start.shape
    assert first.iterations == 0
    assert first.counters == (0, 0)
    assert first.cost == 0
    assert first.loss is None or first.loss == objective.peek(start)


@every_pair
def test_the_first_loss_is_the_same_for_every_optimizer(name: str, kind: str) -> None:
    losses = []
    objective = KINDS[kind].build()
    observer = Observer(
        objective,
        build(name).iteration_cost(objective),
        Budget(iterations=2),
        keep=lambda look: losses.append(look.loss),
    )
    build(name).run(observer.view, KINDS[kind].start(), np.random.default_rng(1), observer)
    assert losses[0] == objective.peek(KINDS[kind].start())


@every_pair
def test_nothing_is_evaluated_after_a_stop(name: str, kind: str) -> None:
    for looks in (0, 1, 4):
        watcher = searched(name, kind, SCRIPT[:looks])
        assert len(watcher.seen) == looks + 1 or watcher.outcome is not None
        if len(watcher.seen) == looks + 1:
            assert watcher.outcome is None, "the observer ended the search, not the optimizer"
        objective = watcher.objective
        assert (objective.value_rows, objective.gradient_rows) == watcher.seen[-1].counters


@pytest.mark.parametrize("name", [name for name, kind in WORKING if kind == "function"])
def test_no_call_of_a_function_is_made_after_a_stop(name: str) -> None:
    calls, at_look = [0], []

    def counted(w: Any) -> float:
        calls[0] += 1
        return quadratic(w)

    class Stop(Watcher):
        def __call__(self, *arguments: Any, **named: Any) -> int:
            at_look.append(calls[0])
            return super().__call__(*arguments, **named)

    objective = FunctionObjective(counted, 2)
    build(name).run(objective, KINDS["function"].start(), np.random.default_rng(0), Stop(objective, [2, 3]))
    assert at_look[0] == 0
    assert calls[0] == at_look[-1] == objective.cost


@every_pair
def test_a_stretch_keeps_to_its_allowance_of_iterations_and_of_cost(name: str, kind: str) -> None:
    watcher = searched(name, kind, SCRIPT)
    price = build(name).iteration_cost(watcher.objective)
    assert math.isfinite(price)
    assert price > 0
    for before, look in zip(watcher.seen, watcher.seen[1:], strict=False):
        assert 1 <= look.iterations <= before.allowance
        assert 0 < look.cost - before.cost <= look.iterations * price + 1e-9
        assert look.losses is None or look.losses.shape == (look.iterations,)


@every_pair
def test_looking_elsewhere_changes_nothing(name: str, kind: str) -> None:
    each, once, some = (walked(name, kind, allowances) for allowances in (STEPS, (20,), (2, 9, 1, 8)))
    last = min(watcher.iterations for watcher in (each, once, some))
    assert each.iterations == last == once.iterations == some.iterations
    assert each.seen[-1].w.tobytes() == once.seen[-1].w.tobytes() == some.seen[-1].w.tobytes()
    assert each.seen[-1].counters == once.seen[-1].counters == some.seen[-1].counters


@every_pair
def test_the_losses_told_are_those_of_the_iterates(name: str, kind: str) -> None:
    each, once = walked(name, kind), walked(name, kind, (20,))
    peeked = np.array([each.objective.peek(w) for w in each.path])
    for place, look in enumerate(each.seen[1:]):
        if look.losses is not None:
            assert look.losses[0] == pytest.approx(peeked[place], rel=1e-12, abs=1e-300)
        if look.loss is not None:
            assert look.loss == pytest.approx(peeked[place + 1], rel=1e-12, abs=1e-300)
        if look.population_losses is not None:
            assert look.population_losses.min() >= peeked[place + 1] * (1 - 1e-12)
    if once.seen[-1].losses is not None:
        np.testing.assert_allclose(once.seen[-1].losses, peeked[:-1], rtol=1e-12, atol=1e-300)


@every_pair
def test_the_best_iterate_told_is_that_of_the_lowest_loss(name: str, kind: str) -> None:
    watcher = walked(name, kind, (2, 9, 1, 8))
    for look in watcher.seen:
        if look.best is not None and look.losses is not None and look.losses.size:
            assert watcher.objective.peek(look.best) == pytest.approx(
                look.losses.min(), rel=1e-12, abs=1e-300
            )


@every_pair
def test_the_answer_is_the_lowest_loss_that_was_told(name: str, kind: str) -> None:
    told = []
    objective = KINDS[kind].build()

    def keep(look: Look) -> None:
        told.extend([look.loss] if look.losses is None else [*look.losses.tolist(), look.loss])

    price = build(name).iteration_cost(objective)
    observer = Observer(objective, price, Budget(iterations=60), keep=keep)
    build(name).run(observer.view, KINDS[kind].start(), np.random.default_rng(1), observer)
    assert observer.best.loss == pytest.approx(min(told), rel=1e-12, abs=1e-300)
    assert objective.peek(observer.best.w) == pytest.approx(observer.best.loss, rel=1e-12, abs=1e-300)


# Randomness


@every_pair
def test_the_same_seed_gives_the_same_bits_whatever_the_global_state(name: str, kind: str) -> None:
    with global_randomness(1):
        found = searched(name, kind, [2, 9, 1, 8, 0])
    assert found.path.tobytes() == walked(name, kind, (2, 9, 1, 8)).path.tobytes()


class Watched(np.random.PCG64):
    """Can be referred to weakly."""


@every_pair
def test_nobody_keeps_the_generator(name: str, kind: str) -> None:
    rng = np.random.Generator(Watched(7))
    watched = weakref.ref(rng.bit_generator)
    optimizer, objective = build(name), KINDS[kind].build()
    optimizer.run(objective, KINDS[kind].start(), rng, Watcher(objective, [5, 5]))
    del rng
    gc.collect(0)
    if watched() is not None:
        # What refers to it in a circle takes a search through everything, a tenth of a second.
        gc.collect()
    assert watched() is None


@every_pair
def test_the_start_is_left_as_it_is(name: str, kind: str) -> None:
    start = KINDS[kind].start()
    start.flags.writeable = False
    before = start.tobytes()
    watcher = watch(build(name), KINDS[kind].build(), start, [5, 5])
    assert start.tobytes() == before
    assert watcher.iterations >= 1


@every_pair
def test_an_optimizer_may_run_twice(name: str, kind: str) -> None:
    optimizer = build(name)
    paths = [watch(optimizer, KINDS[kind].build(), KINDS[kind].start(), [4, 4]).path for _ in range(2)]
    assert paths[0].tobytes() == paths[1].tobytes()


@pytest.mark.parametrize(("name", "kind"), [pair for pair in WORKING if pair[1] in ("xor", "setosa")])
def test_the_compiled_path_and_the_python_path_agree(name: str, kind: str) -> None:
    compiled, plain = walked(name, kind), walked(name, f"{kind}-python")
    np.testing.assert_allclose(compiled.path, plain.path, rtol=1e-9, atol=1e-12)
    assert compiled.seen[-1].counters == plain.seen[-1].counters


# Counting


@pytest.mark.parametrize("name", [name for name, kind in WORKING if kind == "rows"])
def test_the_cost_is_that_of_an_independent_ledger(name: str) -> None:
    objective = LeastSquares()
    best = optimizers.minimize(objective, KINDS["rows"].start(), build(name), Budget(iterations=30))
    # The loss that ends the run costs one value where the search has not paid for it.
    last = 0.0 if class_of(name).pays_for_loss else 1.0
    assert best.cost == pytest.approx(math.fsum(objective.ledger) + last, rel=1e-12)
    assert best.cost > 0


@every_pair
def test_iterations_of_one_cost_add_up(name: str, kind: str) -> None:
    watcher = walked(name, kind)
    steps = np.diff([look.cost for look in watcher.seen])
    if np.ptp(steps) < 1e-9:
        price = build(name).iteration_cost(watcher.objective)
        assert watcher.seen[-1].cost == pytest.approx(watcher.iterations * price, rel=1e-12)
    else:
        assert steps.max() <= build(name).iteration_cost(watcher.objective) + 1e-9


@every_pair
def test_a_run_never_costs_more_than_its_budget(name: str, kind: str) -> None:
    for cost in (137.0, 260.5):
        objective = KINDS[kind].build()
        best = optimizers.minimize(objective, KINDS[kind].start(), build(name), cost)
        assert 0 < objective.cost <= cost + 1e-9
        if best.outcome.name == "budget":
            assert best.cost == objective.cost
            assert objective.cost + build(name).iteration_cost(objective) + 1.0 > cost - 1e-6


@pytest.mark.parametrize("name", BATCHED)
@pytest.mark.parametrize("kind", ["rows", "xor", "xor-python"])
@pytest.mark.parametrize("batch", [1, 3])
def test_batches_cost_their_rows_on_either_path(name: str, kind: str, batch: int) -> None:
    watcher = searched(name, kind, [1] * 9, batch=batch)
    rows = watcher.objective.rows
    price = dataclasses.replace(build(name), batch=batch).iteration_cost(watcher.objective)
    steps = np.diff([look.cost for look in watcher.seen])
    assert price == pytest.approx(watcher.objective.gradient.cost * batch / rows)
    assert steps.max() <= price + 1e-9
    assert all(look.losses is None for look in watcher.seen), "a batch does not know the loss over all rows"


@pytest.mark.parametrize("name", BATCHED)
def test_batches_take_the_same_steps_on_either_path(name: str) -> None:
    compiled = searched(name, "xor", [1] * 20, batch=3)
    plain = searched(name, "xor-python", [1] * 20, batch=3)
    np.testing.assert_allclose(compiled.path, plain.path, rtol=1e-9, atol=1e-12)
    assert compiled.seen[-1].counters == plain.seen[-1].counters


@pytest.mark.parametrize("name", BATCHED)
def test_a_batch_of_every_row_is_no_batch(name: str) -> None:
    whole = searched(name, "xor", [5, 5])
    for batch in (4, 5, 1000):
        assert searched(name, "xor", [5, 5], batch=batch).path.tobytes() == whole.path.tobytes()


# Losses that are not finite


def ended(name: str, objective: Measurable, start: Any) -> tuple[Observer, Outcome]:
    """Run as the harness does, and check what holds of every end."""
    optimizer = build(name)
    # A generation of the slow engine calls a function fifty times, so that few of them show an end as well.
    iterations = 30 if SLOW_ENGINE in name else 300
    observer = observed(optimizer, objective, start, Budget(iterations=iterations))
    outcome = search(optimizer, start, np.random.default_rng(3), observer, contain=False)
    assert outcome.name in ("budget", "stalled", "diverged"), outcome
    assert len(outcome.sentence) > 10
    assert (outcome.name == "diverged") == (not math.isfinite(observer.final_loss)), outcome
    assert observer.iteration <= iterations
    return observer, outcome


@pytest.mark.parametrize("name", [name for name, kind in WORKING if kind == "function"])
@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_function_that_is_nowhere_finite_diverges(name: str, loss: float) -> None:
    observer, outcome = ended(name, FunctionObjective(lambda w: loss, 2), np.ones(2))
    assert outcome.name == "diverged"
    if class_of(name).draws:
        assert observer.iteration >= 1
        assert "no member" in outcome.sentence or "no point had a finite loss" in outcome.sentence
    else:
        assert outcome.sentence.startswith(f"the start is at fault, its loss is {loss}")
        assert observer.iteration == 0


@pytest.mark.parametrize(("name", "kind"), [pair for pair in WORKING if pair[1] in ("function", "gradient")])
@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_function_that_is_finite_at_the_start_only_ends(name: str, kind: str, loss: float) -> None:
    start = np.ones(2)

    def lonely(w: Any) -> float:
        return 1.0 if np.array_equal(w, start) else loss

    objective = FunctionObjective(lonely, 2, slope if kind == "gradient" else None)
    observer, outcome = ended(name, objective, start)
    assert observer.best.loss == 1.0
    assert observer.best.w.tolist() == start.tolist()
    # A population may keep the start while it looks elsewhere.
    if kind == "gradient" and class_of(name).needs & {"gradient", "population"} == {"gradient"}:
        assert outcome.name in ("diverged", "stalled")


@pytest.mark.parametrize(("name", "kind"), [pair for pair in WORKING if pair[1] in ("function", "gradient")])
@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_function_that_ceases_to_be_finite_ends(name: str, kind: str, loss: float) -> None:
    calls = [0]

    def failing(w: Any) -> float:
        calls[0] += 1
        return quadratic(w) if calls[0] < 60 else loss

    objective = FunctionObjective(failing, 2, slope if kind == "gradient" else None)
    observer, _ = ended(name, objective, KINDS[kind].start())
    assert math.isfinite(observer.best.loss)


@pytest.mark.parametrize(("name", "kind"), [pair for pair in WORKING if pair[1] in ("xor", "setosa")])
def test_a_start_that_overflows_a_network_diverges_at_once(name: str, kind: str) -> None:
    objective = KINDS[kind].build()
    start = np.where(np.arange(objective.size) % 2, -1.7e308, 1.7e308)
    assert not math.isfinite(objective.peek(start))
    observer, outcome = ended(name, objective, start)
    if class_of(name).draws:
        assert observer.iteration >= 1
    else:
        assert outcome.name == "diverged"
        assert "the start is at fault" in outcome.sentence


@every_optimizer
@pytest.mark.parametrize("path", ["compiled", "python"])
def test_a_network_that_overflows_on_its_way_ends(name: str, path: str) -> None:
    rng = np.random.default_rng(0)
    X = 1e80 * rng.normal(size=(20, 3))
    steep = harness.Problem.from_arrays(
        X, np.sign(X[:, 0]), hidden=(), loss="half-squared", test_fraction=0, scale=False
    )
    objective = steep.objective()
    if path == "python":
        objective.compiled = None
    assert build(name).refusal(objective) is None
    ended(name, objective, 1e60 * steep.start())


# Refusals


@pytest.mark.parametrize(("name", "kind"), REFUSING)
def test_a_refusal_gives_reason_and_remedy_before_anything_runs(name: str, kind: str) -> None:
    objective = KINDS[kind].build()
    reason = build(name).refusal(objective)
    assert reason is not None
    cause, colon, remedy = reason.rpartition(": ")
    assert colon
    assert len(cause.split()) >= 3
    assert len(remedy.split()) >= 3
    with pytest.raises(InputError, match=re.escape(reason)) as caught:
        optimizers.minimize(objective, KINDS[kind].start(), build(name), 100)
    assert str(caught.value).startswith(class_of(name).name())
    assert objective.cost == 0


@pytest.mark.parametrize(
    ("name", "need"),
    [
        (name, need)
        for name, found in CLASSES.items()
        for need in ("gradient", "curvature", "residuals")
        if need in found.needs
    ],
)
def test_a_missing_derivative_is_refused_with_its_reason(name: str, need: str) -> None:
    objective = LeastSquares(**{need: False})
    reason = build(name).refusal(objective)
    assert reason is not None
    assert reason == getattr(objective, need).reason
    assert reason.startswith(f"{getattr(objective, need).cause}: take ")


@pytest.mark.parametrize("name", [name for name, found in CLASSES.items() if "gradient" not in found.needs])
def test_what_needs_no_gradient_works_without_one(name: str) -> None:
    objective = LeastSquares(gradient=False)
    if "single-layer" in class_of(name).needs:
        assert build(name).refusal(objective) is not None
        return
    best = optimizers.minimize(objective, KINDS["rows"].start(), build(name), Budget(iterations=5))
    assert best.cost == pytest.approx(math.fsum(objective.ledger))


@pytest.mark.parametrize("name", [name for name, found in CLASSES.items() if "single-layer" in found.needs])
def test_what_trains_one_layer_refuses_all_else(name: str) -> None:
    assert [kind for found, kind in WORKING if found == name] == ["setosa", "setosa-python"]


@pytest.mark.parametrize("name", BATCHED)
def test_batches_of_a_function_without_rows_are_refused(name: str) -> None:
    reason = CLASSES[name](batch=2).refusal(KINDS["function"].build())
    assert reason is not None
    assert "batch" in reason


# Options, names, documentation


@every_class
def test_options_have_defaults_and_are_frozen(name: str) -> None:
    optimizer = CLASSES[name]()
    for option in [*option_values(optimizer), "something_new"]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(optimizer, option, 1)
    assert hash(optimizer) == hash(CLASSES[name]())
    assert optimizer == CLASSES[name]()


@every_class
def test_a_name_leads_back_to_the_optimizer(name: str) -> None:
    optimizer = CLASSES[name]()
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert CLASSES[name].name() == name == optimizer.label
    assert optimizers.build_optimizer(name) == optimizer
    assert optimizers.build_optimizer({"name": name, **option_values(optimizer)}) == optimizer
    assert getattr(optimizers, type(optimizer).__name__) is CLASSES[name]
    assert type(optimizer).__name__ in dir(optimizers)
    with pytest.raises(InputError, match=f"did you mean '{name}'"):
        optimizers.build_optimizer(name + "x")


@every_class
def test_a_misspelt_option_is_answered_with_the_nearest(name: str) -> None:
    for option in option_values(CLASSES[name]()):
        with pytest.raises(InputError, match=f"did you mean '{option}'"):
            CLASSES[name](**{option[0] + option: 1})
    with pytest.raises(InputError, match="has no option 'qqqqq'"):
        CLASSES[name](qqqqq=1)


@every_optimizer
def test_an_optimizer_goes_to_another_process_and_back(name: str) -> None:
    assert pickle.loads(pickle.dumps(build(name))) == build(name)


@every_class
def test_needs_are_known_and_the_source_is_a_citation(name: str) -> None:
    assert CLASSES[name].needs
    assert set(get_args(Need)) >= CLASSES[name].needs
    assert re.search(r"\b(1[89]|20)\d\d\b", CLASSES[name].source), "a year"
    assert len(CLASSES[name].source) > 20


@every_class
def test_the_summary_is_one_imperative_sentence(name: str) -> None:
    summary = CLASSES[name].summary()
    assert summary.endswith(".")
    assert summary.count(". ") == 0
    first = summary.split()[0]
    assert first[0].isupper()
    assert first.lower() not in ("a", "an", "the", "this", "it")
    assert not re.search(r"[^s]s$|ing$|ed$", first), "an imperative"
    assert len(summary.split()) >= 4


@every_class
def test_every_option_is_documented(name: str) -> None:
    texts = "\n".join(found.__doc__ or "" for found in CLASSES[name].__mro__)
    for option in option_values(CLASSES[name]()):
        assert re.search(rf"^\s+{option}: \S", texts, re.MULTILINE), option
