"""What the figures say, in plain sentences made from the tables; honest where there is no rate yet."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from models.words import Language
from transforms.figures.links import ENDS, START, phase_links
from transforms.overall import conversion_title, overall, phase_titles, phases_in_order, quality_value
from transforms.wording import Words

MOST_SHARE = 0.9
PROVISIONAL = timedelta(days=3)


@dataclass(frozen=True)
class Facts:
    """What the tables do not say of themselves.

    Args:
        first_day: first export day, in the property's time zone; null without any.
        last_day: last export day; `as_of` is its end.
        window_days: the journey window, in days.
        timezone: of the property.
        language: of the page.
        segment: whose journeys the tables tell of, as dimension and value.
    """

    first_day: date | None
    last_day: date | None
    window_days: float = 30
    timezone: str = "UTC"
    language: Language = "en"
    segment: tuple[str, str] = ("all", "all")


def provisional_note(facts: Facts, words: Words) -> str:
    r"""Say which of the days shown may still change: those at most three days past at as_of.

    >>> from transforms.wording import words_in
    >>> provisional_note(Facts(date(2026, 1, 1), date(2026, 1, 31)), words_in("en"))[:33]
    'Provisional: 28–31\xa0January 2026 m'
    """
    if facts.first_day is None or facts.last_day is None:
        return ""
    first = max(facts.first_day, facts.last_day - PROVISIONAL)
    return words.say("provisional", period=words.period(first, facts.last_day))


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


def answer_sentences(tables: dict[str, pl.DataFrame], facts: Facts, words: Words) -> list[str]:
    """Answer first: conversion or why there is none, the worst leak, what a purchase takes, the period.

    Where the conversion is no purchase, its title says what it is.

    Args:
        tables: `kpis`, `phase_metrics`, `lifecycle` and `quality`.
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
        _leak(phases_in_order(tables["phase_metrics"], tables["lifecycle"]).to_dicts(), words),
        _purchase(kpis[0], words),
        _period(kpis[0], facts, words),
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


def worst_leak(phases: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Find the phase whose drop-off is highest for certain: by the lower end of its interval.

    By the rate itself, a phase that one journey reached and left would lead.

    Args:
        phases: rows of phase_metrics over all journeys.

    Returns:
        The phase; null where no phase has a rate above nothing.

    >>> few = {"phase": "few", "drop_off_low": 0.21, "drop_off_rate": 1.0}
    >>> many = {"phase": "many", "drop_off_low": 0.59, "drop_off_rate": 0.62}
    >>> worst_leak([few, many])["phase"]
    'many'
    """
    rated = [phase for phase in phases if phase["drop_off_rate"]]
    return max(rated, key=lambda phase: phase["drop_off_low"], default=None)


def _most_lost(phases: list[dict[str, Any]]) -> dict[str, Any] | None:
    lossy = [phase for phase in phases if phase["dropped_off"]]
    return max(lossy, key=lambda phase: phase["dropped_off"], default=None)


def _leak(phases: list[dict[str, Any]], words: Words) -> str:
    if worst := worst_leak(phases):
        lost = words.counted("journeys", worst["mature_dropped_off"])
        return words.say("answer_leak", **_rated(worst, words), lost=lost)
    if most := _most_lost(phases):
        return words.say("answer_leak_so_far", phase=most["title"], lost=words.counted("journeys", most["dropped_off"]))
    return ""


def _rated(phase: dict[str, Any], words: Words) -> dict[str, str]:
    interval = words.interval(phase["drop_off_low"], phase["drop_off_high"])
    return {"phase": phase["title"], "rate": words.share(phase["drop_off_rate"]), "interval": interval}


def _purchase(kpi: dict[str, Any], words: Words) -> str:
    median = kpi["median_touchpoints_before_purchase"]
    if not kpi["converted"] or median is None:
        return words.say("answer_no_purchase")
    time = words.duration(kpi["median_seconds_to_purchase"])
    return words.say("answer_purchase", touchpoints=words.counted("touchpoints", median), time=time)


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


def funnel_sentence(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> str:
    """Say how many came in, how many got to the end of the way to a purchase, and where most are lost.

    Args:
        phase_metrics: one row per phase and segment.
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    if not phases or not phases[0]["reached"]:
        return words.say("funnel_empty")
    last = next((phase for phase in phases if phase["stage"] == "during"), phases[-1])
    reached, far = words.counted("journeys", phases[0]["reached"]), words.count(last["reached"])
    got = words.say("funnel_sentence", reached=reached, first=phases[0]["title"], last_reached=far, last=last["title"])
    if worst := worst_leak(phases):
        return f"{got} {words.say('funnel_worst', **_rated(worst, words))}"
    most, lost = _most_lost(phases), sum(phase["dropped_off"] for phase in phases)
    if not most:
        return f"{got} {words.say('funnel_none_lost')}"
    return f"{got} {words.say('funnel_lost', lost, lost=words.count(lost), phase=most['title'])}"


def dwell_sentence(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> str:
    """Say where journeys stay longest, and why the median over completed stays would mislead.

    Args:
        phase_metrics: one row per phase and segment; times in seconds.
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    phases = [phase for phase in phases_in_order(phase_metrics, lifecycle).to_dicts() if phase["stays"]]
    if not phases:
        return words.say("dwell_empty")
    known = [phase for phase in phases if phase["km_median_dwell_seconds"] is not None]
    if not known:
        return words.say("dwell_no_km")
    longest = max(known, key=lambda phase: phase["km_median_dwell_seconds"])
    time = words.duration(longest["km_median_dwell_seconds"])
    parts = [words.say("dwell_sentence", phase=longest["title"], km=time), _bias(longest, words)]
    unreached = [phase["title"] for phase in phases if phase["completed_stays"] and phase not in known]
    parts.append(words.say("dwell_unreached", phases=words.listed(unreached)) if unreached else "")
    return " ".join(part for part in parts if part)


def _bias(phase: dict[str, Any], words: Words) -> str:
    median = phase["median_dwell_seconds"]
    if median is None or median >= phase["km_median_dwell_seconds"]:
        return ""
    return words.say("dwell_biased", median=words.duration(median))


def touchpoints_sentence(touchpoints: pl.DataFrame, kpis: pl.DataFrame, words: Words) -> str:
    """Say what a purchase takes: the median, and the count by which nine in ten had bought.

    Args:
        touchpoints: one row per number of touchpoints and segment.
        kpis: one row per segment.
        words: the language that is spoken.
    """
    counts = overall(touchpoints).sort("touchpoint_count")
    medians = overall(kpis)["median_touchpoints_before_purchase"].to_list()
    if counts.is_empty() or not medians or medians[0] is None:
        return words.say("touchpoints_empty")
    most = counts.filter(pl.col("cumulative_share") >= MOST_SHARE).row(0, named=True)
    bought = int(counts["journeys"].sum())
    return words.say(
        "touchpoints_sentence",
        median=words.counted("touchpoints", medians[0]),
        share=words.share(most["cumulative_share"]),
        purchases=words.counted("purchases", bought),
        n=words.count(most["touchpoint_count"]),
    )


def sankey_sentence(transitions: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> str:
    """Say how many moves between phases go forward and how many back, and the commonest way back.

    Args:
        transitions: one row per edge and segment.
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    titles, links = phase_titles(lifecycle), phase_links(transitions)
    order = {phase: place for place, phase in enumerate(titles)}
    moves = [link for link in links if link.source != START and link.target not in ENDS]
    total = sum(link.count for link in moves)
    if not links:
        return words.say("sankey_empty")
    if not total:
        ended = sum(link.count for link in links if link.target in ENDS)
        return words.say("sankey_no_moves", ended, n=words.counted("journeys", ended))
    back = [link for link in moves if link.kind(order) == "back"]
    share = sum(link.count for link in back) / total
    moved = words.counted("moves", total)
    parts = [words.say("sankey_sentence", moves=moved, forward=words.share(1 - share), back=words.share(share))]
    if back:
        way = max(back, key=lambda link: link.count)
        names = {"source": titles[way.source], "target": titles[way.target]}
        parts.append(words.say("sankey_commonest", **names, n=words.count(way.count)))
    return " ".join(parts)
