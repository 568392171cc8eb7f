"""Refunds: what is taken off the purchase of their transaction, each of equal ones once."""

import polars as pl

from transforms.money import from_micros, micros

REFUND = "refund"
"""The event that a shop sends when it pays money back, often its server: nobody needs to be there."""


def is_usable(transaction_id: pl.Expr) -> pl.Expr:
    """Tell whether a transaction id names one transaction: not null, not blank and not `(not set)`."""
    bare = transaction_id.str.strip_chars()
    return ((bare != "") & (bare != "(not set)")).fill_null(False)


def net_refunds(
    contacts: pl.DataFrame, events: pl.DataFrame, sessions: pl.DataFrame, currency: str | None
) -> pl.DataFrame:
    """Take the refunds of a person's transaction off its purchase; money is whole millionths while it is summed.

    It does not matter in which session a refund lies, nor whether in any. Refunds of a transaction that are equal as
    exported, in amount and currency, are one refund sent again: the earliest counts. Those that are unlike all count.

    Args:
        contacts: one row per touchpoint with person_index, transaction_id, revenue and is_conversion.
        events: one row per event.
        sessions: one row per session with person_id and person_index.
        currency: of an event that names none.

    Returns:
        the contacts, in their order, with revenue net of refunds, and refund.
    """
    people = sessions.select("person_id", "person_index").unique()
    sums = (
        _once(events, currency)
        .group_by("person_id", "transaction_id")
        .agg(refunded=micros(pl.col("refund")).sum())
        .join(people, on="person_id")
        .drop("person_id")
    )
    joined = contacts.join(sums, on=["person_index", "transaction_id"], how="left", maintain_order="left")
    is_paid = pl.col("is_conversion") & pl.col("revenue").is_not_null()
    gross = micros(pl.col("revenue"))
    netted = joined.with_columns(refunded=pl.when(is_paid).then("refunded"))
    return netted.with_columns(
        revenue=from_micros(pl.when(is_paid).then(gross - pl.col("refunded").fill_null(0))),
        refund=from_micros(pl.col("refunded")),
    ).drop("person_index", "transaction_id", "refunded")


def _once(events: pl.DataFrame, currency: str | None) -> pl.DataFrame:
    """The refunds that count: of equal ones the earliest, and of these at one instant the one worth least."""
    is_refund = (pl.col("event_name") == REFUND) & pl.col("refund").is_not_null() & is_usable(pl.col("transaction_id"))
    refunds = events.filter(is_refund).with_columns(
        currency=_code(pl.col("currency")).fill_null(currency or ""), amount=pl.col("refund_as_exported").abs()
    )
    alike = ("person_id", "transaction_id", "currency", "amount")
    return refunds.sort("occurred_at", "refund").unique(alike, keep="first", maintain_order=True)


def _code(currency: pl.Expr) -> pl.Expr:
    """The code of a currency as macro currency_code has it."""
    bare = currency.str.strip_chars().str.to_uppercase()
    return pl.when((bare != "") & (bare != "(NOT SET)")).then(bare)
