"""The sensor of new files: it asks for the days that are not loaded as their files are, and for nothing else."""

import json
import os
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from itertools import count, pairwise

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from pipelines import sensors
from pipelines.asking import Due, ask
from pipelines.days import find_days
from pipelines.definitions import NIGHT, build_definitions
from pipelines.ingesting import ingest
from pipelines.locking import free_locks
from pipelines.publishing import publish
from pipelines.warehouse import open_build
from tests.exports_by_hand import DAY, HOUR, row
from tests.pipelines.test_object_store import BUCKET, endpoint, store  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

FIRST = date(2021, 1, 1)
MINUTE, DAY_LONG = 60, 86400
ticks = count(1)


class Sensor:
    """The sensor over the exports of a build, with the cursor that Dagster keeps for it, and a clock of its own."""

    def __init__(self, build):
        self.build, self.cursor, self.first, self.now = build, None, None, 1_800_000_000.0

    @property
    def definitions(self):
        return build_definitions(self.build.settings, self.first)

    def run(self, request):
        """Do what is asked for: whether it succeeded."""
        job = self.definitions.resolve_job_def(NIGHT)
        with dg.DagsterInstance.ephemeral() as instance:
            result = job.execute_in_process(
                instance=instance, tags=request.tags, run_config=request.run_config, raise_on_error=False
            )
        free_locks()
        return result.success

    def night(self, day):
        """The run of the schedule in the night that begins a day."""
        definitions = self.definitions
        tick = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_schedule_context(
                instance, scheduled_execution_time=tick, repository_def=definitions.get_repository_def()
            )
            [request] = definitions.resolve_schedule_def("nightly").evaluate_tick(context).run_requests
        return request

    def load(self):
        """What a run leaves of all that there is: loaded, and published."""
        with open_build(self.build.settings) as connection:
            ingest(connection, find_days(self.build.settings), self.build.settings)
            publish(connection, self.build.settings)
        free_locks()

    def look(self, instance=None):
        """What the sensor says now: the requests of runs, or why there are none."""
        sensor = self.definitions.resolve_sensor_def("new_files")
        with (
            nullcontext(instance) if instance else dg.DagsterInstance.ephemeral() as instance,
            dg.build_sensor_context(instance, self.cursor) as context,
        ):
            said = sensor.evaluate_tick(context)
        self.cursor = said.cursor or self.cursor
        return said.run_requests or said.skip_message

    def ranges(self):
        """First and last day of each run that is asked for."""
        tags = [request.tags for request in self.look()]
        return [(tag[ASSET_PARTITION_RANGE_START_TAG], tag[ASSET_PARTITION_RANGE_END_TAG]) for tag in tags]

    def put(self, number, *rows):
        """Write the file of a day, 1 to whatever; its time is always later than that of any before."""
        day = FIRST + timedelta(days=number - 1)
        file = self.build.write(f"events_{day:%Y%m%d}.json", *(rows or [row((number - 1) * 86400)]))
        os.utime(file, (1_800_000_000 + next(ticks),) * 2)
        return file


@pytest.fixture
def sensor(build, monkeypatch):
    sensor = Sensor(build)
    monkeypatch.setattr(sensors, "time", lambda: sensor.now)
    return sensor


def test_four_hundred_days_at_first_sight_are_one_run(sensor):
    for number in range(1, 401):
        if number % 50:
            (sensor.build.exports / f"events_{FIRST + timedelta(days=number - 1):%Y%m%d}.json").touch()
    assert sensor.ranges() == [("2021-01-01", "2022-02-03")]
    assert len(sensor.cursor) < 400 * 60


def test_what_is_loaded_is_not_asked_for(sensor):
    sensor.put(1)
    sensor.load()
    assert sensor.look() == "1 days are loaded from the files that they have"
    assert sensor.cursor == "{}"


def test_a_day_that_appears_is_asked_for(sensor):
    sensor.put(1)
    sensor.load()
    sensor.put(2)
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]


def test_a_day_whose_run_failed_is_asked_for_again_after_a_pause_that_grows(sensor):
    sensor.put(1)
    sensor.load()
    sensor.put(2)
    [first] = sensor.look()
    for pause in (20, 40):
        sensor.now += pause * MINUTE - 1
        assert sensor.look().startswith("asked for, and not loaded as the files are: 2021-01-02; asked for again after")
        sensor.now += 1
        [request] = sensor.look()
        assert request.run_key != first.run_key
        first = request
    sensor.load()
    assert sensor.look() == "2 days are loaded from the files that they have"


def test_pauses_double_up_to_a_day():
    due, asked, now, moments = Due([FIRST], {"2021-01-01": "files"}), {}, 0, []
    while now < 3 * DAY_LONG:
        ready, asked = ask(due, asked, now, timedelta(minutes=10))
        moments += [now] if ready else []
        now += 10 * MINUTE
    pauses = [(after - before) // MINUTE for before, after in pairwise(moments)]
    assert pauses == [20, 40, 80, 160, 320, 640, 1280, 1440]


def test_a_day_whose_files_change_is_asked_for_at_once(sensor):
    sensor.put(1)
    sensor.look()
    assert isinstance(sensor.look(), str)
    sensor.put(1)
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_nothing_is_asked_for_while_a_run_is_under_way_but_one_that_was_cut_off(sensor, monkeypatch):
    sensor.put(1)
    running = {}
    monkeypatch.setattr(sensors, "is_running", lambda settings: running.get("is"))
    with dg.DagsterInstance.ephemeral() as instance:
        job = sensor.definitions.resolve_job_def(NIGHT)
        instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        assert sensor.look(instance).startswith("a run is under way")
        monkeypatch.setattr(sensors, "TO_BEGIN", timedelta(0))
        running["is"] = True
        assert sensor.look(instance).startswith("a run is under way")
        running["is"] = False
        assert len(sensor.look(instance)) == 1


def test_a_day_that_is_held_back_is_asked_for_once(sensor):
    sensor.put(1, *[row(second) for second in range(10)])
    sensor.load()
    sensor.put(1, row(0))
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]
    sensor.load()
    for _ in range(5):
        sensor.now += DAY_LONG
        assert sensor.look().startswith("asked for, and not loaded as the files are: 2021-01-01")
    sensor.put(1, row(1))
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_feeds_that_changed_are_loaded_with_the_last_day(sensor):
    sensor.put(1)
    sensor.put(2)
    sensor.load()
    path = sensor.build.feed("calls.csv", "2021-01-01,ida,phone_call")
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]
    assert "as the files are: the feeds; " in sensor.look()
    sensor.now += DAY_LONG
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]
    sensor.load()
    assert sensor.look() == "2 days are loaded from the files that they have"
    path.unlink()
    sensor.build.feed("calls2.csv", "2021-01-01,ida,phone_call")
    sensor.put(1, row(60, "scroll"))
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]
    assert "as the files are: 2021-01-01 and the feeds; " in sensor.look()


def test_days_that_changed_are_asked_for_in_stretches(sensor):
    for number in range(1, 10):
        sensor.put(number)
    sensor.load()
    for number in (2, 3, 4, 8):
        sensor.put(number, row((number - 1) * 86400, "scroll"), row((number - 1) * 86400 + 60, "scroll"))
    assert sensor.ranges() == [("2021-01-02", "2021-01-04"), ("2021-01-08", "2021-01-08")]


def test_a_file_of_the_same_size_written_later_has_changed(sensor):
    sensor.put(1)
    sensor.load()
    sensor.put(1)
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_a_further_shard_and_a_better_kind_are_changes(sensor):
    sensor.put(1)
    sensor.build.write("events_intraday_20210102.json", row(86400))
    sensor.load()
    sensor.build.write("events_20210101-000000000001.json", row(60))
    sensor.build.write("events_20210102.json", row(86400))
    assert sensor.ranges() == [("2021-01-01", "2021-01-02")]


def test_the_same_files_are_asked_for_by_the_same_key(sensor):
    sensor.put(1)
    [first] = sensor.look()
    sensor.cursor = None
    [second] = sensor.look()
    assert first.run_key == second.run_key
    sensor.put(1)
    assert sensor.look()[0].run_key != first.run_key


def test_a_cursor_of_a_former_version_says_nothing(sensor):
    sensor.put(1)
    sensor.cursor = '{"2021-01-01": "0123456789abcdef", "feeds": "0123456789abcdef"}'
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_a_file_that_goes_away_asks_for_nothing(sensor):
    sensor.put(1)
    sensor.put(2)
    sensor.load()
    (sensor.build.exports / "events_20210102.json").unlink()
    assert sensor.look() == "1 days are loaded from the files that they have"
    sensor.put(2)
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]


def test_a_new_file_whose_name_tells_no_day_is_opened_for_it(sensor):
    sensor.put(1)
    sensor.load()
    sensor.build.write("more.json", row(86400, event_date="20210102"))
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]
    sensor.load()
    assert sensor.look() == "2 days are loaded from the files that they have"


def test_an_empty_place_is_looked_at_again(sensor):
    assert "no GA4 export in" in sensor.look()
    sensor.put(1)
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_other_exports_than_those_of_the_database_are_said(sensor, tmp_path):
    sensor.put(1)
    sensor.load()
    sensor.build.exports = tmp_path / "others"
    sensor.build.choices["exports"] = str(sensor.build.exports)
    sensor.put(1)
    assert "holds the exports of" in sensor.look()


def test_a_store_that_does_not_answer_is_asked_again_and_forgets_nothing(sensor, store, monkeypatch):  # noqa: F811
    sensor.build.choices["exports"] = f"s3://{BUCKET}/ga4"
    store.put_object(Bucket=BUCKET, Key="ga4/events_20210101.json", Body=b"{}")
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]
    kept = sensor.cursor
    sensor.build.choices["exports"] = "s3://no-such-bucket/ga4"
    assert "s3://no-such-bucket/ga4 cannot be listed" in sensor.look()
    assert sensor.cursor == kept


def test_a_file_that_appears_in_a_store_is_seen_by_the_same_process(sensor, store):  # noqa: F811
    sensor.build.choices["exports"] = f"s3://{BUCKET}/ga4"
    store.put_object(Bucket=BUCKET, Key="ga4/events_20210101.json", Body=b"{}")
    sensor.look()
    store.put_object(Bucket=BUCKET, Key="ga4/events_20210102.json", Body=b"{}")
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]
    store.put_object(Bucket=BUCKET, Key="ga4/events_20210101.json", Body=b"{ }")
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_a_day_that_is_no_partition_yet_is_left(sensor):
    sensor.put(1)
    sensor.put(20_000)
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]
    assert list(json.loads(sensor.cursor)) == ["2021-01-01"]


def test_a_day_before_the_first_partition_is_loaded_with_it(sensor):
    sensor.put(2)
    sensor.load()
    sensor.first = date(2021, 1, 2)
    sensor.put(1)
    [request] = sensor.look()
    assert request.run_key.startswith("2021-01-01..2021-01-01 ")
    assert sensor.run(request)
    assert sensor.build.ask("SELECT export_day FROM loads ORDER BY ALL") == [(FIRST,), (date(2021, 1, 2),)]
    sensor.first = None
    assert sensor.definitions.resolve_assets_def("events").partitions_def.start.date() == FIRST


def test_the_run_that_is_asked_for_loads_the_day(sensor):
    sensor.build.write(DAY, row(0), row(HOUR // 1_000_000))
    assert sensor.run(*sensor.look())
    assert sensor.build.counts() == {DAY: (2, 2, 0, 0, 0)}


def test_it_is_off_until_turned_on_and_looks_as_often_as_is_said(sensor):
    sensor.build.choices["look_every"] = "90s"
    found = sensor.definitions.resolve_sensor_def("new_files")
    assert (found.default_status, found.minimum_interval_seconds) == (dg.DefaultSensorStatus.STOPPED, 90)


def test_the_night_covers_every_day_that_changed_however_long_ago(sensor):
    for number in (1, 2, 30):
        sensor.put(number)
    sensor.load()
    sensor.put(1, row(0), row(60))
    sensor.put(3)
    request = sensor.night(date(2021, 2, 10))
    assert (request.tags[ASSET_PARTITION_RANGE_START_TAG], request.tags[ASSET_PARTITION_RANGE_END_TAG]) == (
        "2021-01-01",
        "2021-02-09",
    )
    sensor.put(2, row(DAY_LONG), row(DAY_LONG + 60))  # it changes after the run was asked for
    assert sensor.run(request)
    days = sensor.build.ask("SELECT day(export_day), rows_read FROM loads ORDER BY ALL")
    assert days == [(1, 2), (2, 2), (3, 1), (30, 1)]


def test_a_night_over_exports_that_cannot_be_listed_is_of_the_days_that_may_be_rewritten(sensor):
    request = sensor.night(date(2021, 2, 10))
    assert request.tags[ASSET_PARTITION_RANGE_START_TAG] == "2021-02-06"
    assert request.tags[ASSET_PARTITION_RANGE_END_TAG] == "2021-02-09"


def test_a_day_whose_file_was_broken_is_loaded_by_the_next_run_that_is_asked_for(sensor):
    sensor.put(1)
    file = sensor.put(2)
    whole, when = file.read_bytes(), file.stat().st_mtime
    file.write_bytes(b"{" * len(whole))
    os.utime(file, (when, when))
    assert not sensor.run(*sensor.look())
    assert isinstance(sensor.look(), str)
    file.write_bytes(whole)
    os.utime(file, (when, when))  # the store tells nothing new of it
    sensor.now += 20 * MINUTE
    assert sensor.run(*sensor.look())
    assert sensor.look() == "2 days are loaded from the files that they have"
