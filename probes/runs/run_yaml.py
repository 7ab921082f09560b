"""`run.yaml`: what must stay the same in it, and a cache of its content and text.

A run adds one model after the other and replaces the whole file each time. So the content that was
read or written last is kept, and the text of each model's entry: the thousandth model costs little
more than the first. The text equals that of a single `yaml.safe_dump`; a file that has changed in
the meantime is parsed again. Opens and writes nothing: `folder` does.
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
    """What must be the same for a run to go on in a folder."""

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
    """``--repeats``; None: as often as the protocol says."""
    trial: bool = False
    """Whether `limit` leaves statements out."""
    variants: Variants = "first"

    @property
    def content(self) -> dict[str, object]:
        """As `run.yaml` has it: `variants` stands there only where it is not the first."""
        return {n: v for n, v in asdict(self).items() if (n, v) != ("variants", "first")}


class RunFile:
    """What one process knows of one `run.yaml`."""

    def __init__(self) -> None:
        self._raw = b""
        self._said: object = None
        self._entries: dict[str, tuple[Content, str]] = {}

    def read(self, raw: bytes, source: Path) -> object:
        """The plain values in the file's bytes; the caller leaves them as they are.

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
        """A model's part of the text, worded once for as long as it says the same."""
        name = str(model["name"])
        content, text = self._entries.get(name, ({}, ""))
        if content != model:
            content, text = self._entries[name] = model, _dump([model])
        return text


def _dump(value: object) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text
