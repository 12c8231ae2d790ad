"""What the runs say: summaries and statistics, where a run that failed counts as much as one that did not."""

from __future__ import annotations

from harness.analysis.summary import quantile, render, summarize

__all__ = ["quantile", "render", "summarize"]
