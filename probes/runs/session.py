"""A run in a folder: asks models one after the other, then computes every result.

Used by the command `probes run` and the function `probes.probe`. The loop itself is `run`, the
files are `folder` and `answers`; nothing here computes a number.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from probes.advice.profiles import asked_about
from probes.asking import protocols
from probes.asking.loop import Plan, ask, plan
from probes.claims import claim
from probes.ending.interrupts import heeded
from probes.models.load import open_model
from probes.referents.sample import NONE, read_people
from probes.runs import judge as judging
from probes.runs import profile
from probes.runs.beside import advice, claims, requests
from probes.runs.conclude import concluded
from probes.runs.folder import Folder, model_entry, opened
from probes.runs.prepare import bind, prepare
from probes.runs.request import Engine, Progress, Request, Task, Tell
from probes.tables.caption import WAYS
from probes.types import Materials, ModelInfo, ModelSpec, Scorer, Writer

if TYPE_CHECKING:
    from probes.tables.place import Conclusion
    from probes.types import Tables

LOG = logging.getLogger("probes.run")
FIRST = "first answers, some of them asked again alone as a check"
__all__ = ["Engine", "Progress", "Request", "Task", "Tell", "plan_model", "probe"]


@heeded()
def probe(request: Request, out: str | Path, tell: Tell = None) -> "Tables":
    """Ask every model what is still missing in folder `out`, then write every table and figure.

    Args:
        request: Models, set, protocol and settings.
        out: The run folder; an interrupted run there is continued.
        tell: Called with the progress after each batch.

    Returns:
        The tables, as `conclude` writes them.

    Raises:
        ProbesError: a mistake of the user's; answers so far are on disk.
    """
    return run(request, Path(out), tell).tables


def run(request: Request, out: Path, tell: Tell = None) -> "Conclusion":
    """`probe`; also returns the placements that the tables are made from."""
    prepared = prepare(request)
    request, materials = prepared.request, prepared.materials
    requests.check(request, materials)
    advice.check(request, materials)
    if request.claims:
        names = [spec.name for spec in request.models]
        claim.check(request.claims, claim.load(request.claims), names, materials.statements)
    if request.people not in {None, NONE}:
        # fails before anything is asked
        read_people(Path(str(request.people)), materials.statements)
    with opened(out, prepared.settings) as folder:
        new_claims = claims.new(folder, request.claims) if request.claims else None
        folder.write("set.yaml", prepared.set_file)
        folder.write("protocol.yaml", protocols.dump(materials.recipe))
        if prepared.controls_file:
            folder.write("controls.yaml", prepared.controls_file)
        folder.record(prepared.settings, [], request.command)
        if new_claims is not None:
            claims.keep(folder, new_claims)
        materials = replace(folder.materials(), method=materials.method)
        request = replace(request, trials=folder.trials(request.limit))
        task = Task(folder, prepared.settings, request, materials)
        (request.engine.ask if request.engine else _ask_here)(task, tell)
        _judge(folder, request, materials, tell)
        return concluded(out, request.missing, request.matrix, request.people)


def plan_model(model: Scorer | Writer, request: Request, materials: Materials) -> Plan:
    """The plan of a loaded model: every prompt, in batches.

    Raises:
        ProbesError: as `loop.plan`.
    """
    return plan(
        model,
        materials,
        seed=request.seed,
        limit=request.limit,
        batch_size=request.batch_size,
        trials=request.trials,
    )


def _ask_here(task: Task, tell: Tell) -> None:
    """Ask the models in this process, one after the other."""
    profiles, models = [], task.request.models
    for index, spec in enumerate(models, start=1):
        watch, start = profile.Stopwatch(), Progress(spec.name, index, len(models), 0, 0)
        for progress in _ask(task, spec, watch, start):
            if tell:
                tell(progress)
        if task.request.profile:
            profiles.append(watch.profile())
    if task.request.profile:
        profile.write(task.folder, profiles)


def _ask(
    task: Task, spec: ModelSpec, watch: profile.Stopwatch, now: Progress
) -> Iterator[Progress]:
    """Ask one model what is missing; yields the progress as batches are written."""
    yield replace(now, doing="loading")
    materials = task.materials
    with watch.step("load"):
        loaded = open_model(spec, task.request.load)
        model = watch.model = bind(
            loaded, asked_about(materials.statements, materials.recipe.method)
        )
    info = model.info
    LOG.info("%s: %s on %s, %s", info.name, info.backend, info.device, info.dtype)
    yield replace(now, doing="laying out what is asked", found=_how_asked(info))
    with watch.step("plan"):
        planned = plan_model(model, task.request, task.materials)
    keys = planned.keys
    with task.log(planned.header, keys) as log:
        task.record([model_entry(info, 0)])
        done = sum(map(len, keys[: log.done]))
        now = replace(now, done=done, cells=planned.header.cells)
        yield replace(now, doing=FIRST if done < now.cells else "")
        splits = 0
        for batch in watch.each("forward", ask(model, planned, log.done)):
            with watch.step("writing"):
                log.write(batch.answers)
            done, splits = done + len(batch.answers), batch.splits
            yield replace(now, done=done)
    if splits:
        task.record([model_entry(info, splits)])


def _how_asked(info: ModelInfo) -> str:
    """How a model behind a server is asked; empty for a local one."""
    how = WAYS.get(str(info.gives), "options scored in full")
    return f"{info.name} gives {info.gives}: {how}" if info.gives else ""


def _judge(
    folder: Folder,
    request: Request,
    materials: Materials,
    tell: Callable[[Progress], None] | None,
) -> None:
    """Judge the stance of written replies, if the protocol or the request asks for it."""
    names = folder.models()

    def on_judged(name: str, done: int, cells: int) -> None:
        if tell:
            tell(Progress(f"{name}, stances", names.index(name) + 1, len(names), done, cells))

    # Remote code is trusted for models that were typed, not for one that a protocol names.
    trusted = request.load.trust_remote_code and request.stance is not None
    options = replace(request.load, adapter=None, chat=None, trust_remote_code=trusted)
    judging.judge_folder(folder, materials, request.stance, options, on_judged)
