"""Statement x wording x condition -> the text or chat turns before a model's answer.

A chat gets turns: system prompt, earlier exchanges, the question. Any other model gets the same
content as text before the statement. Few-shot answers come from `examples`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from probes.asking.examples import Example, Pool
from probes.asking.texts import ask, cloze
from probes.errors import ModelError
from probes.types import (
    Condition,
    Conversant,
    Materials,
    Model,
    Option,
    Role,
    Side,
    Statement,
    Turn,
    Wording,
)

BREAK = "\n\n"
Pairs = Sequence[tuple[str, str]]
"""Earlier exchanges of the conversation: ``(question, answer)``."""


@dataclass(frozen=True, slots=True)
class WordedClaim:
    """A claim (statement or mirror) in a wording with an order of options."""

    statement: Statement
    role: Role
    mirrored: bool
    wording: Wording
    order: int

    @property
    def text(self) -> str:
        """The text of the claim."""
        mirror = self.statement.mirror
        return mirror if self.mirrored and mirror else self.statement.text

    @property
    def counterclaim(self) -> str:
        """The text of the opposite claim; empty without a mirror."""
        return (self.statement.text if self.mirrored else self.statement.mirror) or ""


class Setting:
    """Builds prompts under one condition, with its few-shot examples.

    Args:
        condition: The condition; None for plain prompts.
        materials: Materials of the run.
    """

    def __init__(self, condition: Condition | None, materials: Materials) -> None:
        self.condition = condition
        self._pool = Pool(condition, materials) if condition and condition.examples else None

    def asks(self, question: WordedClaim) -> bool:
        """Whether the question is asked under this condition; a challenge needs a mirror."""
        if self.condition is None or not self.condition.challenge:
            return True
        return question.role in ("statement", "mirror") and bool(question.counterclaim)

    def render(self, model: Model, question: WordedClaim, begin: str) -> str:
        """The text before the slot, for a model that takes text.

        Raises:
            ModelError: the model does not support the condition.
        """
        wording, condition = question.wording, self.condition
        message = ask(wording, question.text, question.order)
        if condition is None:
            return model.render(message, begin, wording.joint)
        pairs = [*self._pairs(model, question, message)]
        if not model.info.chat:
            if condition.thinking == "on":
                raise ModelError(_cannot(model, condition, "it has no chat, so no thoughts either"))
            text = BREAK.join([*opening(condition), *_written(pairs, wording), message])
            return model.render(text, begin, wording.joint)
        turns = self._turns(_conversant(model, condition), pairs, self._last(message, question))
        return _conversant(model, condition).converse(
            turns, begin, thinking=condition.thinking == "on"
        )

    def messages(
        self, model: Model, question: WordedClaim, asked: str
    ) -> tuple[str, tuple[Turn, ...]]:
        """``(last message, earlier turns)``, for a chat that takes messages.

        Raises:
            ModelError: the model does not support the condition.
        """
        condition = self.condition
        if condition is None:
            return asked, ()
        if condition.thinking:
            raise ModelError(
                _cannot(model, condition, "its server decides whether it thinks; leave 'thinking'")
            )
        pairs = [*self._pairs(model, question, asked)]
        turns = self._turns(_conversant(model, condition), pairs, self._last(asked, question))
        return turns[-1].text, tuple(turns[:-1])

    def _pairs(
        self, model: Model, question: WordedClaim, message: str
    ) -> Iterator[tuple[str, str]]:
        """Earlier exchanges: the condition's prefix, examples, and the answer to be challenged."""
        condition = self.condition
        if condition is None:
            return
        yield from ((exchange.user, exchange.model) for exchange in condition.prefix)
        wording, order = question.wording, question.order
        for example in self._pool.examples(question.statement) if self._pool else ():
            yield _answered(model, wording, order, example)
        if condition.challenge:
            own = Example(question.text, condition.challenge)
            yield message, _answered(model, wording, order, own)[1]

    def _last(self, message: str, question: WordedClaim) -> str:
        """The last message: counter-argument, question, and instruction on length."""
        condition = self.condition
        if condition is None:
            return message
        counter = condition.counter.replace("{counter}", question.counterclaim)
        return BREAK.join(filter(None, [counter, message, condition.length]))

    def _turns(self, model: Conversant, pairs: Pairs, last: str) -> list[Turn]:
        """The conversation as chat turns."""
        condition = self.condition
        if condition is None:
            return [Turn("user", last)]
        system = BREAK.join(filter(None, [condition.system, condition.persona]))
        first = [condition.user]
        if system and not model.takes_system():
            first, system = [system, condition.user], ""
        messages = [*(question for question, _ in pairs), last]
        messages[0] = BREAK.join(filter(None, [*first, messages[0]]))
        turns = [Turn("system", system)] if system else []
        for text, (_, answer) in zip(messages, pairs, strict=False):
            turns += [Turn("user", text), Turn("assistant", answer)]
        return [*turns, Turn("user", messages[-1])]


def opening(condition: Condition) -> list[str]:
    """The parts of a condition that come first in a text prompt."""
    parts = (condition.system, condition.persona, condition.user, condition.length)
    return [part for part in parts if part]


def _written(pairs: Pairs, wording: Wording) -> list[str]:
    return [f"{question}{wording.joint}{answer}" for question, answer in pairs]


def _answered(model: Model, wording: Wording, order: int, example: Example) -> tuple[str, str]:
    """``(question, answer)`` of an example in the wording, in the format of this model."""
    if model.info.turns:
        letters = model.info.gives == "top log-probabilities"
        text, options = cloze(wording, example.text, order, letters=letters)
        return text, _form(options, example.side)
    form = _form(wording.options, example.side)
    return ask(wording, example.text, order), wording.answer.replace("{slot}", form)


def _form(options: Sequence[Option], side: Side) -> str:
    """The first form of an option on this side; a moderate option if there is one."""
    return min((o for o in options if o.side == side), key=lambda o: o.strong).forms[0].strip()


def _conversant(model: Model, condition: Condition) -> Conversant:
    if not isinstance(model, Conversant):
        raise ModelError(_cannot(model, condition, "its backend has no 'converse'"))
    return model


def _cannot(model: Model, condition: Condition, why: str) -> str:
    return f"{model.info.name}: cannot be asked under condition {condition.name!r}: {why}"
