"""Who is told what, and how: the mail server, the alerts, and the audiences of the report."""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from models.hidden import check_no_login, stripped
from models.periods import Rhythm
from models.words import Language

MAIL_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
WEB_ADDRESS = re.compile(r"https?://[!-~]+")
FOLDER = re.compile(r"[^\x00-\x1f\x7f]+")
SEGMENT = re.compile(r"[a-z_][a-z0-9_]*=[^\x00-\x1f\x7f]+")
SIZES = {"kB": 1_000, "MB": 1_000_000}


def _matches(pattern: re.Pattern[str], advice: str) -> Callable[[str], str]:
    """A check that takes nothing but what a pattern matches whole: no line break, no second address, gets through."""

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(advice)
        return value

    return check


def parse_size(value: object) -> object:
    """Read a size such as 500kB or 10MB, in bytes; 0MB is none.

    Raises:
        ValueError: if the text is no size.

    >>> parse_size("10MB"), parse_size("0.5 MB")
    (10000000, 500000)
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(kB|MB)", value.strip())
    if not match:
        raise ValueError("a size is a number and kB or MB, such as 10MB")
    return round(float(match[1]) * SIZES[match[2]])


def _check_webhook(value: SecretStr) -> SecretStr:
    _check_web_address(value.get_secret_value())
    return value


_check_web_address = _matches(WEB_ADDRESS, "is no web address; write one such as https://shop.example/report")
_check_mail_address = _matches(MAIL_ADDRESS, "is no mail address; write one such as ana@shop.example")
_check_folder = _matches(FOLDER, "is no directory, and no s3://, gs:// or az:// address")
_check_segment = _matches(SEGMENT, "is no segment; write dimension=value, such as device_category=mobile")
_check_lifecycle = _matches(FOLDER, "is no lifecycle, and no path of one")

Text = Annotated[str, BeforeValidator(stripped)]
MailAddress = Annotated[Text, AfterValidator(_check_mail_address)]
WebAddress = Annotated[Text, AfterValidator(_check_web_address)]
Webhook = Annotated[SecretStr, BeforeValidator(stripped), AfterValidator(_check_webhook)]
"""Whoever knows the address of a webhook can post to it: it is shown nowhere."""
Login = Annotated[SecretStr, BeforeValidator(stripped)]
Folder = Annotated[Text, AfterValidator(_check_folder), AfterValidator(check_no_login)]
SegmentName = Annotated[str, AfterValidator(_check_segment)]
LifecycleName = Annotated[str, AfterValidator(_check_lifecycle)]
AudienceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Size = Annotated[int, BeforeValidator(parse_size), Field(ge=0)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, hide_input_in_errors=True)


class Mail(_Form):
    """The mail server that alerts and reports go through."""

    sender: MailAddress | None = Field(None, alias="from", description="whom mails are from")
    smtp_host: Text | None = Field(None, description="the mail server")
    smtp_port: int | None = Field(None, ge=1, le=65535, description="its port; that of smtp_security where not set")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="how the connection is secured")
    smtp_user: Login | None = Field(None, description="login; the password is the variable SOJOURN_SMTP_PASSWORD")

    @property
    def missing(self) -> list[str]:
        """The settings without which no mail can be sent."""
        return [name for name, value in (("from", self.sender), ("smtp_host", self.smtp_host)) if value is None]

    @model_validator(mode="after")
    def _keeps_the_password(self) -> "Mail":
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError("smtp_user needs smtp_security 'starttls' or 'tls': no password goes over an open line")
        return self


class Alerts(_Form):
    """Who is told when a night fails or a check does; nobody, until `email_to` or `webhook_url` is set."""

    email_to: tuple[MailAddress, ...] = Field((), description="who gets a mail when a night or a check fails")
    webhook_url: Webhook | None = Field(None, description='address that gets {"text": ...}, as chats understand')

    @property
    def is_on(self) -> bool:
        """Whether anybody is to be told."""
        return bool(self.email_to or self.webhook_url)


class Audience(_Form):
    """People who get the same report in the same rhythm."""

    email_to: tuple[MailAddress, ...] = Field((), description="who gets the report by mail, each a mail of their own")
    webhook_url: Webhook | None = Field(None, description="address that gets the answer and the link as a chat text")
    folder: Folder | None = Field(None, description="directory or object-store address that gets a copy of all files")
    language: Language | None = Field(None, description="language of their report; that of the settings where not set")
    lifecycle: LifecycleName | None = Field(
        None, description="only the night with this lifecycle serves them; any where not set"
    )
    segment: SegmentName | None = Field(
        None, description="whose journeys it tells of, as dimension=value; all journeys"
    )
    rhythm: Rhythm = Field("weekly", description="daily, weekly or monthly: when such a period is over they get it")
    attach_up_to: Size = Field(10_000_000, description="size up to which page and PDF are attached; linked above it")
    page_link: WebAddress | None = Field(
        None, description="where it can be read; {audience} and {period} are filled in"
    )

    @property
    def dimension_and_value(self) -> tuple[str, str]:
        """The segment as it stands in the tables."""
        dimension, _, value = (self.segment or "all=all").partition("=")
        return dimension, value

    @model_validator(mode="after")
    def _can_be_reached(self) -> "Audience":
        if not (self.email_to or self.webhook_url or self.folder):
            raise ValueError("an audience needs email_to, webhook_url or folder: where is its report to go?")
        if self.email_to and not self.attach_up_to and not self.page_link:
            raise ValueError("attach_up_to is 0, so the page is linked: that needs page_link as well")
        return self
