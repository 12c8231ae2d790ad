"""Log runs of a random search with IOHexperimenter: `python record.py FOLDER` with the package ioh 0.4.2."""

from __future__ import annotations

import sys

import ioh
import numpy as np

FOLDER = sys.argv[1]


def search(problem: ioh.iohcpp.problem.RealSingleObjective, seed: int, evaluations: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(evaluations):
        problem(rng.uniform(-5, 5, problem.meta_data.n_variables))


logger = ioh.logger.Analyzer(
    root=FOLDER, folder_name="minimised", algorithm_name="random search", algorithm_info="uniform"
)
logger.add_experiment_attribute("author", "someone")
logger.add_run_attribute("restarts", 0.0)
for function, dimension, instance in ((1, 2, 1), (1, 2, 2), (1, 3, 1), (2, 2, 1)):
    problem = ioh.get_problem(function, instance, dimension, ioh.ProblemClass.BBOB)
    problem.attach_logger(logger)
    for seed in (1, 2):
        search(problem, seed, 40)
        problem.reset()
logger.close()

properties = [ioh.logger.property.RAWYBEST, ioh.logger.property.CURRENTY]
every = ioh.logger.Analyzer(
    root=FOLDER,
    folder_name="every-evaluation",
    algorithm_name="random search, all",
    store_positions=True,
    triggers=[ioh.logger.trigger.ALWAYS],
    additional_properties=properties,
)
problem = ioh.get_problem(1, 1, 2, ioh.ProblemClass.BBOB)
problem.attach_logger(every)
search(problem, 3, 12)
problem.reset()
every.close()

logger = ioh.logger.Analyzer(root=FOLDER, folder_name="maximised", algorithm_name="random bits")
problem = ioh.get_problem("OneMax", 1, 8, ioh.ProblemClass.PBO)
problem.attach_logger(logger)
rng = np.random.default_rng(0)
for _ in range(20):
    problem(rng.integers(0, 2, 8).tolist())
problem.reset()
logger.close()
