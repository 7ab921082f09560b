"""Wordings: how a statement is put.

Reads `wordings.yaml` (and wordings written inline in a protocol) strictly. The texts that they make
of a statement are `texts`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from probes import plugins
from probes.errors import SetError
from probes.files.yaml import read_yaml, refuse
from probes.files.yaml_faults import explain
from probes.types import Option, Side, Wording

Form = Annotated[str, Field(min_length=1, max_length=200)]


class _Option(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    side: Side
    forms: list[Form] = Field(min_length=1)
    strong: bool = False


class _Wording(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: str
    answer: str
    pairs: list[tuple[Form, Form]] | None = Field(default=None, min_length=1)
    labels: tuple[str, str] = ("agree", "disagree")
    options: dict[str, _Option] | None = None
    """Empty (``{}``): an open question, whose answer is written in the model's own words."""
    orders: list[list[int]] = []
    joint: str = " "
    language: str = "en"
    between: str = ", "
    last: str = " or "

    @model_validator(mode="after")
    def _fits(self) -> "_Wording":
        if self.ask.count("{statement}") != 1:
            raise ValueError("'ask' must hold {statement} exactly once")
        if self.answer.count("{slot}") != 1:
            raise ValueError("'answer' must hold {slot} exactly once")
        if (self.pairs is None) == (self.options is None):
            raise ValueError("give either 'pairs' or 'options'")
        if self.options == {}:
            return self._open()
        if self.options is not None and len(self.options) == 1:
            raise ValueError("'options' needs both sides, or none at all ({}) for an open question")
        if bool(self.orders) != ("{options}" in self.ask):
            raise ValueError("'orders' and {options} in 'ask' belong together")
        options = self.built()
        if any(sorted(order) != list(range(len(options))) for order in self.orders):
            raise ValueError(f"each of 'orders' must be a permutation of 0 to {len(options) - 1}")
        for strong in (True, False):
            counts = [
                sum(len(o.forms) for o in options if o.side == side and o.strong is strong)
                for side in ("agree", "disagree")
            ]
            if counts[0] != counts[1]:
                raise ValueError("both sides need equally many forms: they are antonym pairs")
        if not any(o.side == "agree" for o in options):
            raise ValueError("one option must be on side 'agree' and one on side 'disagree'")
        return self

    def _open(self) -> "_Wording":
        if "{options}" in self.ask or self.orders:
            raise ValueError("an open question ('options: {}') lists no {options} in 'ask'")
        if not self.answer.endswith("{slot}"):
            raise ValueError("the 'answer' of an open question ends with {slot}")
        return self

    def built(self) -> tuple[Option, ...]:
        """The options as values, in the order in which they are written down."""
        if self.pairs is not None:
            agree, disagree = zip(*self.pairs, strict=True)
            return (
                Option(self.labels[0], "agree", agree),
                Option(self.labels[1], "disagree", disagree),
            )
        return tuple(
            Option(label, option.side, tuple(option.forms), option.strong)
            for label, option in (self.options or {}).items()
        )


def parse(entries: Mapping[str, object], source: Path) -> dict[str, Wording]:
    """Name -> `Wording` for the raw entries of a YAML mapping.

    Raises:
        SetError: every fault of every entry, each with file, entry and key.
    """
    found, wrong = {}, list[str]()
    for name, entry in entries.items():
        try:
            raw = _Wording.model_validate(entry)
        except ValidationError as error:
            wrong += [f"wording {name!r}: {fault}" for fault in explain(error, _Wording, entry)]
            continue
        orders = tuple(tuple(order) for order in raw.orders)
        options = raw.built()
        rest = (raw.joint, raw.language, raw.between, raw.last)
        found[str(name)] = Wording(str(name), raw.ask, raw.answer, options, orders, *rest)
    if wrong:
        raise refuse(source, wrong)
    return found


def shipped(language: str = "en") -> dict[str, Wording]:
    """The wordings of `wordings.yaml`, or of ``wordings.LANGUAGE.yaml``, by name.

    Raises:
        SetError: there are none in this language.
    """
    name = f"{language}.yaml"
    entries = read_yaml(plugins.folder("wordings") / name)
    if not isinstance(entries, dict):
        raise SetError(f"{name}: must be a mapping of wordings")
    return parse(entries, Path(name))
