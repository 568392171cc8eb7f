"""What no rule recognises, worked out by hand from a few events."""

from tests.worlds import column, rebuilt
from transforms.histories import Histories


def unmatched(histories: Histories) -> list[tuple[str, str | None, int]]:
    found = histories.unmatched_sessions.sort("event_name", "page_path", nulls_last=True)
    return found.select("event_name", "page_path", "events").rows()


def test_events_that_no_rule_knows_are_counted_by_name_and_page() -> None:
    events = "scroll@0[page_path=/a] scroll@1[page_path=/a] scroll@2[page_path=/b] scroll@3 view_item@4 popup@5"
    found = rebuilt(f"ana: {events}")
    assert unmatched(found) == [("popup", None, 1), ("scroll", "/a", 2), ("scroll", "/b", 1), ("scroll", None, 1)]
    assert column(found.sessions, "unmatched_event_count") == [5]
    assert column(found.sessions, "touchpoint_count") == [1]


def test_each_session_counts_for_itself() -> None:
    found = rebuilt("ana: scroll@0 scroll@40 scroll@41", "bo: scroll@0")
    assert sorted(unmatched(found)) == [("scroll", None, 1), ("scroll", None, 1), ("scroll", None, 2)]
    assert sorted(column(found.unmatched_sessions, "session_id")) == sorted(column(found.sessions, "session_id"))


def test_a_repeated_purchase_is_recognised_though_it_is_no_touchpoint() -> None:
    found = rebuilt("ana: purchase@0[tid=T] purchase@1[tid=T] scroll@2")
    assert unmatched(found) == [("scroll", None, 1)]
    counts = ("event_count", "touchpoint_count", "repeat_purchase_count", "unmatched_event_count")
    assert [column(found.sessions, name) for name in counts] == [[3], [1], [1], [1]]


def test_an_event_that_only_a_customer_makes_a_contact_is_unmatched_before_the_purchase() -> None:
    found = rebuilt("ana: reward@0 purchase@1 reward@2")
    assert unmatched(found) == [("reward", None, 1)]


def test_collapsed_events_are_all_recognised_and_an_arrival_recognises_no_event() -> None:
    found = rebuilt("ana: view_item@0[click=dclid] view_item@1 scroll@2 view_item@3")
    assert column(found.touchpoints, "event_count") == [1, 3]
    assert column(found.sessions, "unmatched_event_count") == [1]
    assert column(found.sessions, "touchpoint_count") == [2]
