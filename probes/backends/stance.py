"""Backend `stance`: a model of natural language inference says whether a text entails another.

Any sequence-classification checkpoint whose configuration names the labels entailment, neutral
and contradiction, in whatever order and case. Gives logits of pairs of texts; knows neither
statements nor what agreeing is (see `replies.stance`). It judges replies, so it is no `Scorer`: as
``--model`` it is refused.
"""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from probes.backends.hf.loading.checkpoint import Checkpoint, memory_errors, open_checkpoint
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelInfo, ModelSpec, Verdict

LABELS = ("entailment", "neutral", "contradiction")
Pair = tuple[str, str]


def load(spec: ModelSpec, options: LoadOptions) -> StanceModel:
    """Open a checkpoint as a model of natural language inference.

    Raises:
        ModelError: it cannot be loaded, is no sequence classifier, or its configuration does not
            say which of its labels is which.
    """
    gc.collect()  # the models that wrote the replies may still lie in memory
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    checkpoint = open_checkpoint(spec, replace(options, chat=False, adapter=None), "stance")
    return StanceModel(checkpoint, _order(spec.id, checkpoint.model.config.id2label))


@dataclass(frozen=True, slots=True)
class StanceModel:
    """A model of natural language inference; implements `types.Judge`."""

    checkpoint: Checkpoint
    order: tuple[int, ...]
    """Where among its logits those of `LABELS` are."""

    @property
    def info(self) -> ModelInfo:
        """What was loaded."""
        return self.checkpoint.info

    def lengths(self, pairs: Sequence[Pair]) -> list[int]:
        """Tokens of each pair as it is read; see `types.Judge`."""
        return [len(ids) for ids, _, _ in self._encoded(pairs)]

    def judge(self, pairs: Sequence[Pair]) -> list[Verdict]:
        """One batch of premises and hypotheses, in order; see `types.Judge`."""
        rows = self._encoded(pairs)
        if self.checkpoint.model.config.pad_token_id is None and len(rows) > 1:
            # Such a classifier reads its last token, which it cannot tell from padding.
            return [verdict for pair in pairs for verdict in self.judge([pair])]
        logits = self._read([ids for ids, _, _ in rows], [types for _, types, _ in rows])
        found = []
        for (premise, _), (_, _, cut), row in zip(pairs, rows, logits, strict=True):
            if not all(map(math.isfinite, row)):
                raise ScoreError(
                    f"{self.info.name}: its logits for the reply {premise[:60]!r} are not finite; "
                    f"try --dtype float32"
                )
            entailment, neutral, contradiction = (row[i] for i in self.order)
            found.append(Verdict(entailment, neutral, contradiction, cut))
        return found

    def _read(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """Logits over the labels, a row a pair."""
        with memory_errors(), torch.inference_mode():
            padded, mask = self.checkpoint.padded([tuple(row) for row in ids])
            inputs = {"input_ids": padded, "attention_mask": mask}
            if "token_type_ids" in self.checkpoint.tokenizer.model_input_names:
                kinds = [[*row, *[0] * (padded.shape[1] - len(row))] for row in types]
                inputs["token_type_ids"] = torch.tensor(kinds, device=padded.device)
            logits: list[list[float]] = self.checkpoint.model(**inputs).logits.float().tolist()
        return logits

    def _encoded(self, pairs: Sequence[Pair]) -> list[tuple[list[int], list[int], bool]]:
        """Ids, token types, and whether the premise's end had to be left out."""
        pairs = [(self._plain(premise), self._plain(hypothesis)) for premise, hypothesis in pairs]
        rows = self._tokens(pairs, None)
        context = self.checkpoint.context
        long = [i for i, (ids, _) in enumerate(rows) if context and len(ids) > context]
        cut = [pairs[i] for i in long]
        bare = self._tokens([("", hypothesis) for _, hypothesis in cut], None)
        for (ids, _), (_, hypothesis) in zip(bare, cut, strict=True):
            if context and len(ids) >= context:
                raise ModelError(
                    f"{self.info.name}: the hypothesis {hypothesis[:60]!r}... alone is longer than "
                    f"the {context} tokens that it reads"
                )
        shortened = dict(zip(long, self._tokens(cut, context), strict=True))
        return [(*shortened.get(i, row), i in shortened) for i, row in enumerate(rows)]

    def _tokens(self, pairs: Sequence[Pair], most: int | None) -> list[tuple[list[int], list[int]]]:
        if not pairs:
            return []
        batch = self.checkpoint.tokenizer(
            [premise for premise, _ in pairs],
            [hypothesis for _, hypothesis in pairs],
            truncation=False if most is None else "only_first",
            max_length=most,
            return_token_type_ids=True,
            return_attention_mask=False,
            verbose=False,
        )
        return list(zip(batch["input_ids"], batch["token_type_ids"], strict=True))

    def _plain(self, text: str) -> str:
        """Without the tokenizer's own marks: a reply with ``</s>`` would end in its middle."""
        marks = sorted(self.checkpoint.tokenizer.all_special_tokens, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, marks)), "", text) if marks else text


def _order(name: str, labels: Mapping[int, str]) -> tuple[int, ...]:
    """Where each of `LABELS` stands, as the checkpoint's configuration says.

    Raises:
        ModelError: it has other labels, or more, or fewer.
    """
    places = {str(label).strip().lower(): int(i) for i, label in labels.items()}
    if set(places) != set(LABELS) or len(labels) != len(LABELS):
        has = ", ".join(map(str, labels.values()))
        raise ModelError(
            f"{name}: its configuration (id2label) has the labels {has}; a stance model has "
            f"{', '.join(LABELS)}, so that what its numbers mean is known"
        )
    return tuple(places[label] for label in LABELS)
