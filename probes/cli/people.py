"""The commands `probes sets form` and `probes sets validate`: people's answers to a set."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import deliver, say
from probes.errors import RunError, UsageError
from probes.files.atomic import replacing

if TYPE_CHECKING:
    from probes.people.validation import Validation


def form(
    name: Annotated[str, typer.Argument(metavar="SET")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Web page (.html).", show_default=False)
    ] = None,
    limesurvey: Annotated[
        Path | None, typer.Option(help="The same for LimeSurvey (.txt).", show_default=False)
    ] = None,
    xlsform: Annotated[
        Path | None, typer.Option(help="The same as an XLSForm (.xlsx).", show_default=False)
    ] = None,
    language: Annotated[
        str, typer.Option(help="To choose from, such as de,fr [default: the set's].")
    ] = "",
    sides: Annotated[
        str,
        typer.Option(
            help="split: of each pair one text by chance; both; or statements, without mirrors "
            "[default: split, if there are mirrors]."
        ),
    ] = "",
    steps: Annotated[
        int,
        typer.Option(
            help="Number of answers, 2 to 5 [default: the set's own, or 5].", show_default=False
        ),
    ] = 0,
    self_placement: Annotated[
        bool, typer.Option("--self-placement", help="Ask for left and right, from 0 to 10.")
    ] = False,
    party: Annotated[
        str, typer.Option(help="Ask for a party: names with commas between.", metavar="NAMES")
    ] = "",
    questions: Annotated[
        Path | None, typer.Option(help="YAML file with texts and questions of your own.")
    ] = None,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Offer people to see where their answers lie.")
    ] = False,
    timings: Annotated[
        bool, typer.Option("--timings", help="Keep how long each statement was shown.")
    ] = False,
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the outputs.")] = False,
) -> None:
    """A questionnaire for people: a page that needs no network, for LimeSurvey, or an XLSForm."""
    from probes.questionnaire import content, write

    targets = {"html": output, "limesurvey": limesurvey, "xlsform": xlsform}
    chosen = {kind: path for kind, path in targets.items() if path is not None}
    if not chosen:
        raise UsageError("nothing to write: give -o form.html, --limesurvey FILE or --xlsform FILE")
    choices = content.FormChoices(
        languages=language,
        sides=sides,
        steps=steps,
        place=self_placement,
        party=party,
        questions=questions,
        text=text,
        feedback=feedback,
        timings=timings,
    )
    for line in write.write(content.build(name, choices), chosen, force=force):
        say(line)


def validate(
    name: Annotated[str, typer.Argument(metavar="SET")],
    answers: Annotated[list[Path], typer.Argument(metavar="ANSWERS...", help="CSV or XLSX.")],
    person: Annotated[str, typer.Option(help="Column that names the person.")] = "",
    group: Annotated[str, typer.Option(help="Column with the group, such as a party.")] = "",
    weight: Annotated[str, typer.Option(help="Column with the weight of a person.")] = "",
    language: Annotated[str, typer.Option(help="Column with the language of a person.")] = "",
    options: Annotated[
        str, typer.Option(help="What answers count: support=1,oppose=-1, or 1..5; 9= is none.")
    ] = "",
    compare: Annotated[
        list[str] | None, typer.Option(help="Groups to compare.", metavar="GROUP:GROUP")
    ] = None,
    who: Annotated[str, typer.Option(help="Whose answers these are, for captions.")] = "",
    when: Annotated[str, typer.Option(help="When they answered, for captions.")] = "",
    delimiter: Annotated[str, typer.Option(help="Of a CSV file: comma, semicolon, tab.")] = "",
    encoding: Annotated[str, typer.Option(help="Of a CSV file, such as cp1252.")] = "",
    sheet: Annotated[str | None, typer.Option(help="Of a workbook that has several.")] = None,
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for all tables.", metavar="DIR")] = None,
    json: Annotated[
        str | None, typer.Option(help="Write it as JSON, too; - for JSON alone.", metavar="FILE|-")
    ] = None,
) -> None:
    """What people's answers say of a set: known groups, statements, reliability, DIF, support."""
    from probes.cli import _tables
    from probes.instruments import sets
    from probes.people.answers import read_answers
    from probes.people.rows import PeopleColumns
    from probes.people.sheets import SheetOptions
    from probes.people.validation import check_folder, pair, validate
    from probes.validity.people import points

    statement_set = sets.load(name, text, fetch=False)
    sets.require_statements(statement_set, "sets validate")
    columns = PeopleColumns(person, group, weight, language)
    how = SheetOptions(delimiter, encoding, sheet)
    for typed in compare or ():
        pair(typed)  # before a long file is read
    if out is not None:
        check_folder(out)
    _check_target(json, out)
    read = read_answers(answers, statement_set, columns, options, how)
    pairs = tuple(pair(typed, read.groups) for typed in compare or ())
    validation = validate(statement_set, read, who, when, pairs)
    report = points.findings(validation)
    _write(
        validation, report.json(set=statement_set.name, version=statement_set.version), out, json
    )
    if json != "-":
        _tables.people_groups(validation.tables["groups"])
        _tables.table(report.rows)
        say(report.caveat)
    if json == "-":
        deliver(report.json(set=statement_set.name, version=statement_set.version), json)


def _check_target(json: str | None, out: Path | None) -> None:
    """Raise an error for a file that cannot be written, before anything is read."""
    if json is None or json == "-":
        return
    path = Path(json)
    if path.is_dir():
        raise RunError(f"{path}: cannot be written: is a folder")
    if not path.parent.is_dir() and path.parent != out:
        raise RunError(f"{path}: cannot be written: there is no folder {path.parent}")
    if path.parent == out and path.name.startswith("people"):
        raise RunError(f"{path}: is the name of a table in --out; name the JSON otherwise")


def _write(validation: "Validation", text: str, out: Path | None, json: str | None) -> None:
    """Write tables and JSON, both or neither."""
    path = Path(json) if json is not None and json != "-" else None
    if out is None:
        if path is not None:
            deliver(text, str(path))
    elif path is None or path.parent == out:
        validation.write(out, {} if path is None else {path.name: text})
    else:
        try:
            with replacing(path) as part:  # renamed only after the tables are written
                part.write_text(text, "utf-8")
                validation.write(out)
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror}") from None
