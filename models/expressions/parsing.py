"""Parsing an expression and writing anew what was understood. Only what is allowed can be parsed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from models.expressions.allowed import COUNTS_ROWS, Allowed, refused_function, refused_word
from models.expressions.calls import call_of
from models.expressions.errors import ExpressionError, shown
from models.expressions.literals import interval, read_type, typed_literal
from models.expressions.operators import RANKS, SIGNS, SPELLED
from models.expressions.pieces import Account, Piece, halved, too_deep
from models.expressions.reader import Reader
from models.expressions.tokens import Token, tokens_of
from models.sql import quoted_name, quoted_text

MAX_BRACKETS = 60
"""Calls of the parser within one another: a bracket takes two or three of them."""


@dataclass(frozen=True)
class Expression:
    """An expression that is allowed.

    Args:
        sql: it as it is run; on one line, in brackets of its own where it is more than a column or a literal.
        names: the columns that it names, each with its table and its fields as written.
    """

    sql: str
    names: frozenset[tuple[str, ...]]


@lru_cache(maxsize=1024)
def read_expression(text: str, allowed: Allowed) -> Expression:
    """Parse an expression and return what may be run of it.

    What was understood is written anew; the text itself is never run.

    Args:
        text: the expression as it stands in a file.
        allowed: what it may use.

    Raises:
        ExpressionError: if it is none, or holds what is not allowed; the message names that.

    >>> from models.expressions import RULE
    >>> print(read_expression("event_name='a' or not page_path like '/p%'", RULE).sql)
    (("event_name" = 'a') OR (NOT ("page_path" LIKE '/p%')))
    """
    parser = _Parser(tokens_of(text), allowed)
    piece = parser.expression(0)
    if parser.token.kind != "end":
        raise parser.unexpected("an operator or the end")
    return Expression(piece.sql, frozenset(parser.account.names))


class _Parser(Reader):
    """Reads tokens from left to right; each method reads one form and gives the piece that it is."""

    def __init__(self, tokens: list[Token], allowed: Allowed) -> None:
        super().__init__(tokens)
        self.allowed = allowed
        self.account = Account()
        self._within = 0
        self._forms: dict[str, Callable[[], Piece]] = {
            "(": self._brackets,
            "NOT": partial(self._before, "NOT ", 3),
            "-": partial(self._before, "-", 10),
            "+": partial(self._before, "+", 10),
            "CASE": self._case,
            "CAST": partial(self._cast, "CAST"),
            "TRY_CAST": partial(self._cast, "TRY_CAST"),
            "EXTRACT": self._extract,
            "INTERVAL": partial(interval, self),
            **{word: partial(Piece, word) for word in ("TRUE", "FALSE", "NULL")},
        }
        self._operators: dict[str, Callable[[Piece, str], Piece]] = {
            "AND": self._chain,
            "OR": self._chain,
            "IS": self._is,
            "NOT": self._not,
            "IN": self._in,
            "BETWEEN": self._between,
            "LIKE": self._like,
            "ILIKE": self._like,
            "AT": self._at_time_zone,
        }

    # Operands and the operators after them

    def expression(self, rank: int) -> Piece:
        """Read an operand, and the operators after it that bind more strongly than a rank."""
        self._within += 1
        if self._within > MAX_BRACKETS:
            raise too_deep()
        left, last = self._operand(), max(RANKS.values())
        while (next_rank := RANKS.get(self.token.key, 0)) > rank:
            if last < RANKS["||"] <= next_rank:  # such as x IS NULL + 1, which not all read alike
                raise self.unexpected("a bracket")
            key, last = self.take().key, next_rank
            left = self._operators.get(key, self._binary)(left, key)
        self._within -= 1
        return left

    def _operand(self) -> Piece:
        token = self.token
        self.account.count_part()
        if token.key in self._forms:
            self.take()
            piece = self._forms[token.key]()
            return piece if token.key in SIGNS else self._steps(piece)
        if token.kind in {"text", "number"}:
            self.take()
            text = token.value if token.kind == "text" else None
            return self._steps(Piece(token.text, growth=1 + len(token.text) // 1000, text=text))
        if token.kind not in {"word", "quoted"}:
            raise self.unexpected("a column or a value" if token.key != "*" else "a column by its name")
        return self._steps(typed_literal(self) or self._name())

    def _steps(self, piece: Piece) -> Piece:
        """Read the casts, places in a list and fields after an operand."""
        while True:
            if self.took("::"):
                piece = self.account.make(f"CAST({piece.sql} AS {read_type(self)})", piece)
            elif self.allowed.has_fields and self.took("["):
                sign = "-" if self.took("-") else ""
                if self.token.kind not in {"number", "text"}:
                    raise self.unexpected("a place in a list")
                piece = self.account.make(f"{piece.sql}[{sign}{self.take().text}]", piece)
                self.expect("]")
            elif self.allowed.has_fields and self.took("."):
                piece = self.account.make(f"{piece.sql}.{quoted_name(self.name())}", piece)
            else:
                return piece

    # Names and calls

    def _name(self) -> Piece:
        first = self.token
        refused = refused_word(first.text) if first.kind == "word" else None
        if refused:
            raise refused
        names = [self.name()]
        if self.token.key == "." and not self.allowed.has_fields:
            raise ExpressionError(
                f"names {shown(first.text)} with a point; a rule names columns alone, without a table"
            )
        while self.allowed.has_fields and self.took("."):
            names.append(self.name())
        if self.token.key == "(":
            return self._call(".".join(names), is_plain=len(names) == 1 and first.kind == "word")
        self.account.names.add(tuple(names))
        piece = Piece(quoted_name(names[0]))
        for name in names[1:]:
            piece = self.account.make(f"{piece.sql}.{quoted_name(name)}", piece)
        return piece

    def _call(self, name: str, is_plain: bool) -> Piece:
        known = name.lower()
        if not is_plain or known not in self.allowed.functions:
            raise refused_function(known, self.allowed)
        self.expect("(")
        if self.token.key == ")":
            raise ExpressionError(f"calls {known} without an argument")
        arguments = self._list()
        self.expect(")")
        if self.token.key in COUNTS_ROWS:
            raise ExpressionError("looks at other rows too (a window or an aggregate); an expression sees one row only")
        return call_of(known, arguments, self.account)

    def _list(self) -> list[Piece]:
        pieces = [self.expression(0)]
        while self.took(","):
            pieces.append(self.expression(0))
        return pieces

    # Forms that begin with a word or a sign

    def _brackets(self) -> Piece:
        piece = self.expression(0)
        if self.token.key == ",":
            raise ExpressionError("holds a row of values (a, b); compare one by one")
        self.expect(")")
        return piece

    def _before(self, sign: str, rank: int) -> Piece:
        piece = self.expression(rank)
        return self.account.make(f"({sign}{piece.sql})", piece)

    def _case(self) -> Piece:
        pieces = [] if self.token.key == "WHEN" else [self.expression(0)]
        parts = ["CASE", *(piece.sql for piece in pieces)]
        while self.took("WHEN"):
            self.account.count_branch()
            asked = self.expression(0)
            self.expect("THEN")
            told = self.expression(0)
            pieces += [asked, told]
            parts += ["WHEN", asked.sql, "THEN", told.sql]
        if "WHEN" not in parts:
            raise self.unexpected("WHEN")
        if self.took("ELSE"):
            pieces.append(self.expression(0))
            parts += ["ELSE", pieces[-1].sql]
        self.expect("END")
        return self.account.make(f"{' '.join(parts)} END", *pieces)

    def _cast(self, word: str) -> Piece:
        self.expect("(")
        piece = self.expression(0)
        self.expect("AS")
        kind = read_type(self)
        self.expect(")")
        return self.account.make(f"{word}({piece.sql} AS {kind})", piece)

    def _extract(self) -> Piece:
        self.expect("(")
        part = quoted_text(self.name().lower())
        self.expect("FROM")
        piece = self.expression(0)
        self.expect(")")
        return call_of("date_part", [Piece(part, text=part), piece], self.account)

    # Operators

    def _binary(self, left: Piece, key: str) -> Piece:
        right = self.expression(RANKS[key])
        if "~" in key:
            self.account.count_pattern(right, True, key)
        growth = left.growth + right.growth if key == "||" else None
        if growth:
            self.account.count_growth(growth)
        return self.account.make(f"({left.sql} {SPELLED.get(key, key)} {right.sql})", left, right, growth=growth)

    def _chain(self, left: Piece, key: str) -> Piece:
        terms = [left, self.expression(RANKS[key])]
        while self.took(key):
            terms.append(self.expression(RANKS[key]))
        return halved(terms, key, self.account)

    def _not(self, left: Piece, _: str) -> Piece:
        key = self.token.key
        if key not in {"IN", "BETWEEN", "LIKE", "ILIKE"}:
            raise self.unexpected("IN, BETWEEN, LIKE or ILIKE")
        self.take()
        return self._operators[key](left, f"NOT {key}")

    def _in(self, left: Piece, words: str) -> Piece:
        self.expect("(")
        pieces = self._list()
        self.expect(")")
        return self.account.make(f"({left.sql} {words} ({', '.join(one.sql for one in pieces)}))", left, *pieces)

    def _between(self, left: Piece, words: str) -> Piece:
        low = self.expression(RANKS["BETWEEN"])
        self.expect("AND")
        high = self.expression(RANKS["BETWEEN"])
        return self.account.make(f"({left.sql} {words} {low.sql} AND {high.sql})", left, low, high)

    def _like(self, left: Piece, words: str) -> Piece:
        pattern = self.expression(RANKS["LIKE"])
        self.account.count_pattern(pattern, False, words)
        escape = ""
        if self.allowed.duckdb and self.took("ESCAPE"):
            escape = f" ESCAPE {self._text('a character in quotes')}"
        return self.account.make(f"({left.sql} {words} {pattern.sql}{escape})", left, pattern)

    def _is(self, left: Piece, _: str) -> Piece:
        negated = "NOT " if self.took("NOT") else ""
        if self.took("NULL"):
            return self.account.make(f"({left.sql} IS {negated}NULL)", left)
        if self.took("DISTINCT"):
            self.expect("FROM")
            right = self.expression(RANKS["IS"])
            return self.account.make(f"({left.sql} IS {negated}DISTINCT FROM {right.sql})", left, right)
        word = self.take().key
        if word not in {"TRUE", "FALSE"}:
            raise ExpressionError("does not parse as SQL: IS is followed by NULL, TRUE, FALSE or DISTINCT FROM")
        # Polars gives null for IS TRUE of null, DuckDB false: coalesce is read alike.
        told = self.account.make(f"coalesce({left.sql}, {'FALSE' if word == 'TRUE' else 'TRUE'})", left)
        is_same = (word == "TRUE") != bool(negated)
        return told if is_same else self.account.make(f"(NOT {told.sql})", told)

    def _at_time_zone(self, left: Piece, _: str) -> Piece:
        if not self.allowed.duckdb:
            raise ExpressionError("holds AT TIME ZONE, which Polars and DuckDB do not read alike; write a rule without")
        self.expect("TIME", "ZONE")
        return self.account.make(f"({left.sql} AT TIME ZONE {self._text('a time zone in quotes')})", left)

    def _text(self, wanted: str) -> str:
        if self.token.kind != "text":
            raise self.unexpected(wanted)
        return self.take().text
