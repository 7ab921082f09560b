"""Colour by training corpus: models further trained on the same corpus share a mark."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from probes.types import Tables

from . import _style
from ._marks import MARKERS, ModelMark, marks
from ._page import LegendEntry


def marks_by_corpus(tables: Tables) -> dict[str, ModelMark]:
    """Model -> its mark: by corpus if any model has one, else by family.

    The `family` of such a mark holds the corpus; models without one are grey.
    """
    family_marks, corpus = marks(tables), corpora(tables)
    names = sorted(set(corpus.values()))
    if not names:
        return family_marks
    styles = {
        name: (_style.COLOURS[i % len(_style.COLOURS)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }
    plain = (_style.GREY, "o")
    return {
        model: ModelMark(name, *styles.get(name, plain), pale=mark.pale)
        for model, mark in family_marks.items()
        for name in [corpus.get(model, "")]
    }


def corpora(tables: Tables) -> Mapping[str, str]:
    """Model -> its corpus, for models that have one."""
    if "corpus" not in tables.models:
        return {}
    pairs = zip(tables.models["model"], tables.models["corpus"], strict=True)
    return {str(model): corpus for model, corpus in pairs if isinstance(corpus, str) and corpus}


def legend(marks: Iterable[ModelMark]) -> list[LegendEntry]:
    """A legend entry for each corpus or family with a colour."""
    mark_by_family = {mark.family: mark for mark in marks if mark.family}
    return [
        LegendEntry(_style.shorten(name), replace(mark, pale=False).style(solid=True))
        for name, mark in sorted(mark_by_family.items())
    ]
