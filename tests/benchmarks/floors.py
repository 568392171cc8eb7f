"""What cannot be done without, alone: `python -m tests.benchmarks.floors FLOOR EXPORTS DATABASE [FRESH]`.

read: what Sojourn reads of nested Parquet, once. sort: one external sort of a published file's events by person and
time, of the columns that histories need. write: the rows of all published tables into a fresh file of the same format.
"""

import sys
from pathlib import Path

import duckdb

from models.settings import Settings
from pipelines.followed import NEEDED
from pipelines.warehouse import STORAGE_VERSION, UNUSED_COMPRESSION
from tests.benchmarks.measuring import BEGIN

FLOORS = ("read", "sort", "write")
READ = (
    "event_date",
    "event_timestamp",
    "event_name",
    "event_params",
    "user_id",
    "user_pseudo_id",
    "device.category",
    "device.operating_system",
    "device.language",
    "device.browser",
    "device.web_info",
    "geo.country",
    "geo.city",
    "collected_traffic_source",
    "session_traffic_source_last_click.cross_channel_campaign.default_channel_group",
    "ecommerce.transaction_id",
    "ecommerce.purchase_revenue",
    "ecommerce.refund_value",
    "ecommerce.total_item_quantity",
    "event_dimensions.hostname",
    "batch_page_id",
    "batch_ordering_id",
    "batch_event_index",
    "stream_id",
    "platform",
    "items",
)


def read(connection: duckdb.DuckDBPyConnection, exports: Path) -> None:
    """Read the columns once."""
    files = [str(file) for file in sorted(exports.glob("events_2*.parquet"))]
    counts = ", ".join(f"count({name})" for name in READ)
    connection.execute(f"SELECT {counts} FROM read_parquet({files}, union_by_name = true)").fetchall()


def sort(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Sort by person and time, and take the rows."""
    connection.execute(f"ATTACH '{database}' AS published (READ_ONLY)")
    query = f"SELECT {', '.join(NEEDED)} FROM published.events ORDER BY person_id, device_id, occurred_at"
    for _ in connection.sql(query).to_arrow_reader(250_000):
        pass


def write(connection: duckdb.DuckDBPyConnection, database: Path, fresh: Path) -> None:
    """Copy all tables."""
    connection.execute(f"ATTACH '{database}' AS published (READ_ONLY)")
    connection.execute(f"ATTACH '{fresh}' AS fresh (STORAGE_VERSION '{STORAGE_VERSION}')")
    connection.execute("SET preserve_insertion_order = false")
    tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'published'"
    for (name,) in connection.execute(tables).fetchall():
        connection.execute(f"CREATE TABLE fresh.{name} AS FROM published.{name}")
    connection.execute("CHECKPOINT fresh")


def main() -> None:
    """Do one of them within the memory that Sojourn gives DuckDB."""
    floor, exports, *places = sys.argv[1:]
    print(BEGIN, flush=True)
    limit = Settings.model_fields["memory_limit"].default
    config = {
        "memory_limit": limit,
        "temp_directory": f"{places[0]}.tmp",
        "disabled_compression_methods": UNUSED_COMPRESSION,
    }
    with duckdb.connect(config=config) as connection:
        connection.execute("SET enable_progress_bar = false")
        if floor == "read":
            read(connection, Path(exports))
        elif floor == "sort":
            sort(connection, Path(places[0]))
        else:
            write(connection, Path(places[0]), Path(places[1]))


if __name__ == "__main__":
    main()
