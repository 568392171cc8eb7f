"""Definitions §2: which devices are one person."""

import polars as pl

from tests.worlds import column, rebuilt
from transforms.identity import identify


def people(*lines: str, **choices: str) -> dict[str, str]:
    sessions = rebuilt(*lines, **choices).sessions  # type: ignore[arg-type]
    return dict(sessions.select("device_id", "person_id").sort("device_id").iter_rows())


def test_a_device_that_never_signed_in_is_its_own_person() -> None:
    assert people("phone: read@0", "laptop: read@1") == {"laptop": "d:laptop", "phone": "d:phone"}


def test_a_device_that_signs_in_late_joins_with_its_whole_history() -> None:
    histories = rebuilt("phone: read@0 read@60d read@61d[user=eve]", "laptop: read@1d[user=eve]")
    assert set(column(histories.sessions, "person_id")) == {"u:eve"}
    assert column(histories.sessions, "device_id") == ["phone", "laptop", "phone", "phone"]
    assert column(histories.sessions, "session_number") == [1, 2, 3, 4]
    assert column(histories.sessions, "device_session_number") == [1, 1, 2, 3]


def test_the_last_user_seen_on_a_device_has_it_for_all_its_history() -> None:
    assert people("phone: read@0[user=eve] read@1[user=ada] read@2") == {"phone": "u:ada"}


def test_a_blank_user_is_nobody() -> None:
    assert people("phone: read@0[user=eve] read@1[user=] read@2[user=  ]") == {"phone": "u:eve"}


def test_of_two_users_in_one_microsecond_the_last_in_event_order_counts() -> None:
    assert people("phone: read@0[user=ada] page_view@0[user=eve]") == {"phone": "u:ada"}
    line = "phone: page_view@0[user=eve,batch_page_id=1] read@0[user=ada]"
    assert people(line) == {"phone": "u:eve"}


def test_identity_by_device_leaves_users_aside() -> None:
    lines = ("phone: read@0[user=eve]", "laptop: read@1[user=eve]")
    assert people(*lines, identity="device") == {"laptop": "d:laptop", "phone": "d:phone"}


def test_a_user_named_like_a_device_is_another_person() -> None:
    assert people("phone: read@0", "laptop: read@1[user=phone]") == {"laptop": "u:phone", "phone": "d:phone"}


def test_nobody_signed_in_and_no_device_at_all() -> None:
    empty = pl.DataFrame(schema={"device_id": pl.String})
    assert identify(empty, pl.DataFrame(), "stitched").schema == {"device_id": pl.String, "person_id": pl.String}
