"""Commitments of a reply to an option, and their manner.

An option that is named is not yet chosen. The words before it (a cue such as "my answer is", the
writer, the start of a line, a "not") and after it (the end, "with this statement", "in part") make
it a claim of some manner, or none. `choice` decides between claims. Each option is judged by at
most `REACH` words on either side, so the time is linear in the reply.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from probes.replies.lexicon import Lexicon, Token

REACH = 14
"""Number of words considered before and after an option."""
QUOTED = 2
"""A quotation with more words than this that do not belong to an answer is not the writer's own."""

Manner = Literal["labelled", "numbered", "said", "aside", "negated", "declined", "rival"]
Lead = Literal["first", "fresh", "cue", "self", "own", "not", "doubt", "none"]
"""Context before an option; `own` is a cue with the writer: "I would choose"."""
Tail = Literal["end", "about", "open", "weighed", "not", "broken"]

_END = Token("", frozenset({"end"}))
_QUOTES = frozenset({'"', "'"})
_DELIMITERS = frozenset({")", "]", ".", ":", "-"})
_CLOSING = frozenset({"end", "stop", "line", "comma", "soft", "pause"})
_CLAUSE = frozenset({"end", "stop", "line", "comma", "pause"})
_LISTING = frozenset({"soft", "comma", "line", "join", "mark"})
_DENYING = frozenset({"not", "doubt", "refusal"})
_PASSED = frozenset({"soft", "comma", "line", "stop", "mark", "bridge", "about", "quote"})
_PASSED |= {"cue", "self"}


@dataclass(frozen=True, slots=True)
class Claim:
    """An option that the reply claims or rejects (`negated`; `declined` if it is one of several: "I
    cannot agree or disagree"), or another possible answer (`rival`)."""

    label: str
    manner: Manner


def claims(tokens: Sequence[Token]) -> Iterator[Claim]:
    """The claims of a reply since it last took something back, in order."""
    begin = max((i for i, token in enumerate(tokens) if "withdrawal" in token.kinds), default=-1)
    listed = _listed(tokens, {"option", "named"}) | _listed(tokens, {"mark"})
    for index, token in enumerate(tokens):
        if token.label and index > begin and (manner := _manner(tokens, index)):
            if index not in listed:
                yield Claim(token.label, manner)
            elif manner == "negated":
                yield Claim(token.label, "declined")


def prepared(tokens: Sequence[Token], words: Lexicon) -> list[Token]:
    """The tokens without long quotations; numbers and letters become `mark` where they enumerate.

    A mark before an option ("2) Disagree") has no label of its own: the word decides.
    """
    unquoted = _unquoted(tokens)
    marked = list(unquoted)
    for index, token in enumerate(unquoted):
        if token.text in words.marks and not token.label and _enumerates(unquoted, index):
            label = "" if _is_heading(unquoted, index) else words.marks[token.text]
            marked[index] = Token(token.text, frozenset({"mark"}), label)
    return marked


def _token(tokens: Sequence[Token], index: int) -> Token:
    return tokens[index] if 0 <= index < len(tokens) else _END


def _unquoted(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without long quotations, such as the statement: these are no answer."""
    quotes = [i for i, token in enumerate(tokens) if token.text == '"']
    if quotes == [0, len(tokens) - 1]:
        return list(tokens[1:-1])
    unquoted, index = list[Token](), 0
    for first, last in zip(quotes[::2], quotes[1::2], strict=False):
        if sum("word" in token.kinds for token in tokens[first:last]) > QUOTED:
            unquoted += [*tokens[index:first], Token("...", frozenset({"quote"}))]
            index = last + 1
    return [*unquoted, *tokens[index:]]


# --- numbers and letters -----------------------------------------------------------------------


def _is_heading(tokens: Sequence[Token], index: int) -> bool:
    """Whether an option follows, with only punctuation before it."""
    following = (_token(tokens, i).kinds for i in range(index + 1, index + 5))
    after = next((k for k in following if k.isdisjoint({"soft", "stop", "comma"})), _END.kinds)
    return "option" in after


def _enumerates(tokens: Sequence[Token], index: int) -> bool:
    """Whether a number or letter is one of a list: "2)", "b: Agree", "option b"."""
    after, before = _token(tokens, index + 1), _token(tokens, index - 1)
    if after.text in {")", "]"} or (after.text in {".", ":", "-"} and _is_heading(tokens, index)):
        return True
    if not tokens[index].text.isdecimal():  # "a" and "I" are also words
        cued = any("cue" in _token(tokens, i).kinds for i in range(index - 3, index))
        return cued and "word" not in before.kinds and not after.kinds.isdisjoint(_CLOSING)
    fraction = after.text in {".", ","} and _token(tokens, index + 2).text.isdecimal()
    fraction |= before.text in {".", ","} and _token(tokens, index - 2).text.isdecimal()
    amount = after.text in {"%", "/"} or before.text in {"/", "$", "€", "£"}
    return not (fraction or amount or "word" in after.kinds)


def _is_numbering(tokens: Sequence[Token], index: int) -> bool:
    """Whether this is the full stop of "2." or the word in "option 2"."""
    if "stop" in tokens[index].kinds:
        return "mark" in _token(tokens, index - 1).kinds
    return "cue" in tokens[index].kinds and "mark" in _token(tokens, index + 1).kinds


def _listed(tokens: Sequence[Token], kinds: set[str]) -> set[int]:
    """Indices of different options in a row: the list that was offered, or "agree or disagree"."""
    listed, run = set[int](), list[int]()
    for index, token in enumerate(tokens):
        if token.label and not token.kinds.isdisjoint(kinds):
            if token.label in {tokens[i].label for i in run}:
                run = []  # all were listed, and this one again: an answer after the list
            run.append(index)
            listed.update(run if len(run) > 1 else ())
        elif token.kinds.isdisjoint(_LISTING) and not _is_numbering(tokens, index):
            run = []
        elif token.text == ":" and run and run[-1] == index - 1:
            run = []  # "not neutral: agree"
    return listed


# --- context of an option -----------------------------------------------------------------------


def _manner(tokens: Sequence[Token], index: int) -> Manner | None:
    """Manner in which the reply commits itself to the option at this index; None if it does not."""
    kinds, lead, tail = tokens[index].kinds, _lead(tokens, index), _tail(tokens, index)
    if lead == "not" or tail == "not":
        return "negated"
    if lead in {"doubt", "none"} or tail == "broken":
        return "rival" if _token(tokens, index - 1).text == ":" and tail == "end" else None
    if "mark" in kinds:
        return "numbered" if lead in {"cue", "own", "first"} or tail == "end" else None
    if "named" in kinds or lead == "self":
        manner_of: dict[Tail, Manner] = {"end": "said", "about": "said", "open": "aside"}
        return manner_of.get(tail) if lead in {"self", "own", "cue"} else None
    return "labelled" if lead in {"cue", "own", "first"} or tail == "end" else None


def _lead(tokens: Sequence[Token], index: int) -> Lead:
    """Context before an option: a cue, the writer, the start of the reply or of a line."""
    context: Lead = "none"
    for i in range(index - 1, index - 1 - REACH, -1):
        kinds = _token(tokens, i).kinds
        if "degree" in kinds:
            return "doubt"  # "I strongly, I think, agree": how strongly is unclear
        if _is_border(tokens, i, context):
            start: Lead = "first" if "end" in kinds else "fresh"
            if "comma" in kinds and _occurs({"condition"}, tokens, range(i - 1, i - REACH, -1)):
                return "doubt"  # "if I were human, I would agree"
            return start if context in {"none", "fresh"} else context
        if context != "fresh" and not kinds.isdisjoint(_DENYING):
            return "doubt" if "doubt" in kinds else "not"
        if kinds.isdisjoint(_PASSED):
            before, borders = range(i, i - REACH, -1), _CLAUSE | {"join"}
            is_denied = context != "fresh" and _occurs(_DENYING, tokens, before, borders)
            return "doubt" if is_denied else context
        context = _nearer(context, kinds)
    return context


def _is_border(tokens: Sequence[Token], index: int, context: Lead) -> bool:
    """Whether the sentence begins after this index, or the clause with the writer."""
    text, kinds = _token(tokens, index).text, _token(tokens, index).kinds
    if "stop" in kinds:
        return not _is_numbering(tokens, index)
    if text == ":" and context in {"none", "self", "own"}:  # "I'm not neutral: I agree"
        return any("option" in _token(tokens, i).kinds for i in range(index - 3, index))
    borders: dict[Lead, set[str]] = {
        "cue": {"line"},
        "self": {"line", "comma", "join"},
        "own": {"line", "comma", "join"},
    }
    return not kinds.isdisjoint({"end", "withdrawal", "pause", *borders.get(context, ())})


def _nearer(context: Lead, kinds: frozenset[str]) -> Lead:
    """The context, with one more word: cue and writer combine, both override a line break."""
    if context == "own":
        return context
    cue, writer = "cue" in kinds or context == "cue", "self" in kinds or context == "self"
    if cue or writer:
        return "own" if cue and writer else "cue" if cue else "self"
    return "fresh" if "line" in kinds else context


def _occurs(
    kinds: set[str] | frozenset[str],
    tokens: Sequence[Token],
    places: range,
    borders: frozenset[str] = _CLAUSE,
) -> bool:
    """Whether a token of these kinds is at these indices, before the clause ends."""
    for i in places:
        token_kinds = _token(tokens, i).kinds
        if not token_kinds.isdisjoint(borders):
            return False
        if not token_kinds.isdisjoint(kinds):
            return True
    return False


def _tail(tokens: Sequence[Token], index: int) -> Tail:
    """Context after an option: nothing, the statement, something else, or invalidating words."""
    passed = _QUOTES | (_DELIMITERS if "mark" in tokens[index].kinds else frozenset())
    after = index + 1
    while _token(tokens, after).text in passed or "ending" in _token(tokens, after).kinds:
        after += 1
    kinds = _token(tokens, after).kinds
    if _occurs({"not after"}, tokens, range(after, after + REACH)):
        return "not"
    if _is_spoilt(tokens, index, after):
        return "broken"
    if not kinds.isdisjoint(_CLOSING):
        return "end"
    if "about" in kinds:
        return "about"
    ahead = (_token(tokens, i).kinds for i in range(after, after + REACH))
    return "weighed" if any("balanced" in kinds for kinds in ahead) else "open"


def _is_spoilt(tokens: Sequence[Token], index: int, after: int) -> bool:
    """Whether the option is a key, qualified, asked about, or not followed as an answer is."""
    kinds = _token(tokens, after).kinds
    is_key = _token(tokens, index + 1).text == '"' and _token(tokens, after).text == ":"
    is_half = "comma" in kinds and "degree" in _token(tokens, after + 1).kinds
    ahead = (_token(tokens, i) for i in range(after, after + REACH))
    is_refused = "comma" in kinds and _occurs({"refusal"}, tokens, range(after + 1, after + REACH))
    is_asked = next((t.text for t in ahead if "stop" in t.kinds), "") == "?"
    answers = not kinds.isdisjoint({*_CLOSING, "about", "follow", "self", "option"})
    spoils = not kinds.isdisjoint({"limit", "doubt", "degree", "not"})
    return is_key or is_half or is_asked or is_refused or spoils or not answers
