import numpy as np
from benchopt import BaseDataset


class Dataset(BaseDataset):
    name = "diag"
    parameters = {"n": [2, 3]}  # noqa: RUF012  # as benchopt has it

    def get_data(self):
        return {"A": np.diag(np.arange(1.0, self.n + 1))}
