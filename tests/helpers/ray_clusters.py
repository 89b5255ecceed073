"""A cluster of Ray of several nodes on this machine."""

import os
from types import TracebackType
from typing import Any, Self

NODES = 3
TRIES = 3
"""A raylet dies when its agents take over 15 s to start, as on a busy machine (Ray's issue 65983)."""
_OPTIONS = {"num_cpus": 1, "object_store_memory": 120 << 20, "include_dashboard": False}


class RayCluster:
    """A head and further nodes, of one core each; a context manager."""

    def __enter__(self) -> Self:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        for left in reversed(range(TRIES)):
            try:
                self._start()
            except Exception:
                self._cluster.shutdown()
                if not left:
                    raise
            else:
                break
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        self._cluster.shutdown()

    @property
    def address(self) -> str:
        return self._cluster.address

    def alive(self) -> int:
        """Number of nodes."""
        return len(self._cluster.list_all_nodes())

    def kill_a_node(self) -> None:
        """Kills a node that is not the head, with all its processes."""
        self._cluster.remove_node(self._others.pop(), allow_graceful=False)

    def _start(self) -> None:
        from ray.cluster_utils import Cluster

        self._cluster: Any = Cluster()
        self._cluster.add_node(**_OPTIONS)
        self._others = [self._cluster.add_node(**_OPTIONS) for _ in range(NODES - 1)]
