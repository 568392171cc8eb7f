"""Exchange rates: what amounts are worth in the property's currency, told anew where that or a rate changed."""

import hashlib
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from models.settings import Settings, SettingsError
from models.sql import read_sql
from pipelines.memory import CURRENCY, RATES, recall, remember
from pipelines.warehouse import first_row

COLUMNS = ("day", "currency", "rate")
ALWAYS = date.min
"""The day from which fixed rates hold."""
OF_MOST = """
    SELECT currency_code(currency) AS code
    FROM events
    WHERE revenue_as_exported IS NOT NULL AND code IS NOT NULL
    GROUP BY code
    ORDER BY count(*) DESC, code
    LIMIT 1
"""
"""The currency that most purchases have; of several the first by the alphabet."""


def read_rates(settings: Settings) -> pl.DataFrame:
    """Read the exchange rates: one row per day and currency, the rates of a table all from the first day there is.

    Raises:
        SettingsError: if a CSV cannot be read as rates, or the property's own currency is worth something else than 1.
    """
    given = settings.exchange_rates
    if isinstance(given, Path):
        rates = _read_csv(given)
    else:
        rows = [(ALWAYS, code, rate) for code, rate in given.items()]
        rates = pl.DataFrame(rows, {"day": pl.Date, "currency": pl.String, "rate": pl.Float64}, orient="row")
    _refuse_own(rates, settings.currency)
    return rates.sort("currency", "day")


def are_other_rates(connection: duckdb.DuckDBPyConnection, settings: Settings, rates: pl.DataFrame) -> bool:
    """Whether amounts were converted last by other rates, or the settings name another currency than then."""
    return recall(connection, RATES) != _fingerprint(settings, rates)


def convert_amounts(connection: duckdb.DuckDBPyConnection, settings: Settings, rates: pl.DataFrame) -> None:
    """Write into events what amounts are worth in the property's currency, where that is not what stands there.

    The devices of these events wait to be rebuilt, and their days to be checked: so a night over other rates equals a
    load of everything with them, and no file is read again.

    Args:
        connection: the build file, in a transaction; the temporary table settling has the days that came or went.
        settings: `currency` is used.
        rates: as `read_rates` gives them.

    Raises:
        SettingsError: if the currency of most purchases turns out to be one that is worth something else than 1.
    """
    before = recall(connection, CURRENCY) or None
    own = settings.currency or _of_most(connection)
    _refuse_own(rates, own)
    is_anew = own != before or are_other_rates(connection, settings, rates)
    for name, value in (("own_currency", own), ("own_currency_before", before), ("is_anew", is_anew)):
        connection.execute(f"SET VARIABLE {name} = ?", [value])
    connection.register("rates_frame", rates)
    connection.execute("CREATE OR REPLACE TEMP TABLE rates AS FROM rates_frame")
    connection.unregister("rates_frame")
    for statement in duckdb.extract_statements(read_sql("loading/convert")):
        connection.execute(statement)
    remember(connection, CURRENCY, own or "")
    remember(connection, RATES, _fingerprint(settings, rates))


def _of_most(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = first_row(connection, OF_MOST)
    return str(row[0]) if row else None


def _fingerprint(settings: Settings, rates: pl.DataFrame) -> str:
    """What decides what amounts are worth, the code among it: days whose files are gone are converted anew too."""
    return hashlib.sha256(
        f"{settings.currency}\n{rates.write_csv()}{read_sql('loading/convert')}".encode()
    ).hexdigest()[:16]


def _refuse_own(rates: pl.DataFrame, own: str | None) -> None:
    wrong = rates.filter(pl.col("currency") == pl.lit(own, pl.String), pl.col("rate") != 1)["rate"]
    if len(wrong):
        raise SettingsError(
            f"setting 'exchange_rates' says that {own} is worth {wrong[0]:g}, but {own} is the property's own currency:"
            " a rate is how much of that one unit of another is worth; set 'currency' to the property's"
        )


def _read_csv(path: Path) -> pl.DataFrame:
    """Read a CSV of rates; with semicolons between its cells decimals may stand behind a comma."""
    cells, sign = _cells(path)
    read = cells.with_columns(
        pl.col("day").str.to_date("%Y-%m-%d", strict=False),
        pl.col("currency").str.to_uppercase(),
        pl.col("rate").str.replace(sign, ".", literal=True).cast(pl.Float64, strict=False),
        line=pl.int_range(pl.len()) + 2,
    )
    is_blank = pl.Series(cells.select(pl.all_horizontal(pl.all() == "")).to_series())
    is_twice = pl.struct("currency", "day").is_first_distinct().not_()
    faults = (
        ("day", pl.col("day").is_null(), "is no day such as 2026-01-31"),
        ("currency", pl.col("currency") == "", "names no currency"),
        ("rate", ~(pl.col("rate").is_finite() & (pl.col("rate") > 0)).fill_null(False), "is no positive number"),
        ("day", is_twice, "has a second rate of the same currency"),
    )
    for column, is_wrong, what in faults:
        lines = read.filter(is_wrong & ~is_blank)["line"]
        if len(lines):
            cell = cells[column][lines[0] - 2]
            raise _broken(path, f"line {lines[0]}: {column} {cell!r} {what}")
    return read.filter(~is_blank).select(COLUMNS)


def _cells(path: Path) -> tuple[pl.DataFrame, str]:
    """The cells of a CSV as text, blanks off, and the sign before their decimals."""
    try:
        text = path.read_text("utf-8-sig")
        head = text.partition("\n")[0]
        separator = next((sign for sign in ";\t" if sign in head), ",")
        frame = pl.read_csv(text.encode(), separator=separator, infer_schema=False)
        named = frame.rename(lambda name: name.strip().lower())
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        raise _broken(path, f"it cannot be read ({str(error).splitlines()[0]})") from error
    missing = [name for name in COLUMNS if name not in named.columns]
    if missing:
        raise _broken(path, f"it has no column {' and no '.join(missing)}")
    return named.select(pl.col(COLUMNS).str.strip_chars().fill_null("")), "," if separator == ";" else "."


def _broken(path: Path, what: str) -> SettingsError:
    return SettingsError(f"setting 'exchange_rates' is {path}: {what}; its columns are day, currency and rate")
