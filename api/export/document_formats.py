"""Rendering of subclips as text documents in a chosen format. Pure. Leaves out encoded formats (`clips`, `reel`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

from api.export.edl import render_edl
from api.export.fcpxml import render_fcpxml
from api.export.file_names import distinct_file_names, safe_name
from api.export.formats import DocumentFormat
from api.export.otio import render_otio
from api.export.subclips import Subclip, common_subclip_rate
from api.export.tables import csv_table, json_document, video_chapters
from api.export.xmeml import render_xmeml
from api.media.timecode import named_rate

ENDINGS: dict[str, str] = {"webvtt": "vtt", "xmeml": "xml"}
"""File extensions that differ from the format name."""
MEDIA_TYPES: dict[DocumentFormat, str] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "webvtt": "text/vtt; charset=utf-8",
    "edl": "text/plain; charset=utf-8",
    "fcpxml": "application/xml",
    "otio": "application/json",
    "xmeml": "application/xml",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A text file to be written or sent."""

    name: str
    """File name: safe on every file system, unique among the documents."""
    text: str

    @property
    def data(self) -> bytes:
        return self.text.encode("utf-8", "replace")


def render_documents(
    subclips: Sequence[Subclip],
    kind: DocumentFormat,
    *,
    title: str,
    rate: Fraction | None = None,
    drops: bool | None = None,
    with_paths: bool = True,
) -> list[Document]:
    """The documents of a format: a single one, except one a video for `webvtt`, and one a frame rate for `edl`.

    Args:
        subclips: at least one.
        title: of the timeline and the file.
        rate: timeline rate of `fcpxml`, `xmeml` and `otio`; None uses the rate of most of the subclips.
        drops: whether time code drops frames at that rate; None drops them where it can.
        with_paths: write full paths of the videos instead of file names.

    Raises:
        ExportError: the format cannot represent the subclips.
        FrameRateError: there is no time code at a rate.
    """

    def locate(subclip: Subclip) -> str:
        path = Path(subclip.source.video.path)
        return path.as_uri() if with_paths else quote(path.name.encode("utf-8", "surrogateescape"))

    stem, ending = safe_name(title), ENDINGS.get(kind, kind)
    line = common_subclip_rate(subclips) if rate is None else named_rate(rate, drops=drops)
    match kind:
        case "csv":
            texts = {stem: csv_table(subclips, with_paths=with_paths)}
        case "json":
            texts = {stem: json_document(subclips, title=title, with_paths=with_paths)}
        case "otio":
            texts = {stem: render_otio(subclips, title=title, rate=line, locate=locate)}
        case "fcpxml":
            texts = {stem: render_fcpxml(subclips, title=title, rate=line, locate=locate)}
        case "xmeml":
            texts = {stem: render_xmeml(subclips, title=title, rate=line, locate=locate)}
        case "webvtt":
            videos = list(dict.fromkeys(subclip.moment.video.video_id for subclip in subclips))
            by_video = {one: [clip for clip in subclips if clip.moment.video.video_id == one] for one in videos}
            names = distinct_file_names(safe_name(Path(by_video[one][0].source.name).stem) for one in videos)
            texts = {name: video_chapters(by_video[one]) for name, one in zip(names, videos, strict=True)}
        case "edl":
            rates = list(dict.fromkeys(subclip.rate.per_second for subclip in subclips))
            at_rate = {one: [clip for clip in subclips if clip.rate.per_second == one] for one in rates}
            suffix = {one: "" if len(rates) == 1 else f" {at_rate[one][0].rate.name}" for one in rates}
            texts = {stem + suffix[one]: render_edl(at_rate[one], title=title + suffix[one]) for one in rates}
    return [Document(f"{name}.{ending}", text) for name, text in texts.items()]
