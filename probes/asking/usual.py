"""What is asked, and how, where a request does not say it; what a backend says beside `load`."""

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
    """The protocol that models are asked by unless told otherwise: recorded texts by `recorded`,
    others by `default`, in the set's language where it ships in that, or lies beside the set in its
    `folder`, which is None where the set is not a file of the user's own."""
    if any(function(spec.backend, "wordings") and not _is_scored(spec) for spec in specs):
        return "recorded"
    edition = f"default.{language}"
    if edition in plugins.names("protocols", ".yaml"):
        return edition
    own = folder / f"{edition}.yaml" if folder else None
    return str(own) if own and own.is_file() else "default"


def usual_set(protocol: str, text: Path | None = None) -> str:
    """The set that is asked unless told otherwise: the one that a published protocol was used with,
    if its texts are at hand or given, else `compass`."""
    rule = protocols.load(protocol).faithful
    if rule and rule.set and (text is not None or sets.has_texts(rule.set)):
        return rule.set
    return "compass"


def folder_of(room: str, name: str) -> Path | None:
    """Where a user's own set or protocol lies; None for one that ships."""
    if name in plugins.names(room, ".yaml"):
        return None
    return plugins.data(room, name, SetError).parent


def _is_scored(spec: ModelSpec) -> bool:
    """Whether what was recorded of a model are probabilities."""
    return bool((scores := function(spec.backend, "scores")) and scores(spec))


def function(backend: str | None, name: str) -> Callable[..., Any] | None:
    """What a backend may define beside `load`; None where it does not."""
    return plugins.optional("backends", backend, name, "load") if backend else None
