"""Settings: what beats what, and what is said of one that cannot be used."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.settings import TABLES, Settings, SettingsError, read_settings


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
        ("timezone", "../etc/passwd", "no time zone; write one such as Europe/Copenhagen"),
        ("feed_timezone", "+01:00", "no time zone"),
        ("session_gap", "-30m", "a length of time is a positive number and s, m, h or d"),
        ("session_gap", "0m", "longer than nothing"),
        ("journey_window", "a month", "such as 30m or 30d"),
        ("identity", "cookie", "'stitched' or 'device'"),
        ("segments", ["first channel"], "should match pattern"),
        ("database", "data/recent.duckdb", "the name of a schema in it"),
        ("colour", "blue", "setting 'colour' is not known; docs/settings.md has all settings"),
        ("time_zone", "UTC", "setting 'time_zone' is not known; did you mean 'timezone'"),
        ("smtp_host", "mail", "setting 'smtp_host' is not known; did you mean 'mail.smtp_host'"),
        ("mail", {"timezone": "UTC"}, "'mail.timezone' is not known; it is no setting of a table: write it above"),
        ("audiences", {"board": {"folder": "out", "rythm": "daily"}}, "not known; did you mean 'rhythm'?"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_line(name: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        read_settings(**{name: value})
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 160


def test_a_settings_file_that_is_missing_or_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("timezone = ")
    with pytest.raises(SettingsError, match=r"missing\.toml does not exist"):
        read_settings(tmp_path / "missing.toml")
    monkeypatch.setenv("SOJOURN_SETTINGS", "nosuch.toml")
    with pytest.raises(SettingsError, match=r"nosuch\.toml does not exist; `sojourn init` writes"):
        read_settings()
    with pytest.raises(SettingsError, match=r"broken\.toml cannot be read"):
        read_settings(broken)


PLACES = """
exports = "../ga4/events_*"
feeds = ["feeds", "s3://bucket/feeds", "~/feeds"]
lifecycle = "ours.yaml"
spark_directory = "/mnt/spark"
exchange_rates = "rates.csv"
[audiences.board]
folder = "out"
lifecycle = "kundereise"
[audiences.other]
folder = "gs://bucket/out"
lifecycle = "ours.yaml"
"""


def test_places_in_a_file_are_seen_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    for folder in ("shop", "elsewhere", "s [1]"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shop" / "sojourn.toml").write_text(PLACES)
    monkeypatch.chdir(tmp_path / "elsewhere")
    settings = read_settings(Path("../shop/sojourn.toml"), reports=Path("mine"))
    assert settings.exports == "../shop/../ga4/events_*"
    assert settings.feeds == ("../shop/feeds", "s3://bucket/feeds", "/home/ana/feeds")
    assert settings.lifecycle == "../shop/ours.yaml"
    assert (settings.database, settings.reports) == (Path("../shop/data/sojourn.duckdb"), Path("mine"))
    assert (settings.spark_directory, settings.exchange_rates) == (Path("/mnt/spark"), Path("../shop/rates.csv"))
    board, other = settings.audiences["board"], settings.audiences["other"]
    assert (board.folder, board.lifecycle, other.folder) == ("../shop/out", "kundereise", "gs://bucket/out")
    assert list(settings.served) == ["other"]
    shop = read_settings(Path("../shop/sojourn.toml"), lifecycle=str(tmp_path / "shop" / "ours.yaml"))
    assert [Path(one.lifecycle or "").resolve() for one in shop.served.values()] == [tmp_path / "shop" / "ours.yaml"]
    (tmp_path / "s [1]" / "sojourn.toml").write_text('exports = "in/*"')
    monkeypatch.setenv("SOJOURN_SETTINGS", str(tmp_path / "s [1]" / "sojourn.toml"))
    monkeypatch.setenv("SOJOURN_DATABASE", "mine.duckdb")
    settings = read_settings()
    assert (settings.exports, settings.database) == (f"{tmp_path}/s [[]1]/in/*", Path("mine.duckdb"))


def test_places_without_a_file_are_seen_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings().database == Path("data/sojourn.duckdb")
    Path("sojourn.toml").write_text('lifecycle = "./six-phases"\nreports = "out"\nexchange_rates = {EUR = 7.46}')
    assert read_settings().exchange_rates == {"EUR": 7.46}
    assert (read_settings().lifecycle, read_settings().reports) == ("./six-phases", Path("out"))


def test_the_page_of_settings_names_every_setting_and_what_it_decides() -> None:
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    nested = {
        f"{table}.{field.alias or name}": field
        for table, form in TABLES.items()
        for name, field in form.model_fields.items()
    }
    for name, field in {**Settings.model_fields, **nested}.items():
        assert f"| `{name}` |" in page
        assert f"| {field.description} |" in page


MAIL = {"from": "sojourn@shop.example", "smtp_host": "127.0.0.1"}
ALERTS = {"email_to": ["ops@shop.example"]}
BOARD = {"email_to": ["ana@shop.example"]}


def test_alerts_are_off_until_somebody_is_named(toml: Path) -> None:
    assert not read_settings(toml).alerts.is_on
    assert read_settings(toml, mail=MAIL, alerts=ALERTS).alerts.is_on
    assert read_settings(toml, alerts={"webhook_url": "http://127.0.0.1:8000/x"}).alerts.is_on


def test_a_setting_of_a_table_has_a_variable_of_its_own(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml.write_text('[mail]\nfrom = "a@shop.example"\nsmtp_host = "mail"\n[audiences.board]\nfolder = "out"\n')
    monkeypatch.setenv("SOJOURN_MAIL__SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SOJOURN_AUDIENCES__BOARD__WEBHOOK_URL", "https://chat.example/secret\n")
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", "known, and no setting")
    settings = read_settings(toml)
    assert (settings.mail.smtp_host, settings.mail.sender) == ("127.0.0.1", "a@shop.example")
    board = settings.audiences["board"]
    assert board.folder == str(toml.parent / "out")
    assert board.webhook_url
    assert board.webhook_url.get_secret_value() == "https://chat.example/secret"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SOJOURN_TIME_ZONE", "did you mean 'SOJOURN_TIMEZONE'"),
        ("SOJOURN_MAIL__SMPT_HOST", "did you mean 'SOJOURN_MAIL__SMTP_HOST'"),
        ("SOJOURN_AUDIENCES__BOARD__RYTHM", "did you mean 'SOJOURN_AUDIENCES__BOARD__RHYTHM'"),
        ("SOJOURN_START_DATE", "the first day comes from the exports"),
        ("SOJOURN_COLOUR", "docs/settings.md has all settings"),
    ],
)
def test_a_misspelt_variable_is_told_with_the_one_meant(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    monkeypatch.setenv(name, "127.0.0.1")
    with pytest.raises(SettingsError, match=f"variable {name} is no setting( any more)?; {meant}"):
        read_settings()


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"mail": {"from": "a@b.c"}, "alerts": ALERTS}, "settings: alerts.email_to needs mail.smtp_host as well"),
        ({"audiences": {"board": BOARD}}, "audiences.board.email_to needs mail.from and mail.smtp_host as well"),
        ({"mail": MAIL | {"smtp_user": "me", "smtp_security": "none"}}, "no password goes over an open line"),
        ({"mail": MAIL | {"from": "me"}}, "setting 'mail.from' is 'me': is no mail address"),
        ({"mail": MAIL | {"smtp_port": 0}}, "setting 'mail.smtp_port' is 0"),
        ({"mail": MAIL | {"smtp_pass": "x"}}, "setting 'mail.smtp_pass' is not known; did you mean 'smtp_"),
        ({"alerts": {"webhook_url": "file:///etc/passwd"}}, "setting 'alerts.webhook_url'"),
        ({"audiences": {"board": {}}}, "settings 'audiences.board': an audience needs email_to, webhook_url or folder"),
        ({"audiences": {"../board": {"folder": "out"}}}, "setting 'audiences.../board.[key]'"),
        ({"audiences": {"board": {"folder": "out", "segment": "mobile"}}}, "write dimension=value"),
        ({"audiences": {"board": {"folder": "out", "attach_up_to": "10 GB"}}}, "such as 10MB"),
        ({"audiences": {"board": {"folder": "out", "rythm": "daily"}}}, "'audiences.board.rythm' is not known"),
        ({"mail": MAIL, "audiences": {"board": BOARD | {"attach_up_to": "0MB"}}}, "that needs page_link as well"),
    ],
)
def test_mails_and_audiences_that_cannot_be_are_said(choices: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(**choices)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "ana@shop.example\nBcc: eve@evil.example",
        "ana@shop.example\r\nSubject: x",
        "ana@shop.example,eve@evil.example",
        "ana@shop.example; eve@evil.example",
        "Ana <ana@shop.example>",
        '"ana\\" eve@evil.example"@shop.example',
        "ana\x00@shop.example",
        "ana@shop.example>",
    ],
)
def test_an_address_that_would_add_a_header_or_another_recipient_is_refused(address: str) -> None:
    for choices in (
        {"mail": MAIL | {"from": address}},
        {"mail": MAIL, "alerts": {"email_to": [address]}},
        {"mail": MAIL, "audiences": {"board": {"email_to": [address]}}},
    ):
        with pytest.raises(SettingsError, match=r"is no mail address; write one such as ana@shop\.example"):
            read_settings(**choices)


def test_only_the_audiences_of_its_lifecycle_are_served_by_a_night() -> None:
    audiences = {"any": {"folder": "a"}, "ours": {"folder": "b", "lifecycle": "six-phases"}}
    settings = read_settings(audiences=audiences | {"theirs": {"folder": "c", "lifecycle": "kundereise"}})
    assert list(settings.served) == ["any", "ours"]


def test_a_wait_of_thirty_seconds_can_be_written(toml: Path) -> None:
    assert read_settings(toml, retry_wait="30s").retry_wait == timedelta(seconds=30)


HOOK = "https://chat.example/hook/s3cr3t-token"
LOGIN = "s3://AKIA:s3cr3t/key@bucket/ga4"


def test_secrets_are_in_no_text_made_of_settings() -> None:
    mail = MAIL | {"smtp_user": "s3cr3t-user"}
    settings = read_settings(mail=mail, alerts={"webhook_url": HOOK}, audiences={"board": {"webhook_url": HOOK}})
    assert "s3cr3t" not in repr(settings) + str(settings) + settings.model_dump_json() + str(settings.model_dump())


@pytest.mark.parametrize(
    "choices",
    [
        {"alerts": {"webhook_url": f"{HOOK}\u00e5"}},
        {"alerts": {"webhook_url": [HOOK]}},
        {"alerts": HOOK},
        {"alerts": [HOOK]},
        {"audiences": {"board": {"webhook_url": f"{HOOK} x"}}},
        {"audiences": {"board": {"webhook_url": "s3cr3t-token"}}},
        {"audiences": {"board": "s3cr3t"}},
        {"audiences": {"webhook_url": "s3cr3t"}},
        {"audiences": {"board": {"webhook_url": HOOK, "segment": "mobile"}}},
        {"audiences": {"board": {"folder": LOGIN}}},
        {"audiences": {"board": {"folder": "https://shop.blob.core.windows.net/out?sv=1&sig=s3cr3t"}}},
        {"mail": "s3cr3t"},
        {"mail": {"smtp_user": ["s3cr3t"]}},
        {"mail": {"smtp_user": "s3cr3t", "smtp_security": "none"}},
        {"mail": {"smtp_password": "s3cr3t"}},
        {"webhook_url": HOOK},
        {"exports": LOGIN},
        {"exports": [LOGIN]},
        {"exports": "gs://bucket/ga4?token=s3cr3t"},
        {"exports": "s3://s3cr3t@bucket/ga4"},
        {"feeds": (LOGIN,)},
    ],
)
def test_a_flawed_setting_is_told_without_its_secret(choices: dict[str, object]) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(**choices)
    assert "s3cr3t" not in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ValidationError) as raw:
        Settings(**choices)  # type: ignore[arg-type]
    assert "s3cr3t" not in str(raw.value)


def test_a_flawed_secret_in_a_file_or_a_variable_is_not_shown(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toml.write_text(f'[audiences.board]\nwebhook_url = "{HOOK} x"\n')
    with pytest.raises(SettingsError, match=r"setting 'audiences.board.webhook_url': is no web address") as caught:
        read_settings(toml)
    assert "s3cr3t" not in str(caught.value)
    for name in ("SOJOURN_ALERTS", "SOJOURN_ALERTS__WEBHOOK_URL", "SOJOURN_AUDIENCES", "SOJOURN_EXPORTS"):
        for value in (f"{HOOK} x", LOGIN, f'"{HOOK}"', f'{{"webhook_url": "{HOOK} x"}}'):
            if name == "SOJOURN_EXPORTS" and value != LOGIN:
                continue
            with monkeypatch.context() as patch, pytest.raises(SettingsError) as caught:
                patch.setenv(name, value)
                read_settings()
            assert "s3cr3t" not in str(caught.value)


def test_blanks_around_addresses_are_taken_off() -> None:
    board = {"email_to": [" ana@shop.example\n"], "webhook_url": f"\t{HOOK}\n", "folder": " out\n"}
    settings = read_settings(
        exports="s3://bucket/ga4\n",
        mail={"from": "sojourn@shop.example ", "smtp_host": " mail\n", "smtp_user": "me\n"},
        audiences={"board": board | {"page_link": "https://shop.example/ "}},
    )
    found, mail = settings.audiences["board"], settings.mail
    assert found.webhook_url
    assert found.webhook_url.get_secret_value() == HOOK
    assert (found.email_to, found.folder, found.page_link) == (("ana@shop.example",), "out", "https://shop.example/")
    assert (settings.exports, mail.sender, mail.smtp_host) == ("s3://bucket/ga4", "sojourn@shop.example", "mail")
    assert mail.smtp_user
    assert mail.smtp_user.get_secret_value() == "me"


def test_places_that_look_like_logins_but_are_none_are_taken() -> None:
    for address in ("abfss://ga4@shop.dfs.core.windows.net/x", "s3://bucket/events_?0210101*", "data/a:b@c?d=e"):
        assert read_settings(exports=address).exports == address
