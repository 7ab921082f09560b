"""Chat templates: the question as the user's turn, the answer's beginning as the model's.

The tokenizer's own template is used. Thinking is switched off if the template has a switch for it,
else the thought is closed at once. A template that writes today's date gets a fixed one, so that a
run can be resumed on another day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateError

from probes.errors import ModelError
from probes.replies.thinking import THOUGHTS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FIXED_DATE = {"%Y": "2024", "%m": "07", "%d": "26", "%B": "July", "%b": "Jul", "%A": "Friday"}
"""The default date of Llama 3's template, by the directives of ``strftime``."""
SAMPLE_REPLY = "Understood"
"""A model's turn, to see which tokens the template writes after one."""


def render(tokenizer: PreTrainedTokenizerBase, name: str, ask: str, begin: str) -> str:
    """The text up to the slot: the user's turn `ask`, then the model's turn as far as `begin`.

    Raises:
        ModelError: the template fails on a single user's turn; `name` is the model's.
    """
    try:
        text = _apply_template(tokenizer, [{"role": "user", "content": ask}], prompt=True)
    except (TemplateError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: its chat template fails ({error}); try --no-chat") from error
    return close_thinking(text) + begin


def turn_end(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The special token that the template writes after a model's turn; empty if it writes none."""
    turns = [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": SAMPLE_REPLY}]
    try:
        text = _apply_template(tokenizer, turns, prompt=False)
    except (TemplateError, TypeError, ValueError):
        return []  # The template takes no model's turn, so there is no end of one.
    following = tokenizer(text.rpartition(SAMPLE_REPLY)[2], add_special_tokens=False)["input_ids"]
    special = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    return [token for token in following if token in special][:1]


def _apply_template(
    tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]], *, prompt: bool
) -> str:
    """The turns as text, by the template, with a fixed date and no thinking."""
    text: str = tokenizer.apply_chat_template(
        turns,
        chat_template=_with_fixed_date(tokenizer.get_chat_template()),
        tokenize=False,
        add_generation_prompt=prompt,
        enable_thinking=False,
        thinking=False,
        date_string=f"{FIXED_DATE['%d']} {FIXED_DATE['%b']} {FIXED_DATE['%Y']}",
    )
    return text


def close_thinking(text: str) -> str:
    r"""The text with an open thought closed, left empty.

    >>> close_thinking("<think>\n")
    '<think>\n\n</think>\n\n'
    """
    for opening, closing in THOUGHTS:
        if text.rfind(opening) > text.rfind(closing):
            return f"{text.rstrip()}\n\n{closing}\n\n"
    return text


def _with_fixed_date(template: str) -> str:
    """The template with ``strftime_now``, if it calls that, as a macro with a fixed date.

    A function cannot be passed in: transformers passes only plain data to templates.
    """
    if "strftime_now" not in template:
        return template
    steps = "".join(f"|replace({key!r}, {value!r})" for key, value in FIXED_DATE.items())
    macro = "{%- macro strftime_now(form) -%}{{ form" + steps + " }}{%- endmacro -%}"
    return macro + template
