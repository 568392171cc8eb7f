"""Identity: which devices are one person."""

from typing import Literal

import polars as pl

from transforms.events import in_event_order


def identify(devices: pl.DataFrame, logins: pl.DataFrame, identity: Literal["stitched", "device"]) -> pl.DataFrame:
    """Give each device its person: the last user who signed in on it, for all its history, else itself.

    Args:
        devices: one row per device: device_id.
        logins: one row per event with a user_id that is not blank, at least each device's last: device_id, user_id,
            occurred_at and what orders events.
        identity: `stitched`, or `device` to take each device for a person.

    Returns:
        one row per device: device_id, person_id (`u:` and user_id, or `d:` and device_id).

    >>> devices = pl.DataFrame({"device_id": ["phone"]})
    >>> identify(devices, pl.DataFrame(schema={"device_id": pl.String}), "device")["person_id"].to_list()
    ['d:phone']
    """
    itself = pl.concat_str(pl.lit("d:"), "device_id")
    if identity == "device" or logins.is_empty():
        return devices.select("device_id", person_id=itself)
    last = in_event_order(logins).group_by("device_id").agg(pl.last("user_id"))
    joined = devices.join(last, on="device_id", how="left")
    return joined.select("device_id", person_id=pl.coalesce(pl.concat_str(pl.lit("u:"), "user_id"), itself))
