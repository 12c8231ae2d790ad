"""Optimizers are named without their options where labels would be too long to read, all of them or none."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
import optimizers

LONG = optimizers.Rprop(initial_step=0.335, shrink=0.416, growth=1.18)
SHORT = optimizers.GradientDescent(learning_rate=0.3)
PERCEPTRON = optimizers.PerceptronRule(learning_rate=0.2)
WHOLE = LONG.label


@pytest.mark.parametrize("kept", [True, False])
def test_one_long_label_leaves_all_optimizers_their_names(tmp_path: Path, kept: bool) -> None:
    found = harness.run(
        "xor", [LONG, SHORT, PERCEPTRON], seeds=2, budget=50, folder=tmp_path / "a" if kept else None
    )
    assert set(found.runs["optimizer"]) == {"rprop", "gradient-descent"}
    assert set(found.trace["optimizer"]) == {"rprop", "gradient-descent"}
    assert set(found.skipped["optimizer"]) == {"perceptron-rule"}
    assert '"shrink": 0.416' in found.runs["options"].iloc[0]


def test_labels_that_can_be_read_stay() -> None:
    found = harness.run("xor", [SHORT, "adam"], seeds=1, budget=50)
    assert list(found.runs["optimizer"]) == [SHORT.label, "adam"]


def test_configurations_of_one_optimizer_are_told_apart() -> None:
    other = optimizers.Rprop(initial_step=0.2, shrink=0.416, growth=1.18)
    found = harness.run("xor", [LONG, other], seeds=1, budget=50)
    assert set(found.runs["optimizer"]) == {LONG.label, other.label}


@pytest.mark.parametrize("name", ["rprop", WHOLE])
def test_a_claim_finds_its_optimizer_by_name_and_by_label(name: str) -> None:
    claim = {"better": name, "than": "gradient-descent"}
    found = harness.run("iris", [SHORT, LONG], seeds=8, budget=300, claims=claim)
    (verdict,) = found.compare().verdicts.to_dict("records")
    assert (verdict["optimizer"], verdict["other"], verdict["n"]) == ("rprop", "gradient-descent", 8)


def test_status_names_what_is_not_done_yet_alike(tmp_path: Path) -> None:
    experiment = tmp_path / "long.toml"
    experiment.write_text(
        'problems = ["xor"]\nseeds = 2\nbudget = { cost = 50 }\n\n[[optimizers]]\nname = "rprop"\n'
        "initial_step = 0.335\nshrink = 0.416\ngrowth = 1.18\n"
    )
    from harness.sweeps.experiment_file import read_experiment
    from harness.sweeps.planning import kinds_of, plan

    runs, _ = plan(read_experiment(str(experiment)))
    assert [(kind["optimizer"], kind["runs"]) for kind in kinds_of(runs)] == [("rprop", 2)]
