"""A study file: a run described by YAML, several sets and protocols in one go.

::

    models: [gpt2, mine=./checkpoint]
    sets: [compass, ./mine.yaml]
    protocols: [default, open]
    out: runs/study
    limit: 20

Every other key is an option of ``probes run`` by its name, and is checked as if it were typed. What
runs code is not read from a file, which may be a stranger's: it must be typed.
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
"""Keys that hold a list -> the option that each of its entries is."""
TOGETHER = ("models", "checkpoints", "conditions")
"""Such of them as every run has all of."""
OWN = {"out"}
"""A key with a meaning of its own: the folder above those of the runs."""
RUN, UNNAMED = "run.yaml", "run"
"""File that every run's folder has; folder of a run whose set and protocol are the usual ones."""
TYPED = ("study", "model", "set", "protocol", "dry_run", "help", "quiet", "verbose", "as_json")
"""What is another key here, or is only typed."""
RUNS_CODE = ("trust_remote_code",)
FILES = ("method", "backend")
"""Options whose value may be a program of the user's own."""
HERE = ("auto", "local", "True", "False")
"""What a file may say of Ray: what a cluster elsewhere sends runs code when it is read."""
Words = list[str]


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One run of a study: of one set by one protocol."""

    set: str
    protocol: str
    out: Path | None
    """None: where a run lies unless told otherwise."""
    words: tuple[str, ...]
    """Its command line, without `probes run`."""


def runs(path: Path, options: Mapping[str, Any], typed: Sequence[str]) -> list[StudyRun]:
    """The runs of a study file, a folder each.

    Args:
        path: The file.
        options: Of `probes run` by name, which the other keys are; as typer has them.
        typed: Options typed beside the file; they go before what it says.

    Raises:
        SetError: the file cannot be read, or says something that it may not: every fault at once.
        UsageError: the folder for all runs is that of one.
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
    asked = [f"{LISTS[key]}={name}" for key in TOGETHER for name in _list(entries.get(key))]
    words = [*asked, *flags, *typed]
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
    """The run of a set and protocol, and its command line."""
    of, protocol = pair
    name = "-".join(filename(_stem(part)) for part in pair if part)
    folder = None if above is None else Path(str(above)) / (name or UNNAMED)
    asked = [f"--set={of}"] * bool(of) + [f"--protocol={protocol}"] * bool(protocol)
    where = [f"--out={folder}"] if folder else []
    return StudyRun(of, protocol, folder, (*asked, *words, *where))


def _stem(of: str) -> str:
    """The name of a set or protocol, or of the file that it is in."""
    path = PurePath(of)
    return path.stem if path.suffix.lower() in (".yaml", ".yml") else path.name or of


def _typed_out(words: Words) -> str | None:
    """The folder that was typed as ``--out`` beside the file."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--out":
            return following
        if word.startswith("--out="):
            return word.partition("=")[2]
    return None


def _faults(entries: Mapping[object, object], options: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the keys and the kinds of their values."""
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
    """An option as it is typed."""
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
