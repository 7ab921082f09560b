"""The forced-choice reader: which of the offered options a reply chooses.

`read_choice` is a pure function of a reply and the options offered, and returns a `Choice`.
`lexicon` has the meaning of words, `claims` finds the commitments of the writer, and here the first
of `RULES` that applies decides. In doubt a reply is `unparsed`:

- A labelled answer ("Label: 2) Disagree") overrides the strength of a sentence in the first person
  ("I strongly disagree"), but not its side: "Agree" with "I disagree" is unparsed.
- The word overrides its number: "3) Disagree", where 3 was Agree, is Disagree.
- Two answers are unparsed, unless the reply takes the first back ("Actually, no: Disagree").
- "I do not agree" is plain disagreement; "I cannot agree", "I can't say I agree" and "I do not
  disagree" choose nothing.
- `refused` is a reply that says it will not choose: no opinion, none of these, neutral if no
  neutral option was offered. A reply that chooses is `ok`, whatever it says before.

It does not infer a stance from arguments: a reply that names no option has chosen none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from probes.replies.claims import Claim, Manner, claims, prepared
from probes.replies.lexicon import Lexicon, Token, lexicon, normalise
from probes.types import Option


@dataclass(frozen=True, slots=True)
class Choice:
    """Result of reading a reply."""

    label: str | None
    """Label of the chosen option if `status` is ``ok``, else None."""
    status: Literal["ok", "refused", "unparsed"]
    reason: str


@dataclass(frozen=True, slots=True)
class AnnotatedReply:
    """A reply with its tokens and claims, to which the rules are applied."""

    text: str
    tokens: Sequence[Token]
    claims: Sequence[Claim]
    words: Lexicon

    def labels(self, manner: Manner) -> list[str]:
        """The options claimed in this manner, each once."""
        return list(dict.fromkeys(c.label for c in self.claims if c.manner == manner))

    def has(self, *kinds: str) -> bool:
        """Whether the reply contains a word of one of these kinds."""
        return any(not token.kinds.isdisjoint(kinds) for token in self.tokens)


def read_choice(
    reply: str,
    options: Sequence[Option],
    language: str = "en",
    shown: Sequence[str] | None = None,
) -> Choice:
    """The option that a reply chooses.

    Args:
        reply: Any text, of any length; the time is linear in it.
        options: The options offered.
        language: Language of the question; the reply may also be English.
        shown: The options as listed (labels, forms or whole lines), in that order, for replies
            that give only a number or letter; None: in the order of `options`; empty: not listed.
    """
    words = lexicon(tuple(options), language, None if shown is None else tuple(shown))
    text = normalise(reply)
    tokens = prepared(words.tokens(text), words)
    reading = AnnotatedReply(text, tokens, tuple(claims(tokens)), words)
    return next(choice for rule in RULES if (choice := rule(reading)))


# --- the rules ---------------------------------------------------------------------------------

Rule = Callable[[AnnotatedReply], Choice | None]


def _whole_reply(reading: AnnotatedReply) -> Choice | None:
    """The whole reply is an option, or its number or letter."""
    label = reading.words.exact.get(reading.text)
    words = [t for t in reading.tokens if t.kinds.isdisjoint({"soft", "stop", "comma", "line"})]
    if label is None and 0 < len(words) <= 2 and "?" not in reading.text:
        if "option" in words[-1].kinds and (len(words) == 1 or "mark" in words[0].kinds):
            label = words[-1].label
        elif len(words) == 1:
            label = reading.words.marks.get(words[0].text)
    return None if label is None else Choice(label, "ok", "the whole reply")


def _empty(reading: AnnotatedReply) -> Choice | None:
    """The reply is empty."""
    return None if reading.text else Choice(None, "unparsed", "empty")


def _labelled(reading: AnnotatedReply) -> Choice | None:
    """An option in the place of an answer: "Label: 2) Disagree", or on a line of its own."""
    return _claimed(reading, "labelled", "given as the answer")


def _numbered(reading: AnnotatedReply) -> Choice | None:
    """Only a number or letter in the place of an answer; a numbered list of arguments is none."""
    numbers = {token.label for token in reading.tokens if "mark" in token.kinds and token.label}
    if len(numbers) > 1 and reading.labels("numbered"):
        return Choice(None, "unparsed", "several numbers")
    return _claimed(reading, "numbered", "given as the answer, by its number")


def _on_statement(reading: AnnotatedReply) -> Choice | None:
    """A statement of the writer about the statement: "I disagree with this proposition"."""
    return _claimed(reading, "said", "said in the first person")


def _on_other(reading: AnnotatedReply) -> Choice | None:
    """A statement of the writer about something else; used if no other option is named."""
    if len({token.label for token in reading.tokens if token.label}) > 1:
        return None
    return _claimed(reading, "aside", "said in the first person, of a restated claim")


def _declined(reading: AnnotatedReply) -> Choice | None:
    """No choice, and words that decline to make one."""
    if reading.has("refusal", "machine"):
        return Choice(None, "refused", "declines to answer")
    if reading.has("undecided") or reading.labels("declined"):
        return Choice(None, "refused", "takes none of the options")
    return None


def _unclear(reading: AnnotatedReply) -> Choice:
    """Any other reply; the reason names the nearest thing to a choice in it."""
    if reading.has("withdrawal"):
        return Choice(None, "unparsed", "takes its choice back")
    if reading.labels("negated"):
        return Choice(None, "unparsed", "turns an option down and takes none")
    if reading.has("option", "named", "mark"):
        return Choice(None, "unparsed", "names options and takes none")
    return Choice(None, "unparsed", "names no option")


def _claimed(reading: AnnotatedReply, manner: Manner, reason: str) -> Choice | None:
    """The one option claimed in this manner, unless the reply contradicts it."""
    labels, sides = reading.labels(manner), reading.words.sides
    if not labels:
        return None
    if len(labels) > 1:
        return Choice(None, "unparsed", "names several options as its own")
    if any(
        sides[label] != sides[labels[0]]
        for label in (*reading.labels("said"), *reading.labels("rival"))
    ):
        return Choice(None, "unparsed", "answers one thing and says another")
    if manner != "labelled" and labels[0] in reading.labels("negated"):
        return Choice(None, "unparsed", "names an option and turns it down")
    return Choice(labels[0], "ok", reason)


RULES: tuple[Rule, ...] = (
    _whole_reply, _empty, _labelled, _numbered, _on_statement, _on_other, _declined, _unclear,
)  # fmt: skip
"""In this order; the last one always applies."""
