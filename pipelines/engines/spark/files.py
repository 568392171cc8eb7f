"""Files on Spark: a task reads some of them; rows that may be twins are brought together between the tasks.

Of all rows only a key is spread over the workers; of the few that share one, what decides among them; and back to the
files goes how they rank. So a row is read where its file is, and a day may lie in any number of files.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from pipelines.chunks import chunks
from pipelines.engines.spark.reading import Reading
from pipelines.reading import DayFile

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PART_BYTES = 16 * 1024 * 1024
TEXTS = "address STRING, told STRING"
KEYS = "part INT, key BIGINT, rows BIGINT"
CONTENTS = (
    "part INT, key BIGINT, source_file STRING, row_number BIGINT, export_date DATE, device_id STRING, stream_id STRING,"
    " occurred_at TIMESTAMP_NTZ, event_name STRING, batch_page_id BIGINT, batch_ordering_id BIGINT,"
    " batch_event_index BIGINT, is_excluded BOOLEAN, content STRING"
)
RANKS = "part INT, source_file STRING, row_number BIGINT, is_duplicate BOOLEAN, content_rank BIGINT, key_rank BIGINT"
WRITTEN = "folder STRING, source_file STRING, rows_read BIGINT, duplicates BIGINT, excluded BIGINT"


def parts_of(files: Sequence[DayFile]) -> list[list[DayFile]]:
    """Cut files into parts of a bounded number of bytes, a task each."""
    return list(chunks(files, lambda one: one.file.size, PART_BYTES))


def hash_files(spark: "SparkSession", reading: Reading) -> dict[str, str]:
    """The hash of the content of each file, by its address."""
    return dict(_per_part(spark, reading, reading.hashes, TEXTS).collect())


def find_faults(spark: "SparkSession", reading: Reading) -> dict[str, str]:
    """The files that cannot be read, by address, each with what is wrong, as a worker sends it."""
    return dict(_per_part(spark, reading, reading.faults, TEXTS).collect())


def write_rows(spark: "SparkSession", reading: Reading) -> pa.Table:
    """Have the rows of all files told apart and written.

    Returns:
        one row per file: the folder that its part was written to, and the counts of `export_counts`.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    count = len(reading.parts)
    spark.conf.set("spark.sql.shuffle.partitions", str(count))
    keys = _per_part(spark, reading, reading.keys, KEYS)
    everywhere = f.sum("rows").over(Window.partitionBy("key"))
    shared = keys.withColumn("everywhere", everywhere).where("everywhere > 1").select("part", "key")
    contents = shared.groupBy("part").applyInArrow(
        lambda rows: reading.contents(rows["part"][0].as_py(), rows), CONTENTS
    )
    ranks = contents.groupBy(f.pmod("key", f.lit(count))).applyInArrow(lambda rows: reading.ranks(rows), RANKS)
    parts = spark.range(0, count, 1, count).select(f.col("id").cast("int").alias("part"))
    written = (
        parts.groupBy("part")
        .cogroup(ranks.groupBy("part"))
        .applyInArrow(lambda part, rows: reading.write(part["part"][0].as_py(), rows), WRITTEN)
    )
    return written.toArrow()


def _per_part(spark: "SparkSession", reading: Reading, task: Callable[[int], pa.Table], schema: str) -> "DataFrame":
    """Run a task for each part."""

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for part in batch.column("id").to_pylist():
                yield from task(part).to_batches()

    count = len(reading.parts)
    return spark.range(0, count, 1, count).mapInArrow(run, schema)
