"""Schema of a task file: its keys and their values.

Checks single keys; `tasks` checks keys against each other.
"""

import re
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from probes.errors import SetError
from probes.files import public_host
from probes.files.foreign_tables import delimiter_sign
from probes.files.yaml_faults import show


def _one_sign(text: str) -> str:
    if text and not delimiter_sign(text):
        raise ValueError("must be one sign, such as ';' or '|', or tab")
    return text


def _simple(name: str) -> str:
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError(f"{show(name)}: a name holds letters, digits and - _ . alone")
    return name


def _hexadecimal(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{show(text)}: should be 64 hexadecimal digits, in small letters")
    return text


Delimiter = Annotated[str, AfterValidator(_one_sign)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
Name = Annotated[str, Field(max_length=100), AfterValidator(_simple)]
Sha256 = Annotated[str, AfterValidator(_hexadecimal)]
Fold = Literal["all", "train", "valid", "test"]
NOWHERE = "is no file beside the task: name it without '..' and without a leading '/'"


class _TaskModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskFileEntry(_TaskModel):
    """A file of texts: a URL with a checksum, or a path relative to the task file."""

    url: Annotated[str, Field(max_length=2000)] = ""
    path: Annotated[str, Field(max_length=500)] = ""
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.url) == bool(self.path):
            raise ValueError("give exactly one of 'url' and 'path'")
        if self.url:
            if self.sha256 is None:
                raise ValueError("a file at an address needs its 'sha256'")
            try:
                public_host.require_https(self.url)
            except SetError as error:
                raise ValueError(f"url {error}") from None
        place = PurePosixPath(self.path.replace("\\", "/"))
        if place.is_absolute() or ".." in place.parts or ":" in self.path:
            raise ValueError(f"path {self.path!r} {NOWHERE}")
        return self


class TaskLabel(_TaskModel):
    """The label to be predicted: its column, and the classes of its values."""

    column: Word
    positive: Word
    values: dict[str, Word] = {}
    least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    negative: Word | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.values) == (self.least is not None):
            raise ValueError("give exactly one of 'values' and 'least'")
        if (self.least is None) != (self.negative is None):
            raise ValueError("'negative' goes with 'least', and 'least' needs it")
        if self.values and self.positive not in self.values.values():
            raise ValueError(f"positive: {self.positive!r} is not one of the classes in 'values'")
        if len(self.classes) < 2:
            raise ValueError("there is one class only; a task needs two")
        return self

    @property
    def classes(self) -> tuple[str, ...]:
        """All classes, the positive one first."""
        others = [self.negative] if self.negative else list(self.values.values())
        return tuple(dict.fromkeys((self.positive, *others)))


class TaskGroups(_TaskModel):
    """How the groups that a text names (none, one or several) are read from its row."""

    column: Word | None = None
    separator: Annotated[str, Field(max_length=10)] = ""
    names: dict[str, list[Word]] = {}
    words: dict[Word, Annotated[list[Word], Field(min_length=1)]] = {}
    flags: dict[Word, Word] = {}
    least: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.5

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.flags) == bool(self.column):
            raise ValueError("give exactly one of 'column' and 'flags'")
        if self.words and (self.names or self.separator or self.flags):
            raise ValueError("'words' goes with 'column' alone")
        if self.flags and (self.names or self.separator):
            raise ValueError("'names' and 'separator' go with 'column'")
        return self


class TaskSplit(_TaskModel):
    """Folds: named in `column`, or assigned so that equal values of the column `by` stay in one."""

    column: Word | None = None
    by: Word | None = None
    folds: Annotated[int, Field(ge=2, le=100)] = 5

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.column) == bool(self.by):
            raise ValueError("give exactly one of 'column' and 'by'")
        return self


class TaskFile(_TaskModel):
    """A task file."""

    name: Name
    title: Word
    licence: Word
    files: Annotated[dict[Fold, TaskFileEntry], Field(min_length=1)]
    format: Literal["csv", "tsv", "jsonl", "json"]
    text: Word | tuple[Word, Word]
    label: TaskLabel
    group: TaskGroups
    source: str = ""
    columns: list[str] = []
    delimiter: Delimiter = ""
    id: Word | None = None
    unit: Word | None = None
    split: TaskSplit | None = None
    bundles: dict[Name, Annotated[list[Word], Field(min_length=1)]] = {}
    margin: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.02
    forbid: list[Word] = []

    @property
    def texts(self) -> tuple[str, ...]:
        """The column of the text, or the columns of the pair of texts."""
        return (self.text,) if isinstance(self.text, str) else self.text

    @property
    def used(self) -> dict[str, tuple[str, ...]]:
        """Key of the task file -> names of the columns that it uses."""
        groups, split = self.group, self.split
        named: dict[str, tuple[str | None, ...]] = {
            "text": self.texts,
            "label: column": (self.label.column,),
            "group": (groups.column, *groups.flags.values()),
            "unit": (self.unit,),
            "split": (split.by, split.column) if split else (),
            "id": (self.id,),
        }
        return {key: tuple(filter(None, columns)) for key, columns in named.items()}
