"""Names under which runs of several experiments stand in one table without being taken for each other's."""

from __future__ import annotations

import pandas as pd

from harness.runs.identity import digest_of


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
    runs = runs.copy()
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
