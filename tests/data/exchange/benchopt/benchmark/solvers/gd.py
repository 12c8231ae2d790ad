import numpy as np
from benchopt import BaseSolver


class Solver(BaseSolver):
    name = "gd"
    sampling_strategy = "iteration"
    parameters = {"step": [0.1, 0.5]}  # noqa: RUF012  # as benchopt has it

    def set_objective(self, A):
        self.A = A

    def run(self, n_iter):
        x = np.ones(len(self.A))
        for _ in range(n_iter):
            x = x - self.step * self.A @ x
        self.x = x

    def get_result(self):
        return {"x": self.x}
