"""Names beside dots, without overlaps.

A name that finds room next to its dot is written there. Where dots crowd, a number takes the
name's place and the caller prints the key. A label that overlaps another even then is left out, and
the caller can say so. Knows no tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.text import Text

from ._label_layout import Label, LabelPanel

__all__ = ["DrawnLabels", "Label", "names", "place"]


@dataclass(frozen=True, slots=True)
class DrawnLabels:
    """What was written."""

    texts: tuple[Text | None, ...]
    """One a label; None where there was no room for any."""
    numbered: tuple[int, ...]
    """Indices of the labels that stand as numbers 1, 2, ... in this order."""


def place(
    axes: Axes,
    labels: Sequence[Label],
    size: float,
    dot: float,
    around: Sequence[Text],
    *,
    bare: Sequence[tuple[float, float]] = (),
) -> DrawnLabels:
    """Write `labels` near their dots, clear of one another, of dots and of the texts `around`.

    `size` is that of the text and `dot` the diameter of a dot, both in points; `bare` are dots
    that get no label. Thin lines lead from labels that had to move away to their dots.
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
    """Write names only, for figures without a key; None where a name found no room."""
    if not labels:
        return []
    page = LabelPanel(axes, labels, size, dot, ())
    boxes, _ = page.seat((), keyed=False)
    texts = page.write(boxes, ())
    for text in texts:  # a translucent background keeps names readable where lines cross them
        text.set(zorder=4.5, bbox={"fc": "white", "lw": 0, "alpha": 0.7, "pad": 0.4})
    legible = page.thin(texts, within=True)
    page.lead(legible)
    return legible
