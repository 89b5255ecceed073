"""Draws what `bench.reach` measured: scores over the library's length."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

CURVES = ("what", "when R@1 IoU 0.5", "absent not found")


def plot_reach(file: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A panel a score, a line a way of asking, the length logarithmic. Returns the file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(CURVES), figsize=(4 * len(CURVES), 3.6), layout="constrained", sharey=True)
    drawn: Any = panels
    for panel, name in zip(drawn, CURVES, strict=True):
        for way in dict.fromkeys(row["way"] for row in rows):
            own = [row for row in rows if row["way"] == way]
            panel.plot([row["minutes"] for row in own], [row[name] for row in own], marker="o", label=way)
        panel.set(xscale="log", ylim=(0, 1.03), xlabel="minutes of video", title=name)
        panel.grid(visible=True, which="both", alpha=0.3)
    drawn[0].legend()
    figure.savefig(file, dpi=150)
    pyplot.close(figure)
    return file
