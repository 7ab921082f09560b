"""Documents in passages: whole sentences, as many as fit into `LONGEST` characters.

A passage is what a judge reads of a corpus, and all that is kept of its text.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 400
"""Characters of a passage, about 65 English words."""
BREAK = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
"""Behind a sentence."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage of a corpus, and where it stands."""

    file: str
    """As it was typed, or found in a folder that was."""
    document: int
    """Number in its file from 1 up: the line of a text file, the row of a table."""
    start: int
    """Its first character in the document, from 0 up."""
    text: str

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.start + len(self.text)

    @property
    def sha256(self) -> str:
        """Of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def passages(document: str) -> Iterator[tuple[int, str]]:
    """Start and text of each passage of a document, without blanks around it.

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
    """Start and end of each sentence; one that is too long in pieces, cut at blanks."""
    at = 0
    ends = [match.end() for match in BREAK.finditer(document)]
    for end in [*ends, len(document)]:
        while end - at > LONGEST:
            blank = document.rfind(" ", at + 1, at + LONGEST)
            cut = blank if blank > 0 else at + LONGEST
            yield at, cut
            at = cut
        if end > at:
            yield at, end
        at = end


def _stripped(document: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    text = document[start:end]
    if whole := text.strip():
        yield start + len(text) - len(text.lstrip()), whole
