"""Health checks: what is odd about a day is found and said, and what is as usual is not."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.checks import alarms
from pipelines.definitions import NIGHT, build_definitions
from pipelines.health import Clock, days_of_run, measure
from pipelines.judging import NotLoadedError, accept_days, days_to_judge, judge, note_judged
from pipelines.rules import HEALTHY, health_rules
from pipelines.schedules import range_tags
from tests.exports_by_hand import row, write
from tests.nights_by_hand import FAILURE

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

LAST = date(2026, 5, 31)
FIRST = LAST - timedelta(days=35)
ALL = (date.min, date.max)
RULES = {rule.name: rule for table in HEALTHY for rule in health_rules(table)}


class Days:
    """Days in a build file, by hand: how many events of which name, sessions and denials each has."""

    def __init__(self, build):
        self.build = build

    def put(
        self, day, events=1000, names=("page_view", "scroll"), sessions=200, denied=None, matched=None, is_final=True
    ):
        """Lay a day down: its events take turns among names and sessions, the first of them are denied consent.

        By default one event of ten is denied, and nine followed events of ten are matched by a touchpoint.
        """
        denied = events // 10 if denied is None else denied
        ask = self.build.connection.execute
        ask("DELETE FROM events WHERE export_date = ?", [day])
        ask("DELETE FROM loads WHERE export_day = ?", [day])
        ask("DELETE FROM touchpoints WHERE occurred_at::DATE = ?", [day])
        ask(
            "INSERT INTO loads (source_file, export_day, is_final, loaded_at, events, content_hash)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [f"{day}", day, is_final, day, events, f"{day} {is_final}"],
        )
        ask(
            "INSERT INTO events (event_id, occurred_at, event_name, device_id, ga_session_id, export_date)"
            " SELECT epoch(?::TIMESTAMP)::BIGINT + n, ?::TIMESTAMP + INTERVAL 12 HOUR, list_extract(?, n % ? + 1),"
            " CASE WHEN n >= ? THEN 'd' || n % ? END, n % ?, ? FROM range(?) AS t(n)",
            [day, day, list(names), len(names), denied, sessions, sessions, day, events],
        )
        matched = (events - denied) * 9 // 10 if matched is None else matched
        ask(
            "INSERT INTO touchpoints (event_id, event_count, occurred_at)"
            " SELECT event_id, 1, occurred_at FROM events WHERE export_date = ? AND device_id IS NOT NULL"
            " ORDER BY event_id LIMIT ?",
            [day, matched],
        )

    def alarms(self, name, days=ALL, now=None, **choices):
        """What one check says."""
        self.build.choices |= choices
        now = now or datetime(LAST.year, LAST.month, LAST.day, 4, tzinfo=UTC) + timedelta(days=1)
        if days != ALL:
            note_judged(self.build.connection, RULES[name].table, [], set(), is_blocking=False)
        judged = days_to_judge(self.build.connection, RULES[name].table, days, is_blocking=False)
        measure(self.build.connection, self.build.settings, judged, now)
        return alarms(self.build.connection, RULES[name])


@pytest.fixture
def days(build):
    """Five weeks of days that are alike, but for fewer events at weekends."""
    days = Days(build)
    for back in range(35, -1, -1):
        day = LAST - timedelta(days=back)
        days.put(day, events=600 if day.weekday() >= 5 else 1000)
    return days


@pytest.mark.parametrize("name", RULES)
def test_days_that_are_alike_raise_no_alarm(days, name):
    assert days.alarms(name) == []


@pytest.mark.parametrize("name", RULES)
def test_nothing_loaded_raises_no_alarm(build, name):
    assert Days(build).alarms(name) == []


@pytest.mark.parametrize("name", RULES)
def test_the_first_days_of_all_raise_no_alarm(build, name):
    few = Days(build)
    for back, events in enumerate((2000, 200, 900, 4000)):
        few.put(LAST - timedelta(days=back), events=events, names=(f"name_{back}",), denied=back * 5)
    assert few.alarms(name) == []


def test_an_export_loaded_long_after_it_ended_is_never_late(days):
    days.build.connection.execute("UPDATE loads SET loaded_at = export_day + INTERVAL 15 DAY")
    now = datetime(2026, 7, 9, tzinfo=UTC)
    assert days.alarms("are_fresh", now=now) == []
    days.build.connection.execute(
        "UPDATE loads SET loaded_at = export_day + INTERVAL 14 DAY WHERE export_day = ?", [LAST]
    )
    assert days.alarms("are_fresh", now=now) == ["the last loaded day is 2026-05-31, 39 days before today"]


def test_a_day_that_is_late_is_said(days):
    midnight = datetime(2026, 6, 2, 22, tzinfo=UTC)
    assert days.alarms("are_fresh", now=midnight) == []
    assert days.alarms("are_fresh", now=midnight, timezone="Europe/Copenhagen") == [
        "the last loaded day is 2026-05-31, 3 days before today"
    ]
    assert days.alarms("are_fresh", now=midnight, late_after_days=3) == []


def test_a_day_with_fewer_events_in_fewer_sessions_is_told_from_broken_tracking(days):
    days.put(LAST, events=240, sessions=80)
    assert days.alarms("are_as_many_as_usual") == [
        "2026-05-31: 240 events where 600 are usual on a Sunday, in 80 sessions where 200 are:"
        " both fell alike, so fewer people came, or part of the site is not tracked"
    ]


def test_a_day_with_fewer_events_in_as_many_sessions_is_broken_tracking(days):
    days.put(LAST, events=240, sessions=200)
    [alarm] = days.alarms("are_as_many_as_usual")
    assert alarm.endswith("in 200 sessions where 200 are: sessions did not fall alike, so tracking broke")


def test_a_day_with_fewer_events_without_a_name_is_broken_tracking(days):
    days.put(LAST, events=240, sessions=80, names=("page_view",))
    [alarm] = days.alarms("are_as_many_as_usual")
    assert alarm.endswith("event names vanished, so tracking broke")


def test_a_day_without_any_event_is_low(days):
    days.put(LAST, events=0)
    assert len(days.alarms("are_as_many_as_usual")) == 1
    assert len(days.alarms("keep_their_names")) == 2


def test_a_weekend_is_held_against_weekends(days):
    sunday = [31 + 7 * back for back in range(1, 5)]
    assert LAST.weekday() == 6
    assert days.alarms("are_as_many_as_usual", low_volume=0.9) == []
    for back in sunday:
        days.put(LAST - timedelta(days=back - 31), events=2000)
    assert len(days.alarms("are_as_many_as_usual")) == 1


def test_low_is_what_the_setting_says(days):
    days.put(LAST, events=400)
    assert days.alarms("are_as_many_as_usual") == []
    assert len(days.alarms("are_as_many_as_usual", low_volume=0.7)) == 1


def test_where_few_events_are_usual_a_low_day_and_a_jump_are_chance(build):
    small = Days(build)
    for back in range(35, -1, -1):
        small.put(LAST - timedelta(days=back), events=250)
    small.put(LAST, events=50, denied=40)
    assert small.alarms("are_as_many_as_usual") == small.alarms("have_devices_as_usual") == []
    assert small.alarms("match_events_as_usual") == []


def test_one_such_weekday_is_too_few_to_tell(build):
    few = Days(build)
    few.put(LAST - timedelta(days=7))
    few.put(LAST, events=200)
    assert few.alarms("are_as_many_as_usual") == []
    few.put(LAST - timedelta(days=14))
    assert len(few.alarms("are_as_many_as_usual")) == 1


def test_a_day_that_ga4_still_writes_is_not_judged(days):
    days.put(LAST, events=100, names=("page_view",), is_final=False)
    assert days.alarms("are_as_many_as_usual") == days.alarms("keep_their_names") == []


def test_an_event_name_that_vanished_is_named(days):
    days.put(LAST, events=600, names=("page_view",))
    assert days.alarms("keep_their_names") == ["2026-05-31: no scroll, of which 500 are usual"]


def test_a_name_that_is_rare_or_not_there_each_day_may_stay_away(days):
    for back in range(1, 8):
        days.put(
            LAST - timedelta(days=back), names=("page_view", "page_view", "scroll") if back != 3 else ("page_view",)
        )
    days.put(LAST, names=("page_view",))
    assert days.alarms("keep_their_names", days=(LAST, LAST)) == []
    for back in range(1, 8):
        days.put(LAST - timedelta(days=back), events=190, names=("page_view",) * 9 + ("scroll",))
    assert days.alarms("keep_their_names", days=(LAST, LAST)) == []


def test_an_event_name_that_appeared_is_named(days):
    days.put(LAST, events=60, names=("page_view", "scroll", "page_veiw"))
    assert days.alarms("bring_no_new_names") == ["2026-05-31: 20 page_veiw, which the four weeks before did not have"]


def test_a_new_name_with_few_events_is_no_news_and_an_old_one_neither(days):
    days.put(LAST, events=57, names=("page_view", "scroll", "page_veiw"))
    assert days.alarms("bring_no_new_names") == []
    days.put(LAST - timedelta(days=28), names=("page_view", "scroll", "survey"))
    days.put(LAST, names=("page_view", "scroll", "survey"))
    assert days.alarms("bring_no_new_names") == []


@pytest.mark.parametrize("denied", [400, 0])
def test_a_jump_of_denied_consent_is_said(days, denied):
    days.put(LAST, events=600, denied=denied)
    [alarm] = days.alarms("have_devices_as_usual")
    assert alarm.startswith(f"2026-05-31: {denied / 6:.1f} % of events have no device, where 10.0 % is usual")


def test_some_more_denied_consent_is_no_jump_nor_is_what_is_usual_here(days):
    days.put(LAST, events=1000, denied=140)
    assert days.alarms("have_devices_as_usual") == []
    for back in range(1, 29):
        days.put(LAST - timedelta(days=back), denied=100 + 100 * (back % 3))
    days.put(LAST, denied=400)
    assert days.alarms("have_devices_as_usual", days=(LAST, LAST)) == []


def test_a_jump_of_events_that_no_touchpoint_knows_is_said(days):
    days.put(LAST, events=600, denied=100, matched=250)
    assert days.alarms("match_events_as_usual") == [
        "2026-05-31: no touchpoint knows 50.0 % of followed events, where 10.0 % is usual"
    ]


def test_some_more_events_that_no_touchpoint_knows_are_no_jump(days):
    days.put(LAST, events=1000, denied=100, matched=780)
    assert days.alarms("match_events_as_usual") == []


def test_only_the_days_of_the_run_are_judged_and_of_many_the_last_four(days):
    odd = LAST - timedelta(days=3)
    days.put(odd, names=("scroll",))
    days.put(odd - timedelta(days=1), names=("page_view",))
    assert [alarm[:10] for alarm in days.alarms("keep_their_names")] == [str(odd)]
    assert days.alarms("keep_their_names", days=(odd + timedelta(days=1), LAST)) == []
    older = days.alarms("keep_their_names", days=(FIRST, odd - timedelta(days=1)))
    assert [alarm[:10] for alarm in older] == [str(odd - timedelta(days=1))]


def test_no_event_is_read_that_is_older_than_five_weeks_before_the_days_judged(days):
    days.alarms("are_fresh", days=(LAST, LAST))
    assert days.build.ask("SELECT min(day) FROM health_days UNION SELECT min(day) FROM health_names") == [(FIRST,)]


def test_the_days_of_a_run_are_those_of_its_tags():
    assert days_of_run(range_tags(FIRST, LAST)) == (FIRST, LAST)
    assert days_of_run({}) == ALL


class At(Clock):
    """A clock that stands still."""

    def __init__(self, now):
        self._now = now

    def now(self):
        return self._now


def run(build, health, days_later):
    """A night on one day: its result, and its health checks by name."""
    build.choices["health"] = health
    build.write("events_20210101.parquet", row(0), row(60))
    definitions = build_definitions(build.settings)
    resources = {"settings": build.settings, "clock": At(datetime(2021, 1, 1 + days_later, 12, tzinfo=UTC))}
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(NIGHT).execute_in_process(
            instance=instance,
            tags=range_tags(date(2021, 1, 1), date(2021, 1, 1)),
            resources=resources,
            raise_on_error=False,
        )
    checks = {check.check_name: check for check in result.get_asset_check_evaluations() if check.check_name in RULES}
    return result, checks


def test_a_run_judges_its_days_and_warns(build, live):
    result, checks = run(build, "warn", days_later=9)
    assert result.success
    assert build.settings.database.exists()
    assert {name for name, check in checks.items() if not check.passed} == {"are_fresh"}
    assert checks["are_fresh"].severity == dg.AssetCheckSeverity.WARN
    assert checks["are_fresh"].description == "the last loaded day is 2021-01-01, 9 days before today"
    assert set(checks) == set(RULES)


def test_a_run_that_finds_nothing_odd_says_nothing(build):
    result, checks = run(build, "warn", days_later=1)
    assert result.success
    assert all(check.passed for check in checks.values())


def test_a_blocking_alarm_keeps_the_run_from_publishing(build, live):
    result, checks = run(build, "block", days_later=9)
    assert not result.success
    assert checks["are_fresh"].severity == dg.AssetCheckSeverity.ERROR
    assert not build.settings.database.exists()


NIGHT_OF = datetime(2026, 6, 1, 4, tzinfo=UTC)
RUN = (LAST, LAST)


def odd_days(days, run=RUN, is_blocking=True):
    """Judge days as the health checks of the events do; which are odd."""
    connection = days.build.connection
    judged = days_to_judge(connection, "events", run, is_blocking)
    measure(connection, days.build.settings, judged, NIGHT_OF)
    rules = health_rules("events")
    odd = {alarm.day for rule in rules for alarm in judge(connection, rule) if alarm.day}
    note_judged(connection, "events", judged, odd, is_blocking)
    return sorted(odd)


@pytest.fixture
def held(days):
    """Five weeks of days of which all are judged, and one of the last, which is held back."""
    assert odd_days(days, ALL) == []
    odd = LAST - timedelta(days=1)
    days.put(odd, events=60)
    assert odd_days(days) == [odd]
    return days, odd


def test_an_odd_day_holds_back_every_later_run(held):
    days, odd = held
    assert odd_days(days) == [odd]
    for ahead in range(1, 7):
        days.put(LAST + timedelta(days=ahead), events=600 if ahead > 5 else 1000)
        assert odd_days(days, (LAST + timedelta(days=ahead),) * 2) == [odd]


def test_an_odd_day_that_comes_again_as_usual_holds_nothing_back(held):
    days, odd = held
    days.put(odd, events=590)
    assert odd_days(days) == []
    days.put(odd, events=61)
    assert odd_days(days) == [odd]


def test_an_odd_day_that_is_as_usual_beside_other_days_passes(held):
    days, odd = held
    for weeks in range(1, 5):
        days.put(odd - timedelta(weeks=weeks), events=70, names=("page_view", "scroll"))
    assert odd_days(days) == []


def test_an_accepted_day_holds_nothing_back_until_it_comes_again(held):
    days, odd = held
    accept_days(days.build.connection, [odd])
    assert odd_days(days) == odd_days(days, (odd, LAST)) == []
    days.put(odd, events=61)
    assert odd_days(days) == [odd]


def test_a_day_that_was_warned_of_is_not_held_when_odd_days_begin_to_block(days):
    assert odd_days(days, ALL) == []
    odd = LAST - timedelta(days=1)
    days.put(odd, events=60)
    assert odd_days(days, is_blocking=False) == [odd]
    assert odd_days(days, is_blocking=False) == odd_days(days) == []


def test_a_day_of_a_run_that_died_before_its_checks_is_judged_by_the_next(days):
    assert odd_days(days, ALL) == []
    odd = LAST - timedelta(days=9)
    days.put(odd, events=60)
    assert odd_days(days) == [odd]


def test_a_day_that_ga4_still_wrote_is_judged_when_that_is_over(days):
    assert odd_days(days, ALL) == []
    days.put(LAST, events=60, is_final=False)
    assert odd_days(days) == odd_days(days, (FIRST, FIRST)) == []
    days.put(LAST, events=60)
    assert odd_days(days, (FIRST, FIRST)) == [LAST]


def test_a_day_that_is_not_loaded_cannot_be_accepted(days):
    with pytest.raises(NotLoadedError, match="--accept 2026-06-02: no such day is loaded"):
        accept_days(days.build.connection, [date(2026, 6, 2)])


def test_what_was_judged_is_carried_into_a_new_build_file(held):
    days, odd = held
    query = "SELECT export_day, verdict FROM judged_days WHERE table_name = 'events' ORDER BY ALL"
    before = days.build.ask(query)
    assert (odd, "held") in before
    days.build.connection.execute("CREATE OR REPLACE MACRO build_version() AS 'of another version'")
    days.build.close()
    assert days.build.ask(query) == before


def test_a_run_publishes_no_odd_day_until_somebody_accepts_it(night):
    last = date(2021, 1, 22)
    for number in range(2, 22):
        rows = [row(number * 86400 + second, "page_view", f"p{second}") for second in range(300 if number < 21 else 30)]
        write(night.exports / f"events_{date(2021, 1, 1) + timedelta(number):%Y%m%d}.parquet", rows)
    night.monkeypatch.setenv("SOJOURN_HEALTH", "block")
    said = (
        f"{last}: 30 events where 300 are usual",
        f"nothing is published until {last} comes again",
        f"--accept {last}`",
    )
    for _ in range(2):
        night.refuses(FAILURE, *said)
    code, _, err = night.run("--accept", str(last))
    assert (code, err) == (0, "")
    assert night.database.read_bytes() != night.published


def test_health_that_is_off_is_not_looked_at(build):
    result, checks = run(build, "off", days_later=9)
    assert (result.success, checks) == (True, {})


def test_every_health_check_says_in_plain_words_what_it_points_to():
    assert len(RULES) == 6
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    for rule in RULES.values():
        assert f"| `{rule.table}`: `{rule.name}` |" in page
        assert len(rule.rule.split()) > 25
        assert "--" not in rule.rule
        assert any(word in rule.rule for word in ("tracking", "stopped"))
