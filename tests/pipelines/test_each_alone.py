"""Each audience, each way and each alert stands alone: whatever is wrong with one, the others have theirs."""

import socket
import sys
import time

import dagster as dg
import pytest

from pipelines.alerts import tell
from pipelines.assets.published import delivered
from pipelines.editions import draw_report
from pipelines.hiding import hide
from pipelines.ledger import Ledger
from pipelines.progress import Progress
from tests.nights_by_hand import FAILURE
from tests.pipelines.test_alerts import alerts
from tests.pipelines.test_delivery import ANA, BO, FROM, WEEK
from tests.reports_by_hand import LEDGER
from tests.servers_by_hand import SECRET

pytestmark = pytest.mark.filterwarnings(
    "ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning", "ignore:Requiring AUTH while not:UserWarning"
)
ODD = "=?x?b?%%?=@shop.example"
"""A mail address that Python's own mails cannot hold, which nobody foresaw."""


@pytest.fixture
def flaws(raw_server, webhook):
    """Addresses of webhooks with a flaw each, and what is said of them."""
    to_plain = webhook.address.replace("http://", "https://")
    echo = raw_server(lambda request: request)
    mute = raw_server(lambda _: b"")
    moved = raw_server(lambda _: f"HTTP/1.1 302 Found\r\nLocation: {webhook.address}\r\n\r\n".encode())
    elsewhere = raw_server(lambda _: b"HTTP/1.1 301 Moved\r\nLocation: ftp://secret.example/secret-path\r\n\r\n")
    none, moves = "its address is none that can be posted to", "it redirects, which is no delivery"
    return {
        "dots": ("http://chat..example/secret-path", none),
        "label": (f"http://{'secret' * 11}.example/secret-path", none),
        "port": ("http://127.0.0.1:99999/secret-path", none),
        "word": ("http://127.0.0.1:secret/secret-path", none),
        "login": ("http://ana:secret@127.0.0.1/secret-path", none),
        "bracket": ("http://[secret/secret-path", none),
        "echo": (f"http://127.0.0.1:{echo}/secret-path", "the webhook did not answer: what it answered is no HTTP"),
        "mute": (f"http://127.0.0.1:{mute}/secret-path", "the webhook did not answer: it hung up"),
        "moved": (f"http://127.0.0.1:{moved}/secret-path", f"HTTP Error 302: {moves}"),
        "gone": (f"http://127.0.0.1:{elsewhere}/secret-path", f"HTTP Error 301: {moves}"),
        "plain": (to_plain, "no secure line: "),
        "nobody": ("http://nobody.invalid/secret-path", ""),
    }


def test_whatever_is_wrong_with_one_audience_the_next_has_its_report(
    shop, serve, webhook, flaws, no_driver, monkeypatch, caplog
):
    def draw(settings, reader, say):
        if reader.language == "sv":
            raise KeyError("result\nof a driver")
        return draw_report(settings, reader, say)

    monkeypatch.setattr("pipelines.editions.draw_report", draw)
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    mailbox, server = serve()
    (shop.folder / "file").write_text("a file, not a folder")
    audiences = {
        **{name: {"webhook_url": address} for name, (address, _) in flaws.items()},
        "store": {"folder": "gs://bucket/out"},
        "file": {"folder": "file"},
        "drawn": {"folder": "out", "language": "sv", "webhook_url": webhook.address},
        "odd": {"email_to": [ODD, BO], "folder": "out"},
        "board": {"email_to": [ANA], "folder": "out", "webhook_url": webhook.address},
    }
    shop.choose(audiences, mail=FROM | server)
    code, out, err = shop.send()
    [error] = err.splitlines()
    assert code == FAILURE
    for name, (_, words) in flaws.items():
        assert f"{name}: webhook: {words}" in error
    for words in (
        "store: folder: gs:// needs a driver that is not installed",
        "file: folder: file/file/",
        "drawn: nothing was sent: KeyError: 'result\\nof a driver'; this is a defect",
        f"odd: mail {ODD}: IndexError: list index out of range; this is a defect",
    ):
        assert words in error
    assert caplog.text.count("Traceback (most recent call last):") == 2
    sent = [line for line in out.splitlines() if line.startswith("sent ")]
    ways = [f"odd: mail {BO}", "odd: folder", f"board: mail {ANA}", "board: webhook", "board: folder"]
    assert sent == [f"sent      {way}" for way in ways]
    assert [to for _, to, _ in mailbox.mails] == [[BO], [ANA]]
    assert len(webhook.posts) == 1
    states, unsure = shop.states(), {"echo", "mute"}
    assert {name: states[name, "webhook"] for name in flaws} == {
        name: "begun" if name in unsure else "failed" for name in flaws
    }
    assert {states["store", "folder"], states["file", "folder"], states["odd", f"mail {ODD}"]} == {"failed"}
    assert {states["drawn", "folder"], states["drawn", "webhook"]} == {"failed"}
    told = (
        out
        + err
        + caplog.text
        + (shop.folder / LEDGER).read_text()
        + shop.call("status")[1]
        + shop.send("--dry-run")[1]
    )
    assert "secret" not in told
    assert (shop.folder / "out" / "board" / WEEK / "funnel.html").is_file()


def test_dagster_keeps_the_traceback_of_a_defect_and_no_secret(shop, webhook, no_driver, monkeypatch):
    def post(url, _):
        raise RuntimeError(f"cannot make sense of {url}")

    monkeypatch.setattr("pipelines.delivery.post", post)
    shop.choose({"board": {"webhook_url": webhook.address, "folder": "out"}})
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"settings": shop.settings, "progress": Progress()}
        result = dg.materialize([delivered], instance=instance, resources=resources)
        logs = "\n".join(entry.to_json() for entry in instance.all_logs(result.run_id))
    [check] = result.get_asset_check_evaluations()
    assert "board: webhook: RuntimeError: cannot make sense of ***; this is a defect" in check.description
    assert "Traceback (most recent call last)" in logs
    assert "secret-path" not in logs
    assert shop.states() == {("board", "webhook"): "failed", ("board", "folder"): "sent"}


def test_an_alert_by_a_flawed_webhook_is_one_line_and_the_mail_goes(serve, flaws):
    mailbox, server = serve()
    for address, words in flaws.values():
        [fault] = tell(alerts(ANA, webhook_url=address, **server), "It failed", [])
        assert fault.startswith(f"nobody was told by webhook: {words}")
        assert "secret" not in fault
    assert len(mailbox.mails) == len(flaws)


def test_an_alert_that_meets_a_defect_is_told_and_the_others_go(serve, webhook, caplog):
    mailbox, server = serve()
    lines = ["a file \udce5.json cannot be read"]  # a name that is no text
    faults = tell(alerts(ODD, BO, webhook_url=webhook.address, **server), "It failed", lines)
    assert faults == [
        f"not all were told by mail: {ODD}: IndexError: list index out of range; this is a defect, please report it"
    ]
    assert [to for _, to, _ in mailbox.mails] == [[BO]]
    assert len(webhook.posts) == 1
    assert "Traceback" in caplog.text


def test_a_webhook_that_never_comes_to_an_end_is_not_waited_for_long(raw_server, monkeypatch):
    def drip(_):
        for _ in range(20):
            yield b"H"
            time.sleep(0.05)

    monkeypatch.setattr("pipelines.webhooks.LIMIT", 0.3)
    begun = time.monotonic()
    [fault] = tell(alerts(webhook_url=f"http://127.0.0.1:{raw_server(drip)}/secret-path"), "It failed", [])
    assert fault == "nobody was told by webhook: the webhook did not answer within 0.3 seconds"
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("host", ["mail..example", f"{'a' * 64}.example", "nobody.invalid"])
def test_a_mail_server_with_a_flawed_name_keeps_no_webhook_from_its_text(webhook, host):
    [fault] = tell(alerts(ANA, smtp_host=host, webhook_url=webhook.address), "It failed", [])
    assert fault.startswith("nobody was told by mail: ")
    assert "defect" not in fault
    assert len(webhook.posts) == 1


def test_a_mail_server_that_answers_rubbish_is_one_line(webhook, raw_server):
    port = raw_server(lambda _: b"rubbish \xff\x00\r\n")
    with socket.create_connection(("127.0.0.1", port)) as nudge:  # it answers once it is spoken to
        nudge.sendall(b"x")
    mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.mailing.smtp.TIMEOUT", 0.5)
        [fault] = tell(alerts(ANA, webhook_url=webhook.address, **mail), "It failed", [])
    assert fault.startswith("nobody was told by mail: ")
    assert len(webhook.posts) == 1


def test_a_password_from_a_file_with_a_line_break_logs_in(serve, trusted, monkeypatch):
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", f"{SECRET}\n")
    mailbox, server = serve("starttls", has_login=True)
    assert tell(alerts(ANA, smtp_user="sojourn\n", **server), "It failed", []) == []
    assert mailbox.logins == [("sojourn", SECRET)]


def test_a_password_that_no_login_takes_is_said_without_a_sign_of_it(serve, trusted, monkeypatch):
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", "blåbær")
    _, server = serve("starttls", has_login=True)
    [fault] = tell(alerts(ANA, smtp_user="sojourn", **server), "It failed", [])
    assert "has signs that are no ASCII" in fault
    assert "å" not in fault + repr(fault)


def test_secrets_are_hidden_and_words_are_not(monkeypatch):
    monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", "horse")
    hook = "https://chat.example/webhook/T0001234567890"
    settings = alerts(ANA, webhook_url=hook, smtp_host="mail", smtp_user="sojourn")
    text = "535 sojourn/horse: sojourn is unknown to webhook /webhook/T0001234567890, T0001234567890: sojourn.duckdb"
    assert hide(text, settings) == "535 sojourn/***: *** is unknown to webhook ***, ***: sojourn.duckdb"


def test_a_reason_that_is_no_text_is_noted(shop):
    ledger = Ledger(shop.settings)
    ledger.note("board", WEEK, "folder", "failed", "out/\udce5 cannot be written")
    assert Ledger(shop.settings).last("board", WEEK, "folder") == ledger.last("board", WEEK, "folder")
