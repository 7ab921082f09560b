"""Protocols: a YAML file -> `Recipe`, and a `Recipe` -> YAML that loads to an equal one.

A protocol names wordings of `wordings.yaml` or writes its own inline. A run folder keeps the
protocol with all its wordings inline, so that numbers can be made again from the folder alone.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from probes import loader, wordings
from probes.errors import SetError, nearest
from probes.types import Recipe, Thresholds, Wording, Writing
from probes.yamlfile import parse_yaml, read_bytes, refuse, validate

Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Thresholds(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    answered: Share = 0.8
    wordings: Share = 0.5
    content: Share = 0.5
    content_p: Share = 0.01
    mass_shown: Share = 0.10
    mass_completed: Share = 0.005
    blank_spread: Points = 1.0
    bounds: Points = 2.0
    margin: Points = 1.0


class _Writing(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens: Annotated[int, Field(ge=1, le=100_000)] = 100
    sampling: Literal["checkpoint", "sample", "greedy"] = "checkpoint"
    temperature: Annotated[float, Field(gt=0, le=10)] = 1.0
    top_k: Annotated[int, Field(ge=0)] = 0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0
    sentences: Annotated[int, Field(ge=0)] = 0


class _Protocol(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=100)]
    title: str
    method: str
    wordings: Annotated[list[str] | dict[str, object], Field(min_length=1)]
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")] = "en"
    """Of the wordings that are named."""
    controls: str = ""
    blanks: list[str] = []
    repetitions: Annotated[int, Field(ge=1, le=1000)] = 1
    thresholds: _Thresholds = _Thresholds()
    writing: _Writing = _Writing()


def load(name: str | Path) -> Recipe:
    """The protocol of that name, or in that file.

    Raises:
        SetError: there is no such protocol or file, or it has faults (all of them are listed).
    """
    path = loader.data("protocols", str(name), SetError)
    return parse(read_bytes(path), path)


def parse(raw: bytes, source: Path) -> Recipe:
    """The protocol in the bytes of a YAML file called `source`."""
    head = validate(_Protocol, parse_yaml(raw, source), source)
    if head.method not in loader.names("methods"):
        near = nearest(head.method, loader.names("methods"))
        raise SetError(f"{source}: method: unknown method {head.method!r}: {near}")
    recipe = Recipe(
        name=head.name,
        title=head.title,
        method=head.method,
        wordings=_wordings(head.wordings, head.language, source),
        blanks=tuple(head.blanks),
        controls=head.controls,
        repetitions=head.repetitions,
        thresholds=Thresholds(**head.thresholds.model_dump()),
        writing=Writing(**head.writing.model_dump()),
    )
    # Of the content, not the file: a changed wording elsewhere is another protocol.
    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode()).hexdigest()
    return Recipe(**{**_fields(recipe), "sha256": digest})  # type: ignore[arg-type]


def dump(recipe: Recipe) -> str:
    """The protocol as YAML with its wordings inline; `parse` gives an equal recipe back."""
    parts = {"thresholds": asdict(recipe.thresholds), "writing": asdict(recipe.writing)}
    fields = {**_fields(recipe), **parts}
    del fields["sha256"]
    fields["blanks"] = list(recipe.blanks)
    fields["wordings"] = {
        w.name: {
            "ask": w.ask,
            "answer": w.answer,
            "options": {
                o.label: {"side": o.side, "strong": o.strong, "forms": list(o.forms)}
                for o in w.options
            },
            "orders": [list(order) for order in w.orders],
            "joint": w.joint,
            "language": w.language,
            "between": w.between,
            "last": w.last,
        }
        for w in recipe.wordings
    }
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=100)


def _wordings(
    entries: list[str] | dict[str, object], language: str, source: Path
) -> tuple[Wording, ...]:
    if isinstance(entries, dict):
        return tuple(wordings.parse(entries, source).values())
    known = wordings.shipped(language)
    unknown = [name for name in entries if name not in known]
    if unknown:
        raise refuse(
            source, [f"wordings: unknown wording {n!r}: {nearest(n, known)}" for n in unknown]
        )
    if len(set(entries)) < len(entries):
        raise SetError(f"{source}: wordings: each may stand only once")
    return tuple(known[name] for name in entries)


def _fields(recipe: Recipe) -> dict[str, object]:
    return {name: getattr(recipe, name) for name in Recipe.__slots__}
