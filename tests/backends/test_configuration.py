"""Configurations, tokenizers and weights that say what cannot be: one sentence, before anything is
built; and what is odd but can be used is said."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from probes.backends.hf.loading.folder import meaning
from probes.errors import ModelError, ProbesError, ScoreError
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec, Writing
from tests import checkpoints
from tests.backends.test_masked import PROMPTS, prompt

Build = Callable[..., Path]
TRUST = "allow it with --trust-remote-code"
CONFIGS = [
    ("llama", {"num_hidden_layers": 0}, "num_hidden_layers: 0, which must be at least 1"),
    ("llama", {"num_hidden_layers": 10**12}, "num_hidden_layers: 1e+12, which must be at most"),
    ("gpt2", {"n_layer": 10**6}, "n_layer: 1e+06, which must be at most 1000"),
    ("gpt2", {"n_head": -1}, "n_head: -1, which must be at least 1"),
    ("llama", {"num_key_value_heads": -2}, "num_key_value_heads: -2, which must be at least 1"),
    ("t5", {"num_decoder_layers": 2**70}, "num_decoder_layers: 1e15 or more, which must"),
    ("bert", {"hidden_size": -(10**20)}, "hidden_size: -1e15 or more, which must be at least 1"),
    ("bert", {"max_position_embeddings": 10**12}, "max_position_embeddings: 1e+12, which must"),
    ("bert", {"vision_config": {"a": [{"num_layers": 0}]}}, "num_layers: 0, which must be"),
    ("gpt2", {"pad_token_id": 2**70}, "pad_token_id: 1e15 or more, which must be at most"),
    ("t5", {"decoder_start_token_id": 10**6}, "gives token 1000000, but the model has only"),
    ("t5", {"decoder_start_token_id": -1}, "gives token -1, but the model has only"),
    ("t5", {"decoder_start_token_id": "many"}, "must say decoder_start_token_id"),
    ("bert", {"num_attention_heads": 5}, "The hidden size (32) is not a multiple of the number"),
    ("bert", {"attn_implementation": "a/kernel"}, TRUST),
    ("bert", {"_attn_implementation": {"": "eager", "x": {"y": {"z": "a/b@v1"}}}}, TRUST),
    ("bert", {"text_config": {"attn_implementation": {"deep": ["a/b"]}}}, TRUST),
    ("bert", {"sub": [{"experts_implementation": "a/b"}]}, TRUST),
    ("bert", {"_attn_implementation_internal": "paged|a/b"}, TRUST),
    ("bert", {"attn_implementation": "flash_attention_3"}, TRUST),
    ("bert", {"text_config": {"_attn_implementation": "flash_attention_2"}}, TRUST),
]


def edited(path: Path, file: str, **fields: object) -> Path:
    (path / file).write_text(json.dumps(json.loads((path / file).read_text()) | fields))
    return path


def refusal(path: Path) -> str:
    """The one sentence with which a model is refused, at the latest when it is asked."""
    with pytest.raises(ProbesError) as error:
        open_model(ModelSpec("tiny", str(path)), LoadOptions()).score(PROMPTS)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 420
    return str(error.value)


@pytest.mark.parametrize(("name", "fields", "words"), CONFIGS)
def test_a_configuration_of_which_no_model_is_made_is_refused_at_once(
    checkpoint: Build, tmp_path: Path, name: str, fields: dict[str, object], words: str
) -> None:
    path = edited(checkpoints.copy(checkpoint(name), tmp_path / "m"), "config.json", **fields)
    begin = time.process_time()
    assert words in refusal(path)
    assert time.process_time() - begin < 5


def test_an_end_token_that_is_none_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    path = checkpoints.copy(checkpoint("gpt2"), tmp_path / "m")
    for value in ("many", {}, [3, None]):
        edited(path, "generation_config.json", eos_token_id=value)
        model = open_model(ModelSpec("tiny", str(path)), LoadOptions())
        with pytest.raises(ModelError, match="generation settings say eos_token_id: "):
            model.write(PROMPTS, Writing(tokens=2))


def test_usual_implementations_and_counts_are_let_through(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = checkpoints.copy(checkpoint("bert"), tmp_path / "m")
    edited(path, "config.json", attn_implementation="eager", num_mtp_layers=0, type_vocab_size=2)
    assert open_model(ModelSpec("tiny", str(path)), LoadOptions()).score(PROMPTS)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"model_max_length": "many"}, "says model_max_length: 'many', which must be a number"),
        ({"model_max_length": []}, "says model_max_length: [], which must be a number"),
        ({"mask_token": "many"}, "but the model has only"),
        ({"mask_token": None}, "has no mask token"),
        ({"tokenizer_class": 7}, "its tokenizer cannot be loaded"),
        ({"extra_special_tokens": 7}, "its tokenizer cannot be loaded"),
    ],
)
def test_a_tokenizers_settings_that_make_no_sense_are_one_sentence(
    checkpoint: Build, tmp_path: Path, fields: dict[str, object], words: str
) -> None:
    path = checkpoints.copy(checkpoint("bert"), tmp_path / "m")
    assert words in refusal(edited(path, "tokenizer_config.json", **fields))


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_pointer_of_git_lfs_is_named(checkpoint: Build, tmp_path: Path, file: str) -> None:
    path = checkpoints.copy(checkpoint("bert"), tmp_path / "m")
    (path / file).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    assert f"{file} is a pointer of Git LFS and not the file itself" in refusal(path)


@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_weights_that_the_model_has_no_place_for_are_said(
    checkpoint: Build, tmp_path: Path, name: str
) -> None:
    path = checkpoints.copy(checkpoint(name), tmp_path / "m")
    model = open_model(ModelSpec("tiny", str(path)), LoadOptions())
    assert model.fit(PROMPTS[0])[1] == ()
    weights = load_file(path / "model.safetensors")
    extra = {"q.lora_A.weight": torch.ones(2), "q.lora_B.weight": torch.ones(2)}
    save_file(weights | extra, path / "model.safetensors", metadata={"format": "pt"})
    model = open_model(ModelSpec("tiny", str(path)), LoadOptions())
    assert model.fit(PROMPTS[0])[1] == ("unused_weights: q.lora_A.weight and 1 more",)


def test_numbers_that_are_not_finite_in_long_texts_only_are_found_before_anything_is_asked(
    checkpoint: Build, tmp_path: Path
) -> None:
    """Where prompts share rows; elsewhere the longest are the first that are asked."""
    path = checkpoints.copy(checkpoint("gpt2"), tmp_path / "m")
    weights = load_file(path / "model.safetensors")
    weights["transformer.wpe.weight"][12:] = float("nan")
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    model = open_model(ModelSpec("tiny", str(path)), LoadOptions())
    assert model.lengths(PROMPTS[1:2])
    with pytest.raises(ScoreError, match=r"in a text of \d+ tokens are not finite"):
        model.lengths(PROMPTS)


def test_a_forward_pass_that_fails_later_is_one_sentence(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every kind, scored or written."""
    for name in ("bert", "gpt2", "t5"):
        model = open_model(ModelSpec("tiny", str(checkpoint(name))), LoadOptions())

        def fail(*_: object, **__: object) -> None:
            raise AssertionError("no such\nshape")

        monkeypatch.setattr(model.checkpoint.model, "forward", fail)
        with pytest.raises(ModelError, match=r"tiny: its model cannot be run: no such$"):
            model.score([prompt("I", PROMPTS[0].options)])
        if name != "bert":
            with pytest.raises(ModelError, match=r"tiny: its model cannot be run: no such$"):
                model.write(PROMPTS, Writing(tokens=2))


def test_a_librarys_message_is_cut_where_it_has_said_what_it_means() -> None:
    assert meaning(ValueError("\n \nwrong shape\nmore")) == "wrong shape"
    assert meaning(ValueError("Errors in loading:\n\tsize mismatch\n\tmore")) == (
        "Errors in loading: size mismatch"
    )
    assert meaning(KeyError()) == "KeyError"
    assert meaning(KeyError("magic")) == "there is no 'magic'"
    assert meaning(KeyError("no such thing")) == "'no such thing'"
    long = meaning(ValueError("Layer(\n" + "(a): b,\n" * 99 + ") should be a decoder"))
    assert long.startswith("Layer( (a): b")
    assert long.endswith("should be a decoder")
    assert len(long) < 220
