"""Who may import whom is read off the path: a package imports only from floors below its own."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent

FLOORS = (
    {"errors", "provenance", "documented"},
    {"budget", "ending", "phrases", "plugins"},
    {"types"},
    {"files"},
    {"instruments", "evidence", "plots", "conditions"},
    {"asking"},
    {"replies"},
    {"advice"},
    {"methods", "agreement", "backends"},
    {"placement", "models"},
    {"comparison"},
    {"claims", "people", "steering", "requests"},
    {"referents"},
    {"tables"},
    {"output", "validity"},
    {"style", "downstream"},
    {"debiasing"},
    {"runs", "importers", "training"},
    {"corpora", "exchange", "verification"},
    {"api", "report", "cluster", "demo", "questionnaire"},
    {"cli"},
    {"__init__", "__main__"},
)
"""From the ground up. A name is the first part of a module's path inside `probes`."""

ONLY = {
    "plots": {"errors", "files", "phrases", "types"},
    "statements": set[str](),
    "protocols": set[str](),
    "wordings": set[str](),
    "tasks": set[str](),
    "backends": {"errors", "plugins", "types", "files", "replies", "provenance", "budget"},
}
"""Packages that may use less than their floor allows."""

HOMES = {
    "torch": {"backends", "debiasing", "demo", "training"},
    "transformers": {"backends", "training", "demo"},
    "tokenizers": {"backends", "demo"},
    "safetensors": {"backends", "training", "demo"},
    "gguf": {"backends"},
    "huggingface_hub": {"backends"},
    "accelerate": {"backends", "training"},
    "datasets": {"training"},
    "peft": {"backends", "training"},
    "openai": {"backends"},
    "tenacity": {"backends"},
    "inspect_ai": {"backends", "exchange"},
    "ray": {"cluster"},
    "jinja2": {"backends", "questionnaire", "report"},
    "matplotlib": {"plots"},
    "contourpy": {"referents"},
    "plotly": {"report"},
    "openpyxl": {"files", "questionnaire"},
    "filelock": {"files"},
    "platformdirs": {"files", "models"},
    "httpx2": {"files", "backends"},
    "anyio": {"backends"},
    "pyarrow": {"evidence", "runs", "training"},
    "scipy": {
        *(
            "advice",
            "comparison",
            "corpora",
            "debiasing",
            "downstream",
            "people",
            "placement",
            "referents",
        ),
        *("replies", "requests"),
        *("style", "tables", "validity"),
    },
    "statsmodels": {"people"},
    "typer": {"cli"},
    "rich": {"cli"},
    "tqdm": {"output"},
}
"""Library -> the packages in which it may be imported at all, be it inside a function."""


@cache
def sources() -> dict[str, ast.Module]:
    """Module name inside `probes` -> its source, for the three folders that make up the package."""
    trees = {}
    for folder, package in (("probes", ""), ("plots", "plots"), ("statements", "statements")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = [package, *path.relative_to(ROOT / folder).with_suffix("").parts]
            name = ".".join(filter(None, parts))
            trees[name] = ast.parse(path.read_text("utf-8"), str(path))
    return trees


def imported(name: str) -> Iterator[str]:
    """Full names of what a module imports, wherever in it; ours begin with ``probes``."""
    package = name.split(".")[:-1]
    for node in ast.walk(sources()[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = ["probes", *package[: len(package) - node.level + 1]] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                inside = f"{base}.{alias.name}"
                yield inside if module(inside) else base


def module(full: str) -> str:
    """The module of ours that a full name means: ``probes.plots._style`` -> ``plots._style``."""
    name = full.removeprefix("probes.") if full.startswith("probes.") else ""
    return next((n for n in (name, f"{name}.__init__") if n in sources()), "")


def package(name: str) -> str:
    """``files.atomic`` -> ``files``."""
    return name.partition(".")[0]


def floor(name: str) -> int:
    """How high a package stands; the shelves that hold no code stand below all."""
    levels = [n for n, names in enumerate(FLOORS) if name in names]
    return levels[0] if levels else -1


@cache
def ours() -> dict[str, set[str]]:
    """Module -> the modules of ours that it imports."""
    return {name: set(filter(None, map(module, imported(name)))) for name in sources()}


def test_a_package_imports_only_from_floors_below_its_own() -> None:
    offenders = [
        f"{name} imports {other}"
        for name, others in ours().items()
        for other in sorted(others)
        if (here := package(name)) != (there := package(other))
        and not (floor(there) < floor(here) and there in ONLY.get(here, {there}))
    ]
    assert not offenders, "\n".join(offenders)


def test_every_package_has_its_one_floor() -> None:
    placed = [name for names in FLOORS for name in names]
    shelves = {name for name, allowed in ONLY.items() if not allowed}
    assert sorted(placed) == sorted(set(placed))
    assert {package(name) for name in sources()} == {*placed, *shelves}


def test_heavy_libraries_are_imported_in_their_homes_only() -> None:
    offenders = [
        f"{name} imports {full}"
        for name in sources()
        for full in imported(name)
        if package(name) not in HOMES.get(full.partition(".")[0], {package(name)})
    ]
    assert not offenders, "\n".join(offenders)


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert set(TopologicalSorter(ours()).static_order()) >= sources().keys()


def test_each_backend_has_at_most_one_heavy_import() -> None:
    """torch and transformers are one: the second stands on the first."""
    kinds = {"torch": "torch", "transformers": "torch", "peft": "torch", "openai": "openai"}
    for name in sources():
        if package(name) == "backends":
            heavy = {kinds.get(full.partition(".")[0]) for full in imported(name)} - {None}
            assert len(heavy) <= 1, name


def test_scipy_stats_is_imported_where_it_is_called() -> None:
    """To import it takes longer than a run of a planted model, and every command would."""
    names = {"scipy.stats"}
    offenders = [
        name
        for name, tree in sources().items()
        for node in tree.body
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if names & {alias.name, f"{getattr(node, 'module', '')}.{alias.name}"}
        or getattr(node, "module", "") in names
    ]
    assert not offenders


def test_shelves_hold_no_code() -> None:
    for name in ("statements", "protocols", "tasks", "wordings"):
        tree = sources()[f"{name}.__init__"]
        assert [type(node) for node in tree.body] in ([], [ast.Expr])


def test_folders_stay_small_and_say_what_they_are_for() -> None:
    """At most 16 modules a folder and 10 files at the top; each `__init__` has a docstring."""
    folders = {path.parent for path in (ROOT / "probes").rglob("*.py")}
    large = {
        str(folder.relative_to(ROOT)): count
        for folder in folders
        if (count := len(list(folder.glob("*.py")))) > 16
    }
    assert not large
    assert len([p for p in (ROOT / "probes").iterdir() if p.is_file() or p.is_symlink()]) <= 10
    silent = [
        n for n, tree in sources().items() if n.endswith("__init__") and not ast.get_docstring(tree)
    ]
    assert not silent


def test_modules_stay_short() -> None:
    """At most 250 lines."""
    files = [path for folder in ("probes", "plots") for path in (ROOT / folder).rglob("*.py")]
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in files
    }
    assert {name: count for name, count in lines.items() if count > 250} == {}
