"""The law of nights: after whatever came and went, every table equals a fresh build of what was last delivered."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from models.settings import Settings
from models.tables import (
    AGGREGATES,
    COUNTED_PEOPLE,
    DEVICE_DAYS,
    PAGES_SEEN,
    PURCHASER_SEGMENTS,
    RECENT,
    RUNNING_WATCH_COUNTS,
    STALE_JOURNEYS,
    STALE_PEOPLE,
    SURVEY_ANSWERS,
    TABLES,
    TOUCHED,
    UNMATCHED_SESSIONS,
    UNSETTLED,
    WAITING,
)
from pipelines import counting
from pipelines.days import find_days
from pipelines.engines import local
from pipelines.ingesting import ingest
from pipelines.places import build_path
from pipelines.rebuilding import rebuild
from pipelines.stale import clear_stale
from pipelines.unchecked import clear_unchecked, note_all_unchecked, unchecked_rows
from tests.shops import open_new_build
from tests.test_equals_reference import CHOSEN, LIFECYCLES, breaches, writers
from tests.worlds_by_chance import MONIES, SCHEMA, Row, World, holds_an_event, worlds

PERSONAS = {
    "phones": "device_category = 'mobile'",
    "buyers": "purchase_count > 0",
    "decided newcomers": "visitor = 'new' AND outcome <> 'open'",
}
FED_COLUMNS = (
    "occurred_at",
    "user_id",
    "user_pseudo_id",
    "stream_id",
    "event_name",
    "score",
    "survey",
    "revenue",
    "currency",
)
FED_AT = ("2025-03-28T21:30:00Z", "2025-03-28T21:30:00Z", "2025-03-28", "2025-03-30 00:30", "2025-04-01", "soon")
FED = st.lists(
    st.tuples(
        st.sampled_from(FED_AT),
        st.sampled_from(["eve", "ada", "bo", "", "NULL", "7.0"]),
        st.sampled_from(["", "", "a", "b"]),
        st.sampled_from(["", "", "", "1"]),
        st.sampled_from(["page_view", "page_view", "survey_answer", "survey_answer", "purchase", "help", ""]),
        st.sampled_from(["", "0", "7", "9", "10", "good"]),
        st.sampled_from(["", "nps", "csat"]),
        st.sampled_from(["", "", "5.5"]),
        st.sampled_from(["", "DKK", "SEK"]),
    ),
    max_size=8,
)
"""Rows of feeds; some fall on the very instant, device and name of an exported event."""
PASSING = {"loads": "EXCLUDE (loaded_at, file_state, read_with)"}
NUMBERS = {"segment_number": "segments", "edge": "edges"}
"""Numbers are given as things come: what they stand for is compared."""
MARKS = {
    "events": "EXCLUDE (person_id, session_id)",
    "journeys": "EXCLUDE (watched_until)",
    "stays": "EXCLUDE (watched_until)",
}
OWN = (DEVICE_DAYS, UNMATCHED_SESSIONS, PAGES_SEEN)
COUNTED = (*AGGREGATES, RUNNING_WATCH_COUNTS, PURCHASER_SEGMENTS, SURVEY_ANSWERS, COUNTED_PEOPLE)
COMPARED = (*(table for name, table in TABLES.items() if name != "restatements"), *RECENT, *OWN)


def night(settings: Settings, look: Callable[[duckdb.DuckDBPyConnection], Any] = lambda seen: None) -> Any:
    """One night over all exports, and what is seen in its tables afterwards."""
    with open_new_build(settings) as connection:
        ingest(connection, find_days(settings), settings)
        rebuild(connection, settings)
        for write in writers(settings):
            write(connection.cursor())
        found = look(connection)
        clear_unchecked(connection)
        clear_stale(connection)
        return found


def everything(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """All rows of all tables, and of what marts are counted from, as sorted text, without what tells when."""
    queries = {table.name: f"SELECT * {PASSING.get(table.name, '')} FROM {table.name}" for table in COMPARED}
    for table in COUNTED:
        numbers = [name for name in NUMBERS if name in table.column_names]
        joins = "".join(f" JOIN {NUMBERS[name]} USING ({name})" for name in numbers)
        left_out = f"EXCLUDE ({', '.join(numbers)})" if numbers else ""
        queries[table.name] = f"SELECT * {left_out} FROM {table.name}{joins}"
    return {name: sorted(map(repr, connection.execute(query).fetchall())) for name, query in queries.items()}


def left_over(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What a night should have done and what breaks a rule."""
    waiting = [t.name for t in (WAITING, TOUCHED, UNSETTLED) if connection.execute(f"FROM {t.name}").fetchall()]
    waiting += [t.name for t in (STALE_PEOPLE, STALE_JOURNEYS) if connection.sql(f"FROM {t.name} WHERE NOT is_counted")]
    of_changed = breaches(connection)
    note_all_unchecked(connection)
    return waiting + of_changed + breaches(connection)


def checked(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[set[str], set[str]]]:
    """All rows of all tables, and those of them that checks look at, without what no check depends on."""
    return {
        name: tuple(
            {repr(row) for row in connection.execute(f"SELECT * {MARKS.get(name, '')} FROM {rows}").fetchall()}
            for rows in (name, unchecked_rows(connection, table))
        )
        for name, table in TABLES.items()
    }


def deliver(exports: Path, last: Path, choices: Mapping[str, Any]) -> None:
    """Bring what was last delivered for each day to what a night over these exports is to take of them."""
    now, before = by_day(exports), by_day(last)
    keeps = choices.get("vanished_days") != "drop"
    for day in before.keys() - now.keys() if not keeps else ():
        for file in before[day]:
            file.unlink()
    for day, files in now.items():
        daily = [file for file in files if "intraday" not in file.name]
        if not stays(before.get(day, []), daily or files, keeps, choices.get("shrunken_days") != "load"):
            for file in before.get(day, []):
                file.unlink()
            for file in daily or files:
                shutil.copyfile(file, last / file.name)


def stays(before: Sequence[Path], now: Sequence[Path], keeps: bool, doubts: bool) -> bool:
    """Whether a day stays as it was delivered before, by the definition."""
    old, new = ({file.read_bytes(): pq.read_metadata(file).num_rows for file in files} for files in (before, now))
    is_lesser = all("intraday" in file.name for file in now) and not all("intraday" in file.name for file in before)
    if not doubts or not any(rows for file, rows in old.items() if file not in new):
        return False
    if keeps and (is_lesser or new.keys() <= old.keys()):
        return True
    came, were = (sum(pq.read_metadata(file).num_rows for file in files) for files in (now, before))
    return 2 * came < were


def by_day(folder: Path) -> dict[str, list[Path]]:
    """The files of a folder by their day."""
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        found.setdefault(file.name.removeprefix("events_").removeprefix("intraday_")[:8], []).append(file)
    return found


class Nights(RuleBasedStateMachine):
    """Files come, change and go; now and then there is a night."""

    @initialize(
        first=worlds(40),
        second=worlds(10),
        lifecycle=CHOSEN,
        at_once=st.sampled_from([counting.CHUNK_ROWS, 7]),
        found_first=st.sampled_from([0, local.FOUND_FIRST]),
    )
    def begin(self, first: World, second: World, lifecycle: str, at_once: int, found_first: int) -> None:
        self.at_size = [
            patch.object(counting, "CHUNK_ROWS", at_once),
            patch.object(local, "FOUND_FIRST", found_first),
        ]
        for one in self.at_size:
            one.start()
        self.folder = Path(mkdtemp())
        self.exports = self.folder / "exports"
        self.exports.mkdir()
        self.feeds = self.folder / "feeds"
        self.feeds.mkdir()
        names = sorted({*first.files, *second.files})
        self.pool = [(name, first.files.get(name, []) + second.files.get(name, [])) for name in names]
        self.next = 0
        self.rows: dict[str, set[str]] = {}
        self.choices = first.settings | {"lifecycle": str(LIFECYCLES / lifecycle), "batch_rows": 3}
        self.choices |= {"personas": {"buyers": PERSONAS["buyers"]}}
        self.last = self.folder / "last"
        self.last.mkdir()

    def write(self, name: str, rows: list[Row]) -> None:
        if holds_an_event(name.replace("intraday_", ""), rows):
            pq.write_table(pa.Table.from_pylist(rows, SCHEMA), self.exports / name)

    def settings(self, name: str, exports: str = "exports") -> Settings:
        feeds = {"feeds": (str(self.feeds),)} if any(self.feeds.iterdir()) else {}
        return Settings(exports=str(self.folder / exports), database=self.folder / name, **feeds, **self.choices)

    def there(self) -> list[Path]:
        return sorted(self.exports.iterdir())

    @rule(which=st.integers(0, 99))
    def a_file_comes(self, which: int) -> None:
        name, rows = self.pool[which % len(self.pool)]
        self.write(name, rows)

    @rule(which=st.integers(0, 99), seed=st.lists(st.booleans(), min_size=1, max_size=7))
    def a_file_comes_with_some_of_its_rows(self, which: int, seed: list[bool]) -> None:
        name, rows = self.pool[which % len(self.pool)]
        self.write(name, [row for place, row in enumerate(rows) if seed[place % len(seed)]])

    @rule(which=st.integers(0, 99))
    def an_intraday_file_comes(self, which: int) -> None:
        name, rows = self.pool[which % len(self.pool)]
        self.write(name.replace("events_", "events_intraday_"), rows[: len(rows) // 2 + 1])

    @precondition(lambda self: self.there())
    @rule(which=st.integers(0, 99))
    def a_file_goes(self, which: int) -> None:
        files = self.there()
        files[which % len(files)].unlink()

    @rule(name=st.sampled_from(["a.csv", "b.csv"]), rows=FED)
    def a_feed_comes(self, name: str, rows: list[tuple[str, ...]]) -> None:
        lines = [",".join(cells) for cells in [FED_COLUMNS, *rows]]
        (self.feeds / name).write_text("\n".join([*lines, ""]), encoding="utf-8")

    @precondition(lambda self: any(self.feeds.iterdir()))
    @rule(which=st.integers(0, 1))
    def a_feed_goes(self, which: int) -> None:
        files = sorted(self.feeds.iterdir())
        files[which % len(files)].unlink()

    @precondition(lambda self: self.there())
    @rule(which=st.integers(0, 99))
    def a_file_comes_again_as_it_was(self, which: int) -> None:
        files = self.there()
        os.utime(files[which % len(files)], ns=(which, which))

    @rule(
        changed=st.sampled_from(
            [
                {"journey_window": timedelta(days=1)},
                {"journey_window": timedelta(days=7)},
                {"recent_weeks": 1},
                {"identity": "device"},
                {"personas": PERSONAS},
                *MONIES,
            ]
        )
    )
    def a_setting_changes(self, changed: dict[str, Any]) -> None:
        self.choices |= changed

    @precondition(lambda self: any(self.last.iterdir()))
    @rule(changed=st.sampled_from([{"timezone": "Asia/Kolkata"}, {"exclude": "event_name = 'scroll'"}]))
    def all_that_was_delivered_is_read_otherwise(self, changed: dict[str, Any]) -> None:
        for day, files in by_day(self.last).items():
            for file in by_day(self.exports).get(day, []):
                file.unlink()
            for file in files:
                shutil.copyfile(file, self.exports / file.name)
        self.choices |= changed
        self.a_night_passes()

    @rule()
    def another_version_comes(self) -> None:
        path = build_path(self.settings("nightly.duckdb"))
        if path.exists():
            with duckdb.connect(path) as connection:
                connection.execute("CREATE OR REPLACE MACRO build_version() AS 'another version'")

    @precondition(lambda self: self.there())
    @rule(accepted=st.sampled_from([{"shrunken_days": "load"}, {"vanished_days": "drop"}]))
    def a_night_passes_that_accepts_what_went(self, accepted: dict[str, Any]) -> None:
        before = self.choices
        self.choices = before | accepted
        self.a_night_passes()
        self.choices = before

    @rule(files=st.integers(1, 3))
    def the_next_files_come_and_a_night_passes(self, files: int) -> None:
        for name, rows in self.pool[self.next : self.next + files]:
            self.write(name, rows)
        self.next += files
        if self.there():
            self.a_night_passes()

    @rule(files=st.integers(1, 3))
    def more_files_come_and_a_night_passes(self, files: int) -> None:
        self.the_next_files_come_and_a_night_passes(files)

    @precondition(lambda self: self.there())
    @rule()
    def a_night_passes(self) -> None:
        rows, found, left = night(
            self.settings("nightly.duckdb"), lambda seen: (checked(seen), everything(seen), left_over(seen))
        )
        for name, (now, looked_at) in rows.items():
            overlooked = now - self.rows.get(name, set()) - looked_at
            assert not overlooked, f"{name}: changed and not checked {overlooked}"
            self.rows[name] = now
        (self.folder / "fresh.build.duckdb").unlink(missing_ok=True)
        deliver(self.exports, self.last, self.choices)
        fresh = night(self.settings("fresh.duckdb", "last"), everything)
        assert left == []
        for name, rows in fresh.items():
            here, there = set(found[name]), {one.replace(str(self.last), str(self.exports)) for one in rows}
            assert not here ^ there, f"{name}: only by nights {here - there}, only by a rebuild {there - here}"
            assert len(found[name]) == len(rows)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            try:
                if self.there():
                    self.a_night_passes()
            finally:
                for one in self.at_size:
                    one.stop()
            shutil.rmtree(self.folder)


def some(examples: int, steps: int) -> hypothesis_settings:
    """So many sequences of so many steps, always the same ones."""
    return hypothesis_settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


class TestNights(Nights.TestCase):  # type: ignore[misc]
    settings = some(4, 10)


@pytest.mark.slow
@pytest.mark.timeout(3600)
class TestManyNights(Nights.TestCase):  # type: ignore[misc]
    settings = some(150, 25)
