"""Who gets the report, when, by which way and how often: by real servers on this machine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import dagster as dg
import pytest

from models.lifecycle import load_lifecycle
from pipelines.assets.published import delivered
from pipelines.ledger import Ledger
from pipelines.mailing import smtp
from pipelines.progress import Progress
from pipelines.report.rendering import Reader, read_report
from pipelines.turns import read_turns
from tests.nights_by_hand import FAILURE, MISTAKE
from tests.pipelines.test_page import needs_chromium
from tests.reports_by_hand import LEDGER, read_mail
from tests.servers_by_hand import SECRET, free_port

pytestmark = pytest.mark.filterwarnings(
    "ignore::dagster.BetaWarning", "ignore::dagster.PreviewWarning", "ignore:Requiring AUTH while not:UserWarning"
)

ROOT = Path(__file__).parents[2]
WEEK = "2021-W01"
ANA, BO = "ana@shop.example", "bo@shop.example"
FROM = {"from": "sojourn@shop.example"}


def mails(mailbox):
    return [read_mail(content) for _, _, content in mailbox.mails]


# Mail


def test_each_recipient_has_a_mail_of_their_own_over_one_line(shop, serve, no_driver):
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA, BO]}}, mail=FROM | server)
    code, out, err = shop.send()
    assert (code, err) == (0, "")
    assert "sent      board: mail ana@shop.example\nsent      board: mail bo@shop.example\n" in out
    assert out.count("the report goes without pictures and PDF: ") == 1
    assert [(sender, to) for sender, to, _ in mailbox.mails] == [(FROM["from"], [ANA]), (FROM["from"], [BO])]
    assert [mail["To"] for mail in mails(mailbox)] == [ANA, BO]
    assert len({mail["Message-ID"] for mail in mails(mailbox)}) == 1
    assert {mail["Subject"] for mail in mails(mailbox)} == {"Customer journeys, 4–10 January 2021"}


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_report_goes_over_a_secured_line_with_a_login(shop, serve, trusted, no_driver, security):
    shop.monkeypatch.setenv("SOJOURN_SMTP_PASSWORD", SECRET)
    mailbox, server = serve(security, has_login=True)
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | server | {"smtp_user": "sojourn"})
    assert shop.send()[0] == 0
    assert (mailbox.logins, mailbox.is_secure, len(mailbox.mails)) == ([("sojourn", SECRET)], [True], 1)


def test_the_report_of_a_period_is_sent_once_whatever_is_run_again(shop, serve, webhook, no_driver):
    mailbox, server = serve()
    board = {"email_to": [ANA], "webhook_url": webhook.address, "folder": "out"}
    shop.choose({"board": board}, mail=FROM | server)
    for command in (["send"], ["send"], ["run"], ["run", "--language", "da"]):
        assert shop.call(*command)[0] == 0
    assert (len(mailbox.mails), len(webhook.posts)) == (1, 1)
    assert "2021-W02 ends on 2021-01-17" in shop.send()[1]
    assert shop.send("--again")[0] == 0
    assert (len(mailbox.mails), len(webhook.posts)) == (2, 2)
    assert len({mail["Message-ID"] for mail in mails(mailbox)}) == 1


def test_a_rollback_does_not_make_it_forget(shop, serve, no_driver):
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | server)
    assert shop.call("run")[0] == 0
    assert shop.call("rollback")[0] == 0
    assert shop.send()[0] == 0
    assert len(mailbox.mails) == 1


def test_who_is_refused_or_put_off_does_not_keep_others_from_theirs_and_is_tried_again(shop, serve, no_driver):
    mailbox, server = serve()
    nobody, busy = "unknown@shop.example", "busy@shop.example"
    shop.choose({"board": {"email_to": [nobody, busy, ANA]}}, mail=FROM | server)
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert "board: mail unknown@shop.example: 550 5.1.1 no such mailbox" in err
    assert "board: mail busy@shop.example: 450 4.2.0 greylisted" in err
    assert [to for _, to, _ in mailbox.mails] == [[ANA]]
    shop.choose({"board": {"email_to": ["now-known@shop.example", busy, ANA]}}, mail=FROM | server)
    shop.monkeypatch.setattr(type(mailbox), "handle_RCPT", None)
    assert shop.send()[0] == 0
    assert [to for _, to, _ in mailbox.mails] == [[ANA], ["now-known@shop.example"], [busy]]


class Dying:
    """A mail server that takes part in the conversation up to a word, and then goes away or falls silent."""

    def __init__(self, stack, dies_at, is_slow=False):
        self.dies_at, self.is_slow = dies_at, is_slow
        self.socket = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.mail = {"smtp_host": "127.0.0.1", "smtp_port": self.socket.getsockname()[1], "smtp_security": "none"}
        thread = threading.Thread(target=self.serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(self.socket.close)

    def serve(self):
        line, _ = self.socket.accept()
        with suppress(ConnectionResetError), line, line.makefile("rb") as words:  # a killed client resets the line
            line.sendall(b"220 hello\r\n")
            for word in words:
                if word.startswith(self.dies_at):
                    break
                if word.startswith(b"DATA"):
                    line.sendall(b"354 go on\r\n")
                    if self.read(words):
                        break
                else:
                    line.sendall(b"250 fine\r\n")
            if self.is_slow:
                words.read()

    def read(self, words):
        """Read the mail, or the first lines of it: whether the server dies now."""
        is_half = self.dies_at == b"half"
        return any((is_half and number == 20) or word == b".\r\n" for number, word in enumerate(words))


@pytest.mark.parametrize("dies_at", [b"ehlo", b"mail", b"rcpt", b"DATA", b"half"])
def test_a_server_that_dies_before_it_has_the_mail_gets_it_again(shop, serve, servers, no_driver, dies_at):
    shop.choose({"board": {"email_to": [ANA, BO]}}, mail=FROM | Dying(servers, dies_at).mail)
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert shop.states()["board", f"mail {ANA}"] == "failed"
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA, BO]}}, mail=FROM | server)
    assert shop.send()[0] == 0
    assert [to for _, to, _ in mailbox.mails] == [[ANA], [BO]]


def test_a_server_that_dies_with_the_whole_mail_leaves_it_unsure_and_gets_it_only_when_told_to(
    shop, serve, servers, no_driver
):
    shop.choose({"board": {"email_to": [ANA, BO]}}, mail=FROM | Dying(servers, b"end").mail)
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert "before it said whether it took it" in err
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA, BO]}}, mail=FROM | server)
    code, out, _ = shop.send()
    assert code == 0
    assert f"unsure whether {WEEK} arrived by mail {ANA} (the server went away" in out
    assert "`sojourn send --audience board --again` sends it anew" in out
    assert [to for _, to, _ in mailbox.mails] == [[BO]]
    assert shop.send("--audience", "board", "--again")[0] == 0
    assert [to for _, to, _ in mailbox.mails] == [[BO], [ANA], [BO]]
    assert "unsure" not in shop.send()[1]


@pytest.mark.parametrize("dies_at", [b"ehlo", b"rcpt"])
def test_a_slow_server_is_not_waited_for_long_and_the_next_night_sends(shop, serve, servers, no_driver, dies_at):
    shop.monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | Dying(servers, dies_at, is_slow=True).mail)
    code, _, err = shop.send()
    assert code == FAILURE
    assert "timed out" in err
    assert re.search(rf"{WEEK} waits for mail {ANA} \([^)]*timed out\)", shop.call("status")[1])
    shop.monkeypatch.setattr(smtp, "TIMEOUT", 30)
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | server)
    assert shop.call("run")[0] == 0
    assert len(mailbox.mails) == 1


def test_a_process_that_is_killed_while_it_sends_leaves_it_unsure(shop, serve, servers, no_driver):
    silent = Dying(servers, b"end", is_slow=True)
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | silent.mail)
    command = [sys.executable, "-c", "from pipelines.cli.app import main; main()", "send"]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL) as run:
        while not (shop.folder / LEDGER).exists():
            assert run.poll() is None
            time.sleep(0.02)
        told = shop.call("status")[1]
        run.send_signal(signal.SIGKILL)
    assert "unsure" not in told
    assert f"unsure whether {WEEK} arrived by mail {ANA}" in shop.call("status")[1]
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | server)
    assert shop.send()[0] == 0
    assert mailbox.mails == []


def test_two_at_once_send_once(shop, serve):
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | server)
    command = [sys.executable, "-c", "from pipelines.cli.app import main; main()", "send"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [run.wait(timeout=120) for run in both] == [0, 0]
    assert len(mailbox.mails) == 1


# Webhook and folder


def test_a_webhook_gets_the_answer_and_the_link(shop, webhook, no_driver):
    link = "https://reports.shop.example/{audience}/{period}/funnel.html"
    shop.choose({"board": {"webhook_url": webhook.address, "page_link": link}})
    assert shop.send()[0] == 0
    [(_, post)] = webhook.posts
    assert set(post) == {"text"}
    assert post["text"].startswith("Customer journeys, 4–10 January 2021\n\n21\xa0% of journeys end in a purchase")
    assert post["text"].endswith(f"The whole report: https://reports.shop.example/board/{WEEK}/funnel.html")


def test_a_webhook_that_refuses_is_tried_again_and_its_address_told_nowhere(shop, webhook, no_driver):
    shop.choose({"board": {"webhook_url": webhook.address}})
    webhook.status = 500
    code, out, err = shop.send()
    assert code == FAILURE
    assert "board: webhook: HTTP Error 500" in err
    webhook.status = 200
    assert shop.send()[0] == 0
    assert shop.send()[0] == 0
    assert len(webhook.posts) == 2
    assert "secret" not in out + err + (shop.folder / LEDGER).read_text()


def contents(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@needs_chromium
def test_a_folder_gets_all_files_and_the_page_is_the_one_that_is_rendered(shop):
    shop.choose({"board": {"folder": "out"}})
    assert shop.send()[0] == 0
    place = shop.folder / "out" / "board" / WEEK
    assert {file.name for file in place.iterdir()} == {"funnel.html", "funnel.pdf", "figures", "tables"}
    report = read_report(shop.settings, Reader("en"))
    assert {file.stem for file in (place / "figures").iterdir()} == set(report.figures)
    assert {file.stem for file in (place / "tables").iterdir()} == set(report.tables)
    assert (place / "funnel.html").read_text("utf-8") == report.page
    assert (place / "funnel.html").read_bytes() == (shop.folder / "made" / "reports" / "funnel.html").read_bytes()
    before = contents(place)
    (place / "left over").write_text("from before")
    assert shop.send("--again")[0] == 0
    assert contents(place) == before
    assert [file.name for file in place.parent.iterdir()] == [WEEK]


def test_a_folder_that_cannot_be_written_is_said_and_tried_again(shop, no_driver):
    (shop.folder / "out").write_text("a file, not a folder")
    shop.choose({"board": {"folder": "out"}})
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert f"board: folder: out/board/{WEEK} cannot be written: " in err
    (shop.folder / "out").unlink()
    assert shop.send()[0] == 0
    assert (shop.folder / "out" / "board" / WEEK / "funnel.html").is_file()


# Whose turn it is


def test_a_report_is_in_the_language_and_of_the_segment_of_its_audience(shop, no_driver):
    shop.choose({"mobil": {"folder": "out", "language": "da", "segment": "device_category=mobile"}})
    assert shop.send()[0] == 0
    page = (shop.folder / "out" / "mobil" / WEEK / "funnel.html").read_text("utf-8")
    assert '<html lang="da">' in page
    assert "Kunderejser, 1.–10.\xa0januar 2021 · mobil" in page
    assert load_lifecycle("six-phases").phases[0].title_in("da") in page
    assert '<dd class="value">70</dd><dd>0 med køb</dd>' in page
    assert '<html lang="en">' in (shop.folder / "made" / "reports" / "funnel.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("device_category=mobil", "no journey has device_category 'mobil'; did you mean 'mobile'?"),
        ("device=mobile", "journeys are not cut by 'device'"),
    ],
)
def test_a_segment_that_no_journey_has_is_said_and_the_other_audiences_have_theirs(shop, no_driver, segment, words):
    shop.choose({"wrong": {"folder": "out", "segment": segment}, "board": {"folder": "out"}})
    code, out, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert f"wrong: nothing was sent: {words}" in err
    assert "sent      board: folder" in out
    assert words in shop.call("status")[1]


def test_an_audience_of_another_lifecycle_waits_for_its_own_night(shop, no_driver):
    shop.choose({"norge": {"folder": "out", "lifecycle": "kundereise"}})
    assert shop.send()[0] == 0
    assert not (shop.folder / "out").exists()
    assert "norge: the night with lifecycle kundereise serves them" in shop.call("status")[1]
    other = ["--lifecycle", "kundereise", "--database", "made/norge.duckdb", "--reports", "made/norge"]
    assert shop.call("run", *other)[0] == 0
    assert "with the lifecycle kundereise" in (shop.folder / "out" / "norge" / WEEK / "funnel.html").read_text("utf-8")


def periods(shop):
    turns = read_turns(shop.settings, Ledger(shop.settings))
    return {turn.name: turn.period.name if turn.period else turn.why_not for turn in turns}


def test_a_turn_comes_when_a_whole_period_is_loaded(shop, no_driver):
    rhythms = {rhythm: {"folder": "out", "rhythm": rhythm} for rhythm in ("daily", "weekly", "monthly")}
    shop.choose(rhythms)
    assert periods(shop) == {
        "daily": "2021-01-10", "weekly": WEEK, "monthly": "2020-12 is not loaded whole: the first day is 2021-01-01"
    }  # fmt: skip
    (shop.folder / "exports" / "events_20210110.parquet").unlink()
    shop.monkeypatch.setenv("SOJOURN_VANISHED_DAYS", "drop")
    assert shop.call("run")[0] == 0
    assert periods(shop)["daily"] == "2021-01-09"
    assert periods(shop)["weekly"] == "2020-W53 is not loaded whole: the first day is 2021-01-01"


def test_a_day_of_which_there_is_only_an_intraday_table_is_not_over(shop):
    shop.choose({"board": {"folder": "out"}})
    last = shop.folder / "exports" / "events_20210110.parquet"
    last.rename(last.with_name("events_intraday_20210110.parquet"))
    assert shop.call("run")[0] == 0
    assert periods(shop) == {"board": "2020-W53 is not loaded whole: the first day is 2021-01-01"}


# Nights


def test_nothing_is_sent_when_a_check_blocks_and_who_is_alerted_is_told(shop, serve, webhook, no_driver):
    mailbox, server = serve()
    audiences = {"board": {"email_to": [ANA], "folder": "out"}, "growth": {"folder": "out"}}
    shop.choose(audiences, mail=FROM | server, alerts={"webhook_url": webhook.address})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.checks.contract_breaches", lambda _, table: [f"3 rows of {table.name} amiss"])
        assert shop.call("run")[0] == FAILURE
    assert mailbox.mails == []
    assert not (shop.folder / "out").exists()
    assert not (shop.folder / LEDGER).exists()
    [(_, post)] = webhook.posts
    assert "events: contract: 3 rows of events amiss" in post["text"]
    assert "no report was sent; the audiences are board, growth" in post["text"]
    assert shop.call("run")[0] == 0
    assert len(mailbox.mails) == 1


def test_a_night_that_cannot_send_is_a_good_night_whose_check_warns(shop, serve, webhook, no_driver):
    _, server = serve()
    audiences = {"board": {"email_to": ["unknown@shop.example"]}}
    shop.choose(audiences, mail=FROM | server, alerts={"webhook_url": webhook.address})
    code, out, _ = shop.call("run")
    assert code == 0
    assert "look at   delivered: reaches_everybody: the report did not get to everybody: board: " in out
    assert "delivered: reaches_everybody: " in webhook.posts[0][1]["text"]


def test_dagster_tries_again_where_a_server_is_down(shop, serve, no_driver):
    down = {"smtp_host": "127.0.0.1", "smtp_port": free_port(), "smtp_security": "none"}
    shop.choose({"board": {"email_to": [ANA]}}, mail=FROM | down)
    settings = shop.settings.model_copy(update={"retries": 1, "retry_wait": shop.settings.retry_wait / 100})
    resources = {"settings": settings, "progress": Progress()}
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([delivered], instance=instance, resources=resources)
    assert result.success
    retries = [event for event in result.all_events if event.event_type == dg.DagsterEventType.STEP_UP_FOR_RETRY]
    assert [event.step_retry_data.seconds_to_wait for event in retries] == [0.3]
    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert "Connection refused" in check.description


# What is said


def test_a_dry_run_tells_all_and_does_nothing(shop, serve, webhook, no_driver):
    mailbox, server = serve()
    shop.choose(
        {
            "board": {"email_to": [ANA, BO], "webhook_url": webhook.address, "folder": "out"},
            "norge": {"folder": "out", "lifecycle": "kundereise"},
            "small": {"email_to": [ANA], "attach_up_to": "1MB"},
            "linked": {"email_to": [ANA], "attach_up_to": "1MB", "page_link": "https://shop.example/{period}"},
        },
        mail=FROM | server,
    )
    before = shop.files()
    code, out, err = shop.send("--dry-run")
    assert (code, err) == (0, "")
    assert shop.files() == before
    assert (mailbox.mails, webhook.posts) == ([], [])
    for words in (
        f"board: {WEEK} waits for mail {ANA}, mail {BO}, webhook, folder",
        "subject Customer journeys, 4–10 January 2021",
        f"mail    to {ANA}, {BO}: ",
        "attached funnel.html (",
        f"folder  out/board/{WEEK}: funnel.html (",
        "norge: the night with lifecycle kundereise serves them",
        "cannot be sent: page and PDF are ",
        f"linked https://shop.example/{WEEK}",
    ):
        assert words in out
    assert "secret" not in out


def test_a_page_that_is_too_large_and_has_no_link_is_said(shop, serve, no_driver):
    mailbox, server = serve()
    shop.choose({"board": {"email_to": [ANA], "attach_up_to": "1MB", "folder": "out"}}, mail=FROM | server)
    code, out, err = shop.send()
    assert code == FAILURE
    assert "more than attach_up_to (1 MB), and there is no page_link" in err
    assert "sent      board: folder" in out
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("audiences", "words", "said"),
    [
        ({}, [], "no audience is set"),
        ({"board": {"folder": "out"}}, ["--audience", "bord"], "there is no audience 'bord'; there is board"),
    ],
)
def test_an_audience_that_there_is_not_is_one_line(shop, audiences, words, said):
    shop.choose(audiences)
    code, _, err = shop.send(*words)
    assert (code, err.count("\n")) == (MISTAKE, 1)
    assert said in err


def test_before_the_first_night_there_is_nothing_to_send(shop):
    (shop.folder / "made" / "sojourn.duckdb").unlink()
    shop.choose({"board": {"folder": "out"}})
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert "nothing is published at made/sojourn.duckdb yet: `sojourn run EXPORTS` loads exports" in err


def test_the_status_tells_what_was_sent_when_and_what_comes_next(shop, no_driver):
    shop.choose({"board": {"folder": "out"}})
    assert f"board: {WEEK} waits for folder" in shop.call("status")[1]
    assert shop.send()[0] == 0
    told = shop.call("status")[1]
    assert f"reports       board: {WEEK} was sent 20" in told
    assert "by folder; 2021-W02 ends on 2021-01-17" in told


def test_a_line_of_the_ledger_that_was_cut_off_counts_as_not_written(shop, no_driver):
    shop.choose({"board": {"folder": "out"}, "growth": {"folder": "out"}})
    ledger = shop.folder / LEDGER
    ledger.write_text('{"at": "2021-01-11T04:00:00Z", "audience": "board", "per')
    assert shop.send()[0] == 0
    lines = ledger.read_text().splitlines()
    assert len(lines) == 5
    assert [json.loads(line)["state"] for line in lines[1:]] == ["begun", "sent"] * 2


def test_a_ledger_that_cannot_be_written_keeps_the_report_from_going(shop, webhook, no_driver):
    shop.choose({"board": {"webhook_url": webhook.address}})
    (shop.folder / LEDGER).mkdir()
    code, _, err = shop.send()
    assert (code, err.count("\n")) == (FAILURE, 1)
    assert "sojourn.sent.jsonl cannot be read" in err
    assert webhook.posts == []
