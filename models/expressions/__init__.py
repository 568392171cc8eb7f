"""Expressions that come from files: rules of lifecycles, personas, `exclude`. Each is parsed before it is run.

Colleagues share such files, so none of their text reaches a database. The parser here knows only what is allowed,
bounds size and depth before it recurses, and writes anew what it understood, with names quoted and operations in
brackets: that text is what runs. There is no way to write a subquery, a file, the clock or chance. DuckDB's own parser
was decided against: a long chain ends the process it runs in, and a list of what is forbidden has gaps.
"""

from models.expressions.allowed import EXPORT_ROW, JOURNEY_ROW, RULE, Allowed
from models.expressions.errors import ExpressionError, shown
from models.expressions.parsing import Expression, read_expression

__all__ = [
    "EXPORT_ROW",
    "JOURNEY_ROW",
    "RULE",
    "Allowed",
    "Expression",
    "ExpressionError",
    "read_expression",
    "shown",
]
