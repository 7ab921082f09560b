"""Write a questionnaire as the tab-separated survey structure that LimeSurvey imports.

Statements are in random order. Of each pair one text is shown: a random number per respondent
selects one of two fixed forms. Answers are coded 1 to n, from disagreement to agreement. Format:
LimeSurvey manual, "Tab Separated Value survey structure".
"""

import csv
import html
import io
from collections.abc import Iterator, Mapping

from probes.questionnaire.content import Questionnaire, rounds
from probes.questionnaire.questions import Question, told
from probes.questionnaire.words import words

COLUMNS = (
    *("class", "type/scale", "name", "relevance", "text", "language", "mandatory", "other"),
    *("random_group", "hidden"),
)
SAMPLE = 1000
"""Bytes from which LimeSurvey guesses the encoding; they are ASCII here, so UTF-8 is guessed."""
KINDS = {"choice": "L", "scale": "L", "number": "N", "text": "T"}
AGREED = 'consent.NAOK == "Y"'
DRAWN = "{if(is_empty(form), rand(1, 2), form)}"
"""Expression for the random form, drawn once per respondent."""
Row = Mapping[str, str]


def structure(questionnaire: Questionnaire) -> bytes:
    """The bytes of the file, in UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, COLUMNS, restval="", delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_MINIMAL
    )
    writer.writeheader()
    text.seek(len(text.getvalue()) - 1)
    text.write(" " * SAMPLE + "\n")  # LimeSurvey trims column names
    writer.writerows(_settings(questionnaire))
    for language in questionnaire.languages:
        writer.writerows(_groups(questionnaire, language))
    return text.getvalue().encode("utf-8", "replace")


def _settings(questionnaire: Questionnaire) -> Iterator[Row]:
    first, *others = questionnaire.languages
    settings = {
        "language": first,
        "additional_languages": " ".join(others),
        "format": "S",  # one question a page
        "anonymized": "Y",
        "ipaddr": "N",
        "datestamp": "N",
        "allowprev": "Y",
        "showprogress": "Y",
        "shownoanswer": "Y",
    }
    for name, text in settings.items():
        yield {"class": "S", "name": name, "text": text}
    for language in questionnaire.languages:
        shown = {"surveyls_title": questionnaire.title(language)}
        if questionnaire.file.introduction:
            shown["surveyls_welcometext"] = told(questionnaire.file.introduction, language)
        if questionnaire.file.ending:
            shown["surveyls_endtext"] = told(questionnaire.file.ending, language)
        for name, text in shown.items():
            yield {"class": "SL", "name": name, "text": plain(text), "language": language}


def _groups(questionnaire: Questionnaire, language: str) -> Iterator[Row]:
    first = language == questionnaire.languages[0]
    yield _group("1", questionnaire.title(language), language)
    yield _question("Y", "consent", questionnaire.consent(language), language, mandatory="Y")
    if questionnaire.sides == "split":
        # Not escaped by `plain`: the braces are an expression.
        drawn = {"name": "form", "relevance": "1", "text": DRAWN, "language": language}
        yield {"class": "Q", "type/scale": "*", **drawn, "hidden": "1" if first else ""}
    yield from _rounds(questionnaire, language)
    if questionnaire.questions:
        yield _group("9", words(language)["about"], language, relevance=AGREED)
        for question in questionnaire.questions:
            yield from _asked(question, language)


def _rounds(questionnaire: Questionnaire, language: str) -> Iterator[Row]:
    """The statements, in random order; two rounds are also in random order."""
    all_rounds, first = rounds(questionnaire), language == questionnaire.languages[0]
    for number, texts in enumerate(all_rounds, start=2):
        order = {"random_group": "rounds"} if len(all_rounds) > 1 else {}
        yield _group(str(number), str(number - 1), language, relevance=AGREED, **order)
        for text in texts:
            only = f'form.NAOK == "{text.form}"' if text.form else "1"
            shown = questionnaire.text(text, language)
            row = _question("L", text.code, shown, language, relevance=only)
            yield {**row, "random_group": "statements"} if first else row
            for code, label in enumerate(questionnaire.answers, start=1):
                yield _answer(str(code), questionnaire.answer(label, language), language)


def _asked(question: Question, language: str) -> Iterator[Row]:
    """A question about the respondent, with its answers."""
    yield _question(KINDS[question.kind], question.id, told(question.text, language), language)
    for number, code in enumerate(question.codes):
        yield _answer(code, question.label(number, language), language)


def _group(number: str, name: str, language: str, **more: str) -> Row:
    return {"class": "G", "type/scale": number, "name": plain(name), "language": language, **more}


def _question(kind: str, name: str, text: str, language: str, **more: str) -> Row:
    row = {"class": "Q", "type/scale": kind, "name": name, "relevance": "1", "text": plain(text)}
    return {**row, "language": language, "mandatory": "N", "other": "N", **more}


def _answer(code: str, text: str, language: str) -> Row:
    row = {"class": "A", "type/scale": "0", "name": code, "text": plain(text)}
    return {**row, "language": language}


def plain(text: str) -> str:
    """A text escaped for LimeSurvey: no markup, no expressions in braces, one line."""
    shown = html.escape(" ".join(text.split())).replace("{", "&#123;").replace("}", "&#125;")
    return "".join(c for c in shown if c.isprintable())
