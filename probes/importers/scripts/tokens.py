"""Tokens of a JavaScript text; comments are attached to the tokens before them."""

import re
from dataclasses import dataclass
from typing import Final, cast


@dataclass(frozen=True, slots=True)
class JavaScriptToken:
    """A token, and its location."""

    kind: str
    text: str
    line: int
    comment: str = ""
    """Text of a comment right after the token."""


END: Final = "the end of the file"
TOKEN = re.compile(
    r"""
    (?P<space> \s+ )
  | (?P<comment> //[^\n\r\u2028\u2029]* | /\*.*?\*/ )
  | (?P<string> "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*' | `(?:[^`\\$]|\\.|\$(?!\{))*` )
  | (?P<number> 0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)? )
  | (?P<word> [^\W\d][\w$]*(?:\.[^\W\d][\w$]*)* | \$[\w$]* )
  | (?P<mark> [\[\]{}:,;=+-] )
  | (?P<code> . )
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenise(text: str) -> list[JavaScriptToken]:
    """The tokens of a text, with comments attached to the tokens before them, and an end token."""
    tokens: list[JavaScriptToken] = []
    offset, line = 0, 1
    while offset < len(text):
        match = cast("re.Match[str]", TOKEN.match(text, offset))
        kind, part = str(match.lastgroup), match.group()
        if kind == "comment" and tokens and tokens[-1].text == "[" and not tokens[-1].comment:
            tokens[-1] = JavaScriptToken("mark", "[", tokens[-1].line, part.strip("/* \t\r\n"))
        elif kind not in {"space", "comment"}:
            tokens.append(JavaScriptToken(kind, part, line))
        line += part.count("\n")
        offset = match.end()
    return [*tokens, JavaScriptToken("end", END, line)]
