"""Animations: small files of the same bytes, whose frames show the runs at the same cost."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import harness
from harness.cli.entry import main
from harness.plots.animation import FRAMES, HELD, at_cost, looks_by, moments
from harness.problems import load
from harness.report.animations import animated
from harness.runs.replay import replay
from optimizers import InputError

QUICK = {"loss-landscape": {"resolution": 9}}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> harness.Results:
    folder = tmp_path_factory.mktemp("kept")
    methods = ["adam:learning_rate=0.1", "genetic-algorithm:population_size=20"]
    harness.run("xor", methods, seeds=1, budget=300, folder=folder / "xor")
    return harness.load(folder / "xor")


@pytest.fixture(autouse=True)
def few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "__defaults__", (4,))


@pytest.mark.parametrize("name", ["loss-landscape", "decision-boundary"])
def test_the_same_runs_give_the_same_bytes(name: str, results: harness.Results, tmp_path: Path) -> None:
    written = []
    for number in range(2):
        animation = animated(name)(results, **QUICK.get(name, {}))
        assert animation.frames == 4
        files = [animation.save(tmp_path / f"{number}.{kind}") for kind in ("gif", "html")]
        written.append([file.read_bytes() for file in files])
    assert written[0] == written[1]
    picture, page = written[0]
    # With all frames still below three megabytes.
    assert len(picture) * FRAMES / 4 < 3e6
    assert len(page) * FRAMES / 4 < 3e6
    assert b"_anim_img" in page
    with Image.open(io.BytesIO(picture)) as gif:
        assert gif.n_frames == 4
        assert gif.info["loop"] == 0
        assert gif.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
        gif.seek(3)
        assert gif.info["duration"] == 1000 * HELD
    assert animation._repr_html_().encode() == page


def test_a_frame_shows_the_looks_up_to_its_cost(results: harness.Results) -> None:
    animation = animated("loss-landscape")(results, resolution=9)
    (panel, _) = animation.figure.axes
    replays = [replay(row, results.trace, load("xor")) for _, row in results.runs.iterrows()]
    costs = moments(replays)
    assert costs[0] == 0.0
    assert costs[-1] == pytest.approx(max(replay.cost.max() for replay in replays))
    for frame, cost in enumerate(costs):
        animation.draw(frame)
        lengths = {len(line.get_xdata()) for line in panel.lines}
        for again in replays:
            seen = max(1, int((again.cost <= cost).sum()))
            assert looks_by(again, cost) == seen
            assert seen in lengths
        assert at_cost(cost) in [text.get_text() for text in panel.texts]


def test_runs_that_have_spent_nothing_have_one_moment(results: harness.Results) -> None:
    again = replay(results.runs.iloc[0], results.trace, load("xor"))
    assert moments([again._replace(cost=np.zeros_like(again.cost))]).tolist() == [0.0]


def test_the_last_frame_is_the_plot(results: harness.Results) -> None:
    for name, attribute in (("loss-landscape", "lines"), ("decision-boundary", "images")):
        animation = animated(name)(results, **QUICK.get(name, {}))
        for frame in (0, 2, 3):
            animation.draw(frame)
        plot = getattr(results.plot, name.replace("-", "_"))(**QUICK.get(name, {}))
        panels = [plot] if not isinstance(plot, np.ndarray) else list(plot)
        for panel, drawn in zip(panels, animation.figure.axes, strict=False):
            for one, other in zip(getattr(panel, attribute), getattr(drawn, attribute), strict=True):
                first, second = (
                    item.get_array() if attribute == "images" else item.get_xydata() for item in (one, other)
                )
                assert np.array_equal(first, second)
            assert panel.get_title() == drawn.get_title()


def test_boundaries_are_learned(results: harness.Results) -> None:
    animation = animated("decision-boundary")(results, parameters="last")
    titles = []
    for frame in range(4):
        animation.draw(frame)
        titles.append([panel.get_title() for panel in animation.figure.axes])
    assert titles[0] != titles[-1]
    # Both begin at the same parameters.
    assert len({title.split("\n")[-1] for title in titles[0]}) == 1


def test_results_hand_one_out(results: harness.Results) -> None:
    animation = results.animation("decision-boundary", parameters="last")
    assert animation.frames == 4
    with pytest.raises(InputError, match="unknown animated plot"):
        results.animation("confusion")


def test_what_is_not_animated_is_refused(results: harness.Results, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown animated plot 'convergence': known are: decision-boundary"):
        animated("convergence")
    animation = animated("loss-landscape")(results, resolution=9)
    for name in ("film.mp4", "film"):
        with pytest.raises(InputError, match=r"is no animation that is written here: let it end in \.gif"):
            animation.save(tmp_path / name)


def test_the_terminal_writes_one(
    results: harness.Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(results.trace is not None and next(iter(Path(str(tmp_path.parent)).glob("kept*/xor"))))
    file = tmp_path / "film.gif"
    arguments = ["plot", folder, "loss-landscape", "--set", "resolution=9", "--animate", str(file)]
    with pytest.raises(SystemExit, match="0"):
        main(arguments)
    assert capsys.readouterr().out == f"animation: {file}\n"
    assert file.read_bytes().startswith(b"GIF89a")
    for wrong, said in ((["--animate", "film.mp4"], "no animation"), (["--name", "x"], "named twice")):
        with pytest.raises(SystemExit, match="2"):
            main([*arguments[:3], *wrong])
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["plot", folder, "convergence", "--animate", str(file)])
    assert "unknown animated plot 'convergence'" in capsys.readouterr().err
