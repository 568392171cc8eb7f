"""Telling somebody that a night or a check failed: by mail and by webhook, whatever the settings name."""

import json
import os
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import partial
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import dagster as dg

from models.errors import SojournError
from models.settings import SMTP_PASSWORD, Alerts, Settings
from pipelines.cli.records import told

TIMEOUT = 10.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}
Send = Callable[[str, str], list[str]]


class PasswordError(SojournError):
    """A mail server that wants a password, where none is set."""


def tell_of_run(
    settings: Settings, failure: SojournError | None, checks: Iterable[dg.AssetCheckEvaluation]
) -> list[str]:
    """Tell of a run that failed, or that a check of it did; of a run where all is well nobody is told.

    Args:
        settings: `alerts` says who is told.
        failure: what the run failed of.
        checks: what the checks of the run found.

    Returns:
        one line for each way that did not work, as `tell` does.
    """
    odd = sorted(told(check) for check in checks if not check.passed and check.severity == dg.AssetCheckSeverity.WARN)
    if failure is not None:
        return tell(settings, "Sojourn: the night failed", [str(failure), *odd])
    if odd:
        return tell(settings, f"Sojourn: {len(odd)} {'check' if len(odd) == 1 else 'checks'} failed", odd)
    return []


def tell(settings: Settings, subject: str, lines: Iterable[str]) -> list[str]:
    """Tell whom the settings name: a mail to all of them, and a webhook; nobody, where they name none.

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
    for way, send in _ways(settings.alerts):
        try:
            faults += send(subject, body)
        except (PasswordError, OSError, HTTPException, ValueError) as error:
            faults.append(f"nobody was told by {way}: {_reason(error)}")
    return faults


def _ways(alerts: Alerts) -> Iterator[tuple[str, Send]]:
    if alerts.email_to:
        yield "mail", partial(_mail, alerts)
    if alerts.webhook_url:
        yield "webhook", partial(_post, alerts.webhook_url)


def _mail(alerts: Alerts, subject: str, body: str) -> list[str]:
    """Send one mail to all: whom of them the server refuses is named, the others have it."""
    sender = alerts.email_from or ""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(alerts.email_to), subject
    message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain=sender.partition("@")[2])
    message.set_content(body)
    context = ssl.create_default_context()
    connect = partial(smtplib.SMTP_SSL, context=context) if alerts.smtp_security == "tls" else smtplib.SMTP
    port = alerts.smtp_port or PORTS[alerts.smtp_security]
    with connect(alerts.smtp_host or "", port, timeout=TIMEOUT) as server:
        if alerts.smtp_security == "starttls":
            server.starttls(context=context)
        if alerts.smtp_user:
            server.login(alerts.smtp_user, _password())
        refused = server.send_message(message)
    return [f"not all were told by mail: {_refusal(refused)}"] if refused else []


def _password() -> str:
    try:
        return os.environ[SMTP_PASSWORD]
    except KeyError:
        raise PasswordError(f"smtp_user is set, but the variable {SMTP_PASSWORD} is not") from None


def _post(url: str, subject: str, body: str) -> list[str]:
    text = json.dumps({"text": f"{subject}\n{body}"}).encode()
    with urlopen(Request(url, text, {"Content-Type": "application/json"}), timeout=TIMEOUT):
        return []


def _reason(error: Exception) -> str:
    """What went wrong, in one line without the address of a webhook, which is a secret."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusal(error.recipients)
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason)
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _refusal(refused: Mapping[str, tuple[int, bytes | str]]) -> str:
    return "; ".join(f"{who} was refused: {_answer(*answer)}" for who, answer in refused.items())


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"
