"""A database belongs to its exports: a run over others is refused, unless it is told what they are."""

import duckdb
import pytest

from pipelines.belonging import OtherExportsError
from pipelines.memory import EXPORTS, forget, recall, remember
from pipelines.places import build_path
from pipelines.publishing import publish
from tests.exports_by_hand import DAY, row, write
from tests.nights_by_hand import MISTAKE, NEXT, SECONDS

THIRD = "events_20210103.parquet"


@pytest.fixture
def build(build):
    """Two loaded days, and another shop beside them."""
    build.write(DAY, row())
    build.write(NEXT, row(SECONDS))
    build.load()
    write(build.exports.parent / "shop" / THIRD, [row(2 * SECONDS)])
    return build


def refuses(build, exports):
    """Assert that a run over other exports is refused and changes nothing."""
    before = build.events(), build.ask("FROM loads")
    with pytest.raises(OtherExportsError, match="holds the exports of") as error:
        build.load(exports=str(exports))
    assert f"not those of {exports}; name another database" in str(error.value)
    assert (build.events(), build.ask("FROM loads")) == before
    build.choices["exports"] = str(build.exports)


def test_a_run_over_other_exports_is_refused(build):
    refuses(build, build.exports.parent / "shop")
    assert build.load().told == []


@pytest.mark.parametrize("way", ["exports", "exports/", "./shop/../exports", "file://{}", "link"])
def test_the_same_exports_by_another_way_are_accepted(build, monkeypatch, way):
    monkeypatch.chdir(build.exports.parent)
    (build.exports.parent / "link").symlink_to(build.exports)
    assert build.load(exports=way.format(build.exports)).told == []
    assert len(build.events()) == 2


def test_without_its_build_file_a_database_knows_its_exports(build):
    publish(build.connection, build.settings)
    build.close()
    build_path(build.settings).unlink()
    refuses(build, build.exports.parent / "shop")


def test_a_database_of_before_adopts_the_exports_that_hold_its_files(build):
    forget(build.connection, EXPORTS)
    refuses(build, build.exports.parent / "shop")
    (build.exports / DAY).unlink()
    build.load()
    assert recall(build.connection, EXPORTS) == str(build.exports)


def published(night):
    """How many events of each day are published."""
    with duckdb.connect(night.database, read_only=True) as connection:
        query = "SELECT day(export_date), count(*) FROM events GROUP BY ALL ORDER BY ALL"
        return dict(connection.execute(query).fetchall())


def test_a_night_over_other_exports_is_refused_and_replaces_them_when_told(night, status):
    write(night.folder / "shop" / THIRD, [row(2 * SECONDS)])
    told = f"holds the exports of {night.exports}, not those of {night.folder}/shop; name another database"
    night.refuses(MISTAKE, told, "--moved", "--replace", exports="shop")
    night.monkeypatch.setenv("SOJOURN_EXPORTS", "shop")
    assert status()["to load"].startswith(f"unknown: made/sojourn.duckdb {told}")
    code, _, err = night.run("--replace", exports="shop")
    assert (code, err, published(night)) == (0, "", {3: 1})
    assert len(list((night.database.parent / "versions").iterdir())) == 1
    assert status()["to load"] == "nothing"


def test_exports_that_moved_keep_the_days_without_files(night):
    (night.exports / DAY).unlink()
    night.exports.rename(night.folder / "renamed")
    code, out, err = night.run("--moved", exports="renamed")
    assert (code, err, published(night)) == (0, "", {1: 200, 2: 200})
    assert f"moved: the exports of {night.exports} are those of {night.folder}/renamed from now on\n" in out
    assert night.run(exports="renamed")[0] == 0


def test_address_survives_a_stop_after_its_first_statement(build):
    class StoppedError(Exception):
        """The end of the process."""

    class Stopping:
        """A connection of a process that ends after a statement."""

        def execute(self, *statement):
            build.connection.execute(*statement)
            raise StoppedError

    with pytest.raises(StoppedError):
        remember(Stopping(), EXPORTS, "others")
    assert recall(build.connection, EXPORTS) == "others"
