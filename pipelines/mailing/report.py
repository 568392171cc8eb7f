"""The mail that a report is: the answer first, as text and as HTML with its pictures, and the whole of it attached."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import cast

from models.periods import Period
from pipelines.places import PAGE, PDF
from pipelines.report.files import files_of
from pipelines.report.pictures import Pictures
from pipelines.report.rendering import Report
from pipelines.templates import template
from transforms.figures.look import LIGHT
from transforms.wording import NBSP, Words

HERE = Path(__file__).parent
INLINE = 3
"""So many figures, the first of the page, stand in the mail itself."""


@dataclass(frozen=True)
class Edition:
    """A report as one audience gets it for one period.

    Args:
        report: what it says.
        pictures: of its figures, and its PDF; None where they cannot be drawn.
        audience: its name.
        period: that is over.
        segment: whose journeys it tells of, as a name; empty for all.
        link: where the page can be read; None where it cannot.
        words: the language of the reader.
    """

    report: Report
    pictures: Pictures | None
    audience: str
    period: Period
    segment: str
    link: str | None
    words: Words

    @cached_property
    def files(self) -> dict[str, bytes]:
        """All files of it by name, the page last."""
        return files_of(self.report, self.pictures)

    @property
    def inline(self) -> dict[str, bytes]:
        """The pictures that stand in the mail, by name of the figure."""
        return dict(islice(self.pictures.pngs.items(), INLINE)) if self.pictures else {}

    @property
    def attachments(self) -> dict[str, bytes]:
        """The files that a mail carries where they are not too large for it: the page, and the PDF."""
        return {name: self.files[name] for name in (PAGE, PDF) if name in self.files}

    @property
    def subject(self) -> str:
        """What the report is called in a list of mails."""
        period = self.words.period(self.period.first, self.period.last)
        if not self.segment:
            return _line(self.words.say("mail_subject", period=period))
        return _line(self.words.say("mail_subject_segment", period=period, segment=self.segment))

    @property
    def text(self) -> str:
        """The answer and the link, as a chat shows them."""
        link = [self.words.say("mail_link", link=self.link)] if self.link else []
        return "\n\n".join([self.subject, " ".join(self.report.answer), *link])


def mail_of(edition: Edition, sender: str, recipient: str, database: str, has_attachments: bool) -> EmailMessage:
    """Write the mail to one recipient. It loads nothing from elsewhere: pictures are parts of it.

    Args:
        edition: what it says.
        sender: a mail address.
        recipient: a mail address; no other is told in the mail.
        database: name of the database: with the audience and the period it makes the Message-ID, which is the same
            whenever the mail is sent again.
        has_attachments: whether page and PDF are attached; else they are linked.
    """
    message = EmailMessage()
    domain = sender.partition("@")[2]
    message["From"], message["To"], message["Subject"] = sender, recipient, edition.subject
    message["Date"], message["Message-ID"] = formatdate(), _message_id(edition, database, domain)
    message["Auto-Submitted"] = "auto-generated"
    files = edition.attachments if has_attachments else {}
    message.set_content(mail_text(edition, files), cte="quoted-printable")
    message.add_alternative(mail_html(edition, files, domain), subtype="html", cte="quoted-printable")
    html = cast(EmailMessage, message.get_body(("html",)))
    for name, png in edition.inline.items():
        cid, filename = f"<{name}@{domain}>", f"{name}.png"
        html.add_related(png, "image", "png", cid=cid, filename=filename, disposition="inline")
    for name, content in files.items():
        kind = ("text", "html") if name == PAGE else ("application", "pdf")
        message.add_attachment(content, *kind, filename=name)
    message["Content-Language"] = edition.words.language
    return message


def mail_html(edition: Edition, files: Iterable[str], domain: str) -> str:
    """The mail as HTML for mail programs: tables and inline styles, pictures by the ids of their parts.

    Args:
        edition: what it says.
        files: names of what is attached.
        domain: that the ids of pictures end in.
    """
    return template(HERE / "mail.html.j2").render(
        edition=edition,
        report=edition.report,
        pictures=edition.inline,
        domain=domain,
        closing=_closing(edition, files),
        open_link=edition.words.say("mail_open") if edition.link else "",
        look=LIGHT,
    )


def mail_text(edition: Edition, files: Iterable[str]) -> str:
    """The mail as plain text, for those who read no HTML.

    Args:
        edition: what it says.
        files: names of what is attached.
    """
    report = edition.report
    figures = [f"{figure.name}: {figure.value} ({figure.aside})" for figure in report.key_figures]
    link = [edition.words.say("mail_link", link=edition.link)] if edition.link else []
    answer, rest = report.answer[0], " ".join(report.answer[1:])
    parts = [f"{report.title}\n{report.subtitle}", answer, rest, "\n".join(figures), *link, *_closing(edition, files)]
    return "\n\n".join(part for part in parts if part).replace(NBSP, " ") + "\n"


def _closing(edition: Edition, files: Iterable[str]) -> list[str]:
    """What is attached, and why whoever reads it gets it."""
    attached = {(PAGE,): "mail_attached_page", (PAGE, PDF): "mail_attached"}.get(tuple(files))
    why = edition.words.say(f"mail_{edition.period.rhythm}", audience=edition.audience)
    return [*([edition.words.say(attached)] if attached else []), why]


def _message_id(edition: Edition, database: str, domain: str) -> str:
    told = "\n".join([database, edition.audience, edition.period.name])
    return f"<{hashlib.sha256(told.encode()).hexdigest()[:24]}.{edition.period.name}@{domain}>"


def _line(text: str) -> str:
    """One line of plain spaces: a segment's name comes from outside."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
