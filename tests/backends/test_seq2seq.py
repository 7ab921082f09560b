"""Encoder-decoders: T5's sentinels, BART's mask, and scores that are transformers' own."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers as hf
from tokenizers import pre_tokenizers

from probes.backends import seq2seq
from probes.backends.seq2seq import Seq2Seq
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelSpec, Option, Prompt, Reply, Scorer
from tests import checkpoints
from tests.backends.test_causal import FOUR, PAIR, PROMPTS, apart, prompt

Build = Callable[..., Path]
T5 = hf.T5ForConditionalGeneration
BART = hf.BartForConditionalGeneration


def opened(path: Path, **options: object) -> Seq2Seq:
    return seq2seq.load(ModelSpec("tiny", str(path)), LoadOptions(**options))


def decoded(
    model: Seq2Seq, source: Sequence[int], target: Sequence[int], begin: int
) -> list[float]:
    """Log-probability of each of the target's tokens from `begin` on, behind all before it."""
    ids, labels = torch.tensor([source]), torch.tensor([target])
    with torch.no_grad():
        logits = model.checkpoint.model(input_ids=ids, labels=labels).logits[0]
    scores = logits.double().log_softmax(-1)
    return [float(scores[i, token]) for i, token in enumerate(target)][begin:]


def by_sentinel(model: Seq2Seq, asked: Prompt, form: str) -> tuple[list[float], int]:
    """T5's convention as in its training, where sentinels replace tokens of the whole text."""
    tokenizer = model.checkpoint.tokenizer
    one, two = tokenizer.convert_tokens_to_ids(["<extra_id_0>", "<extra_id_1>"])
    text = tokenizer(asked.before + form + asked.after).input_ids
    begin = len(tokenizer(asked.before).input_ids) - 1
    end = len(tokenizer(asked.before + form).input_ids) - 1
    target = [one, *text[begin:end], two if asked.after else tokenizer.eos_token_id]
    return decoded(model, [*text[:begin], one, *text[end:]], target, 1), end - begin


def by_mask(model: Seq2Seq, asked: Prompt, form: str) -> tuple[list[float], int]:
    """BART's convention: the whole text is written, end token included."""
    tokenizer = model.checkpoint.tokenizer
    begin = len(tokenizer(asked.before).input_ids) - 1
    target = tokenizer(asked.before + form + asked.after).input_ids
    own = len(tokenizer(asked.before + form).input_ids) - 1 - begin
    source = tokenizer(f"{asked.before} <mask>{asked.after}").input_ids
    return decoded(model, source, target, begin), own


def plainly(model: Seq2Seq, asked: Prompt) -> tuple[dict[str, float], float]:
    way = by_mask if "<mask>" in model.checkpoint.tokenizer.get_vocab() else by_sentinel
    logprobs, mass = {}, 0.0
    for option in asked.options:
        total = 0.0
        for form in option.forms:
            steps, own = way(model, asked, form)
            total += math.exp(sum(steps))
            mass += math.exp(sum(steps[:own]))
        logprobs[option.label] = math.log(total)
    return logprobs, mass


@pytest.mark.parametrize("name", checkpoints.SEQ2SEQ)
def test_scores_are_those_of_transformers_one_form_at_a_time(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    for asked, reply in zip(PROMPTS, model.score(PROMPTS), strict=True):
        logprobs, mass = plainly(model, asked)
        assert reply.logprobs == pytest.approx(logprobs, abs=1e-4)
        assert reply.mass == pytest.approx(mass, rel=1e-4)


def test_where_nothing_merges_the_blank_is_the_text_with_a_sentinel(checkpoint: Build) -> None:
    model = opened(checkpoint("t5"))
    asked = PROMPTS[0]
    text = f"{asked.before}<extra_id_0>{asked.after}"
    assert model._encode([asked])[0].source == tuple(model.checkpoint.tokenizer(text).input_ids)


@pytest.mark.parametrize("name", checkpoints.SEQ2SEQ)
def test_what_a_prompt_is_batched_with_does_not_matter(
    checkpoint: Build, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(checkpoint(name))
    together = model.score(PROMPTS)
    alone: list[Reply] = [model.score([asked])[0] for asked in reversed(PROMPTS)]
    assert apart(together, alone[::-1]) < 2e-5
    monkeypatch.setattr(seq2seq, "DECODER_TOKENS", 40)
    assert apart(together, model.score(PROMPTS)) < 2e-5


@pytest.mark.parametrize("name", checkpoints.SEQ2SEQ)
def test_a_prompt_is_encoded_once_for_all_its_options(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    shapes: list[tuple[int, ...]] = []
    encoder = model.checkpoint.model.get_encoder()
    encoder.register_forward_hook(lambda *given: shapes.append(tuple(given[-1][0].shape[:2])))
    model.score(PROMPTS)
    assert shapes == [(len(PROMPTS), max(len(one.source) for one in model._encode(PROMPTS)))]


def test_the_decoder_is_not_asked_for_logits_that_nobody_needs(checkpoint: Build) -> None:
    model = opened(checkpoint("bart"))
    shapes: list[tuple[int, ...]] = []
    head = model.checkpoint.model.get_output_embeddings()
    head.register_forward_hook(lambda *given: shapes.append(tuple(given[-1].shape[:2])))
    model.score(PROMPTS[:1])
    assert shapes == [(4, len((" agree", " with", " this", " statement", ".", "</s>")))]


def test_lengths_count_the_encoder_and_every_decoder_row(checkpoint: Build) -> None:
    model = opened(checkpoint("t5"))
    source = len(model.checkpoint.tokenizer(PROMPTS[0].before + "<extra_id_0>" + PROMPTS[0].after)
                 .input_ids)  # fmt: skip
    assert model.lengths(PROMPTS[:1]) == [source + 4 * len(("<pad>", "<extra_id_0>", "w", "</s>"))]


def test_an_empty_after_is_closed_by_the_end_token(checkpoint: Build) -> None:
    model = opened(checkpoint("t5"))
    tokens = model.checkpoint.tokenizer.convert_ids_to_tokens
    (inside, at_end) = model._encode([prompt(after=after) for after in (" with this.", "")])
    assert tokens(inside.source)[-6:] == ["▁I", "<extra_id_0>", "▁with", "▁this", ".", "</s>"]
    assert tokens(inside.target.tails[0]) == ["▁agree", "<extra_id_1>"]
    assert tokens(at_end.source)[-3:] == ["▁I", "<extra_id_0>", "</s>"]
    assert tokens(at_end.target.tails[0]) == ["▁agree", "</s>"]


def test_the_convention_is_read_from_the_tokenizer_not_the_name(
    checkpoint: Build, tmp_path: Path
) -> None:
    """A T5 whose tokenizer has a mask token and no sentinels is asked as BART is."""
    tokenizer = checkpoints.roberta()
    config = hf.T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        decoder_start_token_id=0, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    T5(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = opened(tmp_path)
    (found,) = model._encode(PROMPTS[:1])
    assert tokenizer.mask_token_id in found.source
    assert found.target.shared[1:] == tuple(tokenizer(PROMPTS[0].before).input_ids[:-1])
    assert model.score(PROMPTS[:1])[0].logprobs == pytest.approx(
        plainly(model, PROMPTS[0])[0], abs=1e-4
    )


def test_a_tokenizer_with_neither_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    path = checkpoints.copy(checkpoint("bart"), tmp_path / "bare")
    checkpoints.with_bos().save_pretrained(path)
    with pytest.raises(ModelError, match="neither <extra_id_0> nor a mask token"):
        opened(path)


def test_a_decoder_that_does_not_know_how_to_begin_is_refused(
    checkpoint: Build, tmp_path: Path
) -> None:
    path = checkpoints.copy(checkpoint("bart"), tmp_path / "lost")
    config = path / "config.json"
    text = config.read_text()
    config.write_text(re.sub(r'("decoder_start_token_id"): \d+', r"\1: null", text))
    with pytest.raises(ModelError, match="must say decoder_start_token_id"):
        opened(path)


def test_a_merge_at_either_seam_widens_the_blank_for_all_options(checkpoint: Build) -> None:
    """One option merges with the word before, another with the word after."""
    merges = {"~": "▁I▁agree", "|": "▁disagree▁with"}
    vocab = [
        (merges.get(piece, piece), -3.0 if piece in merges else score)
        for piece, score in checkpoints.unigram(("<pad>", "</s>", "<unk>"))
    ]
    tokenizer = hf.T5Tokenizer(vocab=vocab)
    words = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    tokenizer.backend_tokenizer.pre_tokenizer = words
    model = Seq2Seq(replace(opened(checkpoint("t5")).checkpoint, tokenizer=tokenizer))
    options = (Option("a", "agree", (" agree",)), Option("d", "disagree", (" disagree",)))
    asked = prompt("Yes.", "{} I", " with this.", options)
    (found,) = model._encode([asked])
    tokens = tokenizer.convert_ids_to_tokens
    assert tokens(found.source)[-4:] == ["<extra_id_0>", "▁this", ".", "</s>"]
    assert tokens(found.target.tails[0]) == ["▁I▁agree", "▁with", "<extra_id_1>"]
    assert tokens(found.target.tails[1]) == ["▁I", "▁disagree▁with", "<extra_id_1>"]
    assert found.target.spans == ((0, 1), (1, 2))
    assert all(map(math.isfinite, model.score([asked])[0].logprobs.values()))


def test_a_seq2seq_model_is_a_scorer(checkpoint: Build) -> None:
    model = opened(checkpoint("t5"))
    assert isinstance(model, Scorer)
    assert (model.info.backend, model.info.chat) == ("seq2seq", False)
    assert model.render("Ask.", "I", " ") == "Ask. I"


def test_forms_that_the_tokenizer_cannot_spell_fall_with_their_antonyms(checkpoint: Build) -> None:
    model = opened(checkpoint("t5"))
    strange = (
        replace(PAIR[0], forms=(" agree", " \u2603")),
        replace(PAIR[1], forms=(" disagree", " oppose")),
    )
    options, _ = model.fit(prompt(options=strange))
    assert [option.forms for option in options] == [(" agree",), (" disagree",)]


def test_a_text_longer_than_the_context_is_named(checkpoint: Build) -> None:
    long = prompt("Long " + "state " * 130)
    with pytest.raises(
        ModelError, match=r"'long' in wording 'w': 1\d\d tokens are more than .*128"
    ):
        opened(checkpoint("bart")).lengths([long])
    assert opened(checkpoint("t5")).lengths([long])[0] > 130  # relative positions: no limit


@pytest.mark.parametrize("name", checkpoints.SEQ2SEQ)
def test_numbers_that_are_not_finite_are_an_error(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    with torch.no_grad():
        next(model.checkpoint.model.get_encoder().parameters())[:] = math.nan
    with pytest.raises(ScoreError, match=r"statement 'rents' in wording 'w'.*not finite"):
        model.score(PROMPTS)


def test_running_out_of_memory_is_a_memory_error(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(checkpoint("t5"))

    def exhausted(**inputs: torch.Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model.checkpoint.model, "forward", exhausted)
    with pytest.raises(MemoryError):
        model.score(PROMPTS)


def test_four_options_come_back_in_their_order(checkpoint: Build) -> None:
    (reply,) = opened(checkpoint("bart")).score([PROMPTS[4]])
    assert list(reply.logprobs) == [option.label for option in FOUR]
