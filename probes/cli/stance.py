"""The commands `probes stance ...`: parse, call, print."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from probes.cli._terminal import say
from probes.errors import UsageError

app = typer.Typer(
    help="Judge replies, check the stance model, compare two ways of asking.", no_args_is_help=True
)
Model = Annotated[
    str | None,
    typer.Option(help="Stance model: hub id, folder or entry [default: the protocol's]."),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Dtype = Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")]


@app.command("check")
def check(
    labels: Annotated[Path, typer.Argument(metavar="LABELS.csv")],
    model: Model = None,
    protocol: Annotated[
        str, typer.Option(help="Whose premise, hypotheses and threshold are used.")
    ] = "open",
    statement: Annotated[str, typer.Option(help="Column of statements.")] = "statement",
    reply: Annotated[str, typer.Option(help="Column of replies.")] = "reply",
    label: Annotated[
        str, typer.Option(help="Column of labels: agree, disagree or other.")
    ] = "label",
    means: Annotated[
        list[str] | None,
        typer.Option("--as", help="What a label means.", metavar="LABEL=agree|disagree|other"),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the matrix, for --stance-matrix of a run."),
    ] = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
) -> None:
    """How good a stance model is on replies that people have labelled."""
    from dataclasses import replace

    from probes.asking import protocols
    from probes.cli import _tables
    from probes.files.atomic import write
    from probes.models.load import open_stance_model
    from probes.replies import accuracy, correction, stance_model
    from probes.types import LoadOptions, Stance

    columns = {"statement": statement, "reply": reply, "label": label}
    rows = accuracy.read(labels, columns, accuracy.meanings(means or ()))
    settings = protocols.load(protocol).stance or Stance()
    settings = replace(settings, model=model, revision="") if model else settings
    options = LoadOptions(device=device, dtype=dtype)
    judge = open_stance_model(settings, options, typed=model is not None)
    judged = stance_model.stances(judge, settings, [(row.statement, row.reply) for row in rows])
    report = accuracy.report([row.label for row in rows], [reply.stance for reply in judged])
    _tables.table(report.rows())
    number = report.replies
    counted_replies = f"{number:,} {'reply' if number == 1 else 'replies'}"
    kappa = "none (one label throughout)" if report.kappa is None else f"{report.kappa:.2f}"
    say(
        f"{counted_replies}, judged by {judge.info.id}: accuracy {report.accuracy:.2f}, "
        f"Cohen's kappa {kappa}"
    )
    if output is not None:
        text = correction.dump(
            judge.info.id,
            judge.info.weights,
            stance_model.digest(settings),
            labels.name,
            report.matrix,
        )
        write(output, text.encode())
        say(f"{output}: the matrix, for --stance-matrix of `probes run` and `probes place`")


@app.command("judge")
def judge(
    directory: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")],
    model: Model = None,
    device: Device = "auto",
    dtype: Dtype = "auto",
) -> None:
    """Judge the replies of a run that are not judged yet, and make its tables again."""
    from probes.cli import _tables
    from probes.files.lock import locked
    from probes.runs import conclude as conclusions
    from probes.runs import folder
    from probes.runs import judge as judging
    from probes.types import LoadOptions

    run = folder.Folder(directory)
    materials = run.materials()
    with locked(directory, "run"):
        options = LoadOptions(device=device, dtype=dtype)
        replies = judging.judge_folder(run, materials, model, options)
        if not replies:
            raise UsageError(f"{directory}: holds no replies whose stance is to be judged")
        _tables.tables(conclusions.concluded(directory).tables)


@app.command("converge")
def converge(
    first: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")],
    second: Annotated[Path, typer.Argument(help="Folder of another.", metavar="OTHER_DIR")],
    pair: Annotated[
        list[str] | None,
        typer.Option(help="Which models belong together, if their names differ.", metavar="A=B"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="[default: convergence.csv in OTHER_DIR]")
    ] = None,
) -> None:
    """How far two ways of asking (options, open replies) agree on the same statements."""
    from probes.cli import _tables
    from probes.files import csv
    from probes.files.lock import locked
    from probes.replies import convergence
    from probes.runs import folder, read_back
    from probes.runs.beside.seal import seal

    named = [tuple(typed.split("=", 1)) for typed in pair or ()]
    if any(len(names) < 2 for names in named):
        raise UsageError("--pair must be A=B, a model of either run")
    runs = [folder.Folder(path).materials() for path in (first, second)]
    if runs[0].statements.sha256 != runs[1].statements.sha256:
        raise UsageError(
            f"{first} and {second} hold runs of other sets ({runs[0].statements.name}, "
            f"{runs[1].statements.name}): only the same statements can be compared"
        )
    tables = [read_back.tables(path) for path in (first, second)]
    first_tables, second_tables = ((t.agreement, t.placements) for t in tables)
    convergence_table = convergence.converge(
        first_tables,
        second_tables,
        tables[0].axes,
        {s.id: s.topic for s in runs[0].statements.statements},
        [(names[0], names[1]) for names in named],
    )
    target = output or second / "convergence.csv"
    with nullcontext() if output else locked(second, "run"):
        csv.save(convergence_table, target)
        if not output:
            seal(second)
    _tables.table(convergence_table)
    say(target)
