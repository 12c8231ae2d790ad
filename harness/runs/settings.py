"""Names under which runs of several experiments stand in one table without being taken for each other's."""

from __future__ import annotations

import json
import re

import pandas as pd

from harness.runs.identity import digest_of


def with_axes(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose optimizers are named with every option that differs, its default as well.

    A label has the options that differ from their defaults, so that of three learning rates one would stand
    there without its number.

    Arguments:
        runs: with the columns optimizer and options.

    >>> with_axes(pd.DataFrame({
    ...     "optimizer": ["adam", "adam(learning_rate=0.01)", "rprop"],
    ...     "options": ['{"learning_rate": 0.001}', '{"learning_rate": 0.01}', "{}"],
    ... }))["optimizer"].tolist()
    ['adam(learning_rate=0.001)', 'adam(learning_rate=0.01)', 'rprop']
    """
    found = dict.fromkeys(zip(runs["optimizer"], runs["options"], strict=True))
    if len({_kind(label) for label, _ in found}) == len(found):
        # No optimizer is there with more than one choice of options.
        return runs
    chosen = [(str(label), text, _read(text)) for label, text in found]
    named = {}
    for label, text, options in chosen:
        alike = [other for other_label, _, other in chosen if _kind(other_label) == _kind(label)]
        missing = [
            f"{option}={value}"
            for option, value in options.items()
            if any(option in other and other[option] != value for other in alike)
            and not re.search(rf"(?<!\w){option}=", label)
        ]
        if missing and not label.endswith("(own)"):
            name, _, listed = label.removesuffix(")").partition("(")
            named[label, text] = f"{name}({', '.join(filter(None, [*missing, listed]))})"
    if not named:
        return runs
    pairs = zip(runs["optimizer"], runs["options"], strict=True)
    return runs.assign(optimizer=[named.get(pair, pair[0]) for pair in pairs])


def _kind(label: str) -> str:
    return label.partition("(")[0]


def _read(options: str) -> dict[str, object]:
    try:
        found = json.loads(options)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def told_apart(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs whose names say what the same name would hide.

    Where a problem is there with more than one budget, its name is followed by the budget; where more
    than one thing has the same name, such as own data that were changed, by a digest. An optimizer of which
    options or code differ under one label likewise.

    Arguments:
        runs: of one experiment or of several, with the columns of ``RUN_COLUMNS``.

    >>> told_apart(pd.DataFrame({
    ...     "problem": ["xor", "xor", "iris"], "setting": ["cost=5", "cost=9", "cost=9"], "problem_key": "k",
    ...     "optimizer": "adam", "options": "{}", "own_code": "",
    ... }))["problem"].tolist()
    ['xor [cost=5]', 'xor [cost=9]', 'iris']
    """
    runs = with_axes(runs).copy()
    problems, optimizers = runs["problem"], runs["optimizer"]
    for names, column, write in (
        ("problem", "setting", str),
        ("problem", "problem_key", _short),
        ("optimizer", "own_code", _short),
        ("optimizer", "options", _digested),
    ):
        plain = problems if names == "problem" else optimizers
        several = runs[column].groupby(plain).transform("nunique") > 1
        if several.any():
            shown = {text: write(text) if text else "unknown" for text in runs[column][several].unique()}
            runs.loc[several, names] = runs[names][several] + " [" + runs[column][several].map(shown) + "]"
    return runs


def _short(digest: str) -> str:
    return digest[:6]


def _digested(options: str) -> str:
    """Return a name for options, which are too long for one themselves."""
    return digest_of(options)[:6]
