"""Making chat templates deterministic: fixed date and fixed random state.

Prompts of a run must be the same on another day and in another process. A template can vary only by
the clock (``strftime_now``) and the random generator behind Jinja's ``random`` and ``lipsum``; both
are fixed here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from probes.errors import ModelError

DAY = datetime(2024, 7, 26, 12)  # noqa: DTZ001 (no zone: a template has none)
"""The date in all prompts: the default of Llama 3's template, at noon."""
OTHER_DAY = datetime(2031, 11, 5, 21, 43, 8, 9)  # noqa: DTZ001
"""A date that differs from `DAY` in every directive, to detect templates that write the date."""
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
"""Directives of ``strftime`` that are shorthands for several others."""
NUMBERS = "YmdyHIMSjfuwUWVG"
"""Directives that give numbers, the same in every locale."""
PERCENT = "\x1a"
"""Placeholder of a literal percent sign while directives are replaced."""
DATED = f"template_date_{DAY:%Y-%m-%d}"
"""Flag: the template writes a date, which is this one in every prompt."""
DRAWN = "template_chance"
"""Flag: the template uses random numbers, which have one seed in every prompt."""
DRAWS = 8
"""Seeds to try; a random choice of two words is missed with probability 1/256."""


def with_day(template: str, day: datetime) -> str:
    """The template with ``strftime_now``, if it is used, as a macro for one day, in English.

    It is a macro because transformers passes only plain data, not functions, to templates.
    """
    if "strftime_now" not in template:
        return template
    steps = "".join(f"|replace({key!r}, {value!r})" for key, value in _replacements(day))
    macro = "{%- macro strftime_now(format) -%}{{ format" + steps + " }}{%- endmacro -%}"
    return macro + template


def short_month(day: datetime) -> str:
    """The first three letters of the month in English."""
    return MONTHS.split()[day.month - 1][:3]


@cache
def _replacements(day: datetime) -> tuple[tuple[str, str], ...]:
    """``(directive, its value on this day)`` in the order of replacement."""
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
    """Seed Python's global random generator, which Jinja uses, and restore its state at the end."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def variation(tried: Callable[..., object], name: str) -> tuple[str, ...]:
    """Flags for a template whose output depends on the date or on random numbers.

    Args:
        tried: ``tried(day, seed)`` renders a test conversation.
        name: The model's name, for errors.

    Raises:
        ModelError: the output varies for another reason.
    """
    fixed = tried(DAY, 0)
    if tried(DAY, 0) != fixed:
        raise ModelError(
            f"{name}: its chat template writes the same turns differently each time; try --no-chat"
        )
    dated = tried(OTHER_DAY, 0) != fixed
    drawn = any(tried(DAY, seed) != fixed for seed in range(1, 1 + DRAWS))
    return (*((DATED,) if dated else ()), *((DRAWN,) if drawn else ()))
