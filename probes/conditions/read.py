"""Read conditions from YAML: a file that ships, a user's file, or a mapping in a protocol."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from probes import plugins
from probes.errors import SetError, nearest
from probes.files.yaml import built, checked, read_yaml, refuse, validate
from probes.files.yaml_faults import explain
from probes.types import Condition, PastExchange
from probes.types.constraints import STRICT

Said = Annotated[str, Field(max_length=20_000)]
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"
NAME = r"^[\w.-]{1,100}$"
Name = Annotated[str, Field(pattern=NAME)]
VOICES = ("persona", "user", "examples", "system")
"""Keys whose text can have a `position`: that of a person who holds the view in it."""
SHAPE = (
    "names, as in [personas], or a mapping of your own, as in {neutral: {}, short: {length: "
    "'Answer with one word.'}}"
)
MOST = 100
"""Most conditions in one run."""


@dataclass(frozen=True, slots=True)
class ConditionEntry(Condition):
    """The schema of a condition; the mapping key is its name."""

    __pydantic_config__ = STRICT

    name: SkipJsonSchema[str] = field(default="", init=False)
    system: Said = ""
    persona: Said = ""
    user: Said = ""
    prefix: Annotated[tuple[PastExchange, ...], Field(max_length=50)] = ()
    respondent: Annotated[str, Field(max_length=200)] = ""
    length: Said = ""
    counter: Said = ""

    def __post_init__(self) -> None:
        if fault := unusable(self):
            raise ValueError(fault)


@dataclass(frozen=True, slots=True)
class ConditionsFile:
    """The schema of a file of conditions."""

    __pydantic_config__ = STRICT

    title: Annotated[str, Field(min_length=1, max_length=200)]
    """Purpose of the conditions, in one line."""
    conditions: Annotated[dict[str, object], Field(min_length=1)]
    """Name -> condition; the first is the reference."""
    language: Annotated[str, Field(pattern=LANGUAGE)] = "en"
    """Language of the texts, such as ``en`` or ``de-CH``."""


def unusable(condition: Condition) -> str:
    """Why a condition cannot be used, as a sentence; empty if it can."""
    voices = [name for name in VOICES if getattr(condition, name)]
    listed = " and ".join(voices) or "none"
    faults = {
        f"'position' says where one of {', '.join(VOICES)} stands; here is {listed} of them": (
            bool(condition.position) and len(voices) != 1
        ),
        f"'examples' is {condition.examples}; it must be even, as many for either pole": (
            condition.examples % 2 == 1
        ),
        "'respondent' names who gives the 'examples', in place of a 'position'": (
            bool(condition.respondent) and (bool(condition.position) or not condition.examples)
        ),
        "'challenge' and 'counter' belong together, without a 'position'": (
            bool(condition.challenge) != bool(condition.counter)
            or bool(condition.challenge and condition.position)
        ),
        "'counter' must hold {counter} exactly once": (
            bool(condition.counter) and condition.counter.count("{counter}") != 1
        ),
    }
    return next((sentence for sentence, wrong in faults.items() if wrong), "")


def parse(entries: Mapping[str, object], source: Path) -> tuple[Condition, ...]:
    """The conditions in a YAML mapping (name -> keys), in its order.

    Raises:
        SetError: entries have faults; lists all, each with file, entry and key.
    """
    parsed, faults = list[Condition](), list[str]()
    for name, data in entries.items():
        try:
            checked_name = checked(Name, name)
            entry = checked(ConditionEntry, {} if data is None else data)
        except ValidationError as error:
            faults += [
                f"condition {name!r}: {fault}" for fault in explain(error, ConditionEntry, data)
            ]
            continue
        parsed.append(built(Condition, entry, name=str(checked_name)))
    if faults:
        raise refuse(source, faults)
    return tuple(parsed)


def load(name: str, language: str) -> tuple[Condition, ...]:
    """Load the conditions of a file that ships, by name, or of a user's file, by path.

    Args:
        name: Name or path, as typed.
        language: Language of the statements, which the conditions must share.

    Raises:
        SetError: the file does not exist, has faults, or is in another language.
    """
    path = plugins.data("conditions", name, SetError)
    head = validate(ConditionsFile, read_yaml(path), path)
    if head.language != language:
        raise SetError(
            f"{path}: language: is {head.language!r}, but statements are put in {language!r}; give "
            "conditions in that language, in a file of your own"
        )
    return parse(head.conditions, path)


def named(
    entries: list[str] | dict[str, object], language: str, source: Path
) -> tuple[Condition, ...]:
    """The conditions of a protocol. A list may name only files that ship, no paths: a protocol may
    come from somebody else.

    Raises:
        SetError: as `load` and `parse`.
    """
    if isinstance(entries, dict):
        return joined([parse(entries, source)], str(source))
    ships = plugins.names("conditions", ".yaml")
    unknown = [name for name in entries if name not in ships]
    if unknown:
        raise refuse(
            source, [f"conditions: unknown condition {n!r}: {nearest(n, ships)}" for n in unknown]
        )
    return joined([load(name, language) for name in entries], str(source))


def joined(lists: Iterable[tuple[Condition, ...]], source: str) -> tuple[Condition, ...]:
    """Join lists of conditions, each condition once; the first is the reference.

    Raises:
        SetError: two conditions share a name, or there are too many.
    """
    by_name: dict[str, Condition] = {}
    for condition in (c for conditions in lists for c in conditions):
        if by_name.setdefault(condition.name, condition) != condition:
            raise SetError(f"{source}: two conditions are called {condition.name!r}; rename one")
    if len(by_name) > MOST:
        raise SetError(f"{source}: {len(by_name)} conditions are more than {MOST}")
    first = next(iter(by_name.values()), None)
    if first is not None and first.challenge:
        raise SetError(
            f"{source}: the first condition, {first.name!r}, is the reference, so it cannot be a "
            "challenge; put one such as 'neutral: {}' before it"
        )
    return tuple(by_name.values())


def plain(condition: Condition) -> dict[str, object]:
    """A condition as a YAML mapping, without its name and empty keys."""
    fields = {n: v for n, v in asdict(condition).items() if v and n != "name"}
    if condition.prefix:
        fields["prefix"] = [asdict(exchange) for exchange in condition.prefix]
    return fields
