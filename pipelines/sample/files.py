"""Write the rows of days as BigQuery extracts them: Parquet or JSON, in one file, in shards, or intraday."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, Self, TextIO

import polars as pl
import pyarrow.parquet as pq

from pipelines.sample.clock import HOUR, Period

FileFormat = Literal["parquet", "json"]

SHARD_COUNT: Final = 2
NOT_INTRADAY: Final = ("session_traffic_source_last_click", "is_active_user", "publisher", "user_ltv")
INTRADAY_HOURS: Final = 19
PARQUET: Final = {"compression": "zstd", "store_schema": False, "write_statistics": False}
"""Statistics would take a tenth of the time, and whoever reads an export reads all rows."""
NULL_FIELD: Final = r'"[a-z0-9_]+":(?:null|\[\]|\{\}),?'


def file_names(period: Period, file_format: FileFormat) -> list[str]:
    """Name every file of a sample, the intraday one included."""
    stems = [stem for number in range(period.day_count) for stem in _stems(period, number)]
    return [f"{stem}.{file_format}" for stem in [*stems, _intraday_stem(period)]]


def _stems(period: Period, number: int) -> list[str]:
    """Name the files of a day without their suffix: several where the extract is in shards."""
    stem = f"events_{period.names[number]}"
    is_split = number == period.day_count // 2
    return [f"{stem}{shard:012d}" for shard in range(SHARD_COUNT)] if is_split else [stem]


def _intraday_stem(period: Period) -> str:
    return f"events_intraday_{period.names[period.day_count // 3]}"


class ExportFiles:
    """The files of a sample, all open: people come a block at a time, and each block adds rows to every day.

    Days may be added by several threads at once, one day by one thread.
    """

    def __init__(self, out: Path, period: Period, file_format: FileFormat) -> None:
        """Replace the files of an earlier sample as rows come.

        Args:
            out: directory, which exists.
            period: the days.
            file_format: format of the files.
        """
        self._out, self._period, self._suffix = out, period, f".{file_format}"
        self._open: dict[str, _ParquetFile | _JsonFile] = {}
        self._rows: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Give the files."""
        return self

    def __exit__(self, *failure: object) -> None:
        """Write the files to their ends."""
        for file in self._open.values():
            file.close()

    def add_day(self, number: int, rows: pl.DataFrame) -> None:
        """Add rows to the files of a day.

        Args:
            number: number of the day in the period.
            rows: rows with the types of the export schema.
        """
        for stem, part in _cut(rows, _stems(self._period, number)):
            self._add(stem, part)
        if number == self._period.day_count // 3:
            self._add(_intraday_stem(self._period), intraday_rows(rows, int(self._period.starts[number])))

    def _add(self, stem: str, rows: pl.DataFrame) -> None:
        name = stem + self._suffix
        if name not in self._open:
            kind = _ParquetFile if self._suffix == ".parquet" else _JsonFile
            self._open[name] = kind(self._out / name)
        self._open[name].add(rows)
        self._rows[name] += rows.height

    @property
    def loaded(self) -> tuple[tuple[str, int], ...]:
        """Name and rows of each file that is to be loaded, by name."""
        return tuple(sorted((name, rows) for name, rows in self._rows.items() if "intraday" not in name))

    @property
    def superseded(self) -> tuple[tuple[str, int], ...]:
        """Name and rows of each file that a daily one replaces."""
        return tuple((name, rows) for name, rows in self._rows.items() if "intraday" in name)


class _ParquetFile:
    """A Parquet file that grows by a group of rows at a time; the same rows give the same bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def add(self, rows: pl.DataFrame) -> None:
        table = rows.to_arrow()
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, **PARQUET)
        self._writer.write_table(table)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


class _JsonFile:
    """A file of newline-delimited JSON that grows."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8")

    def add(self, rows: pl.DataFrame) -> None:
        self._file.writelines(f"{line}\n" for line in json_lines(rows))

    def close(self) -> None:
        self._file.close()


def _cut(rows: pl.DataFrame, stems: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    size = -(-rows.height // len(stems))
    for place, stem in enumerate(stems):
        yield stem, rows.slice(place * size, size)


def intraday_rows(rows: pl.DataFrame, midnight: int) -> pl.DataFrame:
    """Take what a streaming export had of a day by the evening, without the columns it never has.

    Args:
        rows: rows of one day.
        midnight: UTC microseconds at which the day starts.
    """
    return rows.filter(pl.col("event_timestamp") < midnight + INTRADAY_HOURS * HOUR).drop(NOT_INTRADAY)


def json_lines(rows: pl.DataFrame) -> pl.Series:
    r"""Write rows as BigQuery does: 64-bit integers as text, nothing where there is null or an empty list.

    >>> json_lines(pl.DataFrame({"a": [1], "b": [None], "c": [[{"d": None, "e": 2.5}]]})).to_list()
    ['{"a":"1","c":[{"e":2.5}]}']
    """
    texts = rows.select(pl.col(name).cast(_texts(kind)) for name, kind in rows.schema.items())
    lines = texts.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    # A quote within a value is written \", so that only a field's own name can match here.
    for _ in range(3):  # a record of nulls becomes an empty one, and so do the records around it
        lines = lines.str.replace_all(NULL_FIELD, "").str.replace_all(",}", "}", literal=True)
    return lines


def _texts(kind: pl.DataType) -> pl.DataType:
    if isinstance(kind, pl.List):
        return pl.List(_texts(kind.inner))  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return pl.Struct({field.name: _texts(field.dtype) for field in kind.fields})  # type: ignore[arg-type]
    return pl.String() if kind == pl.Int64 else kind
