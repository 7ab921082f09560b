"""ByT5, whose tokenizer has no files: scored byte by byte, with the blanks that it was trained on;
and the chat templates that stand beside processors."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers as hf

from probes.backends.hf.loading.checkpoint import open_checkpoint
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec, Writing
from tests import checkpoints
from tests.backends.test_masked import PAIRS, prompt

Build = Callable[..., Path]
FIRST, SECOND = 258, 257
"""Ids of the bytes FF and FE: ByT5's blanks."""


@pytest.fixture(scope="module")
def byt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("byt5")
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4}
    torch.manual_seed(0)
    config = hf.T5Config(vocab_size=384, decoder_start_token_id=0, **sizes)
    checkpoints.widen(hf.T5ForConditionalGeneration(config)).save_pretrained(path)
    hf.ByT5Tokenizer().save_pretrained(path)
    assert not (path / "tokenizer.json").exists()
    return path


def test_byt5_gives_transformers_own_numbers(byt5: Path) -> None:
    ours = open_model(ModelSpec("tiny", str(byt5)), LoadOptions(device="cpu"))
    assert ours.info.backend == "seq2seq"
    asked = prompt("Jemand sagt: Rentenkürzung ist „nötig“. I", PAIRS)
    (reply,) = ours.score([asked])
    model = hf.T5ForConditionalGeneration.from_pretrained(byt5).eval()
    tokenizer = hf.ByT5Tokenizer.from_pretrained(byt5)
    ids = [*tokenizer(asked.before, add_special_tokens=False)["input_ids"]]
    after = [*tokenizer(asked.after, add_special_tokens=False)["input_ids"], 1]
    expected = {}
    for option in asked.options:
        total = 0.0
        for form in option.forms:
            own = tokenizer(form, add_special_tokens=False)["input_ids"]
            written = torch.tensor([[0, FIRST, *own, SECOND]])
            with torch.no_grad():
                logits = model(
                    input_ids=torch.tensor([[*ids, FIRST, *after]]), decoder_input_ids=written
                ).logits[0]
            logprobs = logits.log_softmax(-1)
            steps = range(1, written.shape[1] - 1)
            total += sum(logprobs[i, written[0, i + 1]] for i in steps).exp().item()
        expected[option.label] = math.log(total)
    assert reply.logprobs == pytest.approx(expected, abs=1e-3)
    assert isinstance(ours.write([asked], Writing(tokens=3))[0], str)


def test_its_ids_are_transformers_own_and_its_offsets_are_of_characters(byt5: Path) -> None:
    ours = open_checkpoint(ModelSpec("tiny", str(byt5)), LoadOptions(), "seq2seq")
    text = "Ja: ß 是 🙂."
    encoded = ours.encode(text)
    assert list(encoded.ids) == hf.ByT5Tokenizer.from_pretrained(byt5)(text)["input_ids"]
    at = text.index("是")
    assert [text[a:b] for a, b in encoded.offsets].count("是") == len("是".encode())
    assert (at, at + 1) in encoded.offsets


def test_a_template_that_stands_beside_a_processor_is_used(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = checkpoints.copy(checkpoint("qwen2"), tmp_path / "model")
    assert not open_checkpoint(ModelSpec("t", str(path)), LoadOptions(), "causal").info.chat
    (path / "chat_template.json").write_text(json.dumps({"chat_template": checkpoints.CHATML}))
    loaded = open_checkpoint(ModelSpec("t", str(path)), LoadOptions(), "causal")
    assert loaded.render("Ask?", "I", " ").endswith("<|im_start|>assistant\nI")
