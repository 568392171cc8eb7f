"""Many readers and many versions: none waits for the night, or sees two versions at once, and none fails.

But for one thing that is DuckDB's: to connect it opens the file three times, the first two for its header. A reader
that connects in the very moment of a rename may get the header of one version and the blocks of the next. It is told so
by an error as it connects, never by wrong rows; it connects again.
"""

import json
import subprocess
import sys
from contextlib import ExitStack

import pytest

from pipelines.publishing import publish
from pipelines.versions import put_back

TABLES = ("first", "second", "third")
ROWS = 20_000
READER = '''
import duckdb, json, sys
path, tables = sys.argv[1], sys.argv[2:]
query = " UNION ALL ".join(f"SELECT '{name}', min(version), max(version), count(*) FROM {name}" for name in tables)
seen = []

def connected():
    """DuckDB opens a file three times to connect; where it is replaced in between, it says so, and one asks again."""
    try:
        return duckdb.connect(path, read_only=True)
    except (duckdb.SerializationException, duckdb.IOException, duckdb.InternalException):
        return duckdb.connect(path, read_only=True)

while not seen or seen[-1] != -1:
    with connected() as connection:
        for _ in range(2):
            found = connection.execute(query).fetchall()
            versions = {version for _, low, high, _ in found for version in (low, high)}
            assert len(versions) == 1 and {count for *_, count in found} == {ROWS}, found
            seen.append(versions.pop())
    if len(seen) == 2:
        print("reading", flush=True)
print(json.dumps(seen))
'''.replace("ROWS", str(ROWS))


def release(build, version):
    """Publish a version: every row of every table holds its number."""
    for name in TABLES:
        build.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {version} AS version FROM range({ROWS})")
    publish(build.connection, build.settings)


def run_readers(build, count, work):
    """Let readers open and ask the published file without a pause while something is done; what each of them saw."""
    command = [sys.executable, "-c", READER, str(build.settings.database), *TABLES]
    with ExitStack() as stack:
        readers = [
            stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            for _ in range(count)
        ]
        assert {reader.stdout.readline() for reader in readers} == {"reading\n"}
        work()
        release(build, -1)
        told = [reader.communicate(timeout=240) for reader in readers]
    assert [err for _, err in told] == [""] * count
    return [json.loads(out) for out, _ in told]


MEASURES = [(8, 6), pytest.param(50, 20, marks=pytest.mark.slow)]


@pytest.mark.parametrize(("readers", "versions"), MEASURES, ids="{} readers".format)
def test_every_reader_sees_whole_versions_in_their_order(build, readers, versions):
    release(build, 0)

    def work():
        for version in range(1, versions + 1):
            release(build, version)

    seen = run_readers(build, readers, work)
    order = [*range(versions + 1), -1]
    assert all([order.index(one) for one in ones] == sorted(order.index(one) for one in ones) for ones in seen)
    assert {one for ones in seen for one in ones} >= {0, -1}
    assert len({one for ones in seen for one in ones}) > 2


def test_a_rollback_disturbs_no_reader(build):
    release(build, 0)
    release(build, 1)

    def work():
        for _ in range(6):
            put_back(build.settings)

    seen = run_readers(build, 4, work)
    assert {one for ones in seen for one in ones} <= {0, 1, -1}
