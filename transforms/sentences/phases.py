"""What the figures over phases say: where journeys end, how long they stay, how they move."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from transforms.figures.links import ENDS, REST, START, phase_links
from transforms.overall import overall, phase_titles, phases_in_order
from transforms.sentences.levers import first_lever
from transforms.wording import Words

MOST_SHARE = 0.9
DAY_SECONDS = 86400


def most_lost(phases: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Find the phase that most journeys were lost in so far; null where none was."""
    lossy = [phase for phase in phases if phase["dropped_off"]]
    return max(lossy, key=lambda phase: phase["dropped_off"], default=None)


def _rated(phase: dict[str, Any], words: Words) -> dict[str, str]:
    """Write a phase with its drop-off rate and interval, for a sentence."""
    interval = words.interval(phase["drop_off_low"], phase["drop_off_high"])
    return {"phase": phase["title"], "rate": words.share(phase["drop_off_rate"]), "interval": interval}


def funnel_sentence(
    phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame, kpis: pl.DataFrame, levers: pl.DataFrame, words: Words
) -> str:
    """Say how many came in and got to the end of the way to a purchase, where most is to be won, who is in no phase.

    Args:
        phase_metrics: one row per phase and segment.
        lifecycle: one row per phase and touchpoint.
        kpis: one row per segment.
        levers: one row per state, level and segment.
        words: the language that is spoken.
    """
    phases = phases_in_order(phase_metrics, lifecycle).to_dicts()
    if not phases or not phases[0]["reached"]:
        return words.say("funnel_empty")
    beyond = int(overall(kpis)["journeys"].sum()) - phases[0]["reached"]
    rest = words.say("funnel_beyond", beyond, journeys=words.counted("journeys", beyond)) if beyond else ""
    first = first_lever(levers, phase_titles(lifecycle))
    lever = None if first is None else first["state"]
    return f"{_funnel(phases, lever, words)} {rest}".strip()


def _funnel(phases: list[dict[str, Any]], lever: str | None, words: Words) -> str:
    last = next((phase for phase in phases if phase["stage"] == "during"), phases[-1])
    reached, far = words.counted("journeys", phases[0]["reached"]), words.count(last["reached"])
    got = words.say("funnel_sentence", reached=reached, first=phases[0]["title"], last_reached=far, last=last["title"])
    if won := next((phase for phase in phases if phase["phase"] == lever and phase["drop_off_rate"]), None):
        return f"{got} {words.say('funnel_lever', **_rated(won, words))}"
    most, lost = most_lost(phases), sum(phase["dropped_off"] for phase in phases)
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


def curves_sentence(curves: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> str:
    """Say in which phase most are still there after a day.

    Args:
        curves: one row per phase and time (models/report/curves.sql).
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    after_a_day = curves.filter(pl.col("after_seconds") == DAY_SECONDS).drop_nulls("surviving_share")
    if after_a_day.is_empty():
        return words.say("curves_empty")
    row = after_a_day.sort("surviving_share", "phase", descending=True).row(0, named=True)
    share = words.rate(row["surviving_share"], row["surviving_low"], row["surviving_high"])
    return words.say("curves_sentence", phase=phase_titles(lifecycle)[row["phase"]], share=share)


def contacts_sentence(contacts: pl.DataFrame, titles: Mapping[str, str], words: Words) -> str:
    """Say what the commonest way from one touchpoint to another is, and how much of all the rest stands for.

    Args:
        contacts: one row per move (models/report/contacts.sql).
        titles: of touchpoints.
        words: the language that is spoken.
    """
    moves = contacts.filter(pl.col("from_state") != START, ~pl.col("to_state").is_in(ENDS))
    if moves.is_empty():
        return words.say("contacts_empty")
    is_rest = (pl.col("from_state") == REST) | (pl.col("to_state") == REST)
    rest, ways = moves.filter(is_rest), moves.filter(~is_rest)
    share = int(rest["transition_count"].sum()) / int(moves["transition_count"].sum())
    told = words.say("contacts_sentence", share=words.share(share))
    if ways.is_empty():
        return told
    way = ways.row(0, named=True)
    names = {"source": titles[way["from_state"]], "target": titles[way["to_state"]]}
    return f"{words.say('contacts_commonest', **names, n=words.count(way['transition_count']))} {told}"


def matrix_sentence(moves: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> str:
    """Say after which phase the largest share buys at once.

    Args:
        moves: one row per move between phases (models/report/sankey.sql).
        lifecycle: one row per phase and touchpoint.
        words: the language that is spoken.
    """
    bought = moves.filter(pl.col("to_state") == ENDS[0], pl.col("from_state") != START)
    if bought.is_empty():
        return words.say("matrix_none")
    row = bought.sort("probability", "from_state", descending=True).row(0, named=True)
    title = phase_titles(lifecycle)[row["from_state"]]
    return words.say("matrix_sentence", phase=title, share=words.share(row["probability"]))
