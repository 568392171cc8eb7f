"""The sensor of new files: it asks for the days whose files appeared or changed, and for nothing else."""

import json
import os
from datetime import date, timedelta
from itertools import count

import dagster as dg
import pytest
from dagster._core.storage.tags import ASSET_PARTITION_RANGE_END_TAG, ASSET_PARTITION_RANGE_START_TAG

from pipelines.definitions import NIGHT, build_definitions
from tests.exports_by_hand import DAY, HOUR, row
from tests.pipelines.test_object_store import BUCKET, endpoint, store  # noqa: F401

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

FIRST = date(2021, 1, 1)
ticks = count(1)


class Sensor:
    """The sensor over the exports of a build, with the cursor that Dagster keeps for it."""

    def __init__(self, build):
        self.build, self.cursor, self.first = build, None, None

    @property
    def definitions(self):
        return build_definitions(self.build.settings, self.first)

    def run(self, request):
        """The run that is asked for."""
        job = self.definitions.resolve_job_def(NIGHT)
        with dg.DagsterInstance.ephemeral() as instance:
            assert job.execute_in_process(instance=instance, tags=request.tags, raise_on_error=False).success

    def look(self):
        """What the sensor says now: the requests of runs, or why there are none."""
        sensor = self.definitions.resolve_sensor_def("new_files")
        with dg.DagsterInstance.ephemeral() as instance, dg.build_sensor_context(instance, self.cursor) as context:
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
def sensor(build):
    return Sensor(build)


def test_four_hundred_days_at_first_sight_are_one_run(sensor):
    for number in range(1, 401):
        if number % 50:
            (sensor.build.exports / f"events_{FIRST + timedelta(days=number - 1):%Y%m%d}.json").touch()
    assert sensor.ranges() == [("2021-01-01", "2022-02-03")]
    assert len(sensor.cursor) < 400 * 40


def test_nothing_new_asks_for_nothing_and_says_so(sensor):
    sensor.put(1)
    sensor.look()
    assert sensor.look() == "1 days have the files that they had at the last look"


def test_a_day_that_appears_is_asked_for(sensor):
    sensor.put(1)
    sensor.look()
    sensor.put(2)
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]


def test_feeds_that_changed_are_loaded_with_the_last_day(sensor):
    sensor.put(1)
    sensor.put(2)
    sensor.look()
    path = sensor.build.feed("calls.csv", "2021-01-01,ida,phone_call")
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]
    assert sensor.look() == "2 days have the files that they had at the last look"
    path.unlink()
    sensor.build.feed("calls2.csv", "2021-01-01,ida,phone_call")
    sensor.put(1, row(60, "scroll"))
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]
    assert sensor.look() == "2 days have the files that they had at the last look"


def test_days_that_changed_are_asked_for_in_stretches(sensor):
    for number in range(1, 10):
        sensor.put(number)
    sensor.look()
    for number in (2, 3, 4, 8):
        sensor.put(number, row((number - 1) * 86400, "scroll"), row((number - 1) * 86400 + 60, "scroll"))
    assert sensor.ranges() == [("2021-01-02", "2021-01-04"), ("2021-01-08", "2021-01-08")]


def test_a_file_of_the_same_size_written_later_has_changed(sensor):
    sensor.put(1)
    sensor.look()
    sensor.put(1)
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


def test_a_further_shard_and_a_better_kind_are_changes(sensor):
    sensor.put(1)
    sensor.build.write("events_intraday_20210102.json", row(86400))
    sensor.look()
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


def test_a_file_that_goes_away_asks_for_nothing_and_is_new_when_it_comes_back(sensor):
    sensor.put(1)
    sensor.put(2)
    sensor.look()
    (sensor.build.exports / "events_20210102.json").unlink()
    assert "1 days" in sensor.look()
    sensor.put(2)
    assert sensor.ranges() == [("2021-01-02", "2021-01-02")]


def test_an_empty_place_is_looked_at_again(sensor):
    assert "no GA4 export in" in sensor.look()
    sensor.put(1)
    assert sensor.ranges() == [("2021-01-01", "2021-01-01")]


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
    sensor.look()
    sensor.first = date(2021, 1, 2)
    sensor.put(1)
    [request] = sensor.look()
    assert request.run_key.startswith("2021-01-01..2021-01-01 ")
    sensor.run(request)
    assert sensor.build.ask("SELECT export_day FROM loads ORDER BY ALL") == [(FIRST,), (date(2021, 1, 2),)]
    sensor.first = None
    assert sensor.definitions.resolve_assets_def("events").partitions_def.start.date() == FIRST


def test_the_run_that_is_asked_for_loads_the_day(sensor):
    sensor.build.write(DAY, row(0), row(HOUR // 1_000_000))
    sensor.run(*sensor.look())
    assert sensor.build.counts() == {DAY: (2, 2, 0, 0, 0)}


def test_it_is_off_until_turned_on_and_looks_as_often_as_is_said(sensor):
    sensor.build.choices["look_every"] = "90s"
    found = sensor.definitions.resolve_sensor_def("new_files")
    assert (found.default_status, found.minimum_interval_seconds) == (dg.DefaultSensorStatus.STOPPED, 90)
