"""A network that tells classes apart, as scikit-learn has classifiers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from harness.estimators.base import NetworkEstimator, goes_on
from harness.network.loss import Loss
from harness.network.losses import find_loss, known_losses
from harness.problems.encoding import class_targets
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.printable import shown

OF_TWO, OF_MORE = "binary-cross-entropy", "categorical-cross-entropy"
"""The losses of two classes and of more, where none is chosen."""


def _tells_probabilities(estimator: NetworkClassifier) -> bool:
    """Say whether outputs are probabilities.

    Raises:
        AttributeError: where they are not, as scikit-learn has it.
    """
    entry = estimator._entry()
    if entry is not None and entry.targets not in ("probabilities", "distribution"):
        raise AttributeError(
            f"outputs under loss '{entry.name}' are no probabilities: take {OF_TWO}, {OF_MORE} or brier"
        )
    return True


class NetworkClassifier(ClassifierMixin, NetworkEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Tell classes apart by a network that any optimizer of the project trains.

    The model is the point of the lowest loss over the training rows that the run was seen at. It is, bit for
    bit, the one that ``harness.run`` finds on the same rows, with the same network and seed, none of the rows
    kept back for a test.

    Arguments:
        optimizer: the search method: an optimizer, or its name with options ("adam:learning_rate=0.1").
        hidden: units of the hidden layers; empty for a network of one layer.
        activation: activation of the hidden layers, one name for all or one for each.
        loss: name of the loss; None takes "binary-cross-entropy" for two classes and
            "categorical-cross-entropy" for more.
        output: activation of the output; None takes the usual one of the loss.
        initializer: how starts are drawn, times a number where wanted: "uniform:scale=2".
        gradient: gradient source by name, with options where wanted: "central-difference:step=1e-6".
        budget: a ``Budget``, or a number: the most cost of a fit, in forward-pass equivalents.
        target: loss at which training ends, or None.
        scale: whether inputs are standardised by the training rows.
        warm_start: whether ``fit`` goes on from the model that is there, scaled as it is, whatever the
            optimizer carried beside its parameters.
        random_state: of start, row order and the optimizer's own randomness: a number is the run's seed; a
            ``RandomState``, or None for NumPy's global one, draws a seed at each fit.

    Attributes:
        classes_: the classes, in the order of the columns of ``predict_proba``.
        model_: the trained network with its scaling, a ``harness.Model``.
        outcome_: how the run ended, by one of six names and with a sentence.
        cost_: what it has spent, in forward-pass equivalents.
        loss_: loss of the model over the training rows.
        loss_curve_: loss after each iteration, the start first; NaN where the optimizer does not know it.
        n_iter_: iterations.
        n_features_in_: columns of X.
        feature_names_in_: their names, where they have some.
        n_outputs_: units of the output layer.
        out_activation_: its activation, in this project's words.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> network = NetworkClassifier(optimizer="adam:learning_rate=0.1", hidden=(8,), random_state=0)
    >>> network.fit(X, y).score(X, y) > 0.95, network.outcome_.name
    (True, 'budget')
    >>> network.predict_proba(X[:2]).shape, network.set_params(optimizer__learning_rate=0.5).optimizer
    ((2, 3), Adam(learning_rate=0.5))
    """

    @available_if(goes_on)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train by one iteration on some rows, from the present parameters.

        The first call decides on scaling and classes. The model is the last point, not the best one, for
        losses over different rows do not compare; ``target`` and ``budget`` are those of ``fit``. It is there
        for optimizers whose iterations share nothing but the parameters: gradient descent with a constant
        rate and without batches, and perceptron rules that keep nothing beside their weights.

        Arguments:
            X: inputs, shape (rows, features), finite.
            y: a class for each row.
            classes: all classes that there will be; to be given in the first call.
        """
        going_on = hasattr(self, "model_")
        if not going_on and classes is None:
            raise InputError("classes is None, expected all classes in the first call of partial_fit")
        known = None if classes is None else np.unique(np.asarray(classes))
        if going_on and known is not None and not np.array_equal(known, self.classes_):
            raise InputError(
                f"classes is {shown(known.tolist())}, and was {shown(self.classes_.tolist())} in the first "
                "call: leave it out, or fit a clone"
            )
        table, labels = self._checked(X, y, reset=not going_on)
        check_classification_targets(labels)
        if known is not None:
            self._decide(known)
        return self._one_iteration(table, self._encoded(labels))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return a class for each row, shape (rows,)."""
        model, rows = self._modelled(X)
        return model.predict(rows)

    @available_if(_tells_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probability of each class for each row, shape (rows, classes)."""
        model, rows = self._modelled(X)
        outputs = model.outputs(rows)
        return outputs if outputs.shape[1] > 1 else np.hstack([1.0 - outputs, outputs])

    @available_if(_tells_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Return the logarithm of ``predict_proba``; minus infinity where that is 0."""
        with np.errstate(divide="ignore"):
            logarithms: Array = np.log(self.predict_proba(X))
        return logarithms

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn wants to know: whether the loss takes more than two classes."""
        tags = super().__sklearn_tags__()
        entry = self._entry()
        tags.classifier_tags.multi_class = entry is None or entry.targets == "distribution"
        return tags

    def _entry(self) -> Loss | None:
        """Return the record of the loss that was chosen, or None."""
        return known_losses().get(self.loss) if isinstance(self.loss, str) else None

    def _loss(self) -> str:
        usual = OF_TWO if len(self.classes_) == 2 else OF_MORE
        return usual if self.loss is None else self.loss

    def _targets(self, labels: NDArray[Any], going_on: bool) -> Array:
        # To see whether they are whole it casts them, whatever their size.
        with np.errstate(invalid="ignore"):
            check_classification_targets(labels)
        if not going_on:
            self._decide(np.unique(labels))
        return self._encoded(labels)

    def _decide(self, classes: NDArray[Any]) -> None:
        """Keep the classes that there are."""
        if len(classes) < 2:
            raise InputError(f"y has one class, {shown(classes.tolist()[0])}, expected at least two classes")
        entry = self._entry()
        if entry is not None and entry.targets != "distribution" and len(classes) > 2:
            raise InputError(
                "Only binary classification is supported. The type of the target is multiclass: y has "
                f"{len(classes)} classes, but loss '{entry.name}' takes two, so take {OF_MORE}"
            )
        self.classes_ = classes

    def _encoded(self, labels: NDArray[Any]) -> Array:
        unknown = np.setdiff1d(labels, self.classes_)
        if unknown.size:
            raise InputError(
                f"y has the class {shown(unknown.tolist()[0])}, expected those of the first call: "
                f"{shown(self.classes_.tolist())}"
            )
        codes = np.searchsorted(self.classes_, labels)
        return class_targets(codes, len(self.classes_), find_loss(self._loss()))
