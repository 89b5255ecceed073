"""A service over a library: how soon it is ready, its memory at rest, and the library page over HTTP."""

import json
import os
import subprocess
import sys
import time

import httpx
import psutil

from bench.scale.drawn_library import DrawnLibrary
from bench.serve import COMMAND
from bench.support.latency import timed

TIMES = 20
PAGES = {"library page": "/api/v1/videos?limit=50", "library page, by name": "/api/v1/videos?name=77&limit=50"}


def measure_service(drawn: DrawnLibrary, _: int) -> dict[str, float]:
    """Seconds until it answers, GB at rest after the first pages, milliseconds of a page."""
    words = ["serve", "--library", str(drawn.path), "--port", "0", "--json", "--device", "cpu"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words, "--log-level", "warning"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it warns that the library's models, which are drawn, cannot be loaded
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    try:
        assert process.stdout
        url = json.loads(process.stdout.readline())["url"].rstrip("/")
        made = {"service ready, s": time.perf_counter() - began}
        with httpx.Client(base_url=url, timeout=120) as client:
            for name, page in PAGES.items():
                client.get(page).raise_for_status()
                found = timed(range(TIMES), lambda _, page=page: client.get(page).raise_for_status())
                made |= {f"{name}, p50 ms": found.p50}
        made["memory of a service at rest, GB"] = psutil.Process(process.pid).memory_info().rss / 1e9
        return made
    finally:
        process.terminate()
        process.wait(timeout=60)
