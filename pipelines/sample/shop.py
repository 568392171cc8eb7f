"""The shop of the sample: its products, pages and events, and the phase that each contact belongs to.

What stands here is data. `process.py` says in which order people do these things, `events.py` writes them
down as GA4 would.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

HOST: Final = "www.fjordlys.example"
PAYMENT_HOST: Final = "pay.betaling.example"
CURRENCY: Final = "DKK"
USD_RATE: Final = 0.145
PHASES: Final = ("awareness", "interest", "desire", "evaluation", "conversion", "retention")
NO_PHASE: Final = -1

CATEGORIES: Final = ("lamper", "toej", "koekken", "udeliv", "legetoej", "boeger")
PRODUCTS_PER_CATEGORY: Final = 8
PRODUCT_COUNT: Final = len(CATEGORIES) * PRODUCTS_PER_CATEGORY
BRANDS: Final = ("Fjordlys", "Nordhav", "Birk", "Havgus")
# Prices are whole øre: sums of them are exact in any order.
PRICES: Final = 4_900 + (np.arange(PRODUCT_COUNT, dtype=np.int64) * 7_919) % 1_150 * 100

Moment = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Hit:
    """One event that an action sends: when in the action, and how often."""

    name: str
    moment: Moment = "start"
    chance: float = 1.0


@dataclass(frozen=True)
class Action:
    """One thing that a person does: its address, its events, and the phase of its touchpoint.

    An action without a path happens on the page before it. Only the events named here come with the action;
    those of a page are added to every action that has one.
    """

    key: str
    phase: str | None
    events: tuple[Hit, ...] = ()
    path: str | None = None
    title: str | None = None


PAGE_START: Final = Hit("page_view")
PAGE_END: Final = (Hit("scroll", "middle", 0.45), Hit("user_engagement", "end"))

ACTIONS: Final = (
    Action("home", "awareness", (Hit("view_promotion", chance=0.5),), "/", "Forside"),
    Action("promotion", "interest", (Hit("select_promotion"),)),
    Action("category", "interest", (Hit("view_item_list"),), "/kategori/{category}", "Kategori"),
    Action("search", "interest", (Hit("search"), Hit("view_search_results")), "/search", "Søgning"),
    Action(
        "article",
        "interest",
        (Hit("file_download", "middle", 0.08), Hit("click", "middle", 0.08), Hit("share", "middle", 0.05)),
        "/blog/{category}",
        "Guide",
    ),
    Action(
        "product",
        "desire",
        (Hit("select_item", chance=0.3), Hit("view_item")),
        "/produkt/{product}",
        "Produkt",
    ),
    Action("wishlist", "desire", (Hit("add_to_wishlist"),)),
    Action("lead", "evaluation", (Hit("generate_lead"),)),
    Action("sign_up", "evaluation", (Hit("sign_up"),), "/opret-konto", "Opret konto"),
    Action("delivery", "evaluation", (), "/levering", "Levering og betaling"),
    Action("add_to_cart", "evaluation", (Hit("add_to_cart"),)),
    Action("cart", "evaluation", (Hit("view_cart"),), "/kurv", "Kurv"),
    Action("remove", "evaluation", (Hit("remove_from_cart"),)),
    Action("checkout", "conversion", (Hit("begin_checkout"),), "/checkout", "Kasse"),
    Action("shipping", "conversion", (Hit("add_shipping_info"),)),
    Action("payment", "conversion", (Hit("add_payment_info"),)),
    Action("purchase", "conversion", (Hit("purchase"),), "/checkout/kvittering", "Kvittering"),
    Action("reload", "conversion", (Hit("purchase"),), "/checkout/kvittering", "Kvittering"),
    Action("resend", None, (Hit("purchase"),)),
    Action("orders", "retention", (), "/account/orders", "Dine ordrer"),
    Action("help", "retention", (), "/help", "Hjælp"),
    Action("returns", "retention", (), "/returns", "Returnering"),
    Action("review", "retention", (Hit("review_written", "middle"),), "/account/review", "Skriv en anmeldelse"),
    Action("survey", "retention", (Hit("survey_answer", "middle"),), "/feedback", "Din mening"),
    Action("refund", "retention", (Hit("refund"),)),
)
CODES: Final = {action.key: code for code, action in enumerate(ACTIONS)}
HAS_PAGE: Final = np.array([action.path is not None for action in ACTIONS])
ACTION_PHASE: Final = np.array([NO_PHASE if action.phase is None else PHASES.index(action.phase) for action in ACTIONS])


def events_of(action: Action) -> tuple[Hit, ...]:
    """List every event of an action in the order in which the site sends them.

    >>> [hit.name for hit in events_of(ACTIONS[CODES["category"]])]
    ['page_view', 'view_item_list', 'scroll', 'user_engagement']
    """
    return (PAGE_START, *action.events, *PAGE_END) if action.path is not None else action.events
