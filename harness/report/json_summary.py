"""What came of a sweep, for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.analysis.summary import summarize
from harness.report.comparison import Comparison
from harness.runs.plans import records
from harness.runs.tables import Tables


def as_text(results: Tables, done: int, folder: Path, files: Sequence[Path]) -> str:
    """Return the summary of a sweep as JSON; numbers that are not finite are null.

    Arguments:
        results: all runs of the experiment.
        done: how many of them were done now.
        folder: where they are.
        files: tables and figures that were written.
    """
    outcomes = results.runs["outcome"].value_counts()
    content = {
        "name": results.name,
        "question": results.question,
        "folder": str(folder),
        "runs": len(results.runs),
        "done_now": done,
        "outcomes": {str(name): int(number) for name, number in outcomes.items()},
        "verdicts": Comparison.of(results).short(),
        "summary": records(summarize(results)),
        "skipped": records(results.skipped),
        "remarks": list(results.remarks()),
        "files": [str(file) for file in files],
    }
    return json.dumps(_finite(content), indent=1, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
