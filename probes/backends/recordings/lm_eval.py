"""Samples of lm-evaluation-harness: ``samples_TASK_DATE.jsonl``, written with `--log_samples`.

Generated texts are replies. Log-likelihoods of choices are probabilities of options if the task was
written by `probes export --lm-eval`, whose documents give the option of each choice. The file does
not name the model. Of several filters only the first is read, since raw replies are equal in all.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from probes.backends.recordings import cell, json_entries
from probes.backends.recordings.log import ASKED, Entry, ForeignLog, objects
from probes.errors import ModelError
from probes.files.nested import at_path

KEYS = {"doc_id", "doc", "arguments", "resps"}
FIRST = "arguments.gen_args_0.arg_0"
"""Path of the prompt's text."""
SCORES, LABELS, BEFORE = "logprobs", "labels", "before"
"""Keys: label -> log-probability (in an entry), label of each choice and text before the slot (in a
document)."""


def read(path: Path, raw: bytes) -> ForeignLog:
    """Read the samples.

    Raises:
        ModelError: they are damaged, or have log-likelihoods of choices without known options.
    """
    samples = objects(path, json_entries.lines(path, raw))
    chosen = samples[0][1].get("filter")
    entries = [
        entry
        for where, sample in samples
        if sample.get("filter") == chosen
        for entry in _entries(path, where, sample)
    ]
    return ForeignLog(entries, own="doc")


def _entries(path: Path, where: str, sample: Entry) -> Iterator[tuple[str, Entry]]:
    """One entry for each reply, or one for the log-likelihoods of all choices."""
    if not sample.keys() >= KEYS:
        raise ModelError(f"{path}: {where}: should have {', '.join(sorted(KEYS))}")
    responses = sample["resps"]
    firsts = [r[0] if isinstance(r, Sequence) and r else None for r in _list(responses)]
    if firsts and all(isinstance(first, str) for first in firsts):
        for seed, reply in enumerate(_list(_list(responses)[0])):
            yield where, {**sample, ASKED: _asked(sample), "reply": reply, "seed": seed}
        return
    if cell.of(sample, "doc") is None:
        raise ModelError(
            f"{path}: {where}: holds log-likelihoods of choices that no option is known of; they "
            "are read of a task that `probes export --lm-eval` wrote"
        )
    scores = _scores(path, where, sample["doc"], firsts)
    yield where, {**sample, ASKED: _asked(sample), SCORES: scores}


def _scores(path: Path, where: str, doc: object, firsts: Sequence[object]) -> dict[str, float]:
    """Label -> natural log of the summed probabilities of its forms."""
    labels = _list(doc.get(LABELS)) if isinstance(doc, Mapping) else []
    values = [_number(first) for first in firsts]
    if len(labels) != len(values) or not values or any(math.isnan(value) for value in values):
        raise ModelError(f"{path}: {where}: should have a log-likelihood for each of its labels")
    scores: dict[str, float] = {}
    for label, value in zip(map(str, labels), values, strict=True):
        earlier = scores.get(label, -math.inf)
        largest = max(earlier, value)
        scores[label] = largest + math.log(math.exp(earlier - largest) + math.exp(value - largest))
    return scores


def _number(response: object) -> float:
    """The log-likelihood in ``[number or text, whether it is greedy]``; NaN if there is none."""
    try:
        number = float(str(_list(response)[0]))
    except (IndexError, ValueError):
        return math.nan
    return number if -math.inf < number <= 0 else math.nan


def _asked(sample: Entry) -> object:
    try:
        return at_path(sample, FIRST)
    except KeyError:
        return None


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()
