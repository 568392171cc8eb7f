"""What surveys tell: each answer belongs to the contact before it, and to the phase of that."""

import math
from itertools import product

from tests.reference.sessions import session_order
from tests.reference.statistics import Z, student
from tests.reference.values import Row

SCALES = {"nps": (0, 10), "csat": (1, 5)}
ANSWERS = ("survey_answer", "survey_response", "nps_response")
LEAST = 10


def answers_of(tables: dict[str, list[Row]]) -> list[Row]:
    """Every answer on its scale: its scale and score, its journey's key, and the phase and touchpoint it belongs to."""
    contacts: dict[tuple[str, int], list[Row]] = {}
    for touchpoint in tables["touchpoints"]:
        if touchpoint["event_name"] not in ANSWERS:
            contacts.setdefault((touchpoint["person_id"], touchpoint["journey_number"]), []).append(touchpoint)
    found = []
    for event in tables["events"]:
        if event["event_name"] == "survey_answer":
            key = (event["person_id"], event["journey_number"])
            earlier = [one for one in contacts.get(key, []) if place_of(one) < place_of(event)]
            last = max(earlier, key=place_of, default={"phase": "(none)", "touchpoint": "(none)"})
            found.append({"key": key, "phase": last["phase"], "touchpoint": last["touchpoint"], **scored(event)})
    for event in tables["unfollowed"]:
        if event["event_name"] == "survey_answer":
            nowhere = {"key": None, "phase": "(none)", "touchpoint": "(none)", "survey": event["params"].get("survey")}
            found.append(nowhere | scored(event | nowhere))
    return [answer for answer in found if is_on_scale(answer)]


def place_of(row: Row) -> tuple[object, ...]:
    """Where a touchpoint, or an event, stands in its journey."""
    return row["occurred_at"], session_order(row), row["rank"]


def scored(event: Row) -> Row:
    """The scale of an answer by its param survey, and its score."""
    return {"scale": "csat" if event["survey"] == "csat" else "nps", "score": event["score"]}


def is_on_scale(answer: Row) -> bool:
    """Whether the score lies on its scale."""
    low, high = SCALES[answer["scale"]]
    return answer["score"] is not None and low <= answer["score"] <= high


def sentiment_rows(answers: list[Row]) -> list[Row]:
    """Table sentiment of one segment, of its answers."""
    groups: dict[tuple[str, str, str], list[float]] = {}
    for answer, level in product(answers, ("phase", "touchpoint")):
        groups.setdefault((level, answer[level], answer["scale"]), []).append(answer["score"])
    return [
        {"level": level, "state": state, "scale": scale, "answers": len(scores)} | measures(scores, scale)
        for (level, state, scale), scores in groups.items()
    ]


def measures(scores: list[float], scale: str) -> Row:
    """The mean with its interval and, of the scale 0-10, the NPS with its own; nulls below ten answers."""
    names = ("mean_score", "mean_low", "mean_high", "nps", "nps_low", "nps_high")
    row: Row = dict.fromkeys(names) | {"is_withheld": len(scores) < LEAST}
    if len(scores) < LEAST:
        return row
    number, (least, most) = len(scores), SCALES[scale]
    mean = math.fsum(scores) / number
    variance = math.fsum((score - mean) ** 2 for score in scores) / (number - 1)
    margin = student(number - 1) * math.sqrt(variance / number)
    row |= {"mean_score": mean, "mean_low": max(mean - margin, least), "mean_high": min(mean + margin, most)}
    if scale == "nps":
        promoters, detractors = sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)
        row["nps"] = (promoters - detractors) / number
        # Rocks 2016: three quarters of a promoter and of a detractor, and one and a half passives, are added first.
        more, p, d = number + 3, (promoters + 0.75) / (number + 3), (detractors + 0.75) / (number + 3)
        wide = Z * math.sqrt((p + d - (p - d) ** 2) / more)
        row |= {"nps_low": max(p - d - wide, -1.0), "nps_high": min(p - d + wide, 1.0)}
    return row
