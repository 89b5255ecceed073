"""A real service for tests: uvicorn on a free port over a small library of the demo world, in a thread or a process.

Test files import the fixtures they use: `from tests.helpers.service import demo_library, service  # noqa: F401`.
"""

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.local.running_service import FILE_NAME
from api.service.app import Service, create_service
from api.service.runtime import Runtime
from api.service.server import ServiceServer, bind_service_socket, url_of
from api.service.settings import ServiceSettings
from indexer.config import Settings
from indexer.pipeline.index import index_paths
from tests.helpers.shared_folder import make_once

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "from {module} import main; main()"
START_SECONDS = 280.0
"""A busy machine takes long to import and load."""


def demo_settings(library: Path) -> Settings:
    """The demo models; no reading of the screen, which is slow."""
    return Settings(library=str(library), models="demo", device="cpu", screen_text=False)


@dataclass
class RunningService:
    """A service that answers."""

    url: str
    """Without a slash at the end."""
    service: Service

    @property
    def runtime(self) -> Runtime:
        return self.service.runtime

    def client(self, **options: Any) -> httpx.Client:
        """To be closed by the caller."""
        return httpx.Client(base_url=self.url, timeout=60, **options)


@contextmanager
def serving(settings: Settings, **service: Any) -> Iterator[RunningService]:
    """Runs a service in a thread of this process; `service` are fields of ServiceSettings."""
    values = replace(ServiceSettings(port=0), **service)
    taken = bind_service_socket(values.host, values.port)
    ready = threading.Event()
    runtime = Runtime(settings, values)
    server = ServiceServer(create_service(runtime), on_ready=ready.set)
    thread = threading.Thread(target=lambda: server.run(sockets=[taken]), name="service")
    thread.start()
    try:
        assert ready.wait(START_SECONDS), "the service does not start"
        yield RunningService(url_of(taken).rstrip("/"), server.service)
    finally:
        server.begin_stop()
        thread.join(60)
        taken.close()
        assert not thread.is_alive(), "the service does not stop"


@dataclass
class ServiceProcess:
    """`reelseek serve` as a process of its own."""

    url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """As a power cut: no clean-up."""
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> int:
        """As Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@contextmanager
def serving_process(library: Path, *, models: str = "demo", module: str = "api.cli.main") -> Iterator[ServiceProcess]:
    """Starts `reelseek serve`; killed at the end if it still runs. `module` has the command's `main`."""
    command = [sys.executable, "-c", COMMAND.format(module=module)]
    command += ["serve", "--library", str(library), "--port", "0", "--json"]
    command += ["--models", models, "--device", "cpu", "--no-screen-text"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert line, "the service said nothing"
        yield ServiceProcess(json.loads(line)["url"].rstrip("/"), process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(30)


def wait_for_job(client: httpx.Client, job_id: str, *, seconds: float = 240.0) -> dict[str, Any]:
    """The job once it has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        job = client.get(f"/api/v1/jobs/{job_id}").json()
        if job["state"] not in {"queued", "running"}:
            return job
        time.sleep(0.05)
    raise AssertionError(f"job {job_id} does not end: {job}")


@pytest.fixture(scope="session")
def demo_library(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three videos of the demo world, indexed with its models: pictures, subtitles, captions. Only read it."""

    def index(folder: Path) -> None:
        index_paths([world], settings=demo_settings(folder / "library"))

    return make_once(tmp_path_factory, "service", index) / "library"


def copy_unserved(library: Path, place: Path) -> Path:
    """A copy without the note of a service; the videos are the same files."""
    return Path(shutil.copytree(library, place, ignore=shutil.ignore_patterns(FILE_NAME)))


@pytest.fixture
def own_library(demo_library: Path, tmp_path: Path) -> Path:
    """A copy that the test may write to."""
    return copy_unserved(demo_library, tmp_path / "library")


@pytest.fixture(scope="session")
def service(demo_library: Path, world: Path) -> Iterator[RunningService]:
    """A service over `demo_library`, for tests that only read; `world` is its one root."""
    with serving(demo_settings(demo_library), roots=(world.resolve(),)) as running:
        yield running


@pytest.fixture
def client(service: RunningService) -> Iterator[httpx.Client]:
    with service.client() as opened:
        yield opened
