"""Answers -> what the report shows of them: exact prompts, probabilities and replies, compactly.

Reads one model's file line by line and keeps no `Answer`. A prompt is kept as a *template*, the
text around the statement, so that a wording is stored once however many models and statements it
was put to. Of runs with very many answers only templates and counts are kept. Nothing is estimated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from probes.types import Answer, Header, StatementSet

HOLE = "\u0001"
"""Stands in a template where the statement's text was."""
WHOLE = 120_000
"""Answers of a run up to which each is shown."""
LONGEST = 4_000
"""Characters of a reply that are kept at all."""
DISTINCT = 2_000
"""Templates that are kept of a run whose answers are not all shown."""

Row = list[object]


@dataclass(slots=True)
class Templates:
    """Texts around statements: each is stored once."""

    most: int | None = None
    """How many are kept; None: all."""
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Before and after the slot, the statement's text cut out."""
    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    def number(self, before: str, after: str, statement: str) -> int | None:
        """Of a prompt's template; None where no more are kept."""
        template = before.replace(statement, HOLE, 1) if statement else before, after
        if template not in self._known:
            if self.most is not None and len(self.texts) >= self.most:
                return None
            self._known[template] = len(self.texts)
            self.texts.append(template)
        return self._known[template]


@dataclass(slots=True)
class ShownAnswers:
    """What is shown of one model's answers."""

    header: Header
    done: int = 0
    """Answers that are there, of `header.cells`."""
    refused: int = 0
    unparsed: int = 0
    failed: int = 0
    combinations: list[Row] = field(default_factory=list)
    """Wording, side (0 statement, 1 mirror), order, seed, template: what a row's first number
    refers to."""
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """Statement -> rows: combination, mass or None, log-probabilities in thousandths in the order
    of the wording's options, and, where there is more to say, a mapping: s status, r reply,
    c choice, y reason."""


def read_answers(
    header: Header,
    answers: Iterable[Answer],
    statements: StatementSet,
    templates: Templates,
    *,
    whole: bool,
    condition: str = "",
) -> ShownAnswers:
    """Go through one model's answers; with `whole`, keep a row of each under the condition."""
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
        The longest that a reply may now be; None where none was cut.
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
    cut = False
    for reply in replies:
        if len(reply["r"]) >= longest:
            reply["r"], cut = f"{reply['r'][:longest]} …", True
    return longest if cut else None
