"""The page as a string.

The page carries everything with it: style, one copy of Plotly, the figures and their tables. Its content
security policy allows the two scripts that Sojourn put there, by their hashes, and no request at all: a
script in a title would not run even if it got past the escaping.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from plotly.offline import get_plotlyjs

from pipelines.report.key_figures import KeyFigure
from pipelines.report.sections import Material, Section, is_whole
from pipelines.templates import template
from transforms.figures.look import DARK, LIGHT, RECOLOUR
from transforms.journey_map import JourneyMap, journey_maps
from transforms.persona_grid import persona_grid
from transforms.segments import segment_title
from transforms.sentences import provisional_note
from transforms.wording import NOTHING, Words

HERE = Path(__file__).parent
TERMS = (
    "journey",
    "phase",
    "touchpoint",
    "drop_off",
    "open",
    "mature",
    "conversion_rate",
    "interval",
    "kaplan_meier",
    "lever",
    "certain",
    "near_purchase",
    "provisional",
)


def render_page(
    material: Material, answer: Sequence[str], key_figures: Sequence[KeyFigure], shown: Sequence[Section]
) -> str:
    """Write the page; the same tables and facts give the same text.

    Args:
        material: what the page is made from.
        answer: the sentences that it begins with.
        key_figures: what stands under them.
        shown: the sections, in order.

    Returns:
        A whole HTML document.
    """
    facts, words, tables = material.facts, material.words, material.tables
    scripts = Markup(get_plotlyjs()), Markup(_asset("page.js"))
    return template(HERE / "page.html.j2").render(
        say=words.say,
        facts=facts,
        lifecycle=next(iter(tables["lifecycle"]["lifecycle"]), NOTHING),
        title=words.say("page_title"),
        subtitle=subtitle(material),
        window=words.counted("days", facts.window_days),
        last_day=None if facts.last_day is None else words.day(facts.last_day),
        answer=answer,
        answer_sql=material.answers["answer"].sql,
        provisional=provisional_note(facts, words),
        key_figures=key_figures,
        sections=shown,
        maps=_maps(material),
        map_sql=material.answers["map"].sql,
        persona_grid=persona_grid(tables["touchpoint_metrics"], tables["lifecycle"], words),
        personas_sql=material.answers["personas"].sql,
        segment=None if is_whole(facts) else _segment(material),
        terms=_terms(words, facts.window_days),
        figures={"figures": [_drawing(section) for section in shown if section.figure], "dark": RECOLOUR},
        css=Markup(_asset("page.css")),
        light=LIGHT,
        dark=DARK,
        scripts=scripts,
        script_hashes=[_hash(script) for script in scripts],
    )


def subtitle(material: Material) -> str:
    """Which days a page is about, and whose journeys where it is not all."""
    facts, words = material.facts, material.words
    if facts.first_day is None or facts.last_day is None:
        return words.say("subtitle_empty")
    days = words.say("subtitle", period=words.period(facts.first_day, facts.last_day))
    return days if is_whole(facts) else f"{days} · {_segment(material)}"


def _segment(material: Material) -> str:
    dimension, segment = material.facts.segment
    return segment_title(dimension, segment, material.words)


def _maps(material: Material) -> list[JourneyMap]:
    """The maps, each under the name of whom it tells of."""
    maps = journey_maps(material.tables["journey_map"], material.lifecycle, material.words)
    return maps if is_whole(material.facts) else [replace(map_, title=_segment(material)) for map_ in maps]


def _terms(words: Words, window_days: float) -> list[tuple[str, str]]:
    window = words.counted("days", window_days)
    return [(words.say(f"term_{term}"), words.say(f"term_{term}_means", window=window)) for term in TERMS]


def _drawing(section: Section) -> dict[str, Any]:
    drawing: dict[str, Any] = json.loads(section.figure.to_json()) if section.figure else {}
    return {"id": f"{section.id}-figure", "data": drawing["data"], "layout": drawing["layout"]}


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
