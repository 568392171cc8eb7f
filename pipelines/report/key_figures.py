"""The figures that stand under the answer."""

from dataclasses import dataclass
from typing import Any

from pipelines.report.sections import Material
from transforms import sentences
from transforms.overall import overall, phase_titles
from transforms.wording import Words


@dataclass(frozen=True)
class KeyFigure:
    """One figure of the answer: its name, its value, and what to know beside it."""

    name: str
    value: str
    aside: str


def key_figures(material: Material) -> list[KeyFigure]:
    """List the figures that stand under the answer; none where there are no journeys."""
    words = material.words
    rows = overall(material.tables["kpis"]).to_dicts()
    if not rows or not rows[0]["journeys"]:
        return []
    values = [*_outcomes(rows[0], words), *_lever(material), *_ways(rows[0], words)]
    return [KeyFigure(words.say(f"key_{name}"), value, aside) for name, value, aside in values]


def _outcomes(kpi: dict[str, Any], words: Words) -> list[tuple[str, str, str]]:
    interval = words.interval(kpi["conversion_low"], kpi["conversion_high"])
    aside = words.say("key_no_rate") if kpi["conversion_rate"] is None else words.say("key_interval", interval=interval)
    open_share = words.share(kpi["still_open"] / kpi["journeys"])
    return [
        ("journeys", words.count(kpi["journeys"]), words.say("key_bought", n=words.count(kpi["converted"]))),
        ("open", words.count(kpi["still_open"]), words.say("key_share", share=open_share)),
        ("conversion", words.share(kpi["conversion_rate"]), aside),
    ]


def _lever(material: Material) -> list[tuple[str, str, str]]:
    """What a tenth fewer leaving would bring where most is to be won: in money, or in purchases where none is known."""
    words = material.words
    first = sentences.first_lever(material.tables["levers"], phase_titles(material.lifecycle))
    if first is None or not first["extra_purchases"]:
        return []
    extra, worth = first["extra_purchases"], first["extra_revenue"]
    value = words.say("map_extra", extra, n=words.estimate(extra)) if worth is None else words.about(worth)
    return [("lever", value, words.say("key_lever_phase", phase=first["title"]))]


def _ways(kpi: dict[str, Any], words: Words) -> list[tuple[str, str, str]]:
    median = kpi["median_touchpoints_before_purchase"]
    if median is None:
        return []
    return [
        ("touchpoints", words.count(median), words.say("key_before")),
        ("time", words.duration(kpi["median_seconds_to_purchase"]), words.say("key_median")),
    ]
