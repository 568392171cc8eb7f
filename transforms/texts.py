"""Every word of the funnel page, in one place: the code names a text and fills in the numbers."""

ENGLISH = {
    # the page
    "page_title": "From first touch to purchase",
    "skip_link": "Skip to the answer",
    "answer_title": "The answer",
    "contents": "On this page",
    "table_summary": "The numbers behind this figure",
    "no_script": "The figures need JavaScript; the tables hold the same numbers.",
    "subtitle": "Customer journeys, {period}",
    "subtitle_empty": "Customer journeys",
    "footer": "Made by Sojourn from GA4 exports with the lifecycle {lifecycle} and a journey window of {window}.",
    "footer_as_of": "As of {as_of} ({timezone}).",
    "footer_mature": "A journey is mature when it started more than a journey window before that; rates are "
    "taken over mature journeys, and intervals are 95 % Wilson intervals.",
    "missing": "–",
    "provisional": "Provisional: {period} may still change, for GA4 delivers some events up to three days late.",
    # the key figures
    "key_journeys": "Journeys",
    "key_conversion": "Conversion rate",
    "key_touchpoints": "Touchpoints",
    "key_time": "Time to purchase",
    "key_open": "Still open",
    "key_leak": "Worst leak",
    "key_leak_phase": "drop off in {phase}",
    "key_interval": "95 % interval {interval}",
    "key_no_rate": "needs mature journeys",
    "key_bought": "{n} bought",
    "key_median": "median",
    "key_before": "median before the purchase",
    "key_share": "{share} of all",
    # counted things
    "journey_one": "{n} journey",
    "journey_many": "{n} journeys",
    "purchase_one": "{n} purchase",
    "purchase_many": "{n} purchases",
    "touchpoint_one": "{n} touchpoint",
    "touchpoint_many": "{n} touchpoints",
    "move_one": "{n} move",
    "move_many": "{n} moves",
    "day_one": "{n} day",
    "day_many": "{n} days",
    # the answer
    "answer_empty": "No journey has been seen yet. Load exports that hold touchpoints of the lifecycle.",
    "answer_rate": "{rate} of journeys end in a purchase (95 % interval {interval}).",
    "answer_all_open": "Every mature journey is still open: there is no conversion rate yet.",
    "immature": "No journey has been watched for a whole journey window{window} yet: rates need mature journeys.",
    "immature_window": "A window of {days} would give them.",
    "of_window": " of {days}",
    "answer_leak": "The worst leak is {phase}: {rate} of the journeys that get there and are decided go no "
    "further (95 % interval {interval}), {lost} in all.",
    "answer_leak_so_far": "Of those that have dropped off so far, most were lost in {phase}: {lost}.",
    "answer_purchase": "Those who buy have a median of {touchpoints} before the purchase and take {time}.",
    "answer_no_purchase": "Nobody has bought yet.",
    "answer_so_far": "So far {converted} of {journeys} bought.",
    "answer_period": "The period is {period}; as of its end, {mature} of {journeys} had been watched for a "
    "whole journey window of {window}, and {still_open} ({share}) were still open.",
    "answer_period_immature": "The period is {period}; as of its end, {still_open} of {journeys} ({share}) "
    "were still open.",
    # the funnel
    "funnel_title": "Where journeys end",
    "funnel_sentence": "{reached} reached {first}, and {last_reached} got as far as {last}.",
    "funnel_worst": "Drop-off is highest in {phase}, at {rate} (95 % interval {interval}).",
    "funnel_lost": "{lost} have dropped off so far, most of them in {phase}.",
    "funnel_none_lost": "None has dropped off so far.",
    "funnel_empty": "No journey has reached a phase yet.",
    "part_progressed": "Moved on",
    "part_stopped": "Bought, and ended here",
    "part_still_open": "Still open",
    "part_dropped_off": "Dropped off",
    "funnel_reached": "{n} reached",
    "funnel_rate": "{rate} drop off ({interval})",
    "funnel_no_rate": "no drop-off rate yet",
    "funnel_after": "after the purchase: no drop-off rate",
    "funnel_open": "{share} still open",
    "short_stopped": "{n} bought",
    "short_still_open": "{n} open",
    "short_dropped_off": "{n} dropped off",
    "hover_part": "<b>{title}</b><br>{part}: {n} of {reached} ({share})",
    # time in phase
    "dwell_title": "How long journeys stay in a phase",
    "dwell_sentence": "Journeys stay longest in {phase}: half have moved on after {km}, counting those who "
    "are still there (Kaplan–Meier).",
    "dwell_biased": "The median over completed stays alone, {median}, is too short: it leaves out everyone "
    "who did not move on.",
    "dwell_unreached": "While watched, fewer than half moved on from {phases}: no Kaplan–Meier median.",
    "dwell_no_km": "In no phase did half of the stays move on while they were watched: no Kaplan–Meier median.",
    "dwell_empty": "No stay in a phase has been seen yet.",
    "dwell_km": "Median time until moving on (Kaplan–Meier)",
    "dwell_median": "Median over completed stays only",
    "list_and": "{first} and {last}",
    "dwell_stays": "{completed} of {stays} stays completed",
    "dwell_stays_no_km": "{completed} of {stays} completed · no Kaplan–Meier median",
    "dwell_no_stays": "no stays",
    # touchpoints before purchase
    "touchpoints_title": "How many touchpoints a purchase takes",
    "touchpoints_sentence": "A purchase takes a median of {median}; {share} of the {purchases} came after at most {n}.",
    "touchpoints_empty": "Nobody has bought yet, so there are no touchpoints before a purchase to count.",
    "touchpoints_axis": "Touchpoints before the purchase",
    "touchpoints_bars": "Purchases",
    "touchpoints_cumulative": "Share that bought after at most so many",
    "touchpoints_median": "median {n}",
    "touchpoints_more": "{n} or more",
    "hover_touchpoints": "{label}: {purchases} ({share})<br>at most so many: {cumulative}",
    # transitions
    "sankey_title": "How journeys move between phases",
    "sankey_sentence": "Of {moves} between phases up to the purchase, {forward} go forward and {back} go back.",
    "sankey_commonest": "The commonest way back is from {source} to {target} ({n}).",
    "sankey_no_moves": "No journey moved from one phase to another; {n} ended in the phase where they began.",
    "sankey_empty": "No transition between phases has been seen yet.",
    "sankey_from": "<b>From</b>",
    "sankey_to": "<b>To</b>",
    "state_(start)": "First contact",
    "state_(converted)": "Purchase",
    "state_(drop-off)": "Drop-off",
    "state_(open)": "Still open",
    "state_(rest)": "Smaller moves ({kinds})",
    "link_entry": "First contact",
    "link_forward": "Forward",
    "link_back": "Back to an earlier phase",
    "link_(converted)": "Purchase",
    "link_(drop-off)": "Drop-off",
    "link_(open)": "Still open",
    "link_rest": "Smaller moves",
    "hover_link": "{source} → {target}: {n}<br>{share} of those leaving {source}",
    # the journey map
    "map_title": "The journey map",
    "map_sentence": "The phases from left to right; below each what people do there, how many come and go, and where "
    "it hurts. Money is in the property's currency.",
    "map_all": "All journeys",
    "map_contacts": "What they do",
    "map_flow": "Come and go",
    "map_time": "How long it takes",
    "map_channels": "What brings them",
    "map_leaks": "Where it hurts",
    "map_owners": "Who owns it",
    "map_gaps": "What could be done",
    "map_reached": "reached it",
    "map_rate": "drop-off rate",
    "map_progressed": "moved on",
    "map_stopped": "bought, and ended here",
    "map_still_open": "still open",
    "map_dropped_off": "dropped off",
    "map_km_median_dwell_seconds": "until half have moved on",
    "map_median_active_seconds": "of it active (median)",
    "map_no_km": "fewer than half move on while watched",
    "map_other": "Other channels",
    "map_more": "and {n} more",
    "map_lost": "{n} left",
    "map_at_stake": "{money} at stake",
    "map_gap": "{segment}: {points} points more lost than of {best}, {n} journeys",
    "persona_(none)": "None of the personas",
    "personas_title": "Who meets which touchpoint",
    "personas_sentence": "The share of each persona's journeys that has the touchpoint at least once.",
    "personas_map": "The map of: {persona}",
    # headers of tables
    "head_touchpoint": "Touchpoint",
    "head_phase": "Phase",
    "head_reached": "Reached",
    "head_visited": "Visited",
    "head_progressed": "Progressed",
    "head_dropped_off": "Dropped off",
    "head_still_open": "Still open",
    "head_open_share": "Share open",
    "head_stopped": "Stopped (bought)",
    "head_rate": "Drop-off rate (95 % interval)",
    "head_rate_short": "Drop-off rate",
    "head_km": "Kaplan–Meier median",
    "head_km_short": "KM median dwell",
    "head_median": "Median of completed stays",
    "head_p90": "90th percentile of completed stays",
    "head_stays": "Stays",
    "head_completed": "Completed",
    "head_touchpoints": "Touchpoints before purchase",
    "head_purchases": "Purchases",
    "head_share": "Share",
    "head_cumulative": "Cumulative share",
    "head_from": "From",
    "head_to": "To",
    "head_count": "Transitions",
    "head_probability": "Share of those leaving",
    "head_median_time": "Median time",
}


def say(name: str, **values: object) -> str:
    """Look up a text and fill in its numbers.

    Args:
        name: of the text.
        values: what its placeholders stand for, already written for reading.

    Raises:
        KeyError: if there is no such text, or a placeholder of it has no value.

    >>> say("key_bought", n="231")
    '231 bought'
    """
    return ENGLISH[name].format(**values)


def counted(number: int, noun: str, written: str) -> str:
    """Write a count with its noun in the right number.

    Args:
        number: how many.
        noun: of the texts `<noun>_one` and `<noun>_many`.
        written: the number as it is read.

    >>> counted(1, "journey", "1"), counted(2, "journey", "2")
    ('1 journey', '2 journeys')
    """
    return say(f"{noun}_one" if number == 1 else f"{noun}_many", n=written)
