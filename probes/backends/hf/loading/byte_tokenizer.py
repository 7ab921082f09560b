"""ByT5's tokenizer, a token a byte, as a fast one: transformers' own gives no character offsets.

ByT5 was trained with the ids of the bytes FF, FE ... as blanks, which no UTF-8 text holds; here
they have the names that T5 gives to blanks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import bytes_to_unicode

from probes.backends.hf.loading.folder import CheckpointFolder, read_object

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SPECIAL = ("<pad>", "</s>", "<unk>")
BLANKS = 2
"""Bytes from the last one down that are used as blanks."""
SAMPLE = "Is it so? Ja, gewiß: 是 🙂\n"


def is_byte_tokenizer(source: CheckpointFolder) -> bool:
    """Whether a folder without tokenizer files names this tokenizer, which needs none."""
    path = source.path / "tokenizer_config.json"
    named = source.gguf is None and path.is_file()
    return named and read_object(path, source).get("tokenizer_class") == "ByT5Tokenizer"


def fast(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """A fast tokenizer that gives the ids of this one; itself if there is none."""
    vocabulary = dict(zip(SPECIAL, range(len(SPECIAL)), strict=True))
    for byte, character in bytes_to_unicode().items():
        blank = 255 - byte
        name = f"<extra_id_{blank}>" if blank < BLANKS else character
        vocabulary[name] = byte + len(SPECIAL)
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.decoder = decoders.ByteLevel()
    backend.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    pad, end, unknown = SPECIAL
    converted = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token=pad, eos_token=end, unk_token=unknown
    )
    same = converted(SAMPLE)["input_ids"] == tokenizer(SAMPLE)["input_ids"]
    return converted if same else tokenizer
