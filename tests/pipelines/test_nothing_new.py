"""A night with nothing new: when it is one, what it says, and what even such a night does."""

import os
import re
import shutil
import sys
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from rich.console import Console

from models.settings import Settings
from pipelines import looking
from pipelines.cli.app import main
from pipelines.cli.nothing_new import ends_here
from pipelines.ledger import Ledger
from pipelines.looking import is_as_left, last_seen, note_seen, what_it_goes_by
from pipelines.places import build_path, lock_path, page_path
from pipelines.versions import keep_published, put_back
from tests.exports_by_hand import DAY, row, write
from tests.nights_by_hand import NEXT, SECONDS, run_lightly

ROOT = Path(__file__).parents[2]
LATE = "look at   events: are_fresh: the last loaded day is 2021-01-02, "


class Left:
    """What a whole run left, as if it had just ended, and the settings that it had."""

    def __init__(self, night, **choices):
        self.night, self.choices = night, choices
        self.goes_by = what_it_goes_by(self.settings)
        note_seen(self.settings, self.goes_by, [], ["touchpoints: match_events_as_usual: 2021-01-02: odd"])

    @property
    def settings(self):
        paths = {"exports": "exports", "database": "made/sojourn.duckdb", "reports": "made/reports"}
        return Settings(**paths | self.choices)

    @property
    def is_new(self):
        """Whether a look finds anything new."""
        return is_as_left(self.settings, what_it_goes_by(self.settings)) is None

    def ends(self):
        """Whether a run ends there."""
        return ends_here(self.settings, self.goes_by, Console(soft_wrap=True))


@pytest.fixture
def own_files(night):
    (night.folder / "mine.yaml").write_bytes((ROOT / "models" / "lifecycles" / "six-phases.yaml").read_bytes())
    (night.folder / "rates.csv").write_text("day,currency,rate\n2021-01-01,EUR,7.44\n")
    return {"lifecycle": "mine.yaml", "currency": "DKK", "exchange_rates": "rates.csv"}


def append(path):
    with path.open("a") as file:
        file.write("\n")


def build_again(left, statement):
    with duckdb.connect(build_path(left.settings)) as connection:
        connection.execute(statement)


CHANGES = {
    "a file that was touched": lambda left: os.utime(left.night.exports / DAY),
    "a day that came": lambda left: write(left.night.exports / "events_20210103.parquet", [row(2 * SECONDS)]),
    "a day that went": lambda left: (left.night.exports / NEXT).unlink(),
    "a feed that came": lambda left: left.choices.update(feeds=("feeds",)),
    "another setting": lambda left: left.choices.update(language="da"),
    "an edited lifecycle": lambda left: append(left.night.folder / "mine.yaml"),
    "another rate": lambda left: append(left.night.folder / "rates.csv"),
    "no exports at all": lambda left: left.choices.update(exports="elsewhere"),
    "another library": lambda left: left.night.monkeypatch.setattr(looking, "version", lambda name: "0"),
    "other code": lambda left: left.night.monkeypatch.setattr(looking, "PACKAGES", ("models",)),
    "a build that somebody wrote": lambda left: build_again(left, "INSERT INTO unsettled VALUES ('2021-01-02')"),
    "a build that went": lambda left: build_path(left.settings).unlink(),
    "a log beside the build": lambda left: build_path(left.settings).with_suffix(".duckdb.wal").touch(),
    "another published file": lambda left: left.night.database.touch(),
    "a published file that went": lambda left: left.night.database.unlink(),
    "a log beside the published file": lambda left: left.night.database.with_suffix(".duckdb.wal").touch(),
    "a page that went": lambda left: page_path(left.settings).unlink(),
    "an edited page": lambda left: append(page_path(left.settings)),
    "a graph that went": lambda left: (left.settings.reports / "transitions_phase.graphml").unlink(),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_decides_a_run_is_new_when_it_changed(night, own_files, change):
    (night.folder / "feeds").mkdir()
    (night.folder / "feeds" / "calls.csv").write_text("occurred_at,user_id,event_name\n")
    left = Left(night, **own_files)
    assert not left.is_new
    change(left)
    assert left.is_new


def test_a_version_that_was_put_back_is_new(night):
    left = Left(night)
    keep_published(left.settings)
    shutil.copyfile(night.database, draft := night.database.with_name("draft"))
    draft.replace(night.database)
    note_seen(left.settings, left.goes_by, [], [])
    assert not left.is_new
    put_back(left.settings)
    assert left.is_new


@pytest.mark.parametrize(("health", "ends", "is_told"), [("warn", 1, 1), ("off", 1, 0), ("block", 0, 0)])
def test_a_late_day_is_told_and_blocks_as_ever(live, night, health, ends, is_told):
    assert Left(night, health=health).ends() == ends
    out = night.capsys.readouterr().out
    assert out.count(LATE) == is_told
    assert out.count("look at   touchpoints: match_events_as_usual: 2021-01-02: odd\n") == ends
    said = re.match(r"nothing new: /\S+/made/sojourn.duckdb, published \S+ \S+ UTC, is as of 2021-01-02\n", out)
    assert bool(said) == ends


def test_whom_alerts_name_is_told_of_a_late_day_again(live, night, webhook):
    assert Left(night, alerts={"webhook_url": webhook.address}).ends()
    [(_, post)] = webhook.posts
    assert post["text"].startswith("Sojourn: 2 checks failed\nevents: are_fresh: the last loaded day is 2021-01-02")


def test_a_report_that_waits_is_not_nothing(night):
    left = Left(night, audiences={"board": {"folder": "sent", "rhythm": "daily"}})
    assert not left.ends()
    Ledger(left.settings).note("board", "2021-01-02", "folder", "sent")
    assert left.ends()


def test_a_lock_that_another_run_holds_is_waited_for_by_a_whole_run(night):
    left = Left(night)
    with FileLock(lock_path(left.settings)):
        assert not left.ends()
    assert left.ends()


def test_what_was_left_out_is_tried_again_by_the_next_run(night):
    (night.exports / NEXT).write_bytes(b"PAR1 is all there is")
    assert night.run("--keep-going")[0] == 0
    assert last_seen(Settings(database=night.database)) is None


def test_a_second_run_says_that_nothing_is_new_and_makes_nothing(night):
    (night.exports / DAY).unlink()
    code, out, _ = night.run("--language", "da")
    kept = re.search("kept: [^\n]*2021-01-01[^\n]*\n", out)[0]
    assert code == 0
    before = {path: path.stat().st_mtime_ns for path in (night.database, Path("made/reports/funnel.html"))}
    words = ["run", "exports", "--timezone", "UTC", "--database", "made/sojourn.duckdb", "--reports", "made/reports"]
    done = run_lightly(*words, "--language", "da")
    first, *others = done.stdout.splitlines(keepends=True)
    assert first.startswith(f"nothing new: {night.database}, published ")
    assert others == [kept]
    assert done.stderr == "[]\n"
    assert before == {path: path.stat().st_mtime_ns for path in before}
    (night.folder / "sojourn.toml").write_text('exports = "exports"\ndatabase = "made/sojourn.duckdb"\n')
    night.monkeypatch.setattr(sys, "argv", ["sojourn", "status"])
    with pytest.raises(SystemExit):
        main()
    assert re.search(r"^last look +\S+ \S+ UTC: nothing new$", night.capsys.readouterr().out, re.MULTILINE)
