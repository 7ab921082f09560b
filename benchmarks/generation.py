"""Benchmark of replies of up to 100 tokens, with greedy decoding, so that all should be equal.

Compares probes with the text-generation pipeline (one by one), lm-evaluation-harness
(`HFLM.generate_until`) and transformers' `generate` (both in batches of 32), on a model whose
replies never end early and on one whose replies end at varying lengths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from benchmarks import models, ours, questions, results
from benchmarks.rounds import OURS, Contender, Found, batches, measure, peer
from benchmarks.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from probes.types import Prompt, Writer

NAMES = ("gpt2", "gpt2-ending")
TOKENS = 100
BATCH = 32
SINGLE, MANY = 2, 64
"""Prompts in a round for the pipeline, and for the others."""
LONG = 128
"""Prompts for the model with replies that end early: enough for long replies to matter."""
TARGETS = {"gpt2": (6.4, 1.4, None), "gpt2-ending": (None, 2.0, None)}
"""Model -> promised speed-up over the pipeline, the harness and `generate`."""


def run(settings: Settings) -> None:
    """Benchmark both models, then write the report."""
    report = results.Report("generation", f"Replies of up to {TOKENS} tokens")
    for name in settings.chosen(NAMES):
        report.models.append(_model(name, settings))
    report.write(settings)


def _model(name: str, settings: Settings) -> dict[str, object]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    path = models.build(name, settings)
    tokenizer = AutoTokenizer.from_pretrained(path, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    plain = AutoModelForCausalLM.from_pretrained(path).eval().to(settings.device)
    model = cast("Writer", ours.load(name, settings))
    usual = MANY if name == "gpt2" else LONG
    single, many = settings.count(SINGLE, MANY), settings.count(usual, MANY)
    contenders = everybody(model, plain, tokenizer, (single, many), TARGETS[name])
    measured = measure(contenders, asked, settings, apart)
    lengths = [len(tokenizer(str(t)).input_ids) for t in _ours(model)(asked(1, many)).values()]
    return results.entry(
        name, contenders, measured, {"tokens a reply": sum(lengths) / len(lengths)}
    )


def everybody(
    model: Writer,
    plain: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: tuple[int, int],
    targets: tuple[float | None, float | None, float | None] = (None, None, None),
) -> list[Contender[list[Prompt]]]:
    """The contenders, with the number of prompts (pipeline, others) and promised speed-ups."""
    single, many = prompts
    return [
        Contender("generate, batches of 32", _generate(plain, tokenizer), many, targets[2]),
        Contender(OURS, _ours(model), many),
        Contender("text-generation, one by one", _pipeline(plain, tokenizer), single, targets[0]),
        *peer(
            "lm_eval",
            lambda: Contender(
                "lm-evaluation-harness", _harness(plain, tokenizer), many, targets[1]
            ),
        ),
    ]


def asked(number: int, count: int) -> list[Prompt]:
    """`count` open prompts of a round, of all lengths, longest first."""
    every = sorted(questions.opened(number, 160), key=lambda p: -len(p.before))
    return questions.spread(every, count)


def apart(one: object, other: object) -> float:
    """The share of the longer of two texts after their common prefix, in [0, 1]."""
    texts = [str(one).strip(), str(other).strip()]
    longest = max(map(len, texts))
    common = next(
        (i for i, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts))
    )
    return 1 - common / longest if longest else 0.0


def _ours(model: Writer) -> Callable[[Sequence[Prompt]], Found]:
    """`Writer.write` of the backend, in the batches of a run."""
    from probes.asking.batches import REPLIES, REPLIES_ELSEWHERE
    from probes.types import Writing

    size = REPLIES.get(model.info.device, REPLIES_ELSEWHERE)

    def ask(asked: Sequence[Prompt]) -> Found:
        replies: dict[object, object] = {}
        for prompts in batches(asked, size):
            texts = model.write(prompts, Writing(tokens=TOKENS, sampling="greedy"))
            replies |= {p.before: text for p, text in zip(prompts, texts, strict=True)}
        return replies

    return ask


def _generate(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Callable[[Sequence[Prompt]], Found]:
    """`model.generate` on padded batches."""
    import torch

    @torch.inference_mode()
    def ask(asked: Sequence[Prompt]) -> Found:
        replies: dict[object, object] = {}
        for prompts in batches(asked, BATCH):
            inputs = tokenizer([p.before for p in prompts], return_tensors="pt", padding=True)
            inputs = inputs.to(model.device)
            written = model.generate(
                **inputs,
                max_new_tokens=TOKENS,
                do_sample=False,
                pad_token_id=tokenizer.pad_token_id,
            )[:, inputs.input_ids.shape[1] :]
            texts = tokenizer.batch_decode(written, skip_special_tokens=True)
            replies |= {p.before: text for p, text in zip(prompts, texts, strict=True)}
        return replies

    return ask


def _pipeline(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Callable[[Sequence[Prompt]], Found]:
    """The text-generation pipeline, one prompt at a time, as in most published scripts."""
    from transformers import pipeline

    write = pipeline("text-generation", model=model, tokenizer=tokenizer, device=model.device)

    def ask(asked: Sequence[Prompt]) -> Found:
        replies: dict[object, object] = {}
        for prompt in asked:
            (reply,) = write(
                prompt.before,
                max_new_tokens=TOKENS,
                do_sample=False,
                return_full_text=False,
            )
            replies[prompt.before] = reply["generated_text"]
        return replies

    return ask


def _harness(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase
) -> Callable[[Sequence[Prompt]], Found]:
    """The wrapper of lm-evaluation-harness around the same model."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    wrapped = HFLM(
        pretrained=model, tokenizer=tokenizer, batch_size=BATCH, device=str(model.device)
    )
    how = {"until": [], "max_gen_toks": TOKENS, "do_sample": False}

    def ask(asked: Sequence[Prompt]) -> Found:
        requests = [Instance("generate_until", {}, (p.before, dict(how)), 0) for p in asked]
        texts = wrapped.generate_until(requests, disable_tqdm=True)
        return {p.before: text for p, text in zip(asked, texts, strict=True)}

    return ask
