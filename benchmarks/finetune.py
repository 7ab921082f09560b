"""Benchmark of fine-tuning against a plain Trainer loop: same texts, order and initial head.

``python -m benchmarks.finetune --file test_suite_cases.csv`` trains a model of the size of
DistilRoBERTa (random weights, a new tokenizer) on texts of HateCheck. Prints processor seconds per
seed, which depend little on other load; implementations alternate. Without dropout all must compute
the same numbers: prints the largest difference, and fails if predicted classes differ. The plain
loop pads a batch to its longest text, or all texts to 128 tokens; with a frozen body it encodes
each text again in every epoch and seed.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import settings

if TYPE_CHECKING:
    import numpy as np

    from probes.training.classifiers.lessons import Learner, Part, TaskLabels
    from probes.training.classifiers.request import ClassifierOptions

SIZES = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "max_position_embeddings": 514,
    "pad_token_id": 1,
}
"""Configuration of DistilRoBERTa, without its 6 layers and 50,265 tokens."""
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
PIECES = 4000
HEAD_EPOCHS, WHOLE_EPOCHS = 3, 1
WIDTH = 128


@dataclass(frozen=True)
class Measured:
    """Results of one implementation: processor seconds per seed, peak memory, predictions."""

    name: str
    seconds: float
    memory: float
    """Peak memory of the whole process, in GiB."""
    logp: np.ndarray


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="hatecheck")
    parser.add_argument("--file", type=Path)
    parser.add_argument(
        "--texts", type=int, default=120, help="of all folds, one of which is predicted"
    )
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--wide", action="store_true", help="also padded to 128 tokens")
    parser.add_argument("--only", choices=["head", "all"], help="the head alone, or all weights")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--vocabulary", type=int, default=50_265, help="250002 is XLM-R's")
    options = parser.parse_args()
    settings.prepare(1)
    from probes.downstream.task import tasks, texts
    from probes.training.classifiers.lessons import TaskLabels
    from probes.training.classifiers.request import ClassifierOptions

    copies = {"all": options.file} if options.file else {}
    read = texts.read(tasks.load(options.task, copies))
    sample = read.texts[:: max(1, len(read.texts) // options.texts)]
    task = TaskLabels.of(replace(read, texts=sample))
    part = task.parts[0]
    with tempfile.TemporaryDirectory() as folder:
        model = _model(Path(folder) / "model", task, options.layers, options.vocabulary)
        for frozen, epochs in ((True, HEAD_EPOCHS), (False, WHOLE_EPOCHS)):
            if options.only == ("all" if frozen else "head"):
                continue
            regime = ClassifierOptions(epochs=epochs, frozen=frozen)
            ways = [
                partial(_ours, model, task, part, regime, options.seeds),
                partial(_plain, model, task, part, regime, options.seeds, None),
            ]
            if options.wide:
                ways.append(partial(_plain, model, task, part, regime, 1, WIDTH))
            _compare(f"{'head alone' if frozen else 'all weights'}, {epochs} epochs", ways, options)


def _compare(what: str, ways: list[Callable[[], Measured]], options: argparse.Namespace) -> None:
    """Run implementations alternately (that with fixed padding once); print the fastest times."""
    results = [way() for way in ways]
    for _ in range(options.rounds - 1):
        results += [way() for way in ways[:2]]
    own = min((m for m in results if m.name == "probes"), key=lambda m: m.seconds)
    for name in dict.fromkeys(m.name for m in results):
        other = min((m for m in results if m.name == name), key=lambda m: m.seconds)
        change = abs(other.logp - own.logp).max()
        print(
            f"{what:22s} {name:28s} {other.seconds:7.1f} s a seed  "
            f"x{other.seconds / own.seconds:5.2f}  {other.memory:5.2f} GiB  "
            f"log-probabilities differ by at most {change:.1e}",
            flush=True,
        )
        if (other.logp.argmax(1) != own.logp.argmax(1)).any():
            raise SystemExit(f"{name}: says other classes than probes")


def _peak() -> float:
    """Peak memory since the last call, in GiB."""
    status = Path("/proc/self/status").read_text("utf-8")
    peak = re.search(r"VmHWM:\s+(\d+) kB", status)
    Path("/proc/self/clear_refs").write_text("5", "utf-8")  # resets the peak
    return int(peak[1]) / 2**20 if peak else float("nan")


def _model(folder: Path, task: TaskLabels, layers: int, vocabulary: int) -> Path:
    """A masked model with random weights and no dropout, and a BPE tokenizer of the texts."""
    import tokenizers as tk
    import torch
    import transformers as hf

    torch.manual_seed(0)
    pairs = tk.ByteLevelBPETokenizer()
    texts = (part for text in task.task.texts for part in text.texts)
    pairs.train_from_iterator(texts, PIECES, special_tokens=list(SPECIAL), show_progress=False)
    pairs.post_processor = tk.processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    names = ("cls_token", "pad_token", "sep_token", "unk_token", "mask_token")
    tokenizer = hf.PreTrainedTokenizerFast(
        tokenizer_object=pairs._tokenizer,  # noqa: SLF001 (the wrapper has no name for it)
        **dict(zip(names, SPECIAL, strict=True)),
    )
    config = hf.RobertaConfig(
        num_hidden_layers=layers,
        vocab_size=vocabulary,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **SIZES,
    )
    hf.RobertaForMaskedLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _learner(model: Path, task: TaskLabels, regime: ClassifierOptions) -> Learner:
    from probes.models import registry
    from probes.training import begin
    from probes.training.classifiers.lessons import Learner

    base = begin.load_base(registry.resolve(str(model)), "measuring")
    return Learner(base, task, regime, cpu=True)


def _ours(
    model: Path, task: TaskLabels, part: Part, regime: ClassifierOptions, seeds: int
) -> Measured:
    from probes.training.classifiers import fit

    learner = _learner(model, task, regime)
    _peak()
    start = time.process_time()
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as out:
            target = fit.TrainingPlace(Path(out), learner.classifier.tokenizer, cpu=True)
            learner.train(part, seed, target, lambda _, __: None)
            logp = learner.predict(part, seed)
        if not seed:
            first = logp
    return Measured("probes", (time.process_time() - start) / seeds, _peak(), first)


def _plain(
    model: Path,
    task: TaskLabels,
    part: Part,
    regime: ClassifierOptions,
    seeds: int,
    width: int | None,
) -> Measured:
    """A usual training script: texts in random order, the Trainer's own loss and `predict`."""
    learner = _learner(model, task, regime)
    _peak()
    start = time.process_time()
    logps = [_trained(learner, task, part, replace(regime, seed=n), width) for n in range(seeds)]
    seconds = (time.process_time() - start) / seeds
    return Measured(f"Trainer, padded to {width or 'the longest'}", seconds, _peak(), logps[0])


def _trained(
    learner: Learner, task: TaskLabels, part: Part, regime: ClassifierOptions, width: int | None
) -> np.ndarray:
    import torch
    from transformers import DataCollatorWithPadding, Trainer

    from probes.training.classifiers.fit import TextOrder
    from probes.training.steps import trainer

    classifier = learner.classifier.begin(regime.seed, frozen=regime.frozen)
    padding = {"padding": "max_length", "max_length": width} if width else {}
    collate = DataCollatorWithPadding(learner.classifier.tokenizer, **padding)

    def rows(numbers: list[int]) -> list[dict[str, object]]:
        ids = learner.tokens.ids
        return [{"input_ids": list(ids[n]), "labels": int(task.labels[n])} for n in numbers]

    steps = regime.steps_for(len(part.train))
    order = TextOrder(len(part.train), steps * regime.batch_size, regime.seed)
    shown = rows([part.train[order[n]] for n in range(len(order))])
    with tempfile.TemporaryDirectory() as out:
        args = trainer.arguments(Path(out), regime, cpu=True)
        trainer.set_steps(args, steps)
        args.per_device_eval_batch_size = 64
        args.logging_steps = args.max_steps + 1
        training = Trainer(classifier, args, collate, shown)
        training.train()
        logits = training.predict(rows(list(part.test))).predictions
    return torch.log_softmax(torch.from_numpy(logits).double(), -1).numpy()


if __name__ == "__main__":
    main()
