"""The rows of the marts that the page and the terminal both show: all journeys, phases in their order."""

import polars as pl

from models.words import Conversion


def overall(mart: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows over all journeys and leave the segments out.

    Args:
        mart: a mart with a row per segment (`dimension`, `segment`).

    >>> overall(pl.DataFrame({"dimension": ["all", "country"], "segment": ["all", "DK"]})).height
    1
    """
    return mart.filter(pl.col("dimension") == "all")


def phases_in_order(phase_metrics: pl.DataFrame, lifecycle: pl.DataFrame) -> pl.DataFrame:
    """Give the phases of all journeys their titles, in the order of the lifecycle.

    A phase that the lifecycle does not name keeps its key for a title, so that no row is lost.

    Args:
        phase_metrics: one row per phase and segment.
        lifecycle: one row per phase and touchpoint.

    Returns:
        One row per phase: the columns of phase_metrics, `title` and `stage`.

    >>> metrics = pl.DataFrame({"dimension": ["all"], "phase": ["desire"], "phase_index": [3]})
    >>> rows = {"phase": ["desire"] * 2, "phase_title": ["Desire"] * 2, "stage": ["before"] * 2}
    >>> phases_in_order(metrics, pl.DataFrame(rows))["title"].to_list()
    ['Desire']
    """
    names = lifecycle.select("phase", "phase_title", "stage").unique("phase", keep="first", maintain_order=True)
    named = overall(phase_metrics).join(names, on="phase", how="left", maintain_order="left")
    return named.with_columns(title=pl.coalesce("phase_title", "phase")).sort("phase_index")


def phase_titles(lifecycle: pl.DataFrame) -> dict[str, str]:
    """Map each phase to its title, in the order of the lifecycle.

    Args:
        lifecycle: one row per phase and touchpoint.

    >>> phase_titles(pl.DataFrame({"phase": ["a", "a"], "phase_title": ["A", "A"], "phase_index": [1, 1]}))
    {'a': 'A'}
    """
    ordered = lifecycle.sort("phase_index", maintain_order=True)
    return dict(zip(ordered["phase"].to_list(), ordered["phase_title"].to_list(), strict=True))


def touchpoint_titles(lifecycle: pl.DataFrame) -> dict[str, str]:
    """Map each touchpoint to its title, in the order of the phases.

    Args:
        lifecycle: one row per phase and touchpoint.

    >>> rows = {"touchpoint": ["b", None, "a"], "touchpoint_title": [None, None, "A"], "phase_index": [2, 3, 1]}
    >>> touchpoint_titles(pl.DataFrame(rows))
    {'a': 'A', 'b': 'b'}
    """
    named = lifecycle.drop_nulls("touchpoint").sort("phase_index", maintain_order=True)
    return dict(named.select("touchpoint", pl.coalesce("touchpoint_title", "touchpoint")).iter_rows())


def touchpoint_phases(lifecycle: pl.DataFrame) -> dict[str, int]:
    """Map each touchpoint to the place of its phase.

    Args:
        lifecycle: one row per phase and touchpoint.

    >>> touchpoint_phases(pl.DataFrame({"touchpoint": ["b", None, "a"], "phase_index": [2, 3, 1]}))
    {'b': 2, 'a': 1}
    """
    return dict(lifecycle.drop_nulls("touchpoint").select("touchpoint", "phase_index").iter_rows())


def conversion_title(lifecycle: pl.DataFrame) -> str:
    """The title of the touchpoint that converts a journey.

    Args:
        lifecycle: one row per phase and touchpoint.

    >>> conversion_title(pl.DataFrame({"touchpoint_title": ["Cart", "Order"], "is_conversion": [False, True]}))
    'Order'
    """
    return str(lifecycle.filter("is_conversion")["touchpoint_title"][0])


def conversion_kind(lifecycle: pl.DataFrame) -> Conversion:
    """What a journey ends in: a purchase where that is the key of the touchpoint that converts; else a conversion.

    Args:
        lifecycle: one row per phase and touchpoint.

    >>> conversion_kind(pl.DataFrame({"touchpoint": ["cart", "sign_up"], "is_conversion": [False, True]}))
    'conversion'
    """
    converts = lifecycle.filter("is_conversion")["touchpoint"].to_list()
    return "conversion" if converts and converts != ["purchase"] else "purchase"


def quality_value(quality: pl.DataFrame, name: str) -> float | None:
    """Look up a figure of table `quality`; null where it is unknown or not listed.

    Args:
        quality: one row per figure.
        name: of the figure.

    >>> quality_value(pl.DataFrame({"name": ["as_of"], "value": [1.0]}), "consent") is None
    True
    """
    values = quality.filter(pl.col("name") == name)["value"].to_list()
    return None if not values or values[0] is None else float(values[0])
