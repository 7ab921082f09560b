"""Chat templates: the question as the user's turn, the answer's beginning as the model's.

The tokenizer's own template writes both turns, and the text is cut behind the answer's beginning:
what templates write between the two (a space, a header, a closed thought) belongs there. Thinking
is switched off if the template has a switch for it, else the thought is closed at once. The same
turns are always the same text: date and chance are held fixed, and whether a template writes them
is tried and said.
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
"""A user's turn and a model's, to see what the template makes of them."""
GLUED = "glued_turn"
"""Flag: the template writes no model's turn, so the answer begins right behind its prompt."""
HALVES = re.compile("[\ud800-\udfff]")
"""No text in UTF-8 holds them; JSON's escapes can name them."""
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")
"""How Python writes what has no text of its own; it differs from process to process."""


class ChatTemplate:
    """A tokenizer's chat template, tried on a question.

    Args:
        tokenizer: one with a template.
        name: the model's, for errors.

    Raises:
        ModelError: the template fails on a single user's turn, leaves the question out, or writes
            the same turns differently from one time to the next.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, name: str) -> None:
        self._tokenizer, self._name = tokenizer, name
        self._in_parts = False
        """Whether it wants a turn's content as a list of parts."""
        self.glued = False
        """Whether an answer's beginning was put behind the prompt for want of a model's turn."""
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
        """What must be said of the prompts that were rendered so far."""
        return (*self._varies, *((GLUED,) if self.glued else ()))

    @cached_property
    def takes_system(self) -> bool:
        """Whether it writes a system turn and the question behind it, tried on one."""
        try:
            text = self._apply([Turn("system", REPLY), Turn("user", QUESTION)])
        except ModelError:
            return False
        return QUESTION in text.partition(REPLY)[2]

    def converse(self, turns: Sequence[Turn], begin: str, *, thinking: bool) -> str:
        """`render`, behind earlier turns; `thinking`: with room for a thought.

        Raises:
            ModelError: as `render`; or an earlier turn is left out; or it cannot think here.
        """
        if thinking:
            return self._to_think(turns, begin)
        text = self.render(turns[-1].text, begin, turns[:-1])
        _require_turns(self._name, turns[:-1], text)
        return text

    def _to_think(self, turns: Sequence[Turn], begin: str) -> str:
        """What the template writes before a model's turn in which it thinks."""
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
        """The text up to the slot: the user's turn `ask`, behind `earlier` turns, then the model's
        turn as far as `begin`.

        Raises:
            ModelError: the template fails, or `ask` is not in what it writes.
        """
        prompt = self.prompt(ask, earlier)
        closed = close_thinking(prompt)
        turn = self._turn([*earlier, Turn("user", ask)], begin)
        if turn is None:
            self.glued = True
            return closed + begin
        thinks, thought = (has_mark(text.rpartition(ask.strip())[2]) for text in (prompt, turn))
        if thinks and not thought:  # It leaves thoughts out of turns that are over.
            return closed + begin
        return close_thinking(turn) + begin

    def prompt(self, ask: str, earlier: Sequence[Turn] = ()) -> str:
        """What the template writes before a model's turn.

        Raises:
            ModelError: as `render`.
        """
        text = self._apply([*earlier, Turn("user", ask)])
        listed = self._in_parts and any(word in text for word in ("'text'", '"text"'))
        if ask.strip() not in text or listed:  # Or the list itself was written, as data.
            raise ModelError(
                f"{self._name}: its chat template leaves out or changes the question "
                f"{ask.strip()[:60]!r}; try --no-chat"
            )
        return text

    def conversation(self, ask: str, begin: str) -> tuple[str, str]:
        """Of a whole conversation, whose last turn is the model's and begins with `begin`: the text
        up to there, and what is written behind that turn.

        Raises:
            ModelError: the template fails, or writes no model's turn as it is given.
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
        """The special token that the template writes after a model's turn; empty if none."""
        try:
            text = self._apply([Turn("user", QUESTION), Turn("assistant", REPLY)])
        except ModelError:
            return []  # The template takes no model's turn, so there is no end of one.
        tokenizer = self._tokenizer
        following = tokenizer(text.rpartition(REPLY)[2], add_special_tokens=False)["input_ids"]
        added = tokenizer.added_tokens_decoder.items()
        special = {token for token, content in added if content.special}
        return [token for token in following if token in special][:1]

    def _turn(self, messages: Sequence[Turn], begin: str) -> str | None:
        """What the template writes before a model's turn that begins so; None if it fails on one,
        leaves it out or changes how it begins."""
        try:
            before, reply, _ = self._apply([*messages, Turn("assistant", REPLY)]).rpartition(REPLY)
            whole = self._apply([*messages, Turn("assistant", begin + REPLY)])
        except ModelError:
            return None
        begins = whole.startswith(before + begin + REPLY)
        return before if reply and begins and messages[-1].text.strip() in before else None

    def _tried(self, day: datetime, seed: int) -> tuple[str | None, str | None]:
        """A user's turn, and a model's behind it, with this date and seed; None where it fails."""
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
        """What was said by turns as text; after a user's turn also what the model's begins with.

        Raises:
            ModelError: the template fails, in whatever way, or writes addresses of memory.
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
        except Exception as error:  # A template is a program of strangers.
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
    """Refuse a text that a turn is not in, word for word, in its order.

    Raises:
        ModelError: naming the model and the turn.
    """
    rest = text
    for turn in turns:
        _, match, rest = rest.partition(turn.text.strip())
        if not match:
            raise ModelError(
                f"{name}: its chat template leaves out or changes the {turn.role}'s turn "
                f"{turn.text.strip()[:60]!r}; leave that condition out, or try --no-chat"
            )
