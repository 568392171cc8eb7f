"""By which channel and device contacts and purchases were made, beside those that journeys began with, by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.models.mart_rows import Warehouse, by


@pytest.fixture
def warehouse() -> Iterator[Warehouse]:
    """Ana came by search on a phone, by e-mail on a laptop, and bought there; Bo bought at once; Eve is a phone's."""
    made = Warehouse()
    journey(
        made, "search@0 display@1 search@2 purchase@3 help@4", [("Search", "mobile", 1), ("Email", "desktop", 4)], 90
    )
    journey(made, "search@0 purchase@1 checkout@2 purchase@3", [("Email", None, 2), ("Search", "mobile", 2)], None)
    journey(made, "display@0 search@1", [("Search", "mobile", 2)])
    yield made
    made.connection.close()


def journey(
    made: Warehouse, text: str, sessions: list[tuple[str, str | None, int]], revenue: float | None = None
) -> None:
    """A journey and its sessions: the channel, the device, and how many of the contacts are each's."""
    channel, device, _ = sessions[0]
    outcome = "converted" if "purchase" in text else "dropped_off"
    segments = {"channel": channel, "device_category": device or "(not set)"}
    of_first = {"channel": channel, "device_category": device, "revenue": revenue}
    key = made.journey(text, outcome, segments=segments, **of_first)
    last = 0
    for number, (channel, device, contacts) in enumerate(sessions):
        session = {"session_id": 10 * key + number, "journey_id": key, "person_id": str(key)}
        made.add("sessions", **session, channel=channel, device_category=device, is_bounce=False)
        made.connection.execute(
            "UPDATE touchpoints SET session_id = ? WHERE journey_id = ? AND position BETWEEN ? AND ?",
            [session["session_id"], key, last + 1, last + contacts],
        )
        last += contacts


def told(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_contact_counts_at_the_session_it_was_made_in(warehouse: Warehouse) -> None:
    warehouse.mart("contacts_by")
    rows = warehouse.rows("FROM contacts_by WHERE phase = 'interest' ORDER BY dimension, value")
    # Of four contacts of interest three are of visits by search or e-mail like their journey's first.
    assert told(rows, "dimension", "value", "contacts", "journeys", "share", "contacts_as_first") == [
        ("channel", "Email", 2, 2, 0.5, 1),
        ("channel", "Search", 2, 2, 0.5, 2),
        ("device_category", "(not set)", 1, 1, 0.25, 1),
        ("device_category", "desktop", 1, 1, 0.25, 0),
        ("device_category", "mobile", 2, 2, 0.5, 2),
    ]
    purchases = by(warehouse.rows("FROM contacts_by WHERE phase = 'conversion'"), "dimension", "value")
    assert told([purchases["channel", "Search"]], "contacts", "contacts_as_first") == [(2, 0)]
    assert told([purchases["channel", "Email"]], "contacts", "contacts_as_first") == [(2, 1)]


def test_a_purchase_is_handed_from_the_first_session_to_the_one_that_bought_first(warehouse: Warehouse) -> None:
    warehouse.mart("handovers")
    rows = warehouse.rows("FROM handovers ORDER BY ALL")
    assert told(rows, "dimension", "first", "buying", "purchases", "revenue") == [
        ("channel", "Email", "Email", 1, None),
        ("channel", "Search", "Email", 1, 90),
        ("device_category", "(not set)", "(not set)", 1, None),
        ("device_category", "mobile", "desktop", 1, 90),
    ]


@pytest.mark.parametrize(
    ("arguments", "journeys"),
    [
        ("'contacts_by', phase := 'interest', dimension := 'channel', value := 'Email'", [1, 2]),
        ("'contacts_by', phase := 'interest', dimension := 'device_category', value := '(not set)'", [2]),
        ("'contacts_by', phase := 'interest', dimension := 'channel', value := 'Email', figure := 'contacts_as_first'",
         [2]),
        ("'handovers', dimension := 'channel', first := 'Search', buying := 'Email'", [1]),
        ("'handovers', dimension := 'device_category', first := '(not set)', buying := '(not set)'", [2]),
    ],
)  # fmt: skip
def test_a_row_opens_into_its_journeys(warehouse: Warehouse, arguments: str, journeys: list[int]) -> None:
    warehouse.mart("kpis")
    assert [row["journey_id"] for row in warehouse.rows(f"FROM drill({arguments}) ORDER BY journey_id")] == journeys


def test_the_map_has_the_three_channels_of_most_contacts_and_the_rest_in_one(warehouse: Warehouse) -> None:
    for place, contacts in enumerate((9, 8, 7, 6, 5)):
        text = " ".join(f"article@{n}" for n in range(contacts))
        journey(warehouse, text, [(f"channel {place}", "mobile", contacts)])
    rows = warehouse.mart("journey_map")
    cell = [row for row in rows if (row["phase"], row["aspect"]) == ("awareness", "channels")]
    # With the two that saw the advertisement there are 37 contacts: one by e-mail, one by search.
    assert told(cell, "item", "value", "journeys") == [
        ("channel 0", pytest.approx(9 / 37), 1),
        ("channel 1", pytest.approx(8 / 37), 1),
        ("channel 2", pytest.approx(7 / 37), 1),
        ("(other)", pytest.approx(13 / 37), None),
    ]
