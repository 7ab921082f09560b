"""Prepares a run: fills in what a request leaves open, and reads all files.

`prepare` turns a `Request` into everything that the run needs, as values: models, set, protocol,
controls and settings; `gather` does the part that needs neither a request nor a folder. The
command, the functions of `api`, the dry run, `sets check` and the demo use this module, so that
they interpret requests alike. Asks no model, and writes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from probes import plugins
from probes.advice.profiles import ADVICE, asked_about
from probes.asking import protocols
from probes.asking.loop import VERSION
from probes.asking.sample import is_trial
from probes.asking.usual import folder_of, function, usual_protocol, usual_set
from probes.asking.variants import check as check_variants
from probes.errors import UsageError
from probes.instruments import sets
from probes.models import registry
from probes.runs.recipe import ProtocolChoice, changed
from probes.runs.request import Request
from probes.runs.run_yaml import Settings
from probes.types import (
    Bindable,
    Materials,
    Missing,
    ModelInfo,
    ModelSpec,
    Recipe,
    RecordedModel,
    Scorer,
    StatementSet,
    Writer,
)

REQUESTS = "requests"
"""Default protocol for sets of requests."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run needs, before its folder is opened."""

    request: Request
    """The request with all defaults filled in."""
    materials: Materials
    settings: Settings
    set_file: bytes
    """YAML of the set, with all its texts."""
    controls_file: bytes
    """YAML of the control pairs; empty if the protocol names none."""


def prepare(request: Request) -> Prepared:
    """Read everything that a request names.

    Raises:
        ProbesError: a part of it is invalid, missing, or has faults.
    """
    if request.limit is not None and request.limit < 1:
        raise UsageError(f"--limit {request.limit}: must be at least 1")
    request = complete(request)
    statements, set_file = sets.read(request.set, request.text)
    about = asked_about(statements, request.method or protocols.load(request.protocol or "").method)
    recorded = [spec for spec in request.models if function(spec.backend, "wordings")]
    choice = ProtocolChoice(
        request.protocol,
        request.repeats,
        request.method,
        _recorded_wordings(recorded, about),
        mixed=len(recorded) < len(request.models),
        conditions=tuple(request.conditions),
    )
    check_variants(statements, request.variants)
    materials, controls_file = _gathered(
        statements, choice, folder_of("statements", request.set), request.missing
    )
    materials = replace(materials, variants=request.variants)
    settings = Settings(
        set=statements.name,
        set_sha256=statements.sha256,
        protocol=materials.recipe.name,
        protocol_sha256=materials.recipe.sha256,
        seed=request.seed,
        limit=request.limit,
        dtype=request.load.dtype,
        batch_size=request.batch_size,
        plan_version=VERSION,
        repeats=request.repeats,
        trial=is_trial(about.statements, request.limit),
        variants=request.variants,
    )
    texts = ModelInfo("", "endpoint", "", gives="text")
    load = replace(request.load, writing=materials.recipe.of(texts).writing)
    request = replace(request, load=load)
    return Prepared(request, materials, settings, set_file, controls_file)


def complete(request: Request, *, translated: bool = False) -> Request:
    """The request with all models of each file of models, and the default set and protocol if none
    was named.

    Args:
        request: As typed.
        translated: The run is in several languages, so the protocol's base is meant.

    Raises:
        UsageError: two models share a name; a limit of requests or cost, but no model behind an
            endpoint, or one without prices.
        ProbesError: a file of recorded replies, the set or the protocol is missing or at fault.
    """
    models = registry.unique(expanded(request.models))
    _check_budget(request, models)
    set_name = request.set or usual_set(request.protocol or "default", request.text)
    protocol = request.protocol
    if not protocol:
        outline = sets.outline(set_name)
        language = "en" if translated else outline.language
        protocol = usual_protocol(models, language, folder_of("statements", set_name))
        protocol = REQUESTS if outline.kind == "requests" else protocol
    elif protocol == ADVICE:
        edition = f"{ADVICE}.{sets.outline(set_name).language.partition('-')[0]}"
        protocol = edition if edition in plugins.names("protocols", ".yaml") else ADVICE
    return replace(request, models=models, set=set_name, protocol=protocol)


def gather(
    statements: StatementSet, choice: ProtocolChoice, folder: Path | None = None
) -> Materials:
    """A set, with its protocol and controls.

    Args:
        statements: The set.
        choice: The protocol.
        folder: Folder of the set, if it is a user's own file.

    Raises:
        ProbesError: the protocol or the controls are missing, or have faults.
    """
    return _gathered(statements, choice, folder, "honest")[0]


def bind(model: Scorer | Writer, statements: StatementSet) -> Scorer | Writer:
    """The model, bound to the statements if it must know them beforehand.

    Raises:
        ModelError: it has replies to other statements.
    """
    return model.bind(statements) if isinstance(model, Bindable) else model


def recorded_wordings(model: Scorer | Writer, statements: StatementSet) -> tuple[str, ...]:
    """The wordings in which a loaded model, or another of its file, has recorded replies; empty for
    a model that is asked."""
    info = model.info
    if info.backend in plugins.names("backends") and function(info.backend, "wordings"):
        return _recorded_wordings([ModelSpec(info.name, info.id, info.backend)], statements)
    return tuple(model.rounds) if isinstance(model, RecordedModel) else ()


def expanded(specs: Iterable[ModelSpec]) -> list[ModelSpec]:
    """The models, with each file of models replaced by the models in it.

    Raises:
        ProbesError: a file is missing or at fault.
    """
    models = list[ModelSpec]()
    for spec in specs:
        expand = function(spec.backend, "expand")
        models += expand(spec) if expand else [spec]
    return models


def _gathered(
    statements: StatementSet, choice: ProtocolChoice, folder: Path | None, missing: Missing
) -> tuple[Materials, bytes]:
    """The materials, and the YAML of the controls."""
    recipe = changed(choice, statements, folder or Path())
    if statements.kind == "requests" and recipe.method != "pair":
        raise UsageError(
            f"the set {statements.name} holds requests, which nobody agrees with; it is asked by "
            f"method pair, as in --protocol {REQUESTS}, and not by method {recipe.method}"
        )
    controls, controls_file = None, b""
    if recipe.controls:
        controls, controls_file = sets.read(_controls(recipe, choice.protocol))
    method = choice.method if choice.method and recipe.own_method else ""
    return Materials(statements, recipe, controls, missing, method=method), controls_file


def _controls(recipe: Recipe, protocol: Recipe | str | Path) -> str:
    """Name or path of the control pairs. A path is relative to the protocol's own file, if there is
    one, else to the working directory."""
    if not isinstance(protocol, Recipe) and (folder := folder_of("protocols", str(protocol))):
        relative = folder / recipe.controls
        if relative.suffix in {".yaml", ".yml"} and relative.is_file():
            return str(relative)
    return recipe.controls


def _recorded_wordings(specs: Sequence[ModelSpec], statements: StatementSet) -> tuple[str, ...]:
    """The wordings in which recorded models have replies; checks that these are about the set."""
    names = dict[str, None]()
    for backend in dict.fromkeys(spec.backend for spec in specs):
        if wordings := function(backend, "wordings"):
            names |= dict.fromkeys(wordings([s for s in specs if s.backend == backend], statements))
    return tuple(names)


def _check_budget(request: Request, models: Sequence[ModelSpec]) -> None:
    budget = request.load.budget
    if budget is None or (budget.max_requests is None and budget.max_cost is None):
        return
    remote = [spec for spec in models if spec.endpoint is not None]
    if not remote:
        raise UsageError("--max-requests and --max-cost are for models behind an endpoint")
    unpriced = [spec.name for spec in remote if spec.endpoint and not spec.endpoint.prices]
    if budget.max_cost is not None and unpriced:
        raise UsageError(
            f"--max-cost {budget.max_cost:g}: {unpriced[0]} has no prices; give its entry of "
            "models.yaml prices: {read: ..., written: ...}, of a million tokens"
        )
