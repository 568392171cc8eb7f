"""Eleven real days of Google's public sample against figures that plain SQL gives straight from the files."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from models.settings import Settings
from models.tables import TABLES
from pipelines.checks import contract_breaches, reconcile
from pipelines.rebuilding import rebuild
from pipelines.rules import reconciliations
from tests.real_days import SAMPLE, Built, open_real_days, with_real_days
from tests.test_equals_reference import writers

AS_OF = "TIMESTAMP '2021-02-01'"

pytestmark = with_real_days

# The files as they are: GA4's order where the device and microsecond are equal, and sessions by their silence.
RAW = """
CREATE TABLE raw AS
SELECT
    user_pseudo_id AS device, make_timestamp(event_timestamp) AS moment, event_name AS name,
    list_filter(event_params, LAMBDA p: p."key" = 'page_location')[1]."value".string_value AS page,
    list_filter(event_params, LAMBDA p: p."key" = 'engagement_time_msec')[1]."value".int_value AS msec,
    list_filter(event_params, LAMBDA p: p."key" = 'ga_session_id')[1]."value".int_value AS ga_session,
    ecommerce.transaction_id AS tid, ecommerce.purchase_revenue AS revenue, device.category AS category
FROM read_parquet('{sample}/*.parquet');

CREATE TABLE cut AS
SELECT
    *, sum((gap IS NULL OR gap > INTERVAL 30 MINUTE)::INTEGER) OVER (PARTITION BY device ORDER BY moment) AS number
FROM (SELECT *, moment - lag(moment) OVER (PARTITION BY device ORDER BY moment) AS gap FROM raw);

CREATE TABLE visits AS
SELECT
    device, number, min(moment) AS started_at, max(moment) AS ended_at, count(*) AS events,
    count(*) FILTER (name = 'page_view') AS views, coalesce(sum(msec), 0) AS msec,
    count(*) FILTER (name = 'purchase') AS purchases, arg_min(category, moment) AS category
FROM cut GROUP BY ALL;

CREATE TABLE sales AS
SELECT *, row_number() OVER (PARTITION BY device, usable ORDER BY moment) > 1 AND usable IS NOT NULL AS is_repeat
FROM (SELECT *, nullif(nullif(trim(tid), ''), '(not set)') AS usable FROM cut WHERE name = 'purchase');
"""


@pytest.fixture(scope="session")
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    """The raw files in plain tables, by SQL alone."""
    with duckdb.connect() as connection:
        for statement in duckdb.extract_statements(RAW.format(sample=SAMPLE)):
            connection.execute(statement)
        yield connection


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The real days, with a window of 30 days."""
    with open_real_days(tmp_path_factory) as built:
        yield built


@pytest.fixture(scope="session")
def real(built: Built) -> duckdb.DuckDBPyConnection:
    return built[0]


def count(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Rebuild the histories and write the marts."""
    rebuild(connection, settings)
    for write in writers(settings):
        write(connection.cursor())


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.cursor().execute(query).fetchall()


def row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (only,) = rows(connection, query)
    return only


def test_no_row_is_lost(real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection) -> None:
    totals = "SELECT sum(rows_read), sum(events), sum(duplicates), sum(quarantined), sum(excluded) FROM loads"
    assert row(real, totals) == (442_139, 442_139, 0, 0, 0)
    assert row(real, "SELECT count(*), count(DISTINCT event_id) FROM events") == (442_139, 442_139)
    assert row(raw, "SELECT count(*) FROM raw") == (442_139,)


def test_sessions_are_those_that_silence_cuts(real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection) -> None:
    assert row(real, "SELECT count(*), count(DISTINCT person_id) FROM sessions") == (40_784, 33_358)
    names = "device_id, device_session_number, started_at, ended_at, event_count, page_view_count"
    query = "SELECT device, number, started_at, ended_at, events, views FROM visits ORDER BY ALL"
    assert rows(real, f"SELECT {names} FROM sessions ORDER BY ALL") == rows(raw, query)


def test_engagement_and_bounces_are_those_of_the_files(
    real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    ours = row(real, "SELECT sum((engagement_seconds * 1000)::BIGINT), count(*) FILTER (is_bounce) FROM sessions")
    bounced = "views <= 1 AND msec < 10000 AND purchases = 0"
    assert ours == row(raw, f"SELECT sum(msec), count(*) FILTER ({bounced}) FROM visits")
    (rate,) = row(real, "SELECT bounce_rate FROM kpis WHERE dimension = 'all'")
    assert rate == pytest.approx(ours[1] / 40_784)


def test_landing_pages_are_those_of_the_first_page_view(
    real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    # Where a session's first microsecond with a page view has several, the files name more than one candidate.
    candidates = """
        SELECT device, number, list(DISTINCT page) AS pages
        FROM (SELECT *, min(moment) OVER (PARTITION BY device, number) AS first FROM cut WHERE name = 'page_view')
        WHERE moment = first GROUP BY ALL
    """
    expected = {(device, number): pages for device, number, pages in rows(raw, candidates)}
    found = rows(real, "SELECT device_id, device_session_number, landing_page FROM sessions WHERE page_view_count > 0")
    assert len(found) == len(expected)
    assert all(page in expected[device, number] for device, number, page in found)


def test_a_purchase_counts_once_a_transaction(real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection) -> None:
    ours = row(
        real, "SELECT (SELECT count(*) FROM touchpoints WHERE is_conversion), sum(repeat_purchase_count) FROM sessions"
    )
    query = "SELECT count(*) FILTER (NOT is_repeat), count(*) FILTER (is_repeat) FROM sales"
    assert ours == row(raw, query) == (572, 2)
    by_device = "SELECT device_id, count(*) FROM touchpoints JOIN sessions USING (session_id) WHERE is_conversion"
    query = "SELECT device, count(*) FROM sales WHERE NOT is_repeat GROUP BY ALL ORDER BY ALL"
    assert rows(real, f"{by_device} GROUP BY ALL ORDER BY ALL") == rows(raw, query)


def test_revenue_is_that_of_the_counted_purchases(
    real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    amount = "CASE WHEN isfinite(revenue) THEN revenue::DECIMAL(38, 6) END"
    (expected,) = row(raw, f"SELECT sum({amount})::DOUBLE FROM sales WHERE NOT is_repeat")
    assert expected > 0
    assert row(real, "SELECT revenue, purchasers FROM kpis WHERE dimension = 'all'") == (expected, 506)


def test_unmatched_are_the_events_that_are_neither_page_view_nor_purchase(
    real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection
) -> None:
    query = """
        WITH pathed AS (
            SELECT *, coalesce(nullif(regexp_extract(page, '^[a-z]+://[^/?#]*([^?#]*)', 1), ''), '/') AS path FROM cut
        )
        SELECT name, path, count(*), count(DISTINCT (device, number))
        FROM pathed WHERE name NOT IN ('page_view', 'purchase') GROUP BY ALL ORDER BY ALL
    """
    expected = rows(raw, query)
    assert rows(real, "SELECT event_name, page_path, events, sessions FROM unmatched ORDER BY ALL") == expected
    (silent,) = row(raw, "SELECT count(*) FROM visits WHERE views = 0 AND purchases = 0")
    quality = dict(rows(real, "SELECT name, value FROM quality WHERE name SIMILAR TO '(unmatched|automatic)_.*'"))
    unmatched = quality["unmatched_event_share"] + quality["automatic_event_share"]
    (automatic,) = row(raw, "SELECT count(*) FROM cut WHERE name IN ('scroll', 'session_start', 'first_visit')")
    (engaged,) = row(raw, "SELECT count(*) FROM cut WHERE name = 'user_engagement'")
    assert quality["automatic_event_share"] == pytest.approx((automatic + engaged) / 442_139)
    assert unmatched == pytest.approx((442_139 - 153_841 - 574) / 442_139)
    assert quality["unmatched_session_share"] == pytest.approx(silent / 40_784)


def test_agreement_with_ga4s_own_sessions(real: duckdb.DuckDBPyConnection, raw: duckdb.DuckDBPyConnection) -> None:
    query = """
        WITH pairs AS (SELECT device, number, ga_session, count(*) AS events FROM cut GROUP BY ALL),
        held AS (
            SELECT
                *,
                count(ga_session) OVER (PARTITION BY device, number) AS ids_of_session,
                count(*) OVER (PARTITION BY device, ga_session) AS sessions_of_id,
                sum(events) OVER (PARTITION BY device, number) AS session_events
            FROM pairs
        )
        SELECT sum(session_events) / 442139 FROM held
        WHERE ga_session IS NOT NULL AND ids_of_session = 1 AND sessions_of_id = 1
    """
    (agreement,) = row(real, "SELECT value FROM quality WHERE name = 'ga_session_agreement'")
    assert agreement == pytest.approx(row(raw, query)[0])
    assert agreement > 0.9


def test_no_journey_of_eleven_days_is_mature_at_thirty_and_the_product_says_which_window_would_do(
    real: duckdb.DuckDBPyConnection,
) -> None:
    assert row(real, "SELECT count(*) FROM journeys WHERE is_mature") == (0,)
    assert row(real, "SELECT conversion_rate, mature_journeys FROM kpis WHERE dimension = 'all'") == (None, 0)
    assert row(real, "SELECT value FROM quality WHERE name = 'mature_window_days'") == (10,)


def test_as_of_is_the_end_of_the_last_day(real: duckdb.DuckDBPyConnection) -> None:
    assert row(real, f"SELECT as_of = {AS_OF} FROM run_settings") == (True,)
    assert row(real, f"SELECT max(watched_until) <= {AS_OF} FROM journeys") == (True,)


def test_every_contract_and_reconciliation_holds(real: duckdb.DuckDBPyConnection) -> None:
    broken = [f"{name}: {line}" for name, table in TABLES.items() for line in contract_breaches(real.cursor(), table)]
    broken += [f"{rule.name}: {line}" for rule in reconciliations() for line in reconcile(real.cursor(), rule)]
    assert broken == []


def test_journeys_and_conversion_of_three_day_windows(built: Built, raw: duckdb.DuckDBPyConnection) -> None:
    """Runs last: it rebuilds the same file with a window of 3 days.

    In lifecycle `plain` every page view is shopping, and so is a purchase: a journey opens at the first visit, after
    3 days of silence, and at a visit that shops where the shopping visit before it bought.
    """
    connection, settings = built
    count(connection, settings.model_copy(update={"journey_window": timedelta(days=3)}))
    expected = rows(raw, JOURNEYS_OF_THREE_DAYS)
    query = """
        SELECT
            device_category, count(*), count(*) FILTER (outcome = 'converted'),
            count(*) FILTER (outcome = 'dropped_off'), count(*) FILTER (is_mature),
            count(*) FILTER (is_mature AND outcome = 'converted'),
            count(*) FILTER (is_mature AND outcome = 'dropped_off')
        FROM journeys GROUP BY ALL ORDER BY ALL
    """
    assert rows(connection, query) == expected
    rates = dict(rows(connection, "SELECT segment, conversion_rate FROM kpis WHERE dimension = 'device_category'"))
    assert rates == pytest.approx({category: won / (won + lost) for category, *_, won, lost in expected})


JOURNEYS_OF_THREE_DAYS = """
WITH told AS (
    SELECT
        v.*,
        coalesce(s.counted, 0) AS counted,
        v.views > 0 OR coalesce(s.counted, 0) > 0 AS shops,
        v.started_at - lag(v.ended_at) OVER (PARTITION BY v.device ORDER BY v.number) > INTERVAL 3 DAY AS is_silent
    FROM visits AS v
    LEFT JOIN (
        SELECT device, number, count(*) FILTER (NOT is_repeat) AS counted FROM sales GROUP BY ALL
    ) AS s USING (device, number)
),

stretched AS (
    SELECT *, sum(coalesce(is_silent, true)::INTEGER) OVER (PARTITION BY device ORDER BY number) AS stretch FROM told
),

shopped AS (
    SELECT
        *,
        last_value(CASE WHEN shops THEN counted > 0 END IGNORE NULLS) OVER (
            PARTITION BY device, stretch ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS bought_before
    FROM stretched
),

opened AS (
    SELECT
        *,
        sum((coalesce(is_silent, true) OR (shops AND coalesce(bought_before, false)))::INTEGER) OVER (
            PARTITION BY device ORDER BY number
        ) AS journey
    FROM shopped
),

journeys AS (
    SELECT
        device, journey, arg_min(category, number) AS category,
        min(started_at) AS started_at, max(ended_at) AS ended_at,
        sum(counted) > 0 AS has_bought, bool_or(shops) AS is_listed
    FROM opened GROUP BY ALL
),

judged AS (
    SELECT
        *,
        lead(journey) OVER (PARTITION BY device ORDER BY journey) IS NOT NULL
        OR TIMESTAMP '2021-02-01' - ended_at > INTERVAL 3 DAY AS is_over,
        TIMESTAMP '2021-02-01' - started_at > INTERVAL 3 DAY AS is_mature
    FROM journeys
)

SELECT
    category, count(*), count(*) FILTER (has_bought), count(*) FILTER (NOT has_bought AND is_over),
    count(*) FILTER (is_mature), count(*) FILTER (is_mature AND has_bought),
    count(*) FILTER (is_mature AND NOT has_bought AND is_over)
FROM judged WHERE is_listed GROUP BY ALL ORDER BY ALL
"""
