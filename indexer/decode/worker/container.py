"""Opening of files with FFmpeg (PyAV), without access to other files or the network.

Runs in the decoder child. Leaves out decoding. `avformat` probes the content, whatever the file name says. Its
`format_whitelist` applies to the probed format before that format's code reads a byte, so a playlist named `.mp4` is
refused unread.
"""

import os
import re
import stat
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import av
import av.error

from indexer.decode.child_log import child_log_since, child_log_size, last_child_log_line
from indexer.decode.protocol import DecodeRequest
from indexer.decode.sniffing import (
    HEAD_BYTES,
    STILL_BRANDS,
    has_encrypted_track,
    is_animated_webp,
    is_lone_fragment,
    is_protected_iso,
    playlist_kind,
)
from indexer.decode.worker.av_types import InputContainer, VideoStream
from indexer.decode.worker.stream_selection import rank_video_streams
from indexer.errors import (
    DecodeLimitError,
    EncryptedVideoError,
    NoPictureError,
    UnreadableVideoError,
    UnsafeVideoError,
    VanishedVideoError,
    VideoError,
)

VIDEO_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    *(
        "mpegts mpeg mpegvideo avi flv live_flv kux asf ogg rm gif apng jpegxl_anim mxf gxf nut ivf obu av1 "
        "h264 hevc vvc h263 h261 m4v vc1 vc1test mjpeg mjpeg_2000 dv wtv yuv4mpegpipe swf nsv nuv pva ty lxf "
        "bink smk roq flic dirac avs avs2 avs3 cavsvideo dnxhd evc apv "
    ).split(),
)
"""Self-contained video formats that are decoded."""
OTHER_FORMATS = (
    "aac,ac3,ac4,aiff,amr,amrnb,amrwb,ape,au,caf,dsf,dts,dtshd,eac3,flac,iamf,loas,mlp,mp3,mpc,mpc8,oma,qoa,rcwt,shn,"
    "spdif,tak,truehd,tta,voc,w64,wav,wv,ass,lrc,microdvd,mpl2,mpsub,realtext,sami,scc,srt,stl,subviewer,subviewer1,"
    "sup,ttml,vobsub,vplayer,webvtt"
).split(",")
"""Audio formats, and subtitle formats that are opened only to explain the refusal; not `vobsub`, which reads its `.sub`
file."""
_OPENED = ",".join((*VIDEO_FORMATS, *(name for name in OTHER_FORMATS if name != "vobsub")))
_LISTS = {"hls", "dash", "concat", "sdp", "rtsp", "rtp", "sap", "imf", "image2", "image2pipe", "webm_dash_manifest"}
_SCRIPTS = {"avisynth", "vapoursynth", "lavfi", "tedcaptions", "vobsub", "mm", "tty"}
_PICTURE_FORMATS = {"gif", "apng", "jpegxl_anim"}
_REFUSED = re.compile(r"\[([\w,]+) @ [^\]]*\] Format not on whitelist")


@dataclass(frozen=True, slots=True)
class OpenedMedia:
    """An open container and its video streams, the best first."""

    container: InputContainer
    streams: tuple[VideoStream, ...]


@cache
def openable_name(path: str) -> str:
    """A name that FFmpeg accepts: for names that are not UTF-8, the link in `/proc` to an open descriptor."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return f"/proc/self/fd/{os.open(path, os.O_RDONLY)}"
    return path


def check_container_file(path: str) -> bytes:
    """The first `HEAD_BYTES` of a file, which must be regular, non-empty and not a playlist.

    Raises:
        VanishedVideoError, UnreadableVideoError, UnsafeVideoError.
    """
    try:
        info = Path(path).stat()
        if not stat.S_ISREG(info.st_mode):
            raise UnreadableVideoError("not a regular file; give a video file")
        with Path(path).open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except FileNotFoundError:
        raise VanishedVideoError("the file does not exist; it may have been moved or removed") from None
    except OSError as error:
        raise UnreadableVideoError(f"the file cannot be read: {error.strerror}; check its permissions") from error
    if not head:
        raise UnreadableVideoError("the file is empty (0 bytes); copy it again from its source")
    kind = playlist_kind(head)
    if kind:
        raise UnsafeVideoError(f"this is {kind}, which refers to other files; index those files instead")
    return head


def open_container(path: str) -> InputContainer:
    """Open the file with safe options.

    Raises:
        VideoError: the matching subclass; see `explain_open_failure`.
    """
    head = check_container_file(path)
    options = {"protocol_whitelist": "file", "format_whitelist": _OPENED, "enable_drefs": "0"}
    mark = child_log_size()
    try:
        return av.open(openable_name(path), options=options, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise explain_open_failure(path, head, error, child_log_since(mark)) from error


def explain_open_failure(path: str, head: bytes, error: Exception, log: str) -> VideoError:
    """The typed error for a file that FFmpeg cannot open.

    Args:
        log: what FFmpeg logged meanwhile, in lines such as `[format @ 0x...] text`.
    """
    refused = _REFUSED.search(log)
    if refused:
        return _refused_format(refused.group(1), head)
    if isinstance(error, av.error.FileNotFoundError):
        return VanishedVideoError("the file no longer exists")
    if isinstance(error, av.error.MemoryError | MemoryError):
        return DecodeLimitError("opening it needed more memory than decode_memory_mib allows")
    if is_lone_fragment(head):
        return UnreadableVideoError(
            "a fragment of a streamed MP4 without its initialization segment; index the whole file"
        )
    with Path(path).open("rb") as stream:
        if is_protected_iso(stream):
            return EncryptedVideoError("the file is encrypted (DRM); index an unprotected copy")
    last = last_child_log_line(log)
    detail = getattr(error, "strerror", None) or str(error)
    return UnreadableVideoError(f"not a media file that FFmpeg can read: {detail}" + (f" ({last})" if last else ""))


def _refused_format(name: str, head: bytes) -> VideoError:
    if name in _LISTS or name in _SCRIPTS:
        return UnsafeVideoError(f"the content is of format {name!r}, which reads other files; index those instead")
    if is_animated_webp(head):
        return UnreadableVideoError("an animated WebP, which FFmpeg cannot decode; convert it to a video")
    if name.endswith("_pipe") or name in {"ico", "alias_pix", "brender_pix", "fits"}:
        return NoPictureError(f"a still image ({name.removesuffix('_pipe')}), not a video")
    return UnreadableVideoError(f"the content is of format {name!r}, which is not a supported video format")


def open_media_container(request: DecodeRequest) -> OpenedMedia:
    """Open the file, check the limits, and rank its video streams.

    Raises:
        VideoError: the matching subclass.
    """
    container = open_container(request.path)
    count = len(container.streams)
    if count > request.max_streams:
        raise DecodeLimitError(f"the file has {count} streams, more than max_streams = {request.max_streams}")
    if not count:
        raise NoPictureError("the file has no streams")
    streams = rank_video_streams(container)
    if not streams:
        raise NoPictureError(_describe_streams(container))
    if _is_still(container, request.path):
        raise NoPictureError("a still image, not a video")
    if container.format.name.startswith("mov"):
        with Path(request.path).open("rb") as stream:
            if has_encrypted_track(stream, b"encv"):
                raise EncryptedVideoError("the video is encrypted (DRM); index an unprotected copy")
    return OpenedMedia(container, streams)


def check_pixel_count(width: int, height: int, request: DecodeRequest) -> None:
    """Raises DecodeLimitError for a frame with too many pixels."""
    if width * height > request.max_pixels:
        raise DecodeLimitError(
            f"a frame of {width} x {height} = {width * height} pixels is larger than max_pixels = {request.max_pixels}"
        )


def _is_still(container: InputContainer, path: str) -> bool:
    """Whether an image format that supports animation holds a single image."""
    if container.metadata.get("major_brand", "").strip() in STILL_BRANDS:
        return True
    if container.format.name not in _PICTURE_FORMATS:
        return False
    with open_container(path) as again:
        packets = (packet for packet in again.demux(again.streams.video[0]) if packet.size)
        try:
            return len(list(islice(packets, 2))) < 2
        except av.error.FFmpegError:
            return False


def _describe_streams(container: InputContainer) -> str:
    kinds = [stream.type for stream in container.streams]
    if container.streams.video:
        return "the file has only cover art or a still image, no video"
    if "audio" in kinds:
        return "the file has audio but no video"
    if "subtitle" in kinds:
        return "the file has only text tracks, no video"
    return f"the file has no video stream (it has: {', '.join(sorted(set(map(str, kinds))))})"
