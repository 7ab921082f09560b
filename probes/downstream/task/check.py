"""Checking a task's texts, groups and baselines before training a model: `probes tasks check`."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from probes.downstream import words
from probes.downstream.metrics import Bools, rates
from probes.downstream.task.overlap import (
    same_words,
    seen_in_training,
    seen_sentence,
    units_in_two_folds,
)
from probes.downstream.task.texts import TaskText, TaskTexts
from probes.placement.interval import Floats

TYPICAL = 0.8
"""Assumed recall in the power calculation of the smallest detectable gap."""
POWERED = 1.96 + 0.84
"""Standard errors that a difference needs for 80 % power (two-sided 5 %)."""
FEW = 30
"""Units with positive texts below which a remark names the group *(provisional)*."""

SMALLEST = (
    f"smallest_gap: in recall, of a group and the others, found in 80 of 100, at a recall of "
    f"{TYPICAL}, of one model, if texts of a unit are answered alike; where units hold several "
    "groups, and between models on the same texts, smaller ones are found"
)


@dataclass(frozen=True, slots=True)
class TaskCheck:
    """The result of checking a task."""

    facts: pd.DataFrame
    """Counts and baselines, one per row: `check`, `value`."""
    groups: pd.DataFrame = field(repr=False)
    """A row for each group: texts by class, units, smallest detectable gap in recall."""
    remarks: tuple[str, ...]


def check(task: TaskTexts) -> TaskCheck:
    """Counts, baselines and remarks of a task; needs no model."""
    texts = task.texts
    facts: dict[str, object] = {"texts": len(texts)}
    facts |= {f"texts, {fold}": n for fold, n in sorted(Counter(t.fold for t in texts).items())}
    facts |= {f"texts, {label}": n for label, n in Counter(t.label for t in texts).items()}
    facts["left out: no majority label"] = task.undecided
    facts["texts without a group"] = sum(not t.groups for t in texts)
    facts["texts with two groups or more"] = sum(len(t.groups) > 1 for t in texts)
    facts["units"] = len({t.unit for t in texts})
    facts["units in two folds"] = units_in_two_folds(texts)
    facts |= _repeats(texts)
    facts |= baselines(task)
    table = pd.DataFrame(_group_rows(task))
    values = pd.Series(list(facts.values()), dtype=object)  # counts remain integers
    shown = pd.DataFrame({"check": list(facts), "value": values})
    return TaskCheck(shown, table, tuple(_remarks(facts, table, task)))


def baselines(task: TaskTexts) -> Mapping[str, float]:
    """Out-of-fold balanced accuracy of classifiers that see only words or only group names."""
    texts, positive = task.texts, is_positive(task)
    joined = [" ".join(text.texts) for text in texts]
    by_name = {
        "words alone, balanced accuracy": words.words_only(joined, positive, task.parts()),
        "groups alone, balanced accuracy": words.groups_only(
            [text.groups for text in texts], positive, task.parts()
        ),
    }
    if len(texts[0].texts) > 1:
        second = words.words_only([t.texts[1] for t in texts], positive, task.parts())
        by_name["second text alone, balanced accuracy"] = second
    return {name: _balanced(positive, log_odds) for name, log_odds in by_name.items()}


def is_positive(task: TaskTexts) -> Bools:
    """Whether each text is of the positive class, ``(texts,)``."""
    return np.array([text.label == task.file.label.positive for text in task.texts])


def _balanced(positive: Bools, log_odds: Floats) -> float:
    predicted = np.isfinite(log_odds)
    outcome = rates(np.ones(int(predicted.sum())), positive[predicted], log_odds[predicted] > 0)
    return round(float(outcome.balanced), 4)


def _repeats(texts: Sequence[TaskText]) -> Mapping[str, object]:
    """Number of repeated texts, and of texts that occur in more than one fold."""
    folds: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for text in texts:
        folds[same_words(text)].append(text.fold)
    return {
        "repeated texts": sum(len(text_folds) - 1 for text_folds in folds.values()),
        "texts that stand in two folds": sum(
            len(set(text_folds)) > 1 for text_folds in folds.values()
        ),
    }


def _group_rows(task: TaskTexts) -> list[dict[str, object]]:
    """A row for each group, counting texts of tested folds only."""
    tested = [text for text in task.texts if text.fold in task.folds]
    units: defaultdict[str, set[str]] = defaultdict(set)
    rows: dict[str, Counter[str]] = {g: Counter() for t in task.texts for g in t.groups}
    for text in tested:
        is_hit = text.label == task.file.label.positive
        for group in text.groups:
            rows[group].update(["positives" if is_hit else "negatives"])
            if is_hit:
                units[group].add(text.unit)
    all_units = {unit for group_units in units.values() for unit in group_units}
    return [
        {
            "group": group,
            "positives": rows[group]["positives"],
            "negatives": rows[group]["negatives"],
            "units": len(units[group]),
            "smallest_gap": _smallest(len(units[group]), len(all_units)),
        }
        for group in sorted(rows)
    ]


def _smallest(units: int, others: int) -> float:
    """Difference in recall between a group and the others that is detected with 80 % power."""
    if not units or not others:
        return float("nan")
    return round(POWERED * float(np.sqrt(TYPICAL * (1 - TYPICAL) * (1 / units + 1 / others))), 3)


def _remarks(facts: Mapping[str, object], groups: pd.DataFrame, task: TaskTexts) -> Sequence[str]:
    few = groups.loc[groups["units"] < FEW, "group"].tolist()
    tested = sum(text.fold in task.folds for text in task.texts)
    remarks = [
        f"groups, and what words or groups alone say: of the {tested} texts tested",
        SMALLEST,
    ]
    if facts["units in two folds"]:
        remarks.append("units stand in two folds: what is learnt of one may be known of the other")
    if again := sum(seen_in_training(task.texts, *part) for part in task.parts()):
        remarks.append(seen_sentence(again, tested))
    remarks += _unlearnt(task)
    if few:
        remarks.append(f"fewer than {FEW} units with positive texts: {', '.join(few)}")
    return [*remarks, f"licence: {task.file.licence}"]


def _unlearnt(task: TaskTexts) -> Iterator[str]:
    """A sentence for each declared class without a training text."""
    classes, there = task.file.label.classes, {text.label for text in task.texts}
    for name in classes:
        if name not in there:
            yield (
                f"no text is of the class {name!r}, which label: declares; it cannot be learnt, "
                "and `finetune` and `downstream run` refuse the task"
            )
    for fold, (train, _) in zip(task.folds, task.parts(), strict=True):
        learnt = {task.texts[n].label for n in train}
        for name in classes:
            if name in there and name not in learnt:
                yield (
                    f"all texts of the class {name!r} are of {fold!r}: without it the class cannot "
                    "be learnt, and `downstream run` refuses the task"
                )
