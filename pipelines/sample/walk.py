"""Let everyone walk through the process at once: each round moves every person by one action.

The walk knows what it does: every action is written down with its visit, its journey and the phase that it
adds to the journey, by the rules of the definitions (30 minutes, 30 days). `truth.py` only counts that.
Between the events of one visit lie less than 30 minutes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sample.clock import SECOND
from pipelines.sample.process import LEAVE, NEXT_CHANCES, REFUND_SHARE, pick
from pipelines.sample.shop import (
    ACTION_PHASE,
    CODES,
    HAS_PAGE,
    NO_PHASE,
    PHASES,
    PRODUCT_COUNT,
    PRODUCTS_PER_CATEGORY,
)
from pipelines.sample.state import CART_SIZE, NOTHING, State, cart_value
from pipelines.sample.visits import come_back, first_visits

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

UNUSABLE_ORDER_SHARE: Final = 0.02
REVENUE_GAPS: Final = {"given": 0, "null": 1, "nan": 2}
REVENUE_GAP_SHARE: Final = 0.03
LONGEST_ACTION: Final = 1_200  # seconds: well within the gap that would end a session
RETENTION: Final = PHASES.index("retention")
LOGIN_PHASES: Final = (RETENTION, PHASES.index("evaluation"))  # of customers, and of others
ROAMING: Final = [CODES[key] for key in ("home", "category", "search", "article")]
REPEATS: Final = [CODES[key] for key in ("reload", "resend")]


def walk_everyone(state: State) -> pl.DataFrame:
    """Walk until nobody comes back within the period.

    Args:
        state: everybody before their first visit; it is used up.

    Returns:
        One row per action, ordered by person and time, times in UTC microseconds, money in øre.
    """
    walking = first_visits(state)
    log = []
    while walking.size:
        walking, rows = _act(state, walking)
        log.append(pl.DataFrame(rows))
        walking = _move(state, walking)
    return pl.concat(log).sort("person", "started_at")


def _act(state: State, who: Ints) -> tuple[Ints, dict[str, Ints | Bools]]:
    """Do the action at hand, where it ends before the period does; who does not make it walks no more."""
    seconds = np.clip(state.rng.lognormal(3.2, 0.9, len(who)), 2, LONGEST_ACTION)
    span = (seconds * SECOND).astype(np.int64) * HAS_PAGE[state.action[who]]
    fits = state.now[who] + span + SECOND < state.period.end
    who, span = who[fits], span[fits]
    _choose_product(state, who)
    _change_cart(state, who)
    gap = _buy(state, who)
    rows = {**_note(state, who), **_note_phases(state, who), "span": span, "revenue_gap": gap}
    state.ended[who] = state.now[who] + span
    present = who[state.action[who] != CODES["refund"]]
    state.was_here[present] = state.ended[present]
    pause = 0.5 * SECOND + state.rng.exponential(6 * SECOND, len(who))
    state.now[who] = state.ended[who] + pause.astype(np.int64)
    _settle(state, who)
    return who, rows


def _choose_product(state: State, who: Ints) -> None:
    """Look at some product: of the same shelf when going from product to product, else of any."""
    anywhere = state.rng.integers(0, PRODUCT_COUNT, len(who))
    shelf = state.product[who] // PRODUCTS_PER_CATEGORY * PRODUCTS_PER_CATEGORY
    nearby = shelf + anywhere % PRODUCTS_PER_CATEGORY
    looks = state.action[who] == CODES["product"]
    drawn = np.where(looks & ~state.has_just_come[who], nearby, anywhere)
    moves = looks | np.isin(state.action[who], ROAMING)
    state.product[who] = np.where(moves, drawn, state.product[who])
    state.has_looked[who] |= looks


def _change_cart(state: State, who: Ints) -> None:
    """Put the product into the cart, in place of the last one where it is full; or take the last one out."""
    filled = (state.cart[who] != NOTHING).sum(axis=1)
    adds = state.action[who] == CODES["add_to_cart"]
    place = np.minimum(filled, CART_SIZE - 1)
    state.cart[who[adds], place[adds]] = state.product[who[adds]]
    removes = (state.action[who] == CODES["remove"]) & (filled > 0)
    gone = (who[removes], filled[removes] - 1)
    state.product[who[removes]] = state.cart[gone]
    state.cart[gone] = NOTHING


def _buy(state: State, who: Ints) -> Ints:
    """Give each purchase an order number, seldom an unusable one; say how each action's revenue is exported.

    What has no number cannot be told from another purchase, so it is neither repeated nor refunded.
    """
    buying = who[state.action[who] == CODES["purchase"]]
    numbers = state.order_count + np.arange(len(buying))
    state.order_count += len(buying)
    luck = state.rng.random((3, len(buying)))
    is_unusable, has_gap = luck[0] < UNUSABLE_ORDER_SHARE, luck[1] < REVENUE_GAP_SHARE
    state.order[buying] = np.where(is_unusable, NOTHING, numbers)
    state.paid[buying] = cart_value(state.cart[buying])
    state.is_refundable[buying] = ~is_unusable & ~has_gap & (luck[2] < REFUND_SHARE)
    gaps = np.zeros(state.people.count, np.int64)
    gaps[buying] = np.where(has_gap, 1 + numbers % 2, REVENUE_GAPS["given"])
    return gaps[who]


def _note(state: State, who: Ints) -> dict[str, Ints | Bools]:
    return {
        "person": who,
        "device": state.device[who],
        "journey": state.journey[who],
        "visit": state.visit[who],
        "device_visit": state.device_visits[who, state.device[who]],
        "is_landing": state.has_just_come[who],
        "channel": state.channel[who],
        "is_signed_in": state.is_signed_in[who],
        "action": state.action[who],
        "came_from": state.came_from[who],
        "started_at": state.now[who],
        "product": state.product[who],
        "product_before": state.product_before[who],
        **{f"slot{place}": state.cart[who, place] for place in range(CART_SIZE)},
        "order": state.order[who],
        "paid": state.paid[who],
    }


def _note_phases(state: State, who: Ints) -> dict[str, Ints | Bools]:
    """Say how far an action, with the arrival and the login if it is the first, brings the journey.

    A phase after the purchase counts for that only when the journey has converted before.
    """
    own = ACTION_PHASE[state.action[who]]
    arrival = np.where(state.has_just_come[who], state.arrival_phase[who], NO_PHASE)
    signs_in = state.has_just_come[who] & state.is_signed_in[who] & HAS_PAGE[state.action[who]]
    login = np.where(signs_in, np.where(state.is_customer[who], *LOGIN_PHASES), NO_PHASE)
    phases = np.stack([own, arrival, login])
    counted = np.where((phases == RETENTION) & ~state.has_converted[who], NO_PHASE, phases)
    return {"has_touchpoint": (phases != NO_PHASE).any(axis=0), "furthest": counted.max(axis=0)}


def _settle(state: State, who: Ints) -> None:
    action = state.action[who]
    buyers = who[action == CODES["purchase"]]
    state.is_customer[buyers] = state.has_converted[buyers] = True
    state.cart[buyers] = NOTHING
    state.has_account[who[action == CODES["sign_up"]]] = True
    state.is_refundable[who[action == CODES["refund"]]] = False
    state.has_just_come[who] = False


def _move(state: State, who: Ints) -> Ints:
    """Go on to the next action, or leave and perhaps come back; return who still walks."""
    action = state.action[who]
    drawn = pick(state.rng, NEXT_CHANCES[action])
    drawn = np.where((drawn == CODES["sign_up"]) & state.has_account[who], CODES["category"], drawn)
    has_no_cart = (drawn == CODES["cart"]) & ~state.has_cart(who)
    has_no_order = np.isin(drawn, REPEATS) & (state.order[who] == NOTHING)
    drawn = np.where(has_no_cart, CODES["product"], np.where(has_no_order, LEAVE, drawn))
    state.came_from[who] = np.where(HAS_PAGE[action], action, state.came_from[who])
    state.product_before[who] = np.where(HAS_PAGE[action], state.product[who], state.product_before[who])
    state.action[who] = drawn
    leaves = drawn == LEAVE
    return np.sort(np.concatenate([who[~leaves], come_back(state, who[leaves])]))
