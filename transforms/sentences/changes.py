"""What changed since the period before, in plain sentences."""

from typing import Any

import polars as pl

from transforms.sentences.facts import Facts
from transforms.wording import Words


def changes_sentence(changes: pl.DataFrame, facts: Facts, words: Words) -> str:
    """Say how many purchases the last whole period brought, against the one before it.

    Args:
        changes: one row per figure (models/report/changes.sql).
        facts: which period.
        words: the language that is spoken.
    """
    period = facts.period
    rows = {row["figure"]: row for row in changes.to_dicts()}
    if period is None or "conversions" not in rows:
        return words.say(f"changes_none_{facts.rhythm}")
    told = {"period": words.period(period.first, period.last), **_told(rows["conversions"], words)}
    money = rows.get("revenue", {}).get("change")
    if money is None:
        return words.say(f"changes_{facts.rhythm}", **told)
    return words.say(f"changes_{facts.rhythm}_revenue", **told, revenue=words.change(money))


def _told(row: dict[str, Any], words: Words) -> dict[str, str]:
    now, before = row["value_now"] or 0, row["value_before"] or 0
    return {
        "purchases": words.counted("purchases", now),
        "before": words.count(before),
        "change": words.change(row["change"]),
    }


def cohorts_sentence(cohorts: pl.DataFrame, words: Words) -> str:
    """Say how the journeys of the last mature period converted, against those of the one before; nothing without both.

    Two rates whose 95 % intervals do not touch differ for certain; others may.

    Args:
        cohorts: the period and the one before it (models/report/cohorts.sql).
        words: the language that is spoken.
    """
    rows = [row for row in cohorts.to_dicts() if row["conversion_rate"] is not None]
    if len(rows) < 2:
        return words.say("cohorts_none")
    now, before = rows
    apart = now["conversion_low"] > before["conversion_high"] or now["conversion_high"] < before["conversion_low"]
    return words.say(
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
