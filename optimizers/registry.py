"""Families of plug-ins: one object each, which finds its members and builds them from a name with options.

Members are found in this project's files by themselves, among the entry points of other packages, and in
files that a user has named (``adopt``). Nothing is listed by hand. Who asks for one member of this project
by its name has its file imported, and no other.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, ClassVar, TypeVar

from optimizers.errors import InputError, unknown_name
from optimizers.named import Named
from optimizers.optimizer import Optimizer
from optimizers.package_files import with_class, with_record
from optimizers.plugins import add_plugins, installed
from optimizers.printable import shown
from optimizers.specification import parse

Member = TypeVar("Member")
T = TypeVar("T", bound=Named)
Record = TypeVar("Record")


class Registry(Mapping[str, Member]):
    """The members of a family by their names.

    Arguments:
        kind: what a member is called in a sentence, such as "optimizer".
        group: group of entry points through which other packages add members.
        own: returns this project's members by their names; called at the first look-up.
        fits: says whether something may be a member.
        name_of: returns a member's name, of the member and of the name that it goes by elsewhere.
        expected: what a member is, for a sentence.
        likely: returns what may be this project's member of a name, in a few files; without it all are
            imported for one.

    >>> KNOWN = Registry("letter", "docs.letters", lambda: {"a": "A"}, lambda found: isinstance(found, str),
    ...                  lambda member, name: name, "a text")
    >>> dict(KNOWN), "b" in KNOWN, KNOWN.find("a")
    ({'a': 'A'}, False, 'A')
    """

    families: ClassVar[list[Registry[Any]]] = []
    """All that there are so far."""

    def __init__(
        self,
        kind: str,
        group: str,
        own: Callable[[], Mapping[str, Member]],
        fits: Callable[[Any], bool],
        name_of: Callable[[Any, str], str],
        expected: str,
        likely: Callable[[str], Iterable[Any]] = lambda _: (),
    ) -> None:
        self.kind, self.group, self.expected = kind, group, expected
        self._likely = likely
        self._own, self._fits, self._name_of = own, fits, name_of
        self._adopted: dict[str, Member] = {}
        self._met: dict[str, Member] = {}
        self._members: dict[str, Member] | None = None
        Registry.families.append(self)

    def __getitem__(self, name: str) -> Member:
        alone = self._alone(name)
        return self._all()[name] if alone is None else alone

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _alone(self, name: str) -> Member | None:
        """Return a member of this project without the others; None where it takes all of them to tell.

        So it does where others bring members, which may be broken or have taken a name: that is to be said.
        """
        if self._members is not None or self._adopted or not isinstance(name, str):
            return None
        if name not in self._met and not installed(self.group):
            for found in self._likely(name):
                if self._fits(found) and self._name_of(found, "") == name:
                    self._met[name] = found
                    break
        return self._met.get(name)

    def _all(self) -> dict[str, Member]:
        if self._members is None:
            found = dict(self._own())
            add_plugins(
                found, self.group, self._fits, self.expected, lambda name, member: self._name_of(member, name)
            )
            self._members = dict(sorted((found | self._adopted).items()))
        return self._members

    def find(self, name: str) -> Member:
        """Return a member by its name.

        Raises:
            InputError: for an unknown name; it says which is nearest.
        """
        try:
            return self[name]
        except KeyError:
            raise unknown_name(self.kind, name, self) from None

    def adopt(self, module: ModuleType, place: str) -> list[str]:
        """Take in the members that a module defines itself; return their names.

        Arguments:
            module: for example a file that a user has named.
            place: what the module is called in a sentence.

        Raises:
            InputError: if the name of one is taken.
        """
        names = []
        for name, found in vars(module).items():
            is_code = inspect.isclass(found) or inspect.isfunction(found)
            imported = is_code and found.__module__ != module.__name__
            if name.startswith("_") or imported or not self._fits(found):
                continue
            taken = self._name_of(found, name)
            if not is_code and self._all().get(taken) is found:
                # A record that it has imported.
                continue
            if self._all().get(taken, found) is not found:
                raise InputError(
                    f"{place}: the name '{taken}' of {self.kind} {name} is taken: give it another one"
                )
            self._adopted[taken] = found
            names.append(taken)
        self._members = None
        return names


class ClassRegistry(Registry[type[T]]):
    """A family whose members are classes with options: found by their base class, built by name.

    Arguments:
        kind: see ``Registry``.
        group: see ``Registry``.
        package: name of the package whose files are searched, sub-packages included.
        base: abstract class of the family.
        example: name of a member, for a sentence.
    """

    def __init__(self, kind: str, group: str, package: str, base: type[T], example: str) -> None:
        self._example = example

        def fits(candidate: Any) -> bool:
            concrete = inspect.isclass(candidate) and not inspect.isabstract(candidate)
            return concrete and issubclass(candidate, base)

        def own() -> dict[str, type[T]]:
            found = [member for member in _members_of_files(package) if fits(member)]
            return {member.name(): member for member in found}

        super().__init__(
            kind,
            group,
            own,
            fits,
            lambda member, _: str(member.name()),
            f"a class of {base.__name__}",
            lambda name: _members_of(with_class(package, name)),
        )

    def build(self, specification: str | Mapping[str, Any], **options: Any) -> T:
        """Build a member from its name, its name with options in one text, or a table of both.

        Arguments:
            specification: ``"adam"``, ``"adam:learning_rate=0.01"`` or
                ``{"name": "adam", "learning_rate": 0.01}``.
            options: more options by name; they win.

        Raises:
            InputError: for an unknown name or option; it says which is nearest.
        """
        given = self.read(specification) | options
        return self.find(given.pop("name"))(**given)

    def read(self, specification: str | Mapping[str, Any]) -> dict[str, Any]:
        """Return a name with options as a table, the name under "name"; neither is looked up.

        Raises:
            InputError: for what is neither text nor a table with a name.
        """
        if isinstance(specification, str):
            return parse(specification, self.kind)
        article = "an" if self.kind[0] in "aeiou" else "a"
        if not isinstance(specification, Mapping):
            raise InputError(
                f"{article} {self.kind} is {shown(specification)}, expected its name as text, such as "
                f"'{self._example}', or a table with name and options"
            )
        given = dict(specification)
        if not isinstance(given.get("name"), str):
            raise InputError(
                f"{article} {self.kind} has no name: found {shown(specification)}, expected name = "
                f'"{self._example}"'
            )
        return given


class RecordRegistry(Registry[Record]):
    """A family whose members are records with a name of their own.

    Arguments:
        kind: see ``Registry``.
        group: see ``Registry``.
        package: name of the package whose files are searched.
        record: class of the records.
    """

    def __init__(self, kind: str, group: str, package: str, record: type[Record]) -> None:
        def fits(candidate: Any) -> bool:
            return isinstance(candidate, record)

        def name_of(member: Any, _: str) -> str:
            return str(member.name)

        def own() -> dict[str, Record]:
            return {name_of(found, ""): found for found in _members_of_files(package) if fits(found)}

        def likely(name: str) -> Iterator[Any]:
            return _members_of(with_record(package, name))

        super().__init__(kind, group, own, fits, name_of, f"a record of {record.__name__}", likely)


def _members_of_files(package: str) -> Iterator[Any]:
    path = importlib.import_module(package).__path__
    return _members_of(module.name for module in pkgutil.walk_packages(path, f"{package}."))


def _members_of(modules: Iterable[str]) -> Iterator[Any]:
    for module in modules:
        yield from list(vars(importlib.import_module(module)).values())


OPTIMIZERS: ClassRegistry[Optimizer] = ClassRegistry(
    "optimizer",
    "harness.optimizers",
    "optimizers",
    Optimizer,  # type: ignore[type-abstract]
    "adam",
)
"""Every optimizer class by its name in kebab-case."""


def known_optimizers() -> Mapping[str, type[Optimizer]]:
    """Return every optimizer class by its name in kebab-case."""
    return OPTIMIZERS


def build_optimizer(specification: str | Mapping[str, Any]) -> Optimizer:
    """Build an optimizer from its name with options.

    Arguments:
        specification: ``"adam"``, ``"adam:learning_rate=0.01"`` or
            ``{"name": "adam", "learning_rate": 0.01}``.

    Raises:
        InputError: for an unknown name or option; it says which is nearest.

    >>> build_optimizer({"name": "adam", "learning_rate": 0.5}).learning_rate
    0.5
    >>> build_optimizer("adam:learning_rate=0.5").label
    'adam(learning_rate=0.5)'
    """
    return OPTIMIZERS.build(specification)


def as_optimizer(given: Any) -> Optimizer:
    """Return an optimizer as it is, and build one of its name with options.

    Raises:
        InputError: for anything else.

    >>> as_optimizer("adam:learning_rate=0.5").label
    'adam(learning_rate=0.5)'
    """
    if isinstance(given, Optimizer):
        return given
    if isinstance(given, str | Mapping):
        return build_optimizer(given)
    raise InputError(
        f"optimizer is {shown(given)}, expected an optimizer such as optimizers.Adam(), or its name with "
        'options, such as "adam:learning_rate=0.1"'
    )
