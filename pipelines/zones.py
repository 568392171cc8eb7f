"""Time zones by DuckDB's rules, which tell the local days of the tables; another machine's rules may be other ones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from models.settings import NO_TIMEZONE, Settings, SettingsError

LOADED_DAYS = "SELECT DISTINCT export_day FROM loads WHERE export_day IS NOT NULL ORDER BY export_day DESC"
EVENT_OF_DAY = """
    FROM events
    WHERE export_date = $1 AND is_of_feed(content_rank) IS NOT TRUE AND local_day(quarter_of(occurred_at), $2) = $1
    LIMIT 1
"""
END_OF_DAY = """
    SELECT min(quarter)
    FROM range($1::TIMESTAMP, $1::TIMESTAMP + INTERVAL 3 DAY, INTERVAL 15 MINUTE) AS quarters(quarter)
    WHERE timezone($2, timezone('UTC', quarter))::DATE > $1
"""
LAST_DAY = "(SELECT timezone(timezone, timezone('UTC', as_of - INTERVAL 1 SECOND))::DATE FROM run_settings)"
"""The last day of a published file, as SQL: the one that as_of is the end of."""


def check_zones(settings: Settings) -> None:
    """See that DuckDB knows the time zones of the settings.

    Raises:
        SettingsError: if it does not know one; the message names it.
    """
    with duckdb.connect() as connection:
        for name in ("timezone", "feed_timezone"):
            zone = getattr(settings, name)
            if not connection.execute("FROM pg_timezone_names() WHERE name = ?", [zone]).fetchall():
                raise SettingsError(f"setting '{name}' is {zone!r}: {NO_TIMEZONE}")


def last_day(connection: duckdb.DuckDBPyConnection, zone: str) -> date | None:
    """The last export day loaded that holds an event of that day; None where no day is loaded.

    An empty or misnamed file of a later day moves nothing. Where no day holds one it is the last day loaded.
    """
    days: list[date] = [day for (day,) in connection.execute(LOADED_DAYS).fetchall()]
    for day in days:  # nearly always the first
        if connection.execute(EVENT_OF_DAY, [day, zone]).fetchall():
            return day
    return days[0] if days else None


def tell_zone(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Set the variables that rules over days read: timezone and last_day."""
    connection.execute("SET VARIABLE timezone = ?", [settings.timezone])
    connection.execute("SET VARIABLE last_day = ?", [last_day(connection, settings.timezone)])


def end_of_day(day: date, zone: str) -> datetime:
    """The UTC instant at which a local day ends: the first quarter of an hour of a later one.

    What a clock shows at midnight may be no time at all, or two, where clocks are changed then.
    """
    return _instant(END_OF_DAY, day, zone)


def local_time(moment: datetime, zone: str) -> datetime:
    """What a clock on the wall shows at a moment, which says its own zone."""
    return _instant("SELECT timezone($2, timezone('UTC', $1))", moment.astimezone(UTC).replace(tzinfo=None), zone)


def told_time(moment: datetime, zone: str) -> str:
    """A moment as people are told it."""
    return f"{local_time(moment, zone):%Y-%m-%d %H:%M} {zone}"


def zone_of_clock(zone: str) -> str:
    """A zone for Dagster's clock, which starts runs: by the machine's rules, or else by how far off it is now."""
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        now = datetime.now(UTC)
        hours = -(-(local_time(now, zone) - now.replace(tzinfo=None)) // timedelta(hours=1))
        return f"Etc/GMT{-hours:+d}"


def _instant(query: str, moment: date, zone: str) -> datetime:
    with duckdb.connect() as connection:
        (instant,) = connection.execute(query, [moment, zone]).fetchall()[0]
    assert isinstance(instant, datetime)
    return instant
