"""The error tree of everything below HTTP.

ReelseekError
├── UsageError               a value from the caller cannot be used
│   ├── QueryError           a query that cannot be searched
│   │   └── QuerySyntaxError its grammar is unfinished or contradicts itself
│   ├── ImageError           an image that cannot be searched with
│   ├── SettingsError        a setting outside its range, or a settings file that cannot be read
│   ├── PromptTooLongError   a prompt and its reply do not fit a model's context
│   ├── FrameRateError       an invalid or unknown frame rate or time code
│   ├── ExportError          an export cannot be written
│   ├── NotInLibraryError    the library does not contain the named video
│   ├── TextChangedError     the text that is to be corrected is another one by now
│   └── ConversationUnknownError  no conversation has this id, or it was forgotten
├── VideoError               one video cannot be indexed; the others go on
│   ├── UnreadableVideoError not a media file, truncated, or a codec is missing
│   ├── NoPictureError       neither moving pictures nor sound (a still image, subtitles only)
│   ├── EncryptedVideoError  the pictures are protected
│   ├── UnsafeVideoError     a playlist, or another format that refers to other files
│   ├── DecodeLimitError     decoding exceeded a limit (time, memory, pixels, duration, streams)
│   ├── DecoderCrashedError  the decoder's process died
│   ├── VanishedVideoError   the file disappeared or changed while it was read
│   ├── WorkerLostError      the workers that indexed it died, or do not see its file
│   └── UnexpectedVideoError an exception that nobody foresaw ended one stage of it
├── ModelError               a model cannot be used
│   ├── ModelMissingError    weights are missing and cannot be downloaded
│   ├── ModelBrokenError     weights exist but cannot be loaded
│   ├── ModelUnknownError    weights of a family that is not known
│   ├── ModelBusyError       too many requests already wait for the model
│   ├── ModelServerError     the server of a model replies with an error, or with nothing that can be read
│   ├── NoBoxesError         the model says of nothing where it is, or in units that are not known
│   ├── BoxReplyError        what the model says of places is none in the picture
│   ├── ModelUnreachableError  the server of a model cannot be reached, or lets nobody in
│   └── DeviceMemoryError    the device lacks memory even for one prompt
├── LibraryError             the library cannot be used
│   ├── LibraryMissingError  there is no library at this path
│   ├── LibraryLockedError   another process is writing to it
│   │   └── LibraryLeaseLostError  another writer may have taken its place in an object store
│   ├── LibraryModelsError   it was built with other models or settings
│   └── LibraryBrokenError   tables are damaged or have another version
├── EngineError              the engine of an indexing run cannot be used, or lost all its workers
├── EvaluationError          ground truth or predictions that cannot be scored
└── Interrupted              the user asked to stop; finished work is kept
    └── GenerationCancelledError  generation was cancelled before the reply was complete

Every message names the subject, the reason and what to do about it. `VideoError` also has a short stable `kind`,
which is stored in the library with the video.
"""


class ReelseekError(Exception):
    """Base of every error that Reelseek raises on purpose."""


class UsageError(ReelseekError):
    """A value from the caller cannot be used."""


class QueryError(UsageError):
    """A query that cannot be searched: empty, overlong, or not text."""


class QuerySyntaxError(QueryError):
    """A query whose grammar is unfinished or contradicts itself; carries the position and a correct example."""

    def __init__(self, reason: str, query: str, start: int, stop: int, example: str) -> None:
        """
        Args:
            query: normalized, as `search.query.validation.check_query` returns it.
            start, stop: the faulty part, half-open, in characters of `query` from 0.
            example: a correct query, or part of one.
        """
        self.reason, self.query, self.start, self.stop, self.example = reason, query, start, stop, example
        piece = query[start:stop] if stop - start <= 40 else query[start : start + 39] + "\u2026"
        super().__init__(f"{reason} (at character {start + 1}: {piece}); for example: {example}")


class ImageError(UsageError):
    """A query image that cannot be used: not an image, too large, animated, or damaged."""


class SettingsError(UsageError):
    """A setting outside its range, or a settings file that cannot be read."""


class PromptTooLongError(UsageError):
    """A prompt and its reply do not fit a model's context."""


class FrameRateError(UsageError):
    """A frame rate or time code that is invalid, unsupported by a format, or not declared by a file."""


class ExportError(UsageError):
    """An export cannot be written: the path is taken, or the format cannot represent the moments."""


class NotInLibraryError(UsageError):
    """The library does not contain the named video."""


class TextChangedError(UsageError):
    """The text that is to be corrected is another one by now: indexed again, or corrected by somebody else."""


class ConversationUnknownError(UsageError):
    """No conversation has this id, or it was forgotten."""


class VideoError(ReelseekError):
    """One video cannot be indexed; the rest of the run goes on."""

    kind: str = "video"
    """Short stable name of the reason, stored in the library and printed in JSON output."""


class UnreadableVideoError(VideoError):
    """The file is not a media file, is truncated, or needs a codec that neither decoder has."""

    kind = "unreadable"


class NoPictureError(VideoError):
    """A file without moving pictures, where these are asked for; in indexing, one that has no sound either."""

    kind = "no_picture"


class EncryptedVideoError(VideoError):
    """The pictures are protected and cannot be decoded without a key."""

    kind = "encrypted"


class UnsafeVideoError(VideoError):
    """A playlist or another format that would make the decoder read other files or network addresses."""

    kind = "unsafe"


class DecodeLimitError(VideoError):
    """Decoding exceeded a limit: wall time without progress, CPU, memory, pixels, duration or streams."""

    kind = "limit"


class DecoderCrashedError(VideoError):
    """The decoder's child process died."""

    kind = "crashed"


class VanishedVideoError(VideoError):
    """The file disappeared or changed while it was read."""

    kind = "vanished"


class WorkerLostError(VideoError):
    """Every worker that was to index the video died meanwhile, or does not see its file; the video is not to blame."""

    kind = "worker"


class UnexpectedVideoError(VideoError):
    """An exception that nobody foresaw ended one stage of the video; `__cause__` is that exception."""

    kind = "unexpected"


class ModelError(ReelseekError):
    """A model cannot be used."""


class ModelMissingError(ModelError):
    """Weights are missing and cannot be downloaded."""


class ModelBrokenError(ModelError):
    """Weights exist but cannot be loaded."""


class ModelUnknownError(ModelError):
    """Weights of a family of models that is not known."""


class ModelBusyError(ModelError):
    """Too many requests already wait for the model; retry later."""


class ModelServerError(ModelError):
    """The server of a model replies with an error, or with nothing that can be read."""


class NoBoxesError(ModelError):
    """The model was not trained to say where something is, or does so in units that are not known."""


class BoxReplyError(ModelError):
    """The model's reply names no place in the picture: no boxes, no numbers, or none inside it."""


class ModelUnreachableError(ModelError):
    """The server of a model cannot be reached, or refuses the key."""


class DeviceMemoryError(ModelError):
    """The device lacks memory even for one prompt."""


class LibraryError(ReelseekError):
    """The library cannot be used."""


class LibraryMissingError(LibraryError):
    """There is no library at this path."""


class LibraryLockedError(LibraryError):
    """Another process is writing to the library."""


class LibraryLeaseLostError(LibraryLockedError):
    """This writer of a library in an object store could not renew its lease, so another may write by now."""


class LibraryModelsError(LibraryError):
    """The library was built with other models or settings than those requested."""


class LibraryBrokenError(LibraryError):
    """Tables are damaged or were written by another version."""


class EngineError(ReelseekError):
    """The engine of an indexing run cannot be used: absent, out of reach, of another version, or without workers."""


class EvaluationError(ReelseekError):
    """Ground truth or predictions that cannot be scored."""


class Interrupted(ReelseekError):  # noqa: N818 - not a fault: the user asked
    """The user asked to stop; finished work is kept."""


class GenerationCancelledError(Interrupted):
    """Generation was cancelled before the reply was complete."""
