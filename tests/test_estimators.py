"""scikit-learn's interface, held against scikit-learn."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import harness
import optimizers
from harness.estimators import NetworkClassifier, NetworkRegressor
from optimizers import LBFGS, Adam, Budget, GradientDescent, InputError, MultiStart, Optimizer

IRIS, SPECIES = load_iris(return_X_y=True)
TWO = SPECIES > 0
FEW = IRIS[40:60], SPECIES[40:60]
PATIENTS, PROGRESS = load_diabetes(return_X_y=True)


@parametrize_with_checks(
    [
        NetworkClassifier(hidden=(8,), budget=500),
        NetworkRegressor(hidden=(8,), budget=500),
        NetworkClassifier("gradient-descent:learning_rate=0.5", hidden=(8,), warm_start=True),
        NetworkClassifier("perceptron-rule", hidden=(), loss="perceptron-soft"),
    ]
)
def test_scikit_learns_own_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)


def same_run(problem: harness.Problem, optimizer: str, seed: int, budget: float) -> Any:
    results = harness.run(problem, optimizer, seeds=[seed], budget=budget, executor="serial")
    return results.runs.iloc[0], results.trace, results.model(problem, problem_optimizer(results), seed)


def problem_optimizer(results: harness.Results) -> str:
    return str(results.runs["optimizer"].iloc[0])


class TestTheRunBehindIt:
    @pytest.mark.parametrize(
        "optimizer", ["adam:learning_rate=0.05", "adam:batch=16", "differential-evolution"]
    )
    @pytest.mark.parametrize("kind", ["two classes", "three classes", "numbers"])
    def test_it_is_the_harnesses_own_bit_for_bit(self, kind: str, optimizer: str) -> None:
        X, y, loss = {
            "two classes": (IRIS, TWO, "binary-cross-entropy"),
            "three classes": (IRIS, SPECIES, "categorical-cross-entropy"),
            "numbers": (IRIS[:, :2], IRIS[:, 2:], "half-squared"),
        }[kind]
        problem = harness.Problem.from_arrays(X, y, hidden=(5,), loss=loss, test_fraction=0)
        row, trace, model = same_run(problem, optimizer, 7, 120)
        made = NetworkRegressor if kind == "numbers" else NetworkClassifier
        network = made(optimizer, hidden=(5,), budget=120, random_state=7).fit(X, y)
        assert network.model_.w.tobytes() == model.w.tobytes() == row["best_w"].tobytes()
        assert network.model_.outputs(X).tobytes() == model.outputs(X).tobytes()
        assert np.array_equal(network.predict(X), model.predict(X))
        assert (network.loss_, network.cost_, network.n_iter_) == tuple(
            row[["best_loss", "cost", "iterations"]]
        )
        curve = np.array(network.loss_curve_)
        looks = trace[trace["gradient_norm"].notna()]
        assert curve[looks["iteration"]].tolist() == looks["loss"].tolist()
        assert np.isnan(curve).any() == ("batch" in optimizer)

    def test_a_curve_has_the_loss_of_each_iteration(self) -> None:
        given = {"optimizer": Adam(learning_rate=0.1), "hidden": (3,), "random_state": 0}
        curve = NetworkClassifier(**given, budget=Budget(iterations=40)).fit(IRIS, SPECIES).loss_curve_
        assert len(curve) == 41
        for iterations in (1, 13, 14, 33):
            short = NetworkClassifier(**given, budget=Budget(iterations=iterations)).fit(IRIS, SPECIES)
            assert short.loss_curve_ == curve[: iterations + 1]
            assert short.loss_ == min(short.loss_curve_)

    def test_a_number_as_random_state_gives_the_same_bits_and_others_draw(self) -> None:
        def weights(state: Any) -> bytes:
            network = NetworkClassifier(hidden=(2,), budget=10, random_state=state).fit(*FEW)
            return bytes(network.model_.w.tobytes())

        assert weights(3) == weights(3) == weights(np.int64(3)) != weights(4)
        source = np.random.RandomState(3)  # what scikit-learn takes
        assert weights(source) != weights(source)
        assert weights(np.random.RandomState(3)) == weights(np.random.RandomState(3))
        kept = np.random.get_state()  # noqa: NPY002
        try:
            np.random.seed(5)  # noqa: NPY002
            drawn = [weights(None), weights(None)]
            np.random.seed(5)  # noqa: NPY002
            assert drawn == [weights(None), weights(None)]
            assert drawn[0] != drawn[1]
        finally:
            np.random.set_state(kept)  # noqa: NPY002

    def test_a_target_ends_it_and_one_that_is_not_reached_is_warned_of(self) -> None:
        network = NetworkClassifier(hidden=(4,), target=0.2, random_state=0).fit(IRIS, SPECIES)
        assert network.outcome_.name == "solved"
        assert network.loss_ <= 0.2
        with pytest.warns(ConvergenceWarning, match="the budget of cost 10 is spent") as warned:
            network.set_params(budget=10, target=1e-9).fit(IRIS, SPECIES)
        assert warned[0].filename == __file__

    def test_one_that_diverges_is_warned_of_and_keeps_its_best_point(self) -> None:
        wild = NetworkRegressor("gradient-descent:learning_rate=1e6", hidden=(4,), random_state=0)
        with pytest.warns(ConvergenceWarning, match=r"diverged: .*try a smaller step"):
            wild.fit(PATIENTS, PROGRESS)
        assert np.isfinite(wild.predict(PATIENTS)).all()
        assert wild.loss_ == wild.loss_curve_[0]

    def test_a_search_that_fails_fails_the_fit_with_its_sentence(self) -> None:
        from optimizers.options import options

        @options
        class Breaking(Optimizer):
            """Break."""

            def iteration_cost(self, objective: Any) -> float:
                return 1.0

            def run(self, objective: Any, start: Any, rng: Any, observe: Any) -> None:
                observe(start)
                raise ZeroDivisionError("no way")

        Breaking.needs = frozenset()
        Breaking.source = "none"
        with pytest.raises(RuntimeError, match="breaking failed: ZeroDivisionError: no way"):
            NetworkClassifier(Breaking(), hidden=(2,)).fit(*FEW)

    @pytest.mark.parametrize("optimizer", ["lbfgs", "random-search"])
    def test_one_that_finds_no_finite_loss_is_refused_with_the_reason(self, optimizer: str) -> None:
        estimator = NetworkRegressor(optimizer, hidden=(2,), budget=20, scale=False)
        with pytest.raises(InputError, match=f"{optimizer} found no finite loss: .*, "):
            estimator.fit(PATIENTS[:3], [1e200, -1e200, 1e300])
        assert not hasattr(estimator, "model_")


class TestAgainstScikitLearn:
    def test_one_layer_is_a_logistic_regression(self) -> None:
        X = StandardScaler().fit_transform(IRIS[:, :2])
        for labels in (SPECIES == 1, SPECIES):
            expected = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(X, labels)
            exact = LBFGS(gradient_tolerance=1e-10, function_tolerance=0.0)
            network = NetworkClassifier(exact, hidden=(), budget=20_000, random_state=0)
            found = network.fit(IRIS[:, :2], labels).predict_proba(IRIS[:, :2])
            assert found == pytest.approx(expected.predict_proba(X), abs=1e-4)
            with np.errstate(divide="ignore"):
                assert network.predict_log_proba(IRIS[:, :2]) == pytest.approx(np.log(found))
            assert network.score(IRIS[:, :2], labels) == expected.score(X, labels)

    @pytest.mark.parametrize(
        "targets", [PROGRESS, np.column_stack([PROGRESS, PATIENTS[:, 0]]), PROGRESS > 150]
    )
    def test_one_layer_without_an_activation_is_a_linear_regression(self, targets: Any) -> None:
        expected = LinearRegression().fit(PATIENTS, targets)
        network = NetworkRegressor(LBFGS(function_tolerance=0.0), hidden=(), budget=10_000, random_state=0)
        found = network.fit(PATIENTS, targets).predict(PATIENTS)
        assert found.shape == targets.shape
        assert found == pytest.approx(expected.predict(PATIENTS), rel=1e-4, abs=1e-4)
        assert network.score(PATIENTS, targets) == pytest.approx(expected.score(PATIENTS, targets))

    @pytest.mark.parametrize("labels", [SPECIES, np.array(["no", "yes"])[TWO.astype(int)], SPECIES * 2.0 - 2])
    def test_it_says_what_the_networks_of_scikit_learn_say(self, labels: Any) -> None:
        frame = pd.DataFrame(IRIS, columns=list("abcd"))
        theirs = MLPClassifier((3,), solver="lbfgs", max_iter=5, max_fun=20, random_state=0)
        with pytest.warns(ConvergenceWarning):
            theirs.fit(frame, labels)
        ours = NetworkClassifier(hidden=(3,), budget=20).fit(frame, labels)
        assert ours.classes_.tolist() == theirs.classes_.tolist()
        assert ours.classes_.dtype == theirs.classes_.dtype
        assert ours.feature_names_in_.tolist() == theirs.feature_names_in_.tolist()
        for name in ("n_features_in_", "n_outputs_"):
            assert getattr(ours, name) == getattr(theirs, name)
        words = {"logistic": "sigmoid", "softmax": "softmax"}
        assert ours.out_activation_ == words[theirs.out_activation_]
        for method in ("predict", "predict_proba", "predict_log_proba"):
            found, expected = getattr(ours, method)(frame), getattr(theirs, method)(frame)
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert set(ours.predict(frame)) <= set(labels)

    def test_a_column_of_labels_is_taken_with_scikit_learns_warning(self) -> None:
        for network in (NetworkClassifier(hidden=(), budget=10), NetworkRegressor(hidden=(), budget=10)):
            with pytest.warns(DataConversionWarning, match="column-vector"):
                network.fit(IRIS, SPECIES[:, np.newaxis])
            assert network.predict(IRIS).shape == SPECIES.shape

    def test_numbers_of_0_and_1_are_numbers_to_a_regressor(self) -> None:
        found = NetworkRegressor(hidden=(), budget=200).fit(IRIS, TWO.astype(float)).predict(IRIS)
        assert not np.isin(found, (0, 1)).any()

    def test_outputs_that_are_no_probabilities_are_not_handed_out_as_some(self) -> None:
        network = NetworkClassifier("perceptron-rule", hidden=(), loss="perceptron-soft")
        assert not hasattr(network, "predict_proba")
        assert network.fit(IRIS, TWO).score(IRIS, TWO) == 1.0
        with pytest.raises(AttributeError) as raised:
            network.predict_proba(IRIS)
        assert "'perceptron-soft' are no probabilities" in str(raised.value.__cause__)

    def test_what_is_not_fitted_says_so(self) -> None:
        with pytest.raises(NotFittedError):
            NetworkRegressor().predict(IRIS)


class TestParameters:
    def test_options_of_an_optimizer_are_parameters(self) -> None:
        network = NetworkClassifier(MultiStart(optimizer=LBFGS(memory=5)), budget=Budget(iterations=9))
        found = network.get_params()
        assert found["optimizer__patience"] == 100
        assert found["optimizer__optimizer__memory"] == 5
        assert found["budget__iterations"] == 9
        network.set_params(optimizer__optimizer__memory=7, budget__seconds=2)
        assert network.optimizer == MultiStart(optimizer=LBFGS(memory=7))
        assert network.budget == Budget(iterations=9, seconds=2)
        network.set_params(optimizer="adam", optimizer__learning_rate=0.3, budget=50, budget__iterations=5)
        assert network.optimizer == Adam(learning_rate=0.3)
        assert network.budget == Budget(cost=50, iterations=5)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"optimizer__learning_rat": 1}, "Adam has no option 'learning_rat': did you mean"),
            ({"optimizer__learning_rate": -1}, "option 'learning_rate' is -1, expected greater than 0"),
            ({"optimizer__learning_rate__twice": 1}, "unknown option with options of Adam 'learning_rate'"),
            ({"optimiser": "adam"}, "Invalid parameter 'optimiser'"),
        ],
    )
    def test_an_unknown_one_or_a_wrong_value_is_refused(self, given: dict[str, Any], said: str) -> None:
        network = NetworkClassifier("adam")
        with pytest.raises(ValueError, match=said):
            network.set_params(**given)

    def test_a_clone_and_a_pickle_are_the_same(self) -> None:
        network = NetworkClassifier(Adam(batch=8), hidden=(2,), budget=Budget(iterations=5), random_state=1)
        twin = clone(network)
        assert twin.get_params() == network.get_params()
        fitted = network.fit(*FEW)
        back = pickle.loads(pickle.dumps(fitted))
        assert back.predict_proba(IRIS).tobytes() == fitted.predict_proba(IRIS).tobytes()
        assert back.outcome_ == fitted.outcome_
        assert twin.fit(*FEW).model_.w.tobytes() == fitted.model_.w.tobytes()
        assert repr(twin) == repr(network)
        assert "Adam(batch=8)" in network._repr_html_()

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"optimizer": "adma"}, "unknown optimizer 'adma': did you mean 'adam'"),
            ({"optimizer": 3}, "optimizer is 3, expected an optimizer such as"),
            ({"budget": "much"}, "budget is 'much', expected a cost"),
            ({"budget": -5}, "option 'cost' is -5"),
            ({"hidden": 8}, "hidden is 8, expected a list of sizes"),
            ({"hidden": (0,)}, "option 'sizes' is 0"),
            ({"activation": "tan"}, "unknown activation 'tan'"),
            ({"loss": "entropy"}, "unknown loss 'entropy'"),
            ({"gradient": "analytical"}, "unknown gradient source 'analytical'"),
            ({"target": "low"}, "target is 'low'"),
            ({"scale": "yes"}, "scale is 'yes'"),
            ({"random_state": -1}, "Seed must be between"),
            ({"optimizer": "perceptron-rule"}, "perceptron-rule cannot train this network"),
        ],
    )
    def test_what_cannot_be_used_is_said_by_fit_in_one_sentence(
        self, given: dict[str, Any], said: str
    ) -> None:
        with pytest.raises(ValueError, match=said):
            NetworkClassifier(**given).fit(*FEW)

    def test_numbers_that_no_whole_number_holds_are_no_classes_and_warn_of_nothing(self) -> None:
        classifier, labels = NetworkClassifier(budget=8), [1.5e300, -2.5e299, 0.25]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError, match="Unknown label type"):
                classifier.fit([[0.0], [1.0], [2.0]], labels)

    def test_a_loss_has_to_fit_the_labels(self) -> None:
        with pytest.raises(InputError, match=r"tells classes apart, .*NetworkClassifier"):
            NetworkRegressor(loss="brier").fit(PATIENTS, PROGRESS)
        with pytest.raises(InputError, match="Only binary classification is supported"):
            NetworkClassifier(loss="half-squared").fit(IRIS, SPECIES)
        squared = NetworkClassifier(loss="half-squared", output="sigmoid", hidden=(4,), random_state=0)
        assert squared.fit(IRIS, TWO).score(IRIS, TWO) == 1.0


class TestInACrowd:
    def test_it_is_cross_validated_and_searched_for(self) -> None:
        network = NetworkClassifier(hidden=(4,), budget=150, random_state=0)
        assert cross_val_score(network, IRIS, SPECIES, cv=3).min() > 0.9
        grid = [
            {"optimizer": ["lbfgs", MultiStart(optimizer=LBFGS())]},
            {"optimizer": ["adam"], "optimizer__learning_rate": [1e-6, 0.1], "hidden": [(2,), (4,)]},
        ]
        search = GridSearchCV(network, grid, cv=2).fit(IRIS, SPECIES)
        assert len(search.cv_results_["params"]) == 6
        rates = search.cv_results_["param_optimizer__learning_rate"].filled(-1.0)
        scores = search.cv_results_["mean_test_score"]
        assert scores[rates == 0.1].min() > scores[rates == 1e-6].max()
        assert search.best_estimator_.score(IRIS, SPECIES) > 0.9

    def test_it_stands_at_the_end_of_a_pipeline(self) -> None:
        frame = pd.DataFrame(IRIS, columns=list("abcd"))
        line = make_pipeline(StandardScaler(), NetworkClassifier(hidden=(4,), scale=False, random_state=0))
        line.set_output(transform="pandas").set_params(networkclassifier__optimizer__memory=3)
        assert line.fit(frame, SPECIES).score(frame, SPECIES) > 0.95
        assert line[-1].feature_names_in_.tolist() == list("abcd")
        assert line[-1].optimizer == LBFGS(memory=3)
        assert line[-1].model_.inputs is None


class TestGoingOn:
    def test_a_warm_start_goes_on_from_the_model(self) -> None:
        network = NetworkClassifier(hidden=(4,), budget=30, warm_start=True, random_state=0).fit(
            IRIS, SPECIES
        )
        lost, scaling = network.loss_, network.model_.inputs
        network.fit(IRIS, SPECIES)
        assert network.loss_curve_[0] == lost > network.loss_
        assert network.fit(IRIS[::2] * 2, SPECIES[::2]).model_.inputs is scaling
        with pytest.raises(InputError, match="y has the class 7, expected those of the first call"):
            network.fit(IRIS, np.where(SPECIES, SPECIES, 7))
        with pytest.raises(InputError, match=r"the network is .*sizes"):
            network.set_params(hidden=(5,)).fit(IRIS, SPECIES)
        assert network.set_params(warm_start=False).fit(IRIS, SPECIES).n_features_in_ == 4

    def test_a_warm_start_of_a_regressor_keeps_the_scale_of_its_targets(self) -> None:
        network = NetworkRegressor(hidden=(), budget=2_000, warm_start=True, random_state=0)
        network.fit(PATIENTS, PROGRESS)
        twice = network.fit(PATIENTS, 2 * PROGRESS).predict(PATIENTS)
        assert twice == pytest.approx(
            2 * LinearRegression().fit(PATIENTS, PROGRESS).predict(PATIENTS), rel=1e-3
        )

    def test_single_iterations_are_the_steps_of_gradient_descent(self) -> None:
        network = NetworkRegressor(GradientDescent(learning_rate=0.1), hidden=(), scale=False, random_state=0)
        w = network.partial_fit(PATIENTS[:9], PROGRESS[:9]).model_.w
        for batch in (slice(9, 20), slice(20, 21)):
            X, y = PATIENTS[batch], PROGRESS[batch]
            error = X @ w[:-1] + w[-1] - y
            w = w - 0.1 * np.append(X.T @ error, error.sum()) / len(y)
            network.partial_fit(X, y)
            assert network.model_.w == pytest.approx(w, rel=1e-12)
        assert network.n_iter_ == 3
        assert len(network.loss_curve_) == 4

    def test_many_of_them_are_one_fit(self) -> None:
        given = {"hidden": (4,), "random_state": 0}
        descent = GradientDescent(learning_rate=0.3)
        whole = NetworkClassifier(descent, budget=Budget(iterations=5), **given).fit(IRIS, SPECIES)
        parts = NetworkClassifier(descent, **given)
        for _ in range(5):
            parts.partial_fit(IRIS, SPECIES, classes=[0, 1, 2])
        assert parts.model_.w.tobytes() == whole.model_.w.tobytes()
        assert parts.loss_curve_ == whole.loss_curve_

    def test_rows_of_some_of_the_classes_are_enough(self) -> None:
        network = NetworkClassifier("gradient-descent", hidden=(2,), random_state=0)
        with pytest.raises(InputError, match="all classes in the first call"):
            network.partial_fit(*FEW)
        network.partial_fit(*FEW, classes=[0, 1, 2])
        assert network.predict_proba(IRIS).shape == (150, 3)
        with pytest.raises(InputError, match="y has the class 5"):
            network.partial_fit(IRIS[:2], [0, 5])
        with pytest.raises(InputError, match=r"classes is .*leave it out"):
            network.partial_fit(*FEW, classes=[0, 1])

    def test_an_epoch_of_the_perceptron_rule_is_scikit_learns(self) -> None:
        theirs = NetworkClassifier(
            "scikit-learn-perceptron", hidden=(), loss="perceptron-soft", scale=False, random_state=0
        )
        ours = clone(theirs).set_params(optimizer="perceptron-rule")
        for rows in (slice(30, 70), slice(45, 80)):
            for network in (theirs, ours):
                network.partial_fit(IRIS[rows], TWO[rows], classes=[False, True])
            assert ours.model_.w == pytest.approx(theirs.model_.w, rel=1e-12)

    @pytest.mark.parametrize(
        "optimizer",
        ["adam", "lbfgs", "gradient-descent:batch=4", "gradient-descent:warm_up=3", "genetic-algorithm"],
    )
    def test_what_carries_more_is_refused_by_its_name(self, optimizer: str) -> None:
        network = NetworkClassifier(optimizer)
        assert not hasattr(network, "partial_fit")
        with pytest.raises(AttributeError) as raised:
            network.partial_fit(*FEW, classes=[0, 1])
        label = optimizers.build_optimizer(optimizer).label
        assert f"and {label} carries more from one to the next" in str(raised.value.__cause__)


def test_what_the_readme_shows_works_as_it_stands_there() -> None:
    text = (Path(harness.__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    (block,) = [part for part in text.split("```") if part.startswith("python\nfrom harness.estimators")]
    shown: dict[str, Any] = {}
    exec(block.removeprefix("python\n"), shown)
    assert shown["search"].best_score_ > 0.9
    assert shown["numbers"].score(shown["X"][:, 2:], shown["X"][:, :2]) > 0.9
    assert shown["best"].x == pytest.approx([1.0, 1.0], abs=1e-4)


@pytest.mark.parametrize(
    ("X", "said"),
    [
        (np.ma.masked_equal([[1.0], [9.0], [2.0], [3.0]], 9.0), "X is masked in row 1"),
        (np.array([["1"], ["2"], ["3"], ["4"]]), "X holds '1', expected numbers"),
        (np.array([["1"], [2], [3], [4]], dtype=object), "X holds '1', expected numbers"),
        (np.zeros((4, 1), dtype="M8[D]"), "X holds dates"),
        (np.zeros((4, 1), dtype="m8[s]"), "X holds lengths of time"),
        (np.zeros((4, 1), dtype=[("a", float)]), "X holds records"),
        (pd.DataFrame({"a": pd.date_range("2020", periods=4, tz="UTC")}), "X holds Timestamp"),
        ([[10**400], [1], [2], [3]], "beyond the range of float64"),
    ],
    ids=["mask", "text", "some text", "dates", "times", "records", "zoned dates", "large"],
)
def test_what_is_no_number_is_refused_when_fitted_and_when_asked(X: Any, said: str) -> None:
    fitted = NetworkRegressor(budget=5, hidden=()).fit(np.arange(4.0)[:, None], np.arange(4.0))
    for ask in (lambda: NetworkRegressor(budget=5).fit(X, np.arange(4.0)), lambda: fitted.predict(X)):
        with pytest.raises(InputError, match=said):
            ask()


def test_masked_and_dated_labels_are_refused() -> None:
    for labels, said in (
        (np.ma.masked_equal([0, 9, 1, 1], 9), "y is masked in row 1"),
        (np.array(["2020", "2021", "2020", "NaT"], dtype="M8[Y]"), "y holds dates"),
    ):
        for kind in (NetworkClassifier, NetworkRegressor):
            with pytest.raises(InputError, match=said):
                kind(budget=5).fit(np.arange(4.0)[:, None], labels)
