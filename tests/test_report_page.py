"""The page of `harness report`: what stands in it, in which order, and that text stays text."""

from __future__ import annotations

import base64
import builtins
import functools
import itertools
import json
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_results import empty, endings, odd_numbers, one_run
from report_pages import HOSTILE, Read, hostile, plain, read
from synthetic import build, costs, synthetic, trace_rows
from terminal import called

import harness
from harness.plots.style import line_looks
from harness.report.html import libraries, page_runs
from harness.report.html.libraries import digest
from harness.report.html.looks import CONTRAST, DARK, DARK_PAGE, contrast, page_looks
from harness.report.html.packing import as_script, packed
from harness.report.html.packing import plain as plain_number
from harness.report.html.page import write_page
from harness.report.html.page_tables import failed_runs
from harness.results import Results
from harness.runs.provenance import CHANGES_NO_NUMBER
from optimizers import InputError, MissingExtraError
from optimizers.printable import printable

jinja2 = pytest.importorskip("jinja2", reason="of the extra report")
plotly = pytest.importorskip("plotly", reason="of the extra report")

SECTIONS = [
    "verdicts", "ranking", "choice", "convergence", "runtime-ecdf", "cost-to-target", "finals", "crossover",
    "summary", "runs", "not-run", "gradients", "options", "provenance",
]  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    return write_page(plain())


@pytest.fixture(scope="module")
def parsed(page: str) -> Read:
    return read(page)


@functools.cache
def page_of(results: Callable[[], Results], robust: bool = False) -> Read:
    return read(write_page(results(), robust=robust))


def column(table: Mapping[str, Any], name: str) -> list[Any]:
    """Return a packed column as the page's script reads it."""
    found = table["columns"][name]
    if isinstance(found, dict):
        return [found["texts"][code] for code in found["codes"]]
    return [np.nan if value is None else float(value) for value in found]


def test_verdicts_come_first_and_are_those_of_compare(parsed: Read) -> None:
    sections = [attributes["id"] for name, attributes in parsed.elements if name == "section"]
    assert sections == SECTIONS
    comparison = plain().compare()
    for sentence in [*comparison.sentences, *comparison.notes]:
        assert " ".join(sentence.split()) in parsed.text
    verdicts = parsed.text.index(" ".join(comparison.sentences[0].split()))
    assert parsed.text.index(plain().name) < verdicts < parsed.text.rindex("How to read it.")


def test_ranking_shows_ties(parsed: Read) -> None:
    ranking = plain().compare().ranking
    for row in ranking.itertuples():
        places = str(row.first) if row.first == row.last else f"{row.first}-{row.last}"
        assert f"{places} {row.optimizer}" in parsed.text


def test_the_page_is_well_formed_and_asks_for_nothing(page: str, parsed: Read) -> None:
    assert parsed.unclosed == []
    assert parsed.comments == []
    assert len(parsed.ids) == len(set(parsed.ids))
    for name, attributes in parsed.elements:
        if "src" in attributes:
            assert str(attributes["src"]).startswith("data:image/png;base64,")
        assert not any(attribute.startswith("on") for attribute in attributes)
        if "href" in attributes:
            assert re.match("#|data:,$", str(attributes["href"]))
            assert name in ("a", "link")
    assert "@import" not in page.split("</style>")[0]
    assert "url(" not in page.split("</style>")[0]


def test_only_the_scripts_of_the_page_may_run(parsed: Read) -> None:
    policies = [
        a["content"] for name, a in parsed.elements if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert len(policies) == 1
    policy = str(policies[0])
    assert policy.startswith("default-src 'none';")
    assert "unsafe-eval" not in policy
    allowed = policy.partition("script-src ")[2].partition(";")[0].split()
    scripts = [
        content for attributes, content in parsed.scripts if attributes.get("type") != "application/json"
    ]
    assert allowed == [digest(script) for script in reversed(scripts)]


def test_a_reader_without_eyes_or_mouse_finds_the_way(parsed: Read) -> None:
    assert ("html", {"lang": "en"}) in parsed.elements
    headings = [int(name[1]) for name, _ in parsed.elements if re.fullmatch("h[1-6]", name)]
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(headings))
    for name, attributes in parsed.elements:
        for reference in ("aria-labelledby", "for"):
            if reference in attributes:
                assert attributes[reference] in parsed.ids
        if name == "a":
            assert str(attributes["href"])[1:] in parsed.ids
        if name == "section":
            assert attributes["aria-labelledby"] in parsed.ids
        if name == "th":
            assert attributes.get("scope") in ("col", "row")
        if "tabindex" in attributes:
            # What scrolls can be reached, and nothing comes out of its order.
            assert attributes["tabindex"] == "0"
    tables = [place for place, (name, _) in enumerate(parsed.elements) if name == "table"]
    # That of all runs is the script's.
    captions = [
        parsed.elements[place + 1][0] for place in tables if parsed.elements[place][1].get("id") is None
    ]
    assert set(captions) == {"caption"}


def test_each_chart_has_its_caption(parsed: Read) -> None:
    assert parsed.text.count("How to read it.") == parsed.text.count("What it does not show.") == 5
    assert "a band is the spread of runs, no interval of the median" in parsed.text


def test_charts_have_the_numbers_of_the_plots(parsed: Read) -> None:
    results = plain()
    charts = parsed.data["charts"]
    assert list(charts["convergence"]["forms"]) == ["cost", "iterations", "seconds"]
    for name, form, options in (("convergence", "seconds", {"x": "seconds"}), ("cost_to_target", "cost", {})):
        plot = getattr(results.plot, name)(**options)
        figure = (plot[0] if isinstance(plot, np.ndarray) else plot).figure
        table = charts[name.replace("_", "-")]["forms"][form]["table"]
        for title in figure.data:
            values = figure.data[title]
            if pd.api.types.is_numeric_dtype(values):
                np.testing.assert_allclose(column(table, title), values.to_numpy(float), rtol=1e-5)
            else:
                assert column(table, title) == [*values]


def test_where_runs_ended_has_the_medians_of_the_statistic(parsed: Read) -> None:
    table, statistic = (
        parsed.data["charts"]["finals"]["forms"]["loss"]["table"],
        plain().statistic("final-loss"),
    )
    assert column(table, "optimizer") == [*statistic["optimizer"]]
    for mine, theirs in (("median", "loss"), ("low", "loss_low"), ("high", "loss_high")):
        np.testing.assert_allclose(column(table, mine), statistic[theirs], rtol=1e-5)


def test_all_runs_are_there_with_their_sentences(parsed: Read) -> None:
    runs, table = plain().runs, parsed.data["runs"]
    assert table["rows"] == len(runs)
    assert column(table, "sentence") == [*runs["sentence"]]
    np.testing.assert_allclose(column(table, "final_loss"), runs["final_loss"], rtol=1e-5)


def looks_at(single: Mapping[str, Any]) -> dict[int, dict[str, np.ndarray]]:
    """Return the looks at single runs as the page's script reads them, by the number of the run."""
    columns = {name: np.frombuffer(base64.b64decode(text), "<f4") for name, text in single["columns"].items()}
    ends = np.cumsum(single["looks"])
    return {
        run: {name: values[end - looks : end] for name, values in columns.items()}
        for run, looks, end in zip(single["run"], single["looks"], ends, strict=True)
    }


def test_single_runs_are_those_of_the_trace() -> None:
    results = plain()
    found = page_runs.page_runs(results)
    assert found["single"]["said"] == found["runs_said"] == ""
    looks = looks_at(found["single"])
    for number, run_id in enumerate(results.runs["run_id"]):
        trace = results.trace[results.trace["run_id"] == run_id]
        for name, of in page_runs.LOOKS.items():
            np.testing.assert_array_equal(looks[number][name], trace[of].to_numpy(np.float32))


def test_of_many_runs_the_first_and_of_long_traces_some_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    results = plain()
    monkeypatch.setattr(page_runs, "MOST_RUNS", 40)
    monkeypatch.setattr(page_runs, "MOST_LOOKS", 240)
    found = page_runs.page_runs(results)
    listed = results.runs[results.runs["seed"] < 6]
    assert column(found["runs"], "seed") == [*listed["seed"]]
    assert "36 of 72 runs" in found["runs_said"]
    assert "the first 3 by seed" in found["single"]["said"]
    looks = looks_at(found["single"])
    assert len(looks) == 6 * 3
    for number, columns in looks.items():
        trace = results.trace[results.trace["run_id"] == listed["run_id"].iloc[number]]
        whole = trace["best_loss"].to_numpy(np.float32)
        assert len(columns["best"]) <= 14
        assert columns["best"][0] == whole[0]
        assert columns["best"][-1] == whole[-1]
        assert set(columns["best"]) <= set(whole)


def test_text_from_data_never_becomes_markup() -> None:
    results = hostile()
    page = write_page(results)
    parsed, ordinary = read(page), page_of(endings, True)
    assert parsed.unclosed == []
    assert parsed.comments == []
    assert len(parsed.scripts) == len(ordinary.scripts) == 3
    assert {name for name, _ in parsed.elements} <= {name for name, _ in ordinary.elements} | {
        "tr",
        "th",
        "td",
        "pre",
        "details",
        "summary",
    }
    for name in (*HOSTILE, *results.runs["sentence"]):
        assert " ".join(printable(name).split()) in parsed.text or printable(name) in column(
            parsed.data["runs"], "sentence"
        )
    for attribute in ("onerror", "onmouseover"):
        assert not any(attribute in attributes for _, attributes in parsed.elements)
    assert column(parsed.data["runs"], "optimizer") == [printable(name) for name in results.runs["optimizer"]]
    # The page can be written down, whatever half of a letter a name holds.
    page.encode()


@given(
    st.recursive(
        st.text() | st.sampled_from(HOSTILE),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_in_a_script_ends_no_script(content: Any) -> None:
    text = as_script(content)
    assert not re.search("[<>&\u2028\u2029]", text)
    assert json.loads(text) == content


@given(st.floats() | st.integers(-(2**70), 2**70))
def test_numbers_are_short_and_right(number: float) -> None:
    said = json.loads(json.dumps(plain_number(number), allow_nan=False))
    if said is None:
        assert np.isnan(number)
    elif isinstance(number, int):
        assert int(said) == number
    else:
        assert float(said) == pytest.approx(number, rel=5e-6, abs=0)


def test_columns_that_hold_no_number_are_text() -> None:
    table = packed(pd.DataFrame({"a": [None, "x"], "b": [True, False], "c": [np.inf, -np.inf]}))
    assert column(table, "a") == ["", "x"]
    assert column(table, "b") == ["True", "False"]
    assert table["columns"]["c"] == ["inf", "-inf"]


def test_every_optimizer_looks_as_in_the_figures() -> None:
    results = synthetic(np.random.default_rng(0), optimizers=8, gradients=("analytic", "symbolic"))
    looks, of_figures = page_looks(results), line_looks(results)
    assert [(look["optimizer"], look["gradient"]) for look in looks] == list(of_figures)
    assert [look["light"] for look in looks] == [look["color"] for look in of_figures.values()]
    for look, of_figure in zip(looks, of_figures.values(), strict=True):
        # A long one has a number behind it, which stands for it in rows.
        assert look["label"].startswith(of_figure["label"])
        assert look["short"] == look["label"] or look["short"].split()[-1] == look["label"].split()[-1]
    assert len({look["short"] for look in looks}) == len(looks)


def test_gradient_sources_of_one_optimizer_are_called_by_their_names() -> None:
    looks = page_looks(synthetic(np.random.default_rng(0), optimizers=1, gradients=("analytic", "symbolic")))
    assert [look["short"] for look in looks] == ["analytic", "symbolic"]


def test_colours_can_be_seen_on_the_dark_page() -> None:
    from harness.plots.families import COLOURS, SHADES

    css = libraries.asset("page.css")
    assert css.count(f"--paper: {DARK_PAGE}") == 2
    for shades in (*SHADES.values(), COLOURS):
        dark = [DARK.get(colour, colour) for colour in shades]
        places = np.array([[int(colour[place : place + 2], 16) for place in (1, 3, 5)] for colour in dark])
        apart = np.linalg.norm(places[:, None] - places, axis=2)[~np.eye(len(dark), dtype=bool)]
        assert apart.min() > 50
        assert min(contrast(colour, DARK_PAGE) for colour in dark) >= CONTRAST
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6})", block))
        for block in (css.split("}")[0], css.partition('[data-theme="dark"]')[2].split("}")[0])
    )
    for theme in (light, dark):
        for ink in ("ink", "soft", "link", "good", "bad"):
            # Of letters 4.5 is asked for (WCAG 2.2, 1.4.3).
            assert contrast(theme[ink], theme["paper"]) >= 4.5
            assert contrast(theme[ink], theme["raised"]) >= 4.5


@pytest.mark.parametrize("results", [empty, one_run, endings, odd_numbers])
def test_odd_results_have_a_page(results: Any) -> None:
    parsed = page_of(results, True)
    assert parsed.unclosed == []
    assert parsed.data["runs"]["rows"] == len(results().runs)


def test_what_failed_is_told_with_its_reason() -> None:
    parsed = page_of(endings, True)
    assert "ValueError: a, b c" in parsed.text
    assert 'perceptron on iris: not, for "it"' in parsed.text
    many = build(costs(range(1, 250), "adam", outcome="failed", sentence="it broke"))
    assert "the first 100 of 249" in failed_runs(many)[0]["caption"]


def test_robustness_if_asked_for(parsed: Read) -> None:
    rows = costs([3.0, 5.0, 7.0, 9.0, 11.0, 13.0, 15.0, 17.0], "lbfgs") + costs(
        [30.0, 50, 70, 90, 110, 130, 150, 170], "rprop"
    )
    trace = [look for row in rows for look in trace_rows(row["run_id"], [0.0, row["cost"]], [1.0, 0.009])]
    results = build(rows, trace)
    asked = read(write_page(results, robust=True))
    robust = results.robustness()
    assert "specification-curve" in asked.ids
    assert "specification-curve" not in parsed.ids
    for sentence in robust.sentences:
        assert sentence in asked.text
    assert asked.data["robust"]["rows"] == sum(len(one.tried) for one in robust.found)
    assert sum(column(asked.data["robust"], "usual")) == len(robust.found)


def test_the_command_writes_a_page_of_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.toml").write_text(
        'question = "Which?"\nproblems = ["xor"]\noptimizers = ["rprop", "adam", "perceptron-rule"]\n'
        "seeds = [0, 1]\nbudget = {cost = 100}\n"
        '[[figures]]\nname = "kaplan-meier"\n',
        encoding="utf-8",
    )
    assert called(capsys, "run", "one.toml", "--output", "kept", "--check").status == 0
    answer = called(capsys, "report", "kept")
    assert answer.status == 0, answer.err
    assert answer.out.splitlines()[0] == "page: kept/report.html"
    parsed = read(Path("kept/report.html").read_text(encoding="utf-8"))
    assert "Which?" in parsed.text
    # The command as it was given, code and machine, the gradient check and the experiment.
    pictures = [str(attributes["alt"]) for name, attributes in parsed.elements if name == "img"]
    assert len(pictures) == 1
    assert pictures[0].startswith("kaplan-meier: ")
    given = json.loads(next(Path("kept/commands").glob("*.json")).read_text(encoding="utf-8"))["command"]
    assert " ".join(shlex.join(given).split()) in parsed.text
    for said in (
        "numba",
        "Gradient sources against each other",
        'question = "Which?"',
        "does not train hidden layers",
    ):
        assert said in parsed.text
    assert (
        called(capsys, "report", "kept", "--output", "page.pdf")
        .err.strip()
        .endswith("page.pdf is no page: let it end in .html")
    )


def test_several_folders_have_a_page_each_and_one_that_leads_to_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("all/one & two", "all/deeper/three"):
        harness.run("xor", "rprop", seeds=1, budget=30, folder=name, question=f"What of <b>{name}</b>?")
    answer = called(capsys, "report", "all")
    assert answer.status == 0, answer.err
    assert answer.out.splitlines()[-1] == "index: all/index.html"
    parsed = read(Path("all/index.html").read_text(encoding="utf-8"))
    assert parsed.unclosed == []
    assert parsed.scripts == []
    links = [str(attributes["href"]) for name, attributes in parsed.elements if name == "a"]
    assert links == ["./deeper/three/report.html", "./one%20%26%20two/report.html"]
    assert all((Path("all") / unquote(link)).is_file() for link in links)
    assert "What of <b>all/deeper/three</b>?" in parsed.text
    Path("empty").mkdir()
    assert "empty holds no results" in called(capsys, "report", "empty").err
    assert "absent is no folder" in called(capsys, "report", "absent", "all").err
    answer = called(capsys, "report", "all/one & two", "all/deeper/three", "--output", "mine.html")
    assert answer.out.splitlines()[-1] == "index: mine.html"


def test_files_and_options_that_a_hand_has_written_are_shown_as_far_as_they_say_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs").mkdir()
    rows = [
        f"{seed},{seed},theirs,xor,{options}"
        for seed, options in enumerate(['"[1, 2]"', "fast", '"{""a"": 1}"'])
    ]
    Path("logs/runs.csv").write_text("\n".join(["run_id,seed,optimizer,problem,options", *rows]))
    Path("logs/trace.csv").write_text("run_id,cost,loss,best_loss\n0,1,9,9\n1,1,9,9\n2,1,9,9\n")
    called(capsys, "import", "logs", "--from", "csv", "--output", "kept")
    Path("kept/commands").mkdir(exist_ok=True)
    for name, text in (("a", "[1]"), ("b", '{"command": ["harness", "x y"]}'), ("c", "{")):
        Path(f"kept/commands/{name}.json").write_text(text, encoding="utf-8")
    assert called(capsys, "report", "kept").status == 0
    parsed = read(Path("kept/report.html").read_text(encoding="utf-8"))
    assert parsed.unclosed == []
    assert "harness 'x y'" in parsed.text
    for said in ("[1, 2]", "fast", "a=1"):
        assert said in parsed.text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_folder_may_have_any_bytes_for_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    harness.run("xor", "rprop", seeds=1, budget=30, folder="all/\udcff")
    answer = called(capsys, "report", "all")
    assert answer.status == 0, answer.err
    parsed = read(Path("all/index.html").read_text(encoding="utf-8"))
    (link,) = [str(attributes["href"]) for name, attributes in parsed.elements if name == "a"]
    assert link == "./%FF/report.html"
    assert r"(all/\udcff)" in parsed.text


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_every_command_takes_a_folder_of_any_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("\udcff", "other"):
        harness.run("xor", ["rprop", "adam"], seeds=2, budget=30, folder=name)
    for arguments in (
        ("status", "\udcff"),
        ("show", "results", "\udcff"),
        ("compare", "\udcff"),
        ("compare", "\udcff", "other"),
        ("compare", "other", "\udcff", "--csv"),
        ("plot", "\udcff"),
        ("export", "\udcff", "--to", "csv", "--output", "csv\udcff"),
        ("import", "csv\udcff", "--from", "csv", "--output", "again\udcff"),
        ("merge", "\udcff", "other", "--into", "both\udcff"),
    ):
        answer = called(capsys, *arguments)
        assert answer.status == 0, (arguments, answer.err)


@pytest.mark.parametrize("package", ["jinja2", "plotly.offline"])
def test_without_the_extra_it_is_named(package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ordinary = builtins.__import__

    def without(name: str, *arguments: Any, **named: Any) -> Any:
        if name == package:
            raise ImportError(name)
        return ordinary(name, *arguments, **named)

    libraries.environment.cache_clear()
    libraries.chart_library.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'neural-harness[report]'")):
        one_run().report(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_no_library_ends_the_script_that_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "var a = '</script>', b = '</SCRIPT >', c = '<script>', d = '</style>';"
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: source)
    libraries.chart_library.cache_clear()
    try:
        found = libraries.chart_library()
    finally:
        libraries.chart_library.cache_clear()
    assert found == r"var a = '<\/script>', b = '<\/SCRIPT >', c = '<script>', d = '</style>';"


def test_a_page_has_the_ending_of_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"let it end in \.html"):
        one_run().report(tmp_path / "page.pdf")


def test_a_page_changes_no_number() -> None:
    assert "report" in CHANGES_NO_NUMBER["harness"]
