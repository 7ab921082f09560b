"""Which models there are, and what ``--model`` means: text -> `ModelSpec`.

`models.yaml` ships with probes. Your own file of the same shape lies over it, entry by entry: the
file that the environment variable ``PROBES_MODELS`` names, else ``~/.config/probes/models.yaml``
if there is one. Nothing is loaded here, and no name is taken apart to guess what a model is.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from probes import loader
from probes.errors import ModelError, UsageError, nearest
from probes.types import ModelSpec
from probes.yamlfile import read_yaml, refuse, validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SHIPPED = Path(__file__).with_name("models.yaml")
VARIABLE = "PROBES_MODELS"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*", re.ASCII)
_MONTH = r"^(\d{4}-(0[1-9]|1[0-2]))?$"


class _Entry(BaseModel):
    """What may be written of a model; the mapping key is its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1)]
    backend: str | None = None
    revision: Annotated[str, Field(min_length=1)] | None = None
    family: str = ""
    parent: str = ""
    released: Annotated[str, Field(pattern=_MONTH)] = ""
    parameters: Annotated[int, Field(gt=0, strict=True)] | None = None
    access: Literal["open", "gated", "api"] = "open"


class _Registry(RootModel[dict[str, _Entry]]):
    """A whole `models.yaml`."""


def load_registry(user: Path | None = None) -> dict[str, ModelSpec]:
    """Name -> model: the shipped ones, with the user's own over them.

    Args:
        user: The user's file; by default the one that the module's docstring names.

    Raises:
        SetError: All faults of a file at once, each with file, entry, key and nearest valid word.
    """
    own = user or _user_file()
    return _read(SHIPPED) | (_read(own) if own else {})


def listed(family: str | None = None, backend: str | None = None) -> list[ModelSpec]:
    """The registry's models, in its order; of one family or backend if that is given.

    Raises:
        ModelError: No model is of that family or backend; names the nearest.
    """
    specs = list(load_registry().values())
    for key, wanted in (("family", family), ("backend", backend)):
        valid = {str(getattr(spec, key)) for spec in specs}
        if wanted is not None and wanted not in valid:
            raise ModelError(f"no model of {key} {wanted!r} is listed: {nearest(wanted, valid)}")
    return [s for s in specs if family in (None, s.family) and backend in (None, s.backend)]


def resolve(
    text: str,
    backend: str | None = None,
    revision: str | None = None,
    registry: Mapping[str, ModelSpec] | None = None,
) -> ModelSpec:
    """What ``--model`` says, the first of these that fits.

    ``NAME=...``: any of the following, called NAME; ``BACKEND:...``, such as ``planted:social=3``:
    what follows the colon is that backend's to read; an entry of the registry; a local folder,
    called by the last part of its path; a hub id ``org/name``.

    Args:
        text: As it was typed.
        backend: ``--backend``; goes before what the registry says.
        revision: ``--revision``: branch, tag or commit of a hub id; likewise.
        registry: By default `load_registry()`.

    Raises:
        ModelError: It is none of these, or a revision is asked of what has none.
        UsageError: Nothing stands on one side of the first ``=``.
    """
    known = load_registry() if registry is None else registry
    name, equals, rest = text.partition("=")
    if equals and _NAME.fullmatch(name) and rest:
        return replace(resolve(rest, backend, revision, known), name=name)
    if not text or (equals and not (name and rest)):
        raise UsageError(f"--model {text!r}: should be NAME=PATH, a name, a folder or a hub id")
    spec = _prefixed(text) or known.get(text) or _folder(text) or _hub(text, known)
    if spec is None:
        raise ModelError(_unknown(text, known))
    if revision and spec.id != text and spec.name == text and ":" in text:
        raise ModelError(f"{text}: only models from the hub have a revision")
    return replace(spec, backend=backend or spec.backend, revision=revision or spec.revision)
