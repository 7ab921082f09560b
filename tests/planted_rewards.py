"""Reward models with known rewards: a random transformer, and a fitted head.

The hidden states of a few texts at their last token are linearly independent, so that least squares
finds a head that gives each text its planted reward. The result is an ordinary checkpoint.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

from probes.backends import reward
from probes.types import LoadOptions, ModelSpec, Prompt
from tests import checkpoints

SIZE, CONTEXT, WIDTH = 320, 320, 0.05
Planted = Callable[[Prompt, str], float]
"""Function (prompt, side of a reply) -> planted reward."""


def blank_model(folder: Path) -> Path:
    """Write a reward model with an unfitted head."""
    tokenizer = checkpoints.plain()
    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=SIZE,
        n_layer=1,
        n_head=4,
        n_positions=CONTEXT,
        num_labels=1,
        initializer_range=WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = transformers.GPT2ForSequenceClassification(config)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def teach(
    folder: Path, asked: Callable[[reward.RewardModel], Sequence[Prompt]], of: Planted
) -> None:
    """Fit the model's head to the planted rewards of these prompts' replies (options).

    A random constant is added to all replies of a prompt: results must not depend on it.
    """
    model = reward.load(ModelSpec("blank", str(folder), "reward"), LoadOptions(device="cpu"))
    rng, rows, targets = np.random.default_rng(1), [], []
    for prompt in asked(model):
        shift = rng.normal()
        for option, encoded in zip(prompt.options, model.texts.encode(prompt), strict=True):
            rows += encoded
            targets += [shift + of(prompt, option.side)] * len(encoded)
    states = []
    for start in range(0, len(rows), 32):
        ids, mask = model.checkpoint.padded([row.ids for row in rows[start : start + 32]])
        last = mask.sum(1) - 1
        with torch.inference_mode():
            hidden = model.checkpoint.model.base_model(ids, attention_mask=mask).last_hidden_state
        states.append(hidden[torch.arange(len(ids)), last])
    inputs = torch.cat(states).double().numpy()
    weights = np.linalg.lstsq(inputs, np.array(targets), rcond=None)[0]
    stored = load_file(folder / "model.safetensors")
    stored["score.weight"] = torch.tensor(weights[None], dtype=torch.float32)
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
