"""Tables as CSV, for those who want cells: nothing in them is a formula to a spreadsheet."""

import io

import polars as pl
from polars import selectors as cs

FORMULA = r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]"
"""How a text begins that a spreadsheet would reckon with, or whose first sign it would drop and then do so."""


def csv_bytes(frame: pl.DataFrame) -> bytes:
    r"""Write a table as CSV: numbers to their last digit, and an apostrophe before a text that would be a formula.

    It begins with the mark by which spreadsheets know UTF-8.

    Args:
        frame: rows of a query, as they came.

    >>> csv_bytes(pl.DataFrame({"page": ["=1+1", "/a,b"], "rate": [-0.5, None]})).decode("utf-8-sig")
    'page,rate\n\'=1+1,-0.5\n"/a,b",\n'
    """
    text = cs.string()
    safe = frame.with_columns(pl.when(text.str.contains(FORMULA)).then("'" + text).otherwise(text).name.keep())
    buffer = io.BytesIO()
    safe.write_csv(buffer, include_bom=True)
    return buffer.getvalue()
