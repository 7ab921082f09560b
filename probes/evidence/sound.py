"""Validation of a line of evidence: the type and range of each field."""

import json
import re
from collections.abc import Mapping
from typing import cast, get_args

from probes.types import Answer, Role, Status
from probes.types.condition import Speaker

ROLES, STATUSES, SPEAKERS = get_args(Role), get_args(Status), get_args(Speaker)
NUMBERS = (float, int)
MAX_ORDERS, MAX_VARIANTS = 2**15, 1000
"""Upper limits of option orders per wording, and of variants per statement."""
MAX_SEED = 2**63
"""Seeds are signed integers of 64 bits."""
HALVES = re.compile("[\ud800-\udfff]")
PAIR = 2
LEAST, MOST = -1e300, 700.0
"""Range of scores: within it, differences and exponentials do not overflow."""


def is_sound(answer: Answer) -> bool:
    """Whether every field has the right type and is in range."""
    scores = {} if answer.logprobs is None else answer.logprobs
    texts = (answer.reply, answer.choice)
    return (
        all(map(_is_text, (answer.statement, answer.wording, answer.key, answer.reason)))
        and all(map(_is_text, (answer.before, answer.after)))
        and all(text is None or _is_text(text) for text in texts)
        and answer.role in ROLES
        and answer.status in STATUSES
        and type(answer.order) is int
        and 0 <= answer.order < MAX_ORDERS
        and type(answer.seed) is int
        and -MAX_SEED <= answer.seed < MAX_SEED
        and type(answer.variant) is int
        and 0 <= answer.variant <= MAX_VARIANTS
        and all(n is None or is_number(n) for n in (answer.mass, answer.unseen))
        and isinstance(scores, Mapping)
        and all(map(is_number, scores.values()))
        and (answer.fills is None or _are_fills(answer.fills))
        and _is_text(answer.condition)
        and all(turn.role in SPEAKERS and _is_text(turn.text) for turn in answer.turns)
    )


def _is_text(value: object) -> bool:
    """Whether it is text that UTF-8 can encode: JSON escapes can be lone surrogates."""
    return isinstance(value, str) and (value.isascii() or HALVES.search(value) is None)


def has_fills(raw: bytes) -> bool:
    """Whether a line has only known fields, and its fills, if any, are valid."""
    fields = json.loads(raw)
    fills = fields.get("fills")
    return fields.keys() <= {*Answer.__slots__} and (fills is None or _are_fills(fills))


def _are_fills(value: object) -> bool:
    """Whether it is a list of pairs of a word and a number."""
    return isinstance(value, list) and all(
        isinstance(pair, list) and len(pair) == PAIR and _is_text(pair[0]) and is_number(pair[1])
        for pair in value
    )


def is_number(value: object) -> bool:
    """Whether it is a number in the range of scores."""
    return type(value) in NUMBERS and LEAST <= cast("float", value) <= MOST
