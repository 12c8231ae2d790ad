"""Where results come from: the code's digest, the commit of a checkout, versions, machine and command."""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.runs import provenance as provenance_module
from harness.runs.provenance import command_text, project_commit, provenance


def placed(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the package seem to lie somewhere else."""
    file.parent.mkdir(parents=True)
    file.write_text("one", encoding="utf-8")
    monkeypatch.setattr(provenance_module, "__file__", str(file))
    return file


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("optimizers/new.py", True),
        ("harness/network/kernels.py", True),
        ("harness/runs/recorder.py", True),
        ("harness/plots/new.py", False),
        ("harness/cli/commands/run.py", False),
        ("harness/report/artifacts.py", False),
    ],
)
def test_the_fingerprint_covers_what_can_change_a_number(
    file: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance_module, "__file__", str(tmp_path / "harness" / "runs" / "provenance.py"))
    digest = provenance_module.package_fingerprint.__wrapped__
    place = tmp_path / file
    place.parent.mkdir(parents=True)
    found = []
    for content in (b"a = 1\n", b"a = 1\r\n", b"a = 2\n"):
        place.write_bytes(content)
        found.append(digest())
    assert found[0] == found[1]
    assert (found[0] != found[2]) == counts


def test_a_checkout_is_named_by_its_commit_and_by_what_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    file = placed(tmp_path / "harness" / "runs" / "provenance.py", monkeypatch)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "neural-harness"\n', encoding="utf-8")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    commit = git("rev-parse", "HEAD")
    assert project_commit.__wrapped__() == commit
    git("tag", "v1")
    assert project_commit.__wrapped__() == commit
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "table.csv").write_text("one", encoding="utf-8")
    git("add", ".")
    assert project_commit.__wrapped__() == commit
    (tmp_path / "harness" / "new.py").write_text("one", encoding="utf-8")
    assert project_commit.__wrapped__() == f"{commit}-dirty"
    (tmp_path / "harness" / "new.py").unlink()
    assert project_commit.__wrapped__() == commit
    file.write_text("two", encoding="utf-8")
    assert project_commit.__wrapped__() == f"{commit}-dirty"


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("place", ["harness", ".venv/lib/python3/site-packages/harness"])
def test_the_repository_of_somebody_else_is_never_taken_for_this_projects(
    place: str, tracked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed(tmp_path / place / "runs" / "provenance.py", monkeypatch)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "theirs"\n', encoding="utf-8")
    (tmp_path / "theirs.py").write_text("", encoding="utf-8")
    for words in (
        ["init", "-q"],
        ["add", "." if tracked else "theirs.py"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "theirs"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.chdir(tmp_path)
    assert project_commit.__wrapped__() is None
    monkeypatch.setattr(provenance_module, "project_commit", project_commit.__wrapped__)
    found = provenance()
    assert found["commit"] is None
    # The repository in which a user works is said under a name of its own.
    assert len(found["directory_commit"].removesuffix("-dirty")) == 40


def test_an_installed_package_without_a_checkout_has_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    placed(tmp_path / "harness" / "runs" / "provenance.py", monkeypatch)
    assert project_commit.__wrapped__() is None


def test_a_machine_without_git_has_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert project_commit.__wrapped__() is None
    assert provenance()["directory_commit"] is None


def test_a_package_that_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance_module, "PACKAGES", ("numpy", "no-such-package"))
    assert provenance()["versions"]["no-such-package"] is None


def test_a_machine_that_does_not_tell_its_processor_is_no_reason_to_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_text = Path.read_text

    def hidden(path: Path, *arguments: Any, **options: Any) -> str:
        if path.name == "cpuinfo":
            raise OSError(errno.ENOENT, "No such file or directory")
        return read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", hidden)
    assert provenance_module._processor.__wrapped__() == platform.processor()


def test_the_command_of_a_process_without_one_is_empty() -> None:
    assert json.loads(command_text({}, 1, []))["command"] == []


def test_no_end_waits_for_the_thread_that_asks_git(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        asked.set()
        assert answered.wait(60)
        return {"commit": "one"}

    monkeypatch.setattr(provenance_module, "provenance", slow)
    before = set(threading.enumerate())
    finding = provenance_module.found_beside()
    assert asked.wait(60)
    # An interrupt may come wherever the thread is by then: Python's end waits for those that are none.
    (begun,) = set(threading.enumerate()) - before
    answered.set()
    assert begun.daemon
    assert finding() == {"commit": "one"}


def test_what_goes_wrong_where_git_is_asked_is_raised_where_it_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> dict[str, Any]:
        raise MemoryError("no room")

    monkeypatch.setattr(provenance_module, "provenance", broken)
    with pytest.raises(MemoryError, match="no room"):
        provenance_module.found_beside()()


def test_the_fingerprint_is_of_all_files_that_count_by_their_places_and_lengths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance_module, "__file__", str(tmp_path / "harness" / "runs" / "provenance.py"))
    written = {
        "harness/zeta.py": b"z = 1\n",
        "harness/network/kernels.py": b"k = 1\n",
        "optimizers/adam.py": b"a = 1\n",
        "harness/plots/drawing.py": b"d = 1\n",
        "harness/runs/store.py": b"s = 1\n",
        "harness/notes.txt": b"n\n",
        "elsewhere/other.py": b"o = 1\n",
    }
    for name, content in written.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    counted = ["harness/network/kernels.py", "harness/zeta.py", "optimizers/adam.py"]
    text = b"".join(f"{name} {len(written[name])} ".encode() + written[name] for name in counted)
    for uncompiled, before in ((False, b""), (True, b"uncompiled")):
        monkeypatch.setattr(provenance_module, "UNCOMPILED", uncompiled)
        found = provenance_module.package_fingerprint.__wrapped__()
        assert found == hashlib.sha256(before + text).hexdigest()[:16]


def test_what_a_row_says_is_of_the_entry_that_a_folder_keeps() -> None:
    entry = provenance()
    digest = hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()[:16]
    assert provenance_module.columns_of(entry) == {
        "fingerprint": provenance_module.package_fingerprint(),
        "version": entry["versions"]["neural-harness"] or "",
        "commit": entry["commit"] or "",
        "host": platform.node(),
        "provenance": digest,
    }
    assert entry["versions"]["python"] == platform.python_version()
    assert entry["system"] == f"{platform.system()} {platform.machine()}"
    assert entry["cores"] == os.cpu_count()
    bare = {**entry, "commit": None, "versions": {"neural-harness": None}}
    said = provenance_module.columns_of(bare)
    assert (said["version"], said["commit"]) == ("", "")


def test_a_command_is_kept_without_the_folder_that_it_lies_in_and_with_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = datetime.datetime.now(datetime.UTC)
    text = command_text({"b": 1, "a": 2}, 3, ["/usr/bin/harness", "run", "a/b.toml"])
    said = json.loads(text)
    assert text == json.dumps(said, indent=1) + "\n"
    assert said["command"] == ["harness", "run", "a/b.toml"]
    assert said["workers"] == 3
    assert said["provenance"] == hashlib.sha256(b'{"a": 2, "b": 1}').hexdigest()[:16]
    assert before <= datetime.datetime.fromisoformat(said["time"]) <= datetime.datetime.now(datetime.UTC)
    monkeypatch.setattr(sys, "argv", ["here/harness", "list"])
    assert json.loads(command_text({}, 1))["command"] == ["harness", "list"]


def test_the_repository_of_a_command_is_named_where_it_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (
        ["init", "-q"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "theirs"],
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    named = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(provenance_module, "project_commit", lambda: "own")
    # Where a hook of another repository runs, git would be told to look there.
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert (provenance()["commit"], provenance()["directory_commit"]) == ("own", named)
    monkeypatch.setattr(provenance_module, "project_commit", lambda: named)
    assert provenance()["directory_commit"] is None


def test_the_processor_is_the_one_that_the_system_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_text = Path.read_text
    lines = "processor : 0\nmodel name\t: A: fast one \nmodel name\t: another\n"

    def shown(path: Path, *arguments: Any, **options: Any) -> str:
        return lines if path.name == "cpuinfo" else read_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "read_text", shown)
    assert provenance_module._processor.__wrapped__() == "A: fast one"
    lines = "processor : 0\n"
    assert provenance_module._processor.__wrapped__() == ""
