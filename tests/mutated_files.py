"""Experiment files as they come from a slip of the hand, a broken disk or ill will."""

from __future__ import annotations

import re

import numpy as np

NUMBERS = (
    "7" * 5000,
    "0x" + "f" * 5000,
    "-" + "3" * 4400,
    "9" * 30,
    "-1",
    "0",
    "1.5",
    "-0.0",
    "1e400",
    "-1e-400",
    "nan",
    "inf",
    "-inf",
    "true",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "10_000_000_000",
    "1e18",
    "0o17",
    "0b1",
    "1979-05-27",
    "07:32:00",
    "1979-05-27T07:32:00Z",
    '"3"',
    "[3]",
    "[[3]]",
    "{ a = 3 }",
)
"""In place of a number."""

TEXTS = (
    '""',
    '" "',
    '"a"',
    f'"{"y" * 5000}"',
    '"\\u001b[31m"',
    '"\\u0000"',
    '"\\u202e"',
    '"../up"',
    '"/etc/passwd"',
    '"[/x]"',
    '"$\\\\frac{1}$"',
    '"xor:"',
    '"xor:bits=4"',
    '"parity:bits=1e9"',
    '"parity:bits=60"',
    '"parity:bits"',
    '"two-moons:rows=10000000000000"',
    '"two-spirals:hidden=[1000000000]"',
    '"central-difference:step=0"',
    '"central-difference:step=-1"',
    '"none"',
    "3",
    "true",
    "[]",
    "[[]]",
    "{}",
    "1979-05-27",
    '["xor", 3]',
)
"""In place of a text."""

LINES = (
    "",
    "x = 1",
    "seeds = 3",
    "seeds = [0, 1, 1]",
    "seeds = [-1]",
    "seeds = 100000000000",
    "budget = 5",
    "budget = { cost = 0 }",
    "budget = { iterations = 99999999999999999999 }",
    "budget = {}",
    "timeout = 0",
    "timeout = nan",
    "gradients = []",
    'gradients = ["no"]',
    'gradient_reference = "no"',
    "figures = [3]",
    'figures = [{ name = "no" }]',
    'figures = [{ name = "convergence", x = 3 }]',
    'figures = [{ name = "convergence", problems = ["never"] }]',
    "figures = " + "[" * 3000,
    "[budget]",
    "[[problems]]",
    "[[optimizers]]",
    "= 3",
    "a.b.c = 3",
    "population_size = 10_000_000_000",
    "population_size = 1",
    "hidden = [2, 0]",
    "learning_rate = 0",
    "learning_rate = [0.1, 0.1]",
    "learning_rate = []",
    "hidden = [9223372036854775808]",
    "rows = " + "1" + "0" * 308,
    "bits = 64",
    "batch = 1.0",
    "momentum = 1.0",
    'name = "adam"',
    'name = "xor"',
    "seeds = { a = 1 }",
    "question = 3",
    'question = "\\u001b]0;x\\u0007"',
    "question = '''\n'''",
    "\x00",
    "\u2028",
)
"""In place of a line, or beside one."""

NUMBER = re.compile(r"(?<![\w.\"-])-?\d[\d_.e]*(?![\w\"])")
TEXT = re.compile(r'"[^"\n]*"')


def mutated(text: str, rng: np.random.Generator) -> bytes:
    """Return a file with one to three mutations."""
    for _ in range(int(rng.integers(1, 4))):
        kind = int(rng.integers(8))
        lines = text.split("\n")
        place = int(rng.integers(len(lines)))
        if kind <= 1:
            text = _replaced(text, NUMBER, NUMBERS, rng)
        elif kind == 2:
            text = _replaced(text, TEXT, TEXTS, rng)
        elif kind == 3:
            lines[place] = str(rng.choice(LINES))
            text = "\n".join(lines)
        elif kind == 4:
            lines.insert(place, str(rng.choice(LINES)))
            text = "\n".join(lines)
        elif kind == 5:
            lines.insert(int(rng.integers(len(lines))), lines.pop(place))
            text = "\n".join(lines)
        elif kind == 6:
            cut = int(rng.integers(len(text) + 1))
            text = (
                text[:cut]
                + str(rng.choice(list('[]{}=",.#\\x0-\n\x7f')))
                + text[cut + int(rng.integers(3)) :]
            )
        else:
            text = text[: int(rng.integers(len(text) + 1))]
    content = text.encode()
    if rng.random() < 0.03:
        content = content[: len(content) // 2] + bytes([255, 254]) + content[len(content) // 2 :]
    return content


def _replaced(text: str, pattern: re.Pattern[str], choices: tuple[str, ...], rng: np.random.Generator) -> str:
    found = list(pattern.finditer(text))
    if not found:
        return text
    match = found[int(rng.integers(len(found)))]
    return text[: match.start()] + str(rng.choice(choices)) + text[match.end() :]
