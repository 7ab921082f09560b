"""Which cell of a set a sample of a foreign log is about, where `probes export` wrote that into it.

Written by `exchange` under the key `KEY`: in the metadata of Inspect's samples, in the documents of
lm-evaluation-harness. Who reads it holds it to these fields and to the set that is asked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from probes.errors import ModelError
from probes.types import Role
from probes.types.constraints import STRICT

KEY = "probes"


@dataclass(frozen=True, slots=True)
class SampleCell:
    """One cell: what was put, and how."""

    __pydantic_config__ = STRICT

    set: str
    """Name of the set."""
    set_sha256: str
    """Of the set."""
    role: Role
    """Statement, mirror, blank or control."""
    statement: str
    """Its id."""
    mirrored: bool
    """The text put is the statement's mirror."""
    wording: str
    """Name of the wording."""
    order: int
    """Index of the order in which options were listed."""
    seed: int
    """Of the repetition."""
    variant: int = 0
    """Number of the statement's variant; 0: its own text."""


def read(path: Path, where: str, content: object) -> SampleCell:
    """The cell that a sample names.

    Raises:
        ModelError: it has other fields than a cell, or one of them cannot be meant.
    """
    try:
        return _cells().validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        at = ".".join(map(str, error.errors()[0]["loc"])) or "it should be an object"
        raise ModelError(
            f"{path}: {where}: what stands under {KEY!r} is not as `probes export` writes it: {at}"
        ) from None


def of(entry: Mapping[str, object], key: str) -> object:
    """What a sample says under `KEY` in one of its objects; None where it says nothing."""
    inner = entry.get(key)
    return inner.get(KEY) if isinstance(inner, Mapping) else None


@cache
def _cells() -> TypeAdapter[SampleCell]:
    return TypeAdapter(SampleCell)
