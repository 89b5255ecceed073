"""The speech stage within a run: which videos have subtitles that are enough, which are listened to, what is kept.

A missing model ends the stage and nothing else. Leaves out listening (`speech_stage`).
"""

from collections.abc import Sequence
from dataclasses import replace

from indexer.errors import DeviceMemoryError, ModelBrokenError, ModelError, ModelMissingError
from indexer.pipeline.events import StageLeftOut
from indexer.pipeline.plan import Job, Plan
from indexer.pipeline.run_context import RunContext
from indexer.pipeline.stages.speech import SpeechStage
from indexer.pipeline.stages.texts import keep_texts
from indexer.pipeline.stages.threaded import VideoTexts
from indexer.records import TimedText, Video
from indexer.speech.transcript_filters import without_repeats

UNNAMED = "the profile names no speech model; name one with --speech-model, as openai/whisper-base"


def fetch_speech_model(run: RunContext, plan: Plan) -> Plan:
    """Has the model on this machine where it is needed; the plan without what cannot be made without it."""
    if run.settings.speech and not run.needs.speech:
        _leave_out(run, UNNAMED)
    if not run.needs.speech or not any({"picture", "speech"} & set(job.stages) for job in plan.jobs):
        return plan
    try:
        run.transcriber.fetch()
    except ModelError as error:
        _leave_out(run, str(error))
        only = [job for job in plan.jobs if job.stages == ("speech",)]
        skipped = [(str(file.path), "indexed already, but for speech") for job in only for file in job.files]
        jobs = tuple(job for job in plan.jobs if job not in only)
        return replace(plan, jobs=jobs, skipped=(*plan.skipped, *skipped))
    run.needs.transcriber = run.transcriber.name
    return plan


def make_speech(run: RunContext, jobs: Sequence[Job]) -> None:
    """Of what was just indexed, and of what an earlier run left without it."""
    earlier = [job.known for job in jobs if job.known is not None]
    videos = {video.video_id: video for video in earlier} | run.commits.done
    wanted = sorted((video for video in videos.values() if run.needs.speech_of(video)), key=lambda item: item.path)
    unheard: list[Video] = []
    for video in wanted:
        if run.cancel.is_set():
            return
        if run.settings.speech_beside_subtitles or not run.library.texts(video.video_id, "subtitle"):
            unheard.append(video)
        else:
            _keep(run, VideoTexts(video, (), None, 0.0), subtitled=True)
    if unheard and run.needs.transcriber:
        _listen(run, unheard)
    run.commits.flush()


def _listen(run: RunContext, videos: Sequence[Video]) -> None:
    stage = SpeechStage(videos, model=run.transcriber.model, settings=run.settings, emit=run.emit, cancel=run.cancel)
    try:
        for item in stage.results():
            _keep(run, item, subtitled=False)
    except (ModelMissingError, ModelBrokenError, DeviceMemoryError) as error:
        _leave_out(run, str(error))
    finally:
        run.transcriber.let_go()
        run.tally.stage_seconds["speech"] = stage.speech_seconds


def _keep(run: RunContext, made: VideoTexts, *, subtitled: bool) -> None:
    subtitles = run.library.texts(made.video.video_id, "subtitle") if made.texts else []
    said = [TimedText(row.span, row.text, row.language) for row in subtitles]
    keep_texts(
        run,
        replace(made, texts=tuple(without_repeats(made.texts, said))),
        stage="speech",
        source="speech",
        fingerprint=run.needs.speech_fingerprint(made.video, subtitled=subtitled),
        complaint="speech was not written down",
    )


def _leave_out(run: RunContext, reason: str) -> None:
    run.needs.transcriber = ""
    run.emit(StageLeftOut("speech", f"{reason}; or leave it out with --no-speech"))
