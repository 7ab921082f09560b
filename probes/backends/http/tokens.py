"""Tokens of servers that send them as their tokenizer's vocabulary spells them -> text.

Byte-level BPE writes each byte as a printable character ("Ġagree", "è³Ľ"), SentencePiece a space
as "▁" and rare bytes as "<0x20>", older BPE the end of a word as "</w>". Which spelling a list of
tokens has is read off the list: one in which a token begins with a space is text already.
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
    """The characters of byte-level BPE: printable bytes stand for themselves, the others for what
    follows U+0100, in order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(others)}


BYTES = _byte_characters()
SPACES = ("Ġ", "Ċ")
"""A space and a line's end in byte-level BPE."""


def decoded(tokens: Sequence[str], *, joined: bool = False) -> list[str]:
    """The tokens as text.

    Args:
        tokens: As the server sends them.
        joined: They follow one another: a character of several tokens stands at the last of them,
            and not as a replacement character at each.
    """
    decode = _decoder(tokens)
    reader = codecs.getincrementaldecoder("utf-8")("replace")
    return [
        reader.decode(decode(token)) if joined else decode(token).decode("utf-8", "replace")
        for token in tokens
    ]


def _decoder(tokens: Sequence[str]) -> Decode:
    """How these tokens are spelt."""
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
    """Whether it is a mark of the tokenizer, such as ``<|im_end|>``."""
    return token.startswith("<") and token.endswith(">")


def _is_byte_level(token: str) -> bool:
    """Whether it cannot be but bytes spelt as characters: it begins with a space or a line's end,
    or it is a whole character of several bytes."""
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
    """A token that is text, or a byte that was spelt out."""
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
