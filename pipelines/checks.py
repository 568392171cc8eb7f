"""Checks: every table against its contract and the reconciliations of the definitions, which block, and warnings."""

import re
from collections.abc import Iterator

import dagster as dg
import duckdb

from models.settings import Settings
from models.tables import BY_PERIOD, TABLES, Column, Table
from pipelines.assets.retries import retrying
from pipelines.journey_periods import over_recent
from pipelines.rules import CONTRACT, Rule, reconciliations, warnings
from pipelines.unchecked import Group, note_passed, unchecked_rows
from pipelines.warehouse import first_row, open_build
from pipelines.zones import tell_zone

PLACE = re.compile(r"\{(\w+)\}")
OVER_ALL = {"every_krone_is_accounted_for", "holds_every_answer"}
"""Reconciliations with sessions, persons or answers that belong to no recent journey."""


def contract_breaches(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """Say in words where a table breaks its contract: keys, required columns, values, shares and references.

    Only rows that may have changed since all checks last passed are looked at; their keys and references are held
    against all rows.
    """
    rows = unchecked_rows(connection, table)
    return [
        *_repeated(connection, table, rows),
        *_unlike(connection, table, rows),
        *_dangling(connection, table, rows),
    ]


def _repeated(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> Iterator[str]:
    keys = ", ".join(f'"{name}"' for name in table.key)
    distinct = keys if len(table.key) == 1 else f"({keys})"
    others = "" if rows == table.name else f" SEMI JOIN (SELECT {keys} FROM {rows}) USING ({keys})"
    found = first_row(connection, f"SELECT count(*) - count(DISTINCT {distinct}) FROM {table.name}{others}")
    if found and found[0]:
        yield f"{found[0]} rows with a {' and '.join(table.key)} that another row has"


def _unlike(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> Iterator[str]:
    measures = dict(one for column in table.columns for one in _column_measures(column))
    columns = ", ".join(f"{sql} AS m{number}" for number, sql in enumerate(measures.values()))
    found = first_row(connection, f"SELECT {columns} FROM {rows}") or ()
    return (f"{count} {what}" for what, count in zip(measures, found, strict=True) if count)


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


def _dangling(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> Iterator[str]:
    for column in table.columns:
        if column.references:
            other, _, key = column.references.partition(".")
            row = first_row(
                connection,
                f'SELECT count(*) FROM {rows} AS t ANTI JOIN {other} AS o ON t."{column.name}" = o."{key}"'
                f' WHERE t."{column.name}" IS NOT NULL',
            )
            if row and row[0]:
                yield f"{row[0]} rows whose {column.name} is not in {other}"


def reconcile(connection: duckdb.DuckDBPyConnection, rule: Rule) -> list[str]:
    """Say which rows break a reconciliation: the first three, as text.

    Where its SQL reads {journeys}, say, it reads of that table the rows that may have changed since all checks last
    passed.
    """
    sql = PLACE.sub(lambda place: unchecked_rows(connection, TABLES[place[1]]), rule.sql)
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True)) for row in cursor.fetchmany(3)]


def broken_contract(
    connection: duckdb.DuckDBPyConnection, recent: duckdb.DuckDBPyConnection | None, table: Table
) -> list[str]:
    """Say where a table breaks its contract, in schema recent too where that has it.

    Args:
        connection: the build file.
        recent: a cursor on which names of tables mean those of schema recent; None where no journey is recent.
        table: its contract.
    """
    found = contract_breaches(connection, table)
    if recent is None or table not in BY_PERIOD:
        return found
    return found + _of_recent(contract_breaches(recent, table))


def broken_rule(
    connection: duckdb.DuckDBPyConnection, recent: duckdb.DuckDBPyConnection | None, rule: Rule
) -> list[str]:
    """Say which rows break a reconciliation, in schema recent too where that has its table."""
    found = reconcile(connection, rule)
    if recent is None or rule.name in OVER_ALL or TABLES[rule.table] not in BY_PERIOD:
        return found
    return found + _of_recent(reconcile(recent, rule))


def _of_recent(breaches: list[str]) -> list[str]:
    return [f"in schema recent: {breach}" for breach in breaches]


def alarms(connection: duckdb.DuckDBPyConnection, rule: Rule) -> list[str]:
    """Say what a rule warns of, in its own words: the first five things."""
    return [words for *_, words in connection.execute(rule.sql).fetchmany(5)]


def _specs(tables: tuple[Table, ...]) -> list[dg.AssetCheckSpec]:
    names = {table.name for table in tables}
    contracts = [
        dg.AssetCheckSpec(CONTRACT, asset=table.name, blocking=True, description=f"{table.grain} The contract holds.")
        for table in tables
    ]
    rules = [
        dg.AssetCheckSpec(rule.name, asset=rule.table, blocking=is_blocking, description=rule.rule)
        for found, is_blocking in ((reconciliations(), True), (warnings(), False))
        for rule in found
        if rule.table in names
    ]
    return contracts + rules


def build_checks(group: Group, tables: tuple[Table, ...]) -> dg.AssetChecksDefinition:
    """The checks of a group of tables, run together right after the tables are written; all block but warnings.

    What does not pass is looked at again by every run until it does.
    """

    @dg.multi_asset_check(name=f"{group}_checks", specs=_specs(tables), can_subset=False)
    def checks(settings: dg.ResourceParam[Settings]) -> Iterator[dg.AssetCheckResult]:
        with retrying(settings), open_build(settings) as connection:
            tell_zone(connection, settings)
            results = list(_results(connection, tables))
            if all(result.passed or result.severity == dg.AssetCheckSeverity.WARN for result in results):
                note_passed(connection, group)
        yield from results

    return checks


def _results(connection: duckdb.DuckDBPyConnection, tables: tuple[Table, ...]) -> Iterator[dg.AssetCheckResult]:
    names = {table.name for table in tables}
    with over_recent(connection) as recent:
        for name in sorted(names):
            yield result_of(name, CONTRACT, broken_contract(connection, recent, TABLES[name]))
        for rule in reconciliations():
            if rule.table in names:
                yield result_of(rule.table, rule.name, broken_rule(connection, recent, rule))
    for rule in warnings():
        if rule.table in names:
            yield result_of(rule.table, rule.name, alarms(connection, rule), dg.AssetCheckSeverity.WARN)


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
