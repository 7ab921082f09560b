"""What the method relies on is tried on every model at loading: that a causal one does not look
ahead, that a masked one does, and whether padding leaves its numbers as they are."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers as hf

from probes.backends import masked, seq2seq
from probes.backends.hf.loading import trial
from probes.backends.hf.loading.checkpoint import Checkpoint, open_checkpoint
from probes.errors import ModelError
from probes.types import LoadOptions, ModelSpec
from tests import checkpoints
from tests.backends.test_masked import PROMPTS, expected
from tests.checkpoints import CONTEXT, GROUPED, SIZES, WIDE

pytestmark = pytest.mark.usefixtures("pictureless")

Build = Callable[..., Path]
SMALL = {**WIDE, "max_position_embeddings": CONTEXT, "is_decoder": False}
FUNNEL = {"block_sizes": [1, 1], "d_model": 32, "n_head": 4, "d_head": 8, "d_inner": 48}
XLNET = {"d_model": 32, "n_layer": 2, "n_head": 4, "d_inner": 48}
STATES = {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8, "num_heads": 4}


def saved(folder: Path, config: type, model: type, *, wide: bool = False, **sizes: object) -> Path:
    """A model of this configuration, drawn as its class draws it, or wide, with a tokenizer."""
    masks = any(word in model.__name__ for word in ("Masked", "LMHead", "LMModel"))
    tokenizer = (checkpoints.wordpiece if masks else checkpoints.plain)()
    torch.manual_seed(0)
    made = checkpoints._plainly(config, model, **sizes)(tokenizer)
    tokenizer.save_pretrained(folder)
    (checkpoints.widen(made) if wide else made).save_pretrained(folder)
    return folder


def opened(path: Path, kind: str, **options: object) -> Checkpoint:
    return open_checkpoint(ModelSpec("tiny", str(path)), LoadOptions(**options), kind)


LOOK_AHEAD = {
    "xlnet": (hf.XLNetConfig, hf.XLNetLMHeadModel, XLNET),
    "bert": (hf.BertConfig, hf.BertLMHeadModel, SMALL),
    "roberta": (hf.RobertaConfig, hf.RobertaForCausalLM, SMALL),
    "electra": (hf.ElectraConfig, hf.ElectraForCausalLM, SMALL),
    "big_bird": (hf.BigBirdConfig, hf.BigBirdForCausalLM, SMALL),
    "roformer": (hf.RoFormerConfig, hf.RoFormerForCausalLM, SMALL),
    "llama": (hf.LlamaConfig, hf.LlamaForCausalLM, {**GROUPED, "is_causal": False}),
    "qwen2": (hf.Qwen2Config, hf.Qwen2ForCausalLM, {**GROUPED, "is_causal": False}),
}


@pytest.mark.parametrize("name", LOOK_AHEAD)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_causal_head_that_looks_ahead_is_refused(tmp_path: Path, name: str, dtype: str) -> None:
    config, model, sizes = LOOK_AHEAD[name]
    path = saved(tmp_path, config, model, **sizes)
    said = "its model looks ahead: another last token"
    if (name, dtype) == ("xlnet", "bfloat16"):  # Its class cannot be run in 16 bits.
        said = "cannot be run: expected scalar type Float but found BFloat16"
    with pytest.raises(ModelError, match=said):
        opened(path, "causal", dtype=dtype)


CAUSAL = {
    "mamba": (hf.MambaConfig, hf.MambaForCausalLM, STATES),
    "mamba2": (hf.Mamba2Config, hf.Mamba2ForCausalLM, {**STATES, "head_dim": 16, "n_groups": 1}),
    "rwkv": (hf.RwkvConfig, hf.RwkvForCausalLM, {**SIZES, "attention_hidden_size": 32}),
    "bert": (hf.BertConfig, hf.BertLMHeadModel, SMALL | {"is_decoder": True}),
    "mixtral": (hf.MixtralConfig, hf.MixtralForCausalLM, {**GROUPED, "num_local_experts": 4}),
}


@pytest.mark.parametrize("name", CAUSAL)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_what_does_not_look_ahead_is_taken(tmp_path: Path, name: str, dtype: str) -> None:
    """Recurrent states, experts and a decoder that is one."""
    config, model, sizes = CAUSAL[name]
    assert opened(saved(tmp_path, config, model, **sizes), "causal", dtype=dtype).pads


def test_a_decoder_of_an_encoder_decoder_that_looks_ahead_is_refused(checkpoint: Build) -> None:
    """It is opened to both sides after loading, as code of its own may do."""
    whole = opened(checkpoint("bart"), "seq2seq")
    for module in whole.model.get_decoder().modules():
        module.is_causal = False
    whole.model.config._attn_implementation = "sdpa"
    with pytest.raises(ModelError, match="its decoder looks ahead"):
        trial.require(whole, "seq2seq")


def test_a_masked_model_that_sees_one_side_only_is_refused(tmp_path: Path) -> None:
    sizes = SMALL | {"is_decoder": True}
    path = saved(tmp_path, hf.BertConfig, hf.BertForMaskedLM, **sizes)
    with pytest.raises(ModelError, match="sees nothing of what follows a token"):
        opened(path, "masked")


PADDING = {
    "funnel": (hf.FunnelConfig, hf.FunnelForMaskedLM, FUNNEL),
    "convbert": (hf.ConvBertConfig, hf.ConvBertForMaskedLM, {**WIDE, "embedding_size": 32}),
    "nystromformer": (
        hf.NystromformerConfig,
        hf.NystromformerForMaskedLM,
        {**WIDE, "segment_means_seq_len": 64, "num_landmarks": 64, "conv_kernel_size": 9},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PADDING)
def test_where_padding_changes_numbers_rows_of_one_length_are_scored(
    tmp_path: Path, name: str
) -> None:
    """Equal to transformers one text at a time, of several prompts and of one, forms too."""
    config, model, sizes = PADDING[name]
    path = saved(tmp_path, config, model, wide=True, **sizes, max_position_embeddings=CONTEXT)
    ours = masked.load(ModelSpec("tiny", str(path)), LoadOptions())
    assert not ours.checkpoint.pads
    top = [replace(prompt, top=3) for prompt in PROMPTS]
    replies = ours.score(top)
    for asked, reply in zip(PROMPTS, replies, strict=True):
        assert reply.logprobs == pytest.approx(expected(path, asked, ""), abs=1e-4)
    for asked, reply in zip(top, replies, strict=True):
        (alone,) = ours.score([asked])
        assert alone.logprobs == pytest.approx(dict(reply.logprobs), abs=1e-4)
        assert [word for word, _ in alone.fills] == [word for word, _ in reply.fills]


@pytest.mark.parametrize("name", [*checkpoints.MASKED, *checkpoints.SEQ2SEQ])
def test_where_padding_changes_nothing_it_is_used(checkpoint: Build, name: str) -> None:
    assert opened(checkpoint(name), "masked" if name in checkpoints.MASKED else "seq2seq").pads


def test_an_encoder_that_is_not_padded_gives_the_same_numbers(checkpoint: Build) -> None:
    ours = seq2seq.load(ModelSpec("tiny", str(checkpoint("t5"))), LoadOptions())
    padded = ours.score(PROMPTS)
    ours.checkpoint = replace(ours.checkpoint, pads=False)
    for one, other in zip(padded, ours.score(PROMPTS), strict=True):
        assert all(
            math.isclose(one.logprobs[label], value, abs_tol=1e-4)
            for label, value in other.logprobs.items()
        )


def test_a_model_that_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    """Nystromformer with few landmarks reads texts of one length only."""
    sizes = {**WIDE, "segment_means_seq_len": 64, "num_landmarks": 8}
    path = saved(tmp_path, hf.NystromformerConfig, hf.NystromformerForMaskedLM, **sizes)
    with pytest.raises(ModelError, match=r"cannot be run: shape .* is invalid"):
        opened(path, "masked")
