"""Command lines as they come from a newcomer, a script that went wrong, or a cat on the keyboard."""

from __future__ import annotations

import numpy as np

COMMANDS = (
    "run",
    "tune",
    "list",
    "show",
    "check",
    "plot",
    "export",
    "import",
    "merge",
    "status",
    "compare",
    "rum",
    "",
    "--help",
    "-x",
    "RUN",
    "tun",
    "--version",
    "help",
)
WORDS = (
    "one.toml",
    "wrong.toml",
    "absent.toml",
    "...toml",
    ".toml",
    "kept",
    "empty",
    "file",
    ".",
    "/",
    "",
    " ",
    "-",
    "--",
    "xor",
    "xro",
    "iris",
    "parity:bits=3",
    "parity:bits=99",
    "parity:bits",
    "setosa",
    "optimizer",
    "optimizers",
    "problem",
    "plots",
    "losses",
    "loss",
    "results",
    "derivation",
    "adam",
    "adma",
    "convergence",
    "confusion",
    "analytic",
    "y" * 5000,
    "\x1b[31m",
    "a\nb",
    "\udcff",
    "[/x]",
    "$x$",
    "1",
    "-1",
    "nan",
    "None",
    "\u0661",
    "https://example.org/a.toml",
    "~",
    "*",
    "kept/runs",
    "/dev/null",
    "/proc/1/mem",
)
OPTIONS = {
    "--seeds": (
        "1",
        "2",
        "0",
        "-1",
        "x",
        "1.5",
        "1e3",
        "9" * 30,
        "",
        "\u0661",
        "nan",
        "1:3",
        "3:1",
        "0:",
        "1,2",
    ),
    "--set": (
        "budget.cost=9",
        "optimizers.adam.batch=2",
        "optimizers.adma.x=1",
        "x",
        "=",
        "a.b.c.d=1",
        "seeds=[",
    ),
    "--only": ("optimizer=adam", "problem=xor", "problem=", "optimizer=adma", "x=y", "seed=0:1", "budget=x"),
    "--without": ("optimizer=adam", "problem=iris", "gradient=analytic", "", "=", "seed=\u0661"),
    "--cost": ("10", "25.5", "0", "-1", "nan", "inf", "1e400", "x", "", "1_0"),
    "--output": (
        "out",
        "kept",
        "file",
        "",
        "y" * 300,
        "/proc/x",
        "file/below",
        "out.png",
        "out.pgf",
        "out.xyz",
        "out.",
    ),
    "--workers": ("1", "0", "-1", "x", "1000000", "1.5"),
    "--shard": ("1/1", "1/2", "2/2", "3/2", "0/1", "x", "", "1/0"),
    "--into": ("out", "kept", "file", "", "y" * 300, "file/below"),
    "--no-wait": (),
    "--dry-run": (),
    "--retry": ("failed", "timeout", "failed,timeout", "faild", "", "solved"),
    "--reuse": ("other-code", "other", ""),
    "--trials": ("1", "2", "0", "-1", "x", "9" * 30),
    "--sampler": ("quasi-random", "successive-halving", "tp", ""),
    "--per": ("experiment", "problem", "run", ""),
    "--tuned": ("kept", "absent", "", "file"),
    "--seed": ("0", "1", "-1", "x", "9" * 30),
    "--gradient": ("analytic", "central-difference:step=1e-6", "central-difference:step=0", "anlytic", ""),
    "--name": ("convergence", "confusion", "convergance", "", "gradient-cost"),
    "--x": ("cost", "iteration", "seconds", "tim", ""),
    "--problem": ("xor", "xro", ""),
    "--to": ("csv", "ioh", "cvs", "csv:x=1", ""),
    "--from": ("csv", "ioh", "cvs", ""),
    "--replace": (),
    "--add": (),
    "--check": (),
    "--reference": (),
    "--latex": (),
    "--help": (),
    "-h": (),
    "--sedes": ("1",),
    "--json": (),
}
USUAL = (
    ["run", "one.toml"],
    ["run", "one.toml", "--output", "out"],
    ["run", "kept"],
    ["show", "results", "kept"],
    ["plot", "kept"],
    ["tune", "one.toml", "--trials", "2"],
    ["merge", "kept", "--into", "out"],
    ["status", "kept"],
    ["compare", "kept"],
    ["compare", "kept", "--markdown"],
    ["list"],
    ["list", "optimizers"],
    ["show", "optimizer", "adam"],
    ["check", "xor"],
    ["show", "derivation", "xor"],
    ["export", "kept", "--to", "csv", "--output", "out"],
    ["import", "kept", "--from", "csv", "--output", "out"],
)


def command_line(rng: np.random.Generator) -> list[str]:
    """Return the words of one command: one that works with something added, changed or left out, or any."""
    if rng.random() < 0.6:
        words = list(USUAL[int(rng.integers(len(USUAL)))])
        for _ in range(int(rng.integers(3))):
            kind, place = int(rng.integers(3)), int(rng.integers(len(words))) if words else 0
            if kind == 0 and words:
                words[place] = str(rng.choice(WORDS))
            elif kind == 1 and words:
                del words[place]
            else:
                words.insert(place, str(rng.choice(WORDS)))
    else:
        words = [str(rng.choice(COMMANDS)), *(str(rng.choice(WORDS)) for _ in range(int(rng.integers(4))))]
    for _ in range(int(rng.integers(4))):
        option = str(rng.choice(list(OPTIONS)))
        values = OPTIONS[option]
        words += [option, *([str(rng.choice(values))] if values and rng.random() < 0.95 else [])]
    # A shipped experiment would take minutes; numpy has cut no word at a NUL, for there is none.
    return words


ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "COLUMNS": ("x", "0", "-1", "1", "99999999", ""),
    "LINES": ("0", "x"),
    "PYTHONIOENCODING": ("ascii", "latin-1", "utf-8:strict"),
    "NO_COLOR": ("1", ""),
    "FORCE_COLOR": ("1", "x"),
    "LANG": ("xx", "C", "de_DE.UTF-8"),
    "LC_ALL": ("C", "POSIX", "nonsense"),
    "PYTHONUTF8": ("0", "1"),
    "TERM": ("", "dumb", "nonsense"),
    "NUMBA_NUM_THREADS": ("9999", "x", "1", "0", "-3", ""),
    "NUMBA_CACHE_DIR": ("/proc/none", "/dev/null", ""),
    "NUMBA_BOUNDSCHECK": ("x", "0"),
    "OMP_NUM_THREADS": ("0", "x"),
    "MPLBACKEND": ("nonsense", "module://no"),
    "MPLCONFIGDIR": ("/proc/none", "file"),
    "HOME": ("/proc/none", "", "file"),
    "TMPDIR": ("/proc/none",),
    "TZ": ("nonsense",),
    "PYTHONWARNINGS": ("error", "nonsense", "always"),
    "PYTHONOPTIMIZE": ("2",),
    "PYTHONHASHSEED": ("0",),
    "PYTHONDEVMODE": ("1",),
}
"""Surroundings as a shell, a notebook server or a batch system hands them on."""


def environment(rng: np.random.Generator) -> dict[str, str]:
    """Return two variables with odd values."""
    names = rng.choice(list(ENVIRONMENTS), 2, replace=False)
    return {str(name): str(rng.choice(ENVIRONMENTS[str(name)])) for name in names}
