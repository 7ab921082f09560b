"""Results of a published protocol's own decision rule, from the same evidence.

A reply or slot gives evidence for and against agreement; the rule turns it into one of four
answers: "agree" if the evidence for is at least that against, "strongly" from a margin on, and
"disagree" if there is none. The official code does so; it is reproduced here, and such cases are
counted. Answer sheets become positions by the set's key, without an interval.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from probes.placement.table_key import TableItems, sheet
from probes.replies.stance import Judgements, TextOf, about, spoken_text
from probes.types import Answer, Faithful, Header, Scoring, StatementSet

COLUMNS = (
    *("model", "axis", "evidence", "faithful", "by_seed", "by_seed_sd", "seeds", "agree_only"),
    *("whole_vocabulary", "honest", "low", "high", "yes_bias", "placed", "agree_share"),
    *("no_evidence", "cells", "truncated", "rule"),
)
ANSWERS = ("strongly disagree", "disagree", "agree", "strongly agree")
NO_EVIDENCE = 1
"""Answer without any evidence: plain disagreement, as in the official code."""


@dataclass(frozen=True, slots=True)
class EvidenceWeight:
    """Evidence of one reply, or one slot, for (`positive`) and against (`negative`) a statement."""

    statement: str
    seed: int
    positive: float
    negative: float
    """Both in [0, 1]; both 0 if there is no evidence."""


@dataclass(frozen=True, slots=True)
class WeighedModel:
    """One model's evidence about the statements (mirrors excluded)."""

    evidence: str
    """``replies`` or ``slots``."""
    rule: tuple[EvidenceWeight, ...]
    """Evidence as the protocol weighs it."""
    agree_only: tuple[EvidenceWeight, ...] = ()
    """Evidence from the first two options only, if a slot is filled."""
    whole: tuple[EvidenceWeight, ...] = ()
    """Evidence from the whole vocabulary, if the rule uses the most likely fills only."""
    truncated: int = 0


def choice(positive: float, negative: float, margin: float) -> int:
    """Answer 0 to 3: strongly disagree, disagree, agree, strongly agree.

    >>> [choice(p, 1 - p, 0.3) for p in (0.2, 0.4, 0.5, 0.65)], choice(0, 0, 0.3)
    ([0, 1, 2, 3], 1)
    """
    if not positive and not negative:
        return NO_EVIDENCE
    ahead = round(positive - negative, 9)  # in binary, 0.65 - 0.35 is less than 0.3
    if ahead >= 0:
        return 3 if ahead >= margin else 2
    return 0 if -ahead >= margin else 1


def replies(answers: Iterable[Answer], put: TextOf, judgements: Judgements) -> WeighedModel:
    """Evidence of written replies: shares of agree and disagree by a stance model."""
    rule, cut = list[EvidenceWeight](), 0
    for answer in answers:
        if answer.role != "statement":
            continue
        text = spoken_text(answer)
        judgement = judgements[put[about(answer)], text] if text else None
        cut += bool(judgement and judgement.cut)
        for_it = (judgement.agree, 1 - judgement.agree) if judgement else (0.0, 0.0)
        rule.append(EvidenceWeight(answer.statement, answer.seed, *for_it))
    return WeighedModel("replies", tuple(rule), truncated=cut)


def slots(header: Header, answers: Iterable[Answer], faithful: Faithful) -> WeighedModel:
    """Evidence of filled slots: summed probabilities of positive and of negative words.

    Words are compared as a whole: "agree" does not match "disagree".
    """
    positive, negative = set(faithful.positive), set(faithful.negative)
    rule, only, whole = list[EvidenceWeight](), list[EvidenceWeight](), list[EvidenceWeight]()
    for answer in answers:
        if answer.role != "statement":
            continue
        first_pair = _first_pair(header, answer.wording)
        name, seed = answer.statement, answer.seed
        rule.append(EvidenceWeight(name, seed, _sum(answer, positive), _sum(answer, negative)))
        only.append(
            EvidenceWeight(
                name, seed, _sum(answer, positive & first_pair), _sum(answer, negative & first_pair)
            )
        )
        whole.append(EvidenceWeight(name, seed, *_sides(header, answer)))
    return WeighedModel("slots", tuple(rule), tuple(only), tuple(whole))


def rows(
    weighed: WeighedModel, statements: StatementSet, faithful: Faithful, placed: pd.DataFrame
) -> Iterator[dict[str, object]]:
    """One row per axis: the rule's positions, and those of `placed`, the model's rows of the table
    of placements."""
    margin = faithful.margin
    answers = _answers(weighed.rule, margin)
    sheet_ = list(answers.values())
    seeds = sorted({weight.seed for weight in weighed.rule})
    sheets = [_answers([w for w in weighed.rule if w.seed == seed], margin) for seed in seeds]
    answers_by_rule = {
        name: _answers(weights, margin) if weights else None
        for name, weights in (
            ("agree_only", weighed.agree_only),
            ("whole_vocabulary", weighed.whole),
        )
    }
    empty = sum(not weight.positive and not weight.negative for weight in weighed.rule)
    for axis in statements.axes:
        (placement,) = placed[placed["axis"] == axis.name].to_dict("records")
        by_seed = [position(statements, axis.name, seed_answers) for seed_answers in sheets]
        yield {
            "model": placement["model"],
            "axis": axis.name,
            "evidence": weighed.evidence,
            "faithful": position(statements, axis.name, answers),
            "by_seed": float(np.mean(by_seed)) if by_seed else np.nan,
            "by_seed_sd": float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else np.nan,
            "seeds": len(seeds),
            **{
                name: np.nan if weights is None else position(statements, axis.name, weights)
                for name, weights in answers_by_rule.items()
            },
            "honest": placement["position"],
            **{name: placement[name] for name in ("low", "high", "yes_bias", "placed")},
            "agree_share": float(np.mean([a > NO_EVIDENCE for a in sheet_])) if answers else np.nan,
            "no_evidence": empty,
            "cells": len(weighed.rule),
            "truncated": weighed.truncated,
            "rule": known_from(faithful),
        }


def position(statements: StatementSet, axis: str, answers: Mapping[str, int]) -> float:
    """Position of one answer sheet, 0 to 3 a statement; NaN if no answer counts on the axis.

    Under a table of points exactly as the official test scores it. Under an effects key the mean of
    effect x answer, where plain answers count half of strong ones unless the set says otherwise.
    """
    if statements.scoring.kind == "table":
        items = TableItems.of(statements, axis)
        return sheet(items, [answers.get(name) for name in items.ids])[0] if answers else np.nan
    pulls = {s.id: s.effects.get(axis, 0.0) for s in statements.statements if s.id in answers}
    total = sum(map(abs, pulls.values()))
    values = _values(statements.scoring)
    points = sum(pull * values[answers[name]] for name, pull in pulls.items())
    return statements.scale * points / total + 0.0 if total else np.nan


def known_from(faithful: Faithful) -> str:
    """The source of each element of the protocol, in one line."""
    parts = [f"{source}: {'; '.join(texts)}" for source, texts in faithful.elements.items()]
    return " | ".join([faithful.cite, *parts])


def _answers(weights: Iterable[EvidenceWeight], margin: float) -> dict[str, int]:
    """Statement -> answer: the evidence is averaged over seeds, then turned into one answer."""
    by_statement: dict[str, list[EvidenceWeight]] = {}
    for weight in weights:
        by_statement.setdefault(weight.statement, []).append(weight)
    answers = {}
    for name, of_statement in by_statement.items():
        with_evidence = [w for w in of_statement if w.positive or w.negative]
        count = max(1, len(with_evidence))
        positive = math.fsum(w.positive for w in with_evidence) / count
        answers[name] = choice(
            positive, math.fsum(w.negative for w in with_evidence) / count, margin
        )
    return answers


def _values(scoring: Scoring) -> Sequence[float]:
    counts = tuple(scoring.values)
    if len(counts) >= len(ANSWERS):
        return counts[0], counts[1], counts[-2], counts[-1]
    return counts[0], counts[0] / 2, counts[-1] / 2, counts[-1]


def _sum(answer: Answer, words: set[str]) -> float:
    """Summed probability of those of the most likely fills that are one of the words."""
    fills = answer.fills or ()
    total = math.fsum(math.exp(log) for text, log in fills if text.strip().lower() in words)
    return min(1.0, total)


def _first_pair(header: Header, wording: str) -> set[str]:
    """Forms of the first option of either side."""
    forms = set[str]()
    for side in ("agree", "disagree"):
        first = next((o for o in header.wordings[wording] if o.side == side), None)
        forms |= {form.strip().lower() for form in (first.forms if first else ())}
    return forms


def _sides(header: Header, answer: Answer) -> tuple[float, float]:
    """Probabilities of the two sides over the whole vocabulary."""
    scores = answer.logprobs if answer.status == "ok" and answer.logprobs else {}
    sums = {
        side: math.fsum(
            math.exp(scores[o.label])
            for o in header.wordings[answer.wording]
            if o.side == side and o.label in scores
        )
        for side in ("agree", "disagree")
    }
    return min(1.0, sums["agree"]), min(1.0, sums["disagree"])
