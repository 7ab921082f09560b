"""Further pretraining with documents apart, and with words that are always hidden."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from probes.errors import CorpusError, UsageError
from probes.training import blocks, examples, perplexity, pretrain, tokens
from probes.training.blocks import BlockLayout, Blocks, StreamWriter
from probes.training.examples import BlockOrder
from probes.training.masking import HELD_OUT, IGNORED, SALIENT, AlwaysHidden, Masker
from probes.training.request import TrainingOptions, TrainingProgress
from probes.training.tokens import TokenStreams
from tests import checkpoints
from tests.training.test_pretrain import (
    SMALL,
    Stopped,
    asked,
    files,
    refused,
    stop_at,
    write_corpus,
)

Build = Callable[..., Path]
TEXTS = [
    "We agree.",
    "AGREE or disagree? Disagreeable!",
    "Nothing of it.",
    "I strongly agree, friend",
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("words") / "news.txt", 400)


# --- words that are always hidden --------------------------------------------------------------


@pytest.mark.parametrize("name", ["bert", "roberta", "xlm-roberta", "gpt2"])
def test_words_are_found_whole_in_any_tokenizers_tokens(checkpoint: Build, name: str) -> None:
    """In capitals or not, phrases too, in as many pieces as they have; parts of words are not."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint(name))
    encoded = tokenizer(TEXTS, add_special_tokens=False, return_offsets_mapping=True)
    salience, found = AlwaysHidden(["agree", "strongly agree"]), []
    for text, ids, spans in zip(
        TEXTS, encoded["input_ids"], encoded["offset_mapping"], strict=True
    ):
        marked = salience(text, ids, spans)
        assert np.array_equal(marked & ~SALIENT, ids)
        at = {
            i
            for (a, b), one in zip(spans, marked, strict=True)
            if one & SALIENT
            for i in range(a, b)
        }
        found.append("".join(text[i] for i in sorted(at)).replace(" ", ""))
    assert found == ["agree", "AGREE", "", "stronglyagree"]


def test_marked_tokens_are_hidden_in_every_epoch_beside_the_share_of_the_others() -> None:
    """By BERT's rule, like those that are drawn."""
    masker, ids = Masker(4, 1000, {0, 4}, seed=0), np.arange(100, 300)
    marked = ids.copy()
    marked[[7, 150]] |= SALIENT
    for epoch in range(50):
        read, labels = masker(marked, epoch, 3)
        at = np.flatnonzero(labels != IGNORED)
        assert {7, 150} <= set(at)
        assert len(at) == 2 + round(0.15 * 198)
        assert np.array_equal(labels[at], ids[at])
        assert read.max() < 1000


def test_a_stream_keeps_marks(checkpoint: Build, tmp_path: Path) -> None:
    """Trained on and held out; how many there are is counted."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint("bert"))
    framed = blocks.block_layout(tokenizer, "masked", 16, hide=("agree",))
    texts = [f"number {n} we agree with it" for n in range(100)]
    counts = tokens.write_streams(
        texts, tokenizer, framed, TokenStreams(tmp_path, 0.2), lambda _: None
    )
    marks = 0
    for path in (blocks.TRAIN, blocks.HELD):
        raw = np.fromfile(tmp_path / path, "<u4").astype(np.int64)
        assert set(raw[raw >= SALIENT] & ~SALIENT) <= set(
            tokenizer("agree", add_special_tokens=False)["input_ids"]
        )
        marks += int((raw >= SALIENT).sum())
    pieces = len(tokenizer("agree", add_special_tokens=False)["input_ids"])
    assert counts.marked == marks == 100 * pieces


def test_words_that_cannot_be_hidden_are_said(
    checkpoint: Build,
    corpus: Path,
    command: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
) -> None:
    """From a causal model, or no word at all: refused. Not in the corpus: a warning."""
    hide = replace(SMALL, hide=("agree",))
    assert "--hide agree: gpt2 is causal" in refused(
        asked(checkpoint("gpt2"), corpus, tmp_path / "a", hide), UsageError
    )
    blank = asked(checkpoint("bert"), corpus, tmp_path / "b", replace(SMALL, hide=(" ",)))
    assert "--hide ' ': must be a word" in refused(blank, UsageError)
    words = ("pretrain", "--model", str(checkpoint("bert")), "--corpus", str(corpus))
    more = ("--steps", "1", "--block", "32", "--device", "cpu", "--hide", "zebra", "--hide", "gnu")
    status, _, err = command(*words, *more, "--out", str(tmp_path / "c"))
    assert status == 0
    assert "warning: the corpus holds none of the words of --hide (zebra, gnu)\n" in err


# --- documents apart ---------------------------------------------------------------------------


def test_documents_apart_come_back_one_by_one(tmp_path: Path) -> None:
    """Whole, or in as many pieces as a block needs; none of them empty; all are counted."""
    framed = BlockLayout(8, (1,), (2,), (), (), 2, apart=True)
    documents = [np.arange(10, 10 + n) for n in (3, 6, 7, 0, 13, 1)]
    with StreamWriter(tmp_path / "x", framed) as stream:
        for row in documents:
            stream.write(row)
    with Blocks(tmp_path / "x", framed) as found:
        rows = [found[number].tolist() for number in range(len(found))]
        assert found.tokens(np.arange(len(found))) == sum(map(len, rows))
        assert found.tokens(np.array([1, 1, 3])) == 8 + 8 + 3
    assert all((row[0], row[-1]) == (1, 2) for row in rows)
    assert [len(row) - 2 for row in rows] == [3, 6, 6, 1, 6, 6, 1, 1]
    assert [t for row in rows for t in row[1:-1]] == [t for d in documents for t in d]


def test_padding_changes_no_loss(checkpoint: Build, tmp_path: Path) -> None:
    """The loss of a padded batch is that of its documents one by one; so is perplexity."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

    for name, kind, auto in (
        ("bert", "masked", AutoModelForMaskedLM),
        ("gpt2", "causal", AutoModelForCausalLM),
    ):
        model = auto.from_pretrained(checkpoint(name)).eval()
        tokenizer = AutoTokenizer.from_pretrained(checkpoint(name))
        framed, here = blocks.block_layout(tokenizer, kind, 32, apart=True), tmp_path / name
        here.mkdir()
        texts = [f"{s} {'and so on ' * (n % 3)}" for n, s in enumerate(checkpoints.SENTENCES)]
        tokens.write_streams(texts, tokenizer, framed, TokenStreams(here, 0.0), lambda _: None)
        masker = Masker(tokenizer.mask_token_id, 100, {0}, 0) if kind == "masked" else None
        with Blocks(here / blocks.TRAIN, framed) as found:
            rows = [examples.make_example(found, n, HELD_OUT, masker) for n in range(len(found))]
            ends = np.cumsum([len(found[n]) for n in range(len(found))])
            whole = perplexity.measure(model, found, ends, 4, masker)
        assert len({len(row["labels"]) for row in rows}) > 1
        batch = examples.pad_batch(rows, tokenizer.pad_token_id or 0)
        labels, causal = batch.pop("labels"), kind == "causal"
        with torch.no_grad():
            together = examples.loss(model(**batch), labels, causal=causal).item()
            alone = [
                examples.loss(
                    model(input_ids=r["input_ids"][None]), r["labels"][None], 1, causal=causal
                ).item()
                for r in rows
            ]
        count = sum(int((r["labels"] != IGNORED).sum()) for r in rows)
        assert together == pytest.approx(sum(alone) / count, rel=1e-4)
        assert whole is not None
        assert whole.perplexity == pytest.approx(math.exp(sum(alone) / count), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bert", "gpt2"])
def test_a_training_on_documents_apart_learns_and_goes_on_to_the_same_bytes(
    checkpoint: Build, corpus: Path, tmp_path: Path, name: str
) -> None:
    """Stopped and gone on; its card says how it was done, and tokens are those that were there."""
    hide = ("the",) if name == "bert" else ()
    regime = replace(SMALL, apart=True, hide=hide, mask_share=0.1)
    request = asked(checkpoint(name), corpus, tmp_path / "whole", regime)
    told = list[TrainingProgress]()
    found = pretrain.pretrain(request, told.append)
    assert found.after < 0.95 * found.before
    assert 12 * 4 * 3 < found.tokens < 12 * 4 * 32
    card = (tmp_path / "whole" / "README.md").read_text()
    assert "12 of 4 blocks of at most 32 tokens" in card
    said = {
        "bert": "10 % drawn anew each time, and always: the |",
        "gpt2": "the next word, document",
    }
    assert said[name] in card
    again = replace(request, out=tmp_path / "again")
    with pytest.raises(Stopped):
        pretrain.pretrain(again, stop_at(6))
    assert pretrain.pretrain(again) == found
    assert files(tmp_path / "again") == files(tmp_path / "whole")
    regime = json.loads((tmp_path / "whole" / "pretrain.json").read_text())["regime"]
    assert (regime["apart"], regime["hide"]) == (True, list(hide))


def test_tokens_are_counted_over_whole_and_begun_epochs(tmp_path: Path) -> None:
    framed = BlockLayout(8, (), (), (), (), 2, apart=True)
    with StreamWriter(tmp_path / "x", framed) as stream:
        for n in (1, 2, 3, 4, 5):
            stream.write(np.arange(n))
    with Blocks(tmp_path / "x", framed) as found:
        order = BlockOrder(5, seed=3)
        shown = [len(found[order(place)[1]]) for place in range(13)]
        assert examples.TrainingExamples(found, 13, 3, None).tokens() == sum(shown)


def test_one_document_is_enough_where_they_stand_apart(checkpoint: Build, tmp_path: Path) -> None:
    """No block has to be filled."""
    (tmp_path / "one.txt").write_text(f"{checkpoints.SENTENCES[0]}\n")
    regime = TrainingOptions(steps=2, block=128, batch_size=2, held_out=0, apart=True)
    request = asked(checkpoint("bert"), tmp_path / "one.txt", tmp_path / "out", regime)
    assert pretrain.pretrain(request).steps == 2


@pytest.mark.parametrize("causal", [False, True])
def test_the_loss_is_plain_cross_entropy_of_what_is_asked_for(*, causal: bool) -> None:
    """Its gradient, too: of a causal model at the place before, of none where nothing is asked."""
    import torch
    from transformers.modeling_outputs import CausalLMOutput

    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 5, 9, generator=generator, requires_grad=True)
    labels = torch.randint(9, (3, 5), generator=generator)
    labels[torch.rand(3, 5, generator=generator) < 0.4] = IGNORED
    asked = [(r, c) for r, c in (labels != IGNORED).nonzero().tolist() if c or not causal]
    plain = torch.zeros(())
    for row, column in asked:
        plain = plain - logits[row, column - causal].log_softmax(-1)[labels[row, column]]
    plain = plain / len(asked)
    found = examples.loss(CausalLMOutput(logits=logits), labels, causal=causal)
    assert found.item() == pytest.approx(plain.item(), rel=1e-5)
    gradients = [torch.autograd.grad(of, logits, retain_graph=True)[0] for of in (found, plain)]
    assert torch.allclose(*gradients, atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_documents_in_which_nothing_is_asked_do_no_harm(*, causal: bool) -> None:
    """Their loss is nothing, and no number besides."""
    import torch
    from transformers.modeling_outputs import CausalLMOutput

    said = CausalLMOutput(logits=torch.randn(2, 1, 9))
    labels = torch.full((2, 1), IGNORED)
    assert examples.loss(said, labels, causal=causal).item() == 0
    assert examples.loss(said, labels, torch.tensor(0), causal=causal).item() == 0


def test_a_corpus_that_is_all_held_out_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    """Also where a single document would be enough."""
    (tmp_path / "one.txt").write_text("we agree\n")
    regime = TrainingOptions(steps=2, block=16, held_out=0.999999, apart=True)
    request = asked(checkpoint("bert"), tmp_path / "one.txt", tmp_path / "out", regime)
    assert "1 documents give 0 tokens to train on" in refused(request, CorpusError)
