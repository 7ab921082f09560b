"""The commands `probes corpus ...`: parse, call, print."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probes.cli._terminal import line, say
from probes.cli.parts import training as options
from probes.cli.parts.options import MATRIX, named
from probes.errors import UsageError
from probes.files.escape import NO_NAME, terminal

if TYPE_CHECKING:
    from probes.corpora.retrieval import RetrievalOptions
    from probes.tables.place import Conclusion
    from probes.training.corpora import Corpus

app = typer.Typer(
    help="Place corpora on the axes of a set; hold them against models trained on them.",
    no_args_is_help=True,
)
JUDGED = "the judge's own errors are not in the intervals: `probes stance check` measures them"
VERBATIM = " quoted word for word, as --verdicts needs it; other texts need --stance"
SHOWN = ("corpus", "passages", "found", "kept", "covered", "sided", "judge")


@app.command("place")
def place(
    files: Annotated[
        list[str],
        typer.Argument(
            help="txt, json, jsonl, csv or parquet files (or .gz, .zst), or folders of them, each "
            "a corpus; NAME=PATH names it, and joins files of one name. Or a folder that this "
            "command wrote, to be placed again without corpora and judge.",
            metavar="FILES|DIR",
        ),
    ],
    set_: Annotated[str, typer.Option("--set", help="Statement set: name or file.")] = "compass",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run [default: runs/corpora-SET].")
    ] = None,
    stance: Annotated[
        str | None,
        typer.Option(help="Stance model: hub id, folder or entry [default: bart-large-mnli]."),
    ] = None,
    verdicts: Annotated[
        bool,
        typer.Option(
            "--verdicts",
            help="No stance model: read words of verdict beside statements that are quoted word "
            "for word, as generated corpora have them.",
        ),
    ] = False,
    stance_matrix: Annotated[str | None, MATRIX] = None,
    passages: Annotated[int, typer.Option(help="Most passages judged for each statement.")] = 20,
    about: Annotated[
        float,
        typer.Option(help="Least share of the weight of a text's words in a passage about it."),
    ] = 0.5,
    column: options.CorpusColumn = "text",
    delimiter: options.Delimiter = "",
    seed: Annotated[int, typer.Option(help="Of the sample of passages.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
) -> None:
    """Where corpora stand: passages about each statement, their stance, and a position of them.

    The folder is that of a run: plot, report, table and compare read it. It keeps the passages that
    were judged, 400 characters each at most, and nothing else of a corpus.
    """
    from probes.cli.parts import progress
    from probes.corpora import place as placing
    from probes.corpora.retrieval import RetrievalOptions
    from probes.types import LoadOptions

    if placing.holds(Path(files[0])):
        if len(files) > 1 or out is not None:
            raise UsageError(
                f"{files[0]}: holds placed corpora; to place them again, give it alone"
            )
        _print(Path(files[0]), placing.again(Path(files[0]), stance_matrix))
        return
    if stance and verdicts:
        raise UsageError("--stance and --verdicts are two judges; give one")
    options = RetrievalOptions(about, passages, seed)
    _check(options)
    request = placing.CorporaRequest(
        corpora=_corpora(files, column, delimiter),
        set=set_,
        stance=stance,
        verdicts=verdicts,
        options=options,
        matrix=stance_matrix,
        load=LoadOptions(device=device, dtype=dtype),
        command=terminal(shlex.join(["probes", *sys.argv[1:]])),
    )
    for corpus in request.corpora.values():
        for warning in corpus.warnings():
            say(f"warning: {warning}", err=True)
    folder = out or Path("runs") / f"corpora-{Path(set_).stem}"
    with progress.reading() as tell:
        conclusion = placing.place(request, folder, tell)
    _print(folder, conclusion)


@app.command("dose")
def dose(
    run: Annotated[
        Path,
        typer.Argument(help="Folder of a run of models and their parents.", metavar="RUN"),
    ],
    placed: Annotated[
        Path, typer.Argument(help="Folder of `probes corpus place`.", metavar="CORPORA")
    ],
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            help="Which corpus a model was trained further on, if models.yaml does not say it.",
            metavar="MODEL=NAME",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for tables and figure [default: CORPORA/dose].")
    ] = None,
) -> None:
    """Does a model move where its corpus stands? Positions of corpora against shifts of models.

    By parent and axis: a line with its interval, and the exact permutation test of the rank
    correlation; neither below four pairs.
    """
    from probes.corpora import dose as doses
    from probes.corpora import dose_files

    folder = out or placed / "dose"
    fits = dose_files.save(run, placed, named("--corpus", corpus or ()), folder)
    for sentence in doses.described(fits):
        line(sentence)
    if dose_files.is_drawn(fits):
        say(f"{folder}: dose.csv, dose_fits.csv, dose.png and .svg")
    else:
        say(f"{folder}: dose.csv, dose_fits.csv; no figure, for there is no line")


def _check(options: "RetrievalOptions") -> None:
    if not 0 < options.about <= 1:
        raise UsageError(f"--about {options.about:g}: must be above 0 and at most 1, a share")
    if not 1 <= options.kept <= 1000:
        raise UsageError(f"--passages {options.kept}: must be 1 to 1000")


def _corpora(typed: list[str], column: str, delimiter: str) -> "dict[str, Corpus]":
    """Corpus name -> its files; a path without a name is named after its file."""
    from probes.training.corpora import find_corpus

    paths: dict[str, list[str]] = {}
    for text in typed:
        name, equals, path = text.partition("=")
        has_name = bool(equals) and not Path(text).exists()
        path = path if has_name else text
        name = name if has_name else Path(path).name.partition(".")[0]
        if not name or not path or NO_NAME.search(name):
            raise UsageError(f"{text!r}: must be PATH or NAME=PATH")
        if name in paths and not has_name:
            raise UsageError(f"{text}: a second corpus called {name}; name it, as in OTHER={path}")
        paths.setdefault(name, []).append(path)
    return {name: find_corpus(files, column, delimiter) for name, files in paths.items()}


def _print(folder: Path, conclusion: "Conclusion") -> None:
    """Print positions, the evidence for them, and their limits."""
    from probes.cli import _tables
    from probes.corpora import verdicts
    from probes.files import csv

    how = conclusion.materials.recipe.stance
    quoted = how is not None and how.model == verdicts.STANCE.model
    rows = csv.read(folder / "corpora.csv", ["model", "judge"]).rename(columns={"model": "corpus"})
    _tables.tables(conclusion.tables)
    _tables.table(rows[list(SHOWN)].round(3))
    for row in rows.to_dict("records"):
        if not row["found"]:
            line(
                f"{row['corpus']}: none of its {row['passages']} passages is about a statement"
                + (VERBATIM if quoted else "")
            )
    if conclusion.materials.correction is None and how and not quoted:
        line(JUDGED)
    say(f"{folder}: a run of corpora; passages/ has the passages that were judged, as quotes")
