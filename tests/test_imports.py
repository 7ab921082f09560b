"""One direction: who may import whom, and where the heavy libraries live."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

ROOMS = {
    "disk": {"disk"},
    "vocabulary": {"budget", "errors", "plain", "thinking", "types"},
    "files": {
        *(
            "borrowed",
            "correction",
            "faults",
            "fetch",
            "loader",
            "modelfile",
            "models",
            "protocols",
            "published",
            "setfile",
        ),
        *("sets", "wordings", "yamlfile"),
    },
    "evidence": {"answers", "journal", "stancefile"},
    "methods": {"claims", "lexicon", "methods", "reader"},
    "loop": {"batches", "loop"},
    "backends": {"backends", "recordings", "replyfile"},
    "numbers": {
        *("faithful", "stance"),
        *(
            "across",
            "agreement",
            "alignment",
            "breakdown",
            "cells",
            "columns",
            "difference",
            "gates",
            "halves",
            "odds",
        ),
        *("interval", "keys", "movement", "paired", "pairs"),
        *("placement", "point", "power", "reference", "replies", "tablekey", "tables"),
        "variance",
    },
    "checks": {
        *("check", "cloud", "convergence", "keying", "respondents", "stancecheck", "texts"),
        *("trial", "verdict", "worth"),
    },
    "plots": {"plots"},
    "runs": {
        "api",
        "columnfile",
        "compare",
        "conclusions",
        "comparison",
        "csvfile",
        "editions",
        "export",
        "figures",
        "notebook",
        "papertable",
        "profile",
        "folder",
        "forecast",
        "languages",
        "lineup",
        "judging",
        "runfile",
        "session",
        "judges",
        "stancetables",
        "trajectory",
    },
    "cluster": {"cluster", "crew", "turns", "worker"},
    "importers": {"importers"},
    "training": {
        *(
            "blocks",
            "card",
            "corpora",
            "course",
            "devices",
            "feed",
            "intake",
            "lines",
            "masking",
            "pretrain",
        ),
        *("streams", "trainer", "training"),
    },
    "report": {"report", "view"},
    "demo": {"classroom", "corpus", "demo", "pages", "paper", "press", "pupils", "teach"},
    "command": {
        "bars",
        "cli",
        "cli_compare",
        "cli_report",
        "cli_run",
        "cli_sets",
        "cli_stance",
        "cli_tables",
        "cli_train",
        "say",
        "show",
        "__init__",
        "__main__",
    },
    "statements": {"statements"},
}
"""Room -> modules and packages of `probes` that are in it."""

MAY_IMPORT = {
    "disk": set(),
    "vocabulary": set(),
    "files": {"disk", "vocabulary"},
    "evidence": {"disk", "vocabulary"},
    "methods": {"vocabulary", "files"},
    "loop": {"vocabulary", "files", "evidence"},
    "backends": {"vocabulary"},
    "numbers": {"vocabulary", "evidence"},
    "checks": {"vocabulary", "files", "evidence", "loop", "numbers"},
    "plots": {"disk", "vocabulary"},
    "runs": {"disk", "vocabulary", "files", "evidence", "loop", "numbers", "plots", "backends"},
    "cluster": {"disk", "vocabulary", "evidence", "loop", "runs"},
    "importers": {"vocabulary", "files", "runs"},
    "report": {"vocabulary", "files", "evidence", "numbers", "runs"},
    "training": {"disk", "vocabulary", "files", "loop", "runs", "backends"},
    "demo": {"disk", "vocabulary", "files", "evidence", "methods", "runs", "training"},
    "command": {
        "vocabulary",
        "files",
        "loop",
        "checks",
        "cluster",
        "importers",
        "report",
        "runs",
        "training",
        "demo",
    },
    "statements": set(),
}
"""Room -> the other rooms that it may import from; it may always import from itself."""

HOMES = {
    "torch": {"backends", "training", "demo"},
    "transformers": {"backends", "training", "demo"},
    "tokenizers": {"backends", "demo"},
    "safetensors": {"backends", "training", "demo"},
    "huggingface_hub": {"backends"},
    "accelerate": {"backends", "training"},
    "datasets": {"training"},
    "peft": {"backends", "training"},
    "openai": {"backends"},
    "tenacity": {"backends"},
    "ray": {"cluster"},
    "jinja2": {"backends", "report"},
    "matplotlib": {"plots"},
    "plotly": {"report"},
    "openpyxl": {"importers"},
    "pyarrow": {"runs", "training"},
    "scipy": {"numbers"},
    "pandas": {"numbers", "checks", "plots", "report", "runs", "demo", "command", "vocabulary"},
    "filelock": {"runs"},
    "platformdirs": {"files"},
    "httpx2": {"files"},
    "anyio": {"backends"},
    "typer": {"command"},
    "rich": {"command"},
}
"""Library -> the rooms in which it may be imported at all, be it inside a function."""


def sources() -> dict[str, ast.Module]:
    """Module name inside `probes` -> its source, for the three folders that make up the package."""
    found = {}
    for folder, package in (("probes", ""), ("plots", "plots"), ("statements", "statements")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
            name = ".".join(filter(None, parts))
            found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


SOURCES = sources()


def imported(name: str) -> Iterator[str]:
    """Full names of what a module imports, wherever in it; ours begin with ``probes``."""
    package = name.split(".")[:-1]
    for node in ast.walk(SOURCES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ["probes", *package[: len(package) - node.level + 1]] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                inside = f"{base}.{alias.name}"
                yield inside if ours(inside) in SOURCES else base


def ours(full: str) -> str:
    """``probes.plots._ink`` -> ``plots._ink``; empty for what is not ours."""
    return full.removeprefix("probes.") if full.startswith("probes.") else ""


def room(name: str) -> str:
    """The room of a module, by the first part of its name."""
    first, *_ = name.split(".")
    rooms = [room for room, members in ROOMS.items() if first in members]
    assert len(rooms) == 1, f"give {name} its one room in ROOMS, see HOUSE: who may import whom"
    return rooms[0]


@pytest.mark.parametrize("name", SOURCES)
def test_a_module_imports_only_from_rooms_below_its_own(name: str) -> None:
    here = room(name)
    for other in filter(None, map(ours, imported(name))):
        assert room(other) in MAY_IMPORT[here] | {here}, f"{name} imports {other}"


@pytest.mark.parametrize("name", SOURCES)
def test_heavy_libraries_are_imported_in_their_homes_only(name: str) -> None:
    for full in imported(name):
        library = full.split(".")[0]
        assert room(name) in HOMES.get(library, {room(name)}), f"{name} imports {library}"


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {name: set(filter(None, map(ours, imported(name)))) for name in SOURCES}
    assert set(TopologicalSorter(graph).static_order()) >= SOURCES.keys()


def test_every_room_and_module_that_is_named_here_exists() -> None:
    there = {name.split(".")[0] for name in SOURCES}
    assert set().union(*ROOMS.values()) <= there
    assert MAY_IMPORT.keys() == ROOMS.keys()


def test_each_backend_has_at_most_one_heavy_import() -> None:
    """torch and transformers are one: the second stands on the first."""
    kinds = {"torch": "torch", "transformers": "torch", "peft": "torch", "openai": "openai"}
    for name in SOURCES:
        if room(name) == "backends":
            heavy = {kinds.get(full.split(".")[0]) for full in imported(name)} - {None}
            assert len(heavy) <= 1, name


def test_statements_hold_no_code() -> None:
    (only,) = (tree for name, tree in SOURCES.items() if room(name) == "statements")
    assert [type(node) for node in only.body] in ([], [ast.Expr])
