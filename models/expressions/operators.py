"""Operators: how strongly each binds, and how it is written."""

RANKS = {
    "OR": 1,
    "AND": 2,
    "IS": 4,
    **dict.fromkeys(("=", "==", "<>", "!=", "<", ">", "<=", ">="), 5),
    **dict.fromkeys(("NOT", "IN", "BETWEEN", "LIKE", "ILIKE", "~", "~*", "!~", "!~*"), 6),
    "||": 7,
    **dict.fromkeys(("+", "-"), 8),
    **dict.fromkeys(("*", "/", "%", "//"), 9),
    "AT": 11,
}
"""How strongly an operator binds, as DuckDB has it; a NOT before its operand is 3, a sign before it 10."""
SIGNS = {"NOT", "-", "+"}
"""What stands before an operand: a cast after it is one of the operand."""
SPELLED = {"==": "=", "!=": "<>"}
