"""`sojourn init`: what it finds in exports made by hand, and that the settings it writes make a night."""

import re
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.lifecycle import load_lifecycle
from models.settings import read_settings
from pipelines import inspecting
from pipelines.cli.app import main
from pipelines.exports import ExportFile
from pipelines.inspecting import choose_days, inspect_exports
from tests.exports_by_hand import params, write
from transforms.first_settings import first_settings

SIX = load_lifecycle("six-phases")


def event(at, name="page_view", who="ana", /, zone="UTC", **more):
    """An export row at an instant, with the event_date that a property in a zone gives it."""
    return {
        "event_date": f"{at.astimezone(ZoneInfo(zone)):%Y%m%d}",
        "event_timestamp": int(at.timestamp()) * 1_000_000,
        "event_name": name,
        "user_pseudo_id": who,
    } | more


def export(folder, rows):
    """A file a day of event_date."""
    for day in sorted({row["event_date"] for row in rows}):
        write(folder / f"events_{day}.parquet", [row for row in rows if row["event_date"] == day])


def events(first, hours, zone="UTC", **more):
    """An event each quarter of an hour from noon on."""
    start = datetime(*first, 12, tzinfo=UTC)
    return [event(start + timedelta(minutes=15 * number), zone=zone, **more) for number in range(4 * hours)]


def init(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["sojourn", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0


def test_what_init_writes_makes_a_night_without_a_warning(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    rows = events((2021, 3, 8), 80, "Pacific/Auckland") + events((2020, 9, 1), 5, "Pacific/Auckland")
    at = datetime(2021, 3, 10, 9, tzinfo=UTC)
    for number, currency in enumerate(["DKK", "dkk", "SEK"]):
        amount = {"purchase_revenue": 100.0, "transaction_id": f"T{number}"}
        rows.append(
            event(
                at, "purchase", "bo", zone="Pacific/Auckland", ecommerce=amount, event_params=params(currency=currency)
            )
        )
    rows.append(event(at, "newsletter_popup", None, zone="Pacific/Auckland", user_id="u1"))
    export(tmp_path / "exports", rows)
    assert init(monkeypatch, "init", "exports") == 0
    out = capsys.readouterr().out
    assert "5 days (5 daily), 2020-09-02 to 2021-03-12" in out
    assert "187 days between without a file: 2020-09-03 to 2021-03-08;" in out
    assert "Pacific/Auckland: event_date is the local day of 100% of events" in out
    assert "DKK (2 purchases), SEK (1 purchase)" in out
    assert "six-phases has no rule for: newsletter_popup" in out
    assert "next      sojourn run\n" in out
    settings = read_settings()
    assert (settings.exports, settings.timezone, settings.currency) == ("exports", "Pacific/Auckland", "DKK")
    assert settings.journey_window == timedelta(days=30)
    assert init(monkeypatch, "run") == 0
    out = capsys.readouterr().out
    assert "zone" not in out
    assert f"database  {tmp_path / 'data' / 'sojourn.duckdb'}" in out


def test_settings_that_are_there_are_written_over_only_by_force(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    export(tmp_path / "exports", events((2021, 1, 1), 40, "UTC"))
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "mine.toml").write_text("broken = ")
    assert init(monkeypatch, "init", "exports", "--settings", "conf/mine.toml") == 2
    assert "conf/mine.toml is there already; --force writes it anew" in capsys.readouterr().err
    assert init(monkeypatch, "init", "exports", "--settings", "conf/mine.toml", "--force") == 0
    assert "next      sojourn run --settings conf/mine.toml" in capsys.readouterr().out
    assert read_settings(Path("conf/mine.toml")).exports == str(tmp_path / "exports")


def test_exports_that_are_missing_or_broken_are_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert init(monkeypatch, "init") == 2
    assert "no GA4 export in data/exports, which does not exist" in capsys.readouterr().err
    (tmp_path / "events_20210101.parquet").write_text("no parquet")
    assert init(monkeypatch, "init", ".") == 2
    err = capsys.readouterr().err
    assert re.fullmatch(
        r"error: [^\n]*events_20210101.parquet cannot be read as parquet[^\n]*; copy it again, or take it away\n", err
    )
    assert not (tmp_path / "sojourn.toml").exists()


def test_address_with_a_login_is_refused_without_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words in (("init",), ("run",)):
        assert init(monkeypatch, *words, "s3://AKIA:s3cr3t@bucket/ga4") == 2
        out, err = capsys.readouterr()
        assert err.startswith("error: setting 'exports': an address holds no login and no token")
        assert "s3cr3t" not in out + err
    assert not (tmp_path / "sojourn.toml").exists()


def test_every_line_that_is_there_to_be_taken_in_can_be(tmp_path):
    export(tmp_path / "exports", events((2021, 1, 1), 40, "UTC"))
    text = first_settings(inspect_exports(str(tmp_path / "exports")), SIX, 'C:\\"exports" of å')
    taken_in = re.sub(r'^# (?=["a-z_ -]+ = |\[)', "", text, flags=re.M)
    assert taken_in.count("\n# ") < text.count("\n# ") - 15
    (tmp_path / "sojourn.toml").write_text(taken_in)
    settings = read_settings(tmp_path / "sojourn.toml")
    assert settings.exports.endswith('C:\\"exports" of å')
    assert (settings.identity, list(settings.audiences), settings.currency) == ("device", ["board"], "DKK")


@pytest.mark.parametrize(
    ("zone", "first", "more", "likeliest"),
    [
        ("Asia/Kolkata", (2026, 5, 1), {}, "Asia/Kolkata"),
        ("Europe/London", (2026, 1, 10), {}, "UTC"),
        ("Europe/London", (2026, 1, 10), {"geo": {"country": "United Kingdom"}}, "Europe/London"),
        ("Europe/London", (2026, 1, 10), {"device": {"web_info": {"hostname": "www.shop.co.uk"}}}, "Europe/London"),
        ("Europe/London", (2026, 6, 10), {}, "Europe/London"),
        ("Europe/Berlin", (2026, 6, 10), {"geo": {"country": "Denmark"}}, "Europe/Copenhagen"),
        ("America/New_York", (2026, 6, 10), {"geo": {"country": "United States"}}, "America/New_York"),
        ("Australia/Adelaide", (2026, 6, 10), {}, "Australia/Adelaide"),
    ],
)  # fmt: skip
def test_time_zone_proposed_fits_and_is_the_likeliest(zone, first, more, likeliest, tmp_path):
    export(tmp_path, events(first, 72, zone, **more))
    found = inspect_exports(str(tmp_path))
    assert found.zones[0] == likeliest
    assert zone in found.zones


def test_no_time_zone_is_set_where_none_fits(tmp_path):
    rows = events((2026, 5, 1), 72, "Asia/Tokyo")[:144] + events((2026, 5, 1), 72, "America/Los_Angeles")[144:]
    export(tmp_path, rows)
    found = inspect_exports(str(tmp_path))
    assert found.zones == ()
    assert '# timezone = "UTC"' in first_settings(found, SIX, "x")


def test_silences_on_the_way_to_a_purchase_propose_the_window(tmp_path):
    """Silent 3 days, a purchase, 1 day that is no way to the next, 6 days, the next; what comes after leads to none.

    Ranked from 0, 0.95 of the way from 3 to 6 lies at 5.85: rounded up 6 days, and half of 21 days is 10.
    """
    visits = [(0, "page_view"), (3, "purchase"), (4, "page_view"), (10, "purchase"), (20, "page_view")]
    start = datetime(2026, 5, 1, 12, tzinfo=UTC)
    rows = [event(start + timedelta(days=day), name, who) for who in "abcdefghijklmno" for day, name in visits]
    rows += [event(start + timedelta(days=day), "page_view", "never buys") for day in range(20)]
    export(tmp_path, rows)
    found = inspect_exports(str(tmp_path))
    assert (found.silences, found.purchases, found.days_in_a_row) == (30, 30, 21)
    assert (found.silent_days, found.window_days) == (pytest.approx(6.0), 6)
    few = [row for row in rows if row["user_pseudo_id"] == "a"]
    export(tmp_path / "few", few)
    found = inspect_exports(str(tmp_path / "few"))
    assert (found.silences, found.silent_days, found.window_days) == (2, pytest.approx(5.85), None)


def test_window_is_no_longer_than_days_can_tell(tmp_path, monkeypatch):
    monkeypatch.setattr("models.inspection.FEWEST_SILENCES", 1)
    start = datetime(2026, 5, 1, 12, tzinfo=UTC)
    export(tmp_path, [event(start), event(start + timedelta(days=8), "purchase")])
    found = inspect_exports(str(tmp_path))
    assert (found.silent_days, found.days_in_a_row, found.window_days) == (8.0, 9, 4)
    assert "half of the 9 days looked at" in re.sub(r"\n# +", " ", first_settings(found, SIX, "x"))


def test_files_without_a_day_in_their_names_are_told_by_their_rows(tmp_path):
    write(tmp_path / "a.json", events((2021, 1, 1), 10, "UTC"))
    write(tmp_path / "b.json", events((2021, 1, 3), 10, "UTC"))
    found = inspect_exports(str(tmp_path))
    assert (found.days, found.gaps) == ((date(2021, 1, 1), date(2021, 1, 3)), [date(2021, 1, 2)])


def file(day, size, shard=0):
    return ExportFile(f"/x/events_{day:%Y%m%d}_{shard:012d}.parquet", day, "daily", "parquet", size)


def test_of_large_exports_the_latest_days_are_looked_at_and_one_before(monkeypatch):
    monkeypatch.setattr(inspecting, "MOST_BYTES", 100)
    last = date(2026, 6, 30)
    days = {day: [file(day, 20), file(day, 20, 1)] for day in (last - timedelta(days=back) for back in range(400))}
    chosen, latest = choose_days(days)
    assert latest == [date(2026, 6, 29), last]
    assert Counter(map(len, chosen.values())) == {2: 2, 1: 1}
    assert min(chosen) == last - timedelta(days=182)
    huge, latest = choose_days({last: [file(last, 70, shard) for shard in range(9)]})
    assert ([len(files) for files in huge.values()], latest) == ([1], [last])
    small, latest = choose_days({day: [file(day, 0)] for day in days})
    assert (len(latest), len(small)) == (92, 93)
