"""Indexing speed and memory: each part alone, all together, and peak memory of a short and a long video.

`python -m bench.index` draws videos, then prints
- efficiency = (decoding alone + embedding alone, one core each) / cores / wall time of the whole picture stage;
  the best that overlapping can reach is 1.0, and only if cutting, thumbnails and writing cost nothing;
- the peak memory of all processes together while a 10 minute and a 2 hour video are indexed.

Two picture models: ViT-B/32 in its true shape with random weights, which costs what the real one costs, and the demo
world's, so small (4 ms a frame) that cutting, change detection and thumbnails (1.1 ms) are a large share. Figures are
medians over `--repeats` runs of ratios that were measured side by side.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import psutil

from bench.support.table import print_table
from demo.world.make import make_world
from indexer.config import Settings
from indexer.decode.frame_transforms import FRAME_MAX_SIDE
from indexer.decode.video import open_video
from indexer.models.device import single_thread_on_cpu
from indexer.models.image_embedder import ClipModel, load_clip_model
from indexer.models.loading import Models
from indexer.models.profiles import PROFILES
from indexer.pipeline.events import IndexFinished
from indexer.pipeline.index import index_paths

REELSEEK = Path(sys.executable).with_name("reelseek")
"""The command as users run it."""


@dataclass(frozen=True, slots=True)
class Alone:
    """Cost of each part by itself, on one core."""

    decode_seconds: float
    embed_seconds: float
    video_seconds: float


def real_shape_checkpoint(folder: Path, name: str = "ViT-B-32") -> Path:
    """Writes a checkpoint of the true shape with random weights."""
    import open_clip
    from safetensors.torch import save_file

    network, _, _ = open_clip.create_model_and_transforms(name)
    folder.mkdir(parents=True)
    save_file(
        {key: value.contiguous() for key, value in network.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": {}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return folder


def measure_alone(files: list[Path], settings: Settings, model: ClipModel) -> Alone:
    """Decodes every file without using the frames, then embeds the same frames, each on one core."""
    decode = embed = seconds = 0.0
    with single_thread_on_cpu("cpu"):
        for file in files:
            started = time.perf_counter()
            with open_video(
                file, settings=settings, frames_per_second=1.0, max_side=FRAME_MAX_SIDE, want_text=True
            ) as reader:
                pictures = [frame.pixels for frame in reader.frames()]
                seconds += reader.duration_seconds
            decode += time.perf_counter() - started
            started = time.perf_counter()
            for start in range(0, len(pictures), model.batch_frames):
                batch = pictures[start : start + model.batch_frames]
                if len(batch) == model.batch_frames:  # what is left over is counted by share, as if it filled batches
                    model.embed_prepared(np.stack([model.prepare(pixels) for pixels in batch]))
            whole = len(pictures) // model.batch_frames * model.batch_frames
            embed += (time.perf_counter() - started) * (len(pictures) / whole if whole else 1)
    return Alone(decode, embed, seconds)


def measure_together(folder: Path, library: Path, settings: Settings, models: Models) -> IndexFinished:
    """Runs the picture stage as users do."""
    return index_paths([folder], settings=replace(settings, library=str(library)), models=models)


def peak_memory_mib(words: list[str]) -> float:
    """Runs a command and returns the peak memory of it and its children, in MiB.

    Pages of mapped files are left out: libraries and weights are shared, and how much of them counts for one process
    depends on what else runs on the machine. A child that has not begun its own program yet shares its parent's memory.
    """
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    peak = 0.0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            own = watched.cmdline()
            children = [child for child in watched.children(recursive=True) if child.cmdline() != own]
        except psutil.NoSuchProcess:
            continue
        peak = max(peak, sum(_own_mib(item.pid) for item in (watched, *children)))
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    return peak


def _own_mib(pid: int) -> float:
    """Reads anonymous and shared memory of a process from /proc, in MiB; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("RssAnon:", "RssShmem:"))) / 1024


def efficiency_rows(folder: Path, name: str, checkpoint: Path, repeats: int) -> list[list[str]]:
    """Makes one row for each run, and one for the median."""
    settings = Settings(models="demo", clip_model=str(checkpoint), screen_text=False, captions=False, device="cpu")
    model = load_clip_model(str(checkpoint), device="cpu")
    profile = replace(PROFILES["demo"], clip_model=str(checkpoint), text_model="", screen_text=False, captions=False)
    models = Models(profile, model, None)
    cores = os.cpu_count() or 1
    rows: list[list[str]] = []
    ratios: list[float] = []
    for number in range(repeats):
        alone = measure_alone(sorted(folder.glob("*.mp4")), settings, model)
        with tempfile.TemporaryDirectory() as place:
            done = measure_together(folder, Path(place) / "library", settings, models)
        ratio = (alone.decode_seconds + alone.embed_seconds) / cores / done.seconds
        ratios.append(ratio)
        rows.append(
            [
                f"{name} {number + 1}",
                f"{alone.decode_seconds:.1f}",
                f"{alone.embed_seconds:.1f}",
                f"{done.stage_seconds['write']:.1f}",
                f"{done.seconds:.1f}",
                f"{alone.video_seconds / done.seconds:.0f}",
                f"{ratio:.2f}",
            ]
        )
    rows.append([f"{name} median", "", "", "", "", "", f"{statistics.median(ratios):.2f}"])
    return rows


def memory_rows(folder: Path, minutes: tuple[float, float]) -> list[list[str]]:
    """Measures peak memory of a short and a long video."""
    rows: list[list[str]] = []
    peaks: list[float] = []
    for length in minutes:
        place = folder / f"{length:g}"
        make_world(place, minutes=length, seed=3, video_minutes=length)
        words = [str(REELSEEK), "index", str(place), "--library", str(place / "library"), "--models", "demo", "--json"]
        words += ["--no-screen-text", "--no-captions"]
        peaks.append(peak_memory_mib(words))
        rows.append([f"one video of {length:g} minutes", f"{peaks[-1]:.0f}", f"{peaks[-1] / peaks[0]:.3f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0, help="video for the efficiency (default 20)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--long-minutes", type=float, default=120.0, help="the long video for the memory (default 120)")
    parser.add_argument("--only", choices=["efficiency", "memory"], help="measure one of the two")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.only != "memory":
            _print_efficiency(folder, options.minutes, options.repeats)
        if options.only != "efficiency":
            rows = memory_rows(folder, (10.0, options.long_minutes))
            print_table(["memory of all processes", "peak MiB", "to the first"], rows)


def _print_efficiency(folder: Path, minutes: float, repeats: int) -> None:
    make_world(folder / "world", minutes=minutes, seed=2)
    real = real_shape_checkpoint(folder / "ViT-B-32")
    rows = efficiency_rows(folder / "world", "ViT-B/32 shape", real, repeats)
    rows += efficiency_rows(folder / "world", "demo model", Path(PROFILES["demo"].clip_model), repeats)
    print(f"picture stage, {minutes:g} minutes of video, {os.cpu_count()} cores")
    heads = ["model and run", "decode alone s", "embed alone s", "write s", "together s", "video s / s", "efficiency"]
    print_table(heads, rows)


if __name__ == "__main__":
    main()
