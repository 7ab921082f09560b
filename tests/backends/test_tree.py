"""The token tree: what it merges, what attends to what, and the proof that it is right."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.backends.hf.scoring import prefix, rows, tree
from probes.backends.hf.scoring.rows import TokenizedText

IDS = st.lists(st.integers(0, 3), min_size=2, max_size=7).map(tuple)


@st.composite
def texts(draw: st.DrawFn) -> list[TokenizedText]:
    found = draw(st.lists(IDS, min_size=1, max_size=8))
    return [TokenizedText(ids, draw(st.integers(1, len(ids) - 1))) for ids in found]


def tiny(**changes: object) -> hf.PreTrainedModel:
    torch.manual_seed(1)
    sizes = {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 64, "initializer_range": 0.5}
    return hf.GPT2LMHeadModel(hf.GPT2Config(vocab_size=40, **sizes, **changes)).eval()


def path_of(merged: tree.TokenTree, place: int) -> tuple[int, ...]:
    """The tokens from the beginning to a place."""
    if place < 0:
        return ()
    return (*path_of(merged, merged.parents[place]), merged.tokens[place])


@settings(deadline=None)
@given(texts())
def test_every_scored_token_is_asked_behind_exactly_its_own_beginning(
    given_: list[TokenizedText],
) -> None:
    merged = tree.build_tree(given_)
    wanted = [
        (text.ids[:i], text.ids[i]) for text in given_ for i in range(text.start, len(text.ids))
    ]
    assert [(path_of(merged, place), token) for place, token in merged.targets] == wanted


@settings(deadline=None)
@given(texts())
def test_common_beginnings_stand_once(given_: list[TokenizedText]) -> None:
    merged = tree.build_tree(given_)
    beginnings = {text.ids[:i] for text in given_ for i in range(1, len(text.ids))}
    assert sorted(path_of(merged, i) for i in range(len(merged.tokens))) == sorted(beginnings)


@settings(deadline=None)
@given(texts())
def test_a_token_sees_its_ancestors_and_itself_from_its_depth(given_: list[TokenizedText]) -> None:
    merged = tree.build_tree(given_)
    seen = merged.attends()
    for place in range(len(merged.tokens)):
        path = path_of(merged, place)
        assert merged.depths[place] == len(path) - 1
        visible = [merged.tokens[i] for i in np.flatnonzero(seen[place])]
        assert tuple(visible) == path  # parents stand before children


@settings(max_examples=20, deadline=None)
@given(texts(), st.lists(IDS, min_size=1, max_size=3))
def test_beginnings_that_were_read_before_change_no_number(
    given_: list[TokenizedText], begins: list[tuple[int, ...]]
) -> None:
    """Any beginnings, the texts' own or not, also such that begin alike or hold a scored place."""
    model = tiny()
    own = [*begins, *(text.ids[: text.start] for text in given_)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prefix, "MIN_TOKENS", 1)
        held = prefix.read_prefixes(model, own)
    assert {each.ids for each in held} == set(own)
    expected = torch.cat([rows.score_alone(model, text) for text in given_])
    assert torch.allclose(tree.score_tree(model, given_, held), expected, atol=1e-5)


def test_a_beginning_is_used_where_a_text_has_it_and_asks_for_none_of_it() -> None:
    fits = tree._usable
    assert fits((5, 6), PROMPT)
    assert fits((5, 6, 7, 8), PROMPT)
    assert not fits((5, 6, 7, 8, 9), PROMPT)  # its last state scores the next token
    assert not fits((6, 7), PROMPT)
    assert not fits((5, 6), [*PROMPT, TokenizedText((5, 6, 1), 1)])


@settings(max_examples=20, deadline=None)
@given(texts())
def test_a_tree_has_the_numbers_of_each_text_alone(given_: list[TokenizedText]) -> None:
    model = tiny()
    expected = torch.cat([rows.score_alone(model, text) for text in given_])
    assert torch.allclose(tree.score_tree(model, given_), expected, atol=1e-5)
    assert torch.allclose(rows.score_rows(model, given_), expected, atol=1e-5)


def test_log_softmax_is_in_float32_whatever_the_logits_are() -> None:
    logits = torch.linspace(-30, 30, 50_000).repeat(70, 1)
    at, token = torch.tensor([0, 69]), torch.tensor([49_999, 7])
    exact = logits.double().log_softmax(-1)[at, token]
    assert torch.allclose(rows.logprobs_at(logits, at, token).double(), exact, atol=1e-5)
    half = rows.logprobs_at(logits.bfloat16(), at, token)
    assert half.dtype == torch.float32
    assert torch.allclose(half.double(), logits.bfloat16().double().log_softmax(-1)[at, token])


def test_a_head_applied_past_its_module_still_gives_the_right_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny()
    ids = torch.tensor([[1, 2, 3, 4, 5]])
    expected = model(ids).logits[:, [1, 3]]
    found = rows.head_at(model, torch.tensor([1, 3]), input_ids=ids)
    assert torch.allclose(found, expected, atol=1e-5)
    monkeypatch.setattr(model, "get_output_embeddings", lambda: None)
    assert torch.equal(rows.head_at(model, torch.tensor([1, 3]), input_ids=ids), expected)


def test_the_head_is_as_it_was_afterwards() -> None:
    model = tiny()
    with pytest.raises(IndexError):
        rows.head_at(model, torch.tensor([7]), input_ids=torch.tensor([[1, 2]]))
    assert model(torch.tensor([[1, 2]])).logits.shape == (1, 2, 40)


PROMPT = [TokenizedText((5, 6, 7, 8, 9, last, 3), 5) for last in (10, 11, 12)]


def test_a_right_tree_is_proven_on_a_full_row(monkeypatch: pytest.MonkeyPatch) -> None:
    model, sizes = tiny(), []
    score_tree = tree.score_tree

    def watched(
        network: hf.PreTrainedModel, given_: list[TokenizedText], held: object
    ) -> torch.Tensor:
        sizes.append(len(tree.build_tree(given_).tokens))
        return score_tree(network, given_, held)

    monkeypatch.setattr(tree, "score_tree", watched)
    monkeypatch.setattr(tree, "ROW_TOKENS", 50)
    assert tree.matches_rows(model, PROMPT)
    assert sizes[0] > 50


@pytest.mark.parametrize("last", [0, 2], ids=["first text", "last text"])
def test_a_tree_that_is_off_by_little_is_not_proven(
    monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    score_tree = tree.score_tree
    at = -6 + 2 * last  # each of the three texts has two scored tokens

    def off(network: hf.PreTrainedModel, given_: list[TokenizedText], held: object) -> torch.Tensor:
        found = score_tree(network, given_, held).clone()
        found[at] += 2e-4
        return found

    monkeypatch.setattr(tree, "score_tree", off)
    assert not tree.matches_rows(tiny(), PROMPT)


def test_at_sixteen_bits_rounding_is_let_through_and_a_wrong_mask_is_not() -> None:
    rounding = torch.tensor([0.11, -0.02, 0.01, -0.03, 0.02, 0.0])
    assert tree._is_rounding(rounding, 16)
    assert not tree._is_rounding(rounding, 32)
    assert not tree._is_rounding(rounding + 0.2, 16)
    assert not tree._is_rounding(rounding * torch.nan, 16)
    assert not tree._is_rounding(rounding * torch.nan, 32)


def test_a_model_that_refuses_masks_or_numbers_that_are_none_prove_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = tiny()
    for fault in (ValueError, RuntimeError, TypeError, IndexError):

        def refuse(*_: object, fault: type[Exception] = fault) -> torch.Tensor:
            raise fault

        monkeypatch.setattr(tree, "score_tree", refuse)
        assert not tree.matches_rows(model, PROMPT)
    monkeypatch.undo()
    torch.nn.init.constant_(model.lm_head.weight, torch.nan)
    assert not tree.matches_rows(model, PROMPT)


def test_rows_are_longer_where_a_device_needs_more_to_do() -> None:
    assert tree.row_size(tiny()) == tree.ROW_TOKENS
    with torch.device("meta"):
        assert tree.row_size(tiny()) == tree.ROW_TOKENS_ACCELERATOR


def test_soft_caps_and_scaled_logits_are_the_models_own(
    checkpoint: Callable[..., Path],
) -> None:
    model = hf.AutoModelForCausalLM.from_pretrained(checkpoint("gemma2")).eval()
    assert model.config.final_logit_softcapping
    expected = torch.cat([rows.score_alone(model, text) for text in PROMPT])
    assert torch.allclose(tree.score_tree(model, PROMPT), expected, atol=1e-5)
