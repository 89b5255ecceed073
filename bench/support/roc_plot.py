"""Draws a ROC curve, for `bench.trust`."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def plot_roc(file: Path, present: NDArray[np.float64], absent: NDArray[np.float64], area: float) -> Path:
    """Found among those that have an answer over false finds among those that have none. Returns the file."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    levels = np.unique(np.concatenate([present, absent, [0.0, 1.01]]))[::-1]
    false_finds = [(absent >= level).mean() for level in levels]
    finds = [(present >= level).mean() for level in levels]
    figure, axes = pyplot.subplots(figsize=(5, 5), layout="constrained")
    drawn: Any = axes
    drawn.plot(false_finds, finds, label=f"area {area:.3f}")
    drawn.plot((absent >= 0.5).mean(), (present >= 0.5).mean(), "o", label="relevance 0.5")
    drawn.set(xlabel="false finds", ylabel="finds", xlim=(0, 1), ylim=(0, 1.01))
    drawn.grid(visible=True, alpha=0.3)
    drawn.legend(loc="lower right")
    figure.savefig(file, dpi=150)
    pyplot.close(figure)
    return file
