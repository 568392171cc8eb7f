"""The answer that the page begins with, made from the tables; honest where there is no rate yet."""

from datetime import timedelta
from typing import Any

import polars as pl

from transforms.overall import conversion_title, overall, phase_titles, phases_in_order, quality_value
from transforms.sentences.changes import changes_sentence
from transforms.sentences.facts import Facts
from transforms.sentences.levers import lever_sentence
from transforms.sentences.phases import most_lost
from transforms.wording import Words

PROVISIONAL = timedelta(days=3)


def provisional_note(facts: Facts, words: Words) -> str:
    r"""Say which of the days shown may still change: those at most three days past at as_of.

    >>> from datetime import date
    >>> from transforms.wording import words_in
    >>> provisional_note(Facts(date(2026, 1, 1), date(2026, 1, 31)), words_in("en"))[:33]
    'Provisional: 28–31\xa0January 2026 m'
    """
    days = _provisional_days(facts, words)
    return words.say("provisional", period=days) if days else ""


def _provisional(facts: Facts, words: Words) -> str:
    days = _provisional_days(facts, words)
    return words.say("answer_provisional", period=days) if days else ""


def _provisional_days(facts: Facts, words: Words) -> str:
    if facts.first_day is None or facts.last_day is None:
        return ""
    return words.period(max(facts.first_day, facts.last_day - PROVISIONAL), facts.last_day)


def immature_note(quality: pl.DataFrame, window_days: float | None, words: Words) -> str:
    """Say why there are no rates and, where it is known, which window would give some.

    Args:
        quality: one row per figure; `mature_window_days` may be null or missing.
        window_days: the journey window; null leaves its length out.
        words: the language that is spoken.

    >>> from transforms.wording import NBSP, words_in
    >>> quality = pl.DataFrame({"name": ["mature_window_days"], "value": [15.0]})
    >>> immature_note(quality, 30, words_in("da"))[-43:].replace(NBSP, " ")
    'Med et vindue på 15 dage kunne de beregnes.'
    """
    found = quality_value(quality, "mature_window_days")
    note = words.say("immature")
    if window_days is not None:
        note = words.say("immature_window", window=words.counted("days", window_days))
    return note if found is None else f"{note} {words.say('immature_better', window=words.counted('days', found))}"


def answer_sentences(
    tables: dict[str, pl.DataFrame], changes: pl.DataFrame | None, facts: Facts, words: Words
) -> list[str]:
    """Answer first: conversion or why there is none, where most is to be won, what changed, what may still change.

    Where the conversion is no purchase, its title says what it is.

    Args:
        tables: `kpis`, `phase_metrics`, `levers`, `lifecycle` and `quality`.
        changes: one row per figure (models/report/changes.sql); null where they are not of the journeys told of.
        facts: period and journey window.
        words: the language that is spoken.

    Returns:
        The parts, the answer itself first; one only where there are no journeys.
    """
    kpis = overall(tables["kpis"]).to_dicts()
    if not kpis or not kpis[0]["journeys"]:
        return [words.say("answer_empty")]
    parts = [
        *_conversion(kpis[0], tables["quality"], facts, words),
        _meaning(tables["lifecycle"], words),
        _lever(tables, words),
        "" if kpis[0]["converted"] else words.say("answer_no_purchase"),
        "" if changes is None or facts.last_day is None else changes_sentence(changes, facts, words),
        _period(kpis[0], facts, words),
        _provisional(facts, words),
    ]
    return [part for part in parts if part]


def _meaning(lifecycle: pl.DataFrame, words: Words) -> str:
    if words.conversion == "purchase":
        return ""
    return words.say("answer_conversion", title=conversion_title(lifecycle))


def _conversion(kpi: dict[str, Any], quality: pl.DataFrame, facts: Facts, words: Words) -> list[str]:
    amounts = {"journeys": words.counted("journeys", kpi["journeys"]), "converted": words.count(kpi["converted"])}
    if not kpi["mature_journeys"]:
        return [immature_note(quality, facts.window_days, words), words.say("answer_so_far", **amounts)]
    if kpi["conversion_rate"] is None:
        return [words.say("answer_all_open"), words.say("answer_so_far", **amounts)]
    interval = words.interval(kpi["conversion_low"], kpi["conversion_high"])
    answer = words.say("answer_rate", rate=words.share(kpi["conversion_rate"]), interval=interval)
    return [answer[0].upper() + answer[1:]]


def _lever(tables: dict[str, pl.DataFrame], words: Words) -> str:
    if won := lever_sentence(tables["levers"], phase_titles(tables["lifecycle"]), words):
        return won
    if most := most_lost(phases_in_order(tables["phase_metrics"], tables["lifecycle"]).to_dicts()):
        return words.say("answer_leak_so_far", phase=most["title"], lost=words.counted("journeys", most["dropped_off"]))
    return ""


def _period(kpi: dict[str, Any], facts: Facts, words: Words) -> str:
    if facts.first_day is None or facts.last_day is None:
        return ""
    still_open = kpi["still_open"]
    amounts = {
        "period": words.period(facts.first_day, facts.last_day),
        "journeys": words.counted("journeys", kpi["journeys"]),
        "still_open": words.count(still_open),
        "share": words.share(still_open / kpi["journeys"]),
    }
    if not kpi["mature_journeys"]:
        return words.say("answer_period_immature", still_open, **amounts)
    mature, window = words.count(kpi["mature_journeys"]), words.counted("days", facts.window_days)
    return words.say("answer_period", still_open, mature=mature, window=window, **amounts)
