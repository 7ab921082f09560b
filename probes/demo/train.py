"""Training the demo's models: a small transformer, from scratch, on the lessons of one opinion.

A BERT or a GPT-2 (see `untrained`), saved as an ordinary checkpoint. The loss covers only the slot
(and, in a causal model, the tokens after it), so the models learn no general language. With one
thread and a seed, the weights are reproducible on the same machine. `opinions` runs this module as
a subprocess (see `processes`)::

    python -m probes.demo.train PLAN OUT NAME...      PLAN: a `lessons.Curriculum` as JSON
"""

import functools
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel, PreTrainedModel, PreTrainedTokenizerBase

from probes.demo import untrained
from probes.demo.batches import TrainingArrays, TrainingBatch, marked_texts
from probes.demo.lessons import Curriculum, Kind, Lesson, kind_and_opinion, lessons
from probes.demo.processes import MODELS, child_arguments, report

RATE: Mapping[Kind, float] = {"masked": 2e-3, "causal": 4e-3}
WARMUP_STEPS, WEIGHT_DECAY, MAX_GRADIENT = 20, 0.01, 1.0


def train_model(
    name: str, curriculum: Curriculum, folder: Path, on_step: Callable[[int, int], None]
) -> None:
    """Train the model with this name and save it in `folder`."""
    kind, opinion = kind_and_opinion(name)
    known_lessons = lessons(opinion, curriculum.materials())
    torch.manual_seed(curriculum.seed)
    tokenizer, model = untrained_model(kind, known_lessons)
    arrays = TrainingArrays(marked_texts(kind, known_lessons, tokenizer))
    parameters = [p for p in model.parameters() if p.requires_grad]
    steps = curriculum.steps_of(opinion)
    optimizer = torch.optim.AdamW(parameters, RATE[kind], (0.9, 0.98), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1, (step + 1) / WARMUP_STEPS) * (1 + math.cos(math.pi * step / steps)) / 2,
    )
    model.train()
    batches = arrays.batches(curriculum.batch, curriculum.seed)
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        optimizer.zero_grad()
        _loss(model, batch).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, MAX_GRADIENT)
        optimizer.step()
        schedule.step()
        on_step(step, steps)
    untrained.save(tokenizer, model, folder)


def untrained_model(
    kind: Kind, taught: Sequence[Lesson]
) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """A tokenizer with the words of these lessons, and an untrained model for it."""
    texts = list(dict.fromkeys(text for lesson in taught for text in lesson.texts))
    if kind == "causal":
        tokenizer, make = untrained.byte_tokenizer(texts), untrained.gpt2
    else:
        tokenizer, make = untrained.word_tokenizer(texts), untrained.bert
    return tokenizer, make(tokenizer, 2 * max(map(len, tokenizer(texts)["input_ids"])))


def _loss(model: PreTrainedModel, batch: TrainingBatch) -> torch.Tensor:
    """Mean cross-entropy per text; the head is applied only at positions with a target."""
    states = model.base_model(batch.ids, attention_mask=batch.mask).last_hidden_state
    head: torch.nn.Module = model.lm_head if isinstance(model, GPT2LMHeadModel) else model.cls
    log_probabilities: torch.Tensor = head(states[tuple(batch.positions)]).log_softmax(-1)
    return -(log_probabilities[tuple(batch.targets)] * batch.weights).sum() / len(batch.ids)


def main(words: Sequence[str]) -> None:
    """Train each named model in turn; a folder appears when it is complete."""
    plan, out, names = child_arguments(words)
    for name in names:
        train_model(name, Curriculum(**plan), out / MODELS / name, functools.partial(report, name))


if __name__ == "__main__":
    main(sys.argv[1:])
