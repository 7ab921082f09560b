"""`run.yaml`: its fixed settings, and a cache of its content and text.

A run adds one model after the other and replaces the whole file each time. To keep this cheap for
thousands of models, the content last read or written is cached, with the text of each model's
entry. The text equals that of a single `yaml.safe_dump`; a file that has changed in the meantime is
parsed again. Opens and writes nothing: `folder` does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import yaml

from probes.files.yaml import parse_yaml
from probes.types import Variants

Content = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that must be equal for a run to continue in a folder."""

    set: str
    set_sha256: str
    protocol: str
    protocol_sha256: str
    seed: int
    limit: int | None
    dtype: str
    batch_size: int | str
    plan_version: int
    repeats: int | None = None
    """``--repeats``; None: the protocol's number."""
    trial: bool = False
    """Whether `limit` leaves statements out."""
    variants: Variants = "first"

    @property
    def content(self) -> dict[str, object]:
        """The settings as in `run.yaml`: `variants` is left out if it is the default."""
        return {n: v for n, v in asdict(self).items() if (n, v) != ("variants", "first")}


class RunFile:
    """Cached content of one `run.yaml` in this process."""

    def __init__(self) -> None:
        self._raw = b""
        self._said: object = None
        self._entries: dict[str, tuple[Content, str]] = {}

    def read(self, raw: bytes, source: Path) -> object:
        """Plain values from the file's bytes; the caller must not change them.

        Raises:
            SetError: it is not plain YAML.
        """
        if raw != self._raw:
            self._said, self._raw = parse_yaml(raw, source), raw
        return self._said

    def text(self, content: Content) -> bytes:
        """The file's bytes for these plain values, whose `models` each have a `name`."""
        parts = []
        for key, value in content.items():
            if key == "models" and value:
                entries = map(self._entry, cast("Sequence[Content]", value))
                parts.append(f"models:\n{''.join(entries)}")
            else:
                parts.append(_dump({key: value}))
        self._said, self._raw = content, "".join(parts).encode()
        return self._raw

    def _entry(self, model: Content) -> str:
        """YAML of a model's entry, cached while it is unchanged."""
        name = str(model["name"])
        content, text = self._entries.get(name, ({}, ""))
        if content != model:
            content, text = self._entries[name] = model, _dump([model])
        return text


def _dump(value: object) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text
