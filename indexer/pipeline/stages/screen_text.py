"""The screen text stage: reads (OCR) what is written in the frames whose picture changed."""

import importlib.util
from collections.abc import Sequence
from dataclasses import replace

from indexer.config import Settings
from indexer.models.availability import Unavailable
from indexer.models.profiles import Profile
from indexer.ocr.reader import screen_text_reader_name
from indexer.pipeline.plan import Job
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.screen_text_worker import ScreenTextWorker
from indexer.pipeline.stages.texts import commit_stage_texts
from indexer.records import TimedText, TimeSpan, Video
from indexer.segmentation.segmenter import change_time


class ScreenTextStage(Stage):
    """Runs after the picture stage, which records where the picture changed."""

    name = "screen_text"
    one_thread_an_operation = True

    def __init__(self, run: RunContext) -> None:
        super().__init__(run)
        settings = run.settings
        reader = screen_text_reader_name(settings.screen_text_models if self.is_on else "")
        text_model = run.library.maker.text_model or "no text model"
        self._fingerprint = " | ".join(("screen-text-5", reader, f"side {settings.picture_max_side}", text_model))

    @classmethod
    def unavailable(cls, profile: Profile, settings: Settings) -> Unavailable | None:
        if not profile.screen_text:
            return Unavailable("off", "on-screen text is switched off", "index with --screen-text")
        if importlib.util.find_spec("rapidocr") is None:
            why = "the package rapidocr, which reads text, is not installed"
            return Unavailable("missing", why, "pip install rapidocr")
        return None

    def fingerprint(self, video: Video) -> str:
        return self._fingerprint

    def make(self, jobs: Sequence[Job]) -> None:
        run = self.run
        lacking = run.videos_lacking(self.is_pending, jobs)
        if not lacking:
            return
        worker = ScreenTextWorker(
            lacking,
            frames_of=run.library.frames,
            settings=run.settings,
            emit=run.emit,
            cancel=run.cancel,
            threads=run.cores,
        )
        step = 1 / run.settings.frames_per_second
        for item in worker.results():
            if item is None:
                run.commits.flush_when_due()
                continue
            with self.of_one_video(item.video):
                texts = [_align_with_cuts(text, step, item.video.duration_seconds) for text in item.texts]
                commit_stage_texts(
                    run,
                    replace(item, texts=tuple(texts)),
                    stage=self.name,
                    fingerprint=self._fingerprint,
                    complaint="on-screen text was not read",
                )
        run.commits.flush()
        run.totals.stage_seconds["ocr"] = worker.read_seconds


def _align_with_cuts(text: TimedText, step_seconds: float, duration_seconds: float) -> TimedText:
    """Moves times from the samples that first showed a text, and no longer did, to where cuts are set, too."""

    def changed_at(time_seconds: float) -> float:
        return change_time(time_seconds, step_seconds) if time_seconds > 0 else time_seconds

    start, stop = text.span.start_seconds, text.span.stop_seconds
    stop = stop if stop >= duration_seconds else change_time(stop, step_seconds)
    boxes = tuple(replace(box, start_seconds=changed_at(box.start_seconds)) for box in text.boxes)
    return replace(text, span=TimeSpan(changed_at(start), stop), boxes=boxes)
