"""Small untrained models, their tokenizers, and saving them.

BERT or ModernBERT with a WordPiece vocabulary of whole words, GPT-2 with byte-level BPE. Initial
weights are drawn from torch's random state.
"""

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertTokenizer,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Tokenizer,
    ModernBertConfig,
    ModernBertForMaskedLM,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from probes.files import atomic

SIZE, LAYERS, HEADS = 64, 2, 4
WIDTH = 0.1
"""Standard deviation of initial weights, five times the usual: near unit gain at this size."""
POSITION_SCALE, ATTENTION_SCALE = 0.1, 3.0
"""Factors of the initial position embeddings, and of a BERT's initial value and output projections
of attention. Without them position embeddings dominate word embeddings, and the residual stream
dominates attention: a masked model then needs many times the steps."""
WINDOW = 24
"""Attention window of a ModernBERT's local layer in tokens."""
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
END = "<|endoftext|>"


def bert(tokenizer: PreTrainedTokenizerBase, context: int) -> PreTrainedModel:
    """An untrained BERT with this context length in tokens."""
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * SIZE,
        max_position_embeddings=context,
        initializer_range=WIDTH,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = BertForMaskedLM(config)
    with torch.no_grad():
        model.bert.embeddings.position_embeddings.weight *= POSITION_SCALE
        model.bert.embeddings.token_type_embeddings.weight.zero_()  # there is one segment only
        for layer in model.bert.encoder.layer:
            layer.attention.self.value.weight *= ATTENTION_SCALE
            layer.attention.output.dense.weight *= ATTENTION_SCALE
    return model


def modern_bert(tokenizer: PreTrainedTokenizerBase, context: int) -> PreTrainedModel:
    """An untrained ModernBERT. With pre-layer norms and rotary positions it learns from text where
    a BERT of this size does not."""
    config = ModernBertConfig(
        vocab_size=len(tokenizer),
        hidden_size=SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=2 * SIZE,
        max_position_embeddings=context,
        local_attention=WINDOW,
        global_attn_every_n_layers=2,
        initializer_range=WIDTH,
        pad_token_id=0,
        cls_token_id=2,
        sep_token_id=3,
        bos_token_id=2,
        eos_token_id=3,
    )
    return ModernBertForMaskedLM(config)


def gpt2(tokenizer: PreTrainedTokenizerBase, context: int) -> PreTrainedModel:
    """An untrained GPT-2 with this context length in tokens."""
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=SIZE,
        n_layer=LAYERS,
        n_head=HEADS,
        n_positions=context,
        initializer_range=WIDTH,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        resid_pdrop=0.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        model.transformer.wpe.weight *= POSITION_SCALE
    return model


def word_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerBase:
    """A WordPiece tokenizer with every word as a token (its trainer is not deterministic)."""
    split_words = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = Counter(word for text in texts for word, _ in split_words(text.lower()))
    characters = [chr(code) for code in range(33, 127)]
    pieces = [*SPECIALS, *characters, *(f"##{c}" for c in characters)]
    pieces += sorted((w for w in words if len(w) > 1), key=lambda w: (-words[w], w))
    return BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})


def byte_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerBase:
    """GPT-2's tokenizer, trained on the texts so that most words are one token; padded with the
    end-of-text token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=4000, special_tokens=[END], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in trained["merges"]]
    return GPT2Tokenizer(vocab=trained["vocab"], merges=merges, pad_token=END)


def save(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, folder: Path) -> None:
    """Save an ordinary checkpoint folder atomically; an existing one is replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    partial = folder.with_name(f".{folder.name}")
    for old in (partial, folder):
        shutil.rmtree(old, ignore_errors=True)
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    atomic.move_into_place(partial, folder)
