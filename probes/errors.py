"""Every error a user can cause, as one small tree.

::

    ProbesError                one sentence: what is wrong, where, what would be right
    ├── SetError               a statement-set, wording, protocol or models file is at fault
    ├── ModelError             a checkpoint cannot be loaded, or cannot do what is asked of it
    │   └── ScoreError         a loaded model gave numbers that cannot be believed
    ├── CorpusError            a text to train on cannot be read, or does not fit the model
    ├── RunError               a run folder, its lock or its evidence is at fault
    └── UsageError             options of a command or arguments of a function do not fit

`cli` prints the sentence and exits with status 2. Anything else that is raised is a bug and
shows its traceback.
"""

import difflib
from collections.abc import Iterable


class ProbesError(Exception):
    """Root of all errors that a user can cause and mend."""


class SetError(ProbesError):
    """A statement set, wording, protocol or models file is missing or says something wrong."""


class ModelError(ProbesError):
    """A model cannot be found, loaded, or used in the way that was asked."""


class ScoreError(ModelError):
    """A model's numbers fail a self-check: not finite, or batched and single scores differ."""


class CorpusError(ProbesError):
    """A corpus is missing, empty, damaged, too small, or not in a model's language."""


class RunError(ProbesError):
    """A run folder is locked, foreign, damaged, or belongs to a run with other settings."""


class UsageError(ProbesError):
    """Arguments that cannot mean anything, such as ``--limit 0``."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """The end of an error sentence: the closest valid word if there is one, else all of them.

    >>> nearest("agreee", ["agree", "effects"])
    "did you mean 'agree'?"
    """
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"valid: {', '.join(names) or '(none)'}"
