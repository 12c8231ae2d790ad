"""Run experiments of Nevergrad's: `python record.py FILE` with nevergrad 1.0.12 and its extra `benchmark`."""

from __future__ import annotations

import sys

import pandas as pd
from nevergrad.benchmark import xpbase
from nevergrad.functions import ArtificialFunction

rows = [
    xpbase.Experiment(ArtificialFunction(name, block_dimension=2), optimizer, budget, seed=seed).run()
    for seed in (1, 2)
    for optimizer in ("OnePlusOne", "RandomSearch")
    for budget in (10, 50)
    for name in ("sphere", "rastrigin")
]
pd.DataFrame(rows).to_csv(sys.argv[1], index=False)
