"""Stance of a reply towards its statement: agree, disagree, neither, or unrelated to it.

`pairs` gives the premises and hypotheses for a stance model; `classify` interprets its logits;
`with_stances` replaces choices by stances, so that open replies count like chosen options. Pure:
asks no model and reads no file (see `runs.judge`, `stance_file`).
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from probes.errors import RunError
from probes.replies.thinking import open_thought, without_thinking
from probes.types import (
    MIRRORED,
    STANCES,
    Answer,
    Header,
    Materials,
    Option,
    Recipe,
    Stance,
    Status,
    Verdict,
    Wording,
)

UNSURE = "unsure"
"""Stance of a reply if no stance has the minimum share."""
OPTIONS = (
    Option("strongly disagree", "disagree", ("strongly disagree",), strong=True),
    Option("disagree", "disagree", ("disagree",)),
    Option("agree", "agree", ("agree",)),
    Option("strongly agree", "agree", ("strongly agree",), strong=True),
)
"""Options that stances are mapped to, as if they had been offered."""
NO_SIDE: Mapping[str, tuple[Status, str]] = {
    "neither": ("refused", "takes no side"),
    "unrelated": ("unparsed", "writes about something else"),
    UNSURE: ("unparsed", "its stance is unsure"),
}
"""Stance -> status and reason of a missing answer."""


@dataclass(frozen=True, slots=True)
class JudgedReply:
    """Judgement of a stance model on one reply."""

    stance: str
    """One of `STANCES`, or `UNSURE`."""
    shares: Mapping[str, float]
    """Stance -> its share, in [0, 1]; they sum to 1."""
    agree: float
    """agree / (agree + disagree), of shares, in [0, 1]: zero-shot with two labels."""
    cut: bool
    """Whether the reply was longer than the model's context, so that its end was not judged."""
    strongly: bool = False
    """Whether agree and disagree differ by more than the margin."""

    @property
    def choice(self) -> str | None:
        """Label among `OPTIONS`; None if no side is taken."""
        if self.stance in NO_SIDE:
            return None
        return f"strongly {self.stance}" if self.strongly else self.stance


TextOf = Mapping[tuple[str, str, int], str]
"""(name, role, variant) of an answer -> the text that was asked about."""
Judgements = Mapping[tuple[str, str], JudgedReply]
"""(text of the statement, reply without thinking) -> judgement."""


def pairs(stance: Stance, statement: str, reply: str) -> dict[str, tuple[str, str]]:
    """Stance -> (premise, hypothesis)."""

    def filled(template: str) -> str:
        # Both at once: a statement may contain braces.
        parts = template.split("{statement}")
        return statement.join(part.replace("{reply}", reply) for part in parts)

    premise = filled(stance.premise)
    texts = {name: stance.hypotheses[name] for name in STANCES if name in stance.hypotheses}
    return {name: (premise, text.replace("{statement}", statement)) for name, text in texts.items()}


def classify(stance: Stance, verdicts: Mapping[str, Verdict]) -> JudgedReply:
    """The stance, by a softmax over the hypotheses' entailment logits.

    >>> sure = {"agree": Verdict(2.0, 0, 0), "disagree": Verdict(-2.0, 0, 0)}
    >>> classify(Stance(), sure).stance
    'agree'
    """
    logits = {name: verdict.entailment for name, verdict in verdicts.items()}
    shares = softmax(logits)
    two = softmax({name: logits[name] for name in ("agree", "disagree")})
    likeliest = max(shares, key=lambda name: shares[name])
    decided = likeliest if shares[likeliest] >= stance.threshold else UNSURE
    strongly = abs(two["agree"] - two["disagree"]) >= stance.margin
    cut = any(verdict.cut for verdict in verdicts.values())
    return JudgedReply(decided, shares, two["agree"], cut, strongly)


def digest(stance: Stance) -> str:
    """sha256 over all settings that map a model's logits to a stance."""
    content = [stance.premise, sorted(stance.hypotheses.items()), stance.threshold]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def statement_texts(materials: Materials) -> TextOf:
    """The texts asked about, by `about`; for requests, the claim of the pair."""
    text_of = dict[tuple[str, str, int], str]()
    if materials.statements.kind == "requests":
        for pair in materials.statements.statements:
            for role in ("statement", "mirror"):
                text_of[pair.id, role, 0] = pair.tags.get("claim", "")
        return text_of
    for statement in (v for s in materials.statements.statements for v in s.versions):
        text_of[statement.id, "statement", statement.variant] = statement.text
        if statement.mirror:
            text_of[statement.id, "mirror", statement.variant] = statement.mirror
    for control in materials.controls.statements if materials.controls else ():
        text_of[control.id, "control", 0] = control.text
        if control.mirror:
            text_of[control.id + MIRRORED, "control", 0] = control.mirror
    return text_of


def about(answer: Answer) -> tuple[str, str, int]:
    """(name, role, variant) of an answer."""
    return answer.statement, answer.role, answer.variant


def spoken_text(answer: Answer) -> str | None:
    """Text of a reply, stripped and without thinking; None if empty."""
    if answer.reply is None:
        return None
    text = without_thinking(f"{open_thought(answer.before)}{answer.reply}")
    return (text or "").strip() or None


def with_stances(
    header: Header,
    answers: Iterable[Answer],
    statement_text: TextOf,
    judgements: Judgements,
) -> tuple[Header, Iterator[Answer]]:
    """The evidence with choices replaced by stances, in wordings without options.

    Args:
        header: Header of the answers.
        answers: The answers as recorded.
        statement_text: See `statement_texts`.
        judgements: Judgement of every reply to an open question.
    """
    opened = {name for name, options in header.wordings.items() if not options}
    wordings = {n: OPTIONS if n in opened else options for n, options in header.wordings.items()}
    return replace(header, wordings=wordings), (
        _with_stance(answer, statement_text, judgements) if answer.wording in opened else answer
        for answer in answers
    )


def with_stance_options(recipe: Recipe) -> Recipe:
    """The protocol with stances as the options of its open wordings."""

    def closed(wording: Wording) -> Wording:
        return wording if wording.options else replace(wording, options=OPTIONS)

    instead = {backend: with_stance_options(own) for backend, own in recipe.instead.items()}
    return replace(recipe, wordings=tuple(map(closed, recipe.wordings)), instead=instead)


def _with_stance(answer: Answer, statement_text: TextOf, judgements: Judgements) -> Answer:
    reply = spoken_text(answer)
    if answer.status == "failed" or reply is None:
        status: Status = "failed" if answer.reply is None else "unparsed"
        return replace(answer, status=status, choice=None, reason=answer.reason or "says nothing")
    statement = statement_text.get(about(answer))
    if statement is None:
        raise RunError(
            f"there is an answer to {answer.role} {answer.statement!r}, which the run's set lacks: "
            "the evidence is damaged"
        )
    judgement = judgements[statement, reply]
    if judgement.stance in NO_SIDE:
        status, reason = NO_SIDE[judgement.stance]
        return replace(answer, status=status, choice=None, reason=reason)
    return replace(answer, status="ok", choice=judgement.choice, reason="")


def softmax(logits: Mapping[str, float]) -> dict[str, float]:
    """Shares in [0, 1] that sum to 1."""
    top = max(logits.values())
    odds = {name: math.exp(value - top) for name, value in logits.items()}
    total = math.fsum(odds.values())
    return {name: value / total for name, value in odds.items()}
