"""A problem that is a network on a data set."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.gradients import build_source
from harness.network.data import check_data, unit_rows
from harness.network.losses import find_loss
from harness.network.measures import RowsMeasured
from harness.network.network import Network
from harness.network.objective import NetworkObjective
from harness.network.precision import DOUBLE, SINGLE, Precision, check_single, precision_errors
from harness.problems.base import (
    ROW_ORDER,
    SPLIT,
    START,
    BaseProblem,
    Confusion,
    Measures,
    MeasuresTable,
    gradient_quality,
    plain_number,
)
from harness.problems.encoding import (
    confusion_counts,
    encode_targets,
    label_array,
    named_classes,
    split_rows,
    unit_costs,
)
from harness.problems.kept_data import KeptData
from harness.problems.scaling import Scaling
from optimizers.arguments import Name, Text, Truth, accepts, plain_seed
from optimizers.arrays import real_array
from optimizers.errors import InputError
from optimizers.objective import Array, Measurable, Rows
from optimizers.options import BelowOne, Real
from optimizers.printable import shown

NOTHING = float("nan")


class Problem(BaseProblem):
    """A network on a data set, split and scaled by the seed.

    Arguments:
        network: the network.
        X: inputs, shape (N, features), finite.
        Y: targets, shape (N, outputs), as the loss takes them.
        classes: the classes in the order of the outputs, or None for a regression.
        test_fraction: part of the rows to test on, from 0 to below 1; each class in proportion.
        scale: whether to standardise by the training rows.
        target: loss at which a run counts as solved, or None.
        precision: "float32" tells a search losses and gradients in single precision; what a run is judged and
            shown by is float64 either way.
        name: the name in tables and legends.
        key: text that says everything that defines the problem; made of the arguments, the data by their
            digest, where left out. One of your own stands for all of them: it is for you to change it with
            the data, or runs of the old data pass for runs of the new.
        data_key: text that says what defines the data; a digest of them where left out.

    Attributes:
        class_names: what readers call the classes; the classes themselves where there are none.
    """

    class_names: Sequence[str] = ()

    @accepts(
        test_fraction=BelowOne,
        scale=Truth,
        target=Real | None,
        precision=Precision,
        name=Name,
        key=Text | None,
        data_key=Text | None,
    )
    def __init__(
        self,
        network: Network,
        X: ArrayLike,
        Y: ArrayLike,
        classes: NDArray[Any] | None,
        *,
        test_fraction: float,
        scale: bool,
        target: float | None,
        name: str,
        precision: Precision = DOUBLE,
        key: str | None = None,
        data_key: str | None = None,
    ) -> None:
        self._X, self._Y = check_data(network, X, Y)
        if precision == SINGLE:
            check_single(network)
        self.precision = precision
        self.network, self.classes = network, classes
        self.name, self.target = name, plain_number(target, "target")
        self._scale, self._test_fraction = bool(scale), float(test_fraction)
        self.data_key = data_key if data_key is not None else self._digest()
        self.key = key if key is not None else self._own_key()

    @classmethod
    @accepts(
        activation=Text | tuple[Text, ...] | list[Text],
        loss=Text,
        output=Text | None,
        initializer=Text,
        test_fraction=BelowOne,
        scale=Truth,
        target=Real | None,
        precision=Precision,
        name=Name,
        key=Text | None,
        data_key=Text | None,
    )
    def from_arrays(
        cls,
        X: ArrayLike,
        y: ArrayLike,
        *,
        hidden: Sequence[int] = (32,),
        activation: str | Sequence[str] = "tanh",
        loss: str = "categorical-cross-entropy",
        output: str | None = None,
        initializer: str = "glorot",
        test_fraction: float = 0.3,
        scale: bool = True,
        target: float | None = None,
        precision: Precision = DOUBLE,
        name: str = "mine",
        key: str | None = None,
        data_key: str | None = None,
    ) -> Problem:
        """Make a problem of your own data.

        Arguments:
            X: inputs, shape (rows, features), finite.
            y: a label for each row, as the loss takes them: classes (numbers or text) for a cross-entropy
                or a perceptron loss, numbers for a squared one.
            hidden: units of the hidden layers; empty for a network of one layer.
            activation: activation of the hidden layers, one name for all or one for each.
            loss: name of the loss.
            output: activation of the output; the usual one of the loss where left out.
            initializer: how starts are drawn, times a number where wanted: "uniform:scale=2".
            test_fraction: part of the rows to test on, from 0 to below 1; each class in proportion.
            scale: whether to standardise by the training rows.
            target: loss at which a run counts as solved, or None.
            precision: "float64", or "float32" for a search in single precision; see the class.
            name: the name in tables and legends.
            key: see the class.
            data_key: see the class.

        Raises:
            InputError: for data that are not finite, labels that do not fit the loss, or unknown names.

        >>> own = Problem.from_arrays([[0.0], [1.0], [2.0], [3.0]], list("aabb"), hidden=(), test_fraction=0)
        >>> own.network.sizes, own.classes.tolist()
        ((1, 2), ['a', 'b'])
        """
        entry = find_loss(loss)
        table = real_array("X", X)
        if table.ndim != 2 or 0 in table.shape:
            raise InputError(f"X has shape {table.shape}, expected (rows, features), at least one of each")
        labels = label_array(y)
        if labels.ndim == 0 or len(labels) != len(table):
            found = f"{len(labels)} labels" if labels.ndim else f"one label, {shown(y)},"
            raise InputError(f"y has {found} for the {len(table)} rows of X: give each row one")
        sizes = hidden_sizes(hidden)
        Y, classes = encode_targets(labels, entry)
        network = Network(
            sizes=(table.shape[1], *sizes, Y.shape[1]),
            activation=(activation,) if isinstance(activation, str) else tuple(activation),
            loss=loss,
            output=output,
            initializer=initializer,
        )
        return cls(
            network,
            table,
            Y,
            classes,
            test_fraction=test_fraction,
            scale=scale,
            target=target,
            precision=precision,
            name=name,
            key=key,
            data_key=data_key,
        )

    def _own_key(self) -> str:
        """Say what defines a problem made of arrays, the data by their digest."""
        parts: dict[str, Any] = {
            "name": self.name,
            "data": self._digest(),
            "network": repr(self.network),
            "test_fraction": self._test_fraction,
            "scale": self._scale,
            "target": self.target,
            "classes": None if self.classes is None else self.classes.tolist(),
        }
        if self.precision != DOUBLE:
            parts["precision"] = self.precision
        # Classes may be anything that can be told apart; as text they are told apart here as well.
        return json.dumps(parts, sort_keys=True, default=repr)

    def _digest(self) -> str:
        return hashlib.sha256(self._X.tobytes() + self._Y.tobytes()).hexdigest()

    def __repr__(self) -> str:
        sizes = "-".join(str(size) for size in self.network.sizes)
        return f"<problem {self.name}: network {sizes}, {self.network.loss}, {len(self._X)} rows>"

    def facts(self) -> dict[str, object]:
        """Return what a notebook shows of the problem."""
        network = self.network
        classes = {} if self.classes is None else {"classes": len(self.classes)}
        return {
            "rows": len(self._X),
            "test_fraction": self._test_fraction,
            **classes,
            "network": "-".join(map(str, network.sizes)),
            "parameters": network.size,
            "activations": ", ".join(network.layer_activations),
            "loss": network.loss,
            "precision": self.precision,
            **super().facts(),
        }

    @property
    def same_rows(self) -> bool:  # type: ignore[override]
        """Whether all seeds have the same rows: where none are drawn for a test."""
        return not self._test_fraction

    def data(self, seed: int = 0) -> tuple[Array, Array, Array, Array]:
        """Return training and test rows, ``(X_train, Y_train, X_test, Y_test)``, as the network sees them.

        Features, and the targets of a regression, are shifted and scaled to mean 0 and standard deviation
        1 of the TRAINING rows; a feature that is constant there, but for rounding, is only shifted.
        """
        number = plain_seed(seed)
        tables = _KEPT.get((self, number), lambda: self._data(number))
        return cast("tuple[Array, Array, Array, Array]", tables)

    @functools.lru_cache(maxsize=2)  # noqa: B019  # data and scaling ask for the same
    def _split(self, seed: int) -> tuple[Rows, Rows]:
        """Return the numbers of the training and of the test rows."""
        rng = np.random.default_rng(self.seed_sequence(seed, SPLIT))
        strata = self._Y.argmax(axis=1) if self._Y.shape[1] > 1 else self._Y[:, 0]
        classes = strata if self.classes is not None else None
        train, test = split_rows(classes, len(self._X), self._test_fraction, rng)
        if not train.size:
            raise InputError(
                f"test_fraction is {self._test_fraction}, which leaves none of the {len(self._X)} rows to "
                "train on: take a smaller one"
            )
        lost = set() if classes is None else set(classes[test].tolist()) - set(classes[train].tolist())
        if classes is not None and lost:
            first = min(lost)
            rows = int((classes == first).sum())
            raise InputError(
                f"test_fraction is {self._test_fraction}, which leaves no row of class "
                f"{self._class(first)} to train on, for there {'is' if rows == 1 else 'are'} only {rows}: "
                "take a smaller one"
            )
        return train, test

    def scaling(self, seed: int = 0) -> tuple[Scaling | None, Scaling | None]:
        """Return how inputs and targets are scaled, by the training rows; None for what is left as it is.

        Targets are scaled where they are the numbers of a regression.
        """
        if not self._scale:
            return None, None
        train, _ = self._split(plain_seed(seed))
        return Scaling.of(self._X[train]), None if self.classes is not None else Scaling.of(self._Y[train])

    def _data(self, seed: int) -> tuple[Array, Array, Array, Array]:
        train, test = self._split(seed)
        of_inputs, of_targets = self.scaling(seed)
        X = self._X if of_inputs is None else of_inputs.scaled("X", self._X)
        Y = self._Y if of_targets is None else of_targets.scaled("Y", self._Y)
        tables = X[train], Y[train], X[test], Y[test]
        for table in tables:
            # They are handed out again; whoever wants to change one makes a copy.
            table.flags.writeable = False
        return tables

    def _class(self, stratum: float) -> Any:
        """Return the name of the class whose rows have one number in their targets, or one place."""
        names = list(self.class_names) or cast("NDArray[Any]", self.classes).tolist()
        place = stratum if self._Y.shape[1] > 1 else np.searchsorted(np.unique(self._Y), stratum)
        return repr(names[int(place)])

    def objective(self, gradient: str = "analytic", seed: int = 0) -> NetworkObjective:
        """Build the mean loss over the training rows, with counters of its own.

        Arguments:
            gradient: name of the gradient source, such as ``"analytic"``, ``"central-difference"`` or, with
                options, ``"central-difference:step=1e-6"``.
            seed: decides the split into training and test rows, and the row order.

        Raises:
            InputError: for an unknown source or option.

        >>> import harness
        >>> objective = harness.problems.load("xor").objective(gradient="forward-difference:step=1e-7")
        >>> objective.gradient.cost
        10.0
        """
        return self._objective(gradient, seed, self.precision)

    def _objective(self, gradient: str, seed: int, precision: Precision) -> NetworkObjective:
        X, Y, _, _ = self.data(seed)
        order = self.seed_sequence(seed, ROW_ORDER)
        return NetworkObjective(self.network, X, Y, build_source(gradient), order, precision)

    def renewed(self, objective: Measurable, seed: int) -> bool:
        """Make the objective of another seed into that of this seed where they differ in their row order."""
        if not self.same_rows or not isinstance(objective, NetworkObjective):
            return False
        objective.renew(functools.partial(self.seed_sequence, seed, ROW_ORDER))
        return True

    def start(self, seed: int = 0) -> Array:
        """Return parameters drawn by the network's initialiser, shape (n,)."""
        return self.network.start(np.random.default_rng(self.seed_sequence(seed, START)))

    def starts(self, seeds: Sequence[int]) -> Array:
        """Return ``start`` of each of some seeds, shape (R, n), drawn from generators made at once."""
        return np.array([self.network.start(rng) for rng in self.generators(seeds, START)])

    def measures(
        self, seed: int = 0, gradient: str | None = None, reference: str | None = None
    ) -> Callable[[Array], MeasuresTable]:
        """Return a function that measures parameters, uncounted: accuracies, losses, gradient and costs.

        The hard and soft cost of a single unit, over the training rows, are measured with losses whose
        outputs name the positive class from z = 0 on; a squared loss draws its line elsewhere.
        """
        X, Y, X_test, Y_test = self.data(seed)
        measure_quality = None
        if gradient is not None and reference is not None:
            measure_quality = gradient_quality(
                self.objective(gradient, seed), self._objective(reference, seed, DOUBLE)
            )
        train = RowsMeasured(self.network, X, Y)
        rounded = RowsMeasured(self.network, X, Y, SINGLE) if self.precision == SINGLE else None
        test = RowsMeasured(self.network, X_test, Y_test) if len(X_test) else None
        unit = unit_rows(self.network, X, Y) if self.network.loss_entry.targets != "numbers" else None

        def measure(points: Array) -> MeasuresTable:
            nothing = np.full(len(points), NOTHING)
            train_accuracies = test_losses = test_accuracies = gradient_norms = nothing
            if not self.network.no_gradient:
                gradient_norms = train.gradient_norms(points)
            if self.classes is not None:
                train_accuracies = train.accuracies(points)
            if test is not None:
                test_losses = test.losses(points)
                if self.classes is not None:
                    test_accuracies = test.accuracies(points)
            table = np.full((len(points), len(Measures._fields)), NOTHING)
            table[:, :4] = np.array([train_accuracies, test_losses, test_accuracies, gradient_norms]).T
            if measure_quality is not None:
                table[:, 4:6] = [measure_quality(w) for w in points]
            if unit is not None:
                table[:, 6:8] = [unit_costs(unit, w) for w in points]
            if rounded is not None:
                table[:, 8] = precision_errors(rounded.losses(points), train.losses(points))
            return MeasuresTable(table)

        return measure

    def confusion(self, w: Array, seed: int = 0) -> Confusion | None:
        """Return which classes parameters take for which, on the test rows; training rows without any."""
        if self.classes is None or self.network.loss_entry.misses is None:
            return None
        return self.confusions(w[np.newaxis], seed)[0]

    def confusions(self, points: Array, seed: int = 0) -> list[Confusion | None]:
        """Return ``confusion`` of each of some parameters, shape (K, n)."""
        if self.classes is None or self.network.loss_entry.misses is None:
            return [None] * len(points)
        X, Y, X_test, Y_test = self.data(seed)
        rows: Literal["test", "train"] = "test" if len(X_test) else "train"
        X, Y = (X_test, Y_test) if len(X_test) else (X, Y)
        names = list(self.class_names) or self.classes.tolist()
        known: dict[bytes, Confusion] = {}
        found: list[Confusion | None] = []
        for outputs in self.network.predictions(points, X):
            predicted, true = named_classes(outputs, Y, self.network.loss_entry)
            key = predicted.tobytes()
            if key not in known:
                known[key] = Confusion(rows, names, confusion_counts(predicted, true, len(self.classes)))
            found.append(known[key])
        return found


def hidden_sizes(hidden: Any) -> tuple[int, ...]:
    """Return the units of hidden layers as a network takes them.

    Raises:
        InputError: for what is no list of sizes.

    >>> hidden_sizes(np.array([4, 2]))
    (4, 2)
    """
    if isinstance(hidden, np.ndarray) and hidden.ndim == 1 and hidden.dtype.kind in "iu":
        hidden = hidden.tolist()
    if isinstance(hidden, str | bytes) or not isinstance(hidden, Sequence):
        raise InputError(f"hidden is {shown(hidden)}, expected a list of sizes such as (32,), or () for none")
    return tuple(hidden)


_KEPT = KeptData()
"""Data of problems and seeds: each of the optimizers that are compared asks for the same."""
