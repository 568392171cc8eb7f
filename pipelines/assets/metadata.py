"""What Dagster shows beside an asset: its contract as description and columns, and what a run wrote."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import dagster as dg
import duckdb

from models.tables import Table
from pipelines.warehouse import first_row


def spec_of(table: Table, group: str, deps: list[str], kinds: set[str]) -> dg.AssetSpec:
    """Describe a table as an asset: the same name, its grain, and its columns with their comments."""
    columns = [dg.TableColumn(column.name, column.type, column.comment) for column in table.columns]
    return dg.AssetSpec(
        table.name,
        deps=deps,
        group_name=group,
        description=table.grain,
        kinds=kinds,
        metadata={"dagster/column_schema": dg.TableSchema(columns)},
    )


def written(
    name: str, rows: int, seconds: float, more: Mapping[str, dg.MetadataValue[Any]] = MappingProxyType({})
) -> dg.MaterializeResult[None]:
    """Report a table that was written: its rows, how long it took, and what else is worth showing."""
    return dg.MaterializeResult(
        asset_key=name,
        metadata={"dagster/row_count": rows, "seconds": round(seconds, 3), **more},
    )


def count_rows(connection: duckdb.DuckDBPyConnection, tables: Iterable[Table]) -> dict[str, int]:
    """Count the rows of tables, by name."""
    names = [table.name for table in tables]
    counts = first_row(connection, f"SELECT {', '.join(f'(SELECT count(*) FROM {name})' for name in names)}")
    return dict(zip(names, counts or (), strict=True))
