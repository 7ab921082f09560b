"""Masked models: the numbers are transformers' own, whatever is batched with what."""

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers as hf
from hypothesis import given
from hypothesis import strategies as st

from probes.backends import masked
from probes.backends.hf.scoring import cache, forms, masks
from probes.backends.hf.scoring.masks import FormSpan
from probes.backends.masked import Masked
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelSpec, Option, Prompt, Reply, Scorer, Statement
from tests import checkpoints

Build = Callable[..., Path]
NAMES = (*checkpoints.MASKED, "bart")
MARK = dict.fromkeys(("roberta", "modernbert", "bart"), "Ġ") | dict.fromkeys(
    ("albert", "deberta-v2", "xlm-roberta"), "▁"
)
"""How the tokenizer of each writes a word's beginning; BERT's and its heirs' not at all."""
ABOUT = (
    "At a public meeting someone says: taxes are too high. I",
    "I",
    "Here is a statement about society: the sky is blue today. The claim is false. In my opinion I",
)


def model(path: Path, **options: object) -> Masked:
    return masked.load(ModelSpec("tiny", str(path)), LoadOptions(**options))


def two(agree: Sequence[str], disagree: Sequence[str]) -> tuple[Option, Option]:
    return Option("agree", "agree", tuple(agree)), Option("disagree", "disagree", tuple(disagree))


PAIRS = two([" agree", " support"], [" disagree", " oppose"])


def prompt(before: str, options: tuple[Option, ...] = PAIRS, after: str = " this.") -> Prompt:
    return Prompt(Statement("taxes", "-"), "statement", "view", before, after, options)


PROMPTS = [prompt(before) for before in ABOUT]


def plainly(path: Path, ids: list[int], at: int) -> torch.Tensor:
    """Log-probabilities at one position of one text, by transformers and nothing of ours."""
    own = hf.AutoModelForMaskedLM.from_pretrained(path, dtype=torch.float32).eval()
    with torch.no_grad():
        return own(torch.tensor([ids])).logits[0, at].log_softmax(-1)


def expected(path: Path, asked: Prompt, mark: str) -> dict[str, float]:
    """Each option's log-probability where every form is one known piece."""
    tokenizer = hf.AutoTokenizer.from_pretrained(path)
    found = {}
    for option in asked.options:
        total = 0.0
        for form in option.forms:
            piece = tokenizer.convert_tokens_to_ids(mark + form.strip())
            ids = tokenizer(asked.before + form + asked.after)["input_ids"]
            assert ids.count(piece) == 1
            at = ids.index(piece)
            ids[at] = tokenizer.mask_token_id
            total += plainly(path, ids, at)[piece].exp().item()
        found[option.label] = math.log(total)
    return found


def close(one: Reply, other: Reply) -> bool:
    assert one.logprobs is not None
    assert other.logprobs is not None
    return one.logprobs == pytest.approx(dict(other.logprobs), abs=1e-5) and (
        one.mass == pytest.approx(other.mass, abs=1e-5)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_gives_transformers_own_numbers(checkpoint: Build, name: str) -> None:
    path = checkpoint(name)
    ours = model(path)
    assert isinstance(ours, Scorer)
    for asked, reply in zip(PROMPTS, ours.score(PROMPTS), strict=True):
        theirs = expected(path, asked, MARK.get(name, ""))
        assert reply.logprobs == pytest.approx(theirs, abs=1e-5)
        assert reply.mass == pytest.approx(sum(map(math.exp, theirs.values())), abs=1e-5)
        assert reply.status == "ok"


def test_sixteen_bit_logits_are_normalised_in_float32(checkpoint: Build) -> None:
    ours = model(checkpoint("bert"), dtype="bfloat16")
    (reply,) = ours.score([prompt("I", two([" agree"], [" disagree"]))])
    ((text,),) = (plan.texts for plan in ours._plan_all([prompt("I")]))
    with torch.no_grad():
        logits = ours.checkpoint.model(torch.tensor([text.ids])).logits[0, text.position]
    assert logits.dtype == torch.bfloat16
    exact = logits.double().log_softmax(-1)
    agree, disagree = (exact[piece].item() for piece in (text.targets[0], text.targets[2]))
    assert reply.logprobs == pytest.approx({"agree": agree, "disagree": disagree}, abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_prompt_is_batched_with_is_irrelevant(checkpoint: Build, name: str) -> None:
    ours = model(checkpoint(name))
    together = ours.score(PROMPTS)
    backwards = ours.score(PROMPTS[::-1])[::-1]
    alone = [ours.score([asked])[0] for asked in PROMPTS]
    for one, other, third in zip(together, backwards, alone, strict=True):
        assert close(one, other)
        assert close(one, third)


@pytest.mark.parametrize("name", NAMES)
def test_a_filled_mask_and_a_form_in_its_place_are_one_text(checkpoint: Build, name: str) -> None:
    """A slot is masked by token; writing the mask token into the text gives the same ids."""
    path = checkpoint(name)
    tokenizer = hf.AutoTokenizer.from_pretrained(path)
    written = tokenizer(f"I {tokenizer.mask_token} this.")["input_ids"]
    (plan,) = model(path)._plan_all([prompt("I")])
    assert [list(text.ids) for text in plan.texts] == [written]


@pytest.mark.parametrize("name", NAMES)
def test_the_head_is_applied_at_the_masks_alone_and_nothing_changes(
    checkpoint: Build, name: str
) -> None:
    narrow = model(checkpoint(name))
    assert narrow.cut is not None
    shapes = []
    output = narrow.checkpoint.model.get_output_embeddings()
    handle = output.register_forward_hook(lambda _m, _i, logits: shapes.append(logits.shape))
    picked = narrow.score(PROMPTS)
    handle.remove()
    assert [shape[:2] for shape in shapes] == [(len(PROMPTS), 1)]
    whole = replace(narrow, cut=None).score(PROMPTS)
    assert all(close(one, other) for one, other in zip(picked, whole, strict=True))


@pytest.mark.parametrize(
    ("name", "part"),
    [("bert", "attention"), ("roberta", "attention"), ("electra", "attention"), ("albert", "")],
)
def test_texts_are_cut_to_their_masks_as_early_as_the_architecture_bears(
    checkpoint: Build, name: str, part: str
) -> None:
    """Behind the last attention, if nothing after it looks elsewhere or is used twice (ALBERT's
    one layer is): what comes next sees one state a text."""
    ours = model(checkpoint(name))
    body = ours.checkpoint.model.base_model
    cut = {path: module for path, module in body.named_modules() if module is ours.cut}
    (path,) = cut
    assert path.endswith(part)
    assert part == "" or f".{checkpoints.SIZES['num_hidden_layers'] - 1}." in path
    seen = []
    handle = ours.cut.register_forward_hook(lambda _m, _i, output: seen.append(output[0].shape))
    whole = replace(ours, cut=None).score(PROMPTS)
    handle.remove()
    assert all(shape[-2] > 1 for shape in seen)
    assert all(close(*pair) for pair in zip(ours.score(PROMPTS), whole, strict=True))


def test_a_head_that_needs_whole_texts_gets_them(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Funnel and its like read more than the last hidden state; tried at loading, not listed."""
    usual = model(checkpoint("bert")).score(PROMPTS)
    forward = hf.BertForMaskedLM.forward

    def mixing(self: hf.BertForMaskedLM, input_ids: torch.Tensor, **inputs: object) -> object:
        found = forward(self, input_ids=input_ids, **inputs)
        if found.logits.shape[1] != input_ids.shape[1]:
            raise ValueError("a text's length was lost")
        return found

    mixing.__signature__ = inspect.signature(forward)
    monkeypatch.setattr(hf.BertForMaskedLM, "forward", mixing)
    ours = model(checkpoint("bert"))
    assert ours.cut is None
    assert all(close(one, other) for one, other in zip(ours.score(PROMPTS), usual, strict=True))


# --- forms of several pieces -------------------------------------------------------------------


def left_to_right(path: Path, asked: Prompt, form: str, first: int, last: int) -> float:
    """PLL-word-l2r written out: score each piece with itself and the later ones masked."""
    tokenizer = hf.AutoTokenizer.from_pretrained(path)
    ids = tokenizer(asked.before + form + asked.after)["input_ids"]
    total = 0.0
    for at in range(first, last):
        hidden = ids[:at] + [tokenizer.mask_token_id] * (last - at) + ids[last:]
        total += plainly(path, hidden, at)[ids[at]].item()
    return total


@pytest.mark.parametrize("name", ["bert", "roberta", "albert", "bart"])
def test_pieces_are_scored_left_to_right(checkpoint: Build, name: str) -> None:
    path = checkpoint(name)
    asked = prompt("I", two([" strongly agree"], [" strongly disagree"]))
    ours = model(path)
    assert ours.fit(asked) == (asked.options, ())
    (reply,) = ours.score([asked])
    assert reply.logprobs == pytest.approx(
        {
            "agree": left_to_right(path, asked, " strongly agree", 2, 4),
            "disagree": left_to_right(path, asked, " strongly disagree", 2, 4),
        },
        abs=1e-5,
    )
    assert reply.mass is None


@pytest.mark.parametrize("name", ["bert", "modernbert", "xlm-roberta"])
def test_words_of_unlike_length_are_scored_whole_and_flagged(checkpoint: Build, name: str) -> None:
    path = checkpoint(name, without=("disagree",))
    asked = prompt("I", two([" agree"], [" disagree"]))
    ours = model(path)
    assert ours.fit(asked) == (asked.options, (forms.UNEQUAL,))
    (reply,) = ours.score([asked])
    pieces = len(ours.checkpoint.encode("I disagree this.").ids) - len(
        ours.checkpoint.encode("I this.").ids
    )
    assert pieces > 1
    assert reply.logprobs == pytest.approx(
        {
            "agree": left_to_right(path, asked, " agree", 2, 3),
            "disagree": left_to_right(path, asked, " disagree", 2, 2 + pieces),
        },
        abs=1e-5,
    )
    assert reply.mass == pytest.approx(math.exp(reply.logprobs["agree"]))


def test_a_pair_of_unlike_length_is_left_out_where_another_is_alike(checkpoint: Build) -> None:
    ours = model(checkpoint("bert", without=("oppose",)))
    options, flags = ours.fit(PROMPTS[0])
    assert [option.forms for option in options] == [(" agree",), (" disagree",)]
    assert flags == ()


def test_forms_share_their_readings() -> None:
    left, right = (1, 2), (3,)
    places = {
        "agree": [FormSpan(left, (7,), right), FormSpan(left, (5, 7), right)],
        "disagree": [FormSpan(left, (8,), right), FormSpan(left, (5, 8), right)],
    }
    plan = masks.plan(places, mask=0)
    assert [(text.ids, text.position, text.targets) for text in plan.texts] == [
        ((1, 2, 0, 3), 2, (7, 8)),
        ((1, 2, 0, 0, 3), 2, (5,)),
        ((1, 2, 5, 0, 3), 3, (7, 8)),
    ]
    reply = masks.reply(plan, [[-1.0, -2.0], [-3.0], [-4.0, -5.0]])
    assert reply.logprobs == pytest.approx(
        {
            "agree": math.log(math.exp(-1) + math.exp(-7)),
            "disagree": math.log(math.exp(-2) + math.exp(-8)),
        }
    )
    assert reply.mass == pytest.approx(math.exp(-1) + math.exp(-2))


@given(st.lists(st.floats(-1e4, 0), min_size=1, max_size=8))
def test_a_sum_of_probabilities_stays_in_range(values: list[float]) -> None:
    total = masks.log_sum(values)
    assert max(values) <= total <= max(values) + math.log(len(values)) + 1e-9


# --- what cannot be scored ---------------------------------------------------------------------


def test_a_form_with_unknown_tokens_leaves_with_its_antonym(checkpoint: Build) -> None:
    ours = model(checkpoint("bert"))
    asked = prompt("I", two([" agree", " ☺"], [" disagree", " oppose"]))
    options, _ = ours.fit(asked)
    assert [option.forms for option in options] == [(" agree",), (" disagree",)]
    with pytest.raises(ModelError, match=r"'taxes' in wording 'view': form ' ☺' of option 'agree'"):
        ours.lengths([asked])
    with pytest.raises(ModelError, match="lacks every form of option 'disagree'"):
        ours.fit(prompt("I", two([" agree"], [" ☺"])))


def test_a_form_that_merges_with_its_neighbour_has_no_tokens_of_its_own(checkpoint: Build) -> None:
    ours = model(checkpoint("roberta"))
    with pytest.raises(ModelError, match="lacks every form of option 'agree'"):
        ours.fit(prompt("I dis", two(["agree"], [" oppose"])))


def test_neutral_options_are_scored_beside_the_sides(checkpoint: Build) -> None:
    ours = model(checkpoint("bert"))
    neutral = Option("neutral", "neutral", (" neutral", " ☺"))
    options, _ = ours.fit(prompt("I", (*PAIRS, neutral)))
    (reply,) = ours.score([prompt("I", options)])
    (without,) = ours.score([prompt("I")])
    assert set(reply.logprobs) == {"agree", "disagree", "neutral"}
    assert reply.logprobs["agree"] == pytest.approx(without.logprobs["agree"], abs=1e-5)
    assert reply.mass > without.mass


def test_forms_with_equal_tokens_count_once(checkpoint: Build) -> None:
    ours = model(checkpoint("bert"))
    twice = two([" agree", " Agree", " support"], [" disagree", " Disagree", " oppose"])
    assert ours.fit(prompt("I", twice))[0] == twice
    assert close(ours.score([prompt("I", twice)])[0], ours.score([prompt("I")])[0])
    with pytest.raises(ModelError, match="cannot tell them apart"):
        ours.fit(prompt("I", two([" agree"], [" Agree"])))


def test_a_text_as_long_as_the_context_is_read_and_a_longer_one_is_named(
    checkpoint: Build,
) -> None:
    for name in ("bert", "roberta"):
        ours = model(checkpoint(name))
        room = checkpoints.CONTEXT - len(ours.checkpoint.encode("I agree this.").ids)
        fits = prompt("no " * room + "I")
        assert ours.lengths([fits]) == [checkpoints.CONTEXT]
        assert math.isfinite(ours.score([fits])[0].logprobs["agree"])
        with pytest.raises(
            ModelError,
            match=r"'taxes' in wording 'view' needs 129 tokens, but tiny reads at most 128",
        ):
            ours.lengths([prompt("I"), prompt("no " * (room + 1) + "I")])


def test_numbers_that_are_not_finite_are_refused_by_name(checkpoint: Build) -> None:
    for value in (math.nan, math.inf):
        ours = model(checkpoint("bert"))
        with torch.no_grad():
            ours.checkpoint.model.cls.predictions.bias[9] = value
        with pytest.raises(ScoreError, match=r"logits for statement 'taxes' in wording 'view'"):
            ours.score(PROMPTS)


def test_a_batch_that_does_not_fit_is_a_memory_error(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = model(checkpoint("bert"))

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(ours.checkpoint.model.bert, "forward", full)
    with pytest.raises(MemoryError):
        ours.score(PROMPTS)
    monkeypatch.undo()
    assert len(ours.score(PROMPTS)) == len(PROMPTS)


def test_a_tokenizer_without_a_mask_token_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    path = checkpoints.copy(checkpoint("bert"), tmp_path / "unmasked")
    plain = hf.AutoTokenizer.from_pretrained(checkpoint("gpt2"))
    (path / "tokenizer.json").unlink()
    (path / "tokenizer_config.json").unlink()
    plain.save_pretrained(path)
    with pytest.raises(ModelError, match="has no mask token"):
        model(path)


def test_a_model_that_cannot_leave_padding_out_is_refused(
    checkpoint: Build, tmp_path: Path
) -> None:
    tokenizer = hf.AutoTokenizer.from_pretrained(checkpoint("bert"))
    config = hf.FNetConfig(vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1)
    hf.FNetForMaskedLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(ModelError, match="takes no attention mask"):
        model(tmp_path)


# --- work --------------------------------------------------------------------------------------


def test_lengths_are_the_tokens_that_go_through_the_model(checkpoint: Build) -> None:
    ours = model(checkpoint("bert"))
    tokens = len(ours.checkpoint.encode("I agree this.").ids)
    strongly = prompt("I", two([" strongly agree"], [" strongly disagree"]))
    assert ours.lengths([prompt("I"), strongly]) == [tokens, 2 * (tokens + 1)]


def test_a_prompt_is_tokenised_once_and_memory_stays_bounded(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = model(checkpoint("bert"))
    ours.lengths(PROMPTS)
    asked = []
    encode = type(ours.checkpoint).encode_all
    monkeypatch.setattr(
        type(ours.checkpoint),
        "encode_all",
        lambda self, texts: asked.extend(texts) or encode(self, texts),
    )
    remembered = ours.score(PROMPTS)
    assert asked == []
    monkeypatch.setattr(cache, "MAX_PROMPTS", 0)
    monkeypatch.setattr(cache, "CHUNK", 2)
    forgetful = replace(ours)
    forgetful.lengths(PROMPTS)
    assert all(close(*pair) for pair in zip(forgetful.score(PROMPTS), remembered, strict=True))
    assert len(asked) == 2 * 4 * len(PROMPTS)
    assert forgetful.plans._pickled == {}


def test_the_text_before_the_slot_is_plain(checkpoint: Build) -> None:
    assert model(checkpoint("bert")).render("Ask.", "I", "\n") == "Ask.\nI"
