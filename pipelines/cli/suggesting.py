"""`sojourn suggest-touchpoints`: a starting lifecycle file for one's own site, from what the published file holds."""

import duckdb
import polars as pl

from models.errors import UserError
from models.ga4 import AUTOMATIC_EVENTS
from models.lifecycle import Lifecycle, lifecycle_document, load_lifecycle, read_catalogue
from models.settings import Settings
from models.sql import read_sql
from pipelines.published_file import open_published
from pipelines.warehouse import first_row
from transforms.suggestions.placing import suggest
from transforms.suggestions.writing import Coverage, write_lifecycle_file

FEWEST_SESSIONS = 5
"""What fewer sessions held is not suggested: mistyped addresses, and pages that were made for one person."""
MOST = 60
"""So many names and groups of pages, the commonest, are what a person reads through."""


class OtherLifecycleError(UserError):
    """A published file that was made with another lifecycle than the settings name."""


def suggested_lifecycle(settings: Settings) -> str:
    """Write the lifecycle of the settings anew, with touchpoints for what none of its rules recognised.

    Raises:
        OtherLifecycleError: if the published file was made with another one, which leaves other events unmatched.
        LifecycleError: if the lifecycle cannot be used.
        WarehouseError: if there is no published file, or it cannot be read.
    """
    lifecycle = load_lifecycle(settings.lifecycle)
    with open_published(settings) as connection:
        _see_that_it_is_cut_by(lifecycle, connection, settings)
        found = connection.sql(read_sql("suggestions/candidates")).pl()
        is_automatic = pl.col("event_name").is_in(AUTOMATIC_EVENTS)
        common = found.filter(~is_automatic & (pl.col("sessions") >= FEWEST_SESSIONS)).head(MOST)
        coverage = _coverage(connection, found.filter(is_automatic))
    suggestions = suggest(common.to_dicts(), lifecycle, read_catalogue())
    return write_lifecycle_file(lifecycle_document(settings.lifecycle), suggestions, coverage)


def _see_that_it_is_cut_by(lifecycle: Lifecycle, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """By its name, phases and touchpoints; a rule that was changed since cannot be told."""
    found = set(connection.execute("SELECT lifecycle, phase, touchpoint FROM lifecycle").fetchall())
    expected = {
        (lifecycle.name, phase.key, point.key if point else None)
        for phase in lifecycle.phases
        for point in (lifecycle.touchpoints_of(phase.key) or (None,))
    }
    if found != expected:
        raise OtherLifecycleError(
            f"{settings.database} was not made with lifecycle {settings.lifecycle!r} as it is now;"
            " give --lifecycle the one that it was made with, or run `sojourn run` first"
        )


def _coverage(connection: duckdb.DuckDBPyConnection, automatic: pl.DataFrame) -> Coverage:
    counts = first_row(connection, "SELECT sum(event_count), sum(unmatched_event_count) FROM sessions")
    followed, unmatched = (int(count or 0) for count in counts or (0, 0))
    met = dict(connection.execute("SELECT touchpoint, count(*) FROM touchpoints GROUP BY touchpoint").fetchall())
    return Coverage(followed, unmatched, met, automatic.to_dicts(), FEWEST_SESSIONS, MOST)
