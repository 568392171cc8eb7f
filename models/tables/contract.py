"""The form of a contract: a table, its grain, its key and its columns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: what it means and, where that matters, what it may hold.

    Args:
        name: as analysts write it.
        type: a DuckDB type.
        comment: meaning and unit, shown as the column's COMMENT.
        required: never null.
        values: the only values allowed, if they are few.
        share: a number from 0 to 1.
        references: `table.column` that holds every value that is not null.
        day_of: the column of the table whose local day, in the property's zone, this one is; it is told as rows are
            written.
    """

    name: str
    type: str
    comment: str
    required: bool = False
    values: tuple[str, ...] = ()
    share: bool = False
    references: str | None = None
    day_of: str | None = None

    @property
    def ddl(self) -> str:
        """The column as it stands in CREATE TABLE.

        >>> Column("phase", "VARCHAR", "Phase key.", required=True).ddl
        '"phase" VARCHAR'
        """
        return f'"{self.name}" {self.type}'


@dataclass(frozen=True)
class Table:
    """One table: its grain, its key, its columns in order, and for those that are promised a query that begins.

    Keys and required columns are checked by asset checks after each write, not by constraints: an index
    would be kept in memory and cost more than the load itself.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    example: str = ""

    @property
    def comment(self) -> str:
        """What stands at the table in the file: its grain, and an example query.

        >>> Table("t", "One row per x.", ("x",), (Column("x", "BIGINT", "X."),), "FROM t").comment
        'One row per x. Example: FROM t'
        """
        return f"{self.grain} Example: {self.example}" if self.example else self.grain

    @property
    def ddl(self) -> str:
        """CREATE TABLE for this contract.

        >>> Table("t", "One row per x.", ("x",), (Column("x", "BIGINT", "X."),)).ddl
        'CREATE TABLE t ("x" BIGINT)'
        """
        return f"CREATE TABLE {self.name} ({', '.join(column.ddl for column in self.columns)})"

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return [column.name for column in self.columns]

    @property
    def found_names(self) -> list[str]:
        """The names of the columns that histories have, in order: those that are no local day of another."""
        return [column.name for column in self.columns if column.day_of is None]
