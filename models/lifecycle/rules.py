"""What a rule may say: the columns it may name, and the checks of its SQL."""

import re
from functools import cache
from typing import Literal

import polars as pl

from models.lifecycle.errors import suggestion
from models.tables.events import EVENTS

Scope = Literal["session", "event"]

PARAM_PREFIX = "param_"
POLARS_TYPES: dict[str, pl.DataType] = {
    "BIGINT": pl.Int64(),
    "VARCHAR": pl.String(),
    "TIMESTAMP": pl.Datetime("us"),
    "DATE": pl.Date(),
    "DOUBLE": pl.Float64(),
}
SESSION_TEXTS = (
    "channel",
    "source",
    "medium",
    "campaign",
    "landing_page",
    "landing_path",
    "hostname",
    "device_category",
    "operating_system",
    "browser",
    "language",
    "country",
    "city",
    "platform",
)
SESSION_COLUMNS: dict[str, pl.DataType] = {
    **dict.fromkeys(SESSION_TEXTS, pl.String()),
    "session_number": pl.Int32(),
    "is_customer": pl.Boolean(),
}


def _event_columns() -> dict[str, pl.DataType]:
    before_params = EVENTS.columns[: EVENTS.column_names.index("event_params")]
    own = {column.name: POLARS_TYPES[column.type] for column in before_params}
    return {**own, "channel": pl.String(), "is_landing": pl.Boolean(), "is_customer": pl.Boolean()}


EVENT_COLUMNS = _event_columns()
RULE_COLUMNS: dict[Scope, dict[str, pl.DataType]] = {"session": SESSION_COLUMNS, "event": EVENT_COLUMNS}


@cache
def rule_columns(when: str) -> frozenset[str]:
    """Name the columns that a rule looks at.

    >>> sorted(rule_columns("event_name = 'view' AND param_kind = 'x'"))
    ['event_name', 'param_kind']
    """
    return frozenset(pl.sql_expr(when).meta.root_names())


def rule_problem(when: str, scope: Scope) -> str | None:
    """Say what keeps a text from being a rule of this scope; None if nothing does.

    A rule gives true or false for each row by that row alone: aggregates and windows are refused, because
    rows are looked at in batches. A cast that fails on text is refused here, so that it cannot fail at night.

    Args:
        when: the SQL expression.
        scope: which columns there are.

    >>> rule_problem("event_name = 'purchase'", "event")
    >>> rule_problem("chanel = 'Direct'", "session")
    "names column 'chanel', which a rule of scope session cannot use; did you mean 'channel'?"
    >>> rule_problem("count(*) > 1", "session")
    'looks at other rows too (an aggregate or a window); a rule sees one session only'
    """
    try:
        expression = pl.sql_expr(when)
        names = expression.meta.root_names()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        return f"does not parse as SQL: {_first_line(error)}"
    if re.search(r"\(\s*select\b", _without_texts(when), re.IGNORECASE):
        return f"asks another table; a rule sees one {scope} only"
    return _unknown_column(names, scope) or _wrong_result(expression, when, scope)


def _unknown_column(names: list[str], scope: Scope) -> str | None:
    known = RULE_COLUMNS[scope]
    for name in names:
        if name in known or (scope == "event" and name.startswith(PARAM_PREFIX) and name != PARAM_PREFIX):
            continue
        if name.startswith(PARAM_PREFIX):
            return f"names '{name}', but params belong to events; write scope: event"
        hint = suggestion(name, known)
        return f"names column '{name}', which a rule of scope {scope} cannot use{hint}"
    return None


def _wrong_result(expression: pl.Expr, when: str, scope: Scope) -> str | None:
    frame = _awkward_rows(expression.meta.root_names(), scope)
    try:
        on_nothing = frame.clear().select(expression)
        on_rows = frame.select(expression)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        return f"cannot be computed: {_first_line(error)}"
    if on_rows.width != 1:
        return f"gives {on_rows.width} columns, not one"
    dtype = on_rows.dtypes[0]
    if dtype != pl.Boolean:
        return f"gives {dtype}, not true or false; compare it with something, such as event_name = 'purchase'"
    if re.search(r"\bover\s*\(", _without_texts(when), re.IGNORECASE):
        return f"looks at other rows too (an aggregate or a window); a rule sees one {scope} only"
    # A bare true is one value for all rows too, but holds for each: it makes a last rule for the rest.
    if on_nothing.height and not expression.meta.is_literal():
        return f"looks at other rows too (an aggregate or a window); a rule sees one {scope} only"
    return None


def _awkward_rows(names: list[str], scope: Scope) -> pl.DataFrame:
    """Two rows that a careless rule fails on: one of nulls, one with text that is no number."""
    schema = {**RULE_COLUMNS[scope], **{name: pl.String() for name in names if name.startswith(PARAM_PREFIX)}}
    texts = {name: "x" for name, dtype in schema.items() if dtype == pl.String()}
    numbers = {name: 1 for name, dtype in schema.items() if dtype.is_numeric()}
    return pl.DataFrame([{**texts, **numbers}, {}], schema=schema)


def _without_texts(when: str) -> str:
    return re.sub(r"'[^']*'", "''", when)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
