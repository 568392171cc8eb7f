"""Which currency money is in, and which amounts are in no sum, in plain sentences."""

from collections.abc import Iterator

import polars as pl

from transforms.sentences.facts import Facts
from transforms.wording import Words


def money_sentences(currencies: pl.DataFrame, facts: Facts, words: Words) -> list[str]:
    """Say which currency money is in, and whether that is only what most purchases have; then what has no rate.

    Args:
        currencies: one row per currency (models/marts/currencies.sql).
        facts: the property's currency.
        words: the language that is spoken.
    """
    told = []
    if facts.currency is not None:
        name = "quality_currency_inferred" if facts.is_currency_inferred else "quality_currency"
        told.append(words.say(name, currency=facts.currency))
    amounts = [amount for row in currencies.sort("currency").to_dicts() for amount in _without_rate(row, words)]
    if amounts:
        told.append(words.say("quality_without_rate", len(amounts), amounts=words.listed(amounts)))
    return told


def _without_rate(row: dict[str, object], words: Words) -> Iterator[str]:
    for kind in ("revenue", "refund"):
        amount = row[f"{kind}_without_rate"]
        if isinstance(amount, float):
            yield words.say(f"amount_{kind}", money=words.money(amount, str(row["currency"])))
