"""Testing whether a fast decoding mode gives the same probabilities as the reference.

A cache that cannot drop rows, a recurrent state that reads padding as text, or positions counted
from the padding give fluent but wrong replies. `writer` chooses the mode.
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
    """Whether a decoding mode gives the reference's probabilities, tested on a text's tokens.

    Covers all operations of `generate`: reading prompts of unequal length, removing a row, copying
    one, joining others if possible, and reading tokens in between.

    Args:
        tested: the decoding mode to test.
        reference: the mode that is correct for any model.
        text: token ids, about as many as the longest text will have.
        tolerance: maximum difference in probability that counts as rounding.
        several: test with several rows in a batch; else with one.

    Raises:
        MemoryError: they do not fit.
    """
    try:
        with memory_errors(), torch.inference_mode():
            differences = _differences(tested, reference, text, several=several)
            return all(difference <= tolerance for difference in differences)  # False for NaN.
    except FORWARD_ERRORS:
        return False  # The architecture lacks an operation; error types vary.


def _differences(
    start_tested: StartRows, start_reference: StartRows, text: Ids, *, several: bool
) -> Iterator[float]:
    """For each step, the maximum difference in probability between both modes."""
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
    """The maximum difference between the next-token probabilities of two batches."""
    probabilities = (rows.logits.float().softmax(-1) for rows in (first, second))
    return float((next(probabilities) - next(probabilities)).abs().max())
