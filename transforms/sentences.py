"""What the figures say, in plain sentences made from the tables; honest where there is no rate yet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from transforms.figures.links import ENDS, START, phase_links
from transforms.overall import overall, phase_titles, phases_in_order, quality_value
from transforms.texts import counted, say
from transforms.wording import (
    written_count,
    written_duration,
    written_interval,
    written_period,
    written_share,
)

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
        language: of the texts, as an HTML `lang`.
    """

    first_day: date | None
    last_day: date | None
    window_days: float = 30
    timezone: str = "UTC"
    language: str = "en"


def days(number: float) -> str:
    """Write a number of days.

    >>> days(30), days(1.0)
    ('30 days', '1 day')
    """
    return counted(1 if number == 1 else 2, "day", written_count(number))


def provisional_note(facts: Facts) -> str:
    """Say which of the days shown may still change: those at most three days past at as_of.

    >>> provisional_note(Facts(date(2026, 1, 1), date(2026, 1, 31)))[:33]
    'Provisional: 28–31 January 2026 m'
    """
    if facts.first_day is None or facts.last_day is None:
        return ""
    first = max(facts.first_day, facts.last_day - PROVISIONAL)
    return say("provisional", period=written_period(first, facts.last_day))


def immature_note(quality: pl.DataFrame, window_days: float | None) -> str:
    """Say why there are no rates and, where it is known, which window would give some.

    Args:
        quality: one row per figure; `mature_window_days` may be null or missing.
        window_days: the journey window; null leaves its length out.

    >>> immature_note(pl.DataFrame({"name": ["mature_window_days"], "value": [15.0]}), 30)[-40:]
    'ys. A window of 15 days would give them.'
    """
    window = "" if window_days is None else say("of_window", days=days(window_days))
    found = quality_value(quality, "mature_window_days")
    better = "" if found is None else " " + say("immature_window", days=days(found))
    return say("immature", window=window) + better


def answer_sentences(tables: dict[str, pl.DataFrame], facts: Facts) -> list[str]:
    """Answer first: conversion or why there is none, the worst leak, what a purchase takes, the period.

    Args:
        tables: `kpis`, `phase_metrics`, `lifecycle` and `quality`.
        facts: period and journey window.

    Returns:
        The parts, the answer itself first; one only where there are no journeys.
    """
    kpis = overall(tables["kpis"]).to_dicts()
    if not kpis or not kpis[0]["journeys"]:
        return [say("answer_empty")]
    parts = [
        *_conversion(kpis[0], tables["quality"], facts),
        _leak(phases_in_order(tables["phase_metrics"], tables["lifecycle"]).to_dicts()),
        _purchase(kpis[0]),
        _period(kpis[0], facts),
    ]
    return [part for part in parts if part]


def _conversion(kpi: dict[str, Any], quality: pl.DataFrame, facts: Facts) -> list[str]:
    amounts = {"journeys": _journeys(kpi["journeys"]), "converted": written_count(kpi["converted"])}
    if not kpi["mature_journeys"]:
        return [immature_note(quality, facts.window_days), say("answer_so_far", **amounts)]
    if kpi["conversion_rate"] is None:
        return [say("answer_all_open"), say("answer_so_far", **amounts)]
    interval = written_interval(kpi["conversion_low"], kpi["conversion_high"])
    return [say("answer_rate", rate=written_share(kpi["conversion_rate"]), interval=interval)]


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


def _leak(phases: list[dict[str, Any]]) -> str:
    if worst := worst_leak(phases):
        return say("answer_leak", **_rated(worst), lost=_journeys(worst["mature_dropped_off"]))
    if most := _most_lost(phases):
        return say("answer_leak_so_far", phase=most["title"], lost=_journeys(most["dropped_off"]))
    return ""


def _rated(phase: dict[str, Any]) -> dict[str, str]:
    interval = written_interval(phase["drop_off_low"], phase["drop_off_high"])
    return {"phase": phase["title"], "rate": written_share(phase["drop_off_rate"]), "interval": interval}


def _purchase(kpi: dict[str, Any]) -> str:
    median = kpi["median_touchpoints_before_purchase"]
    if not kpi["converted"] or median is None:
        return say("answer_no_purchase")
    time = written_duration(kpi["median_seconds_to_purchase"])
    return say("answer_purchase", touchpoints=_touchpoints(median), time=time)


def _period(kpi: dict[str, Any], facts: Facts) -> str:
    if facts.first_day is None or facts.last_day is None:
        return ""
    period = written_period(facts.first_day, facts.last_day)
    amounts = {
        "period": period,
        "journeys": _journeys(kpi["journeys"]),
        "still_open": written_count(kpi["still_open"]),
        "share": written_share(kpi["still_open"] / kpi["journeys"]),
    }
    if not kpi["mature_journeys"]:
        return say("answer_period_immature", **amounts)
    mature = written_count(kpi["mature_journeys"])
    return say("answer_period", mature=mature, window=days(facts.window_days), **amounts)


def funnel_sentence(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame) -> str:
    """Say how many came in, how many got to the end of the way to a purchase, and where most are lost.

    Args:
        phase_metrics: one row per phase and segment.
        lifecycle: one row per phase and touchpoint.
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    if not phases or not phases[0]["reached"]:
        return say("funnel_empty")
    last = next((phase for phase in phases if phase["stage"] == "during"), phases[-1])
    reached, far = _journeys(phases[0]["reached"]), written_count(last["reached"])
    got = say("funnel_sentence", reached=reached, first=phases[0]["title"], last_reached=far, last=last["title"])
    if worst := worst_leak(phases):
        return f"{got} {say('funnel_worst', **_rated(worst))}"
    most, lost = _most_lost(phases), sum(phase["dropped_off"] for phase in phases)
    if not most:
        return f"{got} {say('funnel_none_lost')}"
    return f"{got} {say('funnel_lost', lost=written_count(lost), phase=most['title'])}"


def dwell_sentence(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame) -> str:
    """Say where journeys stay longest, and why the median over completed stays would mislead.

    Args:
        phase_metrics: one row per phase and segment; times in seconds.
        lifecycle: one row per phase and touchpoint.
    """
    phases = [phase for phase in phases_in_order(phase_metrics, lifecycle).to_dicts() if phase["stays"]]
    if not phases:
        return say("dwell_empty")
    known = [phase for phase in phases if phase["km_median_dwell_seconds"] is not None]
    if not known:
        return say("dwell_no_km")
    longest = max(known, key=lambda phase: phase["km_median_dwell_seconds"])
    time = written_duration(longest["km_median_dwell_seconds"])
    parts = [say("dwell_sentence", phase=longest["title"], km=time), _bias(longest)]
    unreached = [phase["title"] for phase in phases if phase["completed_stays"] and phase not in known]
    parts.append(say("dwell_unreached", phases=_listed(unreached)) if unreached else "")
    return " ".join(part for part in parts if part)


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return say("list_and", first=", ".join(names[:-1]), last=names[-1])


def _bias(phase: dict[str, Any]) -> str:
    median = phase["median_dwell_seconds"]
    if median is None or median >= phase["km_median_dwell_seconds"]:
        return ""
    return say("dwell_biased", median=written_duration(median))


def touchpoints_sentence(touchpoints: pl.DataFrame, kpis: pl.DataFrame) -> str:
    """Say what a purchase takes: the median, and the count by which nine in ten had bought.

    Args:
        touchpoints: one row per number of touchpoints and segment.
        kpis: one row per segment.
    """
    counts = overall(touchpoints).sort("touchpoint_count")
    medians = overall(kpis)["median_touchpoints_before_purchase"].to_list()
    if counts.is_empty() or not medians or medians[0] is None:
        return say("touchpoints_empty")
    most = counts.filter(pl.col("cumulative_share") >= MOST_SHARE).row(0, named=True)
    bought = int(counts["journeys"].sum())
    return say(
        "touchpoints_sentence",
        median=_touchpoints(medians[0]),
        share=written_share(most["cumulative_share"]),
        purchases=counted(bought, "purchase", written_count(bought)),
        n=written_count(most["touchpoint_count"]),
    )


def sankey_sentence(transitions: pl.DataFrame, lifecycle: pl.DataFrame) -> str:
    """Say how many moves between phases go forward and how many back, and the commonest way back.

    Args:
        transitions: one row per edge and segment.
        lifecycle: one row per phase and touchpoint.
    """
    titles, links = phase_titles(lifecycle), phase_links(transitions)
    order = {phase: place for place, phase in enumerate(titles)}
    moves = [link for link in links if link.source != START and link.target not in ENDS]
    total = sum(link.count for link in moves)
    if not links:
        return say("sankey_empty")
    if not total:
        ended = sum(link.count for link in links if link.target in ENDS)
        return say("sankey_no_moves", n=_journeys(ended))
    back = [link for link in moves if link.kind(order) == "back"]
    share = sum(link.count for link in back) / total
    moved = counted(total, "move", written_count(total))
    parts = [say("sankey_sentence", moves=moved, forward=written_share(1 - share), back=written_share(share))]
    if back:
        way = max(back, key=lambda link: link.count)
        names = {"source": titles[way.source], "target": titles[way.target]}
        parts.append(say("sankey_commonest", **names, n=written_count(way.count)))
    return " ".join(parts)


def _counter(noun: str) -> Callable[[float], str]:
    return lambda number: counted(1 if number == 1 else 2, noun, written_count(number))


_journeys = _counter("journey")
_touchpoints = _counter("touchpoint")
