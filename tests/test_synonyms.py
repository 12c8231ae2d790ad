"""What others call it is answered by what it is called here, and never accepted."""

from __future__ import annotations

from collections import Counter

import click
import pytest

from harness.cli.catalogue import KINDS
from harness.cli.entry import main
from harness.cli.group import commands
from harness.exchange import FORMATS
from harness.gradients import SOURCES
from harness.network.initializers import INITIALIZERS
from harness.sweeps.executors import EXECUTORS
from harness.sweeps.fields import FIELDS
from optimizers.budget import Budget
from optimizers.errors import InputError, unknown_name
from optimizers.options import option_ranges
from optimizers.registry import OPTIMIZERS
from optimizers.synonyms import MEANINGS, meant, plain


def command_line_options() -> set[str]:
    context = click.Context(commands)
    members = [
        commands,
        *filter(None, (commands.get_command(context, name) for name in commands.list_commands(context))),
    ]
    return {
        opt
        for one in members
        for parameter in one.get_params(context)
        for opt in parameter.opts
        if opt.startswith("-")
    }


def options_of_all() -> set[str]:
    classes = [
        cls for kind in ("optimizers", "problems", "gradients") for cls in KINDS[kind].entries().values()
    ]
    return {option for cls in classes for option in option_ranges(cls)}


def names_of(family: str) -> set[str]:
    """What a name of this family can be, asked of the code that takes it."""
    kinds = {kind.singular: plural for plural, kind in KINDS.items()}
    kinds |= {"gradient source": "gradients", "exchange format": "formats"}
    if family in kinds:
        return set(KINDS[kinds[family]].entries())
    return {
        "command": lambda: set(commands.list_commands(click.Context(commands))),
        "command-line option": command_line_options,
        "kind": lambda: {*KINDS, "results"},
        "field": lambda: set(FIELDS),
        "limit": lambda: set(Budget.__dataclass_fields__),
        "axis": lambda: {"cost", "iteration", "seconds"},
        "option": options_of_all,
    }[family]()


FAMILIES = list(dict.fromkeys(one.family for one in MEANINGS))


@pytest.mark.parametrize("family", FAMILIES)
def test_each_name_is_one_and_no_other_word_is(family: str) -> None:
    names, rows = names_of(family), [one for one in MEANINGS if one.family == family]
    assert {one.name for one in rows} <= names
    words = [word for one in rows for word in one.typed.split()]
    assert [word for word in words if plain(word) != word] == []
    # Who types a name gets it; and a row that repeats a word says nothing.
    if family not in ("option", "command-line option"):
        assert {plain(name) for name in names} & set(words) == set()
    assert [one for one in rows if max(Counter(one.typed.split()).values()) > 1] == []


@pytest.mark.parametrize(
    ("typed", "family", "known", "said"),
    [
        ("backprop", "gradient source", SOURCES, "did you mean 'analytic'?"),
        ("backprop", "optimizer", OPTIMIZERS, "did you mean 'gradient-descent'?"),
        ("numeric", "gradient source", SOURCES, "did you mean 'central-difference'?"),
        ("SGD", "optimizer", OPTIMIZERS, "did you mean 'gradient-descent' (with batch=32, say)?"),
        ("ga", "optimizer", OPTIMIZERS, "did you mean 'genetic-algorithm'?"),
        ("de", "optimizer", OPTIMIZERS, "did you mean 'differential-evolution'?"),
        ("pso", "optimizer", OPTIMIZERS, "did you mean 'particle-swarm'?"),
        ("cma", "optimizer", OPTIMIZERS, "did you mean 'cmaes'?"),
        ("xavier", "initializer", INITIALIZERS, "did you mean 'glorot'?"),
        ("joblib", "executor", EXECUTORS, "did you mean 'processes'?"),
        ("bbob", "exchange format", FORMATS, "did you mean 'coco'?"),
        ("time", "x axis", ["cost", "iteration", "seconds"], "did you mean 'seconds'?"),
        ("mlp", "optimizer", OPTIMIZERS, "that is the option 'hidden' (units of a pro"),
        ("sgd", "gradient source", SOURCES, "that is the optimizer 'gradient-descent' (with batch=32, sa"),
    ],
)
def test_a_word_from_elsewhere_is_answered(typed: str, family: str, known: list[str], said: str) -> None:
    sentence = str(unknown_name(family, typed, known))
    assert sentence.startswith(f"unknown {family} '{typed}': {said}")


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out, err = capsys.readouterr()
    assert (left.value.code, out) == (2, "")
    assert err.startswith("harness: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ls", "unknown command 'ls': did you mean 'list'?"),
        ("graph output/quickstart", "unknown command 'graph': did you mean 'plot'?"),
        ("train xor", "unknown command 'train': did you mean 'run'?"),
        ("bench", "unknown command 'bench': did you mean 'run'?"),
        ("help", "unknown command 'help': that is the command-line option '--help' here"),
        ("list algorithms", "unknown kind 'algorithms': did you mean 'optimizers'?"),
        ("show algorithm adam", "unknown kind 'algorithm': did you mean 'optimizers'?"),
        ("show lr", "unknown kind 'lr': that is the option 'learning_rate' (as in adam:learning_rate=0.1)"),
        ("show adam", "adam is an optimizer: write harness show optimizer adam"),
        ("show xor", "xor is a problem: write harness show problem xor"),
        ("show .", ". is a folder: write harness show results ."),
        (
            "show activation relu6",
            "unknown activation 'relu6': did you mean 'relu' (which has no upper bound)",
        ),
        ("show loss mse", "unknown loss 'mse': did you mean 'squared'?"),
        (
            "show loss crossentropy",
            "unknown loss 'crossentropy': did you mean 'binary-cross-entropy' (of two classes) or "
            "'categorical-cross-entropy' (of several classes)?",
        ),
        (
            "run quickstart --set optimizers.adam.lr=0.1",
            "Adam has no option 'lr': did you mean 'learning_rate'",
        ),
        (
            "run quickstart --set epochs=3",
            "unknown field 'epochs': did you mean 'budget' (as in budget = { iter",
        ),
        ("run quickstart --set budget.epochs=3", "unknown limit 'epochs': did you mean 'iterations'?"),
        (
            "run quickstart --jobs 2",
            "has no option '--jobs': did you mean '--workers'? (see `harness run --help`)",
        ),
        (
            "run quickstart --lr 2",
            "has no option '--lr': did you mean '--set' (as in --set optimizers.adam.learni",
        ),
        ("run quickstart --sedes 2", "has no option '--sedes': did you mean '--seeds'?"),
        (
            "check xor --gradient numeric",
            "unknown gradient source 'numeric': did you mean 'central-difference'?",
        ),
        ("check xor:layers=[4]", "has no option 'layers': did you mean 'hidden' ("),
    ],
)
def test_the_terminal_answers_it(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said in refused(capsys, *line.split())


def test_no_synonym_is_accepted() -> None:
    for registry in (OPTIMIZERS, SOURCES, FORMATS, EXECUTORS):
        for one in MEANINGS:
            if one.family == registry.kind:
                with pytest.raises(InputError, match=f"did you mean .*'{one.name}'"):
                    registry.find(one.typed.split()[0])


def test_a_table_of_words_says_each_name_once() -> None:
    assert [one.name for one in meant("cross-entropy", names_of("loss"))] == [
        "binary-cross-entropy",
        "categorical-cross-entropy",
    ]
    assert meant("no such word", OPTIMIZERS) == []
