"""The shape of a `models.yaml`, read strictly: file -> name -> `ModelSpec`.

Knows what may be written of a model, and nothing of which file is meant (see `registry`). A key for
an endpoint has no place in such a file: only the name of the variable that holds it has, and what
was written there instead is never repeated in an error.
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
_REMOTE = {"url", "key_env", "limits", "prices"}
"""Keys of models behind an endpoint."""


def read(source: Path) -> dict[str, ModelSpec]:
    """Name -> model, in the file's order.

    Raises:
        SetError: All faults of the file at once, each with file, entry, key and nearest valid word.
    """
    entries = validate(_Registry, read_yaml(source), source).root
    return {name: entry.spec(name, source) for name, entry in entries.items()}


def describe(source: Path) -> ModelSpec:
    """What the file in a model's own folder says of that model; an empty one if it holds several.

    The folder may be a stranger's, so it only describes: `FACTS` are taken and the rest is not.
    The backend is read from the checkpoint's configuration, and the folder is the model.

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
    if backend.endswith(".py"):  # a folder of a stranger's may hold such a file
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
    """How an endpoint is asked; see `Endpoint`."""

    __pydantic_config__ = STRICT

    concurrency: Annotated[int, Field(ge=1, le=256, strict=True)] = 8
    per_minute: Annotated[int, Field(ge=0, strict=True)] = 0
    timeout: Annotated[float, Field(gt=0, le=3600)] = 120.0
    tries: Annotated[int, Field(ge=1, le=100, strict=True)] = 8


@dataclass(frozen=True, slots=True)
class PricesEntry:
    """Of a million tokens."""

    __pydantic_config__ = STRICT

    read: NotNegative
    written: NotNegative


@dataclass(frozen=True, slots=True)
class ModelEntry(ModelSpec):
    """What may be written of a model, where that is other than in the spec made of it; the mapping
    key is its name."""

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

    def __post_init__(self) -> None:
        if self.backend == "endpoint" and self.url is None:
            raise ValueError("backend endpoint needs 'url', such as http://localhost:8000/v1")
        if self.backend == "endpoint" and self.revision is not None:
            raise ValueError("backend endpoint has no 'revision': its server names it")
        own = [name for name in sorted(_REMOTE) if getattr(self, name)]
        if own and self.backend != "endpoint":
            raise ValueError(f"{own[0]!r} is for backend endpoint only")

    @property
    def remote(self) -> bool:
        """Whether a server is meant."""
        return self.backend == "endpoint" or any(getattr(self, name) for name in _REMOTE)

    def spec(self, name: str, source: Path) -> ModelSpec:
        """The entry as what it stands for; `source` is the file that it stands in."""
        if self.url is None:
            return built(ModelSpec, self, name=name, id=_located(self.id, source))
        prices = (self.prices.read, self.prices.written) if self.prices else None
        limits = asdict(self.limits or LimitsEntry())
        endpoint = Endpoint(self.url, self.key_env, **limits, prices=prices)
        return built(ModelSpec, self, name=name, endpoint=endpoint)


class _Registry(RootModel[dict[Annotated[str, AfterValidator(_named)], ModelEntry]]):
    """A whole `models.yaml`."""


def _located(text: str, source: Path) -> str:
    """An entry's id; a path in it (``./``, ``../``, ``/`` or ``~``) is meant from its own file."""
    if text.startswith(("./", "../", "/", "~")):
        return str(source.absolute().parent / expand_user(text))
    return text
