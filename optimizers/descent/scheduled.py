"""Descents with a learning rate: its schedule and warm-up, and clipping."""

from __future__ import annotations

import dataclasses
import math
from typing import Annotated

import numpy as np
from pydantic import AfterValidator

from optimizers.descent.base import Descent
from optimizers.descent.loop import Changes
from optimizers.descent.schedule import OPTIONS, SCHEDULES, scheduled_rates
from optimizers.errors import InputError
from optimizers.options import Count, CountOrZero, NonNegative, Positive, ProperFraction, options
from optimizers.printable import shown


def _known(name: str) -> str:
    if name not in SCHEDULES:
        *others, last = [f"'{known}'" for known in SCHEDULES]
        raise ValueError(f"{', '.join(others)} or {last}")
    return name


ScheduleName = Annotated[str, AfterValidator(_known)]


@options
class ScheduledDescent(Descent):
    """Follow the gradient with an update rule that has a learning rate.

    ``reads`` of a subclass names the learning rate, which a schedule writes over.

    Attributes:
        learning_rate: step as a multiple of what the rule makes of the gradient.
        clip_norm: a gradient of a greater norm is shortened to this one (Pascanu, Mikolov, Bengio 2013,
            algorithm 1), before weight decay is added. None clips nothing.
        schedule: by its name, the learning rate in iteration t, counted from 0 after the warm-up: "constant";
            "inverse-scaling", ``learning_rate / (1 + t)^power`` (Robbins, Monro 1951); "step",
            ``learning_rate factor^floor(t / period)`` (Ge et al. 2019); "cosine", ``final_rate +
            (learning_rate - final_rate) (1 + cos(pi t / period)) / 2`` up to t = period and ``final_rate``
            from there on (Loshchilov, Hutter 2017, eq. 5, without restarts).
        power: of "inverse-scaling"; above 0.5 and at most 1 the conditions of Robbins and Monro hold.
        period: iterations of "step" between two cuts, iterations of "cosine" until the end.
        factor: of "step", what a cut leaves of the rate.
        final_rate: of "cosine", the rate at the end of the period.
        warm_up: iterations before the schedule begins; iteration i of them, from 0 on, has the rate
            ``learning_rate (i + 1) / (warm_up + 1)`` (Goyal et al. 2017, section 2.2).
    """

    learning_rate: Positive = 0.1
    clip_norm: Positive | None = None
    schedule: ScheduleName = "constant"
    power: Positive = 0.5
    period: Count | None = None
    factor: ProperFraction = 0.1
    final_rate: NonNegative = 0.0
    warm_up: CountOrZero = 0

    def __init_subclass__(cls) -> None:
        """Refuse a rule that would not notice a schedule.

        Raises:
            InputError: as ``Descent`` does, or if the rule does not read the learning rate.
        """
        super().__init_subclass__()
        if "update" in vars(cls) and "learning_rate" not in cls.reads._fields:
            raise InputError(
                f"{cls.__name__} does not read 'learning_rate', which its schedule changes: name it in what "
                "the rule reads, or make it a subclass of Descent"
            )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_schedule()

    @property
    def memoryless(self) -> bool:
        """Whether the rule remembers nothing, nor has a rate that depends on the iteration."""
        return super().memoryless and self.schedule == "constant" and not self.warm_up

    def _check_schedule(self) -> None:
        """Refuse a schedule without its period, and options that it would not read."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        read = SCHEDULES[self.schedule].options
        for option in OPTIONS:
            if option not in read and getattr(self, option) != defaults[option]:
                readers = [f"'{name}'" for name, entry in SCHEDULES.items() if option in entry.options]
                raise self._mismatch(
                    option,
                    f"expected schedule={' or '.join(readers)} with it, or it has no effect: "
                    "set that, or leave this out",
                )
        if "period" in read and self.period is None:
            raise self._mismatch(
                "period", f"expected a number of iterations with schedule='{self.schedule}': give one"
            )
        if self.final_rate >= self.learning_rate:
            raise self._mismatch(
                "final_rate", f"expected less than learning_rate ({shown(self.learning_rate)}): lower it"
            )

    def _mismatch(self, option: str, expected: str) -> InputError:
        """Build the error for an option that does not go with the others."""
        return InputError(
            f"{type(self).__name__}: option '{option}' is {shown(getattr(self, option))}, {expected}"
        )

    def changes(self, first: int, count: int) -> Changes | None:
        """Return what ``count`` iterations from ``first`` on do to learning rate and gradient."""
        clip_norm = math.inf if self.clip_norm is None else self.clip_norm
        rates = np.zeros(0)
        if self.schedule != "constant" or self.warm_up:
            read = {option: getattr(self, option) for option in SCHEDULES[self.schedule].options}
            settings = {"learning_rate": self.learning_rate, **read}
            rates = scheduled_rates(self.schedule, settings, self.warm_up, first, count)
        elif clip_norm == math.inf and not self.coupled_decay:
            return None
        return Changes(rates, self.reads._fields.index("learning_rate"), clip_norm, self.coupled_decay)
