"""Opening checkpoints: what kind one is, what it says of itself, and every way of refusing one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import torch
import transformers as hf
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers.activations import NewGELUActivation

from probes.backends.hf.loading import folder, hub
from probes.backends.hf.loading.auto import CLASSES
from probes.backends.hf.loading.checkpoint import Checkpoint, kind, memory_errors, open_checkpoint
from probes.errors import ModelError, UsageError
from probes.replies import thinking
from probes.types import LoadOptions, ModelSpec
from tests import checkpoints
from tests.hub import Hub

Build = Callable[..., Path]
PLAIN = LoadOptions()


def spec(path: Path | str, **more: object) -> ModelSpec:
    return ModelSpec("tiny", str(path), **more)


def opened(path: Path, as_kind: str = "masked", **options: object) -> Checkpoint:
    return open_checkpoint(spec(path), LoadOptions(**options), as_kind)


def damaged(checkpoint: Build, tmp_path: Path, name: str = "bert") -> Path:
    return checkpoints.copy(checkpoint(name), tmp_path / "damaged")


def configured(path: Path, **changes: object) -> Path:
    """The checkpoint with other words in its configuration; None takes a word out."""
    file = path / "config.json"
    config = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
    return path


def refusal(path: Path | str, as_kind: str | None = None, **options: object) -> str:
    """The one sentence with which a checkpoint is refused."""
    asked = (spec(path), LoadOptions(**options))
    with pytest.raises((ModelError, UsageError)) as error:
        kind(*asked) if as_kind is None else open_checkpoint(*asked, as_kind)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    return sentence


# --- kind ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (checkpoints.MASKED, "masked"),
        ((*checkpoints.CAUSAL, *checkpoints.CHAT), "causal"),
        (checkpoints.SEQ2SEQ, "seq2seq"),
    ],
)
def test_the_kind_is_read_from_the_configuration(
    checkpoint: Build, names: tuple[str, ...], expected: str
) -> None:
    assert {name: kind(spec(checkpoint(name)), PLAIN) for name in names} == dict.fromkeys(
        names, expected
    )


@pytest.mark.parametrize("name", checkpoints.REFUSED)
def test_a_checkpoint_without_word_probabilities_is_refused_before_its_weights_load(
    checkpoint: Build, tmp_path: Path, name: str
) -> None:
    path = damaged(checkpoint, tmp_path, name)
    (path / "model.safetensors").unlink()
    assert "it gives no probabilities of words" in refusal(path)


def test_an_architecture_of_two_kinds_must_be_told_by_backend(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = damaged(checkpoint, tmp_path)
    configured(path, architectures=["XLMWithLMHeadModel"], model_type="xlm")
    assert "masked or causal: name one with --backend" in refusal(path)


def test_a_configuration_without_architecture_must_be_told_by_backend(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = configured(damaged(checkpoint, tmp_path), architectures=None)
    assert "name one with --backend" in refusal(path)
    assert opened(path).info.backend == "masked"


def test_vision_is_refused_whether_or_not_a_backend_is_typed(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = damaged(checkpoint, tmp_path)
    configured(path, architectures=["ViTForImageClassification"], model_type="vit")
    assert "'ViTForImageClassification'" in refusal(path)
    assert "its model cannot be loaded: Unrecognized configuration class" in refusal(path, "masked")


def test_a_typed_backend_of_another_kind_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    assert "is a masked language model" in refusal(checkpoint("bert"), "causal")
    assert "is a causal language model" in refusal(checkpoint("gpt2"), "masked")
    bare = configured(damaged(checkpoint, tmp_path), architectures=None)
    assert "sees both sides" in refusal(bare, "causal")


def test_bart_may_be_typed_as_masked(checkpoint: Build) -> None:
    assert opened(checkpoint("bart"), "masked").info.backend == "masked"


def test_code_of_its_own_runs_only_where_it_is_allowed(checkpoint: Build, tmp_path: Path) -> None:
    path = damaged(checkpoint, tmp_path)
    configured(
        path,
        model_type="mine",
        architectures=["MineForMaskedLM"],
        auto_map={"AutoModelForMaskedLM": "mine.MineForMaskedLM"},
    )
    assert "--trust-remote-code" in refusal(path)
    assert "--trust-remote-code" in refusal(path, "masked")
    assert kind(spec(path), LoadOptions(trust_remote_code=True)) == "masked"
    configured(path, auto_map=None)
    assert "knows no model type 'mine'" in refusal(path)
    assert "knows no model type" in refusal(configured(path, model_type=["bert"]))


# --- folders -------------------------------------------------------------------------------------


def test_a_folder_that_is_none_is_said_to_be_missing(checkpoint: Build, tmp_path: Path) -> None:
    assert "there is no such folder" in refusal(tmp_path / "nowhere")
    assert "there is no such folder" in refusal("./nowhere")
    assert "is a file" in refusal(checkpoint("bert") / "config.json")
    with pytest.raises(ModelError, match="there is no revision 'main'"):
        kind(spec(checkpoint("bert"), revision="main"), PLAIN)


def test_a_folder_without_a_readable_configuration_is_refused(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = damaged(checkpoint, tmp_path)
    config = path / "config.json"
    config.write_text("{")
    assert "config.json is not JSON" in refusal(path)
    config.write_bytes(b"\xff\xfe\x00")
    assert "config.json is not JSON" in refusal(path)
    config.write_text("[" * 100_000)
    assert "config.json is not JSON" in refusal(path)
    config.write_text("[]")
    assert "must hold a JSON object" in refusal(path)
    config.unlink()
    assert "holds no config.json" in refusal(path)
    (path / "adapter_config.json").write_text("{}")
    assert "as --adapter" in refusal(path)


def test_a_configuration_that_makes_no_sense_is_one_sentence(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = configured(damaged(checkpoint, tmp_path), num_attention_heads="many")
    assert "cannot be loaded" in refusal(path, "masked")


def test_a_folder_without_tokenizer_files_is_refused_though_transformers_would_invent_one(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = damaged(checkpoint, tmp_path)
    (path / "tokenizer.json").unlink()
    assert len(hf.AutoTokenizer.from_pretrained(path)) == 5
    assert "holds no tokenizer files" in refusal(path, "masked")


def test_a_broken_tokenizer_is_one_sentence(checkpoint: Build, tmp_path: Path) -> None:
    path = damaged(checkpoint, tmp_path)
    (path / "tokenizer.json").write_text('{"version": "1.0"}')
    assert "its tokenizer cannot be loaded" in refusal(path, "masked")


def test_missing_and_truncated_weights_are_refused(checkpoint: Build, tmp_path: Path) -> None:
    path = damaged(checkpoint, tmp_path)
    weights = path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert "its model cannot be loaded" in refusal(path, "masked")
    weights.unlink()
    assert "holds no weights" in refusal(path, "masked")


def test_sharded_weights_are_read_and_a_missing_part_is_named(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = damaged(checkpoint, tmp_path)
    model = hf.AutoModelForMaskedLM.from_pretrained(path)
    (path / "model.safetensors").unlink()
    model.save_pretrained(path, max_shard_size="20KB")
    assert opened(path).info.weights != opened(checkpoint("bert")).info.weights
    part = sorted(path.glob("model-*.safetensors"))[1]
    part.unlink()
    assert f"part of its weights is missing: {part.name}" in refusal(path, "masked")
    (path / "model.safetensors.index.json").write_text("{}")
    assert "names no weight files" in refusal(path, "masked")


def test_pickled_weights_are_opened_only_where_code_is_trusted(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = damaged(checkpoint, tmp_path)
    torch.save(load_file(path / "model.safetensors"), path / "pytorch_model.bin")
    (path / "model.safetensors").unlink()
    assert "pickled (pytorch_model.bin)" in refusal(path, "masked")
    assert opened(path, trust_remote_code=True).info.backend == "masked"


def test_a_head_that_is_not_in_the_checkpoint_is_fatal(checkpoint: Build, tmp_path: Path) -> None:
    typed = refusal(checkpoint("bert-encoder"), "masked")
    assert "make up at random" in typed
    path = damaged(checkpoint, tmp_path)
    weights = load_file(path / "model.safetensors")
    weights.pop("cls.predictions.transform.dense.bias")
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    assert "lack 'cls.predictions.transform.dense.bias'," in refusal(path, "masked")


def test_weights_of_another_shape_are_refused(checkpoint: Build, tmp_path: Path) -> None:
    path = configured(damaged(checkpoint, tmp_path), intermediate_size=64)
    assert "its weights have other shapes than its config.json says" in refusal(path, "masked")


def test_a_tokenizer_of_another_model_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    path = damaged(checkpoint, tmp_path)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(checkpoint("modernbert") / name, path)
    loaded = opened(path)
    with pytest.raises(ModelError, match="they do not belong together"):
        loaded.encode("I agree")


# --- the hub -------------------------------------------------------------------------------------


def test_an_id_that_is_not_here_is_refused_at_once_offline() -> None:
    assert "is neither a folder here nor in the hub's cache" in refusal("nobody/nothing")
    assert "HF_HUB_OFFLINE is set" in refusal("nobody/nothing")
    assert "nor a model on the hub" in refusal("bad..id--x")


def test_a_hub_that_cannot_be_reached_is_asked_once_and_the_cache_used(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "ENDPOINT", "http://127.0.0.1:9")
    assert "(cannot be reached)" in refusal("someone/tiny")
    commit = "0123456789" * 4
    model = tmp_path / "models--someone--tiny"
    shutil.copytree(checkpoint("bert"), model / "snapshots" / commit)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(commit)
    info = opened(Path("someone/tiny")).info
    assert info.revision == commit
    assert info.weights == opened(checkpoint("bert")).info.weights


@pytest.fixture
def served(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], Hub]:
    """A hub on this machine that serves a folder as ``someone/tiny``, and an empty cache."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    hubs: list[Hub] = []

    def serve(path: Path) -> Hub:
        hubs.append(Hub(path))
        monkeypatch.setattr(hub, "ENDPOINT", hubs[-1].endpoint)
        return hubs[-1]

    yield serve
    for one in hubs:
        one.close()


def test_a_hub_id_is_downloaded_without_a_second_copy_of_its_weights(
    checkpoint: Build, tmp_path: Path, served: Callable[[Path], Hub]
) -> None:
    path = damaged(checkpoint, tmp_path)
    (path / "pytorch_model.bin").write_bytes(b"another format")
    (path / "consolidated.safetensors").write_bytes(b"another format")
    one = served(path)
    assert kind(spec("someone/tiny"), PLAIN) == "masked"
    assert set(one.sent) == {"config.json"}
    info = opened(Path("someone/tiny")).info
    assert info.revision == Hub.COMMIT
    assert info.weights == opened(path).info.weights
    assert "model.safetensors" in one.sent
    assert not {"pytorch_model.bin", "consolidated.safetensors"} & set(one.sent)


def test_the_parts_of_sharded_weights_are_downloaded(
    checkpoint: Build, tmp_path: Path, served: Callable[[Path], Hub]
) -> None:
    path = damaged(checkpoint, tmp_path)
    model = hf.AutoModelForMaskedLM.from_pretrained(path)
    (path / "model.safetensors").unlink()
    model.save_pretrained(path, max_shard_size="20KB")
    served(path)
    assert opened(Path("someone/tiny")).info.weights == opened(path).info.weights


def test_what_the_hub_refuses_is_one_sentence(
    checkpoint: Build, served: Callable[[Path], Hub]
) -> None:
    one = served(checkpoint("bert"))
    assert "is neither a folder here nor a model on the hub" in refusal("someone/else")
    with pytest.raises(ModelError, match="has no revision 'v9'"):
        kind(spec("someone/tiny", revision="v9"), PLAIN)
    one.gated = True
    assert "accept its terms" in refusal("someone/tiny")


def test_pickled_weights_on_the_hub_are_not_even_downloaded(
    checkpoint: Build, tmp_path: Path, served: Callable[[Path], Hub]
) -> None:
    path = damaged(checkpoint, tmp_path)
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    one = served(path)
    assert "pickled (pytorch_model.bin)" in refusal("someone/tiny", "masked")
    assert "pytorch_model.bin" not in one.sent


# --- what was loaded -----------------------------------------------------------------------------


def test_the_evidence_names_weights_and_tokenizer_by_their_bytes(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = checkpoints.copy(checkpoint("bert"), tmp_path / "copy")
    before = opened(path).info
    original = opened(checkpoint("bert")).info
    assert (before.weights, before.tokenizer) == (original.weights, original.tokenizer)
    weights = load_file(path / "model.safetensors")
    weights["cls.predictions.bias"] += 1e-3
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    after = opened(path).info
    assert after.weights != before.weights
    assert after.tokenizer == before.tokenizer
    assert opened(checkpoint("bert", without=("agree",))).info.tokenizer != before.tokenizer


def test_a_hash_knows_names_and_bytes_but_not_the_folder(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b")]
    for file in files:
        file.write_text(file.name)
    assert folder.sha256(files) == folder.sha256(files[::-1])
    moved = tmp_path / "elsewhere" / "a"
    moved.parent.mkdir()
    moved.write_text("a")
    assert folder.sha256([moved]) == folder.sha256(files[:1])
    assert folder.sha256([moved.rename(moved.with_name("b"))]) != folder.sha256(files[:1])


def test_loading_is_quiet_and_leaves_the_model_still(
    checkpoint: Build, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = checkpoint("bert")
    hf.logging.enable_progress_bar()  # whatever tests before this one left
    loaded = opened(folder)
    assert capfd.readouterr() == ("", "")
    assert not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
    assert hf.logging.get_verbosity() == hf.logging.WARNING
    assert hf.logging.is_progress_bar_enabled()


def test_a_cpu_computes_in_float32_unless_told_otherwise(checkpoint: Build, tmp_path: Path) -> None:
    half = tmp_path / "half"
    hf.AutoModelForMaskedLM.from_pretrained(checkpoint("bert"), dtype="bfloat16").save_pretrained(
        half
    )
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(checkpoint("bert") / name, half)
    info = opened(half, device="cpu").info
    assert (info.dtype, info.tolerance) == ("float32", 1e-4)
    info = opened(half, device="cpu", dtype="bfloat16").info
    assert (info.dtype, info.tolerance) == ("bfloat16", 2e-2)


def test_devices_and_dtypes_that_are_none_are_refused(checkpoint: Build) -> None:
    path = checkpoint("bert")
    assert "did you mean 'float32'?" in refusal(path, "masked", dtype="flaot32")
    assert "valid are auto, cpu" in refusal(path, "masked", device="gpu")
    assert "CUDA devices on this machine" in refusal(path, "masked", device="cuda:99")


@pytest.mark.parametrize(
    ("name", "as_kind", "tokens"),
    [
        ("bert", "masked", 128),
        ("roberta", "masked", 128),
        ("xlm-roberta", "masked", 128),
        ("bart", "seq2seq", 128),
        ("opt", "causal", 128),
        ("llama", "causal", 128),
        ("t5", "seq2seq", None),
    ],
)
def test_the_context_is_what_the_model_really_reads(
    checkpoint: Build, name: str, as_kind: str, tokens: int | None
) -> None:
    loaded = opened(checkpoint(name), as_kind)
    assert loaded.context == tokens
    if tokens is not None:
        ids = torch.full((1, tokens), 7)
        assert loaded.model(input_ids=ids).logits.shape[1] == tokens


def test_running_out_of_memory_has_one_name() -> None:
    for error in (torch.OutOfMemoryError("full"), RuntimeError("x: can't allocate memory: y")):
        with pytest.raises(MemoryError), memory_errors():
            raise error
    with pytest.raises(RuntimeError, match="shapes"), memory_errors():
        raise RuntimeError("shapes differ")


# --- chat and tokens -----------------------------------------------------------------------------


def test_a_chat_template_is_used_where_there_is_one(checkpoint: Build) -> None:
    loaded = opened(checkpoint("chat"), "causal")
    assert loaded.info.chat
    assert loaded.render("Ask?", "I", " ") == (
        "<|im_start|>user\nAsk?<|im_end|>\n<|im_start|>assistant\nI"
    )
    plain = opened(checkpoint("chat"), "causal", chat=False)
    assert not plain.info.chat
    assert plain.render("Ask?", "I", "\n") == "Ask?\nI"
    assert "has no chat template" in refusal(checkpoint("gpt2"), "causal", chat=True)
    assert "holds no conversation" in refusal(checkpoint("bert"), "masked", chat=True)


@pytest.mark.parametrize("name", ["chat-thinking", "chat-always-thinking"])
def test_thinking_is_over_before_the_answer_begins(checkpoint: Build, name: str) -> None:
    text = opened(checkpoint(name), "causal").render("Ask?", "I", " ")
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\nI")


def test_only_an_open_thought_is_closed() -> None:
    assert thinking.close_thinking("a [THINK] b") == "a [THINK] b\n\n[/THINK]\n\n"
    assert thinking.close_thinking("<think>a</think>b") == "<think>a</think>b"


def test_a_template_is_given_one_fixed_day(checkpoint: Build, tmp_path: Path) -> None:
    path = damaged(checkpoint, tmp_path, "chat")
    (path / "chat_template.jinja").write_text(
        "{{ strftime_now('%Y-%m-%d') }} {{ date_string }} {{ messages[0]['content'] }}"
    )
    assert opened(path, "causal").render("Ask?", "", "") == "2024-07-26 26 Jul 2024 Ask?"


def test_a_template_that_refuses_is_one_sentence(checkpoint: Build, tmp_path: Path) -> None:
    path = damaged(checkpoint, tmp_path, "chat")
    (path / "chat_template.jinja").write_text("{{ raise_exception('system only') }}")
    assert "its chat template fails (system only)" in refusal(path, "causal")


def test_bos_stands_once_whoever_writes_it(checkpoint: Build) -> None:
    plain, talks = (opened(checkpoint(name), "causal") for name in ("llama", "chat-bos"))
    bos = plain.tokenizer.bos_token_id
    assert plain.info.bos
    assert talks.info.bos
    assert plain.encode("I agree").ids.count(bos) == 1
    rendered = talks.render("Ask?", "I", " ")
    assert talks.encode(rendered).ids.count(bos) == 1
    assert not opened(checkpoint("gpt2"), "causal").info.bos
    with pytest.raises(ModelError, match="it must stand there once"):
        plain.encode(rendered)


def test_offsets_say_which_characters_a_token_covers(checkpoint: Build) -> None:
    for name, as_kind in (("bert", "masked"), ("gpt2", "causal"), ("xlm-roberta", "masked")):
        text = "I agree with it."
        encoded = opened(checkpoint(name), as_kind).encode(text)
        words = {text[a:b].strip() for a, b in encoded.offsets}
        assert {"I", "agree", "with", "it"} <= words


def test_rows_are_padded_on_the_right(checkpoint: Build) -> None:
    loaded = opened(checkpoint("bert"))
    ids, mask = loaded.padded([(5, 6, 7), (8,)])
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


# --- adapters ------------------------------------------------------------------------------------


def test_an_adapter_without_peft_names_the_line_that_installs_it(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    sentence = refusal(checkpoint("bert"), "masked", adapter=str(tmp_path))
    assert "pip install 'political-probes[adapters]'" in sentence


def test_a_folder_that_is_no_adapter_is_refused(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: object())
    sentence = refusal(checkpoint("bert"), "masked", adapter=str(tmp_path))
    assert "holds no adapter_config.json" in sentence


@pytest.mark.parametrize(("name", "as_kind"), [("gpt2", "causal"), ("albert", "masked")])
def test_gelu_by_tanh_is_one_operation_and_the_same_numbers(
    checkpoint: Build, name: str, as_kind: str
) -> None:
    path = checkpoint(name)
    ours, usual = opened(path, as_kind).model, CLASSES[as_kind].from_pretrained(path).eval()
    assert any(isinstance(module, NewGELUActivation) for module in usual.modules())
    assert not any(isinstance(module, NewGELUActivation) for module in ours.modules())
    ids = torch.arange(5, 25)[None]
    with torch.inference_mode():
        assert torch.allclose(ours(ids).logits, usual(ids).logits, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
def test_every_revision_of_a_hub_model_is_probed_in_the_order_of_training(
    checkpoint: Build,
    tmp_path: Path,
    served: Callable[[Path], Hub],
    command: Callable[..., tuple[int, str, str]],
) -> None:
    """`probes run --checkpoints ID --revisions PATTERN`: by step, not by name; others are left
    out; what cannot be meant is a sentence."""
    one = served(damaged(checkpoint, tmp_path))
    one.tags = ["step10", "step9", "step143000", "v1.0"]
    words = ("run", "--checkpoints", "t=someone/tiny", "--limit", "1", "--out", str(tmp_path / "o"))
    status, _, err = command(*words, "--revisions", "step*")
    assert (status, "probes:" in err) == (0, False)
    rows = pd.read_csv(tmp_path / "o" / "models.csv")
    assert list(rows["model"]) == ["t@step9", "t@step10", "t@step143000"]
    assert list(rows["step"]) == [9, 10, 143000]
    status, _, err = command(*words, "--revisions", "epoch*")
    assert status == 2
    assert "no revision matches 'epoch*'; known: main, step10, step143000, step9, v1.0" in err
    assert "say which revisions" in command(*words)[2]
    assert "does not tell its step" in command(*words, "--revisions", "v*")[2]
