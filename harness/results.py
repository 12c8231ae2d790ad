"""The results of a comparison, and what can be asked of them."""

from __future__ import annotations

import contextlib
import functools
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from harness import plots
from harness.analysis import STATISTICS
from harness.analysis.summary import summarize
from harness.exchange import as_format
from harness.exchange.exchange_format import ExchangeFormat
from harness.exchange.folders import export
from harness.models import Model, model_of
from harness.problems import load
from harness.problems.base import BaseProblem
from harness.report.animations import animated
from harness.report.comparison import Comparison
from harness.report.html.libraries import check_page
from harness.report.robust_comparison import RobustComparison
from harness.report.table import HEADINGS, as_text, notes, skipped_lines
from harness.runs.claims import claims_of
from harness.runs.identity import digest_of_key, shown_problem
from harness.runs.parts import path_of, write_whole
from harness.runs.settings import unmarked
from harness.runs.tables import Tables
from optimizers.arguments import Truth, accepts
from optimizers.errors import InputError, unknown_name
from optimizers.options import Level
from optimizers.printable import printable

if TYPE_CHECKING:
    from harness.plots.animation import Animation


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

    ``runs``, ``trace`` and ``skipped`` are frames of pandas; see ``harness.runs.tables.Tables``.
    """

    @classmethod
    def of(cls, tables: Tables) -> Results:
        """Return tables as results."""
        return cls(**{field.name: getattr(tables, field.name) for field in fields(Tables)})

    @property
    def plot(self) -> Plots:
        """All plots of these results: ``results.plot.convergence(x="seconds")``."""
        return Plots(self)

    def summary(self) -> pd.DataFrame:
        """Return one row a problem, optimizer and gradient source: medians and quartiles over all runs."""
        return summarize(self)

    def statistic(self, specification: str, **options: Any) -> pd.DataFrame:
        """Return the table of a statistic, each estimate with its interval and what it is of.

        Arguments:
            specification: its name, with options where wanted: "solved-fraction:level=0.9".
            options: the same options by name; they win.

        Raises:
            InputError: for an unknown name or option, or runs that it cannot be told of.

        >>> import harness
        >>> results = harness.run("iris", ["rprop", "lbfgs"], seeds=3, budget=500)
        >>> results.statistic("solved-fraction:level=0.9")[["optimizer", "n", "solved"]].values.tolist()
        [['lbfgs', 3, 3], ['rprop', 3, 3]]
        """
        return STATISTICS.build(specification, **options).compute(self)

    @accepts(level=Level)
    def compare(
        self, claims: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None, *, level: float = 0.95
    ) -> Comparison:
        """Decide the claims of these results: a frame of verdicts, and a sentence for each.

        Without claims every optimizer is held against the best and against the first of the experiment. A
        verdict is better, worse, equivalent (within the margin) or undecided; see
        ``harness.analysis.comparison`` for what is adjusted for.

        Arguments:
            claims: what to decide; None takes what the experiment has declared. A claim that is made up when
                the runs have been seen proves nothing.
            level: probability of the intervals; 1 minus it is the chance of any wrong verdict.

        Raises:
            InputError: for what is no claim.

        >>> import harness
        >>> claim = {"better": "lbfgs", "than": "rprop"}
        >>> results = harness.run("iris", ["rprop", "lbfgs"], seeds=8, budget=500, claims=claim)
        >>> results.compare().verdicts[["problem", "optimizer", "other", "verdict", "n"]].values.tolist()
        [['iris', 'lbfgs', 'rprop', 'better', 8]]
        """
        return Comparison.of(self, None if claims is None else claims_of(claims), level)

    @accepts(level=Level)
    def robustness(
        self, claims: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None, *, level: float = 0.95
    ) -> RobustComparison:
        """Decide every claim again under each choice that could as well have been made otherwise.

        The target 3 times as low and as high, half and twice the budget, cost, iterations or seconds, each
        measure, tuned options beside others, and without each problem. What the runs cannot tell of is named
        as not available; see ``harness.analysis.robustness``.

        Arguments:
            claims: what to decide, as in ``compare``.
            level: probability of the intervals.

        Raises:
            InputError: for what is no claim.

        >>> import harness
        >>> claim = {"better": "lbfgs", "than": "rprop"}
        >>> results = harness.run("iris", ["rprop", "lbfgs"], seeds=8, budget=500, claims=claim)
        >>> results.robustness().claims[["problem", "verdict", "choices"]].values.tolist()
        [['iris', 'better', 32]]
        """
        return RobustComparison.of(self, None if claims is None else claims_of(claims), level)

    def where(self, **chosen: Any) -> Results:
        """Return the results of some runs only.

        Arguments:
            chosen: a value or a list of values by the name of a column of ``runs``, such as
                ``problem="iris"`` or ``seed=[0, 1]``; an optimizer by its label or its name.

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
            columns = ("optimizer", "optimizer_name") if name == "optimizer" else (name,)
            for one in values:
                if not any((self.runs[column] == one).any() for column in columns):
                    known = [str(known) for column in columns for known in self.runs[column].unique()]
                    raise unknown_name(f"{name} of these runs", str(one), set(known))
            runs = runs[np.logical_or.reduce([runs[column].isin(values) for column in columns])]
        ids = set(runs["run_id"])
        read, trace = self.known_trace(), self.held_trace
        # What has not been read is read of these runs alone, when it is asked for.
        if read is not None:
            trace = read[read["run_id"].isin(ids)].reset_index(drop=True)
        plans = {plan: [run for run in listed if run in ids] for plan, listed in self.plans.items()}
        lineup, runs = self.lineup, runs.reset_index(drop=True)
        return replace(self, runs=runs, held_trace=trace, plans=plans, held_lineup=lineup)

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
        found = self.where(problem=self._listed_names(name, problem)).where(optimizer=optimizer, seed=seed)
        if gradient is not None:
            found = found.where(gradient=gradient)
        if len(found.runs) > 1:
            several = ", ".join(dict.fromkeys(found.runs["optimizer"] + " by " + found.runs["gradient"]))
            raise InputError(
                f"there are {len(found.runs)} such runs ({several}): give the optimizer's label, or gradient"
            )
        loaded = load(unmarked(name)) if isinstance(problem, str) else problem
        return model_of(found.runs.iloc[0], loaded, parameters)

    def animation(self, name: str, **options: Any) -> Animation:
        """Return a plot as it comes about, which a notebook shows, and ``save`` writes as .gif or .html.

        Arguments:
            name: of the plot: "loss-landscape" or "decision-boundary".
            options: the plot's own.

        Raises:
            InputError: for a plot that is not animated, or runs that it cannot be drawn of.

        >>> import harness
        >>> results = harness.run("xor", ["adam", "cmaes"], seeds=1, budget=100)
        >>> results.animation("loss-landscape", resolution=9).frames
        40
        """
        return animated(name)(self, **options)

    def _listed_names(self, name: str, problem: str | BaseProblem) -> list[str]:
        """Return the names that a problem has in these tables, where axes have given it longer ones."""
        if not (self.runs["problem"] == name).any():
            # What is no problem at all is answered with the names of those that are there.
            with contextlib.suppress(InputError):
                key = digest_of_key((load(name) if isinstance(problem, str) else problem).key)
                alike = self.runs.loc[self.runs["problem_key"] == key, "problem"]
                return list(alike.unique()) or [name]
        return [name]

    @accepts(replace=Truth)
    def export(self, form: str | ExchangeFormat, folder: str | Path, *, replace: bool = False) -> list[Path]:
        """Write these results for other programs.

        Arguments:
            form: an exchange format, or its name: "csv"; see `harness list formats`.
            folder: where to; it is made.
            replace: whether an earlier export in that folder is replaced; anything else never is.

        Returns:
            The files, a README last that says what each holds.

        Raises:
            InputError: if the folder is not empty or cannot be written, or the format has no place for them.

        >>> import harness, tempfile
        >>> results = harness.run("xor", "adam", seeds=1, budget=50)
        >>> [file.name for file in results.export("csv", tempfile.mkdtemp())]
        ['runs.csv', 'trace.csv', 'skipped.csv', 'datapackage.json', 'README.md']
        """
        return export(self, as_format(form), path_of(folder), replace)

    @accepts(robust=Truth)
    def report(self, page: str | Path, *, folder: str | Path | None = None, robust: bool = False) -> Path:
        """Write one page of HTML that any browser shows without a network.

        Question and verdicts, charts in which optimizers and problems can be chosen, all runs, what was
        skipped and failed, options, and where it is from.

        Arguments:
            page: file to write, .html.
            folder: where these runs are kept, for the commands and machines that made them.
            robust: whether every verdict is decided again under each choice that could be otherwise, as
                ``robustness`` does it.

        Returns:
            The page.

        Raises:
            InputError: for another ending, a file that cannot be written, or a folder that is damaged.
            MissingExtraError: without the packages of the extra ``report``.

        >>> import harness, tempfile, pathlib
        >>> results = harness.run("xor", ["rprop", "lbfgs"], seeds=3, budget=200)
        >>> page = results.report(pathlib.Path(tempfile.mkdtemp()) / "xor.html")
        >>> page.read_text(encoding="utf-8").startswith("<!doctype html>")
        True
        """
        # Charts are taken from the plots, and Matplotlib is not for runs that draw nothing.
        from harness.report.html.page import write_page

        file = check_page(path_of(page))
        write_whole(file, write_page(self, None if folder is None else path_of(folder), robust).encode())
        return file

    def _repr_html_(self) -> str:
        """Show name, question and summary in a notebook."""
        summary = self.summary()
        parts = [f"<p><strong>{html.escape(self.name)}</strong>: {html.escape(self.contents())}</p>"]
        if self.question:
            parts.append(f"<p><em>{html.escape(printable(self.question))}</em></p>")
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
