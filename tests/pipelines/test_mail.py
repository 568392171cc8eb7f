"""The mail that a report is, sent by a real server and read back part by part."""

import io
import re
import struct
from html.parser import HTMLParser

import pytest
from pypdf import PdfReader

from pipelines.report.rendering import Reader, read_report
from tests.pipelines.test_page import needs_chromium
from tests.reports_by_hand import read_mail

FROM = "sojourn@shop.example"


class Seen(HTMLParser):
    """The addresses that a mail loads from, and the words that it shows."""

    def __init__(self, page):
        super().__init__()
        self.sources, self.links, self.words = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.sources += [values[name] for name in ("src", "background", "srcset") if name in values]
        self.links += [values["href"]] if "href" in values else []

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture
def mail(shop, serve):
    """Send the report to one audience, as its settings say, and read the mail."""

    def mail(**choices):
        mailbox, server = serve()
        shop.choose({"board": {"email_to": ["ana@shop.example"]} | choices}, mail={"from": FROM} | server)
        assert shop.send()[0] == 0
        [(_, _, content)] = mailbox.mails
        assert content.isascii()
        assert max(map(len, content.splitlines())) <= 998
        return read_mail(content)

    return mail


def part(mail, kind):
    return mail.get_body((kind,)).get_content()


def attached(mail):
    return {file.get_filename(): file.get_payload(decode=True) for file in mail.iter_attachments()}


@needs_chromium
def test_a_mail_has_the_answer_its_pictures_and_the_whole_report(mail, shop):
    sent, report = mail(), read_report(shop.settings, Reader("en"))
    assert sent["Subject"] == "Customer journeys, 4–10 January 2021"
    assert (sent["From"], sent["To"], sent["Auto-Submitted"]) == (FROM, "ana@shop.example", "auto-generated")
    assert re.fullmatch(r"<[0-9a-f]{24}\.2021-W01@shop\.example>", sent["Message-ID"])
    html = Seen(part(sent, "html"))
    shown = " ".join(" ".join(html.words).replace("\u2060", "").split())
    for told in (report.title, *report.answer):
        assert " ".join(told.split()) in shown
        assert told.replace("\xa0", " ") in part(sent, "plain")
    assert [title in shown for title in report.figure_titles.values()] == [True] * 3 + [False] * 10
    for figure in report.key_figures:
        assert f"{figure.name}: {figure.value} ({figure.aside})".replace("\xa0", " ") in part(sent, "plain")
    files = attached(sent)
    assert list(files) == ["funnel.html", "funnel.pdf"]
    assert files["funnel.html"].decode() == report.page
    assert files["funnel.pdf"].startswith(b"%PDF")
    assert "140 reached" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(files["funnel.pdf"])).pages)


@needs_chromium
def test_every_picture_is_a_part_of_the_mail_and_nothing_is_loaded_from_elsewhere(mail):
    sent = mail()
    html = Seen(part(sent, "html"))
    inline = {one["Content-ID"][1:-1]: one for one in sent.walk() if one["Content-ID"]}
    assert html.sources == [f"cid:{name}" for name in inline]
    assert list(inline) == [f"{name}@shop.example" for name in ("funnel", "levers", "changes")]
    for one in inline.values():
        png = one.get_payload(decode=True)
        assert (one.get_content_type(), one.get_content_disposition()) == ("image/png", "inline")
        assert png.startswith(b"\x89PNG\r\n")
        assert struct.unpack(">I", png[16:20]) == (960,)
    assert html.links == []
    assert "http" not in part(sent, "html")


def test_without_a_browser_a_mail_has_no_pictures_and_the_page_alone(mail, no_driver):
    sent = mail()
    assert list(attached(sent)) == ["funnel.html"]
    assert Seen(part(sent, "html")).sources == []
    assert "The whole report is attached, as a page for the browser." in part(sent, "plain")


def test_a_page_that_is_too_large_is_linked(mail, no_driver):
    sent = mail(attach_up_to="1MB", page_link="https://shop.example/{audience}/{period}?a=1&b=2")
    assert attached(sent) == {}
    link = "https://shop.example/board/2021-W01?a=1&b=2"
    assert Seen(part(sent, "html")).links == [link]
    assert f"The whole report: {link}" in part(sent, "plain")
    assert "attached" not in part(sent, "plain")


def test_a_mail_speaks_the_language_of_its_audience(mail, no_driver):
    sent = mail(language="sv", rhythm="daily", segment="device_category=mobile")
    assert sent["Subject"] == "Kundresor, 10 januari 2021 (mobil)"
    assert sent["Content-Language"] == "sv"
    assert "Sojourn skickar rapporten till ”board” varje dag." in part(sent, "plain")
    assert '<html lang="sv">' in part(sent, "html")
    assert '<html lang="sv">' in attached(sent)["funnel.html"].decode()


EVIL = "<script>x</script>\r\nBcc: eve@evil.example"


def test_a_segment_and_titles_of_strangers_do_nothing_in_a_mail(shop, serve, no_driver):
    mailbox, server = serve()
    persona = "<img src=http://evil.example/x.png>"
    with shop.toml.open("a") as file:
        file.write(f'\n[personas]\n"{persona}" = "device_category = \'mobile\'"\n')
    shop.base = shop.toml.read_text()
    evil = shop.folder / "evil.yaml"
    evil.write_text(
        "name: evil\nconversion: purchase\nphases:\n"
        '  - {key: look, stage: before, title: "<script>alert(1)</script>"}\n  - {key: buy, stage: during}\n'
        "touchpoints:\n  - {key: purchase, phase: buy, scope: event, when: event_name = 'purchase'}\n"
        "  - {key: view, phase: look, scope: event, when: event_name = 'view_item'}\n"
    )
    audience = {"email_to": ["ana@shop.example"], "segment": f"persona={persona}"}
    shop.choose({"board": audience}, mail={"from": FROM} | server)
    assert shop.call("run", "--lifecycle", "evil.yaml")[0] == 0
    [(_, to, content)] = mailbox.mails
    sent = read_mail(content)
    assert to == ["ana@shop.example"]
    assert sent["Subject"] == f"Customer journeys, 4–10 January 2021 ({persona})"
    html = part(sent, "html")
    assert Seen(html).sources == []
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
