"""Pictures of figures and the PDF of the page, drawn by the machine's Chromium: one start of it, a tab for each kind.

The same figures and page give the same bytes: what the PDF says of the moment when it was made is set to nothing, and
the parts of the page that its tags name by numbers of the browser's are counted from one.
"""

import asyncio
import base64
import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go

from models.errors import SojournError
from pipelines.extras import how_to_install
from pipelines.report.rendering import Report

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
WIDTH = 480
SCALE = 2
TIMEOUT = 60.0
STAMP = re.compile(rb"(/(?:Creation|Mod)Date \(D:)\d{14}")
NODE = re.compile(rb"\(node(\d{8})\)")
LOADED = "document.readyState === 'complete' || new Promise(done => addEventListener('load', done))"
NO_DRIVER = "pictures and the PDF need a driver that is not installed"
NO_BROWSER = "pictures and the PDF need Chromium or Chrome, which is not on this machine: apt-get install chromium"


class PicturesError(SojournError):
    """Pictures that cannot be drawn on this machine."""


@dataclass(frozen=True)
class Pictures:
    """What was drawn: the PDF of the page, and a PNG of each figure."""

    pdf: bytes
    pngs: Mapping[str, bytes]


def draw_pictures(report: "Future[Report]") -> Pictures:
    """Print the page as PDF on A4, as its style says, and draw figures as PNG in their light colours.

    Args:
        report: is waited for when the browser has started. Its page is a whole HTML document that carries Plotly with
            it and asks for nothing from elsewhere.

    Raises:
        PicturesError: if the driver or the browser is missing, or does not get it done in a minute.
        Exception: what making the report raised.
    """
    return asyncio.run(_draw(report))


async def _draw(report: "Future[Report]") -> Pictures:
    browser, limit = _new_browser(), asyncio.timeout(TIMEOUT)
    from choreographer.errors import BrowserClosedError, BrowserFailedError, ChannelClosedError

    try:
        async with limit, _opened(browser):
            return Pictures(*await asyncio.gather(_print(browser, report), _draw_figures(browser, report)))
    except (BrowserClosedError, BrowserFailedError, ChannelClosedError, OSError) as error:
        if limit.expired():
            raise PicturesError(f"Chromium did not draw the pictures within {TIMEOUT:g} seconds") from None
        raise PicturesError(f"Chromium cannot draw the pictures: {' '.join(map(str, error.args))}") from error
    except asyncio.CancelledError:
        # The driver cancels what waits for a browser that died, and nobody has cancelled this task itself then.
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        raise PicturesError("Chromium cannot draw the pictures: it went away") from None


@asynccontextmanager
async def _opened(browser: Any) -> AsyncIterator[None]:
    """Close the browser whatever comes, also where it did not open whole."""
    try:
        await browser.open()
        yield
    finally:
        await browser.close()


def _new_browser() -> Any:
    """A browser that asks the network for nothing; without its sandbox only where it cannot have one, as root.

    It opens on an empty page: else it would draw its own for new tabs, which costs as much as three figures.
    """
    try:
        from choreographer import Browser
        from choreographer.browsers import Chromium
        from choreographer.errors import ChromeNotFoundError
    except ImportError:
        raise PicturesError(f"{NO_DRIVER}: {how_to_install('pictures')}") from None

    class Quiet(Chromium):  # type: ignore[misc,unused-ignore]
        def get_cli(self) -> list[str]:
            return [*super().get_cli(), "--disable-background-networking", "about:blank"]

    try:
        return Browser(browser_cls=Quiet, enable_sandbox=os.geteuid() != 0)
    except ChromeNotFoundError:
        raise PicturesError(NO_BROWSER) from None


async def _print(browser: Any, report: "Future[Report]") -> bytes:
    """Open the page as paper, wait until its scripts have drawn, and print it."""
    tab = browser.get_tab() or await browser.create_tab()
    await _ask(tab, "Emulation.setEmulatedMedia", media="print")
    await _show(tab, (await asyncio.wrap_future(report)).page)
    answer = await _ask(tab, "Page.printToPDF", preferCSSPageSize=True, printBackground=True)
    return _timeless(base64.b64decode(answer["data"]))


async def _draw_figures(browser: Any, report: "Future[Report]") -> dict[str, bytes]:
    """Draw on an empty page, for the policy of the report's forbids the way in which Plotly makes PNGs."""
    tab = await browser.create_tab()
    await _show(tab, f'<script src="{PLOTLY.as_uri()}"></script>')
    return {name: await _png(tab, figure) for name, figure in (await asyncio.wrap_future(report)).figures.items()}


async def _show(tab: Any, page: str) -> None:
    with tempfile.TemporaryDirectory(prefix="sojourn-") as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        await _ask(tab, "Page.navigate", url=file.as_uri())
        await _ask(tab, "Runtime.evaluate", expression=LOADED, awaitPromise=True)


async def _png(tab: Any, figure: go.Figure) -> bytes:
    options = f"{{format: 'png', width: {WIDTH}, height: {figure.layout.height}, scale: {SCALE}, imageDataOnly: true}}"
    expression = f"Plotly.toImage({figure.to_json()}, {options})"
    answer = await _ask(tab, "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
    return base64.b64decode(answer["result"]["value"])


async def _ask(tab: Any, command: str, **params: Any) -> Any:
    answer = await tab.send_command(command, params)
    fault = answer.get("error") or answer["result"].get("exceptionDetails")
    if fault:
        raise PicturesError(f"Chromium cannot draw the pictures: {command}: {fault}")
    return answer["result"]


def _timeless(pdf: bytes) -> bytes:
    """Every replacement is as long as what it replaces: the PDF finds its parts by their places."""
    numbers = {node: b"(node%08d)" % number for number, node in enumerate(sorted(set(NODE.findall(pdf))), start=1)}
    return NODE.sub(lambda node: numbers[node[1]], STAMP.sub(rb"\g<1>19700101000000", pdf))
