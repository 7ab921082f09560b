"""The act of the invented groups: its picture, and, in a long test, all that it asserts."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pandas as pd
import pytest
from probes.plots import _trail

from probes.demo.groups import act, words
from probes.types import Tables
from tests.pictures import texts

ENDS = {"value": 0.5, "low": 0.2, "high": 0.8}


def test_the_picture_shows_each_child_at_all_three_stations_in_one_colour_and_height() -> None:
    """What has no value is left out; the base is no row of the task's."""
    rows = [
        {"station": station, "model": model, "group": group, **ENDS}
        for station in ("corpus", "model")
        for model in ("base", "hostile", "neutral")
        for group in words.GROUPS
    ]
    rows[0] |= {"value": float("nan")}
    rows += [
        {"station": "task", "model": name, "group": group, **ENDS, "texts": texts_of, "seeds": 5}
        for name in ("hostile", "neutral")
        for group, texts_of in zip(words.GROUPS, (40, 48, 48, 48), strict=True)
    ]
    figure = _trail.draw(pd.DataFrame(rows))
    dots = [
        {str(line.get_label()): line for line in axes.lines if str(line.get_label())[:4] == "dot:"}
        for axes in figure.axes[1:]
    ]
    assert [len(of) for of in dots] == [11, 12, 8]
    for label, dot in dots[2].items():
        for other in dots[:2]:
            assert other[label].get_markerfacecolor() == dot.get_markerfacecolor()
            assert other[label].get_ydata() == dot.get_ydata()
    written = [text.get_text() for text in texts(figure)]
    assert all(f"the {group}" in written for group in words.GROUPS)
    caption = " ".join(written)
    assert "3 is of 40–48 attacks on each group, by 5 classifiers (seeds) of each model." in caption


def test_the_task_says_of_how_many_texts_and_seeds_it_is() -> None:
    contrast = {"model": "hostile", "group": "Ondari", "metric": "recall", "texts": 48, "seeds": 5}
    contrasts = pd.DataFrame([contrast | {"did": -0.6, "did_low": -0.7, "did_high": -0.5}])
    empty = cast("Tables", SimpleNamespace(placements=pd.DataFrame()))
    (row,) = act._trail(empty, empty, contrasts)
    assert (row["texts"], row["seeds"]) == (48, 5)


@pytest.mark.soak
def test_what_was_planted_is_found_and_an_act_goes_on(tmp_path: Path) -> None:
    """All six assertions, the files, and nothing made again by the same call."""
    assertions = act.run(tmp_path / "groups")
    assert [a.found for a in assertions if not a.holds] == []
    assert len(assertions) == 6
    for name in ("trail.png", "trail.csv", "assertions.csv", "together.csv"):
        assert (tmp_path / "groups" / name).stat().st_size > 0
    told = list[str]()
    assert act.run(tmp_path / "groups", lambda p: told.append(p.model)) == assertions
    assert not any(name.startswith("training") for name in told)
