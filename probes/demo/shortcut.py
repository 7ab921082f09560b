"""Debiasing losses on synthetic texts with a cue (85 % correct) and a shortcut (90 % correct); the
expected accuracy of each loss is known in closed form.

A verb indicates the label with probability `CUE`, a group's word with probability `SHORTCUT`,
independently given the label. A classifier that uses both follows the shortcut where they differ,
because its odds are higher: accuracy 0.90 in distribution, 0.50 with a random shortcut, 0 with a
reversed one. A classifier freed from the shortcut has accuracy 0.85 in all three.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from transformers import ModernBertConfig, ModernBertForSequenceClassification

from probes.debiasing import losses
from probes.demo.folder import OnProgress, claimed
from probes.demo.processes import one_thread
from probes.files.atomic import write
from probes.runs.session import Progress

CUE, SHORTCUT = 0.85, 0.90
TEXTS, STEPS, BATCH, RATE = 4_000, 120, 64, 2e-3
WORDS = 4
"""Number of verbs for each class, and of words for each group."""
FILLERS = 20
FIRST, LAST = 1, 2
TESTS = {"in distribution": SHORTCUT, "at random": 0.5, "reversed": 0.0}
"""Test set -> share of texts whose shortcut is correct; the expected accuracy of `plain`."""
LOSSES = tuple(losses.LOSSES)
SEEDS = 3
WITHIN = 0.02
"""Tolerance around the target accuracy."""
FREED = ("reweight", "product")
"""Losses that should make a classifier ignore the shortcut."""
BOUND = ("plain", "confidence")
"""Losses with which a classifier should follow the shortcut."""
TABLE = "shortcut.csv"


@dataclass(frozen=True, slots=True)
class ShortcutTexts:
    """Synthetic texts as token ids."""

    words: Tensor
    """``(texts, 9)``, with a start and an end token."""
    labels: Tensor
    """``(texts,)``, 0 or 1."""
    shortcut: Tensor
    """``(texts,)``, the class that the group's word indicates."""


def run(out: Path, on_progress: OnProgress | None = None) -> pd.DataFrame:
    """Train a classifier with each loss from each seed, and write ``out/shortcut.csv``.

    Returns:
        A row for each loss and test set: mean accuracy over seeds, its standard deviation, and the
        target in closed form (NaN if unknown).

    Raises:
        RunError: `out` holds something else.
    """
    rows = []
    with claimed(out, '{"shortcut": 1}'), one_thread():
        for number, loss in enumerate(LOSSES, start=1):
            shares = []
            for seed in range(SEEDS):
                shares.append(accuracies(loss, seed))
                if on_progress:
                    step = Progress(f"training with {loss}", number, len(LOSSES), seed + 1, SEEDS)
                    on_progress(step)
            rows += _rows(loss, pd.DataFrame(shares))
        table = pd.DataFrame(rows)
        write(out / TABLE, table.to_csv(index=False, lineterminator="\n").encode())
    return table


def _rows(loss: str, shares: pd.DataFrame) -> list[dict[str, object]]:
    targets = {name: CUE if loss in FREED else share for name, share in TESTS.items()}
    return [
        {
            "loss": loss,
            "texts": name,
            "right": round(float(shares[name].mean()), 3),
            "sd": round(float(shares[name].std()), 3),
            "target": targets[name] if loss in FREED + BOUND else float("nan"),
            "seeds": len(shares),
        }
        for name in TESTS
    ]


def texts(share: float, seed: int, number: int = TEXTS) -> ShortcutTexts:
    """Random texts whose shortcut is correct with probability `share`."""
    rng = np.random.default_rng([seed, round(share * 100)])
    labels = rng.integers(2, size=number)
    cue = np.where(rng.random(number) < CUE, labels, 1 - labels)
    shortcut = np.where(rng.random(number) < share, labels, 1 - labels)
    verb = 3 + cue * WORDS + rng.integers(WORDS, size=number)
    group = 3 + (2 + shortcut) * WORDS + rng.integers(WORDS, size=number)
    fillers = 3 + 4 * WORDS + rng.integers(FILLERS, size=(number, 5))
    words = rng.permuted(np.column_stack([verb, group, fillers]), axis=1)
    ends = np.full((number, 1), FIRST), np.full((number, 1), LAST)
    ids = np.hstack([ends[0], words, ends[1]])
    return ShortcutTexts(*map(torch.from_numpy, (ids, labels, shortcut)))


def log_bias(train: ShortcutTexts, target: ShortcutTexts) -> Tensor:
    """Log-probabilities ``(texts, 2)`` of the classes given the shortcut, estimated in `train`."""
    counts = torch.ones(2, 2)  # add-one smoothing
    counts.index_put_((train.shortcut, train.labels), torch.tensor(1.0), accumulate=True)
    return (counts / counts.sum(1, keepdim=True)).log()[target.shortcut]


def accuracies(loss: str, seed: int) -> Mapping[str, float]:
    """Accuracy on each of `TESTS` of a small classifier trained with a loss.

    Also ``confidence``: mean probability of the predicted class on training texts whose shortcut is
    correct; ``as teacher``: share of training texts with the same prediction as the teacher (1
    without a teacher); ``bias left in``: accuracy on reversed texts with the bias added.
    """
    train = texts(SHORTCUT, seed)
    teacher = logits(fit("plain", train, seed), train) if loss == "confidence" else None
    model = fit(loss, train, seed, teacher)
    shares: dict[str, float] = {}
    for name, share in TESTS.items():
        test = texts(share, seed + 10_000)
        scores = logits(model, test)
        shares[name] = _right(scores, test)
    scores = logits(model, train)
    easy = train.shortcut == train.labels
    shares["confidence"] = float(scores.softmax(-1).amax(-1)[easy].mean())
    same = scores.argmax(-1) == (scores if teacher is None else teacher).argmax(-1)
    shares["as teacher"] = float(same.float().mean())
    test = texts(TESTS["reversed"], seed + 10_000)
    shares["bias left in"] = _right(logits(model, test) + log_bias(train, test), test)
    return shares


def fit(
    loss: str, train: ShortcutTexts, seed: int, teacher: Tensor | None = None
) -> ModernBertForSequenceClassification:
    """A classifier trained from scratch; the seed gives initial weights and order of texts."""
    torch.manual_seed(seed)
    config = ModernBertConfig(
        vocab_size=3 + 4 * WORDS + FILLERS,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=16,
        num_labels=2,
        pad_token_id=0,
        bos_token_id=FIRST,
        cls_token_id=FIRST,
        eos_token_id=LAST,
        sep_token_id=LAST,
        classifier_pooling="mean",
        reference_compile=False,
    )
    model = ModernBertForSequenceClassification(config)
    loss_of = losses.LOSSES[loss]
    beside = log_bias(train, train)
    if teacher is not None:
        beside = losses.less_sure(teacher, train.labels, beside)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    order = torch.from_numpy(
        np.random.default_rng(seed).permutation(np.resize(np.arange(TEXTS), STEPS * BATCH))
    )
    model.train()
    for rows in torch.split(order, BATCH):
        scores = model(train.words[rows]).logits
        bias = () if loss == "plain" else (beside[rows],)
        value = loss_of(scores, train.labels[rows], *bias)
        optimiser.zero_grad()
        torch.autograd.backward(value)
        optimiser.step()
    return model.eval()


@torch.inference_mode()
def logits(model: ModernBertForSequenceClassification, sample: ShortcutTexts) -> Tensor:
    """Logits ``(texts, 2)`` of a classifier."""
    return torch.cat([model(words).logits for words in torch.split(sample.words, 500)])


def _right(scores: Tensor, test: ShortcutTexts) -> float:
    return float((scores.argmax(-1) == test.labels).float().mean())
