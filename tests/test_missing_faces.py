"""What an activation or a loss lacks is refused where it is needed, with a reason, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brought_parts import EXPONENTIAL_LOSS, SOFTPLUS
from cases import label, make_case
from oracles import relative_difference

import harness
from harness.gradients import build_source, known_sources
from harness.network.activation import Activation
from harness.network.activations import ACTIVATIONS
from harness.network.loss import Loss
from harness.network.losses import LOSSES
from harness.network.network import Network
from harness.network.plain_loss import summed_loss
from harness.runs.identity import own_code
from harness.symbolic import derivation
from optimizers import Adam, InputError, LevenbergMarquardt, NewtonTrustRegion

ROWS = 6
TRACED = ("forward-autodiff", "reverse-autodiff", "symbolic")
COMPARED = ": take central-difference or analytic"
Y = [-1, 1, 1, -1, 1, -1, -1, 1]
X = np.random.default_rng(4).normal(size=(len(Y), 2))


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make records known, and return a network of the last ones."""

    def known(*records: Activation | Loss, hidden: bool = True) -> Network:
        chosen: dict[str, Any] = {"sizes": (3, 4, 1) if hidden else (3, 1)}
        for record in records:
            if isinstance(record, Activation):
                monkeypatch.setitem(ACTIVATIONS._all(), record.name, record)
                chosen["activation"] = record.name
            else:
                monkeypatch.setitem(LOSSES._all(), record.name, record)
                chosen["loss"] = record.name
        return Network(**chosen)

    return known


def named(record: Any, name: str, **changes: Any) -> Any:
    return replace(record, name=name, **changes)


def test_with_every_face_all_sources_serve_and_agree(enter: Any) -> None:
    network = enter(SOFTPLUS, EXPONENTIAL_LOSS)
    case = make_case(network, ROWS)
    _, wanted = case.objective().value_and_gradient(case.w)
    for source in known_sources():
        assert build_source(source).refusal(network) is None
        _, found = case.objective(source).value_and_gradient(case.w)
        assert relative_difference(found, wanted) < (1e-6 if "difference" in source else 1e-12), source


BARE = {
    "activation 'bare-plus'": (
        named(SOFTPLUS, "bare-plus", plain=None, complex_form=None, bend=None),
        EXPONENTIAL_LOSS,
    ),
    "loss 'bare-loss'": (
        SOFTPLUS,
        named(EXPONENTIAL_LOSS, "bare-loss", plain=None, complex_form=None, misses=None),
    ),
}
either = pytest.mark.parametrize("what", BARE)


@either
def test_the_complex_step_refuses_what_has_no_complex_form(enter: Any, what: str) -> None:
    network = enter(*BARE[what])
    reason = build_source("complex-step").refusal(network)
    assert reason == f"{what} has no complex form{COMPARED}"
    objective = make_case(network, ROWS).objective("complex-step")
    assert objective.gradient.reason == Adam().refusal(objective) == reason
    with pytest.raises(InputError, match="has no complex form"):
        objective.value_and_gradient(np.zeros(objective.size))


@either
@pytest.mark.parametrize("source", TRACED)
def test_sources_that_trace_refuse_what_has_no_plain_form(enter: Any, what: str, source: str) -> None:
    network = enter(*BARE[what])
    reason = build_source(source).refusal(network)
    assert reason == f"{what} has no plain form to differentiate{COMPARED}"
    assert make_case(network, ROWS).objective(source).gradient.cause == reason


@either
def test_there_is_no_formula_without_a_plain_form(enter: Any, what: str) -> None:
    network = enter(*BARE[what])
    with pytest.raises(InputError, match=f"{what} has no plain form"):
        derivation(network)
    with pytest.raises(InputError, match=f"{what} has no plain form"):
        summed_loss(network)


@either
def test_other_sources_serve_it_and_agree(enter: Any, what: str) -> None:
    case = make_case(enter(*BARE[what]), ROWS)
    _, wanted = case.objective().value_and_gradient(case.w)
    for source in ("forward-difference", "central-difference"):
        assert relative_difference(case.objective(source).value_and_gradient(case.w)[1], wanted) < 1e-6


@either
def test_a_check_of_the_sources_names_what_is_missing(enter: Any, what: str) -> None:
    network = enter(*BARE[what])
    problem = harness.Problem.from_arrays(
        X, Y, hidden=(3,), activation=network.activation[0], loss=network.loss, test_fraction=0
    )
    table = harness.check(problem)
    reasons = dict(zip(table["source"], table["reason"], strict=True))
    assert all(f"{what} has no plain form" in reasons[source] for source in TRACED)
    assert "has no complex form" in reasons["complex-step"]
    assert (table["reason"] == "").sum() >= 2


def test_newtons_method_refuses_what_has_no_second_derivative(enter: Any) -> None:
    squared = harness.Problem.from_arrays(
        X, X[:, 0], hidden=(3,), activation=enter(BARE["activation 'bare-plus'"][0]).activation[0],
        loss="squared", test_fraction=0,
    )  # fmt: skip
    reason = NewtonTrustRegion().refusal(squared.objective())
    assert reason is not None
    assert reason.startswith("activation 'bare-plus' has no second derivative")
    assert ": take " in reason
    with pytest.raises(InputError, match="no second derivative"):
        squared.objective().curvature.product(np.zeros(13), np.zeros(13))


def test_newtons_method_refuses_a_loss_without_a_curvature(enter: Any) -> None:
    objective = make_case(enter(EXPONENTIAL_LOSS), ROWS).objective()
    assert objective.curvature.cause == "loss 'exponential-loss' states no curvature"
    assert str(NewtonTrustRegion().refusal(objective)).startswith(f"{objective.curvature.cause}: take ")


def test_levenberg_marquardt_and_output_weights_refuse_a_loss_that_is_no_sum_of_squares(enter: Any) -> None:
    objective = make_case(enter(EXPONENTIAL_LOSS), ROWS).objective()
    assert objective.residuals.cause == "loss 'exponential-loss' is no sum of squares"
    assert str(LevenbergMarquardt().refusal(objective)).startswith(objective.residuals.cause)
    assert "no sum of squares" in objective.output_layer.cause


def test_no_accuracy_is_measured_where_wrong_classes_are_not_counted(enter: Any) -> None:
    enter(named(EXPONENTIAL_LOSS, "uncounted", misses=None), EXPONENTIAL_LOSS)
    for loss, measured in (("uncounted", False), ("exponential-loss", True)):
        problem = harness.Problem.from_arrays(X, Y, hidden=(2,), loss=loss, test_fraction=0.25, name=loss)
        runs = harness.run(problem, "adam", budget=200, seeds=1).runs
        for column in ("train_accuracy", "test_accuracy"):
            assert math.isnan(runs[column][0]) != measured
        assert (problem.confusion(problem.start()) is not None) == measured
        assert math.isfinite(runs["final_loss"][0])


def untraceable(z: Any) -> Any:
    return z * float(z.sum())


def test_a_plain_form_that_cannot_be_traced_is_refused_with_what_is_wrong(enter: Any) -> None:
    network = enter(named(SOFTPLUS, "untraceable", plain=untraceable))
    for source in TRACED:
        reason = build_source(source).refusal(network)
        assert reason is not None
        assert reason.startswith("the plain loss cannot be differentiated (")
        assert reason.endswith(COMPARED)
        assert reason.count(": ") == 1


def test_a_plain_form_without_a_formula_in_code_is_refused_by_the_symbolic_source_alone(enter: Any) -> None:
    network = enter(named(SOFTPLUS, "curved", plain=lambda z: np.arctan(z)))
    assert build_source("reverse-autodiff").refusal(network) is None
    reason = build_source("symbolic").refusal(network)
    assert reason is not None
    assert "no compiled form" in reason


def test_formulas_of_another_plain_form_are_derived_anew(enter: Any) -> None:
    found = []
    for factor in (1.0, 2.0):
        network = enter(named(SOFTPLUS, "changing", plain=lambda z, factor=factor: factor * np.tanh(z)))
        case = make_case(network, ROWS)
        found.append(case.objective("symbolic").value_and_gradient(case.w)[0])
    assert found[0] != found[1]


def test_a_run_is_told_by_the_code_of_what_was_brought(enter: Any) -> None:
    digests = set()
    for record in (SOFTPLUS, named(SOFTPLUS, "softplus", exact=lambda m, sums: list(sums))):
        enter(record)
        problem = harness.Problem.from_arrays(X, Y, hidden=(2,), activation="softplus", test_fraction=0)
        digests.add(own_code(problem, Adam(), ["analytic"]))
    assert len(digests) == 2
    assert "" not in digests
    plain = harness.Problem.from_arrays(X, Y, hidden=(2,), test_fraction=0)
    assert own_code(plain, Adam(), ["analytic"]) == ""


WRONG: dict[str, tuple[Any, dict[str, Any], list[str]]] = {
    "a name with a space": (SOFTPLUS, {"name": "soft plus"}, ["activation", "'soft plus'", "kebab-case"]),
    "no name": (EXPONENTIAL_LOSS, {"name": None}, ["loss", "name is None", "kebab-case"]),
    "a plain function": (SOFTPLUS, {"forward": abs}, ["'softplus'", "forward", "compiled"]),
    "a plain bend": (SOFTPLUS, {"bend": abs}, ["'softplus'", "bend", "compiled"]),
    "a plain loss": (EXPONENTIAL_LOSS, {"function": None}, ["'exponential-loss'", "function", "compiled"]),
    "unknown targets": (EXPONENTIAL_LOSS, {"targets": "sign"}, ["targets", "'sign'", "did you mean 'signs'"]),
    "another output than what is taken in": (
        EXPONENTIAL_LOSS,
        {"takes_in": "sigmoid"},
        ["'exponential-loss'", "takes in 'sigmoid'", "output='sigmoid'"],
    ),
}


@pytest.mark.parametrize(("record", "changes", "words"), WRONG.values(), ids=WRONG)
def test_a_record_that_cannot_be_is_answered_in_one_sentence(
    record: Any, changes: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        replace(record, **changes)
    assert all(word in str(caught.value) for word in words), caught.value
    assert "\n" not in str(caught.value)


def test_a_network_is_labelled_by_what_was_brought(enter: Any) -> None:
    assert label(enter(SOFTPLUS, EXPONENTIAL_LOSS)) == "3-4-1:softplus.identity:exponential-loss"
