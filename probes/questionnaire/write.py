"""Write a questionnaire into files, with remarks for the user."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from probes.errors import UsageError
from probes.files import atomic
from probes.questionnaire import html, limesurvey, xlsform
from probes.questionnaire.content import Questionnaire
from probes.questionnaire.words import has

SUFFIXES = {"html": ".html", "limesurvey": ".txt", "xlsform": ".xlsx"}
"""Kind of questionnaire -> suffix of its file, by which LimeSurvey knows the format."""


def write(
    questionnaire: Questionnaire, targets: Mapping[str, Path], *, force: bool = False
) -> list[str]:
    """Write the files, all or none; return lines to print.

    Args:
        questionnaire: The questionnaire.
        targets: Kind (`SUFFIXES`) -> file to write.
        force: Whether to replace existing files.

    Raises:
        UsageError: a file exists or has the wrong suffix, or a library is not installed.
        RunError: a file cannot be written.
    """
    for kind, path in targets.items():
        if path.suffix.lower() != SUFFIXES[kind]:
            raise UsageError(f"{path}: a file for {kind} ends in {SUFFIXES[kind]}")
        if path.exists() and not force:
            raise UsageError(f"{path}: is there already; --force replaces it")
    if len({path.absolute() for path in targets.values()}) < len(targets):
        raise UsageError("each kind of questionnaire needs a file of its own")
    atomic.write_all({path: _made(questionnaire, kind) for kind, path in targets.items()})
    return [*_lines(questionnaire, targets)]


def _made(questionnaire: Questionnaire, kind: str) -> bytes:
    if kind == "html":
        return html.page(questionnaire).encode("utf-8", "replace")
    if kind == "limesurvey":
        return limesurvey.structure(questionnaire)
    return xlsform.workbook(questionnaire)


def _lines(questionnaire: Questionnaire, targets: Mapping[str, Path]) -> Iterator[str]:
    statements = questionnaire.first
    about = (
        f"{questionnaire.texts_shown} statements a person, in {', '.join(questionnaire.languages)}"
    )
    for path in targets.values():
        yield f"{path}: {about}"
    for language in questionnaire.languages:
        if not has(language):
            yield f"buttons and headings are in English: there are none in {language}"
    if statements.text_from:
        yield f"the texts are those of {statements.source}: you need their leave to publish them"
    if targets.keys() - {"html"}:
        counts = ",".join(f"{n}={v:g}" for n, v in enumerate(questionnaire.answers.values(), 1))
        yield f"answers are numbered: read them with --options {counts}"
