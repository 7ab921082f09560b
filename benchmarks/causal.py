"""Benchmark of causal models: log-likelihoods of the four options of a prompt.

Compares probes with a plain loop (one forward pass per text), minicons (`conditional_score`, one
batch per prompt) and lm-evaluation-harness (`HFLM.loglikelihood`, which shares a forward pass among
one-token continuations only; these options are longer). All get the same texts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks import models, ours, questions, results
from benchmarks.questions import Asked
from benchmarks.rounds import OURS, Contender, Found, measure, peer
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.types import Option, Prompt, Scorer

NAMES = ("gpt2", "llama-32k", "gpt2-tiny")
USUAL = 160
"""Prompts for probes in a round."""
PEERS = {"gpt2": (6, 12, 24), "llama-32k": (6, 12, 24), "gpt2-tiny": (24, 48, 80)}
"""Model -> prompts for the plain loop, minicons and lm-evaluation-harness in a round."""
TARGETS = {
    "gpt2": (20.0, 10.0, 5.2),
    "llama-32k": (None, None, 4.4),
    "gpt2-tiny": (None, None, 30.0),
}
"""Model -> promised speed-up over each of them; None: no promise."""
BATCH = 16


def run(settings: Settings) -> None:
    """Benchmark every model, then write the report."""
    report = results.Report("causal", "Causal models, four options")
    for name in settings.chosen(NAMES):
        report.models.append(_model(name, settings))
    report.write(settings)


def _model(name: str, settings: Settings) -> dict[str, object]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = models.build(name, settings)
    tokenizer = AutoTokenizer.from_pretrained(path)
    plain = AutoModelForCausalLM.from_pretrained(path).eval().to(settings.device)
    model = ours.load(name, settings)
    own_prompts = settings.count(USUAL, USUAL)
    loop, minicons, harness = (settings.count(many, USUAL) for many in PEERS[name])
    targets = TARGETS[name]
    contenders = everybody(model, plain, tokenizer, (loop, own_prompts, minicons, harness), targets)
    before = ours.needed(model)
    asked = questions.asker(questions.CAUSAL, own_prompts)
    measured = measure(contenders, asked, settings, apart, ours.rate(model))
    # The two warm-up prompts are counted, too.
    needed = (ours.needed(model) - before) / (own_prompts * settings.rounds + 2)
    facts = results.facts(measured, _tokens(tokenizer, asked(1, own_prompts)), needed)
    return results.entry(name, contenders, measured, facts)


def everybody(
    model: Scorer,
    plain: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: tuple[int, int, int, int],
    targets: tuple[float | None, float | None, float | None],
) -> list[Contender[Asked]]:
    """The contenders, with the number of prompts and the promised speed-up of each."""
    loop, whole, minicons, harness = prompts
    return [
        Contender("plain loop", _loop(plain, tokenizer), loop, targets[0]),
        Contender(OURS, ours.scoring(model), whole),
        *peer(
            "minicons",
            lambda: Contender("minicons", _minicons(plain, tokenizer), minicons, targets[1]),
        ),
        *peer(
            "lm_eval",
            lambda: Contender(
                "lm-evaluation-harness", _harness(plain, tokenizer), harness, targets[2]
            ),
        ),
    ]


def apart(one: object, other: object) -> float:
    """The largest difference of log-likelihoods between two results for a prompt."""
    first, second = dict(one), dict(other)
    return max(abs(first[label] - second[label]) for label in first)


def _tokens(tokenizer: PreTrainedTokenizerBase, asked: Asked) -> float:
    """Mean number of tokens of a text, option included."""
    texts = [p.before + _rest(p, option) for p in asked.prompts for option in p.options]
    return sum(map(len, tokenizer(texts).input_ids)) / len(texts)


def _rest(prompt: Prompt, option: Option) -> str:
    """The text after `prompt.before`, with an option in the slot."""
    return option.forms[0] + prompt.after


def _loop(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Callable[[Asked], Found]:
    """The simplest code: one forward pass per text, and a softmax at all positions."""
    import torch

    @torch.inference_mode()
    def ask(asked: Asked) -> Found:
        answers: dict[object, object] = {}
        for prompt in asked.prompts:
            start = len(tokenizer(prompt.before).input_ids)
            scores = {}
            for option in prompt.options:
                text = prompt.before + _rest(prompt, option)
                ids = tokenizer(text, return_tensors="pt").input_ids.to(model.device)
                logprobs = model(ids).logits[0].float().log_softmax(-1)
                own = logprobs[start - 1 : -1].gather(1, ids[0, start:, None])
                scores[option.label] = float(own.sum())
            answers[prompt.before] = scores
        return answers

    return ask


def _minicons(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Callable[[Asked], Found]:
    """The conditional score of minicons, with a prompt's options in one batch."""
    from minicons import scorer

    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    minicon = scorer.IncrementalLMScorer(model, str(model.device), tokenizer=tokenizer)

    def ask(asked: Asked) -> Found:
        answers: dict[object, object] = {}
        for prompt in asked.prompts:
            scores = minicon.conditional_score(
                [prompt.before] * len(prompt.options),
                [_rest(prompt, option) for option in prompt.options],
                separator="",
                reduction=lambda row: row.sum().item(),
            )
            labels = (option.label for option in prompt.options)
            answers[prompt.before] = dict(zip(labels, scores, strict=True))
        return answers

    return ask


def _harness(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Callable[[Asked], Found]:
    """The wrapper of lm-evaluation-harness around the same model."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    wrapped = HFLM(
        pretrained=model, tokenizer=tokenizer, batch_size=BATCH, device=str(model.device)
    )

    def ask(asked: Asked) -> Found:
        requests = [
            Instance("loglikelihood", {}, (prompt.before, _rest(prompt, option)), 0)
            for prompt in asked.prompts
            for option in prompt.options
        ]
        scores = iter(wrapped.loglikelihood(requests, disable_tqdm=True))
        return {
            prompt.before: {option.label: next(scores)[0] for option in prompt.options}
            for prompt in asked.prompts
        }

    return ask
