"""Pictures and the PDF: drawn by a real browser, the same bytes each time, and nothing of it left behind."""

import io
import os
import signal
import struct
import subprocess
import sys
import tempfile
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pytest
from pypdf import PdfReader

from pipelines.report import pictures
from pipelines.report.pictures import PicturesError, draw_pictures
from tests.marts_by_hand import marts, report_of
from tests.pipelines.test_page import needs_chromium

A4 = (595, 842)


def drawn():
    report = Future()
    report.set_result(report_of(marts()))
    return draw_pictures(report)


def browsers(folder, columns="args"):
    """The browsers that still run, or that nobody waits for, of those that have their files in a folder."""
    listed = subprocess.run(["ps", "-ewwo", columns], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(folder) in line]


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A directory for temporary files of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@needs_chromium
def test_the_same_page_gives_the_same_pictures_and_pdf_and_leaves_nothing(temporary):
    first, second = drawn(), drawn()
    assert (first.pdf, first.pngs) == (second.pdf, second.pngs)
    assert list(temporary.iterdir()) == []
    assert browsers(temporary) == []


@needs_chromium
def test_a_png_is_of_each_figure_and_as_wide_as_told(temporary):
    pngs = drawn().pngs
    assert list(pngs) == list(report_of(marts()).figures)
    for png in pngs.values():
        assert png.startswith(b"\x89PNG\r\n")
        assert struct.unpack(">I", png[16:20]) == (960,)
        assert len(png) > 20_000


@needs_chromium
def test_the_pdf_is_the_page_on_a4_with_its_figures_drawn(temporary):
    pdf = PdfReader(io.BytesIO(drawn().pdf))
    assert {tuple(sorted((round(page.mediabox.width), round(page.mediabox.height)))) for page in pdf.pages} == {A4}
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert "2.3 % of journeys end in a purchase" in text
    assert "10,240 reached" in text
    assert "227 open · 1,001 dropped" in text


@needs_chromium
@pytest.mark.parametrize("seconds", [0.1, 0.9])
def test_a_browser_that_takes_too_long_is_stopped(temporary, monkeypatch, seconds):
    monkeypatch.setattr(pictures, "TIMEOUT", seconds)
    with pytest.raises(PicturesError, match=f"Chromium did not draw the pictures within {seconds} seconds"):
        drawn()
    assert browsers(temporary) == []
    assert list(temporary.iterdir()) == []


def test_a_missing_driver_is_said_with_the_command_that_installs_it(no_driver):
    with pytest.raises(PicturesError, match=r"uv sync .* --extra pictures$"):
        drawn()


def test_a_missing_browser_is_said_with_the_command_that_installs_it(monkeypatch, tmp_path):
    from choreographer.browsers import Chromium

    monkeypatch.setattr(Chromium, "find_browser", lambda **_: None)
    with pytest.raises(PicturesError, match=r"apt-get install chromium$"):
        drawn()


@needs_chromium
def test_a_browser_that_dies_at_once_is_one_line(monkeypatch, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text(f"#!{sys.executable}\nraise SystemExit(1)\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    with pytest.raises(PicturesError, match="Chromium cannot draw the pictures: ") as error:
        drawn()
    assert "\n" not in str(error.value)
    assert Path(broken).exists()


@needs_chromium
def test_a_browser_that_is_killed_while_it_draws_is_one_line(temporary, monkeypatch):
    show = pictures._show

    async def kill_and_show(tab, page):
        for line in browsers(temporary, "pid,args"):
            with suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)
        await show(tab, page)

    monkeypatch.setattr(pictures, "_show", kill_and_show)
    with pytest.raises(PicturesError, match=r"^Chromium cannot draw the pictures: [^\n]+$"):
        drawn()
    assert browsers(temporary) == []
