"""A grammar of experiment files, with odd values in every field."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from hypothesis import strategies as st
from mutated_files import LINES, NUMBERS, TEXTS

from harness.problems import PROBLEMS
from harness.sweeps.fields import FIELDS
from optimizers.options import option_ranges
from optimizers.registry import OPTIMIZERS

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
