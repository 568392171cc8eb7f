"""Hiding secrets: what an error quotes of an address or a login is told without it."""

import os
import re
from collections.abc import Iterator

from models.settings import SMTP_PASSWORD, Settings

HIDDEN = "***"
TOKEN = 12
"""So many signs a part of an address must have to be hidden by itself: shorter ones are words, or say little."""


def hide(text: str, settings: Settings) -> str:
    """Take the secrets of the settings out of a text: addresses of webhooks and their parts, login and password.

    A login is hidden where it stands by itself: it may be a word, such as the name of the database.
    """
    for secret in sorted(set(_secrets(settings)), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    login = settings.mail.smtp_user and settings.mail.smtp_user.get_secret_value()
    return re.sub(rf"(?<![\w./-]){re.escape(login)}(?![\w./-])", HIDDEN, text) if login else text


def smtp_password() -> str | None:
    """The password of the mail server, as the variable holds it, without the line break that files end in."""
    return os.environ.get(SMTP_PASSWORD, "").strip() or None


def _secrets(settings: Settings) -> Iterator[str]:
    yield from filter(None, [smtp_password()])
    for webhook in (settings.alerts.webhook_url, *(one.webhook_url for one in settings.audiences.values())):
        if webhook:
            address = webhook.get_secret_value()
            rest = address.partition("://")[2]
            path = rest.partition("/")[2]
            yield from (address, rest, *([f"/{path}"] if path else []))
            yield from (part for part in re.split(r"[/?&=#@]", rest) if len(part) >= TOKEN)
