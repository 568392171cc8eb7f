"""What stands on the page, in order: the sections, each a title, a sentence, a figure and its table."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import polars as pl

from pipelines.report.views import View, dwell_view, funnel_view, sankey_view, touchpoints_view
from transforms import sentences
from transforms.figures import dwell_figure, funnel_figure, sankey_figure, touchpoints_figure
from transforms.overall import overall, phases_in_order
from transforms.texts import say
from transforms.wording import written_count, written_duration, written_interval, written_share

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


def sections(tables: Tables) -> list[Section]:
    """List the sections of the funnel page.

    Args:
        tables: `phase_metrics`, `lifecycle`, `transitions`, `touchpoints_before_purchase` and `kpis`.
    """
    return [_funnel(tables), _dwell(tables), _touchpoints(tables), _sankey(tables)]


def _section(name: str, sentence: str, figure: go.Figure, view: View) -> Section:
    title = say(f"{name}_title")
    return Section(name, title, sentence, figure, view) if view.rows else Section(name, title, sentence, None, None)


def _funnel(tables: Tables) -> Section:
    phases = tables["phase_metrics"], tables["lifecycle"]
    return _section("funnel", sentences.funnel_sentence(*phases), funnel_figure(*phases), funnel_view(*phases))


def _dwell(tables: Tables) -> Section:
    phases = tables["phase_metrics"], tables["lifecycle"]
    return _section("dwell", sentences.dwell_sentence(*phases), dwell_figure(*phases), dwell_view(*phases))


def _touchpoints(tables: Tables) -> Section:
    counts, kpis = tables["touchpoints_before_purchase"], tables["kpis"]
    medians = overall(kpis)["median_touchpoints_before_purchase"].to_list()
    figure = touchpoints_figure(counts, medians[0] if medians else None)
    return _section("touchpoints", sentences.touchpoints_sentence(counts, kpis), figure, touchpoints_view(counts))


def _sankey(tables: Tables) -> Section:
    moves = tables["transitions"], tables["lifecycle"]
    return _section("sankey", sentences.sankey_sentence(*moves), sankey_figure(*moves), sankey_view(*moves))


def key_figures(tables: Tables) -> list[KeyFigure]:
    """List the figures that stand under the answer; none where there are no journeys.

    Args:
        tables: `kpis`, `phase_metrics` and `lifecycle`.
    """
    rows = overall(tables["kpis"]).to_dicts()
    if not rows or not rows[0]["journeys"]:
        return []
    kpi = rows[0]
    values = [*_outcomes(kpi), *_leak(tables), *_ways(kpi)]
    return [KeyFigure(say(f"key_{name}"), value, aside) for name, value, aside in values]


def _outcomes(kpi: dict[str, Any]) -> list[tuple[str, str, str]]:
    interval = written_interval(kpi["conversion_low"], kpi["conversion_high"])
    aside = say("key_no_rate") if kpi["conversion_rate"] is None else say("key_interval", interval=interval)
    open_share = written_share(kpi["still_open"] / kpi["journeys"])
    return [
        ("journeys", written_count(kpi["journeys"]), say("key_bought", n=written_count(kpi["converted"]))),
        ("open", written_count(kpi["still_open"]), say("key_share", share=open_share)),
        ("conversion", written_share(kpi["conversion_rate"]), aside),
    ]


def _leak(tables: Tables) -> list[tuple[str, str, str]]:
    worst = sentences.worst_leak(phases_in_order(tables["phase_metrics"], tables["lifecycle"]).to_dicts())
    if worst is None:
        return []
    return [("leak", written_share(worst["drop_off_rate"]), say("key_leak_phase", phase=worst["title"]))]


def _ways(kpi: dict[str, Any]) -> list[tuple[str, str, str]]:
    median = kpi["median_touchpoints_before_purchase"]
    if median is None:
        return []
    return [
        ("touchpoints", written_count(median), say("key_before")),
        ("time", written_duration(kpi["median_seconds_to_purchase"]), say("key_median")),
    ]
