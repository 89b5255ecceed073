"""Screenshots of the page's states, from a real service and library: `python -m bench.screenshots --out DIR`.

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
from pathlib import Path

import click
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from bench.screenshots.states import PageState, page_states, set_faults
from demo.world.make import make_world
from indexer.config import Settings
from indexer.pipeline.index import index_paths

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SCHEMES = ("light", "dark")
HEIGHTS = {360: 780, 768: 1024, 1280: 800, 2560: 1440}
WAIT_MILLISECONDS = 20_000
SETTLE_MILLISECONDS = 900
"""For pictures and fades."""
FIRST = ".grid .card, .notice, .stage video, pre"
"""What a view shows before anything is clicked."""


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


def take(page: Page, state: PageState, path: Path) -> None:
    """Opens a state, waits for its pictures, and saves a screenshot."""
    set_faults(page, state.faults)
    page.goto(state.address)
    if state.act:
        page.wait_for_selector(FIRST, state="attached")
        page.wait_for_timeout(400)
        state.act(page)
    page.wait_for_selector(state.ready, state="attached")
    if page.locator(".stage video").count():
        page.locator("video").evaluate("video => video.pause()")
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    page.screenshot(path=path)


def take_all(
    browser: Browser,
    address: str,
    out: Path,
    *,
    sizes: list[tuple[int, int]],
    schemes: tuple[str, ...],
    query: str,
    question: str,
    only: tuple[str, ...],
) -> int:
    """Takes every state at every size, light and dark; returns the number of pictures."""
    count = 0
    for scheme in schemes:
        for width, height in sizes:
            size = {"width": width, "height": height}
            context = browser.new_context(base_url=address, viewport=size, color_scheme=scheme)  # pyright: ignore[reportArgumentType]
            context.set_default_timeout(WAIT_MILLISECONDS)
            page = context.new_page()
            for state in page_states(page, query, question):
                if only and not state.name.startswith(only):
                    continue
                path = out / f"{state.name.lower().replace(' ', '-')}-{width}-{scheme}.png"
                try:
                    take(page, state, path)
                except PlaywrightError as error:
                    click.echo(f"{path.name}: {str(error).splitlines()[-1].strip()}", err=True)
                    page.screenshot(path=path)
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
@click.option("--only", multiple=True, help="States whose name begins with this.  [all]")
@click.option("--scheme", "schemes", type=click.Choice(SCHEMES), multiple=True, default=SCHEMES, show_default=True)
@click.option("--height", type=int, help="Pixels.  [what goes with the width]")
def main(
    out: Path,
    library: Path | None,
    query: str,
    question: str,
    widths: tuple[int, ...],
    only: tuple[str, ...],
    schemes: tuple[str, ...],
    height: int | None,
) -> None:
    """Takes pictures of the page's states."""
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
        count = take_all(browser, address, out, sizes=sizes, query=query, question=question, only=only, schemes=schemes)
        browser.close()
    click.echo(f"{count} pictures in {out}")


if __name__ == "__main__":
    main()
