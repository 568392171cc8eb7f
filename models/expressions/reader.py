"""Reading tokens one after the other."""

from models.expressions.allowed import refused_word
from models.expressions.errors import ExpressionError, shown
from models.expressions.tokens import Token


class Reader:
    """Reads tokens from left to right.

    Args:
        tokens: they; the last is of kind `end`.
    """

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> Token:
        """The token that is next."""
        return self._tokens[self._at]

    @property
    def after(self) -> Token:
        """The token after the next; the end where that is next."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Read the next token; the end stays next."""
        token = self.token
        self._at += token.kind != "end"
        return token

    def took(self, key: str) -> bool:
        """Read the next token if it is this word or sign; say whether it was."""
        is_next = self.token.key == key
        self._at += is_next
        return is_next

    def expect(self, *keys: str) -> None:
        """Read words or signs that have to be next.

        Raises:
            ExpressionError: if another is.
        """
        for key in keys:
            if not self.took(key):
                raise self.unexpected(key)

    def name(self) -> str:
        """Read a name, as it stands or in double quotes.

        Raises:
            ExpressionError: if none is next.
        """
        if self.token.kind not in {"word", "quoted"}:
            raise self.unexpected("a name")
        token = self.take()
        return token.value if token.kind == "quoted" else token.text

    def unexpected(self, wanted: str) -> ExpressionError:
        """Say what is next where something else is wanted."""
        token = self.token
        if token.kind == "end":
            return ExpressionError(f"does not parse as SQL: it ends where {wanted} is expected")
        refused = refused_word(token.text) if token.kind == "word" else None
        found = f"{shown(token.text)} stands at character {token.place}"
        return refused or ExpressionError(f"does not parse as SQL: {found}, where {wanted} is expected")
