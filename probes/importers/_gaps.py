"""Writes the YAML of a set from plain data, with a marked gap for each missing value.

A gap is a comment ``# gap: ...`` in place of a key, so that `probes sets check` reports each one as
a fault until it is filled in.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import yaml

from probes.importers._head import printable

KEYS = ("agree", "effects", "table")
"""YAML keys of a statement, any of which says which way it is keyed."""


class _Flow(dict[str, object]):
    """A mapping that is written on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Never write YAML aliases: equal values are written out each time."""
        return True


_Dumper.add_representer(
    _Flow,
    lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data, flow_style=True),
)


def gaps(data: Mapping[str, object]) -> tuple[str, ...]:
    """What is missing for the set to be complete, in words."""
    missing = []
    if "axes" not in data:
        missing.append("axes, each with its two poles")
    missing += [f"the poles of the axis {name}" for name in unnamed(data)]
    if keyless := sum(unkeyed(entry) for entry in entries(data)):
        count = len(entries(data))
        missing.append(f"which pole agreeing pulls to, in {keyless} of {count} statements")
    return tuple(missing)


def unnamed(data: Mapping[str, object]) -> list[str]:
    """Names of axes without named poles."""
    axes = cast("Mapping[str, object]", data.get("axes", {}))
    return [name for name, poles in axes.items() if not poles]


def unkeyed(entry: Mapping[str, object]) -> bool:
    """Whether nothing says which way a statement is keyed."""
    return not any(key in entry for key in KEYS)


def entries(data: Mapping[str, object]) -> list[dict[str, object]]:
    """The statements of a set, or its requests."""
    return cast("list[dict[str, object]]", data[room(data)])


def room(data: Mapping[str, object]) -> str:
    """Key of the list of statements or requests."""
    return "requests" if data.get("kind") == "requests" else "statements"


def compose(data: Mapping[str, object], heading: Sequence[str] = ()) -> str:
    """The YAML of a set.

    Args:
        data: The set; see `sets` for its keys.
        heading: Comment lines at the top.
    """
    lines = [f"# {printable(line)}\n" for line in heading]
    lines += [_dump({key: data[key]}) for key in data if key not in _WRITTEN]
    lines += _axes(data)
    hint = _hint(data)
    lines.append(f"{room(data)}:\n")
    for entry in entries(data):
        lines.append(_dump([_inner_on_one_line(entry)]))
        lines += [f"  # gap: {hint}\n"] if unkeyed(entry) else []
    if "respondents" in data:
        people = cast("list[dict[str, object]]", data["respondents"])
        lines.append(_dump({"respondents": [_inner_on_one_line(person) for person in people]}))
    return "".join(lines)


_WRITTEN = {"axes", "statements", "requests", "respondents"}


def _axes(data: Mapping[str, object]) -> list[str]:
    if "axes" not in data:
        return ["# gap: axes: {NAME: {negative: POLE, positive: POLE}}\n"]
    axes = cast("dict[str, object]", data["axes"])
    marks = [f"# gap: axes: {name}: {{negative: POLE, positive: POLE}}\n" for name in unnamed(data)]
    return [*marks, _dump({"axes": _inner_on_one_line(axes)})]


def _hint(data: Mapping[str, object]) -> str:
    axes = cast("Mapping[str, Mapping[str, str]]", data.get("axes", {}))
    poles = [printable(pole) for axis in axes.values() for pole in axis.values()]
    return f"agree: the pole that agreeing pulls to ({', '.join(poles) or 'of an axis'})"


def _inner_on_one_line(entry: Mapping[str, object]) -> dict[str, object]:
    return {k: _Flow(v) if isinstance(v, dict) else v for k, v in entry.items()}


def _dump(data: object) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=98)
