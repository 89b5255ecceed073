"""Where the browser is, how it is started, and what it says while a page is open."""

import os
import shutil
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def chromium_path() -> str | None:
    """The browser named by CHROMIUM, or the system's; None without one."""
    named = os.environ.get("CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Watch:
    """Collects errors of the console and of scripts, and requests to any host but this one."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []

    def attach(self, page: Page) -> None:
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)

    def forgive(self, *words: str) -> None:
        """Drops the errors that hold one of the words: those that the test brings about."""
        self.errors = [error for error in self.errors if not any(word in error for word in words)]

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in ("127.0.0.1", "localhost"):
            self.elsewhere.append(request.url)
