"""The cell (statement, wording, order ...) of a sample, as `probes export` writes it into tasks.

`exchange` writes it under the key `KEY`: in the metadata of Inspect's samples, in the documents of
lm-evaluation-harness. When read back, it is validated and compared with the set of the run.
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
    """One cell of a run: a text in a wording, with order and seed."""

    __pydantic_config__ = STRICT

    set: str
    """Name of the set."""
    set_sha256: str
    """Hash of the set."""
    role: Role
    """Statement, mirror, blank or control."""
    statement: str
    """Id of the statement."""
    mirrored: bool
    """Whether the text is the statement's mirror."""
    wording: str
    """Name of the wording."""
    order: int
    """Index of the order of the options."""
    seed: int
    """Seed of the repetition."""
    variant: int = 0
    """Number of the statement's variant; 0: its own text."""


def read(path: Path, where: str, content: object) -> SampleCell:
    """Parse the cell of a sample.

    Raises:
        ModelError: its fields or their values are invalid.
    """
    try:
        return _cells().validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        key = ".".join(map(str, error.errors()[0]["loc"])) or "it should be an object"
        raise ModelError(
            f"{path}: {where}: what stands under {KEY!r} is not as `probes export` writes it: {key}"
        ) from None


def of(entry: Mapping[str, object], key: str) -> object:
    """The value under `KEY` in one of a sample's objects; None if there is none."""
    inner = entry.get(key)
    return inner.get(KEY) if isinstance(inner, Mapping) else None


@cache
def _cells() -> TypeAdapter[SampleCell]:
    return TypeAdapter(SampleCell)
