"""The tables as one reader is told of them: of the journeys of a segment, with titles in a language."""

import polars as pl

from models.lifecycle import Lifecycle
from models.words import Language

ALL = ("all", "all")


def of_segment(tables: dict[str, pl.DataFrame], segment: tuple[str, str]) -> dict[str, pl.DataFrame]:
    """Keep, of every mart that is cut by segments, the rows of one, in the place of those over all journeys.

    What a mart tells of other segments goes: on the page of a segment it would be told of other people.

    Args:
        tables: marts by name.
        segment: dimension and value; `("all", "all")` leaves everything as it is.

    >>> kpis = pl.DataFrame({"dimension": ["all", "customer"], "segment": ["all", "prospect"], "journeys": [3, 2]})
    >>> of_segment({"kpis": kpis}, ("customer", "prospect"))["kpis"].rows()
    [('all', 'all', 2)]
    """
    if segment == ALL:
        return tables
    is_cut = {name: {"dimension", "segment"} <= set(table.columns) for name, table in tables.items()}
    return {name: _only(table, segment) if is_cut[name] else table for name, table in tables.items()}


def _only(mart: pl.DataFrame, segment: tuple[str, str]) -> pl.DataFrame:
    dimension, value = segment
    rows = mart.filter((pl.col("dimension") == dimension) & (pl.col("segment") == value))
    return rows.with_columns(dimension=pl.lit(ALL[0]), segment=pl.lit(ALL[1]))


def titled_in(table: pl.DataFrame, lifecycle: Lifecycle, language: Language) -> pl.DataFrame:
    """Give the phases and touchpoints of table `lifecycle` their titles in a language.

    What the lifecycle does not know, for the table comes from another, keeps the title that it has.

    Args:
        table: one row per phase and touchpoint.
        lifecycle: as its file has it.
        language: of the titles.

    >>> from models.lifecycle import load_lifecycle
    >>> rows = {"phase": ["desire", "x"], "phase_title": ["Desire", "X"], "touchpoint": [None, "y"]}
    >>> table = pl.DataFrame(rows | {"touchpoint_title": [None, "Y"]})
    >>> titled_in(table, load_lifecycle("six-phases"), "da").select("phase_title", "touchpoint_title").rows()
    [('Begær', None), ('X', 'Y')]
    """
    phases = {phase.key: phase.title_in(language) for phase in lifecycle.phases}
    points = {point.key: point.title_in(language) for point in lifecycle.touchpoints}
    return table.with_columns(
        phase_title=pl.col("phase").replace_strict(phases, default=pl.col("phase_title"), return_dtype=pl.String),
        touchpoint_title=pl.col("touchpoint").replace_strict(
            points, default=pl.col("touchpoint_title"), return_dtype=pl.String
        ),
    )
