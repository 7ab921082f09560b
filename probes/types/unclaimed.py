"""Models without a claim, and the reasons: for the note below a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from probes.phrases import listed, say
from probes.types.reasons import hollow, placed
from probes.types.retold import told

if TYPE_CHECKING:
    from probes.types.tables import Tables


def hollow_models(tables: Tables, axes: Sequence[str] = ()) -> dict[str, str]:
    """Model -> why no claim is made of it though it is placed, in the current language. Considers
    `axes` (default: all); a reason that holds on some of them only follows their names."""
    names = list(axes) or [axis.name for axis in tables.axes]
    why: dict[str, dict[str, list[str]]] = {}
    for row in tables.placements[["model", "axis", "placed", "reason"]].to_dict("records"):
        if row["axis"] in names and placed(row["placed"]):
            of_model = why.setdefault(str(row["model"]), {})
            for sentence in hollow(row["reason"]):
                of_model.setdefault(sentence, []).append(say(str(row["axis"])))
    return {
        model: "; ".join(
            _with_axes(sentence, on, len(names)) for sentence, on in axes_by_sentence.items()
        )
        for model, axes_by_sentence in why.items()
        if axes_by_sentence
    }


def _with_axes(sentence: str, on: Sequence[str], axes: int) -> str:
    """The sentence, after the names of its axes unless it holds on all."""
    if len(on) == axes:
        return told(sentence)
    return say("on {axes}: {why}", axes=listed(on), why=told(sentence))
