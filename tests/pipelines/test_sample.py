"""The sample: the same bytes every time, every trap in it, and a truth that the reference finds again."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from models.channels import default_channel_group, read_sites
from models.ga4 import EXPORT_COLUMNS
from models.lifecycle import load_lifecycle
from pipelines import sample as generator
from pipelines.sample import SampleError, Truth, dress, events, params, people, traps, walk, write_sample
from pipelines.sample.files import json_lines
from pipelines.sample.process import CHANNELS
from pipelines.sample.schema import export_schema, record
from pipelines.sample.shop import PHASES
from tests.reference import rebuild
from tests.reference.channels import channel_of_product
from tests.reference.events import read_exports

AS_OF = datetime(2026, 6, 30, 22, tzinfo=UTC)
OFTEN = {
    walk: {"UNUSABLE_ORDER_SHARE": 0.2, "REVENUE_GAP_SHARE": 0.3, "REFUND_SHARE": 0.9},
    events: {"LATE_SHARE": 0.05, "TWIN_SHARE": 0.05, "NO_SESSION_START_SHARE": 0.2, "NO_FIRST_VISIT_SHARE": 0.2},
    dress: {"OWN_SOURCE_SHARE": 0.2, "LOST_SOURCE_SHARE": 0.3},
    params: {"TEXT_SESSION_SHARE": 0.05, "TEXT_NUMBER_SHARE": 0.5, "NULL_CLICK_SHARE": 0.2},
    people: {"MEMBER_SHARE": 0.5, "SECOND_DEVICE_SHARE": 0.4, "DENIED_SHARE": 0.15},
    traps: {"STRAY_SHARE": 0.03},
    generator: {"PEOPLE_TOGETHER": 500},
}


class Sample:
    """A written sample with its truth, its daily rows and a way to ask for them."""

    def __init__(self, out: Path, truth: Truth) -> None:
        self.out, self.truth = out, truth
        self.files = sorted(str(file) for file in out.glob("events_2*"))
        self.connection = duckdb.connect()
        self.connection.sql("SET timezone = 'UTC'")
        self.connection.from_parquet(self.files, filename=True).create_view("rows")

    def ask(self, what: str, where: str = "true"):
        return self.all(f"SELECT {what} FROM rows WHERE {where}")[0][0]

    def all(self, query: str):
        return self.connection.sql(query).fetchall()

    def with_param(self, key: str, kind: str, where: str = "true") -> int:
        holds = f"len(list_filter(event_params, lambda p: p.key = '{key}' AND p.value.{kind} IS NOT NULL)) > 0"
        return self.ask("count(*)", f"{holds} AND {where}")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    out = tmp_path_factory.mktemp("plain")
    return Sample(out, write_sample(out, days=60, users=400, seed=5))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    out = tmp_path_factory.mktemp("spoilt")
    with pytest.MonkeyPatch.context() as patch:
        for module, shares in OFTEN.items():
            for name, share in shares.items():
                patch.setattr(module, name, share)
        return Sample(out, write_sample(out, days=60, users=1200, seed=6))


def hashes(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in out.iterdir()}


@pytest.mark.parametrize("file_format", ["parquet", "json"])
def test_the_same_seed_gives_the_same_bytes(tmp_path, file_format):
    truths = [write_sample(tmp_path / name, 5, 60, 3, file_format) for name in ("one", "two")]
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two")
    assert truths[0] == truths[1]


def test_people_who_walk_in_several_blocks_share_no_id(spoilt):
    twice = "SELECT user_id FROM rows WHERE user_id IS NOT NULL GROUP BY ALL HAVING count(DISTINCT geo.city) > 1"
    assert spoilt.all(twice) == []
    orders = "SELECT ecommerce.transaction_id AS id FROM rows WHERE ecommerce.transaction_id <> '(not set)'"
    assert spoilt.all(f"{orders} GROUP BY id HAVING count(DISTINCT coalesce(user_id, user_pseudo_id)) > 2") == []
    assert max(pq.read_metadata(file).num_row_groups for file in spoilt.files) == 3


def test_another_seed_gives_another_sample(tmp_path):
    assert write_sample(tmp_path, 5, 60, 1).files != write_sample(tmp_path, 5, 60, 2).files


def test_writing_again_replaces_the_files(tmp_path):
    assert write_sample(tmp_path, 4, 40) == write_sample(tmp_path, 4, 40)


def test_a_directory_with_other_exports_is_refused(tmp_path):
    (tmp_path / "events_20210121.parquet").touch()
    with pytest.raises(SampleError, match="already holds events_20210121"):
        write_sample(tmp_path, 4, 40)


@pytest.mark.parametrize(("days", "users", "named"), [(0, 5, "--days is 0"), (5, -1, "--users is -1")])
def test_a_sample_of_nothing_is_refused(tmp_path, days, users, named):
    with pytest.raises(SampleError, match=named):
        write_sample(tmp_path, days, users)


@pytest.mark.parametrize("seed", range(12))
def test_one_person_on_one_day_is_a_sample_too(tmp_path, seed):
    truth = write_sample(tmp_path, 1, 1, seed)
    assert truth.rows_read == truth.events + truth.duplicates + truth.quarantined
    assert len(truth.files) == 2


# Files


def test_the_files_end_on_the_last_day_with_one_day_in_shards_and_one_intraday_too(plain):
    names = [name for name, _ in plain.truth.files]
    assert names[-1] == "events_20260630.parquet"
    assert [len(Path(name).stem) for name in names].count(len("events_20260601000000000000")) == 2
    assert [name for name, _ in plain.truth.superseded_files] == ["events_intraday_20260522.parquet"]
    assert "events_20260522.parquet" in names


def test_rows_by_file_are_those_of_the_files(plain):
    told = dict(plain.truth.files + plain.truth.superseded_files)
    assert told == {file.name: pq.read_metadata(file).num_rows for file in plain.out.iterdir()}


def test_the_columns_are_those_of_the_export_with_their_types(plain):
    (empty := duckdb.connect()).sql("CREATE TABLE t (" + ", ".join(f"{n} {t}" for n, t in EXPORT_COLUMNS.items()) + ")")
    written = plain.connection.sql("SELECT * EXCLUDE (filename) FROM rows")
    assert written.columns == empty.table("t").columns
    assert [str(kind) for kind in written.types] == [str(kind) for kind in empty.table("t").types]


def test_an_intraday_file_is_a_part_of_its_day_without_some_columns(plain):
    intraday = pl.read_parquet(plain.out / "events_intraday_20260522.parquet")
    daily = pl.read_parquet(plain.out / "events_20260522.parquet")
    assert "session_traffic_source_last_click" not in intraday.columns
    assert 0 < intraday.height < daily.height
    assert set(intraday["event_timestamp"]) <= set(daily["event_timestamp"])


def without_nulls(value):
    if isinstance(value, dict):
        kept = {key: without_nulls(one) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one not in (None, [], {})}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    if isinstance(value, float) and value != value:
        return None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_json_holds_the_rows_of_parquet_without_nulls_and_with_whole_numbers_as_text(tmp_path):
    truths = [write_sample(tmp_path / kind, 3, 120, 9, kind) for kind in ("parquet", "json")]
    assert truths[0].rows() == truths[1].rows()
    for file in (tmp_path / "parquet").iterdir():
        lines = (tmp_path / "json" / file.with_suffix(".json").name).read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == [without_nulls(row) for row in pl.read_parquet(file).to_dicts()]


def test_json_has_no_number_that_is_none():
    assert json_lines(pl.DataFrame({"a": [float("nan")], "b": [1.5]})).to_list() == ['{"b":1.5}']


def test_a_field_that_the_export_does_not_have_is_refused():
    with pytest.raises(KeyError, match="hostnam"):
        record(export_schema()["event_dimensions"], hostnam="x")


# Truth


@pytest.fixture(params=["plain", "spoilt"])
def sample(request):
    return request.getfixturevalue(request.param)


def test_the_reference_finds_the_truth_again(sample):
    truth, lifecycle = sample.truth, load_lifecycle("six-phases")
    accepted, loads, quarantine = read_exports(sample.files, "Europe/Copenhagen")
    assert (len(accepted), len(quarantine)) == (truth.events, truth.quarantined)
    assert sum(load["duplicates"] for load in loads) == truth.duplicates
    tables = rebuild(accepted, lifecycle, AS_OF, channel_of=channel_of_product())
    sessions, journeys = tables["sessions"], tables["journeys"]
    assert len({session["person_id"] for session in sessions}) == truth.persons
    assert len({row["device_id"] for row in [*sessions, *tables["loose"]]}) == truth.devices
    assert (len(sessions), len(journeys)) == (truth.sessions, truth.journeys)
    assert len(tables["unfollowed"]) == truth.denied_events
    outcomes = Counter(journey["outcome"] for journey in journeys)
    assert outcomes == Counter(converted=truth.converted, dropped_off=truth.dropped_off, open=truth.open)
    for phase in truth.phases:
        ends = Counter(j["outcome"] for j in journeys if j["furthest_phase"] == phase.phase)
        assert (ends["dropped_off"], ends["open"]) == (phase.dropped_off, phase.still_open)
        later = PHASES[PHASES.index(phase.phase) :]
        assert sum(journey["furthest_phase"] in later for journey in journeys) == phase.reached
    bought = [touchpoint for touchpoint in tables["touchpoints"] if touchpoint["is_conversion"]]
    assert len(bought) == truth.purchases
    assert sum(session["repeat_purchase_count"] for session in sessions) == truth.repeated_purchases
    net = truth.gross_revenue_oere - truth.refunded_oere
    assert round(sum(touchpoint["revenue"] or 0 for touchpoint in bought) * 100) == net


def test_every_term_of_the_truth_is_there_to_be_found(spoilt):
    counts = {name: value for name, value in spoilt.truth.as_dict().items() if isinstance(value, int)}
    assert [name for name, value in counts.items() if not value] == []
    assert all(phase.reached for phase in spoilt.truth.phases)


def test_the_truth_reads_as_lines_for_people(plain):
    lines = dict(plain.truth.rows())
    assert lines["sessions"] == f"{plain.truth.sessions:,}"
    assert lines["gross revenue, DKK"] == f"{plain.truth.gross_revenue_oere / 100:,.2f}"
    assert len([line for line in lines if line.startswith("reached ")]) == len(PHASES)


def test_the_channel_of_every_way_in_follows_from_its_source():
    names = ("source", "medium", "campaign", "click_id")
    known = pl.DataFrame([{name: getattr(channel, name) for name in names} for channel in CHANNELS])
    groups = known.select(default_channel_group(read_sites({}))).to_series().to_list()
    assert groups == [channel.group for channel in CHANNELS]


# Traps

NAMED = "event_timestamp IS NOT NULL AND event_name IS NOT NULL"


def test_most_events_share_their_microsecond_with_another_of_the_device(plain):
    alone = "count(*) OVER (PARTITION BY user_pseudo_id, event_timestamp) > 1"
    assert plain.all(f"SELECT avg(t::int) FROM (SELECT {alone} AS t FROM rows)")[0][0] > 0.5


def test_batch_fields_are_there_for_most_visits_only(plain):
    assert 0.8 < plain.ask("count(batch_page_id) / count(*)") < 0.97


def test_who_denies_consent_has_no_id_of_any_kind(spoilt):
    denied = f"{NAMED} AND privacy_info.analytics_storage = 'No'"
    assert spoilt.ask("count(*) > 0 AND count(user_pseudo_id) + count(user_id) = 0", denied)
    assert spoilt.with_param("ga_session_id", "int_value", denied) == 0


def test_some_people_sign_in_on_two_devices(spoilt):
    users = "SELECT user_id FROM rows GROUP BY user_id HAVING count(DISTINCT user_pseudo_id) = 2"
    assert len(spoilt.all(users)) > 0


def test_late_rows_come_in_the_file_of_the_next_day_and_no_later(spoilt):
    day = "(make_timestamp(event_timestamp) + INTERVAL 2 HOUR)::DATE"
    behind = f"strptime(event_date, '%Y%m%d')::DATE - {day}"
    found = spoilt.all(f"SELECT {behind}, count(*) FROM rows WHERE {NAMED} GROUP BY 1")
    assert {days for days, _ in found if days < 100} == {0, 1}
    assert dict(found)[1] >= spoilt.truth.late_events


def test_an_event_of_a_wrong_clock_lies_far_from_its_file(spoilt):
    assert spoilt.ask("count(*)", f"{NAMED} AND make_timestamp(event_timestamp) < '2026-01-01'") > 0


def test_refunds_follow_their_purchase_most_of_them_on_a_later_day(spoilt):
    event = "SELECT ecommerce.transaction_id AS id, min(event_timestamp) AS at FROM rows"
    right = f"{NAMED} AND make_timestamp(event_timestamp) > '2026-01-01' GROUP BY id"
    of = {name: f"({event} WHERE event_name = '{name}' AND {right})" for name in ("refund", "purchase")}
    waits = spoilt.all(f"SELECT (r.at - p.at) / 8.64e10 FROM {of['refund']} r JOIN {of['purchase']} p USING (id)")
    assert min(waits)[0] > 0
    assert max(waits)[0] > 1


@pytest.mark.parametrize(
    "where",
    [
        "ecommerce.transaction_id = '(not set)'",
        "event_name = 'purchase' AND ecommerce.purchase_revenue IS NULL",
        "isnan(ecommerce.purchase_revenue)",
        "collected_traffic_source.manual_source = 'www.fjordlys.example'",
        "collected_traffic_source.manual_source = 'pay.betaling.example'",
        "collected_traffic_source.manual_source = '(data deleted)'",
        "collected_traffic_source.manual_source = '<Other>'",
        "event_name IS NULL",
        "event_timestamp IS NULL",
        "event_name = 'user_engagement' AND session_traffic_source_last_click IS NULL",
        "len(list_filter(event_params, lambda p: p.key = 'gclid' AND p.value.string_value IS NULL)) > 0",
        "collected_traffic_source.gclid IS NOT NULL",
        "len(items) > 1 AND items[1].price > 0 AND items[1].quantity > 0",
    ],
)
def test_the_trap_is_set(spoilt, where):
    assert spoilt.ask("count(*)", where) > 0


@pytest.mark.parametrize("key", ["session_engaged", "ga_session_id", "engagement_time_msec", "score"])
def test_a_param_is_text_in_one_event_and_a_number_in_another(spoilt, key):
    assert spoilt.with_param(key, "string_value") > 0
    assert spoilt.with_param(key, "int_value") > 0


@pytest.mark.parametrize("name", ["session_start", "first_visit"])
def test_a_session_start_and_a_first_visit_are_missing_or_there_twice(spoilt, name):
    visits = f"SELECT count(*) FILTER (event_name = '{name}') AS n FROM rows WHERE {NAMED} GROUP BY user_pseudo_id"
    assert {0, 1, 2} <= {count for (count,) in spoilt.all(visits)}
