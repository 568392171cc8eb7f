"""The page of a benchmark: tables and plots of the last entry of each size, in one file that asks for nothing."""

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from tests.benchmarks.contenders import COMMON, FLOORS_OF, RUN, WHOLE
from tests.benchmarks.history import Entry
from tests.benchmarks.summary import SHORT, Table, said_of, tables_of
from transforms.figures.look import FONT, LIGHT, dress

STYLE = f"""
body {{ font: 15px/1.5 {FONT}; color: {LIGHT["ink"]}; background: {LIGHT["page"]}; margin: 0 auto; max-width: 960px;
    padding: 16px; }}
section {{ background: {LIGHT["paper"]}; padding: 16px; margin: 16px 0; overflow-x: auto; }}
table {{ border-collapse: collapse; }}
caption {{ text-align: left; font-weight: 600; padding: 12px 0 4px; }}
th, td {{ text-align: right; padding: 2px 12px; border-bottom: 1px solid {LIGHT["grid"]}; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; padding-left: 0; }}
p {{ color: {LIGHT["muted"]}; }}
"""


def page(entries: Sequence[Entry], before: Sequence[Entry | None]) -> str:
    """Write the page.

    Args:
        entries: one a size, smallest first.
        before: the entry that each is compared with, if there is one.
    """
    sections = [_section(entry, other) for entry, other in zip(entries, before, strict=True)]
    if len(entries) > 1:
        sections.insert(0, f"<section><h2>Time and memory by size</h2>{_drawn(growth(entries))}</section>")
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Sojourn: benchmark</title><style>{STYLE}</style><script>{get_plotlyjs()}</script>"
        f"<h1>How fast, in how much memory</h1>{''.join(sections)}</html>\n"
    )


def _section(entry: Entry, before: Entry | None) -> str:
    figures = [bars(entry, names) for names in (WHOLE, (RUN, *FLOORS_OF), tuple(COMMON))]
    drawn = "".join(_drawn(figure) for figure in figures if figure.data and len(figure.data[0].x) > 1)
    tables = "".join(_table(table) for table in tables_of(entry, before))
    return (
        f"<section><h2>{entry.millions:g} million events</h2><p>{escape(said_of(entry))}</p>{drawn}{tables}</section>"
    )


def _drawn(figure: go.Figure) -> str:
    return str(figure.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False}))


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in table.head)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f"<table><caption>{escape(table.title)}</caption><tr>{head}</tr>{rows}</table>"


def bars(entry: Entry, names: Sequence[str]) -> go.Figure:
    """Draw seconds and peak memory of some contenders as two rows of bars."""
    present = [name for name in names if name in entry.medians]
    words = [SHORT.get(name, name) for name in present]
    costs = [entry.medians[name] for name in present]
    seconds = [cost.seconds for cost in costs]
    gigabytes = [cost.megabytes / 1000 for cost in costs]
    figure = go.Figure(
        [
            _bar(words, seconds, "seconds", LIGHT["moved"], "x"),
            _bar(words, gigabytes, "GB at the peak", LIGHT["open"], "x2"),
        ]
    )
    return dress(
        figure,
        height=70 + 34 * len(words),
        margin={"l": 170, "r": 10, "t": 30, "b": 30},
        xaxis={"domain": [0, 0.46], "fixedrange": True, "gridcolor": LIGHT["grid"], "rangemode": "tozero"},
        xaxis2={"domain": [0.54, 1], "fixedrange": True, "gridcolor": LIGHT["grid"], "rangemode": "tozero"},
        yaxis={"autorange": "reversed", "fixedrange": True},
    )


def _bar(words: Sequence[str], values: Sequence[float], name: str, colour: str, axis: str) -> go.Bar:
    texts = [f"{value:.1f}" for value in values]
    return go.Bar(
        y=words,
        x=values,
        name=name,
        text=texts,
        orientation="h",
        textangle=0,
        marker={"color": colour},
        xaxis=axis,
        cliponaxis=False,
    )


def growth(entries: Sequence[Entry]) -> go.Figure:
    """Draw how the time and memory of the whole follow the number of events, both axes in powers of ten."""
    colours = dict(zip(WHOLE, (LIGHT["moved"], LIGHT["dropped"], LIGHT["back"]), strict=True))
    traces = []
    for name in WHOLE:
        known = [(entry.rows, entry.medians[name]) for entry in entries if name in entry.medians]
        rows, costs = [rows for rows, _ in known], [cost for _, cost in known]
        look = {"color": colours[name]}
        traces += [
            go.Scatter(x=rows, y=[cost.seconds for cost in costs], name=name, line=look, legendgroup=name),
            go.Scatter(
                x=rows,
                y=[cost.megabytes / 1000 for cost in costs],
                line=look,
                xaxis="x2",
                yaxis="y2",
                legendgroup=name,
                showlegend=False,
            ),
        ]
    axis = {"type": "log", "fixedrange": True, "gridcolor": LIGHT["grid"]}
    return dress(
        go.Figure(traces),
        height=340,
        margin={"l": 60, "r": 10, "t": 30, "b": 50},
        xaxis={**axis, "domain": [0, 0.44], "title": {"text": "events"}},
        xaxis2={**axis, "domain": [0.56, 1], "title": {"text": "events"}, "anchor": "y2"},
        yaxis={**axis, "title": {"text": "seconds"}},
        yaxis2={**axis, "title": {"text": "GB at the peak"}, "anchor": "x2"},
    )
