"""Drop-off by channel and phase, as a heat map; marked where it differs for certain from that of all others."""

import plotly.graph_objects as go
import polars as pl

from transforms.figures.heat import heat_figure
from transforms.figures.look import plain
from transforms.marks import mark
from transforms.overall import phase_titles
from transforms.wording import Words


def channels_figure(channels: pl.DataFrame, lifecycle: pl.DataFrame, words: Words) -> go.Figure:
    r"""Draw the drop-off rate of each channel in each phase up to the purchase; no cell where there is no rate.

    Args:
        channels: one row per channel and phase, in the order in which they are drawn.
        lifecycle: one row per phase and touchpoint, for titles and order.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> row = {"channel": "Direct", "phase": "desire", "drop_off_rate": 0.5, "drop_off_low": 0.4,
    ...        "drop_off_high": 0.6, "difference": 0.1, "is_significant": True}
    >>> titles = pl.DataFrame({"phase": ["desire"], "phase_title": ["Desire"], "phase_index": [1]})
    >>> channels_figure(pl.DataFrame([row]), titles, words_in("en")).data[0].text
    ('50\xa0▲',)
    """
    titles = phase_titles(lifecycle)
    rows = list(dict.fromkeys(channels["channel"]))
    columns = [phase for phase in titles if phase in set(channels["phase"])]
    cells = {
        (rows.index(row["channel"]), columns.index(row["phase"])): (
            row["drop_off_rate"],
            words.percent(row["drop_off_rate"]) + mark(row),
            f"<b>{plain(row['channel'])}</b> · {plain(titles[row['phase']])}<br>"
            + words.rate(row["drop_off_rate"], row["drop_off_low"], row["drop_off_high"]),
        )
        for row in channels.filter(pl.col("drop_off_rate").is_not_null()).to_dicts()
    }
    return heat_figure(rows, [titles[phase] for phase in columns], cells, "dropped")
