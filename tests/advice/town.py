"""A small invented set: six parties of a town, eight statements, one axis; two parties alike."""

from pathlib import Path

STATEMENTS = ("bus", "park", "pool", "tax", "rent", "market", "school", "light")
PARTIES = {
    "Reds": "aaaaaaaa",
    "Green List": "aaaaaada",
    "Middle": "aaaaddnn",
    "Farmers' Union": "ddaadddd",
    "Blues / Sky": "dddddddd",
    "Free Town": "ddddddad",
}
SIDES = {"a": "agree", "d": "disagree", "n": "neutral"}
SET = """\
name: town
title: Town council
language: en
licence: CC0-1.0
axes: {axis: {negative: blue, positive: red}}
statements:
"""


def text(parties: dict[str, str] | None = None, axis: bool = True) -> str:
    """The YAML of the set, with other parties where they are given."""
    key = "effects: {axis: 1}" if axis else "effects: {}"
    lines = [f"  - {{id: {s}, text: The {s} should be new., {key}}}" for s in STATEMENTS]
    head = SET if axis else SET.replace("{axis: {negative: blue, positive: red}}", "{}")
    told = []
    for name, answers in (PARTIES if parties is None else parties).items():
        said = zip(STATEMENTS, answers, strict=True)
        given = ", ".join(f"{s}: {SIDES[a]}" for s, a in said if a in SIDES)
        told.append(f'  - {{name: "{name}", answers: {{{given}}}}}')
    respondents = ["respondents:", *told] if told else []
    return head + "\n".join([*lines, *respondents]) + "\n"


def write(folder: Path, parties: dict[str, str] | None = None, *, axis: bool = True) -> str:
    """A file with it; its path."""
    path = folder / "town.yaml"
    path.write_text(text(parties, axis), "utf-8")
    return str(path)
