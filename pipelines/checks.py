"""Blocking checks: every table against its contract, and the reconciliations of the definitions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from itertools import takewhile

import dagster as dg
import duckdb

from models.settings import Settings
from models.sql import read_sql
from models.tables import TABLES, Column, Table
from pipelines.assets.retries import retrying
from pipelines.warehouse import first_row, open_build

CONTRACT = "contract"


@dataclass(frozen=True)
class Rule:
    """A rule over tables: the rows that its SQL selects break it.

    Args:
        table: the table that the check stands at.
        name: the rule in words.
        rule: the rule in a sentence, and what it means if it is broken.
        sql: selects what breaks it.
    """

    table: str
    name: str
    rule: str
    sql: str


def reconciliations() -> tuple[Rule, ...]:
    """The reconciliations that ship, in order of their names."""
    return read_rules("checks")


@cache
def read_rules(folder: str) -> tuple[Rule, ...]:
    """The rules in a folder of models, in order of their names: each a file `table__rule.sql`."""
    names = sorted(file.name for file in (files("models") / folder).iterdir())
    return tuple(_rule(folder, name.removesuffix(".sql")) for name in names if fnmatch(name, "*__*.sql"))


def _rule(folder: str, name: str) -> Rule:
    table, _, rule = name.partition("__")
    sql = read_sql(f"{folder}/{name}")
    words = takewhile(lambda line: line.startswith("-- "), sql.splitlines())
    return Rule(table, rule, " ".join(line.removeprefix("-- ") for line in words), sql)


def contract_breaches(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """Say in words where a table breaks its contract: keys, required columns, values, shares and references."""
    measures = dict(_measures(table))
    columns = ", ".join(f"{sql} AS m{number}" for number, sql in enumerate(measures.values()))
    row = first_row(connection, f"SELECT {columns} FROM {table.name}") or ()
    breaches = [f"{count} {what}" for what, count in zip(measures, row, strict=True) if count]
    return breaches + list(_dangling(connection, table))


def _measures(table: Table) -> Iterator[tuple[str, str]]:
    keys = ", ".join(f'"{name}"' for name in table.key)
    distinct = keys if len(table.key) == 1 else f"({keys})"
    yield (
        f"rows with a {' and '.join(table.key)} that another row has",
        f"count(*) - count(DISTINCT {distinct})",
    )
    for column in table.columns:
        yield from _column_measures(column)


def _column_measures(column: Column) -> Iterator[tuple[str, str]]:
    name = f'"{column.name}"'
    if column.required:
        yield f"rows without {column.name}", f"count(*) FILTER ({name} IS NULL)"
    if column.values:
        allowed = ", ".join(f"'{value}'" for value in column.values)
        yield f"rows whose {column.name} is none of {allowed}", f"count(*) FILTER ({name} NOT IN ({allowed}))"
    if column.share:
        yield (
            f"rows whose {column.name} is no share from 0 to 1",
            f"count(*) FILTER (NOT {name} BETWEEN 0 AND 1)",
        )


def _dangling(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[str]:
    for column in table.columns:
        if column.references:
            other, _, key = column.references.partition(".")
            row = first_row(
                connection,
                f'SELECT count(*) FROM {table.name} AS t ANTI JOIN {other} AS o ON t."{column.name}" = o."{key}"'
                f' WHERE t."{column.name}" IS NOT NULL',
            )
            if row and row[0]:
                yield f"{row[0]} rows whose {column.name} is not in {other}"


def reconcile(connection: duckdb.DuckDBPyConnection, rule: Rule) -> list[str]:
    """Say which rows break a reconciliation: the first three, as text."""
    cursor = connection.execute(rule.sql)
    names = [column[0] for column in cursor.description or ()]
    return [", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True)) for row in cursor.fetchmany(3)]


def _specs(tables: tuple[Table, ...]) -> list[dg.AssetCheckSpec]:
    names = {table.name for table in tables}
    contracts = [
        dg.AssetCheckSpec(CONTRACT, asset=table.name, blocking=True, description=f"{table.grain} The contract holds.")
        for table in tables
    ]
    rules = [
        dg.AssetCheckSpec(rule.name, asset=rule.table, blocking=True, description=rule.rule)
        for rule in reconciliations()
        if rule.table in names
    ]
    return contracts + rules


def build_checks(group: str, tables: tuple[Table, ...]) -> dg.AssetChecksDefinition:
    """The blocking checks of a group of tables, run together right after the tables are written."""
    names = {table.name for table in tables}

    @dg.multi_asset_check(name=f"{group}_checks", specs=_specs(tables), can_subset=False)
    def checks(settings: dg.ResourceParam[Settings]) -> Iterator[dg.AssetCheckResult]:
        with retrying(settings), open_build(settings) as connection:
            for name in sorted(names):
                yield result_of(name, CONTRACT, contract_breaches(connection, TABLES[name]))
            for rule in reconciliations():
                if rule.table in names:
                    yield result_of(rule.table, rule.name, reconcile(connection, rule))

    return checks


def result_of(
    asset: str, check: str, breaches: list[str], severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
) -> dg.AssetCheckResult:
    """What a check found: it is passed if there is no breach, and says each in its description."""
    return dg.AssetCheckResult(
        passed=not breaches,
        asset_key=asset,
        check_name=check,
        severity=severity,
        metadata={"breaches": dg.MetadataValue.md("\n".join(f"- {breach}" for breach in breaches))} if breaches else {},
        description="; ".join(breaches) or None,
    )
