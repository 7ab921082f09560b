"""Causal models: equal to transformers' own logits, whatever is batched with what and how."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers as hf
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from probes.asking import loop
from probes.backends import causal
from probes.backends.causal import Causal
from probes.backends.hf.scoring import cache as kept
from probes.backends.hf.scoring import prefix, rows, tree
from probes.errors import ModelError, ScoreError
from probes.types import LoadOptions, ModelSpec, Option, Prompt, Reply, Scorer, Statement
from tests import checkpoints
from tests.asking.test_loop import MATERIALS

Build = Callable[..., Path]

PAIR = (
    Option("agree", "agree", (" agree", " support")),
    Option("disagree", "disagree", (" disagree", " oppose")),
)
FOUR = (
    Option("strongly disagree", "disagree", (" strongly disagree",), strong=True),
    Option("disagree", "disagree", (" disagree",)),
    Option("agree", "agree", (" agree",)),
    Option("strongly agree", "agree", (" strongly agree",), strong=True),
)
CLAIMS = (
    "Rents should be capped.",
    "The state acts; the market decides; people keep what they earn.",
    "Taxes are too high.",
    "Zebras quarrel.",
)
BY_PLACE = ("gpt-neo", "bloom", "mpt", "mistral-windowed", "gemma3")
"""Models that a tree would be wrong for, at least on prompts as long as these."""


def prompt(
    claim: str = CLAIMS[0],
    ask: str = "Here is a statement about society: {} I",
    after: str = " with this statement.",
    options: tuple[Option, ...] = PAIR,
) -> Prompt:
    statement = Statement(claim.split(maxsplit=1)[0].lower(), claim)
    return Prompt(statement, "statement", "w", ask.format(claim), after, options)


PROMPTS = (
    *(prompt(claim) for claim in CLAIMS),
    *(prompt(claim, "Someone says: {} My answer: I", ".", FOUR) for claim in CLAIMS),
    *(prompt(claim, "{} In my opinion I", "", PAIR) for claim in CLAIMS),
)


def opened(path: Path, **options: object) -> Causal:
    return causal.load(ModelSpec("tiny", str(path)), LoadOptions(**options))


def saved(path: Path, tokenizer: hf.PreTrainedTokenizerBase, *, after: str | None = None) -> Causal:
    """A small Llama with a tokenizer made by the test."""
    if after is not None:
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
            single=after,
            special_tokens=[(t, tokenizer.convert_tokens_to_ids(t)) for t in ("<s>", "</s>")],
        )
    torch.manual_seed(0)
    config = hf.LlamaConfig(vocab_size=len(tokenizer), **checkpoints.GROUPED)
    checkpoints.widen(hf.LlamaForCausalLM(config)).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return opened(path)


def plainly(model: Causal, asked: Prompt) -> tuple[dict[str, float], float]:
    """Log-probabilities and mass computed the long way: each text by itself, all its logits.

    For tokenizers that do not merge at the seam.
    """
    tokenizer, network = model.checkpoint.tokenizer, model.checkpoint.model
    specials = not model.info.chat

    def ids(text: str) -> list[int]:
        found: list[int] = tokenizer(text, add_special_tokens=specials).input_ids
        return found

    begin = len(ids(asked.before))
    logprobs, mass = {}, 0.0
    for option in asked.options:
        total = 0.0
        for form in option.forms:
            text = ids(asked.before + form + asked.after)
            with torch.no_grad():
                scores = network(torch.tensor([text])).logits[0].double().log_softmax(-1)
            steps = [float(scores[i - 1, text[i]]) for i in range(begin, len(text))]
            own = len(ids(asked.before + form)) - begin
            total += math.exp(sum(steps))
            mass += math.exp(sum(steps[:own]))
        logprobs[option.label] = math.log(total)
    return logprobs, mass


def apart(one: Sequence[Reply], other: Sequence[Reply]) -> float:
    """The largest difference between two lists of replies, in log-probability."""
    return max(
        abs(a.logprobs[label] - b.logprobs[label])
        for a, b in zip(one, other, strict=True)
        for label in a.logprobs
    )


# --- the contract --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", checkpoints.CAUSAL)
def test_scores_are_those_of_transformers_one_text_at_a_time(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    model.lengths(PROMPTS)
    for asked, reply in zip(PROMPTS, model.score(PROMPTS), strict=True):
        logprobs, mass = plainly(model, asked)
        assert reply.logprobs == pytest.approx(logprobs, abs=1e-4)
        assert list(reply.logprobs) == [option.label for option in asked.options]
        assert reply.mass == pytest.approx(mass, rel=1e-4)
        assert reply.status == "ok"


@pytest.mark.parametrize("name", ["gpt2", "llama", "gpt-neo", "bloom"])
def test_what_a_prompt_is_batched_with_does_not_matter(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    model.lengths(PROMPTS)
    together = model.score(PROMPTS)
    assert apart(together, [model.score([asked])[0] for asked in PROMPTS]) < 1e-5
    shuffled = list(range(len(PROMPTS)))
    random.Random(3).shuffle(shuffled)
    replies = dict(zip(shuffled, model.score([PROMPTS[i] for i in shuffled]), strict=True))
    assert apart(together, [replies[i] for i in range(len(PROMPTS))]) < 1e-5


def test_the_same_batch_gives_the_same_bytes(checkpoint: Build) -> None:
    one, other = opened(checkpoint("gpt2")), opened(checkpoint("gpt2"))
    one.lengths(PROMPTS)
    other.lengths(PROMPTS)
    one.score(PROMPTS[:4])
    assert one.score(PROMPTS[4:]) == other.score(PROMPTS[4:])


def test_padding_side_and_pad_token_do_not_matter(checkpoint: Build) -> None:
    model, other = opened(checkpoint("bloom")), opened(checkpoint("bloom"))
    other.checkpoint.tokenizer.padding_side = "left"
    other.checkpoint.tokenizer.pad_token = "</s>"
    assert model.score(PROMPTS) == other.score(PROMPTS)


def test_sixteen_bits_stay_within_their_tolerance(checkpoint: Build) -> None:
    model = opened(checkpoint("llama"), dtype="bfloat16")
    full = opened(checkpoint("llama"))
    assert model.info.tolerance == 2e-2
    for reply, exact in zip(model.score(PROMPTS), full.score(PROMPTS), strict=True):
        for label, value in exact.logprobs.items():
            assert math.exp(reply.logprobs[label]) == pytest.approx(math.exp(value), abs=2e-2)
    assert model.lengths(PROMPTS) == full.lengths(PROMPTS)  # both by the tree


def test_a_causal_model_is_a_scorer(checkpoint: Build) -> None:
    model = opened(checkpoint("gpt2"))
    assert isinstance(model, Scorer)
    assert (model.info.backend, model.info.bos, model.info.chat) == ("causal", False, False)
    assert opened(checkpoint("llama")).info.bos
    assert model.render("Ask.", "I", " ") == "Ask. I"


# --- tree or plain -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", checkpoints.CAUSAL)
def test_the_tree_is_used_where_it_is_right_and_only_there(checkpoint: Build, name: str) -> None:
    model = opened(checkpoint(name))
    lengths = model.lengths(PROMPTS)
    texts = [model.checkpoint.tokenizer(PROMPTS[1].before + f + PROMPTS[1].after).input_ids
             for option in PAIR for f in option.forms]  # fmt: skip
    assert (lengths[1] >= sum(map(len, texts))) == (name in BY_PLACE)
    assert (lengths[1] < len(texts[0]) * 2) == (name not in BY_PLACE)


def test_a_tree_that_is_wrong_would_be_wrong_by_much(checkpoint: Build) -> None:
    model = opened(checkpoint("mistral-windowed"))
    texts = causal._texts(model._tokenise([PROMPTS[1]])[0])
    network = model.checkpoint.model
    wrong = tree.score_tree(network, texts)
    assert not tree.matches_rows(network, texts)
    assert float((wrong - rows.score_rows(network, texts)).abs().max()) > 0.1


def test_a_window_counts_from_the_prompt_that_it_cuts(checkpoint: Build) -> None:
    model = opened(checkpoint("mistral-windowed"))
    short = [prompt("It is.", "{} I", " it.")]
    branched = model.lengths(short)
    assert branched[0] < 24
    before = model.score(short)
    assert model.lengths(PROMPTS)[0] > 4 * 15
    assert model.lengths(short)[0] > branched[0]
    assert apart(before, model.score(short)) < 1e-5
    assert model.score([PROMPTS[1]])[0].logprobs == pytest.approx(
        plainly(model, PROMPTS[1])[0], abs=1e-4
    )


def test_a_prompt_longer_than_any_planned_is_tried_before_it_is_believed(checkpoint: Build) -> None:
    model = opened(checkpoint("mistral-windowed"))
    model.lengths([prompt("It is.", "{} I", " it.")])
    assert model.score([PROMPTS[1]])[0].logprobs == pytest.approx(
        plainly(model, PROMPTS[1])[0], abs=1e-4
    )


def test_many_prompts_make_several_passes_and_each_prompt_only_one(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(checkpoint("gpt2"))
    model.lengths(PROMPTS)
    network, seen = model.checkpoint.model, []
    forward = network.forward

    def counted(**inputs: torch.Tensor) -> object:
        seen.append(tuple(inputs["input_ids"].shape))
        return forward(**inputs)

    monkeypatch.setattr(network, "forward", counted)
    model.score(PROMPTS[:1])
    assert len(seen) == 1
    seen.clear()
    monkeypatch.setattr(tree, "ROW_TOKENS", 100)
    together = model.score(PROMPTS)
    assert 2 <= len(seen) <= len(PROMPTS) // 2
    assert {shape[0] for shape in seen} == {1}
    alone = sum(each.tree_tokens for each in model._readings.get(PROMPTS))
    assert sum(shape[1] for shape in seen) < alone
    monkeypatch.setattr(tree, "ROW_TOKENS", 10_000)
    assert apart(together, model.score(PROMPTS)) < 1e-5


def test_the_head_sees_only_tokens_whose_successor_is_scored(checkpoint: Build) -> None:
    model = opened(checkpoint("llama"))
    model.lengths(PROMPTS)
    shapes = []
    head = model.checkpoint.model.get_output_embeddings()
    head.register_forward_hook(lambda _, states, out: shapes.append(tuple(out.shape[:2])))
    model.score(PROMPTS[:1])
    # the last shared token; then each of four forms and three of the four tokens behind it
    assert shapes == [(1, 1 + 4 * (1 + 3))]


# --- what many prompts begin with ----------------------------------------------------------------

WORDINGS = ("{} I", "Here is a statement about society: {} I", "At a public meeting we say: {} I")
MANY = tuple(
    replace(prompt(claim, ask), wording=ask)
    for ask in WORDINGS
    for claim in (*CLAIMS, "The sky is blue.", "The claim is false.")
)
"""Six prompts in each of three wordings; two of these have words before the statement."""


def watched(model: Causal) -> list[tuple[int, int]]:
    """(tokens, tokens in the cache) of every pass of the model from now on."""
    seen = []

    def look(_: torch.nn.Module, __: object, inputs: dict[str, torch.Tensor]) -> None:
        past = inputs.get("past_key_values")
        seen.append((inputs["input_ids"].numel(), past.get_seq_length() if past else 0))

    model.checkpoint.model.register_forward_pre_hook(look, with_kwargs=True)
    return seen


def test_the_words_before_the_statement_are_read_once_for_all_batches(checkpoint: Build) -> None:
    """Token by token: every pass reads what follows them, and nothing is read twice."""
    model = opened(checkpoint("gpt2"))
    model.lengths(MANY)
    begins = [len(held.ids) for held in model._prefixes]
    assert len(begins) == 2
    whole, before = model.meter.needed, model.meter.computed
    seen = watched(model)
    batches = [MANY[6:9], MANY[9:12], MANY[12:15], MANY[15:]]
    for batch in batches:
        model.score(batch)
    sizes = [
        len(
            tree.build_tree(
                [t for one in model._tokenise(batch) for t in causal._texts(one)]
            ).tokens
        )
        for batch in batches
    ]
    cached = [begin for begin in begins[::-1] for _ in range(2)]  # held as texts are sorted
    assert seen == [(size - begin, begin) for size, begin in zip(sizes, cached, strict=True)]
    assert model.meter.computed - before == sum(size for size, _ in seen)
    assert whole == sum(begins)
    assert model.meter.passes >= len(batches) + 2


@pytest.mark.parametrize("name", [n for n in checkpoints.CAUSAL if n not in BY_PLACE])
def test_what_is_held_changes_no_score(checkpoint: Build, name: str) -> None:
    """Each architecture that takes the tree takes the cache, and says the same with it."""
    model = opened(checkpoint(name))
    model.lengths(MANY)
    assert len(model._prefixes) == 2
    held = model.score(MANY)
    for asked, reply in zip(MANY[6::3], held[6::3], strict=True):
        assert reply.logprobs == pytest.approx(plainly(model, asked)[0], abs=1e-4)
    model._prefixes = ()
    assert apart(held, model.score(MANY)) < 1e-4


def test_a_run_goes_on_from_any_batch_with_the_same_bytes(checkpoint: Build) -> None:
    """What is held is read before the first batch that is asked, whichever that is."""
    materials = replace(MATERIALS, recipe=replace(MATERIALS.recipe, blanks=()))
    one = opened(checkpoint("gpt2"))
    planned = loop.plan(one, materials)
    assert len(planned.batches) > 2
    assert one._prefixes
    whole = [batch.answers for batch in loop.ask(one, planned)]
    for start in (1, len(whole) - 1):
        other = opened(checkpoint("gpt2"))
        again = loop.plan(other, materials)
        assert again.header == planned.header
        assert [batch.answers for batch in loop.ask(other, again, start)] == whole[start:]


def test_a_cache_that_a_model_misreads_is_not_used(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The self-test sees numbers that are off, or a model that keeps nothing of the kind."""
    joint_cache = prefix.joint_cache

    def shifted(used: list[prefix.CachedPrefix], starts: list[int]) -> hf.DynamicCache:
        found = joint_cache(used, starts)
        for layer in found.layers:
            layer.values = layer.values.roll(1, -2)
        return found

    expected = opened(checkpoint("gpt2"))
    expected.lengths(MANY[:1])
    for name, broken in (("joint_cache", shifted), ("read_prefixes", lambda *_: ())):
        with monkeypatch.context() as patch:
            patch.setattr(prefix, name, broken)
            model = opened(checkpoint("gpt2"))
            model.lengths(MANY)
            assert model.packed
            assert model._prefixes == ()
        assert apart(model.score(MANY), expected.score(MANY)) < 1e-5


def test_what_is_held_and_remembered_is_bounded(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand wordings hold no more tokens than a few, and prompts beyond the bound are
    tokenised again instead of remembered."""
    monkeypatch.setattr(prefix, "MAX_TOKENS", 12)
    monkeypatch.setattr(kept, "MAX_PROMPTS", 5)
    monkeypatch.setattr(kept, "CHUNK", 5)
    model = opened(checkpoint("gpt2"))
    model.lengths(MANY)
    assert 0 < sum(len(held.ids) for held in model._prefixes) <= 12
    assert len(model._readings._pickled) == 5
    free = opened(checkpoint("gpt2"))
    assert apart(model.score(MANY), free.score(MANY)) < 1e-5


def test_work_grows_no_faster_than_prompts(checkpoint: Build) -> None:
    """Passes and tokens computed for eight times the prompts are at most eight times as many."""
    counts = []
    for times in (1, 8):
        model = opened(checkpoint("gpt2"))
        asked = [
            replace(prompt(f"{claim} It is {n}.", WORDINGS[1]), wording="w")
            for n in range(8 * times)
            for claim in CLAIMS
        ]
        model.lengths(asked)
        before = model.meter.computed
        for start in range(0, len(asked), 32):
            model.score(asked[start : start + 32])
        counts.append((model.meter.computed - before, model.meter.passes))
    (few, passes), (many, more) = counts
    assert many <= 8.4 * few  # numbers of two digits are longer
    assert more <= 8 * passes


def test_the_meter_counts_what_went_through_the_model(checkpoint: Build) -> None:
    """Asked: every text whole. Computed: what the hook saw, whichever way texts are read."""
    for name in ("gpt2", "bloom"):
        model = opened(checkpoint(name))
        model.lengths(MANY)
        start, seen = replace(model.meter), watched(model)
        model.score(MANY)
        texts = [
            model.checkpoint.tokenizer(asked.before + form + asked.after).input_ids
            for asked in MANY
            for option in asked.options
            for form in option.forms
        ]
        assert model.meter.asked == sum(map(len, texts))
        assert model.meter.computed - start.computed == sum(size for size, _ in seen)
        assert model.meter.passes - start.passes == len(seen)
        assert start.tokenising > 0
        needed = model.meter.needed - start.needed
        assert needed <= model.meter.computed - start.computed - model.meter.padded
        if name == "bloom":
            wide = model.meter.computed - start.computed - sum(map(len, texts))
            assert model.meter.padded == wide > 0


# --- places --------------------------------------------------------------------------------------


def merging(path: Path) -> Causal:
    """A model whose tokenizer makes one token of "I agree", across the seam."""
    letters = sorted(set("I agredisu.TxhowN"))
    vocab = {c: i for i, c in enumerate([*letters, "<s>", "I ", "I a", "I ag"])}
    merges = [("I", " "), ("I ", "a"), ("I a", "g")]
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.add_special_tokens(["<s>", "</s>"])
    return saved(
        path,
        hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>"),
    )


def test_a_merge_at_the_seam_moves_the_start_for_all_options(tmp_path: Path) -> None:
    """ "I" + " agree" begins with the token "I ag", "I" + " disagree" with "I "."""
    model = merging(tmp_path)
    options = (Option("a", "agree", (" agree",)), Option("d", "disagree", (" disagree",)))
    asked = prompt("Taxes.", "<s>Who. I", ".", options)
    (reply,) = model.score([asked])
    tokenizer, network = model.checkpoint.tokenizer, model.checkpoint.model
    begin = len(tokenizer("<s>Who. ").input_ids)
    for label, form, first in (("a", " agree", "I ag"), ("d", " disagree", "I ")):
        text = tokenizer("<s>Who. I" + form + ".").input_ids
        assert tokenizer.convert_ids_to_tokens(text)[begin] == first
        scores = network(torch.tensor([text])).logits[0].log_softmax(-1)
        expected = sum(float(scores[i - 1, text[i]]) for i in range(begin, len(text)))
        assert reply.logprobs[label] == pytest.approx(expected, abs=1e-4)
    assert model.fit(asked)[0] == options


def test_an_end_token_that_the_tokenizer_appends_is_not_part_of_the_text(tmp_path: Path) -> None:
    bare = saved(tmp_path / "bare", checkpoints.with_bos())
    ended = saved(tmp_path / "ended", checkpoints.with_bos(), after="<s> $A </s>")
    assert (
        ended.checkpoint.tokenizer("Yes.").input_ids[-1] == ended.checkpoint.tokenizer.eos_token_id
    )
    assert ended.score(PROMPTS) == bare.score(PROMPTS)


def test_a_slot_at_the_beginning_needs_a_bos(checkpoint: Build) -> None:
    asked = prompt("Rents.", "", " agree.")
    with pytest.raises(ModelError, match=r"statement 'rents\.' in wording 'w'.*put a word before"):
        opened(checkpoint("gpt2")).lengths([asked])
    model = opened(checkpoint("llama"))
    assert model.score([asked])[0].logprobs == pytest.approx(plainly(model, asked)[0], abs=1e-4)


def test_chat_text_is_rendered_by_the_template_and_has_one_bos(checkpoint: Build) -> None:
    model = opened(checkpoint("chat-bos"))
    before = model.render("Is it true? Taxes are too high.", "I", " ")
    asked = replace(prompt("Taxes are too high."), before=before)
    assert (model.info.chat, model.info.bos) == (True, True)
    assert before.startswith("<s><|im_start|>user\nIs it")
    ids = model._tokenise([asked])[0].shared
    assert ids.count(model.checkpoint.tokenizer.bos_token_id) == 1
    assert ids == tuple(model.checkpoint.tokenizer(before, add_special_tokens=False).input_ids)
    assert model.score([asked])[0].logprobs == pytest.approx(plainly(model, asked)[0], abs=1e-4)


def test_without_chat_the_same_checkpoint_completes_plain_text(checkpoint: Build) -> None:
    model = opened(checkpoint("chat-bos"), chat=False)
    assert model.render("Ask.", "I", "\n") == "Ask.\nI"
    asked = PROMPTS[0]
    assert model._tokenise([asked])[0].shared[0] == model.checkpoint.tokenizer.bos_token_id
    assert model.score([asked])[0].logprobs == pytest.approx(plainly(model, asked)[0], abs=1e-4)


# --- forms ---------------------------------------------------------------------------------------


def test_forms_that_the_tokenizer_cannot_spell_fall_with_their_antonyms(tmp_path: Path) -> None:
    words = ["<unk>", "<s>", "I", "agree", "disagree", "oppose", "it", ".", "Rents", "fall"]
    tokenizer = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = hf.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>"
    )
    fast.add_special_tokens({"eos_token": "</s>"})
    model = saved(tmp_path, fast, after="<s> $A")
    options, flags = model.fit(prompt("Rents fall.", "{} I", " it."))
    assert [(o.label, o.forms) for o in options] == [
        ("agree", (" agree",)),
        ("disagree", (" disagree",)),
    ]
    assert flags == ()
    only = (Option("yes", "agree", (" support",)), Option("no", "disagree", (" oppose",)))
    with pytest.raises(ModelError, match="lacks every form of option 'yes'"):
        model.fit(prompt("Rents fall.", "{} I", " it.", only))


def test_forms_with_equal_tokens_count_once(checkpoint: Build) -> None:
    model = opened(checkpoint("gpt2"))
    twice = (replace(PAIR[0], forms=(" agree", " agree")), PAIR[1])
    once = (replace(PAIR[0], forms=(" agree",)), PAIR[1])
    assert model.score([prompt(options=twice)]) == model.score([prompt(options=once)])


def test_options_that_cannot_be_told_apart_are_an_error(checkpoint: Build) -> None:
    options = (PAIR[0], replace(PAIR[1], forms=(" oppose", " agree")))
    with pytest.raises(ModelError, match="' agree' has the same tokens in options 'agree' and 'di"):
        opened(checkpoint("gpt2")).lengths([prompt(options=options)])


def test_a_form_inside_another_adds_no_mass(checkpoint: Build) -> None:
    model = opened(checkpoint("gpt2"))
    nested = (PAIR[0], replace(PAIR[1], forms=(" disagree", " agree strongly")))
    (reply,) = model.score([prompt(options=nested)])
    flat = (PAIR[0], replace(PAIR[1], forms=(" disagree",)))
    assert reply.mass == pytest.approx(model.score([prompt(options=flat)])[0].mass, rel=1e-5)


# --- what goes wrong -----------------------------------------------------------------------------


def test_a_text_longer_than_the_context_is_named(checkpoint: Build) -> None:
    model = opened(checkpoint("gpt2"))
    asked = prompt("Long " + "state " * 130)
    with pytest.raises(ModelError, match=r"statement 'long' in wording 'w': 14\d tokens are more "
                       "than the 128 that tiny reads at once"):  # fmt: skip
        model.lengths([PROMPTS[0], asked])


@pytest.mark.parametrize("name", ["gpt2", "gpt-neo"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_numbers_that_are_not_finite_name_their_prompt(
    checkpoint: Build, name: str, value: float
) -> None:
    model = opened(checkpoint(name))
    (token,) = model.checkpoint.tokenizer(" market").input_ids
    model.lengths(PROMPTS[:4])
    with torch.no_grad():
        embeddings = model.checkpoint.model.get_input_embeddings().weight
        embeddings[token] = value
        model.checkpoint.model.get_output_embeddings().weight = torch.nn.Parameter(
            torch.nan_to_num(embeddings, posinf=0.0), requires_grad=False
        )
    with pytest.raises(ScoreError, match=r"statement 'the' in wording 'w'.*not finite"):
        model.score(PROMPTS[:4])


def test_weights_that_are_not_numbers_are_an_error(checkpoint: Build) -> None:
    model = opened(checkpoint("llama"))
    with torch.no_grad():
        model.checkpoint.model.get_output_embeddings().weight.fill_(math.nan)
    with pytest.raises(ScoreError, match="not finite"):
        model.lengths(PROMPTS)
    with pytest.raises(ScoreError, match="not finite"):
        model.score(PROMPTS)


def test_running_out_of_memory_is_a_memory_error(
    checkpoint: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(checkpoint("gpt2"))
    model.lengths(PROMPTS)

    def exhausted(**inputs: torch.Tensor) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(model.checkpoint.model, "forward", exhausted)
    with pytest.raises(MemoryError):
        model.score(PROMPTS)
