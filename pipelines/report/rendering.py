"""The report as one reader gets it: made from the published file, in their language, of their segment."""

from dataclasses import dataclass, replace

import plotly.graph_objects as go
import polars as pl

from models.errors import UserError
from models.lifecycle import load_lifecycle
from models.lifecycle.errors import suggestion
from models.periods import Rhythm
from models.settings import Settings
from models.words import Language
from pipelines.report.page import PageFacts, render_page, subtitle
from pipelines.report.sections import KeyFigure, key_figures, sections
from pipelines.report.writing import read_tables
from transforms.overall import conversion_kind
from transforms.readers import ALL, of_segment, titled_in
from transforms.sentences import answer_sentences
from transforms.wording import words_in


class NoSegmentError(UserError):
    """A segment that no journey of the published file has."""


@dataclass(frozen=True)
class Reader:
    """Whom a report is for.

    Args:
        language: that they read.
        segment: whose journeys it tells of, as dimension and value.
        rhythm: how long the period is that it tells the changes of.
    """

    language: Language
    segment: tuple[str, str] = ALL
    rhythm: Rhythm = "weekly"


@dataclass(frozen=True)
class Report:
    """What a reader gets.

    Args:
        title: of the page.
        subtitle: the days that it tells of, and the segment.
        answer: the parts of the answer, the answer itself first.
        key_figures: what stands under it.
        page: the whole page as HTML.
        figures: by id, in their light colours, in order.
        figure_titles: of the figures, by id.
    """

    title: str
    subtitle: str
    answer: tuple[str, ...]
    key_figures: tuple[KeyFigure, ...]
    page: str
    figures: dict[str, go.Figure]
    figure_titles: dict[str, str]


def read_report(settings: Settings, reader: Reader) -> Report:
    """Make the report of a reader from the published file; the same file gives the same report.

    Raises:
        NoSegmentError: if no journey has their segment.
        WarehouseError: if the published file cannot be read.
        LifecycleError: if the lifecycle of the settings cannot be used; another language takes its titles from it.
    """
    tables, facts = read_tables(settings)
    _check_segment(tables["kpis"], reader.segment)
    if reader.language != facts.language:
        titles = titled_in(tables["lifecycle"], load_lifecycle(settings.lifecycle), reader.language)
        tables = tables | {"lifecycle": titles}
    return report_of(
        of_segment(tables, reader.segment), replace(facts, language=reader.language, segment=reader.segment)
    )


def report_of(tables: dict[str, pl.DataFrame], facts: PageFacts) -> Report:
    """Make a report from marts, as `render_page` makes its page.

    Args:
        tables: the marts that the page tells of, by name.
        facts: what they do not say of themselves.
    """
    words = words_in(facts.language, conversion_kind(tables["lifecycle"]))
    drawn = [section for section in sections(tables, words) if section.figure]
    return Report(
        title=words.say("page_title"),
        subtitle=subtitle(facts, words),
        answer=tuple(answer_sentences(tables, facts, words)),
        key_figures=tuple(key_figures(tables, words)),
        page=render_page(tables, facts),
        figures={section.id: section.figure for section in drawn},
        figure_titles={section.id: section.title for section in drawn},
    )


def _check_segment(kpis: pl.DataFrame, segment: tuple[str, str]) -> None:
    dimension, value = segment
    if not kpis.filter((pl.col("dimension") == dimension) & (pl.col("segment") == value)).is_empty():
        return
    values = kpis.filter(pl.col("dimension") == dimension)["segment"].to_list()
    if not values:
        known = kpis["dimension"].unique().to_list()
        raise NoSegmentError(f"journeys are not cut by {dimension!r}{suggestion(dimension, known)}")
    raise NoSegmentError(f"no journey has {dimension} {value!r}{suggestion(value, values)}")
