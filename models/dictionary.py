"""What the published file says of itself: the view README, and the data dictionary as one page."""

from collections.abc import Iterator

from models.macros import MACROS, Macro
from models.sql import quoted_text
from models.tables import LOADED, MARTS, REBUILT, RUN_SETTINGS, Column, Table

README = Table(
    "README",
    "One row per thing to know of this file, in the order in which to read.",
    ("place",),
    (
        Column("place", "INTEGER", "Order in which to read, from 1.", True),
        Column("topic", "VARCHAR", "begin, table or macro.", True, ("begin", "table", "macro")),
        Column("name", "VARCHAR", "Table, or call of a macro; a question, where to begin.", True),
        Column("what", "VARCHAR", "What it holds or answers; of tables and macros the grain first.", True),
        Column("example", "VARCHAR", "A query that runs as it stands; macros' are of lifecycle six-phases.", True),
    ),
    example="SELECT name, what, example FROM README ORDER BY place",
)
"""The contract of the view: it holds no row of its own, and nothing is loaded into it."""

MONEY = "What currency is money in?"
CURRENCY_SAID = """
    SELECT concat(
        'Money is in ', currency,
        CASE WHEN is_currency_inferred THEN ', which most purchases have' ELSE ', as setting currency says' END,
        '. Other currencies are converted by setting exchange_rates; an amount without a rate is in no sum.'
    )
    FROM run_settings
    WHERE currency IS NOT NULL
"""
"""What the view README says of money once a night has told the currency."""
BEGINNINGS = (
    (
        "What is in this file?",
        "Journeys of customers, rebuilt from GA4 exports and feeds. Events make sessions, sessions make journeys;"
        " what a person does in them are touchpoints, each in a phase of the lifecycle. The tables after those are"
        " counted over journeys.",
        "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'main' AND comment NOT LIKE"
        " '%Sojourn''s own%' ORDER BY table_name",
    ),
    (
        "What does a column mean?",
        "Every column has a comment with its meaning and unit. Times are UTC, durations seconds, shares 0 to 1, money"
        " in the property's currency.",
        "SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = 'journeys'",
    ),
    (
        "How do tables join?",
        "By columns of one name: event_id, session_id, journey_id, touchpoint_id, person_id, device_id each lead to the"
        " table whose key it is. sessions.journey_id also numbers journeys without a touchpoint, which are not listed.",
        "SELECT count(*) AS events, count(DISTINCT journey_id) AS journeys FROM events JOIN sessions USING"
        " (session_id) JOIN journeys USING (journey_id)",
    ),
    (
        "What of the last weeks alone?",
        "Schema recent holds every table that is counted over journeys once more, over those alone that began in the"
        " last whole weeks of which all are mature (setting recent_weeks; recent_from and recent_to in run_settings).",
        "SELECT conversion_rate, journeys FROM recent.kpis WHERE dimension = 'all'",
    ),
    (
        "What is lost, what only open?",
        "A journey has dropped off when it was silent for longer than the journey window, or another one began; until"
        " then it is open, and counts neither way. Rates are over mature journeys, which began more than a window"
        " before as_of.",
        "SELECT outcome, is_mature, count(*) AS journeys FROM journeys GROUP BY ALL ORDER BY ALL",
    ),
    (
        "How far does it go?",
        "as_of stands for now everywhere; the windows and the time zone are those of the settings.",
        "FROM run_settings",
    ),
    (
        MONEY,
        "No purchase names a currency. Unlike ones are never added: an amount without a rate is in no sum.",
        "FROM currencies ORDER BY purchases + refunds DESC",
    ),
    (
        "Who is behind a number?",
        "drill opens a row of a mart into its journeys, events_of a journey into its events, journey_of a person into"
        " journeys.",
        "SELECT journey_id, person_id, revenue FROM drill('kpis', figure := 'converted') ORDER BY revenue DESC LIMIT"
        " 10",
    ),
)
SECTIONS = {
    "What is loaded": LOADED,
    "Histories": REBUILT,
    "Marts": (*MARTS, RUN_SETTINGS),
}
HEAD = """Written by `sojourn docs` from the contracts of the tables, the same as the comments in the file. Times are
UTC, durations seconds, shares numbers from 0 to 1, money in the property's currency. `*` marks the key; a column that
leads to another table by its name says which. Schema `recent` holds each table that is counted over journeys once more,
with the same columns, over those that began in the last whole weeks of which all journeys are mature: `recent.kpis`
([definitions.md](definitions.md#recent-weeks)). [analysts.md](analysts.md) shows the macros at work,
[definitions.md](definitions.md) defines the words."""
KEYS = {table.key[0]: table.name for tables in SECTIONS.values() for table in tables if len(table.key) == 1}


def readme_view() -> str:
    """The statement that makes the view README: where to begin, then each table and macro with an example."""
    rows = [f"({place}, {', '.join(_cells(row))})" for place, row in enumerate(_readme_rows(), 1)]
    columns = ", ".join(README.column_names)
    return f"CREATE OR REPLACE VIEW {README.name} AS SELECT * FROM (VALUES {', '.join(rows)}) AS told({columns})"


def _cells(row: tuple[str, str, str, str]) -> Iterator[str]:
    """The cells of a row as SQL: what is said of money is told by the night."""
    topic, name, what, example = map(quoted_text, row)
    yield from (topic, name, f"coalesce(({CURRENCY_SAID}), {what})" if row[1] == MONEY else what, example)


def _readme_rows() -> Iterator[tuple[str, str, str, str]]:
    for beginning in BEGINNINGS:
        yield "begin", *beginning
    for tables in SECTIONS.values():
        for table in tables:
            yield "table", table.name, table.grain, table.example
    for macro in MACROS:
        yield "macro", macro.call, macro.comment, macro.example


def dictionary() -> str:
    """The data dictionary in Markdown: each table and macro with all that the contracts say of it."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield "# The tables"
    yield HEAD
    for title, tables in SECTIONS.items():
        yield f"## {title}"
        for table in tables:
            yield from _table(table)
    yield "## Macros"
    for macro in MACROS:
        yield from _macro(macro)


def _table(table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield table.grain
    yield "\n".join(["| column | type | meaning |", "|---|---|---|", *(_column(one, table) for one in table.columns)])
    yield f"```sql\n{table.example};\n```"


def _column(column: Column, table: Table) -> str:
    """A column as a row of Markdown.

    >>> _column(Column("day", "DATE", "Local day."), Table("t", "One row per day.", ("day",), ()))
    '| `day`* | DATE | Local day. |'
    """
    mark = "*" if column.name in table.key else ""
    target = KEYS.get(column.name, table.name)
    leads = "" if target == table.name or not column.name.endswith("_id") else f" Leads to `{target}`."
    kind = column.type if len(column.type) < 20 else "STRUCT[]"
    return f"| `{column.name}`{mark} | {kind} | {column.comment.replace('|', chr(92) + '|')}{leads} |"


def _macro(macro: Macro) -> Iterator[str]:
    yield f"### {macro.name}"
    yield f"`{macro.call}`"
    yield macro.comment
    yield f"```sql\n{macro.example};\n```"
