"""Cases of definitions.md, sections 2 to 6, worked by hand: what the reference itself is checked against."""

from datetime import timedelta

import pytest

from tests.reference.cases import column, path, spans, world
from tests.reference.worlds import minutes

# 2. Person


def test_a_device_belongs_to_the_last_user_seen_on_it_for_all_its_history():
    tables = world("a: read@0 read@1[user=eve] read@2[user=ada] read@3[user= ]", "b: read@5[user=ada]", "c: read@9")
    assert column(tables["sessions"], "person_id") == ["d:c", "u:ada", "u:ada"]
    assert column(tables["sessions"], "session_number") == [1, 1, 2]


def test_identity_by_device_leaves_users_aside():
    tables = world("a: read@0[user=ada]", "b: read@5[user=ada]", identity="device")
    assert column(tables["journeys"], "person_id") == ["d:a", "d:b"]


def test_an_event_without_device_is_in_no_session():
    tables = world(": read@0", "a: read@1")
    assert (len(tables["unfollowed"]), len(tables["sessions"])) == (1, 1)


# 3. Session


def test_a_silence_of_exactly_the_gap_does_not_split():
    assert spans(world("a: read@0 read@30")["sessions"]) == [(0, 30)]
    assert spans(world("a: read@0 read@1801s")["sessions"]) == [(0, 0), (30 + 1 / 60, 30 + 1 / 60)]


def test_midnight_does_not_split():
    assert spans(world("a: read@23.9h read@24.1h")["sessions"]) == [(1434, 1446)]


def test_a_change_of_ga_session_id_splits_only_where_it_is_asked_for():
    line = "a: read@0[ga=1] read@1 read@2[ga=1] read@3[ga=2] read@4"
    assert len(world(line)["sessions"]) == 1
    assert spans(world(line, session_split=["ga_session_id"])["sessions"]) == [(0, 2), (3, 4)]


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ("a: read@0 read@1[source=x]", [0]),
        ("a: read@0[source=x] read@1[source=x] read@2[source=(direct)]", [0]),
        ("a: read@0[source=x] read@1 read@2[source=y]", [0, 2]),
        ("a: read@0[source=x,medium=m] read@1[source=x,medium=n]", [0, 1]),
        ("a: read@0[source=x,campaign=m] read@1[source=x,campaign=n]", [0, 1]),
        ("a: read@0[source=x] read@1[source=s.dk,page=https://s.dk/]", [0]),
    ],
)
def test_a_new_campaign_splits_but_the_first_never_does(line, starts):
    sessions = world(line, session_split=["campaign"])["sessions"]
    assert [start for start, _ in spans(sessions)] == starts


def test_a_session_says_the_first_that_is_known():
    line = "a: read@0 read@1[device=mobile,country=DK] page_view@2[page=p,country=SE] page_view@3[page=q]"
    (session,) = world(line)["sessions"]
    assert (session["device_category"], session["country"]) == ("mobile", "DK")
    assert (session["landing_page"], session["exit_page"], session["page_view_count"]) == ("p", "q", 2)


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        ("", ("(direct)", "(none)", None)),
        ("source=,medium=x", ("(direct)", "(none)", None)),
        ("source=(direct),medium=x", ("(direct)", "(none)", None)),
        ("source=bing,medium=cpc,campaign=c", ("bing", "cpc", "c")),
        ("source=WWW.shop.dk.,page=https://shop.dk:443/a", ("(direct)", "(none)", None)),
        ("source=pay.shop.dk,page=https://shop.dk/a", ("(direct)", "(none)", None)),
        ("source=shop.dk,page=https://www.pay.shop.dk/a", ("(direct)", "(none)", None)),
        ("source=myshop.dk,page=https://shop.dk/a", ("myshop.dk", None, None)),
        ("source=Pay.com,medium=referral", ("(direct)", "(none)", None)),
        ("click=dclid,medium=x", (None, None, None)),
        ("click=gclid,medium=x,campaign=k", ("google", "cpc", None)),
        ("click=wbraid,source=google,medium=Organic,campaign=k", ("google", "cpc", "k")),
        ("click=msclkid,source=news,medium=referral", ("bing", "cpc", None)),
        ("click=gclid,source=news,medium=email", ("news", "email", None)),
    ],
)
def test_source_medium_and_campaign_come_together_from_a_source_of_its_own(extras, expected):
    (session,) = world(f"a: read@0[{extras}]", ignored_referrers=["pay.com"])["sessions"]
    assert (session["source"], session["medium"], session["campaign"]) == expected


def test_the_first_event_with_a_source_decides_and_brings_its_own_nulls():
    line = "a: read@0[medium=m,campaign=k] read@1[source=x] read@2[source=y,medium=n]"
    (session,) = world(line)["sessions"]
    assert (session["source"], session["medium"], session["campaign"]) == ("x", None, None)


def test_an_exported_channel_beats_the_rules():
    (session,) = world("a: read@0[source=google,medium=organic] read@1[default_channel_group=Audio]")["sessions"]
    assert session["channel"] == "Audio"


def test_a_bounce_saw_one_page_in_under_ten_seconds_and_bought_nothing():
    bounces = {"page_view@0": True, "page_view@0 page_view@1": False, "page_view@0 purchase@1": False}
    bounces |= {"page_view@0[engaged=9.999]": True, "page_view@0[engaged=10]": False, "read@0": True}
    assert {line: world(f"a: {line}")["sessions"][0]["is_bounce"] for line in bounces} == bounces


# 4. Touchpoint


def test_repeats_in_a_row_are_one_and_only_a_touchpoint_parts_them():
    tables = world("a: view_item@0 other@1 view_item@2 read@3 view_item@4 purchase@5 purchase@6")
    assert path(tables) == "view read view purchase purchase"
    assert column(tables["touchpoints"], "event_count") == [2, 1, 1, 1, 1]
    assert [minutes(at) for at in column(tables["touchpoints"], "occurred_at")] == [0, 3, 4, 5, 6]


def test_repeats_in_two_sessions_stay_two():
    assert path(world("a: view_item@0 view_item@60")) == "view view"


def test_an_arrival_stands_at_the_start_of_its_session_before_the_rest():
    tables = world("a: view_item@5 other@6[click=dclid]")
    assert path(tables) == "advert view"
    assert [minutes(at) for at in column(tables["touchpoints"], "occurred_at")] == [5, 5]


def test_the_same_transaction_counts_once_a_person():
    line = "a: purchase@0[tid=T,revenue=5] purchase@1[tid=T,revenue=5] purchase@60[tid=T] view_item@61"
    tables = world(line, "b: purchase@9[tid=T]")
    assert path(tables) == "purchase | back view | purchase"
    assert sum(column(tables["touchpoints"], "is_conversion")) == 2
    assert sum(column(tables["sessions"], "repeat_purchase_count")) == 2


@pytest.mark.parametrize("tid", ["", "tid=", "tid= ", "tid=(not set)"])
def test_without_a_usable_transaction_each_purchase_counts(tid):
    assert path(world(f"a: purchase@0[{tid}] purchase@1[{tid}]")) == "purchase purchase"


def test_a_customer_bought_at_an_earlier_instant():
    assert path(world("a: purchase@0 reward@0 reward@1")) == "purchase reward"
    assert column(world("a: purchase@0 reward@0 reward@1")["touchpoints"], "event_count") == [1, 1]
    assert path(world("a: reward@0 purchase@1 other@60")) == "purchase back"


def test_refunds_of_the_same_person_and_transaction_are_taken_off():
    refunds = "refund@1d[tid=T,refund=2] refund@2d[tid=T,refund=1.5] refund@3d[refund=1]"
    tables = world(f"a: purchase@0[tid=T,revenue=9.5] {refunds}", "b: refund@1[tid=T,refund=4]")
    assert column(tables["journeys"], "revenue") == [6.0]
    assert column(world("a: purchase@0[tid=T] refund@1[tid=T,refund=4]")["journeys"], "revenue") == [None]


# 5. Journey


def test_a_silence_of_exactly_the_window_does_not_open_a_journey():
    window = timedelta(days=3)
    assert path(world("a: read@0 read@3d", journey_window=window)) == "read read"
    assert path(world("a: read@0 read@259201s", journey_window=window)) == "read | read"


def test_shopping_after_a_purchase_opens_a_journey_and_support_does_not():
    assert path(world("a: purchase@0 help@60 view_item@2h view_item@3h")) == "purchase back help | back view back view"
    assert path(world("a: purchase@0 view_item@1 other@60")) == "purchase view back"


def test_shopping_on_after_the_purchase_in_its_session_stays_in_the_journey():
    assert path(world("a: view_item@0 purchase@1 view_item@2")) == "view purchase view"


def test_the_silence_is_counted_from_the_latest_event_of_all_devices():
    lines = "a: read@0[user=u] read@20 read@40", "b: read@1[user=u] other@25 other@50 other@75 other@100"
    tables = world(*lines, "a: read@159", journey_window=timedelta(hours=1))
    assert path(tables) == "read read read"


@pytest.mark.parametrize(
    ("line", "days", "outcomes"),
    [
        ("a: read@0", 30, ["open"]),
        ("a: read@0", 30.001, ["dropped_off"]),
        ("a: read@0 read@31d", 32, ["dropped_off", "open"]),
        ("a: purchase@0", 1, ["converted"]),
        ("a: purchase@0 read@60", 1, ["converted", "open"]),
        ("a: read@0 other@40d", 40, ["dropped_off"]),
    ],
)
def test_outcome_waits_for_the_window_or_the_next_journey(line, days, outcomes):
    assert column(world(line, days=days)["journeys"], "outcome") == outcomes


def test_a_journey_is_mature_when_it_started_more_than_a_window_ago():
    assert column(world("a: read@0 read@10d", days=30)["journeys"], "is_mature") == [False]
    assert column(world("a: read@0 read@10d", days=30.001)["journeys"], "is_mature") == [True]


def test_before_the_purchase_counts_touchpoints_kinds_and_sessions():
    (journey,) = world("a: view_item@0 read@1 view_item@60 purchase@61 purchase@62 view_item@63")["journeys"]
    names = ("touchpoints", "distinct_touchpoints", "sessions")
    assert [journey[f"{name}_before_purchase"] for name in names] == [3, 2, 2]
    assert (journey["touchpoint_count"], journey["seconds_to_purchase"]) == (6, 61 * 60)


@pytest.mark.parametrize(
    ("line", "furthest"),
    [
        ("read@0", "see"),
        ("help@0", None),
        ("view_item@0 help@1 read@2", "want"),
        ("help@0 purchase@1", "buy"),
        ("purchase@1 help@2", "keep"),
    ],
)
def test_a_phase_after_the_purchase_counts_only_after_it(line, furthest):
    assert column(world(f"a: {line}")["journeys"], "furthest_phase") == [furthest]


def test_a_journey_without_touchpoint_is_not_listed_but_counts_in_the_numbering():
    tables = world("a: other@0 read@31d purchase@31.001d view_item@32d")
    assert column(tables["journeys"], "journey_number") == [2, 3]
    assert column(tables["journeys"], "customer") == ["prospect", "customer"]


# 6. Stay


def test_dwell_includes_absences_and_active_time_does_not():
    tables = world("a: read@0 view_item@2 purchase@4 view_item@5 view_item@100 read@103", days=1)
    assert path(tables) == "read view purchase view | back view read"
    stays = [stay for stay in tables["stays"] if stay["journey_number"] == 1]
    assert column(stays, "phase") == ["see", "want", "buy", "want"]
    assert column(stays, "dwell_seconds") == [120, 120, 60, None]
    assert column(stays, "next_state") == ["want", "buy", "want", "(end)"]
    assert stays[-1]["watched_seconds"] == 95 * 60


def test_a_touchpoint_before_an_absence_is_not_active():
    (stay, last) = world("a: read@0 read@60 view_item@61 view_item@100")["stays"]
    assert (stay["dwell_seconds"], stay["active_seconds"], stay["touchpoint_count"]) == (3660, 60, 2)
    assert (last["is_censored"], last["watched_seconds"]) == (True, 39 * 60 + 30 * 86_400)


def test_no_duration_is_counted_beyond_as_of():
    tables = world("a: read@0.9d view_item@0.91d read@1.5d view_item@1.6d", days=1)
    assert [round(stay["dwell_seconds"] or 0) for stay in tables["stays"]] == [864, 7776, 0, 0]
    assert tables["stays"][-1]["watched_seconds"] == 0
