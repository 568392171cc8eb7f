"""Chromium, told what to do by its own protocol, and what it has to say of the pages that it opens."""

import json
import os
import signal
import subprocess
import urllib.request
from collections import Counter
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from time import monotonic, sleep

import pytest
from websockets.sync.client import connect

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-sandbox",
    "--enable-logging=stderr",
)
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")
CLICK = """(words => {
    const found = [...document.querySelectorAll('a, button')].filter(e => e.innerText.trim() === words && !e.disabled);
    found.at(-1)?.click();
    return found.length > 0;
})(%s)"""
SPOKEN = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded", "Page.javascriptDialogOpening")
KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}
SHIFT = 8


def wait_for(what, ask, seconds=60):
    """Ask until there is an answer."""
    end = monotonic() + seconds
    while not (answer := ask()):
        assert monotonic() < end, f"{what} did not come"
        sleep(0.1)
    return answer


def answer_of(address):
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


@contextmanager
def running(*command, **options):
    """Run a command with all that it starts; at the end all of it is ended."""
    with subprocess.Popen([*map(str, command)], start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def browsing(folder):
    """A browser with one empty tab, whose profile is in the folder."""
    flags = ["--headless", *QUIET, "--remote-debugging-port=0", f"--user-data-dir={folder / 'profile'}"]
    told = folder / "profile" / "DevToolsActivePort"
    with running(CHROMIUM, *flags, "about:blank", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        port = wait_for("the browser", lambda: told.exists() and told.read_text().split("\n")[0])
        tabs = wait_for("its tab", lambda: answer_of(f"http://127.0.0.1:{port}/json"))
        [page] = [tab for tab in tabs if tab["type"] == "page"]
        with connect(page["webSocketDebuggerUrl"], max_size=None) as tab:
            yield Browser(tab)


class Browser:
    """A tab of a browser."""

    def __init__(self, tab):
        self._tab, self._numbers, self._events = tab, count(1), []

    def tell(self, method, **params):
        """Have the browser do something: its answer. What it reports meanwhile is kept."""
        number = next(self._numbers)
        self._tab.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._tab.recv(60))).get("id") != number:
            self._events.append(answer)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def evaluate(self, script, *values):
        """The value of an expression, or of a function of these values; a promise is waited for."""
        expression = f"({script})({', '.join(map(json.dumps, values))})" if values else script
        how = {"returnByValue": True, "awaitPromise": True, "userGesture": True}
        answer = self.tell("Runtime.evaluate", expression=expression, **how)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def open(self, address):
        self.tell("Page.navigate", url=address)

    def open_file(self, file, *, width=1280, scheme="light"):
        """Open a page, in the light or the dark, and wait until it is drawn; what was reported before is forgotten."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.tell(f"{domain}.enable")
        self.resize(width)
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self._events.clear()
        self.open(file.as_uri())
        wait_for("the page", lambda: self.evaluate("document.readyState") == "complete")
        self.settle()

    def resize(self, width, height=900):
        """Make the window so large, in pixels; nothing of it goes to scroll bars."""
        self.tell("Emulation.setScrollbarsHidden", hidden=True)
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def settle(self):
        """Wait until what was begun is drawn."""
        self.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"
        )

    def spoken(self):
        """What the browser had to say since a page was opened: console, errors, dialogs."""
        return [event for event in self._events if event["method"] in SPOKEN]

    def asked(self):
        """What was asked of the network since a page was opened, the page itself left out."""
        sent = [event["params"] for event in self._events if event["method"] == "Network.requestWillBeSent"]
        urls = {params["request"]["url"] for params in sent if params.get("type") != "Document"}
        return {url for url in urls if not url.startswith("data:")} | {
            params["request"]["url"] for params in sent if not params["request"]["url"].startswith(("file:", "data:"))
        }

    def press(self, key, shift=False):
        """Press a key, and let it go."""
        code, text = KEYS[key]
        how = {"key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": SHIFT if shift else 0}
        self.tell("Input.dispatchKeyEvent", type="keyDown", text=text, **how)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **how)

    def point(self, x, y, click=False):
        """Move the mouse to a place of the window, and click there."""
        self.tell("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased") if click else ():
            self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def click(self, words):
        """Click the button or the link that says this, once it is there."""
        wait_for(f"{words!r} to click", lambda: self.evaluate(CLICK % json.dumps(words)))

    def sees(self, *words, seconds=60):
        """Wait until the page says all this, each as often as it is given."""
        asked = Counter(words)
        wait_for(words, lambda: all(self.text().count(word) >= asked[word] for word in asked), seconds)

    def text(self):
        return self.evaluate("document.body?.innerText") or ""
