"""A report for a reader: the answer, the figures and the page, in their language and of their segment."""

from dataclasses import dataclass
from datetime import date

import duckdb
import plotly.graph_objects as go
import polars as pl

from models.errors import UserError
from models.lifecycle import load_lifecycle
from models.lifecycle.errors import suggestion
from models.periods import Rhythm
from models.settings import Settings
from models.words import Language
from pipelines.published_file import open_published
from pipelines.report.asking import Answer, ask, questions_of, values_of
from pipelines.report.key_figures import KeyFigure, key_figures
from pipelines.report.page import render_page, subtitle
from pipelines.report.sections import Material, Section, is_whole, sections
from pipelines.zones import LAST_DAY
from transforms.overall import conversion_kind
from transforms.readers import ALL, of_segment, titled_in
from transforms.sentences import Facts, answer_sentences
from transforms.wording import words_in

TABLES = (
    "lifecycle",
    "phase_metrics",
    "transitions",
    "touchpoints_before_purchase",
    "kpis",
    "quality",
    "currencies",
    "journey_map",
    "touchpoint_metrics",
    "levers",
    "dwell_curves",
)
EPOCH = date(1970, 1, 1)
FACTS = f"""
    SELECT
        (SELECT min(export_day) FROM loads) AS first_day,
        {LAST_DAY} AS last_day,
        journey_window_seconds / 86400 AS window_days,
        timezone,
        language,
        currency,
        is_currency_inferred,
        (
            SELECT coalesce(list(day ORDER BY day), [])
            FROM (
                SELECT unnest(generate_series(min(export_day)::TIMESTAMP, {LAST_DAY}::TIMESTAMP, INTERVAL 1 DAY))::DATE
                    AS day
                FROM loads
            )
            ANTI JOIN loads ON day = export_day
        ) AS missing_days
    FROM run_settings
"""


class NoSegmentError(UserError):
    """A segment that no journey of the published file has."""


@dataclass(frozen=True)
class Reader:
    """Whom a report is for.

    Args:
        language: that it speaks; null is that of the night.
        segment: dimension and segment of the journeys that it tells of.
        rhythm: how long the periods are that it compares.
    """

    language: Language | None = None
    segment: tuple[str, str] = ALL
    rhythm: Rhythm = "weekly"


@dataclass(frozen=True)
class Report:
    """All that is told to a reader, and the page that tells it.

    Args:
        title: of the page.
        subtitle: the days that it tells of, and the segment.
        answer: the parts of the answer, the answer itself first.
        key_figures: what stands under it.
        sections: in the order of the page.
        tables: the rows behind the figures, by the names of their queries.
        page: the whole page as HTML.
    """

    title: str
    subtitle: str
    answer: tuple[str, ...]
    key_figures: tuple[KeyFigure, ...]
    sections: tuple[Section, ...]
    tables: dict[str, pl.DataFrame]
    page: str

    @property
    def figures(self) -> dict[str, go.Figure]:
        """The figures, in light colours, by the name of their section."""
        return {section.id: section.figure for section in self.sections if section.figure}

    @property
    def figure_titles(self) -> dict[str, str]:
        """What the sections are called, by their name."""
        return {section.id: section.title for section in self.sections}


def read_report(settings: Settings, reader: Reader) -> Report:
    """Make the report of a published file.

    Args:
        settings: where the file stands, and the lifecycle that titles are taken from for another language.
        reader: whom it is for.

    Raises:
        NoSegmentError: if no journey has their segment.
        LifecycleError: if the lifecycle of the settings cannot be used; another language takes its titles from it.
    """
    with open_published(settings) as connection:
        found = connection.sql(FACTS).pl().row(0, named=True)
        night_language = found.pop("language")
        language, found["missing_days"] = reader.language or night_language, tuple(found["missing_days"])
        facts = Facts(**found, language=language, rhythm=reader.rhythm, segment=reader.segment)
        tables = {name: connection.sql(f"FROM {name}").pl() for name in TABLES}
        _check_segment(tables["kpis"], reader.segment)
        if facts.language != night_language:
            tables["lifecycle"] = titled_in(tables["lifecycle"], load_lifecycle(settings.lifecycle), facts.language)
        return make_report(of_segment(tables, reader.segment), ask_of(connection, facts), facts)


def _check_segment(kpis: pl.DataFrame, segment: tuple[str, str]) -> None:
    dimension, value = segment
    if not kpis.filter((pl.col("dimension") == dimension) & (pl.col("segment") == value)).is_empty():
        return
    values = kpis.filter(pl.col("dimension") == dimension)["segment"].to_list()
    if not values and dimension != ALL[0]:
        known = kpis["dimension"].unique().to_list()
        raise NoSegmentError(f"journeys are not cut by {dimension!r}{suggestion(dimension, known)}")
    if values:
        raise NoSegmentError(f"no journey has {dimension} {value!r}{suggestion(value, values)}")


def ask_of(connection: duckdb.DuckDBPyConnection, facts: Facts) -> dict[str, Answer]:
    """Ask the questions of the page; before any day is loaded their periods are of no matter."""
    anyday = Facts(None, EPOCH, facts.window_days, rhythm=facts.rhythm)
    period, mature = facts.period or anyday.period, facts.mature_period or anyday.mature_period
    assert period and mature
    return ask(connection, questions_of(facts.segment), values_of(facts.segment, period, mature))


def make_report(tables: dict[str, pl.DataFrame], answers: dict[str, Answer], facts: Facts) -> Report:
    """Make a report from its marts and what the queries gave; the same give the same.

    Args:
        tables: the marts of TABLES by name, as if the segment of the facts were all there is.
        answers: to the questions of the segment.
        facts: what the tables do not say of themselves.
    """
    words = words_in(facts.language, conversion_kind(tables["lifecycle"]), facts.currency)
    material = Material(tables, answers, facts, words)
    changes = answers["changes"].frame if is_whole(facts) else None
    answer = answer_sentences(tables, changes, facts, words)
    shown, figures = sections(material), key_figures(material)
    page = render_page(material, answer, figures, shown)
    return Report(
        title=words.say("page_title"),
        subtitle=subtitle(material),
        answer=tuple(answer),
        key_figures=tuple(figures),
        sections=tuple(shown),
        tables={name: found.frame for name, found in answers.items()},
        page=page,
    )
