"""How a difference is marked that is none of chance."""

from collections.abc import Mapping
from typing import Any

from transforms.wording import NBSP

UP, DOWN = "▲", "▼"


def mark(row: Mapping[str, Any]) -> str:
    r"""An arrow where a segment's rate lies over or under that of all others for certain; else nothing.

    Args:
        row: `difference`, and `is_significant` after correction for all comparisons.

    >>> mark({"difference": -0.1, "is_significant": True}), mark({"difference": 0.1, "is_significant": False})
    ('\xa0▼', '')
    """
    if not row["is_significant"]:
        return ""
    return NBSP + (UP if row["difference"] > 0 else DOWN)
