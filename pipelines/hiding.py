"""Hiding secrets: what an error quotes of an address or a login is told without it."""

import os
import re
from collections.abc import Iterator

from models.settings import SMTP_PASSWORD, Settings

HIDDEN = "***"
SHORTEST = 6
"""So many signs a part of an address must have to be hidden by itself: shorter ones are common words."""


def hide(text: str, settings: Settings) -> str:
    """Take the secrets of the settings out of a text: addresses of webhooks and their parts, login and password."""
    for secret in sorted(set(_secrets(settings)), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def smtp_password() -> str | None:
    """The password of the mail server, as the variable holds it, without the line break that files end in."""
    return os.environ.get(SMTP_PASSWORD, "").strip() or None


def _secrets(settings: Settings) -> Iterator[str]:
    for webhook in (settings.alerts.webhook_url, *(one.webhook_url for one in settings.audiences.values())):
        if webhook:
            address = webhook.get_secret_value()
            yield from (address, *(part for part in _parts(address) if len(part) >= SHORTEST))
    login = settings.mail.smtp_user and settings.mail.smtp_user.get_secret_value()
    yield from (secret for secret in (login, smtp_password()) if secret and len(secret) >= SHORTEST)


def _parts(address: str) -> Iterator[str]:
    """What an error may quote of an address."""
    rest = address.partition("://")[2]
    yield rest
    yield f"/{rest.partition('/')[2]}"
    yield from re.split(r"[/?&=#@]", rest)
