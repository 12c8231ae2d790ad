"""Log runs of a random search with COCO: `python record.py` with the package coco-experiment 2.8.2.

It leaves them in exdata/random-search; the files .mdat and .rdat, which nothing here reads, were taken away.
"""

from __future__ import annotations

import cocoex
import numpy as np

suite = cocoex.Suite("bbob", "instances: 1-3", "dimensions: 2,3 function_indices: 1,2")
OPTIONS = "result_folder: random-search algorithm_name: random_search algorithm_info: uniform"
observer = cocoex.Observer("bbob", OPTIONS)
for problem in suite:
    problem.observe_with(observer)
    rng = np.random.default_rng(problem.id_instance)
    for _ in range(60):
        problem(rng.uniform(-5, 5, problem.dimension))
    problem.free()
