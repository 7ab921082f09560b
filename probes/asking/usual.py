"""Default set and protocol of a request, and optional functions of backends."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from probes import plugins
from probes.asking import protocols
from probes.errors import SetError
from probes.instruments import sets
from probes.types import ModelSpec


def usual_protocol(
    specs: Sequence[ModelSpec], language: str = "en", folder: Path | None = None
) -> str:
    """The default protocol: `recorded` for recorded texts, else `default`, in the set's language if
    that edition ships or is in `folder` (the folder of a user's own set; None for others)."""
    if any(function(spec.backend, "wordings") and not _is_scored(spec) for spec in specs):
        return "recorded"
    edition = f"default.{language}"
    if edition in plugins.names("protocols", ".yaml"):
        return edition
    own = folder / f"{edition}.yaml" if folder else None
    return str(own) if own and own.is_file() else "default"


def usual_set(protocol: str, text: Path | None = None) -> str:
    """The default set: that of a published protocol, if its texts are available or given, else
    `compass`."""
    rule = protocols.load(protocol).faithful
    if rule and rule.set and (text is not None or sets.has_texts(rule.set)):
        return rule.set
    return "compass"


def folder_of(room: str, name: str) -> Path | None:
    """The folder of a user's own set or protocol; None for one that ships with probes."""
    if name in plugins.names(room, ".yaml"):
        return None
    return plugins.data(room, name, SetError).parent


def _is_scored(spec: ModelSpec) -> bool:
    """Whether the recordings of a model are probabilities."""
    return bool((scores := function(spec.backend, "scores")) and scores(spec))


def function(backend: str | None, name: str) -> Callable[..., Any] | None:
    """An optional function of a backend; None if it does not define it."""
    return plugins.optional("backends", backend, name, "load") if backend else None
