"""A small task with a train and a test file, and small models that can read it."""

import csv
import re
from pathlib import Path

import torch
import transformers as hf
import yaml

from probes.downstream.task import tasks, texts
from probes.training.classifiers.request import ClassifierOptions

TASK = {
    "name": "small",
    "title": "Complaints and thanks",
    "licence": "CC0-1.0",
    "files": {"train": {"path": "train.csv"}, "test": {"path": "test.csv"}},
    "format": "csv",
    "text": "text",
    "label": {
        "column": "label",
        "values": {"complaint": "complaint", "thanks": "thanks"},
        "positive": "complaint",
    },
    "group": {"column": "groups", "separator": ";"},
}
QUICK = ClassifierOptions(steps=6, batch_size=16, lr=2e-3)
LEARNS = ClassifierOptions(steps=60, batch_size=16, lr=3e-3)


def rows() -> list[texts.TaskText]:
    """The texts of the task `planted`."""
    return list(texts.read(tasks.load("planted")).texts)


def task(folder: Path, **changes: object) -> Path:
    """A task file beside its texts: every fifth text is the test."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, is_test in (("train", False), ("test", True)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("text", "label", "groups"))
            for number, text in enumerate(rows()):
                if (number % 5 == 0) is is_test:
                    table.writerow((text.texts[0], text.label, ";".join(text.groups)))
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump({**TASK, **changes}, sort_keys=False), encoding="utf-8")
    return path


def tokenizer() -> hf.PreTrainedTokenizerBase:
    """BERT's kind, with every word of the texts."""
    words = sorted({w for t in rows() for w in re.findall(r"\w+|[^\w\s]", t.texts[0].lower())})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    return hf.BertTokenizer(vocab={piece: n for n, piece in enumerate(pieces)})


def masked(folder: Path, seed: int = 0, context: int = 64) -> Path:
    """A masked model, drawn by the seed."""
    made = tokenizer()
    ends = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2}
    config = hf.ModernBertConfig(
        vocab_size=len(made),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=context,
        sep_token_id=3,
        classifier_pooling="mean",
        **ends,
    )
    return _saved(hf.ModernBertForMaskedLM, config, made, folder, seed)


def causal(folder: Path) -> Path:
    """A causal model whose tokenizer names no padding."""
    made = tokenizer()
    backend = made.backend_tokenizer
    from tokenizers import processors

    backend.post_processor = processors.TemplateProcessing(single="$A", pair="$A $B")
    plain = hf.PreTrainedTokenizerFast(tokenizer_object=backend, eos_token="[SEP]")
    config = hf.GPT2Config(
        vocab_size=len(made), n_embd=32, n_layer=2, n_head=4, n_positions=64, eos_token_id=3,
        bos_token_id=3,
    )  # fmt: skip
    return _saved(hf.GPT2LMHeadModel, config, plain, folder, 0)


def _saved(
    kind: type[hf.PreTrainedModel],
    config: hf.PretrainedConfig,
    made: hf.PreTrainedTokenizerBase,
    folder: Path,
    seed: int,
) -> Path:
    torch.manual_seed(seed)
    model = kind(config)
    for weight in model.parameters():
        if weight.dim() > 1:
            torch.nn.init.normal_(weight, std=0.1)
    model.save_pretrained(folder)
    made.save_pretrained(folder)
    return folder
