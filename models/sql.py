"""Reading the SQL files that ship with the models."""

from functools import cache
from importlib.resources import files


@cache
def read_sql(name: str) -> str:
    """The text of a SQL file under models, such as `marts/kpis`.

    Raises:
        FileNotFoundError: if no such file ships.
    """
    return (files("models") / f"{name}.sql").read_text("utf-8")
