"""The terminal: what is asked for is done, and what is wrong is answered by one sentence and status 2."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from processes import COMMAND, python

import harness
from harness.analysis.numbers import significant
from harness.cli.catalogue import KINDS, listing
from harness.cli.entry import main
from harness.runs.single_run import Run
from optimizers.named import Named
from optimizers.options import option_ranges

QUICK = ("run", "quickstart", "--seeds", "2", "--cost", "200")


class Answer(NamedTuple):
    status: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The command line in a folder of its own, wide enough for a whole table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def called(*arguments: str) -> Answer:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        captured = capsys.readouterr()
        return Answer(int(left.value.code or 0), captured.out, captured.err)

    return called


def left_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class TestRun:
    def test_the_first_run_prints_question_table_and_files(self, call: Call, tmp_path: Path) -> None:
        status, out, err = call(*QUICK)
        assert (status, err) == (0, "")
        assert out.startswith(
            "How do backpropagation and a genetic algorithm train the smallest network on XOR?\n"
        )
        for name in ("gradient-descent(learning_rate=1.0)", "adam(learning_rate=0.05)", "genetic-algorithm"):
            assert name in out
        assert re.search(r"[0-2]/2", out)
        assert "\n6 runs done now, 0 found in output/quickstart.\n" in out
        assert "table: output/quickstart/summary.csv\n" in out
        assert out.endswith("figure: output/quickstart/convergence-cost.png\n")
        figure = tmp_path / "output" / "quickstart" / "convergence-cost.png"
        assert figure.read_bytes().startswith(b"\x89PNG")
        results = harness.load(tmp_path / "output" / "quickstart")
        assert len(results.runs) == 6
        assert results.runs["cost"].max() <= 200
        assert results.runs["seed"].unique().tolist() == [0, 1]

    def test_the_second_run_does_nothing_and_prints_the_same(self, call: Call, tmp_path: Path) -> None:
        first = call(*QUICK)
        folder = tmp_path / "output" / "quickstart"
        before = {name for name in left_in(folder) if name.startswith(("provenance", "commands"))}
        second = call(*QUICK)
        assert second.status == 0
        assert second.out == first.out.replace(
            "6 runs done now, 0 found in output/quickstart.",
            "Nothing to run: 6 runs of this experiment found in output/quickstart.",
        )
        assert {name for name in left_in(folder) if name.startswith(("provenance", "commands"))} == before

    def test_a_larger_run_does_what_is_new_only(self, call: Call) -> None:
        call(*QUICK)
        assert "\n3 runs done now, 6 found in output/quickstart.\n" in call(*QUICK[:3], "3", *QUICK[4:]).out
        assert "\n1 run done now, 0 found in one.\n" in call("run", one_run(), "--output", "one").out

    def test_a_file_of_ones_own_is_run_into_a_folder_of_choice(self, call: Call, tmp_path: Path) -> None:
        answer = call("run", one_run(), "--output", "some/where", "--workers", "1")
        assert answer.status == 0
        assert "figure: some/where/convergence-seconds.png" in answer.out
        left = left_in(tmp_path / "some/where")
        assert {"experiment.toml", "summary.csv"} <= left
        assert {"plans", "provenance", "commands"} <= {name.partition("/")[0] for name in left}
        assert not (tmp_path / "output").exists()

    def test_skipped_pairs_are_shown_with_their_reason(self, call: Call) -> None:
        write(
            "mine.toml", 'problems = "xor"\noptimizers = ["adam", "perceptron-rule"]\nbudget = 20\nseeds = 1'
        )
        out = " ".join(call("run", "mine.toml").out.split())
        assert "skipped perceptron-rule on xor: the perceptron rule does not train hidden layers" in out
        assert "table: output/mine/skipped.csv" in out

    def test_the_reference_copy_holds_everything_and_loads(self, call: Call, tmp_path: Path) -> None:
        answer = call(*QUICK, "--reference")
        assert answer.status == 0
        assert answer.out.endswith("figure: results/quickstart/convergence-cost.png\n")
        folder = tmp_path / "results" / "quickstart"
        assert {"summary.csv", "convergence-cost.png", "experiment.toml"} <= left_in(folder)
        pd.testing.assert_frame_equal(harness.load(folder).runs, harness.load("output/quickstart").runs)
        pd.testing.assert_frame_equal(harness.load(folder).trace, harness.load("output/quickstart").trace)
        table, _, status = call("show", "results", "results/quickstart").out.rpartition("quickstart: ")
        assert table in answer.out
        assert status == "6 planned runs: 6 done.\n"
        assert len(pd.read_csv(folder / "summary.csv")) == 3
        (code,) = (folder / "provenance").iterdir()
        assert "versions" in json.loads(code.read_text(encoding="utf-8"))

    def test_an_interrupt_is_one_sentence_and_keeps_finished_runs(
        self, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        search, done = Run.search, []

        def interrupted(run: Run, shared: Any) -> Any:
            if len(done) == 4:
                raise KeyboardInterrupt
            done.append(run)
            return search(run, shared)

        with monkeypatch.context() as patched:
            patched.setattr(Run, "search", interrupted)
            status, out, err = call(*QUICK)
        assert (status, out) == (130, "")
        # The terminal has written ^C in the line before.
        assert err == "\nharness: interrupted; finished runs are kept, the same command goes on from here\n"
        assert "2 runs done now, 4 found in output/quickstart." in call(*QUICK).out

    def test_a_problem_beyond_all_memory_is_one_sentence(self, call: Call) -> None:
        write("huge.toml", 'problems = "xor:hidden=[100000000000]"\noptimizers = "adam"\nbudget = 9')
        sentence = refused(call("run", "huge.toml"))
        assert "4e+11 parameters, expected up to 1e+08: take fewer units" in sentence

    def test_the_command_works_in_a_process_of_its_own(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", "from harness.cli.entry import main; main()", *QUICK]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        # What an empty cache has to compile takes long enough to be told.
        told = [line for line in done.stderr.splitlines() if "compiled in" not in line]
        assert not [line for line in told if " of 6 runs, " not in line]
        assert done.stdout.endswith("figure: output/quickstart/convergence-cost.png\n")
        assert "6 runs done now" in done.stdout
        assert (tmp_path / "output" / "quickstart" / "convergence-cost.png").stat().st_size > 1000

    def test_a_reader_that_leaves_early_is_no_error(self, tmp_path: Path) -> None:
        command = f"'{sys.executable}' -c 'from harness.cli.entry import main; main()' list | head -n 1"
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == ("optimizers:\n", "")


class TestList:
    def test_all_kinds_are_listed_with_a_line_for_every_entry(self, call: Call) -> None:
        status, out, err = call("list")
        assert (status, err) == (0, "")
        for kind in KINDS:
            assert f"{kind}:\n" in out
            for name, line in listing(kind).items():
                assert re.search(rf"^  {re.escape(name)} +{re.escape(line)}$", out, re.MULTILINE), name
                assert len(line) >= 5

    @pytest.mark.parametrize("kind", KINDS)
    def test_one_kind_is_listed_with_every_name_of_it(self, kind: str, call: Call) -> None:
        status, out, err = call("list", kind)
        assert (status, err) == (0, "")
        assert {line.split()[0] for line in out.splitlines() if not line.startswith("   ")} == set(
            KINDS[kind].entries()
        )

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_is_read_is_what_importing_everything_would_say(self, kind: str) -> None:
        found = KINDS[kind]
        assert listing(kind) == {name: found.line(entry) for name, entry in found.entries().items()}
        assert [*listing(kind)] == [*found.entries()] or kind == "columns"


def entries() -> list[Any]:
    return [pytest.param(kind, name, id=f"{kind}-{name}") for kind in KINDS for name in KINDS[kind].entries()]


class TestShow:
    @pytest.mark.parametrize(("kind", "name"), entries())
    def test_every_entry_has_a_page_with_its_options(self, kind: str, name: str, call: Call) -> None:
        singular = {"losses": "loss", "studies": "study"}.get(kind, kind.removesuffix("s"))
        status, out, err = call("show", singular, name)
        assert (status, err) == (0, "")
        assert call("show", kind, name).out == out
        entry = KINDS[kind].entries()[name]
        if kind == "experiments":
            assert out.strip() == entry.read_text(encoding="utf-8").strip()
            return
        assert name in out
        assert ">>>" not in out
        assert "CPUDispatcher" not in out
        assert "<function" not in out
        if kind in ("optimizers", "problems", "gradients", "statistics"):
            for option, words in option_ranges(entry).items():
                value = entry.__dataclass_fields__[option].default
                default = json.dumps(value.name() if isinstance(value, Named) else value).replace(
                    "null", "none"
                )
                pattern = rf"^  {option} +{re.escape(default)}  \({re.escape(words)}\)$"
                assert re.search(pattern, out, re.MULTILINE), option
        if kind in ("optimizers", "gradients", "statistics"):
            assert entry.source in out
        if kind == "statistics":
            assert all(column.holds in out for column in entry.declared().values())
        if kind == "optimizers":
            assert f"Needs: {', '.join(sorted(entry.needs))}" in out

    def test_a_plot_has_a_page_with_its_options_and_their_defaults(self, call: Call) -> None:
        out = call("show", "plot", "convergence").out
        assert re.search(r'^  x +"cost"$', out, re.MULTILINE)
        assert re.search(r"^  band +0.5$", out, re.MULTILINE)

    def test_results_are_shown_as_the_table_that_the_run_printed(self, call: Call) -> None:
        printed = call(*QUICK).out
        status, out, err = call("show", "results", "output/quickstart")
        assert (status, err) == (0, "")
        table, _, status_line = out.rpartition("quickstart: ")
        assert len(table.splitlines()) > 5
        assert table in printed
        assert status_line == "6 planned runs: 6 done.\n"

    def test_a_statistic_of_results_is_shown_as_a_table(self, call: Call) -> None:
        call(*QUICK)
        status, out, err = call("show", "output/quickstart", "--statistic", "solved-fraction:level=0.9")
        assert (status, err) == (0, "")
        found = harness.load("output/quickstart").statistic("solved-fraction:level=0.9")
        for row in found.to_dict("records"):
            numbers = [
                str(row["n"]),
                str(row["solved"]),
                *(significant(row[f"fraction{end}"]) for end in ("", "_low", "_high")),
            ]
            assert f"{row['problem']}: {row['optimizer']}\n" in out
            assert re.search(rf"^ +{' +'.join(map(re.escape, numbers))}$", out, re.MULTILINE)
        assert "Part of the runs that reached the target of their problem." in out
        assert (
            call("show", "results", "output/quickstart", "--statistic", "solved-fraction:level=0.9").out
            == out
        )

    def test_a_statistic_that_is_too_wide_has_its_names_beside_its_numbers(
        self, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call(*QUICK)
        monkeypatch.setenv("COLUMNS", "60")
        out = call("show", "output/quickstart", "--statistic", "paired-ratio").out
        assert all(len(line) <= 60 for line in out.splitlines() if line.startswith(" "))
        assert "   n 2, unpaired 0, solved " in out
        assert "ratio low 0, ratio high" in " ".join(out.split())

    def test_a_statistic_of_what_is_no_results_is_one_sentence(self, call: Call) -> None:
        call(*QUICK)
        assert "unknown statistic 'solved'" in refused(
            call("show", "output/quickstart", "--statistic=solved")
        )
        latex = ("show", "output/quickstart", "--latex", "--statistic=final-loss")
        assert "--latex goes with" in refused(call(*latex))
        assert "goes with results" in refused(call("show", "optimizer", "adam", "--statistic=final-loss"))
        assert "is no folder" in refused(call("show", "adam", "--statistic=final-loss"))
        assert "write harness show optimizer adam" in refused(call("show", "adam"))


class TestPlot:
    @pytest.fixture
    def folder(self, call: Call) -> str:
        call("run", one_run(), "--output", "kept")
        return "kept"

    @pytest.mark.parametrize(
        ("ending", "beginning"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")]
    )
    def test_an_image_of_every_kind(
        self, ending: str, beginning: bytes, call: Call, folder: str, tmp_path: Path
    ) -> None:
        answer = call("plot", folder, "--x", "iteration", "--output", f"below/mine.{ending}")
        assert answer == Answer(0, f"figure: below/mine.{ending}\n", "")
        assert (tmp_path / "below" / f"mine.{ending}").read_bytes().startswith(beginning)

    def test_without_a_name_the_image_is_in_the_folder_of_the_results(self, call: Call, folder: str) -> None:
        assert call("plot", folder) == Answer(0, "figure: kept/convergence-cost.png\n", "")
        assert Path("kept/convergence-cost.png").stat().st_size > 1000

    def test_a_caption_and_the_numbers_lie_beside_the_image(
        self, call: Call, folder: str, tmp_path: Path
    ) -> None:
        call("plot", folder, "cost-to-target", "--width", "column", "--set", "axis=iterations")
        name = tmp_path / "kept" / "cost-to-target-iterations-column"
        assert name.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
        assert "axis='iterations'" in name.with_suffix(".caption.md").read_text(encoding="utf-8")
        assert name.with_suffix(".data.csv").read_text(encoding="utf-8").startswith("problem,optimizer,")

    def test_a_plot_is_named_once(self, call: Call, folder: str) -> None:
        assert "named twice, finals and --name convergence" in refused(
            call("plot", folder, "finals", "--name", "convergence")
        )
        assert "unknown width of plot 'finals' 'colum': did you mean 'column'" in refused(
            call("plot", folder, "finals", "--width", "colum")
        )

    def test_what_was_plotted_into_a_folder_does_not_hurt_its_results(self, call: Call, folder: str) -> None:
        call("plot", folder)
        assert "Nothing to run: 1 run" in call("run", one_run(), "--output", "kept").out


class TestHelp:
    def test_without_a_command_the_commands_are_shown(self, call: Call) -> None:
        status, out, err = call()
        assert (status, err) == (0, "")
        assert all(f"\n  {command} " in out for command in ("run", "list", "show", "plot"))
        assert call("--help").out == call("-h").out == out

    @pytest.mark.parametrize("command", ["run", "list", "show", "plot"])
    def test_every_command_explains_itself(self, command: str, call: Call) -> None:
        status, out, err = call(command, "--help")
        assert (status, err) == (0, "")
        assert out.startswith(f"Usage: harness {command} ")

    def test_the_version_is_that_of_the_package(self, call: Call) -> None:
        from importlib.metadata import version

        assert call("--version") == Answer(0, f"harness, version {version('neural-harness')}\n", "")


def write(name: str, content: str | bytes) -> str:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def one_run() -> str:
    """A file of an experiment of one run."""
    figure = '[[figures]]\nname = "convergence"\nx = "seconds"'
    return write("one.toml", f'problems = "xor"\noptimizers = "adam"\nbudget = 20\nseeds = 1\n{figure}')


def refused(answer: Answer) -> str:
    """The sentence of a refusal, which has to be one, on standard error, with status 2 and nothing else."""
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err.startswith("harness: ")
    assert answer.err.endswith("\n")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    return answer.err


MISTAKES = [
    (["rnu", "quickstart"], ["unknown command 'rnu'", "did you mean 'run'"]),
    (["zzz"], ["unknown command 'zzz'", "list, merge, plot, report, run, show, status"]),
    (["run"], ["EXPERIMENT", "harness run --help"]),
    (["run", "quikstart"], ["unknown experiment 'quikstart'", "did you mean 'quickstart'"]),
    (["run", "none.toml"], ["none.toml cannot be read", "No such file"]),
    (["run", "folder.toml"], ["folder.toml cannot be read", "directory"]),
    (["run", "malformed.toml"], ["malformed.toml", "no valid TOML"]),
    (["run", "latin.toml"], ["latin.toml", "UTF-8"]),
    (["run", "empty.toml"], ["empty.toml", "problems"]),
    (["run", "optimizer.toml"], ["optimizer.toml", "unknown optimizer 'adma'", "did you mean 'adam'"]),
    (["run", "option.toml"], ["option.toml", "'learning_rte'", "did you mean 'learning_rate'"]),
    (["run", "plot.toml"], ["unknown plot 'convergance'", "did you mean 'convergence'"]),
    (["run", "plot-option.toml"], ["'bnad'", "did you mean 'band'"]),
    (["run", "plot-value.toml"], ["'band'", "'wide'", "number"]),
    (["run", "impossible.toml"], ["no run that can work", "hidden layers"]),
    (["run", "quickstart", "extra"], ["extra", "harness run --help"]),
    (["run", "quickstart", "--sedes", "2"], ["--sedes", "--seeds"]),
    (["run", "quickstart", "--seeds"], ["--seeds", "argument"]),
    (["run", "quickstart", "--seeds", "0"], ["'seeds' is 0", "1 or more"]),
    (["run", "quickstart", "--seeds", "-3"], ["'seeds' is -3", "1 or more"]),
    (["run", "quickstart", "--seeds", "x"], ["--seeds", "'x'", "integer"]),
    (["run", "quickstart", "--seeds", "1.5"], ["--seeds", "'1.5'", "integer"]),
    (["run", "quickstart", "--cost", "-1"], ["cost", "-1", "greater than 0"]),
    (["run", "quickstart", "--cost", "0"], ["cost", "0", "greater than 0"]),
    (["run", "quickstart", "--cost", "nan"], ["cost", "nan"]),
    (["run", "quickstart", "--cost", "inf"], ["cost", "inf", "finite"]),
    (["run", "quickstart", "--cost", "much"], ["--cost", "'much'"]),
    (["run", "quickstart", "--workers", "0"], ["workers is 0", "1 or more"]),
    (["run", "quickstart", "--workers", "-2"], ["workers is -2", "1 or more"]),
    (["run", "quickstart", "--workers", "x"], ["--workers", "'x'"]),
    (["run", "quickstart", "--output", "file"], ["file", "cannot be written", "another folder"]),
    (["run", "quickstart", "--output", "file/below"], ["file/below", "cannot be written", "another folder"]),
    (["run", "quickstart", "--output", "/proc/none"], ["/proc/none", "cannot be written", "another folder"]),
    (["list", "optimzers"], ["unknown kind 'optimzers'", "did you mean 'optimizers'"]),
    (["list", "optimizers", "extra"], ["extra", "harness list --help"]),
    (["show"], ["KIND", "harness show --help"]),
    (["show", "optimizer"], ["NAME", "harness show --help"]),
    (["show", "optimzer", "adam"], ["unknown kind 'optimzer'", "did you mean 'optimizer'"]),
    (["show", "optimizer", "adma"], ["unknown optimizer 'adma'", "did you mean 'adam'"]),
    (["show", "problem", "xro"], ["unknown problem 'xro'", "did you mean 'xor'"]),
    (["show", "gradient", "anlytic"], ["unknown gradient 'anlytic'", "did you mean 'analytic'"]),
    (["show", "experiment", "quikstart"], ["unknown experiment", "did you mean 'quickstart'"]),
    (["show", "plot", "convergance"], ["unknown plot 'convergance'", "did you mean 'convergence'"]),
    (["show", "activation", "tnah"], ["unknown activation 'tnah'", "did you mean 'tanh'"]),
    (["show", "loss", "squard"], ["unknown loss 'squard'", "did you mean 'squared'"]),
    (["show", "losses", "squard"], ["unknown loss 'squard'", "did you mean 'squared'"]),
    (["show", "results", "none"], ["none is no folder", "harness run"]),
    (["show", "results", "file"], ["file is no folder"]),
    (["show", "results", "."], ["holds no results", "harness run"]),
    (["plot"], ["FOLDER", "harness plot --help"]),
    (["plot", "none"], ["none is no folder"]),
    (["plot", "file"], ["file is no folder"]),
    (["plot", "."], ["holds no results"]),
    (["plot", ".", "--name", "convergance"], ["unknown plot 'convergance'", "did you mean 'convergence'"]),
    (["plot", ".", "--nam", "convergence"], ["--nam", "--name"]),
    (["plot", "damaged"], ["damaged/plan.json is damaged"]),
    (["plot", "unfinished"], ["0 of 1 planned runs found"]),
    (["--verison"], ["--verison", "--version"]),
    (["-x"], ["-x"]),
]


class TestMistakes:
    @pytest.fixture
    def things(self, call: Call, tmp_path: Path) -> None:
        """A folder with everything that can be wrong."""
        write("file", "")
        write("malformed.toml", "problems = [")
        write("latin.toml", 'question = "größer"'.encode("latin-1"))
        write("empty.toml", "")
        rest = 'problems = "xor"\nbudget = 9\nseeds = 1\n'
        write("optimizer.toml", rest + 'optimizers = "adma"')
        write("option.toml", rest + 'optimizers = { name = "adam", learning_rte = 1.0 }')
        write("plot.toml", rest + 'optimizers = "adam"\nfigures = ["convergance"]')
        write(
            "plot-option.toml", rest + 'optimizers = "adam"\nfigures = [{ name = "convergence", bnad = 1 }]'
        )
        write(
            "plot-value.toml",
            rest + 'optimizers = "adam"\nfigures = [{ name = "convergence", band = "wide" }]',
        )
        write("impossible.toml", rest + 'optimizers = "perceptron-rule"')
        for name in ("folder.toml", "damaged", "unfinished"):
            Path(name).mkdir()
        write("damaged/plan.json", "{")
        write("unfinished/plan.json", '{"name": "a", "question": "", "runs": ["x"], "skipped": []}')

    @pytest.mark.usefixtures("things")
    @pytest.mark.parametrize(("arguments", "said"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
    def test_a_mistake_is_answered_by_one_sentence_and_leaves_nothing_behind(
        self, arguments: list[str], said: list[str], call: Call, tmp_path: Path
    ) -> None:
        before = left_in(tmp_path)
        sentence = refused(call(*arguments))
        for words in said:
            assert words in sentence
        assert left_in(tmp_path) == before

    def test_a_wrong_axis_of_a_plot_is_answered_with_the_nearest(self, call: Call) -> None:
        call("run", one_run(), "--output", "kept")
        sentence = refused(call("plot", "kept", "--x", "costs"))
        assert "'costs'" in sentence
        assert "did you mean 'cost'" in sentence

    def test_an_image_of_an_unknown_kind_is_answered_with_the_known_ones(self, call: Call) -> None:
        call("run", one_run(), "--output", "kept")
        sentence = refused(call("plot", "kept", "--output", "figure.bmp"))
        assert "figure.bmp" in sentence
        assert all(ending in sentence for ending in ("png", "pdf", "svg"))

    @pytest.mark.parametrize("target", ["file/figure.png", "/proc/none/figure.png"])
    def test_an_image_that_cannot_be_written_is_named(self, target: str, call: Call) -> None:
        call("run", one_run(), "--output", "kept")
        write("file", "")
        assert f"{target} cannot be written" in refused(call("plot", "kept", "--output", target))

    def test_a_folder_is_never_its_own_reference_copy(self, call: Call) -> None:
        sentence = refused(call("run", one_run(), "--output", "results/one", "--reference"))
        assert "results/one" in sentence
        assert "leave out --reference" in sentence

    def test_a_folder_of_something_else_is_no_place_for_a_reference_copy(self, call: Call) -> None:
        Path("results/one").mkdir(parents=True)
        write("results/one/thesis.tex", "years of work")
        sentence = refused(call("run", one_run(), "--reference"))
        assert "results/one holds something else than a reference copy: move it away" in sentence
        assert Path("results/one/thesis.tex").read_text(encoding="utf-8") == "years of work"

    def test_an_address_needs_an_executor(self, call: Call) -> None:
        sentence = refused(call("run", "quickstart", "--address", "tcp://127.0.0.1:1"))
        assert sentence.endswith("--address is given without an executor: add --executor dask\n")

    def test_a_reference_folder_that_cannot_be_written_is_named(self, call: Call) -> None:
        write("results", "")
        assert "results/one" in refused(call("run", one_run(), "--reference"))

    def test_a_damaged_part_is_named(self, call: Call, tmp_path: Path) -> None:
        call("run", one_run(), "--output", "kept")
        (part,) = (tmp_path / "kept" / "trace").iterdir()
        part.write_bytes(b"no parquet")
        for arguments in (
            ["show", "results", "kept"],
            ["plot", "kept"],
        ):
            assert f"kept/trace/{part.name} is damaged" in refused(call(*arguments))

    def test_a_mistake_in_a_process_of_its_own_shows_no_traceback(self, tmp_path: Path) -> None:
        done = python(tmp_path, *COMMAND, "run", "quikstart")
        assert "did you mean 'quickstart'" in refused(Answer(done.returncode, done.stdout, done.stderr))


class TestPlotOptions:
    @pytest.fixture
    def folder(self, call: Call, tmp_path: Path) -> str:
        harness.run(["xor", "iris"], ["adam", "rprop"], seeds=3, budget=30, folder=tmp_path / "kept")
        return "kept"

    @pytest.mark.parametrize(
        ("options", "file"),
        [
            (["--name", "convergence:x=iteration,band=0.5"], "convergence-iteration-band-0.5.png"),
            (["--set", "band=0.5", "--set", "x=seconds"], "convergence-seconds-band-0.5.png"),
            (["--problem", "xor", "--optimizer", "adam"], "convergence-cost-xor-adam.png"),
            (["--problem", "xor", "--problem", "iris"], "convergence-cost-xor-iris.png"),
            (["--seed", "0", "--seed", "2", "--x", "iteration"], "convergence-iteration-seed-0-2.png"),
        ],
        ids=" ".join,
    )
    def test_options_and_parts_are_drawn_into_a_file_of_their_own(
        self, options: list[str], file: str, folder: str, call: Call, tmp_path: Path
    ) -> None:
        answer = call("plot", folder, *options)
        assert answer == Answer(0, f"figure: kept/{file}\n", "")
        assert (tmp_path / "kept" / file).stat().st_size > 1000

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--set", "band"], "found 'band', expected option=value"),
            (["--set", "bnad=1"], "did you mean 'band'"),
            (["--set", "band=0.5", "--set", "band=0.25"], "option 'band' is there twice"),
            (["--set", "band=2"], "option 'band' is 2"),
            (["--x", "cost", "--set", "x=seconds"], "option 'x' is there twice"),
            (["--optimizer", "adma"], "unknown optimizer of these runs 'adma': did you mean 'adam'"),
            (["--problem", "wine"], "unknown problem of these runs 'wine'"),
            (["--seed", "7"], "unknown seed of these runs '7'"),
            (["--seed", "x"], "'x' is not a valid integer"),
        ],
        ids=str,
    )
    def test_what_is_wrong_is_one_sentence(
        self, options: list[str], said: str, folder: str, call: Call
    ) -> None:
        status, out, err = call("plot", folder, *options)
        assert (status, out) == (2, "")
        assert said in err
        assert err.count("\n") == 1

    def test_the_lines_are_those_that_were_asked_for(self, folder: str) -> None:
        part = harness.load("kept").where(optimizer="adam", problem=["xor"], seed=[0, 1])
        figure = part.plot.convergence().figure
        assert [panel.get_title() for panel in figure.axes] == ["xor"]
        assert [text.get_text() for text in figure.legends[0].get_texts()] == ["adam"]
        assert "median of 2 runs" in figure.get_suptitle()
