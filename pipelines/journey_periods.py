"""The periods that marts are over: all journeys, or those that began in the recent weeks, in schema recent.

The same SQL writes both: names of tables mean those of the period. What is counted per segment is counted per period
too (`segments.period`); how that follows what changed is in counting.py.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import duckdb

from models.settings import Settings
from models.sql import quoted_name
from models.tables import Table
from pipelines.warehouse import first_row

Write = Callable[[duckdb.DuckDBPyConnection, Settings], int]
RECENT_ROWS = {
    "journeys": "FROM {journeys} SEMI JOIN {run_settings} ON started_on BETWEEN recent_from AND recent_to",
    "journey_segments": "FROM {journey_segments} SEMI JOIN journeys USING (journey_id)",
    "touchpoints": "FROM {touchpoints} SEMI JOIN journeys USING (journey_id)",
    "survey_answers": "FROM {survey_answers} SEMI JOIN journeys USING (journey_id)",
    "events": "FROM {events} WHERE false",
}
"""What tables with a row for each journey hold of recent ones; events of no session belong to no journey."""


def by_period(table: Table, write: Write) -> Write:
    """Return what writes a mart for every period; the number of rows is that over all journeys.

    Where no journey is recent, as in a shop with fewer days than its window, schema recent has no rows.
    """

    def write_all(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
        with over_period(connection, "all") as cursor:
            rows = write(cursor, settings)
        with over_recent(connection) as recent:
            if recent:
                write(recent, settings)
            else:
                connection.execute(f"DELETE FROM recent.{table.name}")
        return rows

    return write_all


@contextmanager
def over_recent(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection | None]:
    """Give a cursor on which the names of tables mean those of schema recent; None where no journey is recent."""
    query = "FROM journeys SEMI JOIN run_settings ON started_on BETWEEN recent_from AND recent_to LIMIT 1"
    if not connection.execute(query).fetchall():
        yield None
        return
    with over_period(connection, "recent") as cursor:
        yield cursor


@contextmanager
def over_period(connection: duckdb.DuckDBPyConnection, period: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a cursor on which the names of tables mean those of a period."""
    with closing(connection.cursor()) as cursor:
        row = first_row(cursor, "SELECT current_database()")
        main = f"{quoted_name(row[0] if row else '')}.main"
        cursor.execute(
            "CREATE TEMP VIEW segments AS SELECT segment_number, dimension, segment"
            f" FROM {main}.segments WHERE period = '{period}'"
        )
        if period != "all":
            cursor.execute(f"SET search_path = '{period},main'")
            for name, query in RECENT_ROWS.items():
                tables = {table: f"{main}.{table}" for table in (*RECENT_ROWS, "run_settings")}
                cursor.execute(f"CREATE TEMP VIEW {name} AS {query.format_map(tables)}")
        yield cursor
