"""Compact evidence for the report: exact prompts, probabilities and replies.

Reads one model's file line by line and keeps no `Answer`. A prompt is stored as a *template* (its
text without the statement), so that each wording is stored once for all models and statements. For
runs with very many answers, only templates and counts are stored. Nothing is estimated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from probes.types import Answer, Header, StatementSet

HOLE = "\u0001"
"""Placeholder in a template for the statement's text."""
WHOLE = 120_000
"""Maximum number of answers of a run for which every answer is shown."""
LONGEST = 4_000
"""Maximum number of characters stored of a reply."""
DISTINCT = 2_000
"""Maximum number of templates stored for a larger run."""

Row = list[object]


@dataclass(slots=True)
class Templates:
    """Prompt texts without their statements, each stored once."""

    most: int | None = None
    """Maximum number of templates; None: no limit."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    """(text before the slot, text after it), without the statement's text."""
    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    def number(self, before: str, after: str, statement: str) -> int | None:
        """Index of a prompt's template, added if new; None where the limit is reached."""
        template = before.replace(statement, HOLE, 1) if statement else before, after
        if template not in self._known:
            if self.most is not None and len(self.texts) >= self.most:
                return None
            self._known[template] = len(self.texts)
            self.texts.append(template)
        return self._known[template]


@dataclass(slots=True)
class ShownAnswers:
    """Answers of one model, as the report shows them."""

    header: Header
    done: int = 0
    """Number of answers, of `header.cells`."""
    refused: int = 0
    unparsed: int = 0
    failed: int = 0
    combinations: list[Row] = field(default_factory=list)
    """[wording, side (0 statement, 1 mirror), order, seed, template]: a row's first number is an
    index into this list."""
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """Statement id -> rows: index into `combinations`, mass or None, log-probabilities in
    thousandths in the order of the wording's options, and perhaps a mapping: s status, r reply, c
    choice, y reason."""


def read_answers(
    header: Header,
    answers: Iterable[Answer],
    statements: StatementSet,
    templates: Templates,
    *,
    whole: bool,
    condition: str = "",
) -> ShownAnswers:
    """Count and store one model's answers; rows only with `whole` and of this condition."""
    shown = ShownAnswers(header)
    texts = {s.id: (s.text, s.mirror or "") for s in statements.statements}
    labels = {name: [o.label for o in options] for name, options in header.wordings.items()}
    numbers: dict[tuple[object, ...], int] = {}
    for answer in answers:
        shown.done += 1
        if answer.status != "ok":
            setattr(shown, answer.status, getattr(shown, answer.status) + 1)
        if answer.condition != condition:
            continue
        if answer.role not in ("statement", "mirror") or answer.statement not in texts:
            continue
        side = int(answer.role == "mirror")
        template = templates.number(answer.before, answer.after, texts[answer.statement][side])
        seed = answer.seed if whole else 0
        name = (answer.wording, side, answer.order, seed, template)
        if name not in numbers:
            if not whole and len(numbers) >= DISTINCT:
                continue
            numbers[name] = len(numbers)
            shown.combinations.append(list(name))
        if whole:
            row = _row(numbers[name], answer, labels.get(answer.wording, []))
            shown.rows.setdefault(answer.statement, []).append(row)
    return shown


def _row(combination: int, answer: Answer, labels: list[str]) -> Row:
    scores: Mapping[str, float] = answer.logprobs or {}
    mass = None if answer.mass is None else round(answer.mass, 4)
    row: Row = [combination, mass]
    if scores:
        row += [round(1000 * scores[name]) if name in scores else None for name in labels]
    more = {
        "s": "" if answer.status == "ok" else answer.status,
        "r": (answer.reply or "")[:LONGEST],
        "c": answer.choice or "",
        "y": answer.reason,
    }
    notes = {name: text for name, text in more.items() if text}
    return [*row, notes] if notes else row


def shorten(every: Iterable[ShownAnswers], most: int) -> int | None:
    """Cut replies so that all together they have at most `most` characters.

    Returns:
        The maximum length of a reply now; None if none was cut.
    """
    replies = [
        row[-1]
        for shown in every
        for rows in shown.rows.values()
        for row in rows
        if isinstance(row[-1], dict) and "r" in row[-1]
    ]
    for longest in (LONGEST, 1000, 400, 160, 60, 20):
        if sum(min(len(reply["r"]), longest) for reply in replies) <= most:
            break
    any_cut = False
    for reply in replies:
        if len(reply["r"]) >= longest:
            reply["r"], any_cut = f"{reply['r'][:longest]} …", True
    return longest if any_cut else None
