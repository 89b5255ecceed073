"""Where the browser is, how it is started, and what it says while a page is open."""

import os
import shutil
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def chromium_path() -> str | None:
    """The browser named by CHROMIUM, or the system's; None without one."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def eventually(page: Page, holds: Callable[[], bool], *, what: str = "", seconds: float = 60.0) -> None:
    """Waits for what the page brings about elsewhere, such as a request; what it draws is often earlier."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"still false after {seconds} s: {what}"
        page.wait_for_timeout(50)


def until(page: Page, expression: str) -> None:
    """Waits until a JavaScript expression is true. Playwright's own way needs eval, which the page's policy forbids."""
    eventually(page, lambda: bool(page.evaluate(expression)), what=expression)


def playing_time(page: Page) -> float:
    """The player's clock, read back from the browser."""
    return page.evaluate("document.querySelector('video').currentTime")


def wait_for_frames(page: Page) -> None:
    """Until the player shows the picture of its time."""
    until(page, "(v => v && v.readyState >= 2 && !v.seeking)(document.querySelector('video'))")


def expect_address(page: Page, wanted: dict[str, str], *, exactly: bool = True) -> None:
    """Waits until the query of the page's address is, or holds, what is wanted."""

    def holds() -> bool:
        given = {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}
        return given == wanted if exactly else wanted.items() <= given.items()

    eventually(page, holds, what=f"the address says {wanted}")


class Watch:
    """Collects errors of the console and of scripts, and requests to any host but this one."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        self._forgiven: list[str] = []

    def attach(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)

    def forgive(self, *words: str) -> None:
        """Drops the errors that hold one of the words, also those still to come: those that the test brings about."""
        self._forgiven += words
        self.errors = [error for error in self.errors if not self._is_forgiven(error)]

    def _is_forgiven(self, error: str) -> bool:
        return any(word in error for word in self._forgiven)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            error = f"{message.text} ({message.location.get('url', '')})"
            self.errors += [] if self._is_forgiven(error) else [error]

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.elsewhere.append(request.url)
