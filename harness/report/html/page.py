"""The page: what stands in it, in the order in which it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.analysis.numbers import significant
from harness.analysis.summary import summarize
from harness.report.comparison import Comparison
from harness.report.comparison_text import RANKS
from harness.report.html.charts import declared_figures, page_charts
from harness.report.html.folders import beside_runs
from harness.report.html.libraries import asset, chart_library, digest, environment
from harness.report.html.looks import page_looks
from harness.report.html.packing import DIGITS, as_script
from harness.report.html.page_runs import page_runs
from harness.report.html.page_tables import codes_table, failed_runs, frame_table, options_table
from harness.report.html.robust import page_robustness
from harness.report.html.running import Running
from harness.report.robust_comparison import RobustComparison
from harness.report.table import HEADINGS, as_text, notes, skipped_lines
from harness.runs.provenance import provenance
from harness.runs.tables import Tables
from optimizers.printable import printable

SCRIPTS = (
    "data.js",
    "scales.js",
    "state.js",
    "panels.js",
    "lines.js",
    "rows.js",
    "choices.js",
    "runs.js",
    "watch.js",
    "main.js",
)
"""Files of the page's own script, in the order in which they need each other."""


def write_page(
    tables: Tables, folder: Path | None = None, robust: bool = False, running: Running | None = None
) -> str:
    """Write the page of some results.

    Arguments:
        tables: the runs.
        folder: where they are kept, for the commands and machines that made them.
        robust: whether every verdict is decided again under each choice that could be otherwise, which takes
            seconds to minutes.
        running: how far the runs are where not all are done; figures of the experiment, which take as long as
            all charts, come with the last page.

    Raises:
        MissingExtraError: without Jinja or Plotly; it names the extra.
        InputError: if the folder is damaged.
    """
    templates, library = environment(), chart_library()
    script = "\n".join(["'use strict';", *map(asset, SCRIPTS)])
    found = beside_runs(folder, tables) if folder is not None else {}
    comparison = Comparison.of(tables)
    again = RobustComparison.of(tables) if robust else None
    charts = page_charts(tables) if len(tables.runs) else []
    robustness = page_robustness(again) if again is not None else None
    figures = found.get("figures", []) if len(tables.runs) and running is None else []
    numbers = templates.get_template("numbers.html").module.numbers
    page: str = templates.get_template("page.html").render(
        policy=policy(script, library),
        style=asset("page.css"),
        script=script,
        library=library,
        data=as_script(_data(tables, charts, robustness)),
        numbers=numbers,
        name=tables.name,
        question=tables.question,
        contents=tables.contents(),
        remarks=tables.remarks(),
        running=running,
        charts=charts,
        robust=robustness,
        pictures=declared_figures(tables, figures),
        **_verdicts(comparison, found.get("answers", {})),
        **_tables(tables, found),
        digits=DIGITS,
        version=provenance()["versions"]["neural-harness"],
        made_from=str(folder) if folder is not None else "results in memory",
    )
    return page


def policy(*scripts: str) -> str:
    """Return what the page allows itself: these scripts and no other, pictures in itself, and no request."""
    allowed = " ".join(digest(script) for script in scripts) or "'none'"
    # Plotly writes styles into its elements.
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _data(
    tables: Tables, charts: Sequence[Mapping[str, Any]], robust: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return what the script is handed."""
    runs = tables.runs
    return {
        "name": printable(tables.name),
        "lines": page_looks(tables) if len(runs) else [],
        "problems": [printable(str(problem)) for problem in runs["problem"].unique()],
        "charts": {chart["plot"]: {"title": chart["title"], "forms": chart["forms"]} for chart in charts},
        **page_runs(tables),
        "robust": None if robust is None else robust["table"],
    }


def _verdicts(comparison: Comparison, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is decided, as `harness compare` says it; over all problems first."""
    declaration = comparison.decided.declaration
    if answers and declaration is None:
        # The question was no race.
        tables = [
            frame_table(table, f"{name}: the numbers that answer it") for name, table in answers.items()
        ]
        nothing: dict[str, Any] = {
            name: [] for name in ("verdicts", "notes", "ranking", "mean_ranks", "declared")
        }
        return {**nothing, "answers": tables, "ranks_note": ""}
    over, by_problem = comparison.over_problems, comparison.verdicts
    groups = []
    if len(over):
        groups.append({"title": "Over all problems", "sentences": _said(over)})
    for problem in dict.fromkeys(by_problem["problem"]):
        groups.append(
            {"title": str(problem), "sentences": _said(by_problem[by_problem["problem"] == problem])}
        )
    if not groups:
        groups.append({"title": "", "sentences": [("said", line) for line in comparison.sentences]})
    return {
        "answers": [],
        "verdicts": groups,
        "notes": comparison.notes,
        "ranking": _ranking(comparison),
        "ranks_note": RANKS.replace("In brackets the", "Ahead: the"),
        "mean_ranks": comparison.mean_ranks(),
        "declared": declaration.sentences()[1:] if declaration is not None else [],
    }


def _said(table: Any) -> list[tuple[str, str]]:
    return list(zip(map(str, table["verdict"]), map(str, table["sentence"]), strict=True))


def _ranking(comparison: Comparison) -> list[tuple[str, list[dict[str, Any]]]]:
    named, found = comparison.named, dict[str, list[dict[str, Any]]]()
    for rank in comparison.decided.ranks:
        found.setdefault(rank.problem, []).append(
            {
                "places": rank.places,
                "optimizer": named(rank.line),
                "ahead": "" if math.isnan(rank.ahead) else significant(rank.ahead),
                "solved": None if rank.solved is None else f"{rank.solved}/{rank.n}",
            }
        )
    return list(found.items())


def _tables(tables: Tables, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables below the charts."""
    summary = summarize(tables)
    text = as_text(summary) if len(summary) else summary
    titles = {name: heading.replace("\n", " ") for name, heading in HEADINGS.items()}
    check = found.get("check")
    failed, tracebacks = failed_runs(tables)
    return {
        "summary": frame_table(text, "Medians over runs", titles, head=1),
        "summary_notes": notes(text) if len(summary) else [],
        "skipped": skipped_lines(summary, tables.skipped),
        "failed": failed,
        "tracebacks": tracebacks,
        "check": None if check is None else frame_table(check, "Gradient sources against each other"),
        "options": options_table(tables),
        "commands": found.get("commands", []),
        "codes": codes_table(tables),
        "machines": found.get("provenance", []),
        "toml": found.get("toml", ""),
    }
