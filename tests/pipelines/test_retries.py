"""Trying again: a run waits for what may pass by itself, and for nothing else."""

import subprocess
import sys
from datetime import date
from time import monotonic

import dagster as dg
import fsspec
import pytest

from pipelines.cli.night import _raise_failure
from pipelines.definitions import NIGHT, build_definitions
from pipelines.exports import ExportError, StoreError
from pipelines.progress import Progress
from pipelines.schedules import range_tags
from pipelines.warehouse import HeldError, build_path
from tests.exports_by_hand import DAY, row
from tests.nights_by_hand import FAILURE
from tests.servers_by_hand import free_port

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning")

FIRST = date(2021, 1, 1)
HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"


@pytest.fixture
def hold(tmp_path):
    """Hold a build file in another process until that is let go."""
    holders = []

    def hold(path):
        path.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-c", HOLD, str(path)]
        holders.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        holders[-1].stdout.readline()
        return holders[-1]

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


class LetsGo(Progress):
    """Lets a holder go when the step begins for the second time."""

    def __init__(self, holder):
        self.holder, self.tries = holder, 0

    def begin(self, what, total=None):
        self.tries += what == "listing exports"
        if self.tries == 2 and self.holder.poll() is None:
            self.holder.communicate("\n", timeout=60)


def run(settings, progress=None):
    """Run the night of the one day: its result, and how long each further try was waited for."""
    job = build_definitions(settings).resolve_job_def(NIGHT)
    resources = {"settings": settings, "progress": progress or Progress()}
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, tags=range_tags(FIRST, FIRST), resources=resources, raise_on_error=False
        )
    events = [event for event in result.all_events if event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY]
    return result, [event.step_retry_data.seconds_to_wait for event in events]


def test_a_build_file_that_is_held_is_waited_for(build, hold):
    build.write(DAY, row(0), row(1))
    build.choices |= {"retry_wait": "0.2s"}
    result, waits = run(build.settings, LetsGo(hold(build_path(build.settings))))
    assert result.success
    assert waits == [0.2]
    assert build.counts() == {DAY: (2, 2, 0, 0, 0)}


def test_each_wait_is_twice_the_one_before_and_the_last_failure_is_what_is_said(build, hold):
    build.write(DAY, row(0))
    build.choices |= {"retries": 3, "retry_wait": "0.05s"}
    holder = hold(build_path(build.settings))
    result, waits = run(build.settings)
    assert waits == [0.05, 0.1, 0.2]
    with pytest.raises(HeldError, match=r"is held by another process.*; wait for that run to end, or stop it") as error:
        _raise_failure(result)
    assert str(holder.pid) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_store_that_does_not_answer_is_asked_again(build, monkeypatch):
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}",
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    fsspec.filesystem("s3").clear_instance_cache()
    build.choices |= {"exports": "s3://shop-exports", "retries": 1, "retry_wait": "0.05s"}
    result, waits = run(build.settings)
    assert waits == [0.05]
    with pytest.raises(StoreError, match="s3://shop-exports cannot be listed"):
        _raise_failure(result)


def test_bad_input_is_not_tried_again(build):
    build.write(DAY, row(0)).write_bytes(b"PAR1 is all there is")
    result, waits = run(build.settings)
    assert waits == []
    with pytest.raises(ExportError, match="is not a whole parquet file"):
        _raise_failure(result)


def test_who_runs_it_by_hand_does_not_wait(night, hold):
    hold(night.database.with_name("sojourn.build.duckdb"))
    begun = monotonic()
    night.refuses(FAILURE, "is held by another process")
    assert monotonic() - begun < 20
