"""The code location: one real night on a small sample, held against the sample's truth, and checks that bite."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import networkx as nx
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from models.settings import Settings, read_settings
from models.tables import MARTS, TABLES
from pipelines.checks import contract_breaches, reconcile
from pipelines.definitions import NIGHT, build_definitions
from pipelines.health import Clock
from pipelines.places import build_path
from pipelines.rules import HEALTHY, check_names, health_rules, reconciliations, warnings
from pipelines.sample import Truth, write_sample
from pipelines.schedules import range_tags
from pipelines.unchecked import note_all_unchecked
from pipelines.warehouse import open_build

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

FIRST, LAST = date(2026, 5, 17), date(2026, 6, 30)


@dataclass(frozen=True)
class Night:
    """A night that was run, and what is true of the export it was run on."""

    settings: Settings
    result: dg.ExecuteInProcessResult
    truth: Truth


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("night")
    truth = write_sample(folder / "sample", days=45, users=300, seed=7)
    settings = read_settings(
        exports=str(folder / "sample"),
        database=folder / "sojourn.duckdb",
        reports=folder / "reports",
        timezone="Europe/Copenhagen",
    )
    return Night(settings, run_job(settings, {"ops": {"exports": {"config": {"is_whole": True}}}}), truth)


def run_job(
    settings: Settings, config: dict[str, object], first: date = FIRST, last: date = LAST
) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return (
            build_definitions(settings)
            .resolve_job_def(NIGHT)
            .execute_in_process(
                instance=instance,
                tags=range_tags(first, last),
                resources={"settings": settings, "clock": Morning()},
                run_config=config,
                raise_on_error=False,
            )
        )


class Morning(Clock):
    """It is the morning after the last day of the sample."""

    def now(self) -> datetime:
        return datetime(LAST.year, LAST.month, LAST.day, 4, tzinfo=UTC) + timedelta(days=1)


@pytest.fixture
def published(night: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(night.settings.database, read_only=True) as connection:
        yield connection


def test_the_night_finds_the_truth_about_rows_and_people(night: Night, published: duckdb.DuckDBPyConnection) -> None:
    truth = night.truth
    rows = "SELECT sum(rows_read), sum(events), sum(duplicates), sum(quarantined), sum(excluded) FROM loads"
    people = "SELECT (SELECT count(*) FROM devices), (SELECT count(*) FROM persons), (SELECT count(*) FROM sessions)"
    assert published.execute(rows).fetchone() == (
        truth.rows_read,
        truth.events,
        truth.duplicates,
        truth.quarantined,
        0,
    )
    assert published.execute(people).fetchone() == (truth.devices, truth.persons, truth.sessions)
    assert published.execute("SELECT count(*) - count(device_id) FROM events").fetchone() == (truth.denied_events,)


def test_the_night_finds_the_truth_about_journeys(night: Night, published: duckdb.DuckDBPyConnection) -> None:
    truth = night.truth
    found = published.execute(
        "SELECT journeys, converted, dropped_off, still_open FROM kpis WHERE dimension = 'all'"
    ).fetchone()
    assert found == (truth.journeys, truth.converted, truth.dropped_off, truth.open)


def test_the_night_finds_the_truth_about_each_phase(night: Night, published: duckdb.DuckDBPyConnection) -> None:
    found = published.execute(
        "SELECT phase, reached, dropped_off, still_open FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index"
    ).fetchall()
    assert found == [(one.phase, one.reached, one.dropped_off, one.still_open) for one in night.truth.phases]


def test_the_night_finds_the_truth_about_purchases_and_money(
    night: Night, published: duckdb.DuckDBPyConnection
) -> None:
    truth = night.truth
    purchases = published.execute("SELECT count(*) FROM touchpoints WHERE is_conversion").fetchone()
    repeats = published.execute("SELECT sum(repeat_purchase_count) FROM sessions").fetchone()
    revenue = published.execute("SELECT round(100 * revenue) FROM kpis WHERE dimension = 'all'").fetchone()
    assert (purchases, repeats) == ((truth.purchases,), (truth.repeated_purchases,))
    assert revenue == (truth.gross_revenue_oere - truth.refunded_oere,)


def test_the_night_writes_every_table_and_says_how_many_rows(night: Night) -> None:
    rows = {
        event.asset_key.to_user_string(): event.materialization.metadata["dagster/row_count"].value
        for event in night.result.get_asset_materialization_events()
        if event.asset_key and "dagster/row_count" in event.materialization.metadata
    }
    assert set(rows) == set(TABLES)
    assert rows["journeys"] == night.truth.journeys


def test_the_funnel_is_shown_beside_its_asset(night: Night) -> None:
    [event] = [
        e for e in night.result.get_asset_materialization_events() if e.asset_key == dg.AssetKey("phase_metrics")
    ]
    assert f"| awareness | {night.truth.phases[0].reached} |" in str(event.materialization.metadata["funnel"].value)


def test_every_table_has_a_blocking_check_of_its_contract_and_every_reconciliation_runs(night: Night) -> None:
    ran = {(check.asset_key.to_user_string(), check.check_name) for check in night.result.get_asset_check_evaluations()}
    rules = [*reconciliations(), *warnings(), *(rule for table in HEALTHY for rule in health_rules(table))]
    expected = {(name, "contract") for name in TABLES} | {(rule.table, rule.name) for rule in rules}
    assert ran == expected | {("published_database", "stands_alone")}
    assert all(check.passed for check in night.result.get_asset_check_evaluations())


@pytest.mark.parametrize("choices", [{"health": "off"}, {"audiences": {"board": {"folder": "sent"}}}], ids=repr)
def test_the_names_of_all_checks_are_those_of_the_checks(night: Night, choices: dict[str, object]) -> None:
    settings = Settings(database=night.settings.database, **choices)
    keys = build_definitions(settings).resolve_asset_graph().asset_check_keys
    assert sorted(check_names(settings)) == sorted((key.asset_key.to_user_string(), key.name) for key in keys)


def test_the_graphs_can_be_read_by_graph_tools(night: Night) -> None:
    graph = nx.read_graphml(night.settings.reports / "transitions_phase.graphml")
    started = sum(edge["count"] for _, _, edge in graph.out_edges("(start)", data=True))
    assert started == night.truth.journeys


def test_a_second_night_on_the_same_files_changes_nothing(night: Night) -> None:
    before = contents(night.settings.database)
    assert run_job(night.settings, {"ops": {"exports": {"config": {"is_whole": True}}}}).success
    assert contents(night.settings.database) == before


MART_NAMES = [table.name for table in MARTS]


def contents(database: Path) -> dict[str, object]:
    with duckdb.connect(database, read_only=True) as connection:
        return {
            name: connection.execute(
                f"SELECT count(*), sum(hash(t)) FROM (SELECT * {'EXCLUDE (loaded_at)' if name == 'loads' else ''}"
                f" FROM {name}) AS t"
            ).fetchone()
            for name in TABLES
        }


@pytest.mark.parametrize(
    ("table", "damage", "breach"),
    [
        ("journeys", "UPDATE journeys SET outcome = 'lost' WHERE journey_number = 1", "none of 'converted'"),
        ("sessions", "UPDATE sessions SET channel = NULL", "rows without channel"),
        ("sessions", "INSERT INTO sessions FROM sessions LIMIT 1", "another row has"),
        ("touchpoints", "UPDATE touchpoints SET journey_id = journey_id + 1 WHERE position = 1", "is not in journeys"),
        ("transitions", "UPDATE transitions SET probability = 1.5", "is no share from 0 to 1"),
    ],
)
def test_a_breach_of_a_contract_is_found_and_named(night: Night, table: str, damage: str, breach: str) -> None:
    with open_build(night.settings) as connection:
        connection.begin()
        note_all_unchecked(connection)
        connection.execute(damage)
        breaches = contract_breaches(connection, TABLES[table])
        connection.rollback()
        assert any(breach in line for line in breaches)
        assert not contract_breaches(connection, TABLES[table])


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("every_row_is_accounted_for", "UPDATE loads SET duplicates = duplicates + 1"),
        ("are_as_many_as_loads_say", "DELETE FROM events WHERE event_name = 'scroll'"),
        ("hold_every_followed_event", "UPDATE sessions SET event_count = event_count + 1"),
        ("hold_every_touchpoint_once", "DELETE FROM stays WHERE stay_number = 1"),
        ("hold_every_touchpoint", "UPDATE journeys SET outcome = 'open'"),
        ("reached_adds_up", "UPDATE phase_metrics SET still_open = still_open + 1"),
        ("probabilities_sum_to_one", "DELETE FROM transitions WHERE to_state = '(open)'"),
        ("flow_is_conserved", "UPDATE transitions SET transition_count = transition_count + 1"),
        ("agree_with_transitions", "UPDATE kpis SET converted = converted + 1"),
        ("outcomes_add_up", "UPDATE kpis SET dropped_off = dropped_off + 1"),
        ("every_krone_is_accounted_for", "UPDATE touchpoints SET revenue = revenue + 0.01"),
        ("every_krone_is_told", "UPDATE quality SET value = value + 1 WHERE name = 'refund_netted'"),
        ("every_krone_is_told", "UPDATE currencies SET revenue = revenue + 1"),
        ("customers_came_before", "UPDATE journeys SET journey_number = 2, visitor = 'new'"),
        ("shares_sum_to_one", "UPDATE touchpoints_before_purchase SET share = share / 2"),
        ("split_all_touchpoints", "UPDATE touchpoint_metrics SET contacts = contacts + 1"),
        ("are_all_that_dropped_off", "DELETE FROM leaks WHERE touchpoint = 'category_page'"),
        ("win_at_most_a_tenth", "UPDATE levers SET extra_purchases = left_here, high = left_here"),
        ("tells_of_every_phase", "DELETE FROM journey_map WHERE phase = 'desire'"),
        ("holds_every_event_once", "UPDATE unmatched SET events = events + 1"),
        ("holds_every_event_once", "UPDATE unmatched SET sessions = sessions - 1"),
        ("holds_every_event_once", "UPDATE sessions SET unmatched_event_count = 0"),
        ("agree_with_kpis", "UPDATE states SET purchase_probability = 0.5 WHERE state = '(start)'"),
        ("agree_with_kpis", "DELETE FROM states WHERE dimension = 'customer'"),
        ("shares_of_events_sum_to_one", "UPDATE quality SET value = 0 WHERE name = 'unmatched_event_share'"),
        ("holds_every_answer", "DELETE FROM sentiment WHERE dimension = 'all' AND level = 'phase'"),
        ("holds_every_answer", "DELETE FROM sentiment WHERE dimension = 'country' AND state <> '(none)'"),
        ("hold_every_journey", "UPDATE cohorts SET mature_still_open = mature_still_open + 1"),
        ("hold_every_journey", "UPDATE cohorts SET revenue = revenue + 0.000001"),
        ("hold_every_journey", "DELETE FROM cohorts"),
        ("hold_every_segment", "UPDATE comparisons SET other_happened = other_happened + 1"),
        ("hold_every_segment", "DELETE FROM comparisons WHERE figure = 'conversion_rate' AND segment = 'mobile'"),
        ("hold_every_segment", "UPDATE comparisons SET other_decided = other_decided + 1 WHERE dimension = 'channel'"),
        ("hold_every_contact", "UPDATE contacts_by SET contacts = contacts + 1"),
        ("hold_every_contact", "UPDATE contacts_by SET contacts_as_first = contacts + 1"),
        ("hold_every_purchase", "UPDATE handovers SET purchases = purchases + 1"),
        ("hold_every_purchase", "UPDATE handovers SET revenue = revenue + 0.01"),
        ("hold_every_purchase", "DELETE FROM handovers WHERE dimension = 'channel'"),
        ("hold_every_stay", "UPDATE dwell_curves SET at_risk = at_risk + 1 WHERE seconds = 0"),
        ("hold_every_stay", "DELETE FROM dwell_curves WHERE moved = 0 AND seconds > 0"),
        ("hold_every_stay", "DELETE FROM dwell_curves WHERE phase = 'desire' AND segment = 'mobile'"),
        ("agree_with_the_median", "UPDATE dwell_curves SET seconds = seconds / 2"),
        ("agree_with_the_median", "UPDATE phase_metrics SET km_median_dwell_seconds = NULL"),
        ("hold_every_purchaser", "UPDATE repurchase_curves SET watch_ends = watch_ends + 1 WHERE seconds > 0"),
        ("hold_every_purchaser", "DELETE FROM repurchase_curves WHERE kind = 'return' AND segment = 'mobile'"),
        ("hold_every_purchaser", "UPDATE kpis SET repurchase_rate_to_date = 0.9 WHERE purchasers > 1"),
        ("lie_on_the_repurchase_curves", "UPDATE kpis SET return_30d = 0.9 WHERE dimension = 'all'"),
        ("lie_on_the_repurchase_curves", "UPDATE kpis SET repurchase_365d = 0 WHERE repurchase_365d IS NULL"),
        ("hold_every_near_session", "UPDATE page_exits SET exits = exits + 1"),
        ("hold_every_near_session", "UPDATE page_exits SET lost_exits = exits"),
    ],
)
def test_a_reconciliation_bites(night: Night, rule: str, damage: str) -> None:
    [one] = [found for found in reconciliations() if found.name == rule]
    with open_build(night.settings) as connection:
        connection.begin()
        note_all_unchecked(connection)
        connection.execute(damage)
        broken = reconcile(connection, one)
        connection.rollback()
        assert broken
        assert not reconcile(connection, one)


def test_every_reconciliation_has_a_test_that_it_bites() -> None:
    marker = test_a_reconciliation_bites.pytestmark[0]  # type: ignore[attr-defined]
    assert {rule.name for rule in reconciliations()} == {case[0] for case in marker.args[1]}


def test_a_failed_check_stops_the_run_before_publishing(night: Night) -> None:
    published = night.settings.database.read_bytes()
    with open_build(night.settings) as connection:
        connection.execute("UPDATE kpis SET dropped_off = dropped_off + 1")
    definitions = build_definitions(night.settings)
    selection = dg.AssetSelection.assets("published_database") | dg.AssetSelection.checks_for_assets(*MART_NAMES)
    only = dg.define_asset_job("only", selection=selection)
    job = dg.Definitions.merge(definitions, dg.Definitions(jobs=[only])).resolve_job_def("only")
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert night.settings.database.read_bytes() == published
    assert build_path(night.settings).exists()


def test_a_partition_can_be_loaded_again_at_any_time(night: Night) -> None:
    before = contents(night.settings.database)
    assert run_job(night.settings, {}, LAST - timedelta(days=9), LAST - timedelta(days=9)).success
    assert contents(night.settings.database) == before


def test_a_night_reads_every_day_again_that_was_read_with_other_settings(night: Night) -> None:
    before = contents(night.settings.database)
    other = night.settings.model_copy(update={"exclude": "event_name = 'scroll'"})
    assert run_job(other, {}, LAST, LAST).success
    with duckdb.connect(other.database, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM events WHERE event_name = 'scroll'").fetchall() == [(0,)]
    assert run_job(night.settings, {}, LAST, LAST).success
    assert {**contents(night.settings.database), "restatements": None} == {**before, "restatements": None}


def test_days_without_a_file_yet_are_told_and_are_no_failure(night: Night) -> None:
    result = run_job(night.settings, {}, LAST, LAST + timedelta(days=2))
    [event] = [e for e in result.get_asset_materialization_events() if e.asset_key == dg.AssetKey("events")][-1:]
    assert result.success
    assert event.materialization.metadata["days_without_a_file"].value == "2026-07-01 to 2026-07-02"


def test_many_days_are_one_run(tmp_path: Path) -> None:
    settings = read_settings(database=tmp_path / "x.duckdb")
    exports = build_definitions(settings).resolve_assets_def("events")
    assert exports.backfill_policy == dg.BackfillPolicy.single_run()


def test_partitions_begin_with_the_earliest_day_known(tmp_path: Path, night: Night) -> None:
    def start(**choices: object) -> date:
        settings = read_settings(**{"database": tmp_path / "x.duckdb", "exports": str(tmp_path / "none")} | choices)
        return build_definitions(settings).resolve_assets_def("events").partitions_def.start.date()  # type: ignore[union-attr]

    assert start() == start(exports="s3://bucket/ga4") == date(2018, 1, 1)
    assert start(exports="s3://bucket/ga4", database=night.settings.database) == FIRST
    assert start(exports=night.settings.exports) == FIRST
    (tmp_path / "events_20990101.json").touch()
    assert start(exports=str(tmp_path)) == datetime.now(UTC).date() - timedelta(days=1)
    (tmp_path / "events_20260101.json").touch()
    assert start(exports=str(tmp_path), database=night.settings.database) == date(2026, 1, 1)
    (tmp_path / "x.duckdb").write_text("no database")
    assert start(exports=str(tmp_path)) == date(2026, 1, 1)


def test_the_nightly_schedule_loads_yesterday_and_the_days_that_may_be_rewritten(tmp_path: Path) -> None:
    settings = read_settings(timezone="Europe/Copenhagen", run_at="04:30", database=tmp_path / "x.duckdb")
    definitions = build_definitions(settings)
    schedule = definitions.resolve_schedule_def("nightly")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 4 * * *", "Europe/Copenhagen")
    tick = datetime(2026, 6, 30, 4, 30, tzinfo=ZoneInfo("Europe/Copenhagen"))
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance, scheduled_execution_time=tick, repository_def=definitions.get_repository_def()
        )
        [request] = schedule.evaluate_tick(context).run_requests or []
    assert request.tags[ASSET_PARTITION_RANGE_START_TAG] == "2026-06-26"
    assert request.tags[ASSET_PARTITION_RANGE_END_TAG] == "2026-06-29"
