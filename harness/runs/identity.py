"""What of a run a user brought: told apart from what comes with the project, in digests and in tables."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import fields
from typing import Any

from harness.fingerprints.fingerprint import fingerprint
from harness.fingerprints.origins import OWN, top_of
from harness.gradients import build_source
from harness.network.initializers import INITIALIZERS
from harness.problems import known_problems, load, parse
from harness.problems.base import BaseProblem
from optimizers.descent.schedule import SCHEDULES
from optimizers.errors import InputError
from optimizers.named import Named
from optimizers.optimizer import Optimizer
from optimizers.registry import known_optimizers


def own_code(problem: BaseProblem, optimizer: Optimizer, gradients: list[str]) -> str:
    """Return a digest of the classes and functions that a user brought to a run beside the problem's key.

    Arguments:
        problem: of which a class of the user's own counts here, and what its network is made of.
        optimizer: of an own class, or one with an option that is an optimizer of an own class.
        gradients: gradient sources by name.

    Returns:
        An empty text where all of it comes with the project.
    """
    found = [_class_code(type(problem), f"problem '{problem.name}'"), *_optimizer_code(optimizer)]
    found += _parts_code(problem)
    found += [_class_code(type(build_source(name)), f"gradient source '{name}'") for name in gradients]
    whole = [code for code in found if code]
    return hashlib.sha256("".join(whole).encode()).hexdigest()[:16] if whole else ""


def _parts_code(problem: BaseProblem) -> list[str]:
    """Return digests of the activations, losses and initializers of other packages."""
    network = getattr(problem, "network", None)
    if network is None:
        return []
    name = network.initializer.partition(":")[0]
    parts = {**network.parts, f"initializer '{name}'": INITIALIZERS[name]}
    return [
        fingerprint(part, what=what, own=part.package)
        for what, part in parts.items()
        if part.package not in OWN
    ]


def _class_code(cls: type, what: str) -> str:
    top = top_of(cls.__module__)
    return "" if top in OWN else fingerprint(cls, what=what, own=top)


def _optimizer_code(optimizer: Named) -> list[str]:
    top = top_of(type(optimizer).__module__)
    if top not in OWN:
        return [fingerprint(optimizer, what=f"optimizer '{optimizer.name()}'", own=top)]
    found = []
    for option in fields(optimizer):  # type: ignore[arg-type]  # every member of a family is a dataclass
        value = getattr(optimizer, option.name)
        if isinstance(value, Named):
            found += _optimizer_code(value)
    named = getattr(optimizer, "schedule", None)
    schedule = None if named is None else SCHEDULES.get(named)
    if schedule is not None and schedule.package not in OWN:
        found.append(fingerprint(schedule, what=f"schedule '{schedule.name}'", own=schedule.package))
    return found


def is_own_problem(problem: BaseProblem) -> bool:
    """Say whether a problem is none that its name alone would build.

    >>> import harness
    >>> is_own_problem(load("parity:bits=4"))
    False
    >>> is_own_problem(harness.Problem.from_arrays([[0.0], [1.0]], [0, 1], test_fraction=0, name="iris"))
    True
    """
    if problem.family is not None:
        return known_problems().get(problem.family.name()) is not type(problem.family)
    return _differs(problem.name, problem.key)


@functools.lru_cache(maxsize=256)
def _differs(name: str, key: str) -> bool:
    try:
        given = parse(name)
        family = known_problems()[given.pop("name")]
        if top_of(family.__module__) in OWN:
            return bool(family(**given).key != key)
        return load(name).key != key
    except (InputError, KeyError, TypeError):
        return True


def is_own_optimizer(optimizer: Optimizer) -> bool:
    """Say whether an optimizer is none that its name and options alone would build."""
    return any(known_optimizers().get(member.name()) is not type(member) for member in _members(optimizer))


def _members(optimizer: Any) -> list[Named]:
    """Return an optimizer and those that are options of it."""
    inner = [getattr(optimizer, option.name) for option in fields(optimizer)]
    return [optimizer, *(member for value in inner if isinstance(value, Named) for member in _members(value))]


def shown_problem(problem: BaseProblem) -> str:
    """Return the name for tables; own data under the name of a known problem are marked.

    >>> import harness
    >>> shown_problem(harness.Problem.from_arrays([[0.0], [1.0]], [0, 1], test_fraction=0, name="iris"))
    'iris (own)'
    """
    return problem.name if problem.family is not None else _shown(problem.name, problem.key)


@functools.lru_cache(maxsize=256)
def _shown(name: str, key: str) -> str:
    known = name.partition(":")[0].strip() in known_problems()
    return f"{name} (own)" if known and _differs(name, key) else name


def shown_optimizer(optimizer: Optimizer) -> str:
    """Return the label for tables; an own class under the name of a known one is marked."""
    taken = any(
        known_optimizers().get(member.name(), type(member)) is not type(member)
        for member in _members(optimizer)
    )
    return f"{optimizer.label} (own)" if taken else optimizer.label


@functools.lru_cache(maxsize=256)
def digest_of_key(key: str) -> str:
    """Return the digest of a problem's key; many runs have the same."""
    return digest_of(key)


def digest_of(text: str) -> str:
    """Return a short digest of a text, for a column or a file name."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
