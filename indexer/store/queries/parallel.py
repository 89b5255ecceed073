"""Running several queries at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def run_queries_in_parallel(queries: Sequence[Callable[[], Result]], *, concurrently: bool) -> list[Result]:
    """The results in order; in one thread each, or one after another."""
    if len(queries) < 2 or not concurrently:
        return [query() for query in queries]
    with ThreadPoolExecutor(len(queries)) as pool:
        return [future.result() for future in [pool.submit(query) for query in queries]]
