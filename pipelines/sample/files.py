"""Write the rows of a day as BigQuery extracts them: Parquet or JSON, in one file, in shards, or intraday."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sample.clock import Period
from pipelines.sample.export import Export

FileFormat = Literal["parquet", "json"]

SHARD_COUNT: Final = 2
NOT_INTRADAY: Final = ("session_traffic_source_last_click", "is_active_user", "publisher", "user_ltv")
INTRADAY_SHARE: Final = 0.6
NULL_FIELD: Final = r'"[a-z0-9_]+":(?:null|\[\]|\{\}),?'


@dataclass(frozen=True)
class Written:
    """The files as written: name and rows."""

    files: tuple[tuple[str, int], ...]
    superseded_files: tuple[tuple[str, int], ...]


def file_names(period: Period, file_format: FileFormat) -> list[str]:
    """Name every file of a sample, the intraday one included."""
    stems = [stem for number in range(period.day_count) for stem in _stems(period, number)]
    return [f"{stem}.{file_format}" for stem in [*stems, _intraday_stem(period)]]


def write_days(
    days: Iterable[tuple[str, pl.DataFrame]],
    out: Path,
    period: Period,
    file_format: FileFormat,
) -> Written:
    """Write the files of every day, one day in memory at a time.

    Args:
        days: YYYYMMDD and the dressed hits of each day of the period, in order.
        out: directory, which exists.
        period: the days.
        file_format: format of the files.
    """
    export = Export()
    files, superseded = [], []
    for number, (day, hits) in enumerate(days):
        rows = export.rows(hits, day)
        parts = _cut(rows, _stems(period, number))
        files += [_write(part, out / f"{stem}.{file_format}") for stem, part in parts]
        if number == period.day_count // 3:
            superseded.append(_write(intraday_rows(rows), out / f"{_intraday_stem(period)}.{file_format}"))
    return Written(tuple(files), tuple(superseded))


def _stems(period: Period, number: int) -> list[str]:
    """Name the files of a day without their suffix: several where the extract is in shards."""
    stem = f"events_{period.names[number]}"
    is_split = number == period.day_count // 2
    return [f"{stem}{shard:012d}" for shard in range(SHARD_COUNT)] if is_split else [stem]


def _intraday_stem(period: Period) -> str:
    return f"events_intraday_{period.names[period.day_count // 3]}"


def _cut(rows: pl.DataFrame, stems: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    size = -(-rows.height // len(stems))
    for place, stem in enumerate(stems):
        yield stem, rows.slice(place * size, size)


def _write(rows: pl.DataFrame, path: Path) -> tuple[str, int]:
    write_rows(rows, path)
    return path.name, rows.height


def intraday_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Take what a streaming export had of a day by the afternoon, without the columns it never has."""
    last = rows["event_timestamp"].quantile(INTRADAY_SHARE, "lower")
    return rows.filter(pl.col("event_timestamp") <= pl.lit(last)).drop(NOT_INTRADAY)


def write_rows(rows: pl.DataFrame, path: Path) -> None:
    """Write one file, in the format of its suffix; the same rows give the same bytes.

    Args:
        rows: rows with the types of the export schema.
        path: file, replaced if it is there.
    """
    if path.suffix == ".parquet":
        table = rows.to_arrow()
        fields = [pa.field(field.name, _plain(field.type)) for field in table.schema]
        pq.write_table(table.cast(pa.schema(fields)), path, compression="zstd", store_schema=False)
    else:
        path.write_text("".join(f"{line}\n" for line in json_lines(rows)), encoding="utf-8")


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


def _plain(kind: pa.DataType) -> pa.DataType:
    """Turn Polars' wide types into those that BigQuery writes."""
    if pa.types.is_large_list(kind):
        return pa.list_(pa.field("element", _plain(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _plain(field.type)) for field in kind])
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind


def _texts(kind: pl.DataType) -> pl.DataType:
    if isinstance(kind, pl.List):
        return pl.List(_texts(kind.inner))  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return pl.Struct({field.name: _texts(field.dtype) for field in kind.fields})  # type: ignore[arg-type]
    return pl.String() if kind == pl.Int64 else kind
