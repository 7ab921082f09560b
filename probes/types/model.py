"""Which model is meant, how it is loaded, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from probes.types.constraints import Whole

if TYPE_CHECKING:
    from probes.budget import Budget
    from probes.types.writing import Writing

Gives = Literal["", "prompt log-probabilities", "top log-probabilities", "text"]
"""What came back when a model behind an endpoint was tried; empty for models of our own."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model answers over HTTP, as OpenAI's do, and what may be asked of it."""

    url: str
    """Of the interface, up to what its paths have in common: ``http://localhost:8000/v1``."""
    key_env: str = ""
    """Name of the environment variable that holds the key; empty: it needs none."""
    concurrency: int = 8
    """Requests under way at any time."""
    per_minute: int = 0
    """Requests that may begin in a minute; 0: any number."""
    timeout: float = 120.0
    """Seconds that a reply may take as a whole."""
    tries: int = 8
    """How often a request is sent, the first time counted, before the run stops."""
    prices: tuple[float, float] | None = None
    """Of a million tokens read, and written, in any currency."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """An entry of `models.yaml`, or what `--model` says of a checkpoint that is not listed."""

    name: str
    """What it is called in tables."""
    id: str
    """Hub id or local folder."""
    backend: str | None = None
    """Name of a file in `backends/`; None: read from the checkpoint's own configuration."""
    revision: str | None = None
    """Branch, tag or commit of a hub id."""
    family: str = ""
    """Whose siblings it stands beside in figures."""
    parent: str = ""
    """The entry or hub id that this model was trained from."""
    corpus: str = ""
    """What it was further trained on, in a word or two: figures colour by it."""
    step: int | None = None
    """Optimiser steps after which the checkpoint was taken, along a trajectory."""
    released: str = ""
    """Year and month, ``YYYY-MM``."""
    parameters: int | None = None
    """How many weights it has; None where that is not listed."""
    access: Literal["open", "gated", "api", ""] = ""
    """Empty for what is not listed, so not known."""
    endpoint: Endpoint | None = None
    """Of backend `endpoint`."""
    gpus: float | None = None
    """GPUs that it takes up on a cluster: a share of one, or so many; None: one where there are
    any."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How checkpoints are loaded: the options of `probes run` that concern the machine."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:N or mps."""
    dtype: str = "auto"
    """auto, float32, bfloat16 or float16."""
    device_map: str | None = None
    """How accelerate spreads a model over devices; None: it does not."""
    adapter: str | None = None
    """PEFT adapter to put on the model."""
    chat: bool | None = None
    """Use the chat template; None: if the tokenizer has one."""
    trust_remote_code: bool = False
    """Whether code of the model's repository may run."""
    seed: int = 0
    """Of what is drawn at random."""
    budget: Budget | None = None
    """What models behind endpoints may cost, all together."""
    writing: Writing | None = None
    """How a run will have replies written: models behind endpoints are tried with it."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model says of itself; goes into the evidence."""

    name: str
    backend: str
    id: str
    revision: str = ""
    """Commit hash of a hub model; empty for a local folder."""
    weights: str = ""
    """sha256 over the names and bytes of every file that changes an answer: weights, configuration,
    generation settings, tokenizer, chat template, adapter."""
    tokenizer: str = ""
    """sha256 over the tokenizer's serialised form."""
    adapter: str = ""
    """sha256 over the names and bytes of the files of its adapter; empty: none was put on."""
    device: str = "cpu"
    dtype: str = "float32"
    dequantised: str = ""
    """How the numbers of a GGUF file were stored, most of them first (``Q4_1, F32``), before they
    were unpacked into `dtype`; empty for other checkpoints."""
    chat: bool = False
    bos: bool = False
    """Whether token sequences begin with a beginning-of-sequence token."""
    tolerance: float = 1e-4
    """Largest difference in probability between batched and single scores."""
    family: str = ""
    parent: str = ""
    corpus: str = ""
    step: Whole | None = None
    released: str = ""
    """Year and month, ``YYYY-MM``; empty if not known."""
    parameters: Whole | None = None
    access: str = ""
    """``open``, ``gated`` or ``api``; empty if not known."""
    gives: Gives = ""

    @classmethod
    def of(cls, spec: ModelSpec, backend: str) -> ModelInfo:
        """With what its entry says, before anything of it is loaded."""
        return cls(
            spec.name,
            backend,
            spec.id,
            **{name: getattr(spec, name) for name in FACTS},
        )

    @property
    def turns(self) -> bool:
        """Whether its answer is a turn of its own, which nobody can begin for it."""
        return self.chat and bool(self.gives)


FACTS = tuple(
    field.name
    for field in fields(ModelSpec)
    if field.name in {own.name for own in fields(ModelInfo)}
    and field.name not in {"name", "id", "backend", "revision"}
)
"""What an entry of `models.yaml` says of a model that decides neither where it is nor how it is
asked: what both classes have. The evidence, the table of models and the entry in a model's own
folder take these from here; a new one is a field of both."""
