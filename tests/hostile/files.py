"""Experiment files: made by a grammar of the schema with odd values in every field, or mutated."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st
from mutated_files import LINES, NUMBERS, TEXTS, mutated

import harness
from harness.problems import PROBLEMS
from harness.report.artifacts import check_figures
from harness.sweeps.experiment import Experiment
from harness.sweeps.experiment_file import read_experiment, shipped_experiments
from harness.sweeps.fields import FIELDS
from harness.sweeps.planning import plan
from optimizers.options import option_ranges, option_values
from optimizers.registry import OPTIMIZERS

from .oracle import hold_runs
from .tally import Said, Tally, Wrong, asked, typed

PATHS = (
    "../../x",
    "/etc/passwd",
    "/",
    ".",
    "..",
    "~",
    "~root",
    "a/b",
    "a\\b",
    "con",
    "NUL",
    "aux.txt",
    "x" * 300,
    "/dev/null",
    "/dev/zero",
    "/proc/self/mem",
    "file:///etc/passwd",
    "https://example.org/x",
    "-rf",
    " ",
    "a\0b",
    "\u202etxt",
    "|id",
    "$(id)",
    "`id`",
    "%s%n",
    "{0}",
    "<script>",
    "&amp;",
    "\\begin{x}",
    "[bold]",
)
"""Names that are paths, devices, markup or commands elsewhere."""

DEEP = ("[" * 500 + "]" * 500, "{a=" * 300 + "1" + "}" * 300, "[" * 3000, "[[[[3]]]]")
HUGE = (
    "[" + "1," * 20_000 + "]",
    "[" + '"xor",' * 2_000 + "]",
    "[[" + "2," * 5_000 + "]]",
    '"' + "\\u0000" * 500 + '"',
)
ODD = (
    *NUMBERS,
    *TEXTS,
    *DEEP,
    *HUGE,
    *(json.dumps(path) for path in PATHS),
    "1e-400",
    "4.9e-324",
    "1.7976931348623157e308",
    "-9223372036854775808",
    "0.1e-1000000000",
    "1_0.0_1",
    "+inf",
    "+nan",
    "-nan",
    "false",
    "9999-12-31",
    "23:59:60",
    "2020-02-30",
    "'''x'''",
    '"""\nx"""',
    "{}",
    '[1, "a", true]',
    "[nan]",
    "[inf, 1]",
    '["none"]',
    "[true]",
    "[1979-05-27]",
    "0x7fffffffffffffff",
    "00",
    "1.",
    ".5",
    "1e",
    "'",
    '"\\ud800"',
    '"\\U0010ffff"',
    "[{}]",
    "{name = 3}",
    '{name = ["adam", "lbfgs"]}',
)
"""Values as TOML, right or wrong, that no field expects."""

GOOD: dict[str, tuple[str, ...]] = {
    "question": ('"Which is better?"', '""'),
    "gradients": ('["analytic"]', '"central-difference"', '["analytic", "forward-difference:step=1e-7"]'),
    "seeds": ("1", "2", "[3]", '"4:6"'),
    "budget": ("10", "12.5", "{ cost = 5 }", "{ iterations = 3 }", "[5, 10]", "{ seconds = 0.01 }"),
    "timeout": ("30", "1.5"),
    "gradient_reference": ('"analytic"', '"complex-step"'),
    "trace": ('"looks"', '"improvements"'),
    "figures": ("[]", '["convergence"]', '[{ name = "finals" }]'),
    "plugins": ("[]",),
    "zip": ("[]", '["problems", "optimizers"]'),
    "exclude": ("[]", '[{ problem = "xor", optimizer = "adam" }]'),
    "claims": (
        "[]",
        '[{ better = "adam", than = "rprop" }]',
        '[{ better = "lbfgs", than = "adam", margin = 0.1 }]',
    ),
}
"""Values that a field takes, where the others agree."""

CHEAP_PROBLEMS = (
    "xor",
    "setosa",
    "parity",
    "sphere",
    "rosenbrock",
    "iris",
    "two-moons",
    "two-spirals",
    "encoder",
    "formula",
    "table",
)
CHEAP_OPTIMIZERS = tuple(
    name for name in OPTIMIZERS if name not in ("cmaes", "bipop-cmaes", "scikit-learn-perceptron")
)


def _parses(value: str) -> bool:
    try:
        tomllib.loads(f"x = {value}")
    except (ValueError, RecursionError):
        return False
    return True


READ = [value for value in ODD if _parses(value)]
"""Odd values that a reader of TOML takes; of a file with another one nothing else is read."""


def odd(draw: Any) -> str:
    """Draw an odd value, one in eight of them no TOML at all."""
    return str(draw(st.sampled_from(READ if draw(st.integers(0, 7)) else ODD)))


def option_value(draw: Any, words: str) -> str:
    """Draw a value of an option by the words for its range, one in eight of them odd."""
    if not draw(st.integers(0, 7)):
        return odd(draw)
    right = ['"none"'] if words.endswith("none") else []
    if " | " in words:
        right += [json.dumps(word.strip()) for word in words.removesuffix(" or none").split(" | ")]
    elif words.startswith("list of"):
        right += ["[[2]]", "[3, 2]"] if "number" in words else ['"tanh"', '"sigmoid"']
    elif words.startswith("whole number"):
        right += ["2", "4", "[2, 4]", "30"]
    elif words.startswith("number"):
        right += ["0.5", "0.01", "[0.1, 0.2]", "1.5"]
    elif words.startswith("true"):
        right += ["true", "false"]
    else:
        right += ['"x"', '"tanh"', '"lbfgs"', '"glorot"']
    return str(draw(st.sampled_from(right)))


def entry(names: tuple[str, ...], registry: Any) -> st.SearchStrategy[str]:
    """A member of a family: by its name, with options in one text, or as a table."""

    @st.composite
    def made(draw: Any) -> str:
        name = draw(st.sampled_from([name for name in names if name in registry]))
        ranges = option_ranges(registry[name])
        named = [*ranges, *ranges, "no", "name", "zip"] if draw(st.integers(0, 9)) == 0 else [*ranges]
        most = min(2, len(named)) if draw(st.booleans()) else 0
        chosen = (
            draw(st.lists(st.sampled_from(named), max_size=most, unique=draw(st.integers(0, 19)) > 0))
            if most
            else []
        )
        if name == "table":
            chosen = [*chosen, "file", "predict"]
        values = [(option, option_value(draw, ranges.get(option, ""))) for option in chosen]
        if draw(st.booleans()):
            options = ",".join(f"{option}={value}".replace('"', "") for option, value in values)
            return json.dumps(f"{name}:{options}" if options else name)
        return "{ " + ", ".join([f'name = "{name}"', *(f"{o} = {v}" for o, v in values)]) + " }"

    return made()


def _list_of(entries: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(entries, min_size=1, max_size=3, unique=True).map(
        lambda some: "[" + ", ".join(some) + "]"
    )


FIELDS_GOOD = {name: st.sampled_from(values) for name, values in GOOD.items()} | {
    "problems": _list_of(entry(CHEAP_PROBLEMS, PROBLEMS)),
    "optimizers": _list_of(entry(CHEAP_OPTIMIZERS, OPTIMIZERS)),
}
KEYS = (
    *FIELDS,
    "budget.cost",
    '"seeds"',
    "a.b.c",
    '"\\u0000"',
    "x",
    "Seeds",
    "seed",
    "problem",
    "",
    '""',
    "'[/x]'",
)


@st.composite
def experiment_files(draw: Any) -> bytes:
    """Return a file: each field left out, right, odd or there twice, in any order."""
    lines = []
    # Of the three that have to be there few are left out, or everything ends there.
    for name in FIELDS:
        needed = name in ("problems", "optimizers", "budget")
        kind = draw(st.integers(0, 39))
        if kind == 0 or (not needed and kind < 30):
            continue
        lines.append(f"{name} = {odd(draw) if kind in (1, 37) else draw(FIELDS_GOOD[name])}")
        if kind == 38 and draw(st.booleans()):
            lines.append(lines[-1])
    if draw(st.integers(0, 19)) == 0:
        lines.append(f"{draw(st.sampled_from(KEYS))} = {odd(draw)}")
    if draw(st.integers(0, 19)) == 0:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(LINES)))
    text = "\n".join(lines) + "\n"
    kind = draw(st.integers(0, 59))
    if kind == 0:
        text = text.replace("\n", "\r\n")
    content = text.encode("utf-8", "surrogatepass")
    if kind == 1:
        content = b"\xef\xbb\xbf" + content
    elif kind == 2:
        content = text.encode("utf-16")
    elif kind == 3:
        place = draw(st.integers(0, len(content)))
        content = content[:place] + draw(st.binary(min_size=1, max_size=4)) + content[place:]
    return content


def read(path: Path) -> tuple[Experiment, list[str]]:
    """Do what a command does before its first run; return the experiment and its runs."""
    experiment = read_experiment(str(path))
    check_figures(experiment.figures, [problem.name for problem in experiment.problems])
    return experiment, [run.run_id for run in plan(experiment)[0]]


def contradictions(content: bytes, experiment: Experiment) -> list[str]:
    """Return the fields of a file, as tomllib reads it, that an experiment has otherwise."""
    raw = tomllib.loads(content.decode("utf-8-sig"))
    seeds, budget = raw.get("seeds", 10), raw["budget"]
    if isinstance(seeds, str):
        first, _, end = seeds.partition(":")
        seeds = list(range(int(first), int(end)))
    limits = budget if isinstance(budget, dict) else {"cost": budget}
    single = not isinstance(budget, list) and not any(isinstance(limit, list) for limit in limits.values())
    sources = raw.get("gradients", ["analytic"])
    wanted: dict[str, tuple[object, object]] = {
        "question": (raw.get("question", ""), experiment.question),
        "timeout": (raw.get("timeout"), experiment.timeout),
        "trace": (raw.get("trace", "looks"), experiment.trace),
        "seeds": (seeds if isinstance(seeds, list) else list(range(seeds)), list(experiment.seeds)),
        "gradients": (_number_of(sources), len(experiment.gradients)),
        "problems": (_number_of(raw["problems"]), len(experiment.problems)),
        **(
            {limit: (value, getattr(experiment.budget, limit)) for limit, value in limits.items()}
            if single
            else {}
        ),
    }
    entries = raw["optimizers"] if isinstance(raw["optimizers"], list) else [raw["optimizers"]]
    for given in entries:
        if isinstance(given, dict) and isinstance(given["name"], str):
            wanted |= _options_taken(given, experiment)
    return [
        f"{name}: {found!r} for {said!r}"
        for name, (said, found) in wanted.items()
        if said != found and not (isinstance(found, float) and found == float(str(said)))
    ]


def _number_of(entries: Any) -> int:
    """How many members some entries have at the least; lists inside of them are axes."""
    if not isinstance(entries, list):
        entries = [entries]
    if any(isinstance(each, dict) for each in entries) or any(":" in str(each) for each in entries):
        raise _ExpandedError
    return len(entries)


class _ExpandedError(Exception):
    """Report entries with axes of their own, whose number is not counted here."""


def _options_taken(given: dict[str, Any], experiment: Experiment) -> dict[str, tuple[object, object]]:
    """Return each option of a table with the values that the optimizers of that name have in its place."""
    wanted: dict[str, tuple[object, object]] = {}
    for option, value in given.items():
        if option in ("zip", "optimizer"):
            # Lists that go together; an optimizer's name, which is a table once it is taken.
            continue
        for choice in value if isinstance(value, list) else [value]:
            taken = [
                optimizer.name() if option == "name" else option_values(optimizer)[option]
                for optimizer in experiment.optimizers
                if optimizer.name() == given["name"]
            ]
            plain = None if choice == "none" else choice
            # A whole number of 19 digits in place of a real one is rounded, as everywhere.
            rounded = float(plain) if isinstance(plain, int) else plain
            if not any(one in taken for one in (plain, value, rounded, [rounded])):
                wanted[f"{given['name']}: {option}"] = (choice, taken)
    return wanted


def check_file(path: Path, content: bytes) -> None:
    """Read a file; hold what is taken against tomllib's reading, and its declaration against itself."""
    experiment, runs = read(path)
    with contextlib.suppress(_ExpandedError):
        if found := contradictions(content, experiment):
            raise Wrong(f"{found[0][:300]}")
    again = path.with_name("declared.toml")
    again.write_text(experiment.declaration(), encoding="utf-8")
    if read(again)[1] != runs:
        raise Wrong(f"the declaration of {path.name} has other runs")


MOST_RUN = 6
"""Runs of a file that is run."""


def run_file(path: Path, folder: Path) -> Any:
    """Return the answer to running a file, with what it says of budget and seeds cut down."""

    def check(said: Said) -> None:
        hold_runs(harness.load(folder))

    return typed(
        ["run", str(path), "--cost", "6", "--seeds", "1", "--workers", "1", "--output", str(folder)],
        check=check,
    )


def _small(path: Path) -> bool:
    experiment = read_experiment(str(path))
    sizes = [problem.start(0).size for problem in experiment.problems]
    count = len(sizes) * len(experiment.optimizers) * len(experiment.gradients)
    return count <= MOST_RUN and max(sizes) < 500


def try_file(content: bytes, place: Path, tally: Tally, number: int) -> None:
    """Read one file; of those that are taken every twentieth is also run, of all every fiftieth typed."""
    name = hashlib.sha256(content).hexdigest()[:12]
    path = place / f"{name}.toml"
    path.write_bytes(content)
    answer = asked(lambda: check_file(path, content))
    tally.add(name, answer)
    if answer.how == "results" and number % 20 == 0 and _small(path):
        tally.add(f"run {name}", run_file(path, place / name))
    elif number % 50 == 0:
        tally.add(f"typed {name}", typed(["run", str(path), "--dry-run"]))
    if not any(name in fault for fault in tally.faults):
        path.unlink()


def campaign(tally: Tally, cases: int, seed: int, place: Path) -> None:
    """Try files, half of them made by the grammar and half mutated from the shipped ones."""
    (place / "grammar").mkdir()
    (place / "mutated").mkdir()
    shipped = [path.read_text(encoding="utf-8") for path in shipped_experiments().values()]
    rng = np.random.default_rng(seed)
    for number in range(cases - cases // 2):
        content = mutated(shipped[int(rng.integers(len(shipped)))], rng)
        if rng.random() < 0.5:
            content = bytes_mutated(content, rng)
        try_file(content, place / "mutated", tally, number)

    made = 0

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max(1, cases // 2),
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(experiment_files())
    def each(content: bytes) -> None:
        nonlocal made
        try_file(content, place / "grammar", tally, made)
        made += 1

    each()


def bytes_mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with some bytes flipped, zeroed, taken out or doubled."""
    changed = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        if not changed:
            break
        place, length = int(rng.integers(len(changed))), int(rng.integers(1, 9))
        kind = int(rng.integers(5))
        if kind == 0:
            changed[place] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            changed[place : place + length] = bytes(length)
        elif kind == 2:
            del changed[place : place + length]
        elif kind == 3:
            changed[place:place] = changed[place : place + length]
        else:
            changed[place:place] = rng.bytes(length)
    return bytes(changed)
