"""The contract of money by currency: what was exported in each, and what of it has a rate."""

from models.tables.contract import Column, Table

CURRENCIES = Table(
    "currencies",
    "One row per currency that amounts are in, an amount without one taken to be in the property's own.",
    ("currency",),
    (
        Column("currency", "VARCHAR", "Its code; (none) where no purchase names any.", True),
        Column("is_own", "BOOLEAN", "It is the property's currency: see run_settings.", True),
        Column("purchases", "BIGINT", "Events with purchase revenue, repeats of a purchase among them.", True),
        Column("revenue_as_exported", "DOUBLE", "Their revenue, in this currency; null where none."),
        Column("refunds", "BIGINT", "Events with a value refunded, repeats of a refund among them.", True),
        Column(
            "refund_as_exported", "DOUBLE", "What they refunded, taken as positive, in this currency; null where none."
        ),
        Column("rated_share", "DOUBLE", "Share of these amounts that have a rate; all of the own.", True, share=True),
        Column("revenue", "DOUBLE", "Revenue that has a rate, in the property's currency; null where none has."),
        Column("refund", "DOUBLE", "Refunds that have a rate, in the property's currency; null where none has."),
        Column("purchases_without_rate", "BIGINT", "Purchases without a rate on their day, which are in no sum.", True),
        Column("revenue_without_rate", "DOUBLE", "Their revenue, in this currency; null where none."),
        Column("refunds_without_rate", "BIGINT", "Refunds without a rate on their day, which are in no sum.", True),
        Column("refund_without_rate", "DOUBLE", "What they refunded, in this currency; null where none."),
    ),
    example="SELECT currency, purchases, revenue_as_exported, rated_share, revenue FROM currencies ORDER BY ALL",
)
