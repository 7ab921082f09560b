"""Model entries, load options, and the description of a loaded model."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from probes.types.constraints import Whole

if TYPE_CHECKING:
    from probes.budget import Budget
    from probes.types.writing import Writing

Gives = Literal["", "prompt log-probabilities", "top log-probabilities", "text"]
"""What a model behind an endpoint returned when it was tried; empty for local models."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Address and limits of a model behind an OpenAI-compatible HTTP interface."""

    url: str
    """Base address of the interface, without the path of a call: ``http://localhost:8000/v1``."""
    key_env: str = ""
    """Name of the environment variable that holds the key; empty: no key is needed."""
    concurrency: int = 8
    """Maximum number of concurrent requests."""
    per_minute: int = 0
    """Maximum number of requests that begin in a minute; 0: no limit."""
    timeout: float = 120.0
    """Seconds that one reply may take in all."""
    tries: int = 8
    """Number of attempts for a request, the first included, before the run stops."""
    prices: tuple[float, float] | None = None
    """Price of a million tokens read, and of a million written, in any currency."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """An entry of `models.yaml`, or the values of `--model` for a checkpoint without an entry."""

    name: str
    """Name of the model in tables."""
    id: str
    """Hub id or local folder."""
    backend: str | None = None
    """Name of a file in `backends/`; None: derived from the checkpoint's own configuration."""
    revision: str | None = None
    """Branch, tag or commit of a hub id."""
    family: str = ""
    """Model family, for grouping in figures."""
    parent: str = ""
    """Entry or hub id of the model that this one was trained from."""
    corpus: str = ""
    """Short name of the corpus of further training; sets the colour in figures."""
    step: int | None = None
    """Number of optimiser steps before the checkpoint was saved, along a training run."""
    released: str = ""
    """Year and month, ``YYYY-MM``."""
    parameters: int | None = None
    """Number of weights; None where not listed."""
    access: Literal["open", "gated", "api", ""] = ""
    """How the weights can be obtained; empty where not listed."""
    endpoint: Endpoint | None = None
    """Address and limits, for backend `endpoint`."""
    gpus: float | None = None
    """Number of GPUs that the model uses on a cluster, also a fraction of one; None: one where
    there are any."""
    reference: str = ""
    """Hub id or folder of the model that this one was tuned from, for backend `implicit`."""
    beta: float | None = None
    """Factor of the implicit reward, above 0, for backend `implicit`."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Options for loading checkpoints: those of `probes run` that concern the machine."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:N or mps."""
    dtype: str = "auto"
    """auto, float32, bfloat16 or float16."""
    device_map: str | None = None
    """`device_map` of accelerate, to spread a model over devices; None: not spread."""
    adapter: str | None = None
    """PEFT adapter to load on top of the model."""
    chat: bool | None = None
    """Whether to use the chat template; None: if the tokenizer has one."""
    trust_remote_code: bool = False
    """Whether code from the model's repository may run."""
    seed: int = 0
    """Seed of random draws."""
    budget: Budget | None = None
    """Maximum total cost of models behind endpoints."""
    writing: Writing | None = None
    """Settings for the run's replies; models behind endpoints are tried with them."""


@dataclass(frozen=True, slots=True)
class Rewards:
    """Marks a model whose numbers are rewards, which have no common scale (docs/method.md 11)."""

    beta: float | None = None
    """Factor of an implicit reward; None: the reward model's own number."""
    reference: str = field(default="", compare=False)
    """Id of the reference model of an implicit reward; not compared, since its folder may move."""
    reference_weights: str = ""
    """sha256 of the reference model's files, as `ModelInfo.weights` has it."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Description of a loaded model; part of the evidence."""

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
    """sha256 over the names and bytes of the adapter's files; empty: no adapter."""
    device: str = "cpu"
    dtype: str = "float32"
    dequantised: str = ""
    """Storage formats of a GGUF file, most frequent first (``Q4_1, F32``), before it was unpacked
    into `dtype`; empty for other checkpoints."""
    chat: bool = False
    bos: bool = False
    """Whether token sequences begin with a beginning-of-sequence token."""
    tolerance: float = 1e-4
    """Maximum difference in probability between a prompt scored in a batch and alone."""
    family: str = ""
    parent: str = ""
    corpus: str = ""
    step: Whole | None = None
    released: str = ""
    """Year and month of release, ``YYYY-MM``; empty if unknown."""
    parameters: Whole | None = None
    access: str = ""
    """``open``, ``gated`` or ``api``; empty if unknown."""
    gives: Gives = ""
    rewards: Rewards | None = None
    """Set where options have rewards instead of probabilities; None is left out of the evidence."""

    @classmethod
    def of(cls, spec: ModelSpec, backend: str) -> ModelInfo:
        """Description made from the model's entry alone, before anything is loaded."""
        return cls(
            spec.name,
            backend,
            spec.id,
            **{name: getattr(spec, name) for name in FACTS},
        )

    @property
    def turns(self) -> bool:
        """Whether the model's answer is a turn of its own, which a prompt cannot begin."""
        return self.chat and bool(self.gives)


FACTS = tuple(
    field.name
    for field in fields(ModelSpec)
    if field.name in {own.name for own in fields(ModelInfo)}
    and field.name not in {"name", "id", "backend", "revision"}
)
"""Fields of a `models.yaml` entry that affect neither loading nor asking: those that `ModelSpec`
and `ModelInfo` share. The evidence, the table of models and the entry in a model's own folder use
this list; a new fact becomes a field of both classes."""
