"""How a browser can play a file, with pictures or with sound alone: directly, after remuxing, or after transcoding.

Pure. Follows the demuxers and decoders of Chromium and Firefox: MP4 and WebM; H.264 in 8-bit 4:2:0, VP8, VP9, AV1; AAC,
MP3, Opus, Vorbis, FLAC. Sound alone also in Ogg, FLAC and WAV. MP3 and ADTS files are remuxed into MP4: they have no
index, so browsers estimate where a time lies, and miss it by seconds.
"""

from dataclasses import dataclass
from typing import Literal

from indexer.records import Video

PlaybackMethod = Literal["direct", "remux", "transcode", "no"]
MP4, MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
BROWSER_PIXEL_FORMATS = frozenset({"yuv420p", "yuvj420p"})
BROWSER_PIXEL_FORMATS_10_BIT = BROWSER_PIXEL_FORMATS | {"yuv420p10le"}
MP4_AUDIO_CODECS = frozenset({"aac", "mp3", "opus", "flac", ""})
WEBM_AUDIO_CODECS = frozenset({"opus", "vorbis", ""})
MAX_START_OFFSET_SECONDS = 0.05
"""A browser would play a file that starts later on another clock than the library's, so it is remuxed to start at 0."""
_SOUND_CODECS: dict[str, frozenset[str]] = {
    MP4: MP4_AUDIO_CODECS - {""},
    "ogg": frozenset({"opus", "vorbis", "flac"}),
    "flac": frozenset({"flac"}),
    "wav": frozenset({"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"}),
}
"""Containers of sound alone -> the codecs that browsers play in them, with exact seeks."""
_SOUND_TYPES = {MP4: "audio/mp4", MATROSKA: "audio/webm", "ogg": "audio/ogg", "flac": "audio/flac", "wav": "audio/wav"}
_REMUXABLE = frozenset({MP4, MATROSKA, "mpegts", "flv", "live_flv"})
"""Containers whose packets all have presentation times."""


@dataclass(frozen=True, slots=True)
class MediaFormat:
    """Properties of a file that decide how it can be played. Stored as JSON in the service's cache."""

    container: str
    """FFmpeg's name of the container."""
    codec: str
    """Of the pictures; empty for sound alone."""
    pixel_format: str
    """Empty when unknown; then the usual one is assumed."""
    sound: str
    """Codec of the chosen audio track, empty for none."""
    is_first_video: bool = True
    """The library's video stream is the first one, which browsers show."""
    is_first_sound: bool = True
    """The library's audio track is the first one, which browsers play."""
    start_seconds: float = 0.0
    """Container time of 0 on the player's clock."""
    doc_type: str = ""
    """Matroska's DocType: `webm`, or empty for others."""
    has_gaps: bool = False
    """Sound alone, with a hole in it, across which browsers play on at once."""


def has_browser_codec(media_format: MediaFormat) -> bool:
    """Whether browsers decode the video codec and pixel format."""
    match media_format.codec:
        case "h264":
            return media_format.pixel_format in BROWSER_PIXEL_FORMATS | {""}
        case "vp8" | "vp9" | "av1":
            return media_format.pixel_format in BROWSER_PIXEL_FORMATS_10_BIT | {""}
        case _:
            return False


def needs_webm(media_format: MediaFormat) -> bool:
    """Whether a remux must be WebM: MP4 cannot contain VP8."""
    return media_format.codec == "vp8"


def can_copy_audio(media_format: MediaFormat) -> bool:
    """Whether the audio can be remuxed together with the video."""
    return media_format.sound in (WEBM_AUDIO_CODECS if needs_webm(media_format) else MP4_AUDIO_CODECS)


def choose_playback_method(media_format: MediaFormat) -> PlaybackMethod:
    """How a browser can play the file."""
    if not media_format.codec:
        return _choose_sound_playback(media_format)
    if not has_browser_codec(media_format) or (needs_webm(media_format) and not can_copy_audio(media_format)):
        return "transcode"
    in_mp4 = media_format.container == MP4 and media_format.codec != "vp8" and media_format.sound in MP4_AUDIO_CODECS
    in_webm = (
        media_format.container == MATROSKA
        and media_format.doc_type == "webm"
        and media_format.codec != "h264"
        and media_format.sound in WEBM_AUDIO_CODECS
    )
    if (
        (in_mp4 or in_webm)
        and media_format.is_first_video
        and media_format.is_first_sound
        and abs(media_format.start_seconds) <= MAX_START_OFFSET_SECONDS
    ):
        return "direct"
    return "remux" if media_format.container in _REMUXABLE else "transcode"


def _choose_sound_playback(media_format: MediaFormat) -> PlaybackMethod:
    if media_format.has_gaps:
        return "transcode"
    codecs = _SOUND_CODECS.get(media_format.container, frozenset[str]())
    if media_format.doc_type == "webm":
        codecs = WEBM_AUDIO_CODECS - {""}
    is_at_zero = abs(media_format.start_seconds) <= MAX_START_OFFSET_SECONDS
    if media_format.sound in codecs and is_at_zero and media_format.is_first_sound:
        return "direct"
    return "remux" if media_format.sound in MP4_AUDIO_CODECS else "transcode"


def media_type(media_format: MediaFormat) -> str:
    """Media type of a file that is played directly."""
    if not media_format.codec:
        return _SOUND_TYPES[media_format.container]
    return "video/webm" if media_format.container == MATROSKA else "video/mp4"


def estimate_playback_method(video: Video) -> PlaybackMethod:
    """Playback method from library data alone, without probing the file. For listings."""
    probe = video.probe
    if probe is None or video.failure_kind:
        return "no"
    doc_type = "webm" if video.path.lower().endswith((".webm", ".weba")) else ""
    codec, sound = (probe.codec, "") if probe.has_pictures else ("", probe.codec)
    return choose_playback_method(
        MediaFormat(probe.container, codec, "", sound, start_seconds=probe.start_seconds, doc_type=doc_type)
    )
