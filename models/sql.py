"""SQL: the files that ship with the models, and names and texts as SQL takes them."""

from functools import cache
from importlib.resources import files


@cache
def read_sql(name: str) -> str:
    """The text of a SQL file under models, such as `marts/kpis`.

    Raises:
        FileNotFoundError: if no such file ships.
    """
    return (files("models") / f"{name}.sql").read_text("utf-8")


def quoted_text(text: str) -> str:
    """A text as SQL takes it, whatever signs it has.

    >>> quoted_text("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def quoted_name(name: str) -> str:
    """A name of a column or field as SQL takes it, whatever signs it has.

    >>> quoted_name('12" wide')
    '"12"" wide"'
    """
    return '"' + name.replace('"', '""') + '"'
