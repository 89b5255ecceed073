"""Screenshots of the page's main states, from a real service and library: `python -m bench.screenshots --out DIR`.

Without --library it draws and indexes two minutes of the demo world. Needs a Chromium (CHROMIUM names one) and the
`dev` packages.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import click
from playwright.sync_api import Browser, Page, sync_playwright

from demo.world.make import make_world
from indexer.config import Settings
from indexer.pipeline.index import index_paths

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SCHEMES = ("light", "dark")
HEIGHTS = {360: 780, 1280: 800, 2560: 1440}
WAIT_MILLISECONDS = 60_000


@dataclass(frozen=True, slots=True)
class PageState:
    """One state of the page."""

    name: str
    address: str
    ready: str
    """CSS selector to wait for."""


@contextmanager
def served(library: Path) -> Generator[str]:
    """Runs `reelseek serve` over a library; yields its address."""
    command = [sys.executable, "-c", "from api.cli.program import run; run()", "serve", "--library", str(library)]
    process = subprocess.Popen([*command, "--port", "0", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise click.ClickException("reelseek serve did not start")
        yield str(json.loads(line)["url"]).rstrip("/")
    finally:
        process.terminate()
        process.wait(60)


def shots(page: Page, query: str, question: str) -> list[PageState]:
    """Lists the main states, with the first moment and video that the service returns."""
    found = page.request.get("/api/v1/search?" + urlencode({"query": query, "limit": 1})).json()
    videos = page.request.get("/api/v1/videos?limit=1").json()["videos"]
    asked = {"q": query}
    result = [
        PageState("home", "/", ".grid .card"),
        PageState("search", "/?" + urlencode(asked), ".grid .card"),
        PageState("answer", "/?" + urlencode({"q": question, "mode": "ask"}), ".answer .faint, .is-unfound"),
        PageState("nothing", "/?" + urlencode({"q": "a lecture on tax law"}), ".grid .card, .notice"),
        PageState("library", "/?view=library", ".grid .card"),
        PageState("programs", "/api-docs", "#api section"),
    ]
    for moment in found["moments"][:1]:
        at = {"at": moment["video_id"], "start": moment["start_seconds"], "stop": moment["stop_seconds"]}
        result.insert(2, PageState("moment", "/?" + urlencode(asked | at), ".heat path"))
    whole = [urlencode({"view": "library", "at": video["video_id"]}) for video in videos]
    return result + [PageState("video", f"/?{at}", ".chapter") for at in whole]


def take(page: Page, shot: PageState, path: Path) -> None:
    """Opens a state, waits for its pictures, and saves a screenshot."""
    page.goto(shot.address)
    page.wait_for_selector(shot.ready, state="attached")
    if shot.name in ("moment", "video"):
        page.wait_for_selector(".stage video")
        page.locator("video").evaluate("video => video.pause()")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(400)
    page.screenshot(path=path)


def take_all(
    browser: Browser, address: str, out: Path, *, sizes: list[tuple[int, int]], query: str, question: str
) -> int:
    """Takes every state at every size, light and dark; returns the number of pictures."""
    count = 0
    for scheme in SCHEMES:
        for width, height in sizes:
            size = {"width": width, "height": height}
            context = browser.new_context(base_url=address, viewport=size, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
            context.set_default_timeout(WAIT_MILLISECONDS)
            page = context.new_page()
            for shot in shots(page, query, question):
                take(page, shot, out / f"{shot.name}-{width}-{scheme}.png")
                count += 1
            context.close()
    return count


def demo_library(folder: Path) -> Path:
    """Draws and indexes two minutes of the demo world."""
    make_world(folder / "videos", minutes=2, seed=31)
    library = folder / "library"
    index_paths([folder / "videos"], settings=Settings(library=str(library), models="demo"))
    return library


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the pictures.")
@click.option("--library", type=click.Path(exists=True, path_type=Path), help="A library; else one is made.")
@click.option("--query", default="a green triangle beside a square", show_default=True)
@click.option("--question", default="What colour is the square above the ring?", show_default=True)
@click.option("--width", "widths", type=int, multiple=True, default=tuple(HEIGHTS), show_default=True)
@click.option("--height", type=int, help="Pixels.  [what goes with the width]")
def main(
    out: Path, library: Path | None, query: str, question: str, widths: tuple[int, ...], height: int | None
) -> None:
    """Takes pictures of the page's main states."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise click.ClickException("there is no chromium here; CHROMIUM=/path names one")
    out.mkdir(parents=True, exist_ok=True)
    sizes = [(width, height or HEIGHTS.get(width, 900)) for width in widths]
    with (
        tempfile.TemporaryDirectory() as made,
        served(library or demo_library(Path(made))) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        count = take_all(browser, address, out, sizes=sizes, query=query, question=question)
        browser.close()
    click.echo(f"{count} pictures in {out}")


if __name__ == "__main__":
    main()
