"""Pages seen near the purchase, worked out by hand from a few events of lifecycle see, want, buy, keep."""

from tests.worlds import rebuilt
from transforms.histories import Histories


def seen(histories: Histories) -> list[tuple[str | None, bool, bool]]:
    """Page, whether the session ended there, whether it converted."""
    rows = histories.pages_seen.select("page_path", "is_exit", "has_conversion").rows()
    return sorted(rows, key=repr)


def test_the_last_page_view_is_the_exit_whatever_comes_after_it() -> None:
    events = "page_view@0[page_path=/] view_item@1 page_view@2[page_path=/p] page_view@3[page_path=/cart] scroll@4"
    assert seen(rebuilt(f"ana: {events}")) == [("/", False, False), ("/cart", True, False), ("/p", False, False)]


def test_a_page_that_is_seen_again_is_one_row_and_an_exit_if_it_is_the_last() -> None:
    events = "page_view@0[page_path=/] view_item@1 page_view@2[page_path=/p] page_view@3[page_path=/]"
    assert seen(rebuilt(f"ana: {events}")) == [("/", True, False), ("/p", False, False)]


def test_sessions_that_come_no_further_than_the_phases_before_are_left_out() -> None:
    far = "ana: page_view@0[page_path=/far] read@1"
    wanting, buying = "bo: page_view@0[page_path=/want] view_item@1", "cleo: page_view@0[page_path=/buy] purchase@1"
    late = "dan: page_view@0[page_path=/keep] help@1"
    assert seen(rebuilt(far, wanting, buying, late)) == [("/buy", True, True), ("/want", True, False)]


def test_each_session_is_near_for_itself_and_not_by_its_journey() -> None:
    found = rebuilt("ana: page_view@0[page_path=/a] read@1 page_view@60[page_path=/b] checkout@61 begin_checkout@62")
    assert seen(found) == [("/b", True, False)]
    assert found.sessions.height == 2


def test_a_page_view_without_an_address_is_of_no_known_page() -> None:
    found = rebuilt("ana: page_view@0[page_path=/p] view_item@1 page_view@2")
    assert seen(found) == [("/p", False, False), (None, True, False)]


def test_a_near_session_without_a_page_view_saw_no_page() -> None:
    assert seen(rebuilt("ana: view_item@0 purchase@1")) == []
    assert seen(rebuilt("ana: read@0")) == []


def test_pages_of_sessions_and_their_exits_are_of_the_session_that_saw_them() -> None:
    near = "page_view@0[page_path=/{0}] view_item@1"
    found = rebuilt(f"ana: {near.format('a')} page_view@90[page_path=/c] view_item@91", f"bo: {near.format('b')}")
    of = dict(found.pages_seen.select("session_id", "page_path").rows())
    started = found.sessions.sort("person_id", "started_at")["session_id"].to_list()
    assert [of[session] for session in started] == ["/a", "/c", "/b"]
