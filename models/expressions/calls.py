"""Calls of functions: what their arguments have to be, and how long the text is that they give."""

from collections.abc import Sequence
from math import ceil

from models.expressions.errors import ExpressionError
from models.expressions.pieces import Account, Piece

REGULAR = frozenset({"regexp_extract", "regexp_full_match", "regexp_matches", "regexp_replace"})
"""Functions whose second argument is a regular expression."""
SPLITTING = frozenset({"str_split", "string_split"})
SPLIT_GROWTH = 20
"""A list takes 16 bytes for each piece, and a piece may be one letter."""
FORMAT_GROWTH = 20
"""Characters of a format that write about as much as a row's longest text."""


def call_of(name: str, arguments: Sequence[Piece], account: Account) -> Piece:
    """Write the call of a function that is allowed.

    Args:
        name: the function, in lower case.
        arguments: what it is given.
        account: what the expression holds so far.

    Raises:
        ExpressionError: if a pattern or a replacement is no text in quotes, or the expression becomes too large.

    >>> call_of("replace", [Piece('"x"'), Piece("'a'", text="a"), Piece("'bcd'", text="bcd")], Account()).growth
    3
    """
    if name in REGULAR and len(arguments) > 1:
        account.count_pattern(arguments[1], True, name)
    growth = _growth(name, arguments)
    account.count_growth(growth)
    return account.make(f"{name}({', '.join(one.sql for one in arguments)})", *arguments, growth=growth)


def _growth(name: str, arguments: Sequence[Piece]) -> int:
    longest = max((one.growth for one in arguments), default=1)
    if name == "concat":
        return sum(one.growth for one in arguments)
    if name in {"replace", "regexp_replace"} and len(arguments) > 2:
        old, new = (_literal(one, name) for one in arguments[1:3])
        # A regular expression may match at each character, and between them.
        return longest * (1 + len(new) if name == "regexp_replace" else max(1, ceil(len(new) / max(1, len(old)))))
    if name == "strftime":
        formats = [len(one.text) for one in arguments if one.text is not None]
        if not formats:
            raise ExpressionError("has a format of strftime that is no text; write it in quotes")
        return 1 + max(formats) // FORMAT_GROWTH
    return longest * (SPLIT_GROWTH if name in SPLITTING else 1)


def _literal(piece: Piece, name: str) -> str:
    if piece.text is None:
        raise ExpressionError(f"calls {name} with what is no text; write in quotes what is replaced, and by what")
    return piece.text
