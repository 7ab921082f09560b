"""Which models there are, and what ``--model`` means."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import ModelError, ProbesError, SetError, UsageError
from probes.models import registry as models
from probes.types import ModelSpec

FENG = [
    *("bert-base-uncased", "bert-large-uncased", "roberta-base", "roberta-large"),
    *("distilbert-base-uncased", "distilroberta-base", "albert-base-v2", "albert-large-v2"),
    *("bart-base", "bart-large", "gpt2", "gpt2-medium", "gpt2-large", "gpt2-xl"),
    *("gpt-j-6b", "llama-7b", "alpaca-7b"),
]


@pytest.fixture(autouse=True)
def _no_file_of_mine(monkeypatch, tmp_path):
    """Whoever runs the tests may have a models.yaml of their own."""
    monkeypatch.delenv(models.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def registry():
    return models.load_registry()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- the user's own file ------------------------------------------------------------------------


def test_ones_own_file_lies_where_the_user_has_settings(monkeypatch, tmp_path):
    """PROBES_MODELS, else XDG_CONFIG_HOME if it is a full path, else ~/.config; else none."""
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    for place in ("me/.config", "xdg", "named"):
        write(tmp_path / place / "probes" / "models.yaml", f"from-{Path(place).name}: {{id: a/b}}")

    def own():
        return {name for name in models.load_registry() if name.startswith("from-")}

    assert own() == set()  # XDG_CONFIG_HOME is a folder without one
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert own() == {"from-.config"}
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert own() == {"from-xdg"}
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "named" / "probes" / "models.yaml"))
    assert own() == {"from-named"}
    for name in ("HOME", "XDG_CONFIG_HOME", models.VARIABLE):
        monkeypatch.delenv(name)
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert own() == set()


# --- the file that ships -----------------------------------------------------------------------


def test_the_registry_lists_at_least_45_models_each_with_every_fact(registry):
    assert len(registry) >= 45
    for name, spec in registry.items():
        assert spec.name == name
        facts = (spec.backend, spec.id, spec.family, spec.released, spec.parameters, spec.access)
        assert all(facts), name


def test_every_open_model_of_feng_figure_1_is_listed(registry):
    assert [name for name in FENG if name not in registry] == []


@pytest.mark.parametrize("family", ["llama", "mistral", "qwen", "gemma", "olmo", "pythia"])
def test_todays_families_are_listed(family):
    assert len(models.listed(family=family)) >= 4


def test_aligned_models_of_todays_families_name_a_base_that_is_listed(registry):
    for family in ("llama", "mistral", "qwen", "gemma", "olmo", "smollm", "falcon"):
        aligned = [spec for spec in models.listed(family=family) if spec.parent]
        assert aligned, family
        assert all(spec.parent in registry for spec in aligned), family


def test_a_parent_is_an_entry_or_a_hub_id_and_no_one_is_their_own_ancestor(registry):
    for name in registry:
        line, parent = [name], registry[name].parent
        while parent in registry:
            assert parent not in line
            line.append(parent)
            parent = registry[parent].parent
        assert parent == "" or parent.count("/") == 1, name


def test_no_model_is_older_than_the_one_it_was_trained_from(registry):
    for spec in registry.values():
        if spec.parent in registry:
            assert spec.released >= registry[spec.parent].released, spec.name


def test_olmo_is_listed_with_every_stage_of_its_training(registry):
    stages = ["olmo-2-7b", "olmo-2-7b-sft", "olmo-2-7b-dpo", "olmo-2-7b-instruct"]
    assert [registry[child].parent for child in stages[1:]] == stages[:-1]


def test_no_checkpoint_is_listed_twice(registry):
    seen = [(spec.id.lower(), spec.revision) for spec in registry.values()]
    assert len(set(seen)) == len(seen)


def test_listing_filters_by_family_and_backend():
    assert {s.family for s in models.listed(family="t5")} == {"t5"}
    assert {s.backend for s in models.listed(backend="masked")} == {"masked"}
    both = models.listed(family="bart", backend="seq2seq")
    assert [s.name for s in both] == ["bart-base", "bart-large"]
    assert models.listed(family="bart", backend="causal") == []


def test_listing_an_unknown_family_names_the_nearest():
    with pytest.raises(ModelError, match=r"family 'lama' .* did you mean 'llama'"):
        models.listed(family="lama")


# --- a file of one's own -----------------------------------------------------------------------


def test_own_entries_lie_over_the_shipped_ones(tmp_path, registry):
    own = write(tmp_path / "own.yaml", "gpt2: {id: me/gpt2}\nmine: {id: me/mine, family: x}\n")
    loaded = models.load_registry(own)
    assert loaded["gpt2"] == ModelSpec(name="gpt2", id="me/gpt2")
    assert loaded["mine"].family == "x"
    assert loaded.keys() == registry.keys() | {"mine"}


def test_own_entries_are_found_in_the_configuration_folder_and_by_the_variable(
    tmp_path, monkeypatch
):
    write(tmp_path / "config" / "probes" / "models.yaml", "in-config: {id: me/a}\n")
    assert "in-config" in models.load_registry()
    named = write(tmp_path / "named.yaml", "in-variable: {id: me/b}\n")
    monkeypatch.setenv(models.VARIABLE, str(named))
    loaded = models.load_registry()
    assert "in-variable" in loaded
    assert "in-config" not in loaded


def test_a_variable_that_names_no_file_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "none.yaml"))
    with pytest.raises(SetError, match="there is no such file"):
        models.load_registry()


def test_a_folder_in_ones_own_file_is_meant_from_that_file(tmp_path):
    own = write(tmp_path / "a" / "own.yaml", "mine: {id: ./weights}\nabsolute: {id: /weights}\n")
    loaded = models.load_registry(own)
    assert Path(loaded["mine"].id) == tmp_path / "a" / "weights"
    assert loaded["absolute"].id == "/weights"


def test_every_fault_of_a_models_file_is_told_at_once(tmp_path):
    own = write(
        tmp_path / "own.yaml",
        "gpt: {id: me/gpt, famly: x, access: opn}\n"
        "other: {backend: causl, released: 2023-13}\n"
        "bad/name: {id: x, parameters: 7e9}\n",
    )
    with pytest.raises(SetError) as caught:
        models.load_registry(own)
    assert sorted(line.removeprefix(f"{own}: ") for line in str(caught.value).splitlines()) == [
        "bad/name: a model's name holds letters, digits and . _ + - only",
        "bad/name: parameters: should be a whole number, not '7e9'",
        "gpt: access: 'opn' is not allowed; did you mean 'open'?",
        "gpt: famly: unknown key; did you mean 'family'?",
        "other: backend: 'causl' is no backend; did you mean 'causal'?",
        "other: id: is missing",
        "other: released: should be a year and month, such as 2024-07, not '2023-13'",
    ]


# --- what --model says -------------------------------------------------------------------------


def test_an_entry_goes_by_its_name(registry):
    assert models.resolve("bart-base") == registry["bart-base"]


def test_a_hub_id_goes_by_itself_and_keeps_what_is_listed_of_it(registry):
    assert models.resolve("org/name") == ModelSpec(name="org/name", id="org/name")
    listed = models.resolve("facebook/bart-base")
    assert (listed.name, listed.backend, listed.family) == ("facebook/bart-base", "seq2seq", "bart")
    assert models.resolve("EleutherAI/pythia-410m").revision is None
    assert models.resolve("EleutherAI/pythia-410m").parameters == registry["pythia-410m"].parameters


@pytest.mark.parametrize("path", ["here/mine", "here/mine/", "./here/mine", "here/mine/deep/.."])
def test_a_local_folder_goes_by_the_last_part_of_its_path(tmp_path, monkeypatch, path):
    (tmp_path / "here" / "mine" / "deep").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    spec = models.resolve(path)
    assert (spec.name, spec.backend) == ("mine", None)
    assert Path(spec.id).samefile("here/mine")


def test_the_current_folder_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert models.resolve(".").name == tmp_path.name


@pytest.mark.parametrize(
    ("text", "name", "backend", "rest"),
    [
        ("planted:economic=-6,social=3", None, "planted", "economic=-6,social=3"),
        ("planted:", None, "planted", ""),
        ("left=planted:economic=-6", "left", "planted", "economic=-6"),
        ("a=gpt2", "a", "causal", "openai-community/gpt2"),
        ("a=org/name", "a", None, "org/name"),
        ("a=b=org/name", "a", None, "org/name"),
    ],
)
def test_prefixes_and_names(text, name, backend, rest):
    spec = models.resolve(text)
    assert (spec.name, spec.backend, spec.id) == (name or text, backend, rest)


def test_backend_and_revision_go_before_what_is_listed():
    spec = models.resolve("pythia-410m-step1000", backend="seq2seq", revision="step2000")
    assert (spec.backend, spec.revision) == ("seq2seq", "step2000")
    assert models.resolve("planted:social=3", backend="masked").backend == "planted"


def test_only_the_hub_has_revisions(tmp_path):
    for text in (str(tmp_path), "planted:social=3"):
        with pytest.raises(ModelError, match="revision 'step1000'"):
            models.resolve(text, revision="step1000")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gpt22", "unknown model 'gpt22': did you mean 'gpt2'?"),
        ("gtp2-medium", "did you mean 'gpt2-medium'?"),
        ("x=gpt22", "did you mean 'gpt2'?"),
        ("zzz", "`probes models` lists"),
        ("", "unknown model ''"),
        ("x=", "unknown model 'x='"),
        ("=./x", "'=./x': what stands before '=' is no name for a model: letters from a to z"),
        ("Läden 店=./x", "no name for a model: letters from a to z, digits and . _ + - only"),
        ("ä" * 10_000 + "=./x", "no name for a model"),
        ("./a=b", "there is no such model folder"),
        ("./none", "there is no such model folder"),
        ("/none/such", "there is no such model folder"),
        ("~nobody-of-this-name/x", "there is no such model folder"),
        ("a/b/c", "there is no such model folder"),
        ("x" * 10_000, "unknown model"),
    ],
)
def test_what_is_no_model_gets_one_short_sentence(text, sentence):
    with pytest.raises(ModelError, match=re.escape(sentence)) as caught:
        models.resolve(text)
    assert len(str(caught.value)) < 200


def test_a_file_is_no_model(tmp_path):
    weights = write(tmp_path / "model.safetensors", "")
    with pytest.raises(ModelError, match="no such model folder"):
        models.resolve(str(weights))


def outcome(text):
    try:
        return models.resolve(text, registry={}).name
    except ProbesError as error:
        return str(error)


@given(st.text(max_size=30))
def test_any_text_is_a_model_or_one_of_our_errors(text):
    assert outcome(text)


def test_equal_names_are_refused_and_the_way_out_is_told():
    specs = [models.resolve(text) for text in ("a=org/one", "b=org/two", "a=org/three")]
    assert models.unique(specs[:2]) == tuple(specs[:2])
    with pytest.raises(UsageError, match=r"'a' \(org/one, org/three\).*NAME=PATH"):
        models.unique(specs)


@pytest.mark.parametrize("gpus", ["0", "0.25", "1", "4", "8.0"])
def test_gpus_are_a_share_of_one_or_a_whole_number(tmp_path, gpus):
    own = write(tmp_path / "own.yaml", f"mine: {{id: me/mine, gpus: {gpus}}}\n")
    assert models.load_registry(own)["mine"].gpus == float(gpus)
    assert models.load_registry(own)["gpt2"].gpus is None
