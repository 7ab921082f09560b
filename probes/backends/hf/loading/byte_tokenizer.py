"""ByT5's byte-level tokenizer as a fast one, since that of transformers has no character offsets.

ByT5 was trained with the ids of the bytes FF, FE ..., which do not occur in UTF-8, as sentinels;
here they have the names of T5's sentinels.
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
"""Number of bytes, from FF downwards, that are used as sentinels."""
SAMPLE = "Is it so? Ja, gewiß: 是 🙂\n"


def is_byte_tokenizer(source: CheckpointFolder) -> bool:
    """Whether a folder's configuration names this tokenizer, which needs no files."""
    path = source.path / "tokenizer_config.json"
    named = source.gguf is None and path.is_file()
    return named and read_object(path, source).get("tokenizer_class") == "ByT5Tokenizer"


def fast(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """A fast tokenizer with the same ids; the given one if the ids of a test text differ."""
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
