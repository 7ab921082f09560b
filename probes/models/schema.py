"""Schema of a `models.yaml`, read strictly: file -> name -> `ModelSpec`.

`registry` decides which files are read. API keys do not belong in such a file, only the name of the
environment variable that holds one; a value written there by mistake is never shown in an error.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, RootModel
from pydantic.json_schema import SkipJsonSchema

from probes import plugins
from probes.errors import SetError, nearest
from probes.files.escape import expand_user
from probes.files.yaml import built, read_yaml, validate
from probes.types import FACTS, Endpoint, ModelSpec
from probes.types.constraints import STRICT, NotNegative

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_PORT = r"\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]"
URL = re.compile(rf"https?://([\w.-]+|\[[0-9a-fA-F:]+\])(:({_PORT}))?(/[\w./~-]*)?", re.ASCII)
ADDRESS = (
    "should be http:// or https:// with host, perhaps port and path, and neither user, password "
    "nor query: secrets have no place in it; such as http://localhost:8000/v1"
)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
MOST_BETA = 1000.0
_REMOTE = {"url", "key_env", "limits", "prices"}
"""Keys for models at an endpoint."""


def read(source: Path) -> dict[str, ModelSpec]:
    """Name -> model, in the file's order.

    Raises:
        SetError: All faults of the file at once, each with file, entry, key and nearest valid word.
    """
    entries = validate(_Registry, read_yaml(source), source).root
    return {name: entry.spec(name, source) for name, entry in entries.items()}


def describe(source: Path) -> ModelSpec:
    """The description of a model in its own folder; an empty one if the file has several entries.

    The folder may come from others, so only the keys in `FACTS` are used: the backend is read from
    the checkpoint's configuration, and the folder itself is the model.

    Raises:
        SetError: Faults of the file; or it names a server, which a folder may not do.
    """
    entries = validate(_Registry, read_yaml(source), source).root
    for name, entry in entries.items():
        if entry.remote:
            raise SetError(
                f"{source}: {name}: a model's folder cannot name a server or a key; to ask that "
                "server, put the entry into a models.yaml of your own"
            )
    if len(entries) != 1:
        return ModelSpec("", "")
    (entry,) = entries.values()
    return ModelSpec("", "", **{name: getattr(entry, name) for name in FACTS})


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError("a model's name holds letters, digits and . _ + - only")
    return name


def _share(gpus: float | None) -> float | None:
    if gpus is not None and gpus > 1 and gpus % 1:
        raise ValueError(f"{gpus:g}: should be a share of one GPU, or a whole number of them")
    return gpus


def _backend(backend: str | None) -> str | None:
    valid = plugins.names("backends")
    if backend is None or backend in valid:
        return backend
    if backend.endswith(".py"):  # a folder from others may contain such a file
        raise ValueError(
            f"{backend!r} is a program, and is run only where it is typed: --backend {backend}"
        )
    raise ValueError(f"{backend!r} is no backend; {nearest(backend, valid)}")


def _month(released: str) -> str:
    if released and not _MONTH.fullmatch(released):
        raise ValueError(f"should be a year and month, such as 2024-07, not {released!r}")
    return released


def _address(url: object) -> object:
    if url is None or (isinstance(url, str) and URL.fullmatch(url)):
        return url
    raise ValueError(ADDRESS)


def _variable(name: object) -> object:
    if isinstance(name, str) and _VARIABLE.fullmatch(name):
        return name
    raise ValueError(
        "should be the name, in capitals, of the environment variable that holds the key, "
        "such as OPENAI_API_KEY; never the key itself"
    )


@dataclass(frozen=True, slots=True)
class LimitsEntry:
    """Limits of requests to an endpoint; see `Endpoint`."""

    __pydantic_config__ = STRICT

    concurrency: Annotated[int, Field(ge=1, le=256, strict=True)] = 8
    per_minute: Annotated[int, Field(ge=0, strict=True)] = 0
    timeout: Annotated[float, Field(gt=0, le=3600)] = 120.0
    tries: Annotated[int, Field(ge=1, le=100, strict=True)] = 8


@dataclass(frozen=True, slots=True)
class PricesEntry:
    """Prices per million tokens, read and written."""

    __pydantic_config__ = STRICT

    read: NotNegative
    written: NotNegative


@dataclass(frozen=True, slots=True)
class ModelEntry(ModelSpec):
    """A model in a YAML file, with the fields that differ from `ModelSpec`; its name is the mapping
    key."""

    __pydantic_config__ = STRICT

    name: SkipJsonSchema[str] = field(default="", init=False)
    id: Annotated[str, Field(min_length=1)]
    backend: Annotated[str | None, AfterValidator(_backend)] = None
    revision: Annotated[str, Field(min_length=1)] | None = None
    step: Annotated[int, Field(ge=0, lt=2**63, strict=True)] | None = None
    released: Annotated[str, AfterValidator(_month)] = ""
    parameters: Annotated[int, Field(gt=0, lt=2**63, strict=True)] | None = None
    endpoint: SkipJsonSchema[Endpoint | None] = field(default=None, init=False)
    gpus: Annotated[Annotated[float, Field(ge=0, strict=True)] | None, AfterValidator(_share)] = (
        None
    )
    url: Annotated[str | None, BeforeValidator(_address)] = None
    key_env: Annotated[str, BeforeValidator(_variable)] = ""
    limits: LimitsEntry | None = None
    prices: PricesEntry | None = None
    reference: Annotated[str, Field(min_length=1)] = ""
    beta: Annotated[float | None, Field(gt=0, le=MOST_BETA)] = None

    def __post_init__(self) -> None:
        if self.backend == "endpoint" and self.url is None:
            raise ValueError("backend endpoint needs 'url', such as http://localhost:8000/v1")
        if self.backend == "endpoint" and self.revision is not None:
            raise ValueError("backend endpoint has no 'revision': its server names it")
        if self.backend == "implicit" and not self.reference:
            raise ValueError("backend implicit needs 'reference', the model that it was tuned from")
        compared = [name for name in ("reference", "beta") if getattr(self, name)]
        if compared and self.backend != "implicit":
            raise ValueError(f"{compared[0]!r} is for backend implicit only")
        own = [name for name in sorted(_REMOTE) if getattr(self, name)]
        if own and self.backend != "endpoint":
            raise ValueError(f"{own[0]!r} is for backend endpoint only")

    @property
    def remote(self) -> bool:
        """Whether the model is at an endpoint."""
        return self.backend == "endpoint" or any(getattr(self, name) for name in _REMOTE)

    def spec(self, name: str, source: Path) -> ModelSpec:
        """The entry as a `ModelSpec`; `source` is the file of the entry."""
        if self.url is None:
            paths = {key: _located(getattr(self, key), source) for key in ("id", "reference")}
            return built(ModelSpec, self, name=name, **paths)
        prices = (self.prices.read, self.prices.written) if self.prices else None
        limits = asdict(self.limits or LimitsEntry())
        endpoint = Endpoint(self.url, self.key_env, **limits, prices=prices)
        return built(ModelSpec, self, name=name, endpoint=endpoint)


class _Registry(RootModel[dict[Annotated[str, AfterValidator(_named)], ModelEntry]]):
    """A whole `models.yaml`."""


def _located(text: str, source: Path) -> str:
    """An entry's id; a path (``./``, ``../``, ``/`` or ``~``) is relative to the entry's file."""
    if text.startswith(("./", "../", "/", "~")):
        return str(source.absolute().parent / expand_user(text))
    return text
