"""Posting a text to a webhook, as chat tools understand it; its address is a secret and never told.

So nothing is told of it but what went wrong, in words of the system's or of this module: what a library says of an
address often quotes it, and what a server answers may.
"""

import json
import ssl
from concurrent.futures import Future
from http import HTTPStatus
from http.client import HTTPException, InvalidURL, RemoteDisconnected
from threading import Thread
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from models.errors import SojournError
from pipelines.mailing.smtp import UnsureError

TIMEOUT = 10.0
"""Seconds in which a webhook that is silent has to go on."""
LIMIT = 60.0
"""Seconds in which it has to have answered, however slowly it talks."""
REDIRECTS = range(300, 400)


class WebhookError(SojournError):
    """A webhook that refuses a text, or cannot be reached: it is certain that nobody has it."""

    is_transient = True


class WebhookAddressError(WebhookError):
    """A webhook that no text can be posted to: its address is none, or has moved."""

    is_transient = False


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: who holds the address holds the secret, and the place it leads to need not."""

    def http_error_302(self, *_: Any) -> None:
        """Leave the answer to whoever raises for what is no success."""

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302  # type: ignore[assignment]


_OPENER = build_opener(_NoRedirect)


def post(url: str, text: str) -> None:
    """Post a text.

    Raises:
        WebhookAddressError: if no text can be posted to that address, or it redirects.
        WebhookError: if the webhook refuses the text or cannot be reached.
        UnsureError: if it has the text and does not say whether it took it.
    """
    _check_address(url)
    done: Future[None] = Future()
    Thread(target=_settle, args=(done, url, text), daemon=True).start()
    try:
        done.result(LIMIT)
    except TimeoutError:
        raise UnsureError(f"the webhook did not answer within {LIMIT:g} seconds") from None


def _settle(done: "Future[None]", url: str, text: str) -> None:
    """Post in a thread that can be left behind."""
    try:
        _post(url, text)
        done.set_result(None)
    except BaseException as error:  # noqa: BLE001 - whoever waits raises it
        done.set_exception(error)


def _post(url: str, text: str) -> None:
    request = Request(url, json.dumps({"text": text}).encode(), {"Content-Type": "application/json"})
    try:
        with _OPENER.open(request, timeout=TIMEOUT):
            return
    except HTTPError as error:
        with error:
            raise _refusal(error.code) from None
    except URLError as error:
        raise WebhookError(_words(error.reason)) from None
    except (ValueError, InvalidURL):
        raise WebhookAddressError("its address is none that can be posted to") from None
    except (OSError, HTTPException) as error:
        raise UnsureError(f"the webhook did not answer: {_words(error)}") from None


def _check_address(url: str) -> None:
    """See that an address has a host and a port that there can be."""
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:
        host = b""
    if not host or parts.username is not None:
        raise WebhookAddressError("its address is none that can be posted to; look at its host and port")


def _refusal(code: int) -> WebhookError:
    name = f"HTTP Error {code}"
    if code in REDIRECTS:
        return WebhookAddressError(f"{name}: it redirects, which is no delivery; set webhook_url to where it moved")
    known = {status.value: f"{name}: {status.phrase}" for status in HTTPStatus}
    return WebhookError(known.get(code, name))


def _words(error: object) -> str:
    """What went wrong on the way, without a word of the address or of an answer."""
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, RemoteDisconnected):
        return "it hung up"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message.partition(',')[0]}"
    if isinstance(error, ssl.SSLError):
        return f"no secure line: {error.reason}"
    if isinstance(error, HTTPException):
        return "what it answered is no HTTP"
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
