"""What a report tells of periods, worked out by hand: only of whole ones, and only what is told otherwise now."""

from datetime import date, datetime

import duckdb
import polars as pl

from models.periods import Period, period_of
from pipelines.report.asking import ask, values_of
from pipelines.warehouse import macros
from transforms.readers import ALL

WEEK = period_of("weekly", date(2026, 1, 14))
DAYS = pl.date_range(WEEK.before.first, WEEK.last, eager=True)


def told(question: str, period: Period = WEEK, **tables: pl.DataFrame) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute(";".join(macros()))
        connection.execute("CREATE TABLE run_settings AS SELECT 'DKK' AS currency")
        for name, frame in tables.items():
            connection.register(name, frame)
        return ask(connection, [question], values_of(ALL, period, period))[question].frame.rows()


def figures(days: pl.Series) -> pl.DataFrame:
    """One conversion a day up to the tenth, two from then on."""
    counted = 1 + (days >= date(2026, 1, 10)).cast(pl.Int64)
    return pl.DataFrame({"day": days, "figure": "conversions", "value": counted.cast(pl.Float64)})


def cohorts(days: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"day": days, "mature_converted": 1, "mature_dropped_off": 1}).with_columns(
        pl.lit(0).alias(name) for name in ("journeys", "mature_open", "converted")
    )


def test_a_period_stands_beside_the_one_before() -> None:
    assert told("changes", day_figures=figures(DAYS)) == [("conversions", 14.0, 9.0, 14 / 9 - 1, None)]


def test_periods_of_which_a_day_is_not_loaded_are_not_told() -> None:
    without_monday, without_a_day_between = figures(DAYS[1:]), figures(DAYS.filter(date(2026, 1, 15) != DAYS))
    assert told("changes", day_figures=without_monday) == []
    assert told("changes", day_figures=without_a_day_between) == []


def test_conversion_is_told_of_whole_periods_alone() -> None:
    assert [row[0] for row in told("cohorts", cohorts=cohorts(DAYS), day_figures=figures(DAYS))] == ["now", "before"]
    assert [row[0] for row in told("cohorts", cohorts=cohorts(DAYS), day_figures=figures(DAYS[1:]))] == ["now"]


def test_what_came_back_to_its_first_value_is_not_told_and_a_day_that_went_has_no_value() -> None:
    day, other, gone = WEEK.first, WEEK.last, WEEK.before.first
    rows = [(day, 1.0, 2.0), (day, 2.0, 1.0), (other, 3.0, 4.0), (other, 4.0, 5.0), (gone, 6.0, None)]
    restatements = pl.DataFrame(
        [(datetime(2026, 2, n), of, "revenue", before, after, "late") for n, (of, before, after) in enumerate(rows, 1)],
        schema=["restated_at", "day", "figure", "before", "after", "why"],
        orient="row",
    )
    assert told("restated", restatements=restatements) == [
        (gone, "revenue", 6.0, None, "late", "DKK"),
        (other, "revenue", 3.0, 5.0, "late", "DKK"),
    ]
