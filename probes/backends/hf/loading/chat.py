"""Chat templates: the question as a user turn, the beginning of the answer as a model turn.

The tokenizer's own template renders both turns, and the text is cut after the beginning of the
answer, so that everything the template writes between them (a space, a header, a closed thinking
block) is included. Thinking is disabled, or the thinking block is closed at once. Rendering is
deterministic: date and random state are fixed, and a flag says if a template uses them.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from probes.backends.hf.loading import template_pins
from probes.backends.hf.loading.folder import meaning
from probes.errors import ModelError
from probes.replies.thinking import close_thinking, has_mark
from probes.types import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from transformers import PreTrainedTokenizerBase

QUESTION, REPLY = "Is that so?", "Understood"
"""A user turn and a model turn for testing a template."""
GLUED = "glued_turn"
"""Flag: the template renders no model turn, so the answer follows its prompt directly."""
HALVES = re.compile("[\ud800-\udfff]")
"""Lone surrogates, which UTF-8 cannot encode but JSON escapes can contain."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")
"""A memory address in Python's default representation of objects; it differs between processes."""


class ChatTemplate:
    """A tokenizer's chat template, tested on a question.

    Args:
        tokenizer: a tokenizer with a template.
        name: the model's name, for errors.

    Raises:
        ModelError: the template fails on a single user turn, leaves the question out, or is not
            deterministic.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, name: str) -> None:
        self._tokenizer, self._name = tokenizer, name
        self._in_parts = False
        """Whether the template takes a turn's content as a list of parts."""
        self.glued = False
        """Whether an answer was appended to the prompt because the template has no model turn."""
        try:
            self.prompt(QUESTION)
        except ModelError as error:
            self._in_parts = True
            try:
                self.prompt(QUESTION)
            except ModelError:
                raise error from None
        self._varies = template_pins.variation(self._tried, name)

    @property
    def flags(self) -> tuple[str, ...]:
        """Flags on the prompts rendered so far."""
        return (*self._varies, *((GLUED,) if self.glued else ()))

    @cached_property
    def takes_system(self) -> bool:
        """Whether the template renders a system turn before a question; tested on one."""
        try:
            text = self._apply([Turn("system", REPLY), Turn("user", QUESTION)])
        except ModelError:
            return False
        return QUESTION in text.partition(REPLY)[2]

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """As `render`, with earlier turns; `thinking`: leave the thinking block open.

        Raises:
            ModelError: as `render`; or an earlier turn is left out; or thinking is not possible.
        """
        if thinking:
            return self._to_think(turns, begin)
        text = self.render(turns[-1].text, begin, turns[:-1])
        _require_turns(self._name, turns[:-1], text)
        return text

    def _to_think(self, turns: Sequence[Turn], begin: str) -> str:
        """The text before a model turn with thinking enabled."""
        if begin.strip():
            raise ModelError(
                f"{self._name}: 'thinking: on' needs wordings whose answer is the model's alone, "
                f"not begun with {begin.strip()!r}"
            )
        on, off = self._apply(turns, thinking=True), self._apply(turns)
        if on == off and close_thinking(on) == on:
            raise ModelError(
                f"{self._name}: 'thinking: on' changes nothing in what its chat template writes: "
                "it has no switch for thinking"
            )
        _require_turns(self._name, turns, on)
        return on

    def render(self, ask: str, begin: str, earlier: Sequence[Turn] = ()) -> str:
        """The text before the slot: `earlier` turns, the user turn `ask`, and the model turn up to
        `begin`.

        Raises:
            ModelError: the template fails, or `ask` is not in its output.
        """
        prompt = self.prompt(ask, earlier)
        closed = close_thinking(prompt)
        turn = self._turn([*earlier, Turn("user", ask)], begin)
        if turn is None:
            self.glued = True
            return closed + begin
        thinks, thought = (has_mark(text.rpartition(ask.strip())[2]) for text in (prompt, turn))
        if thinks and not thought:  # The template drops thinking from finished turns.
            return closed + begin
        return close_thinking(turn) + begin

    def prompt(self, ask: str, earlier: Sequence[Turn] = ()) -> str:
        """The text that the template renders before a model turn.

        Raises:
            ModelError: as `render`.
        """
        text = self._apply([*earlier, Turn("user", ask)])
        listed = self._in_parts and any(word in text for word in ("'text'", '"text"'))
        if ask.strip() not in text or listed:  # `listed`: the parts were printed as data.
            raise ModelError(
                f"{self._name}: its chat template leaves out or changes the question "
                f"{ask.strip()[:60]!r}; try --no-chat"
            )
        return text

    def conversation(self, ask: str, begin: str) -> tuple[str, str]:
        """``(text up to and including begin, text after the model turn)`` of a conversation with
        the user turn `ask` and a model turn that begins with `begin`.

        Raises:
            ModelError: the template fails, or leaves out or changes the model turn.
        """
        before = self._turn([Turn("user", ask)], begin)
        if before is None:
            raise ModelError(
                f"{self._name}: its chat template leaves out or changes the model's turn, so that "
                "no reply can be scored; try --no-chat"
            )
        turns = [Turn("user", ask), Turn("assistant", begin + REPLY)]
        after = self._apply(turns)[len(before + begin + REPLY) :]
        return before + begin, after

    def turn_end(self) -> list[int]:
        """The special token that the template writes after a model turn; empty if none."""
        try:
            text = self._apply([Turn("user", QUESTION), Turn("assistant", REPLY)])
        except ModelError:
            return []  # The template does not accept a model turn.
        tokenizer = self._tokenizer
        following = tokenizer(text.rpartition(REPLY)[2], add_special_tokens=False)["input_ids"]
        added = tokenizer.added_tokens_decoder.items()
        special = {token for token, content in added if content.special}
        return [token for token in following if token in special][:1]

    def _turn(self, messages: Sequence[Turn], begin: str) -> str | None:
        """The text before a model turn that begins with `begin`; None if the template fails on it,
        leaves it out or changes its beginning."""
        try:
            before, reply, _ = self._apply([*messages, Turn("assistant", REPLY)]).rpartition(REPLY)
            rendered = self._apply([*messages, Turn("assistant", begin + REPLY)])
        except ModelError:
            return None
        begins = rendered.startswith(before + begin + REPLY)
        return before if reply and begins and messages[-1].text.strip() in before else None

    def _tried(self, day: datetime, seed: int) -> tuple[str | None, str | None]:
        """A user turn rendered alone, and with a model turn, for a date and seed; None if it
        fails."""
        texts: list[str | None] = []
        question, answer = Turn("user", QUESTION), Turn("assistant", REPLY)
        for messages in ([question], [question, answer]):
            try:
                texts.append(self._apply(messages, day, seed))
            except ModelError:
                texts.append(None)
        return texts[0], texts[1]

    def _apply(
        self,
        messages: Sequence[Turn],
        day: datetime = template_pins.DAY,
        seed: int = 0,
        *,
        thinking: bool = False,
    ) -> str:
        """Render turns as text; after a last user turn with the generation prompt.

        Raises:
            ModelError: the template fails, or its output contains memory addresses or surrogates.
        """
        texts = [turn.text for turn in messages]
        contents = [[{"type": "text", "text": t}] if self._in_parts else t for t in texts]
        turns = [{"role": t.role, "content": c} for t, c in zip(messages, contents, strict=True)]
        try:
            template = template_pins.with_day(self._tokenizer.get_chat_template(), day)
            with template_pins.seeded(seed):
                text: str = self._tokenizer.apply_chat_template(
                    turns,
                    chat_template=template,
                    tokenize=False,
                    add_generation_prompt=messages[-1].role == "user",
                    enable_thinking=thinking,
                    thinking=thinking,
                    date_string=f"{day.day:02} {template_pins.short_month(day)} {day.year}",
                )
        except Exception as error:  # A template is third-party code and may raise anything.
            raise ModelError(
                f"{self._name}: its chat template fails ({meaning(error)}); try --no-chat"
            ) from error
        if HALVES.search(text):
            raise ModelError(
                f"{self._name}: its chat template writes half a character (a lone surrogate); try "
                "--no-chat"
            )
        if any(where not in "".join(texts) for where in ADDRESS.findall(text)):
            raise ModelError(
                f"{self._name}: its chat template writes an address of this machine's memory, "
                "which differs each time; try --no-chat"
            )
        return text


def _require_turns(name: str, turns: Sequence[Turn], text: str) -> None:
    """Check that a text contains all turns, word for word and in order.

    Raises:
        ModelError: it does not; names the model and the turn.
    """
    rest = text
    for turn in turns:
        _, match, rest = rest.partition(turn.text.strip())
        if not match:
            raise ModelError(
                f"{name}: its chat template leaves out or changes the {turn.role}'s turn "
                f"{turn.text.strip()[:60]!r}; leave that condition out, or try --no-chat"
            )
