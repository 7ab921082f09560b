"""Wordings: templates that turn a statement into a question with answer options.

Reads ``wordings/LANGUAGE.yaml``, a user's own ``wordings.LANGUAGE.yaml``, and wordings written
inline in a protocol, all strictly. `texts` applies them to statements.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from probes import plugins
from probes.errors import SetError
from probes.files.yaml import built, checked, read_yaml, refuse
from probes.files.yaml_faults import explain
from probes.types import Option, Wording
from probes.types.constraints import STRICT

LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"
Form = Annotated[str, Field(min_length=1, max_length=200)]


@dataclass(frozen=True, slots=True)
class OptionEntry(Option):
    """An answer option in a YAML file; its label is the mapping key."""

    __pydantic_config__ = STRICT

    label: SkipJsonSchema[str] = field(default="", init=False)
    forms: Annotated[tuple[Form, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class WordingEntry(Wording):
    """A wording in a YAML file, with the fields that differ from `Wording`; its name is the mapping
    key."""

    __pydantic_config__ = STRICT

    name: SkipJsonSchema[str] = field(default="", init=False)
    options: dict[str, OptionEntry] | None = None  # type: ignore[assignment]
    """Label -> option; empty (``{}``) for an open question, answered in free text."""
    pairs: Annotated[list[tuple[Form, Form]], Field(min_length=1)] | None = None
    """Pairs of antonyms, as the forms of two options, instead of `options`."""
    labels: tuple[str, str] = ("agree", "disagree")
    """Labels of the two options in `pairs`."""

    def __post_init__(self) -> None:
        if (self.pairs is None) == (self.options is None):
            raise ValueError("give either 'pairs' or 'options'")
        if self.options is not None and len(self.options) == 1:
            raise ValueError("'options' needs both sides, or none at all ({}) for an open question")
        if fault := unusable(built(Wording, self, name="", options=self.built())):
            raise ValueError(fault)

    def built(self) -> tuple[Option, ...]:
        """The options as `Option` values, in the order of the file."""
        if self.pairs is not None:
            agree, disagree = zip(*self.pairs, strict=True)
            return (
                Option(self.labels[0], "agree", agree),
                Option(self.labels[1], "disagree", disagree),
            )
        return tuple(
            built(Option, option, label=label) for label, option in (self.options or {}).items()
        )


def unusable(wording: Wording) -> str:
    """A sentence with the first fault of a wording; empty if it is valid."""
    if wording.ask.count("{statement}") != 1:
        return "'ask' must hold {statement} exactly once"
    if wording.answer.count("{slot}") != 1:
        return "'answer' must hold {slot} exactly once"
    return (
        _unlisted(wording) or _unbalanced(wording.options) if wording.options else _closed(wording)
    )


def _closed(wording: Wording) -> str:
    """The first fault of an open question; empty if there is none."""
    if "{options}" in wording.ask or wording.orders:
        return "an open question ('options: {}') lists no {options} in 'ask'"
    open_ended = wording.answer.endswith("{slot}")
    return "" if open_ended else "the 'answer' of an open question ends with {slot}"


def _unlisted(wording: Wording) -> str:
    """The first fault in the listing of the options; empty if there is none."""
    count = len(wording.options)
    if bool(wording.orders) != ("{options}" in wording.ask):
        return "'orders' and {options} in 'ask' belong together"
    if any(sorted(order) != list(range(count)) for order in wording.orders):
        return f"each of 'orders' must be a permutation of 0 to {count - 1}"
    return ""


def _unbalanced(options: tuple[Option, ...]) -> str:
    """The first imbalance between the options of both sides; empty if there is none."""
    for strong in (True, False):
        agree, disagree = (
            sum(len(o.forms) for o in options if o.side == side and o.strong is strong)
            for side in ("agree", "disagree")
        )
        if agree != disagree:
            return "both sides need equally many forms: they are antonym pairs"
    if not any(o.side == "agree" for o in options):
        return "one option must be on side 'agree' and one on side 'disagree'"
    return ""


def parse(entries: Mapping[str, object], source: Path) -> dict[str, Wording]:
    """Name -> `Wording`, from the raw entries of a YAML mapping.

    Raises:
        SetError: every fault of every entry, each with file, entry and key.
    """
    parsed, faults = dict[str, Wording](), list[str]()
    for name, data in entries.items():
        try:
            entry = checked(WordingEntry, data)
        except ValidationError as error:
            faults += [f"wording {name!r}: {line}" for line in explain(error, WordingEntry, data)]
            continue
        parsed[str(name)] = built(Wording, entry, name=str(name), options=entry.built())
    if faults:
        raise refuse(source, faults)
    return parsed


def shipped(language: str = "en") -> dict[str, Wording]:
    """The wordings that ship with probes in a language, by name; empty if there are none."""
    file = plugins.folder("wordings") / f"{language}.yaml"
    return _read(file) if file.is_file() else {}


def available(language: str, folder: Path) -> dict[str, Wording]:
    """The wordings that ship in a language, overridden by ``wordings.LANGUAGE.yaml`` in `folder`.

    Raises:
        SetError: there are none in this language; or that file has faults.
    """
    own = folder / f"wordings.{language}.yaml"
    by_name = shipped(language) | (_read(own) if own.is_file() else {})
    if not by_name:
        raise SetError(
            f"no wordings in language {language!r} ship; those of your own are {own.name}, beside "
            "the file that needs them"
        )
    return by_name


def _read(file: Path) -> dict[str, Wording]:
    entries = read_yaml(file)
    if not isinstance(entries, dict):
        raise SetError(f"{file}: must be a mapping of wordings")
    return parse(entries, file)
