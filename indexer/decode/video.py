"""Probing a video, and reading sampled frames and text tracks from it, through a killable child process.

With `audio`, the interface of the decoder to the rest of the project. Leaves out decoding (`worker`, in the child) and
process handling (`child_session`, `child_reader`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from indexer.config import Settings
from indexer.decode.child_messages import probe_from_message, text_track_from_message
from indexer.decode.child_pool import DecodeChildPool
from indexer.decode.child_reader import ChildReader
from indexer.decode.child_session import DecodeSession
from indexer.decode.frame_sampling import SampleTimes
from indexer.decode.metadata import metadata_from_json
from indexer.decode.protocol import DecodeRequest, DecoderName, Message, make_request
from indexer.errors import DecodeLimitError, DecoderCrashedError, VideoError
from indexer.records import SampledFrame, TextTrack, VideoMetadata, VideoProbe


class VideoReader(ChildReader):
    """One pass over one video. A context manager: leaving it kills the child process.

    `frames()` may be consumed once, slowly or not at all: at most four frames wait in memory. Afterwards, attributes
    hold what the pass found.
    """

    def __init__(
        self, path: Path, request: DecodeRequest, settings: Settings, decode_pool: DecodeChildPool | None = None
    ) -> None:
        super().__init__(path, request, settings)
        self._spares = decode_pool
        self._probe: VideoProbe | None = None
        self.metadata = VideoMetadata()
        """Tags of the container. Set when the reader is entered."""
        self.duration_seconds: float = 0.0
        """After `frames()` is exhausted: when the last frame leaves the screen, on the player's clock."""
        self.warnings: tuple[str, ...] = ()
        """After `frames()` is exhausted: what could not be read."""
        self.text_tracks: tuple[TextTrack, ...] = ()
        """After `frames()` is exhausted, with `want_text`: embedded text tracks that have cues."""

    @property
    def probe(self) -> VideoProbe:
        """Format of the file. Known once the reader is entered."""
        if self._probe is None:
            raise RuntimeError("enter the reader (`with open_video(...) as reader`) before asking for its probe")
        return self._probe

    def __enter__(self) -> "VideoReader":
        try:
            self._identity = self._stat()
            try:
                self._start(self._request)
            except DecoderCrashedError:
                # decord may crash the process while opening a file, before a probe names it.
                if self._request.decoder != "auto":
                    raise
                self.close()
                self._start(replace(self._request, decoder="pyav"))
        except BaseException:
            self.close()
            raise
        return self

    def frames(self) -> Iterator[SampledFrame]:
        """The frames on screen at the sample times, rising, each once. Pixels are copies owned by the caller.

        Raises:
            VideoError: the matching subclass; frames yielded before it are valid.
        """
        last_seconds: float | None = None
        while True:
            try:
                for frame in self._frames_of_child():
                    last_seconds = frame.time_seconds
                    yield frame
                break
            except (DecoderCrashedError, DecodeLimitError) as error:
                if not self._may_retry(error):
                    raise
                self.close()
                self._start(replace(self._request, decoder="pyav", after_seconds=last_seconds))
        self._check_unchanged()
        self.close()

    def _frames_of_child(self) -> Iterator[SampledFrame]:
        while True:
            message = self._receive()
            if message["type"] == "done":
                self._finish(message)
                return
            assert self._process is not None
            pixels = self._process.take_frame(message["slot"], message["width"], message["height"])
            yield SampledFrame(message["time"], pixels)

    def _may_retry(self, error: VideoError) -> bool:
        """Whether PyAV may succeed: decord crashes, hangs or exhausts memory on some files that PyAV reads."""
        may_be_decord = isinstance(error, DecoderCrashedError) or any(
            name in str(error) for name in ("decode_stall_seconds", "decode_memory_mib")
        )
        return may_be_decord and self._request.decoder == "auto" and self.probe.decoder == "decord"

    def _start(self, request: DecodeRequest) -> None:
        self._request = request
        child = self._spares.take() if self._spares is not None else None
        self._process = DecodeSession(request, stall_seconds=self._settings.decode_stall_seconds, child=child)
        if request.mode == "text":
            return
        message = self._receive()
        slot_bytes = message.pop("slot_bytes")
        self.metadata = metadata_from_json(message["metadata"])
        self._probe = probe_from_message(message)
        if request.mode == "frames":
            self._process.make_ring(slot_bytes)

    def _finish(self, message: Message) -> None:
        self.duration_seconds = message["duration"]
        self.warnings = tuple(message["warnings"])
        self.text_tracks = tuple(text_track_from_message(track) for track in message["tracks"])

    def read_text(self) -> tuple[TextTrack, ...]:
        """The text tracks, for a reader in text mode."""
        self._finish(self._receive())
        return self.text_tracks


def open_video(
    path: Path,
    *,
    settings: Settings,
    times: Sequence[float] | None = None,
    frames_per_second: float | None = None,
    max_side: int | None = None,
    want_text: bool = False,
    decoder: DecoderName = "auto",
    threads: int = 1,
    decode_pool: DecodeChildPool | None = None,
) -> VideoReader:
    """A reader of the frames on screen at the sample times: greatest presentation time <= sample time.

    Args:
        path: opened when the reader is entered.
        settings: limits of the decoder.
        times: sample times in seconds on the player's clock, sorted; times beyond the end select the last frame.
        frames_per_second: instead of `times`: k / frames_per_second up to the end of the video. Without either, the
            setting of that name counts.
        max_side: frames whose longer side is larger are scaled down to it; None keeps their size.
        want_text: also read the embedded text tracks in the same pass.
        decoder: `auto` uses decord for the files that it is known to read correctly, and PyAV for the others.
        threads: decoder threads.
        decode_pool: provides an idle child; None starts one.

    Entering raises the matching VideoError (see `indexer.errors`).
    """
    if times is not None and frames_per_second is not None:
        raise ValueError("give either times or frames_per_second, not both")
    if times is None and frames_per_second is None:
        frames_per_second = settings.frames_per_second
    if max_side is not None and max_side < 1:
        raise ValueError(f"max_side must be at least 1 pixel, got {max_side}")
    SampleTimes(times=times, frames_per_second=frames_per_second)  # raises ValueError before a child starts
    request = make_request(
        path,
        settings,
        mode="frames",
        times=times,
        frames_per_second=frames_per_second,
        max_side=max_side,
        want_text=want_text,
        decoder=decoder,
        threads=threads,
    )
    return VideoReader(path, request, settings, decode_pool)


def probe_video(path: Path, *, settings: Settings) -> VideoProbe:
    """Format of the file, after decoding its first frame, or the first of its sound where it has no moving pictures.

    Raises:
        VideoError: the matching subclass.
    """
    with VideoReader(path, make_request(path, settings, mode="probe"), settings) as reader:
        return reader.probe


def read_text_tracks(path: Path, *, settings: Settings) -> tuple[TextTrack, ...]:
    """The embedded text tracks that have cues, also of a file without video.

    Raises:
        VideoError: the matching subclass.
    """
    request = make_request(path, settings, mode="text", want_text=True)
    with VideoReader(path, request, settings) as reader:
        return reader.read_text()
