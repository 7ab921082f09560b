"""Benchmark of stance classification of replies: two hypotheses each, by an NLI model.

Compares probes with transformers' zero-shot pipeline (one by one, and in batches of 16), on
distinct replies, and on replies with as many duplicates as real ones: of 1,860 replies of three
models to a forced choice (llm-values-pct), 813 are distinct by model and statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING, cast

from benchmarks import models, results
from benchmarks.rounds import OURS, Contender, Found, measure
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.types import Judge

NAME = "bart-nli"
SINGLE, MANY = 16, 96
"""Replies in a round for the pipeline one by one, and for the others."""
DISTINCT = {"distinct": 1.0, "repeated": 813 / 1860}
"""Case -> share of distinct replies."""
TARGETS = {"distinct": 1.25, "repeated": 2.0}
BATCH = 16
LABELS = ("agree", "disagree")
TEMPLATE = "This example is {}."
SHORTEST, LONGEST = 3, 90
"""Range of the number of words of a reply."""


@dataclass(frozen=True, slots=True)
class Replied:
    """A reply to a statement, with a number, as replies may have equal texts."""

    number: int
    statement: str
    text: str


def run(settings: Settings) -> None:
    """Benchmark both cases, then write the report."""
    report = results.Report("stance", "Stance of replies, two hypotheses", "s per 1,000 replies")
    for case in DISTINCT:
        report.models.append(_case(case, settings))
    report.write(settings)


def _case(case: str, settings: Settings) -> dict[str, object]:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from probes.backends import stance
    from probes.types import LoadOptions, ModelSpec

    path = models.build(NAME, settings)
    tokenizer = AutoTokenizer.from_pretrained(path)
    plain = AutoModelForSequenceClassification.from_pretrained(path).eval().to(settings.device)
    judge = cast(
        "Judge", stance.load(ModelSpec(NAME, str(path)), LoadOptions(device=settings.device))
    )
    single, many = settings.count(SINGLE, MANY), settings.count(MANY, MANY)
    target = TARGETS[case]
    contenders = [
        Contender("zero-shot pipeline, one by one", _pipeline(plain, tokenizer, 1), single, target),
        Contender(OURS, _ours(judge), many),
        Contender(
            "zero-shot pipeline, batches of 16", _pipeline(plain, tokenizer, BATCH), many, target
        ),
    ]
    measured = measure(contenders, partial(replies, DISTINCT[case], many), settings, apart)
    return results.entry(f"{NAME}, {case}", contenders, measured, {})


def apart(one: object, other: object) -> float:
    """The difference of two shares of agree."""
    return abs(cast("float", one) - cast("float", other))


def replies(distinct: float, whole: int, number: int, count: int) -> list[Replied]:
    """The first `count` of the `whole` replies of a round, of which a share is distinct."""
    words, dice = models.real_words(), Random(number)
    different = [
        Replied(
            0,
            " ".join(dice.choices(words, k=12)),
            " ".join(dice.choices(words, k=dice.randint(SHORTEST, LONGEST))),
        )
        for _ in range(max(1, round(whole * distinct)))
    ]
    every = [different[i % len(different)] for i in range(whole)]
    return [Replied(i, r.statement, r.text) for i, r in enumerate(every)][:count]


def _ours(judge: Judge) -> Callable[[Sequence[Replied]], Found]:
    """The plan of a run, and its batches through the backend, without self-check."""
    from probes.replies import stance, stance_model
    from probes.types import Stance

    how = Stance(
        premise="{statement} {reply}",
        hypotheses={label: TEMPLATE.format(label) for label in LABELS},
    )

    def ask(asked: Sequence[Replied]) -> Found:
        items = [stance_model.ReplyItem(str(r.number), r.statement, r.text) for r in asked]
        once = {(item.statement, item.reply): item for item in items}
        shares: dict[str, float] = {}
        for batch in stance_model.plan(judge, how, list(once.values())).batches:
            named = [stance.pairs(how, item.statement, item.reply) for item in batch]
            verdicts = iter(judge.judge([pair for own in named for pair in own.values()]))
            for item, own in zip(batch, named, strict=True):
                shares[item.key] = stance.classify(how, {n: next(verdicts) for n in own}).agree
        return {r.number: shares[once[r.statement, r.text].key] for r in asked}

    return ask


def _pipeline(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, size: int
) -> Callable[[Sequence[Replied]], Found]:
    """The zero-shot classification pipeline of transformers."""
    from transformers import pipeline

    classify = pipeline(
        "zero-shot-classification",
        model=model,
        tokenizer=tokenizer,
        device=model.device,
        batch_size=size,
    )
    how = {"candidate_labels": list(LABELS), "hypothesis_template": TEMPLATE}

    def ask(asked: Sequence[Replied]) -> Found:
        texts = [f"{r.statement} {r.text}" for r in asked]
        classified = (
            [classify(text, **how) for text in texts] if size == 1 else classify(texts, **how)
        )
        return {
            r.number: dict(zip(each["labels"], each["scores"], strict=True))["agree"]
            for r, each in zip(asked, classified, strict=True)
        }

    return ask
