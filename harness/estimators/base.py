"""What both estimators share: their parameters, and training by one run."""

from __future__ import annotations

import datetime
import numbers
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from harness.estimators.continued import ContinuedProblem
from harness.estimators.nested_options import nested_options, with_options
from harness.estimators.training import Trained, trained
from harness.models import Model
from harness.network.network import Network
from harness.problems.problem import Problem, hidden_sizes
from optimizers.arrays import any_array, real_array
from optimizers.budget import Budget
from optimizers.errors import InputError
from optimizers.objective import Array
from optimizers.optimizer import Optimizer
from optimizers.printable import shown
from optimizers.registry import as_optimizer

BUDGET = 1_000
"""Cost of a fit that says nothing of it, in forward-pass equivalents."""


def as_budget(given: Any) -> Budget:
    """Return a budget as it is, and make one of a number, the most cost.

    Raises:
        InputError: for anything else.

    >>> as_budget(500)
    Budget(cost=500.0, iterations=None, seconds=None)
    """
    if isinstance(given, Budget):
        return given
    if isinstance(given, numbers.Real) and not isinstance(given, bool):
        return Budget(cost=given)  # type: ignore[arg-type]  # NumPy's numbers are taken as well
    raise InputError(f"budget is {shown(given)}, expected a cost such as 1000, or a Budget")


NO_NUMBERS = (str, bytes, datetime.date, datetime.timedelta)
"""Objects in an array that scikit-learn makes numbers of; pandas' kinds of time are among these."""


def refuse_no_numbers(name: str, table: Any) -> None:
    """Refuse what scikit-learn takes for numbers and is none: masked entries, dates, text, records.

    Raises:
        InputError: for such a table; anything else is left to scikit-learn's own checks.
    """
    given = any_array(name, table)
    other = given.dtype.kind == "O" and any(isinstance(entry, NO_NUMBERS) for entry in given.flat)
    if other or given.dtype.kind in "MmUSV":
        real_array(name, given)  # which refuses it


FROZEN = {"optimizer": as_optimizer, "budget": as_budget}
"""Parameters with options of their own, by which ``optimizer__learning_rate`` is known."""


def goes_on(estimator: NetworkEstimator) -> bool:
    """Say whether ``partial_fit`` makes sense.

    Raises:
        AttributeError: where it does not, with the reason, as scikit-learn has it.
    """
    try:
        optimizer = as_optimizer(estimator.optimizer)
    except InputError as error:
        raise AttributeError(str(error)) from None
    if not optimizer.memoryless:
        raise AttributeError(
            f"partial_fit trains by single iterations, and {optimizer.label} carries more from one to the "
            "next than the parameters: take gradient-descent with a constant rate and without batches, or a "
            "perceptron rule; for others fit with warm_start=True"
        )
    return True


class NetworkEstimator(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn is not typed
    """A network with an optimizer, as scikit-learn has an estimator."""

    def __init__(
        self,
        optimizer: Optimizer | str | Mapping[str, Any] = "lbfgs",
        *,
        hidden: Sequence[int] = (32,),
        activation: str | Sequence[str] = "tanh",
        loss: str | None = None,
        output: str | None = None,
        initializer: str = "glorot",
        gradient: str = "analytic",
        budget: Budget | float = BUDGET,
        target: float | None = None,
        scale: bool = True,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.optimizer = optimizer
        self.hidden = hidden
        self.activation = activation
        self.loss = loss
        self.output = output
        self.initializer = initializer
        self.gradient = gradient
        self.budget = budget
        self.target = target
        self.scale = scale
        self.warm_start = warm_start
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, and those of optimizer and budget as ``optimizer__learning_rate``."""
        found: dict[str, Any] = super().get_params(deep=deep)
        for name, built in FROZEN.items() if deep else ():
            try:
                options = nested_options(built(found[name]))
            except InputError:
                # What is wrong with it is said when it is used.
                continue
            found |= {f"{name}__{option}": value for option, value in options.items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters; an option of optimizer or budget puts another object in its place.

        Raises:
            ValueError: for an unknown name, or a value that an option does not take.
        """
        nested: dict[str, dict[str, Any]] = {name: {} for name in FROZEN}
        for name in list(params):
            holder, inner, option = name.partition("__")
            if inner and holder in nested:
                nested[holder][option] = params.pop(name)
        super().set_params(**params)
        for holder, changes in nested.items():
            if changes:
                setattr(self, holder, with_options(FROZEN[holder](getattr(self, holder)), changes))
        return self

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on rows; with ``warm_start`` from where the last training has ended.

        Arguments:
            X: inputs, shape (rows, features), finite.
            y: what is to be predicted of each row.

        Raises:
            InputError: for parameters that do not fit one another or the rows, and where the optimizer
                cannot train such a network, with its own reason.
        """
        going_on = bool(self.warm_start) and hasattr(self, "model_")
        table, labels = self._checked(X, y, reset=not going_on)
        Y = self._targets(labels, going_on)
        problem = self._problem(table, Y, going_on, self.target)
        limits = as_budget(self.budget)
        found = trained(problem, as_optimizer(self.optimizer), self.gradient, self._seed(), limits)
        self._take(problem, found, found.best)
        self.loss_, self.loss_curve_ = found.loss, found.curve
        self.n_iter_, self.cost_ = found.iterations, found.cost
        self._warn(found)
        return self

    def _one_iteration(self, table: Array, Y: Array) -> Self:
        """Go on from the present parameters, or begin, by one iteration on some rows."""
        going_on = hasattr(self, "model_")
        problem = self._problem(table, Y, going_on, None)
        once = Budget(iterations=1)
        found = trained(problem, as_optimizer(self.optimizer), self.gradient, self._seed(), once)
        self._take(problem, found, found.last)
        self.loss_ = found.curve[-1]
        self.loss_curve_ = [*self.loss_curve_, *found.curve[1:]] if going_on else found.curve
        self.n_iter_ = found.iterations + (self.n_iter_ if going_on else 0)
        self.cost_ = found.cost + (self.cost_ if going_on else 0.0)
        return self

    def _checked(self, X: ArrayLike, y: ArrayLike, reset: bool) -> tuple[Array, NDArray[Any]]:
        """Return rows as scikit-learn checks them."""
        refuse_no_numbers("X", X)
        if any_array("y", y).dtype.kind in "MmV":
            real_array("y", y)  # which refuses it
        found: tuple[Array, NDArray[Any]] = self._validated(X, y, reset=reset, **self._labels_taken)
        return found

    def _validated(self, *given: Any, **options: Any) -> Any:
        """Return what is given as scikit-learn checks it, which has no sentence for numbers of any size."""
        try:
            return validate_data(self, *given, dtype=np.float64, **options)
        except OverflowError:
            raise InputError(
                "the rows hold a number beyond the range of float64: scale the numbers down"
            ) from None

    def _problem(self, table: Array, Y: Array, going_on: bool, target: float | None) -> Problem:
        """Return the problem of rows and targets, from a start of its own or from the present parameters."""
        network = Network(
            sizes=(table.shape[1], *hidden_sizes(self.hidden), Y.shape[1]),
            activation=self.activation,  # type: ignore[arg-type]  # one name, or a list of them
            loss=self._loss(),
            output=self.output,
            initializer=self.initializer,
        )
        name, classes = type(self).__name__, getattr(self, "classes_", None)
        if not going_on:
            return Problem(
                network, table, Y, classes, test_fraction=0.0, scale=self.scale, target=target, name=name
            )
        if network != self.model_.network:
            raise InputError(
                f"the network is {network}, and was {self.model_.network} when it was trained last: leave "
                "its parameters as they are, or fit a clone"
            )
        return ContinuedProblem(self.model_, table, Y, target, name)

    def _seed(self) -> int:
        """Return the seed of a run: ``random_state`` itself where it is a number."""
        drawn = check_random_state(self.random_state)
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(drawn.randint(np.iinfo(np.int32).max))

    def _take(self, problem: Problem, found: Trained, w: Array) -> None:
        """Keep what a run has found."""
        inputs, targets = problem.scaling()
        self.model_ = Model(problem.network, w, inputs, targets, problem.classes, found.origin)
        self.outcome_ = found.outcome
        self.n_outputs_ = problem.network.sizes[-1]
        self.out_activation_ = problem.network.output_activation

    def _warn(self, found: Trained) -> None:
        """Warn of a run that has not come to what it was to come to."""
        short = found.outcome.name == "budget" and self.target is not None
        if short or found.outcome.name == "diverged":
            warnings.warn(str(found.outcome), ConvergenceWarning, stacklevel=3)

    def _modelled(self, X: ArrayLike) -> tuple[Model, Array]:
        """Return the model, and new rows for it as scikit-learn checks them."""
        check_is_fitted(self)
        refuse_no_numbers("X", X)
        return self.model_, self._validated(X, reset=False)

    _labels_taken: ClassVar[dict[str, bool]] = {}
    """What ``sklearn.utils.validation.validate_data`` is told of labels."""

    @abstractmethod
    def _loss(self) -> str:
        """Return the name of the loss."""

    @abstractmethod
    def _targets(self, labels: NDArray[Any], going_on: bool) -> Array:
        """Return the targets of labels, shape (rows, outputs), and keep what they are told apart by."""
