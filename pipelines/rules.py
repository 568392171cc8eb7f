"""The rules that checks hold tables against, and the names of all checks; what runs them is in `pipelines.checks`."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib.resources import files
from itertools import takewhile

from models.settings import Settings
from models.sql import read_sql
from models.tables import LOADED, MARTS, REBUILT

CONTRACT = "contract"
HEALTHY = ("events", "touchpoints")
"""The tables whose days are held against the days before them."""
ALONE = "stands_alone"
REACH = "reaches_everybody"


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


def warnings() -> tuple[Rule, ...]:
    """The rules that warn of what stops no night, in order of their names."""
    return read_rules("warnings")


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


def health_rules(table: str) -> list[Rule]:
    """The health rules that stand at a table, in order of their names."""
    return [rule for rule in read_rules("health") if rule.table == table]


def check_names(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every check that a run with these settings makes: what it stands at, and its name."""
    tables = {table.name for table in (*LOADED, *REBUILT, *MARTS)}
    yield from ((table, CONTRACT) for table in sorted(tables))
    yield from ((rule.table, rule.name) for rule in (*reconciliations(), *warnings()) if rule.table in tables)
    if settings.health != "off":
        yield from ((table, rule.name) for table in HEALTHY for rule in health_rules(table))
    yield "published_database", ALONE
    if settings.audiences:
        yield "delivered", REACH
