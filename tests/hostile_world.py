"""A shop whose visitors and settings write what would do harm wherever a text is taken for more than text."""

from datetime import timedelta
from pathlib import Path

import yaml

from models.settings import Settings
from pipelines.publishing import publish
from tests.exports_by_hand import Row, params, row, write
from tests.test_nights_equal_a_rebuild import night

OWNED = "document.title='owned'"
EVIL = (
    f"</script><script>{OWNED}</script>",
    f"<img src=x onerror={OWNED}>",
    "{{7*7}}${7*7}",
    f"javascript:{OWNED}",
    "%{customdata}%{x}",
    "<b>bold</b>&lt;i&gt;",
    f"<a href='javascript:{OWNED}'>",
    "\x1b[31m\u202edexim\u2066\x07\x00end",
    "=1+1'\";DROP TABLE kpis;--",
    "w" * 2000,
)
TITLES = (EVIL[0], EVIL[9], EVIL[1], EVIL[4])
PERSONAS = (f"<img src=x onerror={OWNED}>", "{{7*7}}${7*7}%{customdata}", "w" * 60)
DAYS, VISITS = 12, 40


def publish_hostile_world(folder: Path) -> Settings:
    """Twelve days in which all that is written is meant to do harm."""
    for day in range(DAYS):
        rows = [one for who in range(VISITS) for one in visit(day, who)]
        write(folder / "exports" / f"events_202101{day + 1:02}.parquet", rows)
    lifecycle = folder / "<img src=x onerror=alert(1)>.yaml"
    lifecycle.write_text(yaml.safe_dump(lifecycle_of_harm()), encoding="utf-8")
    settings = Settings(
        exports=str(folder / "exports"),
        database=folder / "made" / "world.duckdb",
        lifecycle=str(lifecycle),
        journey_window=timedelta(days=2),
        segments=("source", "campaign"),
        personas={name: f"journey_number = 1 AND device_category <> 'd{place}'" for place, name in enumerate(PERSONAS)},
    )
    night(settings, lambda build: publish(build, settings))
    return settings


def visit(day: int, who: int) -> list[Row]:
    """A visit in a channel, from a country and over pages of such names; every fifth buys."""
    evil, other = EVIL[who % len(EVIL)], EVIL[(who + day) % len(EVIL)]
    start = day * 86400 + who * 600
    place = {"event_date": f"202101{day + 1:02}", "geo": {"country": evil, "city": other}}
    source = {
        "user_id": f"{other}{who}",
        "device": {"category": evil, "browser": other, "language": evil},
        "collected_traffic_source": {"manual_source": evil, "manual_medium": other, "manual_campaign_name": evil},
        "session_traffic_source_last_click": {"cross_channel_campaign": {"default_channel_group": evil}},
        "items": [{"item_id": evil, "item_name": other, "item_brand": evil, "price": 1.0, "quantity": 1}],
    }
    names = ["page_view", "view_search_results", "view_item", other, "add_to_cart", *["purchase"] * (who % 5 == 0)]
    return [
        row(start + 30 * at, name, f"{day}-{who}", **place, **source, event_params=params(
            page_location=f"https://shop.example/{EVIL[(who + at) % len(EVIL)]}", page_title=evil, search_term=other,
        ), ecommerce={"transaction_id": f"{evil}{day}-{who}", "purchase_revenue": 10.0 + who})
        for at, name in enumerate(names)
    ]  # fmt: skip


def lifecycle_of_harm() -> Row:
    """A lifecycle whose titles, owners and figures to judge by are as bad as the rest."""
    stages = ("before", "before", "during", "after")
    phases = [{"key": f"p{n}", "stage": stage, "title": TITLES[n]} for n, stage in enumerate(stages)]
    rules = ("page_view", "view_item", "add_to_cart", "purchase")
    touchpoints = [
        {"key": f"t{n}", "phase": f"p{min(n, 2)}", "scope": "event", "when": f"event_name = '{name}'",
         "title": EVIL[n], "owner": EVIL[n + 1], "kpi": EVIL[n + 2]}
        for n, name in enumerate(rules)
    ]  # fmt: skip
    return {"name": "harm", "title": EVIL[1], "conversion": "t3", "phases": phases, "touchpoints": touchpoints}
