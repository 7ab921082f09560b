"""The researcher's additions to a questionnaire: a YAML file with texts and questions.

A text is one string for all languages, or one per language: ``{en: Age, de: Alter}``.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from probes.errors import UsageError
from probes.files.escape import NO_NAME
from probes.files.yaml import read_yaml, refuse, validate

Line = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"\S")]
ByLanguage = dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")], Line]
Wanted = Annotated[
    Annotated[Line, Tag("text")] | Annotated[ByLanguage, Tag("by language")],
    Discriminator(lambda value: "by language" if isinstance(value, dict) else "text"),
]
"""One text for all languages, or one per language."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,19}$")]
"""Name of a column that all survey software accepts."""
STEPS = 21
"""Most steps of a rating scale."""
LONGEST, MOST_CHOICES, SHOWN = 100, 300, 60
"""Most characters of an answer, most answers of a question, most characters quoted in errors."""
COLUMNS = ("person", "language", "statement", "order", "status", "answer", "seconds", "set")
"""Columns of the answers file, besides those of questions."""
KEPT = (*COLUMNS, "group", "weight", "introduction", "consent", "form")
"""Names that questions cannot have: other columns of the answers file, and names that survey
software uses."""
Kind = Literal["choice", "scale", "number", "text"]


class _QuestionsModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AnswerChoice(_QuestionsModel):
    """One answer option of a question."""

    value: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"\S")]
    """The value in the answers file."""
    text: Wanted | None = None
    """The displayed text; None: the value."""


class Question(_QuestionsModel):
    """An optional question about the respondent."""

    id: Name
    kind: Kind
    text: Wanted
    choices: Annotated[list[AnswerChoice], Field(max_length=MOST_CHOICES)] = []
    least: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    most: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    low: Wanted | None = None
    """Label of the lower end of a scale."""
    high: Wanted | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError("'choices' are for kind 'choice', which needs them")
        values = [choice.value for choice in self.choices]
        if len(set(values)) < len(values):
            raise ValueError("'choices' has a value twice")
        if strange := [value for value in values if _unreadable(value)]:
            raise ValueError(f"'choices': the value {strange[0]!r} is read as no answer")
        if self.kind == "scale":
            self._check_scale()
        elif self.low or self.high:
            raise ValueError("'low' and 'high' are for kind 'scale'")
        if self.least is not None and self.most is not None and self.least >= self.most:
            raise ValueError("'least' should be below 'most'")
        if self.kind in ("choice", "text") and (self.least, self.most) != (None, None):
            raise ValueError("'least' and 'most' are for kinds 'scale' and 'number'")
        return self

    @property
    def values(self) -> list[str]:
        """The possible values in the answers file; empty for free answers."""
        if self.kind == "scale" and self.least is not None and self.most is not None:
            return [str(step) for step in range(self.least, self.most + 1)]
        return [choice.value for choice in self.choices]

    @property
    def codes(self) -> list[str]:
        """Codes of `values` for survey software: up to five letters or digits each, or else 1 to n.

        A minus becomes ``m``: ``m2`` is -2. Numbers are never shortened.
        """
        plain = [re.sub(r"^-(?=\d)", "m", value) for value in self.values]
        short = [re.sub(r"[^A-Za-z0-9]", "", value)[:5] for value in plain]
        if any(code != text for code, text in zip(short, plain, strict=True) if _is_number(text)):
            short = []
        told_apart = len({code.lower() for code in short}) == len(short)
        usable = short and all(short) and told_apart
        return short if usable else [str(n + 1) for n in range(len(plain))]

    def label(self, number: int, language: str) -> str:
        """The displayed text of a value, with the label of an end of a scale."""
        if self.choices:
            return told(self.choices[number].text or self.choices[number].value, language)
        end = {0: self.low, len(self.values) - 1: self.high}.get(number)
        step = self.values[number]
        return f"{step} ({told(end, language)})" if end else step

    def _check_scale(self) -> None:
        if self.least is None or self.most is None or self.most - self.least >= STEPS:
            raise ValueError(f"a scale has 'least' and 'most', of at most {STEPS} steps")


class QuestionsFile(_QuestionsModel):
    """The schema of the researcher's file."""

    title: Wanted | None = None
    introduction: Wanted | None = None
    consent: Wanted | None = None
    ending: Wanted | None = None
    """Instructions for the saved file of answers."""
    questions: Annotated[list[Question], Field(max_length=100)] = []


def read(path: Path, languages: Sequence[str], taken: Sequence[str] = ()) -> QuestionsFile:
    """Read the file, which must have each text in each language.

    Args:
        path: Path of the file.
        languages: Languages of the questionnaire.
        taken: Ids of questions that exist already.

    Raises:
        SetError: the file has faults; all of them are listed.
    """
    file = validate(QuestionsFile, read_yaml(path), path)
    if faults := [*_faults(file, taken), *_untranslated(file, languages)]:
        raise refuse(path, faults)
    return file


def told(wanted: Wanted, language: str) -> str:
    """A text in one of its languages."""
    return (wanted if isinstance(wanted, str) else wanted[language]).strip()


def _faults(file: QuestionsFile, taken: Sequence[str]) -> Iterator[str]:
    seen = set(taken)
    for number, question in enumerate(file.questions, start=1):
        where = f"question {number} ({question.id}): id"
        if question.id in KEPT:
            yield f"{where}: is a column of the answers file; call it otherwise"
        elif question.id in seen:
            yield f"{where}: stands a second time"
        seen.add(question.id)


def _untranslated(file: QuestionsFile, languages: Sequence[str]) -> Iterator[str]:
    for where, text in _texts(file):
        if isinstance(text, dict):
            for language in languages:
                if language not in text:
                    yield f"{where}: has no text in {language}: add it, or leave {language} out"


def _texts(file: QuestionsFile) -> Iterator[tuple[str, Wanted | None]]:
    for key in ("title", "introduction", "consent", "ending"):
        yield key, getattr(file, key)
    for number, question in enumerate(file.questions, start=1):
        where = f"question {number} ({question.id})"
        for key in ("text", "low", "high"):
            yield f"{where}: {key}", getattr(question, key)
        for choice in question.choices:
            yield f"{where}: choice {choice.value!r}", choice.text


def own(languages: Sequence[str], party: str, *, place: bool) -> list[Question]:
    """The built-in questions: self-placement from 0 to 10, and a party from a list of options.

    Raises:
        UsageError: the list has an empty, duplicate or long name, or too many names.
    """
    from probes.questionnaire.words import words

    def translated(key: str) -> Wanted:
        return {language: words(language)[key] for language in languages}

    questions = []
    if place:
        low, high = translated("left"), translated("right")
        scale = Question(
            id="place", kind="scale", text=translated("place"), least=0, most=10, low=low, high=high
        )
        questions.append(scale)
    if party:
        choices = [AnswerChoice(value=name) for name in _parties(party)]
        questions.append(
            Question(id="party", kind="choice", text=translated("party"), choices=choices)
        )
    return questions


def _parties(typed: str) -> list[str]:
    names = [name.strip() for name in typed.split(",")]
    shown = typed if len(typed) <= SHOWN else f"{typed[:SHOWN]}..."
    fault = ""
    if not all(names) or len(set(names)) < len(names):
        fault = "should be names with commas between, each once"
    elif long := [name for name in names if len(name) > LONGEST]:
        fault = f"the name {long[0][:SHOWN]!r}... is longer than {LONGEST} letters"
    elif len(names) > MOST_CHOICES:
        fault = f"{len(names)} names, and at most {MOST_CHOICES} can be chosen from"
    elif strange := [name for name in names if _unreadable(name)]:
        fault = f"the name {strange[0]!r} is read as no answer; call it otherwise"
    if fault:
        raise UsageError(f"--party {shown!r}: {fault}")
    return names


def _unreadable(value: str) -> bool:
    """Whether a value would be read back as missing or damaged."""
    return value.strip() == "NA" or bool(NO_NAME.search(value))


def _is_number(code: str) -> bool:
    return re.fullmatch(r"[-+m]?[\d.,]+", code) is not None
