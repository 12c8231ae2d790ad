"""An activation and a loss of another package serve everywhere, and the contract suites test them untold."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from processes import COMMAND, ROOT, install, python

TESTS = Path(__file__).parent
# Nothing is rewritten for the suites, whose assertions explain themselves in their own run.
QUIETLY = ("-n0", "-q", "--assert=plain", "-p", "no:cacheprovider")

MORE = """
from dataclasses import replace
from brought_package import SOFTPLUS, EXPONENTIAL_LOSS

impostor = replace(SOFTPLUS, name="tanh")
unlike = "softplus"
wrong = EXPONENTIAL_LOSS
"""
ENTRIES = """
[harness.activations]
softplus = brought_package:SOFTPLUS
impostor = more_parts:impostor
unlike = more_parts:unlike
missing = more_parts:missing
loss = more_parts:wrong

[harness.losses]
exponential-loss = brought_package:EXPONENTIAL_LOSS
uncompiled = uncompiled_parts
"""
LEFT_OUT = {
    "impostor": "the name 'tanh' is taken: it needs another one",
    "unlike": "found 'softplus', expected a record of Activation",
    "missing": "AttributeError: module 'more_parts' has no attribute 'missing'",
}
UNCOMPILED = """
from dataclasses import replace
from brought_package import EXPONENTIAL_LOSS

replace(EXPONENTIAL_LOSS, function=abs)
"""
TRAINS = """
import json, sys, warnings
import numpy as np
warnings.simplefilter("ignore")
import harness
from harness.gradients import known_sources
from harness.network.plain_loss import summed_loss

X = np.random.default_rng(0).normal(size=(30, 2))
problem = harness.Problem.from_arrays(
    X, np.sign(X[:, 0] * X[:, 1]), hidden=(3,), activation="softplus", loss="exponential-loss",
    test_fraction=0.2, name="brought",
)
results = harness.run(problem, "lbfgs", gradients=list(known_sources()), seeds=1, budget=3000)
runs = results.runs
mixed = harness.Problem.from_arrays(
    X, X[:, 0] ** 2, hidden=(3,), output="softplus", loss="half-squared", test_fraction=0, name="mixed"
)
newton = harness.run(mixed, ["newton-trust-region", "levenberg-marquardt"], seeds=1, budget=300).runs
print(json.dumps({
    "losses": dict(zip(runs["gradient"], runs["final_loss"])),
    "start": float(problem.objective().value(problem.start())),
    "accuracies": runs["train_accuracy"].tolist(),
    "codes": sorted(set(runs["own_code"])) if "own_code" in runs else [],
    "outcomes": [*runs["outcome"], *newton["outcome"]],
    "formula": "LogSumExp" in str(harness.symbolic.derivation(problem.network).forward),
}))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package that is installed there, as its metadata say."""
    # Under another name: the folder of the tests comes first when the suites run.
    own = (TESTS / "brought_parts.py").read_text(encoding="utf-8")
    files = {"brought_package.py": own, "more_parts.py": MORE, "uncompiled_parts.py": UNCOMPILED}
    return install(tmp_path_factory.mktemp("site"), ENTRIES, files)


def call(place: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return python(cwd or place, *arguments, site=place)


def test_they_are_listed_and_shown_and_what_does_not_fit_is_named_once(place: Path) -> None:
    done = call(place, *COMMAND, "list", "activations")
    assert done.returncode == 0, done.stderr
    assert re.search(r"softplus +a = log\(1 \+ exp\(z\)\)", done.stdout)
    assert re.search(r"tanh +a = tanh\(z\)", done.stdout), "nothing is replaced"
    for name, reason in LEFT_OUT.items():
        said = f"harness: plug-in '{name}' of package 'brought' (harness.activations) is left out: {reason}"
        assert done.stderr.count(said) == 1, done.stderr
    assert "'loss' of package 'brought' (harness.activations) is left out: found " in done.stderr
    assert "Traceback" not in done.stderr
    done = call(place, *COMMAND, "list", "losses")
    assert re.search(r"exponential-loss +sum_k exp\(-y_k z_k\)", done.stdout)
    assert (
        "harness: plug-in 'uncompiled' of package 'brought' (harness.losses) is left out: InputError: "
        "loss 'exponential-loss': function is " in done.stderr
    )
    shown = call(place, *COMMAND, "show", "activation", "softplus").stdout
    assert "equation: a = log(1 + exp(z))" in shown
    assert "complex_form: yes" in shown


def test_networks_train_with_them_by_every_source_and_newtons_method(place: Path) -> None:
    done = call(place, "-c", TRAINS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found["losses"]) == 7
    assert max(found["losses"].values()) < 0.8 * found["start"]
    exact = [found["losses"][name] for name in ("analytic", "complex-step", "reverse-autodiff", "symbolic")]
    assert max(exact) - min(exact) < 1e-3 * found["start"]
    assert all(0.5 < accuracy <= 1 for accuracy in found["accuracies"])
    assert "failed" not in found["outcomes"]
    assert found["formula"]


def test_the_contract_suites_test_them_without_being_told(place: Path) -> None:
    suites = [f"tests/contracts/test_{family}.py" for family in ("activations", "losses", "gradient_sources")]
    # Broken plug-ins warn, and warnings are errors in the suites.
    (place / "brought-1.0.dist-info" / "entry_points.txt").write_text(
        "[harness.activations]\nsoftplus = brought_package:SOFTPLUS\n"
        "[harness.losses]\nexponential-loss = brought_package:EXPONENTIAL_LOSS\n",
        encoding="utf-8",
    )
    options = [*QUIETLY, "-k", "softplus or exponential-loss"]
    done = call(place, "-m", "pytest", *options, *suites, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 70


def test_a_wrong_face_is_found_by_the_contract_suite(place: Path) -> None:
    wrong = (place / "brought_package.py").read_text(encoding="utf-8")
    right = "delta[d0 + r] *= -exponential_minus_one(-a[start + r])"
    assert right in wrong
    (place / "brought_package.py").write_text(
        wrong.replace(right, "delta[d0 + r] *= 1.0 - 0.5 * a[start + r]"), encoding="utf-8"
    )
    options = [*QUIETLY, "-k", "softplus"]
    done = call(place, "-m", "pytest", *options, "tests/contracts/test_activations.py", cwd=ROOT)
    assert "test_backward_is_the_derivative_of_the_printed_equation[softplus]" in done.stdout
    assert done.returncode == 1
