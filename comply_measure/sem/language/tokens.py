"""Model text to tokens; every token remembers its place."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

OPERATORS = ("=~", "<~", "~*~", "~~", "~", ":=", "==", "|", "<", ">")

_PATTERN = re.compile(
    r"""
    (?P<skip>\A\ufeff|[ \t\r\f\u00a0]+|[#!][^\n]*)
  | (?P<newline>\n)
  | (?P<end>;)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
  | (?P<name>[^\W\d][\w.]*|\.[^\W\d][\w.]*|`(?:[^`]|``)+`)
  | (?P<string>"[^"\n]*"|'[^'\n]*')
  | (?P<op>=~|<~|~\*~|~~|~|:=|==|\||<|>)
  | (?P<power>\*\*)
  | (?P<punct>[-+*/^(),:?%])
  | (?P<bad>.)
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """One token: its kind, its text as written and its offset in the model text."""

    kind: str
    text: str
    at: int

    @property
    def name(self) -> str:
        """What the token names: the text without its backticks or quotation marks."""
        if self.kind == "name" and self.text[0] == "`":
            return self.text[1:-1].replace("``", "`")
        return self.text[1:-1] if self.kind == "string" else self.text


class Source:
    """The model text and its line starts, so that an offset can be shown to the user."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, at: int) -> tuple[int, int]:
        """Line and column (both from 1) of an offset."""
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Text of a line (from 1)."""
        return self.text.split("\n")[number - 1]


def tokenize(text: str) -> list[Token]:
    """Tokens of a model text, without blanks and comments.

    Parameters
    ----------
    text : str
        Model text; ``#`` and ``!`` start a comment.

    Returns
    -------
    list of Token
        Kinds ``newline``, ``end``, ``number``, ``name``, ``string``, ``op``, ``punct`` and ``bad``
        (a character that is not part of the language).
    """
    tokens: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup
        if kind == "skip" or kind is None:
            continue
        if kind == "power":
            tokens.append(Token("punct", "^", match.start()))
        else:
            tokens.append(Token(kind, match.group(), match.start()))
    return tokens
