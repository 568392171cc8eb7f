"""How people come: by which way, on which device, to which page, and how long they stay away in between.

Visits of one person lie an hour apart or more, so that no gap of half an hour can join them.
"""

from dataclasses import astuple
from typing import Final

import numpy as np
import numpy.typing as npt

from pipelines.sample.clock import DAY, HOUR
from pipelines.sample.process import (
    CART_START,
    CHANNELS,
    DIRECT,
    HOURS,
    LANDING_CHANCES,
    LONG_ABSENCE_SHARE,
    RETURNS,
    SAME_DAY_SHARE,
    SERVICE_SHARE,
    SERVICE_START,
    cumulate,
    pick,
)
from pipelines.sample.shop import CODES, NO_PHASE, PHASES
from pipelines.sample.state import NOTHING, WINDOW, State

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SIGN_IN_SHARE: Final = 0.25
SWITCH_SHARE: Final = 0.5
CART_START_SHARE: Final = 0.6
SERVICE_BY_ITSELF_SHARE: Final = 0.5

_WEIGHTS: Final = np.array([(channel.first, channel.later) for channel in CHANNELS])
CHANNEL_CHANCES: Final = np.cumsum(_WEIGHTS / _WEIGHTS.sum(axis=0), axis=0).T
ARRIVAL_PHASES: Final = np.array(
    [[NO_PHASE if phase is None else PHASES.index(phase) for phase in astuple(channel.arrival)] for channel in CHANNELS]
)


def first_visits(state: State) -> Ints:
    """Bring everybody for the first time, on any day of the period; return who came."""
    count = state.people.count
    days = state.rng.integers(0, state.period.day_count, count)
    state.now = state.period.starts[days] + _times_of_day(state.rng, count)
    who = np.flatnonzero(state.now < state.period.end)
    _arrive(state, who)
    return who


def come_back(state: State, who: Ints) -> Ints:
    """Bring some of those who left again, and return them; a cart or a purchase brings more."""
    chance = np.where(state.has_looked[who], RETURNS["looked"], RETURNS["bounced"])
    chance = np.where(state.is_customer[who], RETURNS["customer"], chance)
    chance = np.where(state.has_cart(who), RETURNS["cart"], chance)
    who = who[state.rng.random(len(who)) < chance]
    state.now[who] = _next_visit(state, who)
    who = who[state.now[who] < state.period.end]
    _arrive(state, who)
    return who


def _next_visit(state: State, who: Ints) -> Ints:
    """Draw the next start: later today, some days on, or after more than a window."""
    rng, ended, count = state.rng, state.ended[who], len(who)
    kind = rng.random(count)
    days = 1 + rng.exponential(5, count).astype(np.int64)
    long = 31 + rng.exponential(12, count).astype(np.int64)
    midnight = state.period.starts[state.period.day_of(ended)]
    days = np.where(kind > 1 - LONG_ABSENCE_SHARE, long, days)
    later = midnight + days * DAY + _times_of_day(rng, count)
    today = ended + HOUR + rng.integers(0, 5 * HOUR, count)
    start: Ints = np.maximum(np.where(kind < SAME_DAY_SHARE, today, later), ended + HOUR)
    return start


def _times_of_day(rng: np.random.Generator, count: int) -> Ints:
    hours = rng.choice(len(HOURS), size=count, p=HOURS / HOURS.sum())
    return hours * HOUR + rng.integers(0, HOUR, count)


def _arrive(state: State, who: Ints) -> None:
    """Open a visit, and a journey with it after a long silence, or to shop when the last one has converted.

    A visit for service starts and stays on service pages, one to shop starts on a page that is a touchpoint
    before the purchase: its kind alone decides. A refund is no visit: nobody comes, and no journey opens.
    """
    is_service = state.is_customer[who] & (state.rng.random(len(who)) < SERVICE_SHARE)
    is_refund = is_service & state.is_refundable[who]
    _choose_channel(state, who, is_service)
    _choose_landing(state, who, is_service)
    is_silent = state.now[who] - state.was_here[who] > WINDOW
    opens = ~is_refund & (is_silent | (state.has_converted[who] & ~is_service))
    state.journey[who] += opens
    state.has_converted[who] &= ~opens
    state.visit[who] = state.visit_count + np.arange(len(who))
    state.visit_count += len(who)
    _choose_device(state, who)
    past = np.where(state.is_customer[who], 2, np.minimum(state.seen_visits(who) - 1, 1))
    state.arrival_phase[who] = ARRIVAL_PHASES[state.channel[who], past]
    state.has_just_come[who] = True
    state.has_looked[who] = False


def _choose_channel(state: State, who: Ints, is_service: Bools) -> None:
    is_first = state.visit[who] < 0
    drawn = pick(state.rng, CHANNEL_CHANCES[np.where(is_first, 0, 1)])
    unasked = state.rng.random(len(who)) < SERVICE_BY_ITSELF_SHARE
    by_itself = is_service & (state.is_refundable[who] | unasked)  # a refund comes from the shop's own server
    state.channel[who] = np.where(by_itself, DIRECT, drawn)


def _choose_landing(state: State, who: Ints, is_service: Bools) -> None:
    to_cart = state.has_cart(who) & (state.rng.random(len(who)) < CART_START_SHARE)
    chances = LANDING_CHANCES[state.channel[who]]
    chances[to_cart] = cumulate(CART_START)
    chances[is_service] = cumulate(SERVICE_START)
    landing = pick(state.rng, chances)
    landing[is_service & state.is_refundable[who]] = CODES["refund"]
    state.action[who] = landing
    state.came_from[who] = NOTHING


def _choose_device(state: State, who: Ints) -> None:
    """Switch devices now and then, and sign in on some; on both of two, so that both are one person's.

    The second device comes into use only after a sign-in on the first, and signs in at its first visit.
    """
    people = state.people
    can_switch = people.has_second[who] & state.has_signed_in[who]
    switches = can_switch & (state.rng.random(len(who)) < SWITCH_SHARE)
    state.device[who] = np.where(switches, 1 - state.device[who], state.device[who])
    must = (state.device[who] > 0) & (state.seen_visits(who) == 0)
    may = people.is_member[who] & (state.rng.random(len(who)) < SIGN_IN_SHARE)
    state.is_signed_in[who] = must | may
    state.has_signed_in[who] |= state.is_signed_in[who]
    state.device_visits[who, state.device[who]] += 1
