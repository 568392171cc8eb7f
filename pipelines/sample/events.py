"""Turn actions into hits: which GA4 events each action sends, when, and in which file they arrive.

A hit is a thin row that points at its action; `export.py` dresses the hits of one day at a time.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sample.clock import DAY, Period
from pipelines.sample.shop import ACTIONS, HAS_PAGE, events_of

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MOMENTS: Final = {"start": 0, "middle": 1, "end": 2}
FIRST, LAST = -9, 9  # places of the events that belong to a visit, before and after those of its first action

LATE_SHARE: Final = 0.004
TWIN_SHARE: Final = 0.003
NO_SESSION_START_SHARE: Final = 0.02
TWO_SESSION_STARTS_SHARE: Final = 0.01
NO_FIRST_VISIT_SHARE: Final = 0.02

_LISTS: Final = [events_of(action) for action in ACTIONS]
_COUNTS: Final = np.array([len(hits) for hits in _LISTS])
_OFFSETS: Final = np.concatenate([[0], np.cumsum(_COUNTS)[:-1]])
_FLAT: Final = [hit for hits in _LISTS for hit in hits]
EVENT_NAMES: Final = tuple(sorted({hit.name for hit in _FLAT} | {"session_start", "first_visit", "login"}))
_NAMES: Final = np.array([EVENT_NAMES.index(hit.name) for hit in _FLAT])
_MOMENTS: Final = np.array([MOMENTS[hit.moment] for hit in _FLAT])
_CHANCES: Final = np.array([hit.chance for hit in _FLAT])


def mark_visits(rng: np.random.Generator, actions: pl.DataFrame, known_visits: Ints) -> pl.DataFrame:
    """Add to each action what its whole visit, and its whole device, have in common.

    Args:
        rng: source of all chance.
        actions: one row per action, ordered by person and time.
        known_visits: visits of each person's first device before the period.

    Returns:
        The actions with `row`, `session_at` (start of the visit, UTC microseconds), `visit_luck` (0 to 1),
        `first_at` (first touch of the device, UTC microseconds) and `first_channel`.
    """
    rows = np.arange(actions.height)
    landing = np.maximum.accumulate(np.where(actions["is_landing"].to_numpy(), rows, 0))
    before = np.where(actions["device"].to_numpy() == 0, known_visits[actions["person"].to_numpy()], 0)
    return actions.with_columns(
        row=pl.Series(rows),
        session_at=pl.Series(actions["started_at"].to_numpy()[landing]),
        visit_luck=pl.Series(rng.random(actions.height)[landing]),
        first_at=pl.col("started_at").min().over("person", "device") - pl.Series(before) * 6 * DAY,
        first_channel=pl.col("channel").first().over("person", "device"),
    )


def send_hits(rng: np.random.Generator, actions: pl.DataFrame, known_visits: Ints, period: Period) -> pl.DataFrame:
    """List every hit of every action, with the file that it arrives in.

    Args:
        rng: source of all chance.
        actions: one row per action, from `mark_visits`.
        known_visits: visits of each person's first device before the period.
        period: days of the files.

    Returns:
        One row per exported row: `row` of its action, `name` (code in EVENT_NAMES), `moment`, `index` (its
        place among the hits of that moment), `occurred_at` (UTC microseconds), `file_day` (number in the
        period), `is_late`, `luck` (0 to 1), `is_twin` (an exact copy of an earlier row),
        ordered by file and time.
    """
    hits = pl.concat([_own_hits(rng, actions), _visit_hits(rng, actions, known_visits)])
    hits = hits.sort("row", "moment", "place")
    hits = _time(hits, actions)
    return _file(rng, hits, period)


def _own_hits(rng: np.random.Generator, actions: pl.DataFrame) -> pl.DataFrame:
    action = actions["action"].to_numpy()
    rows = np.repeat(np.arange(len(action)), _COUNTS[action])
    starts = np.cumsum(_COUNTS[action]) - _COUNTS[action]
    place = np.arange(len(rows)) - starts[rows]
    flat = _OFFSETS[action[rows]] + place
    sent = rng.random(len(rows)) < _CHANCES[flat]
    return _hits(rows[sent], _NAMES[flat[sent]], _MOMENTS[flat[sent]], place[sent])


def _visit_hits(rng: np.random.Generator, actions: pl.DataFrame, known_visits: Ints) -> pl.DataFrame:
    """Give visits their session_start, first_visit and login; some lack one, some have one too many."""
    landing = actions["is_landing"].to_numpy() & HAS_PAGE[actions["action"].to_numpy()]
    before = np.where(actions["device"].to_numpy() == 0, known_visits[actions["person"].to_numpy()], 0)
    is_new = landing & (actions["device_visit"].to_numpy() == before + 1) & (before == 0)
    luck = rng.random((4, len(landing)))
    return pl.concat(
        [
            _extra(landing & (luck[0] >= NO_SESSION_START_SHARE), "session_start", "start", FIRST),
            _extra(landing & (luck[1] < TWO_SESSION_STARTS_SHARE), "session_start", "middle", FIRST),
            _extra(is_new & (luck[2] >= NO_FIRST_VISIT_SHARE), "first_visit", "start", FIRST + 1),
            _extra(is_new & (luck[3] < TWO_SESSION_STARTS_SHARE), "first_visit", "middle", FIRST + 1),
            _extra(landing & actions["is_signed_in"].to_numpy(), "login", "start", LAST),
        ]
    )


def _extra(chosen: Bools, name: str, moment: str, place: int) -> pl.DataFrame:
    rows = np.flatnonzero(chosen)
    same = np.ones(len(rows), np.int64)
    return _hits(rows, same * EVENT_NAMES.index(name), same * MOMENTS[moment], same * place)


def _hits(rows: Ints, names: Ints, moments: Ints, places: Ints) -> pl.DataFrame:
    schema = {"row": pl.Int64, "name": pl.Int16, "moment": pl.Int16, "place": pl.Int16}
    return pl.DataFrame({"row": rows, "name": names, "moment": moments, "place": places}, schema=schema)


def _time(hits: pl.DataFrame, actions: pl.DataFrame) -> pl.DataFrame:
    """Put hits of one moment in one microsecond: that is what GA4 does to most events."""
    rows, moments = hits["row"].to_numpy(), hits["moment"].to_numpy()
    span = actions["span"].to_numpy()[rows] * np.array([0, 4, 10])[moments] // 10
    return hits.with_columns(
        occurred_at=pl.Series(actions["started_at"].to_numpy()[rows] + span),
        index=pl.Series(_count_within(rows * len(MOMENTS) + moments)),
    ).drop("place")


def _count_within(keys: Ints) -> Ints:
    """Count 1, 2, ... over the places of each key, which stand together.

    >>> _count_within(np.array([7, 7, 8, 9, 9])).tolist()
    [1, 2, 1, 1, 2]
    """
    places = np.arange(len(keys))
    first = np.maximum.accumulate(np.where(np.diff(keys, prepend=-1) != 0, places, 0))
    counts: Ints = places - first + 1
    return counts


def _file(rng: np.random.Generator, hits: pl.DataFrame, period: Period) -> pl.DataFrame:
    day = period.day_of(hits["occurred_at"].to_numpy())
    late = (rng.random(hits.height) < LATE_SHARE) & (day + 1 < period.day_count)
    twins = np.where(rng.random(hits.height) < TWIN_SHARE, 2, 1)
    luck = rng.random(hits.height)  # before the copies are made: a twin is a twin in everything
    filed = hits.with_columns(file_day=pl.Series(day + late), is_late=pl.Series(late), luck=pl.Series(luck))
    copies = np.repeat(np.arange(hits.height), twins)
    is_twin = np.concatenate([[False], copies[1:] == copies[:-1]])[: len(copies)]
    filed = filed[copies].with_columns(is_twin=pl.Series(is_twin))
    return filed.sort("file_day", "occurred_at", maintain_order=True)


def has_event(name: str) -> pl.Expr:
    """Say whether a hit is of this name."""
    return pl.col("name") == EVENT_NAMES.index(name)
