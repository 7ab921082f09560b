"""Protocols: a YAML file -> `Recipe`, and a `Recipe` -> YAML that loads to an equal one.

A protocol names wordings of `wordings.yaml` or writes its own inline. A run folder keeps the
protocol with all its wordings inline, so that numbers can be made again from the folder alone.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from probes import plugins
from probes.asking import wordings
from probes.errors import SetError, UsageError, nearest
from probes.files.yaml import parse_yaml, read_bytes, refuse, validate
from probes.types import Faithful, Recipe, Stance, Thresholds, Wording, Writing

LATER = ("stance", "faithful", "instead")
"""Keys that are left out where they say nothing."""
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


Text = Annotated[str, Field(min_length=1, max_length=1000)]


class _Stance(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Text = Stance().model
    revision: str = ""
    premise: Text = Stance().premise
    hypotheses: dict[Literal["agree", "disagree", "neither", "unrelated"], Text] = dict(  # type: ignore[assignment]
        Stance().hypotheses
    )
    threshold: Share = 0.5
    margin: Share = 0.3

    @model_validator(mode="after")
    def _fits(self) -> "_Stance":
        if self.premise.count("{reply}") != 1:
            raise ValueError("'premise' must hold {reply} exactly once")
        if not {"agree", "disagree"} <= self.hypotheses.keys():
            raise ValueError("'hypotheses' needs at least agree and disagree")
        if len(set(self.hypotheses.values())) < len(self.hypotheses):
            raise ValueError("'hypotheses' must differ from each other")
        return self


class _Faithful(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    cite: Text
    margin: Share = 0.3
    top: Annotated[int, Field(ge=0, le=1000)] = 0
    set: str = ""
    positive: list[Text] = []
    negative: list[Text] = []
    elements: dict[Literal["code", "paper", "reconstructed"], list[Text]] = {}


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
    stance: _Stance | None = None
    faithful: _Faithful | None = None
    instead: dict[Literal["masked", "causal", "seq2seq", "recorded"], dict[str, object]] = {}
    """Backend -> the keys of this protocol that are other for its models."""


def load(name: str | Path) -> Recipe:
    """The protocol of that name, or in that file.

    Raises:
        SetError: there is no such protocol or file, or it has faults (all of them are listed).
    """
    path = plugins.data("protocols", str(name), SetError)
    return parse(read_bytes(path), path)


def parse(raw: bytes, source: Path) -> Recipe:
    """The protocol in the bytes of a YAML file called `source`."""
    entries = parse_yaml(raw, source)
    head = validate(_Protocol, entries, source)
    recipe = _recipe(head, source)
    others = dict[str, Recipe]()
    for backend, changes in head.instead.items():
        same = {k: v for k, v in cast("dict[str, object]", entries).items() if k != "instead"}
        other = validate(_Protocol, {**same, **changes, "name": head.name}, source)
        others[backend] = _recipe(other, source)
    whole = _hashed(replace(recipe, instead=others))
    # They go by its name, so by its hash, too.
    named = {backend: replace(other, sha256=whole.sha256) for backend, other in others.items()}
    return replace(whole, instead=named)


def _recipe(head: _Protocol, source: Path) -> Recipe:
    if head.method not in plugins.names("methods"):
        near = nearest(head.method, plugins.names("methods"))
        raise SetError(f"{source}: method: unknown method {head.method!r}: {near}")
    asked = _wordings(head.wordings, head.language, source)
    unfit = [w.name for w in asked if not w.options and (head.method == "choice" or head.blanks)]
    if unfit:
        why = "needs wordings with options" if head.method == "choice" else "has blanks"
        raise SetError(
            f"{source}: method {head.method} {why}, but {unfit[0]!r} is an open question"
        )
    return Recipe(
        name=head.name,
        title=head.title,
        method=head.method,
        wordings=asked,
        blanks=tuple(head.blanks),
        controls=head.controls,
        repetitions=head.repetitions,
        thresholds=Thresholds(**head.thresholds.model_dump()),
        writing=Writing(**head.writing.model_dump()),
        stance=None if head.stance is None else Stance(**head.stance.model_dump()),
        faithful=None if head.faithful is None else _faithful(head.faithful),
    )


def _faithful(head: _Faithful) -> Faithful:
    words = {name: tuple(getattr(head, name)) for name in ("positive", "negative")}
    elements = {str(known): tuple(texts) for known, texts in head.elements.items()}
    return Faithful(head.cite, head.margin, head.top, **words, set=head.set, elements=elements)


def _hashed(recipe: Recipe) -> Recipe:
    """With the hash of the content, not the file: a changed wording elsewhere is another protocol.

    What a protocol leaves out does not count: it is the same with later versions.
    """
    content = {n: v for n, v in asdict(recipe).items() if n not in LATER or v}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return replace(recipe, sha256=digest)


def repeated(recipe: Recipe, times: int | None) -> Recipe:
    """The protocol with so many repetitions where replies are written; None: as it is.

    Raises:
        UsageError: the number is below 1, or models are only asked for probabilities.
    """
    if times is None:
        return recipe
    if not 1 <= times <= 1000:
        raise UsageError(f"--repeats {times}: must be 1 to 1000")
    if recipe.method == "choice":
        raise UsageError(
            f"--repeats {times}: protocol {recipe.name} asks for probabilities, which are the same "
            "each time; repetitions belong to protocols whose models write"
        )
    return parse(dump(replace(recipe, repetitions=times)).encode(), Path(recipe.name))


def dump(recipe: Recipe) -> str:
    """The protocol as YAML with its wordings inline; `parse` gives an equal recipe back."""
    return yaml.safe_dump(_dumped(recipe), sort_keys=False, allow_unicode=True, width=100)


def _dumped(recipe: Recipe) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(recipe, name) for name in Recipe.__slots__}
    for name in ("thresholds", "writing", "stance", "faithful"):
        if fields[name] is not None:
            fields[name] = _plain(asdict(fields[name]))  # type: ignore[call-overload]
    fields["instead"] = {
        backend: {**dict.fromkeys(("stance", "faithful")), **_dumped(other)}
        for backend, other in recipe.instead.items()
    }
    fields = {name: value for name, value in fields.items() if name not in LATER or value}
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
    return fields


def _plain(value: object) -> object:
    """Mappings and lists as YAML has them: no tuples."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


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
