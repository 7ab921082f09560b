"""Takes a key out of what a server sends, before anything of it is kept or shown."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

HIDDEN = "***"
MIN_SECRET = 8
"""Fewest characters of a key that is taken out of replies, too: "none" or "test" is no secret."""


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
