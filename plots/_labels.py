"""Names beside dots, without overlaps.

A name is written next to its dot if there is room. Where dots are crowded, a number replaces the
name and the caller prints the key. A label that still overlaps another is left out, and the caller
can report that. Independent of tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.text import Text

from ._label_layout import Label, LabelPanel

__all__ = ["DrawnLabels", "Label", "names", "place"]


@dataclass(frozen=True, slots=True)
class DrawnLabels:
    """Labels that were written."""

    texts: tuple[Text | None, ...]
    """One text per label; None if there was no room."""
    numbered: tuple[int, ...]
    """Indices of the labels written as numbers 1, 2, ... in this order."""


def place(
    axes: Axes,
    labels: Sequence[Label],
    size: float,
    dot: float,
    around: Sequence[Text],
    *,
    bare: Sequence[tuple[float, float]] = (),
) -> DrawnLabels:
    """Write `labels` near their dots, without overlap with one another, dots and the texts
    `around`.

    `size` is the font size and `dot` the diameter of a dot, both in points; `bare` are dots without
    a label. Leader lines connect distant labels to their dots.
    """
    if not labels:
        return DrawnLabels((), ())
    page = LabelPanel(axes, labels, size, dot, around)
    page.keep_off(bare)
    numbered: list[int] = []
    boxes, clashing = page.seat(numbered)
    while crowded := [i for i in page.crowded if i in clashing and i not in numbered]:
        numbered = sorted([*numbered, *crowded[: (len(crowded) + 1) // 2]])
        boxes, clashing = page.seat(numbered)
    texts = page.write(boxes, numbered)
    legible = page.thin(texts)
    page.lead(legible)
    return DrawnLabels(tuple(legible), tuple(numbered))


def names(axes: Axes, labels: Sequence[Label], size: float, dot: float) -> list[Text | None]:
    """Write names only, for figures without a key; None for a name without room."""
    if not labels:
        return []
    page = LabelPanel(axes, labels, size, dot, ())
    boxes, _ = page.seat((), keyed=False)
    texts = page.write(boxes, ())
    for text in texts:  # a translucent background keeps names readable on lines
        text.set(zorder=4.5, bbox={"fc": "white", "lw": 0, "alpha": 0.7, "pad": 0.4})
    legible = page.thin(texts, within=True)
    page.lead(legible)
    return legible
