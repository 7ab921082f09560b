"""A figure is in the set's language, or in the one that is asked for; statements with texts."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probes.errors import UsageError
from probes.output import figures
from probes.phrases import LANGUAGES, Saying
from probes.types import Tables
from tests.pictures import changed, in_two_languages, moved, on_two_instruments, run, texts, written

REASON = "does not oppose claim and counterclaim"
ENGLISH = ("models", "claim", "interval", "axis", "statement", "hollow", "grey")
"""Words of which none is left in a figure in another language, where its tables have none."""


def german(some: Tables) -> Tables:
    parts = (Saying("Kompass"), Saying("untested on people"))
    about = (Saying("no reason given"),)
    some = replace(some, language="de", caption="Compass", intervals="in English")
    return replace(some, caption_parts=parts, interval_parts=about)


@pytest.mark.parametrize(
    "name", ["axes", "bias", "compass", "statements", "timeline", "topics", "wordings", "families"]
)
def test_all_words_of_a_figure_are_in_the_sets_language(name: str) -> None:
    some = changed(german(run(4)), 0, placed=False, reason=REASON)
    some = changed(some, 1, reason="missing answers could move it by more than 2 points")
    figure: Any = figures.drawn(name, some)
    told = " ".join(t.get_text() for t in texts(figure)).lower()
    assert "nicht an menschen erprobt" in told
    assert name == "statements" or "keine aussage über: llama-0-0b-instruct" in told
    assert not set(ENGLISH) & set(re.findall(r"\w+", told))


def test_shifts_and_languages_are_in_the_sets_language_too() -> None:
    shift: Any = figures.drawn("shift", german(moved()))
    assert "4 Modelle gegenüber ihren Ausgangsmodellen auf den Achsen Wirtschaft" in written(shift)
    languages: Any = figures.drawn("languages", in_two_languages(german(run(3))))
    assert "verschoben gegenüber en" in written(languages)


def test_the_language_can_be_asked_for_and_must_be_one_of_five(tmp_path: Path) -> None:
    english: Any = figures.drawn("compass", german(run(3)), {"lang": "en"})
    assert "3 models on the economic and social axes" in written(english)
    spanish: Any = figures.drawn("compass", run(3), {"lang": "es"})
    assert "3 modelos en los ejes economía y sociedad" in written(spanish)
    with pytest.raises(UsageError, match=r"--lang xx"):
        figures.draw("compass", run(3), tmp_path / "a.png", {"lang": "xx"})
    assert not list(tmp_path.iterdir())


def test_without_letters_of_the_language_words_are_english_and_the_caption_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from probes.plots import _style

    monkeypatch.setattr(_style, "FONTS", ("DejaVu Sans",))
    some = replace(run(3), language="ja", caption="政治 1.2 · protocol default.ja")
    told = written(figures.drawn("compass", some))  # type: ignore[arg-type]
    assert "3 models on the economic and social axes" in told
    assert "no installed font has the letters of ja" in told
    assert "protocol default.ja" in told
    assert "政治" not in told


def test_the_bundled_font_has_the_letters_of_all_languages_but_japanese(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from probes.plots import _style

    from probes.phrases import words

    monkeypatch.setattr(_style, "FONTS", ("DejaVu Sans",))
    lacking = [c for c in LANGUAGES if not _style.writes(set("".join(words(c).values())))]
    assert lacking == ["ja"]


def test_statements_show_their_whole_texts_on_request_and_only_as_many_as_a_slide_holds() -> None:
    some = run(3)
    names = list(dict.fromkeys(some.statements["statement"]))  # type: ignore[index]
    told = {name: f"The text of {name} goes on for more than a line of the page." for name in names}
    some = replace(some, texts=told)
    figure: Any = figures.drawn("statements", some, {"texts": True})
    for text in told.values():
        assert text in written(figure)
    many = replace(some, statements=_more(some))
    with pytest.raises(UsageError, match="do not fit a slide"):
        figures.drawn("statements", many, {"texts": True, "style": "slide"})


def _more(some: Tables) -> Any:
    import pandas as pd

    table = some.statements
    assert table is not None
    return pd.concat([table, table.assign(statement=table["statement"] + "-more")])


def test_models_that_are_not_placed_are_said_and_have_no_dot_across_and_in_languages() -> None:
    across: Any = figures.drawn(
        "across", changed(on_two_instruments(run(3)), 0, placed=False, reason=REASON)
    )
    some = changed(run(3), 0, placed=False, reason=REASON)
    languages: Any = figures.drawn("languages", in_two_languages(some))
    for figure in (across, languages):
        assert f"No claim about: llama-0-0b-instruct ({REASON})." in written(figure)
        assert "not placed" in {text.get_text() for text in texts(figure)}
    dots = [a for p in across.axes for a in p.get_lines() if str(a.get_label()).startswith("dot:")]
    assert len(dots) == 2 * 2 * 2
    joints = [line for panel in languages.axes for line in panel.get_lines()]
    assert sum(str(line.get_label()).startswith("joint:") for line in joints) == 2 * 2
