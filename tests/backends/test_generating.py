"""Replies that checkpoints write: transformers' own tokens, whatever is batched with what."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
import transformers as hf
from tokenizers import AddedToken

from probes.asking import loop, protocols
from probes.backends import causal, seq2seq
from probes.backends.causal import Causal
from probes.backends.hf.writing import decoders, generate, kv_cache, sampling, sentences, writer
from probes.backends.hf.writing.generate import GeneratedRow, GenerationRule
from probes.backends.hf.writing.sampling import Sampler, TokenHistory
from probes.backends.seq2seq import Seq2Seq
from probes.errors import ModelError, ScoreError
from probes.instruments import sets
from probes.methods import reply
from probes.replies.thinking import THOUGHTS, without_thinking
from probes.runs import session
from probes.types import (
    Author,
    LoadOptions,
    Materials,
    ModelSpec,
    Option,
    Prompt,
    Statement,
    Writing,
)
from tests import checkpoints
from tests.asking.test_loop import MINI

pytestmark = pytest.mark.usefixtures("pictureless")

Build = Callable[..., Path]
Local = Causal | Seq2Seq

TEXTS = (
    "I agree with this statement. The state acts",
    "Please answer the question with yes or no.",
    "Rents",
    "At a public meeting someone says: taxes are too high. I support this, others oppose it. In my",
    "Right and wrong",
)
GREEDY = Writing(tokens=16, sampling="greedy")
SAMPLED = Writing(tokens=12, sampling="sample")
RECURRENT: dict[str, checkpoints.Make] = {
    "mamba": checkpoints._plainly(
        hf.MambaConfig, hf.MambaForCausalLM, hidden_size=32, state_size=8, num_hidden_layers=2
    ),
    "recurrent-gemma": checkpoints._plainly(
        hf.RecurrentGemmaConfig,
        hf.RecurrentGemmaForCausalLM,
        **checkpoints.WIDE,
        lru_width=32,
        block_types=["recurrent", "attention"],
        attention_window_size=32,
    ),
    "lfm2": checkpoints._plainly(
        hf.Lfm2Config,
        hf.Lfm2ForCausalLM,
        **checkpoints.WIDE,
        num_key_value_heads=2,
        layer_types=["conv", "full_attention"],
    ),
}
"""Models with states that run through a text."""
OPEN = """\
name: open-replies
title: Open
method: reply
repetitions: 3
wordings:
  plain: {ask: "Please respond: {statement}\\nYour response:", answer: "{slot}", options: {}}
writing: {tokens: 6}
"""


def opened(path: Path, **options: object) -> Local:
    kind = hf.AutoConfig.from_pretrained(path).is_encoder_decoder
    return (seq2seq if kind else causal).load(ModelSpec("tiny", str(path)), LoadOptions(**options))


def asked(text: str, seed: int = 0, options: tuple[Option, ...] = ()) -> Prompt:
    return Prompt(Statement("s", text), "statement", "w", text, "", options, seed=seed)


def ids_of(model: Local, text: str) -> list[int]:
    return list(model._generator._architecture.tokens([asked(text)])[0])


def by_transformers(model: Local, text: str, **settings: object) -> str:
    """What `generate` writes behind one text, by itself."""
    ids = torch.tensor([ids_of(model, text)])
    if "generation_config" not in settings:
        settings["pad_token_id"] = 0
    found = model.checkpoint.model.generate(ids, attention_mask=torch.ones_like(ids), **settings)[0]
    begin = 1 if model.info.backend == "seq2seq" else ids.shape[1]
    return model.checkpoint.tokenizer.decode(
        found[begin:], skip_special_tokens=True, clean_up_tokenization_spaces=False
    )


# --- which tokens ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*checkpoints.CAUSAL, *checkpoints.SEQ2SEQ, "chat", "chat-bos"])
def test_greedy_replies_are_those_of_transformers_one_by_one(checkpoint: Build, name: str) -> None:
    """Padded, cached, leaving and joining as they are here; all these write many at once."""
    model = opened(checkpoint(name))
    found = model.write([asked(text) for text in TEXTS], GREEDY)
    assert found == [
        by_transformers(model, text, do_sample=False, max_new_tokens=16) for text in TEXTS
    ]
    assert len(set(found)) > 1
    assert model._generator._modes[0][1] > 1


@pytest.mark.parametrize("name", RECURRENT)
def test_models_with_running_states_are_written_in_a_way_that_is_right(
    checkpoint: Build, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of padding, leaving and joining they bear is found out, not known by name."""
    monkeypatch.setitem(checkpoints.RECIPES, name, (checkpoints.plain, RECURRENT[name]))
    model = opened(checkpoint(name))
    found = model.write([asked(text) for text in TEXTS[:3]], GREEDY)
    assert found == [
        by_transformers(model, text, do_sample=False, max_new_tokens=16) for text in TEXTS[:3]
    ]


@pytest.mark.parametrize("name", ["gpt2", "bloom", "mistral-windowed", "gemma3", "bart", "t5"])
@pytest.mark.parametrize("rows", [3, *(pytest.param(n, marks=pytest.mark.soak) for n in (1, 4))])
def test_rows_that_leave_and_join_are_written_as_alone(
    checkpoint: Build, name: str, rows: int
) -> None:
    """Of many replies of unlike lengths, few at a time, each is the one that it is by itself."""
    model = opened(checkpoint(name))
    architecture, vocabulary = model._generator._architecture, model.checkpoint.embedding_rows
    ends = frozenset(range(0, vocabulary, 12))

    def written(begin: decoders.StartRows, most: int) -> dict[tuple[int, ...], list[int]]:
        rule = GenerationRule(Sampler(), most, 40, ends)
        groups = [
            [
                GeneratedRow(
                    "a row",
                    source,
                    architecture.decoder_start or source,
                    sampling.uniform_numbers(10 * n + seed, 40).tolist(),
                )
                for seed in range(1 + n % 2)
            ]
            for n, source in enumerate(architecture.tokens([asked(text) for text in TEXTS]))
        ]
        with torch.inference_mode():
            generate.generate(begin, writer._split(groups, most), rule)
        every = [row for group in groups for row in group]
        assert all(row.finished for row in every)
        return {(*row.source, i): row.written for i, row in enumerate(every)}

    found = written(architecture.cached, rows)
    assert found == written(architecture.uncached, 1)
    assert len({len(each) for each in found.values()}) > 3


@pytest.mark.parametrize("name", ["gpt2", "gemma3"])
def test_padding_that_all_rows_have_is_cut_off(
    checkpoint: Build, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short text that once stood beside a long one does not carry its length for ever."""
    cut: list[int] = []
    trim = kv_cache.trim
    monkeypatch.setattr(
        kv_cache, "trim", lambda cache, places: (cut.append(places), trim(cache, places))
    )
    model = opened(checkpoint(name))
    long, short = (tuple(ids_of(model, TEXTS[i])) for i in (3, 2))
    model._generator._architecture.cached([long, short]).select(torch.tensor([0]))
    assert not cut
    with torch.inference_mode():
        both, alone = (
            model._generator._architecture.cached(texts) for texts in ([long, short], [short])
        )
        both.select(torch.tensor([1]))
        for token in short:
            for run in (both, alone):
                run.advance(torch.tensor([token]))
    assert cut == [len(long) - len(short)]
    assert both.logits == pytest.approx(alone.logits, abs=1e-4)


def test_a_prompt_is_read_once_for_all_its_seeds(checkpoint: Build) -> None:
    model = opened(checkpoint("gpt2"))
    model.write([asked(TEXTS[3])], SAMPLED)  # the proof is over with it
    shapes: list[tuple[int, ...]] = []
    model.checkpoint.model.get_input_embeddings().register_forward_hook(
        lambda *given: shapes.append(tuple(given[-1].shape[:2]))
    )
    model.write([asked(TEXTS[3], seed) for seed in range(5)], SAMPLED)
    assert shapes[0] == (1, len(ids_of(model, TEXTS[3])))
    assert {shape[1] for shape in shapes[1:]} == {1}
    shapes.clear()
    model.write([asked(TEXTS[3], seed) for seed in range(5)], replace(SAMPLED, sampling="greedy"))
    assert {shape[0] for shape in shapes} == {1}


def test_what_writing_costs_is_counted(checkpoint: Build) -> None:
    """As a loop over all seeds would read it, as it has to be, and as it was."""
    model = opened(checkpoint("gpt2"))
    model.write([asked(TEXTS[3])], SAMPLED)  # the proof is over with it
    length = len(ids_of(model, TEXTS[3]))
    before = replace(model.meter)
    model.write([asked(TEXTS[3], seed) for seed in range(3)], SAMPLED)
    after = model.meter
    assert after.asked - before.asked == 3 * (length + 12)
    assert after.needed - before.needed == length + 3 * 12
    assert after.computed - before.computed == length + 3 * 11  # nothing is read behind the last
    assert after.padded == before.padded
    assert after.passes - before.passes == 12


def test_the_head_is_applied_to_last_places_alone(checkpoint: Build) -> None:
    model = opened(checkpoint("llama"))
    model.write([asked(TEXTS[3])], GREEDY)  # the proof is over with it
    shapes: list[tuple[int, ...]] = []
    model.checkpoint.model.get_output_embeddings().register_forward_hook(
        lambda *given: shapes.append(tuple(given[-1].shape[:2]))
    )
    model.write([asked(text) for text in TEXTS], GREEDY)
    assert {width for _, width in shapes} == {1}
    assert max(rows for rows, _ in shapes) == len(TEXTS)


# --- which way ---------------------------------------------------------------------------------


class Misplaced(decoders.CachedCausalRows):
    """Counts places from the padding on."""

    def _read(self, ids: torch.Tensor, positions: torch.Tensor) -> None:
        super()._read(ids, positions + (self._mask == 0).sum(-1, keepdim=True))


class Forgetful(decoders.CachedCausalRows):
    """Does not drop what belongs to rows that left."""

    def select(self, rows: torch.Tensor) -> None:
        self._mask, self.logits = self._mask[rows], self.logits[rows]
        self._cache.reorder_cache(torch.arange(len(rows)))


class Refusing(decoders.CachedCausalRows):
    """An architecture that has no such cache."""

    def _read(self, ids: torch.Tensor, positions: torch.Tensor) -> None:
        raise TypeError("unexpected keyword argument 'past_key_values'")


@pytest.mark.parametrize(("wrong", "level"), [(Misplaced, 2), (Forgetful, 2), (Refusing, 1)])
def test_a_way_that_is_wrong_is_found_out(checkpoint: Build, wrong: type, level: int) -> None:
    """Then one row at a time, then without a cache; and the replies are right."""
    model = opened(checkpoint("gpt2"))
    right = opened(checkpoint("gpt2")).write([asked(text) for text in TEXTS], GREEDY)
    generator = model._generator
    fast = partial(wrong, model.checkpoint.model, model.meter)
    generator._modes = [(fast, 8), (fast, 1), generator._modes[-1]]
    assert generator.write([asked(text) for text in TEXTS], GREEDY) == right
    assert len(generator._modes) == level


def test_running_out_of_memory_is_no_proof_against_a_way(checkpoint: Build) -> None:
    """It is said, so that the loop takes fewer prompts."""

    def full(_: Sequence[tuple[int, ...]]) -> decoders.DecodingRows:
        raise torch.OutOfMemoryError("CUDA out of memory")

    model = opened(checkpoint("gpt2"))
    model._generator._modes[0] = (full, 8)
    with pytest.raises(MemoryError):
        model.write([asked(TEXTS[0])], GREEDY)
    assert len(model._generator._modes) == 3


# --- drawing -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "gemma3", "bart"])
def test_what_is_drawn_depends_on_prompt_and_seed_alone(checkpoint: Build, name: str) -> None:
    """Not on the prompts beside it, their order, or what was written before."""
    model = opened(checkpoint(name))
    prompts = [asked(text, seed) for text in TEXTS for seed in range(3)]
    together = model.write(prompts, SAMPLED)
    assert model.write(prompts[::-1], SAMPLED) == together[::-1]
    assert [model.write([each], SAMPLED)[0] for each in prompts] == together
    assert model.write(prompts[4:9], SAMPLED) == together[4:9]
    assert len(set(together)) == len(prompts)


def test_tokens_are_drawn_as_often_as_they_are_probable() -> None:
    """Chi-square over 20,000 draws, at a temperature; and those outside top k and top p never."""
    logits = torch.tensor([2.0, 1.0, 0.5, 0.0, -1.0, -2.0])
    count = 20_000
    rows = torch.stack([logits] * count)
    behind, dice = [TokenHistory((0,), [])] * count, sampling.uniform_numbers(1, count)
    settings, cpu = hf.GenerationConfig(), torch.device("cpu")

    def share(**numbers: float) -> torch.Tensor:
        writing = Writing(sampling="sample", **numbers)  # type: ignore[arg-type]
        drawn = sampling.sampler(writing, settings, [], cpu).draw(rows, behind, dice)
        return torch.bincount(drawn, minlength=6)

    expected = (logits / 1.5).softmax(-1) * count
    assert float(((share(temperature=1.5) - expected) ** 2 / expected).sum()) < 20.5  # 5 df, .001
    three = share(top_k=3)
    expected = logits[:3].softmax(-1) * count
    assert three[3:].sum() == 0
    assert float(((three[:3] - expected) ** 2 / expected).sum()) < 13.8  # 2 df, .001
    assert share(top_p=0.5)[1:].sum() == 0
    assert (
        sampling.sampler(GREEDY, settings, [], cpu).draw(rows[:2], behind[:2], dice[:2]).eq(0).all()
    )


def test_a_token_of_no_probability_is_never_drawn() -> None:
    """Neither by the smallest nor by the largest number of a die."""
    logits = torch.tensor([[-torch.inf, 1.0, -torch.inf, 0.0, -torch.inf]] * 2)
    dice = torch.tensor([0.0, 1 - 2**-53], dtype=torch.float64)
    assert Sampler().draw(logits, [TokenHistory((0,), [])] * 2, dice).tolist() == [1, 3]


OWN = {
    "repetition_penalty": 1.4,
    "no_repeat_ngram_size": 2,
    "min_new_tokens": 8,
    "suppress_tokens": [300, 301, 302],
    "begin_suppress_tokens": list(range(310, 500)),
    "bad_words_ids": [[20], [21, 22]],
    "exponential_decay_length_penalty": (4, 1.05),
    "sequence_bias": [[[330], 3.0]],
    "temperature": 0.7,
    "top_p": 0.9,
    "min_p": 0.01,
    "typical_p": 0.95,
    "epsilon_cutoff": 1e-4,
    "eta_cutoff": 1e-4,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "bart"])
def test_a_checkpoints_own_settings_are_those_of_transformers(checkpoint: Build, name: str) -> None:
    """Every processor by itself; the most probable one is drawn (top_k 1), so nothing is chance."""
    model = opened(checkpoint(name))
    plain = model.checkpoint.model.generation_config
    plainly = model.write([asked(text) for text in TEXTS[:3]], replace(GREEDY, tokens=14))
    changed = 0
    for setting, value in OWN.items():
        settings = hf.GenerationConfig(**plain.to_diff_dict(), do_sample=True, top_k=1)
        settings.update(pad_token_id=0, max_new_tokens=14, **{setting: value})
        model._generator._settings = settings
        found = model.write([asked(text) for text in TEXTS[:3]], Writing(tokens=14))
        assert found == [
            by_transformers(model, text, generation_config=settings) for text in TEXTS[:3]
        ], setting
        changed += found != plainly
    assert changed >= 3


def test_sampling_that_is_switched_on_is_said() -> None:
    """And so is what a checkpoint asks for and does not get."""
    own = hf.GenerationConfig(num_beams=4, top_p=0.9)
    assert sampling.remarks(Writing(), hf.GenerationConfig()) == (
        "sampling switched on: T=1, top_k=50",
    )
    assert sampling.remarks(Writing(), own) == (
        "sampling switched on: T=1, top_k=50, top_p=0.9",
        "settings of the checkpoint that are not used: num_beams",
    )
    assert sampling.remarks(Writing(), hf.GenerationConfig(do_sample=True, top_k=0)) == ()
    assert sampling.remarks(GREEDY, own) == ()
    assert [type(each).__name__ for each in sampling.sampler(
        Writing(), hf.GenerationConfig(do_sample=True, top_k=0, temperature=0.5), [],
        torch.device("cpu"),
    ).warpers] == ["TemperatureLogitsWarper"]  # fmt: skip


# --- where a reply ends ------------------------------------------------------------------------


def nth_greedy(model: Local, text: str, n: int) -> int:
    """The n-th token of a greedy reply."""
    ids = torch.tensor([ids_of(model, text)])
    found = model.checkpoint.model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=16, pad_token_id=0
    )[0]
    return int(found[ids.shape[1] + n])


def test_a_reply_ends_before_any_of_the_checkpoints_end_tokens(checkpoint: Build) -> None:
    """Its list of them, with the tokenizer's own; what stands before is kept whole."""
    path = checkpoint("qwen2")
    model = opened(path)
    (whole,) = model.write([asked(TEXTS[0])], GREEDY)
    end = nth_greedy(model, TEXTS[0], 5)
    model.checkpoint.model.generation_config.eos_token_id = [899, end]
    ended = Causal(model.checkpoint)
    assert {899, end, model.checkpoint.tokenizer.eos_token_id} <= ended._generator._end_tokens
    (short,) = ended.write([asked(TEXTS[0])], GREEDY)
    assert short
    assert whole
    assert whole.startswith(short)
    assert len(short) < len(whole)


@pytest.mark.parametrize("name", ["chat", "chat-thinking", "chat-bos"])
def test_the_end_of_a_turn_is_read_from_the_template(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    end = model.checkpoint.tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert model.checkpoint.chat.turn_end() == [end]
    assert end in model._generator._end_tokens
    assert end not in opened(checkpoint(name), chat=False)._generator._end_tokens


def test_an_open_question_is_put_with_the_templates_prompt_and_nothing_behind(
    checkpoint: Build,
) -> None:
    """As it stands for a plain model; a thought that a template opens is closed."""
    wording = protocols.parse(OPEN.encode(), Path("open")).wordings[0]
    ask = wording.ask.replace("{statement}", "Taxes should fall.")
    texts = {
        name: opened(checkpoint(name)).render(ask, "", " ").removesuffix(" ")
        for name in ("gpt2", "chat", "chat-always-thinking")
    }
    assert texts["gpt2"] == "Please respond: Taxes should fall.\nYour response:"
    assert texts["chat"].endswith("Your response:<|im_end|>\n<|im_start|>assistant\n")
    assert texts["chat-always-thinking"].endswith("assistant\n<think>\n\n</think>\n\n")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("I agree.", 0),
        ("I agree. ", 1),
        ("I agree. E.g. rents rose by 3.5 percent in the U.S. last", 1),
        ('He said "no." Then he left! And', 2),
        ("我同意。因为", 1),
        ("Yes\n\nBecause", 1),
        ("One.\n\nTwo.\n", 2),
        ("1. Agree", 0),
    ],
)
def test_sentences_are_counted_when_they_are_over(text: str, count: int) -> None:
    assert sentences.count_sentences(text) == count


def test_a_reply_may_end_with_its_second_sentence(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What showed that it was over is no part of it; sentences of thoughts do not count."""
    model = opened(checkpoint("gpt2"))
    tokenizer = model.checkpoint.tokenizer
    enough = partial(model._generator._reply_length, 2)
    text = "<think>One is. Two are. Three are.</think> I agree with this. They agree."
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert enough(ids) is None
    behind = tokenizer(" The", add_special_tokens=False).input_ids
    assert enough([*ids, *behind[:1]]) == len(ids)
    line = tokenizer("\n", add_special_tokens=False).input_ids
    assert enough([*ids[:-1], *ids[-1:], *line]) == len(ids)
    prompts = [asked(text, seed) for text in TEXTS for seed in range(5)]
    monkeypatch.setattr(
        sentences, "count_sentences", lambda text: text.count("e")
    )  # random texts have no .
    free = model.write(prompts, Writing(tokens=40))
    for whole, part in zip(
        free, model.write(prompts, Writing(tokens=40, sentences=2)), strict=True
    ):
        assert (whole or "").startswith(part or "")
        assert part == whole or "e" in (part or "")[-12:]
        assert (part or "").count("e") >= min(2, (whole or "").count("e"))
        assert (part or "").count("e") < 5


# --- thinking ----------------------------------------------------------------------------------

PAIR = (Option("agree", "agree", ("agree",)), Option("disagree", "disagree", ("disagree",)))


@pytest.mark.parametrize(("opening", "closing"), THOUGHTS)
def test_what_is_thought_is_kept_and_not_read(opening: str, closing: str) -> None:
    """A closed thought is passed over, an open one leaves nothing to read."""
    thought = f"{opening}I disagree. No: I agree.{closing}\n\nI disagree."
    found = reply.read_reply(asked("s", options=PAIR), thought, "en")
    assert (found.status, found.choice, found.text) == ("ok", "disagree", thought)
    assert without_thinking(f"I disagree. No: I agree.{closing} I disagree.") == " I disagree."
    cut = reply.read_reply(asked("s", options=PAIR), f"{opening}I agree. Or do I", "en")
    assert (cut.status, cut.choice, cut.reason) == (
        "unparsed", None, "still thinking where it ends",
    )  # fmt: skip
    assert cut.text == f"{opening}I agree. Or do I"


def test_a_reply_to_an_open_question_is_kept_without_a_choice() -> None:
    """Its stance is read elsewhere; saying nothing is no answer."""
    found = reply.read_reply(asked("s"), " I see both sides.", "en")
    assert (found.status, found.choice, found.text) == ("ok", None, " I see both sides.")
    assert reply.read_reply(asked("s"), " \n", "en").status == "unparsed"
    assert reply.read_reply(asked("s"), "<think>Hm", "en").status == "unparsed"
    assert reply.read_reply(asked("s"), None, "en").status == "failed"


def test_special_tokens_are_left_out_of_a_reply_but_for_those_that_mark_thoughts(
    checkpoint: Build, tmp_path: Path
) -> None:
    """Where they are tokens of their own, a decoder that skips specials would lose the marks."""
    path = checkpoints.copy(checkpoint("llama"), tmp_path / "marked")
    tokenizer = hf.AutoTokenizer.from_pretrained(path)
    marks = [AddedToken(mark, special=True, normalized=False) for mark in ("[THINK]", "[/THINK]")]
    tokenizer.add_tokens(marks, special_tokens=True)
    model = opened(path)
    written = replace(model.checkpoint, tokenizer=tokenizer)
    ids = tokenizer("[THINK]yes[/THINK]no<|im_start|></s>", add_special_tokens=False).input_ids
    assert Causal(written)._generator._decoded(ids) == "[THINK]yes[/THINK]no"


# --- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "tokens"), [("gpt2", 120), ("bart", 129)])
def test_a_prompt_without_room_for_its_reply_is_refused_beforehand(
    checkpoint: Build, name: str, tokens: int
) -> None:
    """Naming statement, wording and lengths."""
    model = opened(checkpoint(name))
    assert model.costs([asked(TEXTS[0])], GREEDY) == [len(ids_of(model, TEXTS[0]))]
    with pytest.raises(ModelError, match=rf"statement 's' in wording 'w'.*{tokens} are more .*128"):
        model.costs([asked(TEXTS[0])], Writing(tokens=tokens))


def test_logits_that_are_no_numbers_stop_the_run(checkpoint: Build) -> None:
    model = opened(checkpoint("gpt2"))
    with torch.no_grad():
        model.checkpoint.model.get_output_embeddings().weight[3] = torch.nan
    with pytest.raises(ScoreError, match=r"statement 's' in wording 'w'.*not finite.*float32"):
        model.write([asked(text) for text in TEXTS], SAMPLED)


# --- runs --------------------------------------------------------------------------------------


def materials(changes: str = "") -> Materials:
    recipe = protocols.parse((OPEN + changes).encode(), Path("open"))
    return Materials(sets.parse(MINI.encode(), "mini"), recipe)


def test_a_plan_puts_the_seeds_of_a_prompt_side_by_side(checkpoint: Build) -> None:
    """The longest prompts first; and it says how replies come about."""
    model = opened(checkpoint("gpt2"))
    assert isinstance(model, Author)
    planned = loop.plan(model, materials())
    cells = [group[0] for batch in planned.batches for group in batch]
    assert [cell.seed for cell in cells] == [0, 1, 2] * (len(cells) // 3)
    lengths = model.costs(cells, planned.writing)
    assert lengths == sorted(lengths, reverse=True)
    assert planned.header.flags["plain"][-1] == "sampling switched on: T=1, top_k=50"
    with pytest.raises(ModelError, match="lower 'tokens'"):
        loop.plan(model, materials().__class__(
            materials().statements, replace(materials().recipe, writing=Writing(tokens=120))
        ))  # fmt: skip


def test_memory_that_runs_out_while_writing_halves_the_batch(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the replies are the same, for they do not depend on the batch."""
    model = opened(checkpoint("gpt2"))
    planned = loop.plan(model, materials())
    whole = [batch.answers for batch in loop.ask(model, planned)]
    write = model.write

    def small(prompts: Sequence[Prompt], writing: Writing) -> list[str | None]:
        if len(prompts) > 4:
            raise MemoryError
        return write(prompts, writing)

    monkeypatch.setattr(model, "write", small)
    batches = list(loop.ask(model, planned))
    assert [batch.answers for batch in batches] == whole
    assert batches[-1].splits > 0


@pytest.mark.parametrize("name", ["gpt2", "t5", "chat-always-thinking"])
def test_a_run_can_begin_at_any_batch_with_the_same_bytes(checkpoint: Build, name: str) -> None:
    planned = loop.plan(opened(checkpoint(name)), materials(), batch_size=4)
    whole = [batch.answers for batch in loop.ask(opened(checkpoint(name)), planned)]
    assert len(whole) > 3
    for start in (1, 3):
        again = loop.ask(opened(checkpoint(name)), planned, start)
        assert [batch.answers for batch in again] == whole[start:]


@pytest.mark.slow
def test_a_run_that_was_cut_off_ends_with_the_same_evidence(
    checkpoint: Build, tmp_path: Path
) -> None:
    """`probes run` with a protocol whose method is reply, whole and resumed from a torn file."""
    (tmp_path / "mini.yaml").write_text(MINI)
    choose = OPEN[: OPEN.index("wordings")] + "wordings: [four-choose]\nwriting: {tokens: 6}\n"
    (tmp_path / "written.yaml").write_text(choose)
    request = session.Request(
        models=[ModelSpec("m", str(checkpoint("gpt2")))],
        set=str(tmp_path / "mini.yaml"),
        protocol=str(tmp_path / "written.yaml"),
        batch_size=7,
    )
    session.probe(request, tmp_path / "whole")
    session.probe(request, tmp_path / "torn")
    evidence = tmp_path / "torn" / "answers" / "m.jsonl"
    whole = evidence.read_bytes()
    lines = whole.splitlines(keepends=True)
    evidence.write_bytes(b"".join(lines[:12]) + lines[12][:30])
    session.probe(request, tmp_path / "torn")
    assert evidence.read_bytes() == whole
    assert whole == (tmp_path / "whole" / "answers" / "m.jsonl").read_bytes()
    assert len(lines) == 1 + 3 * 2 * (3 + 2)
