"""Members of a plug-in family: found by their class, known by a name in kebab-case."""

from __future__ import annotations

import inspect


class Named:
    """Give a class its name in files and at the terminal, and its one-line summary."""

    @classmethod
    def name(cls) -> str:
        """Return the name in files and at the terminal, in kebab-case."""
        return kebab_case(cls.__name__)

    @classmethod
    def summary(cls) -> str:
        """Return the first line of the docstring."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def kebab_case(name: str) -> str:
    """Turn a class name into the name used in files and at the terminal.

    A capital at the very end belongs to the word before it.

    >>> kebab_case("GradientDescent"), kebab_case("RMSprop"), kebab_case("LBFGS"), kebab_case("AdamW")
    ('gradient-descent', 'rmsprop', 'lbfgs', 'adamw')
    """
    return "".join(
        f"-{letter.lower()}"
        if letter.isupper()
        and 0 < index < len(name) - 1
        and (name[index - 1].islower() or name[index - 1].isdigit())
        else letter.lower()
        for index, letter in enumerate(name)
    )


def is_function(given: object) -> bool:
    """Say whether something is to be called with numbers.

    An optimizer is not, though it can be called: by SciPy, as a method of its own.

    >>> is_function(abs), is_function(3)
    (True, False)
    """
    return callable(given) and not isinstance(given, Named)
