"""A prompt as a conversation: the question as the user's turn, the answer begun as the model's own.

By the tokenizer's own template. Thinking is switched off where the template allows it and closed
where it does not; templates that write today's date are given one fixed day, so that a run can be
resumed tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateError

from probes.errors import ModelError
from probes.replies.thinking import THOUGHTS

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TODAY = {"%Y": "2024", "%m": "07", "%d": "26", "%B": "July", "%b": "Jul", "%A": "Friday"}
"""The day that Llama 3's template falls back on, by the directives of ``strftime``."""
SAID = "Understood"
"""A model's turn, to see what comes behind one."""


def render(tokenizer: PreTrainedTokenizerBase, name: str, ask: str, begin: str) -> str:
    """The text up to the slot: the user's turn `ask`, then the model's own, as far as `begin`.

    Raises:
        ModelError: the template refuses a single user's turn; `name` is the model's.
    """
    try:
        text = _conversation(tokenizer, [{"role": "user", "content": ask}], prompt=True)
    except (TemplateError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: its chat template fails ({error}); try --no-chat") from error
    return close_thinking(text) + begin


def turn_end(tokenizer: PreTrainedTokenizerBase) -> list[int]:
    """The special token that the template writes behind a model's turn; empty if it writes none."""
    turns = [{"role": "user", "content": "Is it?"}, {"role": "assistant", "content": SAID}]
    try:
        text = _conversation(tokenizer, turns, prompt=False)
    except (TemplateError, TypeError, ValueError):
        return []  # A template that takes no model's turn ends none.
    behind = tokenizer(text.rpartition(SAID)[2], add_special_tokens=False)["input_ids"]
    special = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    return [token for token in behind if token in special][:1]


def _conversation(
    tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]], *, prompt: bool
) -> str:
    text: str = tokenizer.apply_chat_template(
        turns,
        chat_template=_undated(tokenizer.get_chat_template()),
        tokenize=False,
        add_generation_prompt=prompt,
        enable_thinking=False,
        thinking=False,
        date_string=f"{TODAY['%d']} {TODAY['%b']} {TODAY['%Y']}",
    )
    return text


def close_thinking(text: str) -> str:
    r"""The text with a thought that it leaves open closed, and empty.

    >>> close_thinking("<think>\n")
    '<think>\n\n</think>\n\n'
    """
    for opening, closing in THOUGHTS:
        if text.rfind(opening) > text.rfind(closing):
            return f"{text.rstrip()}\n\n{closing}\n\n"
    return text


def _undated(template: str) -> str:
    """The template with ``strftime_now``, where it is called, made a macro that knows one day.

    A function cannot be handed in: transformers lets only plain data into templates.
    """
    if "strftime_now" not in template:
        return template
    steps = "".join(f"|replace({key!r}, {value!r})" for key, value in TODAY.items())
    macro = "{%- macro strftime_now(form) -%}{{ form" + steps + " }}{%- endmacro -%}"
    return macro + template
