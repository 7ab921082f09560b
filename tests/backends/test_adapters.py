"""Adapters: the merged model is PEFT's own, whatever is tied; the evidence names the adapter; and
what cannot be merged is one sentence."""

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import peft
import pytest
import torch
import transformers as hf
from safetensors.torch import load_file, save_file

from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.errors import ModelError
from probes.types import LoadOptions, ModelSpec
from tests import checkpoints

Build = Callable[..., Path]
Adapt = Callable[..., Path]
IDS = torch.arange(5, 25)[None]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def opened(path: Path, adapter: Path | None, kind: str = "causal") -> Checkpoint:
    options = LoadOptions(adapter=None if adapter is None else str(adapter))
    return open_checkpoint(ModelSpec("tiny", str(path)), options, kind)


def trained(path: Path, out: Path, kind: type, config: peft.PeftConfig, *, more: int = 0) -> Path:
    """An adapter whose every weight is drawn wide, saved as PEFT saves it; `more` tokens."""
    torch.manual_seed(1)
    model = kind.from_pretrained(path)
    if more:
        model.resize_token_embeddings(model.config.vocab_size + more)
    adapted = peft.get_peft_model(model, config)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data.normal_(0, 0.3)
    adapted.save_pretrained(out)
    return out


def lora(*layers: str, **more: object) -> peft.LoraConfig:
    return peft.LoraConfig(r=4, target_modules=list(layers), **more)


def unmerged(path: Path, adapter: Path, kind: type, more: int = 0) -> torch.Tensor:
    """Logits of PEFT's model, nothing merged."""
    model = kind.from_pretrained(path, dtype=torch.float32)
    if more:
        model.resize_token_embeddings(model.config.vocab_size + more)
    adapted = peft.PeftModel.from_pretrained(model, str(adapter)).eval()
    with torch.no_grad():
        inputs = {"decoder_input_ids": IDS} if model.config.is_encoder_decoder else {}
        return adapted(input_ids=IDS, **inputs).logits


CAUSAL, MASKED, SEQ2SEQ = (
    hf.AutoModelForCausalLM,
    hf.AutoModelForMaskedLM,
    hf.AutoModelForSeq2SeqLM,
)
ADAPTED = {
    "plain": ("gpt2", "causal", CAUSAL, lora("c_attn")),
    "tied head": ("gpt2", "causal", CAUSAL, lora("lm_head")),
    "tied embeddings": ("gpt2", "causal", CAUSAL, lora("wte")),
    "both": ("gpt2", "causal", CAUSAL, lora("wte", "lm_head", "c_attn")),
    "whole embeddings": ("gpt2", "causal", CAUSAL, lora("c_attn", modules_to_save=["wte"])),
    "single tokens": ("gpt2", "causal", CAUSAL, lora("c_attn", trainable_token_indices=[3, 4])),
    "untied": ("llama", "causal", CAUSAL, lora("lm_head", "embed_tokens", "q_proj")),
    "dora": ("llama", "causal", CAUSAL, lora("q_proj", use_dora=True)),
    "masked": ("bert", "masked", MASKED, lora("query", "word_embeddings", "decoder")),
    "encoder-decoder": ("t5", "seq2seq", SEQ2SEQ, lora("q", "shared", "lm_head")),
    "ia3": (
        "gpt2",
        "causal",
        CAUSAL,
        peft.IA3Config(target_modules=["c_attn"], feedforward_modules=[]),
    ),
}


@pytest.mark.parametrize("name", ADAPTED)
def test_the_merged_model_is_the_adapted_one(checkpoint: Build, tmp_path: Path, name: str) -> None:
    """Also where the layer that it changes shares its weights with another."""
    model, as_kind, kind, config = ADAPTED[name]
    path = checkpoint(model)
    adapter = trained(path, tmp_path / "adapter", kind, config)
    ours = opened(path, adapter, as_kind)
    inputs = {"decoder_input_ids": IDS} if as_kind == "seq2seq" else {}
    with torch.no_grad():
        got = ours.model(input_ids=IDS, **inputs).logits
    theirs = unmerged(path, adapter, kind)
    assert torch.allclose(got, theirs, atol=2e-4)
    plain = opened(path, None, as_kind)
    with torch.no_grad():
        assert not torch.allclose(plain.model(input_ids=IDS, **inputs).logits, theirs, atol=1e-2)
    assert plain.info.adapter == ""
    assert len(ours.info.adapter) == 64
    assert ours.info.weights != plain.info.weights


def test_an_adapter_of_more_tokens_brings_their_embeddings(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = checkpoint("gpt2")
    adapter = trained(path, tmp_path / "adapter", CAUSAL, lora("c_attn"), more=3)
    ours = opened(path, adapter)
    with torch.no_grad():
        got = ours.model(input_ids=IDS).logits
    assert torch.allclose(got, unmerged(path, adapter, CAUSAL, 3), atol=2e-4)
    weights = load_file(adapter / "adapter_model.safetensors")
    llama = checkpoint("llama")
    partial = trained(llama, tmp_path / "partial", CAUSAL, lora("q_proj"), more=3)
    weights = load_file(partial / "adapter_model.safetensors")
    weights.pop("base_model.model.lm_head.weight")
    save_file(weights, partial / "adapter_model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match="and it does not bring all of them"):
        opened(llama, partial)


def test_the_adapters_own_tokenizer_and_template_are_used(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = checkpoint("gpt2")
    adapter = trained(path, tmp_path / "adapter", CAUSAL, lora("c_attn"))
    bare = opened(path, adapter)
    assert not bare.info.chat
    (adapter / "chat_template.jinja").write_text(checkpoints.CHATML)
    templated = opened(path, adapter)
    assert templated.info.chat
    assert "<|im_start|>user\nAsk?" in templated.render("Ask?", "I", " ")
    tokenizer = checkpoints.plain(("agree",))
    tokenizer.chat_template = checkpoints.WITH_BOS
    tokenizer.save_pretrained(adapter)
    own = opened(path, adapter)
    assert own.render("Ask?", "I", " ").startswith("<|endoftext|>")
    assert len({c.info.tokenizer for c in (bare, templated, own)}) == 2
    assert len({c.info.weights for c in (bare, templated, own)}) == 3
    assert len({c.info.adapter for c in (bare, templated, own)}) == 3


def test_an_adapter_beside_a_whole_model_is_refused_with_or_without_peft(
    checkpoint: Build, tmp_path: Path
) -> None:
    """Transformers would put it on where PEFT is installed, and only there; pickled ones too."""
    path = checkpoints.copy(checkpoint("gpt2"), tmp_path / "model")
    adapter = trained(path, tmp_path / "adapter", CAUSAL, lora("c_attn"))
    shutil.copy(adapter / "adapter_config.json", path)
    for name, put_on in (("adapter_model.bin", None), ("adapter_model.safetensors", adapter)):
        (path / name).write_bytes((adapter / "adapter_model.safetensors").read_bytes())
        with pytest.raises(ModelError, match=r"an adapter \(adapter_config.json\) lies beside"):
            opened(path, put_on)


def edited(adapter: Path, **fields: object) -> None:
    path = adapter / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_an_adapter_that_names_another_base_asks_nobody(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the hub nor a folder elsewhere: what was typed as --model is the base."""
    path = checkpoint("gpt2")
    adapter = trained(path, tmp_path / "adapter", CAUSAL, lora("c_attn", "wte"))
    expected = opened(path, adapter).model(input_ids=IDS).logits
    edited(adapter, base_model_name_or_path="stranger/model", auto_mapping={"a": "b"})
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    asked: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, to: asked.append(to))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *to, **_: asked.append(to) or [])
    assert torch.equal(opened(path, adapter).model(input_ids=IDS).logits, expected)
    assert asked == []


def _prompts(adapter: Path) -> None:
    config = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=4)
    config.save_pretrained(adapter)


def _swapped(adapter: Path) -> None:
    weights = load_file(adapter / "adapter_model.safetensors")
    swapped = {key.replace("h.0.", "h.7."): value for key, value in weights.items()}
    save_file(swapped, adapter / "adapter_model.safetensors", metadata={"format": "pt"})


REFUSED = {
    "prompt tuning": (_prompts, "of type PROMPT_TUNING, which cannot be merged"),
    "no type": (lambda a: edited(a, peft_type=None), "of type NONE, which cannot"),
    "a library": (lambda a: edited(a, megatron_config={"a": 1}), "names a library of Megatron"),
    "other layers": (_swapped, "adapts a model of another shape"),
    "another rank": (lambda a: edited(a, r=9), "cannot be put on the model: Error(s) in loading"),
    "no layers": (lambda a: edited(a, target_modules=["no"]), "cannot be put on the model: Target"),
    "no object": (
        lambda a: (a / "adapter_config.json").write_text("[]"),
        "must hold a JSON object",
    ),
    "pickled": (
        lambda a: (a / "adapter_model.safetensors").rename(a / "adapter_model.bin"),
        "so it is no PEFT adapter in safetensors",
    ),
    "truncated": (
        lambda a: (a / "adapter_model.safetensors").write_bytes(b"x" * 99),
        "truncated or damaged",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_adapter_that_cannot_be_merged_is_one_sentence(
    checkpoint: Build, tmp_path: Path, name: str
) -> None:
    spoil, words = REFUSED[name]
    path = checkpoint("gpt2")
    adapter = trained(path, tmp_path / "adapter", CAUSAL, lora("c_attn"))
    spoil(adapter)
    with pytest.raises(ModelError) as refusal:
        opened(path, adapter)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 500


def test_what_peft_itself_does_not_read_back_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    """Of weights that it ties by name it saves both halves and loads one."""
    path = checkpoint("gpt2")
    config = lora("lm_head", ensure_weight_tying=True)
    adapter = trained(path, tmp_path / "adapter", CAUSAL, config)
    with pytest.raises(ModelError, match=r"lm_head.lora_A.weight' is in only one of them"):
        opened(path, adapter)


def test_a_merge_that_changes_numbers_is_refused(
    checkpoint: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As merging into shared weights does, if they are left shared."""
    path = checkpoint("gpt2")
    adapter = trained(path, tmp_path / "adapter", CAUSAL, lora("lm_head"))
    monkeypatch.setattr("probes.backends.hf.loading.adapter._untie", lambda _: None)
    with pytest.raises(ModelError, match="the merged model gives other numbers"):
        opened(path, adapter)
