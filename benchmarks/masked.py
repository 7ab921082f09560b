"""Masked models: a sentence with one gap, and the probabilities of two words in it.

probes beside a plain loop, transformers' fill-mask pipeline (one by one, and in batches of 16) and
minicons (`cloze_distribution`, in batches of 16). Everybody gets the same texts, longest first;
whoever batches has batches of like length.
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
"""Prompts that probes is asked in a round: one wording of the default set."""
PEERS = {"bert-base": (16, 64), "roberta-base": (16, 64), "bert-tiny": (48, 160)}
"""Prompts that peers are asked in a round: one by one, and in batches."""
TARGETS = {"bert-base": (3.3, 1.7), "roberta-base": (4.0, 1.9), "bert-tiny": (None, 7.0)}
"""What was promised, likewise; of the batched peers, the best one counts."""
BATCH = 16
BLANK = "blank"
"""The word that stands for the gap, for minicons."""


def run(settings: Settings) -> None:
    """Measure every model, then write the report."""
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
    """The largest difference between two results of a prompt, in probability: of each word, and of
    each word's share of both (at random weights a word's own probability is small)."""
    p, q = _probabilities(one), _probabilities(other)
    shares = [abs(a / sum(p) - b / sum(q)) for a, b in zip(p, q, strict=True)]
    return max(*shares, *(abs(a - b) for a, b in zip(p, q, strict=True)))


def _probabilities(logprobs: object) -> list[float]:
    return [math.exp(value) for _, value in sorted(dict(logprobs).items())]


def _tokens(tokenizer: PreTrainedTokenizerBase, prompts: Sequence[Prompt]) -> float:
    """Tokens of the average prompt."""
    texts = [_with(prompt, tokenizer.mask_token) for prompt in prompts]
    return sum(map(len, tokenizer(texts).input_ids)) / len(texts)


def _with(prompt: Prompt, word: str) -> str:
    """The text with something in the slot."""
    return f"{prompt.before} {word}{prompt.after}"


def _ids(prompt: Prompt, tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Label -> id of its one form, as it is in its place."""
    found = {}
    for option in prompt.options:
        (found[option.label],) = tokenizer(option.forms[0], add_special_tokens=False).input_ids
    return found


def _loop(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Callable[[Asked], Found]:
    """What one writes first: a text, a forward pass, a softmax."""
    import torch

    @torch.inference_mode()
    def ask(asked: Asked) -> Found:
        found: dict[object, object] = {}
        for prompt in asked.prompts:
            text = tokenizer(_with(prompt, tokenizer.mask_token), return_tensors="pt").to(
                model.device
            )
            logits = model(**text).logits[0]
            (place,) = (text.input_ids[0] == tokenizer.mask_token_id).nonzero()
            logprobs = logits[place[0]].log_softmax(-1)
            ids = _ids(prompt, tokenizer)
            found[prompt.before] = {label: float(logprobs[i]) for label, i in ids.items()}
        return found

    return ask


def _pipeline(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, size: int
) -> Callable[[Asked], Found]:
    """The pipeline, its two targets given from the start: then it looks them up once."""
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
    """minicons' distribution at a gap."""
    from minicons import scorer

    minicon = scorer.MaskedLMScorer(model, str(model.device), tokenizer)

    def ask(asked: Asked) -> Found:
        found: dict[object, object] = {}
        for prompts in batches(asked.prompts, BATCH):
            rows = minicon.cloze_distribution([(_with(p, BLANK), BLANK) for p in prompts])
            for prompt, row in zip(prompts, rows, strict=True):
                ids = _ids(prompt, tokenizer)
                found[prompt.before] = {label: float(row[i]) for label, i in ids.items()}
        return found

    return ask
