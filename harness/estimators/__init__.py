"""scikit-learn's interface: networks trained by any optimizer, in pipelines, searches and cross-validation.

>>> from sklearn.datasets import load_iris
>>> from sklearn.model_selection import cross_val_score
>>> X, y = load_iris(return_X_y=True)
>>> network = NetworkClassifier(optimizer="lbfgs", hidden=(8,), random_state=0)
>>> bool(cross_val_score(network, X, y, cv=3).mean() > 0.9)
True
"""

from __future__ import annotations

from harness.estimators.classifier import NetworkClassifier
from harness.estimators.regressor import NetworkRegressor

__all__ = ["NetworkClassifier", "NetworkRegressor"]
