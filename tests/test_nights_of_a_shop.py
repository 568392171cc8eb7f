"""The law of nights on a shop: random worlds are too small for rates that can be tested, a sample is not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from models.settings import Settings, read_settings
from pipelines.sample import write_sample
from tests.test_nights_equal_a_rebuild import everything, left_over, night

REACHED = """
    SELECT
        (SELECT count(p_value) FROM comparisons),
        (SELECT count(surviving_low) FROM dwell_curves WHERE dimension <> 'all'),
        (SELECT count(*) FROM page_exits WHERE 0 < lost_exits AND exits < sessions),
        (SELECT count(*) FROM cohorts WHERE mature_journeys > 0)
"""


def settings_of(folder: Path, name: str) -> Settings:
    return read_settings(
        exports=str(folder / "exports"),
        database=folder / name,
        journey_window=timedelta(days=2),
        personas={"phones": "device_category = 'mobile'"},
    )


def look(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, list[str]], tuple[Any, ...], list[str]]:
    return everything(connection), connection.execute(REACHED).fetchall()[0], left_over(connection)


def test_nights_of_a_shop_equal_a_rebuild(tmp_path: Path) -> None:
    write_sample(tmp_path / "sample", days=12, users=400, seed=7)
    files = sorted((tmp_path / "sample").glob("events_2*.parquet"))
    (tmp_path / "exports").mkdir()
    for first, last in ((0, 8), (8, len(files))):
        for file in files[first:last]:
            file.rename(tmp_path / "exports" / file.name)
        night(settings_of(tmp_path, "nightly.duckdb"))
    thin_out(tmp_path / "exports" / files[4].name)
    found, reached, left = night(settings_of(tmp_path, "nightly.duckdb"), look)
    fresh = night(settings_of(tmp_path, "fresh.duckdb"), everything)
    assert left == []
    assert min(reached) > 3, f"the shop is too small for this law: {reached}"
    for name, rows in fresh.items():
        assert set(found[name]) ^ set(rows) == set(), name
        assert len(found[name]) == len(rows)


def thin_out(file: Path) -> None:
    """Write a day anew without a third of its events."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE kept AS FROM '{file}' WHERE event_timestamp % 3 <> 0")
        connection.execute(f"COPY kept TO '{file}' (FORMAT parquet)")
