"""What does not change when code is moved: the public list, the command, the wheel, a run's bytes.

Everything goes through the public API, the command and files, and names no module of the package.
What is promised lies in `golden/promises`; numbers there hold to a tolerance, since their last
digits depend on the processor, and everything else to the letter.

``python -m tests.test_promises --write`` writes it anew: look at the difference before committing.
``python -m tests.test_promises --digest`` prints the sha256 of every file of the runs, exactly as
they are on this machine: to be compared before and after a change, on one machine.
"""

import contextlib
import dataclasses
import hashlib
import importlib
import inspect
import io
import math
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

import probes
from tests import conftest  # first of all: what it sets is read once, when torch is imported

ROOT = Path(conftest.__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "promises"
GIVEN = GOLDEN / "given"
"""What the runs are made of: a registry, a set, a protocol."""
SOURCES = {"probes": "probes", "plots": "probes/plots", "statements": "probes/statements"}
"""Folder of the checkout -> where it is installed."""
RUNS = {
    "planted": ["--model", "base", "--model", "child", "--model", "blind", "--limit", "40"],
    "masked": ["--model", "tiny=./bert"],
    "causal": ["--model", "tiny=./gpt2"],
}
SMALL = ["--set", "set.yaml", "--protocol", "protocol.yaml", "--device", "cpu"]
CHECKPOINTS = ("bert", "gpt2")
EXACT, SINGLE = 1e-9, 1e-4
"""Of the larger number, or of 1: for numbers of double precision, and for what is made of a
checkpoint's, which are single. Without vector instructions they differ by up to 1e-14 and 2e-5."""
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e-\d+")
"""With a fraction or an exponent; whole numbers are compared as text."""


# --- the public list ---------------------------------------------------------------------------


def bare(annotation: object) -> str:
    """An annotation without the modules of its types, and the same if it was written as a text."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"ForwardRef\('([^']*)'[^)]*\)|\"([^\"]*)\"", r"\1\2", text)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", text)


def signature(name: str, call: Callable[..., object]) -> list[str]:
    """A line with the parameters and their defaults, then one for each annotation."""
    whole = inspect.signature(call)
    empty = inspect.Signature.empty
    plain = [p.replace(annotation=empty) for p in whole.parameters.values()]
    typed = {n: p.annotation for n, p in whole.parameters.items() if p.annotation is not empty}
    if whole.return_annotation is not empty:
        typed["return"] = whole.return_annotation
    return [f"{name}{inspect.Signature(plain)}", *(f"  {n}: {bare(a)}" for n, a in typed.items())]


def members(name: str, kind: type) -> Iterator[str]:
    """A class: what it inherits from, its fields, its public methods and properties."""
    yield f"class {name}({', '.join(base.__name__ for base in kind.__bases__)})"
    if dataclasses.is_dataclass(kind):
        for item in dataclasses.fields(kind):
            yield f"  field {item.name}: {bare(item.type)}{default(item)}"
    for key, value in vars(kind).items():
        if key.startswith("_"):
            continue
        if isinstance(value, property):
            yield f"  property {key}: {bare(inspect.signature(value.fget).return_annotation)}"
        elif isinstance(value, classmethod | staticmethod) or inspect.isfunction(value):
            call = getattr(kind, key)
            yield from (f"  {line}" for line in signature(key, call))


def default(item: "dataclasses.Field[object]") -> str:
    """How a field is filled that is not given."""
    if item.default is not dataclasses.MISSING:
        return f" = {item.default!r}"
    return "" if item.default_factory is dataclasses.MISSING else " = ..."


def api() -> str:
    """Every public name, with all that a caller of it relies on."""
    lines: list[str] = []
    for name in probes.__all__:
        value = getattr(probes, name)
        lines += members(name, value) if inspect.isclass(value) else signature(name, value)
    return "\n".join([*lines, ""])


def hashes() -> str:
    """Every protocol and set that ships, by name, with the hash that evidence is bound to."""
    protocols, sets = (
        sorted(path.stem for path in (ROOT / folder).glob("*.yaml"))
        for folder in ("probes/protocols", "statements")
    )
    lines = [f"protocol {name} {probes.load_protocol(name).sha256}" for name in protocols]
    lines += [f"set {name} {probes.load_set(name).sha256}" for name in sets if bundled(name)]
    return "\n".join([*lines, ""])


def bundled(name: str) -> bool:
    """Whether a set's texts are in its file, so that it can be loaded without any other."""
    content = yaml.safe_load((ROOT / "statements" / f"{name}.yaml").read_text("utf-8"))
    return all("text" in statement for statement in content.get("statements", ()))


# --- the command -------------------------------------------------------------------------------


def call(*words: str) -> tuple[int, str, str]:
    """Run the installed command in this process: exit status, output, errors."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    module, _, function = scripts["probes"].partition(":")
    main = getattr(importlib.import_module(module), function)
    out, err, status = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["probes", *words])
        patch.setattr(sys.modules["__main__"], "__package__", "")  # click: the program's name
        patch.setenv("COLUMNS", "100")
        patch.setenv("PROBES_MODELS", "models.yaml")
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main()
            except SystemExit as ended:
                status = int(ended.code or 0)
    return status, out.getvalue(), err.getvalue()


def helps(*words: str) -> Iterator[str]:
    """The help of a command and of all below it, each under its command line."""
    status, text, _ = call(*words, "--help")
    assert status == 0, words
    yield f"$ {' '.join(['probes', *words, '--help'])}\n{text}"
    _, _, below = text.partition("\nCommands:\n")
    commands, _, _ = below.partition("Examples:")
    for name in re.findall(r"^  (\S+)", commands, re.MULTILINE):
        yield from helps(*words, name)


# --- the wheel ---------------------------------------------------------------------------------


def wheel(folder: Path) -> Path:
    """The wheel of a copy of the checkout, built without network."""
    copy, out = folder / "copy", folder / "dist"
    skip = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "dist", "tests")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=skip)
    out.mkdir()
    program = "import sys; from setuptools import build_meta as b; b.build_wheel(sys.argv[1])"
    line = [sys.executable, "-c", program, str(out)]
    subprocess.run(line, cwd=copy, check=True, capture_output=True)
    (path,) = out.glob("*.whl")
    return path


def shipped(path: Path) -> str:
    """A wheel's commands and data files.

    Files that people name or edit are held to their place. Other YAML may lie anywhere in the
    package, but must be there to the byte; what a page is made of, by its name.
    """
    lines = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            place = Path(name)
            if name.endswith("entry_points.txt"):
                text = archive.read(name).decode()
                lines += [
                    f"command {word}" for word in re.findall(r"^(\S+) = ", text, re.MULTILINE)
                ]
            elif place.suffix == ".py" or place.parts[0].endswith(".dist-info"):
                continue
            elif fixed(place):
                lines.append(name)
            elif place.suffix == ".yaml":
                lines.append(f"yaml of sha256 {hashlib.sha256(archive.read(name)).hexdigest()}")
            else:
                lines.append(f"anywhere: {place.name}")
    return "\n".join([*sorted(lines), ""])


def fixed(place: Path) -> bool:
    """Whether a data file's place is a promise."""
    folder = place.parent.as_posix()
    return folder in {"probes/statements", "probes/protocols"} or place.as_posix() in {
        "probes/models.yaml",
        "probes/py.typed",
    }


# --- the runs ----------------------------------------------------------------------------------


def runs(folder: Path, build: Callable[[str], Path]) -> Path:
    """Make the runs in a folder of their own, where every path is relative."""
    shutil.copytree(GIVEN, folder, dirs_exist_ok=True)
    for name in CHECKPOINTS:
        shutil.copytree(build(name), folder / name)
    with contextlib.chdir(folder):
        for name, words in RUNS.items():
            more = [] if name == "planted" else SMALL
            status, _, err = call("run", *words, *more, "--out", name)
            assert status == 0, err
    return folder


def steady(name: str, text: str) -> str:
    """A file without what differs between times and machines: versions, the clock; of a
    checkpoint, whose weights are drawn here, also the hashes that they enter."""
    text = re.sub(r"(started: )'[^']*'", r"\1'?'", text)
    text = re.sub(r'("versions":)\{[^}]*\}', r"\1{}", text)
    text = re.sub(r"(versions:)\n(?: {4}[\w-]+: .*\n)+", r"\1\n    ?\n", text)
    if name.endswith("SHA256SUMS"):  # of what is held here itself
        text = re.sub(r"(?m)^[0-9a-f]{64}", "?" * 64, text)
    if not name.startswith("planted/"):
        text = re.sub(r'("(?:weights|plan|key)":")([0-9a-f]+)"', masked, text)
        text = re.sub(r"(weights: )([0-9a-f]{64})", masked, text)
    return text


def masked(match: "re.Match[str]") -> str:
    """A hash's length, in its place."""
    return f"{match[1]}{'?' * len(match[2])}" + ('"' if match[0].endswith('"') else "")


def exactly(name: str) -> bool:
    """Whether a file is held to its bytes alone: all that no processor's arithmetic enters, and
    that is large or the same in every run."""
    where, _, file = name.partition("/")
    if where == "planted":
        return file.endswith((".jsonl", ".svg", ".lock")) or file in {"set.yaml", "controls.yaml"}
    return file in {"set.yaml", "controls.yaml", "protocol.yaml", ".lock"}


def files(folder: Path) -> dict[str, Path]:
    """Every file of the runs, by its name from the folder they lie in."""
    every = [p for run in RUNS for p in sorted((folder / run).rglob("*")) if p.is_file()]
    return {p.relative_to(folder).as_posix(): p for p in every}


def kept(folder: Path) -> dict[str, str]:
    """What is promised of the runs: file -> its steady text, or the sha256 of that."""
    texts = {}
    for name, path in files(folder).items():
        if path.suffix != ".png":
            text = steady(name, path.read_bytes().decode())
            texts[name] = sha256(text) if exactly(name) else text
    return texts


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def promised() -> dict[str, str]:
    """What the golden files say of the runs, as `kept` has it."""
    lines = (GOLDEN / "sha256.txt").read_text("utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    return sums | {n: p.read_bytes().decode() for n, p in files(GOLDEN).items()}


def differences(now: str, then: str, tolerance: float) -> list[str]:
    """Lines that differ in more than the last digits of their numbers."""
    pairs = zip(now.split("\n"), then.split("\n"), strict=False)
    unlike = [f"{new!r} was {old!r}" for new, old in pairs if not alike(new, old, tolerance)]
    longer = now.count("\n") - then.count("\n")
    return [*unlike, f"{longer:+d} lines"] if longer else unlike


def alike(one: str, other: str, tolerance: float) -> bool:
    """The same text, with numbers that differ by no more than the tolerance."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(
        math.isclose(float(a), float(b), rel_tol=tolerance, abs_tol=tolerance) for a, b in pairs
    )


# --- the promises ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, checkpoint: Callable[..., Path]) -> Path:
    """The folder of the runs."""
    return runs(tmp_path_factory.mktemp("promises"), checkpoint)


@pytest.fixture(scope="module")
def compared(made: Path) -> Path:
    """The folder with a run beside them that has topics enough for a claim."""
    models = [word for name in ("base", "child", "blind") for word in ("--model", name)]
    with contextlib.chdir(made):
        status, _, err = call("run", *models, "--limit", "26", "--out", "topics")
    assert status == 0, err
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel."""
    return wheel(tmp_path_factory.mktemp("wheel"))


def golden(name: str) -> str:
    return (GOLDEN / name).read_text("utf-8")


def test_the_public_names_keep_their_signatures_fields_and_methods() -> None:
    assert api() == golden("api.txt")


@pytest.mark.slow
def test_protocols_and_sets_keep_the_hashes_that_evidence_is_bound_to() -> None:
    assert hashes() == golden("hashes.txt")


@pytest.mark.slow
def test_every_command_keeps_its_help() -> None:
    assert "\n".join(helps()) == golden("help.txt")


def test_the_wheel_has_the_entry_point_and_every_data_file(built: Path) -> None:
    assert shipped(built) == golden("wheel.txt")


def test_every_package_of_the_checkout_is_in_the_wheel_with_all_its_files(built: Path) -> None:
    """A folder that is missing from the list of packages, a kind of data from that of data."""
    names = set(zipfile.ZipFile(built).namelist())
    for source, target in SOURCES.items():
        inside = [p for p in (ROOT / source).rglob("*") if p.is_file() and p.suffix != ".pyc"]
        assert {f"{target}/{p.relative_to(ROOT / source).as_posix()}" for p in inside} <= names


def test_the_environment_variables_are_these() -> None:
    texts = [p.read_text("utf-8") for p in (ROOT / "probes").rglob("*.py")]
    names = {name for text in texts for name in re.findall(r"\bPROBES_[A-Z_]+", text)}
    assert names == {"PROBES_CACHE", "PROBES_MODELS", "PROBES_TEXT_HOST"}


def test_runs_write_the_same_files_as_ever(made: Path) -> None:
    """A file more or less; pictures by their name alone."""
    pictures = {name for name in files(made) if name.endswith(".png")}
    assert pictures == {f"{run}/compass.png" for run in RUNS}
    assert set(kept(made)) == set(promised())


@pytest.mark.parametrize("run", RUNS)
def test_the_files_of_a_run_are_what_they_were(run: str, made: Path) -> None:
    """Numbers to a tolerance; headers, keys, order, wording and hashes to the letter."""
    then = promised()
    tolerance = EXACT if run == "planted" else SINGLE
    changes = {
        name: found
        for name, now in kept(made).items()
        if name.startswith(f"{run}/") and (found := differences(now, then.get(name, ""), tolerance))
    }
    assert not changes


@pytest.mark.slow
def test_a_run_is_concluded_again_to_the_byte(made: Path) -> None:
    """`probes place` on a finished folder changes nothing."""
    before = {name: path.read_bytes() for name, path in files(made).items()}
    for run in RUNS:
        with contextlib.chdir(made):
            status, _, err = call("place", run)
        assert status == 0, err
    assert {name: path.read_bytes() for name, path in files(made).items()} == before


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["compare", "topics", "base", "child", "--margin", "10"], 0),
        (["compare", "topics", "base", "child"], 1),
        (["compare", "topics", "base", "blind"], 3),
        (["compare", "topics", "base", "nobody"], 2),
        (["compare", "topics", "base", "base"], 2),
        (["run", "--no-such-option"], 2),
        (["plot", "no-such-figure", "topics"], 2),
        (["sets", "list"], 0),
    ],
)
def test_exit_statuses_are_these(words: list[str], status: int, compared: Path) -> None:
    """A gate reads those of a comparison; 2 is a mistake anywhere."""
    with contextlib.chdir(compared):
        assert call(*words)[0] == status


@pytest.mark.parametrize(
    ("now", "changed"),
    [("a,1.000001,x", False), ("a,1.0001,x", True), ("a,1.0,y", True), ("a,1,x", True)],
)
def test_the_comparison_of_texts_sees_all_but_last_digits(now: str, changed: bool) -> None:
    assert bool(differences(now, "a,1.0,x", 1e-5)) == changed
    assert differences(f"{now}\nmore", now, 1e-5)


# --- by hand -----------------------------------------------------------------------------------


def by_hand(folder: Path) -> Mapping[str, Path]:
    """The runs' files, made outside of pytest."""
    from tests import checkpoints

    (folder / "runs").mkdir()
    runs(folder / "runs", lambda name: checkpoints.build(name, folder / "models"))
    return files(folder / "runs")


def digest(folder: Path) -> None:
    """Print what every file is; only the clock is left out."""
    for name, path in by_hand(folder).items():
        data = re.sub(rb"(started: )'[^']*'", rb"\1'?'", path.read_bytes())
        print(f"{hashlib.sha256(data).hexdigest()}  {name}")  # noqa: T201


def write(folder: Path) -> None:
    """Write all that is promised."""
    by_hand(folder)
    for run in RUNS:
        shutil.rmtree(GOLDEN / run, ignore_errors=True)
    sums = []
    for name, text in kept(folder / "runs").items():
        if exactly(name):
            sums.append(f"{text}  {name}\n")
            continue
        (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / name).write_bytes(text.encode())
    (folder / "wheel").mkdir()
    texts = {
        "sha256.txt": "".join(sums),
        "api.txt": api(),
        "hashes.txt": hashes(),
        "help.txt": "\n".join(helps()),
        "wheel.txt": shipped(wheel(folder / "wheel")),
    }
    for name, text in texts.items():
        (GOLDEN / name).write_text(text, "utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        {"--digest": digest, "--write": write}[sys.argv[1]](Path(temporary))
