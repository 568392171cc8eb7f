"""The funnel page as a string, and the file that holds it.

The page carries everything with it: style, one copy of Plotly, the figures and their tables. Its content
security policy allows the two scripts that Sojourn put there, by their hashes, and no request at all: a
script in a title would not run even if it got past the escaping.
"""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import polars as pl
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from pipelines.files import write_whole
from pipelines.report.sections import Section, key_figures, sections
from transforms.figures.look import DARK, LIGHT, RECOLOUR
from transforms.journey_map import journey_maps
from transforms.overall import conversion_kind
from transforms.persona_grid import persona_grid
from transforms.readers import ALL
from transforms.sentences import Facts as PageFacts
from transforms.sentences import answer_sentences, provisional_note
from transforms.wording import NOTHING, Words, words_in

__all__ = ["FILE_NAME", "PageFacts", "render_page", "write_page"]

FILE_NAME = "funnel.html"
HERE = Path(__file__).parent


def render_page(tables: dict[str, pl.DataFrame], facts: PageFacts) -> str:
    """Write the funnel page; the same tables and facts give the same text.

    Args:
        tables: the marts `lifecycle`, `phase_metrics`, `transitions`, `touchpoints_before_purchase`, `kpis`,
            `quality`, `journey_map` and `touchpoint_metrics`, by name.
        facts: what the tables do not say of themselves.

    Returns:
        A whole HTML document.

    Raises:
        KeyError: if a table is missing.
    """
    words = words_in(facts.language, conversion_kind(tables["lifecycle"]))
    shown = sections(tables, words)
    scripts = Markup(get_plotlyjs()), Markup(_asset("page.js"))
    return _template().render(
        say=words.say,
        facts=facts,
        lifecycle=next(iter(tables["lifecycle"]["lifecycle"]), NOTHING),
        subtitle=subtitle(facts, words),
        window=words.counted("days", facts.window_days),
        last_day=None if facts.last_day is None else words.day(facts.last_day),
        answer=answer_sentences(tables, facts, words),
        provisional=provisional_note(facts, words),
        key_figures=key_figures(tables, words),
        sections=shown,
        maps=journey_maps(tables["journey_map"], tables["lifecycle"], words),
        persona_grid=persona_grid(tables["touchpoint_metrics"], tables["lifecycle"], words),
        figures={"figures": [_drawing(section) for section in shown if section.figure], "dark": RECOLOUR},
        css=Markup(_asset("page.css")),
        light=LIGHT,
        dark=DARK,
        scripts=scripts,
        script_hashes=[_hash(script) for script in scripts],
    )


def write_page(tables: dict[str, pl.DataFrame], facts: PageFacts, reports: Path) -> Path:
    """Write the page to `<reports>/funnel.html`, whole or not at all: whoever has it open keeps the old one.

    Args:
        tables: as for render_page.
        facts: as for render_page.
        reports: directory of the pages, made where it is missing.

    Returns:
        The file written.

    Raises:
        OSError: if the directory cannot be written to.
    """
    return write_whole(reports / FILE_NAME, render_page(tables, facts).encode())


def _drawing(section: Section) -> dict[str, Any]:
    drawing: dict[str, Any] = json.loads(section.figure.to_json()) if section.figure else {}
    return {"id": f"{section.id}-figure", "data": drawing["data"], "layout": drawing["layout"]}


def subtitle(facts: PageFacts, words: Words) -> str:
    """Say which days the page tells of and, where it does not tell of all journeys, of which segment."""
    if facts.first_day is None or facts.last_day is None:
        return words.say("subtitle_empty")
    days = words.say("subtitle", period=words.period(facts.first_day, facts.last_day))
    return days if facts.segment == ALL else f"{days} · {words.named(*facts.segment)}"


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def kept(text: str) -> str:
    """Keep both ends of an interval on one line: a browser would break it after the dash."""
    return re.sub(r"–(?=\d)", "–\u2060", text)


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kept"] = kept
    return environment.get_template("page.html.j2")
