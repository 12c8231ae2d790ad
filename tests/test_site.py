"""What stands on the pages of the site is so: commands, files, Python, links; and no page needs a network."""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from documented import PAGES, ROOT, blocks, commands, files, parsed

from docs import reference_text, root_files
from docs.other_hosts import other_hosts
from docs.reference_text import family_text, meanings, public_text
from docs.root_files import PAGES as ROOT_PAGES
from docs.root_files import rewritten
from harness.cli.catalogue import KINDS
from harness.cli.entry import main
from harness.problems import PROBLEMS
from harness.problems.family import ProblemFamily
from harness.sweeps.experiment_file import EXPERIMENTS, read_experiment
from optimizers import MissingExtraError, RMSprop
from optimizers.options import option_ranges
from optimizers.registry import OPTIMIZERS

REFERENCE = ROOT / "docs" / "reference"
DOCUMENTS = [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LANGUAGES = {"pycon", "python", "sh", "text", "toml", "csv", "mermaid"}

LONG = ("harness run ga-vs-backprop", "harness study neurogen-xor")
"""Commands that a test does not run: they take minutes."""

SINGULAR = {kind.singular: kind for kind in KINDS.values()}

every_document = pytest.mark.parametrize(
    "page", DOCUMENTS, ids=[str(page.relative_to(ROOT)) for page in DOCUMENTS]
)
every_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])

pytestmark = pytest.mark.usefixtures("families_as_before")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that a page shows, in which commands are called."""
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@every_document
def test_its_commands_are_some(page: Path, place: Path) -> None:
    for block in blocks(page):
        assert block.language in LANGUAGES, (block.language, block.line)
    for command in commands(page):
        name, given = parsed(command)
        if name in ("run", "tune") and page in PAGES:
            experiment = str(given["experiment"])
            assert experiment.startswith("output/") or experiment in {*files(), *EXPERIMENTS}, command
        if name == "list" and given["kind"]:
            assert given["kind"] in KINDS, command
        if name == "show" and given["kind"] in SINGULAR:
            assert given["name"] in SINGULAR[given["kind"]].entries(), command


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".toml")])
def test_its_experiments_can_be_read(name: str, place: Path) -> None:
    try:
        experiment = read_experiment(name)
    except MissingExtraError as missing:
        pytest.skip(str(missing))
    assert experiment.optimizers
    assert experiment.problems


@every_page
def test_its_python_says_what_it_says(page: Path, place: Path) -> None:
    shown = [block for block in blocks(page) if block.language == "pycon"]
    names: dict[str, object] = {}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for block in shown:
        test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
        assert test.examples
        runner.run(test, out=said.append, clear_globs=False)
        names = test.globs
    assert "".join(said) == ""


@pytest.mark.parametrize("module", [reference_text, root_files], ids=["reference_text", "root_files"])
def test_the_examples_of_its_makers_are_so(module: ModuleType) -> None:
    done = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert done.attempted > 0
    assert done.failed == 0


def test_the_problems_that_are_not_scaled_are_those_that_are_named(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
    named = text.partition("and so do ")[2].partition(". So")[0]
    families = {name: family for name, family in PROBLEMS.items() if issubclass(family, ProblemFamily)}
    plain = {name for name, family in families.items() if not family(**family.example(tmp_path)).scaled()}
    assert set(re.findall(r"`([\w-]+)`", named)) == plain


@pytest.mark.parametrize("path", ROOT_PAGES)
def test_what_a_document_of_the_root_links_to_is_there(path: str) -> None:
    included = (ROOT / "docs" / ROOT_PAGES[path]).read_text(encoding="utf-8")
    assert f"../{path}" in included
    text = (ROOT / path).read_text(encoding="utf-8")
    found = rewritten(text, path)
    assert len(found.splitlines()) == len(text.splitlines())
    for page in re.findall(r"\]\(([\w/-]+\.md)", found):
        assert (ROOT / "docs" / page).is_file(), page


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] if kind == "examples" else []) for kind in KINDS]
)
def test_every_member_of_every_family_is_in_the_reference(kind: str) -> None:
    page = (REFERENCE / f"{kind}.rst").read_text(encoding="utf-8")
    assert f"\n.. family:: {kind}\n" in page
    assert f"\n{kind}\n" in (REFERENCE / "index.md").read_text(encoding="utf-8")
    text = family_text(kind)
    for name in KINDS[kind].entries():
        assert f"``{name}``" in text if kind == "columns" else f"\n{name}\n{'-' * len(name)}\n" in f"\n{text}"


def test_a_plug_in_appears_by_itself() -> None:
    brought = ModuleType("brought")
    member = type("Brought", (RMSprop,), {"__module__": "brought", "__doc__": "Bring something new."})
    brought.Brought = member  # type: ignore[attr-defined]
    assert "brought" not in family_text("optimizers")
    OPTIMIZERS.adopt(brought, "brought.py")
    text = family_text("optimizers")
    assert "\nbrought\n-------\n" in text
    assert ".. autoclass:: brought.Brought" in text


def test_the_reference_has_options_with_ranges_sources_and_what_is_tuned() -> None:
    text = family_text("optimizers").partition("\nadam\n----\n")[2].partition("\n-----\n")[0]
    assert ":Source: Kingma, Ba (2015)" in text
    assert ":Needs: gradient" in text
    assert "``learning_rate = 0.001``: number > 0; tuned over 0.0001 to 1, logarithmic\n" in text
    assert "b1, part of the mean that outlives a step." in text
    assert "autofunction:: harness.run" in public_text("harness")


@pytest.mark.parametrize(
    "kind", ["optimizers", "problems", "gradients", "statistics", "formats", "executors"]
)
def test_every_option_is_explained(kind: str) -> None:
    for name, entry in KINDS[kind].entries().items():
        assert option_ranges(entry).keys() <= meanings(entry).keys(), name


def test_a_page_that_loads_something_from_another_host_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(
        '<link rel="next" href="https://example.org"><a href="https://example.org">x</a><img src="a.png">',
        encoding="utf-8",
    )
    assert other_hosts(tmp_path) == []
    (tmp_path / "bad.html").write_text(
        '<script src="https://example.org/a.js"></script><link rel="stylesheet" href="//example.org/a.css">',
        encoding="utf-8",
    )
    (tmp_path / "a.css").write_text("@import 'https://example.org/b.css'; a{}", encoding="utf-8")
    assert [found.partition(": ")[2] for found in other_hosts(tmp_path)] == [
        "https://example.org/a.js",
        "//example.org/a.css",
        "https://example.org/b.css",
    ]


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_needs_no_network(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    built = tmp_path / "site"
    arguments = ["-W", "--keep-going", "-b", "html", "-d", str(tmp_path / "trees"), "docs", str(built)]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert other_hosts(built) == []
    page = (built / "reference" / "optimizers.html").read_text(encoding="utf-8")
    assert all(f'id="{name}"' in page for name in OPTIMIZERS)
    links = (built / "architecture.html").read_text(encoding="utf-8")
    assert 'href="gallery.html"' in links
    assert 'href="contributing.html"' in links


@pytest.mark.slow
@every_page
def test_its_commands_do_what_they_say(page: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if page.name == "coco.md":
        pytest.importorskip("cocoex", reason="of the extra bbob")
    shown = [command for command in commands(page) if "tcp://" not in command and command not in LONG]
    for command in ["harness run quickstart", "harness run mine.toml"] if shown else []:
        assert called(command) == 0
    if any("--shard" in command for command in shown):
        shutil.rmtree("output")
    for command in shown:
        assert called(command) == 0, (command, capsys.readouterr().err)


def called(command: str) -> int:
    """Return the status of a command, done in this process."""
    with pytest.raises(SystemExit) as left:
        main(command.split()[1:])
    return int(left.value.code or 0)
