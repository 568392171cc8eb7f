"""Exports in an object store: an S3 of our own on this machine, and stores that are not there."""

import sys
from datetime import date

import boto3
import fsspec
import pytest
from moto.server import ThreadedMotoServer

from pipelines.candidates import UNREAD, USERS
from pipelines.days import find_days, load_days
from pipelines.exports import ExportError, StoreError, find_exports
from pipelines.report.rendering import Reader, read_report
from pipelines.warehouse import open_build
from tests.exports_by_hand import DAY, Build, row
from tests.servers_by_hand import free_port

BUCKET = "shop-exports"


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer("127.0.0.1", free_port(), verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(endpoint, monkeypatch):
    """An S3 with one bucket, found and entered as AWS's own tools do it: by variables."""
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nothing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    fsspec.filesystem("s3").clear_instance_cache()
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()
    fsspec.filesystem("s3").clear_instance_cache()


@pytest.fixture
def filled(store, build):
    """Two days in the bucket: one of Parquet, one of compressed JSON, and what is no export."""
    for name in (DAY, "events_20210102.json.gz"):
        day = int(name[13:15]) - 1
        file = build.write(name, row(day * 86400), row(day * 86400 + 1, "purchase", items=[{"item_id": "A"}]))
        store.upload_file(str(file), BUCKET, f"ga4/2021/{name}")
    store.put_object(Bucket=BUCKET, Key="ga4/_SUCCESS", Body=b"")
    store.put_object(Bucket=BUCKET, Key="ga4/readme.md", Body=b"no export")
    return build


@pytest.mark.parametrize(
    ("address", "days"),
    [
        (f"s3://{BUCKET}", 2),
        (f"s3://{BUCKET}/ga4", 2),
        (f"s3://{BUCKET}/ga4/", 2),
        (f"s3a://{BUCKET}/ga4/2021/*.parquet", 1),
        (f"s3://{BUCKET}/ga4/2021/{DAY}", 1),
    ],
)
def test_a_bucket_a_folder_a_glob_and_a_file_are_found(filled, address, days):
    assert len(find_exports(address)) == days


def test_exports_in_a_store_give_the_events_of_the_same_files_here(filled):
    filled.load()
    wanted = filled.events(), filled.ask("FROM items ORDER BY ALL")
    filled.choices["exports"] = f"s3://{BUCKET}/ga4"
    days = find_days(filled.settings).days
    load_days(filled.connection, days, filled.settings)
    assert (filled.events(), filled.ask("FROM items ORDER BY ALL")) == wanted
    assert set(filled.column("source_file", order="ALL")) == {
        f"s3://{BUCKET}/ga4/2021/{DAY}", f"s3://{BUCKET}/ga4/2021/events_20210102.json.gz"
    }  # fmt: skip


def test_folders_and_first_bytes_tell_in_a_store_too(store, tmp_path):
    build = Build(tmp_path, exports=f"s3://{BUCKET}/ga4")
    place = f"{BUCKET}/ga4"
    for name in ("events_20210101/000000000000", "events_intraday_20210101/000000000000", "events_20210102.json.gz"):
        file = build.write(f"{name}.parquet" if name.endswith("0") else name, row())
        store.upload_file(str(file), BUCKET, f"ga4/{name}")
    for name in ("events_20210103", "events_20210104/", "events_20210105.csv", "users_20210101", "_delta_log/0.json"):
        store.put_object(Bucket=BUCKET, Key=f"ga4/{name}", Body=b"")
    found = find_days(build.settings)
    kinds = {(file.address, file.format, file.kind) for files in found.days.values() for file in files}
    assert kinds == {
        (f"s3://{place}/events_20210101/000000000000", "parquet", "daily"),
        (f"s3://{place}/events_20210102.json.gz", "json", "daily"),
        (f"s3://{place}/events_20210103", "json", "daily"),
    }
    assert found.notes == [f"{USERS}: s3://{place}/users_20210101", f"{UNREAD}: s3://{place}/events_20210105.csv"]
    build.load()
    assert build.column("rows_read", "loads", "export_day") == [1, 1, 0]
    [only] = find_exports(f"s3://{place}/events_intraday_20210101")
    assert (only.day, only.kind) == (date(2021, 1, 1), "intraday")


def test_what_is_not_whole_in_a_store_is_named_by_its_address(store, tmp_path):
    store.put_object(Bucket=BUCKET, Key=f"ga4/{DAY}", Body=b"PAR1 is all there is")
    store.put_object(Bucket=BUCKET, Key="ga4/undated.json", Body=b'{"event_name": "cut')
    build = Build(tmp_path, exports=f"s3://{BUCKET}/ga4")
    with pytest.raises(ExportError, match=rf"s3://{BUCKET}/ga4/undated.json cannot be read as json"):
        find_days(build.settings)
    store.delete_object(Bucket=BUCKET, Key="ga4/undated.json")
    with (
        open_build(build.settings) as connection,
        pytest.raises(ExportError, match=rf"s3://{BUCKET}/ga4/{DAY} is not a whole parquet file"),
    ):
        load_days(connection, find_days(build.settings).days, build.settings)


def test_a_file_that_goes_away_meanwhile_is_a_failure_of_the_store(filled, store):
    filled.choices["exports"] = f"s3://{BUCKET}/ga4"
    days = find_days(filled.settings).days
    store.delete_object(Bucket=BUCKET, Key=f"ga4/2021/{DAY}")
    with pytest.raises(StoreError, match=rf"s3://{BUCKET}/ga4/2021/{DAY} cannot be fetched") as error:
        load_days(filled.connection, days, filled.settings)
    assert error.value.exit_code == 1


def test_a_prefix_without_exports_is_a_mistake(filled):
    with pytest.raises(ExportError, match=f"no GA4 export in s3://{BUCKET}/nowhere") as error:
        find_exports(f"s3://{BUCKET}/nowhere")
    assert error.value.exit_code == 2


def says_one_line(error):
    assert error.value.exit_code == 1
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("rest", ["", "/ga4", "/ga4/*.parquet", f"/{DAY}"])
def test_a_bucket_that_is_not_there_is_a_failure_of_the_store(store, rest):
    with pytest.raises(
        StoreError, match=rf"s3://no-such-bucket{rest.replace('*', '.')} cannot be listed: .*bucket"
    ) as error:
        find_exports(f"s3://no-such-bucket{rest}")
    says_one_line(error)


def test_a_store_without_credentials_is_a_failure_of_the_store(store, monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(StoreError, match=r"cannot be listed: .*; check the address and the credentials") as error:
        find_exports(f"s3://{BUCKET}/ga4")
    says_one_line(error)


def test_a_store_that_does_not_answer_is_a_failure_of_the_store(store, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(StoreError, match=r"cannot be listed: .*; check the address and the credentials") as error:
        find_exports(f"s3://{BUCKET}/ga4")
    says_one_line(error)


@pytest.mark.parametrize(
    ("scheme", "driver", "extra"),
    [
        ("s3", "s3fs", "s3"),
        ("gs", "gcsfs", "gs"),
        ("gcs", "gcsfs", "gs"),
        ("az", "adlfs", "az"),
        ("abfs", "adlfs", "az"),
    ],
)
def test_a_missing_driver_is_said_with_the_command_that_installs_it(monkeypatch, scheme, driver, extra):
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, scheme, raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == driver]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(ExportError, match=rf"{scheme}:// needs a driver .*uv sync .* --extra {extra}$"):
        find_exports(f"{scheme}://bucket/ga4")


def keys(store):
    return {item["Key"] for item in store.list_objects_v2(Bucket=BUCKET)["Contents"]}


def test_a_report_goes_into_a_store(shop, store, no_driver):
    shop.choose({"board": {"folder": f"s3://{BUCKET}/reports"}})
    assert shop.send()[0] == 0
    place = "reports/board/2021-W01"
    tables = {f"tables/{name}.csv" for name in read_report(shop.settings, Reader()).tables}
    assert keys(store) == {f"{place}/{name}" for name in ("funnel.html", *tables)}
    page = store.get_object(Bucket=BUCKET, Key=f"{place}/funnel.html")["Body"].read()
    assert page == (shop.folder / "made" / "reports" / "funnel.html").read_bytes()


def test_a_store_that_does_not_take_a_report_is_one_line_and_tried_again(shop, store, no_driver):
    shop.choose({"board": {"folder": "s3://no-such-bucket/reports"}})
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (1, 1)
    assert "board: folder: s3://no-such-bucket/reports/board/2021-W01 cannot be written: " in err
    shop.choose({"board": {"folder": f"s3://{BUCKET}"}})
    assert shop.send()[0] == 0
    assert "board/2021-W01/funnel.html" in keys(store)
