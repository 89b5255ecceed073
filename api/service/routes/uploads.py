"""`POST /api/v1/videos`: index a file on this machine by its path, or an uploaded one. Both start a job."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType

from api.errors import BadRequestError, ForbiddenPathError, TooLargeError, UnsupportedMediaError
from api.service.jobs.runner import JobRunner
from api.service.jobs.uploads import PartFile, check_upload_name, check_upload_size
from api.service.links import API
from api.service.metrics import Metrics
from api.service.options import UPLOAD_NAME
from api.service.parameters import parameter
from api.service.problems import problem_responses
from api.service.runtime import Runtime
from api.service.schemas import jobs as schemas
from indexer.decode.sniffing import HEAD_BYTES, playlist_kind
from indexer.decode.video import probe_video
from indexer.errors import VideoError

_PIECE_BYTES = 1 << 20
_BYTES = Schema(
    type=OpenAPIType.STRING,
    content_media_type="application/octet-stream",
    description="The content of a video or sound file.",
)
_BINARY = OpenAPIMediaType(schema=_BYTES)


@dataclass
class UploadOperation(Operation):
    """Describes the two kinds of body, which Litestar cannot infer."""

    def __post_init__(self) -> None:
        path = Schema(type=OpenAPIType.STRING, min_length=1, description="A file or folder under a configured root.")
        by_path = Schema(
            type=OpenAPIType.OBJECT,
            properties={"path": path},
            required=["path"],
            additional_properties=False,
            example={"path": "films/lecture.mp4"},
        )
        content = {
            "application/json": OpenAPIMediaType(schema=by_path),
            "application/octet-stream": _BINARY,
            "video/mp4": _BINARY,
            "audio/mpeg": _BINARY,
        }
        self.request_body = RequestBody(
            content=content,
            required=True,
            description=(
                "JSON names a file on this machine; `video/*`, `audio/*` and `application/octet-stream` upload one."
            ),
        )


class UploadRoutes(Controller):
    path = f"{API}/videos"
    tags = ["videos"]  # noqa: RUF012 - as Litestar expects

    @post(
        operation_id="add_video",
        operation_class=UploadOperation,
        summary="Add a video",
        status_code=202,
        request_max_body_size=None,
        responses={202: ResponseSpec(schemas.Job, generate_examples=False, description="The job that indexes it.")}
        | problem_responses(404, 409, 415, 507),
    )
    async def add(
        self,
        request: Request[Any, Any, Any],
        runtime: Runtime,
        jobs: JobRunner,
        metrics: Metrics,
        name: Annotated[str | None, parameter(UPLOAD_NAME)] = UPLOAD_NAME.default,
    ) -> Response[Any]:
        """The body is written to disk as it arrives; its type is detected from its content."""
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if content_type == "application/json":
            job = await _by_path(request, runtime, jobs)
        elif content_type.startswith(("video/", "audio/")) or content_type == "application/octet-stream":
            job = await Upload(request, runtime, jobs, metrics).take(check_upload_name(name or ""))
        else:
            raise UnsupportedMediaError(
                "send a file as video/*, audio/* or application/octet-stream, or JSON with a path", fields=[]
            )
        headers = {"Location": f"{API}/jobs/{job.id}"}
        return Response(job, status_code=202, headers=headers)


async def _by_path(request: Request[Any, Any, Any], runtime: Runtime, jobs: JobRunner) -> schemas.Job:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > runtime.service.max_body_bytes:
            raise TooLargeError(f"a JSON body has at most {runtime.service.max_body_bytes:,} bytes")
    try:
        wanted = msgspec.json.decode(bytes(body), type=schemas.IndexRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequestError(
            f"the body must be an object with a path: {error}", fields=[("body", str(error))]
        ) from None

    def work() -> Path:
        path = path_under_roots(wanted.path, runtime.service.roots)
        runtime.ensure_library()
        return path

    path = await runtime.lookups.run(work, deadline_seconds=runtime.service.media_deadline_seconds)
    return jobs.add([path])


def path_under_roots(name: str, roots: tuple[Path, ...]) -> Path:
    """Blocks. The file or folder with links resolved; a relative name is looked up under each root.

    Raises:
        ForbiddenPathError: it is outside the roots or does not exist; clients cannot tell which.
        BadRequestError: it cannot be a path.
    """
    if "\0" in name or len(os.fsencode(name.encode("utf-8", "replace").decode())) > 4096:
        raise BadRequestError("the path contains a null byte, or is too long", fields=[("path", "cannot be a path")])
    if not name.isprintable():
        raise BadRequestError("the path contains control characters", fields=[("path", "cannot be a path")])
    for root in roots:
        try:
            path = (root / name).resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            continue
        if path.is_relative_to(root) and (path.is_file() or path.is_dir()):
            return path
    where = "under the configured roots" if roots else "since the service was started without --root"
    raise ForbiddenPathError(f"no file or folder at this path may be indexed {where}")


class Upload:
    """One upload: its body, from the request to the disk."""

    def __init__(self, request: Request[Any, Any, Any], runtime: Runtime, jobs: JobRunner, metrics: Metrics) -> None:
        self._request = request
        self._runtime = runtime
        self._jobs = jobs
        self._metrics = metrics

    async def take(self, name: str) -> schemas.Job:
        """
        Raises:
            TooLargeError, StorageFullError, BodyTimeoutError, QueueFullError, UnsupportedMediaError: nothing is stored.
            VideoError: it is not a readable video or sound file; nothing is stored.
        """
        runtime = self._runtime
        declared = int(self._request.headers.get("content-length") or 0)
        check_upload_size(declared, runtime.service)
        with runtime.upload_slot():
            await runtime.lookups.run(runtime.ensure_library, deadline_seconds=runtime.service.media_deadline_seconds)
            part = PartFile(runtime.upload_folder, name, runtime.service)
            try:
                await runtime.lookups.run(lambda: part.open(declared))
                await self._receive(part, declared)
                await runtime.cuts.run(lambda: _probe(part.path, runtime))
                return await self._keep(part)
            finally:
                await _finish(part)

    async def _receive(self, part: PartFile, declared: int) -> None:
        lookups = self._runtime.lookups
        piece = bytearray()
        is_first = True
        async for chunk in self._request.stream():
            piece += chunk
            if is_first and len(piece) >= HEAD_BYTES:
                is_first = False
                _check_head(bytes(piece[:HEAD_BYTES]))
            if len(piece) >= _PIECE_BYTES:
                whole, piece = bytes(piece), bytearray()
                await lookups.run(lambda data=whole: part.write(data))
        if is_first:
            _check_head(bytes(piece[:HEAD_BYTES]))
        rest = bytes(piece)
        await lookups.run(lambda: part.write(rest))
        if declared and part.size_bytes != declared:
            raise BadRequestError(f"the body ended after {part.size_bytes:,} of {declared:,} bytes; send it again")
        await lookups.run(part.close)
        self._metrics.upload_bytes.inc(part.size_bytes)

    async def _keep(self, part: PartFile) -> schemas.Job:
        target = str(part.target)
        self._jobs.incoming.add(target)
        try:
            path = await self._runtime.lookups.run(part.keep)
            try:
                return self._jobs.add([path])
            except BaseException:
                path.unlink(missing_ok=True)
                path.parent.rmdir()
                raise
        finally:
            self._jobs.incoming.discard(target)


async def _finish(part: PartFile) -> None:
    """Removes an unfinished file at once, since the request may already be cancelled."""
    part.discard()


def _check_head(head: bytes) -> None:
    if not head:
        raise UnsupportedMediaError("the body is empty; send the bytes of a video or sound file")
    kind = playlist_kind(head)
    if kind:
        raise UnsupportedMediaError(f"this is {kind}, which refers to other files; send the video itself")


def _probe(path: Path, runtime: Runtime) -> None:
    try:
        probe_video(path, settings=runtime.settings)
    except VideoError as error:
        text = str(error).replace(str(path), "the file").removeprefix("the file").lstrip(": ")
        raise UnsupportedMediaError(f"this cannot be indexed: {text}") from error
