"""The one place that starts Ray or joins a cluster of it. Its errors become EngineError here.

Without an address everything stays on this machine's loopback interface, with no dashboard and no usage statistics.
"""

import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Generator, Sequence
from contextlib import chdir, contextmanager
from importlib import import_module
from typing import Any

from indexer.errors import EngineError

OLDEST_RAY = (2, 60)
"""Tried with it; see the extra `ray` in pyproject.toml."""
OBJECT_STORE_MIB = 256
"""Shared memory of a Ray that is started here: rows of one video a worker, on their way; more goes to the disk."""
START_TRIES = 3
"""On a busy machine Ray's processes miss their own deadlines (Ray's issue 65983)."""
REACH_SECONDS = 5.0
_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0"}
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Ray's processes listen on the loopback interface alone."""
_JOINING = {"RAY_NUM_REDIS_GET_RETRIES": "2"}
"""Tries of 40 s each to reach a port at which something else answers; Ray's own 20 would take a quarter of an hour."""
_LOCAL = {
    "address": "local",  # not one that happens to run on this machine
    "include_dashboard": False,
    "object_store_memory": OBJECT_STORE_MIB << 20,
    "_node_ip_address": "127.0.0.1",
}


def import_ray(address: str) -> Any:
    """The module, which reads its settings when it is first imported. It has no types worth checking against.

    Args:
        address: as for `connected`.

    Raises:
        EngineError: it is not installed, or too old.
    """
    for name, value in {**_SETTINGS, **(_JOINING if address else _ALONE)}.items():
        os.environ.setdefault(name, value)
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise EngineError(
            f"the engine ray needs the package ray, which cannot be imported ({error}):"
            " pip install 'reelseek[ray]', or index without --engine"
        ) from error
    version = tuple(int(part) for part in ray.__version__.split(".")[:2])
    if version < OLDEST_RAY:
        oldest = ".".join(map(str, OLDEST_RAY))
        raise EngineError(f"ray {ray.__version__} is too old, {oldest} is needed: pip install 'reelseek[ray]'")
    return ray


@contextmanager
def connected(ray: Any, address: str) -> Generator[None]:
    """Inside the context this process is a driver of Ray; a Ray that the caller has started is used as it is.

    Args:
        address: HOST:PORT of a cluster, of which this machine is a part, or `auto`; empty: start one here.

    Raises:
        EngineError: it does not start, is out of reach, or is of another version.
    """
    if ray.is_initialized():
        yield
        return
    if address:
        _check_reachable(address)
        _initialize(ray, {"address": address})
    else:
        _start(ray)
    try:
        yield
    finally:
        ray.shutdown()


def count_workers(nodes: Sequence[dict[str, Any]], *, cpus: float, gpus: float) -> int:
    """How many workers find room on these nodes (`ray.nodes()`).

    Args:
        cpus, gpus: that each asks for.
    """
    count = 0
    for node in nodes:
        if node["Alive"]:
            has = node["Resources"]
            count += int(min(has.get("CPU", 0) / cpus, has.get("GPU", 0) / gpus if gpus else float("inf")))
    return count


def _check_reachable(address: str) -> None:
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise EngineError(f"--address {address} is none of a Ray cluster; give HOST:PORT, such as 10.0.0.1:6379")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_SECONDS).close()
    except OSError as error:
        raise EngineError(
            f"no Ray cluster answers at {address} ({error.strerror or error}); start one there with"
            " `ray start --head`, and join it from this machine with `ray start --address`"
        ) from error


def _start(ray: Any) -> None:
    for left in reversed(range(START_TRIES)):
        try:
            _initialize(ray, _LOCAL)
        except EngineError:
            ray.shutdown()
            if not left:
                raise
        else:
            return


def _initialize(ray: Any, options: dict[str, Any]) -> None:
    """Connects; keeps this process's handling of signals, and its working folder out of the workers' search path."""
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with chdir(sys.prefix), warnings.catch_warnings():
            # LanceDB warns of forks; the children that Ray starts become other programs at once.
            warnings.filterwarnings("ignore", ".*fork support", RuntimeWarning)
            ray.init(log_to_driver=False, configure_logging=False, **options)
    except Exception as error:
        reason = " ".join(str(error).split())[:500]
        where = options["address"]
        raise EngineError(
            f"Ray at {where} cannot be used ({type(error).__name__}: {reason}); every machine needs the same versions"
            " of Python and Ray, and this one must be part of the cluster"
        ) from error
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, handler)
