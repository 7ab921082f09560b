"""A judge that reads words of verdict beside a quoted statement: for corpora that were generated.

A passage that holds a statement word for word takes the side of the words of verdict in the rest
of it, if those are of one side. They are the forms of the language's wordings (agree, oppose,
wrong ...). It counts words and understands nothing: "I do not agree" agrees. A `types.Judge`.
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
"""Logit of the stance that a passage takes; the others have 0."""
STANCE = Stance(
    model="verdicts",
    hypotheses={name: f"{name}: {{statement}}" for name in STANCES},
    margin=1.0,
)
"""What it is asked; how strongly a passage agrees is not read."""


@dataclass(frozen=True, slots=True)
class VerdictJudge:
    """Words of verdict of a language."""

    info: ModelInfo
    agree: re.Pattern[str]
    disagree: re.Pattern[str]

    def lengths(self, pairs: Sequence[tuple[str, str]]) -> list[int]:
        """About as many as tokens."""
        return [(len(premise) + len(hypothesis)) // 4 for premise, hypothesis in pairs]

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Verdict]:
        """Whether a passage takes the stance that the hypothesis names."""
        verdicts = list[Verdict]()
        for passage, hypothesis in pairs:
            name, _, statement = hypothesis.partition(": ")
            taken = self._stance(_folded(passage), _folded(statement))
            verdicts.append(Verdict(SURE if name == taken else 0.0, 0.0, 0.0))
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
    """The judge of a language.

    Raises:
        SetError: no wordings ship in it.
    """
    forms: dict[str, set[str]] = {"agree": set(), "disagree": set()}
    for wording in wordings.available(language, Path()).values():
        for option in wording.options:
            if option.side in forms:
                forms[option.side] |= {_folded(form) for form in option.forms}
    content = json.dumps([language, *(sorted(of) for of in forms.values())], ensure_ascii=False)
    digest = hashlib.sha256(content.encode()).hexdigest()
    info = ModelInfo("verdicts", "verdicts", f"words of verdict ({language})", weights=digest)
    edge = ("", "") if language in UNSPACED else (r"(?<!\w)", r"(?!\w)")
    agree, disagree = (_pattern(of, *edge) for of in forms.values())
    return VerdictJudge(info, agree, disagree)


def _pattern(forms: set[str], before: str, behind: str) -> re.Pattern[str]:
    longest = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(f"{before}(?:{'|'.join(map(re.escape, longest))}){behind}")


def _folded(text: str) -> str:
    """Lower case, with single spaces."""
    return " ".join(text.casefold().split())
