"""Definitions §3: where one session ends and the next starts, and what a session says of itself."""

from datetime import timedelta
from typing import Any

import pytest

from tests.worlds import column, rebuilt, spans

ORIGIN = ("source", "medium", "campaign")


def session(line: str, **choices: Any) -> dict[str, Any]:
    """The only session of a line."""
    (row,) = rebuilt(line, **choices).sessions.to_dicts()
    return row


def origin(line: str, **choices: Any) -> tuple[Any, ...]:
    row = session(line, **choices)
    return tuple(row[name] for name in ORIGIN)


def test_a_silence_of_exactly_the_gap_does_not_split() -> None:
    assert spans(rebuilt("ana: read@0 read@30 read@60")) == [(0, 60)]


def test_a_silence_of_a_microsecond_more_than_the_gap_splits() -> None:
    assert len(spans(rebuilt("ana: read@0 read@1800.000001s"))) == 2
    assert len(spans(rebuilt("ana: read@0 read@61", session_gap=timedelta(hours=1)))) == 2
    assert len(spans(rebuilt("ana: read@0 read@60", session_gap=timedelta(hours=1)))) == 1


def test_midnight_does_not_split() -> None:
    assert spans(rebuilt("ana: read@23.9h read@24.1h")) == [(1434, 1446)]


def test_two_devices_of_a_person_have_sessions_of_their_own_that_may_overlap() -> None:
    histories = rebuilt("phone: read@0[user=eve] read@20", "laptop: read@10[user=eve] read@15")
    assert spans(histories) == [(0, 20), (10, 15)]
    assert column(histories.sessions, "session_number") == [1, 2]


def test_a_session_says_the_first_that_is_known_in_event_order() -> None:
    line = "ana: read@0 read@1[device=mobile,country=DK,browser=X] read@2[device=desktop,city=Odense,platform=WEB]"
    row = session(f"{line} read@3[language=da,operating_system=iOS,hostname=shop.dk]")
    names = ("device_category", "country", "browser", "city", "platform", "language", "operating_system", "hostname")
    assert [row[name] for name in names] == ["mobile", "DK", "X", "Odense", "WEB", "da", "iOS", "shop.dk"]


def test_what_is_not_known_in_a_session_is_not_taken_from_the_next() -> None:
    histories = rebuilt("ana: read@0 page_view@60[device=mobile,page=p,source=x]", "bo: read@0[country=DK]")
    assert column(histories.sessions, "device_category") == [None, "mobile", None]
    assert column(histories.sessions, "country") == [None, None, "DK"]
    assert column(histories.sessions, "landing_page") == [None, "p", None]
    assert column(histories.sessions, "exit_page") == [None, "p", None]
    assert column(histories.sessions, "source") == ["(direct)", "x", "(direct)"]


def test_landing_and_exit_page_are_those_of_the_first_and_last_page_view() -> None:
    views = "page_view@1[page=p,page_path=/p] page_view@2[page=q,page_path=/q]"
    row = session(f"ana: read@0[page=x] {views} read@3[page=y]")
    assert (row["landing_page"], row["landing_path"]) == ("p", "/p")
    assert (row["exit_page"], row["exit_path"]) == ("q", "/q")
    row = session("ana: page_view@0 page_view@1[page=q] page_view@2")
    assert (row["landing_page"], row["exit_page"], row["page_view_count"]) == (None, None, 3)


def test_events_page_views_and_engagement_are_counted() -> None:
    row = session("ana: page_view@0[engaged=1.5] read@1 page_view@2[engaged=0.0005] read@3[engaged=0.1]")
    assert (row["event_count"], row["page_view_count"], row["engagement_seconds"]) == (4, 2, 1.6005)


@pytest.mark.parametrize("engaged", ["nan", "inf", "1e300"])
def test_engagement_that_is_no_number_counts_as_none(engaged: str) -> None:
    assert session(f"ana: read@0[engaged={engaged}] read@1[engaged=2]")["engagement_seconds"] == 2


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ("", ("(direct)", "(none)", None)),
        ("source=(direct),medium=x,campaign=k", ("(direct)", "(none)", None)),
        ("source=bing,medium=cpc,campaign=k", ("bing", "cpc", "k")),
        ("source=WWW.shop.dk.,medium=referral,page=https://shop.dk:443/a", ("(direct)", "(none)", None)),
        ("source=pay.com,medium=referral", ("(direct)", "(none)", None)),
        ("click=dclid,medium=x", (None, None, None)),
        ("click=fbclid,source=shop.dk,medium=x,page=https://shop.dk/", (None, None, None)),
        ("click=dclid,source=bing", ("bing", None, None)),
    ],
)
def test_source_medium_and_campaign_come_together(extras: str, expected: tuple[Any, ...]) -> None:
    assert origin(f"ana: read@0[{extras}]", ignored_referrers=("pay.com",)) == expected


def test_late_hits_without_a_source_take_nothing_away_and_the_first_source_decides() -> None:
    line = "ana: read@0[medium=m,campaign=k] read@1[source=x] read@2[source=y,medium=n] read@3"
    assert origin(line) == ("x", None, None)


def test_a_click_id_before_the_first_source_decides() -> None:
    assert origin("ana: read@0[click=dclid] read@1[source=x,medium=n]") == (None, None, None)
    assert origin("ana: read@0[click=wbraid] read@1[source=x,medium=n]") == ("google", "cpc", None)
    assert origin("ana: read@0[source=x,medium=n] read@1[click=gclid]") == ("x", "n", None)


@pytest.mark.parametrize("click", ["gclid", "wbraid", "gbraid", "msclkid"])
@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ("source=google,medium=organic,campaign=(organic)", ("ad", "cpc", "(organic)")),
        ("source=duckduckgo,medium= ORGANIC ", ("ad", "cpc", None)),
        ("source=news,medium=referral,campaign=k", ("ad", "cpc", "k")),
        ("source=news", ("ad", "cpc", None)),
        ("source=news,medium=(none)", ("ad", "cpc", None)),
        ("source=news,medium=(not set)", ("ad", "cpc", None)),
        ("", ("ad", "cpc", None)),
        ("source=(direct),medium=x,campaign=k", ("ad", "cpc", None)),
        ("source=shop.dk,medium=referral,page=https://shop.dk/", ("ad", "cpc", None)),
        ("source=news,medium=email", ("news", "email", None)),
        ("source=google,medium=CPC,campaign=k", ("google", "CPC", "k")),
    ],
)
def test_a_click_id_beats_an_organic_name(click: str, extras: str, expected: tuple[Any, ...]) -> None:
    network = "bing" if click == "msclkid" else "google"
    assert origin(f"ana: read@0[{extras},click={click}]") == (expected[0].replace("ad", network), *expected[1:])


@pytest.mark.parametrize("click", ["dclid", "fbclid"])
def test_a_click_id_of_no_search_ad_leaves_the_name(click: str) -> None:
    extras = f"source=google,medium=organic,click={click}"
    row = session(f"ana: read@0[{extras}]")
    assert (row["source"], row["medium"], row["channel"]) == ("google", "organic", "Organic Search")


@pytest.mark.parametrize(
    ("extras", "channel"),
    [
        ("", "Direct"),
        ("source=google,medium=organic", "Organic Search"),
        ("source=google,medium=organic,click=gclid", "Paid Search"),
        ("click=msclkid", "Paid Search"),
        ("click=dclid", "Display"),
        ("source=google,medium=organic,default_channel_group=Audio", "Audio"),
        ("default_channel_group=Email", "Email"),
    ],
)
def test_the_channel_is_the_exported_one_else_that_of_the_rules(extras: str, channel: str) -> None:
    assert session(f"ana: read@0[{extras}]")["channel"] == channel


def test_the_exported_channel_wins_wherever_in_the_session_it_stands() -> None:
    assert session("ana: read@0[source=google] read@1[default_channel_group=Audio] read@2")["channel"] == "Audio"


@pytest.mark.parametrize(
    ("line", "is_bounce"),
    [
        ("page_view@0", True),
        ("read@0", True),
        ("page_view@0 read@1 read@2", True),
        ("page_view@0 page_view@1", False),
        ("page_view@0[engaged=9.999]", True),
        ("page_view@0[engaged=4] read@1[engaged=6]", False),
        ("page_view@0 purchase@1", False),
    ],
)
def test_a_bounce_saw_one_page_or_none_in_under_ten_seconds_and_bought_nothing(line: str, is_bounce: bool) -> None:
    assert session(f"ana: {line}")["is_bounce"] is is_bounce


def test_a_repeated_purchase_is_no_conversion_and_does_not_keep_a_session_from_bouncing() -> None:
    assert column(rebuilt("ana: purchase@0[tid=T] purchase@60[tid=T]").sessions, "is_bounce") == [False, True]


def starts(line: str, *split: str) -> list[float]:
    return [start for start, _ in spans(rebuilt(line, session_split=split))]


def test_a_change_of_ga_session_id_splits_where_the_setting_asks_for_it() -> None:
    line = "ana: read@0[ga=1] read@1 read@2[ga=1] read@3[ga=2] read@4 read@5[ga=1]"
    assert starts(line) == [0]
    assert starts(line, "ga_session_id") == [0, 3, 5]
    assert starts("ana: read@0 read@1[ga=1]", "ga_session_id") == [0]
    assert starts("ana: read@0[ga=1] read@60 read@61[ga=2]", "ga_session_id") == [0, 60]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("read@0 read@1[source=x]", [0]),
        ("read@0[source=x] read@1[source=x] read@2[source=(direct)] read@3", [0]),
        ("read@0[source=x] read@1 read@2[source=y]", [0, 2]),
        ("read@0[source=x,medium=m] read@1[source=x,medium=n]", [0, 1]),
        ("read@0[source=x] read@1[source=x,campaign=n]", [0, 1]),
        ("read@0[source=x,medium=] read@1[source=x]", [0, 1]),
        ("read@0[source=x] read@1[source=s.dk,page=https://s.dk/] read@2[source=x]", [0]),
        ("read@0[source=x] read@1[click=dclid]", [0]),
        ("read@0[source=x] read@1[click=gclid]", [0, 1]),
        ("read@0[source=google,medium=cpc] read@1[source=google,medium=organic,click=gclid] read@2[click=gbraid]", [0]),
        ("read@0[source=x] read@60 read@61[source=y]", [0, 60]),
    ],
)
def test_a_new_campaign_splits_where_the_setting_asks_for_it(line: str, expected: list[float]) -> None:
    assert starts(f"ana: {line}", "campaign") == expected
    assert starts(f"ana: {line}") == [at for at in expected if at % 60 == 0]


def test_with_both_splits_the_campaign_is_told_within_a_session_by_ga_session_id() -> None:
    line = "ana: read@0[ga=1,source=x] read@1[ga=2] read@2[source=y] read@3[source=z] read@4[ga=3]"
    assert starts(line, "campaign", "ga_session_id") == [0, 1, 3, 4]


def test_two_sessions_of_a_device_that_start_in_one_microsecond_keep_distinct_keys() -> None:
    histories = rebuilt("ana: read@0[ga=1] read@0[ga=2] read@0[ga=3]", session_split=("ga_session_id",))
    assert len(set(column(histories.sessions, "session_id"))) == 3
    assert sorted(column(histories.sessions, "device_session_number")) == [1, 2, 3]
    alone = rebuilt("ana: read@0[ga=1]")
    assert column(alone.sessions, "session_id")[0] in column(histories.sessions, "session_id")


def test_the_key_of_a_session_is_that_of_its_device_and_start_whatever_else_changes() -> None:
    one, other = (
        rebuilt("ana: read@0 read@1"),
        rebuilt("ana: read@0[user=eve] purchase@20", session_split=("campaign",)),
    )
    assert column(one.sessions, "session_id") == column(other.sessions, "session_id")


def test_every_event_is_told_its_session() -> None:
    histories = rebuilt("ana: read@0 read@60", "bo: read@0")
    assert histories.events.height == 3
    assert set(column(histories.events, "session_id")) == set(column(histories.sessions, "session_id"))


# Refunds


def test_a_refund_falls_into_the_session_under_way_and_extends_none() -> None:
    histories = rebuilt("ana: read@0 refund@30 read@31", session_gap=timedelta(minutes=30))
    assert (spans(histories), column(histories.sessions, "event_count")) == ([(0, 0), (31, 31)], [2, 1])
    assert spans(rebuilt("ana: read@0 refund@20 refund@29 read@30")) == [(0, 30)]


def test_a_refund_while_no_session_is_under_way_is_in_none() -> None:
    line = "ana: refund@0 purchase@1[tid=T,revenue=9] refund@32[tid=T,refund=2] refund@8d[tid=T,refund=3]"
    histories = rebuilt(line, "bo: refund@1")
    assert column(histories.events, "session_id") == [None, column(histories.sessions, "session_id")[0], *[None] * 3]
    assert (spans(histories), column(histories.sessions, "revenue")) == ([(1, 1)], [4.0])
    assert column(histories.touchpoints, "touchpoint") == ["purchase"]


def test_people_with_nothing_but_refunds_have_no_session() -> None:
    histories = rebuilt("ana: refund@0[tid=T,refund=2] refund@1")
    assert (histories.sessions.height, histories.touchpoints.height, histories.journeys.height) == (0, 0, 0)
    assert column(histories.events, "person_id") == ["d:ana"] * 2


@pytest.mark.parametrize("split", ["ga_session_id", "campaign"])
def test_a_refund_splits_no_session(split: str) -> None:
    line = "ana: read@0[ga=1,source=x] refund@1[ga=2,source=y] read@2[ga=1,source=x] read@3[ga=2,source=y]"
    assert spans(rebuilt(line, session_split=(split,))) == [(0, 2), (3, 3)]
