"""Whether a way of running a model gives the model's own numbers: tested, not guessed from names.

A cache that cannot drop rows, a recurrent state that reads padding as text, positions counted from
the padding: each of them gives fluent replies that are not the model's. Does not choose the way of
running (`writer`).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from probes.backends.hf.loading.device import FORWARD_ERRORS, memory_errors
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.writing.decoders import DecodingRows, StartRows


def matches_reference(
    tested: StartRows, reference: StartRows, text: Ids, tolerance: float, *, several: bool
) -> bool:
    """Whether a way of running gives the reference's probabilities, tested on a text's tokens.

    Prompts of unequal length are read; a row leaves, one is doubled, others join if they can, and
    tokens are read in between: all operations of `generate`.

    Args:
        tested: the way of running to test.
        reference: the one that is right for any model.
        text: as long as texts will become, or a little shorter.
        tolerance: largest difference in probability that is rounding.
        several: test with several rows at once; else with one.

    Raises:
        MemoryError: they do not fit.
    """
    try:
        with memory_errors(), torch.inference_mode():
            differences = _differences(tested, reference, text, several=several)
            return all(difference <= tolerance for difference in differences)  # False for NaN.
    except FORWARD_ERRORS:
        return False  # An operation that the architecture lacks; each raises its own error.


def _differences(
    start_tested: StartRows, start_reference: StartRows, text: Ids, *, several: bool
) -> Iterator[float]:
    """Step by step, the largest difference in probability between the two ways of running."""
    parts = [text[: max(1, len(text) // n)] for n in (1, 2, 3)] if several else [text]
    batches = tested, reference = start_tested(parts), start_reference(parts)
    yield _max_difference(tested, reference)
    for rows in [(0, 1, 1, 2), (1, 2, 3)] if several else [(0,)]:
        for batch in batches:
            batch.select(torch.tensor(rows, device=batch.logits.device))
        if several and tested.can_join:
            tested.join(start_tested(parts[1:]))
            reference.join(start_reference(parts[1:]))
        for token in text[:2]:
            for batch in batches:
                batch.advance(torch.full((len(batch.logits),), token, device=batch.logits.device))
            yield _max_difference(tested, reference)


def _max_difference(first: DecodingRows, second: DecodingRows) -> float:
    """The largest difference between two batches' next-token probabilities."""
    probabilities = (rows.logits.float().softmax(-1) for rows in (first, second))
    return float((next(probabilities) - next(probabilities)).abs().max())
