"""Telling somebody that a night or a check failed: by mail and by webhook, whatever the settings name."""

import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial

from models.errors import SojournError
from models.settings import Settings
from pipelines.mailing.smtp import MailError, ServerError, UnsureError, open_server, send
from pipelines.webhooks import WebhookError, post

Send = Callable[[str, str], list[str]]


def tell_of_run(settings: Settings, failure: SojournError | None, odd: Sequence[str]) -> list[str]:
    """Tell of a run that failed, or that a check of it did; of a run where all is well nobody is told.

    Args:
        settings: `alerts` says who is told.
        failure: what the run failed of.
        odd: what checks of the run warned of, a line each.

    Returns:
        one line for each way that did not work, as `tell` does.
    """
    if failure is not None:
        return tell(settings, "Sojourn: the night failed", [str(failure), *_unsent(settings), *odd])
    if odd:
        return tell(settings, f"Sojourn: {len(odd)} {'check' if len(odd) == 1 else 'checks'} failed", odd)
    return []


def _unsent(settings: Settings) -> list[str]:
    """Reports go out when all else of a run went well: who gets none of this one."""
    names = ", ".join(settings.served)
    return [f"no report was sent; the audiences are {names}"] if names else []


def tell(settings: Settings, subject: str, lines: Iterable[str]) -> list[str]:
    """Tell whom the settings name: a mail to each of them, and a webhook; nobody, where they name none.

    Nothing is raised for a server that is down or refuses: what a run came to does not depend on who hears of it.

    Args:
        settings: `alerts` is used; the password of the mail server is the variable SOJOURN_SMTP_PASSWORD.
        subject: what happened, in a line.
        lines: what there is to say about it; where it happened is added.

    Returns:
        one line for each way that did not work, for the log.
    """
    body = "\n".join([*lines, "", f"{settings.database.absolute()} on {socket.gethostname()}"])
    faults = []
    for way, send_by in _ways(settings):
        try:
            faults += send_by(subject, body)
        except (ServerError, WebhookError, UnsureError) as error:
            faults.append(f"nobody was told by {way}: {error}")
    return faults


def _ways(settings: Settings) -> Iterator[tuple[str, Send]]:
    if settings.alerts.email_to:
        yield "mail", partial(_mail, settings)
    if settings.alerts.webhook_url:
        yield "webhook", partial(_post, settings.alerts.webhook_url)


def _mail(settings: Settings, subject: str, body: str) -> list[str]:
    """Send a mail to each: who of them does not get it is named, the others have it."""
    everybody, sender = settings.alerts.email_to, settings.mail.sender or ""
    faults = []
    with open_server(settings.mail) as server:
        for recipient in everybody:
            message = EmailMessage()
            message["From"], message["To"], message["Subject"] = sender, recipient, subject
            message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.partition("@")[2])
            message.set_content(body, cte="quoted-printable")
            try:
                send(server, message, recipient)
            except (MailError, UnsureError) as error:
                faults.append(f"{recipient}: {error}")
    if not faults:
        return []
    who = "nobody was" if len(faults) == len(everybody) else "not all were"
    return [f"{who} told by mail: {'; '.join(faults)}"]


def _post(url: str, subject: str, body: str) -> list[str]:
    post(url, f"{subject}\n{body}")
    return []
