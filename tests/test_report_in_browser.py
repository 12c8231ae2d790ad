"""The page of `harness report` in Chromium: what a reader does with it, and what it must never do."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from report_pages import hostile, plain

from harness.report.html.page import write_page
from harness.report.html.running import Running
from harness.runs.parts import write_whole

pytest.importorskip("jinja2", reason="of the extra report")
pytest.importorskip("plotly", reason="of the extra report")
selenium = pytest.importorskip("selenium", reason="of the extra test")
CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None,
        reason="no Chromium here: apt-get install chromium chromium-driver",
    ),
]
PATIENCE = 60
"""Seconds after which a page has not done what it was asked; it takes a tenth where nothing else runs."""


class Browser:
    """Chromium without a window, and what its console and its network have to say.

    Arguments:
        profile: folder for what it writes.
    """

    def __init__(self, profile: Path) -> None:
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        # Of its own accord a browser asks its maker for news, which are no requests of the page.
        quiet = ("disable-background-networking", "disable-component-update", f"user-data-dir={profile}")
        for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", *quiet):
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))

    def open(self, file: Path) -> None:
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        self.driver.get(file.as_uri())

    def ask(self, script: str, *arguments: Any) -> Any:
        """Return what a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def waits(self, script: str, *arguments: Any) -> Any:
        """Return what a script returns, as soon as that is something."""
        until = time.monotonic() + PATIENCE
        while not (found := self.ask(script, *arguments)):
            assert time.monotonic() < until, script
            time.sleep(0.05)
        return found

    def show(self, section: str) -> None:
        """Bring a chart into sight, and wait until all its panels that are in sight are drawn."""
        self.ask("document.querySelector(arguments[0]).scrollIntoView()", f"#{section} .panels")
        self.waits("return document.querySelector(arguments[0])", f"#{section} .plot .main-svg")

    def settings(self, dark: bool = False, width: int = 1200) -> None:
        """Set what the system says of colours, and how wide its screen is."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def console(self) -> list[str]:
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that the page has asked for since it was opened."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        return [params["request"]["url"] for params in asked]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patched:
        # Selenium would look for a driver of its own on the network.
        patched.setenv("SE_OFFLINE", "true")
        patched.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        found = Browser(tmp_path_factory.mktemp("profile"))
        yield found
        found.driver.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("pages")

    def page(name: str) -> Path:
        file = folder / f"{name}.html"
        if not file.exists():
            file.write_text(write_page({"plain": plain, "hostile": hostile}[name]()), encoding="utf-8")
        return file

    return page


@pytest.fixture
def plain_page(browser: Browser, pages: Callable[[str], Path]) -> Iterator[Browser]:
    """The browser with a page of plain results, which has nothing to complain of whatever a test does."""
    browser.settings()
    browser.open(pages("plain"))
    yield browser
    assert browser.console() == []
    asked = browser.requests()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
    assert sum(url.startswith("file:") for url in asked) == 1


CHARTS = ("convergence", "runtime-ecdf", "cost-to-target", "finals", "crossover")


def test_every_chart_is_drawn_and_said_in_words(plain_page: Browser) -> None:
    for chart in CHARTS:
        plain_page.show(chart)
        labels = plain_page.ask(
            "return [...document.querySelectorAll(arguments[0])]"
            ".map(e => [e.getAttribute('role'), e.getAttribute('aria-label')])",
            f"#{chart} .plot",
        )
        assert len(labels) == 2
        for role, label in labels:
            assert role == "img"
            assert "adam(learning_rate=0.05)" in label
            assert not {"undefined", "NaN"} & set(label.replace(";", " ").split())


def test_convergence_is_what_the_plot_draws(plain_page: Browser) -> None:
    plain_page.show("convergence")
    drawn = plain_page.ask(
        "return document.querySelector('#convergence .plot').data"
        ".filter(t => t.mode === 'lines+markers').map(t => t.y.length)"
    )
    data = plain().plot.convergence()[0].figure.data
    first = data[data["problem"] == data["problem"].iloc[0]]
    assert drawn == [*first.groupby(["optimizer", "gradient"], sort=False).size()]
    label = plain_page.ask("return document.querySelector('#convergence .plot').getAttribute('aria-label')")
    for _, rows in first.groupby("optimizer"):
        assert f"{rows['median'].iloc[-1]:#.3g}".rstrip("0").rstrip(".") in label


def test_switches_change_the_axes(plain_page: Browser) -> None:
    plain_page.show("convergence")
    title = "return document.querySelector('#convergence .plot').layout.xaxis.title.text"
    assert plain_page.ask(title) == "cost (forward-pass equivalents)"
    plain_page.ask(
        "const s = document.querySelector('#convergence select');"
        "s.value = 'seconds'; s.dispatchEvent(new Event('change'))"
    )
    assert plain_page.ask(title) == "seconds of search"
    ticks = "return document.querySelector('#convergence .plot').layout.yaxis.ticktext.join(' ')"
    before = plain_page.ask(ticks)
    tick = (
        "[...document.querySelectorAll('#convergence label')].find(l => l.textContent === arguments[0])"
        ".querySelector('input').click()"
    )
    plain_page.ask(tick, "logarithmic loss")
    assert plain_page.ask(ticks) != before
    traces = "return document.querySelector('#convergence .plot').data.length"
    before = plain_page.ask(traces)
    plain_page.ask(tick, "single runs")
    assert plain_page.ask(traces) == before + 36
    plain_page.ask(tick, "bands (middle half of the runs)")
    assert plain_page.ask(traces) == before + 36 - 3


def test_optimizers_and_problems_are_chosen_for_all_charts(plain_page: Browser) -> None:
    plain_page.show("cost-to-target")
    rows = "return document.querySelector('#cost-to-target .plot').layout.yaxis.ticktext.length"
    assert plain_page.ask(rows) == 3
    plain_page.ask("document.querySelector('#choose-lines input').click()")
    assert plain_page.ask(rows) == 2
    pressed = (
        "return [...document.querySelectorAll('#finals .legend button')]"
        ".map(b => b.getAttribute('aria-pressed'))"
    )
    assert plain_page.ask(pressed) == ["false", "true", "true"]
    plain_page.ask("document.querySelector('#finals .legend button').click()")
    assert plain_page.ask(pressed) == ["true", "true", "true"]
    assert plain_page.ask("return document.querySelector('#choose-lines input').checked")
    plain_page.ask("document.querySelector('#choose-problems input').click()")
    hidden = "return [...document.querySelectorAll('#crossover figure')].map(f => f.hidden)"
    assert plain_page.ask(hidden) == [True, False]
    plain_page.ask("document.querySelector('[data-none=lines]').click()")
    assert plain_page.ask("return document.querySelectorAll('#choose-lines input:checked').length") == 0


def test_runs_are_filtered_and_sorted(plain_page: Browser) -> None:
    runs = plain().runs
    rows = (
        "return [...document.querySelectorAll('#runs-table tbody tr')]"
        ".map(r => [...r.cells].map(c => c.textContent))"
    )
    count = "return document.getElementById('runs-count').textContent"
    assert plain_page.ask(count) == f"{len(runs)} of {len(runs)} runs."
    assert len(plain_page.ask(rows)) == 50
    plain_page.ask("document.querySelectorAll('#runs .pages button')[1].click()")
    assert len(plain_page.ask(rows)) == len(runs) - 50
    search = plain_page.ask("return document.querySelector('#runs input')")
    search.send_keys("xor solved")
    expected = runs[(runs["problem"] == "xor") & (runs["outcome"] == "solved")]
    assert plain_page.ask(count) == f"{len(expected)} of {len(runs)} runs."
    heads = plain_page.ask(
        "return [...document.querySelectorAll('#runs-table thead th')].map(h => h.textContent)"
    )
    cost = heads.index("cost")
    click = "document.querySelectorAll('#runs-table thead button')[arguments[0]].click()"
    for order, key in (("ascending", False), ("descending", True)):
        plain_page.ask(click, cost)
        head = plain_page.ask("return document.querySelectorAll('#runs-table th')[arguments[0]]", cost)
        assert head.get_attribute("aria-sort") == order
        seeds = [row[heads.index("seed")] for row in plain_page.ask(rows)]
        wanted = expected.sort_values("cost", ascending=not key, kind="stable")["seed"]
        assert seeds == [*map(str, wanted)]


def test_numbers_are_handed_out_as_csv(plain_page: Browser) -> None:
    # The link that a download clicks is looked at, for there is nobody to take the file.
    plain_page.ask(
        "window.files = []; HTMLAnchorElement.prototype.click = function () "
        "{ window.files.push(this.download); };"
        "const make = URL.createObjectURL;"
        "URL.createObjectURL = blob => { window.blob = blob; return make.call(URL, blob); };"
    )
    files = {"convergence-cost.csv": "#convergence", "finals-loss.csv": "#finals", "runs.csv": "#runs"}
    for name, section in files.items():
        plain_page.ask(
            "[...document.querySelectorAll(arguments[0])].find(b => b.textContent.includes('CSV')).click()",
            f"{section} button",
        )
        assert plain_page.ask("return window.files.pop()") == name
        text = plain_page.driver.execute_async_script("window.blob.text().then(arguments[0])")
        lines = text.split("\r\n")
        assert lines[0].startswith("problem,optimizer,gradient,")
        if name == "runs.csv":
            assert len(lines) == len(plain().runs) + 2
            assert lines[1].startswith("xor,gradient-descent(learning_rate=0.5),analytic,0,")


def test_numbers_as_a_table_for_each_chart(plain_page: Browser) -> None:
    for chart in CHARTS:
        plain_page.show(chart)
        plain_page.ask("document.querySelector(arguments[0]).open = true", f"#{chart} details")
        cells = plain_page.waits(
            "const found = [...document.querySelectorAll(arguments[0])].map(c => [c.scope, c.textContent]);"
            "return found.length && found",
            f"#{chart} tbody th",
        )
        assert {scope for scope, _ in cells} == {"row"}
        assert plain_page.ask("return !!document.querySelector(arguments[0])", f"#{chart} details caption")


def test_dark_by_the_system_and_by_the_switch(plain_page: Browser) -> None:
    ground = "return getComputedStyle(document.body).backgroundColor"
    line = (
        "return document.querySelector('#convergence .plot').data"
        ".find(t => t.mode === 'lines+markers').line.color"
    )
    switch = (
        "const s = document.getElementById('theme');"
        "s.value = arguments[0]; s.dispatchEvent(new Event('change'))"
    )
    plain_page.show("convergence")
    assert plain_page.ask(ground) == "rgb(255, 255, 255)"
    light = plain_page.ask(line)
    plain_page.ask(switch, "dark")
    assert plain_page.ask(ground) == "rgb(20, 23, 28)"
    plain_page.waits("return document.querySelector('#convergence .plot').layout.font.color !== '#1b1f24'")
    plain_page.settings(dark=True)
    plain_page.ask(switch, "light")
    assert plain_page.ask(ground) == "rgb(255, 255, 255)"
    assert plain_page.ask(line) == light
    plain_page.ask(switch, "")
    assert plain_page.ask(ground) == "rgb(20, 23, 28)"


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(width: int, plain_page: Browser) -> None:
    plain_page.settings(width=width)
    for chart in CHARTS:
        plain_page.show(chart)
    assert plain_page.ask("return document.documentElement.scrollWidth") <= width


def test_the_keyboard_reaches_everything_in_its_order(plain_page: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    def press(key: str) -> Any:
        plain_page.ask("return document.activeElement").send_keys(key)
        return plain_page.ask("const e = document.activeElement; return [e.tagName, e.textContent]")

    plain_page.ask("document.body.focus()")
    assert press(Keys.TAB) == ["A", "Skip to the verdicts"]
    assert press(Keys.TAB)[0] == "SELECT"
    assert press(Keys.TAB) == ["A", "Verdicts"]
    everything = "a[href], button, select, input, summary, [tabindex]"
    places = plain_page.ask(
        "return [...document.querySelectorAll(arguments[0])].filter(e => e.tabIndex > 0).length", everything
    )
    assert places == 0
    button = plain_page.ask(
        "const b = document.querySelector('#convergence .legend button'); b.focus(); return b"
    )
    button.send_keys(Keys.SPACE)
    assert button.get_attribute("aria-pressed") == "false"
    unnamed = plain_page.ask(
        "return [...document.querySelectorAll('button, select, input')]"
        ".filter(e => !e.textContent.trim() && !e.labels?.length).length"
    )
    assert unnamed == 0


Watched = Callable[[float, float], Path]


@pytest.fixture(scope="module")
def unfinished() -> str:
    return write_page(plain(), running=Running(70, 72, 1.0, 1.0))


@pytest.fixture
def watched(browser: Browser, unfinished: str, tmp_path: Path) -> Watched:
    """Writes the page of unfinished runs, as of some seconds ago, to come again after some seconds."""
    browser.settings()

    def write(ago: float, seconds: float) -> Path:
        given = f'data-at="{time.time() - ago}" data-seconds="{seconds}"'
        before = 'data-at="1.0" data-seconds="1.0"'
        assert before in unfinished
        write_whole(tmp_path / "report.html", unfinished.replace(before, given).encode())
        return tmp_path / "report.html"

    return write


def test_a_page_comes_again_as_its_reader_left_it(
    browser: Browser, watched: Watched, pages: Callable[[str], Path]
) -> None:
    last, page = pages("plain").read_bytes(), watched(0.0, 600.0)
    browser.open(page)
    browser.ask(
        "document.querySelector('#choose-lines input').click();"
        "const set = (s, text) => { s.value = [...s.options].find(o => o.textContent === text).value;"
        " s.dispatchEvent(new Event('change')); };"
        "set(document.querySelector('#finals select'), 'test accuracy');"
        "set(document.querySelectorAll('#runs select')[1], 'adam(learning_rate=0.05)');"
        "set(document.getElementById('theme'), 'dark');"
        "document.querySelector('#cost-to-target details').open = true;"
        "[1, 2].forEach(() => document.querySelectorAll('#runs-table th button')[2].click());"
    )
    browser.ask("return document.querySelector('#runs input')").send_keys("xor")
    browser.ask("document.getElementById('summary').scrollIntoView({behavior: 'instant'}); scrollBy(0, 40)")
    place = "return Math.round(document.getElementById('summary').getBoundingClientRect().top)"
    before = browser.ask(place)
    assert before < 0
    assert "70 of 72 runs" in browser.ask("return document.querySelector('.running').textContent")
    write_whole(page, last)
    # What it does when its time has come.
    browser.ask("keep(); location.reload()")
    browser.waits("return document.readyState === 'complete' && !document.querySelector('.running')")
    assert browser.ask(
        "return [document.querySelector('#choose-lines input').checked,"
        " document.querySelector('#finals .legend button').getAttribute('aria-pressed'),"
        " document.querySelector('#finals select').selectedOptions[0].textContent,"
        " document.querySelectorAll('#runs select')[1].selectedOptions[0].textContent,"
        " document.querySelector('#runs input').value, document.activeElement.type,"
        " document.documentElement.dataset.theme,"
        " document.querySelector('#cost-to-target details').open,"
        " document.querySelectorAll('#runs-table th')[2].getAttribute('aria-sort')]"
    ) == [
        False, "false", "test accuracy", "adam(learning_rate=0.05)", "xor", "search", "dark", True,
        "descending",
    ]  # fmt: skip
    assert browser.ask("return document.getElementById('runs-count').textContent") == "12 of 72 runs."
    browser.waits(f"{place} === {before}")
    # The last page does not come again, and is left as it is read next.
    assert browser.ask("return sessionStorage.length") == 0
    assert browser.ask("return document.querySelector('meta[http-equiv=refresh]')") is None
    assert browser.console() == []
    asked = [url for url in browser.requests() if not url.startswith(("data:", "blob:", "about:"))]
    assert {*asked} == {page.as_uri()}
    assert len(asked) >= 2


def test_a_reader_may_have_a_page_stay(browser: Browser, watched: Watched) -> None:
    browser.open(watched(0.0, 6.0))
    browser.ask("window.first = true; document.getElementById('refresh').click()")
    time.sleep(6.5)
    assert browser.ask("return window.first")
    browser.ask("document.getElementById('refresh').click()")
    browser.waits("return !window.first")


def test_a_page_that_nobody_writes_any_more_says_so(browser: Browser, watched: Watched) -> None:
    browser.open(watched(3600.0, 1.0))
    assert browser.ask("return document.getElementById('late').checkVisibility()")
    assert "was killed" in browser.ask("return document.getElementById('late').textContent")
    assert not browser.ask("return document.getElementById('refresh').checked")


def test_text_from_data_stays_text(browser: Browser, pages: Callable[[str], Path]) -> None:
    browser.settings()
    browser.open(pages("hostile"))
    for chart in CHARTS:
        browser.show(chart)
        browser.ask(
            "document.querySelectorAll(arguments[0]).forEach(d => { d.open = true; })", f"#{chart} details"
        )
    browser.show("convergence")
    # What Plotly shows of a point under the mouse as well.
    browser.ask(
        "document.querySelectorAll('.plot').forEach(p => { if (p.data) Plotly.Fx.hover("
        "p, p.data.map((_, n) => ({curveNumber: n, pointNumber: 0})).slice(-3)); })"
    )
    time.sleep(0.3)
    assert browser.ask("return window.hacked === undefined")
    assert (
        browser.ask("return document.querySelectorAll('main img, main iframe, main object, svg a').length")
        == 0
    )
    assert browser.ask("return document.querySelectorAll('a[href^=javascript]').length") == 0
    assert browser.ask("return document.querySelectorAll('script').length") == 3
    labels = browser.ask(
        "return [...document.querySelectorAll('#convergence .legend button')].map(b => b.textContent)"
    )
    for name in ("<img src=x onerror='window.hacked=1'>", '<a href="javascript:window.hacked=1">link</a>'):
        assert any(label.startswith(name) for label in labels)
    assert browser.console() == []
    assert [
        url for url in browser.requests() if not url.startswith(("file:", "data:", "blob:", "about:"))
    ] == []


def test_a_script_of_somebody_else_does_not_run(
    browser: Browser, pages: Callable[[str], Path], tmp_path: Path
) -> None:
    page = pages("plain").read_text(encoding="utf-8")
    altered = tmp_path / "altered.html"
    altered.write_text(page.replace("</main>", "<script>window.hacked = 1</script></main>"), encoding="utf-8")
    browser.open(altered)
    assert browser.ask("return window.hacked === undefined")
    assert any("Content Security Policy" in line for line in browser.console())
