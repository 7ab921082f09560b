"""The demo's school: a small transformer, from nothing, on the lessons of one opinion.

A BERT with a WordPiece vocabulary of whole words, or a GPT-2 with byte-level BPE; saved as an
ordinary checkpoint folder. Gradients come from the slot (and, in a causal model, from what follows
it), nowhere else: these models know their lessons and no language. One thread, seeded: the same
weights each time on the same machine. `opinions` runs this module as a process of its own::

    python -m probes.teach COURSE OUT NAME...      COURSE: a `lessons.Course` as JSON

which writes ``NAME done steps`` to its output as it goes.
"""

from __future__ import annotations

import functools
import json
import math
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Tokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging as transformers_logging

from probes.demo.batches import TrainingArrays, TrainingBatch, pages
from probes.demo.lessons import Curriculum, Kind, Lesson, lessons, split
from probes.files import atomic

SIZE, LAYERS, HEADS = 64, 2, 4
WIDTH = 0.1
"""Deviation of fresh weights. Five times the usual: at this size they begin near unit gain."""
QUIET, LOUD = 0.1, 3.0
"""What a fresh model's position embeddings, and what a masked one's attention brings in, are
scaled by. At full strength positions drown a statement's words, and a word's own state drowns what
it attends to: a masked model then needs many times the steps to find out what counts."""
RATE: Mapping[Kind, float] = {"masked": 2e-3, "causal": 4e-3}
WARM, DECAY, CLIP = 20, 0.01, 1.0
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
END = "<|endoftext|>"

Tell = Callable[[int, int], None]


def teach(name: str, course: Curriculum, folder: Path, tell: Tell) -> None:
    """Train the model of that name and save it in `folder`, which must not exist."""
    kind, opinion = split(name)
    taught = lessons(opinion, course.materials())
    torch.manual_seed(course.seed)
    tokenizer, model = fresh(kind, taught)
    book = TrainingArrays(pages(kind, taught, tokenizer))
    parameters = [p for p in model.parameters() if p.requires_grad]
    steps = course.steps_of(opinion)
    optimizer = torch.optim.AdamW(parameters, RATE[kind], (0.9, 0.98), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1, (step + 1) / WARM) * (1 + math.cos(math.pi * step / steps)) / 2,
    )
    model.train()
    batches = book.batches(course.batch, course.seed)
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        optimizer.zero_grad()
        _loss(model, batch).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        schedule.step()
        tell(step, steps)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def fresh(kind: Kind, taught: Sequence[Lesson]) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """A tokenizer that knows the words of these lessons, and an untaught model for it."""
    texts = list(dict.fromkeys(text for lesson in taught for text in lesson.texts))
    tokenizer = byte_level(texts) if kind == "causal" else whole_words(texts)
    room = 2 * max(map(len, tokenizer(texts)["input_ids"]))
    make = gpt2 if kind == "causal" else _bert
    return tokenizer, make(tokenizer, room)


def _bert(tokenizer: PreTrainedTokenizerBase, room: int) -> PreTrainedModel:
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * SIZE,
        max_position_embeddings=room,
        initializer_range=WIDTH,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = BertForMaskedLM(config)
    with torch.no_grad():
        model.bert.embeddings.position_embeddings.weight *= QUIET
        model.bert.embeddings.token_type_embeddings.weight.zero_()  # all tokens are of one type
        for layer in model.bert.encoder.layer:
            layer.attention.self.value.weight *= LOUD
            layer.attention.output.dense.weight *= LOUD
    return model


def gpt2(tokenizer: PreTrainedTokenizerBase, room: int) -> PreTrainedModel:
    """An untaught GPT-2 that reads so many tokens."""
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=SIZE,
        n_layer=LAYERS,
        n_head=HEADS,
        n_positions=room,
        initializer_range=WIDTH,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        resid_pdrop=0.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        model.transformer.wpe.weight *= QUIET
    return model


def _loss(model: PreTrainedModel, batch: TrainingBatch) -> torch.Tensor:
    """Cross-entropy a text; the head is applied only where something is wanted."""
    states = model.base_model(batch.read, attention_mask=batch.mask).last_hidden_state
    head: torch.nn.Module = model.lm_head if isinstance(model, GPT2LMHeadModel) else model.cls
    said: torch.Tensor = head(states[tuple(batch.places)]).log_softmax(-1)
    return -(said[tuple(batch.wanted)] * batch.weights).sum() / len(batch.read)


def whole_words(texts: Sequence[str]) -> PreTrainedTokenizerBase:
    """WordPiece by hand (its trainer differs from process to process): every word is a piece."""
    split_words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = Counter(word for text in texts for word, _ in split_words(text.lower()))
    characters = [chr(code) for code in range(33, 127)]
    pieces = [*SPECIALS, *characters, *(f"##{c}" for c in characters)]
    pieces += sorted((w for w in words if len(w) > 1), key=lambda w: (-words[w], w))
    return BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})


def byte_level(texts: Sequence[str]) -> PreTrainedTokenizerBase:
    """GPT-2's tokenizer, trained until words are pieces; the end of text serves as padding."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=4000, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    learnt = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in learnt["merges"]]
    return GPT2Tokenizer(vocab=learnt["vocab"], merges=merges, pad_token=END)


def main(arguments: Sequence[str]) -> None:
    """Teach each named model in turn; a folder gets its name when it is complete."""
    course, out = Curriculum(**json.loads(arguments[0])), Path(arguments[1])
    torch.set_num_threads(1)
    transformers_logging.disable_progress_bar()
    for name in arguments[2:]:
        partial = out / f".{name}"
        shutil.rmtree(partial, ignore_errors=True)
        teach(name, course, partial, functools.partial(_say, name))
        atomic.move_into_place(partial, out / name)


def _say(name: str, done: int, steps: int) -> None:
    """One short line: several processes write to one pipe, and short writes stay whole."""
    if done % 10 == 0 or done == steps:
        sys.stdout.write(f"{name} {done} {steps}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
