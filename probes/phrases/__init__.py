"""Translations of the texts in figures and reports, into the language of the statement set.

Code has the English text, and `say` looks up its translation (``de.yaml``: German, and so on). A
text without a translation stays English.
"""

from probes.phrases.sayings import (
    LANGUAGES,
    Saying,
    known,
    language,
    listed,
    percent,
    phrase,
    plural,
    said,
    say,
    speaking,
    words,
)

__all__ = [
    "LANGUAGES",
    "Saying",
    "known",
    "language",
    "listed",
    "percent",
    "phrase",
    "plural",
    "said",
    "say",
    "speaking",
    "words",
]
