"""Fine-tuning beside a plain Trainer loop on the same texts, in the same order, from one head.

``python -m benchmarks.finetune --task hatecheck --file test_suite_cases.csv`` prints what README.md
has a table of. Processor seconds, so that a busy machine matters little. Without dropout all ways
compute the same numbers, and how far they differ is printed. Plain ways pad a batch to its longest
text, or all texts to 128 tokens; a plain frozen body reads each text again in every epoch.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import settings

if TYPE_CHECKING:
    import numpy as np

    from probes.training.classifiers.lessons import Learner, Part, TaskLabels
    from probes.training.classifiers.request import ClassifierOptions

SIZES = {"hidden_size": 384, "intermediate_size": 1536, "num_attention_heads": 6}
VOCABULARY = 30_522


@dataclass(frozen=True)
class Measured:
    """One way: processor seconds of training and predicting, and what it predicts."""

    name: str
    seconds: float
    logp: np.ndarray


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="planted")
    parser.add_argument("--file", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--layers", type=int, default=6)
    given = parser.parse_args()
    settings.prepare(1)
    from probes.downstream.task import tasks, texts
    from probes.training.classifiers.lessons import Part, TaskLabels
    from probes.training.classifiers.request import ClassifierOptions

    copies = {"all": given.file} if given.file else {}
    task = TaskLabels.of(texts.read(tasks.load(given.task, copies)))
    first = task.parts[0]
    part = Part(first.fold, first.train, first.test)
    regime = ClassifierOptions(steps=given.steps)
    with tempfile.TemporaryDirectory() as folder:
        model = _model(Path(folder) / "model", task, given.layers)
        for frozen in (False, True):
            of = replace(regime, frozen=frozen)
            way = "head alone" if frozen else "all weights"
            own = _ours(model, task, part, of)
            _print(way, own, own)
            for width in (None, 128):
                _print(way, own, _plain(model, task, part, of, width))


def _print(way: str, own: Measured, other: Measured) -> None:
    change = abs(other.logp - own.logp).max()
    same = (other.logp.argmax(1) == own.logp.argmax(1)).mean()
    print(
        f"{way:12s} {other.name:28s} {other.seconds:7.1f} s  x{other.seconds / own.seconds:5.2f}  "
        f"log-probabilities differ by at most {change:.1e}, classes equal {same:.4f}",
        flush=True,
    )


def _model(folder: Path, task: TaskLabels, layers: int) -> Path:
    """A masked model of random weights, without dropout, that knows every word of the texts."""
    import torch
    import transformers as hf

    torch.manual_seed(0)
    known = " ".join(part for text in task.task.texts for part in text.texts)
    words = sorted({*re.findall(r"\w+|[^\w\s]", known.lower())})
    pieces = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words])
    made = hf.BertTokenizer(vocab={piece: n for n, piece in enumerate(pieces)})
    config = hf.BertConfig(
        vocab_size=VOCABULARY,
        num_hidden_layers=layers,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        **SIZES,
    )
    hf.BertForMaskedLM(config).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder


def _learner(model: Path, task: TaskLabels, regime: ClassifierOptions) -> Learner:
    from probes.models import registry
    from probes.training import begin
    from probes.training.classifiers.lessons import Learner

    base = begin.load_base(registry.resolve(str(model)), "measuring")
    return Learner(base, task, regime, cpu=True)


def _ours(model: Path, task: TaskLabels, part: Part, regime: ClassifierOptions) -> Measured:
    from probes.training.classifiers import fit

    learner = _learner(model, task, regime)
    with tempfile.TemporaryDirectory() as out:
        place = fit.TrainingPlace(Path(out), learner.classifier.tokenizer, cpu=True)
        start = time.process_time()
        learner.train(part, 0, place, lambda _, __: None)
        logp = learner.predict(part, 0)
        return Measured("probes", time.process_time() - start, logp)


def _plain(
    model: Path, task: TaskLabels, part: Part, regime: ClassifierOptions, width: int | None
) -> Measured:
    """As most scripts do: texts in the order of the epoch, the Trainer's own loss and predict."""
    import torch
    from transformers import DataCollatorWithPadding, Trainer

    from probes.training.classifiers.fit import TextOrder
    from probes.training.steps import trainer

    learner = _learner(model, task, regime)
    classifier = learner.classifier.begin(0, frozen=regime.frozen)
    padding = {"padding": "max_length", "max_length": width} if width else {}
    collate = DataCollatorWithPadding(learner.classifier.tokenizer, **padding)

    def rows(numbers: list[int]) -> list[dict[str, object]]:
        ids = learner.tokens.ids
        return [{"input_ids": list(ids[n]), "labels": int(task.labels[n])} for n in numbers]

    order = TextOrder(len(part.train), regime.steps_for(0) * regime.batch_size, 0)
    shown = rows([part.train[order[n]] for n in range(len(order))])
    with tempfile.TemporaryDirectory() as out:
        args = trainer.arguments(Path(out), regime, cpu=True)
        trainer.set_steps(args, regime.steps_for(0))
        args.per_device_eval_batch_size = 64
        args.logging_steps = args.max_steps + 1
        start = time.process_time()
        training = Trainer(classifier, args, collate, shown)
        training.train()
        logits = training.predict(rows(list(part.test))).predictions
    said = torch.log_softmax(torch.from_numpy(logits).double(), -1).numpy()
    name = f"Trainer, padded to {width or 'the longest'}"
    return Measured(name, time.process_time() - start, said)


if __name__ == "__main__":
    main()
