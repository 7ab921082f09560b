"""Tiny checkpoints with reproducible random weights, saved to disk.

``build(name, folder)`` writes ``folder / name`` once and returns it. Weights have a large variance,
so that errors in masking or positions change the scores. There are three kinds of tokenizers:
WordPiece and Unigram with fixed vocabularies (their training is not reproducible), and byte-level
BPE, which is trained here.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import torch
import transformers as hf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

SENTENCES = (
    "Here is a statement about society: rents should be capped. I agree with this statement.",
    "I disagree with this view. I strongly agree, you strongly disagree, they agree and disagree.",
    "At a public meeting someone says: taxes are too high. I support this, others oppose it.",
    "Please answer the question with yes or no. My answer is yes. My answer is no. True or false?",
    "In my opinion this claim is true. In their opinion the claim is false. The sky is blue today.",
    "Right and wrong, correct and incorrect, accept and reject: choose one of the words.",
    "I am neutral about it. The state acts; the market decides; people keep what they earn.",
)
WORDS = ("agree", "disagree", "support", "oppose", "yes", "no", "true", "false", "neutral")
CONTEXT = 128
"""Context length of the checkpoints in tokens (T5: unlimited)."""
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
WIDE = {**SIZES, "intermediate_size": 48}
GROUPED = {**WIDE, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": CONTEXT}

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING = CHATML + (
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)
ALWAYS_THINKING = CHATML + "{% if add_generation_prompt %}<think>\n{% endif %}"
WITH_BOS = "{{ bos_token }}" + CHATML
ENDED = (
    "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] }}{{ eos_token }}"
    "{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
)
"""A chat template that ends with a token that is also the padding token."""


# --- tokenizers --------------------------------------------------------------------------------


def words(without: tuple[str, ...] = ()) -> list[str]:
    """Every word of the sentences, lower-cased and in original case, except those in `without`."""
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    cased = {word for text in SENTENCES for word, _ in split(text)} | set(WORDS)
    return sorted((cased | {word.lower() for word in cased}) - set(without))


def characters() -> list[str]:
    """Printable ASCII."""
    return [chr(code) for code in range(33, 127)]


def wordpiece(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    """A WordPiece tokenizer like BERT's: lower-casing, whole words or ``##`` characters."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters()]
    pieces += [f"##{c}" for c in characters()]
    pieces += [w for w in words(without) if len(w) > 1 and w.islower()]
    return hf.BertTokenizer(vocab={piece: i for i, piece in enumerate(pieces)})


def unigram(
    specials: tuple[str, ...], without: tuple[str, ...] = (), *, lower: bool = False
) -> list[tuple[str, float]]:
    """A Unigram vocabulary like SentencePiece's: pieces with scores; ``▁`` begins a word."""
    known = [w for w in words(without) if not lower or w == w.lower()]
    pieces = [(special, 0.0) for special in specials]
    pieces += [(f"▁{w}", -4.0 - i / 100) for i, w in enumerate(known) if len(w) > 1]
    pieces += [(c, -9.0 - i / 100) for i, c in enumerate(characters())]
    return [*pieces, ("▁", -8.0), ("▁I", -5.5), ("▁i", -5.6), ("▁a", -5.7)]


def albert(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    specials = ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")
    mask = AddedToken("[MASK]", lstrip=True, special=True, normalized=False)
    return hf.AlbertTokenizer(vocab=unigram(specials, without, lower=True), mask_token=mask)


def xlm_roberta(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    mask = AddedToken("<mask>", lstrip=True, special=True)
    vocab = [*unigram(("<s>", "<pad>", "</s>", "<unk>"), without), ("<mask>", 0.0)]
    return hf.XLMRobertaTokenizer(vocab=vocab, mask_token=mask)


def deberta(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    specials = ("[PAD]", "[CLS]", "[SEP]", "[UNK]")
    vocab = [*unigram(specials, without), ("[MASK]", 0.0)]
    return hf.DebertaV2Tokenizer(vocab=vocab)


def t5(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    return hf.T5Tokenizer(vocab=unigram(("<pad>", "</s>", "<unk>"), without))


def byte_level(without: tuple[str, ...] = ()) -> Tokenizer:
    """A byte-level BPE tokenizer, trained so that every word of the sentences is one piece."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=900,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    kept = [w for w in words(without) if w not in without]
    texts = [f"{w} {w} {w} {w}" for w in kept] * 2
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def roberta(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    tokenizer = byte_level(without)
    mask = AddedToken("<mask>", lstrip=True, special=True)
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", mask])
    ids = {name: tokenizer.token_to_id(name) for name in ("<s>", "</s>")}
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", ids["</s>"]), ("<s>", ids["<s>"]), trim_offsets=True, add_prefix_space=False
    )
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token=mask,
    )


def modernbert(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    tokenizer = byte_level(without)
    mask = AddedToken("[MASK]", lstrip=True, special=True)
    tokenizer.add_special_tokens(["[UNK]", "[CLS]", "[SEP]", "[PAD]", mask])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        mask_token=mask,
    )


def plain(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    """A tokenizer like GPT-2's: no added special tokens, no padding token."""
    tokenizer = byte_level(without)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    end = "<|endoftext|>"
    return hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=end, eos_token=end)


def with_bos(without: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerBase:
    """A tokenizer like Llama's: ``<s>`` before every text."""
    tokenizer = byte_level(without)
    tokenizer.add_special_tokens(["<s>", "</s>", "<|im_start|>", "<|im_end|>"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="</s>"
    )


# --- architectures -----------------------------------------------------------------------------

Make = Callable[[hf.PreTrainedTokenizerBase], hf.PreTrainedModel]


def _specials(tokenizer: hf.PreTrainedTokenizerBase) -> dict[str, int | None]:
    names = ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
    ids = {name: getattr(tokenizer, name, None) for name in names}
    return {"vocab_size": len(tokenizer), **{k: v for k, v in ids.items() if v is not None}}


def _plainly(config: type, model: type, **sizes: object) -> Make:
    return lambda tokenizer: model(config(**_specials(tokenizer), **sizes))


def _bert_like(config: type, model: type, **sizes: object) -> Make:
    return _plainly(config, model, **WIDE, max_position_embeddings=CONTEXT, **sizes)


def _roberta_like(config: type, model: type) -> Make:
    def make(tokenizer: hf.PreTrainedTokenizerBase) -> hf.PreTrainedModel:
        room = CONTEXT + tokenizer.pad_token_id + 1
        sizes = {**WIDE, "max_position_embeddings": room, "type_vocab_size": 1}
        return model(config(**_specials(tokenizer), **sizes))

    return make


def _bart(tokenizer: hf.PreTrainedTokenizerBase) -> hf.PreTrainedModel:
    sizes = {f"{side}_{key}": value for side in ("encoder", "decoder") for key, value in (
        ("layers", 2), ("attention_heads", 4), ("ffn_dim", 48))}  # fmt: skip
    config = hf.BartConfig(
        **_specials(tokenizer),
        d_model=32,
        max_position_embeddings=CONTEXT,
        decoder_start_token_id=tokenizer.eos_token_id,
        forced_eos_token_id=None,
        **sizes,
    )
    return hf.BartForConditionalGeneration(config)


_T5 = _plainly(
    hf.T5Config,
    hf.T5ForConditionalGeneration,
    d_model=32,
    d_kv=8,
    d_ff=48,
    num_layers=2,
    num_heads=4,
    decoder_start_token_id=0,
)
_SMALL = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT}
_LIKE = {**WIDE, "max_position_embeddings": CONTEXT}
_GPT2 = _plainly(hf.GPT2Config, hf.GPT2LMHeadModel, **_SMALL)
_LLAMA = _plainly(hf.LlamaConfig, hf.LlamaForCausalLM, **GROUPED)
_QWEN2 = _plainly(hf.Qwen2Config, hf.Qwen2ForCausalLM, **GROUPED)
_DEBERTAS = {
    **_LIKE,
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "position_buckets": 16,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "type_vocab_size": 0,
}
_DEBERTA = _plainly(hf.DebertaV2Config, hf.DebertaV2ForMaskedLM, **_DEBERTAS)


def _scoring(config: type, model: type, **sizes: object) -> Make:
    """A maker of sequence classifiers, by default with one label."""
    return _plainly(config, model, **{"num_labels": 1, **(sizes or GROUPED)})


RECIPES: dict[str, tuple[Callable[..., hf.PreTrainedTokenizerBase], Make]] = {
    "bert": (wordpiece, _bert_like(hf.BertConfig, hf.BertForMaskedLM)),
    "roberta": (roberta, _roberta_like(hf.RobertaConfig, hf.RobertaForMaskedLM)),
    "distilbert": (
        wordpiece,
        _plainly(
            hf.DistilBertConfig,
            hf.DistilBertForMaskedLM,
            dim=32,
            n_layers=2,
            n_heads=4,
            hidden_dim=48,
            max_position_embeddings=CONTEXT,
        ),
    ),
    "albert": (albert, _bert_like(hf.AlbertConfig, hf.AlbertForMaskedLM, embedding_size=16)),
    "electra": (wordpiece, _bert_like(hf.ElectraConfig, hf.ElectraForMaskedLM, embedding_size=16)),
    "deberta-v2": (deberta, _DEBERTA),
    "modernbert": (
        modernbert,
        _bert_like(hf.ModernBertConfig, hf.ModernBertForMaskedLM, local_attention=16),
    ),
    "xlm-roberta": (xlm_roberta, _roberta_like(hf.XLMRobertaConfig, hf.XLMRobertaForMaskedLM)),
    "bart": (roberta, _bart),
    "t5": (t5, _T5),
    "gpt2": (plain, _GPT2),
    "gpt-neox": (
        plain,
        _bert_like(hf.GPTNeoXConfig, hf.GPTNeoXForCausalLM),
    ),
    "opt": (
        with_bos,
        _plainly(
            hf.OPTConfig,
            hf.OPTForCausalLM,
            **SIZES,
            ffn_dim=48,
            word_embed_proj_dim=32,
            max_position_embeddings=CONTEXT,
        ),
    ),
    "llama": (with_bos, _LLAMA),
    "mistral": (
        with_bos,
        _plainly(hf.MistralConfig, hf.MistralForCausalLM, **GROUPED, sliding_window=None),
    ),
    "qwen2": (plain, _QWEN2),
    "qwen3": (plain, _plainly(hf.Qwen3Config, hf.Qwen3ForCausalLM, **GROUPED)),
    "gemma": (with_bos, _plainly(hf.GemmaConfig, hf.GemmaForCausalLM, **GROUPED)),
    "gemma2": (
        with_bos,
        _plainly(hf.Gemma2Config, hf.Gemma2ForCausalLM, **GROUPED, query_pre_attn_scalar=8),
    ),
    "gemma3": (
        with_bos,
        _plainly(
            hf.Gemma3TextConfig,
            hf.Gemma3ForCausalLM,
            **GROUPED,
            sliding_window=8,
            query_pre_attn_scalar=8,
            layer_types=["sliding_attention", "full_attention"],
        ),
    ),
    "olmo": (
        plain,
        _bert_like(hf.OlmoConfig, hf.OlmoForCausalLM, num_key_value_heads=2),
    ),
    "olmo2": (plain, _plainly(hf.Olmo2Config, hf.Olmo2ForCausalLM, **GROUPED)),
    "phi": (plain, _bert_like(hf.PhiConfig, hf.PhiForCausalLM)),
    "phi3": (with_bos, _plainly(hf.Phi3Config, hf.Phi3ForCausalLM, **GROUPED)),
    # attention that depends on absolute positions, or is limited to a few tokens
    "gpt-neo": (
        plain,
        _plainly(
            hf.GPTNeoConfig,
            hf.GPTNeoForCausalLM,
            hidden_size=32,
            num_layers=2,
            num_heads=4,
            attention_types=[[["global", "local"], 1]],
            window_size=64,
            max_position_embeddings=CONTEXT,
        ),
    ),
    "bloom": (
        with_bos,
        _plainly(hf.BloomConfig, hf.BloomForCausalLM, hidden_size=32, n_layer=2, n_head=4),
    ),
    "mpt": (
        plain,
        _plainly(
            hf.MptConfig, hf.MptForCausalLM, d_model=32, n_layers=2, n_heads=4, max_seq_len=CONTEXT
        ),
    ),
    "mistral-windowed": (
        with_bos,
        _plainly(hf.MistralConfig, hf.MistralForCausalLM, **GROUPED, sliding_window=24),
    ),
    # models that must be rejected
    "electra-discriminator": (
        wordpiece,
        _bert_like(hf.ElectraConfig, hf.ElectraForPreTraining, embedding_size=16),
    ),
    "bert-encoder": (wordpiece, _bert_like(hf.BertConfig, hf.BertModel)),
    "bert-classifier": (wordpiece, _bert_like(hf.BertConfig, hf.BertForSequenceClassification)),
    # one score per text; two
    "reward-gpt2": (plain, _scoring(hf.GPT2Config, hf.GPT2ForSequenceClassification, **_SMALL)),
    "reward-llama": (with_bos, _scoring(hf.LlamaConfig, hf.LlamaForSequenceClassification)),
    "reward-qwen2": (plain, _scoring(hf.Qwen2Config, hf.Qwen2ForSequenceClassification)),
    "reward-bert": (wordpiece, _scoring(hf.BertConfig, hf.BertForSequenceClassification, **_LIKE)),
    "reward-deberta": (
        deberta,
        _scoring(hf.DebertaV2Config, hf.DebertaV2ForSequenceClassification, **_DEBERTAS),
    ),
    "reward-two": (
        plain,
        _scoring(hf.GPT2Config, hf.GPT2ForSequenceClassification, **_SMALL, num_labels=2),
    ),
    # chat
    "chat": (plain, _QWEN2),
    "chat-thinking": (plain, _QWEN2),
    "chat-always-thinking": (plain, _QWEN2),
    "chat-bos": (with_bos, _LLAMA),
}
TEMPLATES = {
    "chat": CHATML,
    "chat-thinking": THINKING,
    "chat-always-thinking": ALWAYS_THINKING,
    "chat-bos": WITH_BOS,
    "reward-llama": ENDED,
    "reward-qwen2": THINKING,
}

MASKED = (
    "bert",
    "roberta",
    "distilbert",
    "albert",
    "electra",
    "deberta-v2",
    "modernbert",
    "xlm-roberta",
)
SEQ2SEQ = ("bart", "t5")
CHAT = tuple(name for name in TEMPLATES if name.startswith("chat"))
REWARD = ("reward-gpt2", "reward-llama", "reward-qwen2", "reward-bert", "reward-deberta")
REFUSED = ("electra-discriminator", "bert-encoder", "bert-classifier", "reward-two")
CAUSAL = tuple(n for n in RECIPES if n not in (*MASKED, *SEQ2SEQ, *CHAT, *REWARD, *REFUSED))


def build(name: str, folder: Path, *, without: tuple[str, ...] = ()) -> Path:
    """The checkpoint folder of `name` under `folder`, which is created if it does not exist.

    `without`: words that must not be single tokens.
    """
    path = folder / "-without-".join((name, *without))
    if not (path / "config.json").exists():
        tokenize, make = RECIPES[name]
        tokenizer = tokenize(without)
        tokenizer.chat_template = TEMPLATES.get(name)
        torch.manual_seed(sum(map(ord, name)))
        model = widen(make(tokenizer))
        tokenizer.save_pretrained(path)
        model.save_pretrained(path)
    return path


def widen(model: hf.PreTrainedModel) -> hf.PreTrainedModel:
    """Draw every matrix from N(0, 0.3): with the usual 0.02 all answers would be nearly equal."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 0.3)
            elif "float" in str(parameter.dtype):
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def copy(path: Path, to: Path) -> Path:
    """Copy a checkpoint, to damage the copy."""
    shutil.copytree(path, to)
    return to
