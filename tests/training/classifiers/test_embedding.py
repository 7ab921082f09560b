"""Rows of an embedding: those that texts use are trained as among all others, which stay."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf

from probes.downstream.task import tasks, texts
from probes.models import registry
from probes.training import begin
from probes.training.classifiers import embedding, fit, heads, inputs, predict
from probes.training.classifiers.finetune import finetune
from probes.training.classifiers.inputs import TokenInputs
from probes.training.classifiers.request import ClassifierRequest
from tests.training.classifiers import small
from tests.training.classifiers.conftest import Small

Found = tuple[heads.Classifier, TokenInputs]


@pytest.fixture
def classifier(made: Small) -> Found:
    """And the texts; dropout is off."""
    base = begin.load_base(registry.resolve(str(made.base)), "trying")
    read = texts.read(tasks.load(made.task)).texts[:64]
    tokens = inputs.encode(base, [text.texts for text in read])
    found = heads.Classifier(base, ("complaint", "thanks"), tokens.padding)
    found.begin(0)
    return found, tokens


def trained(found: Found, out: Path) -> tuple[torch.Tensor, np.ndarray]:
    """The embedding, and what the classifier says."""
    classifier, tokens = found
    model = classifier.begin(0)
    labels = np.arange(64) % 2
    place = fit.TrainingPlace(out, classifier.tokenizer, cpu=True)
    fit.fit(
        model,
        fit.LabelledTexts(tokens, range(64), labels),
        replace(small.QUICK, batch_size=24),
        place,
        lambda *_: None,
    )
    weight = model.get_input_embeddings().weight
    assert weight.requires_grad
    return weight.detach().clone(), predict.log_probabilities(model, tokens, range(64))


def test_used_rows_are_trained_as_among_all(
    classifier: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal numbers; decay alone would have moved the others."""
    before = classifier[0].model.get_input_embeddings().weight.detach().clone()
    few, said = trained(classifier, tmp_path / "few")
    monkeypatch.setattr(embedding, "used_rows", lambda *_: None)
    whole, as_whole = trained(classifier, tmp_path / "whole")
    assert np.abs(said - as_whole).max() < 1e-5
    assert few.shape == whole.shape == before.shape
    tokens = classifier[1]
    used = torch.tensor(sorted({tokens.padding, *(n for row in tokens.ids for n in row)}))
    others = [n for n in range(len(before)) if n not in used]
    assert len(others) > 10
    assert torch.allclose(few[used], whole[used], atol=1e-5)
    assert (few[used] - before[used]).abs().max() > 1e-3
    assert torch.equal(few[others], before[others])
    assert 0 < (whole[others] - before[others]).abs().max() < 1e-3


def test_the_layer_is_narrow_for_a_while(classifier: Found) -> None:
    model, tokens = classifier[0].model, classifier[1]
    layer = model.get_input_embeddings()
    weight, padding, whole = layer.weight, layer.padding_idx, len(layer.weight)
    rows = embedding.used_rows(model, tokens)
    assert rows is not None
    with suppress(ZeroDivisionError), rows.narrow():
        assert len(layer.weight) < whole
        with rows.widened():
            assert layer.weight is weight
        assert len(layer.weight) < whole
        raise ZeroDivisionError
    assert layer.weight is weight
    assert layer.padding_idx == padding
    assert not layer._forward_pre_hooks


@contextmanager
def looked_at(model: hf.PreTrainedModel) -> Iterator[None]:
    """The model says something else where its embedding has fewer rows."""
    rows = len(model.get_input_embeddings().weight)
    head = model.get_submodule("classifier")
    hook = head.register_forward_hook(
        lambda *given: given[2] + rows - len(model.get_input_embeddings().weight)
    )
    yield
    hook.remove()


def test_what_else_reads_the_embedding_keeps_it_whole(classifier: Found) -> None:
    """A second name for it, a model that looks at its size, a frozen body."""
    model, tokens = classifier[0].model, classifier[1]
    with looked_at(model):
        assert embedding.used_rows(model, tokens) is None
    assert embedding.used_rows(model, tokens) is not None
    model.get_submodule("head").other = model.get_input_embeddings().weight
    assert embedding.used_rows(model, tokens) is None
    del model.get_submodule("head").other
    assert embedding.used_rows(classifier[0].begin(0, frozen=True), tokens) is None


@pytest.mark.slow
def test_checkpoints_have_every_row(made: Small, tmp_path: Path) -> None:
    asked = ClassifierRequest(
        str(made.base),
        str(made.task),
        tmp_path / "out",
        checkpoints=2,
        regime=small.QUICK,
        device="cpu",
    )
    finetune(asked)
    base = hf.AutoModelForMaskedLM.from_pretrained(made.base).get_input_embeddings().weight
    mask = small.tokenizer().mask_token_id
    for folder in (tmp_path / "out/checkpoint-3", tmp_path / "out"):
        model, said = hf.AutoModelForSequenceClassification.from_pretrained(
            folder, output_loading_info=True
        )
        assert not any(said.values()), said
        weight = model.get_input_embeddings().weight
        assert torch.equal(weight[mask], base[mask])
        assert not torch.equal(weight, base)
