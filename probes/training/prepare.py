"""Preparing a corpus for pretraining: block layout, tokens on disk, and the masker."""

import shutil
from typing import TYPE_CHECKING

from probes.errors import RunError, UsageError
from probes.files import atomic
from probes.training import blocks, distributed, tokens
from probes.training.blocks import BlockLayout
from probes.training.corpora import Corpus
from probes.training.masking import Masker
from probes.training.request import (
    BLOCK,
    OnProgress,
    TrainingOptions,
    TrainingProgress,
    TrainingRequest,
)
from probes.training.tokens import CorpusCounts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from probes.backends.hf.loading.checkpoint import Checkpoint

FOLDER = ".blocks"
"""Subfolder of a training for the tokenized corpus; removed at the end."""
PARTIAL = ".blocks-partial"
"""Name of that subfolder while the corpus is being tokenized."""


def usual_block(base: "Checkpoint") -> int:
    """Default tokens of a block for this model."""
    return BLOCK if base.context is None else min(BLOCK, base.context)


def block_layout(base: "Checkpoint", regime: TrainingOptions) -> BlockLayout:
    """The layout of blocks for this model.

    Raises:
        UsageError: the block exceeds the model's context or is too short for text, or ``--hide``
            is given for a causal model.
    """
    block, hide = regime.block or usual_block(base), regime.hide
    if hide and base.info.backend == "causal":
        raise UsageError(f"--hide {hide[0]}: {base.info.name} is causal; words hide in masked ones")
    if base.context is not None and block > base.context:
        raise UsageError(f"--block {block}: {base.info.name} reads at most {base.context} tokens")
    layout = blocks.block_layout(
        base.tokenizer, base.info.backend, block, hide=hide, apart=regime.apart
    )
    if layout.width < 2:
        raise UsageError(f"--block {block}: leaves no room for text; 128 is usual")
    return layout


def prepare_tokens(
    request: TrainingRequest,
    tokenizer: "PreTrainedTokenizerBase",
    layout: BlockLayout,
    corpus: Corpus,
    on_progress: OnProgress,
) -> CorpusCounts:
    """Tokenize the corpus to disk if that is not done; of several processes the leader does it.

    Raises:
        CorpusError: the corpus is empty, damaged, too small or in another script.
        RunError: its tokens cannot be written.
    """
    complete, partial = request.out / FOLDER, request.out / PARTIAL
    held_out = request.regime.held_out
    if distributed.is_leader() and tokens.read_counts(complete) is None:
        for folder in (complete, partial):
            shutil.rmtree(folder, ignore_errors=True)

        def on_documents(done: int) -> None:
            on_progress(TrainingProgress("reading", done, 0))

        try:
            partial.mkdir()
            streams = tokens.TokenStreams(partial, held_out)
            counts = tokens.write_streams(
                corpus.documents(), tokenizer, layout, streams, on_documents
            )
            tokens.require_usable(counts, layout, held_out)
            atomic.move_into_place(partial, complete)
        except OSError as error:
            raise RunError(
                f"{partial}: the corpus's tokens cannot be written: {error.strerror}; make room, "
                "and the same command begins again"
            ) from None
    distributed.wait_for_all(cpu=request.device == "cpu")
    written = tokens.read_counts(complete)
    if written is None:
        raise RunError(f"{complete}: was removed while it was needed")
    return written


def masker(base: "Checkpoint", regime: TrainingOptions) -> Masker | None:
    """The masker of a masked model; None for a causal one, which predicts every token.

    Raises:
        UsageError: the tokenizer has no mask token.
    """
    tokenizer = base.tokenizer
    if base.info.backend == "causal":
        return None
    if tokenizer.mask_token_id is None:
        raise UsageError(f"{base.info.name}: its tokenizer has no mask token to hide words with")
    specials = tokenizer.all_special_ids
    return Masker(tokenizer.mask_token_id, len(tokenizer), specials, regime.seed, regime.mask_share)
