"""The check of gradient sources against each other and fifty digits, and their quality along a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from oracles import exact_row_gradient, relative_difference
from terminal import called

import harness
from harness.autodiff.derivatives import traced
from harness.gradient_check import check, exact_derivatives
from harness.gradients import known_sources
from harness.gradients.analytic import Analytic
from harness.network import few_rows
from harness.network.objective import NetworkObjective
from harness.network.plain_loss import summed_loss
from optimizers import InputError
from optimizers.compilation import compiled


@compiled()
def _wrong(w: Any, rows: Any, data: Any, gradient: Any) -> float:
    # Of xor, which is small.
    loss = few_rows.value_and_gradient(w, rows, data, gradient)
    gradient[0] = -gradient[0]
    return loss


def test_every_source_has_a_row_and_agrees_or_says_why_it_does_not_serve() -> None:
    table = check(harness.problems.load("xor"))
    assert set(table["source"]) == set(known_sources())
    served = table[table["reason"] == ""]
    assert (served["relative_error"] < 1e-6).all()
    assert (served["cosine"] > 1 - 1e-9).all()
    assert table.loc[0, "against"] == "50 digits"
    assert table.loc[0, "relative_error"] < 1e-13


def test_a_source_that_is_wrong_is_shown_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = harness.problems.load("xor")
    monkeypatch.setattr(Analytic, "build", lambda self, network, data: (_wrong, data))
    table = check(problem, sources=["analytic", "reverse-autodiff"]).set_index("against")
    assert table.loc["analytic", "relative_error"].max() > 1e-3
    assert table.loc["50 digits", "relative_error"] > 1e-3


@pytest.mark.parametrize("place", range(9))
def test_a_wrong_sign_in_any_parameter_is_seen_by_fifty_digits(
    monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    problem = harness.problems.load("xor")
    right = problem.objective().value_and_gradient(problem.start())[1]
    with_wrong_sign(monkeypatch, [place])
    table = check(problem, sources=["analytic"]).set_index("against")
    wanted = 2 * abs(right[place]) / np.linalg.norm(right)
    assert wanted > 1e-3
    assert table.loc["50 digits", "relative_error"] == pytest.approx(wanted, rel=1e-9)


def test_of_a_large_network_every_block_of_parameters_is_held_against_fifty_digits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = harness.problems.load("iris")
    layers = problem.network.layers(np.arange(problem.network.size, dtype=np.float64))
    blocks = [part.ravel().astype(int) for layer in layers for part in (layer.weights, layer.biases)]
    assert sorted(np.concatenate(blocks)) == list(range(67))
    for block in blocks:
        with monkeypatch.context() as patched:
            with_wrong_sign(patched, block)
            table = check(problem, sources=["analytic"]).set_index("against")
        assert table.loc["50 digits", "relative_error"] > 1e-2
    assert check(problem, sources=["analytic"]).loc[0, "relative_error"] < 1e-13


def with_wrong_sign(monkeypatch: pytest.MonkeyPatch, places: Any) -> None:
    """Turn the sign of some derivatives of every network, whatever their source."""
    original = NetworkObjective.value_and_gradient

    def wrong(self: NetworkObjective, *arguments: Any, **options: Any) -> tuple[float, Any]:
        loss, gradient = original(self, *arguments, **options)
        gradient[places] *= -1
        return loss, gradient

    monkeypatch.setattr(NetworkObjective, "value_and_gradient", wrong)


def test_fifty_digits_equal_the_oracle() -> None:
    problem = harness.problems.load("xor")
    w = problem.start(3)
    X, Y, _, _ = problem.data(3)
    program = traced(summed_loss(problem.network), [w.shape, (2, 1), (1, 1)])
    found = exact_derivatives(program, [w, X[:1].T, Y[:1].T], np.eye(w.size))
    wanted = [float(part) for part in exact_row_gradient(problem.network, w.tolist(), X[0], Y[0])]
    assert relative_difference(found, np.array(wanted)) < 1e-14


def test_functions_are_checked_too() -> None:
    table = check(harness.problems.load("rosenbrock"))
    served = table[table["reason"] == ""]
    assert set(served["source"]) == set(known_sources())
    assert (served["relative_error"] < 1e-6).all()


def test_what_has_no_gradient_has_reasons_only() -> None:
    problem = harness.Problem.from_arrays(
        [[0.0], [1.0]], [0, 1], hidden=(), loss="perceptron-hard", test_fraction=0, name="hard"
    )
    table = check(problem)
    assert (table["reason"] != "").all()


def test_an_unknown_source_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'analytic'"):
        check(harness.problems.load("xor"), sources=["anlytic"])


class TestQuality:
    def test_along_a_run_is_that_of_the_gradients_and_costs_nobody_anything(self) -> None:
        sources = ["analytic", "forward-difference"]
        budget = harness.Budget(iterations=30)
        plain = harness.run("xor", "momentum", gradients=sources, seeds=2, budget=budget)
        held = harness.run(
            "xor", "momentum", gradients=sources, seeds=2, budget=budget, gradient_reference="analytic"
        )
        assert plain.trace["gradient_error"].isna().all()
        assert held.runs["cost"].tolist() == plain.runs["cost"].tolist()
        assert held.runs["final_loss"].tolist() == plain.runs["final_loss"].tolist()
        exact, quotient = (held.trace[held.trace["gradient"] == source] for source in sources)
        assert (exact["gradient_error"].dropna() == 0).all()
        errors = quotient["gradient_error"].dropna()
        assert ((errors > 1e-10) & (errors < 1e-5)).all()
        assert (quotient["gradient_cosine"].dropna() > 1 - 1e-8).all()
        problem = harness.problems.load("xor")
        w = problem.start(0)
        found = problem.objective("forward-difference").value_and_gradient(w)[1]
        wanted = relative_difference(found, problem.objective().value_and_gradient(w)[1])
        assert errors.iloc[0] == pytest.approx(wanted, rel=1e-12)

    def test_an_unknown_reference_is_refused(self) -> None:
        with pytest.raises(InputError, match="unknown gradient source 'exact'"):
            harness.run("xor", "adam", budget=10, seeds=1, gradient_reference="exact")


def test_the_terminal_shows_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    from harness.cli.entry import main

    with pytest.raises(SystemExit) as left:
        main(["check", "xor", "--gradient", "analytic", "--gradient", "central-difference"])
    assert left.value.code == 0
    shown = capsys.readouterr().out
    assert "50 digits" in shown
    assert "central-difference" in shown
    assert "complex-step" not in shown


def test_the_terminal_says_which_sources_do_not_serve_and_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    answer = called(capsys, "check", "xor:activation=relu", "--gradient", "complex-step")
    lines = answer.out.splitlines()
    assert lines[-1].startswith("complex-step: activation 'relu' is not complex differentiable")
    assert not any(line.startswith("complex-step ") for line in lines)


def test_a_sweep_checks_its_sources_first_where_asked_and_keeps_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from harness.cli.entry import main

    file = tmp_path / "small.toml"
    file.write_text(
        'problems = ["xor"]\noptimizers = ["adam"]\nbudget = 20\nseeds = 1\n'
        'gradients = ["analytic", "complex-step"]\n'
    )
    with pytest.raises(SystemExit) as left:
        main(["run", str(file), "--check", "--output", str(tmp_path / "out")])
    assert left.value.code == 0
    assert "gradient-check.csv" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "gradient-check.csv")
    assert table["source"].tolist() == ["analytic", "analytic", "complex-step"]
    assert (table["relative_error"] < 1e-12).all()
