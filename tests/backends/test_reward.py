"""Reward models: every trap of loading and padding, each against the plain way of computing."""

import json
import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from probes.asking import loop, protocols
from probes.backends import reward
from probes.backends.hf.loading import auto
from probes.backends.hf.rewards import combine, head
from probes.errors import ModelError, ScoreError
from probes.methods import choice
from probes.models import registry
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec, Option, Prompt, Statement
from tests import checkpoints
from tests.asking.test_loop import MATERIALS

Build = Callable[..., Path]
SENTENCES = (
    "I agree with this.",
    "I disagree, since rents are too high.",
    "The sky is blue today.",
)


def opened(path: Path, **options: object) -> reward.RewardModel:
    """A reward model, as a run opens it."""
    model = open_model(registry.resolve(f"reward:{path}"), LoadOptions(**options))  # type: ignore[arg-type]
    assert isinstance(model, reward.RewardModel)
    return model


def prompt(model: reward.RewardModel, replies: Sequence[str], ask: str = "Is it so?") -> Prompt:
    """A question, and an option for each reply."""
    options = tuple(Option(text, "agree", (text,)) for text in replies)
    before = model.render(ask, "", " ")
    return Prompt(Statement("s", "A text."), "statement", "w", before, "", options)


def rewards(model: reward.RewardModel, replies: Sequence[str] = SENTENCES) -> list[float]:
    """The reward of each reply, less the first one's."""
    (reply,) = model.score([prompt(model, replies)])
    assert reply.logprobs
    values = [reply.logprobs[text] for text in replies]
    return [value - values[0] for value in values]


def plainly(path: Path, rows: Sequence[Sequence[int]]) -> list[float]:
    """The head on the last hidden state of each text, one at a time, without any padding."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(path).eval()
    found = []
    for row in rows:
        with torch.inference_mode():
            states = model.base_model(torch.tensor([list(row)])).last_hidden_state
            found.append(model.score(states[0, -1]).item())
    return [value - found[0] for value in found]


def edited(path: Path, to: Path, file: str, **changes: object) -> Path:
    """A copy with other settings in one of its files."""
    shutil.copytree(path, to)
    (to / file).write_text(json.dumps({**json.loads((to / file).read_text()), **changes}))
    return to


@pytest.mark.parametrize("name", ["reward-gpt2", "reward-llama", "reward-qwen2"])
def test_a_reward_is_the_heads_score_at_the_last_token(checkpoint: Build, name: str) -> None:
    """Without padding token (GPT-2, Qwen), and where padding is the end of every text (Llama)."""
    model = opened(checkpoint(name))
    (encoded,) = [model.texts.encode(prompt(model, SENTENCES))]
    rows = [row.ids for option in encoded for row in option]
    assert len({len(row) for row in rows}) > 1  # they are padded
    assert model.checkpoint.pads
    assert rewards(model) == pytest.approx(plainly(checkpoint(name), rows), abs=1e-5)


def test_padding_that_is_the_end_of_a_text_would_move_the_place_that_is_read(
    checkpoint: Build,
) -> None:
    """The trap is there: transformers itself reads this model a token too early, even alone."""
    path = checkpoint("reward-llama")
    model = opened(path)
    rows = [row.ids for option in model.texts.encode(prompt(model, SENTENCES)) for row in option]
    assert {row[-1] for row in rows} == {model.checkpoint.tokenizer.pad_token_id}
    loaded = transformers.AutoModelForSequenceClassification.from_pretrained(path).eval()
    with torch.inference_mode():
        naive = [loaded(torch.tensor([list(row)])).logits.item() for row in rows]
    assert [value - naive[0] for value in naive] != pytest.approx(rewards(model), abs=1e-3)


def test_left_padding_of_the_tokenizer_does_not_matter(checkpoint: Build, tmp_path: Path) -> None:
    """Rows are padded on the right, whatever its settings say."""
    for name in ("reward-gpt2", "reward-llama"):
        path = checkpoint(name)
        left = edited(path, tmp_path / name, "tokenizer_config.json", padding_side="left")
        assert opened(left).checkpoint.tokenizer.padding_side == "left"
        assert rewards(opened(left)) == rewards(opened(path))


def test_a_conversation_is_closed_as_its_template_closes_it(checkpoint: Build) -> None:
    """The very text of the template, without a prompt for more, and one BOS."""
    model = opened(checkpoint("reward-llama"))
    tokenizer = model.checkpoint.tokenizer
    turns = [{"role": "user", "content": "Is it so?"}, {"role": "assistant", "content": "It is."}]
    whole = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=False)
    before = model.render("Is it so?", "It ", " ")
    assert before + "is." + model.texts.closing == whole
    (row,) = (r for option in model.texts.encode(prompt(model, ["It is."])) for r in option)
    assert list(row.ids) == tokenizer(whole, add_special_tokens=False)["input_ids"]
    assert row.ids.count(tokenizer.bos_token_id) == 1


@pytest.mark.parametrize("name", ["reward-bert", "reward-deberta"])
def test_question_and_reply_are_two_texts_where_the_tokenizer_separates_them(
    checkpoint: Build, name: str
) -> None:
    """As OpenAssistant's encoder was trained; and the output says so."""
    model = opened(checkpoint(name))
    (row,) = (r for option in model.texts.encode(prompt(model, ["It is."])) for r in option)
    expected = model.checkpoint.tokenizer("Is it so?", "It is.")
    assert (list(row.ids), list(row.types)) == (expected["input_ids"], expected["token_type_ids"])
    loaded = transformers.AutoModelForSequenceClassification.from_pretrained(
        checkpoint(name)
    ).eval()
    texts = [
        model.checkpoint.tokenizer("Is it so?", text, return_tensors="pt") for text in SENTENCES
    ]
    with torch.inference_mode():
        plain = [loaded(**text).logits.item() for text in texts]
    assert rewards(model) == pytest.approx([v - plain[0] for v in plain], abs=1e-4)
    assert model.flags == ("reward_of_two_texts",)


def test_the_head_computes_in_float32_and_ties_are_no_preference(checkpoint: Build) -> None:
    """At 16 bits scores are multiples of a coarse step; equal texts are exactly equal."""
    model = opened(checkpoint("reward-gpt2"), dtype="bfloat16")
    texts = model.texts.encode(prompt(model, SENTENCES))
    scores = head.scores(model.checkpoint, [row for option in texts for row in option])
    assert model.checkpoint.model.dtype == torch.bfloat16
    assert any(torch.tensor(s).bfloat16().item() != s for s in scores)
    tie = combine.reply(prompt(model, ["a", "b"]), [[1.5], [1.5]])
    assert tie.logprobs
    assert tie.logprobs["a"] == tie.logprobs["b"]


def test_an_options_reward_is_the_mean_over_its_forms() -> None:
    """Which makes differences linear in rewards; what is added to all replies falls out."""
    two = (Option("yes", "agree", ("a", "b")), Option("no", "disagree", ("c", "d")))
    asked = Prompt(Statement("s", "T."), "statement", "w", "B", "", two)
    for factor, shift in ((1.0, 0.0), (7.0, 0.0), (7.0, -500.0), (0.01, 1e6)):
        given = [[factor * v + shift for v in row] for row in ([1.0, 2.0], [-4.0, 0.0])]
        found = combine.reply(asked, given).logprobs or {}
        assert found["yes"] - found["no"] == pytest.approx(3.5 * factor, abs=1e-9)
        assert max(found.values()) <= 0
    for bad in (math.nan, math.inf, -math.inf):
        with pytest.raises(ScoreError, match="rewards of its replies are not finite"):
            combine.reply(asked, [[1.0, bad], [0.0, 0.0]])


def test_weights_that_are_no_numbers_stop_the_run_in_a_sentence(
    checkpoint: Build, tmp_path: Path
) -> None:
    """In the head, where they reach every reward."""
    path = shutil.copytree(checkpoint("reward-gpt2"), tmp_path / "nan")
    weights = load_file(path / "model.safetensors")
    weights["score.weight"] = torch.full_like(weights["score.weight"], math.nan)
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises((ModelError, ScoreError), match="not finite"):
        rewards(opened(path))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("reward-two", "gives 2 numbers a text"),
        ("gpt2", "'GPT2LMHeadModel' is a causal language model, which the backend 'reward' cannot"),
        ("bert", "'BertForMaskedLM' is a masked language model"),
        ("bert-encoder", "lack 'classifier.bias' and 1 more, .* it is no reward model"),
        ("bert-classifier", "gives 2 numbers a text"),
    ],
)
def test_what_is_no_reward_model_is_refused(checkpoint: Build, name: str, sentence: str) -> None:
    """One sentence each."""
    with pytest.raises(ModelError, match=sentence) as refused:
        opened(checkpoint(name))
    assert "\n" not in str(refused.value)


@pytest.fixture
def headless(checkpoint: Build, tmp_path: Path) -> Path:
    """A language model whose settings call it a reward model."""
    changes = {"architectures": ["GPT2ForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    return edited(checkpoint("gpt2"), tmp_path / "headless", "config.json", **changes)


def test_a_head_that_is_made_up_is_refused(headless: Path) -> None:
    """By what transformers says of it ..."""
    with pytest.raises(ModelError, match=r"lack 'score.weight', .* make up at random"):
        opened(headless)


def test_a_head_that_is_made_up_is_found_by_its_numbers(
    headless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """... and where transformers says nothing, by looking for them on the disk."""
    monkeypatch.setattr(auto, "_refuse_random_head", lambda *_: None)
    with pytest.raises(ModelError, match="'weight' of its head are not those on the disk"):
        opened(headless)


def test_a_score_that_leaves_out_the_end_is_refused(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one is that is read a token too early."""
    exact = head._logits

    def early(found: object, rows: Sequence[object]) -> torch.Tensor:
        cut = [replace(row, ids=row.ids[:-1], types=row.types[:-1]) for row in rows]  # type: ignore[type-var,attr-defined]
        return exact(found, cut)  # type: ignore[arg-type]

    monkeypatch.setattr(head, "_logits", early)
    with pytest.raises(ModelError, match="does not change with the last token of a text"):
        opened(checkpoint("reward-gpt2"))


def test_where_padding_changes_scores_texts_of_one_length_stand_together(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tried when it is loaded; then rewards are those of texts alone."""
    expected, exact = rewards(opened(checkpoint("reward-gpt2"))), head._logits

    def disturbed(found: object, rows: Sequence[object]) -> torch.Tensor:
        widths = {len(row.ids) for row in rows}  # type: ignore[attr-defined]
        return exact(found, rows) + (torch.arange(len(rows))[:, None] if len(widths) > 1 else 0)  # type: ignore[arg-type]

    monkeypatch.setattr(head, "_logits", disturbed)
    model = opened(checkpoint("reward-gpt2"))
    assert not model.checkpoint.pads
    assert rewards(model) == pytest.approx(expected, abs=1e-5)


def test_a_text_that_does_not_fit_is_refused(checkpoint: Build) -> None:
    """Cut, a decoder's score would be that of another end."""
    model = opened(checkpoint("reward-gpt2"))
    long = prompt(model, ["word " * checkpoints.CONTEXT])
    with pytest.raises(ModelError, match=r"statement 's' in wording 'w': .* more than the 128"):
        model.lengths([long])


def test_an_adapter_is_refused(checkpoint: Build, tmp_path: Path) -> None:
    """It could bring another head."""
    with pytest.raises(ModelError, match="merge it into the reward model's folder first"):
        opened(checkpoint("reward-gpt2"), adapter=str(tmp_path))


def test_a_text_of_several_prompts_is_read_once(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As statement and mirror are in method `preference`."""
    model, read = opened(checkpoint("reward-gpt2")), list[int]()
    exact = head._logits

    def counted(found: object, rows: Sequence[object]) -> torch.Tensor:
        read.append(len(rows))
        return exact(found, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(head, "_logits", counted)
    one, other = prompt(model, SENTENCES), prompt(model, SENTENCES[::-1])
    first, second = model.score([one, other])
    assert sum(read) == len(SENTENCES)
    assert first.logprobs == second.logprobs


def test_the_evidence_says_that_numbers_are_rewards(checkpoint: Build) -> None:
    """And which weights they come from."""
    model = opened(checkpoint("reward-qwen2"))
    recipe = replace(protocols.load("default"), blanks=())
    planned = loop.plan(model, replace(MATERIALS, recipe=recipe), limit=1)
    info = planned.header.model
    assert (info.backend, info.chat, info.rewards is not None) == ("reward", True, True)
    assert len(info.weights) == 64
    asked = choice.prompts(model, replace(MATERIALS, recipe=recipe), limit=1)
    assert asked[0].before.startswith("<|im_start|>user\n")


def test_a_folder_does_not_choose_to_be_a_reward_model(checkpoint: Build) -> None:
    """Its settings may be a stranger's: without --backend it is refused, and told of."""
    path = str(checkpoint("reward-gpt2"))
    with pytest.raises(ModelError, match="a reward model goes by --backend reward"):
        open_model(ModelSpec("m", path), LoadOptions())
    assert open_model(ModelSpec("m", path, "reward"), LoadOptions()).info.backend == "reward"
