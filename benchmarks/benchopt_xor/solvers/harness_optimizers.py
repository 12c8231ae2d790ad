"""Any optimizer of the harness as a solver of benchopt, on the harness's own network."""

from benchopt import BaseSolver

import harness
import optimizers


class Solver(BaseSolver):
    name = "harness-optimizers"
    sampling_strategy = "iteration"
    parameters = {"optimizer": ["gradient-descent:learning_rate=0.5", "lbfgs"]}  # noqa: RUF012

    def set_objective(self, X, y):
        network = {"hidden": (2,), "activation": "tanh", "loss": "binary-cross-entropy"}
        self.problem = harness.Problem.from_arrays(X, y, **network, test_fraction=0, scale=False)
        self.run(1)  # what is compiled is compiled before the clock

    def run(self, iterations):
        self.w = self.problem.start(seed=0)
        if iterations:
            limit = optimizers.Budget(iterations=int(iterations))
            self.w = optimizers.minimize(self.problem.objective(), self.w, self.optimizer, limit).w

    def get_result(self):
        return {"w": self.w}
