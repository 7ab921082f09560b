"""The commands `probes place` and `probes verify`: recompute and check a run folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import counted, line, say
from probes.cli.parts.options import MATRIX, MISSING, PEOPLE, missing_as
from probes.errors import UsageError

if TYPE_CHECKING:
    from probes.types import ModelInfo, ModelSpec
    from probes.verification.verify import Verification

DIRECTORY = typer.Argument(help="Folder of a run.", metavar="DIR")


def place(
    directory: Annotated[Path, DIRECTORY],
    missing: Annotated[str | None, MISSING] = None,
    stance_matrix: Annotated[str | None, MATRIX] = None,
    people: Annotated[str | None, PEOPLE] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the placements as one JSON document.")
    ] = False,
) -> None:
    """Make every table and the compass of a run again, from its answers alone."""
    from probes.cli import _tables
    from probes.cli.parts import outcome
    from probes.output import tables as papertable
    from probes.runs import conclude as conclusions
    from probes.runs import languages

    chosen = None if missing is None else missing_as(missing)
    if languages.holds(directory):
        if stance_matrix is not None:
            raise UsageError(
                f"--stance-matrix {stance_matrix}: is of one language; place {directory}/LANGUAGE"
            )
        _tables.languages(languages.conclude(directory, chosen, people))
        return
    conclusion = conclusions.conclusion(directory, chosen, stance_matrix, people)
    if as_json:
        say(papertable.text(conclusion.tables, "json"), nl=False)
    else:
        outcome.tell_unfinished(conclusion.read)
        _tables.tables(conclusion.tables)
        outcome.tell_claims(directory)
        outcome.tell_conditions(conclusion.tables)


def verify(
    directory: Annotated[Path, DIRECTORY],
    fingerprint: Annotated[
        str, typer.Option(help="The one that whoever ran it published.", show_default=False)
    ] = "",
    model: Annotated[
        list[str] | None,
        typer.Option(help="NAME=PATH_OR_ID of a model that was asked, to hash again; repeatable."),
    ] = None,
    dossier: Annotated[
        Path | None, typer.Option("-o", "--dossier", help="Also write this HTML page.")
    ] = None,
) -> None:
    """Check a run folder: files, evidence, every table made again, claims. Asks no model.

    Exit status: 0 all of it holds, 1 something does not or a claim failed, 3 a claim is undecided,
    2 for mistakes.
    """
    from probes.report import dossier as pages
    from probes.runs import languages
    from probes.verification import verify as verifying

    if languages.holds(directory):
        first, *_ = languages.languages_of(directory)
        raise UsageError(
            f"{directory}: holds several languages; verify each, such as {directory / first}"
        )
    result = verifying.verify(directory, fingerprint.lower(), _loaded_models(model or ()))
    _print(result)
    if dossier is not None:
        pages.write(dossier, directory, result)
        say(f"{dossier}: what was asked, what was found, and what was not")
    raise typer.Exit(result.status)


def _loaded_models(typed: "list[str] | tuple[()]") -> "list[tuple[ModelSpec, ModelInfo]]":
    """Models by name as typed, loaded to compute their hashes."""
    from probes.models import registry
    from probes.models.load import open_model
    from probes.types import LoadOptions

    specs = [registry.resolve(text, None, None) for text in typed]
    return [(spec, open_model(spec, LoadOptions(device="cpu")).info) for spec in specs]


def _print(result: "Verification") -> None:
    """Print failed checks, one a line; claims; and what was checked."""
    from probes.cli import _tables
    from probes.output import columns

    for finding in result.findings:
        line(f"{finding.file or 'evidence'}: {finding.text}")
    if result.claims is not None:
        rows = result.claims.to_dict("records")
        _tables.table(columns.cells(columns.CLAIM, rows))
    for name in result.unmade:
        line(f"{name}: not made again, for that takes the people's answers; its hash was checked")
    for name, (done, cells) in result.answers.items():
        if done < cells:
            line(f"{name}: {done:,} of {cells:,} cells are answered")
    count = len(result.findings)
    verdict = f"{count} {'does' if count == 1 else 'do'} not hold" if count else "all holds"
    answered = sum(done for done, _ in result.answers.values())
    say(
        f"{counted(result.files, 'file')}, {counted(answered, 'answer')} of "
        f"{counted(len(result.answers), 'model')}, "
        f"{counted(len(result.tables), 'table')} made again, "
        f"{counted(len(result.models), 'model')} hashed again: {verdict}\n"
        f"fingerprint {result.fingerprint}"
    )
