"""The benchmark of many runs writes what it says, and its runs load like any others."""

from __future__ import annotations

from pathlib import Path

import pytest

import harness
from benchmarks import many_runs


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read as Linux tells it")
def test_simulated_runs_are_runs_like_any_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_runs, "BLOCK", 200)
    (written,) = many_runs.simulated(tmp_path / "kept", 400).values()
    results = harness.load(tmp_path / "kept")
    assert len(results.runs) == results.runs["run_id"].nunique() == results.trace["run_id"].nunique() == 400
    assert results.remarks() == []
    rows = results.trace.groupby("run_id").size()
    looks = rows.reindex(results.runs["run_id"]).tolist()
    assert looks[:200] == looks[200:]
    found = many_runs.loaded(tmp_path / "kept", 400) | many_runs.traced(tmp_path / "kept", 400)
    for figures in (written, *found.values()):
        assert figures["peak"] >= max(figures["at"]) > 0
        assert len(figures["at"]) == 11


def test_runs_that_are_missing_are_said(tmp_path: Path) -> None:
    harness.run("xor", "rprop", budget=20, seeds=2, folder=tmp_path / "kept")
    with pytest.raises(SystemExit, match="2 runs are there, expected 3"):
        many_runs.loaded(tmp_path / "kept", 3)
