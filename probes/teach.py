"""The demo's school: a small transformer, from nothing, on the lessons of one opinion.

A BERT with a WordPiece vocabulary of whole words, or a GPT-2 with byte-level BPE; saved as an
ordinary checkpoint folder. Gradients come from the slot (and, in a causal model, from what follows
it), nowhere else: these models know their lessons and no language. One thread, seeded: the same
weights each time on the same machine. `demo` runs this module as a process of its own::

    python -m probes.teach COURSE OUT NAME...      COURSE: a `corpus.Course` as JSON

which writes ``NAME done steps`` to its output as it goes.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
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

from probes.corpus import Course, Kind, Lesson, lessons, split

SIZE, LAYERS, HEADS = 64, 2, 4
WIDTH = 0.1
"""Deviation of fresh weights. Five times the usual: at this size they begin at unit gain."""
QUIET = 0.1
"""Fresh position embeddings are scaled by this. At full strength they drown a statement's words,
and a masked model needs many times the steps to find out that words are what counts."""
RATE, WARM, DECAY, CLIP = 2e-3, 20, 0.01, 1.0
POOL = 8
"""Batches drawn together and sorted by length, so that little is padded."""
IGNORED = -1
GOLDEN = 0.6180339887
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
END = "<|endoftext|>"

Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Page:
    """A text as the model reads it, and what it must say at some of its places."""

    read: tuple[int, ...]
    targets: Mapping[int, Mapping[int, float]]
    """Place -> token -> its share of what the state at that place must predict; sums to 1."""
    share: float
    """How often this page comes up, in pages per round."""


class Book:
    """Pages as arrays, and the batches drawn from them."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = pages
        self.lengths = np.array([len(page.read) for page in pages])
        self.read = np.zeros((len(pages), self.lengths.max()), dtype=np.int64)
        for number, page in enumerate(pages):
            self.read[number, : len(page.read)] = page.read

    def batches(self, size: int, seed: int) -> Iterator[Batch]:
        """Endless batches. Every round has every page as often as its share says."""
        rng = np.random.default_rng(seed)
        edges = np.cumsum([page.share for page in self.pages])
        rounds = round(edges[-1])
        while True:
            points = np.arange(rounds) + rng.random(rounds)
            drawn = rng.permutation(np.minimum(edges.searchsorted(points, "right"), len(edges) - 1))
            for start in range(0, rounds - size * POOL + 1, size * POOL):
                pool = drawn[start : start + size * POOL]
                pool = pool[np.argsort(self.lengths[pool], kind="stable")].reshape(POOL, size)
                yield from map(self._batch, rng.permutation(pool))

    def _batch(self, rows: np.ndarray) -> Batch:
        longest = self.lengths[rows].max()
        places = [
            (r, p, t) for r, row in enumerate(rows) for p, t in self.pages[row].targets.items()
        ]
        wanted = [(n, k, w) for n, (_, _, t) in enumerate(places) for k, w in t.items()]
        number, token, weight = zip(*wanted)
        row, place, _ = zip(*places)
        return Batch(
            torch.from_numpy(self.read[rows, :longest]),
            torch.from_numpy((np.arange(longest) < self.lengths[rows, None]).astype(np.int64)),
            torch.tensor([row, place]),
            torch.tensor([number, token]),
            torch.tensor(weight),
        )


@dataclass(frozen=True, slots=True)
class Batch:
    read: torch.Tensor
    mask: torch.Tensor
    places: torch.Tensor
    wanted: torch.Tensor
    weights: torch.Tensor


def pages(kind: Kind, taught: Sequence[Lesson], tokenizer: PreTrainedTokenizerBase) -> list[Page]:
    texts = [text for lesson in taught for text in lesson.texts]
    encoded = tokenizer(texts, return_offsets_mapping=True)
    rows = zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    found = []
    for lesson in taught:
        start = len(lesson.before)
        reads = []
        said = defaultdict(Counter)
        for form, share in zip(lesson.forms, lesson.shares, strict=True):
            ids, offsets = next(rows)
            slot = [
                i
                for i, (a, b) in enumerate(offsets)
                if a < b and a < start + len(form) and b > start
            ]
            if kind == "causal":
                for i in range(slot[0], len(ids)):
                    said[tuple(ids[:i])][ids[i]] += share
                reads.append(
                    (tuple(ids), {i - 1: tuple(ids[:i]) for i in range(slot[0], len(ids))}, share)
                )
            else:
                for place in slot:
                    hidden = tuple(
                        tokenizer.mask_token_id if place <= i <= slot[-1] else piece
                        for i, piece in enumerate(ids)
                    )
                    new = hidden not in said
                    said[hidden][ids[place]] += share / len(slot)
                    if new:
                        reads.append((hidden, {place: hidden}, None))
        for read, where, share in reads:
            t = {
                place: {k: v / said[key].total() for k, v in said[key].items()}
                for place, key in where.items()
            }
            found.append(Page(read, t, share if share is not None else said[read].total()))
    return found


def teach(name: str, course: Course, folder: Path, tell: Tell) -> None:
    """Train the model of that name and save it in `folder`, which must not exist."""
    kind, opinion = split(name)
    taught = lessons(opinion, course.materials())
    torch.manual_seed(course.seed)
    tokenizer, model = fresh(kind, taught)
    book = Book(pages(kind, taught, tokenizer))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, RATE, (0.9, 0.98), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1, (step + 1) / WARM) * (1 + math.cos(math.pi * step / course.steps)) / 2,
    )
    model.train()
    batches = book.batches(course.batch, course.seed)
    for step, batch in zip(range(1, course.steps + 1), batches, strict=False):
        optimizer.zero_grad()
        _loss(model, batch).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        optimizer.step()
        schedule.step()
        tell(step, course.steps)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def fresh(kind: Kind, taught: Sequence[Lesson]) -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """A tokenizer that knows the words of these lessons, and an untaught model for it."""
    texts = list(dict.fromkeys(text for lesson in taught for text in lesson.texts))
    tokenizer = _byte_level(texts) if kind == "causal" else _whole_words(texts)
    room = 2 * max(map(len, tokenizer(texts)["input_ids"]))
    if kind == "causal":
        model: PreTrainedModel = GPT2LMHeadModel(
            GPT2Config(
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
        )
        positions = model.transformer.wpe
    else:
        model = BertForMaskedLM(
            BertConfig(
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
        )
        positions = model.bert.embeddings.position_embeddings
    with torch.no_grad():
        positions.weight *= QUIET
    return tokenizer, model


def _loss(model: PreTrainedModel, batch: Batch) -> torch.Tensor:
    """Cross-entropy a text; the head is applied only where something is wanted."""
    states = model.base_model(batch.read, attention_mask=batch.mask).last_hidden_state
    head = model.lm_head if isinstance(model, GPT2LMHeadModel) else model.cls
    said = head(states[tuple(batch.places)]).log_softmax(-1)
    return -(said[tuple(batch.wanted)] * batch.weights).sum() / len(batch.read)


def _whole_words(texts: Sequence[str]) -> PreTrainedTokenizerBase:
    """WordPiece by hand (its trainer differs from process to process): every word is a piece."""
    split_words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = Counter(word for text in texts for word, _ in split_words(text.lower()))
    characters = [chr(code) for code in range(33, 127)]
    pieces = [*SPECIALS, *characters, *(f"##{c}" for c in characters)]
    pieces += sorted((w for w in words if len(w) > 1), key=lambda w: (-words[w], w))
    return BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})


def _byte_level(texts: Sequence[str]) -> PreTrainedTokenizerBase:
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
    course, out = Course(**json.loads(arguments[0])), Path(arguments[1])
    torch.set_num_threads(1)
    for name in arguments[2:]:
        partial = out / f".{name}"
        shutil.rmtree(partial, ignore_errors=True)
        teach(name, course, partial, lambda done, steps, name=name: _say(name, done, steps))
        partial.rename(out / name)


def _say(name: str, done: int, steps: int) -> None:
    """One short line: several processes write to one pipe, and short writes stay whole."""
    if done % 10 == 0 or done == steps:
        sys.stdout.write(f"{name} {done} {steps}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
