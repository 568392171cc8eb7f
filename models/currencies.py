"""Currencies: how their codes are written, and what the settings say of them."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator


def currency_code(text: str) -> str:
    """A code as codes are compared: in capitals, without blanks around it.

    >>> currency_code(" dkk ")
    'DKK'
    """
    return text.strip().upper()


def parse_currency(value: object) -> object:
    """Read the ISO code of a currency.

    Raises:
        ValueError: if it is no code of three letters.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", currency_code(value)):
        raise ValueError("no currency; write its ISO code, such as DKK")
    return currency_code(value)


def parse_rates(value: object) -> object:
    """Read fixed rates by the code of their currency; the path of a CSV stays what it is.

    Codes that are none of ISO are taken: a site may export `kr`.

    Raises:
        ValueError: if a rate is no positive number, or a currency has two.
    """
    if not isinstance(value, dict):
        if isinstance(value, str | Path) and str(value).strip():
            return Path(value)
        raise ValueError("no rates; write a table such as {EUR = 7.46}, or the path of a CSV of day, currency and rate")
    rates: dict[str, float] = {}
    for name, rate in value.items():
        code = currency_code(str(name))
        if not code:
            raise ValueError("a rate has no currency")
        if code in rates:
            raise ValueError(f"{code} has two rates")
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < float("inf"):
            raise ValueError(f"{code} is worth {rate!r}, which is no positive number")
        rates[code] = float(rate)
    return rates


Currency = Annotated[str, BeforeValidator(parse_currency)]
Rates = Annotated[dict[str, float] | Path, BeforeValidator(parse_rates)]
