"""Settings: what beats what, and what is said of one that cannot be used."""

from datetime import timedelta
from pathlib import Path

import pytest

from models.settings import Alerts, Settings, SettingsError, read_settings


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    file = tmp_path / "sojourn.toml"
    file.write_text('timezone = "Europe/Oslo"\njourney_window = "10d"\nsession_gap = "20m"\n')
    return file


def test_a_flag_beats_a_variable_beats_the_file(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_JOURNEY_WINDOW", "11d")
    monkeypatch.setenv("SOJOURN_SESSION_GAP", "21m")
    settings = read_settings(toml, session_gap="22m")
    assert settings.timezone == "Europe/Oslo"
    assert settings.journey_window == timedelta(days=11)
    assert settings.session_gap == timedelta(minutes=22)


def test_sojourn_toml_of_the_working_directory_is_read(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toml.parent)
    assert read_settings().timezone == "Europe/Oslo"


def test_a_flag_that_is_not_given_leaves_the_setting_alone(toml: Path) -> None:
    assert read_settings(toml, timezone=None).timezone == "Europe/Oslo"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("timezone", "Mars/Olympus", "is not a time zone; write one such as Europe/Copenhagen"),
        ("timezone", "../etc/passwd", "is not a time zone"),
        ("session_gap", "-30m", "a length of time is a positive number and s, m, h or d"),
        ("session_gap", "0m", "longer than nothing"),
        ("journey_window", "a month", "such as 30m or 30d"),
        ("identity", "cookie", "'stitched' or 'device'"),
        ("segments", ["first channel"], "should match pattern"),
        ("colour", "blue", "setting 'colour' is not known; the settings are alerts.email_from"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(name: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings(**{name: value})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_settings_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("timezone = ")
    with pytest.raises(SettingsError, match=r"missing\.toml does not exist"):
        read_settings(tmp_path / "missing.toml")
    with pytest.raises(SettingsError, match=r"broken\.toml cannot be read"):
        read_settings(broken)


def test_the_page_of_settings_names_every_setting_and_what_it_decides() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    nested = {f"alerts.{name}": field for name, field in Alerts.model_fields.items()}
    for name, field in {**Settings.model_fields, **nested}.items():
        assert f"| `{name}` |" in page
        assert f"| {field.description} |" in page


ALERTS = {"email_to": ["ops@shop.example"], "email_from": "sojourn@shop.example", "smtp_host": "127.0.0.1"}


def test_alerts_are_off_until_somebody_is_named(toml: Path) -> None:
    assert not read_settings(toml).alerts.is_on
    assert read_settings(toml, alerts=ALERTS).alerts.is_on
    assert read_settings(toml, alerts={"webhook_url": "http://127.0.0.1:8000/x"}).alerts.is_on


def test_a_setting_of_a_table_has_a_variable_of_its_own(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml.write_text('[alerts]\nemail_to = ["ops@shop.example"]\nemail_from = "a@shop.example"\nsmtp_host = "mail"\n')
    monkeypatch.setenv("SOJOURN_ALERTS__SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", "known, and no setting")
    alerts = read_settings(toml).alerts
    assert (alerts.smtp_host, alerts.email_to) == ("127.0.0.1", ("ops@shop.example",))


def test_a_misspelt_variable_of_a_table_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_ALERTS__SMPT_HOST", "127.0.0.1")
    with pytest.raises(SettingsError, match="variable SOJOURN_ALERTS__SMPT_HOST is no setting"):
        read_settings()


@pytest.mark.parametrize(
    ("alerts", "words"),
    [
        (ALERTS | {"smtp_host": None}, "settings 'alerts': email_to needs smtp_host as well"),
        (ALERTS | {"smtp_user": "me", "smtp_security": "none"}, "no password goes over an open line"),
        (ALERTS | {"email_from": "me"}, "setting 'alerts.email_from' is 'me'"),
        (ALERTS | {"smtp_port": 0}, "setting 'alerts.smtp_port' is 0"),
        (ALERTS | {"smtp_pass": "x"}, "setting 'alerts.smtp_pass' is not known; the settings are alerts.email_from"),
        ({"webhook_url": "file:///etc/passwd"}, "setting 'alerts.webhook_url'"),
    ],
)
def test_alerts_that_cannot_be_sent_are_said(alerts: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(alerts=alerts)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wait_of_thirty_seconds_can_be_written(toml: Path) -> None:
    assert read_settings(toml, retry_wait="30s").retry_wait == timedelta(seconds=30)
