"""A progress bar for notebooks and programs."""

import sys
from collections.abc import Iterable, Iterator

from probes.asking.loop import AnsweredBatch
from probes.types import Answer, Header


def shown(
    batches: Iterable[AnsweredBatch], header: Header, *, progress: bool | None
) -> Iterator[Answer]:
    """Answers of the batches, with a progress bar; `progress` None: only on a terminal."""
    from tqdm.auto import tqdm

    unseen = None if progress is None else not progress  # tqdm: None hides it off a terminal
    if progress is None and "ipykernel" in sys.modules:
        unseen = False
    with tqdm(total=header.cells, desc=header.model.name, unit="answer", disable=unseen) as bar:
        for batch in batches:
            yield from batch.answers
            bar.update(len(batch.answers))
