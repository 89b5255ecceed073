"""An indexing run: scans folders, plans, runs the stages, and writes the library. The public function is `index_paths`.

Wherever a run is interrupted, each of its videos is either as it was before or complete. The next run makes only what
is missing.
"""

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from indexer.config import Settings
from indexer.errors import LibraryMissingError
from indexer.library_place import LibraryPlace, library_place
from indexer.model_choice import ModelChoice, choose_models
from indexer.models.loading import Models, load_models
from indexer.models.profiles import profile_of
from indexer.models.protocols import SpeechModel
from indexer.models.vision_language import VisionLanguageModel
from indexer.pipeline.engines.engine import Engine
from indexer.pipeline.engines.local import LocalEngine
from indexer.pipeline.events import IndexEvent, IndexFinished, ScanFinished, VideoMissing, VideoMoved, VideoSkipped
from indexer.pipeline.models_to_come import models_awaited
from indexer.pipeline.pending_stages import pending_stages
from indexer.pipeline.plan import Plan, make_plan
from indexer.pipeline.run_context import ListenerError, LoadedModels, RunContext
from indexer.pipeline.scan import scan_for_videos
from indexer.pipeline.stages.base import Stage
from indexer.pipeline.stages.loading import create_stages
from indexer.provenance import agrees_with_provenance, provenance_of, provenance_with_sampling, settings_like_provenance
from indexer.store.library import Library
from indexer.store.schema import Maker

Listener = Callable[[IndexEvent], None]


def _ignore(event: IndexEvent) -> None:
    """The listener of a caller who wants no events."""


def index_paths(
    paths: Sequence[Path],
    *,
    settings: Settings,
    on_event: Listener = _ignore,
    cancel: threading.Event | None = None,
    prune: bool = False,
    retry_failed: bool = False,
    models: Models | None = None,
    vision_language_model: VisionLanguageModel | None = None,
    speech_model: SpeechModel | None = None,
    load: Callable[[Settings], Models] | None = None,
    engine: Engine | None = None,
) -> IndexFinished:
    """Indexes files and folders into the library that the settings name.

    Args:
        paths: files or folders, walked with everything below them.
        settings: the library, its models, how to sample, the limits.
        on_event: called with each event, one at a time, from several threads.
        cancel: set it to stop the run soon; finished work is kept.
        prune: remove videos from the library that lay under `paths` and are gone from the disk.
        retry_failed: try failed videos again although neither the file nor the software changed.
        models: loaded embedding models to use in place of those of the settings.
        vision_language_model: the same for the model that writes captions.
        speech_model: the same for the model that transcribes speech.
        load: loads the models that `choose_models` chooses, in place of `load_models`.
        engine: carries out the jobs; None: this process does.

    Returns:
        The totals, which are also the last event.

    Raises:
        UsageError: a path does not exist.
        ModelError: the models cannot be loaded; nothing was written.
        LibraryError: the library cannot be written, is in use, or was made with other models.
        EngineError: the engine cannot be used; what was finished before is kept.
    """
    started = time.perf_counter()
    folder = library_place(settings.library)
    roots = [Path(os.path.abspath(path.expanduser())) for path in paths]  # noqa: PTH100 - links keep their names
    found = scan_for_videos(roots, exclude=folder if isinstance(folder, Path) else None)
    existing = _maker_at(folder)
    given = ModelChoice(settings_like_provenance(settings, existing)) if models else None
    choice = given or choose_models(settings, existing)
    settings, load = choice.settings, load or load_models
    # Loading models takes seconds. A library that was made with the models that the settings name is opened without
    # them; they are loaded and compared only when there is something to embed.
    if existing is None or not agrees_with_provenance(settings, existing):
        models = models or load(settings)
    maker = provenance_of(models, settings) if models else provenance_with_sampling(existing, settings)
    maker = replace(maker, wanted_profile=choice.wanted.name if choice.wanted else "")
    with Library.open_writer(folder, maker=maker) as library:
        run = RunContext(
            library,
            settings,
            on_event=on_event,
            cancel=cancel or threading.Event(),
            loaded=LoadedModels(vision_language_model, speech_model),
            retry_failed=retry_failed,
        )
        stages = create_stages(run)
        plan = make_plan(found, library.videos(), roots=roots, pending=partial(pending_stages, stages=stages))
        try:
            if choice.wanted:
                run.emit(models_awaited(choice.wanted, profile_of(settings)))
            _carry_out(
                run,
                stages,
                plan,
                engine or LocalEngine(),
                load=lambda: models or load(settings),
                videos=len(found),
                prune=prune,
            )
        except ListenerError as error:
            raise (error.__cause__ or error) from None
        finished = _finish(run, len(found), started)
    on_event(finished)
    return finished


def _carry_out(
    run: RunContext,
    stages: Sequence[Stage],
    plan: Plan,
    engine: Engine,
    *,
    load: Callable[[], Models],
    videos: int,
    prune: bool,
) -> None:
    plan = _prepare(run, stages, plan)
    run.emit(ScanFinished(videos, len(plan.jobs)))
    _apply_bookkeeping(run, plan, prune=prune)
    if plan.jobs:
        engine.make_stages(run, stages, plan.jobs, load=load)
        if not run.cancel.is_set():
            run.library.maintain()
    run.commits.flush()
    _drop_replaced(run, plan)


def _maker_at(folder: LibraryPlace) -> Maker | None:
    try:
        with Library.open(folder) as library:
            return library.maker
    except LibraryMissingError:
        return None


def _prepare(run: RunContext, stages: Sequence[Stage], plan: Plan) -> Plan:
    """Fetches what the stages need; the plan without what cannot be made in this run."""
    for stage in stages:
        reason = stage.prepare(plan.jobs) if plan.jobs else ""
        if reason:
            run.leave_out(stage.name, reason)
            plan = plan.without_stage(stage.name)
    return plan


def _apply_bookkeeping(run: RunContext, plan: Plan, *, prune: bool) -> None:
    """Does everything in the plan that needs no decoding."""
    for path, reason in plan.skipped:
        run.totals.skipped += 1
        run.emit(VideoSkipped(path, reason))
    for path, old_path in plan.moved:
        run.emit(VideoMoved(path, old_path))
    for file in plan.unreadable:
        run.fail_unreadable(file)
    for file in plan.unreachable:
        run.fail_unreachable(file)
    if plan.rewritten:
        run.library.put_videos(plan.rewritten)
    if prune:
        run.library.remove_videos([video.video_id for video in plan.missing])
    for video in plan.missing:
        run.emit(VideoMissing(video.path, dropped=prune))


def _drop_replaced(run: RunContext, plan: Plan) -> None:
    """Removes replaced videos after their successors are written: these inherit tags that a crash must not lose."""
    written = {path for video in run.commits.done.values() for path in video.paths}
    pending = {str(file.path) for job in plan.jobs for file in job.files} - written
    run.library.remove_videos([video.video_id for video in plan.replaced if not pending & {*video.paths}])


def _finish(run: RunContext, videos: int, started: float) -> IndexFinished:
    totals = run.totals
    totals.stage_seconds["write"] = run.commits.write_seconds
    return IndexFinished(
        videos,
        len(totals.indexed),
        totals.skipped,
        totals.failed,
        time.perf_counter() - started,
        interrupted=run.cancel.is_set(),
        stage_seconds=totals.stage_seconds,
        failed_stages=totals.failed_stages,
        failing_stages=totals.failing_stages,
    )
