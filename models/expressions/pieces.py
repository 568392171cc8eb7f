"""Parts of an expression once understood, and the account of how large it becomes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from models.expressions.errors import ExpressionError

MAX_PARTS = 10_000
"""Columns, texts, numbers and operations of an expression."""
MAX_DEPTH = 20
"""Operations within operations; Polars' parser gives up at 24, which also keeps every stack small."""
MAX_BRANCHES = 200
"""WHENs of an expression: the time that Polars takes grows with their square, 14 seconds at 2,000."""
MAX_PATTERNS = 100
"""Regular expressions of an expression: each compiled one may take megabytes."""
MAX_PATTERN = 5_000
"""Characters of a pattern or a format."""
MAX_GROWTH = 200
"""What all functions together may write, in multiples of the longest text of a row: `replace` multiplies.

DuckDB holds what each wrote for some thousand rows: with a text of 2 kB in each row 500 took 2.1 GB, 200 take 0.9 GB.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an expression.

    Args:
        sql: it as it is run: names quoted, operations in brackets.
        depth: operations within operations.
        growth: how long its text can be, in multiples of the longest text of a row.
        text: what it says, where it is a text in quotes.
    """

    sql: str
    depth: int = 1
    growth: int = 1
    text: str | None = None


@dataclass
class Account:
    """What an expression holds so far; whatever goes beyond a bound is refused at once.

    Args:
        names: the columns that it names, each with its table and its fields as written.
    """

    names: set[tuple[str, ...]] = field(default_factory=set)
    _parts: int = 0
    _branches: int = 0
    _patterns: int = 0
    _growth: int = 0

    def make(self, sql: str, *parts: Piece, growth: int | None = None) -> Piece:
        """Make a piece of others.

        Raises:
            ExpressionError: if the expression becomes too large or too deep.
        """
        self.count_part()
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            raise too_deep()
        longest = max((part.growth for part in parts), default=1)
        return Piece(sql, depth, longest if growth is None else growth)

    def count_part(self) -> None:
        """Count one more part."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise ExpressionError(f"has more than {MAX_PARTS:,} columns, texts and operations; make it shorter")

    def count_branch(self) -> None:
        """Count one more WHEN."""
        self._branches += 1
        if self._branches > MAX_BRANCHES:
            raise ExpressionError(f"has more than {MAX_BRANCHES} WHENs; make it shorter")

    def count_pattern(self, pattern: Piece, is_compiled: bool, of: str) -> None:
        """Count one more pattern.

        It has to be a text in quotes: a pattern that comes from data may be anything.

        Raises:
            ExpressionError: if it is none, too long, or one too many.
        """
        if pattern.text is None:
            raise ExpressionError(f"has a pattern of {of} that is no text; write it in quotes")
        if len(pattern.text) > MAX_PATTERN:
            raise ExpressionError(f"has a pattern of {len(pattern.text):,} characters; {MAX_PATTERN:,} are allowed")
        self._patterns += is_compiled
        if self._patterns > MAX_PATTERNS:
            raise ExpressionError(f"has more than {MAX_PATTERNS} regular expressions; join them with |")

    def count_growth(self, growth: int) -> None:
        """Count what one more function writes."""
        self._growth += growth
        if self._growth > MAX_GROWTH:
            raise ExpressionError(
                f"makes too much text: its functions can write {MAX_GROWTH} times what a row holds; make it shorter"
            )


def too_deep() -> ExpressionError:
    """Say that operations or brackets stand too deep within one another."""
    return ExpressionError(f"nests too deeply; at most {MAX_DEPTH} operations within one another are allowed")


def halved(terms: Sequence[Piece], word: str, account: Account) -> Piece:
    """Join a chain of AND or OR in halves.

    So thousands of terms stay shallow: whoever recurses over them needs a small stack.

    >>> halved([Piece("a"), Piece("b"), Piece("c")], "OR", Account()).sql
    '(a OR (b OR c))'
    """
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    left, right = (halved(part, word, account) for part in (terms[:middle], terms[middle:]))
    return account.make(f"({left.sql} {word} {right.sql})", left, right)
