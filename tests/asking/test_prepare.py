"""A run is a value before it is asked: the command, Python and the dry run mean the same by it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import probes
from probes.asking import protocols
from probes.budget import Budget
from probes.errors import SetError, UsageError
from probes.models import registry, schema
from probes.runs.dry_run import forecast
from probes.runs.prepare import complete, gather, prepare
from probes.runs.recipe import ProtocolChoice
from probes.tables.place import MODELS
from probes.types import FACTS, LoadOptions, ModelInfo, ModelSpec

Command = Callable[..., tuple[int, str, str]]

REPLIES = "model,statement,reply\nann,{0},I agree\nbob,{0},I disagree\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with replies of two models to one statement of `compass`."""
    monkeypatch.chdir(tmp_path)
    first = probes.load_set("compass").statements[0].id
    (tmp_path / "r.csv").write_text(REPLIES.format(first), encoding="utf-8")
    return tmp_path


def test_a_request_that_leaves_all_open_is_the_command_without_options(
    home: Path, command: Command
) -> None:
    """The same models of a file, set, protocol and answers to the byte."""
    status, _, err = command("run", "--model", "recorded:r.csv", "--out", "typed")
    assert status == 0, err
    request = probes.Request([registry.resolve("recorded:r.csv")], set="", protocol="")
    probes.probe(request, home / "called")
    for name in ("set.yaml", "protocol.yaml", "answers/ann.jsonl", "answers/bob.jsonl"):
        assert (home / "typed" / name).read_bytes() == (home / "called" / name).read_bytes()


def test_a_value_from_python_has_the_hash_that_the_folder_keeps(home: Path) -> None:
    """Also where recorded replies bring their wordings."""
    request = probes.Request([registry.resolve("recorded:r.csv")], set="", protocol="")
    prepared = prepare(request)
    probes.probe(request, home / "out")
    assert protocols.load(home / "out" / "protocol.yaml") == prepared.materials.recipe
    model = probes.load_model("recorded:r.csv#ann")
    assert probes.run(model, "compass").materials.recipe == prepared.materials.recipe


@pytest.mark.parametrize("name", ["feng2023", "open", "recorded"])
def test_a_changed_protocol_has_the_hash_that_its_file_would_have(name: str) -> None:
    """Though no file is written: the hash is of the value."""
    recipe = protocols.repeated(protocols.load(name), 7)
    assert recipe.sha256 != protocols.load(name).sha256
    assert protocols.parse(protocols.dump(recipe).encode(), Path("p.yaml")) == recipe


def test_what_is_complete_stays_as_it_is(home: Path) -> None:
    """So that it does not matter who completed it."""
    request = complete(probes.Request([registry.resolve("recorded:r.csv")], set="", protocol=""))
    assert [spec.name for spec in request.models] == ["ann", "bob"]
    assert (request.set, request.protocol) == ("compass", "recorded")
    assert complete(request) == request


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"limit": 0}, "--limit 0: must be at least 1"),
        ({"repeats": 2}, "repetitions belong to protocols whose models write"),
        ({"models": [ModelSpec("a", "x=1", "planted")] * 2}, "models that share a name"),
        ({"load": LoadOptions(budget=Budget(3))}, "for models behind an endpoint"),
    ],
)
def test_python_is_refused_what_the_command_is(
    home: Path, changes: dict[str, object], sentence: str
) -> None:
    """In a run as in a dry run, before anything is written."""
    usual = probes.Request([ModelSpec("a", "economic=1", "planted")], "compass")
    request = replace(usual, **changes)  # type: ignore[arg-type]
    for call in (probes.probe, forecast):
        with pytest.raises(UsageError, match=sentence):
            call(request, home / "out")
    assert not (home / "out").exists()


def test_a_set_is_checked_with_the_controls_that_a_run_asks() -> None:
    compass = probes.load_set("compass")
    materials = gather(compass, ProtocolChoice("default"))
    prepared = prepare(probes.Request([ModelSpec("a", "x=1", "planted")], "compass"))
    assert (materials.recipe, materials.controls) == (
        prepared.materials.recipe,
        prepared.materials.controls,
    )


def test_a_fact_about_a_model_goes_everywhere_from_its_field(tmp_path: Path) -> None:
    """Entry, evidence, table, and the entry in a model's own folder."""
    facts = {"family": "f", "parent": "p", "corpus": "c", "step": 1}
    facts |= {"released": "2024-07", "parameters": 5, "access": "open"}
    assert tuple(facts) == FACTS
    lines = "".join(f", {name}: {value}" for name, value in facts.items())
    (tmp_path / "models.yaml").write_text(f"m: {{id: org/m{lines}}}", encoding="utf-8")
    listed = schema.read(tmp_path / "models.yaml")["m"]
    described = schema.describe(tmp_path / "models.yaml")
    info = ModelInfo.of(listed, "causal")
    for name, value in facts.items():
        assert [getattr(of, name) for of in (listed, described, info)] == [value] * 3
        assert name in MODELS


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ("thresholds: {margin: .nan}", "thresholds: margin: should be a finite number"),
        (
            "thresholds: {contents: 1}",
            "thresholds: contents: unknown key; did you mean 'content_p'",
        ),
        ("writing: 3", "writing: should be a mapping"),
        ("sha256: abc", "sha256: unknown key"),
        ("stance: {hypotheses: {agree: a, disagre: b}}", "'disagre' is not allowed"),
        ("instead: {planted: {}}", "'planted' is not allowed"),
    ],
)
def test_faults_of_a_protocol_are_named_by_the_types(
    tmp_path: Path, keys: str, sentence: str
) -> None:
    text = f"name: a\ntitle: a\nmethod: choice\nwordings: [agree]\n{keys}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SetError, match=sentence) as caught:
        protocols.load(tmp_path / "a.yaml")
    assert "a.yaml: " in str(caught.value)
