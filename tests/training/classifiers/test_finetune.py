"""One classifier: an ordinary checkpoint, the same bytes after a kill; its parts, tried alone."""

import hashlib
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import peft
import pytest
import torch
import transformers as hf

from probes import cli
from probes.debiasing import losses
from probes.downstream import predictions
from probes.downstream.metrics import by_class
from probes.downstream.task import tasks, texts
from probes.errors import ModelError, ProbesError
from probes.models import registry
from probes.training import begin, model_card
from probes.training.classifiers import fit, heads, inputs, predict
from probes.training.classifiers.finetune import finetune
from probes.training.classifiers.request import (
    ClassifierOptions,
    ClassifierProgress,
    ClassifierRequest,
)
from probes.training.classifiers.study import StudyOutcome
from probes.training.steps import low_rank
from tests.training.classifiers import small
from tests.training.classifiers.conftest import Small

Build = Callable[..., Path]
CLASSES = ("complaint", "thanks")


def asked(made: Small, out: Path, **changes: object) -> ClassifierRequest:
    fields = {"checkpoints": 3, "regime": small.QUICK, "device": "cpu", **changes}
    return ClassifierRequest(str(made.base), str(made.task), out, **fields)


def digests(folder: Path) -> dict[str, str]:
    """Every file -> sha256."""
    return {
        str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file()
    }


class Stopped(Exception):  # noqa: N818
    """What a test raises at a step."""


def stop(now: ClassifierProgress) -> None:
    if now.done == 5:
        raise Stopped


# --- the whole ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_stopped_training_goes_on_to_the_same_bytes(made: Small, tmp_path: Path) -> None:
    """From its last whole checkpoint; once finished, the same command does nothing."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    outcome = finetune(asked(made, whole))
    with pytest.raises(Stopped):
        finetune(asked(made, stopped), stop)
    assert {p.name for p in stopped.glob("checkpoint-*")} == {"checkpoint-2", "checkpoint-4"}
    seen: list[ClassifierProgress] = []
    assert finetune(asked(made, stopped), seen.append) == outcome
    assert [now.done for now in seen] == [5, 6]
    assert digests(stopped) == digests(whole)
    assert finetune(asked(made, stopped), pytest.fail) == outcome
    named = {p.name for p in whole.iterdir()}
    assert named >= {"config.json", "model.safetensors", "README.md", "finetune.json", "losses.csv"}
    assert ".saving" not in named


@pytest.mark.slow
def test_a_damaged_state_is_one_sentence(made: Small, tmp_path: Path) -> None:
    """Any of its files cut off, or of another training: what to remove is said."""
    request = asked(made, tmp_path / "c")
    with pytest.raises(Stopped):
        finetune(request, stop)
    (state,) = (tmp_path / "c").glob("checkpoint-*/trainer")
    read = ("optimizer", "scheduler", "rng_state", "trainer_state")
    files = [file for file in sorted(state.iterdir()) if file.name.startswith(read)]
    assert len(files) == len(read)
    for file in files:
        whole = file.read_bytes()
        for content in (whole[:10], b"", b"[1]"):
            file.write_bytes(content)
            with pytest.raises(ProbesError, match=r"remove .*checkpoint-") as error:
                finetune(request)
            assert "\n" not in str(error.value)
        file.write_bytes(whole)
    assert finetune(request).steps == small.QUICK.steps


def test_a_classifier_is_what_the_study_trains_from_the_same_seed(
    made: Small, finished: tuple[Path, StudyOutcome], tmp_path: Path
) -> None:
    """Loaded from the disk by transformers alone, it says of every test text what the study wrote;
    every weight is there."""
    outcome = finetune(asked(made, tmp_path / "one", checkpoints=1))
    model, report = hf.AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "one", output_loading_info=True
    )
    assert not report["missing_keys"]
    assert tuple(model.config.id2label.values()) == CLASSES
    tokenizer = hf.AutoTokenizer.from_pretrained(tmp_path / "one")
    found = predictions.read(finished[0])
    known = {text.id: text.texts[0] for text in texts.read(tasks.load(made.task)).texts}
    with torch.no_grad():
        rows = [
            model.eval()(**tokenizer(known[name], return_tensors="pt")).logits[0].log_softmax(-1)
            for name in found.truth.ids
        ]
    said = torch.stack(rows).double().numpy()
    assert np.abs(said - found.model("base").logp[0]).max() < 1e-5
    balanced, _ = by_class(np.ones(len(said)), found.truth.label, said.argmax(1), 2)
    assert outcome.balanced_accuracy == pytest.approx(float(balanced))


@pytest.mark.parametrize("kind", ["base", "causal"])
def test_a_frozen_body_is_not_trained_and_the_whole_says_what_its_vectors_said(
    made: Small, tmp_path: Path, kind: str
) -> None:
    """The body's weights are the checkpoint's; texts read whole give the balanced accuracy that was
    worked out from one vector a text."""
    regime = replace(small.LEARNS, frozen=True, lr=3e-2)
    request = asked(made, tmp_path / "f", checkpoints=1, regime=regime)
    folder = getattr(made, kind)
    outcome = finetune(replace(request, model=str(folder)))
    assert outcome.balanced_accuracy is not None
    assert outcome.balanced_accuracy > 0.6
    base = begin.load_base(registry.resolve(str(folder)), "trying")
    model = hf.AutoModelForSequenceClassification.from_pretrained(tmp_path / "f")
    before, after = base.model.base_model.state_dict(), model.base_model.state_dict()
    assert all(torch.equal(after[name], weight) for name, weight in before.items())
    read = texts.read(tasks.load(made.task)).texts
    test = [n for n, text in enumerate(read) if text.fold == "test"]
    tokens = inputs.encode(base, [text.texts for text in read])
    said = predict.log_probabilities(model, tokens, test).argmax(1)
    truth = np.array([CLASSES.index(read[n].label) for n in test])
    balanced, _ = by_class(np.ones(len(test)), truth, said, 2)
    assert outcome.balanced_accuracy == pytest.approx(float(balanced))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated")
def test_low_rank_matrices_go_on_to_the_same_bytes_and_are_the_adapter_of_the_base(
    made: Small, tmp_path: Path
) -> None:
    """Merged, they say what the adapter says on the base, by peft alone; of the body only linear
    layers have changed."""
    regime = replace(small.QUICK, lora=True)
    whole, stopped = (
        replace(asked(made, tmp_path / name, regime=regime), model=str(made.causal))
        for name in ("whole", "stopped")
    )
    finetune(whole)
    with pytest.raises(Stopped):
        finetune(stopped, stop)
    finetune(stopped)
    assert digests(stopped.out) == digests(whole.out)
    assert "| low-rank matrices | LoRA, merged" in (whole.out / "README.md").read_text()
    classifier = hf.AutoModelForSequenceClassification
    merged = classifier.from_pretrained(whole.out)
    options = {"num_labels": 2, "pad_token_id": merged.config.pad_token_id}
    base = classifier.from_pretrained(whole.model, **options)
    before = {name: weight.clone() for name, weight in base.base_model.state_dict().items()}
    adapted = peft.PeftModel.from_pretrained(base, whole.out / "adapter")
    ids = torch.tensor([[2, 5, 6, 7, 8]])
    with torch.no_grad():
        said, other = merged.eval()(ids).logits, adapted.eval()(ids).logits
    assert torch.allclose(said, other, atol=1e-5)
    changed = {n for n, w in merged.base_model.state_dict().items() if not w.equal(before[n])}
    assert changed
    assert all(name.endswith("weight") and before[name].dim() == 2 for name in changed)
    with pytest.raises(ProbesError, match="holds a training with --lora on, not off"):
        finetune(replace(whole, regime=small.QUICK))


@pytest.mark.slow
def test_bfloat16_and_accumulation_train(made: Small, tmp_path: Path) -> None:
    regime = replace(small.QUICK, bf16=True, accumulate=2, batch_size=8)
    outcome = finetune(asked(made, tmp_path / "b", regime=regime))
    other = finetune(asked(made, tmp_path / "a", regime=replace(regime, bf16=False)))
    assert outcome.loss == pytest.approx(other.loss, rel=0.05)
    whole = finetune(asked(made, tmp_path / "w", regime=replace(small.QUICK, batch_size=16)))
    assert other.loss == pytest.approx(whole.loss, rel=1e-3)  # two halves of each batch


def test_without_a_test_fold_all_texts_are_trained_on(made: Small, tmp_path: Path) -> None:
    """A fold may be left out by its name; a name that is none is refused."""
    regime = replace(small.QUICK, steps=1, frozen=True)
    request = replace(asked(made, tmp_path / "p", regime=regime, checkpoints=1), task="planted")
    outcome = finetune(request)
    assert (outcome.texts, outcome.tested, outcome.balanced_accuracy) == (208, 0, None)
    left = finetune(replace(request, out=tmp_path / "l", fold="fold1"))
    assert left.tested > 0
    assert left.texts + left.tested == 208
    with pytest.raises(ProbesError, match="--fold fold9: planted has none; did you mean 'fold5'"):
        finetune(replace(request, out=tmp_path / "n", fold="fold9"))


def test_mistakes_are_one_sentence(made: Small, tmp_path: Path, checkpoint: Build) -> None:
    """And leave no folder behind."""
    regime = replace(small.QUICK, frozen=True)
    for request, said in (
        (asked(made, tmp_path / "x", regime=regime), "--checkpoints 3: with --frozen only the end"),
        (
            asked(made, tmp_path / "x", regime=replace(regime, lora=True), checkpoints=1),
            "--lora: trains the body, which --frozen leaves as it is",
        ),
        (asked(made, tmp_path / "x", checkpoints=0), "--checkpoints 0: must be at least 1"),
        (
            replace(asked(made, tmp_path / "x"), model=str(checkpoint("bart"))),
            "bart: fine-tuning is for masked and causal models, and this is seq2seq",
        ),
        (replace(asked(made, tmp_path / "x"), task="planned"), "did you mean 'planted'"),
    ):
        with pytest.raises(ProbesError) as error:
            finetune(request)
        assert said in str(error.value)
        assert not (tmp_path / "x").exists()
    finetune(asked(made, tmp_path / "y"))
    with pytest.raises(ProbesError, match="holds a training with --seed 0, not 1"):
        finetune(asked(made, tmp_path / "y", regime=replace(small.QUICK, seed=1)))
    with pytest.raises(ProbesError, match="with --lora off, not on"):
        finetune(asked(made, tmp_path / "y", regime=replace(small.QUICK, lora=True)))


def test_the_command(
    made: Small,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = f"--model {made.base} --task {made.task} --out {tmp_path / 'c'} --steps 1 --device cpu"
    monkeypatch.setattr(sys, "argv", ["probes", "finetune", *words.split(), "--length", "9"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    said = capsys.readouterr()
    assert "texts are longer than 9 tokens and cut there (--length)" in said.err
    assert "balanced accuracy" in said.out
    card, record = (tmp_path / "c" / "README.md").read_text(), tmp_path / "c" / "finetune.json"
    assert "Warning:" in card
    assert "| base | base |\n" in card
    assert ", lr 2e-05, " in card  # the usual rate: none was typed
    kept = json.loads(record.read_text())
    assert (kept["left_out"], kept["learning_rate"], kept["regime"]["lr"]) == ("test", 2e-5, None)


# --- its parts ---------------------------------------------------------------------------------

NEW = {
    "bert": {"bert.pooler.dense", "classifier"},
    "roberta": {"classifier.dense", "classifier.out_proj"},
    "distilbert": {"pre_classifier", "classifier"},
    "modernbert": {"classifier"},
    "gpt2": {"score"},
    "llama": {"score"},
}


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated")
@pytest.mark.parametrize("name", NEW)
def test_exactly_the_head_is_new(checkpoint: Build, name: str) -> None:
    """The body is the checkpoint's; one vector a text is all that the head reads; the head is of
    the seed alone."""
    base = begin.load_base(registry.resolve(str(checkpoint(name))), "trying")
    tokens = inputs.encode(
        base, [("Rents should be capped.",), ("I agree.",), ("No, never at all",)]
    )
    made = heads.Classifier(base, CLASSES, tokens.padding)
    assert {key.rpartition(".")[0] for key in made.new} == NEW[name]
    first = {key: weight.clone() for key, weight in made.begin(3).state_dict().items()}
    body = base.model.base_model.state_dict()
    prefix = made.model.base_model_prefix
    assert all(torch.equal(first[f"{prefix}.{key}"], weight) for key, weight in body.items())
    made.begin(4)
    again = made.begin(3).state_dict()
    assert all(torch.equal(again[key], weight) for key, weight in first.items())
    predict.require_same_alone(made.model, tokens, name)
    vectors = predict.features(made.model, tokens)
    whole = predict.log_probabilities(made.model, tokens, range(3))
    single = predict.log_probabilities(made.model, vectors, range(3), frozen=True)
    assert np.abs(whole - single).max() < 1e-5
    weights = {
        key: weight.clone() for key, weight in made.begin(3, frozen=True).state_dict().items()
    }
    with low_rank.adapted(made.model) as adapted:
        trained = {key for key, weight in adapted.named_parameters() if weight.requires_grad}
        heads_of = {key.rpartition(".modules_to_save.")[0] for key in trained if "lora_" not in key}
        assert {key.removeprefix("base_model.model.") for key in heads_of} == NEW[name]
        assert any("lora_A" in key for key in trained)
    assert all(torch.equal(made.model.state_dict()[key], of) for key, of in weights.items())
    drawn = heads.Classifier(base, CLASSES, tokens.padding, untrained=True).begin(3).state_dict()
    assert all(torch.equal(drawn[key], first[key]) for key in made.new)
    assert not all(torch.equal(drawn[f"{prefix}.{key}"], weight) for key, weight in body.items())


def test_a_head_that_reads_more_than_one_vector_is_not_frozen(checkpoint: Build) -> None:
    base = begin.load_base(registry.resolve(str(checkpoint("albert"))), "trying")
    tokens = inputs.encode(base, [("Rents should be capped.",), ("I agree.",)])
    model = heads.Classifier(base, CLASSES, tokens.padding).begin(0)
    with pytest.raises(ModelError, match="more of a text than one vector"):
        predict.features(model, tokens)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_body_whose_numbers_are_none_is_named_as_such(checkpoint: Build, value: float) -> None:
    """And not as one whose texts change each other's numbers."""
    base = begin.load_base(registry.resolve(str(checkpoint("bert"))), "trying")
    tokens = inputs.encode(base, [("Rents should be capped.",), ("I agree.",)])
    base.model.base_model.get_input_embeddings().weight.data.fill_(value)
    model = heads.Classifier(base, CLASSES, tokens.padding).begin(0)
    with pytest.raises(ModelError, match="bert: as a classifier it gives numbers that are not fin"):
        predict.require_same_alone(model, tokens, "bert")


def still(made: Small) -> tuple[hf.PreTrainedModel, inputs.TokenInputs]:
    """A classifier without dropout, and texts of many lengths."""
    base = begin.load_base(registry.resolve(str(made.causal)), "trying")
    read = texts.read(tasks.load(made.task)).texts[:32]
    tokens = inputs.encode(base, [text.texts for text in read])
    model = heads.Classifier(base, CLASSES, tokens.padding).begin(0)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model.train(), tokens


def gradient(model: hf.PreTrainedModel, logits: torch.Tensor) -> torch.Tensor:
    model.zero_grad()
    losses.plain(logits, torch.arange(len(logits)) % 2).backward()
    return torch.cat([w.grad.flatten() for w in model.parameters() if w.grad is not None])


def test_a_batch_in_parts_has_the_gradient_of_the_whole(made: Small) -> None:
    model, tokens = still(made)
    batch = tokens.batch(range(32))
    assert len({*tokens.lengths.tolist()}) > 3
    whole, parts = model(**batch).logits.float(), fit.logits(model, batch)
    assert torch.allclose(whole, parts, atol=1e-5)
    assert torch.allclose(gradient(model, whole), gradient(model, parts), atol=1e-5)


def test_a_loss_gets_what_belongs_to_its_texts(made: Small) -> None:
    """Whatever the order: rows of a batch belong together."""
    _, tokens = still(made)
    labels, bias = np.arange(32) % 2, torch.arange(64.0).reshape(32, 2)
    of = fit.LabelledTexts(tokens, range(32), labels, beside=bias)
    batch = of.batch([5, 2, 9])
    assert batch["labels"].tolist() == [1, 0, 1]
    assert torch.equal(batch["beside"], bias[[5, 2, 9]])
    assert batch["input_ids"][1, : tokens.lengths[2]].tolist() == list(tokens.ids[2])


def test_two_texts_stand_apart(checkpoint: Build, made: Small) -> None:
    """By the tokenizer's own separator, else by a line's end; cut texts are counted."""
    masked = begin.load_base(registry.resolve(str(checkpoint("bert"))), "trying")
    pair = inputs.encode(masked, [("I agree", "taxes are too high")])
    assert pair.ids[0].count(masked.tokenizer.sep_token_id) == 2
    assert {*pair.types[0]} == {0, 1}
    causal = begin.load_base(registry.resolve(str(made.causal)), "trying")
    one = inputs.encode(causal, [("the mill", "the bridge")])
    assert one.ids == inputs.encode(causal, [("the mill\nthe bridge",)]).ids
    short = inputs.encode(causal, [("the mill", "the bridge"), ("the mill", "a")], 3)
    assert [len(row) for row in short.ids] == [3, 3]
    assert short.truncated[0]


def test_what_single_precision_does_to_a_new_head_is_not_the_neighbours_doing() -> None:
    """Also where logits hardly differ from text to text; what does depend on them is seen there."""
    logits = 0.01 + 3e-5 * torch.randn(17, 2, generator=torch.Generator().manual_seed(0))
    assert predict._same(logits, logits + 6e-9)
    assert not predict._same(logits, logits.roll(1, dims=0))


def test_only_a_parent_of_the_hub_is_the_base_of_a_card(made: Small, tmp_path: Path) -> None:
    """A folder's name may be that of another's model there."""
    finetune(asked(made, tmp_path / "b", checkpoints=1))
    assert "base_model" not in (tmp_path / "b" / "README.md").read_text()
    assert model_card.front_matter("org/model", "0" * 40)["base_model"] == "org/model"


def test_texts_that_a_tokenizer_reads_alike_teach_nothing(made: Small) -> None:
    """Said for what it is, also where only the first tokens are alike."""
    base = begin.load_base(registry.resolve(str(made.base)), "trying")
    with pytest.raises(ModelError, match=r"base: its tokenizer reads all 3 texts alike"):
        inputs.encode(base, [("the mill",)] * 3)
    one, other = ("the mill " * 9,), ("the mill " * 10,)
    with pytest.raises(ModelError, match=r"all 2 texts alike, up to 8 tokens \(--length\)"):
        inputs.encode(base, [one, other], 8)
    assert len(set(inputs.encode(base, [one, other]).ids)) == 2


def test_padding_is_a_token_that_no_text_holds(made: Small) -> None:
    """Its tokenizer names none, and ends with a token that a text may hold."""
    base = begin.load_base(registry.resolve(str(made.causal)), "trying")
    assert inputs.encode(base, [("the mill",)]).padding == base.tokenizer.eos_token_id
    held = inputs.encode(base, [("the [SEP] mill",)])
    assert base.tokenizer.eos_token_id in held.ids[0]
    assert held.padding not in held.ids[0]


def test_steps_come_of_epochs() -> None:
    assert ClassifierOptions(epochs=3, batch_size=32).steps_for(100) == 10
    assert ClassifierOptions(epochs=1, batch_size=8, accumulate=4).steps_for(33) == 2
    assert ClassifierOptions(steps=7).steps_for(10_000) == 7
