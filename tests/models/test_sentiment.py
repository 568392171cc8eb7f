"""Table sentiment: answers to surveys belong to the contact before them, and figures are told from ten answers on."""

from math import sqrt

import pytest
from scipy.stats import t

from models.tables import SENTIMENT
from pipelines.checks import contract_breaches, reconcile
from pipelines.rebuilding import rebuild
from pipelines.rules import reconciliations
from tests.exports_by_hand import Build, params, row
from tests.test_equals_reference import LIFECYCLES, writers

Z = 1.959964
NAMES = [column.name for column in SENTIMENT.columns]


@pytest.fixture
def build(tmp_path):
    build = Build(tmp_path, lifecycle=str(LIFECYCLES / "feelings.yaml"))
    yield build
    build.close()


def answer(at, who, score, **more):
    return row(at, "survey_answer", who, event_params=params(score=score, **more))


def sentiment(build, *rows, where="dimension = 'all'"):
    """Rows of the table by level, state and scale, after a night over rows of an export; all checks hold."""
    build.load(*rows)
    rebuild(build.connection, build.settings)
    for write in writers(build.settings):
        write(build.connection.cursor())
    assert contract_breaches(build.connection, SENTIMENT) == []
    assert [line for rule in reconciliations() for line in reconcile(build.connection, rule)] == []
    return {
        (one["level"], one["state"], one["scale"]): one
        for one in build.connection.cursor().sql(f"FROM sentiment WHERE {where}").pl().to_dicts()
    }


def quality(build, name):
    return build.ask(f"SELECT value FROM quality WHERE name = '{name}'")[0][0]


def counts(found):
    return {key: one["answers"] for key, one in found.items()}


def test_ten_answers_have_a_mean_an_nps_and_intervals(build):
    # Ten people each buy and then answer: 10 10 10 9 9 8 7 6 3 0.
    scores = [10, 10, 10, 9, 9, 8, 7, 6, 3, 0]
    rows = [
        one for who, score in enumerate(scores) for one in (row(0, "purchase", f"p{who}"), answer(60, f"p{who}", score))
    ]
    one = sentiment(build, *rows)["touchpoint", "purchase", "nps"]
    # Five promoters, three detractors: 0.5 - 0.3. The sum is 72; the squares sum to 300 + 162 + 64 + 49 + 36 + 9 = 620,
    # so that the variance is (620 - 72 * 72 / 10) / 9 = 101.6 / 9, and t(0.975; 9) = 2.262157.
    assert (one["answers"], one["is_withheld"]) == (10, False)
    assert (one["mean_score"], one["nps"]) == (7.2, pytest.approx(0.2))
    margin = 2.262157 * sqrt(101.6 / 9 / 10)
    assert one["mean_low"] == pytest.approx(7.2 - margin, abs=1e-4)
    assert one["mean_high"] == pytest.approx(7.2 + margin, abs=1e-4)
    # Of 13 with the three that are added: 5.75 promoters, 3.75 detractors.
    variance = (5.75 + 3.75) / 13 - (2 / 13) ** 2
    assert one["nps_low"] == pytest.approx(2 / 13 - Z * sqrt(variance / 13))
    assert one["nps_high"] == pytest.approx(2 / 13 + Z * sqrt(variance / 13))


def test_below_ten_answers_the_figures_are_withheld_and_the_answers_told(build):
    rows = [one for who in range(9) for one in (row(0, "purchase", f"p{who}"), answer(60, f"p{who}", 10))]
    one = sentiment(build, *rows)["phase", "buy", "nps"]
    assert (one["answers"], one["is_withheld"]) == (9, True)
    assert {one[name] for name in NAMES if name.startswith(("mean", "nps"))} == {None}


def test_csat_is_a_scale_of_its_own_without_nps_and_ends_within_it(build):
    rows = [
        one
        for who, score in enumerate([5] * 9 + [1])
        for one in (row(0, "purchase", f"p{who}"), answer(60, f"p{who}", score, survey="csat"))
    ]
    found = sentiment(build, *rows)
    assert set(found) == {("phase", "buy", "csat"), ("touchpoint", "purchase", "csat")}
    one = found["touchpoint", "purchase", "csat"]
    assert (one["mean_score"], one["mean_high"], one["nps"], one["nps_low"]) == (4.6, 5, None, None)


def test_ten_equal_answers_leave_doubt_about_the_nps(build):
    rows = [one for who in range(10) for one in (row(0, "purchase", f"p{who}"), answer(60, f"p{who}", 9))]
    one = sentiment(build, *rows)["touchpoint", "purchase", "nps"]
    assert (one["nps"], one["nps_high"]) == (1, 1)
    assert one["nps_low"] == pytest.approx(10 / 13 - Z * sqrt((11.5 / 13 - (10 / 13) ** 2) / 13))


def test_an_answer_belongs_to_the_last_contact_of_its_journey_before_it_that_is_no_answer(build):
    found = sentiment(
        build,
        row(0, "view_item", "ana"),
        answer(10, "ana", 9),  # view
        answer(20, "ana", 8),  # view: the answer before it is no contact it could be about
        row(30, "nps_response", "ana"),
        answer(40, "ana", 8),  # view: nor is an answer by another name
        row(50, "scroll", "ana"),
        row(60, "purchase", "ana"),
        answer(60, "ana", 7),  # purchase: at the same instant, before it in event order
        row(70, "zoom", "ana"),
        row(80, "help", "ana"),
        answer(79, "ana", 1),  # purchase
        answer(86_000, "ana", 2),  # help, in a later session
        answer(5, "bo", 3),  # nothing before it
        row(6, "view_item", "bo"),
        row(7, "survey_answer", None, event_params=params(score=4)),  # nobody
    )
    assert counts(found) == {
        ("touchpoint", "view", "nps"): 3,
        ("touchpoint", "purchase", "nps"): 2,
        ("touchpoint", "help", "nps"): 1,
        ("touchpoint", "(none)", "nps"): 2,
        ("phase", "see", "nps"): 3,
        ("phase", "buy", "nps"): 2,
        ("phase", "keep", "nps"): 1,
        ("phase", "(none)", "nps"): 2,
    }
    assert quality(build, "survey_answers_without_contact") == 2


def test_every_answer_is_accounted_for(build):
    given = [
        (-1, "nps"),
        (11, "nps"),
        (0.5, "csat"),
        (6, "csat"),
        ("good", "nps"),
        (None, None),
        (5, "csat"),
        (0, None),
    ]
    rows = [answer(60 + n, "ana", score, survey=survey) for n, (score, survey) in enumerate(given)]
    found = sentiment(build, row(0, "purchase", "ana"), *rows)
    assert counts(found)["touchpoint", "purchase", "nps"] == counts(found)["touchpoint", "purchase", "csat"] == 1
    assert quality(build, "survey_answers") == 8
    assert quality(build, "survey_answers_off_scale") == 6


def test_an_answer_counts_in_the_segment_of_its_journey(build):
    mobile = {"device": {"category": "mobile"}}
    rows = [row(0, "purchase", "ana", **mobile), answer(60, "ana", 9), row(0, "purchase", "bo"), answer(60, "bo", 1)]
    found = sentiment(build, *rows, where="dimension = 'device_category' AND segment = 'mobile'")
    assert counts(found) == {("touchpoint", "purchase", "nps"): 1, ("phase", "buy", "nps"): 1}


def test_an_answer_by_a_feed_belongs_to_the_contact_on_the_site(build):
    build.feed("survey.csv", "2021-01-01T12:00:00Z,ida,survey_answer,9", header="occurred_at,user_id,event_name,score")
    found = sentiment(build, row(0, "purchase", "phone", user_id="ida"))
    assert counts(found) == {("touchpoint", "purchase", "nps"): 1, ("phase", "buy", "nps"): 1}


@pytest.mark.parametrize("freedom", [9, 12, 20, 60, 1000])
def test_the_quantile_of_student_is_that_of_the_tables(build, freedom):
    ((found,),) = build.ask(f"SELECT student_quantile({freedom})")
    assert found == pytest.approx(t.ppf(0.975, freedom), abs=1e-4)
