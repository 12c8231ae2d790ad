import numpy as np
from benchopt import BaseObjective


class Objective(BaseObjective):
    name = "quadratic"
    min_benchopt_version = "1.7"

    def set_data(self, A):
        self.A = A

    def get_objective(self):
        return {"A": self.A}

    def evaluate_result(self, x):
        return {"value": float(x @ self.A @ x / 2), "norm": float(np.linalg.norm(x))}

    def get_one_result(self):
        return {"x": np.ones(len(self.A))}
