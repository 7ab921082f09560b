"""A corpus made ready for a model: its tokens on disk, once, and how its words are hidden."""

import shutil
from typing import TYPE_CHECKING

from probes.errors import RunError, UsageError
from probes.files import atomic
from probes.training import blocks, processes, tokens
from probes.training.blocks import BlockLayout
from probes.training.corpora import Corpus
from probes.training.masking import Masker
from probes.training.request import Tell, TrainingOptions, TrainingProgress, TrainingRequest
from probes.training.tokens import CorpusCounts

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from probes.backends.hf.loading.checkpoint import Checkpoint

FOLDER = ".blocks"
"""Where, in the folder of the training, tokens lie while they are needed ..."""
PARTIAL = ".blocks-partial"
"""... and until all of them are there."""


def framed(base: "Checkpoint", regime: TrainingOptions) -> BlockLayout:
    """How blocks look to this model.

    Raises:
        UsageError: so long a block it does not read, so short a one holds no text, or words are to
            be hidden from a causal one.
    """
    block, hide = regime.block, regime.hide
    if hide and base.info.backend == "causal":
        raise UsageError(f"--hide {hide[0]}: {base.info.name} is causal; words hide in masked ones")
    if base.context is not None and block > base.context:
        raise UsageError(f"--block {block}: {base.info.name} reads at most {base.context} tokens")
    found = blocks.frame(base.tokenizer, base.info.backend, block, hide=hide, apart=regime.apart)
    if found.width < 2:
        raise UsageError(f"--block {block}: leaves no room for text; 128 is usual")
    return found


def made(
    request: TrainingRequest,
    tokenizer: "PreTrainedTokenizerBase",
    framed: BlockLayout,
    corpus: Corpus,
    tell: Tell,
) -> CorpusCounts:
    """Make the corpus's tokens unless they are there; where several processes train, one does.

    Raises:
        CorpusError: the corpus is empty, damaged, too small or in another script.
        RunError: its tokens cannot be written.
    """
    place, partial = request.out / FOLDER, request.out / PARTIAL
    held_out = request.regime.held_out
    if processes.leads() and tokens.counted(place) is None:
        for folder in (place, partial):
            shutil.rmtree(folder, ignore_errors=True)

        def told(done: int) -> None:
            tell(TrainingProgress("reading", done, 0))

        try:
            partial.mkdir()
            found = tokens.fill(
                corpus.documents(), tokenizer, framed, tokens.TokenStreams(partial, held_out), told
            )
            tokens.judge(found, framed, held_out)
            atomic.move_into_place(partial, place)
        except OSError as error:
            raise RunError(
                f"{partial}: the corpus's tokens cannot be written: {error.strerror}; make room, "
                "and the same command begins again"
            ) from None
    processes.meet(cpu=request.device == "cpu")
    counts = tokens.counted(place)
    if counts is None:
        raise RunError(f"{place}: was removed while it was needed")
    return counts


def masker(base: "Checkpoint", regime: TrainingOptions) -> Masker | None:
    """What hides words; None for a causal model, which is to say every one.

    Raises:
        UsageError: the tokenizer has nothing to hide them with.
    """
    tokenizer = base.tokenizer
    if base.info.backend == "causal":
        return None
    if tokenizer.mask_token_id is None:
        raise UsageError(f"{base.info.name}: its tokenizer has no mask token to hide words with")
    specials = tokenizer.all_special_ids
    return Masker(tokenizer.mask_token_id, len(tokenizer), specials, regime.seed, regime.mask_share)
