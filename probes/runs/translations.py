"""The editions of a set: the same statements in other languages, a file each.

``compass.yaml`` has its own language; ``compass.de.yaml`` is the German edition, with the same ids,
axes and keys. A protocol has editions in the same way. Finds and checks files; asks nothing.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from probes import plugins
from probes.asking import protocols
from probes.errors import SetError, UsageError
from probes.instruments import sets
from probes.types import StatementSet

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")


def split(languages: str) -> list[str]:
    """``"de, ja"`` -> ``["de", "ja"]``.

    Raises:
        UsageError: there is none, or one stands twice.
    """
    names = [part.strip() for part in languages.split(",")]
    for name in names:
        if not LANGUAGE.fullmatch(name):
            raise UsageError(f"--language {languages}: {name!r} is no language code, such as de")
        if names.count(name) > 1:
            raise UsageError(f"--language {languages}: {name} stands twice")
    return names


def find(of: str, protocol: str, languages: str) -> dict[str, tuple[str, str]]:
    """Language -> its set and its protocol, in the order that was asked for.

    Args:
        of: Name or path of the set whose editions are meant.
        protocol: Name or path of the protocol whose editions are meant.
        languages: Such as ``de,ja``.

    Raises:
        UsageError: a language that the set or the protocol lacks; names those that there are.
        SetError: an edition has faults, another language, or other statements or keys.
    """
    names = split(languages)
    those = _editions("statements", of, sets.outline(of).language)
    recipes = _editions("protocols", protocol, protocols.load(protocol).wordings[0].language)
    for name in names:
        if name not in those:
            raise UsageError(_unknown(name, "statement set", of, those))
        if name not in recipes:
            raise UsageError(_unknown(name, "protocol", protocol, recipes))
    found = {name: (those[name], recipes[name]) for name in names}
    loaded = [(edition, sets.load(edition)) for edition, _ in found.values()]
    for name, (edition, one) in zip(names, loaded, strict=True):
        if one.language != name:
            raise SetError(f"{edition}: language: is {one.language!r}, its file says {name!r}")
        _same(loaded[0], (edition, one))
    return found


def _editions(room: str, base: str, own: str) -> dict[str, str]:
    """Language -> name or path of every edition that there is; the base has its `own` language."""
    path = plugins.data(room, base, SetError)
    is_file = base not in plugins.names(room, ".yaml")
    found = {own: base}
    for file in sorted(path.parent.glob(f"*{path.suffix}")):
        language = file.stem.removeprefix(f"{path.stem}.")
        if language != file.stem and LANGUAGE.fullmatch(language):
            found.setdefault(language, str(file) if is_file else file.stem)
    return dict(sorted(found.items()))


def _unknown(name: str, what: str, base: str, there: Iterable[str]) -> str:
    """The sentence for a language that is not there."""
    available = ", ".join(there)
    path = Path(base)
    if path.suffix not in {".yaml", ".yml"}:
        return f"--language {name}: the {what} {base!r} is there in {available}"
    file = f"{path.stem}.{name}{path.suffix}"
    return (
        f"--language {name}: there is no {file} beside {path.name}; a {what} of your own is one "
        f"file a language, called as {path.name} and {file} are, with the same ids and keys; "
        f"there are: {available}"
    )


def _same(first: tuple[str, StatementSet], other: tuple[str, StatementSet]) -> None:
    """Statements correspond by id, so each edition has all of them, with the same key."""
    (base, one), (edition, two) = first, other
    if [a.name for a in one.axes] != [a.name for a in two.axes]:
        raise SetError(f"{edition}: axes: are not those of {base}, in its order")
    if (one.scoring, one.scale) != (two.scoring, two.scale):
        raise SetError(f"{edition}: scoring and scale: are not those of {base}")
    keys = [
        {s.id: (s.effects, s.table, s.topic, bool(s.mirror)) for s in each.statements}
        for each in (one, two)
    ]
    for name in [*keys[0], *keys[1]]:
        lacking, having = (edition, base) if name not in keys[1] else (base, edition)
        if name not in keys[0] or name not in keys[1]:
            raise SetError(f"{lacking}: lacks the statement {name!r}, which {having} has")
        if keys[0][name] != keys[1][name]:
            raise SetError(
                f"{edition}: statement {name}: its key, topic or mirror differs from {base}"
            )
