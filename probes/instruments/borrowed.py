"""Sets that borrow their texts: the set holds the key, and a public file holds the texts.

The key `text_from` gives a URL pinned to a version, the file's sha256, and the importer that reads
it; statements have ids, keys and `text_hash` in the file's order, and no `text`. This module adds
the texts to the set's data, from the cache, the URL or a local copy. It raises an error if number
or order of the texts do not match the key.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Self, TypeGuard, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from probes import plugins
from probes.errors import SetError, UsageError, nearest
from probes.files import download, public_host
from probes.files.yaml import read_bytes

Data = dict[str, object]
"""The YAML mapping of a statement set."""


class TextSource(BaseModel):
    """The source of a set's texts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    """URL of a fixed version of a file, so that it never changes."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Sha256 of that file, in hexadecimal digits."""
    reader: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Name of the importer that reads its format."""
    options: dict[str, str] = {}
    """Options of the importer, such as the column with the texts."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        importers = plugins.names("importers")
        if self.reader not in importers:
            raise ValueError(f"unknown reader {self.reader!r}: {nearest(self.reader, importers)}")
        try:
            public_host.require_https(self.url)
        except SetError as error:
            raise ValueError(f"url {error}") from None
        return self


def lacks_texts(data: object) -> TypeGuard[Data]:
    """Whether a set borrows its texts: it has `text_from`, and no statement has a `text`."""
    if not isinstance(data, dict) or data.get("text_from") is None:
        return False
    entries = data.get("statements")
    return isinstance(entries, list) and not any(
        isinstance(entry, dict) and "text" in entry for entry in entries
    )


def without_texts(data: Data) -> Data:
    """The set with placeholders for its texts, for uses that need only the key."""
    filled = _with_each(
        data, [f"[text {n} is not fetched]" for n, _ in enumerate(_entries(data), 1)]
    )
    for entry in _entries(filled):
        if isinstance(entry, dict):
            entry.pop("text_hash", None)
    return filled


def with_texts(data: Data, text: Path | None = None, *, fetch: bool = True) -> Data:
    """The set with its borrowed texts.

    Args:
        data: A set for which `lacks_texts` is true, otherwise without faults.
        text: A local copy of the file, instead of the cache and the URL. Another version of the
            file is accepted if every statement in it matches its `text_hash`.
        fetch: Whether the URL may be requested.

    Raises:
        SetError: the file is unavailable, is another file, or does not match the key; it is not
            cached.
    """
    where, name = TextSource.model_validate(data["text_from"]), str(data["name"])
    if text is not None:
        raw = read_bytes(text)
        texts = _texts(where, raw, text)
        _check(data, texts, str(text), exact=hashlib.sha256(raw).hexdigest() == where.sha256)
        return _with_each(data, texts)
    cached = download.read_cached(where.url, where.sha256)
    if cached is None and not fetch:
        raise SetError(
            f"the texts of {name} are not on this machine: fetch them with `probes sets fetch` "
            f"({where.url}), or give a copy: --text FILE"
        )
    raw = _download(where, name) if cached is None else cached
    texts = _texts(where, raw, where.url)
    _check(data, texts, where.url, exact=True)
    if cached is None:
        download.write_cache(where.url, where.sha256, raw)
    return _with_each(data, texts)


def is_cached(data: Data) -> bool:
    """Whether the borrowed texts of a set are in the cache."""
    where = TextSource.model_validate(data["text_from"])
    return download.read_cached(where.url, where.sha256) is not None


def keep(data: Data, text: Path) -> None:
    """Put a local copy into the cache, so that the URL is not requested.

    Raises:
        SetError: the copy does not match the key, or has another sha256.
    """
    with_texts(data, text)
    where = TextSource.model_validate(data["text_from"])
    raw = read_bytes(text)
    if hashlib.sha256(raw).hexdigest() != where.sha256:
        raise SetError(
            f"{text}: its statements fit, but it is not the file with sha256 "
            f"{where.sha256[:12]}... and cannot be kept for it; give it to `probes run --text`"
        )
    download.write_cache(where.url, where.sha256, raw)


def dump(data: Data) -> bytes:
    """The set as the bytes of a self-contained YAML file."""
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100).encode()


def digest(data: Data) -> str:
    """Sha256 of a set's content, key and texts, whatever the formatting of its YAML."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def text_hash(text: str) -> str:
    """The first 8 hexadecimal digits of the sha256 of a text's words.

    Case and punctuation are ignored; words and their order are not.
    """
    words = re.sub(r"\W+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def _download(where: TextSource, name: str) -> bytes:
    try:
        return download.download(where.url, where.sha256)
    except SetError as error:
        raise SetError(f"the texts of {name}: {error} (a copy serves too: --text FILE)") from None


def _texts(where: TextSource, raw: bytes, source: Path | str) -> list[str]:
    """The texts in a file, in its order."""
    suffix = re.search(r"\.\w{1,8}\Z", str(source))
    with TemporaryDirectory(prefix="probes-") as folder:
        path = Path(folder) / ("texts" + (suffix.group() if suffix else ""))
        path.write_bytes(raw)
        try:
            imported = plugins.find("importers", where.reader, "read").read([path], where.options)
        except (SetError, UsageError) as error:
            raise SetError(str(error).replace(str(path), str(source))) from None
    return [str(entry["text"]).strip() for entry in imported["statements"]]


def _check(data: Data, texts: Sequence[str], source: str, *, exact: bool) -> None:
    """Check that texts are those of the key, in the same order.

    Args:
        data: The set.
        texts: The texts, in the file's order.
        source: Name of the file, for errors.
        exact: Whether the file's sha256 matches; else each statement needs a `text_hash`.
    """
    name, entries = data["name"], cast("list[dict[str, object]]", _entries(data))
    copy_note = "" if exact else " (nor is its sha256 that of the file that the set names)"
    if len(texts) != len(entries):
        raise SetError(
            f"{source}: holds {len(texts)} statements, the key of {name} is for {len(entries)}"
            + copy_note
        )
    expected = [entry.get("text_hash") for entry in entries]
    if not exact and None in expected:
        raise SetError(
            f"{source}: its sha256 is not that of the file that {name} names, and the set has no "
            "text_hash to know its statements by; give an exact copy"
        )
    hashes = [text_hash(text) for text in texts]
    wrong = [n for n, (e, h) in enumerate(zip(expected, hashes, strict=True)) if e not in (None, h)]
    if not wrong:
        return
    first, entry = wrong[0] + 1, entries[wrong[0]]["id"]
    if Counter(expected) == Counter(hashes):
        raise SetError(
            f"{source}: its statements stand in another order than in the key of {name}: number "
            f"{first} should be {entry}{copy_note}"
        )
    raise SetError(
        f"{source}: {len(wrong)} of its statements {'is' if len(wrong) == 1 else 'are'} not of the "
        f"key of {name}: the first is number {first}, which should be {entry}{copy_note}"
    )


def _entries(data: Data) -> list[object]:
    return cast("list[object]", data["statements"])


def _with_each(data: Data, texts: Sequence[str]) -> Data:
    """The set with a text for each statement, as the key after its id."""
    entries: list[object] = []
    for entry, text in zip(_entries(data), texts, strict=True):
        if isinstance(entry, dict):
            rest = {key: value for key, value in entry.items() if key != "id"}
            entries.append({**({"id": entry["id"]} if "id" in entry else {}), "text": text, **rest})
        else:
            entries.append(entry)  # a fault, which validation reports
    return {**data, "statements": entries}
