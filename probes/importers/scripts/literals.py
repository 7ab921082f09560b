"""The data in a JavaScript file, parsed and never executed.

A file of data assigns literals to names: ``questions = [{question: "...", effect: {a: 1}}, ];``.
Comments, trailing commas, unquoted keys and all three kinds of quotes are supported; computation
within the data (a call, an operator, ``${}``) is an error with its line. Statements that are code
(``console.log(x)``, a function) are skipped and noted; one that begins with the name of data, which
it may change, is an error.
"""

import math
import re
from dataclasses import dataclass, field

from probes.errors import SetError
from probes.importers._json import DEPTH
from probes.importers.scripts.tokens import END, JavaScriptToken, tokenise

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]


class ListLiteral(list["Value"]):
    """A list literal: its line, and the comment right after its bracket, if any."""

    line: int = 0
    comment: str = ""


class ObjectLiteral(dict[str, "Value"]):
    """An object literal, and the line on which it begins."""

    line: int = 0


_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL
)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
# a string continues on the next line
_PLAIN |= dict.fromkeys(("\n", "\r", "\r\n", "\u2028", "\u2029"), "")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_DECLARING = {"var", "let", "const", "export", "default"}
_OPENING, _CLOSING = {"[", "{", "("}, {"]", "}", ")"}


@dataclass(frozen=True, slots=True)
class JavaScriptData:
    """The data in a file, and its other content."""

    values: dict[str, Value] = field(default_factory=dict)
    """Name -> data; '' for a literal without a name."""
    code: dict[int, SetError] = field(default_factory=dict)
    """Line of a skipped statement that is code -> why it is no data."""


def read(text: str, source: object) -> JavaScriptData:
    """The data assigned in the file called `source`.

    Raises:
        SetError: it is no JavaScript, or computes within its data.
    """
    reader = _Parser(tokenise(text), source)
    try:
        return reader.program()
    except RecursionError:
        raise SetError(f"{source}: nested deeper than {DEPTH} levels") from None


class _Parser:
    """Recursive-descent parser; one pass over the tokens of a file."""

    def __init__(self, tokens: list[JavaScriptToken], source: object) -> None:
        self.tokens, self.source, self.at = tokens, source, 0

    def program(self) -> JavaScriptData:
        """Assignments one after the other, or a single literal, with code between them."""
        data = JavaScriptData()
        while self._next().kind != "end":
            if self._take(";") or (self._next().kind == "string" and self._directive()):
                continue
            start, is_data = self.at, self._next().text.partition(".")[0] in data.values
            try:
                name = self._target()
                is_data = name in data.values or self._next().text in {"[", "{"}
                if name in data.values:
                    raise self._refuse(f"{name or 'a second literal'} is assigned a second time")
                value = self.value()
                if self._next().text not in {";", END} and self._next().kind != "word":
                    raise self._refuse()
                data.values[name] = value
            except SetError as error:
                if is_data:
                    raise
                data.code[self.tokens[start].line] = error
                self._pass_over(start)
        return data

    def _pass_over(self, start: int) -> None:
        """Skip a statement that is code: to a semicolon, a closing brace or a new line."""
        self.at, depth = start, 0
        while (token := self._next()).kind != "end":
            self.at += 1
            depth += (token.text in _OPENING) - (token.text in _CLOSING)
            after = self._next()
            ends = token.text in {";", "}"} and after.text not in {")", ",", ";"}
            breaks = after.line > token.line and after.kind == "word" and token.kind != "code"
            if depth <= 0 and (ends or breaks or (token.text == ")" and after.line > token.line)):
                return

    def value(self, depth: int = 0) -> Value:
        """One literal."""
        if depth > DEPTH:
            raise RecursionError
        token = self._next()
        if token.text == "[":
            return self._list(depth)
        if token.text == "{":
            return self._object(depth)
        self.at += 1
        if token.kind == "string":
            return self._string(token)
        if token.kind == "word" and token.text in _WORDS:
            return _WORDS[token.text]
        sign = -1 if token.text == "-" else 1
        if token.text in {"-", "+"}:
            token = self._next()
            self.at += 1
        if token.kind == "number":
            return sign * self._number(token)
        self.at -= 1
        raise self._refuse()

    def _list(self, depth: int) -> ListLiteral:
        bracket = self._next()
        entries = ListLiteral()
        entries.line, entries.comment = bracket.line, bracket.comment
        self.at += 1
        while not self._take("]"):
            entries.append(self.value(depth + 1))
            if not self._take(",") and self._next().text != "]":
                raise self._refuse()
        return entries

    def _object(self, depth: int) -> ObjectLiteral:
        entries = ObjectLiteral()
        entries.line = self._next().line
        self.at += 1
        while not self._take("}"):
            key = self._key()
            if key in entries:
                raise self._refuse(f"the key {key!r:.60} stands twice in one object")
            if not self._take(":"):
                raise self._refuse()
            entries[key] = self.value(depth + 1)
            if not self._take(",") and self._next().text != "}":
                raise self._refuse()
        return entries

    def _key(self) -> str:
        token = self._next()
        if token.kind not in {"string", "word", "number"} or token.text.startswith("`"):
            raise self._refuse()
        if token.kind == "word" and "." in token.text:
            raise self._refuse()
        self.at += 1
        if token.kind == "string":
            return self._string(token)
        return str(self._number(token)) if token.kind == "number" else token.text

    def _target(self) -> str:
        """The name before an ``=``, declared or not; '' for a literal alone."""
        while self._next().text in _DECLARING:
            self.at += 1
        if self._next().text in {"[", "{"}:
            return ""
        token = self._next()
        if token.kind != "word" or token.text in _WORDS:
            raise self._refuse()
        self.at += 1
        if not self._take("="):
            raise self._refuse()
        return token.text

    def _directive(self) -> bool:
        """Whether the next statement is a directive such as "use strict"; skips it if so."""
        after = self.tokens[self.at + 1]
        alone = after.kind in {"word", "end"} or after.text == ";"
        self.at += alone
        return alone

    def _string(self, token: JavaScriptToken) -> str:
        def plain(match: re.Match[str]) -> str:
            braced, four, two, character = match.groups()
            if character is not None:
                return _PLAIN.get(character, character)
            code = int(braced or four or two, 16)
            if code > 0x10FFFF:
                raise self._refuse("a character that does not exist")
            return chr(code)

        text = _ESCAPE.sub(plain, token.text[1:-1])
        # "\ud83d\ude00" is one character; a lone surrogate stays and is refused when written.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")

    def _number(self, token: JavaScriptToken) -> int | float:
        digits = token.text
        if digits[:2] in {"0x", "0X"} and len(digits) < 16:
            return int(digits, 16)
        if re.fullmatch(r"0\d+", digits):
            raise self._refuse(f"the number {digits} begins with a 0")
        value = float(digits) if digits[:2] not in {"0x", "0X"} else math.inf
        if not math.isfinite(value):
            raise self._refuse("a number too large")
        return int(value) if digits.isdecimal() and value < 2**53 else value

    def _next(self) -> JavaScriptToken:
        return self.tokens[min(self.at, len(self.tokens) - 1)]

    def _take(self, mark: str) -> bool:
        taken = self._next().kind == "mark" and self._next().text == mark
        self.at += taken
        return taken

    def _refuse(self, why: str = "") -> SetError:
        token = self._next()
        if token.kind == "end" and not why:
            return SetError(
                f"{self.source}: line {token.line}: it ends in the middle; is it cut off?"
            )
        sentence = f"JavaScript that is not data: {why or repr(token.text[:40])}"
        return SetError(f"{self.source}: line {token.line}: {sentence}")
