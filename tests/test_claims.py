"""Claims as they are declared: read, looked up, kept with the plan, and left where members go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.runs.claims import Claim
from harness.runs.plans import read_plans
from harness.sweeps.choices import restricted
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment
from harness.sweeps.fields import build_experiment
from optimizers.errors import InputError

OPTIMIZERS = [{"name": "adam", "learning_rate": [0.01, 0.1]}, "rprop", "lbfgs", "genetic-algorithm"]


def build(*claims: Any, **fields: Any) -> Experiment:
    table = {"problems": ["xor", "iris"], "optimizers": OPTIMIZERS, "budget": 100, "claims": list(claims)}
    return build_experiment("test", table | fields)


def test_a_claim_is_read_with_its_names_and_defaults() -> None:
    one, other = build(
        {
            "better": "lbfgs",
            "than": "adam:learning_rate=0.1",
            "by": "solved",
            "problems": "xor",
            "margin": 0.1,
        },
        {"better": "rprop", "than": "adam(learning_rate=0.01)"},
    ).claims
    assert one == Claim("lbfgs", "adam(learning_rate=0.1)", "solved", ("xor",), 0.1)
    assert other == Claim("rprop", "adam(learning_rate=0.01)")
    assert build().claims == ()


def test_of_several_gradient_sources_one_is_named() -> None:
    sources = ["analytic", "symbolic"]
    claim = {"better": "rprop by symbolic", "than": "genetic-algorithm"}
    assert build(claim, gradients=sources).claims == (Claim("rprop by symbolic", "genetic-algorithm"),)
    with pytest.raises(InputError, match="'rprop' runs with 2 gradient sources: write 'rprop by analytic'"):
        build({"better": "rprop", "than": "genetic-algorithm"}, gradients=sources)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ({"better": "lbfg", "than": "rprop"}, ["lbfg", "did you mean 'lbfgs'"]),
        ({"better": "lbfgs", "than": "rprp"}, ["rprp", "rprop"]),
        ({"better": "lbfgs", "than": "adam"}, ["'adam' stands for 2 optimizers", "give a label"]),
        ({"better": "lbfgs", "than": "rprop", "problems": ["iriss"]}, ["iriss", "iris"]),
        ({"better": "lbfgs", "than": "rprop", "problems": []}, ["empty", "leave the field out"]),
        ({"better": "lbfgs", "than": "rprop", "problems": [1]}, ["'problems'", "names"]),
        ({"better": "lbfgs", "than": "rprop", "by": "cost"}, ["measure", "cost", "cost-to-target"]),
        ({"better": "lbfgs", "than": "rprop", "margins": 0.1}, ["margins", "margin"]),
        ({"better": "lbfgs", "than": "rprop", "margin": -0.1}, ["margin", "-0.1", "0 or more"]),
        ({"better": "lbfgs", "than": "rprop", "margin": float("nan")}, ["margin", "nan"]),
        ({"better": "lbfgs", "than": "rprop", "margin": True}, ["margin", "True"]),
        ({"better": "lbfgs", "than": "lbfgs"}, ["lbfgs", "against itself"]),
        ({"better": "lbfgs"}, ["'than' is missing"]),
        ({"better": 3, "than": "rprop"}, ["'better' is 3"]),
        ("lbfgs", ["lbfgs", "expected a table"]),
    ],
)  # fmt: skip
def test_what_is_no_claim_is_told_in_one_sentence(claim: Any, said: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        build(claim)
    assert all(part in str(caught.value) for part in said), caught.value
    assert "\n" not in str(caught.value)


def test_claims_that_are_no_list_or_twice_there_are_told() -> None:
    claim = {"better": "lbfgs", "than": "rprop"}
    with pytest.raises(InputError, match="field 'claims' is 'x', expected a list"):
        build(claims="x")
    with pytest.raises(InputError, match="lbfgs against rprop is there twice"):
        build(claim, claim)
    assert len(build(claims=claim).claims) == 1


def test_a_declaration_says_its_claims_again(tmp_path: Path) -> None:
    claims = [
        {"better": "lbfgs", "than": "rprop", "by": "final-loss", "problems": ["xor"], "margin": 0.2},
        {"better": "lbfgs", "than": "genetic-algorithm"},
    ]
    file = tmp_path / "again.toml"
    file.write_text(build(*claims).declaration(), encoding="utf-8")
    assert [claim.table() for claim in read_experiment(str(file)).claims] == claims


def test_a_claim_goes_with_its_optimizer_and_stays_with_what_is_left_of_its_problems() -> None:
    experiment = build(
        {"better": "lbfgs", "than": "rprop", "problems": ["xor", "iris"]},
        {"better": "lbfgs", "than": "genetic-algorithm"},
    )
    left = restricted(experiment, without=["optimizer=genetic-algorithm", "problem=iris"]).claims
    assert left == (Claim("lbfgs", "rprop", problems=("xor",)),)
    assert restricted(experiment, only=["problem=xor", "optimizer=rprop,adam"]).claims == ()


def test_a_claim_about_problems_goes_with_the_last_of_them() -> None:
    experiment = build({"better": "lbfgs", "than": "rprop", "problems": ["iris"]})
    assert restricted(experiment, without=["problem=iris"]).claims == ()
    assert restricted(experiment, without=["problem=xor"]).claims == experiment.claims


def test_claims_are_part_of_the_plan_and_come_with_the_results(tmp_path: Path) -> None:
    options: dict[str, Any] = {"budget": 20, "seeds": 1, "claims": {"better": "rprop", "than": "adam"}}
    results = harness.run("xor", ["adam", "rprop"], **options)
    assert results.claims == (Claim("rprop", "adam"),)
    harness.run("xor", ["adam", "rprop"], folder=tmp_path, **options)
    assert harness.load(tmp_path).claims == (Claim("rprop", "adam"),)
    (plan,) = read_plans(tmp_path)
    assert plan.claims == results.claims
    options["claims"] = {"better": "rprop", "than": "adam", "margin": 0.1}
    harness.run("xor", ["adam", "rprop"], folder=tmp_path, **options)
    assert len({plan.digest for plan in read_plans(tmp_path)}) == 2


def test_tuning_searches_without_claims() -> None:
    fields = {
        "problems": "xor", "optimizers": ["rprop", "gradient-descent"], "budget": 50,
        "claims": {"better": "rprop", "than": "gradient-descent"},
    }  # fmt: skip
    assert harness.tune(fields, trials=2).results.claims == []
