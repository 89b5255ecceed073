"""Draws latency over library size, for `bench.search`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Percentiles(Protocol):
    """Milliseconds."""

    @property
    def p50(self) -> float: ...
    @property
    def p95(self) -> float: ...


def plot_latency(file: Path, rows: Sequence[int], curves: Mapping[str, Sequence[Percentiles]]) -> Path:
    """One line a curve at p50, shaded up to p95, both axes logarithmic. Returns the file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    drawn: Any = axes
    for label, values in curves.items():
        middle = [one.p50 for one in values]
        drawn.plot(rows, middle, marker="o", label=label)
        drawn.fill_between(rows, middle, [one.p95 for one in values], alpha=0.2)
    drawn.set(xscale="log", yscale="log", xlabel="frames in the library", ylabel="milliseconds, p50 to p95")
    drawn.grid(visible=True, which="both", alpha=0.3)
    drawn.legend()
    figure.savefig(file, dpi=150)
    pyplot.close(figure)
    return file
