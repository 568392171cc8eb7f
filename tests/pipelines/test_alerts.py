"""Who is told of a night that failed and of a check that did: by real mail servers and webhooks on this machine."""

import socket
from datetime import date
from time import monotonic

import dagster as dg
import pytest

from models.settings import Settings
from pipelines.alerts import tell
from pipelines.definitions import NIGHT, build_definitions
from pipelines.schedules import range_tags
from tests.exports_by_hand import DAY, row
from tests.nights_by_hand import MISTAKE, NEXT
from tests.servers_by_hand import SECRET, free_port

pytestmark = pytest.mark.filterwarnings(
    "ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning", "ignore:Requiring AUTH while not:UserWarning"
)


def alerts(*who, webhook_url=None, **mail):
    """Settings that name who gets mail, by which server."""
    return Settings(alerts={"email_to": who, "webhook_url": webhook_url}, mail={"from": "sojourn@shop.example"} | mail)


def test_nobody_is_told_where_nobody_is_named():
    assert tell(alerts(), "It failed", ["because"]) == []


def test_a_mail_says_what_happened_and_where(serve):
    mailbox, server = serve()
    assert tell(alerts("ana@shop.example", "bo@shop.example", **server), "It failed", ["the disk is full", "så"]) == []
    assert [(sender, receivers) for sender, receivers, _ in mailbox.mails] == [
        ("sojourn@shop.example", ["ana@shop.example"]), ("sojourn@shop.example", ["bo@shop.example"])
    ]  # fmt: skip
    content = mailbox.mails[0][2]
    assert "To: ana@shop.example" in content
    assert "bo@shop.example" not in content
    assert "Subject: It failed" in content
    assert "the disk is full" in content
    assert "sojourn.duckdb on " in content
    assert "Date: " in content


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_a_secured_line_with_a_login(serve, trusted, monkeypatch, security):
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", SECRET)
    mailbox, server = serve(security, has_login=True)
    assert tell(alerts("ana@shop.example", smtp_user="sojourn", **server), "It failed", []) == []
    assert mailbox.logins == [("sojourn", SECRET)]
    assert mailbox.is_secure == [True]
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_whose_certificate_is_not_trusted_gets_no_mail_and_no_password(serve, monkeypatch, security):
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", SECRET)
    mailbox, server = serve(security)
    [fault] = tell(alerts("ana@shop.example", smtp_user="sojourn", **server), "It failed", [])
    assert fault.startswith("nobody was told by mail: ")
    assert "certificate verify failed" in fault
    assert mailbox.mails == mailbox.logins == []


def test_a_server_that_offers_no_security_gets_no_mail(serve):
    mailbox, server = serve()
    [fault] = tell(alerts("ana@shop.example", **server | {"smtp_security": "starttls"}), "It failed", [])
    assert "STARTTLS" in fault
    assert mailbox.mails == []


def test_a_wrong_password_is_said_without_it(serve, trusted, monkeypatch):
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", "wrong horse")
    mailbox, server = serve("starttls", has_login=True)
    [fault] = tell(alerts("ana@shop.example", smtp_user="sojourn", **server), "It failed", [])
    assert fault == "nobody was told by mail: 535 5.7.8 Authentication credentials invalid"
    assert mailbox.mails == []


def test_a_password_that_is_not_set_is_said(serve, trusted, monkeypatch):
    monkeypatch.delenv("SOJOURN_SMTP_PASSWORD", raising=False)
    _, server = serve("starttls", has_login=True)
    assert tell(alerts("ana@shop.example", smtp_user="sojourn", **server), "It failed", []) == [
        "nobody was told by mail: smtp_user is set, but the variable SOJOURN_SMTP_PASSWORD is not"
    ]


def test_who_is_refused_is_named_and_the_others_have_their_mail(serve):
    mailbox, server = serve()
    faults = tell(alerts("ana@shop.example", "unknown@shop.example", **server), "It failed", [])
    assert faults == ["not all were told by mail: unknown@shop.example: 550 5.1.1 no such mailbox"]
    assert [receivers for _, receivers, _ in mailbox.mails] == [["ana@shop.example"]]
    faults = tell(alerts("unknown@shop.example", **server), "It failed", [])
    assert faults == ["nobody was told by mail: unknown@shop.example: 550 5.1.1 no such mailbox"]


def test_a_server_that_is_down_is_one_line():
    down = {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_security": "none"}
    hook = f"http://127.0.0.1:{free_port()}/secret-path"
    faults = tell(alerts("ana@shop.example", webhook_url=hook, **down), "It failed", [])
    assert [fault.partition(": ")[0] for fault in faults] == ["nobody was told by mail", "nobody was told by webhook"]
    assert all("Connection refused" in fault and "\n" not in fault for fault in faults)
    assert "secret" not in str(faults)


def test_a_server_that_never_answers_is_not_waited_for_long(servers, monkeypatch):
    monkeypatch.setattr("pipelines.mailing.smtp.TIMEOUT", 0.5)
    monkeypatch.setattr("pipelines.webhooks.TIMEOUT", 0.5)
    silent = servers.enter_context(socket.create_server(("127.0.0.1", 0)))
    port = silent.getsockname()[1]
    mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
    begun = monotonic()
    faults = tell(alerts("ana@shop.example", webhook_url=f"http://127.0.0.1:{port}", **mail), "It failed", [])
    assert [fault.rpartition(": ")[2] for fault in faults] == ["timed out", "timed out"]
    assert monotonic() - begun < 5


def test_a_webhook_gets_one_text(webhook):
    assert tell(alerts(webhook_url=webhook.address), "It failed", ["the disk is full"]) == []
    [(kind, post)] = webhook.posts
    assert kind == "application/json"
    assert set(post) == {"text"}
    assert post["text"].startswith("It failed\nthe disk is full\n\n")


@pytest.mark.parametrize("status", [404, 500])
def test_a_webhook_that_refuses_is_one_line_without_its_address(webhook, status):
    webhook.status = status
    [fault] = tell(alerts(webhook_url=webhook.address), "It failed", [])
    assert fault.startswith(f"nobody was told by webhook: HTTP Error {status}")
    assert "secret" not in fault


# What tells: Dagster's sensors, and `sojourn run`.


def run(build, **choices):
    """Run the night of one day as Dagster does, and let the sensors look at it: their names, and the run."""
    build.choices |= choices
    definitions = build_definitions(build.settings)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(NIGHT).execute_in_process(
            instance=instance, tags=range_tags(date(2021, 1, 1), date(2021, 1, 1)), raise_on_error=False
        )
        name = "tell_checks" if result.success else "tell_failures"
        end = dg.DagsterEventType.RUN_SUCCESS if result.success else dg.DagsterEventType.RUN_FAILURE
        [event] = [event for event in result.all_events if event.event_type == end]
        context = dg.build_run_status_sensor_context(name, event, instance, result.dagster_run)
        sensor = definitions.resolve_sensor_def(name)
        sensor(context if result.success else context.for_run_failure())
    return result, sensor


def test_dagster_tells_of_a_run_that_failed_and_of_what(build, webhook):
    build.write(DAY, row(0)).write_bytes(b"PAR1 is all there is")
    result, sensor = run(build, alerts={"webhook_url": webhook.address})
    assert not result.success
    [(_, post)] = webhook.posts
    assert post["text"].startswith("Sojourn: the night failed\n")
    assert f"{DAY} is not a whole parquet file" in post["text"]
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


def test_dagster_tells_of_a_check_that_failed_in_a_run_that_did_not(build, webhook, live):
    build.write(DAY, row(0), row(60))
    result, _ = run(build, alerts={"webhook_url": webhook.address})
    assert result.success
    [(_, post)] = webhook.posts
    assert post["text"].startswith("Sojourn: 1 check failed\nevents: are_fresh: the last loaded day is 2021-01-01")


def test_dagster_says_what_stopped_a_run_and_nothing_of_a_defect(build, webhook, live):
    build.write(DAY, row(0), row(60))
    result, _ = run(build, alerts={"webhook_url": webhook.address}, health="block")
    assert not result.success
    [(_, post)] = webhook.posts
    assert "events: are_fresh: the last loaded day is 2021-01-01" in post["text"]
    assert "nothing was published" in post["text"]
    assert "defect" not in post["text"]


def test_dagster_tells_nobody_of_a_run_where_all_is_well(build, webhook):
    build.write(DAY, row(0), row(60))
    run(build, alerts={"webhook_url": webhook.address})
    assert webhook.posts == []


def test_there_is_no_sensor_where_nobody_is_named(build):
    names = {sensor.name for sensor in build_definitions(build.settings).sensors or ()}
    assert names == {"new_files"}


def test_a_night_by_hand_that_fails_tells_and_still_says_its_one_line(night, webhook):
    night.monkeypatch.setenv("SOJOURN_ALERTS__WEBHOOK_URL", webhook.address)
    (night.exports / NEXT).write_bytes(b"PAR1 is all there is")
    night.refuses(MISTAKE, f"{NEXT} is not a whole parquet file")
    [(_, post)] = webhook.posts
    assert post["text"].startswith("Sojourn: the night failed\n")
    assert f"{NEXT} is not a whole parquet file" in post["text"]


def test_a_night_by_hand_that_meets_a_defect_tells_of_it(night, webhook):
    def fail(_):
        raise RuntimeError("nobody foresaw this")

    night.monkeypatch.setenv("SOJOURN_ALERTS__WEBHOOK_URL", webhook.address)
    night.monkeypatch.setattr("pipelines.cli.night.find_days", fail)
    with pytest.raises(RuntimeError):
        night.run("--keep-going")
    assert "RuntimeError: nobody foresaw this; this is a defect" in webhook.posts[0][1]["text"]


def test_a_night_by_hand_without_exports_tells(night, webhook):
    night.monkeypatch.setenv("SOJOURN_ALERTS__WEBHOOK_URL", webhook.address)
    for file in night.exports.iterdir():
        file.unlink()
    night.refuses(MISTAKE, "no GA4 export in")
    assert "no GA4 export in" in webhook.posts[0][1]["text"]


def test_a_night_by_hand_tells_of_a_check_that_failed_and_shows_it(night, webhook, live):
    night.monkeypatch.setenv("SOJOURN_ALERTS__WEBHOOK_URL", webhook.address)
    code, out, _ = night.run()
    assert code == 0
    assert "look at   events: are_fresh: the last loaded day is 2021-01-02" in out
    assert "events: are_fresh: " in webhook.posts[0][1]["text"]


def test_whom_nobody_can_tell_changes_nothing_about_the_night(night, live):
    night.monkeypatch.setenv("SOJOURN_ALERTS__WEBHOOK_URL", f"http://127.0.0.1:{free_port()}/secret-path")
    code, out, _ = night.run()
    assert code == 0
    assert out.count("nobody was told by webhook: ") == 1
    assert "secret" not in out
    (night.exports / NEXT).write_bytes(b"PAR1 is all there is")
    code, out, err = night.run()
    assert (code, err.count("\n")) == (MISTAKE, 1)
    assert out.count("nobody was told by webhook: ") == 1
