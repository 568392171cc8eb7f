"""Posting a text to a webhook, as chat tools understand it; its address is a secret and never told."""

import json
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from models.errors import SojournError
from pipelines.mailing.smtp import UnsureError

TIMEOUT = 10.0


class WebhookError(SojournError):
    """A webhook that refuses a text, or cannot be reached: it is certain that nobody has it."""

    is_transient = True


def post(url: str, text: str) -> None:
    """Post a text.

    Raises:
        WebhookError: if the webhook refuses it or cannot be reached.
        UnsureError: if it has the text and does not say whether it took it.
    """
    body = json.dumps({"text": text}).encode()
    try:
        with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=TIMEOUT):
            return
    except HTTPError as error:
        with error:
            raise WebhookError(str(error)) from None
    except URLError as error:
        raise WebhookError(str(error.reason)) from None
    except (OSError, HTTPException) as error:
        raise UnsureError(f"the webhook did not answer: {str(error) or type(error).__name__}") from None
