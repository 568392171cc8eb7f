"""The GA4 export schema as Polars types, and a way to fill its records from the few fields that are known."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

from models.ga4 import EXPORT_COLUMNS


@cache
def export_schema() -> Mapping[str, pl.DataType]:
    """Read the types of the published export schema, in its order.

    >>> export_schema()["event_timestamp"]
    Int64
    """
    columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in EXPORT_COLUMNS.items())
    with duckdb.connect() as connection:
        return dict(connection.sql(f"SELECT {columns}").pl().schema)


def record(kind: pl.DataType, /, **known: pl.Expr | str | int | float) -> pl.Expr:
    """Make a record of a type: the fields that are known, all others null.

    Args:
        kind: a struct type of the export.
        known: fields by name; a text is a value here, not a column.

    Raises:
        KeyError: if a field is not in the type: a mistake in the sample, not in what it was given.
    """
    assert isinstance(kind, pl.Struct)
    types = {field.name: field.dtype for field in kind.fields}
    if unknown := known.keys() - types.keys():
        raise KeyError(f"the export's record has no field {', '.join(sorted(unknown))}")
    filled = {
        name: (value if isinstance(value := known.get(name), pl.Expr) else pl.lit(value)).cast(dtype)
        for name, dtype in types.items()
    }
    return pl.struct(*(value.alias(name) for name, value in filled.items()))


def column(name: str, /, **known: pl.Expr | str | int | float) -> pl.Expr:
    """Make the record column of the export, named."""
    return record(export_schema()[name], **known).alias(name)


def entry(name: str) -> pl.DataType:
    """Look up the type of one entry of a list column, such as an item of `items`."""
    kind = export_schema()[name]
    assert isinstance(kind, pl.List)
    return kind.inner  # type: ignore[return-value]


class Entry(NamedTuple):
    """An entry of a list column: which rows have it, and what it is."""

    when: pl.Expr
    value: pl.Expr


def list_column(rows: pl.DataFrame, name: str, entries: Iterable[Entry]) -> pl.Series:
    """Build a list column of the export; a row without any entry has an empty list.

    Args:
        rows: one row per hit.
        name: column of the export.
        entries: in the order in which they stand in a list.

    Returns:
        One list per row, in its order.
    """
    # Polars' concat_list of records takes seconds where this takes a tenth.
    numbered = rows.lazy().with_row_index("at")
    parts = pl.collect_all([numbered.filter(one.when).select("at", entry=one.value) for one in entries])
    whole = pl.concat(parts).sort("at", maintain_order=True)
    ends = np.cumsum(np.bincount(whole["at"].to_numpy(), minlength=rows.height))
    offsets = pl.Series(np.concatenate([[0], ends]), dtype=pl.Int64).to_arrow()
    lists = pa.LargeListArray.from_arrays(offsets, whole["entry"].rechunk().to_arrow())
    return pl.Series(name, lists, dtype=export_schema()[name])
