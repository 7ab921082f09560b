"""A set, its translations and the researcher's questions -> what every kind of questionnaire has.

Which side of a statement a person sees:

- ``split``: of each pair one text, the statement or its mirror, by chance. Among statements that
  are keyed alike, one half is shown as mirrors, topic by topic, so that saying yes to everything
  adds the same to both poles of a person's answers; over people every text is asked of one half.
- ``both``: both texts of each pair, the second far from the first: twice as long, and the yes-bias
  of each person can be told.
- ``statements``: no mirrors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from probes.errors import UsageError
from probes.instruments import sets
from probes.instruments.codes import codes
from probes.people.options import PLAIN, TABLE
from probes.questionnaire.questions import KEPT, Question, QuestionsFile, own, read, told
from probes.questionnaire.words import words
from probes.runs import translations
from probes.types import Statement, StatementSet

Sides = Literal["split", "both", "statements"]
SIDES: tuple[Sides, ...] = get_args(Sides)
FEWEST_PAIRS = 4
"""Below this the two texts of a pair cannot be kept apart."""
STEPS: Mapping[int, tuple[str, ...]] = {
    2: ("disagree", "agree"),
    3: ("disagree", "neutral", "agree"),
    4: ("disagree", "somewhat disagree", "somewhat agree", "agree"),
    5: ("disagree", "somewhat disagree", "neutral", "somewhat agree", "agree"),
}
"""Answers of sets that declare none, by their number; who reads answers knows what they count."""
USUAL = 5


@dataclass(frozen=True, slots=True)
class FormChoices:
    """What the user chose."""

    languages: str = ""
    """Such as ``de,en``; empty: that of the set."""
    sides: str = ""
    """One of `SIDES`; empty: ``split`` where the set has mirrors."""
    steps: int = 0
    """Number of answers; 0: the set's own, or `USUAL`."""
    place: bool = False
    """Ask for a self-placement."""
    party: str = ""
    """Parties to choose from, with commas between."""
    questions: Path | None = None
    text: Path | None = None
    """A copy of the file that the set borrows its texts from."""
    feedback: bool = False
    """Show people where their answers lie."""
    timings: bool = False
    """Measure how long each statement was shown."""


@dataclass(frozen=True, slots=True)
class FormText:
    """A text in survey software."""

    code: str
    """Name of its column."""
    statement: str
    mirror: bool
    form: str
    """``1`` or ``2``: shown to those who drew this number; empty: shown to all."""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """What is asked, in every language."""

    editions: Mapping[str, StatementSet]
    """Language -> the set in it, the first language first."""
    answers: Mapping[str, float]
    """From disagreement to agreement: what the answers file has -> what it counts."""
    sides: Sides
    questions: tuple[Question, ...]
    file: QuestionsFile
    feedback: bool
    timings: bool

    @property
    def first(self) -> StatementSet:
        """The set in the first language."""
        return next(iter(self.editions.values()))

    @property
    def languages(self) -> tuple[str, ...]:
        """The first one first."""
        return tuple(self.editions)

    @property
    def texts_shown(self) -> int:
        """How many texts a person sees."""
        statements = self.first.statements
        mirrors = sum(bool(s.mirror) for s in statements) if self.sides == "both" else 0
        return len(statements) + mirrors

    def text(self, text: FormText, language: str) -> str:
        """A text in a language."""
        of = next(s for s in self.editions[language].statements if s.id == text.statement)
        return (of.mirror or "") if text.mirror else of.text

    def title(self, language: str) -> str:
        """The researcher's title, or that of the set."""
        own = self.file.title
        return told(own, language) if own else self.editions[language].title

    def consent(self, language: str) -> str:
        """The researcher's line of consent, or the usual one."""
        own = self.file.consent
        return told(own, language) if own else str(words(language)["consent"])

    def answer(self, label: str, language: str) -> str:
        """An answer as it is shown; one of the set's own words is shown as it is."""
        return str(words(language)["answers"].get(label, label))


def build(name: str, choices: FormChoices) -> Questionnaire:
    """The questionnaire of the set of that name, or in that file.

    Raises:
        SetError: the set, a translation or the file of questions is not there or has faults.
        UsageError: the choices do not fit the set.
    """
    editions = _editions(name, choices)
    of, languages = next(iter(editions.values())), tuple(editions)
    if clash := [s.id for s in of.statements if s.id in KEPT]:
        raise UsageError(
            f"{name}: the statement id {clash[0]!r} is also a column of the answers file; call the "
            "statement otherwise"
        )
    if choices.feedback and not of.axes:
        raise UsageError(f"--feedback: the set {of.name} has no axis to show a person's dot on")
    sides, answers = _sides(of, choices.sides), _answers(of, choices.steps)
    ready = own(languages, choices.party, place=choices.place)
    taken = [question.id for question in ready]
    file = read(choices.questions, languages, taken) if choices.questions else QuestionsFile()
    questions = (*ready, *file.questions)
    columns = {code.lower(): statement for code, (statement, _) in codes(of).items()}
    if clash := [question.id for question in questions if question.id in columns]:
        raise UsageError(
            f"the question {clash[0]!r} has the name that the statement {columns[clash[0]]!r} has "
            "in survey software; call it otherwise"
        )
    return Questionnaire(
        editions, answers, sides, questions, file, choices.feedback, choices.timings
    )


def halves(of: StatementSet) -> list[list[int]]:
    """Numbers of the statements with a mirror, those that are keyed alike in a list, by topic."""
    alike: dict[object, list[int]] = {}
    for number, statement in enumerate(of.statements):
        if statement.mirror:
            alike.setdefault(_pull(statement), []).append(number)
    topics = list(dict.fromkeys(s.topic for s in of.statements))
    return [
        sorted(group, key=lambda n: topics.index(of.statements[n].topic))
        for group in alike.values()
    ]


def rounds(questionnaire: Questionnaire) -> list[list[FormText]]:
    """The texts for software that draws one number a person, and not one for each statement.

    Of ``split`` there are two fixed forms, each with the mirrors of one half of the statements. Of
    ``both`` there are two rounds with one text of each pair.
    """
    of, sides = questionnaire.first, questionnaire.sides
    turned = {
        of.statements[number].id: (place + offset) % 2
        for offset, group in enumerate(halves(of))
        for place, number in enumerate(group)
    }
    by_round: list[list[FormText]] = [[], []]
    for code, (name, mirror) in codes(of).items():
        form = turned.get(name, 0) ^ mirror
        if sides == "split":
            by_round[0].append(
                FormText(code, name, mirror, str(form + 1) if name in turned else "")
            )
        elif sides == "both" or not mirror:
            by_round[form if sides == "both" else 0].append(FormText(code, name, mirror, ""))
    return [texts for texts in by_round if texts]


def _pull(statement: Statement) -> object:
    """Where agreeing pulls on which axes."""
    points = {name: row[3] - row[0] for name, row in statement.table.items()}
    return tuple(sorted((a, pull > 0) for a, pull in {**statement.effects, **points}.items()))


def _editions(name: str, choices: FormChoices) -> dict[str, StatementSet]:
    if not choices.languages:
        of = sets.load(name, choices.text, fetch=False)
        sets.require_statements(of, "a form")
        return {of.language: of}
    if choices.text is not None:
        raise UsageError("--text: goes with a set in its own language, without --language")
    return translations.find_sets(name, choices.languages)


def _sides(of: StatementSet, typed: str) -> Sides:
    pairs = sum(bool(s.mirror) for s in of.statements)
    if not typed:
        return "split" if pairs else "statements"
    if typed not in SIDES:
        raise UsageError(f"--sides {typed}: should be one of {', '.join(SIDES)}")
    if typed == "split" and not pairs:
        raise UsageError(f"--sides split: the set {of.name} has no mirrors; use --sides statements")
    if typed == "both" and pairs < FEWEST_PAIRS:
        raise UsageError(
            f"--sides both: the set {of.name} has {pairs} statements with a mirror, and "
            f"{FEWEST_PAIRS} are needed to keep the texts of a pair apart; use --sides statements"
        )
    return typed


def _answers(of: StatementSet, steps: int) -> Mapping[str, float]:
    if of.scoring.kind == "table" or of.scoring.options:
        if steps:
            raise UsageError(f"--steps {steps}: the set {of.name} declares its own answers")
        if of.scoring.kind == "table":
            return dict(TABLE)
        return dict(zip(of.scoring.options, of.scoring.values, strict=True))
    if steps and steps not in STEPS:
        raise UsageError(f"--steps {steps}: should be one of {', '.join(map(str, STEPS))}")
    return {label: PLAIN[label] for label in STEPS[steps or USUAL]}
