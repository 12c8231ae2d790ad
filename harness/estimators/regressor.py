"""A network that predicts numbers, as scikit-learn has regressors."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from numpy.typing import ArrayLike, NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import column_or_1d

from harness.estimators.base import NetworkEstimator, goes_on
from harness.network.losses import find_loss
from optimizers.arrays import real_array
from optimizers.errors import InputError
from optimizers.objective import Array

USUAL = "half-squared"
"""The loss where none is chosen."""


class NetworkRegressor(MultiOutputMixin, RegressorMixin, NetworkEstimator):  # type: ignore[misc]  # not typed
    """Predict one number or several by a network that any optimizer of the project trains.

    The model is the point of the lowest loss over the training rows that the run was seen at. It is, bit for
    bit, the one that ``harness.run`` finds on the same rows, with the same network and seed, none of the rows
    kept back for a test.

    Arguments:
        optimizer: the search method: an optimizer, or its name with options ("adam:learning_rate=0.1").
        hidden: units of the hidden layers; empty for a network of one layer.
        activation: activation of the hidden layers, one name for all or one for each.
        loss: name of the loss; None takes "half-squared".
        output: activation of the output; None takes the usual one of the loss.
        initializer: how starts are drawn, times a number where wanted: "uniform:scale=2".
        gradient: gradient source by name, with options where wanted: "central-difference:step=1e-6".
        budget: a ``Budget``, or a number: the most cost of a fit, in forward-pass equivalents.
        target: loss at which training ends, in scaled units where targets are scaled, or None.
        scale: whether inputs and targets are standardised by the training rows.
        warm_start: whether ``fit`` goes on from the model that is there, scaled as it is, whatever the
            optimizer carried beside its parameters.
        random_state: of start, row order and the optimizer's own randomness: a number is the run's seed; a
            ``RandomState``, or None for NumPy's global one, draws a seed at each fit.

    Attributes:
        model_: the trained network with its scaling, a ``harness.Model``.
        outcome_: how the run ended, by one of six names and with a sentence.
        cost_: what it has spent, in forward-pass equivalents.
        loss_: loss of the model over the training rows, in scaled units where targets are scaled.
        loss_curve_: loss after each iteration, the start first; NaN where the optimizer does not know it.
        n_iter_: iterations.
        n_features_in_: columns of X.
        feature_names_in_: their names, where they have some.
        n_outputs_: units of the output layer.
        out_activation_: its activation, in this project's words.

    >>> import numpy as np
    >>> X = np.linspace(-3.0, 3.0, 40)[:, None]
    >>> network = NetworkRegressor(hidden=(8,), budget=2_000, random_state=0).fit(X, np.sin(X[:, 0]))
    >>> network.score(X, np.sin(X[:, 0])) > 0.999, network.n_outputs_
    (True, 1)
    """

    _labels_taken: ClassVar[dict[str, bool]] = {"multi_output": True, "y_numeric": True}

    @available_if(goes_on)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train by one iteration on some rows, from the present parameters.

        The first call decides on scaling. The model is the last point, not the best one, for losses over
        different rows do not compare; ``target`` and ``budget`` are those of ``fit``. It is there for
        optimizers whose iterations share nothing but the parameters: gradient descent with a constant rate
        and without batches.

        Arguments:
            X: inputs, shape (rows, features), finite.
            y: numbers, shape (rows,) or (rows, outputs).
        """
        going_on = hasattr(self, "model_")
        table, labels = self._checked(X, y, reset=not going_on)
        return self._one_iteration(table, self._targets(labels, going_on))

    def predict(self, X: ArrayLike) -> Array:
        """Return numbers for each row, shape (rows,), or (rows, outputs) where there are several."""
        model, rows = self._modelled(X)
        outputs = model.outputs(rows)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _loss(self) -> str:
        return USUAL if self.loss is None else self.loss

    def _targets(self, labels: NDArray[Any], going_on: bool) -> Array:
        entry = find_loss(self._loss())
        if entry.targets != "numbers":
            raise InputError(
                f"loss '{entry.name}' tells classes apart, expected one of numbers: take half-squared, or "
                "NetworkClassifier"
            )
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = column_or_1d(labels, warn=True)
        numbers = real_array("y", labels)
        return numbers.reshape(len(numbers), -1)
