"""What the process itself knows of its sample: the figures that a pipeline has to find again.

Counted from the walk and its hits, never from the files: sessions are the walk's visits, journeys and phases
are those it was in, by the definitions with a gap of 30 minutes, a window of 30 days and `six-phases`. A refund is no
visit, and only takes money off its purchase.
"""

from dataclasses import asdict, dataclass, fields, replace

import polars as pl

from pipelines.sample.clock import Period
from pipelines.sample.people import DEVICES_PER_PERSON, People
from pipelines.sample.shop import CODES, PHASES
from pipelines.sample.state import WINDOW
from pipelines.sample.traps import GOOD
from pipelines.sample.walk import REVENUE_GAPS


@dataclass(frozen=True)
class PhaseTruth:
    """How many journeys came as far as a phase, and how many of those ended or still are there."""

    phase: str
    reached: int
    dropped_off: int
    still_open: int

    def __add__(self, other: "PhaseTruth") -> "PhaseTruth":
        """Count the same phase for other people too."""
        counts = (self.reached + other.reached, self.dropped_off + other.dropped_off)
        return PhaseTruth(self.phase, *counts, self.still_open + other.still_open)


@dataclass(frozen=True)
class Truth:
    """The figures of a sample. Money is in whole øre, exact in any order.

    Attributes:
        files: name and rows of each file that is to be loaded.
        superseded_files: name and rows of intraday files, which a daily one replaces.
        events: accepted rows, those without consent included.
        late_events: accepted rows that came in the next day's file.
        denied_events: events of people without consent, whom nobody can follow.
        denied_purchases: purchases of theirs, which are in no journey.
        purchases: counted conversions; repeated_purchases are the same transaction again.
        unpriced_purchases: counted conversions whose revenue is null or NaN; not in gross_revenue_oere.
    """

    files: tuple[tuple[str, int], ...]
    superseded_files: tuple[tuple[str, int], ...]
    events: int
    duplicates: int
    quarantined: int
    late_events: int
    denied_events: int
    denied_purchases: int
    persons: int
    devices: int
    sessions: int
    journeys: int
    converted: int
    dropped_off: int
    open: int
    phases: tuple[PhaseTruth, ...]
    purchases: int
    repeated_purchases: int
    unpriced_purchases: int
    gross_revenue_oere: int
    refunds: int
    refunded_oere: int

    def __add__(self, other: "Truth") -> "Truth":
        """Count what other people did over the same days too."""
        pairs = ((field.name, getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        counts = {name: one + more for name, one, more in pairs if isinstance(one, int)}
        phases = tuple(one + more for one, more in zip(self.phases, other.phases, strict=True))
        return replace(self, **counts, phases=phases)

    @property
    def rows_read(self) -> int:
        """Rows of the files that are to be loaded: events, duplicates and quarantined."""
        return sum(rows for _, rows in self.files)

    def as_dict(self) -> dict[str, object]:
        """Give the figures as plain values, such as JSON takes."""
        return {**asdict(self), "rows_read": self.rows_read}

    def rows(self) -> list[tuple[str, str]]:
        """Give one line of words and figures each, for people."""
        counts = {name: value for name, value in self.as_dict().items() if isinstance(value, int)}
        money = [name for name in counts if name.endswith("_oere")]
        lines = [("files", f"{len(self.files)}")]
        lines += [(_words(name), f"{value:,}") for name, value in counts.items() if name not in money]
        for name in money:
            lines.append((f"{_words(name.removesuffix('_oere'))}, DKK", f"{counts[name] / 100:,.2f}"))
        for one in self.phases:
            ends = f"{one.dropped_off:,} dropped off here, {one.still_open:,} still open"
            lines.append((f"reached {one.phase}", f"{one.reached:,} ({ends})"))
        return lines


def count_truth(actions: pl.DataFrame, hits: pl.DataFrame, people: People, period: Period) -> Truth:
    """Count what the walk of some people did; which files hold it is told when all of them are written.

    Args:
        actions: one row per action, from `mark_visits`.
        hits: one row per exported row, from `add_strays`.
        people: who walked.
        period: the days that are loaded.
    """
    is_followed = pl.Series(~people.is_denied[actions["person"].to_numpy()])
    followed, denied = actions.filter(is_followed), actions.filter(~is_followed)
    accepted = hits.filter(~pl.col("is_twin"), pl.col("stray") == GOOD)
    visits = followed.filter(pl.col("action") != CODES["refund"])
    journeys = journeys_of(visits, period)
    return Truth(
        files=(),
        superseded_files=(),
        events=accepted.height,
        duplicates=int(hits["is_twin"].sum()),
        quarantined=int((hits["stray"] != GOOD).sum()),
        late_events=int(accepted["is_late"].sum()),
        denied_events=int((~is_followed).gather(accepted["row"]).sum()),
        denied_purchases=_done(denied, "purchase").height,
        persons=followed["person"].n_unique(),
        devices=(followed["person"] * DEVICES_PER_PERSON + followed["device"]).n_unique(),
        sessions=visits["visit"].n_unique(),
        journeys=journeys.height,
        converted=int((journeys["outcome"] == "converted").sum()),
        dropped_off=int((journeys["outcome"] == "dropped_off").sum()),
        open=int((journeys["outcome"] == "open").sum()),
        phases=tuple(_phase_truth(journeys, number) for number in range(len(PHASES))),
        **_money_truth(followed),
    )


def journeys_of(actions: pl.DataFrame, period: Period) -> pl.DataFrame:
    """List the journeys of the walk that hold a touchpoint.

    A journey is decided when it converted, when a later one of the person followed (with a touchpoint or
    without), or when a whole window passed after its last event.

    Args:
        actions: one row per action of people who can be followed, refunds left out: nobody is there for those.
        period: its end is as_of.

    Returns:
        One row per journey: person, journey, furthest (phase number, -1 for none), outcome.
    """
    is_last = pl.col("journey") == pl.col("journey").max().over("person")
    has_waited = period.end - pl.col("ended_at") > WINDOW
    outcome = (
        pl.when("has_converted")
        .then(pl.lit("converted"))
        .when(~is_last | has_waited)
        .then(pl.lit("dropped_off"))
        .otherwise(pl.lit("open"))
    )
    return (
        actions.group_by("person", "journey", maintain_order=True)
        .agg(
            pl.col("furthest").max(),
            pl.col("has_touchpoint").any(),
            (pl.col("action") == CODES["purchase"]).any().alias("has_converted"),
            (pl.col("started_at") + pl.col("span")).max().alias("ended_at"),
        )
        .with_columns(outcome=outcome)
        .filter("has_touchpoint")
    )


def _phase_truth(journeys: pl.DataFrame, number: int) -> PhaseTruth:
    ends_here = journeys.filter(pl.col("furthest") == number)["outcome"]
    return PhaseTruth(
        phase=PHASES[number],
        reached=int((journeys["furthest"] >= number).sum()),
        dropped_off=int((ends_here == "dropped_off").sum()),
        still_open=int((ends_here == "open").sum()),
    )


def _money_truth(actions: pl.DataFrame) -> dict[str, int]:
    bought, refunded = _done(actions, "purchase"), _done(actions, "refund")
    priced = bought.filter(pl.col("revenue_gap") == REVENUE_GAPS["given"])
    return {
        "purchases": bought.height,
        "repeated_purchases": _done(actions, "reload", "resend").height,
        "unpriced_purchases": bought.height - priced.height,
        "gross_revenue_oere": int(priced["paid"].sum()),
        "refunds": refunded.height,
        "refunded_oere": int(refunded["paid"].sum()),
    }


def _done(actions: pl.DataFrame, *keys: str) -> pl.DataFrame:
    return actions.filter(pl.col("action").is_in([CODES[key] for key in keys]))


def _words(name: str) -> str:
    return name.replace("_", " ")
