"""`sojourn suggest-touchpoints` from end to end: its file runs, recognises what it says and takes nothing else."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.lifecycle import check_lifecycle, load_lifecycle, shipped_names
from pipelines.cli.app import main
from pipelines.cli.suggesting import suggested_lifecycle
from pipelines.publishing import publish
from pipelines.sample import write_sample
from tests.exports_by_hand import DAY, params, row, write
from tests.nights_by_hand import Night
from tests.real_days import open_real_days, with_real_days
from tests.test_equals_reference import breaches
from tests.test_lifecycles import Build, cut_by, loaded, values

RECOGNISED = "SELECT touchpoint, sum(event_count) FROM touchpoints WHERE event_id IS NOT NULL GROUP BY ALL ORDER BY ALL"
UNMATCHED = "SELECT sum(unmatched_event_count) FROM sessions"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    folder = tmp_path_factory.mktemp("suggestions")
    write_sample(folder / "exports", days=40, users=300, seed=4)
    yield from loaded(folder, folder / "exports")


@pytest.fixture(scope="module")
def real_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    with open_real_days(tmp_path_factory) as built:
        yield built


def check(name: str, build: Build, folder: Path) -> dict[str, int]:
    """Suggest from what a lifecycle leaves, cut by what was suggested, and hold the counts; the suggested ones."""
    connection, settings = build
    cut_by(name, build)
    before, left = dict(connection.execute(RECOGNISED).fetchall()), values(connection, UNMATCHED)[0]
    publish(connection, settings)
    text = suggested_lifecycle(settings.model_copy(update={"lifecycle": name}))
    file = folder / "own.yaml"
    file.write_text(text, encoding="utf-8")
    assert check_lifecycle(file) == []
    said = re.findall(r"  # ([\d,]+) events in [\d,]+ sessions [^\n]*\n(?:  # [^\n]*\n)?  - key: (\S+)", text)
    told = {key.strip("'"): int(count.replace(",", "")) for count, key in said}
    cut_by(str(file), build)
    after = dict(connection.execute(RECOGNISED).fetchall())
    assert {key: after[key] for key in told} == told
    assert {key: count for key, count in after.items() if key not in told} == before
    assert values(connection, UNMATCHED)[0] == left - sum(told.values())
    assert breaches(connection) == []
    own, base = load_lifecycle(file), load_lifecycle(name)
    assert {point.key for point in own.touchpoints} == {*told, *(point.key for point in base.touchpoints)}
    return told


@pytest.mark.parametrize("name", shipped_names())
def test_what_is_suggested_for_the_sample_runs_and_takes_nothing_from_other_rules(
    name: str, sample: Build, tmp_path: Path
) -> None:
    check(name, sample, tmp_path)


@with_real_days
def test_what_is_suggested_for_the_real_days_runs_and_takes_nothing_from_other_rules(
    real_days: Build, tmp_path: Path
) -> None:
    told = check("six-phases", real_days, tmp_path)
    assert told["page_eco"] == 104
    assert len(told) >= 10
    assert not {"scroll", "user_engagement", "session_start", "first_visit", "page_view"} & set(told)


def test_a_site_with_its_own_words_and_awkward_names(tmp_path: Path) -> None:
    """Six people each see a page and a popup whose names would break a careless writer."""
    rows = [
        row(second, name, f"p{person}", event_params=params(page_location=f"https://shop.dk{page}"))
        for person in range(6)
        for second, (name, page) in enumerate(
            [("page_view", "/it's: %23\u2028x/a"), ("pop'up\n- key: x", "/"), ("scroll", "/"), ("page_view", "/kurv")]
        )
    ]
    write(tmp_path / "exports" / DAY, rows)
    for build in loaded(tmp_path, tmp_path / "exports"):
        told = check("six-phases", build, tmp_path)
    assert told == {"page_it_s_x": 6, "pop_up_key_x": 6}


def ask(night: Night, *words: str) -> tuple[int, str, str]:
    argv = ["sojourn", "suggest-touchpoints", "--database", "made/sojourn.duckdb", *words]
    night.monkeypatch.setattr(sys, "argv", argv)
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), *night.capsys.readouterr()


def test_the_command_prints_the_file_alone(night: Night, tmp_path: Path) -> None:
    code, out, err = ask(night)
    (tmp_path / "own.yaml").write_text(out)
    assert (code, err) == (0, "")
    assert check_lifecycle(tmp_path / "own.yaml") == []
    night.is_untouched()


def test_a_published_file_that_another_lifecycle_made_is_refused_in_one_line(night: Night) -> None:
    code, out, err = ask(night, "--lifecycle", "kundresa")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "was not made with lifecycle 'kundresa'" in err


def test_without_a_published_file_it_says_what_publishes_one(night: Night) -> None:
    night.database.unlink()
    code, out, err = ask(night)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "nothing is published at made/sojourn.duckdb yet: `sojourn run EXPORTS` loads exports" in err
