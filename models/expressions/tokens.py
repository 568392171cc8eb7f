"""Cutting an expression into tokens. No token can reach beyond the expression: comments and statements are refused."""

import re
from typing import NamedTuple

from models.expressions.errors import ExpressionError

MAX_CHARACTERS = 100_000
"""Characters of an expression: a list of some thousand pages."""
PATTERN = re.compile(
    r"""
    (?P<space>\s+)
    | (?P<comment>--|/\*)
    | (?P<text>'[^']*(?:''[^']*)*')
    | (?P<quoted>"[^"]+(?:""[^"]*)*")
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?!\w))
    | (?P<word>[^\W\d]\w*)
    | (?P<sign>!~\*|<=|>=|<>|!=|==|!~|~\*|\|\||::|//|[-+*/%<>=~(),.\[\]])
    """,
    re.VERBOSE,
)
SIGNS = {
    ";": "an expression is one condition, no statement",
    "'": "a text that is not closed; write '' for a quote within it",
    '"': "a name that is not closed",
    "{": "no structs are made here",
    "^": "write pow(x, y), or starts_with",
    ":": "no lambda and no placeholder",
}
"""What to say about signs that begin no token."""


class Token(NamedTuple):
    """A token: its kind, its text as written, what it is known by, and its place from 1."""

    kind: str
    text: str
    key: str
    place: int

    @property
    def value(self) -> str:
        """What a text or a quoted name says, without its quotes."""
        quote = self.text[0]
        return self.text[1:-1].replace(quote * 2, quote)


def tokens_of(text: str) -> list[Token]:
    """Cut a text into tokens; the last is of kind `end`.

    Raises:
        ExpressionError: if it is too long, holds a comment, a statement's end or a sign that no expression has.

    >>> [token.key for token in tokens_of("Not x <> 'y'")]
    ['NOT', 'X', '<>', '', '']
    """
    _check_text(text)
    tokens: list[Token] = []
    place = 0
    while place < len(text):
        match = PATTERN.match(text, place)
        kind = match.lastgroup if match else None
        if match is None or kind is None:
            raise _refused_sign(text, place)
        if kind == "comment":
            raise ExpressionError(f"holds a comment ({match[0]}) at character {place + 1}; write none within it")
        if kind != "space":
            key = match[0].upper() if kind in {"word", "sign"} else ""
            tokens.append(Token(kind, match[0], key, place + 1))
        place = match.end()
    return [*tokens, Token("end", "", "", len(text) + 1)]


def _check_text(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"has {len(text):,} characters; {MAX_CHARACTERS:,} are allowed")
    if not text.strip():
        raise ExpressionError("is empty; write a condition such as device_category = 'mobile'")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ExpressionError("holds a character that is no text")


def _refused_sign(text: str, place: int) -> ExpressionError:
    sign = text[place]
    if sign.isdigit():
        return ExpressionError(f"does not parse as SQL: a number with letters at character {place + 1}")
    why = SIGNS.get(sign, "no operator of an expression")
    return ExpressionError(f"holds {sign!r} at character {place + 1}, which is not allowed: {why}")
