"""What is wrong with an expression, and how an expression is shown in a message."""

from pathlib import Path

SHOWN = 80
"""Characters of an expression that a message shows."""


class ExpressionError(ValueError):
    """An expression that is not allowed; the text says what it does, as in `calls now, which asks the clock`."""


def shown(value: object) -> str:
    """Write a value for a message of one line, a text in quotes; shortened where it is long.

    >>> shown("is_landing")
    "'is_landing'"
    >>> len(shown("x" * 1_000_000))
    83
    """
    if isinstance(value, (str, Path)):
        value = str(value)
        return repr(value if len(value) <= SHOWN else f"{value[:SHOWN]}…")
    written = repr(value)
    return written if len(written) <= SHOWN else f"{written[:SHOWN]}…"
