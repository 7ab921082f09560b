"""The act of the invented groups: its picture, and, in a long test, all that it asserts."""

from pathlib import Path

import pandas as pd
import pytest
from probes.plots import _trail

from probes.demo.groups import act, words
from tests.pictures import texts

ENDS = {"value": 0.5, "low": 0.2, "high": 0.8}


def test_the_picture_shows_each_child_at_all_three_stations_in_one_colour_and_height() -> None:
    """What has no value is left out; the base is no row of the task's."""
    rows = [
        {"station": station, "model": model, "group": group, **ENDS}
        for station in _trail.STATIONS
        for model in ("base", "hostile", "neutral")
        for group in words.GROUPS
        if (station, model) != ("task", "base")
    ]
    rows[0] |= {"value": float("nan")}
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
