"""Nothing in a folder or a file runs code, writes elsewhere, or is markup or a command to a terminal."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import pickle
import re
import stat
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from processes import COMMAND, ROOT, python

import harness
from harness.exchange import known_formats
from harness.gradients import symbolic
from harness.report import comparison_formats
from harness.report.artifacts import figure_file, write_artifacts
from harness.runs.csv_cells import csv_of, guarded, unguarded
from harness.runs.folder_lock import NAME, holder
from harness.sweeps.executors import dask
from harness.sweeps.fields import build_experiment
from harness.sweeps.sweep import sweep
from optimizers import Adam, InputError, machine_code
from optimizers.private_folder import NotPrivateError, make_private

TABLE: dict[str, Any] = {"problems": ["xor"], "optimizers": ["adam"], "budget": 40, "seeds": 2}
MARKUP = "=1+1 <script>alert(1)</script> $\\frac{1}$ | * _ [x](javascript:y)"
ESCAPES = f"{MARKUP} \x1b[2J\x07 \u202e"
RUNS_CODE = {
    "pickle.loads": {"optimizers/machine_code.py", "harness/sweeps/worker.py"},
    "pickle.load": {"optimizers/compile_ahead.py"},
    "eval": {"harness/autodiff/functions/table.py"},
    "exec_module": {"harness/gradients/symbolic.py", "harness/sweeps/plugins.py"},
}
"""Who runs code that is no module of this project: machine code and formulas of the cache folder, problems
and names that a process sends to its own workers, signatures in this project's tables, plug-ins that are
named."""


def calls(path: Path) -> set[str]:
    """What a source calls of that which runs code that it is handed."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if re.fullmatch(r"eval|exec|compile|os\.(system|popen)|(\w+\.)?(read_pickle|Unpickler)", name):
                found.add(name)
            if re.fullmatch(r"(pickle|cloudpickle|dill|joblib|marshal|shelve|yaml)\.(loads?|open)", name):
                found.add(name)
            if name.endswith(".exec_module"):
                found.add("exec_module")
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if name in ("np.load", "numpy.load") and options.get("allow_pickle") != "False":
                found.add(name)
            if options.get("shell", "False") != "False":
                found.add("shell")
    return found


def test_nobody_else_unpickles_or_evaluates_anything() -> None:
    found: dict[str, set[str]] = {}
    for path in [*(ROOT / "harness").rglob("*.py"), *(ROOT / "optimizers").rglob("*.py")]:
        for name in calls(path):
            found.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    assert found == RUNS_CODE


@pytest.mark.parametrize(
    "line",
    ["eval(x)", "pickle.load(f)", "yaml.load(f)", "np.load(f)", "pd.read_pickle(f)", "os.system(x)",
     "subprocess.run(x, shell=True)", "joblib.load(f)", "np.load(f, allow_pickle=True)"],
)  # fmt: skip
def test_whoever_did_would_be_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text(line, encoding="utf-8")
    assert len(calls(tmp_path / "some.py")) == 1


def test_looking_at_results_and_models_unpickles_nothing(tmp_path: Path) -> None:
    sweep(build_experiment("small", {**TABLE}), tmp_path / "kept")
    harness.Results.model(harness.load(tmp_path / "kept"), "xor", "adam", 0).save(tmp_path / "model.npz")
    lines = ("show results kept", "status kept", "compare kept", "export kept --to csv --output out")
    code = (
        "import sys, harness, harness.cli.entry, pyarrow.parquet, pandas, matplotlib.pyplot\n"
        "from harness.cli.group import commands\n"
        "def watch(event, arguments):\n"
        "    if event == 'pickle.find_class' and sys._getframe(1).f_code.co_filename.find('numba') < 0:\n"
        "        print('unpickled', arguments)\n"
        "sys.addaudithook(watch)\n"
        f"for line in {lines}:\n"
        "    commands.main(args=line.split(), standalone_mode=False)\n"
        "harness.load_model('model.npz')\n"
        "print('done')\n"
    )
    done = python(tmp_path, "-c", code)
    assert done.stdout.endswith("done\n"), (done.stdout[-500:], done.stderr)
    assert "unpickled" not in done.stdout


def test_an_experiment_runs_the_plugins_that_it_names_and_nothing_that_lies_beside_it(tmp_path: Path) -> None:
    mark = "open({!r}, 'w').close()\n"
    for name in ("mine", "conftest", "sitecustomize", "plugins", "harness_plugins"):
        (tmp_path / f"{name}.py").write_text(mark.format(f"{name}.ran"), encoding="utf-8")
    text = 'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 1\nfigures = []\n'
    (tmp_path / "none.toml").write_text(text, encoding="utf-8")
    (tmp_path / "one.toml").write_text(f'{text}plugins = ["mine.py"]\n', encoding="utf-8")
    assert python(tmp_path, *COMMAND, "run", "none.toml").returncode == 0
    assert not list(tmp_path.glob("*.ran"))
    python(tmp_path, *COMMAND, "run", "one.toml")
    assert [path.name for path in tmp_path.glob("*.ran")] == ["mine.ran"]


class TestWritingElsewhere:
    @pytest.mark.parametrize("name", ["lock", "sweep.log", "experiment.toml"])
    def test_no_link_in_a_folder_of_results_is_written_through(self, name: str, tmp_path: Path) -> None:
        """A folder may come from somebody else; ``lock`` was emptied and written, the log went on there."""
        sweep(build_experiment("small", {**TABLE}), tmp_path / "kept")
        precious = tmp_path / "precious"
        precious.write_text("mine", encoding="utf-8")
        (tmp_path / "kept" / name).unlink(missing_ok=True)
        (tmp_path / "kept" / name).symlink_to(precious)
        experiment = build_experiment("small", {**TABLE, "seeds": 3})
        if name == NAME:
            with pytest.raises(InputError, match="lock cannot be written: it is a link"):
                sweep(experiment, tmp_path / "kept")
        else:
            assert sweep(experiment, tmp_path / "kept")[1] == 1
        assert precious.read_text(encoding="utf-8") == "mine"

    def test_a_lock_that_is_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / NAME)
        assert holder(tmp_path) == ""

    @pytest.mark.parametrize("form", known_formats())
    def test_no_export_leaves_its_folder_whatever_names_are(self, form: str, tmp_path: Path) -> None:
        rows, classes = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
        problems = [
            harness.Problem.from_arrays(rows, classes, name=name, hidden=(2,), test_fraction=0.0)
            for name in ("../../out", "/tmp/harness-out", "..")
        ]
        results = harness.run(problems, Adam(), budget=20, seeds=1, name="../../name")
        (tmp_path / "a/b").mkdir(parents=True)
        with contextlib.suppress(InputError):  # where its package is not there, or it takes no such name
            results.export(form, tmp_path / "a/b/c")
        assert [path.name for path in tmp_path.iterdir()] == ["a"]
        assert {path.name for path in (tmp_path / "a/b").iterdir()} <= {"c"}
        assert not Path("/tmp/harness-out").exists()

    def test_a_figure_is_named_by_letters_whatever_its_options_say(self) -> None:
        file = figure_file({"name": "convergence", "problems": ["../../xor", "/tmp/x"]})
        assert "/" not in file
        assert not file.startswith(".")


class TestMarkup:
    @pytest.fixture
    def hostile(self) -> harness.Results:
        rows = [[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]]
        classes = [ESCAPES, "b", "c"] * 2
        problem = harness.Problem.from_arrays(rows, classes, name=MARKUP, hidden=(2,), test_fraction=0.0)
        return harness.run(problem, [Adam(), "rprop"], budget=50, seeds=2, question=ESCAPES)

    def test_names_from_data_are_text_in_a_notebook_a_page_and_a_document(
        self, hostile: harness.Results
    ) -> None:
        compared = hostile.compare()
        shown = [hostile._repr_html_(), compared._repr_html_(), comparison_formats.as_latex(compared)]
        shown.append(comparison_formats.as_markdown(compared))
        for text in shown:
            assert "<script>alert" not in text
            assert "alert(1)" in text or "question" not in text
        assert "\\$\\textbackslash{}frac" in shown[2]
        assert "\\[x\\](javascript:y)" in shown[3]
        for text in (*shown, repr(hostile), str(compared)):
            assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)

    def test_a_page_has_one_script_of_its_own_and_no_other(
        self, hostile: harness.Results, tmp_path: Path
    ) -> None:
        page = hostile.report(tmp_path / "page.html").read_text(encoding="utf-8")
        assert "<script>alert(1)" not in page
        assert "\x1b[2J" not in page
        assert "[2J\x07 \u202e" not in page

    def test_no_cell_of_a_table_is_a_formula(self, hostile: harness.Results, tmp_path: Path) -> None:
        written = write_artifacts(hostile, [], tmp_path)
        exported = hostile.export("csv", tmp_path / "out")
        files = [path for path in (*written, *exported) if path.suffix == ".csv"]
        assert len(files) >= 3
        for path in files:
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            cells = [cell for name in table for cell in (name, *table[name])]
            assert not [cell for cell in cells if re.match(r"[=@\t\r]|[+-](?![\d.]|inf|nan)", cell)]
        assert "'=1+1" in (tmp_path / "out/runs.csv").read_text(encoding="utf-8")
        back = harness.import_results(tmp_path / "out", "csv")
        assert set(back.runs["problem"]) == {MARKUP}

    @pytest.mark.parametrize(
        "text", ["=1", "'=1", "''=1", "+a", "-a", "@a", "\ta", "\uff1d1", "'", "it's", "-1", ""]
    )
    def test_a_guarded_cell_comes_back_as_it_was(self, text: str) -> None:
        assert unguarded(guarded(text)) == text
        assert not re.match("[=@\t\r\uff1d]", guarded(text))

    def test_numbers_and_titles(self) -> None:
        table = pd.DataFrame({"=a": ["-x", "b"], "c": [-1.5, 2.0], "d": ["-1e3", "+2"]})
        assert csv_of(table) == b"'=a,c,d\n'-x,-1.5,-1e3\nb,2.0,+2\n"


class TestFolderOfCode:
    def test_one_that_others_can_write_is_refused(self, tmp_path: Path) -> None:
        make_private(tmp_path / "new/code")
        assert stat.S_IMODE((tmp_path / "new/code").stat().st_mode) == 0o700
        for mode in (0o770, 0o702, 0o777, 0o1777):
            (tmp_path / "new/code").chmod(mode)
            with pytest.raises(NotPrivateError, match="can be written by others"):
                make_private(tmp_path / "new/code")
        (tmp_path / "new/code").chmod(0o755)
        make_private(tmp_path / "new/code")

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the superuser gives folders away"
    )
    def test_one_that_belongs_to_somebody_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "code").mkdir(mode=0o700)
        os.chown(tmp_path / "code", 4321, 4321)
        with pytest.raises(
            NotPrivateError, match="belongs to user 4321, who could put code of his own there"
        ):
            make_private(tmp_path / "code")

    def test_machine_code_that_somebody_has_put_there_is_not_run(self, tmp_path: Path) -> None:
        (tmp_path / "twice.py").write_text(
            "from optimizers.compilation import compiled\n"
            "@compiled()\n"
            "def twice(x):\n"
            "    return 2 * x\n"
            "print(twice(21))\n",
            encoding="utf-8",
        )

        def call() -> subprocess.CompletedProcess[str]:
            code = "import sys; sys.path.insert(0, '.'); import twice"
            return python(tmp_path, "-c", code, NUMBA_CACHE_DIR=str(tmp_path / "code"))

        assert call().stdout == "42\n"
        (folder,) = (path for path in (tmp_path / "code").iterdir() if list(path.rglob("*twice*.nbc")))
        (file,) = folder.rglob("*twice*.nbc")

        class Payload:
            def __reduce__(self) -> Any:
                return os.mkdir, (str(tmp_path / "ran"),)

        content = pickle.dumps(Payload())
        file.write_bytes(hashlib.sha256(content).digest() + content)
        folder.chmod(0o777)
        done = call()
        assert done.stdout == "42\n", done.stderr
        assert "can be written by others" in done.stderr
        assert not (tmp_path / "ran").exists()
        # And it would have been: what is in the owner's own folder is trusted.
        folder.chmod(0o700)
        call()
        assert (tmp_path / "ran").exists()

    def test_formulas_that_somebody_has_put_there_are_not_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
        monkeypatch.setattr(machine_code, "_warned", False)
        network = harness.problems.load("xor:hidden=[1],activation=sigmoid").network
        first = symbolic._generated(network)
        file = Path(str(first.__file__))
        assert file.is_relative_to(tmp_path)
        file.write_text("raise SystemExit('somebody else ran this')\n", encoding="utf-8")
        symbolic._loaded.cache_clear()
        file.parent.chmod(0o777)
        with pytest.warns(RuntimeWarning, match="can be written by others"):
            again = symbolic._generated(network)
        assert not Path(str(again.__file__)).is_relative_to(tmp_path)
        assert again.MULTIPLICATIONS == first.MULTIPLICATIONS
        symbolic._loaded.cache_clear()


class TestCluster:
    def test_one_that_is_started_here_listens_to_this_machine_alone(self) -> None:
        psutil = pytest.importorskip("psutil")
        pytest.importorskip("distributed")
        problems = b"\x80\x04]\x94."  # an empty list
        cluster = dask.Cluster(None, 1, "d", problems)
        try:
            own = psutil.Process()
            listening = [
                connection.laddr.ip
                for process in (own, *own.children(recursive=True))
                for connection in process.net_connections(kind="inet")
                if connection.status == psutil.CONN_LISTEN
            ]
            assert listening
            assert set(listening) <= {"127.0.0.1", "::1"}
        finally:
            cluster.end(at_once=True)

    @pytest.mark.parametrize(
        ("address", "warned"),
        [
            ("tcp://10.0.0.5:1", True),
            ("10.0.0.5:1", True),
            ("tls://10.0.0.5:1", False),
            ("127.0.0.1:1", False),
        ],
    )
    def test_one_elsewhere_that_is_not_encrypted_is_warned_of(
        self, address: str, warned: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("distributed")
        monkeypatch.setattr(dask.Cluster, "_begin", lambda *arguments: None)
        monkeypatch.setattr(
            dask.Cluster, "_client", type("", (), {"get_executor": lambda self, pure: None})(), False
        )
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            dask.Cluster(address, 1, "d", b"")
        assert any("can run code on it" in str(each.message) for each in said) == warned
