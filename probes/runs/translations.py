"""Editions of a set: the same statements in other languages, one file each.

``compass.yaml`` has its own language; ``compass.de.yaml`` is the German edition, with the same ids,
axes and keys. Protocols have editions in the same way; further editions of a protocol that ships
may lie next to a user's own set. Finds and checks files; asks no model.
"""

import re
from collections.abc import Iterable, Mapping
from glob import escape
from pathlib import Path

from probes import plugins
from probes.asking import protocols
from probes.asking.usual import folder_of
from probes.errors import SetError, UsageError
from probes.instruments import sets
from probes.types import StatementSet, Variants

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")


def split(languages: str) -> list[str]:
    """``"de, ja"`` -> ``["de", "ja"]``.

    Raises:
        UsageError: the list is empty, or a language occurs twice.
    """
    names = [part.strip() for part in languages.split(",")]
    for name in names:
        if not LANGUAGE.fullmatch(name):
            raise UsageError(f"--language {languages}: {name!r} is no language code, such as de")
        if names.count(name) > 1:
            raise UsageError(f"--language {languages}: {name} stands twice")
    return names


def find(of: str, protocol: str, languages: str) -> dict[str, tuple[str, str]]:
    """Language -> (set, protocol), in the order that was asked for.

    Args:
        of: Name or path of the set.
        protocol: Name or path of the protocol.
        languages: Such as ``de,ja``.

    Raises:
        UsageError: a language that the set or the protocol lacks; names the existing ones.
        SetError: an edition has faults, another language, or other statements or keys.
    """
    names = split(languages)
    set_files = _editions("statements", of, sets.outline(of).language)
    base_language = protocols.load(protocol).wordings[0].language
    protocol_files = _editions("protocols", protocol, base_language, folder_of("statements", of))
    for name in names:
        if name not in set_files:
            raise UsageError(_unknown(name, "statement set", of, set_files))
        if name not in protocol_files:
            sentence = _unknown(name, "protocol", protocol, protocol_files)
            raise UsageError(sentence + _own_protocol(name, of, protocol))
    editions = {name: (set_files[name], protocol_files[name]) for name in names}
    _loaded({name: file for name, (file, _) in editions.items()})
    return editions


def find_sets(of: str, languages: str) -> dict[str, StatementSet]:
    """Language -> the set in it, in the order that was asked for; downloads nothing.

    Args:
        of: Name or path of the set.
        languages: Such as ``de,ja``.

    Raises:
        UsageError: a language that the set lacks; names the existing ones.
        SetError: as for `find`.
    """
    files = _editions("statements", of, sets.outline(of).language)
    for name in (names := split(languages)):
        if name not in files:
            raise UsageError(_unknown(name, "statement set", of, files))
    return _loaded({name: files[name] for name in names}, fetch=False)


def _loaded(files: Mapping[str, str], *, fetch: bool = True) -> dict[str, StatementSet]:
    """The set in each language; raises an error unless statements and keys are the same in all."""
    loaded = {name: sets.load(file, fetch=fetch) for name, file in files.items()}
    first = next(iter(files))
    for name, file in files.items():
        if loaded[name].language != name:
            language = loaded[name].language
            raise SetError(f"{file}: language: is {language!r}, its file says {name!r}")
        _check_correspondence((files[first], loaded[first]), (file, loaded[name]))
    return loaded


def with_variants(
    editions: Mapping[str, tuple[str, str]], variants: Variants
) -> dict[str, Variants]:
    """Language -> variants to ask: an edition without variants is asked its first texts, unless no
    edition has any."""
    having = {
        language
        for language, (set_name, _) in editions.items()
        if any(s.variants for s in sets.outline(set_name).statements)
    }
    return {name: variants if name in having or not having else "first" for name in editions}


def _editions(room: str, base: str, own: str, beside: Path | None = None) -> dict[str, str]:
    """Language -> name or path of every existing edition.

    Args:
        room: ``statements`` or ``protocols``.
        base: Name or path of the edition that was named.
        own: Its language.
        beside: Folder that may hold further editions of one that ships.
    """
    path = plugins.data(room, base, SetError)
    is_file = base not in plugins.names(room, ".yaml")
    editions = {own: base}
    for folder in (path.parent, *([beside] if beside and not is_file else [])):
        for file in sorted(folder.glob(f"{escape(path.stem)}.*{path.suffix}")):
            language = file.stem.removeprefix(f"{path.stem}.")
            if LANGUAGE.fullmatch(language):
                needs_path = is_file or folder == beside
                editions.setdefault(language, str(file) if needs_path else file.stem)
    return dict(sorted(editions.items()))


def _own_protocol(name: str, set_name: str, protocol: str) -> str:
    """Path that a user's own edition of a shipped protocol would have."""
    if folder_of("statements", set_name) is None or folder_of("protocols", protocol) is not None:
        return ""
    return f"; one of your own is {protocol}.{name}.yaml beside {Path(set_name).name}"


def _unknown(name: str, noun: str, base: str, languages: Iterable[str]) -> str:
    """Error sentence for a language that does not exist."""
    available = ", ".join(languages)
    path = Path(base)
    if path.suffix not in {".yaml", ".yml"}:
        return f"--language {name}: the {noun} {base!r} is there in {available}"
    file = f"{path.stem}.{name}{path.suffix}"
    return (
        f"--language {name}: there is no {file} beside {path.name}; a {noun} of your own is one "
        f"file a language, called as {path.name} and {file} are, with the same ids and keys; "
        f"there are: {available}"
    )


def _check_correspondence(
    first: tuple[str, StatementSet], second: tuple[str, StatementSet]
) -> None:
    """Check that both editions have the same statement ids, with the same keys."""
    (base, original), (edition, translation) = first, second
    if [a.name for a in original.axes] != [a.name for a in translation.axes]:
        raise SetError(f"{edition}: axes: are not those of {base}, in its order")
    if (original.scoring, original.scale) != (translation.scoring, translation.scale):
        raise SetError(f"{edition}: scoring and scale: are not those of {base}")
    keys = [
        {s.id: (s.effects, s.table, s.topic, bool(s.mirror)) for s in of.statements}
        for of in (original, translation)
    ]
    for name in [*keys[0], *keys[1]]:
        lacking, having = (edition, base) if name not in keys[1] else (base, edition)
        if name not in keys[0] or name not in keys[1]:
            raise SetError(f"{lacking}: lacks the statement {name!r}, which {having} has")
        if keys[0][name] != keys[1][name]:
            raise SetError(
                f"{edition}: statement {name}: its key, topic or mirror differs from {base}"
            )
