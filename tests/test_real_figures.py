"""Curves, comparisons, cohorts and exits of the eleven real days against plain counts over the other tables."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from scipy.stats import chi2_contingency, fisher_exact

from tests.funnels import funnel_of_phases, phases_of_mart
from tests.real_days import Built, open_real_days, with_real_days
from tests.reference.statistics import counted_seconds, wilson
from tests.test_equals_reference import breaches
from tests.test_real_days import count, rows
from tests.transforms.test_survival import KaplanMeierFitter

pytestmark = with_real_days


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    personas = {"phones": "device_category = 'mobile'", "buyers": "purchase_count > 0"}
    with open_real_days(tmp_path_factory, lifecycle="six-phases", personas=personas) as loaded:
        yield loaded


@pytest.fixture(scope="module", params=[30, 3], ids=lambda days: f"{days} days")
def real(loaded: Built, request: pytest.FixtureRequest) -> duckdb.DuckDBPyConnection:
    connection, settings = loaded
    count(connection, settings.model_copy(update={"journey_window": timedelta(days=request.param)}))
    return connection


def test_cohorts_are_the_journeys_of_each_day(real: duckdb.DuckDBPyConnection) -> None:
    query = """
        SELECT
            started_at::DATE, count(*), count_if(is_mature), count_if(outcome = 'converted'),
            count_if(outcome = 'dropped_off'), count_if(outcome = 'open'),
            count_if(is_mature AND outcome = 'converted'), count_if(is_mature AND outcome = 'dropped_off'),
            count_if(is_mature AND outcome = 'open'), sum(revenue::DECIMAL(38, 6))::DOUBLE
        FROM journeys GROUP BY ALL ORDER BY ALL
    """
    assert rows(real, "FROM cohorts ORDER BY day") == rows(real, query)
    assert len(rows(real, "FROM cohorts")) == 11


def test_exits_are_those_of_the_sessions_that_came_near(real: duckdb.DuckDBPyConnection) -> None:
    near = "(SELECT session_id FROM touchpoints WHERE phase IN ('evaluation', 'conversion'))"
    seen = f"""
        SELECT page_path, count(DISTINCT session_id) FROM events
        WHERE event_name = 'page_view' AND session_id IN {near} GROUP BY ALL ORDER BY ALL
    """
    left = f"""
        SELECT
            coalesce(nullif(regexp_extract(exit_page, '^[a-z]+://[^/?#]*([^?#]*)', 1), ''), '/'),
            count(*), count_if(NOT has_conversion)
        FROM sessions WHERE page_view_count > 0 AND session_id IN {near} GROUP BY ALL ORDER BY ALL
    """
    assert rows(real, "SELECT page_path, sessions FROM page_exits ORDER BY ALL") == rows(real, seen)
    found = "SELECT page_path, exits, lost_exits FROM page_exits WHERE exits > 0 ORDER BY ALL"
    assert rows(real, found) == rows(real, left) != []


def test_a_comparison_is_that_of_the_journeys_in_and_out_of_the_segment(real: duckdb.DuckDBPyConnection) -> None:
    for dimension, segment, converted, decided, other_converted, others in rows(
        real,
        """
        SELECT
            s.dimension, s.segment, count_if(inside AND outcome = 'converted'), count_if(inside),
            count_if(NOT inside AND outcome = 'converted'), count_if(NOT inside)
        FROM (SELECT DISTINCT dimension, segment FROM journey_segments WHERE dimension <> 'all') AS s
        CROSS JOIN (FROM journeys WHERE is_mature AND outcome <> 'open') AS j
        CROSS JOIN LATERAL (
            SELECT count(*) > 0 AS inside FROM journey_segments AS i
            WHERE i.journey_id = j.journey_id AND i.dimension = s.dimension AND i.segment = s.segment
        )
        GROUP BY ALL
        """,
    ):
        [row] = told(real, f"dimension = '{dimension}' AND segment = $name AND phase = ''", {"name": segment}) or [None]
        if decided:
            assert row
            check(row, converted, decided, other_converted, others)


def told(real: duckdb.DuckDBPyConnection, condition: str, names: dict[str, str]) -> list[dict[str, Any]]:
    result = real.cursor().execute(f"FROM comparisons WHERE {condition}", names)
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def check(row: dict[str, Any], happened: int, decided: int, other_happened: int, others: int) -> None:
    """Hold a row against counts, the reference's Wilson intervals and scipy's test."""
    names = ("happened", "decided", "other_happened", "other_decided")
    assert [row[name] for name in names] == [happened, decided, other_happened, others]
    (low, high), (other_low, other_high) = wilson(happened, decided), wilson(other_happened, others)
    rate, other = happened / decided, other_happened / others
    assert row["difference_low"] == pytest.approx(rate - other - math.hypot(rate - low, other_high - other), abs=1e-12)
    assert row["difference_high"] == pytest.approx(rate - other + math.hypot(high - rate, other - other_low), abs=1e-12)
    found = chi2_contingency(
        [[happened, decided - happened], [other_happened, others - other_happened]], correction=False
    )
    table = [[happened, decided - happened], [other_happened, others - other_happened]]
    expected = found.pvalue if found.expected_freq.min() >= 5 else fisher_exact(table).pvalue
    if row["p_value"] is not None:
        assert row["p_value"] == pytest.approx(expected, rel=1e-6, abs=1e-300)
    else:
        assert expected >= 0.05


def test_what_stands_out_is_what_holm_leaves(real: duckdb.DuckDBPyConnection) -> None:
    found = sorted(rows(real, "SELECT p_value, adjusted_p_value, is_significant FROM comparisons WHERE p_value >= 0"))
    least = 0.0
    for place, (p_value, adjusted, is_significant) in enumerate(found):
        least = max(least, min(1.0, p_value * (len(found) - place)))
        assert (adjusted, is_significant) == (pytest.approx(least), least < 0.05)


@pytest.mark.parametrize("segment", ["all", "mobile", "prospect", "buyers"])
def test_a_curve_is_that_of_lifelines_over_all_stays_as_they_are_counted(
    real: duckdb.DuckDBPyConnection, segment: str
) -> None:
    stays: dict[str, list[tuple[float, bool]]] = {}
    for phase, seconds, is_censored in rows(
        real,
        f"""
        SELECT phase, coalesce(dwell_seconds, epoch_us(watched_until) / 1e6 - epoch_us(entered_at) / 1e6), is_censored
        FROM stays JOIN journey_segments USING (journey_id) WHERE segment = '{segment}'
        """,
    ):
        stays.setdefault(phase, []).append((counted_seconds(seconds), not is_censored))
    for phase, times in stays.items():
        fitted = KaplanMeierFitter().fit([time for time, _ in times], [moved for _, moved in times])
        expected = fitted.survival_function_.join(fitted.confidence_interval_survival_function_)
        curve = rows(real, f"FROM dwell_curves WHERE segment = '{segment}' AND phase = '{phase}' ORDER BY seconds")
        places = expected.index.searchsorted([row[3] * (1 + 1e-9) for row in curve]) - 1
        assert sum(row[5] for row in curve) == sum(moved for _, moved in times)
        for row, place in zip(curve[1:], places[1:], strict=True):
            assert row[3] == pytest.approx(expected.index[place])
            assert row[7] == pytest.approx(expected.iloc[place, 0], abs=1e-9)
            if 0 < row[7] < 1:
                assert row[8:] == pytest.approx(tuple(expected.iloc[place, 1:]), abs=1e-6)


def test_every_contract_and_reconciliation_holds(real: duckdb.DuckDBPyConnection) -> None:
    assert breaches(real.cursor()) == []


@pytest.mark.parametrize("dimension", ["all", "device_category", "persona"])
def test_the_funnel_of_each_phase_or_later_is_phase_metrics(real: duckdb.DuckDBPyConnection, dimension: str) -> None:
    assert funnel_of_phases(real, dimension) == phases_of_mart(real, dimension)


@pytest.mark.parametrize("order", ["loose", "strict", "any"])
def test_a_funnel_of_events_is_what_each_journey_read_one_by_one_gives(
    real: duckdb.DuckDBPyConnection, order: str
) -> None:
    steps, within = ["view_item", "add_to_cart", "begin_checkout"], timedelta(hours=1)
    told: dict[int, list[tuple[Any, str]]] = {}
    for journey, name, moment in real.execute(EVENTS_IN_ORDER).fetchall():
        told.setdefault(journey, []).append((moment, name))
    counts = [0, 0, 0]
    for story in told.values():
        for step in range(steps_taken(story, steps, within, order)):
            counts[step] += 1
    query = "SELECT reached FROM funnel($steps, within := INTERVAL 1 HOUR, level := 'event', ordered := $ordered)"
    assert [count for (count,) in real.execute(query, {"steps": steps, "ordered": order}).fetchall()] == counts
    assert counts[1] > 0


EVENTS_IN_ORDER = """
    SELECT s.journey_id, e.event_name, least(e.occurred_at, as_of)
    FROM events AS e JOIN sessions AS s USING (session_id) SEMI JOIN journeys USING (journey_id) CROSS JOIN run_settings
    ORDER BY
        s.journey_id, e.occurred_at, s.started_at, s.session_id, e.batch_page_id NULLS FIRST,
        e.batch_ordering_id NULLS FIRST, e.batch_event_index NULLS FIRST, natural_rank(e.event_name), e.event_name,
        e.export_date, e.content_rank
"""


def steps_taken(story: list[tuple[Any, str]], steps: list[str], within: timedelta, order: str) -> int:
    """How many steps a journey took, by looking at all that can be."""
    if order == "any":
        spans = [[m for m, n in story if n == step] for step in steps]
        ends = sorted(moment for moments in spans for moment in moments)
        held = [[any(end - within <= m <= end for m in moments) for moments in spans] for end in ends]
        return max((row.index(False) if False in row else len(row) for row in held), default=0)
    return max((_from_place(story, place, steps, within, order) for place in range(len(story))), default=0)


def _from_place(story: list[tuple[Any, str]], place: int, steps: list[str], within: timedelta, order: str) -> int:
    if story[place][1] != steps[0]:
        return 0
    taken = 1
    for moment, name in story[place + 1 :]:
        if taken == len(steps) or moment - story[place][0] > within:
            break
        if name == steps[taken]:
            taken += 1
        elif order == "strict":
            break
    return taken
