"""What a user writes, for a type checker in its strictest mode: nothing here is Any in secret."""

from typing import assert_type

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

import harness
import optimizers
from harness.estimators import NetworkClassifier
from harness.plots.figure import Panels

adam = optimizers.Adam(learning_rate=0.1)
assert_type(adam, optimizers.Adam)
assert_type(adam.learning_rate, float)

results = harness.run("xor", [adam, "lbfgs"], seeds=2, budget=100)
assert_type(results, harness.Results)
assert_type(results.runs, pd.DataFrame)
assert_type(results.where(problem="xor").summary(), pd.DataFrame)
assert_type(results.model("xor", "adam", 0), harness.Model)

best = optimizers.minimize(lambda w: float(w @ w), np.ones(2), adam, 100)
assert_type(best, optimizers.Minimum)
assert_type(best.loss, float)

network = NetworkClassifier(adam, hidden=(4,), budget=harness.Budget(iterations=9))
assert_type(network.fit(np.ones((4, 2)), ["a", "b", "a", "b"]), NetworkClassifier)
assert_type(harness.estimators.NetworkRegressor().predict(np.ones((4, 2))), NDArray[np.float64])

problem = harness.Problem.from_arrays(np.ones((4, 2)), [0, 1, 0, 1])
assert_type(problem, harness.Problem)
assert_type(harness.plots.convergence(results), Axes | Panels)
