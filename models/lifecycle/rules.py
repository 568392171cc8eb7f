"""What a rule may say: the columns it may name, and the checks of its SQL."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Literal

import polars as pl

from models.expressions import RULE, ExpressionError, read_expression, shown
from models.lifecycle.errors import suggestion
from models.tables.events import EVENTS

Scope = Literal["session", "event"]

PARAM_PREFIX = "param_"
TIMES = (datetime(1970, 1, 1), datetime(2100, 1, 1))
"""Instants that no event's lies beyond: see `loading/rows`."""
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


@lru_cache(maxsize=1024)
def rule_columns(when: str) -> frozenset[str]:
    """Name the columns that a rule looks at.

    Raises:
        ExpressionError: if it is no expression, or not allowed.

    >>> sorted(rule_columns("event_name = 'view' AND param_kind = 'x'"))
    ['event_name', 'param_kind']
    """
    return frozenset(name for (name,) in read_expression(when, RULE).names)


def rule_expression(when: str) -> pl.Expr:
    """Return a rule as Polars runs it.

    It is made of what was understood, never of the text itself.

    Raises:
        ExpressionError: if it is no expression, or not allowed.

    >>> pl.DataFrame({"source": ["x", None]}).select(rule_expression("source = 'x'")).to_series().to_list()
    [True, None]
    """
    return pl.sql_expr(read_expression(when, RULE).sql)


@lru_cache(maxsize=1024)
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
    'calls count, which looks at other rows too (an aggregate or a window); an expression sees one row only'
    """
    try:
        names = rule_columns(when)
    except ExpressionError as error:
        return str(error)
    return _unknown_column(sorted(names), scope) or _wrong_result(when, scope)


def _unknown_column(names: list[str], scope: Scope) -> str | None:
    known = RULE_COLUMNS[scope]
    for name in names:
        if name in known or (scope == "event" and name.startswith(PARAM_PREFIX) and name != PARAM_PREFIX):
            continue
        if name.startswith(PARAM_PREFIX):
            return f"names {shown(name)}, but params belong to events; write scope: event"
        hint = suggestion(name, known)
        return f"names column {shown(name)}, which a rule of scope {scope} cannot use{hint}"
    return None


def _wrong_result(when: str, scope: Scope) -> str | None:
    try:
        answers = _awkward_rows(rule_columns(when), scope).select(rule_expression(when))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        return f"cannot be computed: {_first_line(error)}"
    dtype = answers.dtypes[0]
    if dtype != pl.Boolean:
        return f"gives {dtype}, not true or false; compare it with something, such as event_name = 'purchase'"
    return None


def _awkward_rows(names: Iterable[str], scope: Scope) -> pl.DataFrame:
    """Rows that a careless rule fails on: of nulls, with text that is no number, with times that are early or late."""
    schema = {name: RULE_COLUMNS[scope].get(name, pl.String()) for name in names}
    texts = {name: "x" for name, dtype in schema.items() if dtype == pl.String()}
    numbers = {name: 1 for name, dtype in schema.items() if dtype.is_numeric()}
    times = [
        {name: time.date() if dtype == pl.Date() else time for name, dtype in schema.items() if dtype.is_temporal()}
        for time in TIMES
    ]
    return pl.DataFrame([*({**texts, **numbers, **time} for time in times), {}], schema=schema)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
