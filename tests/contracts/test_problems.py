"""What every named problem has to do; a new file is found by itself."""

from __future__ import annotations

import dataclasses
import functools
import json
import random
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.gradients.traced_functions import trace_refusal
from harness.network.loss import Loss
from harness.problems import PROBLEMS, FunctionProblem, Problem, ProblemFamily, known_problems, load
from harness.problems.base import START
from harness.problems.function_problem import WithDerivative
from harness.problems.functions import FunctionFamily
from optimizers.errors import MissingExtraError
from optimizers.specification import write

FOLDER = Path(tempfile.mkdtemp())


@functools.cache
def missing(name: str) -> str:
    """Which extra a problem lacks, as it says itself; empty where it has all."""
    try:
        load(name)
    except MissingExtraError as error:
        return str(error)
    return ""


@pytest.fixture(autouse=True)
def skipped_where_its_package_is_missing(name: str) -> None:
    if missing(name):
        pytest.skip(missing(name))


every_problem = pytest.mark.parametrize(
    "name",
    [pytest.param(write(name, family.example(FOLDER)), id=name) for name, family in known_problems().items()],
)

CHANGES: list[dict[str, Any]] = [
    {"hidden": (5,)},
    {"hidden": (4, 3)},
    {"hidden": ()},
    {"activation": "relu"},
    {"activation": ("sigmoid", "relu"), "hidden": (3, 3)},
    {"initializer": "he"},
    {"loss": "squared", "output": "tanh"},
    {"test_fraction": 0.25},
    {"test_fraction": 0},
    {"target": 1e-7},
    {"target": 123456.75},
    {"target": None},
]


def on_data(name: str) -> Problem:
    """The problem, where it is a network on data."""
    problem = load(name)
    if not isinstance(problem, Problem):
        pytest.skip("no network on data")
    return problem


def family_of(name: str) -> ProblemFamily:
    """The family, where it brings data."""
    family = PROBLEMS.build(name)
    if not isinstance(family, ProblemFamily):
        pytest.skip("no network on data")
    return family


@every_problem
def test_a_problem_is_found_by_its_name(name: str) -> None:
    problem = load(name)
    assert problem.name == name
    assert PROBLEMS.build(name).name() == PROBLEMS.read(name)["name"]
    assert name in repr(problem)


@every_problem
def test_the_summary_is_one_short_sentence(name: str) -> None:
    summary = PROBLEMS.build(name).summary()
    assert 10 < len(summary) <= 110
    assert summary.endswith(".")


@every_problem
def test_the_data_are_the_same_twice_and_finite(name: str) -> None:
    (X, y), (X_again, y_again) = family_of(name).data(), family_of(name).data()
    assert X.dtype == np.float64
    assert X.ndim == 2
    assert len(X) == len(y) > 1
    assert np.isfinite(X).all()
    assert X.tobytes() == X_again.tobytes()
    assert (y == y_again).all()


def assert_fits(targets: Any, loss: Loss) -> None:
    assert np.isfinite(targets).all()
    if loss.targets == "signs":
        assert set(np.unique(targets)) <= {-1.0, 1.0}
    elif loss.targets == "probabilities":
        assert ((targets >= 0) & (targets <= 1)).all()
    elif loss.targets == "distribution":
        assert (targets >= 0).all()
        np.testing.assert_allclose(targets.sum(axis=1), 1.0, rtol=1e-12)


@every_problem
def test_targets_fit_the_loss_and_every_class_is_there(name: str) -> None:
    problem = on_data(name)
    _, Y, _, Y_test = problem.data()
    assert_fits(np.concatenate([Y, Y_test]), problem.network.loss_entry)
    if problem.classes is not None:
        labels = np.unique(family_of(name).data()[1])
        assert problem.classes.tolist() == labels.tolist()
        trained = np.unique(Y.argmax(axis=1) if Y.shape[1] > 1 else Y)
        assert trained.size == labels.size


@every_problem
def test_the_split_is_the_same_twice_and_another_for_another_seed(name: str) -> None:
    one, again = on_data(name).data(seed=3), on_data(name).data(seed=3)
    for part, other in zip(one, again, strict=True):
        assert part.tobytes() == other.tobytes()
    if len(one[2]):
        assert one[2].tobytes() != on_data(name).data(seed=4)[2].tobytes()


@every_problem
def test_an_objective_draws_starts_as_its_problem_does(name: str) -> None:
    problem = load(name)
    rng = np.random.default_rng(problem.seed_sequence(3, START))
    objective = problem.objective()
    assert objective.draw_start(rng).tobytes() == problem.start(3).tobytes()
    if problem.start(3).tobytes() != problem.start(4).tobytes():
        assert objective.draw_start(rng).tobytes() != problem.start(3).tobytes()


@every_problem
def test_starts_drawn_together_are_those_drawn_one_by_one(name: str) -> None:
    problem, seeds = load(name), [3, 0, 2**40 + 3, 2**63 - 1]
    alone = np.array([problem.start(seed) for seed in seeds])
    assert problem.starts(seeds).tobytes() == alone.tobytes()
    assert problem.starts(seeds).shape == alone.shape


def rounded_rows(table: Any) -> Counter[tuple[float, ...]]:
    return Counter(map(tuple, (np.round(table, 7) + 0.0).tolist()))


@every_problem
@pytest.mark.parametrize("seed", [0, 1])
def test_training_and_test_rows_are_all_rows_once_moved_by_one_shift_and_scale(name: str, seed: int) -> None:
    X, _ = family_of(name).data()
    X_train, _, X_test, _ = on_data(name).data(seed)
    seen = np.concatenate([X_train, X_test])
    assert len(seen) == len(X)
    # Each feature is a rising line of the raw one: highest and lowest number give slope and shift.
    span = np.ptp(X, axis=0)
    slope = np.where(span > 0, np.ptp(seen, axis=0) / np.where(span > 0, span, 1.0), 1.0)
    raw = (seen - seen.min(axis=0)) / slope + X.min(axis=0)
    np.testing.assert_allclose(np.sort(raw, axis=0), np.sort(X, axis=0), rtol=1e-9, atol=1e-9)
    assert rounded_rows(raw) == rounded_rows(X)


@every_problem
def test_features_have_mean_0_and_deviation_1_on_the_training_rows_where_they_are_scaled(name: str) -> None:
    X, _ = family_of(name).data()
    problem = on_data(name)
    X_train, Y_train, X_test, _ = problem.data()
    if not family_of(name).scaled():
        assert rounded_rows(np.concatenate([X_train, X_test])) == rounded_rows(X)
        return
    np.testing.assert_allclose(X_train.mean(axis=0), 0.0, atol=1e-12)
    deviations = X_train.std(axis=0)
    varied = deviations > 1e-9
    np.testing.assert_allclose(deviations[varied], 1.0, rtol=1e-12)
    if problem.classes is None:
        assert Y_train.mean() == pytest.approx(0.0, abs=1e-12)
        assert Y_train.std() == pytest.approx(1.0, rel=1e-12)
    if len(X_test):
        assert abs(X_test.mean(axis=0)).max() > 1e-6, "test rows are not moved by their own mean"


@every_problem
def test_each_class_is_split_in_proportion(name: str) -> None:
    problem = on_data(name)
    _, Y, _, Y_test = problem.data()
    fraction = family_of(name).test_fraction
    if problem.classes is None:
        assert abs(len(Y_test) - fraction * (len(Y) + len(Y_test))) <= 0.5
        return
    codes = [table.argmax(axis=1) if table.shape[1] > 1 else table[:, 0] for table in (Y, Y_test)]
    for one in np.unique(np.concatenate(codes)):
        trained, tested = ((part == one).sum() for part in codes)
        assert abs(tested - fraction * (trained + tested)) <= 0.5


@every_problem
def test_a_start_repeats_with_its_seed_and_differs_between_seeds(name: str) -> None:
    problem = load(name)
    start = problem.start(seed=5)
    assert start.dtype == np.float64
    assert start.shape == (problem.objective().size,)
    assert np.isfinite(start).all()
    assert problem.start(seed=5).tobytes() == load(name).start(seed=5).tobytes() == start.tobytes()
    family = PROBLEMS.build(name)
    fixed = isinstance(family, FunctionFamily) and family.box[0] == family.box[1]
    assert (problem.start(seed=6).tobytes() == start.tobytes()) == fixed
    start[...] = np.nan
    assert np.isfinite(problem.start(seed=5)).all(), "each call returns an array of its own"


@every_problem
def test_the_row_order_repeats_with_its_seed_and_differs_between_seeds(name: str) -> None:
    def order(seed: int) -> list[int]:
        return load(name).objective(seed=seed).row_order().permutation(50).tolist()

    assert order(0) == order(0)
    if isinstance(load(name), Problem):
        assert order(0) != order(1)


@every_problem
def test_the_loss_at_the_start_is_finite_and_costs_one_pass(name: str) -> None:
    problem = load(name)
    objective = problem.objective()
    assert np.isfinite(objective.value(problem.start()))
    assert objective.cost == 1.0
    assert problem.objective().cost == 0.0, "each objective counts for itself"


@every_problem
def test_measures_are_numbers_where_there_is_something_to_measure(name: str) -> None:
    problem = load(name)
    start = problem.start()
    measures = problem.measures()(start[None])[0]
    if isinstance(problem, FunctionProblem) and trace_refusal(problem.function, problem.n) is not None:
        by_hand = isinstance(problem.function, WithDerivative)
        assert np.isfinite(measures.gradient_norm) == by_hand, "nothing else knows it"
    else:
        assert np.isfinite(measures.gradient_norm)
    if not isinstance(problem, Problem):
        assert np.isnan(measures[:3]).all()
        return
    tested = len(problem.data()[2]) > 0
    assert np.isfinite(measures.test_loss) == tested
    assert np.isfinite(measures.train_accuracy) == (problem.classes is not None)
    assert np.isfinite(measures.test_accuracy) == (tested and problem.classes is not None)
    for accuracy in (measures.train_accuracy, measures.test_accuracy):
        assert np.isnan(accuracy) or 0 <= accuracy <= 1
    assert problem.objective().cost == 0.0


@every_problem
def test_building_and_measuring_leave_the_global_random_states_alone(name: str) -> None:
    def states() -> str:
        return repr((random.getstate(), np.random.get_state(legacy=False)))  # noqa: NPY002

    before = states()
    problem = load(name)
    problem.objective(seed=1).value(problem.start(seed=1))
    problem.measures(seed=1)(problem.start(seed=1)[None])
    assert states() == before


@every_problem
def test_the_name_leads_back_to_the_same_problem(name: str) -> None:
    problem = load(name)
    assert load(problem.name).key == problem.key
    assert json.loads(problem.key)["family"] == PROBLEMS.read(name)["name"]


@every_problem
@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_the_name_of_a_changed_problem_leads_back_to_it(name: str, changes: dict[str, Any]) -> None:
    options = {field.name for field in dataclasses.fields(PROBLEMS.build(name))}
    if not options >= set(changes):
        pytest.skip("no such option")
    default: Any = PROBLEMS.build(name)
    if changes.get("loss") and default.loss != "binary-cross-entropy":
        pytest.skip("the other loss takes other labels")
    problem = load(name, **changes)
    again = load(problem.name)
    assert again.name == problem.name
    assert again.key == problem.key
    values = {option: getattr(default, option) for option in changes}
    unchanged = all(values[option] in (value, (value,)) for option, value in changes.items())
    assert (problem.key == load(name).key) == unchanged
