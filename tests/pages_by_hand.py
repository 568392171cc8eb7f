"""Pages and terminal tables of worlds that together say every text, and all the words that stand in them."""

import io
import json
import re
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from unittest.mock import patch

import duckdb
import polars as pl
from rich.console import Console

from models.lifecycle import load_lifecycle, shipped_lifecycles
from models.periods import RHYTHMS, last_period
from pipelines.cli.funnel import funnel_table
from pipelines.mailing.report import Edition, mail_html, mail_text
from pipelines.places import PAGE, PDF
from pipelines.report.asking import ask, values_of
from tests.marts_by_hand import FACTS, PHASES, day_figures, empty_marts, marts, page_of, report_of, run_settings
from transforms.overall import conversion_kind
from transforms.sentences import changes_sentence
from transforms.wording import NBSP, Words, words_in

# channels are called as GA4 does, personas and owners of one's own as the settings do
NAMES = (
    r"six-phases|\b(KM|CRM|NPS|PDF|PR|SEO|SQL)\b|Sojourn|GA4|DuckDB|JavaScript|Kaplan–Meier|Wilson|Holm|Europe/Copenhagen"
    r"|Direct|Organic Search|phones|Owner \d|DKK|SEK"
)
POINTS = [f"{phase}_{n}" for phase in PHASES for n in (1, 2)]
SEEN = {"text", "name", "customdata", "ticktext", "hovertemplate"}
ASKED = {}
"""Which texts were asked for, by language and conversion."""


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
        elif self.within not in ("script", "style", "code"):
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
        gap.with_columns(item=pl.lit("mobile"), value=0.01, rank=2),
        gap.with_columns(item=pl.lit("tablet"), rank=3),
        time.with_columns(value=20.0),
    ]
    return tables | {"journey_map": pl.concat(rows, how="vertical_relaxed")}


def alike(tables):
    """No segment that differs, one that is not known, levers that bring nothing, and periods that differ."""
    sure = tables["comparisons"].with_columns(is_significant=pl.lit(False))
    kpis = tables["kpis"].with_columns(segment=pl.col("segment").replace("tablet", "(not set)"))
    later = (pl.col("day") > pl.date(2026, 1, 18)).cast(pl.Int64)
    cohorts = tables["cohorts"].with_columns(mature_converted=2 + 30 * later)
    levers = tables["levers"].with_columns(extra_purchases=0.0, extra_revenue=None, low=0.0, high=0.0)
    return tables | {"comparisons": sure, "kpis": kpis, "cohorts": cohorts, "levers": levers}


def bare(tables):
    """Neither segments nor levers nor pages nor curves nor moves between touchpoints, and no revenue."""
    days = tables["day_figures"].with_columns(
        value=pl.when(pl.col("figure") == "revenue").then(0.0).otherwise(pl.col("value"))
    )
    empty = {name: tables[name].clear() for name in ("levers", "page_exits", "dwell_curves", "cohorts", "restatements")}
    kpis = tables["kpis"].filter(pl.col("dimension") == "all")
    metrics = tables["phase_metrics"].filter(pl.col("dimension") == "all")
    return tables | empty | {"kpis": kpis, "phase_metrics": metrics, "day_figures": days}


def few(tables):
    """One purchase more of no known worth, one page seen once, two days restated, a few journeys in no phase."""
    levers = tables["levers"].with_columns(extra_purchases=1.0, extra_revenue=None, low=None, high=None)
    cells = tables["journey_map"]
    cells = cells.with_columns(revenue=None, value=pl.when(pl.col("aspect") == "levers").then(1.0).otherwise("value"))
    pages = tables["page_exits"].head(1).with_columns(sessions=1, lost_exits=1)
    again = tables["restatements"].with_columns(day=pl.date(2026, 2, 25))
    near = tables["comparisons"].with_columns(difference=pl.col("difference").sign() * 0.01)
    told = pl.concat([tables["restatements"], again])
    kpis = tables["kpis"].with_columns(journeys=pl.col("journeys") + 7)
    return tables | {
        "levers": levers,
        "journey_map": cells,
        "page_exits": pages,
        "restatements": told,
        "comparisons": near,
        "kpis": kpis,
    }


def moves(tables, ways):
    """Tables with these moves between touchpoints: from, to and how often."""
    base = tables["transitions"].head(1).with_columns(level=pl.lit("touchpoint"), median_seconds=pl.lit(60.0))
    rows = [base.with_columns(from_state=pl.lit(a), to_state=pl.lit(b), transition_count=n) for a, b, n in ways]
    return tables | {"transitions": pl.concat([tables["transitions"], *rows], how="vertical_relaxed")}


def contacts(tables):
    """Moves between touchpoints, of which some are among the commonest."""
    return moves(tables, [("(start)", POINTS[0], 9), *((a, b, n) for n, (a, b) in enumerate(pairwise(POINTS), 1))])


def far(tables):
    """Moves between touchpoints of which none is between two of the commonest."""
    entries = [("(start)", point, 9) for point in POINTS[:10]]
    return moves(tables, [*entries, ("(start)", POINTS[10], 2), (POINTS[10], POINTS[11], 1)])


def worlds(language, conversion):
    """Tables that together make the page say all that it can say."""
    given = {"titles": titles(language), "conversion": conversion}
    whole = marts(**given)
    return [
        contacts(whole),
        alike(far(whole)),
        bare(whole),
        few(whole),
        marts(is_mature=False, **given),
        marts(has_purchases=False, **given),
        still(whole),
        named(small(unseen(rare(whole)))),
        empty_marts() | {"lifecycle": whole["lifecycle"]},
    ]


def noted(make):
    """Make it once for a language and a conversion, and note which texts are asked for meanwhile."""

    @cache
    def made(language, conversion):
        say, asked = Words.say, ASKED.setdefault((language, conversion), set())

        def noting(words, name, by=None, /, **values):
            asked.add(name)
            return say(words, name, by, **values)

        with patch.object(Words, "say", noting):
            return make(language, conversion)

    return made


@noted
def pages(language, conversion):
    """The page of each world, of one segment, and of a world without a day."""
    facts = replace(FACTS, language=language)
    *shown, empty = worlds(language, conversion)
    named, told = replace(facts, currency="DKK"), replace(facts, currency="DKK", is_currency_inferred=True)
    whose = replace(named, segment=("persona", "phones"))
    nowhere = page_of(empty, replace(facts, first_day=None, last_day=None))
    first, second, *others = shown
    drawn = [page_of(first, named), page_of(second, told), *(page_of(tables, facts) for tables in (*others, empty))]
    return [*drawn, page_of(first, whose), nowhere]


@noted
def periods(language, conversion):
    """What is said of the last period of each rhythm: with and without one before it, without revenue, with gaps."""
    words, figures = words_in(language, conversion_kind(marts(conversion=conversion)["lifecycle"])), day_figures()
    told = []
    for rhythm in RHYTHMS:
        facts = replace(FACTS, language=language, rhythm=rhythm)
        gaps = [tuple(date(2026, month, day) for day in days) for month, days in ((2, (18,)), (1, range(1, 31, 2)))]
        found = [(figures, ()), (figures.tail(4), ()), (figures.filter(pl.col("figure") != "revenue"), ())]
        for days, missing in (*found, *((figures.filter(~pl.col("day").is_in(gap)), gap) for gap in gaps)):
            facts = replace(facts, missing_days=missing)
            with duckdb.connect() as connection:
                connection.register("day_figures", days)
                connection.register("run_settings", run_settings(facts))
                values = values_of(facts.segment, facts.period, facts.period)
                changes = ask(connection, ["changes"], values)["changes"].frame
            told.append(changes_sentence(changes, facts, words).replace(NBSP, " "))
    return told


@noted
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


@noted
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


@cache
def everything(language, conversion):
    drawn = map(said, pages(language, conversion))
    told = [*printed(language, conversion), *mails(language, conversion), *periods(language, conversion)]
    return " ".join([*drawn, *told])
