"""Study files: YAML that describes several runs, of several sets and protocols.

::

    models: [gpt2, mine=./checkpoint]
    sets: [compass, ./mine.yaml]
    protocols: [default, open]
    out: runs/study
    limit: 20

Every other key is an option of ``probes run`` by its name, and is checked as if it were typed. A
study file may come from a stranger, so options that execute code must be typed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePath
from typing import Any, cast

from probes.errors import SetError, UsageError, nearest
from probes.files.escape import filename

LISTS = {
    "models": "--model",
    "checkpoints": "--checkpoints",
    "sets": "--set",
    "protocols": "--protocol",
    "conditions": "--condition",
}
"""Key that holds a list -> the option for each of its entries."""
TOGETHER = ("models", "checkpoints", "conditions")
"""List keys whose entries all apply to every run."""
OWN = {"out"}
"""Keys that are no option: `out` is the parent folder of the runs' folders."""
RUN, UNNAMED = "run.yaml", "run"
"""File in every run's folder; folder name of a run with the default set and protocol."""
TYPED = ("study", "model", "set", "protocol", "dry_run", "help", "quiet", "verbose", "as_json")
"""Options that have another key in a study file, or can only be typed."""
RUNS_CODE = ("trust_remote_code",)
FILES = ("method", "backend")
"""Options whose value may be a user's own program."""
HERE = ("auto", "local", "True", "False")
"""Values of `ray` allowed in a file: data from another cluster runs code when unpickled."""
Words = list[str]


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One run of a study: one set with one protocol."""

    set: str
    protocol: str
    out: Path | None
    """Folder of the run; None: the default folder."""
    words: tuple[str, ...]
    """Command line of the run, without `probes run`."""


def runs(path: Path, options: Mapping[str, Any], typed: Sequence[str]) -> list[StudyRun]:
    """The runs of a study file, each with its own folder.

    Args:
        path: The file.
        options: Options of `probes run` by name, as typer has them; allowed as keys.
        typed: Options typed beside the file; they override it.

    Raises:
        SetError: the file cannot be read, or has faults: all are named at once.
        UsageError: the folder for all runs is already a run's folder.
    """
    from probes.files.yaml import read_yaml

    content = read_yaml(path)
    if not isinstance(content, dict):
        raise SetError(f"{path}: should be a mapping (key: value)")
    entries = cast("Mapping[object, object]", content)
    faults = list(_faults(entries, {n: o for n, o in options.items() if n not in TYPED}))
    if faults:
        raise SetError("\n".join(f"{path}: {fault}" for fault in faults))
    flags = [
        word
        for key, value in entries.items()
        if key not in LISTS and key not in OWN
        for word in _words(options[str(key).replace("-", "_")], value)
    ]
    shared = [f"{LISTS[key]}={name}" for key in TOGETHER for name in _list(entries.get(key))]
    words = [*shared, *flags, *typed]
    above = _typed_out(words) or entries.get("out")
    every = product(_list(entries.get("sets")) or [""], _list(entries.get("protocols")) or [""])
    made = [_run(pair, above, words) for pair in every]
    if above is not None and (Path(str(above)) / RUN).exists():
        raise UsageError(
            f"{path}: {above} is the folder of a run, and a study's runs have a folder each in it; "
            f"give another out, or go on with that run by moving its files to {made[0].out}"
        )
    return made


def _run(pair: tuple[str, str], above: object, words: Words) -> StudyRun:
    """The run of a (set, protocol), with its command line."""
    set_name, protocol = pair
    name = "-".join(filename(_stem(part)) for part in pair if part)
    folder = None if above is None else Path(str(above)) / (name or UNNAMED)
    selection = [f"--set={set_name}"] * bool(set_name) + [f"--protocol={protocol}"] * bool(protocol)
    where = [f"--out={folder}"] if folder else []
    return StudyRun(set_name, protocol, folder, (*selection, *words, *where))


def _stem(name_or_file: str) -> str:
    """Name of a set or protocol, or stem of its file."""
    path = PurePath(name_or_file)
    return path.stem if path.suffix.lower() in (".yaml", ".yml") else path.name or name_or_file


def _typed_out(words: Words) -> str | None:
    """Folder typed as ``--out`` beside the file."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--out":
            return following
        if word.startswith("--out="):
            return word.partition("=")[2]
    return None


def _faults(entries: Mapping[object, object], options: Mapping[str, Any]) -> Iterator[str]:
    """Faults of the keys, and of the types of their values."""
    keys = [*LISTS, *OWN, *options]
    for key, value in entries.items():
        name = str(key).replace("-", "_")
        if key in LISTS:
            if not _list(value) or not all(isinstance(v, str) for v in _list(value)):
                yield f"{key}: should be a name or a list of names"
        elif key == "out":
            yield from _out_faults(value)
        elif name not in options:
            yield f"{key}: unknown key; {nearest(str(key), keys)}"
        elif _runs_code(name, value):
            yield f"{key}: {value}: runs code, so it must be typed beside the file"
        elif not isinstance(value, str | int | float) and not (
            isinstance(value, list) and options[name].multiple
        ):
            yield f"{key}: should be one value, not {value!r}"
    if not entries.get("models") and not entries.get("checkpoints"):
        yield "models: say what to probe, a list of models (or checkpoints)"


def _out_faults(value: object) -> Iterator[str]:
    parts = PurePath(value).parts if isinstance(value, str) and value else ("..",)
    leads_out = PurePath(*parts).is_absolute() or ".." in parts or "~" in parts[0]
    if leads_out or not Path(*parts).resolve().is_relative_to(Path.cwd().resolve()):
        yield f"out: {value!r}: should be a folder below this one; type another as --out"


def _runs_code(name: str, value: object) -> bool:
    if name == "ray":
        return str(value) not in HERE
    return name in RUNS_CODE or (name in FILES and str(value).endswith(".py"))


def _list(value: object) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [cast("str", value)]


def _words(option: Any, value: object) -> Words:
    """An option as words of a command line."""
    long = max(option.opts, key=len)
    if isinstance(value, bool):
        if value:
            return [long]
        return [max(option.secondary_opts, key=len)] if option.secondary_opts else []
    return [
        word
        for each in (value if isinstance(value, list) else [value])
        for word in (f"{long}={each}",)
    ]
