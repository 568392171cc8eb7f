"""What Dagster's records say of the last night and of the checks, for `sojourn status`.

They are read by `sqlite_records.py`, and by `dagster_records.py` where that cannot: with it comes Dagster, which takes
longer to import than all the rest of the command.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from models.settings import Settings
from pipelines.cli.sqlite_records import CheckRecord, RunRecord, read_last_run, read_latest_checks
from pipelines.rules import check_names
from pipelines.zones import told_time

Line = tuple[str, str]
UNDER_WAY = ("STARTED", "STARTING", "CANCELING")
FAILED = "FAILURE"


@dataclass(frozen=True)
class Records:
    """The last night, and the latest record of each check that came to an end.

    Args:
        last: the run of the last night; none where there was none.
        checks: in any order.
        why: what the last night failed of.
    """

    last: RunRecord | None
    checks: Sequence[CheckRecord]
    why: str = ""


def read_records(settings: Settings, is_going_on: bool) -> tuple[Sequence[Line], Sequence[Line]]:
    """How the last night ended, or that one is under way, and how each check ended; lines for each.

    The job and its checks are known by their names: to build them takes as long again as to read of them.
    """
    keys = set(check_names(settings))
    records = _read_lightly()
    if records is None:
        from pipelines.cli.dagster_records import read_with_dagster

        records = read_with_dagster(keys)
    night = "none yet" if records.last is None else _night(records.last, records.why, is_going_on, settings)
    return [("last night", night)], list(_checks([check for check in records.checks if check.key in keys], len(keys)))


def _read_lightly() -> Records | None:
    """Read the files of SQLite; none where that cannot be done, or a night failed: why stands in its events."""
    try:
        last = read_last_run()
        return None if last and last.status == FAILED else Records(last, read_latest_checks())
    except LookupError:
        return None


def _night(run: RunRecord, why: str, is_going_on: bool, settings: Settings) -> str:
    when = told_time(datetime.fromtimestamp(run.began, UTC), settings.timezone)
    if run.status in UNDER_WAY:
        return f"{when}, {'is under way' if is_going_on else 'was cut off: the next run makes it good'}"
    if run.status == "SUCCESS" and run.ended:
        return f"{when}, succeeded in {run.ended - run.began:,.0f} s"
    if run.status == FAILED and run.ended:
        return f"{when}, failed after {run.ended - run.began:,.0f} s: {why}"
    return f"{when}, {run.status.lower().replace('_', ' ')}"


def _checks(ended: Sequence[CheckRecord], total: int) -> Iterator[Line]:
    """How each check ended when it was last run, and what those say that did not hold."""
    if not ended:
        return
    broken = [check for check in ended if not check.passed]
    warned = sum(check.only_warns for check in broken)
    counts = {
        "passed": len(ended) - len(broken),
        "failed": len(broken) - warned,
        "warned": warned,
        "not reached": total - len(ended),
    }
    yield "checks", ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    yield from (("", line) for line in sorted(check.told for check in broken))
