"""Segments beside all others: who the others are, and how far apart, from counts worked out by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.lifecycle import Lifecycle, Phase, Touchpoint
from models.tables import COMPARISONS
from pipelines.marts import write_comparisons
from tests.models.mart_rows import PHASES, Warehouse, by

LIFECYCLE = Lifecycle(
    "shop",
    "purchase",
    tuple(Phase(key, stage) for key, stage in PHASES.items()),  # type: ignore[arg-type]
    (
        Touchpoint("known_search", "retention", "session", "is_customer AND channel = 'Organic Search'"),
        Touchpoint("tagged", "conversion", "session", "medium = 'email' AND channel = 'Email'"),
        Touchpoint("search", "interest", "session", "channel = 'Organic Search'"),
        Touchpoint("any_search", "conversion", "session", "channel LIKE '%Search'"),
        Touchpoint("page", "conversion", "event", "channel = 'Direct'"),
    ),
)


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    made = Warehouse()
    yield made
    made.connection.close()


def compared(warehouse: Warehouse) -> dict[Any, dict[str, Any]]:
    write_comparisons(warehouse.connection, LIFECYCLE)
    return by(warehouse.rows("FROM comparisons"), "segment", "figure", "phase")


def kpis(warehouse: Warehouse, dimension: str, segment: str, converted: int, dropped_off: int) -> None:
    warehouse.add(
        "kpis", dimension=dimension, segment=segment, mature_converted=converted, mature_dropped_off=dropped_off
    )


# Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(
    warehouse: Warehouse, one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    kpis(warehouse, "customer", "prospect", one[0], one[1] - one[0])
    kpis(warehouse, "all", "all", one[0] + other[0], one[1] + other[1] - one[0] - other[0])
    row = compared(warehouse)["prospect", "conversion_rate", ""]
    assert row["difference"] == pytest.approx(one[0] / one[1] - other[0] / other[1])
    assert (round(row["difference_low"], 4), round(row["difference_high"], 4)) == (low, high)


def test_the_others_are_all_that_are_not_in_the_segment_even_where_personas_overlap(warehouse: Warehouse) -> None:
    # Ten decided of whom four bought; eight of them are on phones, six are buyers' kin, so that they overlap.
    for converted, segments in ((3, ("phones", "kin")), (1, ("kin",))):
        for _ in range(converted):
            journey(warehouse, "display@0 purchase@1", "converted", segments)
    for dropped, segments in ((2, ("phones", "kin")), (3, ("phones",)), (1, ("(none)",))):
        for _ in range(dropped):
            journey(warehouse, "display@0", "dropped_off", segments)
    journey(warehouse, "display@0", "open", ("phones",))
    for name in ("kpis", "phase_metrics"):
        warehouse.mart(name)
    found = compared(warehouse)
    counts = ("decided", "happened", "other_decided", "other_happened")
    assert {key: tuple(row[name] for name in counts) for key, row in found.items() if key[1] == "conversion_rate"} == {
        ("phones", "conversion_rate", ""): (8, 3, 2, 1),
        ("kin", "conversion_rate", ""): (6, 4, 4, 0),
        ("(none)", "conversion_rate", ""): (1, 0, 9, 4),
    }
    drop_off = found["phones", "drop_off_rate", "awareness"]
    assert tuple(drop_off[name] for name in counts) == (8, 5, 2, 1)
    assert drop_off["difference"] == pytest.approx(5 / 8 - 1 / 2)
    # Retention is after the purchase: no rate. Of (none) nobody came to the purchase: nothing to compare there.
    assert {phase for _, _, phase in found} == {"", "awareness", "interest", "conversion"}
    assert ("(none)", "drop_off_rate", "conversion") not in found


def journey(warehouse: Warehouse, text: str, outcome: str, personas: tuple[str, ...]) -> None:
    key = warehouse.journey(text, outcome, closed=outcome != "open")
    for persona in personas:
        warehouse.add("journey_segments", journey_id=key, dimension="persona", segment=persona)


def test_a_channel_is_compared_only_after_the_phase_of_its_own_arrival(warehouse: Warehouse) -> None:
    # Coming by search is a contact of interest: nobody can be lost before. By paid search it is one of the last phase.
    # An e-mail is known by its medium, and Direct by events, so that they have no arrival as channels.
    for channel, lost, beyond in (("Direct", 6, 4), ("Email", 3, 7), ("Organic Search", 0, 10), ("Paid Search", 0, 5)):
        warehouse.add(
            "kpis", dimension="channel", segment=channel, mature_converted=0, mature_dropped_off=lost + beyond
        )
        for index, (phase, decided, dropped) in enumerate(
            (("awareness", lost + beyond, lost), ("interest", beyond, 2), ("conversion", beyond - 2, 1)), 1
        ):
            warehouse.add(
                "phase_metrics", dimension="channel", segment=channel, phase=phase, phase_index=index,
                mature_reached=decided, mature_still_open=0, mature_dropped_off=dropped,
            )  # fmt: skip
    found = {key: row for key, row in compared(warehouse).items() if key[1] == "drop_off_rate"}
    names = ("decided", "happened", "other_decided", "other_happened")
    assert {(key[0], key[2]): tuple(row[name] for name in names) for key, row in found.items()} == {
        ("Direct", "awareness"): (10, 6, 10, 3),
        ("Email", "awareness"): (10, 3, 10, 6),
        ("Direct", "interest"): (4, 2, 7, 2),
        ("Email", "interest"): (7, 2, 4, 2),
        ("Direct", "conversion"): (2, 1, 13, 2),
        ("Email", "conversion"): (5, 1, 10, 2),
        ("Organic Search", "conversion"): (8, 1, 7, 2),
    }


def test_a_segment_that_is_everybody_has_nobody_to_differ_from(warehouse: Warehouse) -> None:
    for dimension, segment in (("all", "all"), ("country", "Denmark")):
        kpis(warehouse, dimension, segment, 20, 30)
    row = compared(warehouse)["Denmark", "conversion_rate", ""]
    assert (row["rate"], row["other_decided"], row["other_rate"], row["difference"]) == (0.4, 0, None, None)
    assert (row["difference_low"], row["p_value"], row["is_significant"]) == (None, None, False)


def test_many_segments_are_judged_together(warehouse: Warehouse) -> None:
    # Of 4 x 1000 decided 400 bought, half of them in the one country: each of the others has 67, 66, 67.
    kpis(warehouse, "all", "all", 400, 3600)
    for segment, converted in (("Denmark", 200), ("Norway", 67), ("Sweden", 66), ("Finland", 67)):
        kpis(warehouse, "country", segment, converted, 1000 - converted)
    found = {segment: row for (segment, _, _), row in compared(warehouse).items()}
    assert all(row["is_significant"] for row in found.values())  # 0.067 against 0.111 stands out four times over too
    # Norway and Finland are equal, and second and third: Holm multiplies both by 3.
    assert found["Norway"]["adjusted_p_value"] == found["Finland"]["adjusted_p_value"]
    least = min(row["p_value"] for row in found.values())
    assert found["Denmark"]["adjusted_p_value"] == pytest.approx(4 * least)


def test_the_mart_gives_the_columns_of_its_contract_and_nobody_no_row(warehouse: Warehouse) -> None:
    kpis(warehouse, "all", "all", 0, 0)
    kpis(warehouse, "country", "Denmark", 0, 0)
    assert compared(warehouse) == {}
    assert list(warehouse.connection.sql("FROM comparisons").columns) == COMPARISONS.column_names
