"""The command `probes downstream run`: parse, call, print."""

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from probes.cli._terminal import say
from probes.cli.downstream import predictions
from probes.cli.downstream.tasks import BIAS, COPIES, LOSS, PRIOR


def run(
    ctx: typer.Context,
    model: Annotated[
        list[str],
        typer.Option(help="Entry of models.yaml, hub id, folder or NAME=PATH; repeatable."),
    ],
    task: Annotated[str, typer.Option(help="Task that ships, or path of your own.")],
    out: Annotated[Path, typer.Option(help="Folder of predictions and tables.")],
    file: Annotated[list[str] | None, COPIES] = None,
    seeds: Annotated[int, typer.Option(help="Train each model so many times.")] = 5,
    control: Annotated[
        list[str] | None,
        typer.Option(
            help="shuffled, untrained, words, second_text or none; repeatable "
            "[default: all that the task can have]."
        ),
    ] = None,
    neutral: Annotated[
        list[str] | None,
        typer.Option(help="Model here whose corpus has no leaning: a control; repeatable."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps, instead of --epochs.")] = None,
    epochs: Annotated[float, typer.Option(help="How often each text comes.")] = 3.0,
    batch_size: Annotated[int, typer.Option(help="Texts at a time.")] = 32,
    accumulate: Annotated[int, typer.Option(help="So many times before each step.")] = 1,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate [default: 2e-5, with --frozen 1e-3].")
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Tokens at which a text is cut [default: 128].")
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Train the heads alone.")] = False,
    bf16: Annotated[bool, typer.Option("--bf16", help="Compute in bfloat16.")] = False,
    loss: Annotated[
        list[str] | None, typer.Option(help=f"{LOSS[:-1]}; repeatable: each model with each.")
    ] = None,
    bias: Annotated[str, typer.Option(help=BIAS)] = "",
    keep_prior: Annotated[bool, typer.Option("--keep-prior/--drop-prior", help=PRIOR)] = True,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Train as a paper did, but for what is typed (`probes downstream recipe NAME`)."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto: an accelerator if there is one; or cpu.")] = (
        "auto"
    ),
) -> None:
    """Train models for a task, predict every test text, and conclude; goes on where it stopped."""
    from probes.cli.parts import progress
    from probes.downstream.recipe import published, recipes
    from probes.downstream.task import tasks
    from probes.training.classifiers import study
    from probes.training.classifiers.request import CONTROLS, ClassifierOptions, StudyRequest

    paper = _of_paper(recipe, ctx)
    controls = CONTROLS if control is None else tuple(dict.fromkeys(control))
    request = StudyRequest(
        models=tuple(model),
        task=task,
        out=out,
        seeds=seeds,
        controls=() if controls == ("none",) else controls,
        neutral=tuple(neutral or ()),
        losses=tuple(dict.fromkeys(loss or ["plain"])),
        copies=tasks.parse_copies(file or []),
        regime=ClassifierOptions(
            steps=steps,
            epochs=paper.get("epochs", epochs),
            batch_size=int(paper.get("batch_size", batch_size)),
            accumulate=accumulate,
            lr=paper.get("lr", lr),
            length=length,
            frozen=frozen,
            bf16=bf16,
            bias=bias,
            keep_prior=keep_prior,
        ),
        device=cast("Literal['auto', 'cpu']", device),
    )
    with progress.classifying() as tell:
        outcome = study.run_study(request, tell)
    for warning in outcome.warnings:
        say(f"warning: {warning}", err=True)
    tables = dict(outcome.tables)
    if recipe:
        tables |= {published.NAME: published.save(out, recipes.load(recipe))}
    predictions.show(out, tables)


def _of_paper(recipe: str | None, ctx: typer.Context) -> dict[str, float]:
    """Options as the paper has them, but for those that were typed."""
    from probes.downstream.recipe import recipes

    values = recipes.load(recipe).values() if recipe else {}
    typed = {
        name for name in values if getattr(ctx.get_parameter_source(name), "name", "") != "DEFAULT"
    }
    if ctx.params.get("steps") is not None:
        typed.add("epochs")
    return {name: value for name, value in values.items() if name not in typed}
