"""Handing mails to the server of the settings, one at a time, so that it is known who has theirs.

Whether a mail was taken is known but for one moment: when all of it is handed over and the answer is not there yet. A
connection that ends then leaves it unsure, and only then.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial

from models.errors import SojournError
from models.recipients import Mail
from models.settings import SMTP_PASSWORD
from pipelines.hiding import smtp_password

TIMEOUT = 30.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}
POLICY = SMTP.clone(cte_type="7bit")
GO_ON, GOOD, LATER = 354, 2, 4


class MailError(SojournError):
    """A mail that the server did not take: it is certain that nobody has it."""


class RefusedError(MailError):
    """A recipient, or a mail to them, that the server refuses for good; other recipients may have theirs."""


class DeferredError(MailError):
    """A recipient, or a mail to them, that the server does not take now, but perhaps later."""

    is_transient = True


class ServerError(MailError):
    """A mail server that cannot be reached, lets nobody in, or goes away."""

    is_transient = True


class UnsureError(SojournError):
    """A message that was handed over whole, and of which nobody said whether it was taken."""


@contextmanager
def open_server(mail: Mail) -> Iterator[smtplib.SMTP]:
    """Connect to the mail server, secure the line and log in, as the settings say.

    Raises:
        ServerError: if that cannot be done; the password is never part of the message.
    """
    with _naming():
        server = _connect(mail)
    try:
        yield server
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
        server.close()


def send(server: smtplib.SMTP, message: EmailMessage, recipient: str) -> None:
    """Hand one message over to one recipient.

    Args:
        server: as open_server gives it.
        message: with its headers.
        recipient: a mail address.

    Raises:
        RefusedError: if the server does not take it for this recipient.
        DeferredError: if the server does not take it now.
        ServerError: if the server goes away before it has the whole message.
        UnsureError: if it goes away with the whole message.
    """
    content = message.as_bytes(policy=POLICY).replace(b"\n.", b"\n..")
    with _naming():
        server.ehlo_or_helo_if_needed()
        _accepted(server.mail(message["From"]), server)
        _accepted(server.rcpt(recipient), server)
        _accepted(server.docmd("DATA"), server, GO_ON)
        server.send(content + b".\r\n")
    try:
        answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        raise UnsureError(
            f"the server went away with the mail before it said whether it took it: {_line(error)}"
        ) from None
    _accepted(answer, server)


def _connect(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    connect = partial(smtplib.SMTP_SSL, context=context) if mail.smtp_security == "tls" else smtplib.SMTP
    server = connect(mail.smtp_host or "", mail.smtp_port or PORTS[mail.smtp_security], timeout=TIMEOUT)
    is_ready = False
    try:
        if mail.smtp_security == "starttls":
            server.starttls(context=context)
        if mail.smtp_user:
            _log_in(server, mail.smtp_user.get_secret_value())
        is_ready = True
    finally:
        if not is_ready:
            server.close()
    return server


def _log_in(server: smtplib.SMTP, user: str) -> None:
    password = smtp_password()
    if password is None:
        raise ServerError(f"smtp_user is set, but the variable {SMTP_PASSWORD} is not")
    if not (user + password).isascii():
        raise ServerError(f"smtp_user or {SMTP_PASSWORD} has signs that are no ASCII, which no login by SMTP takes")
    server.login(user, password)


def _accepted(answer: tuple[int, bytes], server: smtplib.SMTP, wanted: int | None = None) -> None:
    """Go on only if the server agrees; else it forgets what it was told of this mail."""
    code, text = answer
    if code == wanted or (wanted is None and code // 100 == GOOD):
        return
    with suppress(OSError, smtplib.SMTPException):
        server.rset()
    raise (DeferredError if code // 100 == LATER else RefusedError)(_answer(code, text))


@contextmanager
def _naming() -> Iterator[None]:
    """Say what went wrong with the server in one line."""
    try:
        yield
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise ServerError(_line(error)) from None


def _line(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _answer(code: int, text: bytes | str) -> str:
    """What a server answered, in one line that does nothing in a terminal."""
    words = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(''.join(sign if sign.isprintable() else ' ' for sign in words).split())}"
