"""Histories on Spark: events meet their persons in a join, and each bucket of people is rebuilt by one task."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from models.lifecycle import Lifecycle
from models.sql import quoted_text
from pipelines.engines.spark.exchange import new_folder, rows_of
from pipelines.engines.spark.failures import sending
from pipelines.followed import STORED, column_of, histories_query, insertion, needed_columns
from pipelines.marking import MARKED, MARKS, changed_marks
from pipelines.scratch import open_scratch
from pipelines.touched import People
from pipelines.warehouse import first_row, transaction
from transforms.histories import rebuild_histories
from transforms.rules import Rules

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

WRITTEN_ALREADY = {"marked_person_id": "person_id", "marked_session_id": "session_id"}
"""What the marks are called in `events`."""
ORDER = ("batch_page_id", "batch_ordering_id", "batch_event_index", "export_date", "content_rank")
"""What else the order of events is told by."""
REBUILT = "folder STRING, events BIGINT"
PEOPLE = "(SELECT DISTINCT device_id, owner AS person_id FROM events)"


@dataclass(frozen=True)
class Rebuilding:
    """What the tasks over buckets are told.

    Args:
        rules: all that decides histories.
        memory_limit: what DuckDB may hold in memory in a worker.
        exchange: where what tasks make is written to.
    """

    rules: Rules
    memory_limit: str
    exchange: Path

    def rebuild(self, events: pa.Table) -> pa.Table:
        """Rebuild the histories of a bucket of people from all their events, and write the tables."""
        columns = needed_columns(self.rules.lifecycle)
        with sending(), open_scratch(self.memory_limit, threads=1) as connection:
            connection.register("events", events)
            ordered = connection.sql(histories_query(columns, PEOPLE)).pl()
            folder = new_folder(self.exchange)
        histories = rebuild_histories(ordered.drop(MARKS), self.rules)
        for table in STORED:
            getattr(histories, table.name).select(table.found_names).write_parquet(folder / f"{table.name}.parquet")
        changed_marks(histories.events, ordered.select(MARKS)).write_parquet(folder / "marks.parquet")
        return pa.table({"folder": [str(folder)], "events": [ordered.height]})


def write_events(connection: duckdb.DuckDBPyConnection, lifecycle: Lifecycle, people: People, exchange: Path) -> int:
    """Write people's events and devices for Spark to read; the number of events."""
    named = [WRITTEN_ALREADY.get(name, name) for name in needed_columns(lifecycle)]
    columns = ", ".join(column_of(name) for name in dict.fromkeys([*named, *ORDER]))
    events, devices = (quoted_text(str(exchange / name)) for name in ("events", "devices.parquet"))
    owners = f"SELECT device_id, person_id AS owner FROM {people.devices}"
    connection.execute(f"COPY ({owners}) TO {devices} (FORMAT parquet)")
    written = first_row(
        connection,
        f"COPY (SELECT {columns} FROM events SEMI JOIN {people.devices} USING (device_id)) TO {events}"
        " (FORMAT parquet, PER_THREAD_OUTPUT)",
    )
    return int(written[0]) if written else 0


def rebuild_buckets(spark: "SparkSession", rebuilding: Rebuilding, buckets: int) -> list[str]:
    """Have all people rebuilt; the folders that the tables were written to."""
    from pyspark.sql import functions as f

    spark.conf.set("spark.sql.shuffle.partitions", str(buckets))
    events, devices = (
        spark.read.parquet(f"file://{rebuilding.exchange / name}") for name in ("events", "devices.parquet")
    )
    bucket = f.pmod(f.xxhash64("owner"), f.lit(buckets))
    rebuilt = (
        events.join(devices, "device_id").groupBy(bucket).applyInArrow(lambda rows: rebuilding.rebuild(rows), REBUILT)
    )
    return [row.folder for row in rebuilt.collect()]


def buckets_of(events: int, batch_rows: int) -> int:
    """How many buckets hold about as many events each as the local engine's batches."""
    return max(1, ceil(events / batch_rows))


def insert_histories(connection: duckdb.DuckDBPyConnection, folders: Sequence[str]) -> None:
    """Take the rows that tasks wrote into the build file, all or none."""
    with transaction(connection):
        for table in STORED:
            connection.execute(insertion(table, f"({rows_of(folders, table.name)})"))
        connection.execute(f"INSERT INTO marks SELECT {', '.join(MARKED)} FROM ({rows_of(folders, 'marks')})")
