"""Models of text and images as text models: loaded by the class that is in transformers' mapping
for their type, asked with text alone, equal to transformers one text at a time."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import transformers as hf

from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec, Writing
from tests import checkpoints
from tests.backends.test_masked import PAIRS, prompt
from tests.checkpoints import GROUPED

TEXT = {**GROUPED, "vocab_size": 560, "tie_word_embeddings": False}
PIXTRAL = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1} | {
    "num_attention_heads": 2,
    "head_dim": 8,
    "image_size": 16,
    "patch_size": 8,
}
QWEN_VISION = {"depth": 1, "num_heads": 2, "in_channels": 3, "patch_size": 4}
MROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}
QWEN3_VISION = {
    **QWEN_VISION,
    "hidden_size": 16,
    "intermediate_size": 16,
    "out_hidden_size": 32,
    "num_position_embeddings": 16,
}
HYBRID = {
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "layer_types": ["linear_attention", "full_attention"],
}


def llava() -> hf.PreTrainedModel:
    config = hf.LlavaConfig(
        text_config=hf.LlamaConfig(**TEXT),
        vision_config=hf.CLIPVisionConfig(**{k: v for k, v in PIXTRAL.items() if k != "head_dim"}),
        image_token_index=550,
    )
    return hf.LlavaForConditionalGeneration(config)


def mistral3() -> hf.PreTrainedModel:
    config = hf.Mistral3Config(
        text_config=hf.MistralConfig(**TEXT),
        vision_config=hf.PixtralVisionConfig(**PIXTRAL),
        image_token_index=550,
    )
    return hf.Mistral3ForConditionalGeneration(config)


def qwen2_vl() -> hf.PreTrainedModel:
    vision = {**QWEN_VISION, "embed_dim": 16, "hidden_size": 32}
    text = {**TEXT, "rope_parameters": MROPE}
    return hf.Qwen2VLForConditionalGeneration(
        hf.Qwen2VLConfig(text_config=text, vision_config=vision, image_token_id=550)
    )


def qwen2_5_vl() -> hf.PreTrainedModel:
    vision = {**QWEN_VISION, "hidden_size": 16, "out_hidden_size": 32, "intermediate_size": 16}
    text = {**TEXT, "rope_parameters": MROPE}
    return hf.Qwen2_5_VLForConditionalGeneration(
        hf.Qwen2_5_VLConfig(text_config=text, vision_config=vision, image_token_id=550)
    )


def qwen3_vl() -> hf.PreTrainedModel:
    vision = {**QWEN3_VISION, "deepstack_visual_indexes": [0]}
    text = {**TEXT, "rope_parameters": MROPE}
    return hf.Qwen3VLForConditionalGeneration(
        hf.Qwen3VLConfig(text_config=text, vision_config=vision, image_token_id=550)
    )


def qwen3_5() -> hf.PreTrainedModel:
    text = {**TEXT, **HYBRID}
    return hf.Qwen3_5ForConditionalGeneration(
        hf.Qwen3_5Config(text_config=text, vision_config=QWEN3_VISION, image_token_id=550)
    )


def llama4() -> hf.PreTrainedModel:
    vision = {**PIXTRAL, "vision_output_dim": 16, "projector_input_dim": 16}
    vision |= {"projector_output_dim": 16, "pixel_shuffle_ratio": 0.5}
    text = {**TEXT, "num_local_experts": 2, "intermediate_size_mlp": 48, "attn_scale": 0.1}
    config = hf.Llama4Config(text_config=text, vision_config=vision, image_token_index=550)
    return hf.Llama4ForConditionalGeneration(config)


def gemma3() -> hf.PreTrainedModel:
    vision = {k: v for k, v in PIXTRAL.items() if k != "head_dim"}
    text = {**TEXT, "query_pre_attn_scalar": 8, "sliding_window": 8}
    return hf.Gemma3ForConditionalGeneration(
        hf.Gemma3Config(text_config=text, vision_config=vision, mm_tokens_per_image=4)
    )


MODELS: dict[str, Callable[[], hf.PreTrainedModel]] = {
    made.__name__: made
    for made in (llava, mistral3, qwen2_vl, qwen2_5_vl, qwen3_vl, qwen3_5, llama4, gemma3)
}


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_text_and_images_is_asked_with_text_alone(tmp_path: Path, name: str) -> None:
    torch.manual_seed(3)
    model = checkpoints.widen(MODELS[name]()).eval()
    model.save_pretrained(tmp_path)
    tokenizer = checkpoints.plain()
    tokenizer.save_pretrained(tmp_path)
    ours = open_model(ModelSpec("tiny", str(tmp_path)), LoadOptions(device="cpu"))
    assert ours.info.backend == "causal"
    asked = prompt("At a public meeting someone says: taxes are too high. I", PAIRS)
    ours.lengths([asked])
    (reply,) = ours.score([asked])
    for option in asked.options:
        total = 0.0
        for form in option.forms:
            before = len(tokenizer(asked.before)["input_ids"])
            ids = torch.tensor([tokenizer(asked.before + form + asked.after)["input_ids"]])
            with torch.no_grad():
                logprobs = model(input_ids=ids).logits[0].log_softmax(-1)
            steps = range(before - 1, ids.shape[1] - 1)
            total += sum(logprobs[i, ids[0, i + 1]] for i in steps).exp().item()
        assert reply.logprobs[option.label] == pytest.approx(math.log(total), abs=1e-3)
    (text,) = ours.write([asked], Writing(tokens=4, sampling="greedy"))
    with torch.no_grad():
        ids = tokenizer(asked.before, return_tensors="pt")["input_ids"]
        theirs = model.generate(ids, max_new_tokens=4, do_sample=False)[0, ids.shape[1] :]
    assert text == tokenizer.decode(theirs, skip_special_tokens=True)
