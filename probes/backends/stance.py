"""Backend `stance`: a natural language inference (NLI) model that judges written replies.

Any sequence-classification checkpoint whose configuration has the labels entailment, neutral and
contradiction, in any order and case. Gives logits for pairs of premise and hypothesis;
`replies.stance` interprets them. Implements `types.Judge` and not `Scorer`, so it is refused as
``--model``.
"""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.backends.hf.loading.device import forward_errors
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Verdict

LABELS = ("entailment", "neutral", "contradiction")
Pair = tuple[str, str]


def load(spec: ModelSpec, options: LoadOptions) -> StanceModel:
    """Open a checkpoint as an NLI model.

    Raises:
        ModelError: it cannot be loaded, is not a sequence classifier, or its configuration does
            not name its labels.
    """
    gc.collect()  # free the memory of the models that wrote the replies
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    checkpoint = open_checkpoint(spec, replace(options, chat=False, adapter=None), "stance")
    return StanceModel(checkpoint, _label_order(spec.id, checkpoint.model.config.id2label))


@dataclass(frozen=True, slots=True)
class StanceModel:
    """An NLI model; implements `types.Judge`."""

    checkpoint: Checkpoint
    order: tuple[int, ...]
    """Index of each of `LABELS` in the checkpoint's logits."""

    @property
    def info(self) -> ModelInfo:
        """Facts on the loaded model."""
        return self.checkpoint.info

    def lengths(self, pairs: Sequence[Pair]) -> list[int]:
        """Number of tokens of each pair, truncated to the context; see `types.Judge`."""
        return [len(ids) for ids, _, _ in self._encode(pairs)]

    def judge(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """Verdicts on a batch of premises and hypotheses, in order; see `types.Judge`."""
        rows = self._encode(pairs)
        pads = self.checkpoint.pads and self.checkpoint.model.config.pad_token_id is not None
        if not pads and len(rows) > 1:
            # Without a padding token a classifier reads the row's last token: rows one by one.
            return [verdict for pair in pairs for verdict in self.judge([pair])]
        logits = self._logits([ids for ids, _, _ in rows], [types for _, types, _ in rows])
        verdicts = []
        for (premise, _), (_, _, cut), row in zip(pairs, rows, logits, strict=True):
            if not all(map(math.isfinite, row)):
                raise ScoreError(
                    f"{self.info.name}: its logits for the reply {premise[:60]!r} are not finite; "
                    f"try --dtype float32"
                )
            entailment, neutral, contradiction = (row[i] for i in self.order)
            verdicts.append(Verdict(entailment, neutral, contradiction, cut))
        return verdicts

    def _logits(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Logits of each pair over the labels."""
        with forward_errors(self.info.name), torch.inference_mode():
            padded, mask = self.checkpoint.padded([tuple(row) for row in ids])
            inputs = {"input_ids": padded, "attention_mask": mask}
            if "token_type_ids" in self.checkpoint.tokenizer.model_input_names:
                kinds = [[*row, *[0] * (padded.shape[1] - len(row))] for row in types]
                inputs["token_type_ids"] = torch.tensor(kinds, device=padded.device)
            logits: list[list[float]] = self.checkpoint.model(**inputs).logits.float().tolist()
        return logits

    def _encode(self, pairs: Sequence[Pair]) -> list[tuple[list[int], list[int], bool]]:
        """``(ids, token types, whether the premise was truncated)`` of each pair."""
        pairs = [
            (self._without_special_tokens(premise), self._without_special_tokens(hypothesis))
            for premise, hypothesis in pairs
        ]
        rows = self._tokenise(pairs, None)
        context = self.checkpoint.context
        too_long = [i for i, (ids, _) in enumerate(rows) if context and len(ids) > context]
        cut = [pairs[i] for i in too_long]
        hypotheses = self._tokenise([("", hypothesis) for _, hypothesis in cut], None)
        for (ids, _), (_, hypothesis) in zip(hypotheses, cut, strict=True):
            if context and len(ids) >= context:
                raise ModelError(
                    f"{self.info.name}: the hypothesis {hypothesis[:60]!r}... alone is longer than "
                    f"the {context} tokens that it reads"
                )
        shortened = dict(zip(too_long, self._tokenise(cut, context), strict=True))
        return [(*shortened.get(i, row), i in shortened) for i, row in enumerate(rows)]

    def _tokenise(
        self, pairs: Sequence[Pair], max_length: int | None
    ) -> list[tuple[list[int], list[int]]]:
        """``(ids, token types)`` of each pair; the premise is truncated to fit `max_length`."""
        if not pairs:
            return []
        batch = self.checkpoint.tokenizer(
            [premise for premise, _ in pairs],
            [hypothesis for _, hypothesis in pairs],
            truncation=False if max_length is None else "only_first",
            max_length=max_length,
            return_token_type_ids=True,
            return_attention_mask=False,
            verbose=False,
        )
        return list(zip(batch["input_ids"], batch["token_type_ids"], strict=True))

    def _without_special_tokens(self, text: str) -> str:
        """The text without special tokens, which would otherwise be read as such (``</s>``)."""
        specials = sorted(self.checkpoint.tokenizer.all_special_tokens, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, specials)), "", text) if specials else text


def _label_order(name: str, labels: Mapping[int, str]) -> tuple[int, ...]:
    """The index of each of `LABELS` in the checkpoint's configuration.

    Raises:
        ModelError: the configuration has other labels.
    """
    positions = {str(label).strip().lower(): int(i) for i, label in labels.items()}
    if set(positions) != set(LABELS) or len(labels) != len(LABELS):
        names = ", ".join(map(str, labels.values()))
        raise ModelError(
            f"{name}: its configuration (id2label) has the labels {names}; a stance model has "
            f"{', '.join(LABELS)}, so that what its numbers mean is known"
        )
    return tuple(positions[label] for label in LABELS)
