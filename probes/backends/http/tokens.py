"""Decoding tokens that a server sends in the internal spelling of its vocabulary.

Byte-level BPE writes each byte as a printable character ("Ġagree", "è³Ľ"), SentencePiece a space
as "▁" and rare bytes as "<0x20>", older BPE the end of a word as "</w>". The spelling is inferred
from the list of tokens: if a token begins with a space, they are text already.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence

Decode = Callable[[str], bytes]

BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
WORD_START = "\u2581"
WORD_END = "</w>"


def _byte_characters() -> dict[str, int]:
    """Character -> byte in byte-level BPE: printable bytes are themselves, the others are the
    characters from U+0100, in order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}


BYTES = _byte_characters()
SPACES = ("Ġ", "Ċ")
"""Space and line feed in byte-level BPE."""


def decoded(tokens: Sequence[str], *, joined: bool = False) -> list[str]:
    """The tokens as text.

    Args:
        tokens: Tokens as the server sends them.
        joined: Whether they are consecutive: a character split over tokens is then decoded at the
            last of them, instead of as a replacement character at each.
    """
    decode = _decoder(tokens)
    reader = codecs.getincrementaldecoder("utf-8")("replace")
    return [
        reader.decode(decode(token)) if joined else decode(token).decode("utf-8", "replace")
        for token in tokens
    ]


def _decoder(tokens: Sequence[str]) -> Decode:
    """The decoder for the spelling of these tokens."""
    if any(token[:1].isspace() and token.strip() for token in tokens):
        return _plain
    if any(map(_is_byte_level, tokens)):
        return _from_byte_level
    if any(WORD_START in token and not _is_special(token) for token in tokens):
        return _from_sentencepiece
    if sum(token.endswith(WORD_END) and token != WORD_END for token in tokens) > 1:
        return _from_word_ends
    return _plain


def _is_special(token: str) -> bool:
    """Whether a token is a special token, such as ``<|im_end|>``."""
    return token.startswith("<") and token.endswith(">")


def _is_byte_level(token: str) -> bool:
    """Whether a token must be byte-level BPE: it begins with `SPACES`, or it spells a whole
    multi-byte character."""
    if not all(character in BYTES for character in token):
        return False
    if token.startswith(SPACES):
        return True
    raw = bytes(BYTES[character] for character in token)
    return not token.isascii() and not raw.isascii() and _is_utf8(raw)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain(token: str) -> bytes:
    """Decode a token that is text, or a byte such as ``<0x20>``."""
    match = BYTE.fullmatch(token)
    return bytes([int(match[1], 16)]) if match else token.encode("utf-8", "replace")


def _from_byte_level(token: str) -> bytes:
    if _is_special(token) or not all(character in BYTES for character in token):
        return _plain(token)
    return bytes(BYTES[character] for character in token)


def _from_sentencepiece(token: str) -> bytes:
    return _plain(token if _is_special(token) else token.replace(WORD_START, " "))


def _from_word_ends(token: str) -> bytes:
    return _plain(f"{token.removesuffix(WORD_END)} " if token.endswith(WORD_END) else token)
