"""What a server sends, cleaned: the key is taken out before anything is kept or shown, and fields
that servers write in different ways (names, counts of tokens, content) are read."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "***"
MIN_SECRET = 8
"""Fewest characters of a key that is taken out of replies, too: "none" or "test" is no secret."""
MAX_COUNT = 10**9
"""No request has more tokens: a larger count is none."""
SPOKEN = {"text": "text", "output_text": "text", "refusal": "refusal"}
"""Types of the parts of a message that are said, not thought -> the key of their text."""


def name(value: object) -> str:
    """An id or name: a number is taken for its digits, and anything else but text for none."""
    return str(value) if type(value) in {str, int} else ""


def spoken(content: object) -> object:
    """The text of a message's content, which may be a list of parts; thinking is none of it."""
    if not isinstance(content, list):
        return content
    return "".join(map(_part, content))


def _part(part: object) -> str:
    """What is said in a part; empty for a thought, or for what is no text."""
    if isinstance(part, dict):
        kind = part.get("type", "text")
        part = part.get(SPOKEN.get(kind, "")) if isinstance(kind, str) else ""
    return part if isinstance(part, str) else ""


def usage(counts: object) -> tuple[int, int] | None:
    """Tokens read and written; None where they are no counts."""
    if not isinstance(counts, dict):
        return None
    read, written = (_count(counts.get(f"{kind}_tokens", 0)) for kind in ("prompt", "completion"))
    return None if not read or written is None else (read, written)


def _count(value: object) -> int | None:
    """A number of tokens; None for what is no such number."""
    if type(value) is int and 0 <= value <= MAX_COUNT:
        return value
    if isinstance(value, float) and 0 <= value <= MAX_COUNT and value.is_integer():
        return int(value)
    return None


def scrub(text: str, key: str) -> str:
    """A server's words without the key, in any case and also as it stands in addresses."""
    return _pattern(key).sub(HIDDEN, text) if key else text


def scrubbed(value: object, key: str) -> object:
    """Parsed JSON without the key, in whatever string it stands; names of fields stay."""
    if len(key) < MIN_SECRET:
        return value
    if isinstance(value, str):
        return scrub(value, key)
    if isinstance(value, list):
        return [scrubbed(entry, key) for entry in value]
    if isinstance(value, dict):
        return {name: scrubbed(entry, key) for name, entry in value.items()}
    return value


@lru_cache(8)
def _pattern(key: str) -> re.Pattern[str]:
    """All spellings of a key."""
    spellings = dict.fromkeys((key, quote(key, safe="")))
    return re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE)
