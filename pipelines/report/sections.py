"""What stands on the page, in order: the sections, each a title, a sentence, a figure, its table and its query."""

from collections.abc import Mapping
from dataclasses import dataclass

import plotly.graph_objects as go
import polars as pl

from models.tables.figures import CURVE_DIMENSIONS
from pipelines.report.asking import Answer
from pipelines.report.opening import opening_of
from pipelines.report.views import View, crossed, view_of
from transforms import figures, sentences
from transforms.figures.links import ENDS, REST, START
from transforms.overall import overall, phase_titles, touchpoint_titles
from transforms.readers import ALL
from transforms.sentences import Facts
from transforms.wording import Words

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Told:
    """A table of a section, the query that gave its rows, and the calls that open them into journeys, if any."""

    view: View
    sql: str
    frame: pl.DataFrame
    opening: str = ""


@dataclass(frozen=True)
class Section:
    """One section of the page; without anything to tell it has a sentence only."""

    id: str
    title: str
    sentence: str
    figure: go.Figure | None = None
    told: tuple[Told, ...] = ()


@dataclass(frozen=True)
class Material:
    """What sections are made from: the marts of the segment that is told of, and what the queries gave."""

    tables: Tables
    answers: Mapping[str, Answer]
    facts: Facts
    words: Words

    @property
    def lifecycle(self) -> pl.DataFrame:
        """One row per phase and touchpoint, titled in the language of the page."""
        return self.tables["lifecycle"]

    @property
    def titles(self) -> dict[str, str]:
        """What phases, touchpoints and the states that are none are called."""
        states = {state: self.words.say(f"state_{state}") for state in (START, *ENDS)}
        rest = {REST: self.words.say("contacts_rest")}
        return touchpoint_titles(self.lifecycle) | phase_titles(self.lifecycle) | states | rest

    def frame(self, question: str) -> pl.DataFrame:
        """The rows that a query gave."""
        return self.answers[question].frame

    def told(self, question: str) -> Told:
        """The rows that a query gave as a table of the page."""
        answer = self.answers[question]
        view = view_of(question, answer.frame, self.titles, self.words)
        return Told(view, answer.sql, answer.frame, opening_of(question, answer.frame, self.facts.segment))


def sections(material: Material) -> list[Section]:
    """List the sections of the page: of a segment those that are told of it, of all journeys all."""
    facts = material.facts
    curves = (_curves,) if facts.segment[0] in CURVE_DIMENSIONS else ()
    made = [make(material) for make in (*OF_SEGMENT, *curves, *(OF_ALL if is_whole(facts) else ()))]
    return sorted(made, key=lambda section: ORDER.index(section.id))


def is_whole(facts: Facts) -> bool:
    """Whether a page is about all journeys, not one segment."""
    return facts.segment == ALL


def _section(material: Material, name: str, sentence: str, figure: go.Figure | None, *told: Told) -> Section:
    title = material.words.say(f"{name}_title")
    if not told or not told[0].view.rows:
        return Section(name, title, sentence)
    return Section(name, title, sentence, figure, told)


def _funnel(material: Material) -> Section:
    phases, lifecycle, words = material.tables["phase_metrics"], material.lifecycle, material.words
    sentence = sentences.funnel_sentence(phases, lifecycle, material.tables["kpis"], material.tables["levers"], words)
    figure = figures.funnel_figure(phases, lifecycle, words)
    return _section(material, "funnel", sentence, figure, material.told("funnel"))


def _levers(material: Material) -> Section:
    frame, words = material.frame("levers"), material.words
    sentence = sentences.levers_sentence(material.tables["levers"], phase_titles(material.lifecycle), words)
    figure = figures.levers_figure(frame, material.titles, words)
    return _section(material, "levers", sentence, figure, material.told("levers"))


def _changes(material: Material) -> Section:
    facts, words, period = material.facts, material.words, material.facts.period
    days, restated = material.frame("days"), material.frame("restated")
    parts = (
        sentences.changes_sentence(material.frame("changes"), facts, words),
        sentences.cohorts_sentence(material.frame("cohorts"), facts, words),
        sentences.restated_sentence(restated, words),
    )
    if period is None:
        return _section(material, "changes", " ".join(parts), None)
    told = [material.told(name) for name in ("days", "changes", "cohorts", *(["restated"] if len(restated) else []))]
    figure = figures.days_figure(days, period, words)
    return _section(material, "changes", " ".join(parts), figure, *told)


def _segments(material: Material) -> Section:
    frame, devices, words = material.frame("segments"), material.frame("handovers"), material.words
    said = sentences.segments_sentence(frame, words), sentences.devices_sentence(devices, words)
    figure = figures.segments_figure(frame, words)
    told = [material.told(name) for name in ("segments", *(["handovers"] if len(devices) else []))]
    return _section(material, "segments", " ".join(filter(None, said)), figure, *told)


def _channels(material: Material) -> Section:
    frame, contacts, words = material.frame("channels"), material.frame("contacts_by"), material.words
    sentence = sentences.channels_sentence(frame, material.titles, words)
    if len(frame):
        sentence += " " + sentences.first_channels_sentence(contacts, material.titles, words)
    figure = figures.channels_figure(frame, material.lifecycle, words)
    told = [material.told(name) for name in ("channels", *(["contacts_by"] if len(contacts) else []))]
    return _section(material, "channels", sentence, figure, *told)


def _pages(material: Material) -> Section:
    frame, words = material.frame("pages"), material.words
    sentence = sentences.pages_sentence(frame, words)
    return _section(material, "pages", sentence, figures.pages_figure(frame, words), material.told("pages"))


def _dwell(material: Material) -> Section:
    phases = material.tables["phase_metrics"], material.lifecycle, material.words
    sentence = sentences.dwell_sentence(*phases)
    return _section(material, "dwell", sentence, figures.dwell_figure(*phases), material.told("dwell"))


def _curves(material: Material) -> Section:
    answer, words = material.answers["curves"], material.words
    phases = [phase for phase in phase_titles(material.lifecycle) if phase in set(answer.frame["phase"])]
    times = sorted(answer.frame.drop_nulls("surviving_share")["after_seconds"].unique())
    view = crossed(answer.frame, ("after_seconds", times), ("phase", phases), material.titles, words)
    figure = figures.curves_figure(overall(material.tables["dwell_curves"]), material.lifecycle, words)
    sentence = sentences.curves_sentence(answer.frame, material.lifecycle, words)
    return _section(material, "curves", sentence, figure, Told(view, answer.sql, answer.frame))


def _touchpoints(material: Material) -> Section:
    counts, kpis, words = material.tables["touchpoints_before_purchase"], material.tables["kpis"], material.words
    medians = overall(kpis)["median_touchpoints_before_purchase"].to_list()
    figure = figures.touchpoints_figure(counts, medians[0] if medians else None, words)
    sentence = sentences.touchpoints_sentence(counts, kpis, words)
    return _section(material, "touchpoints", sentence, figure, material.told("touchpoints"))


def _sankey(material: Material) -> Section:
    moves = material.tables["transitions"], material.lifecycle, material.words
    sentence = sentences.sankey_sentence(*moves)
    return _section(material, "sankey", sentence, figures.sankey_figure(*moves), material.told("sankey"))


def _contacts(material: Material) -> Section:
    frame, words = material.frame("contacts"), material.words
    sentence = sentences.contacts_sentence(frame, material.titles, words)
    figure = figures.contacts_figure(frame, material.lifecycle, words)
    return _section(material, "contacts", sentence, figure, material.told("contacts"))


def _matrix(material: Material) -> Section:
    answer, words = material.answers["sankey"], material.words
    phases, frame = phase_titles(material.lifecycle), answer.frame
    left = [state for state in (START, *phases) if state in set(frame["from_state"])]
    right = [state for state in (*phases, *ENDS) if state in set(frame["to_state"])]
    view = crossed(frame, ("to_state", right), ("from_state", left), material.titles, words)
    figure = figures.matrix_figure(frame, material.lifecycle, words)
    sentence = sentences.matrix_sentence(frame, material.lifecycle, words)
    return _section(material, "matrix", sentence, figure, Told(view, answer.sql, frame))


def _quality(material: Material) -> Section:
    words = material.words
    money = sentences.money_sentences(material.tables["currencies"], material.facts, words)
    sentence = " ".join([words.say("quality_sentence"), *money])
    return _section(material, "quality", sentence, None, material.told("quality"))


OF_SEGMENT = (_funnel, _levers, _dwell, _touchpoints, _sankey, _contacts, _matrix)
OF_ALL = (_changes, _segments, _channels, _pages, _quality)
ORDER = (
    "funnel",
    "levers",
    "changes",
    "segments",
    "channels",
    "pages",
    "dwell",
    "curves",
    "touchpoints",
    "sankey",
    "contacts",
    "matrix",
    "quality",
)
