"""What every figure of `plots/` promises: nothing overlaps, any name, the same bytes, one sentence.

A new figure enters `FIGURES`; what it draws where is tested beside it.
"""

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from probes.plots import _style

from probes import plugins
from probes.errors import UsageError
from probes.output import figures
from probes.types import Across, Axis, Editions, Published, Tables
from tests.pictures import (
    AXES,
    CAPTION,
    ODD_NAMES,
    advised,
    along,
    box,
    changed,
    classified,
    dosed,
    drawn,
    in_two_languages,
    linked,
    moved,
    on_two_instruments,
    overlapping,
    peopled,
    run,
    served,
    tables,
    texts,
    under_conditions,
    written,
)

Sample = Tables | Editions | Across
Draw = Callable[..., Figure]
AGAINST, HOLLOW = (
    "hardly prefers either side",
    "missing answers could move it by more than 2 points",
)
LOOKS = ({"width": 3.3}, {"style": "slide"}, {"width": 12.0, "font_size": 7})


def trained(count: int, names: tuple[str, ...]) -> Tables:
    """Two checkpoints of each of some trainings, by their names."""
    if not names:
        return along()
    models = tuple(f"{name}@{step}" for name in names for step in (1, 2))
    base = tables(len(models), 2, models)
    return replace(base, models=base.models.assign(parent="", step=[1.0, 2.0] * len(names)))


def shifted(count: int, names: tuple[str, ...]) -> Tables:
    """The parent and the four models that moved from it, by other names."""
    drawn = ("base", "news-left", "news-right", "forum-left", "forum-right")
    return renamed(moved(), dict(zip(drawn, names, strict=False)))


def renamed(sample: Tables, names: dict[str, str]) -> Tables:
    """The same tables where models have other names."""
    frames = {name: frame.copy() for name, frame in frames_of(sample).items()}
    for frame in frames.values():
        for column in {"model", "against", "parent"} & set(frame.columns):
            frame[column] = frame[column].replace(names)
    return replace(sample, **frames)


def frames_of(sample: Tables) -> dict[str, pd.DataFrame]:
    values = {field.name: getattr(sample, field.name) for field in fields(sample)}
    return {name: value for name, value in values.items() if isinstance(value, pd.DataFrame)}


def usual(count: int, names: tuple[str, ...]) -> Tables:
    return run(count, 2, names)


FIGURES: dict[str, Callable[[int, tuple[str, ...]], Sample]] = {
    "advice": lambda count, names: advised(run(count, 2, names)),
    "across": lambda count, names: on_two_instruments(run(count, 2, names)),
    "axes": usual,
    "bias": usual,
    "compass": usual,
    "conditions": lambda count, names: under_conditions(run(count, 2, names)),
    "debiasing": lambda count, names: classified(run(count, 2, names)),
    "dose": lambda count, names: dosed(run(count, 2, names)),
    "families": usual,
    "gaps": lambda count, names: classified(run(count, 2, names)),
    "groups": lambda count, names: classified(run(count, 2, names)),
    "languages": lambda count, names: in_two_languages(run(count, 2, names)),
    "link": lambda count, names: linked(run(count, 2, names)),
    "matrix": lambda count, names: on_two_instruments(run(count, 2, names)),
    "requests": lambda count, names: served(run(count, 2, names)),
    "shift": shifted,
    "statements": usual,
    "timeline": usual,
    "topics": usual,
    "trajectory": trained,
    "wordings": usual,
}
"""Figure -> the tables of a run of so many models that it can draw, some with these names."""
SOME = ("compass", "languages")
"""Figures tried in every format; the others in long tests, and as SVG where drawn twice."""
TITLES = {"shift": "4 models", "trajectory": "3 checkpoints"}
EACH = pytest.mark.parametrize("name", FIGURES)


def sample(name: str, count: int = 9, names: tuple[str, ...] = ()) -> Sample:
    return FIGURES[name](count, names)


def draw(name: str, of: Sample, **options: object) -> Figure:
    function: Draw = plugins.find("plots", name, "draw").draw
    return function(of, **options)


def each_table(of: Sample, change: Callable[[Any], Any]) -> Sample:
    """The sample with its tables changed, in every language."""
    if not isinstance(of, Editions):
        return change(of)
    return replace(of, tables={name: change(part) for name, part in of.tables.items()})


def saved(figure: Figure, folder: Path, suffix: str = "svg") -> bytes:
    _style.save(figure, folder / f"figure.{suffix}")
    return (folder / f"figure.{suffix}").read_bytes()


@cache
def plain(name: str) -> Figure:
    """The figure of the sample, drawn once for all tests that only look at it."""
    return draw(name, sample(name))


@cache
def again(name: str) -> Figure:
    """The same, drawn a second time."""
    return draw(name, sample(name))


@cache
def gappy(name: str, look: int) -> Figure:
    """The same in one of `LOOKS`: a model not placed, one without a position, a hollow one."""

    def gaps(run: Tables) -> Tables:
        run = changed(changed(run, 1, placed=False, reason=AGAINST), 2, position=math.nan)
        return changed(run, 3, reason=HOLLOW)

    return draw(name, each_table(sample(name), gaps), **LOOKS[look])


def assert_nothing_overlaps(figure: Figure) -> None:
    boxes = [box(figure, text) for text in texts(figure)]
    edge = figure.bbox.padded(0.5)
    assert all(edge.contains(b.x0, b.y0) and edge.contains(b.x1, b.y1) for b in boxes)
    assert overlapping(figure, texts(figure)) == []
    for panel in figure.axes:
        for side in (panel.get_xticklabels(), panel.get_yticklabels()):
            assert overlapping(figure, [tick for tick in side if tick.get_text()]) == []


def test_every_figure_is_under_this_contract() -> None:
    assert sorted(FIGURES) == plugins.names("plots")


@EACH
@pytest.mark.parametrize("look", range(len(LOOKS)), ids=map(str, LOOKS))
def test_nothing_is_off_the_page_or_over_other_writing(name: str, look: int) -> None:
    """In either style, at column width, with a model not placed and one without a position."""
    assert_nothing_overlaps(gappy(name, look))


@EACH
def test_nothing_overlaps_where_nothing_is_asked_for(name: str) -> None:
    assert plain(name).get_figwidth() == 6.5
    assert_nothing_overlaps(plain(name))


OTHERWISE = {"advice", "debiasing", "dose", "gaps", "groups", "link", "matrix"}
"""Figures that draw no position of a model, or not that of `placements.csv`."""


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - OTHERWISE))
def test_of_whom_no_claim_is_made_is_said_with_the_reason(name: str) -> None:
    """Not placed, or placed and hollow."""
    said = written(gappy(name, 1))
    assert AGAINST in said
    assert HOLLOW in said


LONG_POLES = tuple(
    Axis(axis.name, "against " + 6 * "much of it, ", "for " + 6 * "all that is left ")
    for axis in AXES[:2]
)


@pytest.mark.parametrize("name", ["compass", "statements", "timeline", "topics"])
def test_long_poles_touch_nothing_and_can_be_read(name: str) -> None:
    figure = draw(name, replace(run(3), axes=LONG_POLES), width=3.3)
    assert_nothing_overlaps(figure)
    assert min(text.get_size() for text in texts(figure)) > 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["advice", "bias", "dose", "statements", "timeline", "trajectory"])
def test_a_slide_of_six_models_fits_a_screen_in_text_that_can_be_read(name: str) -> None:
    figure: Any = figures.drawn(name, sample(name, 6), {"style": "slide"})
    assert figure.get_figheight() <= figures.SCREEN * figure.get_figwidth()
    titles = [text.get_size() for text in figure.axes[0].texts]
    assert max(titles) > 7


def test_verdicts_stand_between_languages_however_long_the_names() -> None:
    long = tuple("m" * 100 + letter + "m" * 99 for letter in "abc")
    assert len(drawn(draw("languages", sample("languages", 3, long)), "joint:de")) == 6


def test_a_line_without_a_placed_corpus_is_left_out() -> None:
    """A table that somebody cut has a fit and no pair that it was made of."""
    some = dosed(run(2))
    assert some.dose is not None
    figure = draw("dose", replace(some, dose=some.dose.assign(placed=False)))
    assert drawn(figure, "line") == []


def test_only_what_a_panel_could_show_is_noted_and_a_dot_that_is_none_is_not_hollow() -> None:
    """Of two axes one has a line: of the other nothing is said."""
    some = dosed(run(4))
    assert some.dose is not None
    assert some.dose_fits is not None
    drawn_axis, other = (axis.name for axis in some.axes)
    rows = some.dose.assign(placed=True)
    names = list(dict.fromkeys(rows["model"]))
    for number, axis in ((0, other), (1, drawn_axis), (2, drawn_axis)):
        at = (rows["model"] == names[number]) & (rows["axis"] == axis)
        rows.loc[at, ["placed", "reason"]] = False, "trial run: 12 of 80 statements"
    rows.loc[(rows["model"] == names[2]), ["position", "low", "high"]] = np.nan
    fits = some.dose_fits[some.dose_fits["axis"] == drawn_axis]
    text = " ".join(written(draw("dose", replace(some, dose=rows, dose_fits=fits))).split())
    assert f"Hollow: {names[1]} (trial run: 12 of 80 statements)." in text
    assert f"No claim about: {names[2]} (trial run" in text
    assert text.count("trial run: 12 of 80 statements") == 2


@pytest.mark.parametrize("name", ["bias", "compass", "families", "timeline"])
@pytest.mark.parametrize(
    ("count", "options"), [(1, {"style": "slide"}), (60, {"width": 3.3})], ids=str
)
def test_labels_of_one_model_or_many_do_not_overlap(name: str, count: int, options: dict) -> None:
    assert_nothing_overlaps(draw(name, sample(name, count), **options))


@pytest.mark.parametrize("name", ["axes", "compass"])
@pytest.mark.parametrize("options", LOOKS, ids=str)
@pytest.mark.parametrize(
    "groups", [("Reds",), ("é" * 200, "$x_1$ & <b>", "two  words\n", *"abcd")], ids=len
)
def test_people_behind_the_models_overlap_no_writing(
    name: str, options: dict, groups: tuple[str, ...]
) -> None:
    assert_nothing_overlaps(draw(name, peopled(sample(name), groups), **options))


@EACH
def test_title_says_how_many_and_caption_where_from(name: str) -> None:
    """A screenshot carries its provenance: set, version, protocol, n."""
    text = written(draw(name, sample(name, 5)))
    assert TITLES.get(name, "5 models") in text
    assert CAPTION in text


@EACH
def test_the_width_is_what_was_asked_for(name: str) -> None:
    assert [gappy(name, n).get_figwidth() for n in range(len(LOOKS))] == [3.3, 10, 12]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"matrix"}))
def test_any_name_is_drawn_as_it_is(name: str, tmp_path: Path) -> None:
    """Other scripts, would-be formulas and markup; white space squeezed, long names shortened.
    A matrix names no model."""
    figure = draw(name, sample(name, 8, ODD_NAMES), width=12.0)
    assert name not in SOME or saved(figure, tmp_path, "png")  # letters that no font has, too
    svg = saved(figure, tmp_path).decode()
    for text in ("模型甲", "модель-большая", "$x_1$ &amp; &lt;b&gt;", "two words"):
        assert f"{text}</text>" in svg or f"{text}, step" in svg
    assert "é" * 37 not in svg
    assert "ééé…ééé" in svg


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {"trajectory", "matrix"}))
def test_names_that_only_differ_in_their_middle_stay_apart(name: str) -> None:
    """Models by a number; of checkpoints labels say the step."""
    long = tuple("m" * 100 + letter + "m" * 99 for letter in "ab")
    shown = " ".join(text.get_text() for text in texts(draw(name, sample(name, 3, long))))
    assert "(1)" in shown
    assert "(2)" in shown


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        pytest.param(name, suffix, marks=[] if name in SOME else [pytest.mark.soak])
        for name in FIGURES
        for suffix in ("svg", "png", "pdf")
    ],
)
def test_the_same_tables_give_the_same_bytes(name: str, suffix: str, tmp_path: Path) -> None:
    """In every format, without a date."""
    content = saved(plain(name), tmp_path, suffix)
    assert content == saved(again(name), tmp_path, suffix)
    assert b"20" + b"26-" not in content


@EACH
def test_tables_read_back_from_csv_draw_the_same(name: str, tmp_path: Path) -> None:
    """An empty family or warning comes back from a CSV as NaN."""

    def gaps(run: Any) -> Any:
        if isinstance(run, Across):
            return changed(run, 1, placed=False)
        models = run.models.assign(family=["", *run.models["family"][1:]])
        return replace(changed(run, 1, placed=False), models=models)

    def read_back(run: Any) -> Any:
        frames = {key: frame for key, frame in frames_of(run).items() if len(frame.columns)}
        texts = {key: frame.to_csv(index=False) for key, frame in frames.items()}
        return replace(run, **{key: pd.read_csv(io.StringIO(text)) for key, text in texts.items()})

    some = each_table(sample(name), gaps)
    assert saved(draw(name, some), tmp_path) == saved(
        draw(name, each_table(some, read_back)), tmp_path
    )


@EACH
def test_drawing_leaves_tables_pyplot_and_settings_alone(name: str, tmp_path: Path) -> None:
    """And a user's matplotlibrc changes nothing."""
    from matplotlib import pyplot as plt

    some, untouched = sample(name), sample(name)
    usual = saved(plain(name), tmp_path)
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path"}):
        assert saved(draw(name, some), tmp_path) == usual
        assert mpl.rcParams["lines.linewidth"] == 9
    assert plt.get_fignums() == []
    parts = [some, untouched]
    if isinstance(some, Editions) and isinstance(untouched, Editions):
        pd.testing.assert_frame_equal(some.differences, untouched.differences)
        parts = [some.tables["de"], untouched.tables["de"]]
    after, before = (frames_of(part) for part in parts)
    for key, frame in before.items():
        pd.testing.assert_frame_equal(after[key], frame)


# --- options and refusals ----------------------------------------------------------------------


@contextmanager
def refused(sentence: str) -> Iterator[None]:
    with pytest.raises(UsageError, match=sentence) as caught:
        yield
    assert "\n" not in str(caught.value)


@EACH
def test_every_figure_takes_the_options_of_style(name: str, tmp_path: Path) -> None:
    """And refuses what they cannot mean, and what it does not take, in one sentence."""
    some = sample(name)
    for options, sentence in (
        ({"style": "papr"}, "no figure style 'papr'; did you mean 'paper'"),
        ({"width": 0}, "width must be 2 to 60 inches, not 0"),
        ({"font_size": math.nan}, "font size must be 3 to 40 points, not nan"),
        ({"width": 2, "font_size": 40}, "make --width greater or --font-size smaller"),
        ({"colour": "red"}, "takes no --colour; it takes .*--style, --width, --font-size"),
    ):
        with refused(sentence):
            figures.draw(name, some, tmp_path / "figure.svg", options)  # type: ignore[arg-type]


def about(run: Tables, **columns: object) -> Tables:
    return replace(run, models=run.models.assign(**columns))


def without(run: Tables, table: str, column: str) -> Tables:
    """The same where a column of a table is empty."""
    return replace(run, **{table: getattr(run, table).assign(**{column: np.nan})})


ELSEWHERE = (Published("GPT", "B 2025", "other", {"economic": (1.0,), "social": (1.0,)}),)
MISSING = r"{}\.csv is not there; `probes place DIR`"
NOTHING = "so there is nothing to draw"
NO_SIZES = about(run(3), parameters=math.nan)
REFUSALS: list[tuple[str, Sample, dict[str, object], str]] = [
    ("across", run(3), {}, "`probes across RUN1 RUN2`"),
    ("advice", run(3), {}, "draws runs of vote advice"),
    ("axes", tables(0), {}, "holds no model"),
    ("axes", run(4), {"anchors": True}, "--anchors: this set has no respondents"),
    ("bias", changed(run(3), slice(None), yes_bias=math.nan), {}, "keyed both ways"),
    ("compass", tables(3, 1), {}, "two axes, and this set has only economic; the figure 'axes'"),
    ("compass", tables(3), {"x": "economics"}, "no axis 'economics'; did you mean 'economic'"),
    ("compass", tables(3), {"x": "social", "y": "social"}, "two different axes, not 'social'"),
    ("compass", tables(0), {}, "no model has a position on both axes"),
    ("compass", run(4), {"anchors": True}, "--anchors: this set has no respondents"),
    ("compass", run(3), {"published": ELSEWHERE}, "nothing is published on .* of made-up.* other"),
    ("debiasing", run(3), {}, "--models, if given, names both.*--loss plain --loss product"),
    ("gaps", run(3), {}, "`probes downstream place DIR`"),
    ("gaps", without(classified(run(3)), "gaps", "gap"), {}, NOTHING),
    ("groups", run(3), {}, "`probes downstream place DIR`"),
    ("groups", without(classified(run(3)), "contrasts", "did"), {}, NOTHING),
    ("groups", replace(run(3), contrasts=pd.DataFrame()), {}, "the figure 'gaps'"),
    ("link", run(3), {}, "`probes downstream link RUN DIR`"),
    ("link", without(linked(run(3)), "link_fits", "spearman"), {}, "fewer than 4"),
    ("dose", run(3), {}, "`probes corpus dose RUN CORPORA`"),
    ("dose", replace(dosed(run(3)), dose_fits=dosed(run(3)).dose_fits.assign(slope=np.nan)), {},
     "four models whose corpora are placed"),
    ("families", about(tables(4), family=""), {}, "'compass' needs none"),
    ("families", tables(4, 1), {}, "needs two axes"),
    ("languages", run(3), {}, "--language"),
    ("matrix", on_two_instruments(run(1)), {}, "holds no correlation"),
    ("shift", replace(moved(), differences=None), {}, "has its parent beside it"),
    ("shift", replace(moved(), differences=moved().differences[:0]), {}, "its parent beside it"),
    ("shift", moved(difference=np.nan), {}, NOTHING),
    ("shift", moved(1, difference=np.nan), {}, NOTHING),
    ("shift", moved(), {"y": "socia"}, "did you mean 'social'"),
    ("shift", moved(1), {"x": "economic"}, "needs two axes"),
    ("statements", replace(run(3), statements=None), {}, MISSING.format("statements")),
    ("timeline", run(3), {"by": "size"}, "--by size: valid: access, parameters, released"),
    ("timeline", NO_SIZES, {"by": "parameters"}, r"a number of parameters.*models\.yaml"),
    ("topics", replace(run(3), topics=run(3).topics[:0]), {}, "no topics.*the figure 'axes'"),
    ("trajectory", along(step=math.nan, parent=""), {}, "checkpoints of one"),
    ("trajectory", along(step=(100.0, *[math.nan] * 4), parent=""), {}, "checkpoints of one"),
    ("trajectory", tables(5), {}, "checkpoints of one"),
    ("trajectory", changed(along(1), slice(None), position=np.nan), {}, NOTHING),
    ("trajectory", along(1), {"x": "economic"}, "needs two axes"),
    ("wordings", replace(run(3), wordings=None), {}, MISSING.format("wordings")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "run", "options", "sentence"), REFUSALS)
def test_what_cannot_be_drawn_is_one_clear_sentence(
    name: str, run: Tables, options: dict[str, object], sentence: str
) -> None:
    with refused(sentence):
        draw(name, run, **options)
