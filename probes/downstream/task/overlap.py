"""Overlap of folds: units and texts that occur on both sides of a split."""

from collections.abc import Iterable, Sequence

from probes.downstream.task.texts import TaskText


def units_in_two_folds(texts: Sequence[TaskText]) -> int:
    """Number of units with texts in more than one fold (leakage between training and test)."""
    folds: dict[str, set[str]] = {text.unit: set() for text in texts}
    for text in texts:
        folds[text.unit].add(text.fold)
    return sum(len(of) > 1 for of in folds.values())


def same_words(text: TaskText) -> tuple[str, ...]:
    """The text in lower case with single blanks: equal for texts with the same words."""
    return tuple(" ".join(part.split()).casefold() for part in text.texts)


def seen_in_training(texts: Sequence[TaskText], learnt: Iterable[int], asked: Iterable[int]) -> int:
    """Number of test texts that are also among the training texts, word for word."""
    words = {same_words(texts[n]) for n in learnt}
    return sum(same_words(texts[n]) in words for n in asked)


def seen_sentence(count: int, tested: int) -> str:
    """The warning about test texts that are also training texts."""
    stand = "stands" if count == 1 else "stand"
    return (
        f"{count} of the {tested} texts tested also {stand}, word for word, among those that are "
        "learnt from: their labels may be known by heart"
    )
