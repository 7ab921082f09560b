"""The command `probes`: parse, call, print.

One short function a command. Everything heavy is imported inside the command that needs it, so
that ``probes --help`` answers at once. A mistake of the user's is one sentence and exit status 2.
"""

import errno
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes import cli_sets
from probes.errors import ProbesError, UsageError

if TYPE_CHECKING:
    from probes.loop import BatchSize
    from probes.types import Missing, Tables

STOPPED = 130
"""Exit status after Ctrl-C, as typer gives it and shells expect it."""
HELP = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    help="Measure the political leanings of masked and causal language models.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
    context_settings=HELP,
)
app.add_typer(cli_sets.app, name="sets")

Out = Annotated[Path | None, typer.Option(help="Folder of the run.", show_default=False)]
Dir = Annotated[Path, typer.Argument(help="Folder of a run.", metavar="DIR")]
MISSING = typer.Option(
    help="honest, or legacy-agree: missing answers count as agreement, as some published numbers "
    "have it."
)
Family = Annotated[str | None, typer.Option(help="Only this family.")]
Backend = Annotated[str | None, typer.Option(help="masked, causal, seq2seq or planted.")]


@app.command()
def run(
    model: Annotated[
        list[str],
        typer.Option(
            help="Entry of models.yaml, hub id, folder, NAME=PATH, planted:... or recorded:FILE."
        ),
    ],
    set: Annotated[str, typer.Option(help="Statement set: a name, or your own YAML.")] = "compass",  # noqa: A002
    protocol: Annotated[
        str | None,
        typer.Option(
            help="A name, or your own YAML [default: default, or recorded for recorded:...]."
        ),
    ] = None,
    backend: Backend = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many statements.")] = None,
    seed: int = 0,
    out: Out = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit of hub ids.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    device_map: Annotated[str | None, typer.Option(help="As accelerate has it.")] = None,
    adapter: Annotated[str | None, typer.Option(help="PEFT adapter to put on the model.")] = None,
    batch_size: Annotated[str, typer.Option(help="auto, or prompts in a batch.")] = "auto",
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    missing: Annotated[str, MISSING] = "honest",
    language: Annotated[
        str | None, typer.Option(help="In these, such as de,ja; compare with the first.")
    ] = None,
    chat: Annotated[
        bool | None, typer.Option(help="Use the chat template [default: if there is one].")
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run code from the model's repository.")
    ] = False,
) -> None:
    """Ask models the statements of a set and place them on its axes; goes on where it stopped."""
    from probes import languages, lineup, models, session, sets, show
    from probes.types import LoadOptions

    specs = models.unique(lineup.expanded([models.resolve(m, backend, revision) for m in model]))
    if protocol is None:
        asked_in = "en" if language else sets.outline(set).language
        protocol = lineup.usual_protocol(specs, asked_in)
    request = session.Request(
        models=specs,
        set=set,
        protocol=protocol,
        seed=seed,
        limit=limit,
        batch_size=_batch_size(batch_size),
        load=LoadOptions(device, dtype, device_map, adapter, chat, trust_remote_code, seed),
        text=text,
        missing=_missing(missing),
        command=shlex.join(["probes", *sys.argv[1:]]),
    )
    if language is not None:
        folder = out or languages.folder(request, language)
        with show.progress() as tell:
            editions = languages.probe(request, language, folder, tell)
        show.languages(editions)
        typer.echo(f"{folder}: languages.csv, .png and .svg, and a run's folder for each language")
        return
    folder = out or Path("runs") / f"{_bare(set)}-{_bare(protocol)}"
    with show.progress() as tell:
        tables = session.probe(request, folder, tell)
    _tell(tables)
    pictures = ", compass.png and .svg" if (folder / "compass.png").exists() else ""
    typer.echo(f"{folder}: tables as CSV{pictures}, answers/")


@app.command()
def place(
    directory: Dir,
    missing: Annotated[str | None, MISSING] = None,
) -> None:
    """Make every table and the compass of a run again, from its answers alone."""
    from probes import languages, session, show

    chosen = None if missing is None else _missing(missing)
    if languages.holds(directory):
        show.languages(languages.conclude(directory, chosen))
        return
    _tell(session.conclude(directory, chosen))


@app.command()
def plot(
    figure: Annotated[str, typer.Argument(help="A figure's name, or your own file.py.")],
    directory: Dir,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="png, svg or pdf, by suffix.")
    ] = None,
) -> None:
    """Draw a figure from the tables of a run."""
    from probes import languages, session

    target = output or directory / f"{Path(figure).stem}.png"
    several = languages.holds(directory)
    tables = languages.read(directory, figure) if several else session.tables(directory)
    session.draw(figure, tables, target)
    typer.echo(target)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for models and run.")] = Path("demo"),
) -> None:
    """Train small models with known opinions, probe them, and compare: an instrument check."""
    from probes import demo as demonstration
    from probes import show

    with show.progress() as tell:
        rows = demonstration.run(out, tell)
    show.table(rows)
    found = sum(bool(row["found"]) for row in rows)
    typer.echo(
        f"{found} of {len(rows)} planted positions found (within 1.5 points, in their half; the\n"
        "yes-sayers must not be placed). This checks the instrument, on models whose opinions are\n"
        f"known; it says nothing about any real model. The picture: {out}/run/compass.png"
    )


@app.command(name="models")
def models_command(family: Family = None, backend: Backend = None) -> None:
    """List the models of models.yaml."""
    from dataclasses import asdict

    from probes import models, show

    show.table([asdict(m) for m in models.listed(family, backend)])


def main() -> None:
    """Run the command; mistakes of the user's exit with 2, Ctrl-C with 130."""
    try:
        app(standalone_mode=True)
    except ProbesError as error:
        _fail(str(error))
    except SystemExit as ended:
        if ended.code == STOPPED:
            typer.echo("stopped; the same command goes on from here", err=True)
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        _fail(f"{error.filename or 'writing'}: {error.strerror}; what was answered is on disk")


def _tell(tables: "Tables") -> None:
    """Print where models stand, on axes and beside the set's respondents."""
    from probes import show

    if tables.axes:
        show.placements(tables.placements)
    if tables.alignment is not None:
        show.alignment(tables.alignment)


def _fail(sentence: str) -> None:
    typer.echo(f"probes: {sentence}", err=True)
    raise SystemExit(2) from None


def _bare(name: str) -> str:
    """``./mine.yaml`` -> ``mine``; ``compass.de`` as it is."""
    return Path(name).name.removesuffix(".yaml").removesuffix(".yml")


def _missing(word: str) -> "Missing":
    if word == "honest":
        return "honest"
    if word == "legacy-agree":
        return "legacy-agree"
    raise UsageError(f"--missing {word}: must be 'honest' or 'legacy-agree'")


def _batch_size(text: str) -> "BatchSize":
    if text == "auto":
        return "auto"
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise UsageError(f"--batch-size {text}: must be 'auto' or a number from 1 up")
