"""Chat templates: the model's turn is what the template makes of one, the question is in the text,
and a template that cannot be used is one sentence."""

import random
from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

import jinja2.filters
import pytest
import transformers as hf
from transformers.utils import chat_template_utils

from probes.asking import loop
from probes.backends import causal
from probes.backends.hf.loading.chat import GLUED, ChatTemplate
from probes.backends.hf.loading.template_pins import DATED, DRAWN
from probes.errors import ModelError
from probes.models.load import open_model
from probes.types import LoadOptions, ModelSpec
from tests import checkpoints
from tests.backends.test_contract import SMALL

Build = Callable[..., Path]
USER = "{% for m in messages %}{% if m['role'] == 'user' %}"
GENERATION = "{% if add_generation_prompt %}"
TURNS = {
    "a space behind the instruction": (
        USER + "[INST] {{ m['content'] }} [/INST]{% else %} {{ m['content'] }}{{ eos_token }}"
        "{% endif %}{% endfor %}",
        "[INST] Ask? [/INST] I ",
    ),
    "a name that the prompt lacks": (
        USER + "USER: {{ m['content'] }}\n{% else %}ASSISTANT: {{ m['content'] }}{% endif %}"
        "{% endfor %}",
        "USER: Ask?\nASSISTANT: I ",
    ),
    "the header of a channel": (
        USER + "<|user|>{{ m['content'] }}{% else %}<|model|><|channel|>final<|message|>"
        "{{ m['content'] }}<|end|>{% endif %}{% endfor %}" + GENERATION + "<|model|>{% endif %}",
        "<|user|>Ask?<|model|><|channel|>final<|message|>I ",
    ),
    "a line end behind a closed thought": (
        USER + "<|user|>\n{{ m['content'] }}{% else %}<|model|>\n<think></think>\n"
        "{{ m['content'].strip() }}{% endif %}{% endfor %}"
        + GENERATION
        + "<|model|>{% if enable_thinking is false %}\n<think></think>{% endif %}{% endif %}",
        "<|user|>\nAsk?<|model|>\n<think></think>\nI ",
    ),
    "a thought that is left out of turns that are over": (
        USER + "<|user|>{{ m['content'] }}{% else %}<|model|>{{ m['content'] }}<|end|>{% endif %}"
        "{% endfor %}" + GENERATION + "<|model|><think>\n{% endif %}",
        "<|user|>Ask?<|model|><think>\n\n</think>\n\nI ",
    ),
    "trimmed turns": (
        USER + "<u>{{ m['content'] | trim }}{% else %}{{ '\\n' }}<m> {{ m['content'] | trim }}"
        "{% endif %}{% endfor %}",
        "<u>Ask?\n<m> I ",
    ),
    "a list of parts": (
        USER + "<u>{% else %}<m>{% endif %}{% for part in m['content'] %}"
        "{% if part['type'] == 'text' %}{{ part['text'] }}{% endif %}{% endfor %}{% endfor %}"
        + GENERATION
        + "<m>{% endif %}",
        "<u>Ask?<m>I ",
    ),
    "tools that nobody offers": (
        "{% if tools %}{{ tools }}{% endif %}<|system|>tools: []\n" + USER + "<|user|>"
        "{{ m.content }}<|end|>{% else %}<|assistant|to=user>{{ m.content }}<|end|>{% endif %}"
        "{% endfor %}" + GENERATION + "<|assistant|{% endif %}",
        "<|system|>tools: []\n<|user|>Ask?<|end|><|assistant|to=user>I ",
    ),
    "a thought, empty, in the turn itself": (
        USER + "<u>{{ m.content }}{% else %}<a><think>{{ m.reasoning_content }}</think>"
        "{{ m.content }}{% endif %}{% endfor %}",
        "<u>Ask?<a><think></think>I ",
    ),
    "what stands behind a thought": (
        USER + "<u>{{ m.content }}{% else %}<a>{{ m.content.split('</think>')[-1].lstrip() }}</s>"
        "{% endif %}{% endfor %}" + GENERATION + "<a>{% endif %}",
        "<u>Ask?<a>I ",
    ),
    "a header in capitals": (
        USER + "<u>{{ m.content }}{% else %}<{{ m.role | upper }}>{{ m.content }}{% endif %}"
        "{% endfor %}" + GENERATION + "<ASSISTANT>{% endif %}",
        "<u>Ask?<ASSISTANT>I ",
    ),
    "the question twice": (
        USER + "<u>{{ m.content }}<again>{{ m.content }}{% else %}<a>{{ m.content }}{% endif %}"
        "{% endfor %}",
        "<u>Ask?<again>Ask?<a>I ",
    ),
    "turns that may be continued": (
        USER + "<u>{{ m.content }}{% else %}<a>{{ m.content }}{% if not continue_final_message %}"
        "<end>{% endif %}{% endif %}{% endfor %}",
        "<u>Ask?<a>I ",
    ),
    "a mark for what is trained on": (
        USER + "<u>{{ m.content }}{% else %}<a>{% generation %}{{ m.content }}{% endgeneration %}"
        "{% endif %}{% endfor %}",
        "<u>Ask?<a>I ",
    ),
    "the reply's own word in headers": (
        USER + "<u>{{ m.content }} Understood{% else %}<Understood>{{ m.content }}{% endif %}"
        "{% endfor %}",
        "<u>Ask? Understood<Understood>I ",
    ),
    "all of it as data": (
        "{{ messages | tojson }}",
        '[{"role": "user", "content": "Ask?"}, {"role": "assistant", "content": "I ',
    ),
    "parts without strings": (
        (
            "{% for m in messages %}{% if m.content is string %}{{ raise_exception('parts') }}"
            "{% endif %}{{ m.role }}: {{ m.content[0].text }} {% endfor %}"
        ),
        "user: Ask? assistant: I ",
    ),
    "parts, or else an error": (
        USER + "<u>{% else %}<m>{% endif %}{{ m['content'][0]['text'] + '' }}{% endfor %}" + "",
        "<u>Ask?<m>I ",
    ),
}
GLUING = {
    "takes no model's turn": USER + "{{ m['content'] }}>{% else %}"
    "{{ raise_exception('only users') }}{% endif %}{% endfor %}",
    "leaves the model's turn out": USER + "{{ m['content'] }}>{% endif %}{% endfor %}",
    "writes it last turn alone": "{% for m in messages %}{% if loop.last %}{{ m['content'] }}>"
    "{% endif %}{% endfor %}",
    "writes a count of its length": "{% set n = namespace(n=0) %}{% for m in messages %}"
    "{% set n.n = n.n + m.content | length %}{{ '' if n.n < 13 else n.n }}{{ m.content }}>"
    "{% endfor %}",
    "writes it in capitals": USER + "{{ m['content'] }}>{% else %}{{ m['content'] | upper }}"
    "{% endif %}{% endfor %}",
}
QUESTION_LOST = ("leaves out or changes the question", "Is that so?")
HOSTILE = {
    "{{ raise_exception('system\n only') }}": ("fails (system)",),
    "{% for": ("fails (",),
    "{{ messages[9]['content'] }}": ("fails (",),
    "{{ 1 / 0 }}": ("fails (division by zero)",),
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}": ("fails (maximum recursion depth",),
    "{{ range(10**9) | list }}": ("fails (Range too big",),
    "{{ ''.__class__.__mro__ }}": ("fails (",),
    "{{ messages.append(1) }}": ("fails (",),
    "{{ messages | tojson | int / 'a' }}": ("fails (",),
    "{{ nothing() }}": ("fails (",),
    "{{ 'x' * 10**400 }}": ("fails (",),
    "{{ '%d' % 'a' }}": ("fails (",),
    "{{ messages | map(attribute='role') }}{{ messages[0]['content'] }}": ("address of this",),
    "{{ messages[0].get }} {{ messages[0]['content'] }}": ("address of this",),
    "\ud800{{ messages[0]['content'] }}": ("half a character",),
    "{{ messages[0]['content'] }}{% for m in messages[1:] %}\udc00{% endfor %}\udc00": (
        "half a character",
    ),
    "{{ tools | length }}": ("fails (",),
    "{% for d in documents %}{% endfor %}": ("fails (",),
    "{{ bos_token.foo.bar }}": ("fails (",),
    "{{ messages[0]['content'] | title }}": QUESTION_LOST,
    "always the same": QUESTION_LOST,
    "{{ messages[0]['content'] | upper }}": QUESTION_LOST,
    "{{ messages[0]['content'][:5] }}": QUESTION_LOST,
}


@pytest.fixture(scope="module")
def template(checkpoint: Build) -> Callable[[object], ChatTemplate]:
    """A template of these words, with the tokenizer of a small model."""
    tokenizer = hf.AutoTokenizer.from_pretrained(checkpoint("gpt2"))

    def made(text: object) -> ChatTemplate:
        tokenizer.chat_template = text
        return ChatTemplate(tokenizer, "tiny")

    return made


@pytest.mark.parametrize("name", TURNS)
def test_the_models_turn_begins_as_the_template_begins_it(
    template: Callable[[str], ChatTemplate], name: str
) -> None:
    text, expected = TURNS[name]
    chat = template(text)
    assert chat.render("Ask?", "I ") == expected
    assert chat.render("Ask?", "") == expected.removesuffix("I ")
    assert not chat.glued


@pytest.mark.parametrize("name", GLUING)
def test_without_a_models_turn_the_answer_stands_behind_the_prompt_and_that_is_said(
    template: Callable[[str], ChatTemplate], name: str
) -> None:
    chat = template(GLUING[name])
    assert not chat.glued
    assert chat.render("Ask?", "I ") == "Ask?>I "
    assert chat.glued


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_template_that_cannot_be_used_is_one_sentence(
    template: Callable[[str], ChatTemplate], text: str
) -> None:
    with pytest.raises(ModelError) as refusal:
        template(text)
    sentence = str(refusal.value)
    assert sentence.startswith("tiny: its chat template ")
    assert all(words in sentence for words in HOSTILE[text])
    assert "\n" not in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("text", [7, ["a"], {"tool": "{{ messages }}"}, {"default": 3}])
def test_a_template_that_is_none_is_one_sentence(
    template: Callable[[object], ChatTemplate], text: object
) -> None:
    with pytest.raises(ModelError, match="tiny: its chat template fails"):
        template(text)


VARYING = {
    "{{ strftime_now('%Y-%m-%d') }}": ("2024-07-26", (DATED,)),
    "{{ strftime_now(format='%-d %b %y, %H:%M:%S %p, 100%%Y') }}": (
        "26 Jul 24, 12:00:00 PM, 100%Y",
        (DATED,),
    ),
    "{{ strftime_now('%c|%x|%X|%j|%a') }}": (
        "Fri Jul 26 12:00:00 2024|07/26/24|12:00:00|208|Fri",
        (DATED,),
    ),
    "{% set now = strftime_now %}{{ now('%d') | int - 1 }}": ("25", (DATED,)),
    "{{ date_string }}": ("26 Jul 2024", (DATED,)),
    "{% if strftime_now('%Y') | int > 2030 %}{{ raise_exception('over') }}{% endif %}": (
        "",
        (DATED,),
    ),
    "{{ ['Hello', 'Good day'] | random }}": ("Good day", (DRAWN,)),
    "{{ lipsum(n=1, html=false, min=3, max=5) }}{{ strftime_now('%d') }}": (None, (DATED, DRAWN)),
    "{{ range(9) | random if messages | length > 1 }}": (None, (DRAWN,)),
    "plain": ("plain", ()),
}


@pytest.mark.parametrize("opening", VARYING)
def test_the_same_turns_are_the_same_text_on_any_day_and_that_is_said(
    template: Callable[[str], ChatTemplate], opening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clock and generator of this process stand elsewhere the second time, and are left as they
    were."""
    text = opening + " {% for m in messages %}<{{ m['content'] }}{% endfor %}"
    expected, flags = VARYING[opening]
    random.seed(5)
    chat = template(text)
    first = chat.render("Ask?", "I ")
    assert chat.flags == flags
    if expected is not None:
        assert first == f"{expected} <Ask?<I "
    drawn = random.random()
    random.seed(5)
    assert random.random() == drawn
    monkeypatch.setattr(chat_template_utils, "datetime", Tomorrow)
    assert template(text).render("Ask?", "I ") == chat.render("Ask?", "I ") == first


class Tomorrow(datetime):
    """A clock that stands on another day."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Tomorrow":
        return cls(2035, 1, 2, tzinfo=tz)


def test_a_template_whose_text_still_differs_is_refused(
    template: Callable[[str], ChatTemplate], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one would that reached a source of chance that nobody knows of."""
    monkeypatch.setattr(jinja2.filters, "random", random.SystemRandom())
    with pytest.raises(ModelError, match="same turns differently each time"):
        template("{{ range(10**5) | random }}{{ messages[0]['content'] }}")


def test_a_question_that_a_template_changes_is_refused_though_others_are_not(
    template: Callable[[str], ChatTemplate],
) -> None:
    chat = template("{{ messages[0]['content'] | replace('cap', 'CAP') }}")
    assert chat.render("Ask?", "I ") == "Ask?I "
    with pytest.raises(
        ModelError, match=r"leaves out or changes the question 'Rents are capped\.'"
    ):
        chat.render("Rents are capped.", "I ")


def test_the_evidence_says_where_answers_were_glued(checkpoint: Build, tmp_path: Path) -> None:
    """In every wording, of scores as of replies; and the words of a template that is whole say
    nothing. `[/INST]` and the answer are scored with the space that the template writes."""
    path = checkpoints.copy(checkpoint("chat"), tmp_path / "chat")
    spec = ModelSpec("tiny", str(path))
    spaced, glued = TURNS["a space behind the instruction"][0], GLUING["takes no model's turn"]
    for text, said in ((glued, {(GLUED,)}), (spaced, set())):
        (path / "chat_template.jinja").write_text(text)
        planned = loop.plan(open_model(spec, LoadOptions()), SMALL, limit=1)
        assert set(planned.header.flags.values()) == said
    (group, *_), *_ = planned.batches
    assert "[/INST]" in group[0].before
    assert not group[0].before.endswith(" ")
    assert "<|im_start|>" not in group[0].before
    assert isinstance(causal.load(spec, LoadOptions()), causal.Causal)
