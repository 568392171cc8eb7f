"""A small made-up shop, published: what the tests of the page open in a browser and ask the same of in SQL."""

from datetime import timedelta
from pathlib import Path

from models.settings import Settings
from pipelines.publishing import publish
from pipelines.sample import write_sample
from tests.test_nights_equal_a_rebuild import night
from tests.test_nights_of_a_shop import thin_out

PHASES = ["awareness", "interest", "desire", "evaluation", "conversion", "retention"]
STATES = ["(start)", *PHASES, "(converted)", "(drop-off)", "(open)"]
LEFT, RIGHT = STATES[:-3], STATES[1:]


def publish_shop(folder: Path) -> None:
    """Thirty days, published twice: in the second night one of them is told anew, with fewer events."""
    write_sample(folder / "exports", days=30, users=1500, seed=7)
    settings = settings_of_shop(folder)
    night(settings, lambda build: publish(build, settings))
    thin_out(sorted((folder / "exports").glob("events_2*.parquet"))[-5])
    night(settings, lambda build: publish(build, settings))


def settings_of_shop(folder: Path) -> Settings:
    return Settings(
        exports=str(folder / "exports"),
        database=folder / "made" / "shop.duckdb",
        timezone="Europe/Copenhagen",
        journey_window=timedelta(days=7),
        personas={"phones": "device_category = 'mobile'", "come again": "journeys.session_count > 1"},
    )


def phase_figures(published, columns):
    """Columns of the phases of all journeys, each a list in the order of the phases."""
    rows = published(f"SELECT {columns} FROM phase_metrics WHERE dimension = 'all' ORDER BY phase_index")
    return [list(column) for column in zip(*rows, strict=True)]


def moves(published, level):
    """How often each move up to the purchase was made."""
    query = f"FROM transitions SELECT from_state, to_state, transition_count WHERE level = '{level}'"
    return {(one, other): n for one, other, n in published(f"{query} AND (part, dimension) = ('to_purchase', 'all')")}
