"""Literals of days, times and spans, and the types that may be cast to."""

import re

from models.expressions.allowed import PAGE, TYPES_ALIKE
from models.expressions.errors import ExpressionError
from models.expressions.pieces import Piece
from models.expressions.reader import Reader
from models.sql import quoted_text

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
TYPED = {
    "DATE": (re.compile(DAY), "DATE '2026-01-31'"),
    "TIMESTAMP": (
        re.compile(rf"{DAY}[ T][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?"),
        "TIMESTAMP '2026-01-31 12:00:00'",
    ),
}
"""How a day and an instant are written. Words such as 'now' are neither."""
SPAN = re.compile(r"([0-9]{1,6})(?:\s*(year|month|week|day|hour|minute|second)s?)?", re.IGNORECASE)
MOST_DIGITS = 38
UNITS = re.compile(r"(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?")


def typed_literal(reader: Reader) -> Piece | None:
    """Read a day or an instant such as DATE '2026-01-31'; None where none is next.

    Raises:
        ExpressionError: if the text is none.
    """
    word, text = reader.token, reader.after
    if word.key not in TYPED or text.kind != "text":
        return None
    form, example = TYPED[word.key]
    if not form.fullmatch(text.value):
        raise ExpressionError(f"holds a {word.key} that is none; write it as {example}")
    reader.take()
    reader.take()
    return Piece(f"{word.key} {text.text}")


def interval(reader: Reader) -> Piece:
    """Read a span of time after the word INTERVAL: '2 hours', '2' HOURS or 2 HOURS.

    Raises:
        ExpressionError: if it is none.
    """
    token = reader.take()
    found = SPAN.fullmatch(token.value if token.kind == "text" else token.text)
    unit = found[2] if found else None
    if found and unit is None and UNITS.fullmatch(reader.token.key):
        unit = reader.take().key
    if not found or unit is None:
        raise ExpressionError("holds an INTERVAL that is none; write it as INTERVAL '2 hours'")
    return Piece(f"INTERVAL {quoted_text(f'{found[1]} {unit.lower()}')}")


def read_type(reader: Reader) -> str:
    """Read the type after AS or ::.

    Raises:
        ExpressionError: if it is none of the plain types.
    """
    token = reader.take()
    name = TYPES_ALIKE.get(token.key)
    if name is None:
        found = token.text[:60] or "nothing"
        raise ExpressionError(f"casts to {found}, which is not allowed; {PAGE} lists the types")
    if token.key == "DOUBLE":
        reader.took("PRECISION")
    return f"{name}{_precision(reader)}" if name == "DECIMAL" else name


def _precision(reader: Reader) -> str:
    if not reader.took("("):
        return ""
    numbers = [reader.take().text]
    if reader.took(","):
        numbers.append(reader.take().text)
    reader.expect(")")
    whole, *fraction = [int(number) if re.fullmatch("[0-9]{1,2}", number) else 99 for number in numbers]
    if not 1 <= whole <= MOST_DIGITS or max(fraction, default=0) > whole:
        raise ExpressionError(
            f"casts to a DECIMAL that is none; write it as DECIMAL(18, 2), of {MOST_DIGITS} digits at most"
        )
    return f"({', '.join(map(str, (whole, *fraction)))})"
