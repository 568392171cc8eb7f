"""The common part in chDB, ClickHouse within the process: window functions, and its own windowFunnel."""

from pathlib import Path

from chdb import session

from tests.benchmarks.common import FUNNEL, Answer, in_order

SESSIONS = """
    CREATE TABLE visited ENGINE = Memory AS
    SELECT device, event, time, sum(starts) OVER (PARTITION BY device ORDER BY time) AS session
    FROM (
        SELECT
            assumeNotNull(device) AS device,
            assumeNotNull(event) AS event,
            toUnixTimestamp(assumeNotNull(time)) AS time,
            row_number() OVER life = 1 OR time - lagInFrame(time) OVER life > 1800 AS starts
        FROM file('{file}', Parquet)
        WINDOW life AS (PARTITION BY device ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
"""
TRANSITIONS = """
    SELECT event, next_event, count(), quantileExactInclusive(0.5)(seconds)
    FROM (
        SELECT event, leadInFrame(event) OVER session AS next_event, leadInFrame(time) OVER session - time AS seconds
        FROM visited
        WINDOW session AS (
            PARTITION BY device, session ORDER BY time ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        )
    )
    WHERE next_event <> ''
    GROUP BY event, next_event
    FORMAT TSV
"""
FUNNEL_QUERY = """
    SELECT windowFunnel(1000000000, 'strict_increase')(time, {steps}) AS level FROM visited GROUP BY device FORMAT TSV
"""


def answer(file: Path) -> Answer:
    """Answer from a flat file."""
    clickhouse = session.Session()
    clickhouse.query(SESSIONS.format(file=file))
    sessions = int(str(clickhouse.query("SELECT uniqExact(device, session) FROM visited FORMAT TSV")))
    told = [line.split("\t") for line in str(clickhouse.query(TRANSITIONS)).splitlines()]
    steps = ", ".join(f"event = '{event}'" for event in FUNNEL)
    levels = list(map(int, str(clickhouse.query(FUNNEL_QUERY.format(steps=steps))).split()))
    counts = [sum(level >= number for level in levels) for number in range(1, len(FUNNEL) + 1)]
    clickhouse.close()
    return Answer(sessions, in_order([(a, b, int(n), float(m)) for a, b, n, m in told]), counts)
