"""Asks MLflow's client for all that is in stores of files, and in the databases that it makes of them.

In a process of its own, for it decides about environment variables when it is imported.
"""

import json
import os
import sys
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import numpy as np
from mlflow import MlflowClient
from mlflow.store.fs2db import migrate


def everything(client: MlflowClient, with_files: bool) -> list:
    found = []
    for experiment in client.search_experiments():
        runs = client.search_runs([experiment.experiment_id], max_results=1000)
        found.append(
            {
                "name": experiment.name,
                "tags": experiment.tags,
                "runs": [of_run(client, run, with_files) for run in runs],
            }
        )
    return found


def of_run(client: MlflowClient, run, with_files: bool) -> dict:
    own = run.info.run_id
    curves = {
        name: [
            (one.step, one.value)
            for one in sorted(client.get_metric_history(own, name), key=lambda one: one.step)
        ]
        for name in run.data.metrics
    }
    best = None
    if with_files:
        assert [one.path for one in client.list_artifacts(own)] == ["best_w.npy"]
        best = np.load(client.download_artifacts(own, "best_w.npy")).tolist()
    return {
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": curves,
        "status": run.info.status,
        "best_w": best,
    }


stores = []
for place in map(Path, sys.argv[1:]):
    files = MlflowClient(f"file:{place / 'mlruns'}")
    found = {"files": everything(files, True)}
    migrate(place / "mlruns", f"sqlite:///{place / 'mlflow.db'}", progress=False)
    database = MlflowClient(f"sqlite:///{place / 'mlflow.db'}")
    found["database"] = everything(database, False)
    ids = [one.experiment_id for one in files.search_experiments()]
    chosen = files.search_runs(ids, "params.seed = '1'")
    found["searched"] = sorted(run.data.tags["harness.run_id"] for run in chosen)
    stores.append(found)
Path("found.json").write_text(json.dumps(stores), encoding="utf-8")
