"""The reference of YAML keys: one table a part of a file.

What a key means stands in `docs/reference/keys.yaml`; whether it is needed, and what it is if it is
left out, comes from the schemas that read it. A test holds one against the other.
"""

import json
from pathlib import Path

import yaml

from . import sources

DATA = Path(__file__).parent.parent / "reference" / "keys.yaml"
EMPTY: tuple[object, ...] = (None, "", [], {})


def described() -> dict[str, dict[str, str]]:
    """Part of a file -> key -> what it is."""
    parts: dict[str, dict[str, str]] = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    return parts


def table(part: str) -> str:
    """The keys of a part, in the order of the descriptions."""
    schema = sources.yaml_keys()[part]
    rows = [
        f"| `{key}` | {_default(*schema[key])} | {' '.join(text.split())} |"
        for key, text in described()[part].items()
    ]
    return "\n".join(["| key | if left out | what it is |", "| --- | --- | --- |", *rows])


def _default(needed: bool, value: object) -> str:  # noqa: FBT001
    """In the words of a YAML file."""
    if needed:
        return "**needed**"
    if value in EMPTY or isinstance(value, dict):
        return ""
    return f"`{value}`" if isinstance(value, str) and value.strip() else f"`{json.dumps(value)}`"
