"""The command `probes run`: parse, call, print."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from probes.cli._terminal import say
from probes.cli.parts import command, options, run_options
from probes.errors import UsageError
from probes.files.escape import terminal

if TYPE_CHECKING:
    from probes.runs.request import Request
    from probes.types import Variants


def run(
    ctx: typer.Context,
    study: run_options.Study = None,
    model: run_options.Model = None,
    checkpoints: run_options.Checkpoints = None,
    revisions: Annotated[
        str | None,
        typer.Option(help="With --checkpoints: which of a hub model's revisions, such as 'step*'."),
    ] = None,
    set: run_options.Statements = None,  # noqa: A002
    protocol: run_options.Protocol = None,
    backend: run_options.Backend = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="Trial run: at most so many statements, in matched pairs of poles; the same "
            "command without it goes on to all."
        ),
    ] = None,
    repeats: Annotated[
        int | None, typer.Option(help="Replies to each prompt [default: the protocol's].")
    ] = None,
    stance: Annotated[
        str | None,
        typer.Option(
            help="Model that judges the stance of open replies [default: the protocol's]."
        ),
    ] = None,
    stance_matrix: Annotated[str | None, options.MATRIX] = None,
    people: Annotated[str | None, options.PEOPLE] = None,
    seed: Annotated[
        int, typer.Option(help="Of what is drawn at random, where replies are written.")
    ] = 0,
    out: run_options.Out = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit of hub ids.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")] = "auto",
    device_map: Annotated[
        str | None,
        typer.Option(help="How accelerate spreads a large model over devices, such as auto."),
    ] = None,
    adapter: Annotated[str | None, typer.Option(help="PEFT adapter to put on the model.")] = None,
    batch_size: Annotated[str, typer.Option(help="auto, or prompts in a batch.")] = "auto",
    text: Annotated[
        Path | None, typer.Option(help="Your copy of the file that the set's texts are in.")
    ] = None,
    missing: Annotated[str, options.MISSING] = "honest",
    language: Annotated[
        str | None,
        typer.Option(
            help="Ask in these languages, such as de,ja; each model is compared with itself in "
            "the first."
        ),
    ] = None,
    chat: Annotated[
        bool | None, typer.Option(help="Use the chat template [default: if there is one].")
    ] = None,
    trust_remote_code: Annotated[
        bool, typer.Option("--trust-remote-code", help="Run code from the model's repository.")
    ] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Say where the time went; write profile.json.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would be asked and sent, with an example; ask nothing."
        ),
    ] = False,
    max_requests: Annotated[
        int | None,
        typer.Option(
            help="Stop before this start sends endpoints more requests; the same command goes on."
        ),
    ] = None,
    max_cost: Annotated[
        float | None,
        typer.Option(help="Stop before this start costs more, by the prices in models.yaml."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            help="Ask on a Ray cluster: HOST:PORT, auto (the default), or local.",
            metavar="[ADDRESS]",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(help="How many workers of --ray ask at a time [default: one for each model]."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="A name, or your own file.py, run as typed [default: the protocol's]."),
    ] = None,
    claims: Annotated[
        Path | None, typer.Option(help="YAML of what you expect, to be judged by what comes.")
    ] = None,
    condition: run_options.Conditions = None,
    variants: Annotated[
        str, typer.Option(help="Of statements that have some: all, one by seed, or first.")
    ] = "first",
    quiet: Annotated[
        bool, typer.Option("-q", "--quiet", help="Print nothing but warnings and errors.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Say what is loaded, how, and how long it took.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the placements as one JSON document.")
    ] = False,
) -> None:
    """Ask models the statements of a set and place them on its axes; goes on where it stopped."""
    if study is not None:
        command.run_study(ctx, study, quiet=quiet)
        return
    command.begin(asked=bool(model or checkpoints), quiet=quiet)
    from probes.budget import Budget
    from probes.cli import _tables
    from probes.cli.parts import outcome, progress
    from probes.models import checkpoints as trajectory
    from probes.models import registry
    from probes.output import tables as papertable
    from probes.runs import session
    from probes.runs.prepare import complete
    from probes.runs.request import usual_folder
    from probes.types import LoadOptions

    typed = [registry.resolve(m, backend, revision) for m in model or ()]
    steps = trajectory.checkpoints_of(checkpoints or (), revisions)
    limited = max_requests is not None or max_cost is not None
    budget = Budget(max_requests, max_cost) if limited else None
    request = session.Request(
        models=[*typed, *steps],
        set=set or "",
        protocol=protocol or "",
        seed=seed,
        limit=limit,
        batch_size=options.batch_size(batch_size),
        load=LoadOptions(device, dtype, device_map, adapter, chat, trust_remote_code, seed, budget),
        text=text,
        missing=options.missing_as(missing),
        command=terminal(shlex.join(["probes", *sys.argv[1:]])),
        profile=profile,
        repeats=repeats,
        stance=stance,
        matrix=stance_matrix,
        people=people,
        engine=options.engine(ray, workers),
        method=method,
        claims=claims,
        conditions=tuple(condition or ()),
        variants=cast("Variants", variants),
    )
    request = complete(request, translated=language is not None)
    if dry_run:
        if language is not None:
            raise UsageError("--dry-run counts one language at a time; leave --language out")
        outcome.tell_forecast(request, out or usual_folder(request))
        return
    if language is not None:
        _run_languages(request, language, out, quiet=quiet, verbose=verbose)
        return
    folder = out or usual_folder(request)
    with progress.running(quiet=quiet, verbose=verbose) as tell:
        tables = session.probe(request, folder, tell)
    if as_json:
        say(papertable.text(tables, "json"), nl=False)
    elif not quiet:
        _tables.tables(tables)
        if profile:
            outcome.tell_profile(folder)
        outcome.tell_end(folder, tables, limit)


def _run_languages(
    request: "Request", language: str, out: Path | None, *, quiet: bool, verbose: bool
) -> None:
    """Ask in several languages; each has its own folder inside that of the run."""
    from probes.cli.parts import outcome, progress
    from probes.runs import languages

    folder = out or languages.folder(request, language)
    with progress.running(quiet=quiet, verbose=verbose) as tell:
        editions = languages.probe(request, language, folder, tell)
    if not quiet:
        outcome.tell_languages(folder, editions, profile=request.profile)
