"""The commands `probes pretrain` and `probes finetune`: parse, call, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from probes.cli._terminal import counted, say
from probes.cli.parts import training as options

if TYPE_CHECKING:
    from probes.training.classifiers.request import ClassifierOutcome
    from probes.training.request import TrainingOutcome


def pretrain(
    model: options.ModelToTrain,
    corpus: options.CorpusFiles,
    out: Annotated[Path, typer.Option(help="Folder of the model that comes of it.")],
    column: options.CorpusColumn = "text",
    delimiter: options.Delimiter = "",
    label: Annotated[
        str,
        typer.Option(help="What to call the corpus in tables [default: its first file's name]."),
    ] = "",
    steps: options.Steps = None,
    epochs: options.Epochs = 1.0,
    batch_size: Annotated[int, typer.Option(help="Blocks at a time on each device.")] = 8,
    accumulate: options.Accumulate = 1,
    lr: Annotated[
        float | None, typer.Option(help="Learning rate [default: 5e-5, with --lora 2e-4].")
    ] = None,
    block: Annotated[
        int | None,
        typer.Option(help="Tokens of a block [default: 128, or all that the model reads]."),
    ] = None,
    held_out: Annotated[float, typer.Option(help="Share of documents kept for perplexity.")] = 0.05,
    mask_share: Annotated[
        float, typer.Option(help="Share of words hidden from a masked model.")
    ] = 0.15,
    hide: Annotated[
        list[str] | None, typer.Option(help="Word that is always hidden from it; repeatable.")
    ] = None,
    apart: Annotated[
        bool, typer.Option("--apart", help="Each document in blocks of its own, not packed.")
    ] = False,
    seed: int = 0,
    checkpoints: options.CheckpointsKept = 1,
    lora: Annotated[bool, typer.Option("--lora", help="Train low-rank matrices; merged.")] = False,
    bf16: options.Bf16 = False,
    gradient_checkpointing: Annotated[
        bool, typer.Option("--gradient-checkpointing", help="Less memory, more time.")
    ] = False,
    backend: options.MaskedOrCausal = None,
    revision: options.Revision = None,
    device: Annotated[str, typer.Option(help="auto: every accelerator there is; or cpu.")] = "auto",
) -> None:
    """Train a model further on a corpus; goes on where it stopped."""
    from probes.cli.parts import progress
    from probes.training import distributed, pretrain
    from probes.training.request import TrainingOptions, TrainingRequest

    regime = TrainingOptions(
        steps=steps, epochs=epochs, batch_size=batch_size, accumulate=accumulate, lr=lr,
        block=block, held_out=held_out, mask_share=mask_share, hide=tuple(hide or ()), apart=apart,
        seed=seed, lora=lora, bf16=bf16, gradient_checkpointing=gradient_checkpointing,
    )  # fmt: skip
    request = TrainingRequest(
        model=model, corpus=tuple(corpus), out=out, column=column, delimiter=delimiter, label=label,
        checkpoints=checkpoints, regime=regime, backend=backend, revision=revision,
        device=cast("Literal['auto', 'cpu']", device),
    )  # fmt: skip
    with progress.learning() as tell:
        outcome = pretrain.pretrain(request, tell)
    if distributed.is_leader():
        _print_outcome(out, outcome)


def _print_outcome(out: Path, outcome: "TrainingOutcome") -> None:
    """Print warnings, what was trained, and how to continue."""
    for warning in outcome.warnings:
        say(f"warning: {warning}", err=True)
    say(f"{out}: {outcome.steps} steps, {outcome.tokens} tokens, loss {outcome.loss:.3f}")
    if measured := outcome.perplexity():
        say(f"held-out perplexity {measured}")
    say(f"probe it with: probes run --model {out}   or: probes run --checkpoints {out}")


def finetune(
    model: options.ModelToTrain,
    task: options.TaskName,
    out: Annotated[Path, typer.Option(help="Folder of the classifier that comes of it.")],
    file: options.Copies = None,
    fold: Annotated[
        str,
        typer.Option(help="Left out and measured [default: test, if the task has it; else none]."),
    ] = "",
    steps: options.Steps = None,
    epochs: options.Epochs = 3.0,
    batch_size: options.TextsAtATime = 32,
    accumulate: options.Accumulate = 1,
    lr: options.ClassifierRate = None,
    length: options.TextLength = None,
    frozen: options.Frozen = False,
    lora: options.ClassifierLora = False,
    bf16: options.Bf16 = False,
    loss: Annotated[str, typer.Option(help=options.LOSS)] = "plain",
    bias: options.BiasModel = "",
    keep_prior: options.KeepPrior = True,
    seed: int = 0,
    checkpoints: options.CheckpointsKept = 1,
    backend: options.MaskedOrCausal = None,
    revision: options.Revision = None,
    device: options.OneDevice = "auto",
) -> None:
    """Train a model to one classifier of a task; goes on where it stopped."""
    from probes.cli.parts import progress
    from probes.downstream.task import tasks
    from probes.training.classifiers import finetune as training
    from probes.training.classifiers.request import ClassifierOptions, ClassifierRequest

    regime = ClassifierOptions(
        steps=steps, epochs=epochs, batch_size=batch_size, accumulate=accumulate, lr=lr,
        length=length, frozen=frozen, lora=lora, bf16=bf16, loss=loss, bias=bias,
        keep_prior=keep_prior, seed=seed,
    )  # fmt: skip
    request = ClassifierRequest(
        model=model, task=task, out=out, fold=fold, copies=tasks.parse_copies(file or []),
        checkpoints=checkpoints, regime=regime, backend=backend, revision=revision,
        device=cast("Literal['auto', 'cpu']", device),
    )  # fmt: skip
    with progress.classifying() as tell:
        outcome = training.finetune(request, tell)
    _print_classifier(out, outcome)


def _print_classifier(out: Path, outcome: "ClassifierOutcome") -> None:
    for warning in outcome.warnings():
        say(f"warning: {warning}", err=True)
    measured = "no text was left out, so nothing was measured (--fold NAME leaves a fold out)"
    if outcome.balanced_accuracy is not None:
        tested = counted(outcome.tested, "text")
        measured = f"balanced accuracy {outcome.balanced_accuracy:.3f} on {tested}"
    trained = f"{counted(outcome.steps, 'step')} on {counted(outcome.texts, 'text')}"
    say(f"{out}: {trained}, loss {outcome.loss:.3f}")
    say(measured)
