"""Scores of a sequence classifier with one label, safe with respect to padding and loading.

Transformers finds a text's last token by the padding id, so a padding token that also occurs in
texts (often EOS) moves the position that is read. Here rows are right-padded with a token that
occurs in none of them. The requirements of scoring are tested once, when a model is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch

from probes.backends.hf.loading.device import FORWARD_ERRORS, forward_errors
from probes.backends.hf.loading.folder import SAFETENSORS
from probes.backends.hf.loading.trial import LEAST_SPREAD, LONG, SAMPLE, SHORT, tolerance
from probes.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

    from probes.backends.hf.loading.checkpoint import Checkpoint
    from probes.backends.hf.rewards.texts import TokenizedReply

SUFFIX = SAFETENSORS[0].rpartition(".")[2]
TRIED = 4
"""Number of test texts of different lengths."""


def scores(
    checkpoint: Checkpoint, rows: Sequence[TokenizedReply], *, pads: bool = True
) -> list[float]:
    """The score of each text, in float32; without `pads` only texts of equal length are batched.

    Raises:
        MemoryError: they do not fit.
        ModelError: the model cannot be run.
    """
    values = [0.0] * len(rows)
    widths = dict.fromkeys(len(row.ids) for row in rows)
    groups = [list(range(len(rows)))] if pads else [
        [i for i, row in enumerate(rows) if len(row.ids) == width] for width in widths
    ]  # fmt: skip
    with forward_errors(checkpoint.info.name):
        for group in groups:
            logits = _logits(checkpoint, [rows[i] for i in group])
            for i, score in zip(group, logits[:, 0].tolist(), strict=True):
                values[i] = score
    return values


def prepare(checkpoint: Checkpoint, rows: Sequence[TokenizedReply]) -> bool:
    """Convert the head to float32 and test the model; returns whether rows may be padded.

    Args:
        checkpoint: a checkpoint of kind `reward`.
        rows: tokenized texts of several lengths.

    Raises:
        ModelError: the head is not from the checkpoint, gives several numbers, or ignores the end
            of a text.
    """
    name = checkpoint.info.name
    _require_stored_head(checkpoint)
    _use_float32_head(checkpoint)
    with forward_errors(name):
        alone = [_logits(checkpoint, [row]) for row in rows]
        if alone[0].shape[-1] != 1:
            raise ModelError(
                f"{name}: gives {alone[0].shape[-1]} numbers a text (num_labels in its "
                "config.json), and a reward model gives one"
            )
        _require_read_to_the_end(checkpoint, rows[0])
        single = torch.cat(alone)[:, 0]
        try:
            together = _logits(checkpoint, rows)[:, 0]
        except FORWARD_ERRORS:
            return False
    spread = max(single.std().item(), LEAST_SPREAD)
    change = (together - single).abs().max().item()
    return change <= tolerance(checkpoint.model.dtype) * spread


@torch.inference_mode()
def _logits(checkpoint: Checkpoint, rows: Sequence[TokenizedReply]) -> torch.Tensor:
    """Output of the head, ``(rows, labels)`` in float32."""
    model, width = checkpoint.model, max(len(row.ids) for row in rows)
    padding = _unused(checkpoint, rows)
    for config in (model.config, model.config.get_text_config()):
        config.pad_token_id = padding
    tensors = {
        "input_ids": [[*row.ids, *[padding] * (width - len(row.ids))] for row in rows],
        "attention_mask": [[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows],
    }
    if "token_type_ids" in checkpoint.tokenizer.model_input_names:
        tensors["token_type_ids"] = [[*row.types, *[0] * (width - len(row.ids))] for row in rows]
    inputs = {
        key: torch.tensor(values, device=checkpoint.device) for key, values in tensors.items()
    }
    logits: torch.Tensor = model(**inputs).logits
    return logits.float()


def _unused(checkpoint: Checkpoint, rows: Sequence[TokenizedReply]) -> int:
    """The first token that occurs in no row."""
    used = {token for row in rows for token in row.ids}
    return next(i for i in range(checkpoint.embedding_rows + 1) if i not in used)


def _require_read_to_the_end(checkpoint: Checkpoint, row: TokenizedReply) -> None:
    """Check that the score depends on the last token, that is, on the whole text.

    Raises:
        ModelError: it does not.
    """
    for position in (len(row.ids) - 1, len(row.ids) - 2):  # Some classes require an end token.
        ids = [
            (*row.ids[:position], token, *row.ids[position + 1 :])
            for token in _two(checkpoint, row)
        ]
        texts = [type(row)(other, row.types) for other in ids]
        try:
            one, other = (_logits(checkpoint, [text]) for text in texts)
        except FORWARD_ERRORS:
            continue
        if torch.equal(one, other):
            break
        return
    raise ModelError(
        f"{checkpoint.info.name}: its score does not change with the last token of a text, so it "
        "is no score of the whole text"
    )


def _two(checkpoint: Checkpoint, row: TokenizedReply) -> tuple[int, int]:
    """Two different ordinary tokens, the first of them from the text."""
    special = set(checkpoint.tokenizer.all_special_ids)
    inside = [token for token in row.ids if token not in special] or [row.ids[-1]]
    others = (i for i in range(checkpoint.embedding_rows) if i not in special and i != inside[0])
    return inside[0], next(others, inside[-1])


def sample_lengths() -> list[str]:
    """Test replies of several lengths."""
    words = SAMPLE.split()
    sizes = [SHORT + (LONG - SHORT) * n // TRIED for n in range(TRIED)]
    return [" ".join((words * 2)[:size]) for size in sizes]


def _heads(checkpoint: Checkpoint) -> Iterator[torch.nn.Module]:
    """The submodules with parameters outside the base model."""
    model = checkpoint.model
    for child in model.children():
        if child is not model.base_model and any(True for _ in child.parameters()):
            yield child


def _require_stored_head(checkpoint: Checkpoint) -> None:
    """Check that all weights of the head are in the checkpoint's files.

    Raises:
        ModelError: a weight is not; it was initialized at random.
    """
    files = [path for path in checkpoint.files if path.suffix == f".{SUFFIX}"]
    if not files:
        return
    for head in _heads(checkpoint):
        for name, weight in head.named_parameters():
            if not any(_holds(path, weight) for path in files):
                raise ModelError(
                    f"{checkpoint.info.name}: the weights {name!r} of its head are not those on "
                    "the disk: they were made up when it was loaded, so its scores mean nothing"
                )


def _holds(path: Path, weight: torch.nn.Parameter) -> bool:
    """Whether a file has a tensor with these values, under any name."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as stored:
        names = [n for n in stored.keys() if stored.get_slice(n).get_shape() == [*weight.shape]]  # noqa: SIM118
        own = weight.detach().cpu().nan_to_num()
        return any(
            torch.equal(stored.get_tensor(n).to(weight.dtype).nan_to_num(), own) for n in names
        )


def _use_float32_head(checkpoint: Checkpoint) -> None:
    """Run the head in float32, because 16-bit scores of different replies are often equal."""
    if checkpoint.model.dtype == torch.float32:
        return

    def widened(_: torch.nn.Module, inputs: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(
            item.float() if isinstance(item, torch.Tensor) and item.is_floating_point() else item
            for item in inputs
        )

    for head in _heads(checkpoint):
        head.float()
        head.register_forward_pre_hook(widened)
