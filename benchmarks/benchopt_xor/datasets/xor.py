"""The four rows of xor."""

import numpy as np
from benchopt import BaseDataset

SEEDS = tuple(range(100))
"""Repetitions of the comparison, each a run of its own."""


class Dataset(BaseDataset):
    name = "xor"
    parameters = {"seed": SEEDS}  # noqa: RUF012

    def get_data(self):
        return {"X": np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), "y": np.array([0.0, 1, 1, 0])}
