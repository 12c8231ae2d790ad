"""The results of a comparison, and what can be asked of them."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from harness import plots
from harness.analysis.summary import summarize
from harness.models import Model, model_of
from harness.problems import load
from harness.problems.base import BaseProblem
from harness.report.table import HEADINGS, as_text, notes, skipped_lines
from harness.runs.identity import shown_problem
from harness.runs.schema import TRACE_LABELS
from harness.runs.tables import Tables
from optimizers.errors import InputError, unknown_name


def labelled(trace: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return a trace whose rows say of which problem, optimizer, gradient source and seed they are.

    >>> runs = pd.DataFrame({"run_id": ["a", "b"], "problem": "xor", "optimizer": ["adam", "rprop"],
    ...                      "gradient": "analytic", "seed": 3})
    >>> labelled(pd.DataFrame({"run_id": ["b", "b", "a"]}), runs)["optimizer"].tolist()
    ['rprop', 'rprop', 'adam']
    """
    # A run's rows stand together, so that there are few places to look up.
    ids = trace["run_id"].to_numpy()
    first = np.flatnonzero(np.append(True, ids[1:] != ids[:-1])) if ids.size else np.empty(0, dtype=np.int64)
    place = pd.Index(runs["run_id"]).get_indexer(pd.Index(ids[first]))
    place = np.repeat(place, np.diff(np.append(first, ids.size)))
    columns: dict[str, Any] = {}
    for name in TRACE_LABELS:
        if name == "seed":
            columns[name] = runs[name].to_numpy()[place]
            continue
        # A category each, for a trace has a million rows of a few names.
        codes, found = pd.factorize(runs[name])
        columns[name] = pd.Categorical.from_codes(codes[place], categories=found)
    return trace.assign(**columns)


@dataclass(frozen=True)
class Plots:
    """The plots of some results, each by its name: ``results.plot.convergence()``."""

    results: Tables

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in dir(self):
            raise AttributeError(f"there is no plot {name!r}; there are {', '.join(dir(self))}")
        return functools.partial(getattr(plots, name), self.results)

    def __dir__(self) -> list[str]:
        return [name.replace("-", "_") for name in plots.known_plots()]


@dataclass(frozen=True, eq=False, repr=False)
class Results(Tables):
    """The tables of a comparison, as ``harness.run`` and ``harness.load`` return them.

    ``runs``, ``trace`` and ``skipped`` are frames of pandas; see ``harness.runs.tables.Tables``. Here each
    row of the trace also says of which problem, optimizer, gradient source and seed it is.
    """

    @classmethod
    def of(cls, tables: Tables) -> Results:
        """Return tables as results."""
        found = {field.name: getattr(tables, field.name) for field in fields(Tables)}
        return cls(**{**found, "trace": labelled(tables.trace, tables.runs)})

    @property
    def plot(self) -> Plots:
        """All plots of these results: ``results.plot.convergence(x="seconds")``."""
        return Plots(self)

    def summary(self) -> pd.DataFrame:
        """Return one row a problem, optimizer and gradient source: medians and quartiles over all runs."""
        return summarize(self)

    def where(self, **chosen: Any) -> Results:
        """Return the results of some runs only.

        Arguments:
            chosen: a value or a list of values by the name of a column of ``runs``, such as
                ``problem="iris"`` or ``seed=[0, 1]``.

        Raises:
            InputError: for an unknown column, or a value that no run has.

        >>> import harness
        >>> results = harness.run(["xor", "iris"], ["adam", "rprop"], seeds=2, budget=50)
        >>> results.where(problem="iris", seed=1).runs[["problem", "optimizer", "seed"]].values.tolist()
        [['iris', 'adam', 1], ['iris', 'rprop', 1]]
        """
        runs = self.runs
        for name, value in chosen.items():
            if name not in runs:
                raise unknown_name("column", name, list(map(str, runs)))
            values = list(value) if isinstance(value, list | tuple | set | range | np.ndarray) else [value]
            for one in values:
                if not (self.runs[name] == one).any():
                    known = [str(known) for known in self.runs[name].unique()]
                    raise unknown_name(f"{name} of these runs", str(one), known)
            runs = runs[runs[name].isin(values)]
        ids = set(runs["run_id"])
        trace = self.trace[self.trace["run_id"].isin(ids)]
        plans = {plan: [run for run in listed if run in ids] for plan, listed in self.plans.items()}
        runs, trace = runs.reset_index(drop=True), trace.reset_index(drop=True)
        return replace(self, runs=runs, trace=trace, plans=plans)

    def model(
        self,
        problem: str | BaseProblem,
        optimizer: str,
        seed: int,
        *,
        gradient: str | None = None,
        parameters: Literal["best", "last"] = "best",
    ) -> Model:
        """Return the network that a run has trained, with its scaling, to predict on new rows.

        Arguments:
            problem: its name; the problem itself where it is your own.
            optimizer: its label or its name.
            seed: the run's seed.
            gradient: the gradient source, where there are several.
            parameters: those of the lowest loss, or those of the last look.

        Raises:
            InputError: if there is no such run or more than one, or it is of other data.
        """
        if parameters not in ("best", "last"):
            raise unknown_name("kind of parameters", parameters, ["best", "last"])
        name = problem if isinstance(problem, str) else shown_problem(problem)
        by = "optimizer" if optimizer in set(self.runs["optimizer"]) else "optimizer_name"
        found = self.where(problem=name).where(**{by: optimizer}).where(seed=seed)
        if gradient is not None:
            found = found.where(gradient=gradient)
        if len(found.runs) > 1:
            several = ", ".join(dict.fromkeys(found.runs["optimizer"] + " by " + found.runs["gradient"]))
            raise InputError(
                f"there are {len(found.runs)} such runs ({several}): give the optimizer's label, or gradient"
            )
        loaded = load(name) if isinstance(problem, str) else problem
        return model_of(found.runs.iloc[0], loaded, parameters)

    def _repr_html_(self) -> str:
        """Show name, question and summary in a notebook."""
        summary = self.summary()
        parts = [f"<p><strong>{html.escape(self.name)}</strong>: {html.escape(self.contents())}</p>"]
        if self.question:
            parts.append(f"<p><em>{html.escape(self.question)}</em></p>")
        text = as_text(summary)
        if len(text):
            titles = {name: heading.replace("\n", " ") for name, heading in HEADINGS.items()}
            parts.append(text.rename(columns=titles).to_html(index=False, border=0))
        small = (
            self.remarks()
            + notes(text)
            + [f"skipped: {line}" for line in skipped_lines(summary, self.skipped)]
        )
        parts += [f"<p><small>{html.escape(line)}</small></p>" for line in small]
        return "\n".join(parts)
