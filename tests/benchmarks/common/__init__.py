"""The common part: what Sojourn and other tools can all do, each in its own way, on one flat file of events.

Sessions are cut at silences of more than thirty minutes; transitions are counted between consecutive events of a
session, with the median of their seconds; the funnel counts devices that took its five steps in this order, whatever
lies between. The file holds device, event and time, for each row that names all three. Its times are whole seconds, and
those of a device are at least a second apart: some tools count whole seconds, and each breaks ties its own way. There
are no refunds in it, which begin no session of Sojourn's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

GAP = timedelta(minutes=30)
FUNNEL = ("page_view", "view_item", "add_to_cart", "begin_checkout", "purchase")
PEERS = {
    "Sojourn": "sojourn",
    "Polars": "with_polars",
    "DuckDB": "with_duckdb",
    "pandas": "with_pandas",
    "retentioneering": "with_retentioneering",
    "PM4Py": "with_pm4py",
    "chDB": "with_chdb",
}
"""The module of each."""
LIGHT_PEERS = tuple(PEERS)[:3]
"""Those that need nothing but what Sojourn needs."""

FLAT = """
    COPY (
        WITH followed AS (
            SELECT user_pseudo_id AS device, event_name AS event, event_timestamp // 1000000 AS second,
                row_number() OVER (PARTITION BY device ORDER BY event_timestamp, event) AS place
            FROM read_parquet({files}, union_by_name = true)
            WHERE user_pseudo_id IS NOT NULL AND event_timestamp IS NOT NULL AND event_name <> 'refund'
        ),
        parted AS (
            SELECT device, event, place + max(second - place) OVER (PARTITION BY device ORDER BY place) AS second
            FROM followed
        )
        SELECT device, event, make_timestamp(second * 1000000) AS time FROM parted ORDER BY second, device
    ) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


@dataclass(frozen=True)
class Answer:
    """What the common part comes to.

    Args:
        sessions: their number.
        transitions: event, next event, how often, median seconds; in order of the events.
        funnel: devices that took the first step, the first two, and so on.
    """

    sessions: int
    transitions: Sequence[tuple[str, str, int, float]]
    funnel: Sequence[int]


def in_order(transitions: Sequence[tuple[str, str, int, float]]) -> list[tuple[str, str, int, float]]:
    """Put transitions in order of their events, with plain numbers."""
    return sorted((str(one), str(next_one), int(count), float(median)) for one, next_one, count, median in transitions)
