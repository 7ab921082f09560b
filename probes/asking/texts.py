"""Statement x wording -> the text of the question, before and after the answer's slot.

Independent of methods, models and tokens: a model's `render` joins question and answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import ascii_uppercase
from typing import cast

from probes.files.yaml import read_yaml
from probes.types import Option, Wording

GAP = "___"
"""Placeholder for the answer in a cloze question."""


def ask(wording: Wording, text: str, order: int) -> str:
    """The question about `text`, listing the options in the wording's order number `order`."""
    listed = ""
    if wording.orders:
        *first, last = (wording.options[i].forms[0] for i in wording.orders[order])
        listed = wording.between.join(first) + wording.last + last
    # Options first: a statement may contain "{options}".
    return wording.ask.replace("{options}", listed).replace("{statement}", text)


def balanced(wording: Wording) -> Wording:
    """The wording with as many orders as options, as a Latin square: each option is once in each
    position. With an even number of options each order also has its reverse. The first order is
    unchanged.

    >>> four = tuple(Option(name, "agree", (name,)) for name in "abcd")
    >>> balanced(Wording("w", "{statement}", "{slot}", four)).orders
    ((0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1), (1, 0, 3, 2))
    """
    count = len(wording.options)
    first = wording.orders[0] if wording.orders else tuple(range(count))
    step = 1 if count % 2 else 2
    turned = [first[n:] + first[:n] for n in range(0, count, step)]
    orders = turned if step == 1 else [o for order in turned for o in (order, order[::-1])]
    return replace(wording, orders=tuple(orders))


def cloze(
    wording: Wording, text: str, order: int, *, letters: bool
) -> tuple[str, tuple[Option, ...]]:
    """A cloze question as one chat message, for a model whose reply cannot be prefilled, and the
    options to be scored. The message has the question, the answer with a gap, and the options.

    Args:
        wording: A `balanced` wording; languages in ``turns.yaml`` also get an instruction.
        text: The statement.
        order: Index of the wording's order.
        letters: Only the reply's first token is scored: options that begin alike are named by
            letters, A for the first option in this order.
    """
    question = ask(wording, text, order)
    if not wording.options:
        return question, ()
    options = tuple(replace(o, forms=o.forms[:1]) for o in wording.options) if letters else ()
    names, listed = [o.forms[0] for o in wording.options], wording.orders[order]
    if letters and _begin_alike(names):
        options = tuple(
            replace(o, forms=(ascii_uppercase[listed.index(i)],)) for i, o in enumerate(options)
        )
        names = [f"{o.forms[0]}) {name}" for o, name in zip(options, names, strict=True)]
    sentence = wording.answer.replace("{slot}", GAP)
    lettered = "letter" if options and len(options[0].forms[0]) == 1 else "words"
    instruction = _turns().get(wording.language, {}).get(lettered, "")
    directions = " ".join(filter(None, [instruction, " / ".join(names[i] for i in listed)]))
    parts = [question, sentence if sentence != GAP else "", directions]
    return "\n\n".join(filter(None, parts)), options or wording.options


def _begin_alike(names: Sequence[str]) -> bool:
    """Whether two options could begin with the same token."""
    begin = [name[: 2 if name[:2].isascii() else 1].casefold() for name in names]
    return len(set(begin)) < len(begin)


@cache
def _turns() -> Mapping[str, Mapping[str, str]]:
    entries = read_yaml(Path(__file__).with_name("turns.yaml"))
    return cast("Mapping[str, Mapping[str, str]]", entries)


def around_slot(before: str, wording: Wording) -> tuple[str, tuple[Option, ...]]:
    """Move a space at the end of `before` to the beginning of the options' forms.

    A word's token usually includes the space before it, so the space is scored with the word.
    """
    if not before.endswith(" "):
        return before, wording.options
    spaced = tuple(
        Option(o.label, o.side, tuple(f" {form}" for form in o.forms), o.strong)
        for o in wording.options
    )
    return before[:-1], spaced
