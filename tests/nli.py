"""Tiny NLI models: one trained to classify agreement, and random ones.

`trained` learns in a few seconds whether a statement and a reply entail "This example is agree.";
the replies in tests are not verbatim in its training data.
"""

from __future__ import annotations

import random
from pathlib import Path

import torch
import transformers as hf

from tests import checkpoints

SUBJECTS = (
    "rents should be capped",
    "taxes are too high",
    "the state acts",
    "people keep what they earn",
    "the sky is blue",
    "the market decides",
    "a library should be open on sundays",
    "cash should stay",
)
REPLIES = {
    "agree": ("i agree", "yes , i support this", "right , i accept it", "i think so too , yes"),
    "disagree": ("i disagree", "no , i oppose this", "wrong , i reject it", "i do not think so"),
    "neither": ("i take no side", "i am neutral about it", "it depends"),
    "unrelated": ("the weather is fine", "here is a recipe", "my dog sleeps"),
}
TAILS = ("", " today", " and that is my answer", " at a public meeting", " , to be clear")
HYPOTHESES = {
    "agree": "This example is agree.",
    "disagree": "This example is disagree.",
    "neither": "This example takes no side.",
    "unrelated": "This example is off topic.",
}
LABELS = {0: "contradiction", 1: "neutral", 2: "entailment"}
OPPOSED = {("agree", "disagree"), ("disagree", "agree")}
CONTEXT = 256


def tokenizer() -> hf.PreTrainedTokenizerBase:
    """A tokenizer like BERT's, with every word of the training data as one token."""
    lines = [*SUBJECTS, *TAILS, *HYPOTHESES.values(), *(r for of in REPLIES.values() for r in of)]
    words = sorted({word.strip(".,").lower() for line in lines for word in line.split()} - {""})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *checkpoints.characters()]
    pieces += [f"##{c}" for c in checkpoints.characters()]
    pieces += [word for word in words if len(word) > 1]
    return hf.BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})


def trained(path: Path) -> Path:
    """Train a checkpoint that distinguishes agree, disagree, no side and something else."""
    torch.manual_seed(0)
    words, rng = tokenizer(), random.Random(0)
    config = hf.BertConfig(
        vocab_size=len(words),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=CONTEXT,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        id2label=LABELS,
        label2id={name: i for i, name in LABELS.items()},
    )
    model = hf.BertForSequenceClassification(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for step in range(500):
        # First without "disagree": replies must be learned before hypotheses are crossed with them.
        names = [name for name in HYPOTHESES if step >= 150 or name != "disagree"]
        examples = [_example(rng, names) for _ in range(24)]
        premises, hypotheses, truths = zip(*examples, strict=True)
        batch = words(list(premises), list(hypotheses), padding=True, return_tensors="pt")
        loss = model(**batch, labels=torch.tensor(truths)).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    model.eval()
    words.save_pretrained(path)
    model.save_pretrained(path)
    return path


def bart(path: Path, labels: tuple[str, ...] = ("contradiction", "neutral", "entailment")) -> Path:
    """A random encoder-decoder with the architecture of the default stance model."""
    words = checkpoints.roberta()
    sides = {
        f"{side}_{key}": value
        for side in ("encoder", "decoder")
        for key, value in (("layers", 1), ("attention_heads", 2), ("ffn_dim", 32))
    }
    torch.manual_seed(1)
    config = hf.BartConfig(
        **checkpoints._specials(words),
        d_model=32,
        max_position_embeddings=CONTEXT,
        decoder_start_token_id=words.eos_token_id,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={name: i for i, name in enumerate(labels)},
        **sides,
    )
    model = checkpoints.widen(hf.BartForSequenceClassification(config))
    words.save_pretrained(path)
    model.save_pretrained(path)
    return path


def _example(rng: random.Random, names: list[str]) -> tuple[str, str, int]:
    """A random premise, hypothesis and label index."""
    kind, asked = rng.choice(list(REPLIES)), rng.choice(names)
    if kind in names and rng.random() < 0.3:
        asked = kind
    reply = rng.choice(REPLIES[kind]) + rng.choice(TAILS)
    subject = rng.choice(SUBJECTS)
    premise = rng.choice((f"{subject}. {reply}.", f"{subject} {reply}", reply))
    truth = 2 if kind == asked else 0 if (kind, asked) in OPPOSED else 1
    return premise, HYPOTHESES[asked], truth
