"""Writing of a folder of fine-tuning data: cut clips and a JSONL of ms-swift. Blocks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.export.clips import clip_names, write_clips
from api.export.failed_moments import FailedMoment
from api.export.output_files import check_free, make_folder, write_data
from api.export.source_probe import MediaWorker
from api.export.subclip_preparation import prepare_subclips
from api.export.subclips import Subclip
from api.export.tuning.judged import JudgedLine
from indexer.errors import ExportError, NoPictureError
from indexer.records import TimeSpan
from search.tuning.examples import (
    CLIP_FOLDER,
    DATA_FILE,
    CutClip,
    TuningExample,
    answer_example,
    caption_example,
)


@dataclass(frozen=True, slots=True)
class WrittenTuning:
    """What was written."""

    files: list[Path]
    """The JSONL, then the clips."""
    examples: int
    existing: int
    """How many of the clips existed before."""
    warnings: list[str] = field(default_factory=list[str])
    failed: list[FailedMoment] = field(default_factory=list[FailedMoment])


def write_tuning(
    worker: MediaWorker,
    judged: Sequence[JudgedLine],
    folder: Path,
    *,
    handle_seconds: float,
    force: bool = False,
    on_progress: Callable[[float], None] = lambda _: None,
) -> WrittenTuning:
    """Cuts the clips of every line, and writes the JSONL. A line that lost a clip is left out.

    Args:
        handle_seconds: shown before and after each moment; without any the bounds of a moment are those of its clip.

    Raises:
        ExportError: the JSONL exists, or no line is left.
        VideoError: every source is missing or unreadable.
        CancelledError: the export was cancelled; finished clips are kept.
        OSError: no space, no permission.
    """
    make_folder(folder)
    check_free(folder / DATA_FILE, force=force)
    moments = [moment for line in judged for moment in line.moments]
    silent = [
        FailedMoment.of(one, NoPictureError("a recording has no pictures to learn from"))
        for one in moments
        if one.video.kind == "sound"
    ]
    seen = [one for one in moments if one.video.kind != "sound"]
    if not seen:
        raise ExportError("no moment has pictures to learn from")
    prepared = prepare_subclips(worker, seen, "clips", handle_seconds=handle_seconds)
    clips = folder / CLIP_FOLDER
    written = write_clips(worker, prepared.subclips, clips, force=force, on_progress=on_progress)
    cut = _cut_clips(prepared.subclips, clips)
    examples = [example for line in judged if (example := _example(line, cut)) is not None]
    if not examples:
        raise ExportError("nothing to export: no clip of any line could be cut")
    data = "".join(f"{example.to_line()}\n" for example in examples)
    write_data(folder / DATA_FILE, data.encode(), force=force)
    failed = [*silent, *prepared.failed, *written.failed]
    files = [folder / DATA_FILE, *written.paths]
    return WrittenTuning(files, len(examples), written.existing, prepared.warnings, failed)


def _cut_clips(subclips: Sequence[Subclip], folder: Path) -> dict[int, CutClip]:
    """The clips that were cut, by the identity of their moments."""
    cut: dict[int, CutClip] = {}
    for subclip, name in zip(subclips, clip_names(subclips), strict=True):
        if (folder / name).is_file():
            start, stop = (float(subclip.rate.seconds(frame)) for frame in (subclip.first, subclip.stop))
            moment = subclip.moment
            cut[id(moment)] = CutClip(f"{folder.name}/{name}", TimeSpan(start, stop), moment.span, moment.text)
    return cut


def _example(line: JudgedLine, cut: dict[int, CutClip]) -> TuningExample | None:
    clips = [cut[id(moment)] for moment in line.moments if id(moment) in cut]
    if len(clips) < len(line.moments):
        return None
    if line.caption:
        return caption_example(line.caption, clips[0])
    return answer_example(line.question, line.answer, clips, found=line.found)
