"""Results of promptfoo: ``promptfoo eval -o results.json``.

A test's variable ``statement`` names the statement. Several prompts are wordings ``prompt-1``,
``prompt-2`` ..., in the order of the configuration. A repeated test occurs several times, in the
order of repetitions. A test with an error has no reply.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.backends.recordings.log import (
    ASKED,
    Entry,
    ForeignLog,
    Located,
    objects,
    require_version,
)
from probes.errors import ModelError
from probes.files.nested import at_path

NEWEST = 3
"""Newest version of the format that was tested."""


def read(path: Path, results: Mapping[str, object]) -> ForeignLog:
    """The tests of a file of results.

    Raises:
        ModelError: it has a newer version, or another structure.
    """
    require_version(path, "promptfoo", results["version"], NEWEST)
    tests = results["results"]
    if not isinstance(tests, Sequence) or isinstance(tests, str):
        raise ModelError(f"{path}: results of promptfoo whose 'results' are no list")
    located = objects(path, ((f"result {n}", test) for n, test in enumerate(tests, start=1)))
    prompts = _prompts(path, located)
    seen = Counter[str]()
    entries = [(where, _entry(path, where, test, prompts)) for where, test in located]
    for _, entry in entries:
        test_key = repr([entry["model"], entry["wording"], entry.get("vars"), entry[ASKED]])
        entry["seed"] = seen[test_key]
        seen[test_key] += 1
    return ForeignLog(entries, own="vars")


def _prompts(path: Path, located: Located) -> list[object]:
    """Labels of the prompts in the order of the configuration, by the smallest `promptIdx` of each
    (which differs between models but increases in this order)."""
    first: dict[object, int] = {}
    for where, test in located:
        number, label = _at(test, "promptIdx"), _at(test, "prompt.label")
        if type(number) is not int or not isinstance(label, str):
            raise ModelError(f"{path}: {where}: should have a promptIdx, and a prompt with a label")
        first[label] = min(number, first.get(label, number))
    return sorted(first, key=first.__getitem__)


def _entry(path: Path, where: str, test: Entry, prompts: Sequence[object]) -> Entry:
    model = _at(test, "provider.label") or _at(test, "provider.id")
    if not isinstance(model, str):
        raise ModelError(f"{path}: {where}: should have a provider with an id")
    number = prompts.index(_at(test, "prompt.label")) + 1
    return {
        **test,
        "model": model,
        ASKED: _at(test, "prompt.raw"),
        "reply": _at(test, "response.output"),
        "wording": f"prompt-{number}" if len(prompts) > 1 else "",
    }


def _at(test: Entry, path: str) -> object:
    try:
        return at_path(test, path)
    except KeyError:
        return None
