"""Benchmark of masked models: the probabilities of two words at a mask.

Compares probes with a plain loop, transformers' fill-mask pipeline (one by one, and in batches of
16) and minicons (`cloze_distribution`, in batches of 16). All get the same texts, longest first, so
that texts in a batch have similar lengths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from benchmarks import models, ours, questions, results
from benchmarks.questions import Asked
from benchmarks.rounds import OURS, Contender, Found, batches, measure, peer
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.types import Prompt

NAMES = ("bert-base", "roberta-base", "bert-tiny")
USUAL = 160
"""Prompts for probes in a round: one wording of the default set."""
PEERS = {"bert-base": (16, 64), "roberta-base": (16, 64), "bert-tiny": (48, 160)}
"""Model -> prompts for peers in a round: one by one, and in batches."""
TARGETS = {"bert-base": (3.3, 1.7), "roberta-base": (4.0, 1.9), "bert-tiny": (None, 7.0)}
"""Model -> promised speed-up over peers: one by one, and over the fastest in batches."""
BATCH = 16
BLANK = "blank"
"""The word in place of the mask, for minicons."""


def run(settings: Settings) -> None:
    """Benchmark every model, then write the report."""
    report = results.Report("masked", "Masked models, one gap, two words")
    for name in settings.chosen(NAMES):
        report.models.append(_model(name, settings))
    report.write(settings)


def _model(name: str, settings: Settings) -> dict[str, object]:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    path = models.build(name, settings)
    tokenizer = AutoTokenizer.from_pretrained(path)
    plain = AutoModelForMaskedLM.from_pretrained(path).eval().to(settings.device)
    model = ours.load(name, settings)
    whole = settings.count(USUAL, USUAL)
    single, batched = (settings.count(many, USUAL) for many in PEERS[name])
    slow, fast = TARGETS[name]
    contenders = [
        Contender("plain loop", _loop(plain, tokenizer), single),
        Contender(OURS, ours.scoring(model), whole),
        Contender("fill-mask, one by one", _pipeline(plain, tokenizer, 1), single, slow),
        Contender("fill-mask, batches of 16", _pipeline(plain, tokenizer, BATCH), batched, fast),
        *peer(
            "minicons",
            lambda: Contender(
                "minicons, batches of 16", _minicons(plain, tokenizer), batched, fast
            ),
        ),
    ]
    asked = questions.asker(questions.MASKED, whole)
    measured = measure(contenders, asked, settings, apart, ours.rate(model))
    tokens = _tokens(tokenizer, asked(1, whole).prompts)
    cost = ours.cost(model)
    facts = results.facts(measured, tokens, tokens * cost.token + cost.head)
    return results.entry(name, contenders, measured, facts)


def apart(one: object, other: object) -> float:
    """The largest difference between two results for a prompt: in each word's probability, and in
    its share of both words (with random weights, the probabilities themselves are small)."""
    p, q = _probabilities(one), _probabilities(other)
    shares = [abs(a / sum(p) - b / sum(q)) for a, b in zip(p, q, strict=True)]
    return max(*shares, *(abs(a - b) for a, b in zip(p, q, strict=True)))


def _probabilities(logprobs: object) -> list[float]:
    return [math.exp(value) for _, value in sorted(dict(logprobs).items())]


def _tokens(tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt]) -> float:
    """Mean number of tokens of a prompt."""
    texts = [_with(prompt, tokenizer.mask_token) for prompt in prompts]
    return sum(map(len, tokenizer(texts).input_ids)) / len(texts)


def _with(prompt: Prompt, word: str) -> str:
    """The text with a word in the slot."""
    return f"{prompt.before} {word}{prompt.after}"


def _ids(prompt: Prompt, tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Label -> token id of its single form."""
    ids = {}
    for option in prompt.options:
        (ids[option.label],) = tokenizer(option.forms[0], add_special_tokens=False).input_ids
    return ids


def _loop(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Callable[[Asked], Found]:
    """The simplest code: one forward pass and one softmax per text."""
    import torch

    @torch.inference_mode()
    def ask(asked: Asked) -> Found:
        answers: dict[object, object] = {}
        for prompt in asked.prompts:
            text = tokenizer(_with(prompt, tokenizer.mask_token), return_tensors="pt").to(
                model.device
            )
            logits = model(**text).logits[0]
            (position,) = (text.input_ids[0] == tokenizer.mask_token_id).nonzero()
            logprobs = logits[position[0]].log_softmax(-1)
            ids = _ids(prompt, tokenizer)
            answers[prompt.before] = {label: float(logprobs[i]) for label, i in ids.items()}
        return answers

    return ask


def _pipeline(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, size: int
) -> Callable[[Asked], Found]:
    """The fill-mask pipeline, with targets set at creation, so that it looks them up once."""
    from transformers import pipeline

    ids = _ids(questions.asker(questions.MASKED, 2)(0, 1).prompts[0], tokenizer)
    labels = {i: label for label, i in ids.items()}
    targets = tokenizer.convert_ids_to_tokens(list(labels))
    fill = pipeline(
        "fill-mask",
        model=model,
        tokenizer=tokenizer,
        targets=targets,
        batch_size=size,
        device=model.device,
    )

    def ask(asked: Asked) -> Found:
        texts = [_with(prompt, tokenizer.mask_token) for prompt in asked.prompts]
        filled = [fill(text) for text in texts] if size == 1 else fill(texts)
        return {
            prompt.before: {labels[one["token"]]: math.log(one["score"]) for one in each}
            for prompt, each in zip(asked.prompts, filled, strict=True)
        }

    return ask


def _minicons(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Callable[[Asked], Found]:
    """The cloze distribution of minicons."""
    from minicons import scorer

    minicon = scorer.MaskedLMScorer(model, str(model.device), tokenizer)

    def ask(asked: Asked) -> Found:
        answers: dict[object, object] = {}
        for prompts in batches(asked.prompts, BATCH):
            rows = minicon.cloze_distribution([(_with(p, BLANK), BLANK) for p in prompts])
            for prompt, row in zip(prompts, rows, strict=True):
                ids = _ids(prompt, tokenizer)
                answers[prompt.before] = {label: float(row[i]) for label, i in ids.items()}
        return answers

    return ask
