"""`/api/v1/export`: moments as a table, chapters or an edit list, as clips, or as one reel."""

import io
import threading
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated

from litestar import Controller, Response, post
from litestar.params import Body

from api.errors import BadRequestError, NotFoundError
from api.export.document_formats import MEDIA_TYPES, Document, render_documents
from api.export.failed_moments import FailedMoment, check_any_left
from api.export.file_names import safe_name
from api.export.requested_moments import moments_from_collection
from api.export.source_probe import MediaWorker
from api.export.subclip_preparation import PreparedExport, prepare_subclips
from api.export.subclips import RequestedMoment
from api.media.opened_file import OpenedFile
from api.media.timecode import parse_rate
from api.service.disconnects import run_while_connected
from api.service.files.export_files import build_clips_zip, build_reel, check_total_length
from api.service.files.file_response import AnyRequest, file_response
from api.service.files.media_preparer import preparer_of
from api.service.files.not_exported import ENTRY, Row, not_exported, not_exported_header, not_exported_text
from api.service.links import API
from api.service.problems import problem_responses
from api.service.requests.file_headers import content_disposition
from api.service.requests.spans import finite_parameter
from api.service.runtime import Runtime
from api.service.schemas.export import ExportMoment, ExportRequest
from indexer.records import TimeSpan, Video
from indexer.store.collections.collection_store import CollectionStore

_EXAMPLE = {
    "format": "edl",
    "title": "red cars",
    "moments": [{"video_id": "0f3a77c25d1e4b6c8a9b0c1d2e3f4a5b", "start_seconds": 61.2, "stop_seconds": 64.8}],
}


class ExportRoutes(Controller):
    path = f"{API}/export"
    tags = ["media"]  # noqa: RUF012 - as Litestar expects

    @post(
        operation_id="export",
        summary="Export moments",
        status_code=200,
        media_type="*/*",
        responses=problem_responses(404, 410, 415, 422),
    )
    async def export(
        self,
        request: AnyRequest,
        runtime: Runtime,
        data: Annotated[ExportRequest, Body(description="What to export.", schema_extra={"example": _EXAMPLE})],
    ) -> Response[bytes]:
        """One file, or a ZIP of several files or clips. Frames and time codes are exact, including drop-frame.

        Clips and reels hold at most 50 moments and 600 s in total. While they are being cut, the answer is 503 with
        Retry-After: repeat the request, since finished clips are kept.

        A moment that cannot be exported is left out, unless none can: the header X-Not-Exported holds JSON with the
        `count` of these and up to ten `moments`, each with its `reason`; `not exported.txt` in a ZIP names all.
        """
        moments, lost = await runtime.lookups.run(lambda: _wanted(runtime, data))
        rate = None if data.rate is None else parse_rate(data.rate)
        gone = threading.Event()
        try:
            preparing = runtime.cuts.run(lambda: _prepared(runtime, data, moments, gone, rate=rate))
            prepared = await run_while_connected(request, preparing)
        finally:
            gone.set()
        failed = [*lost, *prepared.failed]
        if data.format == "clips":
            opened, rows = await run_while_connected(
                request, build_clips_zip(runtime, preparer_of(runtime), prepared.subclips, failed)
            )
            return _file(request, opened, f"{safe_name(data.title)}.zip", "application/zip", rows)
        if data.format == "reel":
            opened, uncut = await run_while_connected(
                request, build_reel(runtime, preparer_of(runtime), prepared.subclips, rate=rate)
            )
            return _file(request, opened, f"{safe_name(data.title)}.mp4", "video/mp4", [*not_exported(failed), *uncut])
        made = render_documents(
            prepared.subclips, data.format, title=data.title, rate=rate, drops=data.drop_frame, with_paths=False
        )
        return _answer(made, MEDIA_TYPES[data.format], not_exported(failed), title=data.title)


def _wanted(runtime: Runtime, data: ExportRequest) -> tuple[list[RequestedMoment], list[FailedMoment]]:
    """The moments to export, and those of no video of the library.

    Raises:
        NotFoundError, NotInLibraryError: all are of no video of the library.
        BadRequestError: the request names nothing, or what is no span of its video.
    """
    if (data.collection is None) == (not data.moments):
        message = "give moments, or the id of a collection"
        raise BadRequestError(message, fields=[("moments", message)])
    if data.collection is not None:
        collection = CollectionStore(runtime.place).find(data.collection)
        if not collection.moments:
            raise BadRequestError(f"the collection {collection.name!r} is empty; add moments to it first")
        return moments_from_collection(collection, runtime.library.videos())
    videos = {video.video_id: video for video in runtime.library.videos()} if runtime.has_library() else {}
    found: list[RequestedMoment] = []
    lost: list[FailedMoment] = []
    for place, one in enumerate(data.moments):
        if one.video_id in videos:
            found.append(_one(one, videos[one.video_id], f"moments[{place}]"))
        else:
            error = NotFoundError(f"no video in the library has this id; GET {API}/videos lists them")
            span = TimeSpan(one.start_seconds, max(one.start_seconds, one.stop_seconds))
            lost.append(FailedMoment(one.video_id, span, error))
    check_any_left(found, lost)
    return found, lost


def _one(moment: ExportMoment, video: Video, where: str) -> RequestedMoment:
    start = finite_parameter(moment.start_seconds, f"{where}.start_seconds")
    stop = finite_parameter(moment.stop_seconds, f"{where}.stop_seconds")
    if not start < min(stop, video.duration_seconds):
        message = f"not a span of a video that lasts {video.duration_seconds:.3f} s"
        raise BadRequestError(f"{where} is {message}", fields=[(where, message)])
    return RequestedMoment(
        video, TimeSpan(start, min(stop, video.duration_seconds)), moment.text or moment.why or moment.caption
    )


def _prepared(
    runtime: Runtime,
    data: ExportRequest,
    moments: Sequence[RequestedMoment],
    gone: threading.Event,
    *,
    rate: Fraction | None,
) -> PreparedExport:
    """Blocks; stops when the client has disconnected."""
    prepared = prepare_subclips(
        MediaWorker(runtime.settings, lambda: gone.is_set() or runtime.stopping.is_set()),
        moments,
        data.format,
        rate=rate,
        drops=data.drop_frame,
        handle_seconds=data.handle_seconds,
    )
    if data.format in ("clips", "reel"):
        check_total_length(prepared.subclips)
    return prepared


def _file(
    request: AnyRequest, opened: OpenedFile, name: str, media_type: str, left_out: Sequence[Row]
) -> Response[bytes]:
    headers = {"Content-Disposition": content_disposition(name, kind="attachment"), **not_exported_header(left_out)}
    return file_response(request, opened, media_type=media_type, headers=headers)


def _answer(made: Sequence[Document], media_type: str, left_out: Sequence[Row], *, title: str) -> Response[bytes]:
    if len(made) == 1:
        name, body = made[0].name, made[0].data
    else:
        name, media_type, body = f"{safe_name(title)}.zip", "application/zip", _zipped(made, left_out)
    headers = {
        "Content-Disposition": content_disposition(name, kind="attachment"),
        "Cache-Control": "private, no-cache",
        **not_exported_header(left_out),
    }
    return Response(body, media_type=media_type, headers=headers)


def _zipped(made: Sequence[Document], left_out: Sequence[Row]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in made:
            archive.writestr(one.name, one.data)
        if left_out:
            archive.writestr(ENTRY, not_exported_text(left_out))
    return out.getvalue()
