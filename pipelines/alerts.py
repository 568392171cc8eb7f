"""Telling somebody that a night or a check failed: by mail and by webhook, whatever the settings name."""

import socket
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from smtplib import SMTP

from models.errors import SojournError
from models.settings import Settings
from pipelines.attempts import LOG, Log, attempt
from pipelines.hiding import hide
from pipelines.mailing.smtp import open_server, send
from pipelines.webhooks import post


def tell_of_run(
    settings: Settings, failure: SojournError | None, odd: Sequence[str], log: Log = LOG.error
) -> list[str]:
    """Tell of a run that failed, or that a check of it did; of a run where all is well nobody is told.

    Args:
        settings: `alerts` says who is told.
        failure: what the run failed of.
        odd: what checks of the run warned of, a line each.
        log: is given the traceback of a defect.

    Returns:
        one line for each way that did not work, as `tell` does.
    """
    if failure is not None:
        return tell(settings, "Sojourn: the night failed", [str(failure), *_unsent(settings), *odd], log)
    if odd:
        return tell(settings, f"Sojourn: {len(odd)} {'check' if len(odd) == 1 else 'checks'} failed", odd, log)
    return []


def _unsent(settings: Settings) -> list[str]:
    """Reports go out when all else of a run went well: who gets none of this one."""
    names = ", ".join(settings.served)
    return [f"no report was sent; the audiences are {names}"] if names else []


def tell(settings: Settings, subject: str, lines: Iterable[str], log: Log = LOG.error) -> list[str]:
    """Tell whom the settings name: a mail to each of them, and a webhook; nobody, where they name none.

    Nothing is raised for a way that does not work, foreseen or not: what a run came to does not depend on who hears of
    it, and the other ways are tried.

    Args:
        settings: `alerts` is used; the password of the mail server is the variable SOJOURN_SMTP_PASSWORD.
        subject: what happened, in a line.
        lines: what there is to say about it; where it happened is added.
        log: is given the traceback of a defect.

    Returns:
        one line for each way that did not work, for the log.
    """
    body = "\n".join([*lines, "", f"{settings.database.absolute()} on {socket.gethostname()}"])
    body = body.encode(errors="backslashreplace").decode()  # a name of a file need not be text

    def hidden(told: str) -> None:
        log(hide(told, settings))

    faults = [*_mail(settings, subject, body, hidden), *_post(settings, f"{subject}\n{body}", hidden)]
    return [hide(" ".join(fault.split()), settings) for fault in faults]


def _mail(settings: Settings, subject: str, body: str, log: Log) -> list[str]:
    """Send a mail to each: who of them does not get it is named, the others have it."""
    everybody = settings.alerts.email_to
    if not everybody:
        return []
    with ExitStack() as stack:
        server = attempt(lambda: stack.enter_context(open_server(settings.mail)), log)
        if isinstance(server, SojournError):
            return [f"nobody was told by mail: {server}"]
        tried = {who: attempt(partial(_mail_to, who, settings, server, subject, body), log) for who in everybody}
    faults = [f"{who}: {fault}" for who, fault in tried.items() if isinstance(fault, SojournError)]
    if not faults:
        return []
    who = "nobody was" if len(faults) == len(tried) else "not all were"
    return [f"{who} told by mail: {'; '.join(faults)}"]


def _mail_to(recipient: str, settings: Settings, server: SMTP, subject: str, body: str) -> None:
    message, sender = EmailMessage(), settings.mail.sender or ""
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.partition("@")[2])
    message.set_content(body, cte="quoted-printable")
    send(server, message, recipient)


def _post(settings: Settings, text: str, log: Log) -> list[str]:
    url = settings.alerts.webhook_url
    if url is None:
        return []
    fault = attempt(partial(post, url.get_secret_value(), text), log)
    return [f"nobody was told by webhook: {fault}"] if isinstance(fault, SojournError) else []
