"""Texts that a set borrows: it holds the key, and a public file holds the texts.

A set with `text_from` names an address pinned to a version, the file's sha256, and the importer
that reads it; its statements have ids, keys and `text_hash` in the file's order, and no `text`.
Here such a set's plain data gets its texts: from the cache, the address or a local copy. Texts
whose number or order does not fit the key are refused.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Self, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from probes import fetch, loader
from probes.errors import SetError, UsageError, nearest
from probes.yamlfile import read_bytes

Data = dict[str, object]
"""A statement set as YAML has it."""


class TextFrom(BaseModel):
    """Where the texts of a set are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    """Of one version of one file, so that it never changes."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of that file."""
    reader: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the importer that reads its format."""
    options: dict[str, str] = {}
    """For the importer, such as the column with the texts."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        known = loader.names("importers")
        if self.reader not in known:
            raise ValueError(f"unknown reader {self.reader!r}: {nearest(self.reader, known)}")
        try:
            fetch.allowed(self.url)
        except SetError as error:
            raise ValueError(f"url {error}") from None
        return self


@dataclass(frozen=True, slots=True)
class Copy:
    """A file with texts: its bytes, and what messages call it."""

    raw: bytes
    name: str
    local: bool


def lacking(data: object) -> bool:
    """Whether a set's texts must come from elsewhere: it says where, and no statement has one."""
    if not isinstance(data, dict) or "text_from" not in data:
        return False
    entries = data.get("statements")
    return isinstance(entries, list) and not any(
        isinstance(entry, dict) and "text" in entry for entry in entries
    )


def without_texts(data: Data) -> Data:
    """The set with its ids where its texts would be: for what concerns only the key."""
    names = [str(e.get("id", "")) if isinstance(e, dict) else "" for e in _entries(data)]
    return _with(data, [f"[{name or number}: text not fetched]" for number, name in enumerate(names)])


def with_texts(data: Data, text: Path | None = None) -> Data:
    """The set with the texts that it borrows.

    Args:
        data: Of a set that has no faults but that it is `lacking` texts.
        text: A local copy of the file, instead of the cache and the address.

    Raises:
        SetError: the file cannot be had, is another one, or does not fit the key; nothing is kept.
    """
    where, name = TextFrom.model_validate(data["text_from"]), str(data["name"])
    if text is not None:
        copy = Copy(read_bytes(text), str(text), local=True)
        found = _read(where, copy)
        _check(data, found, _remark(where, copy), exact=not _remark(where, copy))
        return _with(data, found)
    raw = fetch.kept(where.url, where.sha256)
    copy = Copy(raw or _download(where, name), where.url, local=False)
    found = _read(where, copy)
    _check(data, found, where.url, exact=True)
    if raw is None:
        fetch.keep(where.url, where.sha256, copy.raw)
    return _with(data, found)
