"""The items and the money of an event: what was looked at, put in the cart, bought or sent back."""

from typing import Final

import numpy as np
import polars as pl

from pipelines.sample.events import has_event
from pipelines.sample.schema import Entry, column, entry, record
from pipelines.sample.shop import (
    BRANDS,
    CATEGORIES,
    PRICES,
    PRODUCT_COUNT,
    PRODUCTS_PER_CATEGORY,
    USD_RATE,
)
from pipelines.sample.state import CART_SIZE, NOTHING, quantity_of

ONE: Final = ("select_item", "view_item", "add_to_wishlist", "add_to_cart", "remove_from_cart")
CART: Final = (
    "view_cart",
    "begin_checkout",
    "add_shipping_info",
    "add_payment_info",
    "purchase",
    "refund",
)
SHELF_SIZE: Final = 4

_PRODUCTS: Final = np.arange(PRODUCT_COUNT)
PRODUCTS: Final = pl.DataFrame(
    {
        "id": [f"SKU{number:05d}" for number in _PRODUCTS],
        "title": [f"Vare {number}" for number in _PRODUCTS],
        "brand": [BRANDS[number % len(BRANDS)] for number in _PRODUCTS],
        "shelf": [CATEGORIES[number // PRODUCTS_PER_CATEGORY] for number in _PRODUCTS],
        "price": PRICES / 100,
        "quantity": quantity_of(_PRODUCTS),
    }
)


def place_goods() -> list[pl.Expr]:
    """List the products of each row, up to four, as columns good0 to good3 (null where there are fewer).

    A list shows a shelf, a product page its product, a cart its content; a promotion shows one product.
    """
    shows_shelf = has_event("view_item_list") | has_event("view_search_results")
    shows_one = pl.any_horizontal(*(has_event(name) for name in (*ONE, "view_promotion", "select_promotion")))
    shows_cart = pl.any_horizontal(*(has_event(name) for name in CART))
    shelf = pl.col("product") // PRODUCTS_PER_CATEGORY * PRODUCTS_PER_CATEGORY
    return [
        pl.when(shows_shelf)
        .then(shelf + (pl.col("product") + place) % PRODUCTS_PER_CATEGORY)
        .when(shows_one & (place == 0))
        .then(pl.col("product"))
        .when(shows_cart & (place < CART_SIZE))
        .then(pl.when(pl.col(slot := f"slot{min(place, CART_SIZE - 1)}") != NOTHING).then(pl.col(slot)))
        .alias(f"good{place}")
        for place in range(SHELF_SIZE)
    ]


def items() -> list[Entry]:
    """List the items that a row may have, from the columns of `place_goods`."""
    return [_item(place) for place in range(SHELF_SIZE)]


def _item(place: int) -> Entry:
    good = pl.col(f"good{place}")
    facts = {name: pl.lit(PRODUCTS[name]).gather(good) for name in PRODUCTS.columns}
    in_cart = pl.any_horizontal(*(has_event(name) for name in CART))
    promoted = has_event("view_promotion") | has_event("select_promotion")
    listed = has_event("view_item_list") | has_event("select_item")
    quantity = pl.when(in_cart).then(facts["quantity"]).when(~listed & ~promoted).then(1)
    line = facts["price"] * facts["quantity"]
    known = {
        "item_id": facts["id"],
        "item_name": facts["title"],
        "item_brand": facts["brand"],
        "item_category": facts["shelf"],
        "price": facts["price"],
        "price_in_usd": (facts["price"] * USD_RATE).round(2),
        "quantity": quantity,
        "item_revenue": pl.when(has_event("purchase")).then(line),
        "item_revenue_in_usd": pl.when(has_event("purchase")).then((line * USD_RATE).round(2)),
        "item_refund": pl.when(has_event("refund")).then(line),
        "item_list_id": pl.when(listed).then(facts["shelf"]),
        "item_list_name": pl.when(listed).then(facts["shelf"]),
        "item_list_index": pl.when(listed).then(pl.lit(str(place + 1))),
        "promotion_id": pl.when(promoted).then(pl.lit("SPRING26")),
        "promotion_name": pl.when(promoted).then(pl.lit("Spring sale")),
        "creative_slot": pl.when(promoted).then(pl.lit("hero")),
    }
    return Entry(good.is_not_null(), record(entry("items"), **known))


def value() -> pl.Expr:
    """Sum the row's goods as the param `value`; null where the event has no value, or an unknown revenue."""
    line = pl.lit(PRODUCTS["price"] * PRODUCTS["quantity"])
    lines = [line.gather(pl.col(f"good{place}")) for place in range(CART_SIZE)]
    has_gap = has_event("purchase") & (pl.col("revenue_gap") != 0)
    sells = pl.any_horizontal(*(has_event(name) for name in (*ONE, *CART)))
    return pl.when(sells & ~has_gap).then(pl.sum_horizontal(lines).round(2)).alias("value")


def ecommerce() -> pl.Expr:
    """Build the record of money; only events with a cart have one."""
    in_cart = pl.any_horizontal(*(has_event(name) for name in CART))
    goods = [pl.col(f"good{place}") for place in range(CART_SIZE)]
    quantity = pl.sum_horizontal(pl.lit(PRODUCTS["quantity"]).gather(good) for good in goods)
    known = {
        "total_item_quantity": quantity,
        "unique_items": pl.sum_horizontal(good.is_not_null() for good in goods),
        "purchase_revenue": pl.col("revenue"),
        "purchase_revenue_in_usd": (pl.col("revenue") * USD_RATE).round(2),
        "refund_value": pl.col("refund"),
        "refund_value_in_usd": (pl.col("refund") * USD_RATE).round(2),
        "shipping_value": pl.when(has_event("purchase")).then(39.0),
        "tax_value": (pl.col("revenue") * 0.2).round(2),
        "transaction_id": pl.col("transaction_id"),
    }
    return pl.when(in_cart).then(column("ecommerce", **known)).alias("ecommerce")
