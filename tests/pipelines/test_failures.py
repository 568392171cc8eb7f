"""What a night does where files are held, disks are full and places cannot be written: one line, nothing half-made."""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exports_by_hand import row, write
from tests.nights_by_hand import FAILURE, MISTAKE, NEXT, SECONDS

ROOT = Path(__file__).parents[2]


def test_a_build_file_that_another_process_holds_is_said(night):
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    path = str(night.database.with_name("sojourn.build.duckdb"))
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        night.refuses(FAILURE, "sojourn.build.duckdb is held by another process", str(holder.pid))
        holder.communicate("\n", timeout=60)


def test_a_published_file_that_a_reader_holds_is_no_hindrance(night):
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(night.database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        reader.stdout.readline()
        assert night.run()[0] == 0
        reader.communicate("\n", timeout=60)


@pytest.fixture
def mounted(tmp_path_factory):
    """A way to mount a small file system of its own at a folder; unmounted at the end."""
    folders = []

    def mount(folder, *options):
        if os.geteuid() != 0 or not shutil.which("mount"):
            pytest.skip("only root can mount a file system of its own")
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
        folders.append(folder)

    yield mount
    for folder in folders:
        subprocess.run(["umount", str(folder)], check=True)


def moved(night, mounted, *options):
    """Put what the good night made on a file system of its own."""
    made, kept = night.folder / "made", night.folder / "kept"
    made.rename(kept)
    mounted(made, *options)
    shutil.copytree(kept, made, dirs_exist_ok=True)
    return made


@pytest.mark.parametrize("room", [0, 600], ids="{} KiB left".format)
def test_a_full_disk_is_said_and_the_old_version_stays(night, mounted, room):
    made = moved(night, mounted, "size=70m")  # the build, two published versions and two pages take 68 MB of its 73
    for number in range(3):
        rows = [row(number * SECONDS + second % SECONDS, "page_view", f"p{second}") for second in range(4000)]
        write(night.exports / f"events_2021010{number + 1}.parquet", rows)
    free = shutil.disk_usage(made).free
    filler = made / "reports" / "filler"
    filler.write_bytes(b"\0" * (free - room * 1024))
    night.refuses(FAILURE, "made/")
    filler.unlink()
    code, _, err = night.run()
    assert code == 0, err


def test_a_read_only_directory_is_said(night, mounted):
    made = moved(night, mounted, "size=64m")
    subprocess.run(["mount", "-o", "remount,ro", str(made)], check=True)
    night.refuses(FAILURE, "made cannot be written: Read-only file system")


@pytest.mark.parametrize("flag", ["--database", "--reports"])
def test_a_place_that_cannot_be_made_is_said(night, flag):
    place = {"--database": "/proc/nowhere/sojourn.duckdb", "--reports": "/proc/nowhere"}[flag]
    code, _, err = night.run(flag, place)
    assert (code, err.count("\n")) == (FAILURE, 1), err
    assert err.startswith("error: ")
    assert "/proc/nowhere" in err
    assert "defect" not in err


def test_a_place_where_dagster_cannot_keep_its_records_is_said(night):
    night.monkeypatch.setenv("DAGSTER_HOME", "/proc/nowhere")
    night.refuses(FAILURE, "Dagster cannot keep its records in /proc/nowhere")


# The command itself, as a person starts it.


def sojourn(folder, *words, **options):
    environment = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    command = [sys.executable, "-c", "from pipelines.cli.app import main; main()", "run", "exports", *words]
    return subprocess.run(
        command, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, **options
    )


def test_a_mistake_is_one_line_on_the_terminal(night):
    (night.exports / NEXT).write_bytes(b"PAR1 is all there is")
    done = sojourn(night.folder, "--database", "made/sojourn.duckdb", check=False)
    assert (done.returncode, done.stdout) == (MISTAKE, "")
    assert re.fullmatch(rf"error: [^\n]*{NEXT} is not a whole parquet file[^\n]*\n", done.stderr)
    night.is_untouched()


@pytest.mark.parametrize(("limit", "keeps_records"), [(1_000_000, False), (300_000, True)])
def test_a_file_that_may_not_grow_is_a_failure_in_one_line(night, limit, keeps_records):
    (night.database.with_name("sojourn.build.duckdb")).unlink()
    if keeps_records:
        shutil.copy(ROOT / "dagster.yaml", night.folder)
    done = sojourn(
        night.folder,
        "--database",
        "made/sojourn.duckdb",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        check=False,
    )
    assert done.returncode == FAILURE, done.stderr
    assert re.fullmatch(r"error: [^\n]*\n", done.stderr)
    assert night.database.read_bytes() == night.published
