"""Problems by specification and from arrays: names, options, labels, splits and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import datasets

from harness.network.losses import find_loss
from harness.problems import Problem, load, parse, real_data
from harness.problems.encoding import encode_targets, named_classes, split_rows
from harness.problems.kept_data import BESIDE, KeptData
from harness.problems.problem import _KEPT
from harness.problems.seeds import generators
from optimizers.errors import InputError

X = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [3.0, 2.0]])


def refusal(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return str(caught.value)


def own(y: Any, inputs: Any = X, **options: Any) -> Problem:
    return Problem.from_arrays(inputs, y, **({"hidden": (), "test_fraction": 0} | options))


@pytest.mark.parametrize(
    ("specification", "expected"),
    [
        ("xor", {"name": "xor"}),
        (" xor ", {"name": "xor"}),
        ("xor:", {"name": "xor"}),
        ("parity:bits=4", {"name": "parity", "bits": 4}),
        ("parity: bits = 4 , target=0.5", {"name": "parity", "bits": 4, "target": 0.5}),
        ("parity:hidden=[4,4],bits=3", {"name": "parity", "hidden": [4, 4], "bits": 3}),
        ("xor:hidden=[]", {"name": "xor", "hidden": []}),
        ("xor:activation=relu", {"name": "xor", "activation": "relu"}),
        ("xor:activation=['relu','tanh']", {"name": "xor", "activation": ["relu", "tanh"]}),
        ("xor:target=1e-05", {"name": "xor", "target": 1e-5}),
    ],
)
def test_a_specification_is_read_into_name_and_options(specification: str, expected: dict[str, Any]) -> None:
    assert parse(specification) == expected


def test_an_option_without_a_value_is_refused() -> None:
    message = refusal(load, "parity:bits")
    assert "'parity:bits'" in message
    assert "found 'bits'" in message
    assert "option=value" in message


def test_a_specification_cannot_rename_its_problem() -> None:
    message = refusal(load, "parity:name=xor")
    assert "name" in message


@pytest.mark.parametrize(
    ("name", "fragments"),
    [
        ("irris", ["problem", "'irris'", "did you mean 'iris'"]),
        ("two_moons", ["problem", "'two_moons'", "did you mean 'two-moons'"]),
        ("", ["problem", "''", "iris"]),
        ("iris:hiden=[4]", ["Iris", "'hiden'", "did you mean 'hidden'"]),
        ("xor:=4", ["'xor:=4'", "'=4'", "option=value"]),
        ("parity:bits=1", ["Parity", "'bits'", "is 1", "greater than or equal to 2"]),
        ("parity:bits=four", ["Parity", "'bits'", "is 'four'", "whole number"]),
        ("parity:bits=2.5", ["Parity", "'bits'", "is 2.5", "whole number"]),
        ("iris:test_fraction=1", ["Iris", "'test_fraction'", "is 1", "less than 1"]),
        ("xor:target=-1", ["Xor", "'target'", "is -1", "greater than or equal to 0"]),
        ("xor:activation=rellu", ["activation", "'rellu'", "did you mean 'relu'"]),
        ("xor:loss=square", ["loss", "'square'", "did you mean 'squared'"]),
        ("xor:initializer=xavier", ["initializer", "'xavier'", "glorot"]),
    ],
)
def test_unknown_names_and_options_are_refused_with_the_nearest(name: str, fragments: list[str]) -> None:
    message = refusal(load, name)
    for fragment in fragments:
        assert fragment in message


def test_a_name_that_is_no_text_is_refused() -> None:
    assert "7" in refusal(load, 7)


def test_options_given_by_name_win_over_those_in_the_specification() -> None:
    assert load("parity:bits=4", bits=5).name == "parity:bits=5"
    assert load("parity:bits=3").name == "parity"


def test_an_unknown_gradient_source_is_refused_by_the_objective() -> None:
    assert "did you mean 'analytic'" in refusal(load("xor").objective, gradient="analytical")


REFUSED: dict[str, tuple[Any, dict[str, Any], list[str]]] = {
    "nan in inputs": (
        list("aabb"),
        {"inputs": np.where(X == 3, np.nan, X)},
        ["X", "nan", "row 3, column 0", "remove"],
    ),
    "infinity in inputs": (list("aabb"), {"inputs": np.where(X == 3, np.inf, X)}, ["X", "inf", "row 3"]),
    "nan among labels": ([0.0, 1.0, np.nan, 1.0], {}, ["y", "nan", "remove"]),
    "nan among numbers": ([0.5, 1.0, np.nan, 1.0], {"loss": "squared"}, ["y", "nan", "remove"]),
    "flat inputs": ([0, 1], {"inputs": [1.0, 2.0]}, ["X", "(2,)", "(rows, features)"]),
    "no rows": ([], {"inputs": np.ones((0, 2))}, ["X", "(0, 2)", "at least one"]),
    "no features": ([0, 1], {"inputs": np.ones((2, 0))}, ["X", "(2, 0)", "at least one"]),
    "text in inputs": (list("ab"), {"inputs": [["u"], ["v"]]}, ["X", "number"]),
    "too few labels": ([0, 1, 1], {}, ["y", "3 labels", "4 rows"]),
    "too many labels": ([0, 1, 1, 0, 1], {}, ["y", "5 labels", "4 rows"]),
    "a single label": (1, {}, ["y", "label", "row"]),
    "three classes for two": (
        list("abca"),
        {"loss": "binary-cross-entropy"},
        ["y", "3 classes", "'binary-cross-entropy'", "takes two", "categorical-cross-entropy"],
    ),
    "three classes for a perceptron": ([0, 1, 2, 0], {"loss": "perceptron-soft"}, ["y", "3 classes", "two"]),
    "one class for two": ([1, 1, 1, 1], {"loss": "binary-cross-entropy"}, ["y", "1 class", "two"]),
    "one class": ([1, 1, 1, 1], {}, ["y", "1 class", "at least two"]),
    "text with a squared loss": (
        list("aabb"),
        {"loss": "squared"},
        ["y", "'a'", "'squared'", "numbers", "categorical-cross-entropy"],
    ),
    "fractions with a cross-entropy": (
        [0.5, 1.0, 0.0, 1.0],
        {"loss": "binary-cross-entropy"},
        ["y", "0.5", "'binary-cross-entropy'", "class labels", "half-squared"],
    ),
    "fractions with softmax": ([0.5, 1.0, 0.0, 1.0], {}, ["y", "0.5", "class labels"]),
    "a table for two classes": (np.eye(4), {"loss": "binary-cross-entropy"}, ["y", "(4, 4)", "one label"]),
    "a distribution that does not sum to 1": (np.full((4, 2), 0.4), {}, ["Y", "0.4", "sum to 1"]),
    "no label in a row": (["a", None, "b", "a"], {}, ["y", "None"]),
    "test fraction of 1": (list("aabb"), {"test_fraction": 1}, ["test_fraction", "1", "less than 1"]),
    "negative test fraction": (
        list("aabb"),
        {"test_fraction": -0.1},
        ["test_fraction", "-0.1", "equal to 0"],
    ),
    "test fraction that is no number": (
        list("aabb"),
        {"test_fraction": float("nan")},
        ["test_fraction", "nan", "equal to 0"],
    ),
    "test fraction that leaves no training row": (
        list("aabb"),
        {"test_fraction": 0.9},
        ["test_fraction", "0.9"],
    ),
    "one number for the hidden layers": (list("aabb"), {"hidden": 3}, ["hidden", "3"]),
    "unknown loss": (list("aabb"), {"loss": "crossentropy"}, ["loss", "'crossentropy'", "did you mean"]),
    "unknown activation": (
        list("aabb"),
        {"activation": "sigmoide", "hidden": (2,)},
        ["'sigmoide'", "did you mean 'sigmoid'"],
    ),
    "hidden layer for a perceptron": (
        [0, 0, 1, 1],
        {"loss": "perceptron-hard", "hidden": (2,)},
        ["'step'", "one layer only"],
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_arrays_that_do_not_fit_are_refused_with_field_found_and_expected(name: str) -> None:
    y, options, fragments = REFUSED[name]
    message = refusal(lambda: own(y, **options).objective())
    for fragment in fragments:
        assert fragment in message


def test_own_data_come_back_as_they_were_in_their_order() -> None:
    problem = own([0.5, -1.0, 2.0, 8.0], loss="half-squared", scale=False)
    X_train, Y_train, X_test, Y_test = problem.data()
    assert X_train.tolist() == X.tolist()
    assert Y_train.tolist() == [[0.5], [-1.0], [2.0], [8.0]]
    assert X_test.shape == (0, 2)
    assert Y_test.shape == (0, 1)
    assert problem.classes is None


def test_own_data_are_copied() -> None:
    inputs, numbers = X.copy(), np.array([1.0, 2.0, 3.0, 5.0])
    problem = own(numbers, inputs=inputs, loss="half-squared")
    before = problem.objective().value(problem.start())
    inputs[...], numbers[...] = 7.0, 7.0
    _KEPT.clear()
    assert problem.objective().value(problem.start()) == before


@pytest.mark.parametrize(
    ("y", "loss", "classes", "first"),
    [
        (["pear", "apple", "fig", "fig"], "categorical-cross-entropy", ["apple", "fig", "pear"], [0, 0, 1]),
        ([3, -1, 3, 7], "categorical-cross-entropy", [-1, 3, 7], [0, 1, 0]),
        ([2.0, 1.0, 1.0, 2.0], "binary-cross-entropy", [1.0, 2.0], [1]),
        ([True, False, True, True], "binary-cross-entropy", [False, True], [1]),
        (["no", "yes", "no", "yes"], "perceptron-soft", ["no", "yes"], [-1]),
        (["yes", "no", "no", "yes"], "perceptron-hard", ["no", "yes"], [1]),
        ([1, 0, 1, 0], "half-squared", [0, 1], [1]),
    ],
)
def test_classes_are_in_rising_order_and_the_second_of_two_is_the_positive_one(
    y: Any, loss: str, classes: list[Any], first: list[float]
) -> None:
    problem = own(y, loss=loss)
    assert problem.classes is not None
    assert problem.classes.tolist() == classes
    assert problem.data()[1][0].tolist() == first
    assert problem.network.sizes[-1] == len(first)


def test_arrays_that_a_problem_hands_out_cannot_change_what_others_get() -> None:
    problem = own([0, 0, 1, 1])
    before = problem.objective().value(problem.start())
    for handed_out in (*problem.data(), *problem.data(0), *problem.data(seed=0)):
        if handed_out.flags.writeable:
            handed_out[...] = 0.5
    assert problem.objective().value(problem.start()) == before


def test_rows_that_sum_to_one_are_taken_as_they_are() -> None:
    soft = np.array([[0.25, 0.75], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    assert own(soft).data()[1].tolist() == soft.tolist()


def test_a_regression_with_several_numbers_a_row_scales_each_of_them() -> None:
    numbers = np.array([[1.0, 100.0], [2.0, 50.0], [3.0, 75.0], [6.0, 75.0]])
    _, Y, _, _ = own(numbers, loss="squared").data()
    np.testing.assert_allclose(Y.mean(axis=0), 0.0, atol=1e-14)
    np.testing.assert_allclose(Y.std(axis=0), 1.0, rtol=1e-14)


def test_a_constant_feature_becomes_zero() -> None:
    inputs = np.column_stack([X, np.full(4, 5.0)])
    assert own(list("aabb"), inputs=inputs).data()[0][:, 2].tolist() == [0.0] * 4


def test_test_rows_are_moved_by_mean_and_deviation_of_the_training_rows() -> None:
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(5.0, 3.0, (40, 2)), np.arange(40) % 2
    # The same key gives the same split, so the plain problem shows which rows the other trains on.
    plain, scaled = (
        own(labels, inputs=inputs, test_fraction=0.25, scale=scale, key="same").data(seed=3)
        for scale in (False, True)
    )
    mean, deviation = plain[0].mean(axis=0), plain[0].std(axis=0)
    np.testing.assert_allclose(scaled[0], (plain[0] - mean) / deviation, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(scaled[2], (plain[2] - mean) / deviation, rtol=1e-12, atol=1e-14)
    assert len(scaled[2]) == 10


@given(st.lists(st.integers(0, 2), min_size=1, max_size=30), st.floats(0.0, 0.99), st.booleans())
def test_a_split_is_disjoint_complete_and_in_proportion(
    classes: list[int], fraction: float, one_stratum: bool
) -> None:
    strata = None if one_stratum else np.array(classes)
    train, test = split_rows(strata, len(classes), fraction, np.random.default_rng(0))
    assert sorted([*train.tolist(), *test.tolist()]) == list(range(len(classes)))
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    groups = np.zeros(len(classes), dtype=int) if one_stratum else np.array(classes)
    for one in np.unique(groups):
        assert abs((groups[test] == one).sum() - fraction * (groups == one).sum()) <= 0.5 + 1e-9


def test_the_key_changes_with_data_labels_and_every_option() -> None:
    changed = X.copy()
    changed[3, 1] += 1e-12
    problems = [
        own([0, 0, 1, 1]),
        own([0, 1, 0, 1]),
        own([0, 0, 1, 1], inputs=changed),
        own([0, 0, 1, 1], inputs=X[:, ::-1]),
        own([0, 0, 1, 1], hidden=(2,)),
        own([0, 0, 1, 1], hidden=(2,), activation="relu"),
        own([0, 0, 1, 1], loss="binary-cross-entropy"),
        own([0, 0, 1, 1], loss="squared"),
        own([0, 0, 1, 1], loss="squared", output="tanh"),
        own([0, 0, 1, 1], initializer="he"),
        own([0, 0, 1, 1], test_fraction=0.5),
        own([0, 0, 1, 1], scale=False),
        own([0, 0, 1, 1], target=0.1),
        own([0, 0, 1, 1], name="yours"),
    ]
    assert len({problem.key for problem in problems}) == len(problems)
    assert own([0, 0, 1, 1]).key == own([0, 0, 1, 1]).key


def test_streams_of_a_problem_are_apart_from_one_another_and_from_other_problems() -> None:
    one, other = load("xor"), load("parity")
    draws = {
        tuple(np.random.default_rng(problem.seed_sequence(seed, purpose)).integers(0, 2**62, 2).tolist())
        for problem in (one, other)
        for seed in (0, 1)
        for purpose in range(4)
    }
    assert len(draws) == 16


@pytest.mark.parametrize("seeds", [(3, 5), (2**40, 5)], ids=["short", "long and short"])
def test_a_stream_s_own_seeds_are_those_of_numpy(seeds: tuple[int, int]) -> None:
    for seed, found in zip(seeds, generators(seeds, [7, 1]), strict=True):
        wanted = np.random.SeedSequence([seed, 7, 1])
        sequence: Any = found.bit_generator.seed_seq
        for count, kind in ((4, np.uint64), (4, np.uint32), (9, np.uint64)):
            state = sequence.generate_state(count, kind)
            assert state.tolist() == wanted.generate_state(count, kind).tolist()
        assert [child.spawn_key for child in sequence.spawn(2)] == [(0,), (1,)]


@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "expected"),
    [
        ("binary-cross-entropy", [[0.5], [0.49], [0.9], [0.1]], [[1], [1], [0], [0]], 0.5),
        ("perceptron-soft", [[0.0], [-0.1], [2.0], [-3.0]], [[1], [1], [-1], [-1]], 0.5),
        ("squared", [[0.7], [-0.2]], [[1], [0]], 1.0),
        ("categorical-cross-entropy", [[0.2, 0.7, 0.1], [0.4, 0.3, 0.3]], [[0, 1, 0], [0, 0, 1]], 0.5),
    ],
)
def test_outputs_name_the_class_as_the_loss_has_it(
    loss: str, outputs: Any, targets: Any, expected: float
) -> None:
    tables = (np.array(table, dtype=float) for table in (outputs, targets))
    predicted, true = named_classes(*tables, find_loss(loss))
    assert (predicted == true).mean() == expected


def test_measures_of_own_data_are_those_of_a_plain_count() -> None:
    rng = np.random.default_rng(1)
    inputs, labels = rng.normal(size=(60, 3)), np.array(list("abc"))[rng.integers(0, 3, 60)]
    problem = own(labels, inputs=inputs, hidden=(4,), test_fraction=0.3)
    w = problem.start(seed=2)
    measures = problem.measures(seed=2)(w[None])[0]
    X_train, Y_train, X_test, Y_test = problem.data(seed=2)
    for measured, inputs_of, targets in (
        (measures.train_accuracy, X_train, Y_train),
        (measures.test_accuracy, X_test, Y_test),
    ):
        named = problem.network.predict(w, inputs_of).argmax(axis=1)
        assert measured == (named == targets.argmax(axis=1)).mean()
    predicted = problem.network.predict(w, X_test)
    expected = -np.mean(np.log(predicted[Y_test == 1]))
    assert measures.test_loss == pytest.approx(expected, rel=1e-12)
    _, gradient = problem.objective(seed=2).value_and_gradient(w)
    assert measures.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-12)


@pytest.mark.parametrize("loss", ["half-squared", "categorical-cross-entropy", "perceptron-soft"])
@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 2, 2), (3, 1, 2, 1)])
def test_targets_of_more_than_two_dimensions_are_made_no_columns(loss: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=rf"y has shape \({shape[0]}, {shape[1]}.*, expected"):
        encode_targets(np.zeros(shape), find_loss(loss))


def test_encoding_keeps_its_labels_as_they_are() -> None:
    labels = np.array(["b", "a", "b"])
    encode_targets(labels, find_loss("categorical-cross-entropy"))
    assert labels.tolist() == ["b", "a", "b"]


@pytest.mark.parametrize("name", sorted(real_data.FILES))
def test_data_are_those_that_scikit_learn_loads(name: str) -> None:
    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    found, labels = real_data._carried(name)
    np.testing.assert_array_equal(found, X)
    np.testing.assert_array_equal(labels, y)
    assert labels.dtype.kind == "i"


def test_a_file_that_is_not_there_is_asked_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_data, "FILES", {"iris": ("elsewhere.csv", 1)})
    np.testing.assert_array_equal(real_data._carried("iris")[0], datasets.load_iris().data)


def test_what_two_optimizers_ask_for_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = load("iris")
    made: list[int] = []
    make = Problem._data
    monkeypatch.setattr(Problem, "_data", lambda self, seed: made.append(seed) or make(self, seed))
    _KEPT.clear()
    for seed in [*range(300), *range(300)]:
        problem.objective("analytic", seed)
        problem.measures(seed)
    assert made == list(range(300))


def test_kept_data_take_no_more_than_they_may() -> None:
    table = np.zeros(1000)
    kept = KeptData(most=3 * (BESIDE + table.nbytes))
    for key in (0, 1, 2, 0, 3):
        kept.get(key, lambda: (table,))
    made: list[int] = []
    for key in (0, 2, 3, 1):
        kept.get(key, lambda key=key: made.append(key) or (table,))
    assert made == [1]
    assert len(kept) == 3


def test_two_entries_are_kept_however_large() -> None:
    kept = KeptData(most=0)
    first = kept.get(0, lambda: (np.zeros(9),))
    kept.get(1, lambda: (np.zeros(9),))
    assert kept.get(0, lambda: ()) is first
    kept.get(2, lambda: (np.zeros(9),))
    assert kept.get(1, lambda: ()) == ()
