"""Who does otherwise and which pages are left: in plain sentences made from the tables."""

from collections.abc import Mapping

import polars as pl

from transforms.segments import segment_title
from transforms.wording import Words, shortened


def segments_sentence(segments: pl.DataFrame, words: Words) -> str:
    """Name the segments whose conversion rate differs for certain, or say that none does.

    Args:
        segments: one row per segment (models/report/segments.sql).
        words: the language that is spoken.
    """
    if segments.is_empty():
        return words.say("segments_empty")
    parts = []
    for name, sign in (("segments_better", 1), ("segments_worse", -1)):
        rows = segments.filter("is_significant", pl.col("difference") * sign > 0).to_dicts()
        if names := [segment_title(row["dimension"], row["segment"], words) for row in rows]:
            parts.append(words.say(name, segments=words.listed(names)))
    return " ".join(parts or [words.say("segments_alike")])


def channels_sentence(channels: pl.DataFrame, titles: Mapping[str, str], words: Words) -> str:
    """Name the channel and phase that lose the most more than all other channels for certain.

    The lower end of the interval counts, so that few journeys do not win. Journeys of no known channel come last:
    nobody can act on them.

    Args:
        channels: one row per channel and phase (models/report/channels.sql).
        titles: of phases.
        words: the language that is spoken.
    """
    if channels["drop_off_rate"].drop_nulls().is_empty():
        return words.say("channels_empty")
    is_known = ~pl.col("channel").str.starts_with("(") & (pl.col("channel") != "Unassigned")
    worse = channels.filter("is_significant", pl.col("difference") > 0)
    worse = worse.sort(is_known, "difference_low", "channel", descending=True)
    if worse.is_empty():
        return words.say("channels_alike")
    row = worse.row(0, named=True)
    points = round(row["difference"] * 100)
    named = {"channel": shortened(row["channel"], 40), "phase": titles[row["phase"]]}
    return words.say("channels_worst", points, **named, points=words.count(points))


def pages_sentence(pages: pl.DataFrame, words: Words) -> str:
    """Say which page near the purchase is left without buying the most, and that others are not listed.

    Args:
        pages: one row per page, in order (models/report/pages.sql).
        words: the language that is spoken.
    """
    if pages.is_empty():
        return words.say("pages_empty")
    first = pages.row(0, named=True)
    return words.say(
        "pages_sentence",
        page=shortened(first["page_path"] or "", 60),
        rate=words.rate(first["lost_rate"], first["lost_low"], first["lost_high"]),
        shown=words.count(pages.height),
        pages=words.count(first["pages"]),
    )
