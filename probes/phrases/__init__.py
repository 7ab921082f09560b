"""What figures and reports say, in the language of the statement set.

Code is written with the English text, and `say` looks it up: ``de.yaml`` has the German of each
text, and so on. A text that a language lacks is said in English.
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
