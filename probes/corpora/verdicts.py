"""A keyword judge of stance, for generated corpora that quote statements word for word.

A passage that contains a statement takes the side of the verdict words (agree, oppose, wrong ...)
in the rest of the passage, if they are of one side only. The words are the answer forms of the
language's wordings. Negation is not understood: "I do not agree" counts as agree. Implements
`types.Judge`.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from probes.asking import wordings
from probes.corpora.vocabulary import UNSPACED
from probes.types import STANCES, ModelInfo, Stance, Verdict

SURE = 10.0
"""Logit of the stance that a passage takes; the other stances get 0."""
STANCE = Stance(
    model="verdicts",
    hypotheses={name: f"{name}: {{statement}}" for name in STANCES},
    margin=1.0,
)
"""Hypotheses for this judge; it has no degrees of agreement."""


@dataclass(frozen=True, slots=True)
class VerdictJudge:
    """The keyword judge of one language."""

    info: ModelInfo
    agree: re.Pattern[str]
    disagree: re.Pattern[str]

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """Approximate number of tokens of each pair."""
        return [(len(premise) + len(hypothesis)) // 4 for premise, hypothesis in pairs]

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Logit `SURE` if the passage takes the stance that the hypothesis names, else 0."""
        verdicts = list[Verdict]()
        for passage, hypothesis in pairs:
            name, _, statement = hypothesis.partition(": ")
            passage_stance = self._stance(_folded(passage), _folded(statement))
            verdicts.append(Verdict(SURE if name == passage_stance else 0.0, 0.0, 0.0))
        return verdicts

    def _stance(self, passage: str, statement: str) -> str:
        before, match, behind = passage.partition(statement)
        if not match:
            return "unrelated"
        agrees, disagrees = (
            any(map(words.search, (before, behind))) for words in (self.agree, self.disagree)
        )
        if agrees == disagrees:
            return "neither"
        return "agree" if agrees else "disagree"


def load(language: str) -> VerdictJudge:
    """The keyword judge of a language.

    Raises:
        SetError: there are no wordings in this language.
    """
    forms: dict[str, set[str]] = {"agree": set(), "disagree": set()}
    for wording in wordings.available(language, Path()).values():
        for option in wording.options:
            if option.side in forms:
                forms[option.side] |= {_folded(form) for form in option.forms}
    content = json.dumps(
        [language, *(sorted(side_forms) for side_forms in forms.values())], ensure_ascii=False
    )
    digest = hashlib.sha256(content.encode()).hexdigest()
    info = ModelInfo("verdicts", "verdicts", f"words of verdict ({language})", weights=digest)
    edge = ("", "") if language in UNSPACED else (r"(?<!\w)", r"(?!\w)")
    agree, disagree = (_pattern(side_forms, *edge) for side_forms in forms.values())
    return VerdictJudge(info, agree, disagree)


def _pattern(forms: set[str], before: str, behind: str) -> re.Pattern[str]:
    longest = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, longest))}){behind}")


def _folded(text: str) -> str:
    """The text in lower case with single spaces."""
    return " ".join(text.casefold().split())
