"""Checkpoints with random weights, and tokenizers, of realistic sizes.

``build(name, settings)`` creates a checkpoint folder once. The cost of a forward pass does not
depend on the values of weights, but the number of tokens and the size of the output layer depend on
the vocabulary: the words of statements and wordings are one token each, as most are in real
vocabularies, and invented words fill up the rest.

Weights have a standard deviation of 0.05 instead of 0.02, so that probabilities of options differ
and agreement of two implementations is informative.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from benchmarks.settings import Settings

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SPREAD = 0.05
SMALL = 8_000
"""Vocabulary size of the miniature models."""


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a model."""

    vocabulary: int
    layers: int
    width: int
    heads: int


SIZES = {
    "bert-base": Size(30_522, 12, 768, 12),
    "bert-tiny": Size(30_522, 2, 128, 2),
    "roberta-base": Size(50_265, 12, 768, 12),
    "gpt2": Size(50_257, 12, 768, 12),
    "gpt2-ending": Size(50_257, 12, 768, 12),
    "gpt2-tiny": Size(50_257, 2, 128, 2),
    "llama-32k": Size(32_000, 12, 768, 12),
    "bart-nli": Size(50_265, 6, 768, 12),
}


def build(name: str, settings: Settings) -> Path:
    """The folder of a checkpoint, which is created if it does not exist."""
    size = SIZES[name]
    if settings.quick:
        size = Size(SMALL, 2, 64, 2)
    path = settings.cache / f"{name}{'-quick' if settings.quick else ''}"
    if not (path / "config.json").exists():
        import torch

        tokenizer = TOKENIZERS[name.partition("-")[0]](size.vocabulary)
        torch.manual_seed(0)
        model = MODELS[name.partition("-")[0]](size, tokenizer)
        if name == "gpt2-ending":
            from benchmarks import ending

            ending.teach(model, tokenizer)
        tokenizer.save_pretrained(path)
        model.save_pretrained(path)
    return path


# --- words -------------------------------------------------------------------------------------


def real_words() -> list[str]:
    """The words of the shipped statements and wordings and of the benchmarks' prompts, sorted."""
    from benchmarks import questions
    from probes import plugins
    from probes.instruments import sets

    texts = [plugins.folder("wordings") / "en.yaml"]
    words = set(re.findall(r"[A-Za-z]+", texts[0].read_text("utf-8") + questions.ALL))
    for name in ("compass", "controls"):
        for statement in sets.load(name).statements:
            words |= set(re.findall(r"[A-Za-z]+", f"{statement.text} {statement.mirror}"))
    return sorted(words | {word.lower() for word in words})


def invented() -> Iterator[str]:
    """An endless, reproducible sequence of invented words."""
    dice = Random(0)
    while True:
        yield "".join(dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(4))


def word_piece(vocabulary: int) -> PreTrainedTokenizerBase:
    """A WordPiece tokenizer like BERT's, lower-casing; built by hand, as training is not
    reproducible."""
    from transformers import BertTokenizer

    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters])
    pieces |= dict.fromkeys(f"##{c}" for c in characters)
    pieces |= dict.fromkeys(word for word in real_words() if word.islower())
    words = invented()
    while len(pieces) < vocabulary:
        pieces.setdefault(next(words))
    return BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})


def byte_level(vocabulary: int, specials: list[object]) -> object:
    """A byte-level BPE tokenizer, trained on invented words and, with more weight, real ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(specials),
        min_frequency=2,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    words = invented()
    texts = [f" {word}" * 500 + f"\n{word}" * 500 for word in real_words()]
    texts += [f" {next(words)}" * 2 for _ in range(vocabulary)]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(specials)
    return tokenizer


def roberta_tokens(vocabulary: int) -> PreTrainedTokenizerBase:
    """A tokenizer like RoBERTa's and BART's."""
    from tokenizers import AddedToken, processors
    from transformers import PreTrainedTokenizerFast

    mask = AddedToken("<mask>", lstrip=True, special=True)
    tokenizer = byte_level(vocabulary, ["<s>", "<pad>", "</s>", "<unk>", mask])
    ids = {name: tokenizer.token_to_id(name) for name in ("<s>", "</s>")}
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", ids["</s>"]), ("<s>", ids["<s>"]), trim_offsets=True, add_prefix_space=False
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token=mask,
        model_max_length=512,
    )


def gpt2_tokens(vocabulary: int) -> PreTrainedTokenizerBase:
    """A tokenizer like GPT-2's, without added special tokens."""
    from transformers import PreTrainedTokenizerFast

    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_level(vocabulary, [end]),
        bos_token=end,
        eos_token=end,
        unk_token=end,
        model_max_length=1024,
    )


def llama_tokens(vocabulary: int) -> PreTrainedTokenizerBase:
    """A tokenizer like Llama's, with ``<s>`` before every text."""
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = byte_level(vocabulary, ["<s>", "</s>", "<unk>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="</s>",
        unk_token="<unk>",
        model_max_length=1024,
    )


TOKENIZERS: dict[str, Callable[[int], PreTrainedTokenizerBase]] = {
    "bert": word_piece,
    "roberta": roberta_tokens,
    "bart": roberta_tokens,
    "gpt2": gpt2_tokens,
    "llama": llama_tokens,
}


# --- architectures -----------------------------------------------------------------------------


def _encoder(size: Size, tokenizer: PreTrainedTokenizerBase) -> dict[str, object]:
    return {
        "vocab_size": size.vocabulary,
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": 4 * size.width,
        "initializer_range": SPREAD,
        "pad_token_id": tokenizer.pad_token_id,
    }


def bert(size: Size, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """A masked BERT."""
    from transformers import BertConfig, BertForMaskedLM

    return BertForMaskedLM(BertConfig(**_encoder(size, tokenizer)))


def roberta(size: Size, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """A masked RoBERTa; its position ids begin after the padding index."""
    from transformers import RobertaConfig, RobertaForMaskedLM

    room = 512 + tokenizer.pad_token_id + 1
    config = RobertaConfig(
        **_encoder(size, tokenizer),
        max_position_embeddings=room,
        type_vocab_size=1,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return RobertaForMaskedLM(config)


def gpt2(size: Size, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """A GPT-2 with untied output layer: tied, a random model would repeat its last token."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=size.vocabulary,
        n_embd=size.width,
        n_layer=size.layers,
        n_head=size.heads,
        initializer_range=SPREAD,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=False,
    )
    return GPT2LMHeadModel(config)


def llama(size: Size, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """A Llama of the size of GPT-2."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.heads,
        intermediate_size=size.width * 8 // 3,
        max_position_embeddings=1024,
        initializer_range=SPREAD,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config)


def bart(size: Size, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """A BART with three classes: an NLI model with the labels of facebook/bart-large-mnli."""
    from transformers import BartConfig, BartForSequenceClassification

    halves = {
        f"{half}_{key}": value
        for half in ("encoder", "decoder")
        for key, value in (
            ("layers", size.layers),
            ("attention_heads", size.heads),
            ("ffn_dim", 4 * size.width),
        )
    }
    labels = ("contradiction", "neutral", "entailment")
    config = BartConfig(
        vocab_size=size.vocabulary,
        d_model=size.width,
        init_std=SPREAD,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=None,
        **halves,
    )
    return BartForSequenceClassification(config)


MODELS: dict[str, Callable[[Size, PreTrainedTokenizerBase], PreTrainedModel]] = {
    "bert": bert,
    "roberta": roberta,
    "bart": bart,
    "gpt2": gpt2,
    "llama": llama,
}
