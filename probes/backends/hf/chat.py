"""A prompt as a conversation: the question as the user's turn, the answer begun as the model's own.

By the tokenizer's own template. Thinking is switched off where the template allows it and closed
where it does not; templates that write today's date are given one fixed day, so that a run can be
resumed tomorrow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateError

from probes.errors import ModelError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TODAY = {"%Y": "2024", "%m": "07", "%d": "26", "%B": "July", "%b": "Jul", "%A": "Friday"}
"""The day that Llama 3's template falls back on, by the directives of ``strftime``."""
THOUGHTS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
"""How reasoning models mark where thinking begins and ends."""


def render(tokenizer: PreTrainedTokenizerBase, name: str, ask: str, begin: str) -> str:
    """The text up to the slot: the user's turn `ask`, then the model's own, as far as `begin`.

    Raises:
        ModelError: the template refuses a single user's turn; `name` is the model's.
    """
    try:
        text: str = tokenizer.apply_chat_template(
            [{"role": "user", "content": ask}],
            chat_template=_undated(tokenizer.get_chat_template()),
            tokenize=False,
            add_generation_prompt=True,
            enable_thinking=False,
            thinking=False,
            date_string=f"{TODAY['%d']} {TODAY['%b']} {TODAY['%Y']}",
        )
    except (TemplateError, TypeError, ValueError) as error:
        raise ModelError(f"{name}: its chat template fails ({error}); try --no-chat") from error
    return close_thinking(text) + begin


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
