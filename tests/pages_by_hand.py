"""Pages and terminal tables of worlds that together say every text, and all the words that stand in them."""

import io
import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import polars as pl
from rich.console import Console

from models.lifecycle import load_lifecycle, shipped_lifecycles
from models.periods import last_period
from pipelines.cli.funnel import funnel_table
from pipelines.mailing.report import PAGE, PDF, Edition, mail_html, mail_text
from pipelines.report.page import render_page
from pipelines.report.rendering import report_of
from tests.marts_by_hand import FACTS, empty_marts, marts
from transforms.overall import conversion_kind
from transforms.wording import NBSP, words_in

NAMES = (
    r"six-phases|\b(KM|CRM|NPS|PDF|PR|SEO)\b|Sojourn|GA4|JavaScript|Kaplan–Meier|Wilson|Europe/Copenhagen"
    r"|Direct|phones|Owner \d"  # channels are called as GA4 does, personas and owners of one's own as the settings do
)
SEEN = {"text", "name", "customdata", "ticktext", "hovertemplate"}


class Seen(HTMLParser):
    """All that a page shows or reads out: its texts, its attributes for people, and what its figures draw."""

    def __init__(self, page):
        super().__init__()
        self.texts, self.within, self.lang, self.is_figures = [], None, None, False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.within, self.lang = tag, values.get("lang", self.lang)
        self.is_figures = values.get("id") == "figures"
        self.texts += [values[name] for name in ("title", "alt", "aria-label") if name in values]

    def handle_endtag(self, tag):
        self.within = None

    def handle_data(self, data):
        if self.is_figures:
            self.texts += drawn(json.loads(data)["figures"])
            self.is_figures = False
        elif self.within not in ("script", "style"):
            self.texts.append(data)


def drawn(value, key=None):
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in drawn(inner, name)]
    if isinstance(value, list):
        return [text for inner in value for text in drawn(inner, key)]
    return [re.sub(r"<[^>]*>|%\{\w+\}", " ", value)] if isinstance(value, str) and key in SEEN else []


def said(page):
    return " ".join(" ".join(Seen(page).texts).replace(NBSP, " ").replace("\u2060", "").split())


def words_of(text):
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", re.sub(NAMES, " ", text))}


def titles(language):
    return [phase.title_in(language) for phase in load_lifecycle("six-phases").phases]


def still(tables):
    """Journeys that all ended in the phase where they began, and of which none converted or dropped off."""
    links = tables["transitions"]
    alone = links.filter(pl.col("from_state").is_in(["(start)"]) | pl.col("to_state").str.starts_with("("))
    metrics = tables["phase_metrics"].with_columns(dropped_off=pl.lit(0), drop_off_rate=pl.lit(None, pl.Float64))
    unknown = pl.lit(None, pl.Float64)
    kpis = tables["kpis"].with_columns(conversion_rate=unknown)
    metrics = metrics.with_columns(km_median_dwell_seconds=unknown)
    return tables | {"transitions": alone, "phase_metrics": metrics, "kpis": kpis}


def small(tables):
    """Fractions and short times: the words for little and for nearly all."""
    metrics = tables["phase_metrics"].with_columns(
        median_dwell_seconds=pl.lit(0.4),
        p90_dwell_seconds=pl.lit(4000.0),
        drop_off_rate=pl.col("drop_off_rate") * 0 + 0.9999,
    )
    return tables | {"phase_metrics": metrics, "kpis": tables["kpis"].with_columns(conversion_rate=pl.lit(0.0001))}


def unseen(tables):
    """Two phases that fewer than half move on from, and one that nobody stayed in."""
    phase, unknown = pl.col("phase"), pl.lit(None, pl.Float64)
    slow = pl.when(phase.is_in(["desire", "evaluation"])).then(unknown).otherwise("km_median_dwell_seconds")
    stays = pl.when(phase == "retention").then(0).otherwise("stays")
    metrics = tables["phase_metrics"].with_columns(km_median_dwell_seconds=slow, stays=stays)
    return tables | {"phase_metrics": metrics}


def rare(tables):
    """Moves so rare that the figure puts them together."""
    rows = [{"from_state": "desire", "to_state": to, "transition_count": 1} for to in ("awareness", "retention")]
    base = tables["transitions"].filter(~pl.col("to_state").is_in(["awareness", "retention"]))
    few = pl.DataFrame(rows).with_columns(
        part=pl.lit("to_purchase"), level=pl.lit("phase"), dimension=pl.lit("all"), segment=pl.lit("all"),
        probability=pl.lit(0.001),
    )  # fmt: skip
    return tables | {"transitions": pl.concat([base, few], how="diagonal_relaxed")}


def named(tables):
    """A map that tells of all owners that ship, and of the segments that Sojourn names."""
    told = tables["journey_map"]
    owners = sorted({point.owner for one in shipped_lifecycles() for point in one.touchpoints if point.owner})
    owned = told.filter((pl.col("aspect") == "owners") & (pl.col("rank") <= 3)).head(len(owners))
    gap = told.filter(pl.col("aspect") == "gaps").head(1).with_columns(item_dimension=pl.lit("device_category"))
    time = told.filter(pl.col("aspect") == "time").with_columns(item=pl.lit("median_active_seconds"), rank=2)
    rows = [
        told.filter(pl.col("aspect") != "owners"),
        owned.with_columns(item=pl.Series(owners)),
        gap.with_columns(item=pl.lit("mobile"), best_segment=pl.lit("desktop"), value=0.01, rank=2),
        gap.with_columns(item=pl.lit("tablet"), best_segment=pl.lit("mobile"), rank=3),
        time.with_columns(value=20.0),
    ]
    return tables | {"journey_map": pl.concat(rows, how="vertical_relaxed")}


def worlds(language, conversion):
    """Tables that together make the page say all that it can say."""
    given = {"titles": titles(language), "conversion": conversion}
    whole = marts(**given)
    return [
        whole,
        marts(is_mature=False, **given),
        marts(has_purchases=False, **given),
        still(whole),
        named(small(unseen(rare(whole)))),
        empty_marts() | {"lifecycle": whole["lifecycle"]},
    ]


@cache
def pages(language, conversion):
    """The page of each world, and of one without a day."""
    facts = replace(FACTS, language=language)
    *shown, empty = worlds(language, conversion)
    nowhere = render_page(empty, replace(facts, first_day=None, last_day=None))
    return [*(render_page(tables, facts) for tables in (*shown, empty)), nowhere]


@cache
def printed(language, conversion):
    """What the terminal prints of each world."""
    lines = []
    for tables in worlds(language, conversion):
        console = Console(width=80, file=io.StringIO())
        words = words_in(language, conversion_kind(tables["lifecycle"]))
        shown = {name: tables[name] for name in ("phase_metrics", "lifecycle", "kpis", "quality")}
        console.print(funnel_table(**shown, words=words))
        lines.append(console.file.getvalue())
    return lines


@cache
def mails(language, conversion):
    """The mails of a report: of each rhythm, of all journeys and of a segment, with the report attached or linked."""
    words, facts = words_in(language, conversion_kind(marts(conversion=conversion)["lifecycle"])), FACTS
    report = report_of(marts(titles=titles(language), conversion=conversion), replace(facts, language=language))
    told = []
    for rhythm, segment, link, files in (
        ("daily", "", None, (PAGE,)),
        ("weekly", words.named("device_category", "mobile"), None, (PAGE, PDF)),
        ("monthly", "", "https://127.0.0.1/", ()),
    ):
        edition = Edition(report, None, "1", last_period(rhythm, facts.last_day), segment, link, words)
        told += [edition.subject, edition.text, mail_text(edition, files), said(mail_html(edition, files, "1"))]
    return [text.replace("https://127.0.0.1/", "") for text in told]


def everything(language, conversion):
    drawn = map(said, pages(language, conversion))
    return " ".join([*drawn, *printed(language, conversion), *mails(language, conversion)])
