"""The four rows of xor."""

import numpy as np
from benchopt import BaseDataset


class Dataset(BaseDataset):
    name = "xor"

    def get_data(self):
        return {"X": np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), "y": np.array([0.0, 1, 1, 0])}
