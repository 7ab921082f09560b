"""Further pretraining: it learns, is the same each time, goes on after a kill, loses nothing."""

import errno
import hashlib
import json
import math
import os
import random
import re
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from probes import cli
from probes.errors import CorpusError, ModelError, ProbesError, RunError, UsageError
from probes.models import registry
from probes.training import begin, blocks, perplexity, prepare, pretrain, tokens
from probes.training.blocks import BlockLayout, Blocks
from probes.training.examples import BlockOrder
from probes.training.masking import HELD_OUT, IGNORED, SHARE, Masker
from probes.training.request import (
    PerplexityInterval,
    TrainingOptions,
    TrainingOutcome,
    TrainingProgress,
    TrainingRequest,
)
from probes.training.steps import trainer
from probes.training.steps.checkpoints import SAVING, STATE, newest_checkpoint
from probes.training.tokens import TokenStreams
from tests import checkpoints
from tests.forked import ended
from tests.run_folders import instrument, run

pytestmark = pytest.mark.usefixtures("pictureless")

Build = Callable[..., Path]
SMALL = TrainingOptions(steps=12, block=32, batch_size=4, lr=2e-3, held_out=0.1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hundred lines out of few words."""
    path = tmp_path_factory.mktemp("corpus") / "news.txt"
    return write_corpus(path, 400)


def write_corpus(path: Path, count: int, words: str = " ".join(checkpoints.SENTENCES)) -> Path:
    rng = random.Random(0)
    lines = (" ".join(rng.choices(words.split(), k=rng.randint(4, 20))) for _ in range(count))
    path.write_text("\n".join(lines), "utf-8")
    return path


def asked(
    model: Path, corpus: Path, out: Path, regime: TrainingOptions = SMALL, **more
) -> TrainingRequest:
    settings = {"checkpoints": 3, "device": "cpu", **more}
    return TrainingRequest(str(model), (str(corpus),), out, regime=regime, **settings)


def files(folder: Path) -> dict[str, str]:
    """Every file of a finished training but those that name its folder -> sha256."""
    return {
        str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file() and f.name not in ("README.md", "models.yaml")
    }


class Stopped(Exception):  # noqa: N818
    """What a test raises at a step."""


def stop_at(step: int) -> Callable[[TrainingProgress], None]:
    def tell(progress: TrainingProgress) -> None:
        if progress.stage == "training" and progress.done == step:
            raise Stopped

    return tell


# --- masks, blocks, order ----------------------------------------------------------------------


def test_masks_are_a_function_of_seed_epoch_and_block() -> None:
    """The same whenever they are asked for; another of the three, other masks; those of held-out
    text do not change with the seed."""
    ids = np.arange(5, 105)
    one, other = Masker(4, 200, {0, 4}, seed=1), Masker(4, 200, {0, 4}, seed=2)
    read, labels = one(ids, 3, 7)
    for again, same in ((one(ids, 3, 7), True), (one(ids, 3, 8), False), (one(ids, 4, 7), False)):
        assert np.array_equal(again[0], read) is same
    assert not np.array_equal(other(ids, 3, 7)[1], labels)
    assert np.array_equal(other(ids, HELD_OUT, 7)[0], one(ids, HELD_OUT, 7)[0])


def test_masks_hide_fifteen_in_a_hundred_by_berts_rule() -> None:
    """Of these 80 % become the mask, 10 % another word, 10 % stay; specials are never hidden, and
    labels stand exactly where something was drawn."""
    masker = Masker(4, 1000, {0, 1, 2, 3, 4}, seed=0)
    ids = np.concatenate([[1], np.arange(100, 300), [2]])
    drawn = masked = stayed = 0
    for block in range(300):
        read, labels = masker(ids, 0, block)
        at = labels != IGNORED
        assert not at[[0, -1]].any()
        assert np.array_equal(read[~at], ids[~at])
        assert np.array_equal(labels[at], ids[at])
        drawn, masked = drawn + at.sum(), masked + (read[at] == 4).sum()
        stayed += (read[at] == ids[at]).sum()
    assert drawn == 300 * round(SHARE * 200)
    assert masked / drawn == pytest.approx(0.8, abs=0.02)
    assert stayed / drawn == pytest.approx(0.1, abs=0.02)


def test_every_epoch_shows_every_block_once_in_an_order_of_its_own() -> None:
    order = BlockOrder(50, seed=0)
    epochs = [[order(50 * epoch + place) for place in range(50)] for epoch in range(3)]
    for number, epoch in enumerate(epochs):
        assert {e for e, _ in epoch} == {number}
        assert sorted(block for _, block in epoch) == list(range(50))
    assert epochs[0] != epochs[1]
    assert BlockOrder(50, seed=0)(137) == epochs[2][37]  # asked for out of turn


@pytest.mark.parametrize(("name", "kind"), [("bert", "masked"), ("gpt2", "causal")])
def test_blocks_hold_every_token_of_a_corpus(
    checkpoint: Build, tmp_path: Path, name: str, kind: str
) -> None:
    """Masked: specials around each block, a separator between documents; causal: an end behind
    each. Nothing is padded, nothing lost but a rest shorter than a block."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint(name))
    framed = blocks.block_layout(tokenizer, kind, 16)
    texts = [f"{s} {n}" for n in range(20) for s in checkpoints.SENTENCES]
    counts = tokens.write_streams(
        texts, tokenizer, framed, TokenStreams(tmp_path, 0.2), lambda _: None
    )
    stream = []
    for path, rest in ((blocks.TRAIN, False), (blocks.HELD, True)):
        with Blocks(tmp_path / path, framed, rest=rest) as found:
            rows = [found[n].tolist() for n in range(len(found))]
        assert all(len(row) == 16 for row in rows[:-1])
        cut = [row[len(framed.before) : len(row) - len(framed.after)] for row in rows]
        stream.append([token for row in cut for token in row])
    assert counts.documents == len(texts)
    assert 0 < counts.held_documents < len(texts) / 2
    assert len(stream[0]) == counts.tokens - counts.tokens % framed.width
    if kind == "masked":
        assert (framed.before, framed.after) == ((2,), (3,))
    ends = framed.end[0]
    spoken = tokenizer.decode([t for t in stream[1] if t != ends])
    kept = [
        t
        for t in texts
        if tokenizer.decode(tokenizer(t, add_special_tokens=False).input_ids) in spoken
    ]
    assert len(kept) >= counts.held_documents - 1


def test_what_is_held_out_depends_on_the_text_alone(tmp_path: Path, checkpoint: Build) -> None:
    """Not on the order or the other documents: a double is never on both sides."""
    texts = [f"sentence number {n}" for n in range(200)]
    held = {t for t in texts if tokens._is_held_out(t, 0.25)}
    assert 30 < len(held) < 70
    assert held == {t for t in reversed(texts * 2) if tokens._is_held_out(t, 0.25)}
    assert not any(tokens._is_held_out(t, 0.0) for t in texts)


# --- training ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("context", "block"), [(92, 92), (512, 128), (None, 128)])
def test_a_block_is_what_the_model_reads_unless_it_is_said(context: int | None, block: int) -> None:
    base = SimpleNamespace(context=context)
    assert prepare.usual_block(base) == block  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def made(
    request: pytest.FixtureRequest,
    checkpoint: Build,
    corpus: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Path, TrainingOutcome, list[TrainingProgress]]:
    """One training of each kind, never interrupted."""
    out, told = tmp_path_factory.mktemp("made") / "child", list[TrainingProgress]()
    name = request.param
    found = pretrain.pretrain(asked(checkpoint(name), corpus, out, label="left"), told.append)
    return name, out, found, told


def test_a_model_learns_its_corpus(
    made: tuple[str, Path, TrainingOutcome, list[TrainingProgress]],
) -> None:
    """Perplexity on what was held out falls; progress tells of every step and its loss."""
    _, out, found, told = made
    assert found.after < 0.9 * found.before
    assert found.held_out is not None
    assert found.held_out.ratio.high < 1
    assert found.held_out.texts > 1
    steps = [p for p in told if p.stage == "training"]
    assert [(p.done, p.total) for p in steps] == [(n, 12) for n in range(1, 13)]
    assert steps[-1].loss < steps[0].loss
    assert found.tokens == 12 * 4 * 32
    losses = pd.read_csv(out / "losses.csv")
    assert losses["loss"].tolist() == pytest.approx([p.loss for p in steps])


def test_what_comes_of_it_is_an_ordinary_checkpoint_that_says_what_it_is(
    made: tuple[str, Path, TrainingOutcome, list[TrainingProgress]],
) -> None:
    """Model, tokenizer, card with hashes, entry with parent; nothing that only training needs."""
    name, out, found, _ = made
    left = {f.name for f in out.iterdir()} - {"generation_config.json"}
    assert left == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        *("README.md", "models.yaml", "pretrain.json", "losses.csv", ".lock"),
        *("checkpoint-4", "checkpoint-8", "checkpoint-12"),
    }
    card, said = (out / "README.md").read_text(), json.loads((out / "pretrain.json").read_text())
    assert yaml.safe_load(card.split("---")[1])["library_name"] == "transformers"
    for part in (said["model"]["weights"], said["corpus"]["sha256"], "news.txt", "torch 2."):
        assert part in card
    assert said["learning_rate"] == 0.002
    assert ", lr 0.002, " in card
    (base,) = (line for line in card.splitlines() if line.startswith("| base |"))
    assert "  " not in base
    assert f"{found.before:.2f} before, {found.after:.2f} after" in card
    assert found.held_out is not None
    assert found.held_out.described() in card
    assert begin.outcome(out, said, TrainingOutcome) == found
    padding = json.loads((out / "tokenizer_config.json").read_text()).get("pad_token")
    assert padding == {"bert": "[PAD]", "gpt2": None}[name]  # blocks are full: it needs none
    spec = registry.resolve(str(out))
    assert (spec.name, spec.parent, spec.corpus, spec.step) == ("child", name, "left", 12)
    own = registry.load_registry(out / "models.yaml")["child"]
    assert Path(own.id) == out
    assert (own.parent, own.backend) == (name, "masked" if name == "bert" else "causal")


@pytest.mark.slow
def test_a_run_probes_the_model_and_every_checkpoint(
    made: tuple[str, Path, TrainingOutcome, list[TrainingProgress]],
    checkpoint: Build,
    command: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
) -> None:
    """Beside its base; models.csv has parent, step and corpus; the last checkpoint is the model."""
    name, out, *_ = made
    words = ("--model", str(checkpoint(name)), "--model", str(out), "--checkpoints", str(out))
    run = ("run", "-q", "--limit", "2", "--out", str(tmp_path / "run"))
    status, _, err = command(*run, *words)
    assert (status, err) == (0, "")
    rows = pd.read_csv(tmp_path / "run" / "models.csv").set_index("model")
    assert list(rows.index) == [name, "child", "child@4", "child@8", "child@12"]
    assert rows["step"].tolist()[1:] == [12, 4, 8, 12]
    assert set(rows["parent"][1:]) == {name}
    assert set(rows["corpus"][1:]) == {"left"}
    assert rows["content"]["child"] == rows["content"]["child@12"] != rows["content"]["child@4"]


def test_a_training_that_is_stopped_ends_with_the_same_bytes(
    made: tuple[str, Path, TrainingOutcome, list[TrainingProgress]],
    checkpoint: Build,
    corpus: Path,
    tmp_path: Path,
) -> None:
    """Twice, once before the first checkpoint; every file, dropout and all. Then it is done, and
    the same command does nothing."""
    name, whole, found, _ = made
    request = asked(checkpoint(name), corpus, tmp_path / "child", label="left")
    for step in (3, 9):
        with pytest.raises(Stopped):
            pretrain.pretrain(request, stop_at(step))
    assert (tmp_path / "child" / "checkpoint-8" / STATE).exists()
    told = list[TrainingProgress]()
    assert pretrain.pretrain(request, told.append) == found
    assert [p.done for p in told] == [9, 10, 11, 12]
    assert files(tmp_path / "child") == files(whole)
    assert pretrain.pretrain(request, told.append) == found
    assert len(told) == 4


def killed_while_saving(request: TrainingRequest, at: int) -> None:
    """SIGKILL in the middle of the checkpoint of a step."""
    settle = trainer.CheckpointTrainer._settle

    def killed(self, state: Path, step: int) -> None:
        if step == at:
            (state / "model.safetensors").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        settle(self, state, step)

    trainer.CheckpointTrainer._settle = killed
    pretrain.pretrain(request)


@pytest.mark.slow
def test_a_kill_while_a_checkpoint_is_saved_costs_only_that_checkpoint(
    made: tuple[str, Path, TrainingOutcome, list[TrainingProgress]],
    checkpoint: Build,
    corpus: Path,
    tmp_path: Path,
) -> None:
    """SIGKILL in the middle: the last whole one is there, the torn one is not taken for one, and
    the training ends with the same bytes."""
    name, whole, *_ = made
    out = tmp_path / "child"
    request = asked(checkpoint(name), corpus, out, label="left")
    assert ended(killed_while_saving, request, 8) == -signal.SIGKILL
    assert sorted(p.name for p in out.glob("checkpoint-*")) == ["checkpoint-4"]
    assert newest_checkpoint(out) == out / "checkpoint-4"
    pretrain.pretrain(request)
    assert files(out) == files(whole)


def test_a_full_disk_costs_only_the_checkpoint_that_did_not_fit(
    checkpoint: Build, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence that names what is whole; with room made, the same command goes on."""
    out = tmp_path / "child"
    request = asked(checkpoint("bert"), corpus, out)
    settle = trainer.CheckpointTrainer._settle

    def full(self, state: Path, step: int) -> None:
        if step == 8:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        settle(self, state, step)

    with monkeypatch.context() as patched:
        patched.setattr(trainer.CheckpointTrainer, "_settle", full)
        with pytest.raises(RunError) as raised:
            pretrain.pretrain(request)
    assert "checkpoint-8 could not be saved (No space left on device)" in str(raised.value)
    assert "checkpoint-4 is whole" in str(raised.value)
    assert not (out / SAVING).exists()
    assert pretrain.pretrain(request).steps == 12


def limited(words: Sequence[str], said: Path) -> None:
    """The command, from its training on with a limit on the size of files."""
    train = trainer.CheckpointTrainer.train

    def trained(self, **more: object) -> object:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40000, 40000))
        return train(self, **more)

    trainer.CheckpointTrainer.train = trained
    sys.argv, sys.stderr = ["probes", *words], said.open("w")
    cli.main()


@pytest.mark.slow
def test_a_file_system_that_takes_no_more_is_said(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    """A real refusal in the middle of a file: the system's limit on the size of files."""
    words = ["--model", str(checkpoint("bert")), "--corpus", str(corpus), "--out"]
    more = [str(tmp_path / "out"), "--steps", "2", "--block", "32", "--device", "cpu"]
    assert ended(limited, ["pretrain", *words, *more], tmp_path / "said") == 2
    said = (tmp_path / "said").read_text()
    assert said.count("\n") == 1
    assert "checkpoint-2 could not be saved" in said
    assert "there was none before" in said


@pytest.mark.slow
def test_adapters_are_merged_and_go_on_too(checkpoint: Build, corpus: Path, tmp_path: Path) -> None:
    """--lora with everything else switched on: an ordinary checkpoint, the same after a stop, and
    only what adapters can change has changed."""
    from safetensors.numpy import load_file

    regime = replace(
        SMALL, steps=6, lora=True, bf16=True, gradient_checkpointing=True, accumulate=2
    )
    whole = pretrain.pretrain(asked(checkpoint("gpt2"), corpus, tmp_path / "a", regime))
    with pytest.raises(Stopped):
        pretrain.pretrain(asked(checkpoint("gpt2"), corpus, tmp_path / "b", regime), stop_at(5))
    assert pretrain.pretrain(asked(checkpoint("gpt2"), corpus, tmp_path / "b", regime)) == whole
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert whole.after < whole.before
    assert not list(tmp_path.rglob("adapter*"))
    before, after = (
        load_file(folder / "model.safetensors") for folder in (checkpoint("gpt2"), tmp_path / "a")
    )
    changed = {name for name, weight in after.items() if not np.array_equal(weight, before[name])}
    assert changed
    assert all(name.endswith("weight") and ".h." in name for name in changed)


def test_accumulated_batches_count_as_one(checkpoint: Build, corpus: Path, tmp_path: Path) -> None:
    """The same blocks a step in one batch or in four: the same losses, within rounding (no
    dropout)."""
    base = checkpoints.copy(checkpoint("bert"), tmp_path / "base")
    config = json.loads((base / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (base / "config.json").write_text(json.dumps(config))
    found = []
    for batch, times in ((8, 1), (2, 4)):
        regime = replace(SMALL, steps=4, batch_size=batch, accumulate=times)
        pretrain.pretrain(asked(base, corpus, tmp_path / f"{batch}", regime))
        found.append(pd.read_csv(tmp_path / f"{batch}" / "losses.csv")["loss"].tolist())
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_epochs_say_how_often_each_block_comes(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    """And a rest of a step is rounded up; a seed makes another model of the same corpus."""
    regime = replace(SMALL, steps=None, epochs=0.5)
    one = pretrain.pretrain(asked(checkpoint("gpt2"), corpus, tmp_path / "one", regime))
    said = blocks_of(checkpoint("gpt2"), corpus, regime)
    assert one.steps == math.ceil(0.5 * said / 4)
    other = replace(regime, seed=1)
    pretrain.pretrain(asked(checkpoint("gpt2"), corpus, tmp_path / "other", other))
    weights = [(tmp_path / n / "model.safetensors").read_bytes() for n in ("one", "other")]
    assert weights[0] != weights[1]


def blocks_of(base: Path, corpus: Path, regime: TrainingOptions) -> int:
    """Whole blocks that are trained on, counted by hand."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    kept = [
        t for t in corpus.read_text().splitlines() if not tokens._is_held_out(t, regime.held_out)
    ]
    return sum(len(tokenizer(t).input_ids) + 1 for t in kept) // regime.block


def test_perplexity_is_that_of_every_token(checkpoint: Build, tmp_path: Path) -> None:
    """The exponential of the mean loss a token, a shorter last block included, as transformers
    counts it block by block."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint("gpt2")).eval()
    ids = np.random.default_rng(0).integers(0, 200, 41)
    (tmp_path / "x").write_bytes(ids.astype("<u2").tobytes())
    ends, each, text = np.array([3, 20, 20, 41]), [], np.repeat([0, 1, 3], [3, 17, 21])
    with Blocks(tmp_path / "x", BlockLayout(16, (), (), (), (), 2), rest=True) as held:
        found = perplexity.measure(model, held, ends, 2, None)
    assert found is not None
    total = 0.0
    for part in (ids[:16], ids[16:32], ids[32:]):
        row = torch.tensor(part)[None]
        said = model(row, labels=row)
        total += said.loss.item() * (len(part) - 1)
        each += [0.0, *torch.nn.functional.cross_entropy(
            said.logits[0, :-1], row[0, 1:], reduction="none"
        ).tolist()]  # fmt: skip
    assert found.perplexity == pytest.approx(math.exp(total / 38), rel=1e-5)
    assert (found.texts.tolist(), found.tokens.tolist()) == ([0, 1, 3], [2, 16, 20])
    by_text = np.bincount(text, each)[found.texts]
    assert found.losses == pytest.approx(by_text, rel=1e-4)


def test_the_interval_of_perplexity_is_over_texts() -> None:
    """That of a ratio of sums by text, on the scale of logarithms; of the ratio of two models
    paired, and so narrow where both find the same texts hard. One text has none."""
    dice = np.random.default_rng(0)
    tokens_of, hard = dice.integers(5, 60, 40), dice.normal(3, 1, 40)
    before, after = (
        perplexity.TextLosses(np.arange(40), tokens_of * (hard + step), tokens_of)
        for step in (0.0, dice.normal(-0.3, 0.1, 40))
    )
    found = perplexity.held_out(before, after)
    share = tokens_of / tokens_of.sum()
    mean = share @ hard
    error = np.sqrt(40 / 39 * np.sum((share * (hard - mean)) ** 2))
    half = stats.t.ppf(0.975, 1 / np.sum(share**2) - 1) * error
    assert (found.tokens, found.texts) == (tokens_of.sum(), 40)
    assert (found.before.low, found.before.high) == pytest.approx(
        (math.exp(mean - half), math.exp(mean + half))
    )
    assert found.before.value == pytest.approx(before.perplexity)
    assert found.ratio.value == pytest.approx(after.perplexity / before.perplexity)
    assert found.ratio.high is not None
    assert found.ratio.high < 0.8 < 0.9 * found.after.high / found.after.value  # type: ignore[operator]
    alone = perplexity.TextLosses(*(of[:1] for of in (before.texts, before.losses, before.tokens)))
    single = perplexity.held_out(alone, alone)
    assert single.ratio == PerplexityInterval(1.0)
    assert "1 text, too few for an interval" in single.described()


def peak(request: TrainingRequest, said: Path) -> None:
    """A training, and how many kilobytes it held at most."""
    pretrain.pretrain(request)
    said.write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


@pytest.mark.slow
def test_memory_does_not_grow_with_the_corpus(checkpoint: Build, tmp_path: Path) -> None:
    """Five megabytes are trained on in hardly more than a hundred kilobytes are."""
    line, peaks = " ".join(checkpoints.SENTENCES), []
    regime = TrainingOptions(steps=20, block=64, batch_size=4)
    for size in (100_000, 5_000_000):
        path, said = tmp_path / f"{size}.txt", tmp_path / f"peak{size}"
        with path.open("w") as file:
            for n in range(size // len(line)):
                file.write(f"{n} {line}\n")
        request = asked(checkpoint("gpt2"), path, tmp_path / f"out{size}", regime)
        assert ended(peak, request, said) == 0
        peaks.append(int(said.read_text()))
    assert peaks[1] - peaks[0] < 6_000  # kilobytes


# --- what is refused ---------------------------------------------------------------------------


def refused(request: TrainingRequest, kind: type[ProbesError]) -> str:
    """The sentence; and nothing is left behind."""
    there = request.out.exists()
    with pytest.raises(kind) as raised:
        pretrain.pretrain(request)
    assert "\n" not in str(raised.value)
    assert request.out.exists() == there or (request.out / prepare.FOLDER).exists()
    return str(raised.value)


CORPORA = {
    "empty": ("", "the corpus is empty"),
    "one line": ("One sentence.", "less than one block of 32; give more text, or a smaller"),
    "nothing held out": ("word " * 400, "of 1 documents none fell into the 10 % that are held"),
    "another script": ("Ελληνικά κείμενα εδώ\n" * 99, "is not in the model's language: "),
}


@pytest.mark.parametrize(("text", "part"), CORPORA.values(), ids=CORPORA)
def test_a_corpus_that_nothing_can_be_learnt_from_is_refused(
    checkpoint: Build, tmp_path: Path, text: str, part: str
) -> None:
    """And when it is mended, the same command works: nothing of the old one is kept."""
    path = tmp_path / "c.txt"
    path.write_text(text)
    request = asked(checkpoint("bert"), path, tmp_path / "out", replace(SMALL, steps=1))
    assert part in refused(request, CorpusError)
    write_corpus(path, 100)
    assert pretrain.pretrain(request).steps == 1


def test_a_corpus_of_bytes_is_warned_about(checkpoint: Build, tmp_path: Path) -> None:
    """A byte-level tokenizer knows every script, a byte at a time."""
    path = write_corpus(tmp_path / "c.txt", 100, "日本語 の 文章 を 読む 人々 社会 税金 自由")
    found = pretrain.pretrain(
        asked(checkpoint("gpt2"), path, tmp_path / "out", replace(SMALL, steps=1))
    )
    assert "tokens a character: is it in the model's language?" in found.warnings[0]
    assert found.warnings[0] in (tmp_path / "out" / "README.md").read_text()


BASES = {
    "bert-classifier": "is no masked, causal or sequence-to-sequence language model",
    "t5": "pretraining is for masked and causal models, and this is seq2seq",
    "bert-encoder": "is no masked, causal",
}


@pytest.mark.parametrize(("name", "part"), BASES.items(), ids=BASES)
def test_a_model_that_cannot_be_trained_on_is_refused(
    checkpoint: Build, corpus: Path, tmp_path: Path, name: str, part: str
) -> None:
    assert part in refused(asked(checkpoint(name), corpus, tmp_path / "out"), ModelError)


def test_a_model_without_weights_or_of_pickled_ones_is_refused(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    base = checkpoints.copy(checkpoint("bert"), tmp_path / "base")
    (base / "model.safetensors").rename(base / "pytorch_model.bin")
    assert "pickled" in refused(asked(base, corpus, tmp_path / "out"), ModelError)
    (base / "pytorch_model.bin").unlink()
    assert "holds no weights" in refused(asked(base, corpus, tmp_path / "out"), ModelError)


def test_a_folder_that_holds_something_else_is_refused_and_left_alone(
    made: tuple[str, Path, TrainingOutcome, list[TrainingProgress]],
    checkpoint: Build,
    corpus: Path,
    tmp_path: Path,
) -> None:
    """Someone's files, another training, a training at work."""
    (tmp_path / "thesis.txt").write_text("mine")
    said = refused(asked(checkpoint("bert"), corpus, tmp_path), RunError)
    assert "not the folder of a pretraining" in said
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
    name, out, *_ = made
    before = files(out)
    request = asked(checkpoint(name), corpus, out, replace(SMALL, lr=1e-3), label="left")
    assert "holds a training with --lr 0.002, not 0.001" in refused(request, RunError)
    other = write_corpus(tmp_path / "other.txt", 50)
    request = asked(checkpoint(name), other, out, label="left")
    assert "holds a training with corpus sha256" in refused(request, RunError)
    assert files(out) == before
    busy = asked(checkpoint(name), corpus, tmp_path / "busy")

    def again(_: TrainingProgress) -> None:
        with pytest.raises(RunError, match="another training is at work"):
            pretrain.pretrain(busy)
        raise Stopped

    with pytest.raises(Stopped):
        pretrain.pretrain(busy, again)
    (out / "pretrain.json").write_text("{")
    assert "is damaged" in refused(asked(checkpoint(name), corpus, out), RunError)
    shutil.rmtree(out)


USAGE = {
    "steps": (TrainingOptions(steps=0), "--steps 0: must be at least 1"),
    "batch": (TrainingOptions(batch_size=0), "--batch-size 0"),
    "epochs": (TrainingOptions(epochs=0), "--epochs 0: must be above 0"),
    "rate": (TrainingOptions(lr=math.nan), "--lr nan: must be above 0"),
    "held out": (TrainingOptions(held_out=1.0), "--held-out 1: must be a share"),
    "masks": (TrainingOptions(mask_share=1), "--mask-share 1: must lie between 0 and 1"),
    "seed": (TrainingOptions(seed=-1), "--seed -1"),
    "block": (TrainingOptions(block=129), "--block 129: bert reads at most 128 tokens"),
    "hide": (
        TrainingOptions(hide=("agree", "\udcff")),
        "--hide '\\udcff': must be a word, without control",
    ),
    "no room": (TrainingOptions(block=3), "--block 3: leaves no room for text"),
}


@pytest.mark.parametrize(("regime", "part"), USAGE.values(), ids=USAGE)
def test_options_that_cannot_be_meant_are_refused(
    checkpoint: Build, corpus: Path, tmp_path: Path, regime: TrainingOptions, part: str
) -> None:
    assert part in refused(asked(checkpoint("bert"), corpus, tmp_path / "out", regime), UsageError)


def test_names_that_no_file_can_hold_are_refused_before_anything_is_done(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    """Bytes that are no UTF-8, as a shell hands them on: in a label, in the name of a folder or of
    a corpus, also one within a folder."""
    model, odd = checkpoint("bert"), os.fsdecode(b"n\xff")
    label = asked(model, corpus, tmp_path / "out", label=odd)
    assert (
        refused(label, UsageError)
        == "--label 'n\\udcff': holds a control character; use another name"
    )
    said = refused(asked(model, corpus, tmp_path / odd), UsageError)
    assert "holds a control character" in said
    (tmp_path / "texts").mkdir()
    shutil.copy(corpus, tmp_path / "texts" / f"{odd}.txt")
    for path in (tmp_path / "texts", tmp_path / "texts" / f"{odd}.txt"):
        said = refused(asked(model, path, tmp_path / "out"), CorpusError)
        assert "holds a control character; rename it" in said
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_no_number_stops_the_training(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    """At the step at which it is one no more, and no checkpoint is made of it."""
    regime = replace(SMALL, lr=1e30)
    request = asked(checkpoint("gpt2"), corpus, tmp_path / "out", regime, checkpoints=1)
    assert "the loss is not a number at step" in refused(request, RunError)
    assert newest_checkpoint(tmp_path / "out") is None
    smaller = replace(request, regime=replace(regime, lr=1e-3, steps=1))
    assert pretrain.pretrain(smaller).steps == 1  # as the sentence says; nothing was lost by it


def test_a_missing_extra_is_named_with_its_command(
    checkpoint: Build, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(checkpoint("bert"), corpus, tmp_path / "out")
    monkeypatch.setattr(begin, "find_spec", lambda name: None if name == "peft" else name)
    lora = replace(request, regime=replace(SMALL, lora=True))
    assert "--lora needs peft" in refused(lora, UsageError)
    monkeypatch.setattr(begin, "find_spec", lambda _: None)
    assert "pip install 'political-probes[train]'" in refused(request, UsageError)


def test_the_command_trains_and_says_what_came_of_it(
    checkpoint: Build,
    corpus: Path,
    command: Callable[..., tuple[int, str, str]],
    tmp_path: Path,
) -> None:
    """And a mistake is one sentence and status 2."""
    words = ("pretrain", "--model", str(checkpoint("gpt2")), "--out", str(tmp_path / "out"))
    more = ("--steps", "2", "--block", "32", "--device", "cpu", "--held-out", "0")
    status, out, err = command(*words, "--corpus", str(corpus), *more)
    assert (status, err) == (0, "")
    assert "2 steps, 512 tokens, loss" in out
    assert "perplexity" not in out
    words = ("pretrain", "--model", str(checkpoint("gpt2")), "--out", str(tmp_path / "held"))
    _, out, _ = command(*words, "--corpus", str(corpus), *more[:-1], "0.2")
    assert re.search(r"perplexity .* before, .* after, .* tokens of \d+ texts; 95 % inter", out)
    assert command(*words, "--corpus", str(corpus), *more[:-1], "0.2")[1] == out  # read back
    status, _, err = command(*words, "--corpus", str(tmp_path / "nowhere"))
    assert status == 2
    assert err == f"probes: {tmp_path / 'nowhere'}: there is no such file or folder\n"
    assert command(*words, "--corpus", str(corpus), "--device", "gpu")[0] == 2


# --- along a training, and kills anywhere --------------------------------------------------------


def killed_at(request: TrainingRequest, step: int) -> None:
    """SIGKILL as soon as progress tells of a step."""

    def tell(progress: TrainingProgress) -> None:
        if progress.stage == "training" and progress.done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    pretrain.pretrain(request, tell)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bert", pytest.param("gpt2", marks=pytest.mark.soak)])
def test_a_kill_in_or_between_epochs_ends_with_the_same_weights(
    checkpoint: Build, tmp_path: Path, name: str
) -> None:
    """SIGKILL, twice: at the step that ends the first epoch, before its checkpoint is there, and
    in the second, so that it goes on from just between them."""
    short = write_corpus(tmp_path / "short.txt", 24)
    regime = TrainingOptions(epochs=3, block=32, batch_size=1, lr=2e-3, held_out=0.1)
    epoch = blocks_trained(checkpoint(name), short, tmp_path / "b")
    request = asked(checkpoint(name), short, tmp_path / "w", regime, checkpoints=3, label="left")
    whole = pretrain.pretrain(request)
    assert whole.steps == 3 * epoch > 12
    again = replace(request, out=tmp_path / "k")
    for step in (epoch, epoch + 2):
        assert ended(killed_at, again, step) == -signal.SIGKILL
    assert newest_checkpoint(tmp_path / "k") == tmp_path / "k" / f"checkpoint-{epoch}"
    assert pretrain.pretrain(again) == whole
    assert files(tmp_path / "k") == files(tmp_path / "w")


def blocks_trained(base: Path, corpus: Path, folder: Path) -> int:
    """Whole blocks of a corpus of which a tenth is held out."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    kind = "causal" if "gpt2" in base.name else "masked"
    framed = blocks.block_layout(tokenizer, kind, 32)
    folder.mkdir()
    texts = corpus.read_text().splitlines()
    tokens.write_streams(texts, tokenizer, framed, TokenStreams(folder, 0.1), lambda _: None)
    with Blocks(folder / blocks.TRAIN, framed) as found:
        return len(found)


def test_gradient_checkpointing_changes_nothing_but_memory_and_bf16_little(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    """Losses step by step; weights stay float32, and are trained all the same."""
    from safetensors.numpy import load_file

    found = {}
    for name, more in {
        "plain": {},
        "checkpointed": {"gradient_checkpointing": True},
        "bf16": {"bf16": True},
    }.items():
        regime = replace(SMALL, steps=4, **more)
        pretrain.pretrain(asked(checkpoint("gpt2"), corpus, tmp_path / name, regime))
        found[name] = pd.read_csv(tmp_path / name / "losses.csv")["loss"].tolist()
        weights = load_file(tmp_path / name / "model.safetensors")
        assert {str(w.dtype) for w in weights.values()} == {"float32"}
    assert found["checkpointed"] == pytest.approx(found["plain"], rel=1e-5)
    assert found["bf16"] == pytest.approx(found["plain"], rel=2e-2)
    assert found["bf16"] != found["plain"]


def test_the_folder_of_a_run_is_no_place_to_train_in(
    checkpoint: Build, corpus: Path, tmp_path: Path
) -> None:
    """And a run does not begin in the folder of a training."""
    out = run(tmp_path / "run", {"m": "planted:a=1"}, instrument())
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    said = refused(asked(checkpoint("bert"), corpus, out), RunError)
    assert "not the folder of a pretraining" in said
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before


def test_a_corpus_file_that_cannot_be_read_is_one_sentence(
    checkpoint: Build, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs the tests: the refusal is the system's, raised where the file is opened."""
    opened = Path.open

    def denied(self: Path, *args: object, **more: object) -> object:
        if self.name == corpus.name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return opened(self, *args, **more)

    monkeypatch.setattr(Path, "open", denied)
    said = refused(asked(checkpoint("bert"), corpus, tmp_path / "out"), CorpusError)
    assert said == f"{corpus}: cannot be read: Permission denied"
