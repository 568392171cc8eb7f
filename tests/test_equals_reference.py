"""The product against the naive reference, table by table, on small random worlds."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from models.lifecycle import load_lifecycle
from models.settings import Settings
from models.tables import MARTS, REBUILT, RECENT, TABLES
from pipelines import counting
from pipelines.assets.marts import WRITERS
from pipelines.checks import broken_contract, broken_rule
from pipelines.days import load_days
from pipelines.engines import local
from pipelines.exports import by_day, find_exports
from pipelines.journey_periods import over_recent
from pipelines.rebuilding import rebuild
from pipelines.rules import reconciliations
from tests.reference import (
    KEYS,
    as_of,
    compare,
    currency_rows,
    figures,
    money_figures,
    own_currency,
    read_exports,
    with_natural_keys,
)
from tests.reference import rebuild as rebuild_naively
from tests.reference.channels import channel_of_product
from tests.shops import open_new_build
from tests.worlds_by_chance import World, worlds
from transforms.keys import key_of

LIFECYCLES = Path(__file__).parent / "golden" / "lifecycles"
CHOSEN = st.sampled_from(["shop.yaml", "bare.yaml"])
OF_QUALITY = {
    "repeat_purchases": "repeated_purchases",
    "refunds_in_no_session": "refunds_outside_sessions",
    "journeys_without_touchpoint": "journeys_without_touchpoints",
    "ga_session_id_agreement": "ga_session_agreement",
    "unfollowed_share": "unfollowed_share",
    "has_placeholder_user": "placeholder_user_events",
    "has_placeholder_device": "placeholder_device_events",
    "events_in_a_touchpoint_share": "touchpoint_event_share",
    "unmatched_share": "unmatched_event_share",
    "automatic_share": "automatic_event_share",
    "unmatched_session_share": "unmatched_session_share",
    "unmatched_arrival_share": "unmatched_arrival_share",
    "session_without_touchpoint_share": "session_without_touchpoint_share",
}
LOCAL_DAYS = {
    "sessions": {"started_on": "started_at"},
    "touchpoints": {"occurred_on": "occurred_at"},
    "journeys": {"started_on": "started_at", "converted_on": "converted_at"},
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Rows = list[dict[str, Any]]
Tables = dict[str, Rows]


@contextmanager
def product(folder: Path, world: World, **more: Any) -> Iterator[tuple[duckdb.DuckDBPyConnection, Settings]]:
    """The build file of a world, with everything in it."""
    chosen = Settings(exports=str(folder), database=folder.parent / f"{folder.name}.duckdb", **world.settings | more)
    with open_new_build(chosen) as connection:
        load_days(connection, by_day(find_exports(chosen.exports)), chosen)
        rebuild(connection, chosen)
        for write in writers(chosen):
            write(connection.cursor())
        yield connection, chosen


def writers(chosen: Settings) -> list[Callable[[duckdb.DuckDBPyConnection], object]]:
    """What writes the marts, each on a connection of its own, as the asset does it."""
    return [partial(write, settings=chosen) for write in WRITERS.values()]


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> Rows:
    return connection.cursor().sql(query).pl().to_dicts()


def reference(paths: list[Path], chosen: Settings, found: duckdb.DuckDBPyConnection) -> Tables:
    """The same tables by the reference; what no text decides (content order, hashes) it is told."""
    events, loads, _ = read_exports(paths, chosen.timezone, chosen.exclude, chosen.currency, rates_of(chosen))
    ranks = {
        (row["n"], row["export_date"]): row["content_rank"]
        for row in rows(found, "SELECT param_text(event_params, 'n') AS n, export_date, content_rank FROM events")
    }
    for event in events:
        event["content"] = (event["export_day"], ranks[event["params"]["n"], event["export_day"]])
    own = own_currency(events, chosen.currency)
    tables = rebuild_naively(
        events,
        load_lifecycle(chosen.lifecycle),
        as_of(events, loads, chosen.timezone),
        chosen.journey_window,
        chosen.session_gap,
        chosen.identity,
        chosen.session_split,
        chosen.ignored_referrers,
        channel_of_product(),
        session_key,
        own,
    )
    listed = {(row["person_id"], row["journey_number"]) for row in tables["journeys"]}
    computed = figures(tables, load_lifecycle(chosen.lifecycle), chosen.personas)
    among = recent_journeys(tables, chosen)
    recent = figures(tables, load_lifecycle(chosen.lifecycle), chosen.personas, among)
    has_recent = any((row["person_id"], row["journey_number"]) in among for row in tables["journeys"])
    computed |= {table.name: recent[table.name.removeprefix("recent.")] if has_recent else [] for table in RECENT}
    for row in tables["sessions"]:
        if (row["person_id"], row["journey_number"]) not in listed:
            row["journey_number"] = None  # the product shows it nowhere
    for name, days in LOCAL_DAYS.items():
        for row in tables[name]:
            row |= {day: local_day(row[instant], chosen.timezone) for day, instant in days.items()}
    money = {"currencies": currency_rows(events, own), "money": [money_figures(events, tables, own)]}
    return {**tables, **computed, **money, "loads": loads}


def recent_journeys(tables: Tables, chosen: Settings) -> set[tuple[str, int]]:
    """Journeys that began in the last whole weeks before the day on which a journey may not be mature yet."""
    clock = tables["clock"][0]
    open_day = local_day(clock["as_of"] - chosen.journey_window // timedelta(microseconds=1), chosen.timezone)
    assert open_day
    starts: dict[tuple[str, int], int] = {}
    for session in tables["sessions"]:
        key = session["person_id"], session["journey_number"]
        starts[key] = min(session["started_at"], starts.get(key, session["started_at"]))
    days = {key: local_day(start, chosen.timezone) for key, start in starts.items()}
    weeks = {key: (open_day.toordinal() - 1) // 7 - (day.toordinal() - 1) // 7 for key, day in days.items() if day}
    return {key for key, ago in weeks.items() if 1 <= ago <= chosen.recent_weeks}


def local_day(instant: int | None, zone: str) -> date | None:
    """The day that a clock on the wall shows at an instant, in microseconds since 1970."""
    return None if instant is None else (EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone)).date()


def rates_of(chosen: Settings) -> Any:
    """The exchange rates of the settings: by currency, or by day and currency."""
    given = chosen.exchange_rates
    if not isinstance(given, Path):
        return given
    lines = [line.split(",") for line in given.read_text().splitlines()[1:]]
    return [(date.fromisoformat(day), currency, float(rate)) for day, currency, rate in lines]


def session_key(device: str, start: int, count: int) -> int:
    parts = [pl.lit(device), pl.lit(start), *([pl.lit(count)] if count > 1 else [])]
    return int(pl.select(key_of(*parts)).item())


def differences(connection: duckdb.DuckDBPyConnection, expected: Tables) -> list[str]:
    found = {name: rows(connection, f"FROM {name}") for name in KEYS}
    found |= with_natural_keys(found)
    found |= {table.name: rows(connection, f"FROM {table.name}") for table in RECENT}
    keys = KEYS | {table.name: KEYS[table.name.removeprefix("recent.")] for table in RECENT}
    lines = [f"{name}: {line}" for name, key in keys.items() for line in compare(expected[name], found[name], key)]
    quality = {row["name"]: row["value"] for row in rows(connection, "FROM quality")}
    figured = {OF_QUALITY[row["name"]]: row["value"] for row in expected["quality"] if row["name"] in OF_QUALITY}
    counts = ("rows_read", "events", "duplicates", "quarantined", "excluded")
    loads = [{**row, "source_file": Path(row["source_file"]).name} for row in rows(connection, "FROM loads")]
    return [
        *lines,
        *compare([figured | expected["money"][0] | {"key": 1}], [quality | {"key": 1}], ["key"], tolerance=1e-6),
        *compare(expected["loads"], loads, ["source_file"], counts),
    ]


def breaches(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the checks find, over all journeys and in schema recent."""
    with over_recent(connection) as recent:
        found = {table.name: broken_contract(connection, recent, table) for table in TABLES.values()}
        found |= {rule.name: broken_rule(connection, recent, rule) for rule in reconciliations()}
    return [f"{name}: {line}" for name, lines in found.items() for line in lines]


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """All tables that the transforms and marts write, and the keys of events, as sorted text."""
    tables = {table.name: rows(connection, f"FROM {table.name}") for table in (*REBUILT, *MARTS)}
    tables["events"] = rows(connection, "SELECT * EXCLUDE (source_file) FROM events")
    return {name: sorted(map(repr, found)) for name, found in tables.items()}


def check_equality(world: World, lifecycle: str) -> None:
    with TemporaryDirectory() as folder:
        paths = world.write(Path(folder) / "exports")
        with product(Path(folder) / "exports", world, lifecycle=str(LIFECYCLES / lifecycle)) as (connection, chosen):
            note(f"{chosen}")
            assert differences(connection, reference(paths, chosen, connection)) == []
            assert breaches(connection) == []


def check_order(world: World, lifecycle: str, batch_rows: int, seed: int) -> None:
    rule = str(LIFECYCLES / lifecycle)
    with TemporaryDirectory() as folder:
        world.write(Path(folder) / "one")
        world.write(Path(folder) / "other", random.Random(seed).shuffle)
        with product(Path(folder) / "one", world, lifecycle=rule) as (connection, _):
            expected = contents(connection)
        at_once = seed % 5 + 1
        sorted_in_parts = patch.object(local, "SORTED_ROWS", at_once)
        counted_in_parts = patch.multiple(counting, CHUNK_ROWS=at_once, CHUNK_PEOPLE=at_once)
        other = product(Path(folder) / "other", world, lifecycle=rule, batch_rows=batch_rows)
        with sorted_in_parts, counted_in_parts, other as (connection, _):
            assert contents(connection) == expected


def few(examples: int) -> settings:
    """So many worlds, always the same ones; files and databases take their time."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


@few(8)
@given(worlds(), CHOSEN)
def test_every_table_equals_the_reference(world: World, lifecycle: str) -> None:
    check_equality(world, lifecycle)


@few(3)
@given(worlds(), CHOSEN, st.sampled_from([1, 2, 3, 7]), st.integers(0, 99))
def test_neither_the_order_of_rows_nor_the_size_of_batches_matters(
    world: World, lifecycle: str, batch_rows: int, seed: int
) -> None:
    check_order(world, lifecycle, batch_rows, seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@few(400)
@given(worlds(60), CHOSEN)
def test_every_table_equals_the_reference_on_many_worlds(world: World, lifecycle: str) -> None:
    check_equality(world, lifecycle)
