"""What a model is told under a condition: chats in turns, others in text, and what it cannot be."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import transformers as hf

from probes.asking import loop, variants
from probes.asking.conditions import AS_TEXT, FLAG, IN_USER_TURN, UNASKED
from probes.backends import planted
from probes.backends.hf.loading.chat import ChatTemplate
from probes.conditions import read
from probes.errors import ModelError, UsageError
from probes.methods import choice, reply
from probes.models.load import open_model
from probes.replies import stance
from probes.types import Condition, LoadOptions, Materials, Model, ModelSpec, Prompt, Recipe, Turn
from tests import checkpoints, respondents
from tests.backends.test_contract import SMALL

Build = Callable[..., Path]
SAID: Mapping[str, object] = {
    "neutral": {},
    "told": {"system": "Speak plainly.", "persona": "You are a nurse.", "user": "I am old."},
    "turns": {"prefix": [{"user": "Hello.", "model": "Good day."}], "length": "Be short."},
    "examples": {"examples": 2, "position": {"economic": -5}},
    "objected": {"challenge": "agree", "counter": "But {counter} Well?"},
}


def under(names: str = " ".join(SAID), **own: object) -> Materials:
    """Two wordings of a small set under some of these conditions."""
    entries = {name: SAID[name] for name in names.split()} | own
    conditions = read.parse(entries, Path("c.yaml"))
    recipe = replace(SMALL.recipe, blanks=(), conditions=conditions)
    statements = respondents.instrument(respondents.balanced(8), topics=4)
    return Materials(statements, recipe, respondents.controls(6))


def prompts(model: Model, materials: Materials, limit: int | None = None) -> dict[str, Prompt]:
    """Condition -> the prompt of the first statement in the first wording."""
    found: dict[str, Prompt] = {}
    for prompt in choice.prompts(model, materials, limit=limit):
        found.setdefault(prompt.told, prompt)
    return found


def respondent(words: str = "economic=-5") -> planted.Planted:
    return planted.load(ModelSpec("p", words, "planted"), LoadOptions())


def test_a_plain_model_reads_the_same_words_before_the_statement_and_that_is_said() -> None:
    materials = under()
    asked = prompts(respondent(), materials)
    plain = asked["neutral"].before
    assert asked["told"].before == f"Speak plainly.\n\nYou are a nurse.\n\nI am old.\n\n{plain}"
    assert asked["turns"].before == f"Be short.\n\nHello. Good day.\n\n{plain}"
    assert asked["examples"].before.endswith(f"\n\n{plain}")
    assert "objected" not in asked
    flags = loop.plan(respondent(), materials).header.flags
    assert [flags[FLAG.format(name)] for name in ("told", "turns", "examples")] == [(AS_TEXT,)] * 3
    assert flags[FLAG.format("objected")] == (UNASKED,)
    assert FLAG.format("neutral") not in flags


def test_under_a_condition_that_says_nothing_the_texts_are_those_of_a_run_without() -> None:
    for model in (respondent(), respondent("economic=-5,yield=0.5")):
        bare = under("neutral")
        bare = replace(bare, recipe=replace(bare.recipe, conditions=()))
        without = [p.text for p in choice.prompts(respondent(), bare)]
        assert [p.text for p in choice.prompts(respondent(), under("neutral"))] == without
        assert len(choice.prompts(model, under("neutral"))) == len(without)


def test_examples_are_even_answers_of_who_stands_there_and_never_about_the_question() -> None:
    """Each in the wording that is asked; agreeing as often as not; none on the asked topic; and the
    same in a trial of few statements."""
    materials = under("neutral examples", facts={"examples": 2})
    statements = {s.text: s for s in materials.statements.statements}
    for prompt in choice.prompts(respondent(), materials):
        if prompt.told != "examples" or prompt.wording != "agree":
            continue
        shown = prompt.before.split("\n\n")[:-1]
        found = [next(s for t, s in statements.items() if t in text) for text in shown]
        assert len(found) == 2
        assert prompt.statement.id not in {s.id for s in found}
        topics = {s.topic for s in found if s.topic}
        assert prompt.role == "control" or prompt.statement.topic not in topics
        agreed = ["disagree" not in text.rpartition(" I ")[2] for text in shown]
        assert agreed == [s.effects["economic"] < 0 for s in found]
    whole, trial = (
        {p.name + p.told + str(p.mirrored): p.before for p in choice.prompts(respondent(), m)}
        for m in (materials, next(variants.rounds(materials, 0, 2)))
    )
    assert all(whole[name] == text for name, text in trial.items())
    facts = prompts(respondent(), materials)["facts"].before.split("\n\n")[:-1]
    assert materials.controls is not None
    assert all(any(c.text in text for c in materials.controls.statements) for text in facts)


def test_too_few_statements_to_show_are_one_sentence() -> None:
    with pytest.raises(UsageError, match=r"condition 'all': examples: .* fewer than 20"):
        choice.prompts(
            respondent(), under("neutral", all={"examples": 20, "position": {"economic": 1}})
        )


CHATML = checkpoints.CHATML
NO_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    + CHATML
)
SILENT = (
    "{% for m in messages %}{% if m['role'] != 'system' %}<{{ m['role'] }}>{{ m['content'] }}"
    "{% endif %}{% endfor %}"
)


@pytest.fixture(scope="module")
def chat(checkpoint: Build) -> Callable[[str], ChatTemplate]:
    tokenizer = hf.AutoTokenizer.from_pretrained(checkpoint("gpt2"))

    def made(text: str) -> ChatTemplate:
        tokenizer.chat_template = text
        return ChatTemplate(tokenizer, "tiny")

    return made


def opened(checkpoint: Build, folder: Path, template: str = "", name: str = "chat") -> Model:
    path = checkpoints.copy(checkpoint(name), folder / "chat")
    if template:
        (path / "chat_template.jinja").write_text(template)
    return open_model(ModelSpec("tiny", str(path)), LoadOptions())


def test_a_chat_is_told_in_turns(checkpoint: Build, tmp_path: Path) -> None:
    model, materials = opened(checkpoint, tmp_path), under()
    asked = prompts(model, materials)
    text = asked["neutral"].statement.text
    bare = replace(materials, recipe=replace(materials.recipe, conditions=()))
    assert asked["neutral"].before == choice.prompts(model, bare)[0].before
    head, _, question = asked["told"].before.partition("<|im_start|>user\n")
    assert head == "<|im_start|>system\nSpeak plainly.\n\nYou are a nurse.<|im_end|>\n"
    assert question.startswith("I am old.\n\n")
    assert text in question
    assert "<|im_start|>user\nHello.<|im_end|>\n<|im_start|>assistant\nGood day.<|im_end|>" in (
        asked["turns"].before
    )
    assert f"{text}\n\nBe short.<|im_end|>" in asked["turns"].before
    assert asked["examples"].before.count("<|im_start|>assistant\n") == 3
    objected = asked["objected"].before
    assert f"But {asked['objected'].statement.mirror} Well?\n\n" in objected
    assert objected.count(text) == 2
    assert [p.before.rpartition("<|im_start|>assistant\n")[2] for p in asked.values()] == ["I"] * 5
    names = "neutral told turns objected"
    planned = loop.plan(model, under(names), limit=1)
    assert not [name for name in planned.header.flags if name.startswith("condition")]
    answered = [a for batch in loop.ask(model, planned) for a in batch.answers]
    assert {a.condition for a in answered} == set(names.split())
    assert {a.status for a in answered} == {"ok"}
    assert len({a.key for a in answered}) == len(answered) == planned.header.cells


@pytest.mark.parametrize("template", [NO_SYSTEM, SILENT], ids=["refuses", "leaves out"])
def test_without_a_system_role_the_system_prompt_begins_the_users_turn_and_that_is_said(
    checkpoint: Build, tmp_path: Path, template: str
) -> None:
    """Tried on the template: one that is silent about it refuses nothing."""
    model, materials = opened(checkpoint, tmp_path, template), under("neutral told turns")
    asked = prompts(model, materials)
    assert "Speak plainly.\n\nYou are a nurse.\n\nI am old.\n\n" in asked["told"].before
    flags = loop.plan(model, materials, limit=1).header.flags
    assert flags[FLAG.format("told")] == (IN_USER_TURN,)
    assert FLAG.format("turns") not in flags


@pytest.mark.parametrize(
    ("template", "takes"), [(CHATML, True), (NO_SYSTEM, False), (SILENT, False)]
)
def test_the_system_role_is_tried(
    chat: Callable[[str], ChatTemplate], template: str, *, takes: bool
) -> None:
    assert chat(template).takes_system is takes


def test_a_template_that_leaves_out_an_earlier_turn_is_one_sentence(
    chat: Callable[[str], ChatTemplate],
) -> None:
    last = chat("{% for m in messages[-2:] %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}")
    turns = [Turn("user", "Hello."), Turn("assistant", "Good day."), Turn("user", "Ask?")]
    with pytest.raises(ModelError, match=r"leaves out or changes the user's turn 'Hello\.'"):
        last.converse(turns, "I ", thinking=False)


def test_thinking_is_switched_on_where_the_template_has_a_switch(
    chat: Callable[[str], ChatTemplate],
) -> None:
    turns = [Turn("user", "Ask?")]
    for template in (checkpoints.THINKING, checkpoints.ALWAYS_THINKING):
        thinks = chat(template)
        assert "</think>" in thinks.converse(turns, "", thinking=False)
        assert "</think>" not in thinks.converse(turns, "", thinking=True)
    with pytest.raises(ModelError, match="has no switch for thinking"):
        chat(CHATML).converse(turns, "", thinking=True)
    with pytest.raises(ModelError, match="not begun with 'I'"):
        chat(checkpoints.THINKING).converse(turns, "I ", thinking=True)


def test_a_reply_that_ends_in_the_thought_that_its_prompt_opened_says_nothing() -> None:
    thinks = Condition("on", thinking="on")
    prompt = replace(prompts(respondent(), under("neutral"))["neutral"], before="A?<think>\n")
    for condition, status in ((thinks, "unparsed"), (None, "ok")):
        asked = replace(prompt, condition=condition)
        assert reply.read_reply(asked, " agree", "en").status == status
        assert reply.read_reply(asked, "Hm.</think> agree", "en").status == "ok"
    said = respondents.answer("s", "statement", "w", None, before="A?<think>\n", reply="I agree.")
    assert stance.spoken_text(said) is None
    assert stance.spoken_text(replace(said, reply="Hm.</think> I agree.")) == "I agree."


def written(materials: Materials) -> Recipe:
    return replace(materials.recipe, method="reply", blanks=())


def test_a_model_without_a_chat_cannot_think(checkpoint: Build) -> None:
    materials = under("neutral", thinks={"thinking": "on"})
    model = open_model(ModelSpec("tiny", str(checkpoint("gpt2"))), LoadOptions())
    with pytest.raises(
        ModelError, match="tiny: cannot be asked under condition 'thinks': it has no"
    ):
        loop.plan(model, replace(materials, recipe=written(materials)))


@pytest.mark.parametrize("name", ["gpt2", "bert", "bart", "chat"])
def test_a_condition_that_does_not_fit_is_named(checkpoint: Build, name: str) -> None:
    """With statement, wording and condition; the neutral one fits."""
    long = under("neutral", wordy={"system": "word " * 2000})
    model = open_model(ModelSpec("tiny", str(checkpoint(name))), LoadOptions())
    assert loop.plan(model, under("neutral"), limit=1)
    with pytest.raises(ModelError, match=r"in wording '.*' under condition 'wordy'.* tokens"):
        loop.plan(model, long, limit=1)


@pytest.mark.parametrize("name", ["gpt2", "bert", "t5"])
def test_models_without_a_chat_are_asked_under_what_can_be_said_in_text(
    checkpoint: Build, name: str
) -> None:
    """Masked ones, too: their slot is filled behind the same words."""
    materials = under("neutral told")
    model = open_model(ModelSpec("tiny", str(checkpoint(name))), LoadOptions())
    planned = loop.plan(model, materials, limit=1)
    answered = [a for batch in loop.ask(model, planned) for a in batch.answers]
    scores = {
        told: [a.logprobs for a in answered if a.condition == told and a.role == "statement"]
        for told in ("neutral", "told")
    }
    assert len(scores["neutral"]) == len(scores["told"]) > 0
    assert scores["neutral"] != scores["told"]


def test_a_method_that_knows_no_conditions_is_refused() -> None:
    class Deaf:
        """A method of somebody's own, older than conditions."""

        __file__, NEEDS = "own.py", "score"
        fitted = staticmethod(choice.fitted)

        @staticmethod
        def prompts(model: Model, materials: Materials, *, seed: int, limit: int) -> list[Prompt]:
            bare = replace(materials, recipe=replace(materials.recipe, conditions=()))
            return choice.prompts(model, bare, seed=seed, limit=limit)

    from probes.asking import contract

    with pytest.raises(UsageError, match="'prompts' asks nothing under condition 'neutral'"):
        contract.asked(Deaf, respondent(), [under()], seed=0, limit=None)  # type: ignore[arg-type]


def test_recorded_replies_cannot_be_put_under_conditions(tmp_path: Path) -> None:
    from probes.runs.prepare import prepare
    from probes.runs.request import Request

    with pytest.raises(UsageError, match="recorded replies are there already"):
        prepare(Request("recorded:docs/tutorials/replies.csv", "", "", conditions=("users",)))
    assert not list(tmp_path.iterdir())
