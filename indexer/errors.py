"""The one error tree for everything below HTTP.

ReelseekError
├── UsageError               a value the caller gave cannot be used
│   ├── QueryError           a query that cannot be searched
│   │   └── QuerySyntaxError its grammar is unfinished or contradicts itself
│   ├── ImageError           an image that cannot be searched with
│   ├── SettingsError        a setting outside its range, or a settings file that cannot be read
│   ├── PromptTooLongError   a prompt and its reply do not fit a model's context
│   ├── FrameRateError       a frame rate or time code that is none, or is not known
│   ├── ExportError          what was found cannot be written as asked
│   └── NotInLibraryError    a video was named that the library does not hold
├── VideoError               one video cannot be indexed; the others go on
│   ├── UnreadableVideoError the bytes are not a media file, are cut short, or a codec is missing
│   ├── NoPictureError       a media file without moving pictures (audio only, cover art, subtitles only)
│   ├── EncryptedVideoError  the pictures are protected
│   ├── UnsafeVideoError     a playlist or a format that makes the decoder read other files
│   ├── DecodeLimitError     decoding passed a limit (time, memory, pixels, duration, streams)
│   ├── DecoderCrashedError  the decoder's process died
│   └── VanishedVideoError   the file went away or changed while it was read
├── ModelError               a model cannot be used
│   ├── ModelMissingError    weights are absent and cannot be fetched
│   ├── ModelBrokenError     weights were found and cannot be loaded
│   ├── ModelBusyError       too many requests wait for the model already
│   └── DeviceMemoryError    the device has too little memory even for one prompt
├── LibraryError             the library cannot be used
│   ├── LibraryMissingError  there is no library at that place
│   ├── LibraryLockedError   another process is writing to it
│   ├── LibraryModelsError   it was made with other models or settings
│   └── LibraryBrokenError   tables are damaged or of another version
├── EvaluationError          truth or predictions that cannot be scored
└── Interrupted              the user asked to stop; what is finished is kept
    └── GenerationCancelledError  a model was told to stop in the middle of a reply

Every message names the thing, the reason and the way out. `VideoError` also has a short stable `kind`
that is kept in the library beside the video.
"""


class ReelseekError(Exception):
    """Base of every error that Reelseek raises on purpose."""


class UsageError(ReelseekError):
    """A value the caller gave cannot be used."""


class QueryError(UsageError):
    """A query that cannot be searched: empty, overlong, or not text."""


class QuerySyntaxError(QueryError):
    """A query whose grammar is unfinished or contradicts itself; it knows where, and a way to say it right."""

    def __init__(self, reason: str, query: str, start: int, stop: int, example: str) -> None:
        """
        Args:
            query: tidied, as `search.query.validation.check_query` gives it.
            start, stop: the faulty piece, half-open, in characters of `query` from 0.
            example: a query, or a part of one, that is right.
        """
        self.reason, self.query, self.start, self.stop, self.example = reason, query, start, stop, example
        piece = query[start:stop] if stop - start <= 40 else query[start : start + 39] + "\u2026"
        super().__init__(f"{reason}, at character {start + 1}: {piece}; write it as in: {example}")


class ImageError(UsageError):
    """An image that cannot be searched with: no image, too large, animated, or damaged."""


class SettingsError(UsageError):
    """A setting outside its range, or a settings file that cannot be read."""


class PromptTooLongError(UsageError):
    """A prompt and its reply do not fit a model's context."""


class FrameRateError(UsageError):
    """A frame rate or time code that is none, or that a format does not have, or that a file does not tell."""


class ExportError(UsageError):
    """What was found cannot be written as asked: the place is taken, or the format cannot hold it."""


class NotInLibraryError(UsageError):
    """A video was named that the library does not hold."""


class VideoError(ReelseekError):
    """One video cannot be indexed; the rest of the run goes on."""

    kind: str = "video"
    """Short stable name of the reason, kept in the library and in JSON output."""


class UnreadableVideoError(VideoError):
    """The bytes are not a media file, are cut short, or need a codec that neither decoder has."""

    kind = "unreadable"


class NoPictureError(VideoError):
    """A media file without moving pictures: audio only, cover art only, subtitles only."""

    kind = "no_picture"


class EncryptedVideoError(VideoError):
    """The pictures are protected and cannot be decoded without a key."""

    kind = "encrypted"


class UnsafeVideoError(VideoError):
    """A playlist or another format that would make the decoder read further files or addresses."""

    kind = "unsafe"


class DecodeLimitError(VideoError):
    """Decoding passed a limit: wall time without progress, CPU, memory, pixels, duration or streams."""

    kind = "limit"


class DecoderCrashedError(VideoError):
    """The decoder's child process died."""

    kind = "crashed"


class VanishedVideoError(VideoError):
    """The file went away, or changed, while it was read."""

    kind = "vanished"


class ModelError(ReelseekError):
    """A model cannot be used."""


class ModelMissingError(ModelError):
    """Weights are absent and cannot be fetched."""


class ModelBrokenError(ModelError):
    """Weights were found and cannot be loaded."""


class ModelBusyError(ModelError):
    """Too many requests wait for the model already; asking again later helps."""


class DeviceMemoryError(ModelError):
    """The device has too little memory even for one prompt."""


class LibraryError(ReelseekError):
    """The library cannot be used."""


class LibraryMissingError(LibraryError):
    """There is no library at that place."""


class LibraryLockedError(LibraryError):
    """Another process is writing to the library."""


class LibraryModelsError(LibraryError):
    """The library was made with other models or settings than those asked for."""


class LibraryBrokenError(LibraryError):
    """Tables are damaged, or were written by another version."""


class EvaluationError(ReelseekError):
    """Truth or predictions that cannot be scored."""


class Interrupted(ReelseekError):  # noqa: N818 - not a fault: the user asked
    """The user asked to stop; what is finished is kept."""


class GenerationCancelledError(Interrupted):
    """A model was told to stop in the middle of a reply."""
