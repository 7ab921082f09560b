"""Splitting documents into passages of whole sentences, up to `LONGEST` characters.

A judge reads single passages, and only passages of a corpus are stored.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 400
"""Maximum characters of a passage, about 65 English words."""
BREAK = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
"""End of a sentence."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a corpus and its position."""

    file: str
    """Path of the file as typed, or below a folder as typed."""
    document: int
    """Number of the document in its file, from 1: the line of a text file, the row of a table."""
    start: int
    """Offset of the first character in the document, from 0."""
    text: str

    @property
    def end(self) -> int:
        """Offset after the last character."""
        return self.start + len(self.text)

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def passages(document: str) -> Iterator[tuple[int, str]]:
    """``(start, text)`` of each passage of a document, without white space around it.

    >>> list(passages("One. Two."))
    [(0, 'One. Two.')]
    """
    if len(document) <= LONGEST and "\n" not in document:
        yield from _stripped(document, 0, len(document))
        return
    start, end = 0, 0
    for sentence_start, sentence_end in _sentences(document):
        if sentence_end - start > LONGEST and end > start:
            yield from _stripped(document, start, end)
            start = sentence_start
        end = sentence_end
    yield from _stripped(document, start, end)


def _sentences(document: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence; one over `LONGEST` is split at spaces."""
    begin = 0
    ends = [match.end() for match in BREAK.finditer(document)]
    for end in [*ends, len(document)]:
        while end - begin > LONGEST:
            blank = document.rfind(" ", begin + 1, begin + LONGEST)
            cut = blank if blank > 0 else begin + LONGEST
            yield begin, cut
            begin = cut
        if end > begin:
            yield begin, end
        begin = end


def _stripped(document: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    text = document[start:end]
    if stripped := text.strip():
        yield start + len(text) - len(text.lstrip()), stripped
