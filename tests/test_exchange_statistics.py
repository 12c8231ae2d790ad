"""Expected running times and runtime distributions are those of cocopp and iohinspector on the same data.

They are of the extra `exchange`: pip install 'neural-harness[exchange]', then
`python -m pytest tests/test_exchange_statistics.py`.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic import build, run_row, trace_rows

from harness.analysis.anytime_area import areas
from harness.results import Results

BUDGET = 400
SEEDS = 9
TARGETS = [10.0 ** (-place / 5) for place in range(11)]
"""Five a decade, from the loss of every start to the target: those that cocopp keeps."""


def whole_evaluations(all_spend_the_budget: bool) -> Results:
    """Two optimizers on two problems, a look an evaluation now and then; some solve, others end at a cost."""
    rng = np.random.default_rng(11)
    runs, trace = [], []
    for problem in ("xor", "iris"):
        for place, label in enumerate(("adam", "rprop")):
            for seed in range(SEEDS):
                counts = np.unique(rng.integers(2, BUDGET, 30))
                steps = np.cumsum(rng.exponential(0.12 + 0.06 * place, counts.size))
                loss = np.append(1.0, 10.0**-steps)
                cost = np.append(0, counts).astype(np.float64)
                reached = np.flatnonzero(loss <= 0.01)
                end = int(reached[0]) + 1 if reached.size else cost.size
                cost, loss = cost[:end], loss[:end]
                if not reached.size:
                    last = BUDGET if all_spend_the_budget else int(rng.integers(BUDGET, 2 * BUDGET))
                    cost, loss = np.append(cost, last), np.append(loss, loss[-1])
                run_id = f"{problem} {label} {seed}"
                ends: dict[str, Any] = {"cost": cost[-1], "best_loss": loss[-1], "final_loss": loss[-1]}
                if reached.size:
                    ends |= {"outcome": "solved", "cost_to_target": cost[-1]}
                runs.append(run_row(run_id, problem, label, seed=seed, start_loss=1.0, **ends))
                trace += trace_rows(run_id, cost, loss)
    return build(runs, trace)


def running_times(results: Results) -> dict[tuple[float, str, str], float]:
    """The expected running time by target, problem and optimizer."""
    times = {}
    for target in TARGETS[1:]:
        found = results.statistic("expected-running-time", target=max(target, 0.01))
        for row in found.to_dict(orient="records"):
            times[target, row["problem"], row["optimizer"]] = row["ert"]
    return times


def shares(results: Results) -> dict[tuple[str, str], pd.Series]:
    found = results.statistic("runtime-ecdf", targets=len(TARGETS), points=25)
    return {
        (str(problem), str(label)): part.set_index("spent")["share"]
        for (problem, label), part in found.groupby(["problem", "optimizer"])
    }


@pytest.mark.filterwarnings("ignore")
def test_cocopp_comes_to_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """ERT to the bit but for rounding, and the share of targets that ``detEvals`` has by each count."""
    cocopp = pytest.importorskip("cocopp", reason="of the extra exchange")
    results = whole_evaluations(all_spend_the_budget=False)
    results.export("coco", tmp_path)
    known, times = shares(results), running_times(results)
    read = 0
    for number, label in enumerate(("adam", "rprop"), start=1):
        (folder,) = [
            path for path in tmp_path.iterdir() if path.is_dir() and path.name.startswith(f"{number}-")
        ]
        for data in cocopp.load(str(folder)):
            problem = ("xor", "iris")[data.funcId - 1]
            for target in TARGETS[1:]:
                # A hair above it, where cocopp has the target itself rounded.
                theirs = data.detERT([target * (1 + 1e-9)])[0]
                assert times[target, problem, label] == pytest.approx(theirs, rel=1e-12)
            evaluations = np.array(data.detEvals([target * (1 + 1e-9) for target in TARGETS]))
            for spent, share in known[problem, label].items():
                reached = np.nan_to_num(evaluations, nan=math.inf) <= float(spent)  # type: ignore[arg-type]
                assert share == pytest.approx(reached.mean(), rel=1e-12)
            read += 1
    assert read == 4


@pytest.mark.filterwarnings("ignore")
def test_iohinspector_comes_to_the_same(tmp_path: Path) -> None:
    """A run that has not solved counts there with the most that any run spent: here they spend as much."""
    iohinspector = pytest.importorskip("iohinspector", reason="of the extra exchange")
    results = whole_evaluations(all_spend_the_budget=True)
    results.export("ioh", tmp_path)
    manager = iohinspector.DataManager()
    manager.add_folder(str(tmp_path))
    data = manager.load(monotonic=True, include_meta_data=True).to_pandas()
    known, times = shares(results), running_times(results)
    heights = {
        (found.group.problem, found.group.optimizer): found for found in areas(results, "cost", "logarithm")
    }
    for (problem, label), series in known.items():
        chosen = data[(data["function_name"] == problem) & (data["algorithm_name"] == label)]
        frame = iohinspector.manager.pl.from_pandas(chosen)
        for target in TARGETS[1:]:
            found = iohinspector.metrics.aggregate_running_time(
                frame, f_min=target, f_max=2 * target, eval_max=BUDGET
            )
            theirs = float(found.sort_values("raw_y")["ERT"].iloc[0])
            assert times[target, problem, label] == pytest.approx(theirs, rel=1e-12)
        counts = sorted({math.floor(spent) for spent in series.index})  # type: ignore[arg-type]
        eaf = iohinspector.metrics.get_discritized_eaf_single_objective(
            frame, eval_values=counts, f_min=0.01, f_max=1.0, f_targets=len(TARGETS)
        )
        for spent, share in series.items():
            assert share == pytest.approx(float(eaf[math.floor(float(spent))].mean()), rel=1e-12)  # type: ignore[arg-type]
        # From the start at 1 to the target at 0.01 there are two decades; theirs is the area below 1.
        scaled = iohinspector.metrics.transform_fval(frame, lb=0.01, ub=1.0)
        found = heights[problem, label]
        over = float(iohinspector.metrics.get_aocc(scaled, eval_max=int(found.horizon))["AOCC"].iloc[0])
        assert found.areas is not None
        assert np.mean(found.areas) == pytest.approx(-2.0 * over, rel=1e-12)
