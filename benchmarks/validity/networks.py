"""False placements: untrained networks, which have no opinions, should not be placed.

Tiny BERT and GPT-2 models with random weights (standard deviation 0.02 or 0.2) are asked the set
`compass` in three wordings of the protocol `default`, without controls, which would reject all.
``python -m benchmarks.validity.networks``
prints the results; at most one of forty may be placed.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import probes
from benchmarks import models
from benchmarks.validity.populations import materials
from probes.asking.protocols import hashed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SPREADS = (0.02, 0.2)
KINDS = ("bert", "gpt2")
SIZE = models.Size(models.SMALL, 2, 64, 2)
EACH = 10
WORDINGS = ("agree", "yes-no", "true-false")


def placements(each: int = EACH, limit: int | None = None) -> Iterator[dict[str, object]]:
    """One row of `placements` per network and axis; `limit` samples that many statements."""
    with TemporaryDirectory() as folder:
        tokenizers = {kind: models.TOKENIZERS[kind](SIZE.vocabulary) for kind in KINDS}
        for kind, spread, seed in product(KINDS, SPREADS, range(each)):
            path = _drawn(Path(folder) / f"{kind}-{spread}-{seed}", tokenizers[kind], spread, seed)
            yield from _asked(path, limit)


def _drawn(path: Path, tokenizer: "PreTrainedTokenizerBase", spread: float, seed: int) -> Path:
    """Write a checkpoint with matrices drawn at random; returns its folder."""
    import torch

    torch.manual_seed(seed)
    model = models.MODELS[path.name.partition("-")[0]](SIZE, tokenizer)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=spread)
    tokenizer.save_pretrained(path)
    model.save_pretrained(path)
    return path


def _asked(path: Path, limit: int | None) -> list[dict[str, object]]:
    base = materials()
    wordings = tuple(w for w in base.recipe.wordings if w.name in WORDINGS)
    recipe = hashed(replace(base.recipe, wordings=wordings))
    evidence = probes.run(probes.load_model(str(path)), base.statements, recipe, limit=limit)
    table = probes.place(evidence).placements
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


if __name__ == "__main__":
    for row in placements():
        print(*(row[name] for name in ("model", "axis", "opposition", "decisiveness", "placed")))
