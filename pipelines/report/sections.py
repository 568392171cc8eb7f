"""What stands on the page, in order: the sections, each a title, a sentence, a figure and its table."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from pipelines.report.views import View, dwell_view, funnel_view, sankey_view, touchpoints_view
from transforms import sentences
from transforms.figures import dwell_figure, funnel_figure, sankey_figure, touchpoints_figure
from transforms.overall import overall, phases_in_order
from transforms.wording import Words

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Section:
    """One section of the page; without anything to draw it has a sentence only."""

    id: str
    title: str
    sentence: str
    figure: go.Figure | None
    view: View | None


@dataclass(frozen=True)
class KeyFigure:
    """One figure of the answer: its name, its value, and what to know beside it."""

    name: str
    value: str
    aside: str


def sections(tables: Tables, words: Words) -> list[Section]:
    """List the sections of the funnel page.

    Args:
        tables: `phase_metrics`, `lifecycle`, `transitions`, `touchpoints_before_purchase` and `kpis`.
        words: the language that is spoken.
    """
    return [part(tables, words) for part in (_funnel, _dwell, _touchpoints, _sankey)]


def _section(name: str, title: str, sentence: str, figure: go.Figure, view: View) -> Section:
    return Section(name, title, sentence, figure, view) if view.rows else Section(name, title, sentence, None, None)


def _funnel(tables: Tables, words: Words) -> Section:
    phases = tables["phase_metrics"], tables["lifecycle"], words
    sentence = sentences.funnel_sentence(*phases)
    return _section("funnel", words.say("funnel_title"), sentence, funnel_figure(*phases), funnel_view(*phases))


def _dwell(tables: Tables, words: Words) -> Section:
    phases = tables["phase_metrics"], tables["lifecycle"], words
    sentence = sentences.dwell_sentence(*phases)
    return _section("dwell", words.say("dwell_title"), sentence, dwell_figure(*phases), dwell_view(*phases))


def _touchpoints(tables: Tables, words: Words) -> Section:
    counts, kpis = tables["touchpoints_before_purchase"], tables["kpis"]
    medians = overall(kpis)["median_touchpoints_before_purchase"].to_list()
    figure = touchpoints_figure(counts, medians[0] if medians else None, words)
    title, sentence = words.say("touchpoints_title"), sentences.touchpoints_sentence(counts, kpis, words)
    return _section("touchpoints", title, sentence, figure, touchpoints_view(counts, words))


def _sankey(tables: Tables, words: Words) -> Section:
    moves = tables["transitions"], tables["lifecycle"], words
    sentence = sentences.sankey_sentence(*moves)
    return _section("sankey", words.say("sankey_title"), sentence, sankey_figure(*moves), sankey_view(*moves))


def key_figures(tables: Tables, words: Words) -> list[KeyFigure]:
    """List the figures that stand under the answer; none where there are no journeys.

    Args:
        tables: `kpis`, `phase_metrics` and `lifecycle`.
        words: the language that is spoken.
    """
    rows = overall(tables["kpis"]).to_dicts()
    if not rows or not rows[0]["journeys"]:
        return []
    kpi = rows[0]
    values = [*_outcomes(kpi, words), *_leak(tables, words), *_ways(kpi, words)]
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


def _leak(tables: Tables, words: Words) -> list[tuple[str, str, str]]:
    worst = sentences.worst_leak(phases_in_order(tables["phase_metrics"], tables["lifecycle"]).to_dicts())
    if worst is None:
        return []
    return [("leak", words.share(worst["drop_off_rate"]), words.say("key_leak_phase", phase=worst["title"]))]


def _ways(kpi: dict[str, Any], words: Words) -> list[tuple[str, str, str]]:
    median = kpi["median_touchpoints_before_purchase"]
    if median is None:
        return []
    return [
        ("touchpoints", words.count(median), words.say("key_before")),
        ("time", words.duration(kpi["median_seconds_to_purchase"]), words.say("key_median")),
    ]
