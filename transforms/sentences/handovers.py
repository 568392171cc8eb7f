"""What contacts and purchases say by the session they were made in: devices side by side, and channels that differ."""

from collections.abc import Mapping

import polars as pl

from transforms.segments import NOT_SET
from transforms.wording import Words

LEAST_PURCHASES, LEAST_DIFFERENCE = 30, 0.05


def devices_sentence(devices: pl.DataFrame, words: Words) -> str:
    """Say of one device its share of the sessions beside its share of the purchases; empty where they are alike.

    It is the device whose two shares lie furthest apart, at least five points, over at least thirty purchases.

    Args:
        devices: one row per device category (models/report/handovers.sql).
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> shares = {"session_share": [0.7, 0.3], "purchase_share": [0.2, 0.8], "purchases": [20, 80]}
    >>> devices = pl.DataFrame({"device_category": ["mobile", "desktop"], **shares})
    >>> devices_sentence(devices, words_in("en")).replace("\u00a0", " ")
    '70 % of the sessions and 20 % of the purchases are on mobile.'
    """
    if devices["purchases"].sum() < LEAST_PURCHASES:
        return ""
    apart = (pl.col("purchase_share") - pl.col("session_share")).abs()
    known = devices.filter(pl.col("device_category") != NOT_SET, apart >= LEAST_DIFFERENCE)
    if known.is_empty():
        return ""
    row = known.sort(apart.round(9), "session_share", "device_category", descending=True).row(0, named=True)
    shares = {"sessions": words.share(row["session_share"]), "purchases": words.share(row["purchase_share"])}
    return words.say("segments_devices", device=words.named("device_category", row["device_category"]), **shares)


def first_channels_sentence(channels: pl.DataFrame, titles: Mapping[str, str], words: Words) -> str:
    """Say whose channel figures are cut by, and what share of the contacts at the purchase came by another one.

    Args:
        channels: one row per channel and the phase of the purchase (models/report/contacts_by.sql).
        titles: of phases.
        words: the language that is spoken.

    >>> from transforms.wording import words_in
    >>> rows = {"phase": ["buy"], "contacts": [50], "contacts_as_first": [27]}
    >>> first_channels_sentence(pl.DataFrame(rows), {"buy": "Conversion"}, words_in("en")).replace("\u00a0", " ")
    'The channel is the one that the journey began with. Of the contacts in Conversion, 46 % came by another channel.'
    """
    told = [words.say("channels_first")]
    contacts, as_first = (int(channels[name].sum()) for name in ("contacts", "contacts_as_first"))
    if contacts:
        share = words.share(1 - as_first / contacts)
        told.append(words.say("channels_by_another", phase=titles[channels["phase"][0]], share=share))
    return " ".join(told)
