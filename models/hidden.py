"""Secrets among the settings: types that no text shows, and addresses that hold no login."""

import re

SECRETS = frozenset({"webhook_url", "smtp_user"})
"""The settings whose values are told nowhere; the password of the mail server is no setting."""
LOGIN = re.compile(r"(?:s3a?|gc?s|https?)://[^/]*@|://.*:.*@|://.*[?&][\w.-]+=", re.DOTALL)


def stripped(value: object) -> object:
    r"""Take the blanks off around a text: variables and files of secrets often end in a line break.

    >>> stripped(" https://chat.example/hook\n"), stripped(None)
    ('https://chat.example/hook', None)
    """
    return value.strip() if isinstance(value, str) else value


def check_no_login(address: str) -> str:
    """Refuse an address that carries a login or a token: addresses stand in the tables, in logs and on pages.

    Raises:
        ValueError: if it does.

    >>> check_no_login("abfs://ga4@shop.dfs.core.windows.net/events_202601*")
    'abfs://ga4@shop.dfs.core.windows.net/events_202601*'
    """
    if LOGIN.search(address):
        raise ValueError(
            "an address holds no login and no token: give them to the driver of the store, such as in"
            " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return address
