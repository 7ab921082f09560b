"""The registry of models, and resolving ``--model``: text -> `ModelSpec`.

`models.yaml` ships with probes. A user's own file of the same format overrides single entries: the
file in the environment variable ``PROBES_MODELS``, else ``probes/models.yaml`` in the user's
configuration folder (``XDG_CONFIG_HOME``; ``~/.config`` on Linux). No model is loaded here, and
nothing is guessed from a model's name.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_config_path

from probes import plugins
from probes.backends.hf.loading.gguf_header import SUFFIX, is_gguf
from probes.errors import ModelError, UsageError, nearest
from probes.files.escape import NO_NAME, expand_user
from probes.files.yaml_faults import show
from probes.models import rewarding, schema
from probes.types import Endpoint, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SHIPPED = Path(__file__).parent.with_name("models.yaml")
VARIABLE = "PROBES_MODELS"
OWN = "models.yaml"
"""File in a checkpoint's folder that describes the model, as `probes pretrain` writes it."""

_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)


def load_registry(user: Path | None = None) -> dict[str, ModelSpec]:
    """Name -> model: the shipped entries, overridden by the user's own.

    Args:
        user: The user's file; by default the one in the module's docstring.

    Raises:
        SetError: All faults of a file at once, each with file, entry, key and nearest valid word.
    """
    own = user or _user_file()
    return _shipped() | (schema.read(own) if own else {})


def listed(family: str | None = None, backend: str | None = None) -> list[ModelSpec]:
    """The registry's models, in its order, optionally of one family or backend.

    Raises:
        ModelError: No model has this family or backend; names the nearest.
    """
    specs = list(load_registry().values())
    for key, wanted in (("family", family), ("backend", backend)):
        valid = {str(getattr(spec, key) or "") for spec in specs} - {""}
        if wanted is not None and wanted not in valid:
            raise ModelError(f"no model of {key} {wanted!r} is listed; {nearest(wanted, valid)}")
    return [s for s in specs if family in (None, s.family) and backend in (None, s.backend)]


def resolve(
    text: str,
    backend: str | None = None,
    revision: str | None = None,
    registry: Mapping[str, ModelSpec] | None = None,
) -> ModelSpec:
    """Resolve the value of ``--model``; the first that applies of:

    ``NAME=...``: any of the following, with the name NAME. ``BACKEND:...``, such as
    ``planted:social=3`` or ``recorded:replies.csv``: the backend interprets the text after the
    colon. ``reward:MODEL`` and ``implicit:MODEL,reference=MODEL``: a model asked for rewards. An
    entry of the registry. A local folder or GGUF file, named by the last part of its path. A hub id
    ``org/name``, with the registry's facts on that id. Any text, for a backend of the user's own.

    Args:
        text: Value as typed.
        backend: ``--backend``; overrides the registry.
        revision: ``--revision``, a branch, tag or commit of the hub; overrides the registry.
        registry: By default `load_registry()`.

    Raises:
        ModelError: Nothing applies, or a revision is given for a model that is not on the hub.
    """
    if NO_NAME.search(text):
        raise ModelError(f"{show(text)}: holds a control character; use another name or folder")
    listed_models = load_registry() if registry is None else registry
    name, equals, rest = text.partition("=")
    if equals and rest and schema.NAME.fullmatch(name):
        return replace(resolve(rest, backend, revision, listed_models), name=name)
    if typed := rewarding.parse(text):
        return _rewarding(typed, revision, listed_models)
    planted = _prefixed(text)
    spec = planted or listed_models.get(text) or _folder(text) or _hub(text, listed_models)
    if spec is None and text and backend is not None and backend.endswith(".py"):
        spec = ModelSpec(name=text, id=text)  # a user's own backend may interpret any text
    if spec is None and equals and _is_misnamed(name):
        raise ModelError(
            f"{show(text)}: what stands before '=' is no name for a model: letters from a to z, "
            "digits and . _ + - only, a letter or digit first"
        )
    if spec is None:
        raise ModelError(_unknown(text, listed_models))
    if revision and (planted or _is_folder(Path(spec.id)) or _is_gguf(Path(spec.id))):
        raise ModelError(f"{text}: revision {revision!r} is asked for, but only the hub has them")
    if planted:
        return planted  # its backend was typed with it
    return replace(spec, backend=backend or spec.backend, revision=revision or spec.revision)


def _is_misnamed(name: str) -> bool:
    """Whether the text before ``=`` is an invalid name, rather than a path or ``BACKEND:...``."""
    is_path = "/" in name or "\\" in name or name.startswith((".", "~"))
    return not (is_path or ":" in name or schema.NAME.fullmatch(name))


def _rewarding(
    typed: rewarding.RewardingModel, revision: str | None, listed_models: Mapping[str, ModelSpec]
) -> ModelSpec:
    """The spec of a model for rewards, with its reference model."""
    spec = resolve(typed.model, typed.backend, revision, listed_models)
    other = resolve(typed.reference, None, None, listed_models) if typed.reference else spec
    for checkpoint in (spec, other):
        if checkpoint.endpoint or checkpoint.backend in {"planted", "recorded"}:
            raise ModelError(
                f"{checkpoint.name}: {typed.backend} rewards are of checkpoints' weights"
            )
    if typed.reference and other.revision:
        raise ModelError(f"{typed.reference}: a reference of a revision is given by its folder")
    return replace(
        spec, backend=typed.backend, reference=other.id if typed.reference else "", beta=typed.beta
    )


def unique(specs: Iterable[ModelSpec]) -> tuple[ModelSpec, ...]:
    """Check that all names differ, since a model's answers are in a file with its name.

    Raises:
        UsageError: Lists the shared names.
    """
    models = tuple(specs)
    ids = {spec.name: [s.id for s in models if s.name == spec.name] for spec in models}
    shared = [
        f"{name!r} ({', '.join(shared_ids)})"
        for name, shared_ids in ids.items()
        if len(shared_ids) > 1
    ]
    if shared:
        raise UsageError(
            f"models that share a name: {'; '.join(shared)}; "
            "give one another name, as in --model NAME=PATH"
        )
    return models


@cache
def _shipped() -> dict[str, ModelSpec]:
    return schema.read(SHIPPED)


def _user_file() -> Path | None:
    if named := os.environ.get(VARIABLE):
        return expand_user(named)
    try:
        path = user_config_path("probes", appauthor=False) / "models.yaml"
    except RuntimeError:  # no home folder
        return None
    return path if path.is_file() else None


def _prefixed(text: str) -> ModelSpec | None:
    backend, colon, rest = text.partition(":")
    if not colon or backend not in plugins.names("backends"):
        return None
    if backend == "endpoint":
        return _endpoint(text, rest)
    return ModelSpec(name=text, id=rest, backend=backend)


def _endpoint(text: str, rest: str) -> ModelSpec:
    """Parse ``endpoint:URL#MODEL``, a model at an endpoint without API key."""
    url, _, name = rest.partition("#")
    if not schema.URL.fullmatch(url) or not name:
        raise ModelError(
            "endpoint:... should be endpoint:URL#MODEL, such as "
            f"endpoint:http://localhost:8000/v1#my-model; URL {schema.ADDRESS}"
        )
    return ModelSpec(name=text, id=name, backend="endpoint", endpoint=Endpoint(url))


def _folder(text: str) -> ModelSpec | None:
    path = expand_user(text)
    if _is_gguf(path):
        return ModelSpec(name=path.stem, id=str(path))
    if not text or not _is_folder(path):
        return None
    last = path.name if path.name not in {"", ".."} else path.resolve().name
    return replace(_own_description(path), name=last or text, id=str(path))


def _own_description(path: Path) -> ModelSpec:
    """The folder's description of its model, such as family, parent, corpus and step."""
    own = path / OWN
    return schema.describe(own) if own.is_file() else ModelSpec("", "")


def _is_gguf(path: Path) -> bool:
    """Whether a file is GGUF, by its suffix (so that a damaged one is reported) or first bytes."""
    with suppress(OSError):
        return path.is_file() and (path.suffix.casefold() == SUFFIX or is_gguf(path))
    return False


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # such as a name too long for the file system
        return path.is_dir()
    return False


def _hub(text: str, listed_models: Mapping[str, ModelSpec]) -> ModelSpec | None:
    if not _HUB.fullmatch(text):
        return None
    entries = [spec for spec in listed_models.values() if spec.id == text and spec.revision is None]
    return replace(entries[0], name=text) if entries else ModelSpec(name=text, id=text)


def _unknown(text: str, listed_models: Mapping[str, ModelSpec]) -> str:
    if "/" in text or "\\" in text or text.startswith((".", "~")):
        return f"{show(text)}: there is no such model folder, and it is no hub id (org/name)"
    hint = nearest(text, listed_models)
    if not hint.startswith("did you mean"):
        hint = "`probes models` lists those with a name; others go by hub id (org/name) or folder"
    return f"unknown model {show(text)}: {hint}"
