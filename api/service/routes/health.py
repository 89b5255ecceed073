"""`/api/v1/health` and `/metrics`: the state of the service, for people and for monitoring."""

import shutil
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any

from litestar import Controller, Response, get
from litestar.openapi.datastructures import ResponseSpec

from api.service.files.media_preparer import preparer_of
from api.service.jobs.runner import JobRunner
from api.service.links import API
from api.service.metrics import MEDIA_TYPE, Metrics
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas.health import Health, Loading, Protection, QueueState, SignalState
from api.version import package_version
from indexer.config import Settings
from indexer.errors import LibraryError
from indexer.isolation.confine import available_protection
from indexer.model_choice import choose_models
from indexer.models.profiles import Profile, profile_of
from indexer.models.remote.address import is_server, parse_address
from indexer.pipeline.readiness import readiness
from indexer.provenance import settings_like_provenance

_METRICS = ResponseSpec(str, generate_examples=False, description="Prometheus' text format.", media_type="text/plain")


class HealthRoutes(Controller):
    path = "/"
    tags = ["service"]  # noqa: RUF012 - as Litestar expects

    @get(f"{API}/health", operation_id="health", summary="Get the service's health", responses=problem_responses())
    async def health(self, runtime: Runtime, jobs: JobRunner) -> Health:
        """State of library, models, queues and disk; `degraded`, with reasons, if something is wrong."""
        found = await runtime.lookups.run(lambda: _health(runtime))
        preparations = preparer_of(runtime).preparations
        found.queue[preparations.name] = QueueState(
            running=preparations.running, waiting=preparations.waiting, limit=preparations.limit
        )
        found.queue["jobs"] = QueueState(
            running=int(jobs.is_running), waiting=jobs.waiting, limit=runtime.service.max_jobs
        )
        return found

    @get(
        "/metrics",
        operation_id="metrics",
        summary="Prometheus metrics",
        responses={200: _METRICS} | problem_responses(),
    )
    async def metrics(self, metrics: Metrics) -> Response[bytes]:
        """Metrics in Prometheus' text format."""
        return Response(metrics.text(), media_type=MEDIA_TYPE)


def _health(runtime: Runtime) -> Health:
    problems: list[str] = []
    library: dict[str, Any] = {"exists": False}
    signals: list[SignalState] = []
    settings = runtime.settings
    try:
        if runtime.has_library():
            library = {"exists": True, **runtime.library.counts()}
            settings = settings_like_provenance(settings, runtime.library.maker)
            signals = _signals(runtime, settings)
        else:
            settings = choose_models(settings, None).settings
    except LibraryError as error:
        problems.append(str(error).replace(str(runtime.place), "").replace("  ", " "))
    profile = profile_of(settings)
    absent = _absent(profile)
    problems += [f"{name}: its weights are not on this machine" for name in absent]
    queues = {
        queue.name: QueueState(running=queue.running, waiting=queue.waiting, limit=queue.limit)
        for queue in runtime.queues
    }
    problems += [f"the queue {name!r} is full" for name, one in queues.items() if one.waiting >= one.limit]
    free = _free_bytes(runtime.machine_folder)
    if free < runtime.service.least_free_bytes:
        problems.append("the disk is nearly full: uploads are refused")
    return Health(
        status="degraded" if problems else "ok" if runtime.is_warm else "loading",
        problems=problems,
        loading=None if runtime.loading is None else Loading(**asdict(runtime.loading)),
        version=package_version(),
        needs_key=runtime.service.needs_key,
        library=library,
        models={
            "loaded": runtime.is_warm,
            "profile": profile.name,
            "picture": PurePath(profile.clip_model).name,
            "text": PurePath(profile.text_model).name,
            "vision_language": _shown_name(profile.vision_language_model),
            "speech": PurePath(profile.speech_model).name,
            "reranker": PurePath(profile.reranker_model).name,
            "ask": bool(profile.vision_language_model) and profile.vision_language_model not in absent,
        },
        signals=signals,
        queue=queues,
        protection=Protection(**asdict(available_protection())),
        disk={"free_bytes": free},
        limits={"max_upload_bytes": runtime.service.max_upload_bytes, "roots": len(runtime.service.roots)},
    )


def _signals(runtime: Runtime, settings: Settings) -> list[SignalState]:
    """Does not reveal folders of this machine: a model is named by the last part of its path."""
    good = [video for video in runtime.library.videos() if not video.failure_kind]
    profile = profile_of(settings)
    folders = [
        name
        for name in (profile.clip_model, profile.text_model, profile.vision_language_model, profile.speech_model)
        if PurePath(name).is_absolute()
    ]
    found: list[SignalState] = []
    for one in readiness(settings, good):
        why = one.why
        for folder in folders:
            why = why.replace(folder, PurePath(folder).name)
        found.append(SignalState(stage=one.stage, state=one.state, videos=one.videos, why=why, how=one.how))
    return found


def _shown_name(model: str) -> str:
    """Without folders of this machine, and without the address of a server."""
    return parse_address(model).recorded_name if is_server(model) else PurePath(model).name


def _absent(profile: Profile) -> list[str]:
    """Models in a local folder that does not exist; for models on a hub, only loading would show it."""
    named = (profile.clip_model, profile.text_model, profile.vision_language_model, profile.reranker_model)
    return [name for name in named if PurePath(name).is_absolute() and not Path(name).is_dir()]


def _free_bytes(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
