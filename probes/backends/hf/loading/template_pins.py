"""What a chat template may write that differs from day to day or by chance, held fixed.

Prompts of a run must be the same on another day and in another process. A template's only sources
of change are the clock (``strftime_now``) and the generator behind Jinja's ``random`` and
``lipsum``; both are given here. Knows no tokenizer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from probes.errors import ModelError

DAY = datetime(2024, 7, 26, 12)  # noqa: DTZ001 (no zone: a template has none)
"""The default date of Llama 3's template, at noon; no other one is in any prompt."""
OTHER_DAY = datetime(2031, 11, 5, 21, 43, 8, 9)  # noqa: DTZ001
"""Differs from `DAY` in every directive: whoever writes the date differs on it."""
MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
COMPOSED = {
    "%c": "%a %b %e %H:%M:%S %Y",
    "%D": "%m/%d/%y",
    "%F": "%Y-%m-%d",
    "%R": "%H:%M",
    "%T": "%H:%M:%S",
    "%x": "%m/%d/%y",
    "%X": "%H:%M:%S",
}
"""Directives of ``strftime`` that stand for several."""
NUMBERS = "YmdyHIMSjfuwUWVG"
"""Directives that are numbers in every locale."""
PERCENT = "\x1a"
"""Stands for a percent sign that is meant, while directives are replaced."""
DATED = f"template_date_{DAY:%Y-%m-%d}"
"""Flag: the template writes a date, which is this one in every prompt."""
DRAWN = "template_chance"
"""Flag: the template draws at random, which every prompt does with one seed."""
DRAWS = 8
"""Seeds that are tried; one of two words, drawn once, goes unseen one time in 256."""


def with_day(template: str, day: datetime) -> str:
    """The template with ``strftime_now``, if it calls that, as a macro for one day, in English.

    A function cannot be passed in: transformers passes only plain data to templates.
    """
    if "strftime_now" not in template:
        return template
    steps = "".join(f"|replace({key!r}, {value!r})" for key, value in _replacements(day))
    macro = "{%- macro strftime_now(format) -%}{{ format" + steps + " }}{%- endmacro -%}"
    return macro + template


def short_month(day: datetime) -> str:
    """Its first three letters, in English."""
    return MONTHS.split()[day.month - 1][:3]


@cache
def _replacements(day: datetime) -> tuple[tuple[str, str], ...]:
    """Directive -> what it writes on that day, in the order in which they are replaced."""
    month, weekday = MONTHS.split()[day.month - 1], WEEKDAYS.split()[day.weekday()]
    numbers = {letter: day.strftime(f"%{letter}") for letter in NUMBERS}
    short = {f"%-{letter}": number.lstrip("0") or "0" for letter, number in numbers.items()}
    names = {
        "%B": month,
        "%b": short_month(day),
        "%h": short_month(day),
        "%A": weekday,
        "%a": weekday[:3],
    }
    rest = {"%p": "AM" if day.hour < 12 else "PM", "%e": f"{day.day:2}", "%z": "", "%Z": ""}
    simple = short | {f"%{letter}": number for letter, number in numbers.items()} | names | rest
    return (("%%", PERCENT), *COMPOSED.items(), *simple.items(), (PERCENT, "%"))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Python's shared generator, which Jinja draws from, in one state; its own again after."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def variation(tried: Callable[..., object], name: str) -> tuple[str, ...]:
    """Flags: whether what a model's template writes depends on the date, and on chance.

    Args:
        tried: What it writes on a day and with a seed, ``tried(day, seed)``.
        name: The model's, for errors.

    Raises:
        ModelError: it depends on something else, too.
    """
    fixed = tried(DAY, 0)
    if tried(DAY, 0) != fixed:
        raise ModelError(
            f"{name}: its chat template writes the same turns differently each time; try --no-chat"
        )
    dated = tried(OTHER_DAY, 0) != fixed
    drawn = any(tried(DAY, seed) != fixed for seed in range(1, 1 + DRAWS))
    return (*((DATED,) if dated else ()), *((DRAWN,) if drawn else ()))
