"""A bar of how much is answered, for notebooks and programs."""

import sys
from collections.abc import Iterable, Iterator

from probes.asking.loop import AnsweredBatch
from probes.types import Answer, Header


def shown(
    batches: Iterable[AnsweredBatch], header: Header, *, progress: bool | None
) -> Iterator[Answer]:
    """The answers of the batches, with a bar of how many there are; None: where somebody looks."""
    from tqdm.auto import tqdm

    unseen = None if progress is None else not progress  # None: silent where there is no terminal
    if progress is None and "ipykernel" in sys.modules:
        unseen = False
    with tqdm(total=header.cells, desc=header.model.name, unit="answer", disable=unseen) as bar:
        for batch in batches:
            yield from batch.answers
            bar.update(len(batch.answers))
