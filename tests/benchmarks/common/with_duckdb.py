"""The common part in DuckDB's SQL, in memory: window functions over all events at once."""

from pathlib import Path

import duckdb

from tests.benchmarks.common import FUNNEL, Answer, in_order

SESSIONS = """
    CREATE TABLE visited AS
    WITH cut AS (
        SELECT *, coalesce(time - lag(time) OVER life > INTERVAL 30 MINUTE, true) AS starts
        FROM read_parquet(?)
        WINDOW life AS (PARTITION BY device ORDER BY time)
    )
    SELECT *, sum(starts::INTEGER) OVER (PARTITION BY device ORDER BY time) AS session FROM cut
"""
TRANSITIONS = """
    WITH onward AS (
        SELECT
            event, lead(event) OVER session AS next_event, epoch(lead(time) OVER session) - epoch(time) AS seconds
        FROM visited
        WINDOW session AS (PARTITION BY device, session ORDER BY time)
    )
    SELECT event, next_event, count(*), median(seconds) FROM onward WHERE next_event IS NOT NULL GROUP BY ALL
"""
STEP = """
    CREATE TABLE step_{number} AS
    SELECT device, min(time) AS taken_at FROM visited JOIN step_{before} USING (device)
    WHERE event = '{event}' AND time > taken_at GROUP BY device
"""


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(SESSIONS, [str(file)])
        sessions = connection.execute("SELECT count(*) FROM visited WHERE starts").fetchall()[0][0]
        transitions = connection.execute(TRANSITIONS).fetchall()
        connection.execute(
            "CREATE TABLE step_0 AS SELECT DISTINCT device, '-infinity'::TIMESTAMP AS taken_at FROM visited"
        )
        for number, event in enumerate(FUNNEL, start=1):
            connection.execute(STEP.format(number=number, before=number - 1, event=event))
        counts = [connection.table(f"step_{number + 1}").shape[0] for number in range(len(FUNNEL))]
    return Answer(sessions, in_order(transitions), counts)
