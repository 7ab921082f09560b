"""Cleaning what a server sends: removing the API key before anything is stored or shown, and
normalizing fields that servers write in different ways (names, token counts, content)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "***"
MIN_SECRET = 8
"""Minimum length of a key that is removed from replies: "none" or "test" is not a secret."""
MAX_COUNT = 10**9
"""Maximum plausible number of tokens; larger counts are ignored."""
SPOKEN = {"text": "text", "output_text": "text", "refusal": "refusal"}
"""Type of a message's part that belongs to the reply (not to thinking) -> key of its text."""


def name(value: object) -> str:
    """An id or name as text; empty if it is neither text nor an integer."""
    return str(value) if type(value) in {str, int} else ""


def spoken(content: object) -> object:
    """The text of a message's content, which may be a list of parts, without thinking."""
    if not isinstance(content, list):
        return content
    return "".join(map(_part, content))


def _part(part: object) -> str:
    """The text of a part; empty for thinking and other types."""
    if isinstance(part, dict):
        kind = part.get("type", "text")
        part = part.get(SPOKEN.get(kind, "")) if isinstance(kind, str) else ""
    return part if isinstance(part, str) else ""


def usage(counts: object) -> tuple[int, int] | None:
    """``(tokens read, tokens written)``; None if there are no valid counts."""
    if not isinstance(counts, dict):
        return None
    read, written = (_count(counts.get(f"{kind}_tokens", 0)) for kind in ("prompt", "completion"))
    return None if not read or written is None else (read, written)


def _count(value: object) -> int | None:
    """A number of tokens; None if it is invalid."""
    if type(value) is int and 0 <= value <= MAX_COUNT:
        return value
    if isinstance(value, float) and 0 <= value <= MAX_COUNT and value.is_integer():
        return int(value)
    return None


def scrub(text: str, key: str) -> str:
    """The text without the API key, in upper or lower case and in URL encoding."""
    return _pattern(key).sub(HIDDEN, text) if key else text


def scrubbed(value: object, key: str) -> object:
    """Parsed JSON with the API key removed from all strings except names of fields."""
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
    """A pattern for the key, plain or URL-encoded."""
    spellings = dict.fromkeys((key, quote(key, safe="")))
    return re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE)
