"""Options of the commands that train a model or read a corpus."""

from typing import Annotated

import typer

LOSS = (
    "plain, or one that frees from a shortcut: reweight, product, focal, confidence (with --bias)."
)

ModelToTrain = Annotated[
    str, typer.Option(help="Entry of models.yaml, hub id, folder or NAME=PATH to begin with.")
]
CorpusFiles = Annotated[
    list[str],
    typer.Option(
        help="txt, json, jsonl, csv or parquet file (or .gz, .zst), a folder of them, or a saved "
        "data set."
    ),
]
CorpusColumn = Annotated[
    str, typer.Option(help="Column of a table that holds the text; a.b for b within a.")
]
Delimiter = Annotated[
    str,
    typer.Option(
        help="Between the cells of CSV files: ';', 'tab' [default: a comma; where a file's first "
        "line has none, its semicolon or tab]."
    ),
]
TaskName = Annotated[str, typer.Option(help="Task that ships, or path of your own.")]
Copies = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        help="Your copy of a file: PATH, or NAME=PATH, by the names of its `files`.",
        metavar="FILE",
    ),
]
Steps = Annotated[int | None, typer.Option(help="Optimiser steps, instead of --epochs.")]
Epochs = Annotated[float, typer.Option(help="How often each text comes.")]
TextsAtATime = Annotated[int, typer.Option(help="Texts at a time.")]
Accumulate = Annotated[int, typer.Option(help="So many times before each step.")]
ClassifierRate = Annotated[
    float | None,
    typer.Option(help="Learning rate [default: 2e-5, with --lora 2e-4, with --frozen 1e-3]."),
]
TextLength = Annotated[
    int | None, typer.Option(help="Tokens at which a text is cut [default: 128].")
]
Frozen = Annotated[bool, typer.Option("--frozen", help="Train the head alone.")]
ClassifierLora = Annotated[
    bool, typer.Option("--lora", help="Train the head and low-rank matrices; merged.")
]
Bf16 = Annotated[bool, typer.Option("--bf16", help="Compute in bfloat16.")]
BiasModel = Annotated[
    str,
    typer.Option(
        help="The shortcut: identity (the named groups), words, second (text), small (the model "
        "itself after few texts), or a file of predictions."
    ),
]
KeepPrior = Annotated[
    bool,
    typer.Option(
        "--keep-prior/--drop-prior",
        help="product: whether the classes' shares stay in the classifier.",
    ),
]
CheckpointsKept = Annotated[int, typer.Option(help="Kept along the way, the last included.")]
MaskedOrCausal = Annotated[str | None, typer.Option(help="masked or causal.")]
Revision = Annotated[str | None, typer.Option(help="Branch, tag or commit of a hub id.")]
OneDevice = Annotated[str, typer.Option(help="auto: an accelerator if there is one; or cpu.")]
