"""Prometheus metrics: requests, queues, jobs, event-loop lag. One registry per service."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.service.work_queue import WorkQueue

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LAG_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 5.0)
LAG_EVERY_SECONDS = 0.02
_LAGS_KEPT = 6000


class Metrics:
    """The metrics of one service."""

    def __init__(self, queues: Iterable[WorkQueue]) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "reelseek_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "reelseek_request_seconds", "Wall time of a request.", ["route"], buckets=_BUCKETS, registry=self.registry
        )
        self.upload_bytes = Counter("reelseek_upload_bytes", "Bytes received in uploads.", registry=self.registry)
        self.jobs = Counter("reelseek_jobs", "Jobs ended, by final state.", ["state"], registry=self.registry)
        self.lag = Histogram(
            "reelseek_loop_lag_seconds",
            "Delay with which the event loop wakes up.",
            buckets=_LAG_BUCKETS,
            registry=self.registry,
        )
        self.lags: deque[float] = deque(maxlen=_LAGS_KEPT)
        """The most recent lags, in seconds."""
        self.registry.register(_Queues(tuple(queues)))

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    async def watch_lag(self) -> None:
        """Measures the lag of the event loop; runs as long as the service."""
        while True:
            due = time.perf_counter() + LAG_EVERY_SECONDS
            await asyncio.sleep(LAG_EVERY_SECONDS)
            late = max(0.0, time.perf_counter() - due)
            self.lag.observe(late)
            self.lags.append(late)


class _Queues(Collector):
    def __init__(self, queues: tuple[WorkQueue, ...]) -> None:
        self._queues = queues

    def collect(self) -> Iterator[Metric]:
        rows: tuple[tuple[str, str, Callable[[WorkQueue], int]], ...] = (
            ("reelseek_queue_running", "Requests being processed.", lambda queue: queue.running),
            ("reelseek_queue_waiting", "Requests waiting for a worker.", lambda queue: queue.waiting),
            ("reelseek_queue_refused", "Requests refused because the queue was full.", lambda queue: queue.refused),
        )
        for name, meaning, value in rows:
            family = GaugeMetricFamily(name, meaning, labels=["queue"])
            for queue in self._queues:
                family.add_metric([queue.name], value(queue))
            yield family
