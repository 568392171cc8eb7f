"""What changed since the period before, in plain sentences."""

from datetime import date, timedelta
from typing import Any

import polars as pl

from models.periods import Period, comparable_period, last_period, ranges_of
from transforms.sentences.facts import Facts
from transforms.wording import Words

GAPS_NAMED = 3
"""So many days or stretches of days that are missing are named."""


def changes_sentence(changes: pl.DataFrame, facts: Facts, words: Words) -> str:
    """Say how many purchases the last whole period brought, against the one before it.

    Where days are missing the last two whole periods in a row are told, and which days those are.

    Args:
        changes: one row per figure (models/report/changes.sql).
        facts: which period.
        words: the language that is spoken.
    """
    period = facts.period
    rows = {row["figure"]: row for row in changes.to_dicts()}
    if period is None or "conversions" not in rows:
        return _not_two(facts.last_day, facts, words) or words.say(f"changes_none_{facts.rhythm}")
    return f"{_passed_over(period, facts.last_day, facts, words)}{_told_of(period, rows, facts, words)}"


def _told_of(period: Period, rows: dict[str, dict[str, Any]], facts: Facts, words: Words) -> str:
    told = {"period": words.period(period.first, period.last), **_told(rows["conversions"], words)}
    money = rows.get("revenue", {}).get("change")
    if money is None:
        return words.say(f"changes_{facts.rhythm}", **told)
    return words.say(f"changes_{facts.rhythm}_revenue", **told, revenue=words.change(money))


def _passed_over(told: Period | None, last_day: date | None, facts: Facts, words: Words) -> str:
    """Name the days for want of which the periods after the one that is told are passed over; nothing without any."""
    if told is None or last_day is None:
        return ""
    ended = last_period(facts.rhythm, last_day)
    missing = [day for day in facts.missing_days if told.last < day <= ended.last]
    if not missing:
        return ""
    period = words.period(told.last + timedelta(days=1), ended.last)
    return words.say("changes_missing", len(missing), days=_named(missing, words), period=period) + " "


def _not_two(last_day: date | None, facts: Facts, words: Words) -> str:
    """Name the days for want of which no two whole periods stand in a row; nothing where there are not so many days."""
    first = facts.first_day
    if first is None or last_day is None or comparable_period(facts.rhythm, first, last_day, ()) is None:
        return ""
    missing = [day for day in facts.missing_days if day <= last_period(facts.rhythm, last_day).last]
    if not missing or comparable_period(facts.rhythm, first, last_day, missing):
        return ""
    return words.say("changes_missing_none", len(missing), days=_named(missing, words))


def _named(missing: list[date], words: Words) -> str:
    named = ranges_of(missing)[:GAPS_NAMED]
    days = [words.period(first, last) for first, last in named]
    rest = [day for day in missing if day > named[-1][1]]
    if not rest:
        return words.listed(days)
    return words.say("changes_missing_more", days=", ".join(days), n=words.count(len(rest)))


def _told(row: dict[str, Any], words: Words) -> dict[str, str]:
    now, before = row["value_now"] or 0, row["value_before"] or 0
    return {
        "purchases": words.counted("purchases", now),
        "before": words.count(before),
        "change": words.change(row["change"]),
    }


def cohorts_sentence(cohorts: pl.DataFrame, facts: Facts, words: Words) -> str:
    """Say how the journeys of the last mature period converted, against those of the one before; nothing without both.

    Two rates whose 95 % intervals do not touch differ for certain; others may.

    Args:
        cohorts: the period and the one before it (models/report/cohorts.sql).
        facts: which days are missing.
        words: the language that is spoken.
    """
    rows = [row for row in cohorts.to_dicts() if row["conversion_rate"] is not None]
    if len(rows) < 2:
        return _not_two(facts.last_mature_day, facts, words) or words.say("cohorts_none")
    now, before = rows
    apart = now["conversion_low"] > before["conversion_high"] or now["conversion_high"] < before["conversion_low"]
    missing = _passed_over(facts.mature_period, facts.last_mature_day, facts, words)
    return missing + words.say(
        "cohorts_apart" if apart else "cohorts_alike",
        period=words.period(now["first_day"], now["last_day"]),
        now=words.rate(now["conversion_rate"], now["conversion_low"], now["conversion_high"]),
        before=words.rate(before["conversion_rate"], before["conversion_low"], before["conversion_high"]),
    )


def restated_sentence(restated: pl.DataFrame, words: Words) -> str:
    """Say how many days are told otherwise than they were before.

    Args:
        restated: one row per figure of a day (models/report/restated.sql).
        words: the language that is spoken.
    """
    days = restated["day"].n_unique()
    if not days:
        return words.say("restated_none")
    return words.say("restated_sentence", days, days=words.counted("days", days))
