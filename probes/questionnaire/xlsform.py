"""Write a questionnaire as an XLSForm workbook, for ODK, KoboToolbox and Enketo.

XLSForm cannot randomize the order of questions, so statements are in the set's order. Of each pair
one text is shown: a random number per respondent selects one of two fixed forms. Answers are coded
1 to n, from disagreement to agreement. Format: xlsform.org.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from probes.errors import UsageError
from probes.questionnaire.content import Questionnaire, rounds
from probes.questionnaire.questions import Question, told
from probes.questionnaire.words import has, words

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

AGREED = "${consent} = 'yes'"
DRAWN = "once(if(random() < 0.5, '1', '2'))"
Row = Mapping[str, str]


def workbook(questionnaire: Questionnaire) -> bytes:
    """The bytes of the workbook.

    Raises:
        UsageError: openpyxl is not installed.
    """
    try:
        from openpyxl import Workbook
    except ImportError:
        raise UsageError(
            "an XLSForm needs openpyxl, which is not installed: pip install "
            "'political-probes[xlsx]'"
        ) from None
    book = Workbook()
    book.remove(book.active)
    for name, rows in (
        ("survey", [*_survey(questionnaire)]),
        ("choices", [*_choices(questionnaire)]),
        ("settings", [_settings(questionnaire)]),
    ):
        _fill(book.create_sheet(name), rows)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _survey(questionnaire: Questionnaire) -> Iterator[Row]:
    file, languages = questionnaire.file, questionnaire.languages
    if file.introduction:
        shown = {n: told(file.introduction, n) for n in languages}
        yield {"type": "note", "name": "introduction", **_labels(shown)}
    consent = {n: questionnaire.consent(n) for n in languages}
    yield {"type": "select_one consent", "name": "consent", "required": "yes", **_labels(consent)}
    if questionnaire.sides == "split":
        yield {"type": "calculate", "name": "form", "calculation": DRAWN}
    for text in (text for texts in rounds(questionnaire) for text in texts):
        form = f" and ${{form}} = '{text.form}'" if text.form else ""
        shown = {n: questionnaire.text(text, n) for n in languages}
        about = {"type": "select_one answer", "name": text.code, "relevant": AGREED + form}
        yield {**about, **_labels(shown)}
    yield from (_asked(question, languages) for question in questionnaire.questions)


def _asked(question: Question, languages: Sequence[str]) -> Row:
    """A question about the respondent."""
    kinds = {"number": "integer", "text": "text"}
    kind = kinds.get(question.kind, f"select_one {question.id}")
    limits = [(">=", question.least), ("<=", question.most)] if kind == "integer" else []
    return {
        "type": kind,
        "name": question.id,
        "relevant": AGREED,
        "constraint": " and ".join(f". {sign} {n}" for sign, n in limits if n is not None),
        **_labels({n: told(question.text, n) for n in languages}),
    }


def _choices(questionnaire: Questionnaire) -> Iterator[Row]:
    languages = questionnaire.languages
    for name, key in (("yes", "agreed"), ("no", "refused")):
        yield _choice("consent", name, {n: words(n)[key] for n in languages})
    for number, label in enumerate(questionnaire.answers, start=1):
        shown = {n: questionnaire.answer(label, n) for n in languages}
        yield _choice("answer", str(number), shown)
    for question in questionnaire.questions:
        for number, code in enumerate(question.codes):
            yield _choice(question.id, code, {n: question.label(number, n) for n in languages})


def _choice(group: str, name: str, texts: Mapping[str, str]) -> Row:
    return {"list_name": group, "name": name, **_labels(texts)}


def _settings(questionnaire: Questionnaire) -> Row:
    statements, first = questionnaire.first, questionnaire.languages[0]
    return {
        "form_title": plain(questionnaire.title(first)),
        "form_id": "probes_" + re.sub(r"\W", "_", statements.name),
        "version": statements.version or "1",
        "default_language": _language(first),
    }


def _labels(texts: Mapping[str, str]) -> dict[str, str]:
    return {f"label::{_language(name)}": plain(text) for name, text in texts.items()}


def _language(code: str) -> str:
    """The name of a language in XLSForm: ``English (en)``."""
    return f"{words(code)['name'] if has(code) else code} ({code})"


def plain(text: str) -> str:
    """A text without references to other questions (``${...}``), on one line."""
    shown = "".join(c for c in " ".join(text.split()) if c.isprintable())
    return shown.replace("${", "$ {")


def _fill(sheet: "Worksheet", rows: Sequence[Row]) -> None:
    """Write rows into a sheet, all cells as text: none becomes a formula or a number."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    for line, row in enumerate([dict(zip(names, names, strict=True)), *rows], start=1):
        for column, name in enumerate(names, start=1):
            if text := row.get(name):
                cell = sheet.cell(line, column)
                cell.value = text
                cell.data_type = "s"
