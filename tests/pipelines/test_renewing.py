"""A file is renewed in place only when nobody can be reading it, and is then, byte for byte, what it was made of."""

import os
import subprocess
import sys
from threading import Thread

import duckdb
import pytest

from pipelines import renewing
from pipelines.publishing import publish
from pipelines.renewing import BLOCK, HEAD, is_worth_renewing, renew
from pipelines.warehouse import STORAGE_VERSION

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
COLUMN = "(md5_number(range::VARCHAR) >> 65)::BIGINT AS word"


def content(blocks, seed=b"x"):
    return b"head" * (HEAD // 4) + b"".join(bytes([number]) * BLOCK for number in blocks) + seed


@pytest.fixture
def pair(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content([1, 2, 3, 4]))
    target.write_bytes(content([1, 9, 3, 4]))
    return source, target


@pytest.fixture
def written(monkeypatch):
    """Where something is written, and how much."""
    places, write = [], os.pwrite

    def spy(handle, data, offset):
        places.append((offset, len(data)))
        return write(handle, data, offset)

    monkeypatch.setattr(os, "pwrite", spy)
    return places


def test_only_what_differs_is_written_and_the_head_last(pair, written):
    source, target = pair
    before = target.stat()
    os.utime(target, (0, 0))
    assert renew(source, target)
    assert target.read_bytes() == source.read_bytes()
    assert written == [(0, HEAD), (HEAD + BLOCK, BLOCK), (0, HEAD)]
    assert target.stat().st_ino == before.st_ino
    assert target.stat().st_mtime > 0


def test_what_the_kernel_writes_in_parts_is_written_to_the_end(pair, monkeypatch):
    source, target = pair
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, place: write(handle, data[: max(1, len(data) // 2)], place))
    assert renew(source, target)
    assert target.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("blocks", [[1, 2], [1, 2, 3, 4, 5, 6], [], [4, 3, 2, 1]], ids=str)
@pytest.mark.parametrize("rest", [b"", b"y" * 100], ids=["whole blocks", "a rest"])
def test_a_file_of_any_length_becomes_the_other(pair, monkeypatch, blocks, rest):
    monkeypatch.setattr(renewing, "PIECE", 2 * BLOCK)
    source, target = pair
    source.write_bytes(content(blocks, rest))
    assert renew(source, target)
    assert target.read_bytes() == source.read_bytes()


def test_blocks_whose_checksums_agree_are_told_apart(tmp_path):
    for name, order in (("source", "ASC"), ("target", "DESC")):
        with duckdb.connect(tmp_path / name, config={"storage_compatibility_version": STORAGE_VERSION}) as connection:
            connection.execute(f"CREATE TABLE t AS SELECT {COLUMN} FROM range(30000) ORDER BY range {order}")
    source, target = tmp_path / "source", tmp_path / "target"
    second = HEAD + BLOCK
    one, other = (path.read_bytes()[second : second + BLOCK] for path in (source, target))
    assert one[:8] == other[:8]
    assert one != other
    assert renew(source, target)
    assert target.read_bytes() == source.read_bytes()


CONNECT = "import duckdb; held = duckdb.connect(path, read_only=True)"
ATTACH = "import duckdb; held = duckdb.connect(); held.execute(f\"ATTACH '{path}' AS one (READ_ONLY)\")"
HOLDERS = {
    "connected": CONNECT,
    "attached": ATTACH,
    "its lock lost with another descriptor": f"{CONNECT}; open(path, 'rb').close()",
    "its lock lost with another instance": f"{ATTACH}; other = duckdb.connect();"
    " other.execute(f\"ATTACH '{path}' AS two (READ_ONLY)\"); other.close()",
    "copying": "held = open(path, 'rb')",
    "mapped, its descriptor closed": "import mmap; file = open(path, 'rb');"
    " held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ); file.close()",
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_a_file_that_anybody_has_open_is_left_as_it_is(tmp_path, holder):
    source, target = tmp_path / "source", tmp_path / "target"
    for path, rows in ((source, 2), (target, 1)):
        with duckdb.connect(path) as connection:
            connection.execute(f"CREATE TABLE t AS FROM range({rows})")
    before = target.read_bytes()
    script = f"import sys; path = sys.argv[1]; {HOLDERS[holder]}; print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(target)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        assert not renew(source, target)
        assert target.read_bytes() == before
        process.communicate("\n", timeout=60)
    assert renew(source, target)
    assert target.read_bytes() == source.read_bytes()


def test_a_file_that_has_another_name_is_left_as_it_is(pair):
    source, target = pair
    os.link(target, target.with_name("backup"))
    assert not renew(source, target)
    assert target.read_bytes() == content([1, 9, 3, 4])


def test_a_file_that_is_not_there_is_not_renewed(pair):
    source, target = pair
    assert not renew(source, target.with_name("other"))


def test_who_opens_a_file_while_it_is_renewed_waits_and_sees_all_of_it(pair, monkeypatch):
    source, target = pair
    seen, readers, write = [], [], os.pwrite

    def look(*arguments):
        if not readers:
            readers.append(Thread(target=lambda: seen.append(target.read_bytes())))
            readers[0].start()
            readers[0].join(0.3)
            assert seen == []
        return write(*arguments)

    monkeypatch.setattr(os, "pwrite", look)
    assert renew(source, target)
    readers[0].join()
    assert seen == [source.read_bytes()]


@pytest.mark.parametrize(
    ("kind", "threads", "worth"),
    [("ext4", None, True), ("ext4", "0\n", True), ("ext4", "8\n", False), ("xfs", None, False), ("nfs4", None, False)],
)
def test_only_where_copies_cost_and_this_machine_knows_all_readers_files_are_renewed(
    tmp_path, monkeypatch, kind, threads, worth
):
    device = tmp_path.stat().st_dev
    mounts, server = tmp_path / "mountinfo", tmp_path / "threads"
    mounts.write_text(
        f"21 1 9:9 / / rw - cifs x rw\n22 1 {os.major(device)}:{os.minor(device)} / / rw,a b:1 - {kind} y rw\n"
    )
    if threads:
        server.write_text(threads)
    monkeypatch.setattr(renewing, "MOUNTS", mounts)
    monkeypatch.setattr(renewing, "NETWORK_READERS", server)
    assert is_worth_renewing(tmp_path) is worth


# Publishing.


@pytest.fixture
def publisher(build, monkeypatch):
    """Publishes versions that hold so many events; what stands then for the published file."""
    monkeypatch.setattr("pipelines.versions.is_worth_renewing", lambda folder: True)

    def publish_events(count):
        build.hold(count)
        publish(build.connection, build.settings)
        return build.settings.database.stat().st_ino

    publish_events.database = build.settings.database
    return publish_events


def count(path):
    with duckdb.connect(path, read_only=True) as reader:
        return reader.execute("SELECT count(*), count(DISTINCT event_id) FROM events").fetchall()


def test_the_version_that_is_kept_no_longer_becomes_the_next(publisher):
    files = [publisher(number) for number in range(1, 7)]
    assert count(publisher.database) == [(6, 6)]
    assert files[3:] == files[:3]


def test_a_version_that_a_reader_still_has_open_is_not_written_to(publisher):
    first = publisher(1)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); input();"
    script += " print(c.execute('SELECT count(*) FROM events').fetchall())"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(publisher.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        reader.stdout.readline()
        later = [publisher(number) for number in range(2, 7)]
        told, _ = reader.communicate("\n", timeout=60)
    assert first not in later
    assert told.strip() == "[(1,)]"


def test_a_version_that_finds_no_room_leaves_those_that_are_kept(publisher, monkeypatch):
    for number in range(1, 5):
        publisher(number)
    before = publisher.database.read_bytes()

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fail)
        with pytest.raises(Exception, match="cannot be published: No space left on device; it is as it was"):
            publisher(5)
    assert publisher.database.read_bytes() == before
    assert [count(path) for path in (publisher.database.parent / "versions").iterdir()] == [[(3, 3)]]
    publisher(6)
    assert count(publisher.database) == [(6, 6)]
