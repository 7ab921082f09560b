"""The command `probes downstream run`: parse, call, print."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from probes.cli._terminal import say
from probes.cli.downstream import predictions
from probes.cli.parts import training as options

if TYPE_CHECKING:
    from probes.downstream.recipe.recipes import PaperRecipe


def run(
    ctx: typer.Context,
    model: Annotated[
        list[str],
        typer.Option(help="Entry of models.yaml, hub id, folder or NAME=PATH; repeatable."),
    ],
    task: options.TaskName,
    out: Annotated[Path, typer.Option(help="Folder of predictions and tables.")],
    file: options.Copies = None,
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
    steps: options.Steps = None,
    epochs: options.Epochs = 3.0,
    batch_size: options.TextsAtATime = 32,
    accumulate: options.Accumulate = 1,
    lr: options.ClassifierRate = None,
    length: options.TextLength = None,
    frozen: options.Frozen = False,
    lora: options.ClassifierLora = False,
    bf16: options.Bf16 = False,
    loss: Annotated[
        list[str] | None,
        typer.Option(help=f"{options.LOSS[:-1]}; repeatable: each model with each."),
    ] = None,
    bias: options.BiasModel = "",
    keep_prior: options.KeepPrior = True,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="Train as a paper did, but for what is typed (`probes downstream recipe NAME`)."
        ),
    ] = None,
    device: options.OneDevice = "auto",
) -> None:
    """Train models for a task, predict every test text, and conclude; goes on where it stopped."""
    from probes.cli.parts import progress
    from probes.downstream.recipe import recipes
    from probes.downstream.task import tasks
    from probes.runs.beside import downstream
    from probes.training.classifiers import study
    from probes.training.classifiers.request import NONE, ClassifierOptions, StudyRequest

    paper = None if recipe is None else recipes.load(recipe)
    theirs = _of_paper(paper, ctx)
    controls = None if control is None else tuple(dict.fromkeys(control))
    regime = ClassifierOptions(
        steps=steps, epochs=theirs.get("epochs", epochs),
        batch_size=int(theirs.get("batch_size", batch_size)), accumulate=accumulate,
        lr=theirs.get("lr", lr), length=length, frozen=frozen, lora=lora, bf16=bf16, bias=bias,
        keep_prior=keep_prior,
    )  # fmt: skip
    request = StudyRequest(
        models=tuple(model), task=task, out=out, seeds=seeds,
        controls=() if controls == (NONE,) else controls, neutral=tuple(neutral or ()),
        losses=tuple(dict.fromkeys(loss or ["plain"])), copies=tasks.parse_copies(file or []),
        regime=regime, device=cast("Literal['auto', 'cpu']", device),
    )  # fmt: skip
    with progress.classifying() as tell:
        outcome = study.run_study(request, tell, partial(downstream.placed, recipe=paper))
    for warning in outcome.warnings:
        say(f"warning: {warning}", err=True)
    predictions.show(out, outcome.tables)


def _of_paper(paper: "PaperRecipe | None", ctx: typer.Context) -> dict[str, float]:
    """Training options of the paper, except those that were typed."""
    values = {} if paper is None else paper.values()
    typed = {
        name for name in values if getattr(ctx.get_parameter_source(name), "name", "") != "DEFAULT"
    }
    if ctx.params.get("steps") is not None:
        typed.add("epochs")
    return {name: value for name, value in values.items() if name not in typed}
