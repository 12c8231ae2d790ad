"""A hundred steps of gradient descent that benchopt looks at as often as the harness does."""

import numpy as np
from benchopt import BaseSolver
from benchopt.stopping_criterion import NoCriterion

STEPS = 100
LOOKS = {0, *(round(1.155**power) for power in range(33))}
"""Steps that are looked at: spaced by 15 %."""


def step(w, X, y):
    a = np.tanh(X @ w[:4].reshape(2, 2).T + w[4:6])
    z = a @ w[6:8] + w[8]
    d = (1 / (1 + np.exp(-z)) - y) / 4
    back = np.outer(d, w[6:8]) * (1 - a * a)
    gradient = np.concatenate([(back.T @ X).ravel(), back.sum(0), a.T @ d, [d.sum()]])
    return w - 0.5 * gradient


class Solver(BaseSolver):
    name = "callback"
    sampling_strategy = "callback"
    stopping_criterion = NoCriterion()

    def set_objective(self, X, y):
        self.X, self.y = X, y

    def run(self, callback):
        self.w = np.random.default_rng(0).normal(size=9)
        for done in range(STEPS + 1):
            if (done in LOOKS or done == STEPS) and not callback():
                return
            self.w = step(self.w, self.X, self.y)

    def get_result(self):
        return {"w": self.w}
