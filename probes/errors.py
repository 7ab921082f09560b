"""The errors that a user can cause, as a class hierarchy.

::

    ProbesError                one sentence: what is wrong, where, what would be right
    ├── SetError               a statement-set, wording, protocol or models file has a fault
    ├── ModelError             a model cannot be loaded, or lacks a required capability
    │   └── ScoreError         a loaded model's scores fail a check
    ├── CorpusError            a training text cannot be read, or does not suit the model
    ├── RunError               a run folder, its lock or its evidence has a fault
    └── UsageError             options of a command or arguments of a function are invalid

`cli` prints the sentence and exits with status 2. Any other exception is a bug and shows its
traceback.
"""

import difflib
from collections.abc import Iterable


class ProbesError(Exception):
    """Base class of all errors that a user can cause and fix."""


class SetError(ProbesError):
    """A statement set, wording, protocol or models file is missing or has a fault."""


class ModelError(ProbesError):
    """A model cannot be found, loaded, or used in the way that was asked."""


class ScoreError(ModelError):
    """A model's scores fail a self-check: not finite, or batched and single scores differ."""


class CorpusError(ProbesError):
    """A corpus is missing, empty, damaged, too small, or not in a model's language."""


class RunError(ProbesError):
    """A run folder is locked, foreign, damaged, or belongs to a run with other settings."""


class UsageError(ProbesError):
    """Invalid options or arguments, such as ``--limit 0``."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """The end of an error message: the closest valid word if there is one, else all of them.

    >>> nearest("agreee", ["agree", "effects"])
    "did you mean 'agree'?"
    """
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid: {', '.join(names) or '(none)'}"
