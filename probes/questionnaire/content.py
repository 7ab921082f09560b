"""The content of a questionnaire: a set, its translations and the researcher's own questions.

Texts that a respondent sees (`Sides`):

- ``split``: one text of each pair, statement or mirror, at random. Within each key direction, half
  of the statements are shown as mirrors, topic by topic, so that yes-bias cancels in each
  respondent's score; each text is shown to half of the respondents.
- ``both``: both texts of each pair, far apart: twice as long, but the yes-bias of each respondent
  can be estimated.
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
"""Least number of pairs for ``both``: with fewer, the texts of a pair are too close."""
STEPS: Mapping[int, tuple[str, ...]] = {
    2: ("disagree", "agree"),
    3: ("disagree", "neutral", "agree"),
    4: ("disagree", "somewhat disagree", "somewhat agree", "agree"),
    5: ("disagree", "somewhat disagree", "neutral", "somewhat agree", "agree"),
}
"""Number of options -> their labels, for sets without `options`; `people` has their values."""
USUAL = 5


@dataclass(frozen=True, slots=True)
class FormChoices:
    """The options of the command that makes a questionnaire."""

    languages: str = ""
    """Language codes such as ``de,en``; empty: the language of the set."""
    sides: str = ""
    """One of `SIDES`; empty: ``split`` if the set has mirrors, else ``statements``."""
    steps: int = 0
    """Number of answer options; 0: those of the set, or `USUAL`."""
    place: bool = False
    """Whether to ask for a self-placement."""
    party: str = ""
    """Parties to choose from, separated by commas; empty: no question."""
    questions: Path | None = None
    text: Path | None = None
    """A local copy of the file that the set borrows its texts from."""
    feedback: bool = False
    """Whether to show respondents their positions."""
    timings: bool = False
    """Whether to record how long each statement is shown."""


@dataclass(frozen=True, slots=True)
class FormText:
    """One item (statement or mirror) in survey software."""

    code: str
    """Name of its column."""
    statement: str
    mirror: bool
    form: str
    """``1`` or ``2``: shown to respondents who drew this number; empty: shown to all."""


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire in all its languages."""

    editions: Mapping[str, StatementSet]
    """Language -> the set in that language; the default language first."""
    answers: Mapping[str, float]
    """Label in the answers file -> its value; from disagreement to agreement."""
    sides: Sides
    questions: tuple[Question, ...]
    file: QuestionsFile
    feedback: bool
    timings: bool

    @property
    def first(self) -> StatementSet:
        """The set in the default language."""
        return next(iter(self.editions.values()))

    @property
    def languages(self) -> tuple[str, ...]:
        """Language codes, the default first."""
        return tuple(self.editions)

    @property
    def texts_shown(self) -> int:
        """Number of items that a respondent sees."""
        statements = self.first.statements
        mirrors = sum(bool(s.mirror) for s in statements) if self.sides == "both" else 0
        return len(statements) + mirrors

    def text(self, text: FormText, language: str) -> str:
        """The text of an item in a language."""
        statement = next(s for s in self.editions[language].statements if s.id == text.statement)
        return (statement.mirror or "") if text.mirror else statement.text

    def title(self, language: str) -> str:
        """The researcher's title, or the title of the set."""
        own = self.file.title
        return told(own, language) if own else self.editions[language].title

    def consent(self, language: str) -> str:
        """The researcher's consent text, or the default one."""
        own = self.file.consent
        return told(own, language) if own else str(words(language)["consent"])

    def answer(self, label: str, language: str) -> str:
        """The displayed text of an answer option; options of the set itself are not translated."""
        return str(words(language)["answers"].get(label, label))


def build(name: str, choices: FormChoices) -> Questionnaire:
    """Build the questionnaire of a set, given by name or path.

    Raises:
        SetError: the set, a translation or the file of questions is missing or has faults.
        UsageError: the choices do not fit the set.
    """
    editions = _editions(name, choices)
    statements, languages = next(iter(editions.values())), tuple(editions)
    if clash := [s.id for s in statements.statements if s.id in KEPT]:
        raise UsageError(
            f"{name}: the statement id {clash[0]!r} is also a column of the answers file; call the "
            "statement otherwise"
        )
    if choices.feedback and not statements.axes:
        raise UsageError(
            f"--feedback: the set {statements.name} has no axis to show a person's dot on"
        )
    sides, answers = _sides(statements, choices.sides), _answers(statements, choices.steps)
    ready = own(languages, choices.party, place=choices.place)
    taken = [question.id for question in ready]
    file = read(choices.questions, languages, taken) if choices.questions else QuestionsFile()
    questions = (*ready, *file.questions)
    columns = {code.lower(): statement for code, (statement, _) in codes(statements).items()}
    if clash := [question.id for question in questions if question.id in columns]:
        raise UsageError(
            f"the question {clash[0]!r} has the name that the statement {columns[clash[0]]!r} has "
            "in survey software; call it otherwise"
        )
    return Questionnaire(
        editions, answers, sides, questions, file, choices.feedback, choices.timings
    )


def halves(statements: StatementSet) -> list[list[int]]:
    """Indices of the statements with a mirror: one list per key direction, sorted by topic."""
    alike: dict[object, list[int]] = {}
    for number, statement in enumerate(statements.statements):
        if statement.mirror:
            alike.setdefault(_pull(statement), []).append(number)
    topics = list(dict.fromkeys(s.topic for s in statements.statements))
    return [
        sorted(group, key=lambda n: topics.index(statements.statements[n].topic))
        for group in alike.values()
    ]


def rounds(questionnaire: Questionnaire) -> list[list[FormText]]:
    """The items for software that draws one random number per respondent, not one per statement.

    ``split`` has two fixed forms, each with the mirrors of one half of the statements. ``both`` has
    two rounds, each with one text of each pair.
    """
    first_edition, sides = questionnaire.first, questionnaire.sides
    mirror_form = {
        first_edition.statements[number].id: (position + offset) % 2
        for offset, group in enumerate(halves(first_edition))
        for position, number in enumerate(group)
    }
    by_round: list[list[FormText]] = [[], []]
    for code, (name, mirror) in codes(first_edition).items():
        form = mirror_form.get(name, 0) ^ mirror
        if sides == "split":
            by_round[0].append(
                FormText(code, name, mirror, str(form + 1) if name in mirror_form else "")
            )
        elif sides == "both" or not mirror:
            by_round[form if sides == "both" else 0].append(FormText(code, name, mirror, ""))
    return [texts for texts in by_round if texts]


def _pull(statement: Statement) -> object:
    """The key direction of a statement: its axes, and the sign of its effect on each."""
    points = {name: row[3] - row[0] for name, row in statement.table.items()}
    return tuple(sorted((a, pull > 0) for a, pull in {**statement.effects, **points}.items()))


def _editions(name: str, choices: FormChoices) -> dict[str, StatementSet]:
    if not choices.languages:
        statements = sets.load(name, choices.text, fetch=False)
        sets.require_statements(statements, "a form")
        return {statements.language: statements}
    if choices.text is not None:
        raise UsageError("--text: goes with a set in its own language, without --language")
    return translations.find_sets(name, choices.languages)


def _sides(statements: StatementSet, typed: str) -> Sides:
    pairs = sum(bool(s.mirror) for s in statements.statements)
    if not typed:
        return "split" if pairs else "statements"
    if typed not in SIDES:
        raise UsageError(f"--sides {typed}: should be one of {', '.join(SIDES)}")
    if typed == "split" and not pairs:
        raise UsageError(
            f"--sides split: the set {statements.name} has no mirrors; use --sides statements"
        )
    if typed == "both" and pairs < FEWEST_PAIRS:
        raise UsageError(
            f"--sides both: the set {statements.name} has {pairs} statements with a mirror, and "
            f"{FEWEST_PAIRS} are needed to keep the texts of a pair apart; use --sides statements"
        )
    return typed


def _answers(statements: StatementSet, steps: int) -> Mapping[str, float]:
    if statements.scoring.kind == "table" or statements.scoring.options:
        if steps:
            raise UsageError(f"--steps {steps}: the set {statements.name} declares its own answers")
        if statements.scoring.kind == "table":
            return dict(TABLE)
        return dict(zip(statements.scoring.options, statements.scoring.values, strict=True))
    if steps and steps not in STEPS:
        raise UsageError(f"--steps {steps}: should be one of {', '.join(map(str, STEPS))}")
    return {label: PLAIN[label] for label in STEPS[steps or USUAL]}
