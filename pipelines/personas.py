"""Personas: a journey that answers an expression of the settings counts in the segment of that name."""

from collections.abc import Mapping

import duckdb

from models.errors import did_you_mean
from models.expressions import Expression, shown
from models.settings import Settings, SettingsError
from models.sql import quoted_text
from models.tables import JOURNEYS, NOBODY, PERSONA, PERSONS


def check_personas(settings: Settings) -> None:
    """Try every persona's expression on empty tables, before a night begins.

    Raises:
        SettingsError: if an expression is none over the columns of journeys and persons, or is neither true nor false.
    """
    with duckdb.connect() as connection:
        for table in (JOURNEYS, PERSONS):
            connection.execute(table.ddl)
        for name, expression in settings.persona_expressions.items():
            text = settings.personas[name]
            unknown = _unknown_column(expression)
            if unknown:
                raise _unusable(name, text, unknown)
            try:
                found = connection.sql(
                    f"SELECT journey_id, {expression.sql} FROM journeys JOIN persons USING (person_id)"
                ).types
            except duckdb.Error as error:
                raise _unusable(name, text, str(error)) from None
            if found[1] != "BOOLEAN":
                raise _unusable(name, text, f"it is a {found[1]}, neither true nor false")


def write_personas(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write into journey_segments which personas the journeys in temp.recounted belong to.

    It is one, several, or else '(none)'.

    Args:
        connection: the build file, with journeys and persons.
        settings: `personas` is used.

    Raises:
        SettingsError: if an expression cannot be told of some journey.
    """
    if not settings.personas:
        return
    try:
        connection.execute(f"INSERT INTO journey_segments {persona_rows(settings.persona_expressions)}")
    except (duckdb.DataError, duckdb.ProgrammingError) as error:
        raise SettingsError(f"setting 'personas' cannot be told of every journey: {_first(str(error))}") from error


def persona_rows(personas: Mapping[str, Expression]) -> str:
    """The query that gives a row per journey in temp.recounted and persona it belongs to, shaped as journey_segments.

    Args:
        personas: expressions over journeys and persons by the name of the persona.
    """
    names = ", ".join(
        f"CASE WHEN {expression.sql} THEN {quoted_text(name)} END" for name, expression in personas.items()
    )
    return f"""
        WITH told AS (
            SELECT journey_id, list_filter([{names}], lambda name: name IS NOT NULL) AS personas
            FROM journeys
            SEMI JOIN recounted USING (journey_id)
            JOIN persons USING (person_id)
        )
        SELECT journey_id, '{PERSONA}', unnest(CASE WHEN personas = [] THEN ['{NOBODY}'] ELSE personas END) FROM told
    """


def _unknown_column(expression: Expression) -> str | None:
    """The column that neither journeys nor persons has; None where all are known."""
    tables = {table.name: table.column_names for table in (JOURNEYS, PERSONS)}
    known = {name for names in tables.values() for name in names}
    for first, *rest in sorted(expression.names):
        of_table = tables.get(first.lower())
        name, columns = (rest[0], of_table) if of_table and rest else (first, known)
        if name.lower() not in columns:
            return f"it names {shown(name)}, which is no column of {' or '.join(tables)}{did_you_mean(name, columns)}"
    return None


def _unusable(name: str, expression: str, what: str) -> SettingsError:
    return SettingsError(
        f"setting 'personas': {name!r} is {shown(expression)}: {_first(what)};"
        " write a condition over columns of journeys and persons, such as device_category = 'mobile'"
    )


def _first(text: str) -> str:
    return text.strip().splitlines()[0]
