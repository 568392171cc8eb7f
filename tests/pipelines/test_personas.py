"""Personas: conditions of the settings become segments, and what cannot be one is refused before the night."""

from pathlib import Path

import pytest

from models.settings import SettingsError, read_settings
from pipelines.assets.marts import WRITERS
from pipelines.personas import check_personas
from pipelines.rebuilding import rebuild
from tests.exports_by_hand import row
from tests.nights_by_hand import MISTAKE

PERSONAS = {
    "phones": "device_category = 'mobile'",
    "it's often": "journeys.session_count > 1",
    "buyers": "purchase_count > 0",
}


def visit(second, who, device, **more):
    return row(second, "session_start", who, device={"category": device}, **more)


def counted(build):
    rebuild(build.connection, build.settings)
    for write in WRITERS.values():
        write(build.connection, build.settings)


def segments(build):
    return build.ask(
        "SELECT person_id, segment FROM journey_segments JOIN journeys USING (journey_id)"
        " WHERE dimension = 'persona' ORDER BY ALL"
    )


@pytest.fixture
def shop(build):
    """Ana on a phone twice, Bo on a desktop once."""
    build.load(
        visit(0, "ana", "mobile"), visit(7200, "ana", "mobile"), visit(0, "bo", "desktop"), personas=PERSONAS
    )  # fmt: skip
    return build


def test_a_journey_is_in_every_persona_that_holds_for_it_or_in_none(shop):
    counted(shop)
    assert segments(shop) == [("d:ana", "it's often"), ("d:ana", "phones"), ("d:bo", "(none)")]
    assert shop.ask("SELECT segment, journeys FROM kpis WHERE dimension = 'persona' ORDER BY ALL") == [
        ("(none)", 1), ("it's often", 1), ("phones", 1),
    ]  # fmt: skip


def test_without_personas_there_is_no_such_dimension(build):
    build.load(visit(0, "ana", "mobile"))
    counted(build)
    assert segments(build) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("nosuch = 1", "nosuch"),
        ("channel", "neither true nor false"),
        ("revenue > 1", "mbiguous"),
        ("channel = ", "ends where a column or a value is expected"),
        ("chanel = 'Email'", "names 'chanel', which is no column of journeys or persons; did you mean 'channel'"),
        ("persons.channel = 'Email'", "names 'channel', which is no column"),
        ("sum(journey_count) > 1", "aggregate"),
    ],
)
def test_what_is_no_condition_is_refused_in_one_line(build, expression, said):
    build.choices |= {"personas": {"mine": expression}}
    with pytest.raises(SettingsError, match=said) as error:
        check_personas(build.settings)
    assert "'mine'" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_condition_that_some_journey_cannot_answer_is_refused(shop):
    shop.choices |= {"personas": {"mine": "channel::INTEGER = 1"}}
    with pytest.raises(SettingsError, match="cannot be told of every journey"):
        counted(shop)


def test_a_night_with_a_wrong_persona_ends_before_it_begins(night):
    Path("sojourn.toml").write_text('[personas]\n"mine" = "nosuch = 1"\n')
    night.refuses(MISTAKE, "setting 'personas'", "'mine'", "nosuch")


@pytest.mark.parametrize("name", ["", " ", "(none)", "two\nlines", "x" * 61])
def test_a_name_that_cannot_stand_on_a_page_is_refused(name):
    with pytest.raises(SettingsError, match="personas"):
        read_settings(personas={name: "true"})
