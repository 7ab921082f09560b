"""Importer of TwinViews-13k: `probes sets import twinviews twinviews-13k.csv -o mine.yaml`.

Pairs of statements on one topic, one from the left and one from the right (Fulay et al. 2024): a
CSV file with the columns ``l``, ``r`` and ``topic``. Each pair becomes a statement and its mirror,
with the left and the right text first in turn. The companion pairs of true and false statements
(TruthGen, columns ``truth`` and ``falsehood``) become a set of control pairs. No text of these
ships with probes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.errors import SetError, UsageError, nearest
from probes.importers import _head
from probes.importers._json import only_file
from probes.importers._records import ForeignTable, cell_text
from probes.importers._tables import comma_separated
from probes.instruments.faults import folded

OPTIONS = {
    **{name: meaning for name, meaning in _head.OPTIONS.items() if name != "axes"},
    "limit": "so many pairs, evenly over the file (left out: all)",
}
VIEWS, FACTS = ("l", "r"), ("truth", "falsehood")
POLES = {VIEWS: ("leaning", "left", "right"), FACTS: ("truth", "true", "false")}
"""Columns -> the axis, and the pole of each of the two columns."""
SOURCE = "Fulay et al. 2024, https://github.com/sfulay/truth_politics"
Pair = tuple[str, str, str]
"""(text of the first column, text of the second, topic)."""


def read(paths: Sequence[Path], options: Mapping[str, str]) -> dict[str, object]:
    """The set made from the file, as plain data.

    Raises:
        SetError: the file is not CSV of this format.
        UsageError: the options do not fit the file.
    """
    path = only_file(paths, "twinviews")
    table = comma_separated(path)
    columns = next((pair for pair in POLES if set(pair) <= set(table.columns)), None)
    if columns is None:
        raise SetError(
            f"{path}: lacks the columns of TwinViews (l, r, topic) and those of TruthGen (truth, "
            f"falsehood): {nearest('l', table.columns)}"
        )
    pairs, notes = _distinct(_pairs(table, columns))
    axis, first, second = POLES[columns]
    positive, negative = (first, second) if columns == FACTS else (second, first)
    usual = {"title": "TwinViews" if columns == VIEWS else "TruthGen", "language": "en"}
    usual |= {"licence": "CC-BY-4.0", "source": SOURCE}
    head = _head.head(paths, {k: v for k, v in options.items() if k != "limit"}, usual)
    statements = [
        _statement(number, pair, (first, second))
        for number, pair in _sampled(pairs, options.get("limit"))
    ]
    axes = {axis: {"negative": negative, "positive": positive}}
    return {**head, "axes": axes, "statements": statements, "notes": notes}


def _pairs(table: ForeignTable, columns: tuple[str, str]) -> list[Pair]:
    pairs = []
    for row in table.rows:
        texts = [cell_text(table, row, column) for column in columns]
        if not all(texts):
            raise SetError(f"{table.source}: {row.where}: a text of the pair is empty")
        topic = cell_text(table, row, "topic") if "topic" in table.columns else ""
        pairs.append((texts[0], texts[1], topic))
    return pairs


def _distinct(pairs: Sequence[Pair]) -> tuple[list[Pair], list[str]]:
    """Pairs without a text of an earlier pair, since texts in a set are unique; topics that differ
    in capitals are merged. Also notes on what was left out."""
    names: dict[str, str] = {}
    seen, unique = set[str](), list[Pair]()
    for left, right, topic in pairs:
        plain = [folded(text) for text in (left, right)]
        if plain[0] != plain[1] and seen.isdisjoint(plain):
            unique.append((left, right, names.setdefault(topic.casefold(), topic)))
            seen.update(plain)
    lost = len(pairs) - len(unique)
    note = f"{lost} of {len(pairs)} pairs left out: a text of theirs stands in an earlier one, too"
    return unique, [note] if lost else []


def _sampled(pairs: Sequence[Pair], limit: str | None) -> list[tuple[int, Pair]]:
    """The pairs with their numbers from 1; at most `limit`, evenly spaced."""
    numbered = list(enumerate(pairs, start=1))
    if limit is None:
        return numbered
    if not limit.isdecimal() or int(limit) < 1:
        raise UsageError(f"--option limit={limit}: should be a number from 1 up")
    count = min(int(limit), len(pairs))
    return [numbered[n * len(pairs) // count] for n in range(count)]


def _statement(number: int, pair: Pair, poles: tuple[str, str]) -> dict[str, object]:
    """A pair as a statement; every second pair has the other text first."""
    texts, turned = pair[:2], number % 2 == 0
    text, mirror = reversed(texts) if turned else texts
    topic = {"topic": pair[2]} if pair[2] else {}
    return {"id": f"q{number}", "text": text, "agree": poles[turned], "mirror": mirror, **topic}
