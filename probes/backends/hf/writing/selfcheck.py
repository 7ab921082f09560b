"""Whether a way of running a model gives the model's own numbers: tried, not guessed from names.

A cache that cannot lose rows, a recurrent state that takes padding for text, places counted from
the wrong end: each of them gives fluent replies that are not the model's. Does not choose a way
(`writer`).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from probes.backends.hf.loading.device import memory_errors
from probes.backends.hf.scoring.forms import Ids
from probes.backends.hf.writing.decoders import Begin, DecodingRows


def proven(begin: Begin, plain: Begin, text: Ids, tolerance: float, *, together: bool) -> bool:
    """Whether a way of running gives the numbers of the plain one, tried on a text's tokens.

    Rows of unlike length are read; one leaves, one is doubled, others join if they can; and tokens
    are read in between: all that `generate` does.

    Args:
        begin: the way to try.
        plain: the way that it is held against.
        text: as long as texts will become, or a little shorter.
        tolerance: largest difference in probability that is rounding.
        together: with several rows at once; else with one.

    Raises:
        MemoryError: they do not fit.
    """
    try:
        with memory_errors(), torch.inference_mode():
            gaps = _gaps(begin, plain, text, together=together)
            return all(gap <= tolerance for gap in gaps)  # NaN is no rounding, either.
    except (AttributeError, IndexError, NotImplementedError, RuntimeError, TypeError, ValueError):
        return False  # Each architecture that lacks something refuses in its own way.


def _gaps(begin: Begin, plain: Begin, text: Ids, *, together: bool) -> Iterator[float]:
    """Step by step, the largest difference in probability between two ways."""
    parts = [text[: max(1, len(text) // n)] for n in (1, 2, 3)] if together else [text]
    runs = tried, held = begin(parts), plain(parts)
    yield _gap(tried, held)
    for rows in [(0, 1, 1, 2), (1, 2, 3)] if together else [(0,)]:
        for run in runs:
            run.keep(torch.tensor(rows, device=run.logits.device))
        if together and tried.joins:
            tried.join(begin(parts[1:]))
            held.join(plain(parts[1:]))
        for token in text[:2]:
            for run in runs:
                run.advance(torch.full((len(run.logits),), token, device=run.logits.device))
            yield _gap(tried, held)


def _gap(one: DecodingRows, other: DecodingRows) -> float:
    pair = (run.logits.float().softmax(-1) for run in (one, other))
    return float((next(pair) - next(pair)).abs().max())
