"""Captions say of how many wordings numbers are made, and what intervals are about."""

import pandas as pd
import pytest

from probes.asking import protocols
from probes.instruments import sets
from probes.phrases import speaking
from probes.tables.caption import caption, intervals, written
from probes.types import Materials, reasons


def placements(*said: reasons.Reason | None) -> pd.DataFrame:
    """A row for each, all with an interval."""
    cells = [reasons.joined([one]) if one else "" for one in said]
    return pd.DataFrame({"reason": cells, "low": [0.0] * len(cells)})


@pytest.mark.parametrize(
    ("rows", "end"),
    [
        (placements(None, None), ", and other wordings"),
        (placements(reasons.FEW_WORDINGS), ", in these wordings only (fewer than 3)"),
        (
            placements(reasons.FEW_WORDINGS, None),
            ", and other wordings only of models with 3 or more",
        ),
        (placements(reasons.FEW_LEXICONS), ", in these words only (fewer than 3 lexicons)"),
        (
            placements(None, reasons.FEW_LEXICONS),
            ", and other words only of models with 3 lexicons or more",
        ),
    ],
)
def test_an_interval_is_about_no_more_than_its_reservation_says(
    rows: pd.DataFrame, end: str
) -> None:
    assert written(intervals(rows)).endswith(f"on such topics{end}")
    tagged = rows.assign(reason=rows["reason"] + f"; {reasons.AT_LEAST.text}")
    assert written(intervals(tagged)).startswith("True intervals are at least as wide")
    assert written(intervals(tagged)).endswith(end)
    with speaking("de"):
        assert "wording" not in written(intervals(rows))


@pytest.mark.parametrize(
    ("scored", "said"),
    [((2, 2), "x 2 wordings"), ((1, 1), "x 1 of 2 wordings"), ((1, 2), "x 1 to 2 wordings")],
)
def test_only_wordings_with_a_number_count(scored: tuple[int, int], said: str) -> None:
    recipe = protocols.load("default")
    names = list(recipe.wordings)
    rows = [
        {"model": model, "role": "statement", "statement": "s", "wording": name,
         "raw": 0.5 if place < most * len(names) // 2 else None, "leaning": None}
        for model, most in zip("ab", scored, strict=True)
        for place, name in enumerate(names)
    ]  # fmt: skip
    materials = Materials(sets.load("compass"), recipe)
    text = written(caption(materials, pd.DataFrame(rows)))
    wanted = said.replace("2", str(len(names))).replace("1", str(len(names) // 2))
    assert f"1 statement {wanted}" in text
